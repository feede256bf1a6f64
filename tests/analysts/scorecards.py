"""Works out every scorecard of the samples again, from the files alone.

In: a workspace with a release of pipelines/quarterly.toml, its own metrics and its scorecards. Out: a line that begins with "ok", or the
first card that differs. Nothing of the program is used but its files: the register says where a company belongs, the release what is
published of its peers, and companies/ what its own figures are.
"""

import csv
import json
import pathlib
import sys
import tomllib
from fnmatch import fnmatchcase

import duckdb

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PERIOD = "2026-Q3"
PARTS = {
    "pay": ["base_hourly", "total_cash_annual", "living_wage", "low_pay"],
    "benefits": ["*_access", "*_participation", "*_take_up", "benefits_employer_cost", "benefit_load", "paid_leave_days"],
    "retention": ["retention", "voluntary_separations_rate"],
    "pay_growth": ["pay_growth", "promotion"],
    "equity": ["gini", "p90_p10", "uk_mean_hourly_gap", "uk_median_hourly_gap", "eu_mean_gap", "eu_median_gap"],
    "training": ["training_hours", "course_completion", "skill_*"],
}
LOWER = {"low_pay", "gini", "p90_p10", "voluntary_separations_rate"}
DESCRIBES = {"compa_ratio", "range_penetration", "overtime_pay"}
SECTORS = {"31": "31-33", "32": "31-33", "33": "31-33", "44": "44-45", "45": "44-45", "48": "48-49", "49": "48-49"}


def rows(path):
    relation = duckdb.sql(f"FROM '{path}'")
    return [dict(zip(relation.columns, row)) for row in relation.fetchall()]


def at_level(code, level):
    """A NAICS code on a level."""
    return SECTORS.get(code[:2], code[:2]) if level == 2 else code[:level]


def belongs(row, company):
    sector = row["sector_level"] == 0 or row["sector"] == at_level(company["naics"], row["sector_level"])
    # Regions have two levels here, and companies are at home on the second.
    region = row["region_level"] == 0 or row["region"] == company["headquarters_region"]
    return sector and region and row["job_level"] == 0


def band(row):
    """Who counts alike, and the published percentiles."""
    employees = [(p, row[f"p{p}"]) for p in (10, 25, 50, 75, 90) if row[f"p{p}"] is not None]
    companies = [(p, row[f"org_p{p}"]) for p in (25, 50, 75) if row[f"org_p{p}"] is not None]
    if len(employees) >= 2:
        return "employees", employees
    return ("companies", companies) if len(companies) >= 2 else (None, [])


def position(figure, knots):
    if figure < knots[0][1]:
        return knots[0][0] / 2
    if figure > knots[-1][1]:
        return (knots[-1][0] + 100) / 2
    same = [p for p, value in knots if value == figure]
    if len(same) > 1:
        return (same[0] + same[-1]) / 2
    for (p, low), (q, high) in zip(knots, knots[1:]):
        if low <= figure <= high and low < high:
            return p + (figure - low) / (high - low) * (q - p)
    raise ValueError("outside of the band")


def points(metric, figure, knots):
    at = position(figure, knots)
    return None if metric in DESCRIBES else 100 - at if metric in LOWER else at


def main(workspace):
    workspace = pathlib.Path(workspace)
    plan = tomllib.loads((PROJECT / "pipelines/quarterly.toml").read_text())["scorecard"]
    with open(PROJECT / "data-samples/companies.csv", newline="") as file:
        register = {row["company_id"]: row for row in csv.DictReader(file)}
    versions = sorted((workspace / f"releases/quarterly/{PERIOD}").glob("v*"), key=lambda it: int(it.name[1:]))
    published = [row for row in rows(versions[-1] / "benchmarks.parquet") if "published" in (row["status"], row["org_status"])]
    own = [row for row in rows(workspace / f"companies/quarterly/{PERIOD}.parquet") if row["job_code"] == row["job_level"] == "_T"]
    cards = sorted((workspace / f"scorecards/quarterly/{PERIOD}").glob("*.json"))
    scored = 0
    for path in cards:
        card = json.loads(path.read_text())
        company = register[card["company"]]
        found = {}
        for figure in (row for row in own if row["company_id"] == card["company"]):
            peers = [
                row for row in published
                if row["measure"] == figure["measure"] and row["currency"] in (None, figure["currency"]) and belongs(row, company)
            ]
            rank = lambda row: (len(band(row)[1]) >= 2, row["sector_level"] + row["region_level"] + row["job_level"])
            best = max(peers, key=rank, default=None)
            who, knots = band(best) if best else (None, [])
            value = figure["p50"] if who == "employees" else figure["mean"]
            if knots and value is not None:
                worth = points(figure["measure"], value, knots)
                if worth is not None:
                    found.setdefault(figure["measure"], []).append(worth)
        total = covered = weight_of_all = 0.0
        for part, patterns in PARTS.items():
            weight = plan.get("weights", {}).get(part, 1)
            patterns = plan.get("metrics", {}).get(part, patterns)
            worth = [p for metric, all_of in found.items() if any(fnmatchcase(metric, it) for it in patterns) for p in all_of]
            weight_of_all += weight
            if worth and weight:
                covered += weight
                total += weight * sum(worth) / len(worth)
        expected = total / covered if covered and covered / weight_of_all >= 0.5 else None
        told = card["score"]["points"]
        if (expected is None) != (told is None) or (told is not None and abs(expected - told) > 1e-9):
            sys.exit(f"{card['company']}: the card says {told}, and the files say {expected}")
        scored += told is not None
    if scored < 20:
        sys.exit(f"only {scored} cards have a score")
    print(f"ok {len(cards)} scorecards are what their files say, {scored} of them with a score")


main(sys.argv[1])

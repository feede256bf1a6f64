"""Proves on real pay (California special districts) that exactly the safe cells are published, with the right figures.

    python recount_real.py FOLDER

FOLDER holds uploads/ and companies.csv as ../shared/real/prepare.py writes them; where it is empty it is filled by that
script, and where that script is not there the recount is skipped. Everything is recounted from the raw CSVs: sector by
county, and in copies of the pipeline sector alone and county alone. Then 2015 (in FOLDER/2015) and 2016 as a panel: every
metric that the columns allow, of each employer.
"""

import csv
import datetime
import pathlib
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

import pyarrow.parquet as parquet

from catalogue import Settings
from plain import (
    FIGURES,
    SCALE,
    SURVEY,
    amount,
    check,
    compare,
    expected_row,
    families,
    means,
    p_percent,
    payquorum,
    within_share,
)
from recount_catalogue import Tally, check_companies

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PIPELINE = PROJECT / "pipelines" / "ca-special-districts.toml"
PREPARE = PROJECT.parent / "shared" / "real" / "prepare.py"
BENEFITS = ("HealthDentalVision", "DefinedBenefitPlanContribution")
MEASURES = ("base_annual", "overtime_pay", "benefits_employer_cost")
# Of base_annual: cells; with 5 employers and 10 employees; of these within 25 %; safe to publish by employee.
KNOWN = {("sector", "region"): (657, 104, 11, 11), ("sector",): (31, 28, 10, 10), ("region",): (58, None, None, 12)}
# Of the panel: canonical names of the columns, and the employee numbers of both years.
COLUMNS = {
    "RegularPay": "base_pay",
    "OvertimePay": "overtime_pay",
    "LumpSumPay": "variable_pay",
    "HealthDentalVision": "benefit_health_employer_cost",
    "DefinedBenefitPlanContribution": "benefit_pension_employer_cost",
}
COMMON = 103_785
PANEL = Settings(
    datetime.date(2016, 12, 31),
    datetime.date(2015, 12, 31),
    standard_hours=40 * SCALE,
    currency="USD",
    pay_basis="year",
    participation_from_cost=True,
    positive=frozenset(["base_annual"]),
    pay_growth_of="base_annual",
    plans=("health", "pension"),
)


def measured(row):
    """The value of each measure that a row has; unpaid board seats are no wages."""
    regular, overtime = row["RegularPay"], row["OvertimePay"]
    if regular and amount(regular) > 0:
        yield "base_annual", amount(regular)
    if overtime:
        yield "overtime_pay", amount(overtime)
    costs = [amount(row[plan]) for plan in BENEFITS if row[plan]]
    if costs:
        yield "benefits_employer_cost", sum(costs)


def values_of(folder):
    """(employer, measure) -> values."""
    values = defaultdict(list)
    for path in sorted((folder / "uploads").glob("*.csv")):
        with open(path, encoding="cp1252", newline="") as file:
            for row in csv.DictReader(file):
                for measure, value in measured(row):
                    values[path.stem, measure].append(value)
    return values


def cells_of(values, register, by):
    """(codes, measure) -> employer -> values."""
    cells = defaultdict(dict)
    for (employer, measure), own in values.items():
        cells[tuple(register[employer][name] for name in by), measure][employer] = own
    return cells


def count(cells):
    """What of base_annual passes which rules."""
    wages = [holdings for (_, measure), holdings in cells.items() if measure == "base_annual"]
    enough = [cell for cell in wages if len(cell) >= 5 and sum(map(len, cell.values())) >= 10]
    within = [
        cell
        for cell in enough
        if within_share(list(map(len, cell.values())), SURVEY.share)
        and within_share([sum(own) for own in cell.values()], SURVEY.share)
    ]
    safe = [families(cell) for cell in wages]
    by_means = sum(not p_percent(means(cell), SURVEY.p) for cell in enough)
    print(
        f"      base_annual: {len(wages)} cells; {len(enough)} with 5 employers and 10 employees; {len(within)} of them "
        f"within 25 %; safe: {sum(one for one, _ in safe)} by employee, {sum(other for _, other in safe)} by company "
        f"(p% on the employers' means withholds {by_means} of {len(enough)})"
    )
    check(
        sum(other for _, other in safe) == len(enough) - by_means, "the p%-rule on means alone decides about the rest"
    )
    return len(wages), len(enough), len(within), sum(one for one, _ in safe)


class Uploads(Mapping):
    """The records of each employer of a year, read when they are asked for."""

    def __init__(self, folder):
        self.paths = {path.stem: path for path in sorted((folder / "uploads").glob("*.csv"))}

    def __getitem__(self, employer):
        with open(self.paths[employer], encoding="cp1252", newline="") as file:
            return [record(row) for row in csv.DictReader(file)]

    def __iter__(self):
        return iter(self.paths)

    def __len__(self):
        return len(self.paths)

    def employees(self, employer):
        return {row["employee_id"] for row in self.get(employer, ())}


exact = lru_cache(100_000)(amount)  # many amounts are the same


def record(row):
    """A row by canonical names; positions are jobs."""
    amounts = {name: exact(row[header]) if row[header] else None for header, name in COLUMNS.items()}
    return amounts | {"employee_id": row["EmployeeNumber"], "job_code": row["Position"].strip() or None}


def panel_pipeline():
    """The pipeline with what its columns allow besides: jobs, participation, hourly pay, and a panel of base_annual."""
    text = PIPELINE.read_text(encoding="utf-8").replace('"ca-special-districts"', '"ca-panel"')
    text = text.replace("[columns]", '[columns]\njob_code = "Position"')
    text = text.replace("[defaults]", "[defaults]\nstandard_weekly_hours = 40\nparticipation_from_cost = true")
    wanted = '[workforce]\npay_growth_of = "base_annual"\n\n[company_metrics]\nby = []\nmeasures = "all"\n\n'
    return text.replace("[[tables]]", wanted + "[[tables]]", 1)


def check_panel(folders):
    """Both years in one workspace, one run after the other, and the table of the employers' own figures."""
    then, now = map(Uploads, folders.values())
    common = sum(len(now.employees(employer) & then.employees(employer)) for employer in now)
    check(common == COMMON, f"{common} employee numbers of {len(now)} employers are in both years")
    with tempfile.TemporaryDirectory() as workspace:
        pipeline = pathlib.Path(workspace, "ca-panel.toml")
        pipeline.write_text(panel_pipeline(), encoding="utf-8")
        for year, folder in folders.items():
            inputs = ("--uploads", folder / "uploads" / "*.csv", "--companies", folder / "companies.csv")
            payquorum("run", pipeline, *inputs, "--workspace", workspace, "--period", year)
        own = f"{workspace}/companies/ca-panel/2016.parquet"
        check_companies(own, "ca-panel", now, then, [], PANEL, "2016")
        check(not Tally.failed, f"ca-panel: {Tally.failed} kinds of metrics have differences")


def prepared(folder, year):
    """Whether the uploads of a year are there, or can be made."""
    if not (folder / "uploads").is_dir():
        if not PREPARE.exists():
            print(f"      skipped: no data in {folder}, and {PREPARE} is not there to make it")
            return False
        subprocess.run([sys.executable, PREPARE, folder, year], check=True)
    return True


def main(folder):
    if not prepared(folder, "2016"):
        return
    check_releases(folder)
    if prepared(folder / "2015", "2015"):
        check_panel({"2015": folder / "2015", "2016": folder})


def check_releases(folder):
    with open(folder / "companies.csv", encoding="utf-8", newline="") as file:
        register = {row["company_id"]: row for row in csv.DictReader(file)}
    values = values_of(folder)

    with tempfile.TemporaryDirectory() as workspace:
        inputs = (
            "--uploads",
            folder / "uploads" / "*.csv",
            "--companies",
            folder / "companies.csv",
            "--workspace",
            workspace,
        )
        payquorum("run", PIPELINE, *inputs)
        for by, known in KNOWN.items():
            name = "ca-special-districts"
            if len(by) == 1:
                name = f"ca-by-{by[0]}"
                one = pathlib.Path(workspace, f"{name}.toml")
                text = PIPELINE.read_text(encoding="utf-8").replace('["sector", "region"]', f'["{by[0]}"]')
                one.write_text(text.replace('"ca-special-districts"', f'"{name}"'), encoding="utf-8")
                payquorum("release", one, *inputs)
            cells = cells_of(values, register, by)
            counted = count(cells)
            check(all(want in (None, have) for want, have in zip(known, counted)), f"{name}: the known counts {known}")
            expected = {
                (*codes, measure, "USD"): expected_row(holdings, "annual")
                for (codes, measure), holdings in cells.items()
            }
            rows = parquet.read_table(f"{workspace}/releases/{name}/2016/v1/benchmarks.parquet").to_pylist()
            found = {tuple(row[key] for key in (*by, "measure", "currency")): row for row in rows}
            check(len(found) == len(rows), f"{name}: no two rows with one key ({len(rows)} rows)")
            for measure in MEASURES:
                ours, theirs = (
                    {key: row for key, row in rows.items() if key[-2] == measure} for rows in (expected, found)
                )
                for status in ("status", "org_status"):
                    shown = [
                        {key for key, row in rows.items() if row[status] == "published"} for rows in (theirs, ours)
                    ]
                    check(
                        shown[0] == shown[1],
                        f"{name}, {measure}: exactly the {len(shown[1])} safe cells of {len(ours)} have "
                        f"{status} published",
                    )
                figures, numbers, differences = compare(theirs, ours, FIGURES)
                check(
                    differences == 0,
                    f"{name}, {measure}: {figures} figures compared ({numbers} not null), {differences} differ",
                )


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

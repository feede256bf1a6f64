"""Proves that every metric of the catalogue can be recounted from the sample CSVs alone, for companies and for releases.

    python recount_catalogue.py WORKSPACE        (a folder for the workspaces that it makes)

Makes a pipeline with all settings from the inputs of pipelines/quarterly.toml, runs it on data-samples/ for 2026-Q3, and
recounts every row and column of the companies' own table, with the notes of companies without a comparable earlier
snapshot, and every row of the releases of a table by sector and one by sector and region: under the survey policy, and
under laxer rules without rounding. Then the same on rougher uploads (rough.py) under other settings. Small cases that
can be counted by hand come first.
"""

import csv
import datetime
import json
import pathlib
import re
import shutil
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction

import pyarrow.parquet as parquet

import kinds
import rough
from catalogue import (
    UNKNOWN,
    Company,
    Settings,
    by_employee,
    counted,
    currency,
    declared,
    described,
    has_row,
    is_known,
    own_rows,
    panel,
)
from plain import FIGURES, SCALE, SURVEY, amount, check, differences, payquorum
from samples import BEFORE, LAST_DAY, LAX, LAX_TOML, PERIOD, PROJECT, SAMPLES, companies, holding, read, upload

# The measures of a release, by patterns: each goes to the first that matches. A line is a pipeline of its own, so where
# the program refuses measures beside each other (a total and its parts), put one of them on a line before the last.
SPLITS = {"costs": ["benefits_*cost*", "benefit_load"], "all": ["*"]}
# Measures that a sum ties together: all are withheld where one is, in a cell and weighting.
TIED = (
    ["base_annual", "variable_pay", "total_cash_annual"],
    ["*_employer_cost", "*_employer_cost_per_participant", "*_cost_per_hour_worked", "benefit_load"],
    ["tenure_under_1_year", "tenure_1_to_5_years", "tenure_5_to_10_years", "tenure_10_years_or_more"],
    ["women_representation", "men_representation", "other_gender_representation"],
    ["ethnicity_*_representation"],
    ["*separations_rate"],
    ["*separations_rate_closing"],
    ["uk_quartile_*"],
    ["eu_quartile_*"],
    *([f"{plan}_access", f"{plan}_participation", f"{plan}_take_up"] for plan in ("health", "retirement", "life", "benefits")),
)
TABLES = {"by_sector": ["sector"], "by_sector_and_region": ["sector", "region"]}
POLICIES = {"survey": (SURVEY, ""), "lax": (LAX, LAX_TOML)}
BY = ["job_code", "job_level"]
LEVELS = ["1", "2", "3", "4", "5", "6"]
COMPANY_ONLY = ("eu_joint_assessment_categories",)
SKIPPED = ("market_ratio",)  # is read off a release, not off records
EARLIER_DAY = datetime.date(2026, 6, 30)


# The small cases


def small_cases():
    """Figures that can be counted by hand."""
    sizes = kinds.band_sizes(70, kinds.REMAINDER)
    check(sizes == [18, 17, 18, 17], "70 people make quartile groups of 18, 17, 18 and 17")
    every = [kinds.band_sizes(people, kinds.REMAINDER) for people in (3, 5, 6, 7, 8)]
    wanted = [[1, 1, 1, 0], [2, 1, 1, 1], [2, 1, 2, 1], [2, 2, 2, 1], [2, 2, 2, 2]]
    check(every == wanted, "remainders go to the lower, the upper middle and the lower middle group")
    # 12 people at 10 (6 of them women), then 4 at 20 (1 woman): the run at 10 fills three groups of 4 with 2 women each.
    people = [(10, "women")] * 6 + [(10, "men")] * 6 + [(20, "women")] + [(20, "men")] * 3 + [(15, None)]
    counts = list(kinds.band_counts(people).values())
    check(counts == [(2, 4), (2, 4), (2, 4), (1, 4)], "equal pay is spread over the groups, and others are left out")
    # 3 women and 2 men alike: 5 * 3/5 women in the first 2, 3, 4 places are 1.2, 1.8, 2.4.
    counts = list(kinds.band_counts([(10, "women")] * 3 + [(10, "men")] * 2).values())
    check(counts == [(1, 2), (1, 1), (0, 1), (1, 1)], "women of a cut run are rounded where it is cut")
    gap = [(100, "women"), (200, "women"), (200, "men"), (400, "men"), (900, None)]
    figures = [kinds.figure(kind, gap) for kind in ("mean_gap", "median_gap")]
    check(figures == [50 * SCALE, 50 * SCALE], "a gap is in percent of the men's figure")
    check(kinds.figure("mean_gap", [(100, "women")]) is None, "no gap without men")
    check(kinds.figure("mean_gap", [(100, "women"), (0, "men")]) is None, "no gap of nothing")
    check(kinds.figure("gini", [1, 1, 1]) == 0 and kinds.figure("gini", [0, 0, 3]) == Fraction(2, 3) * SCALE, "gini")
    check(kinds.figure("p90_p10", list(range(10, 21))) == Fraction(19, 11) * SCALE, "p90_p10 of 10 to 20 is 19/11")
    check(
        kinds.figure("low_pay", [8, 10, 15, 20, 30]) == Fraction(SCALE, 5),
        "low pay is strictly below 2/3 of the median",
    )
    check(kinds.figure("ratio", [(1, 2), (3, 6)]) == SCALE / 2, "a ratio divides the sums")
    snapshots()


def snapshots():
    """Three were there, of whom one left and one moved up; one came, and one came and went."""
    settings = Settings(LAST_DAY, EARLIER_DAY, standard_hours=40 * SCALE, level_order=("1", "2"))
    alike = {"pay_basis": "hour", "job_code": "x", "currency": "EUR", "termination_date": None}

    def one(name, level, pay, gone=None, why=None):
        return (
            alike
            | {"employee_id": name, "job_level": level, "base_pay": pay * SCALE}
            | ({"termination_date": gone, "termination_reason": why} if gone else {})
        )

    then = [one("a", "1", 10), one("b", "1", 10), one("c", "1", 10)]
    now = [one("a", "2", 11), one("b", "1", 10), one("d", "1", 10)]
    now += [one("c", "1", 10, LAST_DAY, "voluntary"), one("e", "1", 10, LAST_DAY), one("f", "1", 10, EARLIER_DAY)]
    groups = defaultdict(list)
    present = by_employee(row for row in now if counted(row, LAST_DAY))
    company = Company(now, then)
    for metric, _, item in panel(present, by_employee(then), company.left(settings), company.left(settings), settings):
        groups[metric].append(item)
    wanted = {
        "retention": Fraction(2, 3),
        "hires_rate": Fraction(2, 3),
        "hires_rate_closing": Fraction(2, 3),
        "separations_rate": Fraction(2, 3),
        "separations_rate_closing": Fraction(2, 3),
        "voluntary_separations_rate": Fraction(1, 3),
        "involuntary_separations_rate": 0,
        "other_separations_rate": Fraction(1, 3),
        "internal_moves": Fraction(1, 2),
        "promotion": Fraction(1, 2),
        "pay_growth": Fraction(1, 20),
    }
    found = {metric: kinds.figure(described(metric)[0], groups[metric]) for metric in wanted}
    check(found == {metric: part * SCALE for metric, part in wanted.items()}, "two snapshots of a company")
    check(company.note(settings) is None and Company(now, None).note(settings) is not None, "one snapshot is no panel")
    check(Company(now[:1], then).note(settings) is not None, "nor is a headcount that changed by more than half")


# The pipelines


@dataclass(frozen=True)
class Case:
    """Records of both quarters, what a pipeline says about them, and the same settings for the recount."""

    name: str
    inputs: str
    options: str
    records: list
    earlier: list
    settings: Settings
    tables: dict
    policies: dict

    def pipeline(self, name, measures, by, policy_toml):
        return f"""name = "{name}"
period = "quarter"

{self.inputs}
{self.options}
[dimensions]
sector = {{ from = "company.naics", hierarchy = "naics", levels = [2] }}
region = {{ from = "region" }}

[[tables]]
name = "{name}"
by = {json.dumps(by)}
totals = false
measures = {json.dumps(measures)}

[company_metrics]
by = {json.dumps(BY)}
measures = "all"

[protection]
preset = "survey"
{policy_toml}
[output]
workspace = "workspace"
"""


def samples_case():
    """data-samples/ as they are, under the settings that a pipeline has by default."""
    quarterly = (PROJECT / "pipelines" / "quarterly.toml").read_text(encoding="utf-8")
    inputs = sections(quarterly, r"input|columns|columns\..*|formats\..*").replace("../data-samples", str(SAMPLES))
    options = f"""[defaults]
standard_weekly_hours = 40

[workforce]
level_order = {json.dumps(LEVELS)}

[reference]
living_wage = "{SAMPLES}/living-wage.csv"
pay_ranges = "{SAMPLES}/pay-ranges.csv"
"""
    records, earlier = upload(PERIOD)[0], upload(BEFORE)[0]
    settings = Settings(
        LAST_DAY,
        EARLIER_DAY,
        standard_hours=40 * SCALE,
        level_order=tuple(LEVELS),
        **references(SAMPLES / "living-wage.csv", SAMPLES / "pay-ranges.csv"),
        **declared([records, earlier]),
    )
    return Case("samples", inputs, options, records, earlier, settings, TABLES, POLICIES)


def rough_case(folder):
    """Rougher uploads, under settings that are not the default ones."""
    records, earlier = rough.panel(upload(PERIOD)[0], upload(BEFORE)[0])
    rough.write(records, folder / "uploads" / PERIOD)
    rough.write(earlier, folder / "uploads" / BEFORE)
    rough.write_references(folder)
    inputs = f"""[input]
uploads = "{folder}/uploads/*/*.csv"
companies = "{SAMPLES}/companies.csv"
"""
    options = f"""[defaults]
standard_weekly_hours = 38
participation_from_cost = true

[gender]
women = ["F", "Female", "W"]
men = ["M", "MALE", "Man"]

[pay_equity]
empty_variable_pay = "zero"
remainder_1 = ["upper"]
remainder_2 = ["lower", "upper"]
remainder_3 = ["lower_middle", "upper_middle", "upper"]

[workforce]
level_order = {json.dumps(LEVELS[1:])}
pay_growth_of = "base_annual"
max_headcount_change = 1.0
min_matched = 0.6

[reference]
living_wage = "{folder}/living-wage.csv"
pay_ranges = "{folder}/pay-ranges.csv"
"""
    settings = Settings(
        LAST_DAY,
        EARLIER_DAY,
        standard_hours=38 * SCALE,
        participation_from_cost=True,
        women=frozenset(("f", "female", "w")),
        men=frozenset(("m", "male", "man")),
        empty_variable_is_zero=True,
        remainder=(("upper",), ("lower", "upper"), ("lower_middle", "upper_middle", "upper")),
        level_order=tuple(LEVELS[1:]),
        pay_growth_of="base_annual",
        max_headcount_change=Fraction(1),
        min_matched=Fraction(3, 5),
        **references(folder / "living-wage.csv", folder / "pay-ranges.csv"),
        **declared([records, earlier]),
    )
    tables = {"by_sector_and_region": TABLES["by_sector_and_region"]}
    return Case("rough", inputs, options, records, earlier, settings, tables, {"lax": POLICIES["lax"]})


def sections(text, name):
    """The sections of a pipeline file whose names match."""
    parts = re.split(r"(?m)^(?=\[)", text)
    return "".join(part for part in parts if re.match(rf"\[({name})\]", part))


def references(living_wage, pay_ranges):
    """The reference tables, as settings."""
    floors = {(row["region"], row["currency"]): amount(row["hourly"]) for row in rows_of(living_wage)}
    ranges = {
        (row["job_code"], row["job_level"], row["currency"]): (
            row["pay_basis"],
            amount(row["minimum"]),
            amount(row["maximum"]),
        )
        for row in rows_of(pay_ranges)
    }
    return {"living_wage": floors, "pay_ranges": ranges}


def rows_of(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def split(measures):
    """Split -> its measures."""
    groups = {name: [] for name in SPLITS}
    for measure in measures:
        first = next(name for name, patterns in SPLITS.items() if matches(measure, patterns))
        groups[first].append(measure)
    return {name: group for name, group in groups.items() if group}


def matches(measure, patterns):
    return any(fnmatchcase(measure, pattern) for pattern in patterns)


# The comparison


class Tally:
    """Figures compared and differences, by kind; it prints the first differences of each measure."""

    failed = 0  # of all tallies: the recount goes on to its end, so that all differences are seen at once

    def __init__(self, what):
        self.what, self.rows = what, 0
        self.figures, self.numbers, self.differ, self.by_measure = Counter(), Counter(), Counter(), Counter()

    def add(self, found, expected, columns):
        for measure in sorted({measure_of(key) for key in (*found, *expected)}):
            kind = kind_of(measure)
            pair = [{key: row for key, row in rows.items() if measure_of(key) == measure} for rows in (found, expected)]
            figures, numbers, lines = differences(*pair, columns)
            self.figures[kind] += figures
            self.numbers[kind] += numbers
            self.differ[kind] += len(lines)
            for line in lines[: max(0, 6 - self.by_measure[measure])]:
                print("      " + line)
            self.by_measure[measure] += len(lines)
        self.rows += len(expected)

    def report(self):
        wrong = {measure: count for measure, count in sorted(self.by_measure.items()) if count}
        if wrong:
            print(f"      {self.what}: differences by measure: {wrong}")
        for kind in sorted(self.figures):
            told = f"{self.what}, {kind}: {self.figures[kind]} figures compared ({self.numbers[kind]} not null)"
            if self.differ[kind]:
                print(f"      {told}, {self.differ[kind]} differ")
                Tally.failed += 1
            else:
                check(True, f"{told}, 0 differ")


def kind_of(measure):
    """The kind of a measure; what the recount does not know is no kind, and differs."""
    if measure in COMPANY_ONLY:
        return "joint assessment"
    return described(measure)[0] if is_known(measure) else "unknown"


def measure_of(key):
    """Keys end with measure and currency."""
    return key[-2]


def own_table(path, by):
    """Company -> its rows by codes, measure and currency, with whether there is a note; one company at a time."""
    table = parquet.read_table(path)
    places = defaultdict(list)
    for place, company in enumerate(table["company_id"].to_pylist()):
        places[company].append(place)
    for company, own in places.items():
        rows = [row for row in table.take(own).to_pylist() if row["measure"] not in SKIPPED]
        found = {tuple(row[name] for name in (*by, "measure", "currency")): row for row in rows}
        if len(found) != len(rows):
            check(False, f"{company}: no two rows with one key")
        for row in rows:
            row["note"] = bool(row["note"])
            if row["note"]:
                row["n_employees"] = row["n_employees"] or None  # no figures: not told, or nobody
        yield company, found


def check_units(path, what, period):
    """Each measure has one unit, and each row the period."""
    columns = parquet.read_table(path, columns=["measure", "unit", "period"]).to_pydict()
    units, periods = set(zip(columns["measure"], columns["unit"])), set(columns["period"])
    check(
        len({measure for measure, _ in units}) == len(units) and all(unit for _, unit in units),
        f"{what}: each of {len(units)} measures has one unit",
    )
    check(periods == {period}, f"{what}: all rows are of {period}")


def check_companies(path, what, now, then, by, settings, period=PERIOD):
    """`now` and `then` give the records of each company."""
    check_units(path, what, period)
    tally, noted, seen = Tally(what), set(), set()
    for company, found in own_table(path, by):
        expected = own_rows(Company(now[company], then.get(company)), by, settings)
        tally.add(found, expected, [*kinds.OWN, "note"])
        noted |= {company} if any(row["note"] for row in expected.values()) else set()
        seen.add(company)
    check(seen == set(now), f"{what}: all {len(now)} companies have rows")
    some = ", ".join(sorted(noted)[:5])
    print(f"      {what}: {tally.rows} rows; {len(noted)} companies with a note instead of a panel ({some}, ...)")
    tally.report()


def of_companies(records):
    groups = defaultdict(list)
    for row in records:
        groups[row["company_id"]].append(row)
    return groups


def cells_of(case, register, by):
    """(codes, metric, currency) -> holding -> items."""
    cells = defaultdict(lambda: defaultdict(list))
    now, then = of_companies(case.records), of_companies(case.earlier)
    for company, own in now.items():
        for metric, row, item in Company(own, then.get(company)).contributions(case.settings):
            code_of = {"sector": register[company]["naics"][:2], "region": row.get("region") or UNKNOWN}
            money = currency(row, case.settings) if described(metric)[2] else None
            cells[*(code_of[name] for name in by), metric, money][holding(register[company])].append(item)
    return cells


def release_rows(cells, measures, policy, settings):
    """Every row that a release of these measures must have."""
    rows = {}
    for key, holdings in cells.items():
        kind, unit, _ = described(measure_of(key))
        items = (item for own in holdings.values() for item in own)
        if measure_of(key) in measures and has_row(measure_of(key), items):
            rows[key] = kinds.expected_row(kind, unit, holdings, policy, settings.remainder)
    for family in TIED:
        tie([key for key in rows if matches(measure_of(key), family)], rows)
    return rows


def tie(keys, rows):
    """Withholds all of a family in a cell and weighting where one of them is."""
    for weighting in ("status", "org_status"):
        hidden = {(*key[:-2], key[-1]) for key in keys if rows[key][weighting] != kinds.label(True)}
        for key in keys:
            if (*key[:-2], key[-1]) in hidden:
                rows[key] = kinds.withheld(rows[key], weighting)


def check_release(path, what, expected, by):
    found = read(path, (*by, "measure", "currency"))
    tally = Tally(what)
    tally.add(found, expected, ["status", "org_status", *FIGURES])
    shown, alike = (sum(row[status] == "published" for row in expected.values()) for status in ("status", "org_status"))
    cells = len({key[:-2] for key in expected})
    print(f"      {what}: {len(expected)} rows, {cells} cells; {shown} published by employee, {alike} by company")
    check_units(path, what, PERIOD)
    tally.report()


def check_case(case, workspace):
    """One run, and a release of each further table and policy from its store."""
    register, command = companies(), "run"
    now, then = of_companies(case.records), of_companies(case.earlier)
    for table, by in case.tables.items():
        cells = cells_of(case, register, by)
        measures = sorted({measure_of(key) for key in cells})
        for policy_name, (policy, policy_toml) in case.policies.items():
            for part, group in split(measures).items():
                what = f"{case.name}_{table}_{policy_name}_{part}"
                file = workspace / f"{what}.toml"
                file.write_text(case.pipeline(what, group, by, policy_toml), encoding="utf-8")
                payquorum(command, file, "--workspace", workspace, "--period", PERIOD)
                if command == "run":
                    own = workspace / "companies" / what / f"{PERIOD}.parquet"
                    check_companies(own, f"{case.name}, companies", now, then, BY, case.settings)
                command = "release"
                expected = release_rows(cells, group, policy, case.settings)
                check_release(workspace / "releases" / what / PERIOD / "v1" / "benchmarks.parquet", what, expected, by)


def main(folder):
    small_cases()
    for name in ("samples", "rough"):
        workspace = (folder / name).resolve()
        shutil.rmtree(workspace, ignore_errors=True)
        workspace.mkdir(parents=True)
        check_case(samples_case() if name == "samples" else rough_case(workspace), workspace)
    check(not Tally.failed, f"{Tally.failed} comparisons have differences")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

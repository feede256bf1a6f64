"""Proves that the quarterly release and the companies' own figures can be recounted from the sample CSVs alone.

    python recount_samples.py WORKSPACE        (of a run of pipelines/quarterly.toml for 2026-Q3)

Reads all dialects of data-samples/ with the standard library only, chooses the cells, judges them and computes their
statistics by the documents, and compares with the published files row by row and figure by figure. Then a second
release under laxer rules, without rounding: there the roll-up shows six digits, and no error can hide in a step.
"""

import csv
import datetime
import glob
import io
import pathlib
import re
import sys
import tempfile
from collections import defaultdict
from fractions import Fraction

import pyarrow.parquet as parquet

from plain import (
    FIGURES,
    INCUMBENT,
    SCALE,
    SURVEY,
    Policy,
    amount,
    check,
    compare,
    expected_row,
    families,
    payquorum,
    statistics,
)

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = PROJECT / "data-samples"
PERIOD, LAST_DAY = "2026-Q3", datetime.date(2026, 9, 30)
HEADERS = {"Employee Number": "employee_id", "Annual Salary": "base_pay"}
DATES = ("hire_date", "termination_date")
NUMBERS = (
    "weekly_hours",
    "base_pay",
    "variable_pay",
    "overtime_pay",
    "benefit_health_employer_cost",
    "benefit_retirement_employer_cost",
    "paid_leave_days",
    "training_hours",
)
WEEKS = {
    "week": Fraction(1),
    "two_weeks": Fraction(2),
    "half_month": Fraction(52, 24),
    "month": Fraction(52, 12),
    "quarter": Fraction(13),
    "year": Fraction(52),
}
# measure: step that it is rounded to, currency
MEASURES = {
    "base_hourly": ("hourly", "EUR"),
    "total_cash_annual": ("annual", "EUR"),
    "health_participation": ("part", None),
    "benefits_employer_cost": ("annual", "EUR"),
    "paid_leave_days": ("other", None),
}
LAX = Policy(
    companies=3,
    employees=3,
    share=Fraction(3, 5),
    p=Fraction(1, 100),
    quartiles=(3, 5),
    deciles=(3, 5),
    side=(2, 2),
    org_percentiles=3,
    hourly=0,
    annual=0,
    part=0,
    other=0,
    count=1,
)
LAX_TOML = """min_companies = 3
min_employees = 3
max_company_share = 0.6
p_percent = 1
organization_percentile_companies = 3
quartiles = { companies = 3, employees = 5, side_employees = 2, side_companies = 2 }
deciles = { companies = 3, employees = 5, side_employees = 2, side_companies = 2 }
rounding = { hourly = 0, annual = 0, share = 0, other = 0, employees = 1 }
"""


def rows_of(path):
    """The rows of one upload as they stand, by canonical names."""
    raw, company = path.read_bytes(), path.stem
    european = company in ("C011", "C012")
    encoding = "cp1252" if european else "utf-16" if raw.startswith(b"\xff\xfe") else "utf-8-sig"
    delimiter = {"C011": ";", "C012": ";", "C014": "\t", "C015": "|"}.get(company, ",")
    for row in csv.DictReader(io.StringIO(raw.decode(encoding), newline=""), delimiter=delimiter):
        row.pop("comment", None)
        row = {HEADERS.get(name, name): text.strip() for name, text in row.items()}
        row.setdefault("company_id", company)
        yield row


def number(text, company):
    text = text.removeprefix("€").strip()
    if company in ("C011", "C012"):
        text = text.replace(".", "").replace(",", ".")
    elif company == "C018":
        text = text.replace(",", "")
    if not re.fullmatch(r"-?\d+(\.\d+)?", text):
        raise ValueError("a number")
    return amount(text)


def date(text, company):
    style = {"C011": "%d.%m.%Y", "C012": "%d.%m.%Y", "C018": "%m/%d/%Y"}.get(company, "%Y-%m-%d")
    return datetime.datetime.strptime(text, style).date()


def record(row):
    """A row with its values, an empty or absent one as None; ValueError for a bad row."""
    company = row["company_id"]
    values = {name: text or None for name, text in row.items()}
    values |= {name: number(row[name], company) for name in NUMBERS if row.get(name)}
    values |= {name: date(row[name], company) for name in DATES if row.get(name)}
    if values["pay_basis"] not in ("hour", "day", *WEEKS):
        raise ValueError("a pay basis")
    return values


def upload(quarter):
    """The records of a quarter, identical rows once, and how many rows were bad."""
    records, rejected = [], 0
    for path in sorted((SAMPLES / "uploads" / quarter).glob("*.csv")):
        seen = set()
        for row in rows_of(path):
            try:
                values = record(row)
            except ValueError:
                rejected += 1
                continue
            told = tuple(sorted(values.items(), key=lambda item: item[0]))
            if told not in seen:
                seen.add(told)
                records.append(values)
    return records, rejected


def measured(row):
    """The value of each measure that the record has."""
    pay, basis, hours = row.get("base_pay"), row["pay_basis"], row.get("weekly_hours") or 40 * SCALE
    values = {}
    if pay is not None:
        weekly = Fraction(hours, SCALE)
        paid_for = {"hour": Fraction(1), "day": weekly / 5}.get(basis) or weekly * WEEKS[basis]
        values["base_hourly"] = round(pay / paid_for)
        if row.get("variable_pay") is not None:
            values["total_cash_annual"] = round(pay / paid_for * weekly * 52) + row["variable_pay"]
    if row.get("benefit_health_enrolled") is not None:
        values["health_participation"] = SCALE * int(row["benefit_health_enrolled"])
    costs = [row.get(f"benefit_{plan}_employer_cost") for plan in ("health", "retirement")]
    if any(cost is not None for cost in costs):
        values["benefits_employer_cost"] = sum(cost for cost in costs if cost is not None)
    if row.get("paid_leave_days") is not None:
        values["paid_leave_days"] = row["paid_leave_days"]
    return values


def cells_of(records, register, digits):
    """Sector, region and measure -> holding -> values."""
    cells = defaultdict(lambda: defaultdict(list))
    for row in records:
        company = register[row["company_id"]]
        holding = company["holding_id"] or company["company_id"]
        for measure, value in measured(row).items():
            cells[company["naics"][:digits], row["region"], measure][holding].append(value)
    return cells


def rolled_up(fine, coarse, policy):
    """The level of each sector and region: six digits where all of them are safe, else two; base_hourly leads."""
    children = defaultdict(list)
    for sector, region, measure in fine:
        if measure == "base_hourly":
            children[sector[:2], region].append(sector)
    chosen = {}
    for (sector, region), finer in children.items():
        below = [families(fine[child, region, "base_hourly"], policy=policy) for child in finer]
        whole = families(coarse[sector, region, "base_hourly"], policy=policy)
        # Both families if that is possible on either level, then the organization-weighted one alone.
        if all(incumbent for incumbent, _ in below):
            level = 6
        elif whole[0]:
            level = 2
        else:
            level = 6 if all(any(safe) for safe in below) else 2
        chosen[sector, region] = level
    return chosen


def read(path, keys):
    """The rows of a Parquet file by their key."""
    rows = parquet.read_table(path).to_pylist()
    found = {tuple(row[key] for key in keys): row for row in rows}
    check(len(found) == len(rows), f"{pathlib.Path(path).name}: no two rows with one key ({len(rows)} rows)")
    return found


def release(present, register, policy):
    """Every row that the release must have."""
    fine, coarse = cells_of(present, register, 6), cells_of(present, register, 2)
    level_of = rolled_up(fine, coarse, policy)
    expected = {}
    for level, cells in ((2, coarse), (6, fine)):
        for (sector, region, measure), holdings in cells.items():
            if level_of[sector[:2], region] == level:
                step, currency = MEASURES[measure]
                expected[sector, level, region, 2, measure, currency] = expected_row(holdings, step, policy)
    return expected


def check_release(workspace, name, expected):
    keys = ("sector", "sector_level", "region", "region_level", "measure", "currency")
    found = read(f"{workspace}/releases/{name}/{PERIOD}/v1/benchmarks.parquet", keys)
    figures, numbers, differences = compare(found, expected, ["status", "org_status", *FIGURES])
    cells = {key[:4] for key in expected}
    shown, alike = (sum(row[status] == "published" for row in expected.values()) for status in ("status", "org_status"))
    print(
        f"      {name}: {len(expected)} rows, {len(cells)} cells, {sum(cell[1] == 6 for cell in cells)} of them at six "
        f"digits; {shown} rows published incumbent-weighted, {alike} organization-weighted"
    )
    check(differences == 0, f"{name}: {figures} figures compared ({numbers} not null), {differences} differ")


def main(workspace):
    with open(SAMPLES / "companies.csv", encoding="utf-8", newline="") as file:
        register = {row["company_id"]: row for row in csv.DictReader(file)}

    stored = 0
    for quarter in ("2026-Q2", PERIOD):
        records, rejected = upload(quarter)
        check(rejected == 3, f"{quarter}: 3 bad rows are rejected, {len(records)} records stay")
        stored += len(records)
    files = glob.glob(f"{workspace}/store/company=*/period=*/*.parquet")
    in_store = sum(parquet.read_metadata(file).num_rows for file in files)
    check(in_store == stored, f"the store holds these {stored} records")
    present = [row for row in records if row.get("termination_date") is None or row["termination_date"] > LAST_DAY]
    print(f"      {len(present)} of {len(records)} records of {PERIOD} are still employed")

    check_release(workspace, "quarterly", release(present, register, SURVEY))

    with tempfile.TemporaryDirectory() as folder:
        pipeline = (PROJECT / "pipelines" / "quarterly.toml").read_text(encoding="utf-8")
        pipeline = pipeline.replace("../data-samples", str(SAMPLES)).replace('"quarterly"', '"lax"')
        lax = pathlib.Path(folder, "lax.toml")
        lax.write_text(pipeline.replace('preset = "survey"\n', 'preset = "survey"\n' + LAX_TOML), encoding="utf-8")
        payquorum("run", lax, "--workspace", folder, "--period", PERIOD)
        check_release(folder, "lax", release(present, register, LAX))

    groups = defaultdict(list)
    for row in present:
        for measure, value in measured(row).items():
            for job in ((row["job_code"], row["job_level"]), ("_T", "_T")):
                groups[row["company_id"], *job, measure, MEASURES[measure][1]].append(value)
    own = {key: statistics(values) | {"n_employees": len(values)} for key, values in groups.items()}
    found = read(
        f"{workspace}/companies/quarterly/{PERIOD}.parquet",
        ("company_id", "job_code", "job_level", "measure", "currency"),
    )
    for shares, columns in ((True, ["n_employees", "mean"]), (False, ["n_employees", *INCUMBENT])):
        both = [
            {key: row for key, row in rows.items() if (MEASURES[key[3]][0] == "part") == shares}
            for rows in (found, own)
        ]
        figures, numbers, differences = compare(*both, columns)
        kind = "shares" if shares else "distributions"
        check(
            differences == 0,
            f"companies, {kind}: {figures} figures compared ({numbers} not null), {differences} differ",
        )


if __name__ == "__main__":
    main(sys.argv[1])

"""Proves nothing alone: reads data-samples/ in all its dialects, and results by key, for the recounts of the samples.

A record is a dict by canonical names: amounts in 1/10,000, dates as dates, anything else as text, an empty field as None.
A name that is not in the dict is a column that the upload does not have.
"""

import csv
import datetime
import io
import pathlib
import re
from fractions import Fraction

import pyarrow.parquet as parquet

from plain import Policy, amount, check

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = PROJECT / "data-samples"
BEFORE, PERIOD = "2026-Q2", "2026-Q3"
LAST_DAY = datetime.date(2026, 9, 30)
HEADERS = {"Employee Number": "employee_id", "Annual Salary": "base_pay"}
DATES = ("hire_date", "termination_date")
NUMBERS = re.compile(
    "weekly_hours|fte|base_pay|variable_pay|overtime_pay|range_min|range_max|benefit_.*_employer_cost|paid_leave_days"
    "|training_hours|courses_enrolled|courses_completed|skill_.*"
)
WEEKS = {
    "week": Fraction(1),
    "two_weeks": Fraction(2),
    "half_month": Fraction(52, 24),
    "month": Fraction(52, 12),
    "quarter": Fraction(13),
    "year": Fraction(52),
}
# Without rounding, no error can hide in a step.
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
    """A row with its values, an empty one as None; ValueError for a bad row."""
    company = row["company_id"]
    values = {name: text or None for name, text in row.items()}
    values |= {name: number(text, company) for name, text in row.items() if text and NUMBERS.fullmatch(name)}
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


def companies():
    """The register by company."""
    with open(SAMPLES / "companies.csv", encoding="utf-8", newline="") as file:
        return {row["company_id"]: row for row in csv.DictReader(file)}


def holding(company):
    return company.get("holding_id") or company["company_id"]


def read(path, keys):
    """The rows of a Parquet file by their key."""
    rows = parquet.read_table(path).to_pylist()
    found = {tuple(row[key] for key in keys): row for row in rows}
    check(len(found) == len(rows), f"{pathlib.Path(path).name}: no two rows with one key ({len(rows)} rows)")
    return found

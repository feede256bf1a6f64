"""Proves nothing alone: makes a rougher panel of the samples, for what data-samples/ do not have.

Several currencies and pay bases, missing hours, levels and variable pay, zero and negative pay, equal pay, dropped columns,
people who came and went, a company under new employee numbers and one that grew fourfold. What happens to whom depends on
a digest of the employee number, so that it is the same in each run.
"""

import csv
import datetime
import hashlib
from decimal import Decimal
from fractions import Fraction

from plain import SCALE
from samples import BEFORE, LAST_DAY, PERIOD, WEEKS

BASES = ("hour", "day", *WEEKS)
NEW_NUMBERS, GREW = "C005", "C008"
GENDERS = {"F": ("F", "female", "W", "Woman"), "M": ("m", "Male", "MAN", "men")}
ETHNICITIES = {"A": "Group A", "B": "b/2", "C": "C", "D": "D-d"}
# Column: the companies without it, by what their number leaves when it is divided; and who has it empty, by the digest.
DROPPED = {"variable_pay": (9, 0), "weekly_hours": (10, 1), "fte": (3, 0), "job_code": (13, 7), "job_family": (1, 0)}
EMPTY = {
    "variable_pay": 11,
    "weekly_hours": 17,
    "job_level": 19,
    "job_code": 23,
    "range_max": 31,
    "benefit_health_employer_cost": 47,
    "benefit_retirement_enrolled": 43,
    "benefit_retirement_eligible": 53,
    "full_pay": 59,
    "courses_enrolled": 71,
    "courses_completed": 73,
    "gender": 79,
}


def digest(*words):
    return int.from_bytes(hashlib.sha256("|".join(words).encode()).digest()[:6], "big")


def roughened(row, quarter):
    """A rougher record."""
    company, person = int(row["company_id"][1:]), digest(row["company_id"], row["employee_id"])
    row = row | {"currency": money(company, person, quarter)} | rough_pay(row, company, person)
    row |= {name: None for name, every in EMPTY.items() if name in row and person % every == 0}
    row["gender"] = GENDERS.get(row["gender"], (row["gender"],) * 4)[person % 4]
    if row.get("ethnicity"):
        row["ethnicity"] = ETHNICITIES[row["ethnicity"]]
    if row.get("range_min") is not None and row.get("range_max") is not None:
        row["range_min"] += {0: 2, 1: 1}.get(person % 37, 0) * (row["range_max"] - row["range_min"])
    if person % 29 == 0 and not row.get("termination_date"):
        row["hire_date"] = LAST_DAY + datetime.timedelta(days=62)
    if row.get("termination_date"):
        row |= {"termination_reason": None} if person % 3 == 0 else {}
        row |= {"termination_date": datetime.date(2026, 6, 15)} if person % 7 == 0 else {}
    dropped = [name for name, (every, rest) in DROPPED.items() if company % every == rest]
    dropped += ["benefit_health_enrolled"] if company % 5 == 0 else []
    dropped += ["job_level"] if company % 11 == 5 and quarter == BEFORE else []
    if row["company_id"] == NEW_NUMBERS and quarter == PERIOD:
        row["employee_id"] = "N" + row["employee_id"]
    return {name: value for name, value in row.items() if name not in dropped}


def money(company, person, quarter):
    """Some companies pay in dollars, some in two currencies; a few people change."""
    if company % 7 == 0:
        return "CHF" if person % 5 == 0 or (quarter == PERIOD and person % 50 == 1) else "EUR"
    return "USD" if company % 6 == 0 else "EUR"


def full_time_hours(pay_basis):
    return {"hour": 1, "day": 8}.get(pay_basis) or WEEKS[pay_basis] * 40


def rough_pay(row, company, person):
    """Pay by another pay basis, in some companies in coarse steps, so that many have the same; zero or less for a few."""
    if row.get("base_pay") is None:
        return {}
    pay_basis = BASES[company % len(BASES)]
    hours = full_time_hours(pay_basis)
    amounts = {name: row[name] for name in ("base_pay", "range_min", "range_max") if row.get(name) is not None}
    step = (2 * hours if company % 6 == 1 else Fraction(1, 100)) * SCALE
    amounts = {
        name: round(Fraction(told) / full_time_hours(row["pay_basis"]) * hours / step) * step
        for name, told in amounts.items()
    }
    amounts["base_pay"] = {0: 0, 1: -50 * SCALE}.get(person % 61, amounts["base_pay"])
    return {name: round(told) for name, told in amounts.items()} | {"pay_basis": pay_basis}


def visitors(records):
    """Two people of each company who came and went within the quarter."""
    seen = {}
    for row in records:
        seen[row["company_id"]] = seen.get(row["company_id"], 0) + 1
        if seen[row["company_id"]] in (3, 8):
            reason = "voluntary" if int(row["company_id"][1:]) % 2 else None
            stay = {"hire_date": datetime.date(2026, 7, 5), "termination_date": datetime.date(2026, 8, 20)}
            yield row | stay | {"employee_id": f"V{seen[row['company_id']]}", "termination_reason": reason}


def panel(records, earlier):
    """The rougher records of both quarters."""
    now = [roughened(row, PERIOD) for row in (*records, *visitors(records))]
    then = [
        roughened(row, BEFORE)
        for row in earlier
        if row["company_id"] != GREW or digest(row["company_id"], row["employee_id"]) % 4 == 0
    ]
    return now, then


def text(value):
    if isinstance(value, int):
        return format((Decimal(value) / SCALE).normalize(), "f")
    return "" if value is None else str(value)


def write(records, folder):
    """One plain upload for each company."""
    folder.mkdir(parents=True)
    by_company = {}
    for row in records:
        by_company.setdefault(row["company_id"], []).append(row)
    for company, rows in by_company.items():
        with open(folder / f"{company}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows({name: text(value) for name, value in row.items()} for row in rows)


def write_references(folder):
    """Living wages and pay ranges, some in dollars and by other pay bases."""
    (folder / "living-wage.csv").write_text("region,currency,hourly\nR1,EUR,14.55\nR2,USD,13.75\nR6,CHF,14\n")
    (folder / "pay-ranges.csv").write_text(
        "job_code,job_level,currency,pay_basis,minimum,maximum\n"
        "15-1252,1,EUR,month,3500,5200.50\n"
        "15-1252,,EUR,year,40000,80000\n"
        "43-6014,,EUR,quarter,7000,11000\n"
        "31-1131,2,USD,hour,12.30,18.45\n"
        "31-1131,,EUR,two_weeks,900,1500\n"
        "13-1111,3,EUR,half_month,2000,2900\n"
        "29-1141,,USD,day,110,210\n"
        "47-2031,4,EUR,week,1000,1000\n"
    )

"""Proves that the quarterly release and the companies' own figures can be recounted from the sample CSVs alone.

    python recount_samples.py WORKSPACE        (of a run of pipelines/quarterly.toml for 2026-Q3)

Reads all dialects of data-samples/ with the standard library only, chooses the cells, judges them and computes their
statistics by the documents, and compares with the published files row by row and figure by figure. Then a second
release under laxer rules, without rounding: there the roll-up shows six digits, and no error can hide in a step.
"""

import glob
import pathlib
import sys
import tempfile
from collections import defaultdict
from fractions import Fraction

import pyarrow.parquet as parquet

from plain import FIGURES, INCUMBENT, SCALE, SURVEY, check, compare, expected_row, families, payquorum, statistics
from samples import BEFORE, LAST_DAY, LAX, LAX_TOML, PERIOD, PROJECT, SAMPLES, WEEKS, companies, holding, read, upload

PLANS = ("health", "retirement", "life")
# measure: step that it is rounded to, currency
MEASURES = {
    "base_hourly": ("hourly", "EUR"),
    "total_cash_annual": ("annual", "EUR"),
    "health_participation": ("part", None),
    "benefits_employer_cost": ("annual", "EUR"),
    "paid_leave_days": ("other", None),
}


def cost(row, plan):
    """What a plan costs the employer for somebody; where that is empty, nothing for who is said not to be enrolled."""
    amount = row.get(f"benefit_{plan}_employer_cost")
    return 0 if amount is None and row.get(f"benefit_{plan}_enrolled") == "0" else amount


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
    costs = [cost(row, plan) for plan in PLANS]
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
        for measure, value in measured(row).items():
            cells[company["naics"][:digits], row["region"], measure][holding(company)].append(value)
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


def known(rows):
    """The rows of the measures above; recount_catalogue.py recounts every measure of the catalogue."""
    return {key[:6]: row for key, row in rows.items() if key[4] in MEASURES and key[6] == "sector_by_region"}


def check_release(workspace, name, expected):
    keys = ("sector", "sector_level", "region", "region_level", "measure", "currency", "table", "job")
    found = known(read(f"{workspace}/releases/{name}/{PERIOD}/v1/benchmarks.parquet", keys))
    figures, numbers, differences = compare(found, expected, ["status", "org_status", *FIGURES])
    cells = {key[:4] for key in expected}
    shown, alike = (sum(row[status] == "published" for row in expected.values()) for status in ("status", "org_status"))
    print(
        f"      {name}: {len(expected)} rows, {len(cells)} cells, {sum(cell[1] == 6 for cell in cells)} of them at six "
        f"digits; {shown} rows published incumbent-weighted, {alike} organization-weighted"
    )
    check(differences == 0, f"{name}: {figures} figures compared ({numbers} not null), {differences} differ")


def main(workspace):
    register, stored = companies(), 0
    for quarter in (BEFORE, PERIOD):
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
    keys = ("company_id", "job_code", "job_level", "measure", "currency")
    found = {key: row for key, row in read(f"{workspace}/companies/quarterly/{PERIOD}.parquet", keys).items() if key[3] in MEASURES}
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

"""Proves on real pay (California special districts, 2016) that exactly the safe cells are published, with the right figures.

    python recount_real.py FOLDER

FOLDER holds uploads/ and companies.csv as ../shared/real/prepare.py writes them; where it is empty it is filled by that
script, and where that script is not there the recount is skipped. Everything is recounted from the raw CSVs: sector by
county, and in copies of the pipeline sector alone and county alone.
"""

import csv
import pathlib
import subprocess
import sys
import tempfile
from collections import defaultdict

import pyarrow.parquet as parquet

from plain import (
    FIGURES,
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

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PIPELINE = PROJECT / "pipelines" / "ca-special-districts.toml"
PREPARE = PROJECT.parent / "shared" / "real" / "prepare.py"
BENEFITS = ("HealthDentalVision", "DefinedBenefitPlanContribution")
MEASURES = ("base_annual", "overtime_pay", "benefits_employer_cost")
# Of base_annual: cells; with 5 employers and 10 employees; of these within 25 %; safe to publish by employee.
KNOWN = {("sector", "region"): (657, 104, 11, 11), ("sector",): (31, 28, 10, 10), ("region",): (58, None, None, 12)}


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


def main(folder):
    if not (folder / "uploads").is_dir():
        if not PREPARE.exists():
            print(f"      skipped: no data in {folder}, and {PREPARE} is not there to make it")
            return
        subprocess.run([sys.executable, PREPARE, folder, "2016"], check=True)
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

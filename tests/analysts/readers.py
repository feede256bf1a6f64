"""Proves that DuckDB, Polars and pandas read every Parquet file of a workspace, and see the same rows and figures in it.

    python readers.py WORKSPACE        (of a run of pipelines/quarterly.toml for 2026-Q3)

Companies do not report the same columns, so the store must be read by column name: `union_by_name` in DuckDB, a diagonal
concat in Polars. That the release describes itself (description, unit and source of each column) and holds no figure of
what is suppressed is proved here as well.
"""

import datetime
import glob
import pathlib
import sys

import duckdb
import pandas
import polars
import pyarrow.parquet as parquet

from plain import INCUMBENT, ORGANIZATION, check


def plain(value):
    """A value without the reader's own types."""
    if value is None or value is pandas.NaT or value is pandas.NA or value != value:
        return None
    if isinstance(value, datetime.datetime):
        return value.date()
    value = value.item() if hasattr(value, "item") else value
    return bytes(value) if isinstance(value, (bytearray, memoryview)) else value


def by_duckdb(pattern):
    read = duckdb.sql(f"SELECT * FROM read_parquet('{pattern}', union_by_name = true, hive_types_autocast = false)")
    return read.columns, read.fetchall()


def by_polars(pattern):
    files = [
        polars.read_parquet(file, hive_partitioning=True, try_parse_hive_dates=False) for file in glob.glob(pattern)
    ]
    read = polars.concat(files, how="diagonal_relaxed")
    return read.columns, read.rows()


def by_pandas(pattern):
    # Arrow types keep an integer an integer where some files lack the column.
    files = [pandas.read_parquet(file, dtype_backend="pyarrow").assign(**of_path(file)) for file in glob.glob(pattern)]
    read = pandas.concat(files)
    return list(read.columns), read.astype(object).itertuples(index=False, name=None)


def of_path(file):
    """The columns that the folders name (company=C001/period=2026-Q3), which pandas does not read from single files."""
    return dict(part.split("=") for part in pathlib.Path(file).parts if "=" in part)


def table(columns, rows):
    """Column names, and the rows in an order that no reader decides."""
    names = sorted(columns)
    places = [list(columns).index(name) for name in names]
    return names, sorted(
        (tuple(plain(row[place]) for place in places) for row in rows), key=lambda row: list(map(str, row))
    )


def main(workspace):
    release = f"{workspace}/releases/quarterly/2026-Q3/v1/benchmarks.parquet"
    sources = {
        "benchmarks": release,
        "store": f"{workspace}/store/company=*/period=*/*.parquet",
        "companies": f"{workspace}/companies/quarterly/2026-Q3.parquet",
        "ledger": f"{workspace}/ledger/quarterly/2026-Q3/v1/decisions.parquet",
    }
    for name, pattern in sources.items():
        count = sum(parquet.read_metadata(file).num_rows for file in glob.glob(pattern))
        names, rows = table(*by_duckdb(pattern))
        check(len(rows) == count > 0, f"{name}: DuckDB reads the {count} rows that the files say they hold")
        for reader, read in (("Polars", by_polars), ("pandas", by_pandas)):
            try:
                other_names, other_rows = table(*read(pattern))
            except Exception as error:  # each reader has its own kinds, and any of them is a failure
                check(False, f"{name}: {reader} reads the files: {error}")
            check(other_names == names, f"{name}: {reader} sees the same {len(names)} columns")
            check(len(other_rows) == count, f"{name}: {reader} reads {count} rows")
            pairs = zip(rows, other_rows)
            differ = [(one, other) for a, b in pairs for one, other in zip(a, b) if one != other]
            for one, other in differ[:5]:
                print(f"      {one!r} in DuckDB, {other!r} in {reader}")
            check(not differ, f"{name}: {reader} agrees on all {count * len(names)} values")

    schema = parquet.read_schema(release)
    bare = [
        f"{field.name}.{key}"
        for field in schema
        for key in ("description", "unit", "source")
        if not (field.metadata or {}).get(key.encode(), b"").strip()
    ]
    check(
        not bare, f"benchmarks: all {len(schema)} columns carry description, unit and source {' '.join(bare)}".rstrip()
    )
    check(
        not {"min", "max", "minimum", "maximum"} & set(schema.names), "benchmarks: no column for a minimum or a maximum"
    )

    rows = parquet.read_table(release).to_pylist()
    for status, figures in (("status", INCUMBENT), ("org_status", ORGANIZATION)):
        hidden = [row for row in rows if row[status] != "published"]
        check(
            {row[status] for row in rows} == {"published", "suppressed"},
            f"benchmarks: {status} is published or suppressed",
        )
        check(
            all(row[name] is None for row in hidden for name in figures),
            f"benchmarks: {len(hidden)} rows with {status} suppressed have no figure",
        )
        check(
            all(row[figures[0]] is not None for row in rows if row not in hidden),
            f"benchmarks: all other rows have {figures[0]}",
        )
    hidden = [row for row in rows if row["status"] == row["org_status"] == "suppressed"]
    check(
        all(row["n_companies"] is None and row["n_employees"] is None for row in hidden),
        f"benchmarks: {len(hidden)} rows suppressed in both families have no counts",
    )


if __name__ == "__main__":
    main(sys.argv[1])

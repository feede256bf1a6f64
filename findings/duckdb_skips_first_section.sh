#!/usr/bin/env bash
# Package:   duckdb 2.0.1
# Behaviour: read_csv on a file of two stacked sections - 200 records with three
#            columns, then a new header and ONE record with four - returns that
#            one record, with no error or warning: the sniffer takes the 201
#            lines before the wider section for a preamble and skips them.
#            header=true does not help. store_rejects=true gives the 200 others and
#            loses that one. (Tried apart: 3,000 + 3 records raise an error instead.)
# Why it hurts pay data: HR exports stack a section per group (staff, then
#            executives with a bonus column). The benchmark is then made from the
#            smaller, better paid group alone, under correct column names.
# Source:    observed by running; sniff_csv() shows the skip (SkipRows = 201).
# Input:     CSV with consistent columns inside each section (invented data);
#            Python's csv module reads all 203 lines.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1
cd "$work"
"$work/venv/bin/python" - <<'PY'
import csv
import duckdb

lines = ["id,title,pay"] + [f"E{i},Clerk,{30000 + i}" for i in range(200)]
lines += ["id,title,pay,bonus", "X1,Director,140000,9000"]
with open("pay.csv", "w", newline="") as f:
    f.write("\n".join(lines) + "\n")

with open("pay.csv", newline="") as f:
    plain = len(list(csv.reader(f)))
result = duckdb.sql("FROM read_csv('pay.csv')")
names, rows = result.columns, result.fetchall()
header = duckdb.sql("FROM read_csv('pay.csv', header=true)").fetchall()
skip = duckdb.sql("SELECT SkipRows, HasHeader FROM sniff_csv('pay.csv')").fetchall()
mean = duckdb.sql("SELECT avg(pay) FROM read_csv('pay.csv')").fetchall()[0][0]
rejects = len(duckdb.sql("FROM read_csv('pay.csv', store_rejects=true)").fetchall())
print("lines by Python's csv:", plain, "(201 records and two headers)")
print("duckdb default:       ", names, rows)
print("duckdb header=true:   ", header)
print("sniffed skip, header: ", skip)
print("mean pay by duckdb:   ", mean, " true mean:", round((sum(30000 + i for i in range(200)) + 140000) / 201, 2))
print("rows, store_rejects:  ", rejects)
one = [("X1", "Director", 140000, 9000)]
assert plain == 203, plain
assert names == ["id", "title", "pay", "bonus"], names
assert rows == one and header == one, (rows, header)
assert skip == [(201, True)], skip
assert mean == 140000.0, mean
assert rejects == 200, rejects
print("unchanged")
PY

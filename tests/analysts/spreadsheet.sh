#!/usr/bin/env bash
# Opens the Excel copy of the samples' release in LibreOffice, and compares what it shows with the CSV copy: numbers must be numbers.
#
#     tests/analysts/spreadsheet.sh
#
# PAYQUORUM_BINARY  a built binary; otherwise `cargo build --release` makes one
# Where there is no LibreOffice it says so and ends with 0.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
office=$(command -v soffice || command -v libreoffice || true)
if [ -z "$office" ]; then
    echo "skipped: no LibreOffice here"
    exit 0
fi
if [ -z "${PAYQUORUM_BINARY:-}" ]; then
    (cd "$project" && cargo build --release --bin payquorum >&2)
    PAYQUORUM_BINARY=${CARGO_TARGET_DIR:-$project/target}/release/payquorum
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
release=$("$PAYQUORUM_BINARY" run "$project/pipelines/quarterly.toml" --workspace "$work/out" --period 2026-Q3 --also csv,xlsx --quiet)
cp "$release/benchmarks.xlsx" "$work/copy.xlsx"
# The first sheet as CSV, values as they are stored and not as they are shown (the last but one option).
"$office" "-env:UserInstallation=file://$work/profile" --headless --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false' \
    --outdir "$work" "$work/copy.xlsx" > /dev/null 2>&1
python3 - "$release/benchmarks.csv" "$work/copy.csv" <<'PYTHON'
import csv, sys
one, other = (list(csv.reader(open(path, newline="", encoding="utf-8-sig"))) for path in sys.argv[1:])
if len(one) != len(other) or one[0] != other[0]:
    sys.exit(f"the copies have {len(one)} and {len(other)} rows, or other columns")
numbers = 0
for line, (row, opened) in enumerate(zip(one, other), 1):
    for name, expected, found in zip(one[0], row, opened):
        if expected == found:
            continue
        try:
            same = abs(float(expected) - float(found)) <= 1e-9 * max(1.0, abs(float(expected)))
        except ValueError:
            same = False
        if not same:
            sys.exit(f"row {line}, {name}: {expected!r} in the CSV copy, {found!r} in LibreOffice")
    numbers += sum(bool(value) for value in opened[9:])
print(f"ok LibreOffice shows {len(one) - 1} rows as the CSV copy has them, {numbers} cells with numbers or statuses")
PYTHON

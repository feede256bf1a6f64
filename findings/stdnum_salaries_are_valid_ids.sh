#!/usr/bin/env bash
# Package:   python-stdnum 2.2
# Behaviour: some national-ID validators fill short input with zeros or drop
#            punctuation before checking, so 1 in 11 plain five-digit salaries
#            (for BSN also with cents, also ISO dates) is a valid Dutch BSN, 1 in 10
#            a valid Israeli ID. For US EIN and ITIN no check digit exists: every one
#            of 10,000 consecutive numbers in the right range is "valid".
# Why it hurts pay data: a privacy scan that flags cells by these validators
#            marks about a tenth of the pay column as identity numbers, and a
#            rule "mask what is valid" removes that tenth from the benchmark.
# Source:    stdnum/nl/bsn.py and stdnum/il/idnr.py, compact(): both zfill(9);
#            bsn also strips " -.", idnr strips only " -".
# Input:     counted numbers and calendar dates, nobody's.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2
cd "$work"
"$work/venv/bin/python" - <<'PY'
import datetime as dt
import importlib

salaries = [str(n) for n in range(30000, 40000)]
cents = ["%d.%02d" % (n, n * 7 % 100) for n in range(30000, 40000)]
dates = [(dt.date(2000, 1, 1) + dt.timedelta(n)).isoformat() for n in range(10000)]
nine = [str(100000000 + n) for n in range(10000)]
nine_itin = [str(900700000 + n) for n in range(10000)]
sets = [salaries, cents, dates, nine, nine_itin]
expected = {
    "nl.bsn": [909, 909, 907, 909, 909],
    "il.idnr": [1000, 0, 1000, 1000, 1000],
    "ca.sin": [0, 0, 0, 1000, 1000],
    "us.ein": [0, 0, 0, 10000, 10000],
    "us.itin": [0, 0, 0, 0, 10000],
}
print("valid of 10,000:  salaries 30000-39999 | with cents | ISO dates | 1000xxxxx | 90070xxxx")
for name, counts in expected.items():
    module = importlib.import_module("stdnum." + name)
    found = [sum(module.is_valid(x) for x in xs) for xs in sets]
    print(f"{name:9}", found)
    assert found == counts, (name, found, counts)
print("unchanged")
PY

#!/usr/bin/env bash
# Runs the code of each page of this folder as it stands there, against a release of pipelines/quarterly.toml.
#
#     docs/analysts/check.sh out/releases/quarterly/2026-Q3/v1
#
# In: a release folder. Out: what each block printed, and a closing line. A page fails where its code fails, where a query has no rows,
# or where a block prints nothing. Pages whose tools are not here are skipped, and named.
#
# PAYQUORUM_VENV  a Python environment with duckdb, polars, pandas and pyarrow; otherwise python3 is used as it is
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -eq 1 ] || { echo "say which release: docs/analysts/check.sh out/releases/quarterly/2026-Q3/v1" >&2; exit 2; }
[ -f "$1/benchmarks.parquet" ] || { echo "$1: is no release, it has no benchmarks.parquet" >&2; exit 2; }
python=python3
[ -z "${PAYQUORUM_VENV:-}" ] || python="$PAYQUORUM_VENV/bin/python"
command -v "$python" >/dev/null || { echo "there is no $python, which takes the code out of the pages" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1

cat >"$work/blocks.py" <<'PYTHON'
"""Page, language and folder in; the code of the page's blocks out, as one program that prints a line END after each block."""
import re
import sys

page, language, folder = sys.argv[1:]
blocks = re.findall(rf"^```{language}\n(.*?)^```$", open(page).read(), re.DOTALL | re.MULTILINE)
if not blocks:
    sys.exit(f"{page}: has no block of {language}")
end = {"r": 'cat("END\\n")\n', "python": 'print("END")\n'}
if language == "sql":
    program = f"""import duckdb

connection = duckdb.connect()
for block in {blocks!r}:
    for statement in filter(None, map(str.strip, block.split(";\\n"))):
        answer = connection.sql(statement)
        if statement.startswith(("SELECT", "PIVOT")):
            assert answer.fetchall(), "no rows: " + statement
            answer.show(max_rows=100, max_width=140)
    print("END")
"""
else:
    program = "".join(block + end[language] for block in blocks)
open(f"{folder}/program", "w").write(program)
print(len(blocks))
PYTHON

passed=0 failed=0 skipped=0

# page <name> <language> <what it needs> <a command that succeeds where that is here> -- <what runs a program>
page() {
    local name=$1 language=$2 needs=$3 present=$4
    shift 5
    if ! eval "$present" >/dev/null 2>&1; then
        echo "skipped $name: it needs $needs"
        skipped=$((skipped + 1))
        return
    fi
    local folder="$work/$name" blocks printed empty
    mkdir -p "$folder/out/releases/quarterly/2026-Q3"
    cp -R "$release" "$folder/out/releases/quarterly/2026-Q3/v1"
    echo "$name"
    if ! blocks=$("$python" "$work/blocks.py" "$here/$name" "$language" "$folder") ||
        ! (cd "$folder" && "$@" program) >"$folder/printed" 2>"$folder/errors"; then
        cat "$folder/printed" "$folder/errors" >&2
        echo "failed $name: its code fails"
        failed=$((failed + 1))
        return
    fi
    grep -v '^END$' "$folder/printed"
    printed=$(grep -c '^END$' "$folder/printed")
    empty=$(awk '/^END$/ { if (!lines) print NR; lines = 0; next } NF { lines++ }' "$folder/printed")
    if [ "$printed" -ne "$blocks" ] || [ -n "$empty" ]; then
        echo "failed $name: a block prints nothing"
        failed=$((failed + 1))
    else
        echo "ok $name: $blocks blocks"
        passed=$((passed + 1))
    fi
}

release=$(cd "$1" && pwd)
page duckdb.md sql "Python's duckdb" '"$python" -c "import duckdb"' -- "$python"
page polars.md python "Python's polars" '"$python" -c "import polars"' -- "$python"
page pandas.md python "Python's pandas and pyarrow" '"$python" -c "import pandas, pyarrow"' -- "$python"
page r.md r "Rscript with arrow and dplyr" 'Rscript -e "library(arrow); library(dplyr)"' -- Rscript
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

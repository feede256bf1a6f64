#!/usr/bin/env bash
# Proves that analysts' tools read what payquorum writes, and that its figures can be recounted without it.
#
#     tests/analysts/check.sh
#
# PAYQUORUM_BINARY  a built binary; otherwise `cargo build --release` makes one
# PAYQUORUM_VENV    where the Python environment is kept, outside the repository
# PAYQUORUM_REAL    where the real data are kept, or put if they can be made (recount_real.py says how)
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
venv=${PAYQUORUM_VENV:-$HOME/.cache/payquorum/venv}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

stop() { echo "$1" >&2; exit 1; }

python="$venv/bin/python"
wanted="$venv/payquorum-requirements.txt"
if ! cmp -s "$here/requirements.txt" "$wanted"; then
    python3 -m venv "$venv" &&
        "$python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" &&
        cp "$here/requirements.txt" "$wanted" || stop "the Python environment $venv could not be made"
fi
export PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1

if [ -z "${PAYQUORUM_BINARY:-}" ]; then
    # Cargo tells where the binary is, whatever CARGO_TARGET_DIR or a configuration says.
    PAYQUORUM_BINARY=$(cd "$project" && cargo build --release --bin payquorum --message-format json-render-diagnostics |
        "$python" -c 'import json, sys
found = [message.get("executable") for message in map(json.loads, sys.stdin)]
print(*[path for path in found if path][-1:])') && [ -n "$PAYQUORUM_BINARY" ] || stop "the build failed"
fi
[ -x "$PAYQUORUM_BINARY" ] || stop "there is no program at PAYQUORUM_BINARY=$PAYQUORUM_BINARY"
export PAYQUORUM_BINARY

"$PAYQUORUM_BINARY" run "$project/pipelines/quarterly.toml" --workspace "$work/samples" --period 2026-Q3 \
    >"$work/run" 2>&1 || { cat "$work/run" >&2; stop "the sample release was not made"; }

passed=0
prove() {
    echo "$1"
    "$python" "$here/$1" "$2" 2>&1 | tee "$work/report"
    local code=${PIPESTATUS[0]}
    passed=$((passed + $(grep -c '^ok ' "$work/report")))
    if [ "$code" -ne 0 ]; then
        echo "$passed passed, 1 failed"
        exit 1
    fi
}
prove readers.py "$work/samples"
prove recount_samples.py "$work/samples"
prove scorecards.py "$work/samples"
prove recount_catalogue.py "$work/catalogue"
prove recount_real.py "${PAYQUORUM_REAL:-$work/real}"
echo "$passed passed, 0 failed"

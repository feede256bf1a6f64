#!/usr/bin/env bash
# The standard job here and in a peer, in turn, as one table.
#
#     benches/compare.sh PEERS DATA [RUNS]
#
# PEERS   a folder with compare.py, which runs this program and a peer in turn and compares their figures
# DATA    uploads/*.csv and companies.csv, as its generator writes them
# RUNS    pairs of runs, 5 if not said
#
# PAYQUORUM_BINARY  a built binary; otherwise `cargo build --release` makes one
# PAYQUORUM_PYTHON  a Python that has what compare.py imports; otherwise python3
# Machines are noisy: quote the median ratio of the pairs, not seconds. What else to mind: docs/performance.md.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -ge 2 ] || { sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
peers=$1 data=$2 runs=${3:-5}
if [ -z "${PAYQUORUM_BINARY:-}" ]; then
    (cd "$project" && cargo build --release --bin payquorum >&2)
    PAYQUORUM_BINARY=${CARGO_TARGET_DIR:-$project/target}/release/payquorum
fi
python=${PAYQUORUM_PYTHON:-python3}
"$python" "$peers/compare.py" "$PAYQUORUM_BINARY" "$project/pipelines/standard-job.toml" "$data" "$runs" | awk '
    /^payquorum/ { rows[++n] = "| " n " | " $2 " s | " $5 " s | " $8 " |" }
    /^median/    { rows[++n] = "| median | | | " substr($3, 1, length($3) - 1) " |"; peak = $6 " " $7 }
    /^cells/     { cells = $0 }
    END {
        print "| pair | payquorum | peer | ratio |"
        print "| --- | --- | --- | --- |"
        for (row = 1; row <= n; row++) print rows[row]
        print ""
        print "Largest process of the two: " peak ". " toupper(substr(cells, 1, 1)) substr(cells, 2) "."
    }'

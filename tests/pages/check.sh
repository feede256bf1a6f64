#!/usr/bin/env bash
# Opens pages in a headless browser, as people would, and with an accessibility checker.
#
#     tests/pages/check.sh PAGE.html [PAGE.html ...]
#
# Without pages: makes those of the samples (a report, and two scorecards) with the program first.
# PAYQUORUM_BINARY   a built binary; otherwise `cargo build --release` makes one
# PAYQUORUM_BROWSER  Chromium or Chrome; otherwise the first one on the PATH
# PAYQUORUM_PICTURES a folder for the pictures; otherwise a temporary one, which is told at the end
# Needs Node and, for axe-core and puppeteer-core, npm. Where either or the browser is missing it says so and ends with 0.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
browser=${PAYQUORUM_BROWSER:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
for needed in node npm "$browser"; do
    if [ -z "$needed" ] || ! command -v "$needed" > /dev/null; then
        echo "skipped: no ${needed:-browser} here"
        exit 0
    fi
done
work=$(mktemp -d)
pictures=${PAYQUORUM_PICTURES:-$work/pictures}
mkdir -p "$pictures"
if [ $# -eq 0 ]; then
    project=$(cd "$here/../.." && pwd)
    if [ -z "${PAYQUORUM_BINARY:-}" ]; then
        (cd "$project" && cargo build --release --bin payquorum >&2)
        PAYQUORUM_BINARY=${CARGO_TARGET_DIR:-$project/target}/release/payquorum
    fi
    for period in 2026-Q2 2026-Q3; do
        release=$("$PAYQUORUM_BINARY" run "$project/pipelines/quarterly.toml" --workspace "$work/out" --period $period --quiet)
    done
    "$PAYQUORUM_BINARY" scorecard "$project/pipelines/quarterly.toml" --workspace "$work/out" --period 2026-Q3 --quiet > /dev/null
    cards=$work/out/scorecards/quarterly/2026-Q3
    set -- "$release/report.html" "$cards/C002.html" "$cards/C001.html"
fi
cp "$here/check.mjs" "$here/package.json" "$work/"
(cd "$work" && npm install --silent --no-audit --no-fund > /dev/null)
pages=()
for page in "$@"; do pages+=("$(cd "$(dirname "$page")" && pwd)/$(basename "$page")"); done
node "$work/check.mjs" "$browser" "$pictures" "${pages[@]}"
echo "pictures: $pictures"

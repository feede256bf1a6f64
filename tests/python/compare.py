"""Compares what intake reads from dirty CSV files with what Python's csv module reads.

In: how many files, and the program that prints records (cargo run --example records). Out: counts, and each difference.
Same means: the same records and fields, blank rows passed over and headers without spaces around them; or a refusal that
names a line. Exit code 1 where anything differs.

    cargo build --release --example records
    python3 tests/python/compare.py TARGET/release/examples/records 100000
"""

import collections
import csv
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
PIECES = ['"', '""', "\n", "\r", "\r\n", " ", "'", "x", "7", "é", "€", "\u2028", "\ufeff", '5" pipe', "a\nb", "\\", "=1+1", ""]


def field(dice, delimiter):
    kind = dice.random()
    if kind < 0.5:
        return dice.choice(["E%d" % dice.randrange(1000), "Welder", "50100", "2026-09", "", " "])
    text = "".join(dice.choice(PIECES + [delimiter]) for _ in range(dice.randrange(1, 6)))
    if kind < 0.75:
        return '"' + text.replace('"', '""') + '"'
    if kind < 0.9:
        return text.replace("\n", " ").replace("\r", " ").replace(delimiter, " ")
    return text


def dirty(dice, delimiter):
    end = dice.choice(["\n", "\r\n", "\r"])
    width = dice.randrange(2, 7)
    rows = [delimiter.join("h%d" % place for place in range(width))]
    for _ in range(dice.randrange(1, 12)):
        if dice.random() < 0.05:
            rows.append("")
            continue
        count = width if dice.random() < 0.95 else dice.randrange(1, width + 2)
        rows.append(delimiter.join(field(dice, delimiter) for _ in range(count)))
    return end.join(rows) + (end if dice.random() < 0.8 else "")


def by_python(text, delimiter):
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(field.strip(" \t\r\n\f") for field in row)]
    return [header.strip() for header in rows[0]], rows[1:]


def main(program, count, seed=17):
    dice = random.Random(seed)
    seen, differences = collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number in range(count):
            name = dice.choice(list(DELIMITERS))
            path = pathlib.Path(folder, f"{number}.{name}.csv")
            text = dirty(dice, DELIMITERS[name])
            path.write_bytes(text.encode())
            files.append((path, text, DELIMITERS[name]))
        told = subprocess.run([program], input="\n".join(str(path) for path, _, _ in files), capture_output=True, text=True, check=True)
        for (path, text, delimiter), line in zip(files, told.stdout.split("\n")):
            ours = json.loads(line)
            if "refused" in ours:
                kind = ours["refused"].split(": ", 1)[-1][:60]
                assert "line " in ours["refused"], ours
                seen["refused: " + kind] += 1
                continue
            header, rows = by_python(text, delimiter)
            ours_rows = [row for row in ours["rows"]]
            if (ours["header"], ours_rows) == (header, rows):
                seen["the same"] += 1
            else:
                seen["different"] += 1
                differences.append((path.name, text, ours, header, rows))
    for kind, number in seen.most_common():
        print(f"{number:8} {kind}")
    for name, text, ours, header, rows in differences[:5]:
        print(name, repr(text), "ours:", ours, "python:", header, rows, sep="\n  ")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000))

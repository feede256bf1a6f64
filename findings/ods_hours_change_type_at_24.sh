#!/usr/bin/env bash
# Packages:  python-calamine 0.9.1, odfpy 1.4.1, openpyxl 3.1.5, pandas 3.1.1
# Behaviour: in one .ods column of hours, python-calamine returns a
#            datetime.time below 24 hours and the raw text 'PT37H30M00S' from 24
#            hours up. The same hours in .xlsx ([h]:mm) are all timedelta. The
#            pandas "odf" engine refuses the sheet at the first cell of 24 h or
#            more, with a date error.
# Why it hurts pay data: weekly hours scale part-time pay to full time. 20:00 is
#            a time and 37:30 a text, so code trying the column's first cells
#            passes, and the full-time people, the long weeks, are what is lost.
# Source:    observed by running (src/types/cell.rs of python-calamine 0.9.1
#            converts each cell on its own; there is no column type).
# Input:     valid sheets by odfpy and openpyxl (invented data).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 odfpy==1.4.1 openpyxl==3.1.5 pandas==3.1.1
cd "$work"
"$work/venv/bin/python" - <<'PY'
import datetime as dt
import openpyxl
import pandas as pd
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from python_calamine import CalamineWorkbook

hours = [(20, 0), (23, 59), (24, 0), (37, 30)]


def write_ods(path, pairs):
    doc = OpenDocumentSpreadsheet()
    table = Table(name="hours")
    for h, m in pairs:
        row = TableRow()
        cell = TableCell(valuetype="time", timevalue=f"PT{h:02d}H{m:02d}M00S")
        cell.addElement(P(text=f"{h}:{m:02d}"))
        row.addElement(cell)
        table.addElement(row)
    doc.spreadsheet.addElement(table)
    doc.save(path)


def calamine(path):
    return [r[0] for r in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()]


def pandas_odf(path):
    try:
        return pd.read_excel(path, engine="odf", header=None)[0].tolist()
    except ValueError as exc:
        return f"{type(exc).__name__}: {exc}"


write_ods("hours.ods", hours)
write_ods("short.ods", hours[:2])
book = openpyxl.Workbook()
for h, m in hours:
    book.active.append([dt.timedelta(hours=h, minutes=m)])
    book.active.cell(book.active.max_row, 1).number_format = "[h]:mm"
book.save("hours.xlsx")

ods, xlsx = calamine("hours.ods"), calamine("hours.xlsx")
short, refused = pandas_odf("short.ods"), pandas_odf("hours.ods")
print("hours written:        20:00, 23:59, 24:00, 37:30")
print("calamine .ods: ", ods)
print("calamine .xlsx:", xlsx)
print("pandas odf engine, below 24 h:", short)
print("pandas odf engine, all four:  ", refused)
assert ods == [dt.time(20, 0), dt.time(23, 59), "PT24H00M00S", "PT37H30M00S"], ods
assert xlsx == [dt.timedelta(hours=h, minutes=m) for h, m in hours], xlsx
assert short == [dt.time(20, 0), dt.time(23, 59)], short
assert isinstance(refused, str) and "hour must be in 0..23" in refused, refused
print("unchanged")
PY

#!/usr/bin/env bash
# Packages:  python-calamine 0.9.1, odfpy 1.4.1, pandas 3.1.1
# Behaviour: a line break inside an .ods cell (the text:line-break element) is
#            dropped by python-calamine with nothing put in its place, so the
#            two lines become one word. The pandas "odf" engine gives a newline.
#            Two paragraphs in a cell do get a newline, so it is not consistent.
# Why it hurts pay data: a cell with grade above step, "Grade 1" / "2", reads as
#            "Grade 12": a real, much higher grade. Headers "Base pay" / "EUR"
#            read as "Base payEUR" and match no known column.
# Source:    observed by running; odfpy's own helper
#            odf.teletype.addTextToElement writes the element for a "\n".
# Input:     a valid sheet by odfpy (invented data).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 odfpy==1.4.1 pandas==3.1.1
cd "$work"
"$work/venv/bin/python" - <<'PY'
import zipfile
import pandas as pd
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.teletype import addTextToElement
from odf.text import P
from python_calamine import CalamineWorkbook

doc = OpenDocumentSpreadsheet()
table = Table(name="grades")
for paragraphs in (["Base pay\nEUR"], ["Grade 1\n2"], ["Grade 1", "2"]):
    row, cell = TableRow(), TableCell(valuetype="string")
    for text in paragraphs:
        p = P()
        addTextToElement(p, text)
        cell.addElement(p)
    row.addElement(cell)
    table.addElement(row)
doc.spreadsheet.addElement(table)
doc.save("grades.ods")
breaks = zipfile.ZipFile("grades.ods").read("content.xml").decode().count("<text:line-break")

fast = [r[0] for r in CalamineWorkbook.from_path("grades.ods").get_sheet_by_index(0).to_python()]
odf = pd.read_excel("grades.ods", engine="odf", header=None)[0].tolist()
print("cells written: header with break, grade with break, grade as two paragraphs")
print("line-break elements in the file:", breaks)
print("calamine:  ", fast)
print("pandas odf:", odf)
assert breaks == 2, breaks
assert fast == ["Base payEUR", "Grade 12", "Grade 1\n2"], fast
assert odf == ["Base pay\nEUR", "Grade 1\n2", "Grade 1\n2"], odf
print("unchanged")
PY

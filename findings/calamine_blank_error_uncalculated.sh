#!/usr/bin/env bash
# Packages:  python-calamine 0.9.1 (compared with openpyxl 3.1.5, pandas 3.1.1)
# Behaviour: three different cells - blank, a formula never calculated (no
#            cached value), an error value (#N/A) - all come back as the same
#            empty string '' from to_python(), in .xlsx; the .ods error cell too.
#            openpyxl keeps '#N/A' with data_only=True, and shows the formula
#            text without it; python-calamine's sheet object has no formula call.
# Why it hurts pay data: a total written by a payroll script but never opened in
#            a spreadsheet, or a failed look-up, reads as "not reported". The
#            person drops out of the benchmark and nothing counts the loss.
# Source:    python-calamine 0.9.1, src/types/cell.rs: the Empty arm gives "".
# Input:     a valid workbook by openpyxl; an .ods of zip + XML (invented data).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5 pandas==3.1.1
cd "$work"
"$work/venv/bin/python" - <<'PY'
import zipfile
import openpyxl
import pandas as pd
from python_calamine import CalamineWorkbook

book = openpyxl.Workbook()
sheet = book.active
sheet.append(["person", "total"])
sheet.append(["P1", 41000])
sheet.append(["P2", None])            # truly blank
sheet.append(["P3", "=40000+1500"])   # openpyxl stores no cached result
sheet.append(["P4", "#N/A"])
sheet["B5"].data_type = "e"           # a real error cell
book.save("pay.xlsx")


def calamine(path):
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return [row[1] for row in rows[1:]]


seen = calamine("pay.xlsx")
values = [r[1].value for r in openpyxl.load_workbook("pay.xlsx", data_only=True).active.iter_rows(min_row=2)]
formulas = [r[1].value for r in openpyxl.load_workbook("pay.xlsx").active.iter_rows(min_row=2)]
frame = pd.read_excel("pay.xlsx", engine="calamine", keep_default_na=False)["total"].tolist()
calls = [n for n in dir(CalamineWorkbook.from_path("pay.xlsx").get_sheet_by_index(0)) if "formula" in n]

# An .ods error cell as spreadsheet programs save it: empty string value, error text shown.
ns = "urn:oasis:names:tc:opendocument:xmlns:"
row = '<table:table-row><table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>%s</table:table-row>'
error = ('<table:table-cell table:formula="of:=1/0" office:value-type="string" '
         'office:string-value=""><text:p>#DIV/0!</text:p></table:table-cell>')
number = '<table:table-cell office:value-type="float" office:value="41000"><text:p>41000</text:p></table:table-cell>'
head = '<table:table-cell office:value-type="string"><text:p>total</text:p></table:table-cell>'
with zipfile.ZipFile("pay.ods", "w") as z:
    z.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    z.writestr("META-INF/manifest.xml",
               f'<manifest:manifest xmlns:manifest="{ns}manifest:1.0" manifest:version="1.2">'
               '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
               '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>')
    z.writestr("content.xml",
               f'<office:document-content xmlns:office="{ns}office:1.0" xmlns:table="{ns}table:1.0" '
               f'xmlns:text="{ns}text:1.0" xmlns:of="{ns}of:1.2" office:version="1.2"><office:body><office:spreadsheet>'
               '<table:table table:name="pay">' + row % ("person", head) + row % ("P1", number) + row % ("P2", error)
               + '</table:table></office:spreadsheet></office:body></office:document-content>')
ods = calamine("pay.ods")

print("cells written:               number, blank, uncalculated formula, #N/A")
print("calamine .xlsx:             ", seen)
print("pandas engine=calamine:     ", frame)
print("openpyxl data_only=True:    ", values)
print("openpyxl data_only=False:   ", formulas)
print("calamine .ods number, #DIV/0!:", ods)
assert seen == [41000.0, "", "", ""], seen
assert frame == [41000, "", "", ""], frame
assert values == [41000, None, None, "#N/A"], values
assert formulas == [41000, None, "=40000+1500", "#N/A"], formulas
assert ods == [41000.0, ""], ods
assert not calls, calls
print("unchanged")
PY

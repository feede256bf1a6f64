//! `benchmarks.xlsx`: the rows as an Excel workbook, with the meaning of its columns.
//!
//! In: the rows of a release, its columns, and what there is to say of it. Out: the bytes of an Office Open XML workbook (ECMA-376)
//! with the sheets `benchmarks`, `columns` and `about`. Invariant: a number is a number, a text is a text and never a formula, null
//! is an empty cell; no time and no name of a machine or person is in it, so that the same rows give the same bytes.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use arrow::array::RecordBatch;
use hashbrown::HashMap;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::benchmarks::Column;
use super::copies::{Cell, Values};
use super::publish::ReleaseError;

/// The sheets, in order.
pub(super) const SHEETS: [&str; 3] = ["benchmarks", "columns", "about"];

/// Rows of a sheet, and characters of a cell, that Excel can hold.
const MOST_ROWS: usize = 1 << 20;
const MOST_CHARACTERS: usize = 32_767;

/// Places in the list of cell formats of [`STYLES`]. A `LITERAL` stays a text also where somebody edits it.
const PLAIN: usize = 0;
const HEADER: usize = 1;
const LITERAL: usize = 2;
const WRAPPED: usize = 3;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const STYLES: &str = r#"<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>"#;

/// The copy.
pub(super) fn write(
    batch: &RecordBatch,
    columns: &[Column],
    about: &[(&'static str, String)],
) -> Result<Vec<u8>, ReleaseError> {
    let rows = batch.num_rows();
    if rows >= MOST_ROWS {
        return Err(ReleaseError::Workbook(format!(
            "a sheet of Excel holds {} rows below its header, and the release has {rows}; take `xlsx` out of what is also \
             written, or publish fewer tables or levels in one pipeline",
            MOST_ROWS - 1
        )));
    }
    let mut book = Book { zip: ZipWriter::new(Cursor::new(Vec::new())), texts: Texts::default() };
    let schema = batch.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let values = Values::of(batch);
    let cells = (0..rows).map(|row| values.iter().map(|column| column.cell(row)).collect());
    let widths: Vec<usize> = names.iter().zip(&values).map(|(name, column)| width(name, column, rows)).collect();
    book.sheet(1, &Layout { header: &names, widths: &widths, rows, style: PLAIN }, cells)?;

    let meanings = columns.iter().map(|column| {
        let (name, null) = (column.name.as_str(), column.null.unwrap_or("never empty"));
        let cells = [name, column.kind_in_words(), column.unit, &column.meaning, null, column.source];
        cells.map(|text| Cell::Text(Cow::Borrowed(text))).to_vec()
    });
    let header = ["column", "type", "unit", "meaning", "an empty cell means", "source"];
    let layout = Layout { header: &header, widths: &[30, 14, 12, 70, 50, 32], rows: columns.len(), style: WRAPPED };
    book.sheet(2, &layout, meanings)?;

    let lines = about
        .iter()
        .map(|(topic, text)| vec![Cell::Text(Cow::Borrowed(*topic)), Cell::Text(Cow::Borrowed(text.as_str()))]);
    let layout =
        Layout { header: &["topic", "what there is to say"], widths: &[24, 120], rows: about.len(), style: WRAPPED };
    book.sheet(3, &layout, lines)?;
    book.finish(names.len(), rows)
}

/// About as many characters as the longest text of a column has.
fn width(name: &str, column: &Values<'_>, rows: usize) -> usize {
    let longest = (0..rows).map(|row| match column.cell(row) {
        Cell::Text(text) => text.chars().count(),
        _ => 0,
    });
    // The button of the filter takes the room of three characters.
    longest.max().unwrap_or(0).max(name.chars().count() + 3).clamp(8, 50)
}

/// How a sheet looks.
struct Layout<'l> {
    header: &'l [&'l str],
    widths: &'l [usize],
    /// Rows below the header.
    rows: usize,
    style: usize,
}

impl Layout<'_> {
    /// All of its cells, as in `A1:F20`.
    fn range(&self) -> String {
        format!("A1:{}{}", letters(self.header.len() - 1), self.rows + 1)
    }
}

/// A workbook in work.
struct Book {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    texts: Texts,
}

/// The texts of a workbook, each once.
#[derive(Default)]
struct Texts {
    places: HashMap<String, usize>,
    in_order: Vec<String>,
    uses: usize,
}

impl Texts {
    fn place(&mut self, text: &str) -> Result<usize, ReleaseError> {
        self.uses += 1;
        if let Some(&place) = self.places.get(text) {
            return Ok(place);
        }
        if text.encode_utf16().count() > MOST_CHARACTERS {
            let what = format!(
                "a cell of Excel holds {MOST_CHARACTERS} characters, and a text of the release has more; take `xlsx` out of what \
                 is also written, or shorten codes"
            );
            return Err(ReleaseError::Workbook(what));
        }
        let place = self.in_order.len();
        self.places.insert(text.to_owned(), place);
        self.in_order.push(escaped(text));
        Ok(place)
    }
}

impl Book {
    /// Begins a file in the workbook.
    fn part(&mut self, name: &str) -> Result<(), ReleaseError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        self.zip.start_file(name, options)?;
        self.put(DECLARATION)
    }

    fn put(&mut self, text: &str) -> Result<(), ReleaseError> {
        self.zip.write_all(text.as_bytes()).map_err(|error| ReleaseError::Workbook(error.to_string()))
    }

    fn sheet<'c>(
        &mut self,
        number: usize,
        layout: &Layout<'_>,
        rows: impl Iterator<Item = Vec<Cell<'c>>>,
    ) -> Result<(), ReleaseError> {
        self.part(&format!("xl/worksheets/sheet{number}.xml"))?;
        let chosen = if number == 1 { " tabSelected=\"1\"" } else { "" };
        let mut text = format!(
            "<worksheet {MAIN}><dimension ref=\"{}\"/><sheetViews><sheetView{chosen} workbookViewId=\"0\"><pane ySplit=\"1\" \
             topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><sheetFormatPr \
             defaultRowHeight=\"15\"/><cols>",
            layout.range()
        );
        for (place, width) in (1..).zip(layout.widths) {
            // Writing to a string cannot fail.
            let _ = write!(text, "<col min=\"{place}\" max=\"{place}\" width=\"{width}\" customWidth=\"1\"/>");
        }
        text.push_str("</cols><sheetData>");
        let header = layout.header.iter().map(|name| Cell::Text(Cow::Borrowed(*name))).collect();
        self.row(&mut text, 1, header, HEADER)?;
        for (number, cells) in (2..).zip(rows) {
            self.row(&mut text, number, cells, layout.style)?;
            if text.len() > 1 << 16 {
                self.put(&text)?;
                text.clear();
            }
        }
        text.push_str("</sheetData>");
        if number == 1 {
            let _ = write!(
                text,
                "<autoFilter ref=\"{0}\"/><ignoredErrors><ignoredError sqref=\"{0}\" numberStoredAsText=\"1\"/></ignoredErrors>",
                layout.range()
            );
        }
        text.push_str("</worksheet>");
        self.put(&text)
    }

    fn row(&mut self, out: &mut String, row: usize, cells: Vec<Cell<'_>>, style: usize) -> Result<(), ReleaseError> {
        // Writing to a string cannot fail.
        let _ = write!(out, "<row r=\"{row}\">");
        for (place, cell) in cells.into_iter().enumerate() {
            let column = letters(place);
            match cell {
                Cell::Nothing => {}
                Cell::Number(number) => drop(write!(out, "<c r=\"{column}{row}\"><v>{number}</v></c>")),
                Cell::Text(text) | Cell::Untyped(text) => {
                    let style = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { LITERAL } else { style };
                    let text = self.texts.place(&text)?;
                    let _ = write!(out, "<c r=\"{column}{row}\" s=\"{style}\" t=\"s\"><v>{text}</v></c>");
                }
            }
        }
        out.push_str("</row>");
        Ok(())
    }

    /// What is not a sheet: texts, formats, and which file is what.
    fn finish(mut self, columns: usize, rows: usize) -> Result<Vec<u8>, ReleaseError> {
        self.part("xl/sharedStrings.xml")?;
        let Texts { in_order, uses, .. } = std::mem::take(&mut self.texts);
        let mut text = format!("<sst {MAIN} count=\"{uses}\" uniqueCount=\"{}\">", in_order.len());
        for shared in in_order {
            let _ = write!(text, "<si><t xml:space=\"preserve\">{shared}</t></si>");
        }
        self.put(&(text + "</sst>"))?;
        self.part("xl/styles.xml")?;
        self.put(&format!("<styleSheet {MAIN}>{STYLES}</styleSheet>"))?;
        self.part("xl/workbook.xml")?;
        let mut text = format!("<workbook {MAIN} xmlns:r=\"{OFFICE}\"><bookViews><workbookView/></bookViews><sheets>");
        for (number, name) in (1..).zip(SHEETS) {
            let _ = write!(text, "<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>");
        }
        let _ = write!(
            text,
            "</sheets><definedNames><definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"0\" \
             hidden=\"1\">{}!$A$1:${}${}</definedName></definedNames></workbook>",
            SHEETS[0],
            letters(columns - 1),
            rows + 1
        );
        self.put(&text)?;
        let sheets = (1..=SHEETS.len()).map(|number| ("worksheet", format!("worksheets/sheet{number}.xml")));
        let others = [("styles", "styles.xml".to_owned()), ("sharedStrings", "sharedStrings.xml".to_owned())];
        let parts: Vec<(&str, String)> = sheets.chain(others).collect();
        self.relations("xl/_rels/workbook.xml.rels", &parts)?;
        self.relations("_rels/.rels", &[("officeDocument", "xl/workbook.xml".to_owned())])?;
        self.part("[Content_Types].xml")?;
        let mut text = format!(
            "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
             ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
             ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"{KIND}.sheet.main+xml\"/>"
        );
        for (kind, part) in &parts {
            let _ = write!(text, "<Override PartName=\"/xl/{part}\" ContentType=\"{KIND}.{kind}+xml\"/>");
        }
        self.put(&(text + "</Types>"))?;
        Ok(self.zip.finish()?.into_inner())
    }

    fn relations(&mut self, name: &str, parts: &[(&str, String)]) -> Result<(), ReleaseError> {
        self.part(name)?;
        let mut text = format!("<Relationships xmlns=\"{PACKAGE}/relationships\">");
        for (number, (kind, target)) in (1..).zip(parts) {
            let _ = write!(text, "<Relationship Id=\"rId{number}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>");
        }
        self.put(&(text + "</Relationships>"))
    }
}

/// The letters of a column, from 0: A to Z, AA and so on.
fn letters(place: usize) -> String {
    let last = char::from(b'A' + u8::try_from(place % 26).unwrap_or(0));
    match place / 26 {
        0 => last.to_string(),
        before => format!("{}{last}", letters(before - 1)),
    }
}

/// A text as XML. Characters that XML cannot hold are written `_x001F_`, as Excel does, and so is an underscore before what looks
/// like that.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (place, character) in text.char_indices() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '_' if is_code(&text[place..]) => out.push_str("_x005F_"),
            '\t' | '\n' => out.push(character),
            // Writing to a string cannot fail.
            '\0'..' ' | '\u{FFFE}' | '\u{FFFF}' => drop(write!(out, "_x{:04X}_", u32::from(character))),
            _ => out.push(character),
        }
    }
    out
}

/// Whether a text begins like `_x001F_`.
fn is_code(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 7 && bytes.starts_with(b"_x") && bytes[2..6].iter().all(u8::is_ascii_hexdigit) && bytes[6] == b'_'
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    #[test]
    fn what_excel_cannot_hold_is_refused() {
        let refused = |column: ArrayRef| {
            let batch = RecordBatch::try_from_iter([("column", column)]).expect("rows");
            write(&batch, &[], &[]).map(|_| ()).map_err(|error| error.to_string())
        };
        let texts = |length: usize| Arc::new(StringArray::from(vec!["x".repeat(length)]));
        assert_eq!(refused(texts(MOST_CHARACTERS)), Ok(()));
        assert!(refused(texts(MOST_CHARACTERS + 1)).is_err_and(|what| what.contains("holds 32767 characters")));
        let rows = refused(Arc::new(Int64Array::new_null(MOST_ROWS)));
        assert!(rows.is_err_and(|what| what.contains("holds 1048575 rows") && what.contains("publish fewer tables")));
    }

    #[test]
    fn columns_are_counted_in_letters() {
        assert_eq!([0, 25, 26, 51, 701, 702].map(letters), ["A", "Z", "AA", "AZ", "ZZ", "AAA"]);
    }

    #[test]
    fn every_text_can_be_written_in_xml() {
        for (text, expected) in [
            ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
            ("\u{1}\r", "_x0001__x000D_"),
            ("_T", "_T"),
            ("_x0041_", "_x005F_x0041_"),
            ("_x00é1_", "_x00é1_"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}

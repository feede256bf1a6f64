//! Workbooks made by hand, as small as their formats allow.
//!
//! In: cells in the words of the format. Out: the bytes of a file. Invariant: nothing is in a file that a test did not
//! put there.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;

/// A package of parts.
pub fn package(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).expect("started");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("finished").into_inner()
}

/// An Office Open XML workbook.
#[derive(Clone, Default)]
pub struct Xlsx {
    /// Name, state and rows of each sheet.
    pub sheets: Vec<(String, &'static str, String)>,
    /// The `<si>` elements.
    pub texts: String,
    /// Attributes of `workbookPr`, and what follows the list of sheets.
    pub properties: &'static str,
    pub after: &'static str,
}

/// Format codes of the styles, by place.
pub const FORMATS: [&str; 8] =
    ["General", "yyyy\\-mm\\-dd", "dd.mm.yyyy hh:mm", "h:mm", "[h]:mm", "00000", "0.00%", "[$-407]d. mmmm yyyy"];

impl Xlsx {
    pub fn sheet(rows: impl Into<String>) -> Self {
        Self::default().and("Sheet1", "visible", rows)
    }

    pub fn and(mut self, name: &str, state: &'static str, rows: impl Into<String>) -> Self {
        self.sheets.push((name.to_owned(), state, rows.into()));
        self
    }

    pub fn texts(mut self, texts: &str) -> Self {
        self.texts = texts.to_owned();
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        const MAIN: &str = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;
        const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
        let (mut list, mut relations, mut parts) = (String::new(), String::new(), Vec::new());
        for (place, (name, state, rows)) in self.sheets.iter().enumerate() {
            list += &format!(r#"<sheet name="{name}" sheetId="{0}" state="{state}" r:id="rId{0}"/>"#, place + 1);
            relations += &relation(place + 1, "worksheet", &format!("worksheets/sheet{}.xml", place + 1));
            let sheet = format!("{HEAD}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>");
            parts.push((format!("xl/worksheets/sheet{}.xml", place + 1), sheet));
        }
        relations += &relation(90, "styles", "styles.xml");
        relations += &relation(91, "sharedStrings", "/xl/sharedStrings.xml");
        let codes: String = (0..FORMATS.len())
            .map(|at| format!(r#"<numFmt numFmtId="{}" formatCode="{}"/>"#, 164 + at, FORMATS[at]))
            .collect();
        let styles: String = (0..FORMATS.len()).map(|at| format!(r#"<xf numFmtId="{}"/>"#, 164 + at)).collect();
        let types = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;
        let mut all = vec![
            ("[Content_Types].xml".to_owned(), types.to_owned()),
            ("_rels/.rels".to_owned(), relations_of(&relation(1, "officeDocument", "xl/workbook.xml"))),
            (
                "xl/workbook.xml".to_owned(),
                format!(
                    "{HEAD}<workbook {MAIN}><workbookPr {}/><sheets>{list}</sheets>{}</workbook>",
                    self.properties, self.after
                ),
            ),
            ("xl/_rels/workbook.xml.rels".to_owned(), relations_of(&relations)),
            (
                "xl/styles.xml".to_owned(),
                format!(
                    "{HEAD}<styleSheet {MAIN}><numFmts>{codes}</numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs>{styles}</cellXfs></styleSheet>"
                ),
            ),
            ("xl/sharedStrings.xml".to_owned(), format!("{HEAD}<sst {MAIN}>{}</sst>", self.texts)),
        ];
        all.extend(parts);
        let all: Vec<_> = all.iter().map(|(name, text)| (name.as_str(), text.clone().into_bytes())).collect();
        package(&all)
    }
}

fn relations_of(relations: &str) -> String {
    format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>"#
    )
}

fn relation(id: usize, kind: &str, target: &str) -> String {
    format!(
        r#"<Relationship Id="rId{id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>"#
    )
}

/// An OpenDocument spreadsheet: name, style (`shown` or `hidden`) and rows of each sheet.
pub fn ods(sheets: &[(&str, &str, &str)]) -> Vec<u8> {
    let tables: String = sheets
        .iter()
        .map(|(name, style, rows)| {
            format!(
                r#"<table:table table:name="{name}" table:style-name="{style}"><office:forms/><table:table-column table:number-columns-repeated="16384"/>{rows}</table:table>"#
            )
        })
        .collect();
    let content = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:automatic-styles><style:style style:name="shown" style:family="table"><style:table-properties table:display="true"/></style:style><style:style style:name="hidden" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body><office:spreadsheet>{tables}<table:named-expressions/></office:spreadsheet></office:body></office:document-content>"#
    );
    let manifest = r#"<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"#;
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes, options) in [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet", stored),
        ("content.xml", content.as_str(), SimpleFileOptions::default()),
        ("META-INF/manifest.xml", manifest, SimpleFileOptions::default()),
    ] {
        zip.start_file(name, options).expect("started");
        zip.write_all(bytes.as_bytes()).expect("written");
    }
    zip.finish().expect("finished").into_inner()
}

/// A record of a binary workbook.
pub fn record(kind: u16, bytes: &[u8]) -> Vec<u8> {
    let mut record = Vec::new();
    match u8::try_from(kind) {
        Ok(kind @ ..0x80) => record.push(kind),
        _ => record.extend([kind.to_le_bytes()[0] | 0x80, u8::try_from(kind >> 7).expect("two bytes")]),
    }
    let mut length = bytes.len();
    while length >= 0x80 {
        record.push(u8::try_from(length & 0x7F).expect("seven bits") | 0x80);
        length >>= 7;
    }
    record.push(u8::try_from(length).expect("seven bits"));
    record.extend(bytes);
    record
}

/// A text of a binary workbook.
pub fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut bytes = u32::try_from(units.len()).expect("short").to_le_bytes().to_vec();
    bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    bytes
}

/// A binary workbook with one sheet: its shared texts, and the records between start and end of its cells.
pub fn xlsb(texts: &[&str], cells: &[u8]) -> Vec<u8> {
    let mut sheet_list = [0_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat();
    sheet_list.extend([wide("rId1"), wide("Sheet1")].concat());
    let workbook = [record(153, &[0; 12]), record(143, &[]), record(156, &sheet_list), record(144, &[])].concat();
    let workbook = [workbook, record(157, &[0; 26]), record(132, &[])].concat();
    let shared: Vec<u8> = texts.iter().flat_map(|text| record(19, &[vec![0], wide(text)].concat())).collect();
    let count = u32::try_from(texts.len()).expect("few").to_le_bytes();
    let shared = [record(159, &[count, count].concat()), shared, record(160, &[])].concat();
    let numbers = 0..u16::try_from(FORMATS.len()).expect("few");
    let code = |at: u16| record(44, &[(164 + at).to_le_bytes().to_vec(), wide(FORMATS[usize::from(at)])].concat());
    let style = |at: u16| record(47, &[[0, 0], (164 + at).to_le_bytes(), [0; 2], [0; 2]].concat());
    let few = u32::try_from(FORMATS.len()).expect("few").to_le_bytes();
    let styles = [
        record(615, &few),
        numbers.clone().flat_map(code).collect(),
        record(616, &[]),
        record(617, &few),
        numbers.flat_map(style).collect(),
        record(618, &[]),
    ];
    let sheet = [record(129, &[]), record(148, &[0; 16]), record(145, &[]), cells.to_vec(), record(146, &[])].concat();
    let relations = relation(1, "worksheet", "worksheets/sheet1.bin")
        + &relation(2, "styles", "styles.bin")
        + &relation(3, "sharedStrings", "sharedStrings.bin");
    package(&[
        ("_rels/.rels", relations_of(&relation(1, "officeDocument", "xl/workbook.bin")).into_bytes()),
        ("xl/workbook.bin", workbook),
        ("xl/_rels/workbook.bin.rels", relations_of(&relations).into_bytes()),
        ("xl/sharedStrings.bin", shared),
        ("xl/styles.bin", styles.concat()),
        ("xl/worksheets/sheet1.bin", sheet),
    ])
}

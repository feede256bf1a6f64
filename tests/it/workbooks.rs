//! Proves that spreadsheets are taken as they are: through the binary, with typed cells, and without trusting what has no value.
//!
//! In: small workbooks made here. Out: what is stored, or the refusal. The cells of each kind of file are tested beside their reader.

use std::io::{Cursor, Write};

use arrow::array::{Array, Decimal64Array};

use crate::desk::{Desk, Outcome};

/// A workbook with one sheet of these rows; style 1 is a date, style 2 a time of more than a day.
pub fn workbook(rows: &str) -> Vec<u8> {
    let parts = [
        ("[Content_Types].xml", r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"#.to_owned()),
        ("_rels/.rels", r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_owned()),
        ("xl/workbook.xml", r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Staff" sheetId="1" r:id="rId1"/></sheets></workbook>"#.to_owned()),
        ("xl/_rels/workbook.xml.rels", r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#.to_owned()),
        ("xl/styles.xml", r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="46"/></cellXfs></styleSheet>"#.to_owned()),
        ("xl/worksheets/sheet1.xml", format!(r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#)),
    ];
    let mut package = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        package.start_file(name, zip::write::SimpleFileOptions::default()).expect("started");
        package.write_all(text.as_bytes()).expect("written");
    }
    package.finish().expect("finished").into_inner()
}

/// A row of cells: `'text`, `=error`, `date:serial`, `time:days`, or a number.
fn row(number: usize, cells: &[&str]) -> String {
    let cell = |(place, cell): (usize, &&str)| {
        let at = format!("{}{number}", char::from(b'A' + u8::try_from(place).expect("few")));
        if let Some(text) = cell.strip_prefix('\'') {
            format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
        } else if let Some(error) = cell.strip_prefix('=') {
            format!(r#"<c r="{at}" t="e"><f>1/0</f><v>{error}</v></c>"#)
        } else if let Some(serial) = cell.strip_prefix("date:") {
            format!(r#"<c r="{at}" s="1"><v>{serial}</v></c>"#)
        } else if let Some(days) = cell.strip_prefix("time:") {
            format!(r#"<c r="{at}" s="2"><v>{days}</v></c>"#)
        } else if cell.is_empty() {
            String::new()
        } else {
            format!(r#"<c r="{at}"><v>{cell}</v></c>"#)
        }
    };
    format!(r#"<row r="{number}">{}</row>"#, cells.iter().enumerate().map(cell).collect::<String>())
}

fn check(desk: &Desk) -> Outcome {
    desk.does("check", &desk.pipeline(), &[])
}

const HEAD: [&str; 6] = ["'employee_id", "'period", "'base_pay", "'hire_date", "'weekly_hours", "'termination_date"];

#[test]
fn a_workbook_is_an_upload() {
    let desk = Desk::small(1);
    let rows = [
        row(1, &HEAD),
        // 45,000 is 2023-03-15; 1.5625 days are 37:30 hours; 0 as a date is none.
        row(2, &["'00123", "'2026-Q3", "50000.5", "date:45000", "time:1.5625", "date:0"]),
        row(3, &["7", "'2026-Q3", "48000", "date:45000", "40", ""]),
    ];
    desk.write("uploads/K1.xlsx", workbook(&rows.concat()));
    check(&desk).ends_with(0).tells("2 accepted");
    desk.run();
    let stored = desk.stored("K1", "2026-Q3");
    let numbers = |name: &str| -> Vec<Option<i64>> {
        let array: &Decimal64Array =
            stored.column_by_name(name).expect("a column").as_any().downcast_ref().expect("numbers");
        (0..array.len()).map(|row| array.is_valid(row).then(|| array.value(row))).collect()
    };
    assert_eq!(numbers("base_pay"), [Some(500_005_000), Some(480_000_000)]);
    assert_eq!(numbers("weekly_hours"), [Some(375_000), Some(400_000)]);
    assert_eq!(stored.column_by_name("termination_date").expect("a column").null_count(), 2);
    assert_eq!(stored.column_by_name("hire_date").expect("a column").null_count(), 0);
}

#[test]
fn an_error_cell_is_no_blank() {
    let desk = Desk::small(1);
    let rows = [row(1, &HEAD), row(2, &["'E1", "'2026-Q3", "=#DIV/0!", "", "40", ""])];
    desk.write("uploads/K1.xlsx", workbook(&rows.concat()));
    check(&desk).ends_with(3).tells("2,base_pay,cell");
}

#[test]
fn what_is_no_csv_is_named_with_its_mend() {
    let desk = Desk::small(1);
    let book = workbook(&row(1, &HEAD));
    for (content, told) in [
        (book.clone(), "end its name with .xlsx"),
        (b"<!DOCTYPE html><html><table><tr><td>x</td></tr></table></html>".to_vec(), "HTML"),
        (b"%PDF-1.7\n".to_vec(), "PDF"),
        (b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), ".xls"),
    ] {
        desk.write("uploads/K1.csv", content);
        check(&desk).ends_with(3).tells(told);
    }
    std::fs::remove_file(desk.path("uploads/K1.csv")).expect("removed");
    desk.write("uploads/K1.xlsx", book);
    check(&desk).ends_with(3).tells("no row below it");
}

//! What is let in: kinds of content, the choice of a sheet, the lines, and what is refused as too large or broken.

use std::io::Write;

use zip::write::SimpleFileOptions;

use super::make::{Xlsx, ods, package, record, wide, xlsb};
use super::*;

fn row(number: u32, cells: &[(&str, &str)]) -> String {
    let cell =
        |(column, text): &(&str, &str)| format!(r#"<c r="{column}{number}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    format!(r#"<row r="{number}">{}</row>"#, cells.iter().map(cell).collect::<String>())
}

fn refused(kind: BookKind, bytes: &[u8], sheet: Option<&str>) -> String {
    text_of(kind, bytes, sheet, None).expect_err("refused")
}

#[test]
fn content_is_told_by_the_first_bytes_and_not_by_the_name() {
    let book = Xlsx::sheet(row(1, &[("A", "x")])).bytes();
    let table = ods(&[("a", "shown", "")]);
    let units = |mark: &[u8], text: &str| {
        mark.iter().copied().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect::<Vec<_>>()
    };
    let container = |stream: &str| {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        bytes.resize(1024, 0);
        bytes.extend(units(b"", stream));
        bytes.resize(1536, 0);
        bytes[30] = 9;
        bytes[48] = 1;
        bytes
    };
    let cases: [(&[u8], Content); 29] = [
        (b"", Content::Text),
        (b"employee_id,base_pay\nE1,1\n", Content::Text),
        (b"ID;Name\n1;x\n", Content::Text),
        (b"<= 3 years,pay\n", Content::Text),
        (b"PK,pay\n1,2\n", Content::Text),
        (&units(&[0xFF, 0xFE], "employee_id,base_pay\n"), Content::Text),
        (b"\xef\xbb\xbfemployee_id\n", Content::Text),
        (b"\xef\xbb\xbf\n <!DOCTYPE HTML PUBLIC><html>", Content::Html),
        (b"<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table>", Content::Html),
        (b"\r\n<TABLE border=1><tr>", Content::Html),
        (&units(&[0xFF, 0xFE], "<html><table>"), Content::Html),
        (b"<?xml version=\"1.0\"?><!DOCTYPE html><html>", Content::Html),
        (
            b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
            Content::XmlWorkbook,
        ),
        (b"<?xml version=\"1.0\"?><employees>", Content::Xml),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n", Content::WebArchive),
        (b"%PDF-1.7\n", Content::Pdf),
        (b"{\\rtf1\\ansi", Content::Rtf),
        (b"\x1f\x8b\x08\0\0", Content::Gzip),
        (b"\x28\xb5\x2f\xfd\0", Content::Zstandard),
        (b"PAR1\x15\x04", Content::Parquet),
        (&book, Content::Workbook(BookKind::Xlsx)),
        (&xlsb(&[], &[]), Content::Workbook(BookKind::Xlsb)),
        (&table, Content::Workbook(BookKind::Ods)),
        (&package(&[("C001.csv", b"a\n".to_vec())]), Content::Zip),
        (&package(&[("word/document.xml", b"<a/>".to_vec())]), Content::OfficeDocument),
        (&container("Workbook"), Content::OldWorkbook),
        (&container("EncryptedPackage"), Content::Encrypted),
        (&container("WordDocument"), Content::OfficeDocument),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Content::OldWorkbook),
    ];
    for (bytes, content) in cases {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        assert_eq!(content_of_file(&mut Cursor::new(bytes)).expect("read"), content, "{shown:?}");
        assert_eq!(content_of(bytes), content, "{shown:?}");
        assert_eq!(content.check().is_ok(), matches!(content, Content::Text | Content::Workbook(_)));
    }
    // Where the package begins with other parts, only its end tells.
    let filler: Vec<u8> = (0..40_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let late = package(&[("docProps/thumbnail.jpeg", filler), ("xl/workbook.bin", Vec::new())]);
    assert_eq!(content_of_file(&mut Cursor::new(late)).expect("read"), Content::Workbook(BookKind::Xlsb));
    let packed = package(&[
        ("content.xml", Vec::new()),
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet".to_vec()),
    ]);
    assert_eq!(content_of_file(&mut Cursor::new(packed)).expect("read"), Content::Workbook(BookKind::Ods));
    let types = b"<Types ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>";
    let odd = package(&[("[Content_Types].xml", types.to_vec()), ("book.xml", Vec::new())]);
    assert_eq!(content_of_file(&mut Cursor::new(odd)).expect("read"), Content::Workbook(BookKind::Xlsx));
}

#[test]
fn the_sheet_is_the_only_one_that_people_see_and_that_holds_cells() {
    let cells = |text: &str| row(1, &[("A", text)]);
    let blank = r#"<row r="1"><c r="A1" s="1"/></row>"#;
    let one = Xlsx::default().and("Notes", "visible", blank).and("Codes", "hidden", cells("h")).and(
        "Pay",
        "visible",
        cells("p"),
    );
    assert_eq!(text_of(BookKind::Xlsx, &one.bytes(), None, None).as_deref(), Ok("p\n"));
    assert_eq!(text_of(BookKind::Xlsx, &one.bytes(), Some("pay"), None).as_deref(), Ok("p\n"));
    assert_eq!(text_of(BookKind::Xlsx, &one.bytes(), Some("Codes"), None).as_deref(), Ok("h\n"));
    let error = refused(BookKind::Xlsx, &one.bytes(), Some("Salaries"));
    assert_eq!(error, r#"the workbook has no sheet of the declared name; there: "Notes", "Pay""#);
    let two = one.clone().and(&"x".repeat(40), "visible", cells("q")).and("2025 &amp; 26", "visible", cells("r"));
    let error = refused(BookKind::Xlsx, &two.bytes(), None);
    assert_eq!(
        error,
        r#"several sheets hold cells; declare which one to read with `sheet = "..."`; there: "Pay", "2025 & 26""#
    );
    let hidden = Xlsx::default().and("Notes", "visible", "").and("Codes", "veryHidden", cells("h"));
    assert!(refused(BookKind::Xlsx, &hidden.bytes(), None).starts_with("only hidden sheets hold cells"));
    assert!(refused(BookKind::Xlsx, &Xlsx::sheet(blank).bytes(), None).starts_with("no sheet holds a cell"));

    let cells = |text: &str| {
        format!(
            r#"<table:table-row><table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell></table:table-row>"#
        )
    };
    let blank = r#"<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>"#;
    let table = ods(&[("Notes", "shown", blank), ("Codes", "hidden", &cells("h")), ("Pay", "shown", &cells("p"))]);
    assert_eq!(text_of(BookKind::Ods, &table, None, None).as_deref(), Ok("p\n"));
    assert_eq!(text_of(BookKind::Ods, &table, Some("codes"), None).as_deref(), Ok("h\n"));
    assert!(refused(BookKind::Ods, &table, Some("x")).ends_with(r#"there: "Notes", "Pay""#));
    assert!(refused(BookKind::Ods, &ods(&[("Notes", "shown", blank)]), None).starts_with("no sheet holds a cell"));
}

#[test]
fn line_n_is_row_n_and_no_line_is_shorter_than_the_header() {
    let rows = [
        row(2, &[("A", "Title")]),
        row(4, &[("A", "id"), ("B", "base\npay"), ("D", "note")]),
        row(5, &[("A", "E1")]),
        row(8, &[("D", "x"), ("B", "7")]),
        row(9, &[("F", "beyond")]),
        row(10, &[("A", "E2")]),
        r#"<row r="11"><c r="A11" s="1"/></row><row r="1048576"><c r="XFD1048576"/></row>"#.to_owned(),
    ];
    let book = Xlsx::sheet(rows.concat()).bytes();
    let text = text_of(BookKind::Xlsx, &book, None, Some(4));
    assert_eq!(text.as_deref(), Ok("\nTitle\n\nid,base pay,,note\nE1,,,\n\n\n,7,,x\n,,,,,beyond\nE2,,,\n"));
    let text = text_of(BookKind::Xlsx, &book, None, None).expect("read");
    assert!(text.starts_with("\nTitle\n\nid,base pay,,note\nE1\n\n\n,7,,x\n"));
}

#[test]
fn repeated_rows_and_cells_of_ods_are_as_many_as_people_see() {
    let rows = r#"<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row><table:table-header-rows><table:table-row><table:table-cell table:number-columns-repeated="2"/><table:table-cell table:number-columns-repeated="3" office:value-type="float" office:value="7"/></table:table-row></table:table-header-rows><table:table-row-group><table:table-row table:number-rows-repeated="2"><table:covered-table-cell office:value-type="string"><text:p>a</text:p></table:covered-table-cell></table:table-row></table:table-row-group>"#;
    let text = text_of(BookKind::Ods, &ods(&[("s", "shown", rows)]), None, None);
    assert_eq!(text.as_deref(), Ok("\n\n,,\u{1}7,\u{1}7,\u{1}7\na,,,,\na,,,,\n"));
}

#[test]
fn a_lone_cell_at_the_end_of_the_sheet_takes_no_grid() {
    let book = Xlsx::sheet(row(1_048_576, &[("XFD", "x")])).bytes();
    let text = text_of(BookKind::Xlsx, &book, None, None).expect("read");
    assert_eq!(text.len(), 1_048_575 + 16_383 + 2);
    for outside in [row(1_048_577, &[("A", "x")]), row(1, &[("XFE", "x")])] {
        let error = refused(BookKind::Xlsx, &Xlsx::sheet(outside).bytes(), None);
        assert!(error.contains("a cell lies outside the sheet"), "{error}");
    }
}

#[test]
fn what_is_broken_is_refused_and_never_read_in_part() {
    let cases = [
        (row(2, &[("A", "x")]) + &row(1, &[("A", "y")]), "its rows are not in order"),
        (row(1, &[("A", "x"), ("A", "y")]), "a cell is there twice"),
        (r#"<row r="1"><c r="A1" t="s"><v>5</v></c></row>"#.to_owned(), "a text that is not there"),
        (r#"<row r="1"><c r="1A"><v>5</v></c></row>"#.to_owned(), "no place"),
        (r#"<row r="1"><c r="A1"><v>&unknown;</v></c></row>"#.to_owned(), "unknown entity"),
        ("<a>".repeat(1_000), "nested too deeply"),
    ];
    for (rows, why) in cases {
        let error = refused(BookKind::Xlsx, &Xlsx::sheet(rows).bytes(), Some("Sheet1"));
        assert!(error.contains(why), "{error}");
    }
    let whole = Xlsx::sheet(row(1, &[("A", "x")])).bytes();
    for end in 0..whole.len() {
        assert!(text_of(BookKind::Xlsx, &whole[..end], None, None).is_err());
    }
    let short = record(0, &[0; 21]).into_iter().chain(record(5, &[0; 9])).collect::<Vec<_>>();
    assert!(refused(BookKind::Xlsb, &xlsb(&[], &short), None).contains("a record is too short"));
}

/// A digit that changed on the way is found by the checksum of its part, although the sheet reads well.
#[test]
fn a_changed_digit_is_refused_by_the_checksum() {
    let cell = r#"<row r="1"><c r="A1"><v>48000.5</v></c></row>"#;
    let table =
        r#"<table:table-row><table:table-cell office:value-type="float" office:value="48000.5"/></table:table-row>"#;
    let head = [0_u32.to_le_bytes(), [0; 4]].concat();
    let binary = [record(0, &[0; 21]), record(6, &[head, wide("48000.5")].concat())].concat();
    let wide_digit: Vec<u8> = "48000.5".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let narrow = b"48000.5".to_vec();
    for (kind, bytes, digits) in [
        (BookKind::Xlsx, Xlsx::sheet(cell).bytes(), &narrow),
        (BookKind::Ods, ods(&[("s", "shown", table)]), &narrow),
        (BookKind::Xlsb, xlsb(&[], &binary), &wide_digit),
    ] {
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).expect("opened");
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        for place in 0..archive.len() {
            let mut part = archive.by_index(place).expect("part");
            zip.start_file(part.name().expect("name").into_owned(), stored).expect("started");
            std::io::copy(&mut part, &mut zip).expect("copied");
        }
        let mut bytes = zip.finish().expect("finished").into_inner();
        assert!(text_of(kind, &bytes, None, None).expect("read").ends_with("48000.5\n"));
        let at = bytes.windows(digits.len()).position(|window| window == digits.as_slice()).expect("stored");
        bytes[at] = b'9';
        assert!(refused(kind, &bytes, None).contains("its packing is broken"), "{kind:?}");
    }
}

#[test]
fn a_protected_table_is_told_as_such() {
    let manifest = r#"<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>"#;
    let parts = [("META-INF/manifest.xml", manifest.into()), ("content.xml", b"\x01\x02".to_vec())];
    assert!(refused(BookKind::Ods, &package(&parts), None).contains("save it without a password"));
}

/// Gigabytes of blank cells, of one text and of repeated cells, in files of a few megabytes at most.
#[test]
fn a_bomb_is_refused_quickly() {
    let started = std::time::Instant::now();
    let bomb = |unit: &str| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let tight = SimpleFileOptions::default().compression_level(Some(9));
        let book = Xlsx::sheet("").bytes();
        let mut parts = zip::ZipArchive::new(Cursor::new(book)).expect("opened");
        for place in 0..parts.len() {
            let mut part = parts.by_index(place).expect("part");
            let name = part.name().expect("name").into_owned();
            zip.start_file(name.as_str(), tight).expect("started");
            if name.starts_with("xl/worksheets") {
                zip.write_all(b"<worksheet><sheetData>").expect("written");
                let block = unit.repeat((1 << 20) / unit.len());
                for _ in 0..72 {
                    zip.write_all(block.as_bytes()).expect("written");
                }
                zip.write_all(b"</sheetData></worksheet>").expect("written");
            } else {
                std::io::copy(&mut part, &mut zip).expect("copied");
            }
        }
        zip.finish().expect("finished").into_inner()
    };
    let error = refused(BookKind::Xlsx, &bomb("<row><c/></row>"), None);
    assert!(error.contains("refused as too large"), "{error}");
    let error = refused(BookKind::Xlsx, &bomb("               "), None);
    assert!(error.contains("refused as too large"), "{error}");
    let rows = r#"<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>"#;
    let mut read = 0_u64;
    let ended = read_workbook(Cursor::new(ods(&[("s", "shown", rows)])), BookKind::Ods, None, None, |stream| {
        // A reader that gives up early pays for no more than it read.
        let mut block = vec![0; 1 << 16];
        while read < 1 << 24 {
            read += stream.read(&mut block)? as u64;
        }
        Ok::<_, std::io::Error>(())
    });
    assert!(matches!(ended, Ok(Ok(()))) && read >= 1 << 24);
    assert!(started.elapsed().as_secs() < 30);
}

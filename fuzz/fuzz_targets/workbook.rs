//! Workbooks of which parts are damaged.
//!
//! In: a byte each for the kind and the choice of a sheet, then parts: each begins behind the mark [`PART`] with a byte that says which it
//! is. Parts that are not there are those of a small whole workbook. Out: nothing. Invariant: a workbook is refused, or it is CSV: UTF-8,
//! no line with fewer fields than the header, no control characters but a mark of a type at the beginning of a field; and it is the same
//! however it is read.

#![no_main]

use std::io::{Cursor, Read, Write};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use payquorum_fuzz::intake::workbook::{BookKind, content_of, content_of_file, read_workbook};
use payquorum_fuzz::intake::workbook_maker::{Xlsx, ods, record, wide, xlsb};
use zip::write::SimpleFileOptions;

/// What parts begin with.
const PART: &[u8] = b"\xff\xfePART\xff";
/// What is read of a stream: repeated rows may be many.
const MOST: u64 = 1 << 15;

type Parts = Vec<(String, Vec<u8>)>;

static BOOKS: LazyLock<[Parts; 3]> = LazyLock::new(|| {
    let cells = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>pay</t></is></c></row><row r="3"><c r="A3" s="1"><v>45000</v></c><c r="B3"><v>7.5</v></c></row>"#;
    let xlsx = Xlsx::sheet(cells).and("Notes", "hidden", cells).texts("<si><t>id</t></si><si><t>x</t></si>").bytes();
    let head = [0_u32.to_le_bytes(), [0; 4]].concat();
    let binary = [record(0, &[0; 21]), record(6, &[head, wide("48000.5")].concat())].concat();
    let table = r#"<table:table-row><table:table-cell office:value-type="float" office:value="7"/></table:table-row>"#;
    [parts_of(&xlsx), parts_of(&xlsb(&["id", "x"], &binary)), parts_of(&ods(&[("s", "shown", table)]))]
});

fn parts_of(package: &[u8]) -> Parts {
    let mut archive = zip::ZipArchive::new(Cursor::new(package)).expect("a package");
    (0..archive.len())
        .map(|place| {
            let mut part = archive.by_index(place).expect("a part");
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).expect("read");
            (part.name().expect("a name").into_owned(), bytes)
        })
        .collect()
}

fuzz_target!(|data: &[u8]| {
    let [kind, choice, rest @ ..] = data else { return };
    let at = usize::from(kind % 3);
    let kind_of_book = [BookKind::Xlsx, BookKind::Xlsb, BookKind::Ods][at];
    let mut parts = BOOKS[at].clone();
    let mut damage: &[u8] = &[];
    let mut from = 0;
    for start in memchr::memmem::find_iter(rest, PART).chain([rest.len()]) {
        let piece = rest.get(from..start).unwrap_or_default();
        match piece {
            _ if from == 0 => {}
            [255, bytes @ ..] => damage = bytes,
            [which, bytes @ ..] => {
                let which = usize::from(*which) % parts.len();
                parts[which].1 = bytes.to_vec();
            }
            [] => {}
        }
        from = start + PART.len();
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::with_capacity(8 << 10)));
    let method = if kind & 0x80 == 0 { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
    let stored = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in &parts {
        zip.start_file(name.as_str(), stored).expect("started");
        zip.write_all(bytes).expect("written");
    }
    let mut bytes = zip.finish().expect("finished").into_inner();
    // Places of the package itself that are changed: two bytes for where, one for what.
    for &[low, high, byte] in damage.as_chunks::<3>().0 {
        let place = usize::from(u16::from_le_bytes([low, high])) % bytes.len();
        bytes[place] = byte;
    }
    let _ = content_of(rest);
    let _ = content_of(&bytes);
    let _ = content_of_file(&mut Cursor::new(&bytes));
    let sheet = [None, Some("Sheet1"), Some(" notes"), Some("s")][usize::from(choice % 4)];
    let header_line = [None, Some(1), Some(3), Some(u32::MAX)][usize::from(choice >> 2) % 4];
    let whole = stream_of(&bytes, kind_of_book, sheet, header_line, 1 << 12);
    if whole.is_some() || choice >> 4 == 15 {
        let pieces = stream_of(&bytes, kind_of_book, sheet, header_line, 1 + usize::from(choice >> 4));
        assert_eq!(whole, pieces, "the stream is the same however it is read");
    }
    if let Some((text, complete)) = whole {
        check(&text, complete, header_line.unwrap_or(1));
    }
});

/// The stream, and whether it ended; none where it was refused.
fn stream_of(
    bytes: &[u8],
    kind: BookKind,
    sheet: Option<&str>,
    header_line: Option<u32>,
    piece: usize,
) -> Option<(Vec<u8>, bool)> {
    let read = |stream: &mut dyn Read| {
        let mut text = Vec::new();
        let mut block = vec![0; piece];
        while (text.len() as u64) < MOST {
            let wanted = piece.min(usize::try_from(MOST).expect("small") - text.len());
            match stream.read(&mut block[..wanted]) {
                Ok(0) => return Some((text, true)),
                Ok(length) => text.extend_from_slice(&block[..length]),
                Err(_) => return None,
            }
        }
        Some((text, false))
    };
    read_workbook(Cursor::new(bytes), kind, sheet, header_line, read).ok().flatten()
}

fn check(text: &[u8], complete: bool, header_line: u32) {
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            assert!(!complete && error.error_len().is_none(), "a stream is UTF-8");
            return;
        }
    };
    let (mut row, mut fields, mut quoted, mut at_start, mut width) = (1_u32, 1, false, true, None);
    let mut filled = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let was_at_start = std::mem::replace(&mut at_start, false);
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                filled = true;
            }
            '"' if quoted || was_at_start => {
                quoted = !quoted;
                // What follows an opening quote is the beginning of the field.
                at_start = quoted;
            }
            '"' => panic!("a quote stands in quotes"),
            ',' if !quoted => (fields, at_start) = (fields + 1, true),
            '\n' if !quoted => {
                if width.is_none() && filled && row >= header_line {
                    width = Some(fields);
                } else if let Some(width) = width {
                    assert!(fields == 1 && !filled || fields >= width, "no line has fewer fields than the header");
                }
                (row, fields, at_start, filled) = (row + 1, 1, true, false);
            }
            '\u{1}'..='\u{5}' => {
                assert!(was_at_start, "a mark begins a field");
                filled = true;
            }
            '\t' => filled = true,
            other => {
                assert!(other >= ' ', "a text keeps no control characters: {other:?}");
                filled = true;
            }
        }
    }
    if complete {
        assert!(!quoted, "the last quote is closed");
        assert!(text.is_empty() || text.ends_with('\n'));
    }
}

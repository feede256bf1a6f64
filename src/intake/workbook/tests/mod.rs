//! What comes out of a workbook, for each kind of cell and of file.

#![expect(clippy::format_collect, clippy::format_push_string, reason = "small files, made to be read")]

mod door;
mod grids;
mod make;
mod table;

use std::io::{Cursor, Read};

use super::*;

/// The stream of a workbook.
fn text_of(kind: BookKind, bytes: &[u8], sheet: Option<&str>, header: Option<u32>) -> Result<String, String> {
    let told = |error: BookError| error.to_string();
    let read = |stream: &mut dyn Read| {
        let mut text = String::new();
        stream.read_to_string(&mut text).map(|_| text).map_err(|error| error.to_string())
    };
    read_workbook(Cursor::new(bytes), kind, sheet, header, read).map_err(told)?
}

/// The records of a stream, as a reader of RFC 4180 has them.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            other => field.push(other),
        }
    }
    records
}

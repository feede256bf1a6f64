//! `benchmarks.csv`: the rows as comma-separated values.
//!
//! In: the rows of a release, or the bytes of a finished copy. Out: UTF-8 text as RFC 4180 has it, or its cells. Invariant: the first
//! line is the header; nothing between two commas is null; a number is the shortest text that reads back as the same number; no
//! text begins with what a spreadsheet would run.

use std::borrow::Cow;
use std::fmt::Write as _;

use arrow::array::RecordBatch;

use super::copies::{Cell, Values};

/// The copy.
pub(super) fn write(batch: &RecordBatch) -> Vec<u8> {
    let mut text = String::new();
    for (place, field) in batch.schema().fields().iter().enumerate() {
        push_separator(&mut text, place);
        push(&mut text, field.name());
    }
    text.push_str("\r\n");
    let columns = Values::of(batch);
    for row in 0..batch.num_rows() {
        for (place, column) in columns.iter().enumerate() {
            push_separator(&mut text, place);
            match column.cell(row) {
                Cell::Nothing => {}
                Cell::Text(value) | Cell::Untyped(value) => push(&mut text, &value),
                // Writing to a string cannot fail. Rust shows a float by the fewest digits that read back as the same float.
                Cell::Number(number) => drop(write!(text, "{number}")),
            }
        }
        text.push_str("\r\n");
    }
    text.into_bytes()
}

fn push_separator(text: &mut String, place: usize) {
    if place > 0 {
        text.push(',');
    }
}

/// Whether a spreadsheet may run a text that begins like this one, or take the apostrophe in front of it away.
fn is_dangerous(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'])
}

/// A text as it stands in the copy: with an apostrophe in front where a spreadsheet might run it, as OWASP's page on CSV
/// injection advises, and in quotes where CSV needs them.
fn push(out: &mut String, text: &str) {
    let guard = if is_dangerous(text) { "'" } else { "" };
    // A semicolon or a tab separates columns for spreadsheets of some countries.
    if text.contains(['"', ',', ';', '\t', '\r', '\n']) {
        // Writing to a string cannot fail.
        let _ = write!(out, "\"{guard}{}\"", text.replace('"', "\"\""));
    } else {
        out.push_str(guard);
        out.push_str(text);
    }
}

/// The text that a guarded text means; none where it lacks the apostrophe that it needs.
pub(super) fn unguarded(text: &str) -> Option<&str> {
    match text.strip_prefix('\'') {
        Some(rest) => is_dangerous(rest).then_some(rest),
        None => (!is_dangerous(text)).then_some(text),
    }
}

/// Reads a copy line by line, its header first.
pub(super) fn read(content: &[u8], take: &mut dyn FnMut(&[Cell<'_>])) -> Result<(), String> {
    let mut reader = simd_csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(content);
    let mut record = simd_csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| format!("is not CSV: {error}"))? {
        let cells: Result<Vec<Cell<'_>>, _> = record
            .iter()
            .map(|field| match std::str::from_utf8(field) {
                Ok("") => Ok(Cell::Nothing),
                Ok(text) => Ok(Cell::Untyped(Cow::Borrowed(text))),
                Err(_) => Err("is not UTF-8".to_owned()),
            })
            .collect();
        take(&cells?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, StringArray};

    use super::*;

    fn written(text: &str) -> String {
        let mut out = String::new();
        push(&mut out, text);
        out
    }

    #[test]
    fn what_a_spreadsheet_would_run_gets_an_apostrophe() {
        for (text, expected) in [
            ("31", "31"),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@A1", "'@A1"),
            ("\t=1", "\"'\t=1\""),
            ("'=1", "''=1"),
            ("=1,2", "\"'=1,2\""),
            ("a;=1", "\"a;=1\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
        ] {
            assert_eq!(written(text), expected);
            let mut found = None;
            read(written(text).as_bytes(), &mut |cells| found = Some(format!("{cells:?}"))).expect("CSV");
            let guarded = if is_dangerous(text) { format!("'{text}") } else { text.to_owned() };
            assert_eq!(found, Some(format!("{:?}", [Cell::Untyped(Cow::Borrowed(guarded.as_str()))])));
            assert_eq!(unguarded(&guarded), Some(text));
        }
        assert_eq!(["=1", "+1", "@"].map(unguarded), [None; 3]);
    }

    #[test]
    fn null_is_nothing_and_numbers_read_back_as_they_are() {
        let numbers = [Some(0.1), None, Some(1e21), Some(-12.0), Some(1.0 / 3.0)];
        let texts = [Some("a"), Some("b"), None, Some("é"), Some("-")];
        let batch = RecordBatch::try_from_iter([
            ("text", Arc::new(StringArray::from_iter(texts)) as ArrayRef),
            ("number", Arc::new(Float64Array::from_iter(numbers)) as ArrayRef),
        ])
        .expect("rows");
        let text = String::from_utf8(write(&batch)).expect("UTF-8");
        let lines = ["text,number", "a,0.1", "b,", ",1000000000000000000000", "é,-12", "'-,0.3333333333333333", ""];
        assert_eq!(text, lines.join("\r\n"));
    }
}

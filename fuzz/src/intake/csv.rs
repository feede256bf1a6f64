//! A door to the reading of CSV.
//!
//! In: bytes, how many of them the header takes, a delimiter. Out: all records with their lines, or why not; and what the slow twin reads.
//! Invariant: the readers are called as `upload.rs` and `parse.rs` call them.

use super::chunk::{Chunk, Chunks, CutError};
use super::records::{Form, Loose, Records, Row, Tidy, line_ends, twin};

/// Why a text is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A quoted field that begins on this line is not closed, or its record is too long.
    OpenQuote(u64),
    /// A quoted field over lines that closes in the middle of a text.
    StrayQuote(u64),
}

/// A record that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its fields.
    pub fields: Vec<Vec<u8>>,
    /// Which fields are blank, as the reader says.
    pub blank: Vec<bool>,
    /// Whether some field holds a line break, as the reader says.
    pub breaks: bool,
    /// Whether any field of its chunk is quoted, as the cutter says.
    pub quoted: bool,
    /// The line on which it begins.
    pub line: u64,
}

/// Reads all records behind the first `skip` bytes.
///
/// # Errors
/// Where the text is refused.
pub fn read(mut bytes: &[u8], skip: usize, delimiter: u8) -> Result<(Vec<Read>, usize), Refused> {
    let mut chunks = Chunks::new(&mut bytes);
    let beginning = chunks.beginning().expect("reading from memory").len();
    chunks.begin(skip.min(beginning), delimiter);
    let (mut all, mut count, mut line) = (Vec::new(), 0, None);
    loop {
        let chunk = match chunks.next() {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Ok((all, count)),
            Err(CutError::OpenQuote(line)) => return Err(Refused::OpenQuote(line)),
            Err(CutError::StrayQuote(line)) => return Err(Refused::StrayQuote(line)),
            Err(CutError::Io(error)) => panic!("reading from memory: {error}"),
        };
        assert!(!chunk.bytes.is_empty(), "a chunk holds something");
        assert_eq!(chunk.number, count as u64, "chunks are numbered in their order");
        assert!(line.is_none_or(|line| line == chunk.line), "a chunk begins on the line where the one before ends");
        line = Some(chunk.line + line_ends(&chunk.bytes, Form::Loose));
        count += 1;
        match chunk.form {
            Form::Tidy => read_chunk(Tidy::new(&chunk.bytes, delimiter), &chunk, &mut all),
            Form::Loose => read_chunk(Loose::new(&chunk.bytes, delimiter), &chunk, &mut all),
        }
    }
}

fn read_chunk(mut records: impl Records, chunk: &Chunk, all: &mut Vec<Read>) {
    loop {
        // As `Lines::at` in `parse.rs`: blank lines before the record are passed over.
        let place = records.position();
        let blank = chunk.bytes[place..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let line = chunk.line + line_ends(&chunk.bytes[..place + blank], chunk.form);
        let Some(row) = records.next() else { return };
        all.push(Read {
            fields: (0..row.len()).map(|place| row.field(place).expect("a field").into_owned()).collect(),
            blank: (0..row.len()).map(|place| row.is_blank(place)).collect(),
            breaks: row.holds_breaks(),
            quoted: chunk.quoted,
            line,
        });
        assert!(row_is_closed(&row), "there is no field beyond the last");
    }
}

fn row_is_closed(row: &impl Row) -> bool {
    row.field(row.len()).is_none() && row.is_blank(row.len())
}

/// What the slow twin reads; none where a quoted field is open at the end.
#[must_use]
pub fn twin_of(bytes: &[u8], delimiter: u8) -> Option<Vec<Vec<Vec<u8>>>> {
    twin::records(bytes, delimiter)
}

/// Bytes of the first chunk, as the header is looked for in it.
#[must_use]
pub fn beginning(bytes: &[u8]) -> usize {
    bytes.len().min(crate::sizes::chunk())
}

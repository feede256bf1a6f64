//! An upload as rows of text, for those who do not store it: pseudonyms on a company's premises, and comparisons with other readers.
//!
//! In: a file and its format. Out: its header, and each row with its line. Invariant: records and fields are those that intake reads; what
//! intake refuses for the way it is written is refused here.

use std::borrow::Cow;
use std::path::Path;

use super::cell::Cell;
use super::chunk::{Chunk, Chunks, Lines};
use super::head::Head;
use super::records::{Form, Loose, Records, Row, Tidy};
use super::rule::Refusal;
use super::source::{self, Opened, Script};
use super::swallowed::holds_rows;
use super::upload::{cannot_be_cut, unreadable};
use crate::pipeline::FileFormat;

/// The beginning of a file.
#[derive(Debug)]
pub struct PlainHead<'a> {
    /// The headers.
    pub headers: &'a [String],
    /// The line of the header.
    pub line: u64,
    /// What stands between fields.
    pub delimiter: u8,
    /// The encoding of the file.
    pub encoding: &'static str,
    /// Whether it is a workbook.
    pub is_typed: bool,
}

/// A field of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plain<'a> {
    /// Text, as it stands.
    Text(Cow<'a, str>),
    /// A number of a workbook, with a decimal point.
    Number(Cow<'a, str>),
    /// A date of a workbook, as `YYYY-MM-DD`.
    Date(Cow<'a, str>),
    /// A cell with an error.
    Error,
    /// Bytes that are no text in the encoding of the file.
    NoText,
}

/// Takes the rows of a file.
pub trait Rows {
    /// Why it takes no more.
    type Error: From<Refusal>;

    /// Takes the header.
    ///
    /// # Errors
    /// Whatever keeps it from being taken; reading stops there.
    fn begin(&mut self, head: &PlainHead<'_>) -> Result<(), Self::Error>;

    /// Takes a row.
    ///
    /// # Errors
    /// Whatever keeps it from being taken; reading stops there.
    fn row(&mut self, line: u64, fields: &[Plain<'_>]) -> Result<(), Self::Error>;
}

/// Reads a file.
///
/// # Errors
/// A [`Refusal`] where it cannot be read, or what `rows` says.
pub fn read_rows<R: Rows>(path: &Path, format: &FileFormat, rows: &mut R) -> Result<(), R::Error> {
    let outcome = source::open(path, format, |opened| read(opened, format, rows));
    outcome.unwrap_or_else(|error| Err(unreadable(&error).into()))
}

fn read<R: Rows>(opened: Opened<'_>, format: &FileFormat, rows: &mut R) -> Result<(), R::Error> {
    let Opened { stream, script, encoding, is_typed } = opened;
    let mut chunks = Chunks::new(stream);
    let beginning = chunks.beginning().map_err(|error| unreadable(&error))?;
    let head = Head::read(beginning, format, script, is_typed)?;
    rows.begin(&PlainHead { headers: &head.headers, line: head.line, delimiter: head.delimiter, encoding, is_typed })?;
    chunks.begin(head.length, head.delimiter);
    while let Some(chunk) = chunks.next().map_err(cannot_be_cut)? {
        let of = OfChunk { chunk: &chunk, script, is_typed, delimiter: head.delimiter, fields: head.headers.len() };
        match chunk.form {
            Form::Tidy => of.read(Tidy::new(&chunk.bytes, head.delimiter), rows)?,
            Form::Loose => of.read(Loose::new(&chunk.bytes, head.delimiter), rows)?,
        }
    }
    Ok(())
}

struct OfChunk<'a> {
    chunk: &'a Chunk,
    script: Script,
    is_typed: bool,
    delimiter: u8,
    fields: usize,
}

impl OfChunk<'_> {
    fn read<R: Rows>(&self, mut records: impl Records, rows: &mut R) -> Result<(), R::Error> {
        let mut lines = Lines::new(self.chunk);
        loop {
            let before = records.position();
            let Some(record) = records.next() else { return Ok(()) };
            if (0..record.len()).all(|place| record.is_blank(place)) {
                continue;
            }
            let line = lines.at(before);
            if self.chunk.quoted && holds_rows(&record, self.delimiter, self.fields) {
                return Err(Refusal::SwallowedRows(line).into());
            }
            let fields: Vec<Cow<'_, [u8]>> =
                (0..record.len()).map(|place| record.field(place).unwrap_or_default()).collect();
            let fields: Vec<Plain<'_>> = fields.iter().map(|field| self.plain(field)).collect();
            rows.row(line, &fields)?;
        }
    }

    fn plain<'f>(&self, field: &'f [u8]) -> Plain<'f> {
        let text = |field: &'f [u8]| self.script.decode(field).map_or(Plain::NoText, Plain::Text);
        if !self.is_typed {
            return text(field);
        }
        let lossy = |text: &'f [u8]| String::from_utf8_lossy(text);
        match Cell::of(field, true) {
            Cell::Text(_) => text(field),
            Cell::Number(number) | Cell::Hours(number) => Plain::Number(lossy(number)),
            Cell::Flag(flag) => Plain::Text(lossy(flag)),
            Cell::Date(date) => Plain::Date(lossy(date)),
            Cell::Error => Plain::Error,
        }
    }
}

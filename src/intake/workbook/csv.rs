//! A sheet as a stream of CSV.
//!
//! In: the filled cells of a sheet, row by row. Out: UTF-8 with commas, quotes where RFC 4180 needs them, and LF.
//! Invariant: line n of the stream is row n of the sheet; blank rows above and between are blank lines, blank rows
//! below the last filled one are nothing; from the header on, no line has fewer fields than the header; one row is in
//! memory at a time.

use std::io::{self, Read};

use super::error::BookError;
use super::limits;

/// Where a cell stands, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) row: u32,
    pub(super) column: u32,
}

/// The cells of a sheet.
pub(super) trait Cells {
    /// Adds the next cell to `field`, rows in order; an empty field is a blank cell. `None` is the end of the sheet.
    fn next(&mut self, field: &mut String) -> Result<Option<Place>, BookError>;
}

/// The stream.
pub(super) struct Csv<C> {
    cells: C,
    /// The row that is being collected: columns with where their texts lie in `texts`.
    row: u32,
    fields: Vec<(u32, usize, usize)>,
    texts: String,
    /// The cell that comes next, if it was read already.
    field: String,
    ahead: Option<Place>,
    ended: bool,
    /// Row of the header, counted from 0, and the columns that it has.
    header_row: u32,
    width: Option<u32>,
    /// Rows that are lines of the stream already.
    lines: u32,
    /// What nobody has read yet starts at `read`.
    out: Vec<u8>,
    read: usize,
    given: u64,
    failed: bool,
}

impl<C: Cells> Csv<C> {
    /// A stream whose header is the first filled row at or below `header_line`, counted from 1.
    pub(super) fn new(cells: C, header_line: Option<u32>) -> Self {
        Self {
            cells,
            row: 0,
            fields: Vec::new(),
            texts: String::new(),
            field: String::new(),
            ahead: None,
            ended: false,
            header_row: header_line.unwrap_or(1).saturating_sub(1),
            width: None,
            lines: 0,
            out: Vec::new(),
            read: 0,
            given: 0,
            failed: false,
        }
    }

    /// Makes the next filled row a line, after blank ones. What failed once fails for good.
    fn next_line(&mut self) -> Result<(), BookError> {
        if std::mem::replace(&mut self.failed, true) {
            return Err(BookError::Damaged { what: "it was refused before its end" });
        }
        self.collect()?;
        self.write()?;
        self.failed = false;
        Ok(())
    }

    /// Collects the cells of the next filled row.
    fn collect(&mut self) -> Result<(), BookError> {
        self.fields.clear();
        self.texts.clear();
        loop {
            let place = match self.ahead.take() {
                Some(place) => place,
                None => match self.next_cell()? {
                    Some(place) => place,
                    None => return Ok(()),
                },
            };
            if place.row >= limits::ROWS || place.column >= limits::COLUMNS {
                return Err(BookError::Damaged { what: "a cell lies outside the sheet" });
            }
            if self.fields.is_empty() {
                if place.row < self.lines {
                    return Err(BookError::Damaged { what: "its rows are not in order" });
                }
                self.row = place.row;
            } else if place.row != self.row {
                self.ahead = Some(place);
                return Ok(());
            }
            let start = self.texts.len();
            self.texts.push_str(&self.field);
            if self.texts.len() > limits::ROW {
                return Err(BookError::TooLarge { what: "one row takes more than 64 MiB" });
            }
            if self.fields.len() >= limits::COLUMNS as usize {
                return Err(BookError::Damaged { what: "a cell is there twice" });
            }
            self.fields.push((place.column, start, self.texts.len()));
        }
    }

    /// The next cell that is not blank.
    fn next_cell(&mut self) -> Result<Option<Place>, BookError> {
        while !self.ended {
            self.field.clear();
            match self.cells.next(&mut self.field)? {
                Some(_) if self.field.is_empty() => {}
                Some(place) => return Ok(Some(place)),
                None => self.ended = true,
            }
        }
        Ok(None)
    }

    /// Writes the collected row, and the blank ones above it.
    fn write(&mut self) -> Result<(), BookError> {
        self.out.clear();
        self.read = 0;
        let Some(&(first, ..)) = self.fields.first() else { return Ok(()) };
        self.out.resize((self.row - self.lines) as usize, b'\n');
        self.lines = self.row + 1;
        if !self.fields.is_sorted_by(|a, b| a.0 < b.0) {
            self.fields.sort_by_key(|field| field.0);
            if !self.fields.is_sorted_by(|a, b| a.0 < b.0) {
                return Err(BookError::Damaged { what: "a cell is there twice" });
            }
        }
        let filled = self.fields.last().map_or(first, |field| field.0) + 1;
        if self.width.is_none() && self.row >= self.header_row {
            self.width = Some(filled);
        }
        let mut column = 0;
        for &(at, start, end) in &self.fields {
            while column < at {
                self.out.push(b',');
                column += 1;
            }
            quote(&self.texts[start..end], &mut self.out);
        }
        let missing = self.width.unwrap_or(0).saturating_sub(filled) as usize;
        self.out.resize(self.out.len() + missing, b',');
        self.out.push(b'\n');
        self.given += self.out.len() as u64;
        if self.given > limits::TEXT {
            return Err(BookError::TooLarge { what: "the sheet takes more than 4 GiB as text" });
        }
        Ok(())
    }
}

fn quote(field: &str, out: &mut Vec<u8>) {
    if !field.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        return out.extend_from_slice(field.as_bytes());
    }
    out.push(b'"');
    for (place, part) in field.split('"').enumerate() {
        if place > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

impl<C: Cells> Read for Csv<C> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        while length < out.len() {
            if self.read == self.out.len() {
                self.next_line().map_err(io::Error::other)?;
                if self.out.is_empty() {
                    break;
                }
            }
            let more = (out.len() - length).min(self.out.len() - self.read);
            out[length..length + more].copy_from_slice(&self.out[self.read..self.read + more]);
            self.read += more;
            length += more;
        }
        Ok(length)
    }
}

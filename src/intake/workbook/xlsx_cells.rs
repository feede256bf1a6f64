//! The cells of Office Open XML sheets.
//!
//! In: the XML of a sheet. Out: its cells. Invariant: one cell is in memory at a time; a formula without a value that
//! its program calculated is a fault, never a blank.

use std::io::Read;

use quick_xml::events::{BytesStart, Event};

use super::cells::{FAULT, Format, push_flag, push_iso_date, push_number, push_text};
use super::csv::{Cells, Place};
use super::error::BookError;
use super::xlsx::{Book, read_runs, unescaped};
use super::xml::{Xml, add_text, after_colon, attributes, local};

/// The cells of one sheet.
pub(super) struct SheetCells<'a, R: Read> {
    book: &'a Book,
    xml: Xml<R>,
    buffer: Vec<u8>,
    value: String,
    row: u32,
    column: u32,
    started: bool,
}

/// How the value of a cell is written.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    /// Not said, so a number, although some programs put texts there.
    Unsaid,
    Shared,
    Inline,
    Text,
    Flag,
    Date,
    Fault,
}

impl<'a, R: Read> SheetCells<'a, R> {
    pub(super) fn new(book: &'a Book, xml: Xml<R>) -> Self {
        Self { book, xml, buffer: Vec::new(), value: String::new(), row: 0, column: 0, started: false }
    }

    /// Reads one cell, whose tag was read, to its end.
    fn read_cell(&mut self, kind: Kind, format: Format, field: &mut String) -> Result<(), BookError> {
        let (mut formula, mut valued, mut in_value) = (false, false, false);
        self.value.clear();
        loop {
            let event = self.xml.next(&mut self.buffer)?;
            match &event {
                Event::Start(tag) => match local(tag) {
                    "f" => {
                        formula = true;
                        self.xml.skip(&mut self.buffer)?;
                    }
                    "v" => (valued, in_value) = (true, true),
                    "is" => read_runs(&mut self.xml, "is", &mut self.buffer, field)?,
                    _ => self.xml.skip(&mut self.buffer)?,
                },
                Event::End(tag) => match after_colon(tag.name().0) {
                    "v" => in_value = false,
                    "c" => break,
                    _ => {}
                },
                Event::Eof => return Err(BookError::Damaged { what: "its XML ends too early" }),
                more if in_value => add_text(more, &mut self.value)?,
                _ => {}
            }
        }
        let blank = if kind == Kind::Text { self.value.is_empty() } else { self.value.trim().is_empty() };
        let calculated = !formula || valued && kind == Kind::Text;
        match (field.is_empty(), blank) {
            (true, true) if !calculated || kind == Kind::Fault => field.push(FAULT),
            (true, false) => self.push_value(kind, format, formula, field)?,
            _ => {}
        }
        Ok(())
    }

    fn push_value(&self, kind: Kind, format: Format, formula: bool, field: &mut String) -> Result<(), BookError> {
        let value = self.value.as_str();
        match kind {
            Kind::Shared => {
                let text = value.trim().parse().ok().and_then(|place| self.book.texts.at(place));
                field.push_str(text.ok_or(BookError::Damaged { what: "a cell refers to a text that is not there" })?);
            }
            Kind::Text | Kind::Inline => push_text(field, &unescaped(value)),
            Kind::Flag => match value.trim() {
                "1" | "true" | "TRUE" => push_flag(field, true),
                "0" | "false" | "FALSE" => push_flag(field, false),
                _ => field.push(FAULT),
            },
            Kind::Date => push_iso_date(field, value.trim()),
            Kind::Fault => field.push(FAULT),
            Kind::Number | Kind::Unsaid => match value.trim().parse::<f64>() {
                Ok(number) if formula && self.book.to_calculate && number == 0.0 => field.push(FAULT),
                Ok(number) if number.is_finite() => push_number(field, number, format, self.book.from_1904),
                _ if kind == Kind::Unsaid => push_text(field, value),
                _ => field.push(FAULT),
            },
        }
        Ok(())
    }
}

/// Kind and format of a cell from its tag; where the tag says a place, row and column are set to it.
fn read_tag(
    tag: &BytesStart<'_>,
    formats: &[Format],
    (row, column): (&mut u32, &mut u32),
) -> Result<(Kind, Format), BookError> {
    let (mut kind, mut format, mut broken) = (Kind::Unsaid, 0, false);
    attributes(tag, |name, value| match name {
        "r" => match place(&value) {
            Some((Some(its_column), its_row)) => (*row, *column) = (its_row, its_column),
            _ => broken = true,
        },
        "s" => format = value.trim().parse().unwrap_or(0_usize),
        "t" => match kind_of(&value) {
            Some(known) => kind = known,
            None => broken = true,
        },
        _ => {}
    })?;
    if broken {
        return Err(BookError::Damaged { what: "a cell has no place or no known type" });
    }
    Ok((kind, formats.get(format).copied().unwrap_or_default()))
}

fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "n" => Kind::Number,
        "s" => Kind::Shared,
        "inlineStr" => Kind::Inline,
        "str" => Kind::Text,
        "b" => Kind::Flag,
        "d" => Kind::Date,
        "e" => Kind::Fault,
        _ => return None,
    })
}

/// Column, if any, and row of a reference such as `AB12`, counted from 0.
fn place(reference: &str) -> Option<(Option<u32>, u32)> {
    let digits = reference.trim_start_matches(|character: char| character.is_ascii_alphabetic());
    let letters = &reference[..reference.len() - digits.len()];
    if letters.len() > 3 || digits.len() > 7 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let column = letters.bytes().fold(0, |column, letter| column * 26 + u32::from(letter.to_ascii_uppercase() - b'@'));
    Some((column.checked_sub(1), digits.parse::<u32>().ok()?.checked_sub(1)?))
}

impl<R: Read> Cells for SheetCells<'_, R> {
    fn next(&mut self, field: &mut String) -> Result<Option<Place>, BookError> {
        loop {
            let event = self.xml.next(&mut self.buffer)?;
            match &event {
                Event::Start(tag) => match local(tag) {
                    "sheetData" => self.started = true,
                    "row" if self.started => {
                        let mut row = Some(self.row);
                        attributes(tag, |name, value| {
                            if name == "r" {
                                row = place(&value).map(|(_, row)| row);
                            }
                        })?;
                        self.row = row.ok_or(BookError::Damaged { what: "a row has no number" })?;
                        self.column = 0;
                    }
                    "c" if self.started => {
                        let at = (&mut self.row, &mut self.column);
                        let (kind, format) = read_tag(tag, &self.book.formats, at)?;
                        self.read_cell(kind, format, field)?;
                        let place = Place { row: self.row, column: self.column };
                        self.column += 1;
                        return Ok(Some(place));
                    }
                    _ => {}
                },
                Event::End(tag) => match after_colon(tag.name().0) {
                    "row" => self.row += 1,
                    "sheetData" => return self.xml.finish(&mut self.buffer).map(|()| None),
                    _ => {}
                },
                Event::Eof if self.started => return Err(BookError::Damaged { what: "its XML ends too early" }),
                Event::Eof => return Err(BookError::Damaged { what: "a sheet has no cells part" }),
                _ => {}
            }
        }
    }
}

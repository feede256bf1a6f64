//! The cells of an OpenDocument sheet.
//!
//! In: the XML of a sheet. Out: its cells. Invariant: one row is in memory at a time, however often it or its cells
//! are said to repeat; a formula without a value, or with the text of an error, is a fault, never a blank.

use std::io::Read;

use quick_xml::events::{BytesStart, Event};

use super::cells::{FAULT, Format, push_flag, push_iso_date, push_iso_time, push_number, push_text};
use super::csv::{Cells, Place};
use super::error::BookError;
use super::limits;
use super::xml::{Xml, add_text, after_colon, attributes, local, meant};

/// The cells of the sheet that was just entered.
pub(super) struct SheetCells<'a, R: Read> {
    xml: &'a mut Xml<R>,
    buffer: Vec<u8>,
    depth: usize,
    /// The next row to read, counted from 0.
    row: u32,
    /// The row that was read: runs of equal cells, as first column, how many, and the field.
    runs: Vec<(u32, u32, String)>,
    bytes: usize,
    /// How often the row that was read is still given, and what of it was given this time.
    times: u32,
    run: usize,
    within: u32,
    ended: bool,
    text: String,
}

/// What the tag of a cell says.
#[derive(Default)]
struct Tag {
    repeated: u32,
    kind: String,
    value: Option<String>,
    formula: bool,
    error: bool,
}

impl Tag {
    fn read(tag: &BytesStart<'_>) -> Result<Self, BookError> {
        let mut cell = Self { repeated: 1, ..Self::default() };
        attributes(tag, |name, value| match name {
            "table:number-columns-repeated" => cell.repeated = value.trim().parse().unwrap_or(1),
            "office:value-type" => cell.kind = meant(&value),
            "office:value"
            | "office:date-value"
            | "office:time-value"
            | "office:boolean-value"
            | "office:string-value" => cell.value = Some(meant(&value)),
            "table:formula" => cell.formula = true,
            "calcext:value-type" => cell.error |= value == "error",
            _ => {}
        })?;
        Ok(cell)
    }

    /// Adds the value; `shown` is the text that people see.
    fn push(&self, shown: &str, field: &mut String) {
        let value = self.value.as_deref();
        if self.error || self.formula && is_error(shown) {
            return field.push(FAULT);
        }
        match (self.kind.as_str(), value) {
            ("float" | "percentage" | "currency", Some(value)) => match value.trim().parse::<f64>() {
                Ok(number) => push_number(field, number, zeros(shown, number), false),
                Err(_) => field.push(FAULT),
            },
            ("date", Some(value)) => push_iso_date(field, value.trim()),
            ("time", Some(value)) => push_iso_time(field, value.trim()),
            ("boolean", Some(value)) => match value.trim() {
                "true" | "TRUE" => push_flag(field, true),
                "false" | "FALSE" => push_flag(field, false),
                _ => field.push(FAULT),
            },
            ("string", Some(value)) if !value.is_empty() => push_text(field, value),
            ("", _) if self.formula => field.push(FAULT),
            // Some programs leave the type out.
            ("string" | "", _) => push_text(field, shown),
            _ => field.push(FAULT),
        }
    }
}

/// The texts that spreadsheet programs show for errors.
fn is_error(shown: &str) -> bool {
    const ERRORS: [&str; 7] = ["#N/A", "#NAME?", "#DIV/0!", "#REF!", "#VALUE!", "#NUM!", "#NULL!"];
    let code = shown.strip_prefix("Err:").is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
    code || ERRORS.contains(&shown)
}

/// The format of a number that people see with zeros before it.
fn zeros(shown: &str, number: f64) -> Format {
    let padded = shown.len() > 1 && shown.starts_with('0') && shown.bytes().all(|byte| byte.is_ascii_digit());
    match u8::try_from(shown.len()) {
        #[expect(clippy::float_cmp, reason = "what is shown must be the very number")]
        Ok(digits) if padded && shown.parse::<f64>().is_ok_and(|seen| seen == number) => Format::Zeros(digits),
        _ => Format::Number,
    }
}

impl<'a, R: Read> SheetCells<'a, R> {
    pub(super) fn new(xml: &'a mut Xml<R>) -> Self {
        let depth = xml.depth();
        Self {
            xml,
            buffer: Vec::new(),
            depth,
            row: 0,
            runs: Vec::new(),
            bytes: 0,
            times: 0,
            run: 0,
            within: 0,
            ended: false,
            text: String::new(),
        }
    }

    /// Passes over the rest of the sheet.
    pub(super) fn leave(mut self) -> Result<(), BookError> {
        if self.ended {
            return Ok(());
        }
        self.xml.skip_to(self.depth - 1, &mut self.buffer)
    }

    /// Reads rows up to one that holds something; false at the end of the sheet.
    fn read_row(&mut self) -> Result<bool, BookError> {
        loop {
            let event = self.xml.next(&mut self.buffer)?;
            match &event {
                Event::Start(tag) => match local(tag) {
                    "table-row" => {
                        let mut times = 1_u32;
                        attributes(tag, |name, value| {
                            if name == "table:number-rows-repeated" {
                                times = value.trim().parse().unwrap_or(1);
                            }
                        })?;
                        self.read_cells()?;
                        let first = self.row;
                        self.row = self.row.saturating_add(times);
                        if !self.runs.is_empty() {
                            if self.row > limits::ROWS {
                                return Err(BookError::Damaged { what: "a cell lies outside the sheet" });
                            }
                            (self.times, self.run, self.within) = (self.row - first, 0, 0);
                            return Ok(self.times > 0);
                        }
                    }
                    // Groups of rows are opened; what else stands in a sheet holds no cells.
                    "table-row-group" | "table-rows" | "table-header-rows" => {}
                    _ => self.xml.skip(&mut self.buffer)?,
                },
                Event::End(_) if self.xml.depth() < self.depth => return Ok(false),
                Event::Eof => return Err(BookError::Damaged { what: "its XML ends too early" }),
                _ => {}
            }
        }
    }

    /// Reads the cells of a row up to its end.
    fn read_cells(&mut self) -> Result<(), BookError> {
        self.runs.clear();
        self.bytes = 0;
        let mut column = 0_u32;
        loop {
            let event = self.xml.next(&mut self.buffer)?;
            match &event {
                Event::Start(tag) if matches!(local(tag), "table-cell" | "covered-table-cell") => {
                    let tag = Tag::read(tag)?;
                    self.read_shown()?;
                    let mut field = String::new();
                    tag.push(&self.text, &mut field);
                    let first = column;
                    column = column.saturating_add(tag.repeated);
                    if field.is_empty() || tag.repeated == 0 {
                        continue;
                    }
                    self.bytes = self.bytes.saturating_add(field.len().saturating_mul(tag.repeated as usize));
                    if column > limits::COLUMNS {
                        return Err(BookError::Damaged { what: "a cell lies outside the sheet" });
                    }
                    if self.bytes > limits::ROW {
                        return Err(BookError::TooLarge { what: "one row takes more than 64 MiB" });
                    }
                    self.runs.push((first, tag.repeated, field));
                }
                Event::Start(_) => self.xml.skip(&mut self.buffer)?,
                Event::End(tag) if after_colon(tag.name().0) == "table-row" => return Ok(()),
                Event::Eof => return Err(BookError::Damaged { what: "its XML ends too early" }),
                _ => {}
            }
        }
    }

    /// Reads what people see in a cell, up to its end: paragraphs, without comments, drawings and the like.
    fn read_shown(&mut self) -> Result<(), BookError> {
        self.text.clear();
        let outside = self.xml.depth() - 1;
        let (mut paragraphs, mut inside) = (0, None);
        let mut piece = String::new();
        loop {
            let event = self.xml.next(&mut self.buffer)?;
            match &event {
                Event::Start(tag) => match local(tag) {
                    "p" | "h" => {
                        if paragraphs > 0 {
                            self.text.push('\n');
                        }
                        paragraphs += 1;
                        inside = Some(self.xml.depth());
                    }
                    "s" => {
                        let mut count = 1;
                        attributes(tag, |name, value| {
                            if name == "text:c" {
                                count = value.trim().parse().unwrap_or(1_usize);
                            }
                        })?;
                        self.text.extend(std::iter::repeat_n(' ', count.min(limits::CELL)));
                    }
                    "tab" => self.text.push('\t'),
                    "line-break" => self.text.push('\n'),
                    "span" | "a" | "ruby" | "ruby-base" | "meta" | "meta-field" | "date" | "time" | "title"
                    | "sheet-name" => {}
                    _ => self.xml.skip(&mut self.buffer)?,
                },
                Event::End(_) if self.xml.depth() <= outside => break,
                Event::End(_) => inside = inside.filter(|&depth| self.xml.depth() >= depth),
                Event::Eof => return Err(BookError::Damaged { what: "its XML ends too early" }),
                more if inside.is_some() => {
                    piece.clear();
                    add_text(more, &mut piece)?;
                    // Line ends and indents of the file itself are one blank each, as the format says.
                    for character in piece.chars() {
                        match character {
                            ' ' | '\t' | '\n' | '\r' if self.text.ends_with([' ', '\n']) || self.text.is_empty() => {}
                            ' ' | '\t' | '\n' | '\r' => self.text.push(' '),
                            other => self.text.push(other),
                        }
                    }
                }
                _ => {}
            }
            if self.text.len() > limits::CELL {
                return Err(BookError::TooLarge { what: "a single value takes more than 1 MiB" });
            }
        }
        Ok(())
    }
}

impl<R: Read> Cells for SheetCells<'_, R> {
    fn next(&mut self, field: &mut String) -> Result<Option<Place>, BookError> {
        while !self.ended {
            if self.times == 0 {
                self.ended = !self.read_row()?;
                continue;
            }
            let Some((first, count, text)) = self.runs.get(self.run) else {
                self.times -= 1;
                (self.run, self.within) = (0, 0);
                continue;
            };
            field.push_str(text);
            let place = Place { row: self.row - self.times, column: first + self.within };
            self.within += 1;
            if self.within == *count {
                (self.run, self.within) = (self.run + 1, 0);
            }
            return Ok(Some(place));
        }
        Ok(None)
    }
}

//! Binary Office Open XML workbooks (`.xlsb`), as MS-XLSB describes them.
//!
//! In: a package. Out: the cells of its sheets. Invariant: one record is in memory at a time, beside the shared texts
//! and the formats; every type of cell is known, and what a formula gave as an error is a fault, never a blank.

use std::io::{Read, Seek};

use super::biff::{BROKEN, Record, Records};
use super::cells::{FAULT, Format, push_flag, push_number, push_text};
use super::csv::{Cells, Place};
use super::error::BookError;
use super::limits;
use super::package::{Package, Relations};
use super::sheets::Sheet;
use super::texts::Texts;

/// What cells need to know of their workbook.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) sheets: Vec<Sheet>,
    from_1904: bool,
    /// The values of formulas are to be calculated when the workbook is opened: a 0 there is none yet.
    to_calculate: bool,
    texts: Texts,
    formats: Vec<Format>,
}

/// Types of records outside of sheets.
mod book_record {
    pub(super) const PROPERTIES: u32 = 153;
    pub(super) const CALCULATION: u32 = 157;
    pub(super) const SHEET: u32 = 156;
    pub(super) const SHARED_TEXT: u32 = 19;
    pub(super) const FORMAT: u32 = 44;
    pub(super) const STYLE: u32 = 47;
    pub(super) const STYLES_OF_CELLS: u32 = 617;
    pub(super) const END_OF_STYLES_OF_CELLS: u32 = 618;
}

impl Book {
    /// Reads all of a workbook but its sheets.
    pub(super) fn open<F: Read + Seek>(package: &mut Package<F>) -> Result<Self, BookError> {
        let top = package.relations("")?;
        let path = top.by_kind("officeDocument").unwrap_or("xl/workbook.bin").to_owned();
        let relations = package.relations(&path)?;
        let mut book = Self::default();
        book.read_workbook(package, &path, &relations)?;
        let styles = relations.by_kind("styles").unwrap_or("xl/styles.bin");
        if package.has(styles) {
            book.read_formats(Records::new(package.part(styles)?))?;
        }
        let texts = relations.by_kind("sharedStrings").unwrap_or("xl/sharedStrings.bin");
        if package.has(texts) {
            book.read_texts(Records::new(package.part(texts)?))?;
        }
        Ok(book)
    }

    fn read_workbook<F: Read + Seek>(
        &mut self,
        package: &mut Package<F>,
        path: &str,
        relations: &Relations,
    ) -> Result<(), BookError> {
        let mut records = Records::new(package.part(path)?);
        while let Some((kind, record)) = records.next()? {
            match kind {
                book_record::PROPERTIES => self.from_1904 = record.byte(0)? & 1 == 1,
                book_record::CALCULATION => self.to_calculate = record.byte(24).is_ok_and(|flags| flags & 1 == 1),
                book_record::SHEET => {
                    let visible = record.u32(0)? == 0;
                    let (id, end) = record.text(8)?;
                    let (name, _) = record.text(end)?;
                    // Charts, dialogs and macro sheets hold no cells.
                    if let Some(("worksheet", path)) = relations.by_id(&id) {
                        self.sheets.push(Sheet { name, visible, path: path.to_owned() });
                    }
                    if self.sheets.len() > limits::SHEETS {
                        return Err(BookError::TooLarge { what: "it holds more than 4,096 sheets" });
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn read_formats<R: Read>(&mut self, mut records: Records<R>) -> Result<(), BookError> {
        let mut own: Vec<(u32, Format)> = Vec::new();
        let mut in_cells = false;
        while let Some((kind, record)) = records.next()? {
            match kind {
                book_record::FORMAT => {
                    own.push((u32::from(record.u16(0)?), Format::of_code(&record.text(2)?.0)));
                }
                book_record::STYLES_OF_CELLS => in_cells = true,
                book_record::END_OF_STYLES_OF_CELLS => in_cells = false,
                book_record::STYLE if in_cells => {
                    let id = u32::from(record.u16(2)?);
                    let format = own.iter().find(|(own, _)| *own == id).map(|(_, format)| *format);
                    self.formats.push(format.unwrap_or_else(|| Format::built_in(id)));
                }
                _ => {}
            }
            if self.formats.len() > limits::FORMATS || own.len() > limits::OWN_FORMATS {
                return Err(BookError::TooLarge {
                    what: "it holds more cell formats than a spreadsheet program allows",
                });
            }
        }
        Ok(())
    }

    fn read_texts<R: Read>(&mut self, mut records: Records<R>) -> Result<(), BookError> {
        let mut clean = String::new();
        while let Some((kind, record)) = records.next()? {
            if kind == book_record::SHARED_TEXT {
                clean.clear();
                push_text(&mut clean, &record.text(1)?.0);
                self.texts.push(&clean)?;
            }
        }
        Ok(())
    }
}

/// The cells of one sheet.
pub(super) struct SheetCells<'a, R: Read> {
    book: &'a Book,
    records: Records<R>,
    place: Place,
    started: bool,
}

impl<'a, R: Read> SheetCells<'a, R> {
    pub(super) fn new(book: &'a Book, records: Records<R>) -> Self {
        Self { book, records, place: Place { row: 0, column: 0 }, started: false }
    }
}

/// Types of records of a sheet.
mod sheet_record {
    pub(super) const ROW: u32 = 0;
    pub(super) const BLANK: u32 = 1;
    pub(super) const RK: u32 = 2;
    pub(super) const ERROR: u32 = 3;
    pub(super) const FLAG: u32 = 4;
    pub(super) const REAL: u32 = 5;
    pub(super) const TEXT: u32 = 6;
    pub(super) const SHARED: u32 = 7;
    pub(super) const FORMULA_TEXT: u32 = 8;
    pub(super) const FORMULA_REAL: u32 = 9;
    pub(super) const FORMULA_FLAG: u32 = 10;
    pub(super) const FORMULA_ERROR: u32 = 11;
    /// The same without a column: they stand right of the cell before.
    pub(super) const SHORT_BLANK: u32 = 12;
    pub(super) const SHORT_RK: u32 = 13;
    pub(super) const SHORT_ERROR: u32 = 14;
    pub(super) const SHORT_FLAG: u32 = 15;
    pub(super) const SHORT_REAL: u32 = 16;
    pub(super) const SHORT_TEXT: u32 = 17;
    pub(super) const SHORT_SHARED: u32 = 18;
    pub(super) const RICH_TEXT: u32 = 62;
    pub(super) const START: u32 = 145;
    pub(super) const END: u32 = 146;
}

/// Adds the value of a cell, which begins at `value`.
fn push_value(book: &Book, kind: u32, format: Format, value: Record<'_>, field: &mut String) -> Result<(), BookError> {
    use sheet_record as is;
    match kind {
        is::FORMULA_REAL if book.to_calculate && value.f64(0)? == 0.0 => field.push(FAULT),
        is::RK | is::SHORT_RK => push_number(field, value.rk(0)?, format, book.from_1904),
        is::REAL | is::SHORT_REAL | is::FORMULA_REAL => push_number(field, value.f64(0)?, format, book.from_1904),
        is::FLAG | is::SHORT_FLAG | is::FORMULA_FLAG => push_flag(field, value.byte(0)? != 0),
        is::TEXT | is::SHORT_TEXT | is::FORMULA_TEXT => push_text(field, &value.text(0)?.0),
        is::RICH_TEXT => push_text(field, &value.text(1)?.0),
        is::SHARED | is::SHORT_SHARED => {
            let text = self::text_at(book, value)?;
            field.push_str(text);
        }
        is::ERROR | is::SHORT_ERROR | is::FORMULA_ERROR => field.push(FAULT),
        _ => {}
    }
    Ok(())
}

fn text_at<'a>(book: &'a Book, value: Record<'_>) -> Result<&'a str, BookError> {
    let text = book.texts.at(value.u32(0)? as usize);
    text.ok_or(BookError::Damaged { what: "a cell refers to a text that is not there" })
}

impl<R: Read> Cells for SheetCells<'_, R> {
    fn next(&mut self, field: &mut String) -> Result<Option<Place>, BookError> {
        use sheet_record as is;
        loop {
            let Some((kind, record)) = self.records.next()? else { return Err(BROKEN) };
            match kind {
                is::START => self.started = true,
                is::END => {
                    // To the end of the part, where its checksum is compared.
                    while self.records.next()?.is_some() {}
                    return Ok(None);
                }
                _ if !self.started => {}
                is::ROW => self.place = Place { row: record.u32(0)?, column: u32::MAX },
                is::BLANK..=is::SHORT_SHARED | is::RICH_TEXT => {
                    let short = (is::SHORT_BLANK..=is::SHORT_SHARED).contains(&kind);
                    let start = if short { 0 } else { 4 };
                    self.place.column = if short { self.place.column.wrapping_add(1) } else { record.u32(0)? };
                    // The upper byte tells of phonetic text.
                    let format = (record.u32(start)? & 0x00FF_FFFF) as usize;
                    let format = self.book.formats.get(format).copied().unwrap_or_default();
                    push_value(self.book, kind, format, record.after(start + 4)?, field)?;
                    return Ok(Some(self.place));
                }
                _ => {}
            }
        }
    }
}

//! Workbooks as CSV.
//!
//! In: a spreadsheet file, as Excel, LibreOffice and HR systems write them. Out: one of its sheets as a stream of CSV
//! in UTF-8, in which cells that are no text begin with a mark of their type (see [`NUMBER`] and its neighbours).
//! Invariant: line n of the stream is row n of the sheet; memory is bounded whatever the file says of itself; a cell
//! without a value to be trusted is a [`FAULT`], never blank; no message holds the value of a cell.
//!
//! | step | file |
//! | --- | --- |
//! | what the file is | `content.rs` |
//! | its parts, counted as they unpack | `package.rs`, `limits.rs` |
//! | XML and binary records of a part | `xml.rs`, `biff.rs` |
//! | which sheet is read | `sheets.rs` |
//! | the sheets, formats and shared texts of a workbook | `xlsx.rs`, `xlsb.rs`, `ods.rs`, `texts.rs` |
//! | the cells of a sheet | `xlsx_cells.rs`, `xlsb.rs`, `ods_cells.rs` |
//! | a cell as a field | `cells.rs` |
//! | fields as lines | `csv.rs` |

mod biff;
mod cells;
mod content;
mod csv;
mod error;
mod limits;
mod ods;
mod ods_cells;
mod package;
mod sheets;
#[cfg(test)]
mod tests;
mod texts;
mod xlsb;
mod xlsx;
mod xlsx_cells;
mod xml;

use std::io::{Read, Seek};

pub use cells::{DATE, FAULT, FLAG, HOURS, NUMBER};
pub use content::{Content, START, content_of, content_of_file};
pub use error::BookError;

use biff::Records;
use csv::{Cells, Csv};
use package::Package;

/// The kinds of workbooks that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookKind {
    /// Office Open XML: `.xlsx`, and `.xlsm`, whose macros nobody runs.
    Xlsx,
    /// The same in binary: `.xlsb`.
    Xlsb,
    /// OpenDocument: `.ods`.
    Ods,
}

/// Hands one sheet of a workbook, as CSV, to `read`.
///
/// `sheet` names it; without a name it is the only sheet that people see and that holds cells. The header is the first
/// filled row at or below `header_line`, counted from 1; no row below it has fewer fields than it.
///
/// # Errors
/// When the file is no such workbook, is damaged, too large or protected, or does not tell which sheet is meant. What
/// is found while `read` reads comes to it as an I/O error around a [`BookError`].
pub fn read_workbook<T>(
    file: impl Read + Seek,
    kind: BookKind,
    sheet: Option<&str>,
    header_line: Option<u32>,
    read: impl FnOnce(&mut dyn Read) -> T,
) -> Result<T, BookError> {
    let mut package = Package::open(file)?;
    match kind {
        BookKind::Xlsx => {
            let book = xlsx::Book::open(&mut package)?;
            let chosen = sheets::choose(&book.sheets, sheet, |place| {
                let xml = package.xml(&book.sheets[place].path)?;
                holds_cells(&mut xlsx_cells::SheetCells::new(&book, xml))
            })?;
            let xml = package.xml(&book.sheets[chosen].path)?;
            Ok(read(&mut Csv::new(xlsx_cells::SheetCells::new(&book, xml), header_line)))
        }
        BookKind::Xlsb => {
            let book = xlsb::Book::open(&mut package)?;
            let chosen = sheets::choose(&book.sheets, sheet, |place| {
                let records = Records::new(package.part(&book.sheets[place].path)?);
                holds_cells(&mut xlsb::SheetCells::new(&book, records))
            })?;
            let records = Records::new(package.part(&book.sheets[chosen].path)?);
            Ok(read(&mut Csv::new(xlsb::SheetCells::new(&book, records), header_line)))
        }
        BookKind::Ods => {
            ods::check(&mut package)?;
            let (sheets, filled) = ods::sheets(&mut package)?;
            let chosen = sheets::choose(&sheets, sheet, |place| Ok(filled[place]))?;
            let mut xml = package.xml(ods::CONTENT)?;
            ods::go_to(&mut xml, chosen)?;
            Ok(read(&mut Csv::new(ods_cells::SheetCells::new(&mut xml), header_line)))
        }
    }
}

fn holds_cells(cells: &mut impl Cells) -> Result<bool, BookError> {
    let mut field = String::new();
    while cells.next(&mut field)?.is_some() {
        if !field.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

//! OpenDocument spreadsheets (`.ods`): all but their cells.
//!
//! In: a package. Out: its sheets, and the XML of one of them. Invariant: a table that is no sheet is passed over.

use std::collections::HashSet;
use std::io::{Read, Seek};

use quick_xml::events::Event;

use super::csv::Cells;
use super::error::BookError;
use super::limits;
use super::ods_cells::SheetCells;
use super::package::Package;
use super::sheets::Sheet;
use super::xml::{Xml, after_colon, attributes, local, meant};

pub(super) const CONTENT: &str = "content.xml";

/// Where a package says what it holds, and whether it is encrypted.
pub(super) fn check<F: Read + Seek>(package: &mut Package<F>) -> Result<(), BookError> {
    const MANIFEST: &str = "META-INF/manifest.xml";
    if !package.has(MANIFEST) {
        return Ok(());
    }
    let mut xml = package.xml(MANIFEST)?;
    let mut buffer = Vec::new();
    loop {
        match xml.next(&mut buffer)? {
            Event::Start(tag) if local(&tag) == "encryption-data" => return Err(BookError::Encrypted),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The sheets, and for each whether it holds cells. This passes over the whole content once,
/// to its end, where its checksum is compared.
pub(super) fn sheets<F: Read + Seek>(package: &mut Package<F>) -> Result<(Vec<Sheet>, Vec<bool>), BookError> {
    let mut xml = package.xml(CONTENT)?;
    let mut buffer = Vec::new();
    let mut hidden_styles = HashSet::new();
    let mut style = String::new();
    let (mut sheets, mut filled) = (Vec::new(), Vec::new());
    loop {
        let event = xml.next(&mut buffer)?;
        match &event {
            Event::Start(tag) => match local(tag) {
                "style" => {
                    style.clear();
                    attributes(tag, |name, value| {
                        if name == "style:name" {
                            style = meant(&value);
                        }
                    })?;
                }
                "table-properties" => {
                    let mut hidden = false;
                    attributes(tag, |name, value| hidden |= name == "table:display" && value == "false")?;
                    if hidden && hidden_styles.len() < limits::SHEETS {
                        hidden_styles.insert(style.clone());
                    }
                }
                "spreadsheet" => {
                    while let Some((name, style)) = enter_table(&mut xml, &mut buffer)? {
                        if sheets.len() >= limits::SHEETS {
                            return Err(BookError::TooLarge { what: "it holds more than 4,096 sheets" });
                        }
                        sheets.push(Sheet { name, visible: !hidden_styles.contains(&style), path: String::new() });
                        filled.push(holds_cells(SheetCells::new(&mut xml))?);
                    }
                    xml.finish(&mut buffer)?;
                    return Ok((sheets, filled));
                }
                _ => {}
            },
            Event::Eof => return Err(BookError::Damaged { what: "it holds no spreadsheet" }),
            _ => {}
        }
    }
}

/// Goes to the sheet at `place` of the content.
pub(super) fn go_to<R: Read>(xml: &mut Xml<R>, place: usize) -> Result<(), BookError> {
    let mut buffer = Vec::new();
    loop {
        match xml.next(&mut buffer)? {
            Event::Start(tag) if local(&tag) == "spreadsheet" => break,
            Event::Eof => return Err(BookError::Damaged { what: "it holds no spreadsheet" }),
            _ => {}
        }
    }
    for _ in 0..place {
        enter_table(xml, &mut buffer)?;
        xml.skip(&mut buffer)?;
    }
    enter_table(xml, &mut buffer)?;
    Ok(())
}

/// Goes to the start of the next sheet, and tells its name and style. Tables elsewhere, such as those of tracked
/// changes and of links, are no sheets.
fn enter_table<R: Read>(xml: &mut Xml<R>, buffer: &mut Vec<u8>) -> Result<Option<(String, String)>, BookError> {
    loop {
        let event = xml.next(buffer)?;
        match &event {
            Event::Start(tag) if local(tag) == "table" => {
                let (mut name, mut style) = (String::new(), String::new());
                attributes(tag, |key, value| match key {
                    "table:name" => name = meant(&value),
                    "table:style-name" => style = meant(&value),
                    _ => {}
                })?;
                return Ok(Some((name, style)));
            }
            Event::Start(_) => xml.skip(buffer)?,
            Event::End(tag) if after_colon(tag.name().0) == "spreadsheet" => return Ok(None),
            Event::Eof => return Err(BookError::Damaged { what: "its XML ends too early" }),
            _ => {}
        }
    }
}

/// Whether a sheet holds cells; it is passed over to its end.
fn holds_cells<R: Read>(mut cells: SheetCells<'_, R>) -> Result<bool, BookError> {
    let mut field = String::new();
    let mut filled = false;
    while !filled && cells.next(&mut field)?.is_some() {
        filled = !field.is_empty();
    }
    cells.leave()?;
    Ok(filled)
}

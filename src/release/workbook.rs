//! Reading a workbook back.
//!
//! In: the bytes of an Office Open XML workbook. Out: the cells of its sheet `benchmarks`, row by row. Invariant: shares no code with
//! what wrote it, and finds sheets as Excel does, by the names and relations in the workbook; a formula, another sheet or a kind of
//! cell that a copy has no need of is a fault.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use zip::ZipArchive;

use super::copies::Cell;
use super::xlsx::SHEETS;

type Archive<'c> = ZipArchive<Cursor<&'c [u8]>>;

/// Reads a copy row by row, its header first.
pub(super) fn read(content: &[u8], take: &mut dyn FnMut(&[Cell<'_>])) -> Result<(), String> {
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|error| format!("is no workbook: {error}"))?;
    let sheets = sheets(&part(&mut archive, "xl/workbook.xml")?)?;
    if !sheets.iter().map(|(name, _)| name.as_str()).eq(SHEETS) {
        return Err(format!("has other sheets than {}", SHEETS.join(", ")));
    }
    let targets = targets(&part(&mut archive, "xl/_rels/workbook.xml.rels")?)?;
    let texts = texts(&part(&mut archive, "xl/sharedStrings.xml")?)?;
    for (number, (name, relation)) in sheets.iter().enumerate() {
        let target = targets.get(relation).ok_or_else(|| format!("has no file for its sheet {name}"))?;
        let path = target.strip_prefix('/').map_or(format!("xl/{target}"), str::to_owned);
        let text = part(&mut archive, &path)?;
        // Of the other sheets it matters only that nothing in them is computed.
        if number == 0 { rows(&text, &texts, take)? } else { rows(&text, &texts, &mut |_| {})? }
    }
    Ok(())
}

/// A file in the workbook.
fn part(archive: &mut Archive<'_>, name: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut file = archive.by_name(name).map_err(|error| format!("lacks {name}: {error}"))?;
    file.read_to_string(&mut text).map_err(|error| format!("{name} in it cannot be read: {error}"))?;
    Ok(text)
}

fn next<'t>(reader: &mut Reader<&'t [u8]>) -> Result<Event<'t>, String> {
    reader.read_event().map_err(|error| format!("is not XML inside: {error}"))
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let broken = |_| "has an attribute that cannot be read".to_owned();
    let Some(attribute) = element.try_get_attribute(name).map_err(broken)? else { return Ok(None) };
    let value = attribute.normalized_value(XmlVersion::Explicit1_0);
    value.map(|value| Some(value.into_owned())).map_err(|_| "has an attribute that cannot be read".to_owned())
}

/// The names of sheets, in order, with the relations that lead to their files.
fn sheets(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut sheets = Vec::new();
    let mut reader = Reader::from_str(text);
    loop {
        match next(&mut reader)? {
            Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == "sheet" => {
                let (name, relation) = (attribute(&element, "name")?, attribute(&element, "r:id")?);
                sheets.push((name.unwrap_or_default(), relation.unwrap_or_default()));
            }
            Event::Eof => return Ok(sheets),
            _ => {}
        }
    }
}

/// The files that relations lead to.
fn targets(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut targets = BTreeMap::new();
    let mut reader = Reader::from_str(text);
    loop {
        match next(&mut reader)? {
            Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == "Relationship" => {
                let (id, target) = (attribute(&element, "Id")?, attribute(&element, "Target")?);
                targets.insert(id.unwrap_or_default(), target.unwrap_or_default());
            }
            Event::Eof => return Ok(targets),
            _ => {}
        }
    }
}

/// Adds what an event says in letters.
fn add(out: &mut String, event: &Event<'_>) -> Result<(), String> {
    match event {
        Event::Text(text) => out.push_str(&text.xml10_content()),
        Event::CData(text) => out.push_str(&text.xml10_content()),
        Event::GeneralRef(reference) => {
            let unknown = || "has a reference to a character that is none".to_owned();
            if let Some(character) = reference.resolve_char_ref().map_err(|_| unknown())? {
                out.push(character);
            } else {
                let text = quick_xml::escape::resolve_predefined_entity(reference.as_ref());
                out.push_str(text.ok_or_else(unknown)?);
            }
        }
        _ => {}
    }
    Ok(())
}

/// The texts that cells share.
fn texts(text: &str) -> Result<Vec<String>, String> {
    let mut texts: Vec<String> = Vec::new();
    let mut inside = false;
    let mut reader = Reader::from_str(text);
    loop {
        match next(&mut reader)? {
            Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == "si" => {
                texts.push(String::new());
            }
            Event::Start(element) if element.local_name().as_ref() == "t" => inside = true,
            Event::End(element) if element.local_name().as_ref() == "t" => inside = false,
            Event::Eof => return Ok(texts.iter().map(|text| decoded(text)).collect()),
            event if inside => {
                if let Some(text) = texts.last_mut() {
                    add(text, &event)?;
                }
            }
            _ => {}
        }
    }
}

/// A text in which `_x001F_` stands for a character.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find("_x") {
        let code = rest.get(place + 2..place + 6).filter(|_| rest.as_bytes().get(place + 6) == Some(&b'_'));
        let character = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        let (end, shown) = match character {
            Some(character) => (place + 7, Some(character)),
            None => (place + 1, None),
        };
        out.push_str(&rest[..place]);
        out.push(shown.unwrap_or('_'));
        rest = &rest[end..];
    }
    out + rest
}

/// The place of a column, from 0, in a reference such as `AB12`; and the row.
fn place(reference: &str) -> Option<(usize, usize)> {
    let digits = reference.find(|character: char| character.is_ascii_digit())?;
    let (letters, row) = reference.split_at(digits);
    let mut column = 0_usize;
    for letter in letters.bytes() {
        if !letter.is_ascii_uppercase() || column > 1 << 14 {
            return None;
        }
        column = column * 26 + usize::from(letter - b'A') + 1;
    }
    Some((column.checked_sub(1)?, row.parse().ok()?))
}

/// The cells of a sheet, row by row.
fn rows(text: &str, texts: &[String], take: &mut dyn FnMut(&[Cell<'_>])) -> Result<(), String> {
    let mut reader = Reader::from_str(text);
    let mut row = 0;
    let mut cells: Vec<Cell<'_>> = Vec::new();
    let mut kind: Option<String> = None;
    let mut value: Option<String> = None;
    loop {
        let event = next(&mut reader)?;
        match &event {
            Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                "f" => return Err("holds a formula".to_owned()),
                "row" => {
                    row += 1;
                    cells.clear();
                    if matches!(event, Event::Empty(_)) {
                        take(&[]);
                    }
                }
                "c" => {
                    kind = attribute(element, "t")?;
                    let reference = attribute(element, "r")?.unwrap_or_default();
                    match place(&reference) {
                        Some((column, found)) if found == row && column >= cells.len() => {
                            cells.resize(column, Cell::Nothing);
                        }
                        _ => return Err(format!("has a cell {reference:?} that is not in its place")),
                    }
                    if matches!(event, Event::Empty(_)) {
                        cells.push(Cell::Nothing);
                    }
                }
                "v" => value = Some(String::new()),
                "is" => return Err("has a text that cells do not share".to_owned()),
                _ => {}
            },
            Event::End(element) => match element.local_name().as_ref() {
                "c" => cells.push(cell(kind.as_deref(), value.take(), texts)?),
                "row" => take(&cells),
                _ => {}
            },
            Event::Eof => return Ok(()),
            event => {
                if let Some(value) = &mut value {
                    add(value, event)?;
                }
            }
        }
    }
}

fn cell<'t>(kind: Option<&str>, value: Option<String>, texts: &'t [String]) -> Result<Cell<'t>, String> {
    let Some(value) = value else { return Ok(Cell::Nothing) };
    match kind {
        None | Some("n") => value.parse().map(Cell::Number).map_err(|_| "has a number that is none".to_owned()),
        Some("s") => {
            let text = value.parse().ok().and_then(|place: usize| texts.get(place));
            text.map(|text| Cell::Text(Cow::Borrowed(text.as_str()))).ok_or_else(|| "lacks a text".to_owned())
        }
        Some(_) => Err("has a cell that is neither a number nor a text".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_decoded() {
        for (text, expected) in
            [("_x0001__x000D_", "\u{1}\r"), ("_x005F_x0041_", "_x0041_"), ("_T", "_T"), ("_x00é1_ _x", "_x00é1_ _x")]
        {
            assert_eq!(decoded(text), expected);
        }
    }

    #[test]
    fn places_are_read() {
        assert_eq!(["A1", "Z2", "AA3", "ZZ10"].map(place), [(0, 1), (25, 2), (26, 3), (701, 10)].map(Some));
        assert_eq!(["", "A", "1", "a1", "AAAAAAAAAAAAAAAA1"].map(place), [None; 5]);
    }

    #[test]
    fn a_formula_is_found() {
        let sheet = |cell: &str| format!("<worksheet><sheetData><row r=\"1\">{cell}</row></sheetData></worksheet>");
        let texts = ["a & b".to_owned()];
        let read = |cell: &str| {
            let mut found = Vec::new();
            let read = rows(&sheet(cell), &texts, &mut |cells| found.push(format!("{cells:?}")));
            read.map(|()| found.concat())
        };
        assert_eq!(read("<c r=\"B1\"><v>1.5</v></c>"), Ok("[Nothing, Number(1.5)]".to_owned()));
        assert_eq!(read("<c r=\"A1\" t=\"s\"><v>0</v></c>"), Ok("[Text(\"a & b\")]".to_owned()));
        assert_eq!(read("<c r=\"A1\"><f>1+1</f><v>2</v></c>"), Err("holds a formula".to_owned()));
        assert!(read("<c r=\"A1\" t=\"str\"><v>2</v></c>").is_err());
        assert!(read("<c r=\"A2\"><v>2</v></c>").is_err());
        assert_eq!(texts_of("<sst><si><t>a &amp; &#65;</t></si><si><t/></si></sst>"), ["a & A", ""]);
    }

    fn texts_of(text: &str) -> Vec<String> {
        texts(text).expect("texts")
    }
}

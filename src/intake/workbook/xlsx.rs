//! Office Open XML workbooks (`.xlsx`, `.xlsm`): all but their cells.
//!
//! In: a package. Out: its sheets, shared texts and number formats. Invariant: what the file declares of counts and
//! sizes is not asked.

use std::io::{Read, Seek};

use quick_xml::events::Event;

use super::cells::{Format, push_text};
use super::error::BookError;
use super::limits;
use super::package::{Package, Relations};
use super::sheets::Sheet;
use super::texts::Texts;
use super::xml::{Xml, add_text, after_colon, attributes, local, meant};

/// What cells need to know of their workbook.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) sheets: Vec<Sheet>,
    pub(super) from_1904: bool,
    /// The values of formulas are to be calculated when the workbook is opened: a 0 there is none yet.
    pub(super) to_calculate: bool,
    pub(super) texts: Texts,
    pub(super) formats: Vec<Format>,
}

impl Book {
    /// Reads all of a workbook but its sheets.
    pub(super) fn open<F: Read + Seek>(package: &mut Package<F>) -> Result<Self, BookError> {
        let top = package.relations("")?;
        let path = top.by_kind("officeDocument").unwrap_or("xl/workbook.xml").to_owned();
        let relations = package.relations(&path)?;
        let mut book = Self::default();
        book.read_workbook(package, &path, &relations)?;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let part = |kind: &str, name: &str| {
            relations.by_kind(kind).map_or_else(|| format!("{folder}/{name}"), ToOwned::to_owned)
        };
        let (styles, texts) = (part("styles", "styles.xml"), part("sharedStrings", "sharedStrings.xml"));
        if package.has(&styles) {
            book.formats = read_formats(&mut package.xml(&styles)?)?;
        }
        if package.has(&texts) {
            book.texts = read_texts(&mut package.xml(&texts)?)?;
        }
        Ok(book)
    }

    fn read_workbook<F: Read + Seek>(
        &mut self,
        package: &mut Package<F>,
        path: &str,
        relations: &Relations,
    ) -> Result<(), BookError> {
        let mut xml = package.xml(path)?;
        let mut buffer = Vec::new();
        loop {
            let event = xml.next(&mut buffer)?;
            let tag = match &event {
                Event::Start(tag) => tag,
                Event::Eof => return Ok(()),
                _ => continue,
            };
            match local(tag) {
                "workbookPr" => attributes(tag, |name, value| {
                    self.from_1904 |= name == "date1904" && is_true(&value);
                })?,
                "calcPr" => attributes(tag, |name, value| {
                    self.to_calculate |= name == "fullCalcOnLoad" && is_true(&value);
                })?,
                "sheet" => {
                    let (mut name, mut id, mut visible) = (String::new(), String::new(), true);
                    attributes(tag, |key, value| match after_colon(key) {
                        "name" => name = meant(&value),
                        "state" => visible = value == "visible",
                        "id" => id = meant(&value),
                        _ => {}
                    })?;
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
    }
}

fn is_true(value: &str) -> bool {
    matches!(value.trim(), "1" | "true" | "on")
}

/// The number formats of the cells' styles.
fn read_formats<R: Read>(xml: &mut Xml<R>) -> Result<Vec<Format>, BookError> {
    let mut buffer = Vec::new();
    let mut own: Vec<(u32, Format)> = Vec::new();
    let mut formats = Vec::new();
    let mut in_cells = false;
    loop {
        match xml.next(&mut buffer)? {
            Event::Start(tag) => match local(&tag) {
                "cellXfs" => in_cells = true,
                "numFmt" => {
                    let (mut id, mut code) = (None, String::new());
                    attributes(&tag, |name, value| match name {
                        "numFmtId" => id = value.trim().parse().ok(),
                        "formatCode" => code = meant(&value),
                        _ => {}
                    })?;
                    own.extend(id.map(|id| (id, Format::of_code(&code))));
                }
                "xf" if in_cells => {
                    let mut id = 0;
                    attributes(&tag, |name, value| {
                        if name == "numFmtId" {
                            id = value.trim().parse().unwrap_or(0);
                        }
                    })?;
                    let format = own.iter().find(|(own, _)| *own == id).map(|(_, format)| *format);
                    formats.push(format.unwrap_or_else(|| Format::built_in(id)));
                }
                _ => {}
            },
            Event::End(tag) if after_colon(tag.name().0) == "cellXfs" => in_cells = false,
            Event::Eof => return Ok(formats),
            _ => {}
        }
        // A search among few for each of many: both are bounded.
        if formats.len() > limits::FORMATS || own.len() > limits::OWN_FORMATS {
            return Err(BookError::TooLarge { what: "it holds more cell formats than a spreadsheet program allows" });
        }
    }
}

fn read_texts<R: Read>(xml: &mut Xml<R>) -> Result<Texts, BookError> {
    let mut buffer = Vec::new();
    let mut texts = Texts::default();
    let mut text = String::new();
    loop {
        match xml.next(&mut buffer)? {
            Event::Start(tag) if local(&tag) == "si" => {
                text.clear();
                read_runs(xml, "si", &mut buffer, &mut text)?;
                texts.push(&text)?;
            }
            Event::Eof => return Ok(texts),
            _ => {}
        }
    }
}

/// The text of a cell, all its runs behind each other, up to the end of the element `until`. What tells the
/// pronunciation is not part of it.
pub(super) fn read_runs<R: Read>(
    xml: &mut Xml<R>,
    until: &str,
    buffer: &mut Vec<u8>,
    text: &mut String,
) -> Result<(), BookError> {
    let mut run = String::new();
    let mut in_text = false;
    let mut keep = false;
    loop {
        let event = xml.next(buffer)?;
        match &event {
            Event::Start(tag) if local(tag) == "rPh" => xml.skip(buffer)?,
            Event::Start(tag) if local(tag) == "t" => {
                keep = false;
                attributes(tag, |name, value| keep |= name == "xml:space" && value == "preserve")?;
                in_text = true;
                run.clear();
            }
            Event::End(tag) if after_colon(tag.name().0) == "t" => {
                in_text = false;
                push_text(text, &unescaped(if keep { &run } else { run.trim_matches([' ', '\t', '\r', '\n']) }));
            }
            Event::End(tag) if after_colon(tag.name().0) == until => return Ok(()),
            Event::Eof => return Err(BookError::Damaged { what: "its XML ends too early" }),
            more if in_text => add_text(more, &mut run)?,
            _ => {}
        }
        if text.len() > limits::CELL {
            return Err(BookError::TooLarge { what: "a single value takes more than 1 MiB" });
        }
    }
}

/// A text in which `_x000D_` and the like, the way of this format to write control characters, are what they mean.
pub(super) fn unescaped(text: &str) -> std::borrow::Cow<'_, str> {
    let code = |at: usize| {
        let piece = text.get(at..at + 7)?.strip_prefix("_x")?.strip_suffix('_')?;
        piece.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(piece, 16).ok()).flatten()
    };
    if !text.contains("_x") {
        return text.into();
    }
    let (mut units, mut at) = (Vec::new(), 0);
    while let Some(character) = text[at..].chars().next() {
        if let Some(unit) = code(at) {
            units.push(unit);
            at += 7;
        } else {
            units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
            at += character.len_utf8();
        }
    }
    String::from_utf16_lossy(&units).into()
}

//! XML of a part, event by event.
//!
//! In: the counted bytes of a part. Out: its tags and texts. Invariant: no entity is resolved but the five of XML and
//! character references; one event, and the depth of elements, are bounded.

use std::borrow::Cow;
use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::error::BookError;
use super::limits::{self, Meter};

/// A part that is XML.
pub(super) struct Xml<R: Read> {
    reader: Reader<Meter<R>>,
    depth: usize,
}

impl<R: Read> Xml<R> {
    pub(super) fn new(part: Meter<R>) -> Self {
        let mut reader = Reader::from_reader(part);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        // The depth is checked here; names of end tags cost time and tell nothing more.
        config.check_end_names = false;
        Self { reader, depth: 0 }
    }

    /// The next event; [`Event::Eof`] only where every element is closed.
    pub(super) fn next<'b>(&mut self, buffer: &'b mut Vec<u8>) -> Result<Event<'b>, BookError> {
        buffer.clear();
        self.reader.get_mut().next_piece();
        let event = self.reader.read_event_into(buffer).map_err(BookError::of_xml)?;
        match &event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::Eof if self.depth > 0 => return Err(BookError::Damaged { what: "its XML ends too early" }),
            _ => {}
        }
        if self.depth > limits::DEPTH {
            return Err(BookError::Damaged { what: "its XML is nested too deeply" });
        }
        Ok(event)
    }

    /// Passes over the element whose start was just read.
    pub(super) fn skip(&mut self, buffer: &mut Vec<u8>) -> Result<(), BookError> {
        self.skip_to(self.depth.saturating_sub(1), buffer)
    }

    /// Passes over all that is left, to the end of the part, where its checksum is compared.
    pub(super) fn finish(&mut self, buffer: &mut Vec<u8>) -> Result<(), BookError> {
        while !matches!(self.next(buffer)?, Event::Eof) {}
        Ok(())
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Passes over all up to where `outside` elements are open.
    pub(super) fn skip_to(&mut self, outside: usize, buffer: &mut Vec<u8>) -> Result<(), BookError> {
        while self.depth > outside {
            if matches!(self.next(buffer)?, Event::Eof) {
                break;
            }
        }
        Ok(())
    }
}

/// The local name of an element: `row` for `x:row`.
pub(super) fn local<'a>(name: &'a BytesStart<'_>) -> &'a str {
    after_colon(name.name().0)
}

/// A name without its prefix.
pub(super) fn after_colon(name: &str) -> &str {
    // Names are too short for a search to be worth its start.
    name.bytes().rposition(|byte| byte == b':').map_or(name, |at| &name[at + 1..])
}

/// Hands name and raw value of each attribute to `each`.
pub(super) fn attributes<'a>(
    tag: &'a BytesStart<'_>,
    mut each: impl FnMut(&'a str, Cow<'a, str>),
) -> Result<(), BookError> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| BookError::Damaged { what: "its XML is broken" })?;
        each(attribute.key.0, attribute.value);
    }
    Ok(())
}

/// The value of an attribute as it is meant.
pub(super) fn meant(raw: &str) -> String {
    quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), Cow::into_owned)
}

/// Adds what an event holds of text.
pub(super) fn add_text(event: &Event<'_>, text: &mut String) -> Result<(), BookError> {
    match event {
        Event::Text(more) => text.push_str(&more.xml10_content()),
        Event::CData(more) => text.push_str(&more.xml10_content()),
        Event::GeneralRef(name) => match name.resolve_char_ref() {
            Ok(Some(character)) => text.push(character),
            Ok(None) => {
                let known = quick_xml::escape::resolve_xml_entity(name);
                text.push_str(known.ok_or(BookError::Damaged { what: "its XML uses an unknown entity" })?);
            }
            Err(_) => return Err(BookError::Damaged { what: "its XML is broken" }),
        },
        _ => {}
    }
    if text.len() > limits::CELL {
        return Err(BookError::TooLarge { what: "a single value takes more than 1 MiB" });
    }
    Ok(())
}

//! The beginning of an upload: its header record, and the delimiter.
//!
//! In: the first bytes of an upload, and how it is written. Out: a [`Head`]. Invariant: the header is the record on the declared line, else
//! the first that is not blank; where that is none of the pipeline's, the line that has one is told, and nothing of any line is shown.

use super::cell::Cell;
use super::header::{Mapping, delimiter_of};
use super::records::{Form, Loose, Records, Row as _, line_ends};
use super::rule::{HeaderFault, Refusal};
use super::source::Script;
use crate::pipeline::{FileFormat, Pipeline};

/// Lines in which a header is looked for.
const LOOKED_AT: u64 = 50;

/// The header record of an upload.
pub(super) struct Head {
    pub(super) headers: Vec<String>,
    pub(super) delimiter: u8,
    /// Bytes until the first data row.
    pub(super) length: usize,
    /// The line on which it stands.
    pub(super) line: u64,
    script: Script,
    is_typed: bool,
}

impl Head {
    /// Reads the header from the first bytes of an upload.
    pub(super) fn read(bytes: &[u8], format: &FileFormat, script: Script, is_typed: bool) -> Result<Self, Refusal> {
        let mut declared = format.delimiter;
        let mut start = 0;
        // Spreadsheets write a line `sep=;` that names the delimiter.
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', named, rest @ ..] = bytes
            && matches!(rest.first(), Some(b'\r' | b'\n'))
            // Quotes and line breaks cannot stand between fields; `sep=` alone names nothing.
            && !matches!(named, b'"' | b'\r' | b'\n')
        {
            declared = declared.or(Some(*named));
            start = 5;
        }
        let line = format.header_line;
        if let Some(line) = line {
            start = (1..line).try_fold(0, |start, _| line_end(bytes, start)).unwrap_or(bytes.len());
        }
        let empty = || Refusal::Header(line.unwrap_or(1), HeaderFault::Empty);
        start += bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let body = &bytes[start..];
        let first = &body[..line_end(body, 0).unwrap_or(body.len())];
        let delimiter = if is_typed { b',' } else { declared.unwrap_or_else(|| delimiter_of(first)) };
        let mut reader = Loose::new(body, delimiter);
        let (headers, length) = loop {
            let Some(record) = reader.next() else { return Err(empty()) };
            let headers: Vec<String> = (0..record.len())
                .map(|place| decode(&record.field(place).unwrap_or_default(), script, is_typed))
                .collect();
            // Blank records before a header are passed over, as blank lines are.
            if headers.iter().any(|header| !header.is_empty()) {
                break (headers, reader.position());
            }
            if line.is_some() {
                return Err(empty());
            }
        };
        // The reader stands in the middle of a line break of two characters.
        let half = body[..length].ends_with(b"\r") && body.get(length) == Some(&b'\n');
        let length = start + length + usize::from(half);
        // The reader stands behind the line break of the header.
        let header = bytes[..length].trim_ascii_end();
        let own_breaks: u64 = headers.iter().map(|header| line_ends(header.as_bytes(), Form::Loose)).sum();
        let line = line.unwrap_or_else(|| 1 + line_ends(header, Form::Loose).saturating_sub(own_breaks));
        Ok(Self { headers, delimiter, length, line, script, is_typed })
    }

    /// Which fields are which columns. Of a header that is missing it is told on which line it stands, if it does, and of headers that are
    /// not UTF-8 that their encoding is not declared.
    pub(super) fn mapping(
        &self,
        bytes: &[u8],
        pipeline: &Pipeline,
        format: &FileFormat,
    ) -> Result<Mapping, HeaderFault> {
        let mapping = Mapping::of(&self.headers, pipeline, format);
        let header = &bytes[..self.length];
        let is_undeclared = self.script == Script::Undeclared && !self.is_typed;
        let is_wide = is_undeclared && header.contains(&0);
        let is_garbled = is_undeclared && std::str::from_utf8(header).is_err();
        let garbled = |column: &str| HeaderFault::Encoding { column: column.to_owned() };
        match mapping {
            Ok(mapping) if is_wide => Err(garbled(mapping.columns.first().map_or("", |mapped| &mapped.column.name))),
            Ok(mapping) if is_garbled => {
                let is_read = |place: usize| {
                    mapping.columns.iter().any(|mapped| mapped.fields.iter().any(|field| field.place == place))
                };
                let is_lost = (0..self.headers.len()).any(|place| !self.headers[place].is_ascii() && !is_read(place));
                let missing = pipeline.columns.iter().find(|mapped| {
                    !mapping.has(&mapped.column.name) && mapped.texts().any(|header| !header.is_ascii())
                });
                match missing {
                    Some(mapped) if is_lost => Err(garbled(&mapped.column.name)),
                    _ => Ok(mapping),
                }
            }
            Ok(mapping) => Ok(mapping),
            Err(fault) => Err(match self.with_header_line(fault, bytes, pipeline, format) {
                HeaderFault::MissingColumn { column, header_line: None, .. } if is_wide || is_garbled => {
                    garbled(&column)
                }
                HeaderFault::NoColumns { header_line: None } if is_wide || is_garbled => garbled("a column"),
                fault => fault,
            }),
        }
    }

    fn with_header_line(
        &self,
        fault: HeaderFault,
        bytes: &[u8],
        pipeline: &Pipeline,
        format: &FileFormat,
    ) -> HeaderFault {
        if !matches!(fault, HeaderFault::MissingColumn { .. } | HeaderFault::NoColumns { .. }) {
            return fault;
        }
        let header_line = (self.line + 1..self.line + LOOKED_AT).find(|&line| {
            let format = FileFormat { header_line: Some(line), ..format.clone() };
            Self::read(bytes, &format, self.script, self.is_typed)
                .is_ok_and(|head| head.length < bytes.len() && Mapping::of(&head.headers, pipeline, &format).is_ok())
        });
        match fault {
            HeaderFault::MissingColumn { column, headers, .. } => {
                HeaderFault::MissingColumn { column, headers, header_line }
            }
            _ => HeaderFault::NoColumns { header_line },
        }
    }
}

/// The place after the line that begins at `start`.
fn line_end(bytes: &[u8], start: usize) -> Option<usize> {
    let at = start + memchr::memchr2(b'\n', b'\r', bytes.get(start..)?)?;
    Some(if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') { at + 2 } else { at + 1 })
}

/// A header. Letters of an undeclared encoding are read as the western ones: a header counts only where it is one that the pipeline names.
fn decode(field: &[u8], script: Script, is_typed: bool) -> String {
    let field = Cell::of(field, is_typed).text();
    match std::str::from_utf8(field) {
        Ok(text) => text.trim().to_owned(),
        Err(_) if script == Script::Utf8 => String::from_utf8_lossy(field).trim().to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(field).0.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, header_line: Option<u64>) -> Option<(Vec<String>, u8, &str, u64)> {
        let format = FileFormat { header_line, ..FileFormat::default() };
        let head = Head::read(text.as_bytes(), &format, Script::Undeclared, false).ok()?;
        Some((head.headers, head.delimiter, &text[head.length..], head.line))
    }

    #[test]
    fn the_header_is_the_first_record_or_the_declared_one() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(read("a,b\n1,2\n", None), Some((names(&["a", "b"]), b',', "1,2\n", 1)));
        assert_eq!(read("a;b\r1;2\r", None), Some((names(&["a", "b"]), b';', "1;2\r", 1)));
        assert_eq!(read("\r\n\r\na,b\r\n1,2", None), Some((names(&["a", "b"]), b',', "1,2", 3)));
        assert_eq!(read("sep=;\na,x;b\n1;2", None), Some((names(&["a,x", "b"]), b';', "1;2", 2)));
        assert_eq!(read("\"a\nb\",c\n1,2\n", None), Some((names(&["a\nb", "c"]), b',', "1,2\n", 1)));
        assert_eq!(
            read("Report,,\nRun: today,,\n,,\na,b,c\n1,2,3\n", Some(4)),
            Some((names(&["a", "b", "c"]), b',', "1,2,3\n", 4))
        );
        assert_eq!(read("x\ry\ra;b\r1;2\r", Some(3)), Some((names(&["a", "b"]), b';', "1;2\r", 3)));
        for names_none in ["sep=\r\na,b\r\n", "sep=\n\na,b\n", "sep=\"\na,b\n"] {
            assert_eq!(read(names_none, None).map(|(_, delimiter, ..)| delimiter), Some(b','), "{names_none:?}");
        }
        for nothing in ["", "\n\n", ",,\n"] {
            assert_eq!(read(nothing, None), None);
        }
        assert_eq!(read("a,b\n", Some(7)), None);
    }
}

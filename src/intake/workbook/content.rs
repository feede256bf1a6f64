//! What a file is, whatever its name says.
//!
//! In: the first bytes of a file, and the file. Out: text, a workbook, or the name of what it is instead, with what to
//! do about it. Invariant: text is never taken for anything else unless it begins as that other thing must begin.

use std::io::{Read, Seek, SeekFrom};

use super::BookKind;
use super::error::BookError;
use super::package::Package;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// Text, as far as its beginning tells; CSV is text.
    Text,
    /// A workbook that [`super::read_workbook`] reads.
    Workbook(BookKind),
    /// A workbook of the time before 2007 (`.xls`).
    OldWorkbook,
    /// A workbook with a password.
    Encrypted,
    /// A web page, or a table of one: what many programs export under the name `.xls`.
    Html,
    /// A web page with its pictures in one file (`.mht`).
    WebArchive,
    /// A workbook as a single XML file: Excel 2003's, or a flat OpenDocument.
    XmlWorkbook,
    /// Other XML.
    Xml,
    /// A text document or a presentation.
    OfficeDocument,
    /// A PDF.
    Pdf,
    /// Rich text.
    Rtf,
    /// Compressed by gzip.
    Gzip,
    /// Compressed by Zstandard.
    Zstandard,
    /// An archive that is no workbook.
    Zip,
    /// Another archive or compression: 7z, rar, xz, bzip2.
    OtherArchive,
    /// A Parquet file.
    Parquet,
    /// A database file.
    Sqlite,
    /// A picture.
    Picture,
}

impl Content {
    /// What the file is, and what to do, for a file that is expected to be CSV or a workbook; `None` for those.
    #[must_use]
    pub fn told(self) -> Option<(&'static str, &'static str)> {
        const SAVE: &str = "open it in a spreadsheet program and save it as .xlsx or CSV";
        const EXPORT: &str = "export the data as CSV or .xlsx";
        Some(match self {
            Self::Text | Self::Workbook(_) => return None,
            Self::OldWorkbook => ("an old Excel workbook (.xls)", SAVE),
            Self::Encrypted => ("a workbook with a password", "save it without a password"),
            Self::Html => ("a web page (HTML)", SAVE),
            Self::WebArchive => ("a web archive", SAVE),
            Self::XmlWorkbook => ("a workbook in a single XML file", SAVE),
            Self::Xml => ("XML", EXPORT),
            Self::OfficeDocument => ("an office document that is no workbook", EXPORT),
            Self::Pdf => ("a PDF", EXPORT),
            Self::Rtf => ("rich text (RTF)", EXPORT),
            Self::Gzip => ("compressed by gzip", "end its name with .gz"),
            Self::Zstandard => ("compressed by Zstandard", "end its name with .zst"),
            Self::Zip => ("a ZIP archive", "end its name with .zip, with one CSV in it"),
            Self::OtherArchive => ("a packed file", "unpack it, or pack it as .zip"),
            Self::Parquet => ("a Parquet file", EXPORT),
            Self::Sqlite => ("a database file", EXPORT),
            Self::Picture => ("a picture", EXPORT),
        })
    }

    /// The error for a file that is neither CSV nor a workbook.
    ///
    /// # Errors
    /// Where [`Self::told`] has something to tell.
    pub fn check(self) -> Result<(), BookError> {
        match self.told() {
            Some((what, mend)) => Err(BookError::NotRead { what, mend }),
            None => Ok(()),
        }
    }
}

/// How many bytes of a file tell what it is.
pub const START: usize = 8 << 10;

/// What the first bytes of a file say it is. A few KiB are enough for all but some packages and old workbooks, which
/// [`content_of_file`] opens.
#[must_use]
pub fn content_of(start: &[u8]) -> Content {
    const BEGINNINGS: [(&[u8], Content); 19] = [
        (b"%PDF-", Content::Pdf),
        (b"{\\rtf", Content::Rtf),
        (b"\x1f\x8b\x08", Content::Gzip),
        (b"\x28\xb5\x2f\xfd", Content::Zstandard),
        (b"PAR1", Content::Parquet),
        (b"SQLite format 3\0", Content::Sqlite),
        (b"7z\xbc\xaf\x27\x1c", Content::OtherArchive),
        (b"Rar!\x1a\x07", Content::OtherArchive),
        (b"\xfd7zXZ\0", Content::OtherArchive),
        (b"BZh91AY&SY", Content::OtherArchive),
        (b"\x89PNG\r\n\x1a\n", Content::Picture),
        (b"\xff\xd8\xff", Content::Picture),
        (b"GIF8", Content::Picture),
        (b"PK\x05\x06", Content::Zip),
        // Worksheets of Excel 2 to 4, which had no container.
        (b"\x09\x00\x04\x00", Content::OldWorkbook),
        (b"\x09\x02\x06\x00", Content::OldWorkbook),
        (b"\x09\x04\x06\x00", Content::OldWorkbook),
        (b"\x09\x08\x08\x00\x00\x05", Content::OldWorkbook),
        (b"\x09\x08\x10\x00\x00\x06", Content::OldWorkbook),
    ];
    if let Some((_, content)) = BEGINNINGS.iter().find(|(beginning, _)| start.starts_with(beginning)) {
        return *content;
    }
    if start.starts_with(b"PK\x03\x04") {
        return of_package(start);
    }
    if start.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return of_container(start);
    }
    of_markup(start)
}

/// What a file is. Its position afterwards is its start.
///
/// # Errors
/// When the file cannot be read.
pub fn content_of_file(file: &mut (impl Read + Seek)) -> Result<Content, BookError> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(BookError::Io)?;
    file.by_ref().take(START as u64).read_to_end(&mut start).map_err(BookError::Io)?;
    let mut content = content_of(&start);
    if start.starts_with(b"PK\x03\x04") {
        // The list at the end of the package, and its list of types, are surer than the names at its start.
        if let Ok(mut package) = Package::open(&mut *file) {
            content = of_names(&|name| package.has(name), content);
            if content == Content::Zip {
                content = of_types(&mut package).unwrap_or(content);
            }
        }
    } else if content == Content::OldWorkbook && start.starts_with(b"\xd0\xcf") {
        // The list of streams lies in any sector; the header tells where it begins.
        if let Some(bytes) = start.get(48..52).and_then(|bytes| bytes.try_into().ok()) {
            let shift = start.get(30).map_or(9, |&shift| shift.clamp(9, 12));
            let place = (u64::from(u32::from_le_bytes(bytes)) + 1) << shift;
            let mut list = Vec::new();
            file.seek(SeekFrom::Start(place)).map_err(BookError::Io)?;
            file.by_ref().take(START as u64).read_to_end(&mut list).map_err(BookError::Io)?;
            content = of_container(&list);
        }
    }
    file.seek(SeekFrom::Start(0)).map_err(BookError::Io)?;
    Ok(content)
}

/// What the names of its parts say a package is.
fn of_names(has: &dyn Fn(&str) -> bool, otherwise: Content) -> Content {
    if has("xl/workbook.bin") {
        Content::Workbook(BookKind::Xlsb)
    } else if has("xl/workbook.xml") {
        Content::Workbook(BookKind::Xlsx)
    } else if has("word/document.xml") || has("ppt/presentation.xml") {
        Content::OfficeDocument
    } else {
        otherwise
    }
}

/// What the list of its parts' types says a package is. Parts may have any name, and stand in any order.
fn of_types(package: &mut Package<impl Read + Seek>) -> Option<Content> {
    let mut types = Vec::new();
    for list in ["[Content_Types].xml", "mimetype"] {
        if let Ok(list) = package.part(list) {
            list.take(1 << 20).read_to_end(&mut types).ok()?;
        }
    }
    let types = types.to_ascii_lowercase();
    if types.starts_with(b"application/vnd.oasis.opendocument.") {
        let sheet = has(&types, b"opendocument.spreadsheet");
        return Some(if sheet { Content::Workbook(BookKind::Ods) } else { Content::OfficeDocument });
    }
    if has(&types, b"ms-excel.sheet.binary.macroenabled.main") {
        Some(Content::Workbook(BookKind::Xlsb))
    } else if has(&types, b"spreadsheetml.sheet.main+xml") || has(&types, b"ms-excel.sheet.macroenabled.main+xml") {
        Some(Content::Workbook(BookKind::Xlsx))
    } else {
        let other = has(&types, b"wordprocessingml") || has(&types, b"presentationml");
        other.then_some(Content::OfficeDocument)
    }
}

/// What the start of a package says: OpenDocument puts its type first, others are told by the names that are there.
fn of_package(start: &[u8]) -> Content {
    const MIME: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.";
    if start.get(30..30 + MIME.len()) == Some(MIME) {
        let sheet = start[30 + MIME.len()..].starts_with(b"spreadsheet");
        return if sheet { Content::Workbook(BookKind::Ods) } else { Content::OfficeDocument };
    }
    if has(start, b"xl/") && !has(start, b".bin") {
        return Content::Workbook(BookKind::Xlsx);
    }
    of_names(&|name| has(start, name.as_bytes()), Content::Zip)
}

/// What the list of streams of a container says it is.
fn of_container(list: &[u8]) -> Content {
    let wide = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    if has(list, &wide("EncryptedPackage")) {
        Content::Encrypted
    } else if has(list, &wide("WordDocument")) || has(list, &wide("PowerPoint Document")) {
        Content::OfficeDocument
    } else {
        Content::OldWorkbook
    }
}

/// What text says it is, if it begins with markup.
fn of_markup(start: &[u8]) -> Content {
    // In UTF-16 every other byte of such a beginning is zero.
    let wide = start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]);
    let text: Vec<u8> = start.iter().copied().filter(|&byte| !(wide && byte == 0)).collect();
    let marks: [&[u8]; 3] = [&[0xEF, 0xBB, 0xBF], &[0xFF, 0xFE], &[0xFE, 0xFF]];
    let text = marks.iter().find_map(|mark| text.strip_prefix(*mark)).unwrap_or(&text);
    let text = text.trim_ascii_start().to_ascii_lowercase();
    const TAGS: [&[u8]; 10] =
        [b"<!doctype html", b"<html", b"<head", b"<body", b"<table", b"<meta", b"<style", b"<title", b"<div", b"<!--"];
    let html = TAGS.iter().any(|tag| text.starts_with(tag));
    if text.starts_with(b"<?xml") || text.starts_with(b"<workbook") {
        if has(&text, b"urn:schemas-microsoft-com:office:spreadsheet\"") || has(&text, b"<office:document") {
            return Content::XmlWorkbook;
        }
        return if has(&text, b"<html") { Content::Html } else { Content::Xml };
    }
    if text.starts_with(b"mime-version:") && has(&text, b"multipart/related") {
        return Content::WebArchive;
    }
    if text.starts_with(b"%pdf-") {
        return Content::Pdf;
    }
    if html { Content::Html } else { Content::Text }
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

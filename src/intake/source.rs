//! Opening an upload: compression, byte order marks, encodings.
//!
//! In: a path. Out: a stream of bytes in UTF-8, or in Windows-1252 where that is declared, without a byte order mark.
//! Invariant: the stream is read piece by piece; of the upload nothing is kept, or [`SMALL`] bytes while it is read.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use encoding_rs::{Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::workbook::{self, BookKind, Content};
use crate::digest;
use crate::pipeline::{Encoding, FileFormat};

/// What a workbook is told to be read as, in the place of an encoding.
pub const WORKBOOK: &str = "workbook";

/// How the names of text files end.
const TEXTS: [&str; 3] = [".csv", ".txt", ".tsv"];

/// How the names of workbooks end.
const BOOKS: [&str; 5] = [".xlsx", ".xlsm", ".xlsb", ".ods", ".xls"];

/// How an upload is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstandard,
    Zip,
}

/// In which letters the bytes of a stream are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// UTF-8, as far as anybody knows.
    Undeclared,
    /// UTF-8, as a byte order mark or the pipeline says, or because it was brought to that.
    Utf8,
    /// Windows-1252, as the pipeline says.
    Windows1252,
}

impl Script {
    /// A text; none where the bytes are no letters, or were none in the encoding of the file.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match std::str::from_utf8(bytes) {
            // What was no letter in the encoding of the file was replaced on the way.
            Ok(text) if !text.is_ascii() && text.contains('\u{fffd}') => None,
            Ok(text) => Some(Cow::Borrowed(text)),
            Err(_) if self == Self::Windows1252 => Some(WINDOWS_1252.decode_without_bom_handling(bytes).0),
            Err(_) => None,
        }
    }
}

/// An upload while it is read.
pub struct Opened<'a> {
    /// Its text.
    pub stream: &'a mut dyn Read,
    /// The letters of the text.
    pub script: Script,
    /// The encoding of the file.
    pub encoding: &'static str,
    /// Whether fields carry marks of types: the text was made from a workbook.
    pub is_typed: bool,
}

/// The name of an upload without what tells its packing: `C001.csv.gz` is `C001`.
#[must_use]
pub fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let end = |name: &str, ending: &str| {
        let at = name.len().checked_sub(ending.len())?;
        name.get(at..)?.eq_ignore_ascii_case(ending).then(|| name[..at].to_owned())
    };
    let name = [".gz", ".zst", ".zip"].iter().find_map(|ending| end(&name, ending)).unwrap_or(name);
    TEXTS.iter().chain(&BOOKS).find_map(|ending| end(&name, ending)).unwrap_or(name)
}

/// Uploads up to this size are read once; larger ones for their digest, and then for their rows.
const SMALL: u64 = 8 << 20;

/// An upload whose digest is known.
#[derive(Debug)]
pub struct Upload {
    path: PathBuf,
    digest: [u8; 32],
    /// All of it, packed or not, where it is small.
    bytes: Option<Vec<u8>>,
}

impl Upload {
    /// Opens an upload and reads it for its digest.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = regular(path)?;
        let path = path.to_owned();
        let size = file.metadata()?.len();
        if size > SMALL {
            return Ok(Self { path, digest: digest::of_all(&mut file)?, bytes: None });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        file.read_to_end(&mut bytes)?;
        Ok(Self { path, digest: digest::of(&bytes), bytes: Some(bytes) })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the file as it lies there, packed or not.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Hands the stream of the upload, and the encoding that its first bytes tell, to `read`.
    ///
    /// # Errors
    /// When the file cannot be read or its packing is broken.
    pub fn read<T>(&self, format: &FileFormat, read: impl FnOnce(Opened<'_>) -> T) -> io::Result<T> {
        match &self.bytes {
            Some(bytes) => unpacked(&self.path, io::Cursor::new(bytes), format, read),
            None => open(&self.path, format, read),
        }
    }
}

/// Opens a file, and nothing else: a device or a pipe may have no end.
fn regular(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    File::open(path)
}

/// Opens an upload without its digest, and hands its stream, and the encoding that its first bytes tell, to `read`.
///
/// # Errors
/// When the file cannot be opened or its packing is broken.
pub fn open<T>(path: &Path, format: &FileFormat, read: impl FnOnce(Opened<'_>) -> T) -> io::Result<T> {
    unpacked(path, regular(path)?, format, read)
}

fn unpacked<T>(
    path: &Path,
    mut file: impl Read + Seek,
    format: &FileFormat,
    read: impl FnOnce(Opened<'_>) -> T,
) -> io::Result<T> {
    let name = path.to_string_lossy().to_ascii_lowercase();
    let packing = match name.rsplit('.').next() {
        Some("gz") => Packing::Gzip,
        Some("zst") => Packing::Zstandard,
        Some("zip") => Packing::Zip,
        _ => Packing::Plain,
    };
    match packing {
        Packing::Plain => match workbook::content_of_file(&mut file).map_err(io::Error::other)? {
            Content::Workbook(_) if TEXTS.iter().any(|ending| name.ends_with(ending)) => {
                Err(io::Error::other("it is a workbook; end its name with .xlsx, .xlsb or .ods, or save it as CSV"))
            }
            Content::Workbook(kind) => of_workbook(file, kind, format, read),
            _ => decoded(file, format, read),
        },
        Packing::Gzip => {
            decoded(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file)), format, read)
        }
        Packing::Zstandard => decoded(zstd::stream::read::Decoder::new(file)?, format, read),
        Packing::Zip => {
            let mut archive = zip::ZipArchive::new(BufReader::new(file))?;
            let is_data = |name: &str| {
                let hidden = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
                !hidden && !name.ends_with('/')
            };
            let names: Vec<_> = archive.file_names().collect::<Result<_, _>>()?;
            let data: Vec<usize> = (0..names.len()).filter(|&place| is_data(&names[place])).collect();
            let &[place] = data.as_slice() else {
                return Err(io::Error::other("the archive does not hold exactly one file; pack one CSV in each"));
            };
            drop(names);
            decoded(archive.by_index(place)?, format, read)
        }
    }
}

/// One sheet of a workbook, as text with marks of types.
fn of_workbook<T>(
    file: impl Read + Seek,
    kind: BookKind,
    format: &FileFormat,
    read: impl FnOnce(Opened<'_>) -> T,
) -> io::Result<T> {
    let header_line = format.header_line.and_then(|line| u32::try_from(line).ok());
    let read =
        |stream: &mut dyn Read| read(Opened { stream, script: Script::Utf8, encoding: WORKBOOK, is_typed: true });
    workbook::read_workbook(file, kind, format.sheet.as_deref(), header_line, read).map_err(io::Error::other)
}

fn decoded<T>(mut stream: impl Read, format: &FileFormat, read: impl FnOnce(Opened<'_>) -> T) -> io::Result<T> {
    let mut start = Vec::new();
    stream.by_ref().take(workbook::START as u64).read_to_end(&mut start)?;
    let content = workbook::content_of(&start);
    content.check().map_err(io::Error::other)?;
    if matches!(content, Content::Workbook(_)) {
        return Err(io::Error::other("it is a packed workbook; upload the workbook itself, which is packed already"));
    }
    let marked = start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]);
    if format.encoding == Encoding::Auto && !marked && 4 * memchr::memchr_iter(0, &start).count() > start.len() {
        return Err(io::Error::other(
            "every other byte is NUL, as in UTF-16 without a byte order mark; declare `encoding` for this file, as \"utf-16le\" or \"utf-16be\"",
        ));
    }
    // A byte order mark knows better than any declaration.
    let (encoding, script, mark) = match (start.as_slice(), format.encoding) {
        ([0xEF, 0xBB, 0xBF, ..], _) => (UTF_8, Script::Utf8, 3),
        ([0xFF, 0xFE, ..], _) => (UTF_16LE, Script::Utf8, 2),
        ([0xFE, 0xFF, ..], _) => (UTF_16BE, Script::Utf8, 2),
        (_, Encoding::Auto) => (UTF_8, Script::Undeclared, 0),
        (_, Encoding::Declared(encoding)) if encoding == WINDOWS_1252 => (encoding, Script::Windows1252, 0),
        (_, Encoding::Declared(encoding)) => (encoding, Script::Utf8, 0),
    };
    let mut stream = start[mark..].chain(stream);
    let name = encoding.name();
    if encoding == UTF_8 || script == Script::Windows1252 {
        return Ok(read(Opened { stream: &mut stream, script, encoding: name, is_typed: false }));
    }
    let mut stream = Transcoder::new(stream, encoding.new_decoder_without_bom_handling());
    Ok(read(Opened { stream: &mut stream, script, encoding: name, is_typed: false }))
}

/// Turns another encoding into UTF-8 on the way; what is no letter of that encoding becomes U+FFFD, which no kept text may hold.
struct Transcoder<R> {
    stream: R,
    decoder: Decoder,
    raw: Vec<u8>,
    /// Decoded text that nobody has read yet starts at `read`.
    text: Vec<u8>,
    read: usize,
    ended: bool,
}

impl<R: Read> Transcoder<R> {
    fn new(stream: R, decoder: Decoder) -> Self {
        Self { stream, decoder, raw: vec![0; 1 << 16], text: Vec::new(), read: 0, ended: false }
    }

    /// Decodes one more piece of the stream.
    fn fill(&mut self) -> io::Result<()> {
        let length = self.stream.read(&mut self.raw)?;
        self.ended = length == 0;
        let room = self.decoder.max_utf8_buffer_length(length).unwrap_or(4 * length + 16);
        self.text.resize(room, 0);
        let (_, _, written, _) = self.decoder.decode_to_utf8(&self.raw[..length], &mut self.text, self.ended);
        self.text.truncate(written);
        self.read = 0;
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.read == self.text.len() && !self.ended {
            self.fill()?;
        }
        let length = out.len().min(self.text.len() - self.read);
        out[..length].copy_from_slice(&self.text[self.read..self.read + length]);
        self.read += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read_back(name: &str, bytes: &[u8]) -> (String, &'static str) {
        read_as(name, bytes, Encoding::Auto)
    }

    fn read_as(name: &str, bytes: &[u8], declared: Encoding) -> (String, &'static str) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        open(&path, &FileFormat { encoding: declared, ..FileFormat::default() }, |opened| {
            let mut text = String::new();
            opened.stream.read_to_string(&mut text).expect("text");
            (text, opened.encoding)
        })
        .expect("opened")
    }

    #[test]
    fn every_packing_gives_the_same_text() {
        let text = "employee_id\nE1\nE2\n".repeat(9_000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).expect("packed");
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        zip.start_file("inner.csv", zip::write::SimpleFileOptions::default()).expect("started");
        zip.write_all(text.as_bytes()).expect("packed");
        for (name, bytes) in [
            ("a.csv", text.clone().into_bytes()),
            ("a.csv.gz", gzip.finish().expect("finished")),
            ("a.csv.zst", zstd::encode_all(text.as_bytes(), 1).expect("packed")),
            ("a.zip", zip.finish().expect("finished").into_inner()),
        ] {
            assert_eq!(read_back(name, &bytes), (text.clone(), "UTF-8"), "{name}");
            assert_eq!(stem(Path::new(name)), "a");
        }
    }

    /// Found by the first run on UTF-16: a decoder that has finished must not be asked again.
    #[test]
    fn reading_on_after_the_end_and_byte_by_byte_is_allowed() {
        let bytes: Vec<u8> = "ü€\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut transcoder = Transcoder::new(bytes.as_slice(), UTF_16LE.new_decoder_without_bom_handling());
        let mut text = Vec::new();
        let mut one = [0];
        while transcoder.read(&mut one).expect("read") > 0 {
            text.extend(one);
        }
        assert_eq!(text, "ü€\n".as_bytes());
        assert_eq!(transcoder.read(&mut one).expect("read after the end"), 0);
    }

    #[test]
    fn byte_order_marks_tell_the_encoding_and_go() {
        let text = "a;ü€\r\n😀\n".repeat(20_000);
        let little: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        let utf8 = ["\u{feff}", &text].concat().into_bytes();
        assert_eq!(read_back("a.csv", &little), (text.clone(), "UTF-16LE"));
        assert_eq!(read_back("a.csv", &big), (text.clone(), "UTF-16BE"));
        assert_eq!(read_back("a.csv", &utf8), (text, "UTF-8"));
        assert_eq!(read_back("a.csv", b""), (String::new(), "UTF-8"));
    }

    #[test]
    fn every_declared_encoding_becomes_the_same_text() {
        for (label, text) in [
            ("windows-1250", "Łódź;Žďár\n"),
            ("iso-8859-2", "Łódź;Žďár\n"),
            ("windows-1251", "Москва;Ж\n"),
            ("shift_jis", "東京;ソ表\n"),
            ("gb18030", "北京;中文\n"),
            ("big5", "臺北\n"),
            ("euc-kr", "서울\n"),
            ("ibm866", "Москва\n"),
        ] {
            let text = text.repeat(20_000);
            let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).expect("a label");
            let (bytes, _, lossy) = encoding.encode(&text);
            assert!(!lossy, "{label}");
            assert_eq!(read_as("a.csv", &bytes, Encoding::Declared(encoding)), (text, encoding.name()));
        }
    }
}

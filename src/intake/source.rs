//! Opening an upload: compression, byte order marks, UTF-16.
//!
//! In: a path. Out: a stream of bytes in an encoding of which ASCII is a part, without a byte order mark.
//! Invariant: the stream is read piece by piece; of the upload nothing is kept, or [`SMALL`] bytes while it is read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE};

use crate::digest;
use crate::pipeline::Encoding;

/// How an upload is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstandard,
    Zip,
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
    [".csv", ".txt", ".tsv"].iter().find_map(|ending| end(&name, ending)).unwrap_or(name)
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
        let mut file = File::open(path)?;
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
    pub fn read<T>(&self, declared: Encoding, read: impl FnOnce(&mut dyn Read, Encoding) -> T) -> io::Result<T> {
        match &self.bytes {
            Some(bytes) => unpacked(&self.path, io::Cursor::new(bytes), declared, read),
            None => open(&self.path, declared, read),
        }
    }
}

/// Opens an upload without its digest, and hands its stream, and the encoding that its first bytes tell, to `read`.
///
/// # Errors
/// When the file cannot be opened or its packing is broken.
pub fn open<T>(path: &Path, declared: Encoding, read: impl FnOnce(&mut dyn Read, Encoding) -> T) -> io::Result<T> {
    unpacked(path, File::open(path)?, declared, read)
}

fn unpacked<T>(
    path: &Path,
    file: impl Read + Seek,
    declared: Encoding,
    read: impl FnOnce(&mut dyn Read, Encoding) -> T,
) -> io::Result<T> {
    let name = path.to_string_lossy().to_ascii_lowercase();
    let packing = match name.rsplit('.').next() {
        Some("gz") => Packing::Gzip,
        Some("zst") => Packing::Zstandard,
        Some("zip") => Packing::Zip,
        _ => Packing::Plain,
    };
    match packing {
        Packing::Plain => decoded(file, declared, read),
        Packing::Gzip => {
            decoded(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file)), declared, read)
        }
        Packing::Zstandard => decoded(zstd::stream::read::Decoder::new(file)?, declared, read),
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
            decoded(archive.by_index(place)?, declared, read)
        }
    }
}

fn decoded<T>(
    mut stream: impl Read,
    declared: Encoding,
    read: impl FnOnce(&mut dyn Read, Encoding) -> T,
) -> io::Result<T> {
    let mut start = [0; 3];
    let mut length = 0;
    while length < 3 {
        match stream.read(&mut start[length..])? {
            0 => break,
            more => length += more,
        }
    }
    let start = &start[..length];
    let (encoding, mark) = match start {
        [0xEF, 0xBB, 0xBF] => (Encoding::Utf8, 3),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => (Encoding::Utf16, 2),
        _ => (declared, 0),
    };
    let mut stream = start[mark..].chain(stream);
    if encoding != Encoding::Utf16 {
        return Ok(read(&mut stream, encoding));
    }
    let big_endian = start.starts_with(&[0xFE, 0xFF]);
    let decoder = if big_endian { UTF_16BE } else { UTF_16LE }.new_decoder_without_bom_handling();
    Ok(read(&mut Transcoder::new(stream, decoder), Encoding::Utf16))
}

/// Turns UTF-16 into UTF-8 on the way.
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

    fn read_back(name: &str, bytes: &[u8]) -> (String, Encoding) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        open(&path, Encoding::Auto, |stream, encoding| {
            let mut text = String::new();
            stream.read_to_string(&mut text).expect("text");
            (text, encoding)
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
            assert_eq!(read_back(name, &bytes), (text.clone(), Encoding::Auto), "{name}");
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
        assert_eq!(read_back("a.csv", &little), (text.clone(), Encoding::Utf16));
        assert_eq!(read_back("a.csv", &big), (text.clone(), Encoding::Utf16));
        assert_eq!(read_back("a.csv", &utf8), (text, Encoding::Utf8));
        assert_eq!(read_back("a.csv", b""), (String::new(), Encoding::Auto));
    }
}

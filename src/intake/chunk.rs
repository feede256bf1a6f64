//! Cutting a stream into chunks of whole CSV records.
//!
//! In: a stream of bytes. Out: [`Chunk`]s, each of which ends at the end of a record, with the line on which it starts.
//! Invariant: a line break inside quotes never ends a chunk; a quote that is never closed is an error with its line, and
//! at most [`LONGEST_RECORD`] bytes are held to find that out.

use std::io::{self, Read};

/// Bytes that a chunk holds, more or less.
pub(super) const CHUNK: usize = 1 << 20;

/// The longest record, in bytes.
const LONGEST_RECORD: usize = 16 << 20;

/// Whole records.
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    /// The line of the upload on which it starts, from 1.
    pub(super) line: u64,
}

/// Why a stream cannot be cut.
#[derive(Debug)]
pub(super) enum CutError {
    Io(io::Error),
    /// A quoted field that begins on or after this line is not closed.
    OpenQuote(u64),
}

/// Cuts a stream.
pub(super) struct Chunks<'a> {
    stream: &'a mut dyn Read,
    carry: Vec<u8>,
    line: u64,
    ended: bool,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(stream: &'a mut dyn Read) -> Self {
        Self { stream, carry: Vec::new(), line: 1, ended: false }
    }

    /// The next chunk; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Chunk>, CutError> {
        let mut bytes = std::mem::take(&mut self.carry);
        let mut target = CHUNK;
        loop {
            let wanted = target.saturating_sub(bytes.len());
            if wanted > 0 && !self.ended {
                let read = (&mut *self.stream).take(wanted as u64).read_to_end(&mut bytes).map_err(CutError::Io)?;
                self.ended = read < wanted;
            }
            if bytes.is_empty() {
                return Ok(None);
            }
            let quotes = memchr::memchr_iter(b'"', &bytes).count();
            let end = if self.ended {
                if quotes % 2 == 1 {
                    return Err(CutError::OpenQuote(self.line_of_last_quote(&bytes)));
                }
                Some(bytes.len())
            } else {
                last_record_end(&bytes, quotes)
            };
            if let Some(end) = end {
                self.carry = bytes.split_off(end);
                let line = self.line;
                self.line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
                return Ok(Some(Chunk { bytes, line }));
            }
            if target >= LONGEST_RECORD {
                return Err(CutError::OpenQuote(self.line_of_last_quote(&bytes)));
            }
            target *= 2;
        }
    }

    fn line_of_last_quote(&self, bytes: &[u8]) -> u64 {
        let at = memchr::memrchr(b'"', bytes).unwrap_or(0);
        self.line + memchr::memchr_iter(b'\n', &bytes[..at]).count() as u64
    }
}

/// The place after the last line break that no quote encloses.
fn last_record_end(bytes: &[u8], quotes: usize) -> Option<usize> {
    let mut open = quotes % 2 == 1;
    for at in memchr::memrchr2_iter(b'\n', b'"', bytes) {
        if bytes[at] == b'"' {
            open = !open;
        } else if !open {
            return Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(mut bytes: &[u8]) -> Result<Vec<Chunk>, CutError> {
        let mut chunks = Chunks::new(&mut bytes);
        std::iter::from_fn(|| chunks.next().transpose()).collect()
    }

    #[test]
    fn a_chunk_ends_where_a_record_ends() {
        let record = "\"a\nb\",\"say \"\"hi\"\"\"\n";
        let bytes = record.repeat(3 * CHUNK / record.len());
        let chunks = cut(bytes.as_bytes()).expect("whole records");
        assert!(chunks.len() >= 3);
        let mut line = 1;
        for chunk in &chunks {
            assert_eq!(chunk.bytes.len() % record.len(), 0);
            assert_eq!(chunk.line, line);
            line += 2 * (chunk.bytes.len() / record.len()) as u64;
        }
    }

    #[test]
    fn a_quote_left_open_is_an_error_with_its_line() {
        assert!(matches!(cut(b"a\nb\n\"c\nd\n"), Err(CutError::OpenQuote(3))));
        let endless = ["a\n\"".as_bytes(), &vec![b'x'; LONGEST_RECORD + CHUNK]].concat();
        assert!(matches!(cut(&endless), Err(CutError::OpenQuote(2))));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[a\",\n\r]{0,300}") {
            if let Ok(chunks) = cut(text.as_bytes()) {
                let joined: Vec<u8> = chunks.into_iter().flat_map(|chunk| chunk.bytes).collect();
                prop_assert_eq!(joined, text.as_bytes());
            }
        }
    }
}

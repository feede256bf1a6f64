//! Cutting a stream into chunks of whole CSV records.
//!
//! In: a stream of bytes, and after a look at its beginning the delimiter. Out: [`Chunk`]s, each of which ends at the end of a record,
//! with the line on which it starts and how it is written. Invariant: records end where Python's `csv` module ends them, so that a line
//! break inside quotes never ends a chunk and a quote in the middle of a field opens nothing; a quoted field that is never closed, or that
//! closes in the middle of a text after a line break, is an error with its line; at most [`LONGEST_RECORD`] bytes are held to find that out.

use std::io::{self, Read};

use super::records::{Form, has_bare_return, line_ends};

/// Bytes that a chunk holds, more or less.
pub(super) const CHUNK: usize = 1 << 20;

/// The longest record, in bytes.
const LONGEST_RECORD: usize = 16 << 20;

/// Whole records.
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    /// The line of the upload on which it starts, from 1.
    pub(super) line: u64,
    /// How its records are written.
    pub(super) form: Form,
    /// Whether any field is quoted: only then can a record go over lines.
    pub(super) quoted: bool,
    /// Its place among the chunks of the upload.
    pub(super) number: u64,
}

/// Counts lines on the way through a chunk; asked for places in rising order.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    form: Form,
    counted: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(chunk: &'a Chunk) -> Self {
        Self { bytes: &chunk.bytes, form: chunk.form, counted: 0, line: chunk.line }
    }

    /// The line of the record that is read from this place on, blank lines before it passed over.
    pub(super) fn at(&mut self, place: usize) -> u64 {
        let blank = self.bytes[place..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let start = place + blank;
        if start > self.counted {
            self.line += line_ends(&self.bytes[self.counted..start], self.form);
            self.counted = start;
        }
        self.line
    }
}

/// Why a stream cannot be cut.
#[derive(Debug)]
pub(super) enum CutError {
    Io(io::Error),
    /// A quoted field that begins on this line is not closed.
    OpenQuote(u64),
    /// A quoted field that begins on this line goes over lines and closes in the middle of a text: what no spreadsheet writes.
    StrayQuote(u64),
}

/// Cuts a stream.
pub(super) struct Chunks<'a> {
    stream: &'a mut dyn Read,
    carry: Vec<u8>,
    line: u64,
    ended: bool,
    delimiter: u8,
    number: u64,
}

/// What a look at the beginning of records tells.
struct Scan {
    form: Form,
    quoted: bool,
    /// The place after the last record that surely ends.
    end: Option<usize>,
    /// Where a quoted field begins that is not surely closed.
    open: Option<usize>,
    /// Where a quoted field begins that closes as no spreadsheet closes it.
    stray: Option<usize>,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(stream: &'a mut dyn Read) -> Self {
        Self { stream, carry: Vec::new(), line: 1, ended: false, delimiter: b',', number: 0 }
    }

    /// The first bytes of the stream, as many as a chunk holds; the header is found in them.
    pub(super) fn beginning(&mut self) -> io::Result<&[u8]> {
        if self.carry.is_empty() {
            self.fill(CHUNK)?;
        }
        Ok(&self.carry)
    }

    /// Begins with the records behind the first `skip` bytes.
    pub(super) fn begin(&mut self, skip: usize, delimiter: u8) {
        let rest = self.carry.split_off(skip);
        self.line += line_ends(&self.carry, Form::Loose);
        self.carry = rest;
        self.delimiter = delimiter;
    }

    fn fill(&mut self, target: usize) -> io::Result<()> {
        let wanted = target.saturating_sub(self.carry.len());
        if wanted > 0 && !self.ended {
            let read = (&mut *self.stream).take(wanted as u64).read_to_end(&mut self.carry)?;
            self.ended = read < wanted;
        }
        Ok(())
    }

    /// The next chunk; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Chunk>, CutError> {
        let mut target = CHUNK;
        loop {
            self.fill(target).map_err(CutError::Io)?;
            if self.carry.is_empty() {
                return Ok(None);
            }
            let bytes = &self.carry;
            let scan = scan(bytes, self.delimiter, self.ended);
            let line_of = |at: usize| self.line + line_ends(&bytes[..at], Form::Loose);
            if let Some(at) = scan.stray {
                return Err(CutError::StrayQuote(line_of(at)));
            }
            let end = match scan.open {
                Some(at) if self.ended => return Err(CutError::OpenQuote(line_of(at))),
                _ if self.ended => Some(bytes.len()),
                _ => scan.end,
            };
            if let Some(end) = end {
                let rest = self.carry.split_off(end);
                let bytes = std::mem::replace(&mut self.carry, rest);
                let (line, number) = (self.line, self.number);
                self.line += line_ends(&bytes, scan.form);
                self.number += 1;
                return Ok(Some(Chunk { bytes, line, form: scan.form, quoted: scan.quoted, number }));
            }
            if target >= LONGEST_RECORD {
                return Err(CutError::OpenQuote(line_of(scan.open.unwrap_or(0))));
            }
            target *= 2;
        }
    }
}

/// Looks at records from the beginning of one on. Only quotes, and what stands beside them, tell where records can end: outside quotes a
/// quote opens a field where a delimiter or a line break stands before it, and means itself anywhere else.
fn scan(bytes: &[u8], delimiter: u8, ended: bool) -> Scan {
    let mut scan = Scan { form: Form::Tidy, quoted: false, end: None, open: None, stray: None };
    // The faster reader would take a mark of the byte order for one, also in the middle of an upload.
    if has_bare_return(bytes, ended) || bytes.starts_with("\u{feff}".as_bytes()) {
        scan.form = Form::Loose;
    }
    // Everything from here on is outside quotes, and its last line break has not been looked for.
    let mut outside = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'"', &bytes[at..]) {
        let quote = at + found;
        let opens = quote == 0 || matches!(bytes[quote - 1], b'\n' | b'\r') || bytes[quote - 1] == delimiter;
        if !opens {
            scan.form = Form::Loose;
            at = quote + 1;
            continue;
        }
        scan.quoted = true;
        scan.end = last_line_end(bytes, outside, quote, ended).or(scan.end);
        let Some(close) = closing(bytes, quote + 1).filter(|&close| ended || close + 1 < bytes.len()) else {
            scan.open = Some(quote);
            return scan;
        };
        let closes_a_field =
            bytes.get(close + 1).is_none_or(|next| matches!(next, b'\n' | b'\r') || *next == delimiter);
        if !closes_a_field {
            scan.form = Form::Loose;
            if memchr::memchr2(b'\n', b'\r', &bytes[quote..close]).is_some() {
                scan.stray = Some(quote);
                return scan;
            }
        }
        at = close + 1;
        outside = at;
    }
    scan.end = last_line_end(bytes, outside, bytes.len(), ended).or(scan.end);
    scan
}

/// The quote that closes a field which is open at `from`.
fn closing(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let close = from + memchr::memchr(b'"', &bytes[from..])?;
        if bytes.get(close + 1) != Some(&b'"') {
            return Some(close);
        }
        from = close + 2;
    }
}

/// The place after the last line break of a stretch outside quotes. A carriage return at the end of all that was read may be half of a
/// line break, and counts only where nothing follows.
fn last_line_end(bytes: &[u8], start: usize, end: usize, ended: bool) -> Option<usize> {
    if end > start && bytes[end - 1] == b'\n' {
        return Some(end);
    }
    memchr::memrchr2_iter(b'\n', b'\r', &bytes[start..end])
        .map(|at| start + at)
        .find(|&at| bytes[at] == b'\n' || at + 1 < bytes.len() || ended)
        .map(|at| if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') { at + 2 } else { at + 1 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::records::{Loose, Records, Row, Tidy, twin};
    use super::*;

    fn cut(mut bytes: &[u8]) -> Result<Vec<Chunk>, CutError> {
        let mut chunks = Chunks::new(&mut bytes);
        std::iter::from_fn(|| chunks.next().transpose()).collect()
    }

    fn read(mut records: impl Records, into: &mut Vec<Vec<Vec<u8>>>) {
        while let Some(row) = records.next() {
            into.push((0..row.len()).map(|place| row.field(place).expect("a field").into_owned()).collect());
        }
    }

    fn records(chunks: &[Chunk]) -> Vec<Vec<Vec<u8>>> {
        let mut all = Vec::new();
        for chunk in chunks {
            match chunk.form {
                Form::Tidy => read(Tidy::new(&chunk.bytes, b','), &mut all),
                Form::Loose => read(Loose::new(&chunk.bytes, b','), &mut all),
            }
        }
        all
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
            assert_eq!(chunk.form, Form::Tidy);
            line += 2 * (chunk.bytes.len() / record.len()) as u64;
        }
    }

    #[test]
    fn a_quote_left_open_is_an_error_with_its_line() {
        assert!(matches!(cut(b"a\nb\n\"c\nd\n"), Err(CutError::OpenQuote(3))));
        let endless = ["a\n\"".as_bytes(), &vec![b'x'; LONGEST_RECORD + CHUNK]].concat();
        assert!(matches!(cut(&endless), Err(CutError::OpenQuote(2))));
    }

    #[test]
    fn a_field_over_lines_that_closes_inside_a_text_is_an_error_with_its_line() {
        assert!(matches!(cut(b"a,b\n1,\"pipe\n2,5\" pipe\n"), Err(CutError::StrayQuote(2))));
        assert_eq!(records(&cut(b"a,\"x \"y\" z\"\nb,c\n").expect("read"))[1], [b"b", b"c"]);
    }

    #[test]
    fn large_files_are_cut_the_same_however_their_lines_end() {
        for end in ["\n", "\r\n", "\r"] {
            let rows = 3 * CHUNK / 20;
            let text = (0..rows).map(|row| format!("E{row},5\" pipe,100{end}")).collect::<Vec<_>>().concat();
            let chunks = cut(text.as_bytes()).expect("whole records");
            assert!(chunks.len() >= 3, "{end:?}");
            assert_eq!(records(&chunks).len(), rows, "{end:?}");
            let last = chunks.last().expect("a chunk");
            assert_eq!(last.line + line_ends(&last.bytes, last.form), rows as u64 + 1, "{end:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn nothing_is_lost(text in "[a\",\n\r]{0,300}") {
            if let Ok(chunks) = cut(text.as_bytes()) {
                let joined: Vec<u8> = chunks.into_iter().flat_map(|chunk| chunk.bytes).collect();
                prop_assert_eq!(joined, text.as_bytes());
            }
        }

        /// The slow twin is Python's reader, state by state; what it reads is read alike, or refused.
        #[test]
        fn what_python_reads_is_read_alike_or_refused(text in "[ab\",\n\r ]{0,80}") {
            let expected = twin::records(text.as_bytes(), b',');
            match cut(text.as_bytes()) {
                Ok(chunks) => prop_assert_eq!(Some(records(&chunks)), expected),
                Err(CutError::OpenQuote(_)) => prop_assert_eq!(expected, None),
                Err(_) => {}
            }
        }
    }
}

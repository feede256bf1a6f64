//! Records and fields of a piece of CSV text, read as Python's `csv` module reads them (its default dialect, not strict).
//!
//! In: whole records, and how they are written ([`Form`]). Out: their fields, one record after the other.
//! Invariant: a quote opens a quoted field only where a field begins; what follows the closing quote of a field belongs to it as it
//! stands; a record ends at a line feed, a carriage return, or both. Where the faster reader could differ from that, it is not used.

use std::borrow::Cow;

use super::block::Span;

/// How a piece of CSV text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Every quote opens or closes a field or is doubled inside one, and every line ends with a line feed.
    Tidy,
    /// Anything else.
    Loose,
}

/// The fields of one record.
pub(super) trait Row {
    /// How many fields.
    fn len(&self) -> usize;

    /// One field without its quotes; none beyond the last.
    fn field(&self, place: usize) -> Option<Cow<'_, [u8]>>;

    /// Whether a field is empty or holds spaces only.
    fn is_blank(&self, place: usize) -> bool;

    /// Whether some field holds a line break.
    fn holds_breaks(&self) -> bool;

    /// Adds its first `width` fields to the bytes, in whatever order, and where each stands.
    fn copy(&self, width: usize, bytes: &mut Vec<u8>, spans: &mut Vec<Span>);
}

/// Records in their order.
pub(super) trait Records {
    /// A record.
    type Row<'r>: Row
    where
        Self: 'r;

    /// The byte from which on the next record is looked for.
    fn position(&self) -> usize;

    /// The next record; none at the end.
    fn next(&mut self) -> Option<Self::Row<'_>>;
}

/// Reads tidy text, in which quotes toggle.
pub(super) struct Tidy<'a>(simd_csv::ZeroCopyReader<&'a [u8]>);

impl<'a> Tidy<'a> {
    pub(super) fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        let mut builder = simd_csv::ZeroCopyReaderBuilder::with_capacity(bytes.len().clamp(1, 1 << 16));
        Self(builder.delimiter(delimiter).has_headers(false).flexible(true).from_reader(bytes))
    }
}

impl Records for Tidy<'_> {
    type Row<'r>
        = simd_csv::ZeroCopyByteRecord<'r>
    where
        Self: 'r;

    fn position(&self) -> usize {
        usize::try_from(self.0.position()).unwrap_or(usize::MAX)
    }

    fn next(&mut self) -> Option<Self::Row<'_>> {
        // Reading from memory cannot fail, and records of any length are allowed.
        self.0.read_byte_record().ok().flatten()
    }
}

impl Row for simd_csv::ZeroCopyByteRecord<'_> {
    #[inline(always)]
    fn len(&self) -> usize {
        simd_csv::ZeroCopyByteRecord::len(self)
    }

    #[inline(always)]
    fn field(&self, place: usize) -> Option<Cow<'_, [u8]>> {
        match self.get(place)? {
            [b'"', _, ..] => Some(self.unescape(place).unwrap_or_default()),
            text => Some(Cow::Borrowed(text)),
        }
    }

    #[inline]
    fn is_blank(&self, place: usize) -> bool {
        match self.get(place) {
            Some([b'"', inner @ .., b'"']) => inner.trim_ascii().is_empty(),
            text => text.unwrap_or_default().trim_ascii().is_empty(),
        }
    }

    fn holds_breaks(&self) -> bool {
        let text = self.as_slice().trim_ascii_end();
        memchr::memchr2(b'\n', b'\r', text).is_some()
    }

    #[inline(always)]
    fn copy(&self, width: usize, bytes: &mut Vec<u8>, spans: &mut Vec<Span>) {
        let mut start = bytes.len();
        bytes.extend_from_slice(self.as_slice());
        for place in 0..width.min(simd_csv::ZeroCopyByteRecord::len(self)) {
            let text = self.get(place).unwrap_or_default();
            let end = start + text.len();
            spans.push(match text {
                [b'"', _, ..] => match self.unescape(place).unwrap_or_default() {
                    Cow::Borrowed(inner) if inner.len() < text.len() => Span::new(start + 1, end - 1),
                    Cow::Borrowed(_) => Span::new(start, end),
                    Cow::Owned(inner) => {
                        let at = bytes.len();
                        bytes.extend_from_slice(&inner);
                        Span::new(at, bytes.len())
                    }
                },
                _ => Span::new(start, end),
            });
            start = end + 1;
        }
    }
}

/// Reads any text.
pub(super) struct Loose<'a> {
    reader: csv_core::Reader,
    bytes: &'a [u8],
    at: usize,
    fields: Vec<u8>,
    ends: Vec<usize>,
}

/// The fields of a record that was read so.
#[derive(Clone, Copy)]
pub(super) struct LooseRow<'r> {
    fields: &'r [u8],
    ends: &'r [usize],
}

impl<'a> Loose<'a> {
    pub(super) fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        // A blank line first, which is passed over: the reader would take a mark of the byte order from its start, and in the middle of an
        // upload that is text.
        let _ = reader.read_record(b"\n", &mut [0], &mut [0]);
        Self { reader, bytes, at: 0, fields: vec![0; 1 << 10], ends: vec![0; 1 << 6] }
    }

    /// Reads a record; gives how many of the fields are its own.
    fn read(&mut self) -> Option<usize> {
        use csv_core::ReadRecordResult::{End, InputEmpty, OutputEndsFull, OutputFull, Record};
        let (mut written, mut ended) = (0, 0);
        loop {
            let Self { reader, bytes, at, fields, ends } = self;
            let (result, read, wrote, ends_of) =
                reader.read_record(&bytes[*at..], &mut fields[written..], &mut ends[ended..]);
            *at += read;
            written += wrote;
            ended += ends_of;
            match result {
                // All was read: what follows is nothing, and ends the last record.
                InputEmpty => {}
                OutputFull => fields.resize(2 * fields.len(), 0),
                OutputEndsFull => ends.resize(2 * ends.len(), 0),
                Record => return Some(ended),
                End => return None,
            }
        }
    }
}

impl Records for Loose<'_> {
    type Row<'r>
        = LooseRow<'r>
    where
        Self: 'r;

    fn position(&self) -> usize {
        self.at
    }

    fn next(&mut self) -> Option<Self::Row<'_>> {
        let fields = self.read()?;
        Some(LooseRow { fields: &self.fields, ends: &self.ends[..fields] })
    }
}

impl LooseRow<'_> {
    fn bytes(&self, place: usize) -> Option<&[u8]> {
        let end = *self.ends.get(place)?;
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        Some(&self.fields[start..end])
    }
}

impl Row for LooseRow<'_> {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn field(&self, place: usize) -> Option<Cow<'_, [u8]>> {
        self.bytes(place).map(Cow::Borrowed)
    }

    fn is_blank(&self, place: usize) -> bool {
        self.bytes(place).unwrap_or_default().trim_ascii().is_empty()
    }

    fn holds_breaks(&self) -> bool {
        let end = self.ends.last().copied().unwrap_or(0);
        memchr::memchr2(b'\n', b'\r', &self.fields[..end]).is_some()
    }

    fn copy(&self, width: usize, bytes: &mut Vec<u8>, spans: &mut Vec<Span>) {
        let ends = &self.ends[..width.min(self.ends.len())];
        let mut start = bytes.len();
        bytes.extend_from_slice(&self.fields[..ends.last().copied().unwrap_or(0)]);
        let first = start;
        for end in ends {
            spans.push(Span::new(start, first + end));
            start = first + end;
        }
    }
}

/// How many lines end in a piece of text, whichever way they end.
pub(super) fn line_ends(bytes: &[u8], form: Form) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', bytes).count() as u64;
    if form == Form::Tidy { feeds } else { feeds + bare_returns(bytes) }
}

/// Carriage returns that no line feed follows.
fn bare_returns(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\r', bytes).filter(|&at| bytes.get(at + 1) != Some(&b'\n')).count() as u64
}

/// Whether some carriage return has no line feed behind it; one at the very end may still get one.
pub(super) fn has_bare_return(bytes: &[u8], ended: bool) -> bool {
    memchr::memchr_iter(b'\r', bytes).any(|at| match bytes.get(at + 1) {
        Some(next) => *next != b'\n',
        None => ended,
    })
}

#[cfg(test)]
pub(super) mod twin {
    //! The slow twin: the states of Python's reader, one character after the other.

    /// Records that have at least one character; none where a quoted field is open at the end.
    pub(in crate::intake) fn records(text: &[u8], delimiter: u8) -> Option<Vec<Vec<Vec<u8>>>> {
        #[derive(PartialEq)]
        enum State {
            StartRecord,
            StartField,
            InField,
            InQuoted,
            QuoteInQuoted,
        }
        let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), Vec::new());
        let mut state = State::StartRecord;
        for &byte in text {
            let ends_line = matches!(byte, b'\n' | b'\r');
            state = match state {
                State::StartRecord if ends_line => State::StartRecord,
                State::InQuoted if byte == b'"' => State::QuoteInQuoted,
                State::InQuoted => {
                    field.push(byte);
                    State::InQuoted
                }
                State::QuoteInQuoted if byte == b'"' => {
                    field.push(byte);
                    State::InQuoted
                }
                State::StartRecord | State::StartField if byte == b'"' => State::InQuoted,
                _ if ends_line => {
                    record.push(std::mem::take(&mut field));
                    records.push(std::mem::take(&mut record));
                    State::StartRecord
                }
                _ if byte == delimiter => {
                    record.push(std::mem::take(&mut field));
                    State::StartField
                }
                _ => {
                    field.push(byte);
                    State::InField
                }
            };
        }
        match state {
            State::InQuoted => return None,
            State::StartRecord => {}
            _ => {
                record.push(field);
                records.push(record);
            }
        }
        Some(records)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(mut records: impl Records) -> Vec<Vec<Vec<u8>>> {
        let mut read = Vec::new();
        while let Some(row) = records.next() {
            read.push((0..row.len()).map(|place| row.field(place).expect("a field").into_owned()).collect());
        }
        read
    }

    #[test]
    fn lines_are_counted_however_they_end() {
        assert_eq!(line_ends(b"a\nb\r\nc\n", Form::Tidy), 3);
        assert_eq!(line_ends(b"a\rb\r\nc\n", Form::Loose), 3);
        assert!(has_bare_return(b"a\rb", false));
        assert!(!has_bare_return(b"a\r\nb\r", false));
        assert!(has_bare_return(b"a\r\nb\r", true));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn loose_text_is_read_as_python_reads_it(text in "[a\",;\n\r \u{feff}]{0,60}") {
            if let Some(expected) = twin::records(text.as_bytes(), b',') {
                prop_assert_eq!(all(Loose::new(text.as_bytes(), b',')), expected);
            }
        }
    }
}

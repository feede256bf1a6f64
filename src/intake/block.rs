//! Rows that are parsed together, column by column.
//!
//! In: the records of a chunk. Out: [`Block`]s of rows, in which each field of a row is a [`Text`]. Invariant: a block has every field of the
//! header once for each of its rows; fields that a row does not have are blank, and such rows are told; rows that are blank are passed over.

use super::chunk::Chunk;
use super::records::{Records, Row as _};
use super::swallowed::holds_rows;

/// Bytes of text that a block holds, more or less: so few that all of it stays in the cache of a core.
const BYTES: usize = 1 << 16;

/// Bytes before every text, so that its last ones can be taken as one number however short it is.
const BEFORE: usize = size_of::<u128>();

/// Rows.
pub(super) struct Block<'a> {
    chunk: &'a Chunk,
    delimiter: u8,
    /// How many fields a row has.
    width: usize,
    bytes: Vec<u8>,
    spans: Vec<Span>,
    /// Of each row, the byte of the chunk from which on it was looked for.
    places: Vec<usize>,
    /// Rows that have fewer fields than the header, or more that hold something.
    uneven: Vec<usize>,
}

/// Where a field stands among the bytes of a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: place(start), end: place(end) }
    }
}

/// How filling a block ended.
pub(super) enum Filled {
    /// There are more rows.
    More,
    /// These are the last rows of the chunk.
    Last,
    /// The record that was looked for at this byte holds what look like whole rows.
    SwallowedRows(usize),
}

impl<'a> Block<'a> {
    /// A block for the rows of a chunk.
    pub(super) fn new(chunk: &'a Chunk, delimiter: u8, width: usize) -> Self {
        let bytes = chunk.bytes.len().min(BYTES);
        let rows = bytes / 64 + 1;
        Self {
            chunk,
            delimiter,
            width,
            bytes: Vec::with_capacity(BEFORE + bytes + bytes / 8),
            spans: Vec::with_capacity(rows * width.min(64)),
            places: Vec::with_capacity(rows),
            uneven: Vec::new(),
        }
    }

    /// Takes the next rows in the place of the last ones. `rarely_blank` is the place of a field that few rows leave blank.
    pub(super) fn fill(&mut self, records: &mut impl Records, rarely_blank: usize) -> Filled {
        self.bytes.clear();
        self.bytes.resize(BEFORE, 0);
        self.spans.clear();
        self.places.clear();
        self.uneven.clear();
        while self.bytes.len() < BYTES {
            let place = records.position();
            let Some(record) = records.next() else { return Filled::Last };
            let fields = record.len();
            if record.is_blank(rarely_blank) && (0..fields).all(|field| record.is_blank(field)) {
                continue;
            }
            if self.chunk.quoted && holds_rows(&record, self.delimiter, self.width) {
                return Filled::SwallowedRows(place);
            }
            if fields != self.width
                && (fields < self.width || (self.width..fields).any(|field| !record.is_blank(field)))
            {
                self.uneven.push(self.places.len());
            }
            record.copy(self.width, &mut self.bytes, &mut self.spans);
            self.places.push(place);
            self.spans.resize(self.places.len() * self.width, Span::default());
        }
        Filled::More
    }

    /// How many rows it has.
    pub(super) fn rows(&self) -> usize {
        self.places.len()
    }

    /// How many fields a row has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The byte of the chunk from which on each row was looked for.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// Rows whose number of fields is not the header's.
    pub(super) fn uneven(&self) -> &[usize] {
        &self.uneven
    }

    /// A field of a row.
    pub(super) fn text(&self, row: usize, field: usize) -> Text<'_> {
        Text::trimmed(&self.bytes, self.spans[row * self.width + field])
    }

    /// A field of all rows, or for each row one of its fields, or none.
    #[inline(always)]
    pub(super) fn texts<'t>(&'t self, fields: &'t Fields) -> impl Iterator<Item = Text<'t>> {
        let spans = match fields {
            Fields::One(field) => self.spans.get(*field..).unwrap_or_default().iter().step_by(self.width),
            Fields::Chosen(spans) => spans.iter().step_by(1),
        };
        spans.map(|span| Text::trimmed(&self.bytes, *span))
    }

    /// For each row the field that is chosen for it.
    pub(super) fn chosen(&self, mut choose: impl FnMut(usize) -> Option<usize>) -> Fields {
        let span = |row: usize, field: usize| self.spans[row * self.width + field];
        Fields::Chosen(
            (0..self.rows()).map(|row| choose(row).map_or(Span::default(), |field| span(row, field))).collect(),
        )
    }
}

/// Which fields of rows are asked for.
pub(super) enum Fields {
    /// The same of each row.
    One(usize),
    /// Those that stand here, one of each row.
    Chosen(Vec<Span>),
}

/// A field without the blanks around it.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    /// The bytes before it and its own.
    upto: &'a [u8],
    length: usize,
}

impl<'a> Text<'a> {
    #[inline(always)]
    fn trimmed(bytes: &'a [u8], Span { start, end }: Span) -> Self {
        let (mut start, mut end) = (start as usize, end as usize);
        // No blank is above the space.
        if start < end && (bytes[start] <= b' ' || bytes[end - 1] <= b' ') {
            let text = &bytes[start..end];
            start += text.len() - text.trim_ascii_start().len();
            end = start + text.trim_ascii().len();
        }
        // What a row does not have stands before everything else.
        let end = end.max(BEFORE);
        Self { upto: &bytes[..end], length: end.saturating_sub(start.max(BEFORE)) }
    }

    /// Its bytes.
    #[inline(always)]
    pub(super) fn bytes(self) -> &'a [u8] {
        &self.upto[self.upto.len() - self.length..]
    }

    /// Its length in bytes.
    #[inline(always)]
    pub(super) fn len(self) -> usize {
        self.length
    }

    /// Whether it has no letters.
    #[inline(always)]
    pub(super) fn is_empty(self) -> bool {
        self.length == 0
    }

    /// Its bytes as one number, the first one lowest, where they are sixteen or fewer: of two texts of one length it is the same only where they
    /// are.
    #[inline(always)]
    pub(super) fn packed(self) -> Option<u128> {
        if self.length > BEFORE {
            return None;
        }
        let last = self.upto.last_chunk::<BEFORE>()?;
        let bits = u32::try_from(8 * (BEFORE - self.length)).unwrap_or(u128::BITS);
        Some(u128::from_le_bytes(*last).checked_shr(bits).unwrap_or(0))
    }

    /// The last eight bytes up to its end, of which some may stand before it.
    #[inline(always)]
    pub(super) fn last_eight(self) -> [u8; 8] {
        self.upto.last_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::records::{Form, Loose, Tidy, twin};
    use super::*;

    fn chunk(text: &str, form: Form) -> Chunk {
        Chunk { bytes: text.as_bytes().to_vec(), line: 1, form, quoted: text.contains('"'), number: 0 }
    }

    /// The fields of all rows, and which rows are uneven.
    type Read = (Vec<Vec<Vec<u8>>>, Vec<usize>);

    fn read(chunk: &Chunk, width: usize) -> Option<Read> {
        let mut block = Block::new(chunk, b',', width);
        let (mut rows, mut uneven) = (Vec::new(), Vec::new());
        let (mut tidy, mut loose) = (Tidy::new(&chunk.bytes, b','), Loose::new(&chunk.bytes, b','));
        loop {
            let filled = match chunk.form {
                Form::Tidy => block.fill(&mut tidy, 0),
                Form::Loose => block.fill(&mut loose, 0),
            };
            uneven.extend(block.uneven().iter().map(|row| rows.len() + row));
            rows.extend(
                (0..block.rows()).map(|row| {
                    (0..width).map(|field| block.text(row, field).bytes().to_vec()).collect::<Vec<Vec<u8>>>()
                }),
            );
            match filled {
                Filled::More => {}
                Filled::Last => return Some((rows, uneven)),
                Filled::SwallowedRows(_) => return None,
            }
        }
    }

    /// The slow twin: records as Python reads them, blank ones left out, each brought to the width of the header.
    fn expected(text: &str, width: usize) -> Read {
        let (mut rows, mut uneven) = (Vec::new(), Vec::new());
        for record in twin::records(text.as_bytes(), b',').expect("closed quotes") {
            let mut fields: Vec<Vec<u8>> = record.iter().map(|field| field.trim_ascii().to_vec()).collect();
            if fields.iter().all(Vec::is_empty) {
                continue;
            }
            if fields.len() < width || fields[width..].iter().any(|field| !field.is_empty()) {
                uneven.push(rows.len());
            }
            fields.resize(width, Vec::new());
            rows.push(fields);
        }
        (rows, uneven)
    }

    #[test]
    fn many_rows_are_many_blocks() {
        let text = "E1,  7.5 ,\"a \"\"b\"\"\"\n".repeat(10_000);
        let chunk = chunk(&text, Form::Tidy);
        let (rows, uneven) = read(&chunk, 3).expect("rows");
        assert_eq!(rows.len(), 10_000);
        assert!(rows.iter().all(|row| *row == [b"E1".to_vec(), b"7.5".to_vec(), b"a \"b\"".to_vec()]));
        assert!(uneven.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn rows_are_the_records_of_the_slow_twin(
            fields in proptest::collection::vec(("[a-c ]{0,3}|\"[a-c, ]{0,3}(\"\"[a-c]?)?\"", "[,,\n]"), 0..40),
            width in 1_usize..5,
        ) {
            let text: String = fields.iter().flat_map(|(field, end)| [field.as_str(), end.as_str()]).collect();
            for form in [Form::Tidy, Form::Loose] {
                prop_assert_eq!(read(&chunk(&text, form), width), Some(expected(&text, width)));
            }
        }

        #[test]
        fn packed_texts_differ_where_texts_do(texts in proptest::collection::vec("[ab\\x00]{0,17}", 2)) {
            let joined = texts.iter().map(|text| format!("{}{text}", "x".repeat(BEFORE))).collect::<Vec<_>>();
            let texts: Vec<Text<'_>> = joined.iter().map(|text| Text::trimmed(text.as_bytes(), Span::new(BEFORE, text.len()))).collect();
            if let (Some(one), Some(other)) = (texts[0].packed(), texts[1].packed()) {
                let alike = texts[0].len() == texts[1].len() && one == other;
                prop_assert_eq!(alike, texts[0].bytes() == texts[1].bytes());
            }
        }
    }
}

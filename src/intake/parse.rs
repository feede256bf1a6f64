//! From the bytes of a chunk to typed columns.
//!
//! In: a chunk of whole records and the mapping of its upload. Out: a [`Parsed`] chunk: columns, employee IDs, rejects.
//! Invariant: rows read = rows kept + rows rejected; a rejected row leaves nothing but its place and rule; every distinct
//! text of a kept column passes the identifier gate.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal64Array, DictionaryArray, Int32Array, StringArray,
};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use encoding_rs::WINDOWS_1252;
use hashbrown::HashMap;

use super::chunk::Chunk;
use super::gate::{self, Identifier};
use super::header::Mapping;
use super::register::Register;
use super::rule::{Reject, Rule};
use crate::exact::{DECIMALS, NumberFault, NumberFormat};
use crate::period::{Period, PeriodKind};
use crate::pipeline::{DateFormat, DimensionSource, Encoding, FileFormat, Pipeline};
use crate::record::{Column, ColumnKind, is_currency_code};

/// Decimal digits of an amount in the store: `i64` in 1/10,000.
pub(crate) const PRECISION: u8 = 18;

/// The longest text that is kept, in bytes.
const LONGEST_TEXT: usize = 256;

/// What every chunk of one upload is parsed with.
pub(super) struct Context<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) register: &'a Register,
    pub(super) mapping: &'a Mapping,
    pub(super) format: &'a FileFormat,
    pub(super) encoding: Encoding,
    pub(super) delimiter: u8,
    /// The company of every row, where no column says it.
    pub(super) company: Option<usize>,
    /// The period of every row, where no column says it.
    pub(super) period: Option<Period>,
    /// Whether the line of every row is wanted, not of rejected ones only.
    pub(super) lines: bool,
}

/// A chunk after parsing. Rows are those that were read, in order; `keep` tells which of them count.
pub(super) struct Parsed {
    pub(super) rows: usize,
    pub(super) keep: Vec<bool>,
    /// Row places within the chunk, from 0; `line` within the upload.
    pub(super) rejects: Vec<Reject>,
    pub(super) ids: StringArray,
    pub(super) companies: Vec<u32>,
    pub(super) periods: Vec<Period>,
    pub(super) columns: Vec<(Column, ArrayRef)>,
    /// The line of each row, where it was wanted.
    pub(super) lines: Vec<u64>,
}

/// Why an upload must be refused, or read again, in the middle of a chunk.
pub(super) enum Stop {
    /// A value looks like a direct identifier.
    Identifier(u64, String, Identifier),
    /// A kept field is not UTF-8, and nobody declared that the file is.
    NotUtf8,
}

/// What a distinct text of a column means.
#[derive(Clone, Copy)]
enum Meaning {
    Absent,
    /// A place in the column's list of words, a register place, a period, or 0 and 1.
    Code(u32),
    Broken(Rule),
}

/// A text column while it is read: each distinct text is judged once.
struct Words {
    known: HashMap<Box<[u8]>, Meaning>,
    last_text: Vec<u8>,
    last: Option<Meaning>,
    words: Vec<String>,
    codes: Vec<u32>,
    nulls: Vec<bool>,
}

enum Builder {
    Ids { bytes: String, ends: Vec<i32> },
    Words(Words),
    Companies(Words),
    Periods(Words, Vec<Period>),
    Flags(Words),
    Dates(Vec<i32>, Vec<bool>),
    Numbers(Vec<i64>, Vec<bool>),
}

impl Words {
    fn new() -> Self {
        Self { known: HashMap::new(), last_text: Vec::new(), last: None, words: Vec::new(), codes: Vec::new(), nulls: Vec::new() }
    }

    fn meaning<E>(&mut self, text: &[u8], judge: impl FnOnce(&mut Vec<String>) -> Result<Meaning, E>) -> Result<Meaning, E> {
        if let Some(meaning) = self.last
            && self.last_text == text
        {
            return Ok(meaning);
        }
        let meaning = match self.known.get(text) {
            Some(meaning) => *meaning,
            None => {
                let meaning = judge(&mut self.words)?;
                self.known.insert(text.into(), meaning);
                meaning
            }
        };
        self.last_text.clear();
        self.last_text.extend_from_slice(text);
        self.last = Some(meaning);
        Ok(meaning)
    }

    /// Adds the meaning as the next row's; the rule where it broke one.
    fn push(&mut self, meaning: Meaning) -> Option<Rule> {
        let (code, there, rule) = match meaning {
            Meaning::Absent => (0, false, None),
            Meaning::Code(code) => (code, true, None),
            Meaning::Broken(rule) => (0, false, Some(rule)),
        };
        self.codes.push(code);
        self.nulls.push(there);
        rule
    }

    fn last_word(&self) -> Option<&str> {
        let there = *self.nulls.last()?;
        there.then(|| self.words[*self.codes.last().unwrap_or(&0) as usize].as_str())
    }

    fn dictionary(self) -> ArrayRef {
        let nulls = nulls_of(&self.nulls);
        let keys: ScalarBuffer<i32> = self.codes.into_iter().map(|code| i32::try_from(code).unwrap_or(0)).collect();
        let words = StringArray::from_iter_values(self.words);
        Arc::new(DictionaryArray::new(Int32Array::new(keys, nulls), Arc::new(words)))
    }
}

fn nulls_of(there: &[bool]) -> Option<NullBuffer> {
    there.contains(&false).then(|| NullBuffer::from(there))
}

impl Builder {
    fn new(kind: &ColumnKind, rows: usize) -> Self {
        match kind {
            ColumnKind::EmployeeId => Self::Ids { bytes: String::with_capacity(rows * 10), ends: Vec::with_capacity(rows) },
            ColumnKind::CompanyId => Self::Companies(Words::new()),
            ColumnKind::Period => Self::Periods(Words::new(), Vec::new()),
            ColumnKind::Code | ColumnKind::Word(_) | ColumnKind::Currency => Self::Words(Words::new()),
            ColumnKind::Flag => Self::Flags(Words::new()),
            ColumnKind::Date => Self::Dates(Vec::with_capacity(rows), Vec::with_capacity(rows)),
            ColumnKind::Number { .. } | ColumnKind::Money => {
                Self::Numbers(Vec::with_capacity(rows), Vec::with_capacity(rows))
            }
        }
    }
}

impl Context<'_> {
    /// Parses one chunk. `after_header` skips its first record.
    pub(super) fn parse(&self, chunk: &Chunk, skip: usize) -> Result<Parsed, Stop> {
        let bytes = &chunk.bytes[skip..];
        let estimate = bytes.len() / 80 + 16;
        let mut builders: Vec<Builder> =
            self.mapping.columns.iter().map(|(_, column)| Builder::new(&column.kind, estimate)).collect();
        let mut reader = simd_csv::ZeroCopyReaderBuilder::with_capacity(1 << 16)
            .delimiter(self.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        let mut keep = Vec::with_capacity(estimate);
        let mut rejects = Vec::new();
        let mut lines = Vec::new();
        let mut line_now = chunk.line + memchr::memchr_iter(b'\n', &chunk.bytes[..skip]).count() as u64;
        let mut counted = 0;
        let mut faults: Vec<(Option<u16>, Rule)> = Vec::new();
        let id_at = self.mapping.columns.iter().position(|(_, column)| column.kind == ColumnKind::EmployeeId);
        let id_field = id_at.map_or(0, |place| self.mapping.columns[place].0);
        loop {
            let before = reader.position();
            // Reading from memory cannot fail, and records of any length are allowed.
            let Ok(Some(record)) = reader.read_byte_record() else { break };
            let is_blank = || record.iter().all(|field| unquoted(field).trim_ascii().is_empty());
            if record.get(id_field).is_none_or(|field| unquoted(field).trim_ascii().is_empty()) && is_blank() {
                continue;
            }
            if self.lines {
                let at = usize::try_from(before).unwrap_or(0);
                let at = at + bytes[at..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
                line_now += memchr::memchr_iter(b'\n', &bytes[counted..at]).count() as u64;
                counted = at;
                lines.push(line_now);
            }
            faults.clear();
            let surplus = (self.mapping.fields..record.len()).any(|at| !record.get(at).unwrap_or_default().is_empty());
            if record.len() < self.mapping.fields || surplus {
                faults.push((None, Rule::FieldCount));
            }
            let line = || {
                let at = usize::try_from(before).unwrap_or(0);
                let blank = bytes[at..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
                chunk.line + memchr::memchr_iter(b'\n', &chunk.bytes[..skip + at + blank]).count() as u64
            };
            let mut currency: Option<Cow<'_, str>> = self.pipeline.currency.as_deref().map(Cow::Borrowed);
            let mut has_money = false;
            let mut has_base_pay = false;
            let mut has_basis = self.pipeline.settings.pay_basis.is_some();
            for (place, ((field, column), builder)) in self.mapping.columns.iter().zip(&mut builders).enumerate() {
                let text = match record.get(*field) {
                    Some(quoted @ [b'"', ..]) if quoted.len() >= 2 => record.unescape(*field).unwrap_or_default(),
                    Some(text) => Cow::Borrowed(text),
                    None => Cow::Borrowed(&b""[..]),
                };
                let text = text.trim_ascii();
                if !text.is_ascii() && self.encoding == Encoding::Auto && std::str::from_utf8(text).is_err() {
                    return Err(Stop::NotUtf8);
                }
                let broken = match builder {
                    Builder::Ids { bytes, ends } => {
                        let (id, rule) = self.employee_id(text);
                        if let Some(identifier) = gate::employee_id_looks_like(&id) {
                            return Err(Stop::Identifier(line(), column.name.clone(), identifier));
                        }
                        bytes.push_str(&id);
                        ends.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
                        rule
                    }
                    Builder::Words(words) => {
                        let meaning = words.meaning(text, |words| self.word(column, text, words));
                        let meaning = meaning.map_err(|what| Stop::Identifier(line(), column.name.clone(), what))?;
                        let rule = words.push(meaning);
                        if column.kind == ColumnKind::Currency
                            && let Some(word) = words.last_word()
                        {
                            currency = Some(Cow::Owned(word.to_owned()));
                        }
                        has_basis |= column.name == "pay_basis" && words.last_word().is_some();
                        rule
                    }
                    Builder::Companies(words) => {
                        let Ok(meaning) = words.meaning(text, |_| Ok::<_, Infallible>(self.company_place(text)));
                        words.push(meaning)
                    }
                    Builder::Periods(words, periods) => {
                        let kind = self.pipeline.period_kind;
                        let judge = |_: &mut Vec<String>| Ok::<_, Infallible>(period_of(text, kind, self.format.date, periods));
                        let Ok(meaning) = words.meaning(text, judge);
                        words.push(meaning)
                    }
                    Builder::Flags(words) => {
                        let Ok(meaning) = words.meaning(text, |_| Ok::<_, Infallible>(flag_of(text)));
                        words.push(meaning)
                    }
                    Builder::Dates(days, there) => {
                        let day = self.format.date.parse(text);
                        days.push(day.unwrap_or(0));
                        there.push(day.is_some());
                        (day.is_none() && !text.is_empty()).then_some(Rule::Date)
                    }
                    Builder::Numbers(numbers, there) => {
                        let own = match column.unit.as_str() {
                            unit if is_currency_code(unit) => Some(unit),
                            _ => currency.as_deref(),
                        };
                        let number = self.number(column, text, own);
                        numbers.push(*number.as_ref().unwrap_or(&None).as_ref().unwrap_or(&0));
                        let is_there = matches!(number, Ok(Some(_)));
                        there.push(is_there);
                        has_money |= is_there && column.kind == ColumnKind::Money && !is_currency_code(&column.unit);
                        has_base_pay |= is_there && column.name == "base_pay";
                        number.err()
                    }
                };
                if let Some(rule) = broken
                    && faults.first().is_none_or(|(_, rule)| *rule != Rule::FieldCount)
                {
                    faults.push((u16::try_from(place).ok(), rule));
                }
            }
            if has_money && currency.is_none() {
                faults.push((None, Rule::Currency));
            }
            if has_base_pay && !has_basis {
                faults.push((None, Rule::PayBasis));
            }
            keep.push(faults.is_empty());
            if !faults.is_empty() {
                let (row, line) = (keep.len() as u64 - 1, line());
                rejects.extend(faults.iter().map(|&(column, rule)| Reject { row, line, column, rule }));
            }
        }
        Ok(self.finish(builders, keep, rejects, lines))
    }

    fn finish(&self, builders: Vec<Builder>, mut keep: Vec<bool>, rejects: Vec<Reject>, lines: Vec<u64>) -> Parsed {
        let rows = keep.len();
        let mut parsed = Parsed {
            rows,
            keep: Vec::new(),
            rejects,
            lines,
            ids: StringArray::from(Vec::<&str>::new()),
            companies: vec![u32::try_from(self.company.unwrap_or(0)).unwrap_or(0); rows],
            periods: self.period.map(|period| vec![period; rows]).unwrap_or_default(),
            columns: Vec::new(),
        };
        for ((_, column), builder) in self.mapping.columns.iter().zip(builders) {
            let array: ArrayRef = match builder {
                Builder::Ids { bytes, ends } => {
                    let offsets: ScalarBuffer<i32> = std::iter::once(0).chain(ends).collect();
                    let offsets = arrow::buffer::OffsetBuffer::new(offsets);
                    parsed.ids = StringArray::new(offsets, bytes.into_bytes().into(), None);
                    continue;
                }
                Builder::Companies(words) => {
                    parsed.companies = words.codes;
                    continue;
                }
                Builder::Periods(words, periods) => {
                    if let Some(&any) = periods.first() {
                        parsed.periods = words.codes.iter().map(|&code| periods.get(code as usize).copied().unwrap_or(any)).collect();
                    } else {
                        // No row has a usable period: all of them are rejected already.
                        parsed.periods = vec![Period::Year(0); rows];
                        debug_assert!(!keep.contains(&true), "a row without a period is rejected");
                        keep.fill(false);
                    }
                    continue;
                }
                Builder::Words(words) => words.dictionary(),
                Builder::Flags(words) => {
                    let flags = words.codes.iter().zip(&words.nulls);
                    Arc::new(BooleanArray::from_iter(flags.map(|(&code, &there)| there.then_some(code == 1))))
                }
                Builder::Dates(days, there) => Arc::new(Date32Array::new(days.into(), nulls_of(&there))),
                Builder::Numbers(numbers, there) => {
                    let array = Decimal64Array::new(numbers.into(), nulls_of(&there));
                    let scale = i8::try_from(DECIMALS).unwrap_or(4);
                    Arc::new(array.with_precision_and_scale(PRECISION, scale).expect("18 digits hold every amount"))
                }
            };
            parsed.columns.push((column.clone(), array));
        }
        parsed.keep = keep;
        parsed
    }

    fn decode<'t>(&self, text: &'t [u8]) -> Option<Cow<'t, str>> {
        match std::str::from_utf8(text) {
            Ok(text) => Some(Cow::Borrowed(text)),
            Err(_) if self.encoding == Encoding::Windows1252 => Some(WINDOWS_1252.decode_without_bom_handling(text).0),
            Err(_) => None,
        }
    }

    fn employee_id<'t>(&self, text: &'t [u8]) -> (Cow<'t, str>, Option<Rule>) {
        match self.decode(text) {
            None => (Cow::Borrowed(""), Some(Rule::Text)),
            Some(id) => {
                let id = match id {
                    Cow::Borrowed(id) => Cow::Borrowed(id.trim()),
                    Cow::Owned(id) => Cow::Owned(id.trim().to_owned()),
                };
                let rule = (id.is_empty() || id.len() > LONGEST_TEXT).then_some(Rule::EmployeeId);
                (if rule.is_some() { Cow::Borrowed("") } else { id }, rule)
            }
        }
    }

    /// What a distinct text of a code, word or currency column means.
    fn word(&self, column: &Column, text: &[u8], words: &mut Vec<String>) -> Result<Meaning, Identifier> {
        let Some(text) = self.decode(text) else { return Ok(Meaning::Broken(Rule::Text)) };
        let text = text.trim();
        if text.is_empty() {
            return Ok(Meaning::Absent);
        }
        if let Some(identifier) = gate::value_looks_like(text) {
            return Err(identifier);
        }
        if text.len() > LONGEST_TEXT {
            return Ok(Meaning::Broken(Rule::Text));
        }
        let word = match &column.kind {
            ColumnKind::Currency => {
                let code = text.to_ascii_uppercase();
                if !is_currency_code(&code) {
                    return Ok(Meaning::Broken(Rule::Currency));
                }
                code
            }
            ColumnKind::Word(known) => {
                let word = text.to_ascii_lowercase().replace([' ', '-'], "_");
                if !known.contains(&word.as_str()) {
                    return Ok(Meaning::Broken(Rule::Word));
                }
                word
            }
            _ if !self.is_known_code(column, text) => return Ok(Meaning::Broken(Rule::Code)),
            _ => text.to_owned(),
        };
        words.push(word);
        Ok(u32::try_from(words.len() - 1).map_or(Meaning::Broken(Rule::Text), Meaning::Code))
    }

    fn is_known_code(&self, column: &Column, text: &str) -> bool {
        let of_column = |source: &DimensionSource| *source == DimensionSource::Record(column.name.clone());
        self.pipeline
            .dimensions
            .iter()
            .filter(|dimension| of_column(&dimension.source))
            .all(|dimension| dimension.hierarchy.accepts(text))
    }

    fn company_place(&self, text: &[u8]) -> Meaning {
        let place = self.decode(text).and_then(|id| self.register.place(id.trim()));
        match place.and_then(|place| u32::try_from(place).ok()) {
            Some(place) => Meaning::Code(place),
            None => Meaning::Broken(Rule::Company),
        }
    }

    /// The number in a field; none where it is empty.
    #[inline]
    fn number(&self, column: &Column, text: &[u8], currency: Option<&str>) -> Result<Option<i64>, Rule> {
        if text.is_empty() {
            return Ok(None);
        }
        let decoded;
        let text = if text.is_ascii() {
            text
        } else {
            decoded = self.decode(text).ok_or(Rule::Text)?;
            decoded.trim().as_bytes()
        };
        let format: &NumberFormat = &self.format.number;
        let number = match &column.kind {
            ColumnKind::Money => format.parse_money(text, currency),
            _ => format.parse(text),
        };
        match number {
            Ok(number) => match column.kind {
                ColumnKind::Number { low, high } if !(low..=high).contains(&number) => Err(Rule::Range),
                _ => Ok(Some(number)),
            },
            Err(NumberFault::NotANumber) => Err(Rule::Number),
            Err(NumberFault::Grouping) => Err(Rule::Grouping),
            Err(NumberFault::Scientific) => Err(Rule::Scientific),
            Err(NumberFault::TooLarge) => Err(Rule::Range),
            Err(NumberFault::OtherCurrency) => Err(Rule::OtherCurrency),
        }
    }
}

fn unquoted(field: &[u8]) -> &[u8] {
    match field {
        [b'"', inner @ .., b'"'] => inner,
        _ => field,
    }
}

fn flag_of(text: &[u8]) -> Meaning {
    match text.to_ascii_lowercase().as_slice() {
        b"" => Meaning::Absent,
        b"1" | b"y" | b"yes" | b"true" | b"t" | b"1.0" => Meaning::Code(1),
        b"0" | b"n" | b"no" | b"false" | b"f" | b"0.0" => Meaning::Code(0),
        _ => Meaning::Broken(Rule::Flag),
    }
}

fn period_of(text: &[u8], kind: PeriodKind, dates: DateFormat, periods: &mut Vec<Period>) -> Meaning {
    let named = std::str::from_utf8(text).ok().and_then(|text| kind.parse(text));
    let dated = || {
        let days = dates.parse(text)?;
        let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).ok()?;
        Some(kind.holding(date.year(), date.month().unsigned_abs()))
    };
    let Some(period) = named.or_else(dated) else { return Meaning::Broken(Rule::Period) };
    let place = periods.iter().position(|known| *known == period).unwrap_or_else(|| {
        periods.push(period);
        periods.len() - 1
    });
    u32::try_from(place).map_or(Meaning::Broken(Rule::Period), Meaning::Code)
}

//! From the bytes of a chunk to typed columns.
//!
//! In: a chunk of whole records and the mapping of its upload. Out: a [`Parsed`] chunk: columns, employee IDs, rejects.
//! Invariant: rows read = rows kept + rows rejected; a rejected row leaves nothing but its place and rule; every distinct
//! text of a kept column passes the identifier gate.

use std::borrow::Cow;
use std::convert::Infallible;

use arrow::array::{ArrayRef, StringArray};
use encoding_rs::WINDOWS_1252;

use super::builder::{Builder, Built, Meaning, flag_of};
use super::chunk::Chunk;
use super::gate::{self, Identifier};
use super::header::Mapping;
use super::register::Register;
use super::rule::{Reject, Rule};
use crate::exact::NumberFault;
use crate::period::{Period, PeriodKind};
use crate::pipeline::{DateFormat, DimensionSource, Encoding, FileFormat, Pipeline, UnknownCodes};
use crate::record::{Column, ColumnKind, is_currency_code};
use crate::timings;

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

/// Why a field stops the reading of an upload.
enum FieldStop {
    Identifier(Identifier),
    NotUtf8,
}

/// What the other fields of a row ask of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Currency,
    PayBasis,
    BasePay,
    Other,
}

/// What is known of a column before any row is read.
struct Slot {
    role: Role,
    /// The currency of a column that has one of its own.
    currency: Option<[u8; 3]>,
}

/// What the fields of one row have told so far.
#[expect(clippy::struct_excessive_bools, reason = "four independent facts about one row")]
struct Row {
    currency: Option<[u8; 3]>,
    has_currency: bool,
    has_money: bool,
    has_base_pay: bool,
    has_basis: bool,
}

impl Slot {
    fn of(column: &Column) -> Self {
        let role = match column.name.as_str() {
            "currency" => Role::Currency,
            "pay_basis" => Role::PayBasis,
            "base_pay" => Role::BasePay,
            _ => Role::Other,
        };
        let currency = Some(&column.unit).filter(|unit| is_currency_code(unit));
        Self { role, currency: currency.and_then(|code| code.as_bytes().try_into().ok()) }
    }
}

/// Counts lines on the way through a chunk; asked for places in rising order.
struct Lines<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(chunk: &'a Chunk, skip: usize) -> Self {
        let (head, bytes) = chunk.bytes.split_at(skip);
        Self { bytes, counted: 0, line: chunk.line + memchr::memchr_iter(b'\n', head).count() as u64 }
    }

    /// The line of the record that is read from this place on, blank lines before it passed over.
    fn at(&mut self, place: usize) -> u64 {
        let blank = self.bytes[place..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let start = place + blank;
        self.line += memchr::memchr_iter(b'\n', &self.bytes[self.counted..start]).count() as u64;
        self.counted = start;
        self.line
    }
}

impl Context<'_> {
    /// Parses one chunk, from its byte `skip` on.
    pub(super) fn parse(&self, chunk: &Chunk, skip: usize) -> Result<Parsed, Stop> {
        let _part = timings::part("parsing");
        let bytes = &chunk.bytes[skip..];
        let estimate = bytes.len() / 80 + 16;
        let columns = &self.mapping.columns;
        let slots: Vec<Slot> = columns.iter().map(|(_, column)| Slot::of(column)).collect();
        let mut builders: Vec<Builder> =
            columns.iter().map(|(_, column)| Builder::new(&column.kind, estimate)).collect();
        let mut reader = simd_csv::ZeroCopyReaderBuilder::with_capacity(1 << 16)
            .delimiter(self.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        let mut keep = Vec::with_capacity(estimate);
        let mut rejects = Vec::new();
        let mut lines = Lines::new(chunk, skip);
        let mut line_of_row = Vec::new();
        let mut faults: Vec<(Option<u16>, Rule)> = Vec::new();
        let id_field =
            columns.iter().find(|(_, column)| column.kind == ColumnKind::EmployeeId).map_or(0, |(at, _)| *at);
        loop {
            let before = usize::try_from(reader.position()).unwrap_or(0);
            // Reading from memory cannot fail, and records of any length are allowed.
            let Ok(Some(record)) = reader.read_byte_record() else { break };
            let is_empty = |field: &[u8]| unquoted(field).trim_ascii().is_empty();
            if record.get(id_field).is_none_or(is_empty) && record.iter().all(is_empty) {
                continue;
            }
            faults.clear();
            let surplus = (self.mapping.fields..record.len()).any(|at| !record.get(at).unwrap_or_default().is_empty());
            if record.len() < self.mapping.fields || surplus {
                faults.push((None, Rule::FieldCount));
            }
            let mut row = self.new_row();
            for (place, (((field, column), slot), builder)) in columns.iter().zip(&slots).zip(&mut builders).enumerate()
            {
                let text = match record.get(*field) {
                    Some(quoted @ [b'"', ..]) if quoted.len() >= 2 => record.unescape(*field).unwrap_or_default(),
                    Some(text) => Cow::Borrowed(text),
                    None => Cow::Borrowed(&b""[..]),
                };
                let broken =
                    self.field(column, slot, builder, text.trim_ascii(), &mut row).map_err(|what| match what {
                        FieldStop::NotUtf8 => Stop::NotUtf8,
                        FieldStop::Identifier(what) => Stop::Identifier(lines.at(before), column.name.clone(), what),
                    })?;
                if let Some(rule) = broken
                    && faults.first().is_none_or(|(_, rule)| *rule != Rule::FieldCount)
                {
                    faults.push((u16::try_from(place).ok(), rule));
                }
            }
            if row.has_money && !row.has_currency {
                faults.push((None, Rule::Currency));
            }
            if row.has_base_pay && !row.has_basis {
                faults.push((None, Rule::PayBasis));
            }
            keep.push(faults.is_empty());
            if self.lines {
                line_of_row.push(lines.at(before));
            }
            if !faults.is_empty() {
                let (row, line) = (keep.len() as u64 - 1, lines.at(before));
                rejects.extend(faults.iter().map(|&(column, rule)| Reject { row, line, column, rule }));
            }
        }
        Ok(self.finish(builders, keep, rejects, line_of_row))
    }

    fn new_row(&self) -> Row {
        let currency = self.pipeline.settings.currency.as_ref().and_then(|code| code.as_bytes().try_into().ok());
        Row {
            currency,
            has_currency: currency.is_some(),
            has_money: false,
            has_base_pay: false,
            has_basis: self.pipeline.settings.pay_basis.is_some(),
        }
    }

    /// Adds one field (trimmed) to its column; the rule that it breaks, if any.
    #[inline]
    fn field(
        &self,
        column: &Column,
        slot: &Slot,
        builder: &mut Builder,
        text: &[u8],
        row: &mut Row,
    ) -> Result<Option<Rule>, FieldStop> {
        Ok(match builder {
            Builder::Ids { bytes, ends } => {
                self.must_be_utf8(text)?;
                let (id, rule) = self.employee_id(text);
                if let Some(identifier) = gate::employee_id_looks_like(&id) {
                    return Err(FieldStop::Identifier(identifier));
                }
                bytes.push_str(&id);
                ends.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
                rule
            }
            Builder::Words(words) => {
                let judge = |words: &mut Vec<String>| {
                    self.must_be_utf8(text)?;
                    self.word(column, text, words).map_err(FieldStop::Identifier)
                };
                let meaning = words.meaning(text, judge)?;
                let rule = words.push(meaning);
                match slot.role {
                    // What is no known word is told as such, and not as missing too.
                    Role::Currency => {
                        row.has_currency |= !text.is_empty();
                        if let Some(word) = words.last_word() {
                            row.currency = word.as_bytes().try_into().ok();
                        }
                    }
                    Role::PayBasis => row.has_basis |= !text.is_empty(),
                    Role::BasePay | Role::Other => {}
                }
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
                let own = slot.currency.as_ref().or(row.currency.as_ref()).map(<[u8; 3]>::as_slice);
                let (number, rule) = match self.number(column, text, own) {
                    Ok(number) => (number, None),
                    Err(rule) => {
                        self.must_be_utf8(text)?;
                        (None, Some(rule))
                    }
                };
                numbers.push(number.unwrap_or(0));
                there.push(number.is_some());
                row.has_money |= number.is_some() && column.kind == ColumnKind::Money && slot.currency.is_none();
                row.has_base_pay |= number.is_some() && slot.role == Role::BasePay;
                rule
            }
        })
    }

    /// Stops at a text that is not UTF-8 where nobody declared that it is: the upload is read again in another encoding.
    #[inline]
    fn must_be_utf8(&self, text: &[u8]) -> Result<(), FieldStop> {
        if self.encoding == Encoding::Auto && !text.is_ascii() && std::str::from_utf8(text).is_err() {
            return Err(FieldStop::NotUtf8);
        }
        Ok(())
    }

    fn finish(&self, builders: Vec<Builder>, keep: Vec<bool>, rejects: Vec<Reject>, lines: Vec<u64>) -> Parsed {
        let rows = keep.len();
        let mut ids = StringArray::from(Vec::<&str>::new());
        let mut companies = vec![u32::try_from(self.company.unwrap_or(0)).unwrap_or(0); rows];
        let mut periods = self.period.map(|period| vec![period; rows]).unwrap_or_default();
        let mut columns = Vec::new();
        for ((_, column), builder) in self.mapping.columns.iter().zip(builders) {
            match builder.finish() {
                Built::Ids(array) => ids = array,
                Built::Companies(codes) => companies = codes,
                Built::Periods(codes, known) => {
                    // Where no row has a usable period, all of them are rejected already.
                    let any = known.first().copied().unwrap_or(Period::Year(0));
                    let period = |code: &u32| known.get(*code as usize).copied().unwrap_or(any);
                    periods = codes.iter().map(period).collect();
                }
                Built::Column(array) => columns.push((column.clone(), array)),
            }
        }
        Parsed { rows, keep, rejects, ids, companies, periods, columns, lines }
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
        // Codes that begin with `_` are SDMX's own: a total, not reported.
        !text.starts_with('_')
            && self
                .pipeline
                .dimensions
                .iter()
                .filter(|dimension| of_column(&dimension.source))
                .all(|dimension| dimension.unknown == UnknownCodes::Count || dimension.hierarchy.accepts(text))
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
    fn number(&self, column: &Column, text: &[u8], currency: Option<&[u8]>) -> Result<Option<i64>, Rule> {
        if text.is_empty() {
            return Ok(None);
        }
        let format = self.format.number;
        let parse = |text: &[u8]| match &column.kind {
            ColumnKind::Money => format.parse_money(text, currency),
            _ => format.parse(text),
        };
        let number = match parse(text) {
            // Only a text that is no number as it stands can need decoding: a currency sign, a no-break space.
            Err(_) if !text.is_ascii() => parse(self.decode(text).ok_or(Rule::Text)?.trim().as_bytes()),
            number => number,
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

fn period_of(text: &[u8], kind: PeriodKind, dates: DateFormat, periods: &mut Vec<Period>) -> Meaning {
    let named = std::str::from_utf8(text).ok().and_then(|text| kind.parse(text));
    let by_date = || {
        let days = dates.parse(text)?;
        let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).ok()?;
        Some(kind.holding(date.year(), date.month().unsigned_abs()))
    };
    let Some(period) = named.or_else(by_date) else { return Meaning::Broken(Rule::Period) };
    let place = periods.iter().position(|known| *known == period).unwrap_or_else(|| {
        periods.push(period);
        periods.len() - 1
    });
    u32::try_from(place).map_or(Meaning::Broken(Rule::Period), Meaning::Code)
}

//! From the bytes of a chunk to typed columns.
//!
//! In: a chunk of whole records and the mapping of its upload. Out: a [`Parsed`] chunk: columns, employee IDs, rejects.
//! Invariant: rows read = rows kept + rows rejected; a rejected row leaves nothing but its place and rule; every distinct
//! text of a kept column passes the identifier gate, and what it finds is told together.

use std::borrow::Cow;
use std::collections::BTreeSet;

use arrow::array::{ArrayRef, StringArray};
use encoding_rs::WINDOWS_1252;

use super::builder::{Builder, Built, Meaning, flag_of, synonym};
use super::cell::{Cell, bare_id, is_no_id, is_perhaps_total, is_total};
use super::chunk::{Chunk, Lines};
use super::gate::{self, Suspicion};
use super::header::{Field, Mapped, Mapping, is_unprintable};
use super::marks::Marks;
use super::pay;
use super::records::{Form, Loose, Records, Row as _, Tidy};
use super::register::Register;
use super::rule::{Reject, Rule};
use super::source::Script;
use crate::exact::{NumberFault, NumberFormat, SCALE};
use crate::period::{Period, PeriodKind};
use crate::pipeline::{Dated, Dates, DimensionSource, FileFormat, Pipeline, UnknownCodes};
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
    pub(super) script: Script,
    /// Whether fields carry marks of types.
    pub(super) is_typed: bool,
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
    /// What looks like a direct identifier: the line, the place of the column, and what spoke.
    pub(super) suspicions: Vec<(u64, usize, Suspicion)>,
    /// What the marks in the numbers of each column tell.
    pub(super) marks: Vec<Marks>,
    /// The words of `[words]` that rows have.
    pub(super) words: BTreeSet<(String, String)>,
}

/// Why an upload must be refused in the middle of a chunk.
pub(super) enum Stop {
    /// A kept field of a column is not UTF-8, and nobody declared what it is.
    NotUtf8(u64, String),
    /// A quoted field of the row on this line holds what look like whole rows.
    SwallowedRows(u64),
}

/// A kept text that is not UTF-8.
struct NotUtf8;

/// What the other fields of a row ask of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Currency,
    PayBasis,
    BasePay,
    Fte,
    Hours,
    Other,
}

/// What is known of a column before any row is read.
struct Slot<'a> {
    mapped: &'a Mapped,
    /// Its place among the columns.
    place: usize,
    role: Role,
    /// The currency of a column that has one of its own.
    currency: Option<[u8; 3]>,
    /// Whether the header says that its numbers are percent.
    is_percent: bool,
    has_words: bool,
    /// Whether marks in its numbers can be of two kinds.
    asks_for_marks: bool,
}

/// What the fields of one row have told so far.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one row")]
pub(super) struct Row {
    currency: Option<[u8; 3]>,
    has_currency: bool,
    has_money: bool,
    has_base_pay: bool,
    has_basis: bool,
    /// The pay basis that the row itself tells.
    pub(super) basis: Option<&'static str>,
    /// That of the header from which base pay was taken: as the pipeline says, and as its words tell.
    pub(super) declared_basis: Option<&'static str>,
    pub(super) told_basis: Option<&'static str>,
    pub(super) fte: Option<i64>,
    pub(super) hours: Option<i64>,
    /// Whether it has an employee ID, and that speaks of a total of others.
    has_id: bool,
    is_total: bool,
}

/// What parsing finds besides columns.
#[derive(Default)]
struct Findings {
    /// With the place of the column.
    suspicions: Vec<(usize, Suspicion)>,
    /// Whether a number of this row is the first of its column that could be read in two ways.
    marked: bool,
    words: BTreeSet<(String, String)>,
}

impl<'a> Slot<'a> {
    fn of((place, mapped): (usize, &'a Mapped), context: &Context<'_>) -> Self {
        let column = &mapped.column;
        let role = match column.name.as_str() {
            "currency" => Role::Currency,
            "pay_basis" => Role::PayBasis,
            "base_pay" => Role::BasePay,
            "fte" => Role::Fte,
            "weekly_hours" => Role::Hours,
            _ => Role::Other,
        };
        let currency = Some(&column.unit).filter(|unit| is_currency_code(unit));
        let header = mapped.fields.first().map_or("", |field| field.text.as_str());
        Self {
            mapped,
            place,
            role,
            currency: currency.and_then(|code| code.as_bytes().try_into().ok()),
            is_percent: header.contains('%'),
            has_words: context.pipeline.words.speak_of(column),
            asks_for_marks: !context.format.numbers_are_declared && Marks::matter_to(&column.kind),
        }
    }
}

impl Slot<'_> {
    /// A number, if the column may hold it.
    #[inline]
    fn within_bounds(&self, number: i64) -> Result<Option<i64>, Rule> {
        match self.mapped.column.kind {
            ColumnKind::Number { low, high } if !(low..=high).contains(&number) => Err(Rule::Range),
            _ => Ok(Some(number)),
        }
    }
}

impl Context<'_> {
    /// Parses one chunk.
    pub(super) fn parse(&self, chunk: &Chunk) -> Result<Parsed, Stop> {
        let _part = timings::part("parsing");
        match chunk.form {
            Form::Tidy => self.parse_records(Tidy::new(&chunk.bytes, self.delimiter), chunk),
            Form::Loose => self.parse_records(Loose::new(&chunk.bytes, self.delimiter), chunk),
        }
    }

    fn parse_records(&self, mut reader: impl Records, chunk: &Chunk) -> Result<Parsed, Stop> {
        let estimate = chunk.bytes.len() / 80 + 16;
        let columns = &self.mapping.columns;
        let slots: Vec<Slot<'_>> = columns.iter().enumerate().map(|mapped| Slot::of(mapped, self)).collect();
        let mut builders: Vec<Builder> =
            columns.iter().map(|mapped| Builder::new(&mapped.column.kind, estimate)).collect();
        let mut marks = vec![Marks::default(); columns.len()];
        let mut keep = Vec::with_capacity(estimate);
        let mut rejects = Vec::new();
        let mut lines = Lines::new(chunk);
        let mut line_of_row = Vec::new();
        let mut faults: Vec<(Option<u16>, Rule)> = Vec::new();
        let mut findings = Findings::default();
        let mut suspicions = Vec::new();
        let terms = pay::Terms::of(self);
        let id = columns.iter().position(|mapped| mapped.column.kind == ColumnKind::EmployeeId);
        let id_field = id.and_then(|id| columns[id].fields.first()).map_or(0, |field| field.place);
        loop {
            let before = reader.position();
            let Some(record) = reader.next() else { break };
            if record.is_blank(id_field) && (0..record.len()).all(|place| record.is_blank(place)) {
                continue;
            }
            if chunk.quoted && holds_rows(&record, self.delimiter, self.mapping.fields) {
                return Err(Stop::SwallowedRows(lines.at(before)));
            }
            faults.clear();
            let surplus = (self.mapping.fields..record.len()).any(|at| !record.is_blank(at));
            if record.len() < self.mapping.fields || surplus {
                faults.push((None, Rule::FieldCount));
            }
            let mut row = self.new_row();
            for (place, (slot, builder)) in slots.iter().zip(&mut builders).enumerate() {
                let (text, field) = field_of(&record, slot.mapped);
                if slot.role == Role::BasePay {
                    let field = field.and_then(|field| slot.mapped.fields.get(field));
                    row.declared_basis = field.and_then(|field| field.pay_basis);
                    row.told_basis = field.and_then(|field| field.tells_basis);
                }
                let cell = Cell::of(&text, self.is_typed);
                let broken = self
                    .field(slot, builder, cell, &mut row, &mut marks[place], &mut findings)
                    .map_err(|NotUtf8| Stop::NotUtf8(lines.at(before), slot.mapped.column.name.clone()))?;
                if let Some(rule) = broken
                    && faults.first().is_none_or(|(_, rule)| *rule != Rule::FieldCount)
                {
                    faults.push((u16::try_from(place).ok(), rule));
                }
            }
            if std::mem::take(&mut findings.marked) {
                let line = lines.at(before);
                marks.iter_mut().filter(|marks| marks.is_first()).for_each(|marks| marks.line = line);
            }
            if !findings.suspicions.is_empty() {
                let line = lines.at(before);
                suspicions.extend(findings.suspicions.drain(..).map(|(place, suspicion)| (line, place, suspicion)));
            }
            if let Some(terms) = &terms
                && let Some(rule) = terms.settle(&mut builders, &mut row)
            {
                faults.push((terms.base_pay(), rule));
            }
            if row.has_money && !row.has_currency {
                faults.push((None, Rule::Currency));
            }
            if row.has_base_pay && !row.has_basis && row.declared_basis.or(row.told_basis).is_none() {
                faults.push((None, Rule::PayBasis));
            }
            // Employees with an ID, and rows in order, are employees.
            let is_total =
                row.is_total || (!row.has_id && (id.is_none() || !faults.is_empty()) && self.begins_as_total(&record));
            if is_total {
                faults.clear();
                faults.push((id.and_then(|id| u16::try_from(id).ok()), Rule::TotalRow));
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
        let mut parsed = self.finish(builders, keep, chunk.number);
        parsed.rejects = rejects;
        parsed.lines = line_of_row;
        parsed.suspicions = suspicions;
        parsed.marks = marks;
        parsed.words = findings.words;
        Ok(parsed)
    }

    fn new_row(&self) -> Row {
        let currency = self.pipeline.settings.currency.as_ref().and_then(|code| code.as_bytes().try_into().ok());
        Row {
            currency,
            has_currency: currency.is_some(),
            has_basis: self.pipeline.settings.pay_basis.is_some(),
            ..Row::default()
        }
    }

    /// Whether a row without an employee ID is the total of others: its first text says so, and it is mostly blank.
    #[inline(never)]
    fn begins_as_total(&self, record: &impl super::records::Row) -> bool {
        let filled = (0..record.len()).filter(|&place| !record.is_blank(place));
        let (first, count) = (filled.clone().next(), filled.count());
        let Some(first) = first.filter(|_| 2 * count <= self.mapping.fields.max(4)) else { return false };
        let text = record.field(first).unwrap_or_default();
        let text = Cell::of(&text, self.is_typed).text();
        self.script.decode(text).is_some_and(|text| is_perhaps_total(text.trim()))
    }

    /// Adds one field to its column; the rule that it breaks, if any.
    #[inline(always)]
    #[expect(clippy::too_many_lines, reason = "an arm for each kind of column")]
    fn field(
        &self,
        slot: &Slot<'_>,
        builder: &mut Builder,
        cell: Cell<'_>,
        row: &mut Row,
        marks: &mut Marks,
        findings: &mut Findings,
    ) -> Result<Option<Rule>, NotUtf8> {
        let column = &slot.mapped.column;
        let text = cell.text();
        // A date or a yes where a text was expected is what a spreadsheet has made of a code.
        let is_no_text = matches!(cell, Cell::Error | Cell::Date(_) | Cell::Hours(_) | Cell::Flag(_));
        Ok(match builder {
            Builder::Ids { bytes, ends } => {
                let (id, rule) = if let Some(id) = plain_id(text) {
                    (Cow::Borrowed(id), None)
                } else {
                    self.must_be_utf8(text)?;
                    let (id, rule) = self.employee_id(text);
                    row.is_total = is_total(&id);
                    (id, rule)
                };
                if let Some(suspicion) = gate::employee_id_looks_like(&id) {
                    findings.suspicions.push((slot.place, suspicion));
                }
                row.has_id = !text.is_empty();
                bytes.push_str(&id);
                ends.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
                if is_no_text { Some(Rule::Cell) } else { rule }
            }
            Builder::Words(words) => {
                let judge = |words: &mut Vec<String>| {
                    self.must_be_utf8(text)?;
                    Ok(self.word(slot, text, words, findings))
                };
                let meaning = if is_no_text { Meaning::Broken(Rule::Cell) } else { words.meaning(text, judge)? };
                let rule = words.push(meaning);
                match slot.role {
                    // What is no known word is told as such, and not as missing too.
                    Role::Currency => {
                        row.has_currency |= !text.is_empty();
                        if let Some(word) = words.last_word() {
                            row.currency = word.as_bytes().try_into().ok();
                        }
                    }
                    Role::PayBasis => {
                        row.has_basis |= !text.is_empty();
                        row.basis = words.last_word().and_then(pay::basis_of);
                    }
                    _ => {}
                }
                rule
            }
            Builder::Companies(words) => {
                let judge = |_: &mut Vec<String>| {
                    self.must_be_utf8(text)?;
                    Ok(self.company_place(text))
                };
                let meaning = words.meaning(text, judge)?;
                words.push(meaning)
            }
            Builder::Periods(words, periods) => {
                let kind = self.pipeline.period_kind;
                let dates = if matches!(cell, Cell::Date(_)) { &Dates::default() } else { &self.format.dates };
                let judge = |_: &mut Vec<String>| Ok(period_of(text, kind, dates, periods));
                let meaning = words.meaning(text, judge)?;
                words.push(meaning)
            }
            Builder::Flags(words) => {
                let judge = |_: &mut Vec<String>| {
                    self.must_be_utf8(text)?;
                    Ok(self.flag(slot, text, findings))
                };
                let is_error = matches!(cell, Cell::Error | Cell::Date(_) | Cell::Hours(_));
                let meaning = if is_error { Meaning::Broken(Rule::Cell) } else { words.meaning(text, judge)? };
                words.push(meaning)
            }
            Builder::Dates(days, there) => {
                let (day, rule) = self.date(column, cell);
                if rule.is_some() {
                    self.must_be_utf8(text)?;
                }
                days.push(day.unwrap_or(0));
                there.push(day.is_some());
                rule
            }
            Builder::Numbers(numbers, there) => {
                let own = slot.currency.as_ref().or(row.currency.as_ref()).map(<[u8; 3]>::as_slice);
                let (number, rule) = match self.number(slot, cell, own) {
                    Ok(number) => (number, None),
                    Err(rule) => {
                        self.must_be_utf8(text)?;
                        (None, Some(rule))
                    }
                };
                if slot.asks_for_marks && number.is_some() && matches!(cell, Cell::Text(_)) {
                    marks.see(text);
                    findings.marked |= marks.is_first();
                }
                numbers.push(number.unwrap_or(0));
                there.push(number.is_some());
                row.has_money |= number.is_some() && column.kind == ColumnKind::Money && slot.currency.is_none();
                match slot.role {
                    Role::BasePay => row.has_base_pay = number.is_some(),
                    Role::Fte => row.fte = number,
                    Role::Hours => row.hours = number,
                    _ => {}
                }
                rule
            }
        })
    }

    /// Stops at a text that is not UTF-8 where nobody declared what it is.
    #[inline]
    fn must_be_utf8(&self, text: &[u8]) -> Result<(), NotUtf8> {
        if self.script == Script::Undeclared && !text.is_ascii() && std::str::from_utf8(text).is_err() {
            return Err(NotUtf8);
        }
        Ok(())
    }

    fn finish(&self, builders: Vec<Builder>, keep: Vec<bool>, chunk: u64) -> Parsed {
        let rows = keep.len();
        let mut ids = None;
        let mut companies = vec![u32::try_from(self.company.unwrap_or(0)).unwrap_or(0); rows];
        let mut periods = self.period.map(|period| vec![period; rows]).unwrap_or_default();
        let mut columns = Vec::new();
        for (mapped, builder) in self.mapping.columns.iter().zip(builders) {
            match builder.finish() {
                Built::Ids(array) => ids = Some(array),
                Built::Companies(codes) => companies = codes,
                Built::Periods(codes, known) => {
                    // Where no row has a usable period, all of them are rejected already.
                    let any = known.first().copied().unwrap_or(Period::Year(0));
                    let period = |code: &u32| known.get(*code as usize).copied().unwrap_or(any);
                    periods = codes.iter().map(period).collect();
                }
                Built::Column(array) => columns.push((mapped.column.clone(), array)),
            }
        }
        // Without employee IDs each row is an employee, whom nothing joins to a row of another upload or period.
        let ids = ids.unwrap_or_else(|| {
            let period = |row: usize| periods.get(row).map(ToString::to_string).unwrap_or_default();
            (0..rows).map(|row| Some(format!("row {chunk}.{row} of {}", period(row)))).collect()
        });
        Parsed {
            rows,
            keep,
            rejects: Vec::new(),
            ids,
            companies,
            periods,
            columns,
            lines: Vec::new(),
            suspicions: Vec::new(),
            marks: Vec::new(),
            words: BTreeSet::new(),
        }
    }

    fn employee_id<'t>(&self, text: &'t [u8]) -> (Cow<'t, str>, Option<Rule>) {
        match self.script.decode(text) {
            None => (Cow::Borrowed(""), Some(Rule::Text)),
            Some(id) => {
                let id = match id {
                    Cow::Borrowed(id) => bare_id(id),
                    Cow::Owned(id) => Cow::Owned(bare_id(&id).into_owned()),
                };
                let is_text = !id.is_empty()
                    && id.len() <= LONGEST_TEXT
                    && !id.bytes().any(|byte| byte.is_ascii_control())
                    && !is_no_id(&id);
                let rule = (!is_text).then_some(Rule::EmployeeId);
                (if rule.is_some() { Cow::Borrowed("") } else { id }, rule)
            }
        }
    }

    /// What `[words]` says that a text means, or the text itself.
    fn mapped_word<'t>(&'t self, slot: &Slot<'_>, text: &'t str, findings: &mut Findings) -> &'t str {
        if !slot.has_words {
            return text;
        }
        let column = &slot.mapped.column;
        let words = &self.pipeline.words;
        if let Some((name, word)) = words.entry(column, text) {
            findings.words.insert((name.to_owned(), word.to_owned()));
        }
        words.meaning(column, text).unwrap_or(text)
    }

    /// What a distinct text of a code, word or currency column means.
    fn word(&self, slot: &Slot<'_>, text: &[u8], words: &mut Vec<String>, findings: &mut Findings) -> Meaning {
        let column = &slot.mapped.column;
        let Some(text) = self.script.decode(text) else { return Meaning::Broken(Rule::Text) };
        let text = text.trim();
        if text.is_empty() {
            return Meaning::Absent;
        }
        if let Some(suspicion) = slot.mapped.gate.judge(text) {
            findings.suspicions.push((slot.place, suspicion));
            return Meaning::Absent;
        }
        if text.len() > LONGEST_TEXT || text.chars().any(|letter| is_unprintable(letter) && !letter.is_whitespace()) {
            return Meaning::Broken(Rule::Text);
        }
        // A line break inside a code is a blank: exports break long titles.
        let on_one_line =
            text.contains(char::is_control).then(|| text.split_whitespace().collect::<Vec<_>>().join(" "));
        let text = self.mapped_word(slot, on_one_line.as_deref().unwrap_or(text), findings).trim();
        if text.is_empty() {
            return Meaning::Absent;
        }
        let word = match &column.kind {
            ColumnKind::Currency => {
                let code = text.to_ascii_uppercase();
                if !is_currency_code(&code) {
                    return Meaning::Broken(Rule::Currency);
                }
                code
            }
            ColumnKind::Word(known) => {
                let word = text.to_lowercase().replace([' ', '-'], "_");
                match known.iter().find(|known| **known == word).copied().or_else(|| synonym(&column.name, text)) {
                    Some(word) => word.to_owned(),
                    None => return Meaning::Broken(Rule::Word),
                }
            }
            _ if !self.is_known_code(column, text) => return Meaning::Broken(Rule::Code),
            _ => text.to_owned(),
        };
        words.push(word);
        u32::try_from(words.len() - 1).map_or(Meaning::Broken(Rule::Text), Meaning::Code)
    }

    fn flag(&self, slot: &Slot<'_>, text: &[u8], findings: &mut Findings) -> Meaning {
        let Some(text) = self.script.decode(text) else { return Meaning::Broken(Rule::Text) };
        flag_of(self.mapped_word(slot, text.trim(), findings))
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
        let place = self.script.decode(text).and_then(|id| self.register.place(id.trim()));
        match place.and_then(|place| u32::try_from(place).ok()) {
            Some(place) => Meaning::Code(place),
            None => Meaning::Broken(Rule::Company),
        }
    }

    /// The day in a field; none where it is empty or an open end.
    fn date(&self, column: &Column, cell: Cell<'_>) -> (Option<i32>, Option<Rule>) {
        let dated = match cell {
            Cell::Error => return (None, Some(Rule::Cell)),
            Cell::Text(b"") => return (None, None),
            Cell::Text(text) => match self.format.dates.parse(text) {
                // A name of a month, or a no-break space, in an encoding of its own.
                Dated::Broken if !text.is_ascii() => self
                    .script
                    .decode(text)
                    .map_or(Dated::Broken, |text| self.format.dates.parse(text.trim().as_bytes())),
                dated => dated,
            },
            Cell::Date(text) => Dates::default().parse(text),
            Cell::Number(text) if self.format.dates.forms.iter().any(|form| form.name().len() == 8) => {
                self.format.dates.parse(text)
            }
            Cell::Number(_) | Cell::Flag(_) | Cell::Hours(_) => Dated::Broken,
        };
        match dated {
            Dated::Day(day) => (Some(day), None),
            // Nobody is hired on an open end.
            Dated::Open if column.name != "hire_date" => (None, None),
            Dated::Open | Dated::Broken => (None, Some(Rule::Date)),
        }
    }

    /// The number in a field; none where it is empty.
    #[inline(always)]
    fn number(&self, slot: &Slot<'_>, cell: Cell<'_>, currency: Option<&[u8]>) -> Result<Option<i64>, Rule> {
        if let Cell::Text(text) = cell {
            if text.is_empty() {
                return Ok(None);
            }
            // Nearly every number of nearly every file.
            if let Some(number) = self.format.number.plain(text).filter(|_| slot.role != Role::Fte) {
                return slot.within_bounds(number);
            }
        }
        self.unusual_number(slot, cell, currency)
    }

    /// A number that takes a closer look.
    #[inline(never)]
    fn unusual_number(&self, slot: &Slot<'_>, cell: Cell<'_>, currency: Option<&[u8]>) -> Result<Option<i64>, Rule> {
        let column = &slot.mapped.column;
        let (text, format) = match cell {
            Cell::Text(text) => (text, self.format.number),
            Cell::Number(text) => (text, NumberFormat::default()),
            Cell::Hours(text) if column.unit.starts_with("hours") => (text, NumberFormat::default()),
            Cell::Error => return Err(Rule::Cell),
            Cell::Date(_) | Cell::Flag(_) | Cell::Hours(_) => return Err(Rule::Number),
        };
        if text.is_empty() {
            return Ok(None);
        }
        let is_time = column.unit.starts_with("hours");
        let parse = |text: &[u8]| match (&column.kind, slot.role) {
            _ if is_time && memchr::memchr(b':', text).is_some() => hours_of(text),
            (ColumnKind::Money, _) => format.parse_money(text, currency),
            (_, Role::Fte) => parse_part(format, text, slot.is_percent || self.format.pay.fte_is_percent),
            _ => format.parse(text),
        };
        let number = match parse(text) {
            // Only a text that is no number as it stands can need decoding: a currency sign, a no-break space.
            Err(_) if !text.is_ascii() => parse(self.decode_loosely(text).trim().as_bytes()),
            number => number,
        };
        match number {
            Ok(number) => slot.within_bounds(number),
            Err(NumberFault::NotANumber) => Err(Rule::Number),
            Err(NumberFault::Grouping) => Err(Rule::Grouping),
            Err(NumberFault::Scientific) => Err(Rule::Scientific),
            Err(NumberFault::TooLarge) => Err(Rule::Range),
            Err(NumberFault::OtherCurrency) => Err(Rule::OtherCurrency),
        }
    }

    /// The letters of a number, in which only a currency mark or a space can be no ASCII: those are the same in the western encodings.
    fn decode_loosely<'t>(&self, text: &'t [u8]) -> Cow<'t, str> {
        match std::str::from_utf8(text) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) if self.script == Script::Utf8 => Cow::Borrowed(""),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(text).0,
        }
    }
}

/// Hours and minutes, as in `38:30`.
fn hours_of(text: &[u8]) -> Result<i64, NumberFault> {
    let number = |text: &[u8]| NumberFormat::default().parse(text).ok().filter(|_| text.iter().all(u8::is_ascii_digit));
    let at = memchr::memchr(b':', text).ok_or(NumberFault::NotANumber)?;
    match (number(&text[..at]), number(&text[at + 1..])) {
        (Some(hours), Some(minutes)) if text.len() == at + 3 && minutes < 60 * SCALE => {
            let minutes = crate::exact::divide_half_even(i128::from(minutes), 60);
            Ok(hours + i64::try_from(minutes).map_err(|_| NumberFault::TooLarge)?)
        }
        _ => Err(NumberFault::NotANumber),
    }
}

/// A part of one, which may be written in percent.
fn parse_part(format: NumberFormat, text: &[u8], is_percent: bool) -> Result<i64, NumberFault> {
    let (text, is_percent) = match text {
        [percent @ .., b'%'] => {
            (std::str::from_utf8(percent).map_or(percent, |percent| percent.trim().as_bytes()), true)
        }
        text => (text, is_percent),
    };
    let number = format.parse(text)?;
    if !is_percent {
        return Ok(number);
    }
    i64::try_from(crate::exact::divide_half_even(i128::from(number), 100)).map_err(|_| NumberFault::TooLarge)
}

/// The text of a column in a record, and which of its fields has it: the first that is filled.
#[inline(always)]
fn field_of<'r>(record: &'r impl super::records::Row, mapped: &Mapped) -> (Cow<'r, [u8]>, Option<usize>) {
    match mapped.fields.as_slice() {
        [] => (Cow::Borrowed(b"".as_slice()), None),
        [field] => (record.field(field.place).unwrap_or_default(), Some(0)),
        fields => {
            // Of two pay columns the one that is not used is blank, or zero.
            let says = |field: &&Field| !record.is_blank(field.place);
            let counts = |field: &&Field| says(field) && record.field(field.place).is_some_and(|text| !is_zero(&text));
            let position = |of: &dyn Fn(&&Field) -> bool| fields.iter().position(|field| of(&field));
            let is_money = mapped.column.kind == ColumnKind::Money;
            let filled = position(&counts).filter(|_| is_money).or_else(|| position(&says));
            let text = filled.and_then(|filled| record.field(fields[filled].place));
            (text.unwrap_or_default(), filled)
        }
    }
}

/// An employee number as nearly all are: ASCII letters, digits, `-`, `_` and `.`, a digit at the end, and no exponent.
#[inline]
fn plain_id(text: &[u8]) -> Option<&str> {
    let [first, .., b'0'..=b'9'] = text else { return None };
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_number = first.is_ascii_digit() && memchr::memchr2(b'e', b'E', text).is_some();
    if text.len() > LONGEST_TEXT || is_number || !text.iter().all(is_plain) {
        return None;
    }
    std::str::from_utf8(text).ok()
}

/// Whether a text writes zero, with whatever marks.
fn is_zero(text: &[u8]) -> bool {
    let mut digits = text.iter().filter(|byte| byte.is_ascii_digit()).peekable();
    digits.peek().is_some() && digits.all(|digit| *digit == b'0')
}

/// Whether a quoted field holds rows that a stray quote has swallowed. Such a field has the rest of its own row, whole rows and the beginning of
/// another, with as many delimiters; or one of its lines begins with a text of the form of the row's own first field, as an employee number.
pub(super) fn holds_rows(record: &impl super::records::Row, delimiter: u8, fields: usize) -> bool {
    if fields < 2 || !record.holds_breaks() {
        return false;
    }
    let own = record.field(0).map(|first| form_of(&first)).filter(|form| form.contains(&b'9'));
    (0..record.len().min(fields)).any(|place| {
        let field = record.field(place).unwrap_or_default();
        if memchr::memchr2(b'\n', b'\r', &field).is_none() {
            return false;
        }
        let lines: Vec<&[u8]> =
            field.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty()).collect();
        let is_row = |line: &&[u8]| {
            memchr::memchr(delimiter, line)
                .is_some_and(|end| own.as_ref().is_some_and(|own| *own == form_of(&line[..end])))
        };
        if place > 0 && lines.iter().skip(1).any(is_row) {
            return true;
        }
        let counts: Vec<usize> = lines.iter().map(|line| memchr::memchr_iter(delimiter, line).count()).collect();
        match counts.as_slice() {
            [first, inner @ .., last] if fields > 2 || !inner.is_empty() => {
                *first == fields - 1 - place && *last == place && inner.iter().all(|count| *count == fields - 1)
            }
            _ => false,
        }
    })
}

/// The form of a text: letters as `a`, digits as `9`, each once in a row of them.
fn form_of(text: &[u8]) -> Vec<u8> {
    let mut form: Vec<u8> = text
        .trim_ascii()
        .iter()
        .map(|byte| match byte {
            b'0'..=b'9' => b'9',
            b'a'..=b'z' | b'A'..=b'Z' | 128.. => b'a',
            other => *other,
        })
        .collect();
    form.dedup();
    form
}

/// A period as exports write it (`Q3 2026`, `2026Q3`, `09/2026`, `Sep 2026`, `202609`, `2026-9`), in the program's own form.
fn usual_period(text: &str) -> Option<String> {
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() == 6 && is_number(&text) && text.starts_with("20") {
        return Some(format!("{}-{}", &text[..4], &text[4..]));
    }
    let upper = text.to_uppercase();
    if let Some((year, quarter)) = upper.split_once('Q').filter(|(year, quarter)| year.len() == 4 && quarter.len() == 1)
    {
        return Some(format!("{year}-Q{quarter}"));
    }
    let parts: Vec<&str> = text.split([' ', '/', '.', '-']).filter(|part| !part.is_empty()).collect();
    let &[one, other] = parts.as_slice() else { return None };
    let (year, part) = if one.len() == 4 && is_number(&one) { (one, other) } else { (other, one) };
    if year.len() != 4 || !is_number(&year) {
        return None;
    }
    if let Some(quarter) = part.strip_prefix(['Q', 'q']).filter(|quarter| quarter.len() == 1) {
        return Some(format!("{year}-Q{quarter}"));
    }
    let month =
        if is_number(&part) && part.len() <= 2 { part.parse().ok()? } else { crate::pipeline::named_month(part)? };
    Some(format!("{year}-{month:02}"))
}

fn period_of(text: &[u8], kind: PeriodKind, dates: &Dates, periods: &mut Vec<Period>) -> Meaning {
    let named =
        std::str::from_utf8(text).ok().and_then(|text| kind.parse(text).or_else(|| kind.parse(&usual_period(text)?)));
    let by_date = || {
        let Dated::Day(days) = dates.parse(text) else { return None };
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cell::bare_id;
    use super::*;

    proptest! {
        /// The fast way tells of an ID what the slow one tells, or nothing.
        #[test]
        fn plain_ids_are_what_the_slow_way_makes_of_them(text in "[A-Ea-e0-9._ '=\"#-]{1,8}|[0-9][.,]?[0-9]{0,3}[eE][+-]?[0-9]{1,2}") {
            if let Some(id) = plain_id(text.as_bytes()) {
                let bare = bare_id(&text);
                prop_assert_eq!(bare.as_ref(), id);
                prop_assert!(!is_no_id(id) && !is_total(id));
            }
        }
    }
}

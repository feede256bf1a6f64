//! The columns of a block of rows, each read from its first row to its last.
//!
//! In: a [`Block`] and the mapping of its upload. Out: a value for each row in the column's [`Builder`], and [`Findings`]. Invariant: a column
//! gets exactly one value for each row of the block, whatever its fields hold; a column is judged by its own fields and the currency alone,
//! so that what the columns of a row say together is judged once all of them are read.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::block::{Block, Fields};
use super::builder::{Builder, Meaning, Words};
use super::cell::{Cell, is_total};
use super::gate::{self, Suspicion};
use super::header::{Field, Mapped};
use super::marks::Marks;
use super::parse::Context;
use super::rule::Rule;
use super::source::Script;
use super::values::{is_numbered, period_of, plain_id};
use crate::pipeline::Dates;
use crate::record::{ColumnKind, is_currency_code};

/// What a column is to the others of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Currency,
    PayBasis,
    BasePay,
    Fte,
    Other,
}

/// What is known of a column before any row is read.
pub(super) struct Slot<'a> {
    pub(super) mapped: &'a Mapped,
    /// Its place among the columns.
    pub(super) place: usize,
    pub(super) role: Role,
    /// The currency of a column that has one of its own.
    pub(super) currency: Option<[u8; 3]>,
    /// Whether the header says that its numbers are percent.
    pub(super) is_percent: bool,
    pub(super) has_words: bool,
    /// Whether marks in its numbers can be of two kinds.
    asks_for_marks: bool,
}

/// What a block has shown besides values; rows are places in the block, in rising order for each column.
#[derive(Default)]
pub(super) struct Findings {
    /// A row, the place of its column and the rule that it breaks.
    pub(super) faults: Vec<(usize, usize, Rule)>,
    /// With the row and the place of the column.
    pub(super) suspicions: Vec<(usize, usize, Suspicion)>,
    /// The rows with the first number of a column that could be read in two ways, and the place of that column.
    pub(super) marked: Vec<(usize, usize)>,
    /// Rows whose employee ID speaks of a total of others.
    pub(super) totals: Vec<usize>,
    /// The first row with a kept text that is not UTF-8, where nobody declared what it is, and the first such column.
    pub(super) not_utf8: Option<(usize, usize)>,
    /// The words of `[words]` that rows have.
    pub(super) words: BTreeSet<(String, String)>,
}

/// A kept text that is not UTF-8.
pub(super) struct NotUtf8;

impl<'a> Slot<'a> {
    pub(super) fn of((place, mapped): (usize, &'a Mapped), context: &Context<'_>) -> Self {
        let column = &mapped.column;
        let role = match column.name.as_str() {
            "currency" => Role::Currency,
            "pay_basis" => Role::PayBasis,
            "base_pay" => Role::BasePay,
            "fte" => Role::Fte,
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

    /// The field from which a row has the column: the first that is filled.
    pub(super) fn field(&self, block: &Block<'_>, row: usize) -> Option<&'a Field> {
        let fields = self.mapped.fields.as_slice();
        if let [] | [_] = fields {
            return fields.first();
        }
        // Of two pay columns the one that is not used is blank, or zero.
        let says = |field: &&Field| !block.text(row, field.place).is_empty();
        let counts = |field: &&Field| says(field) && !is_zero(block.text(row, field.place).bytes());
        let filled = fields.iter().find(counts).filter(|_| self.mapped.column.kind == ColumnKind::Money);
        filled.or_else(|| fields.iter().find(says))
    }

    /// Whether a row says nothing in the column.
    pub(super) fn is_blank(&self, block: &Block<'_>, row: usize, is_typed: bool) -> bool {
        let field = self.field(block, row);
        field.is_none_or(|field| Cell::of(block.text(row, field.place).bytes(), is_typed).text().is_empty())
    }

    /// The fields that hold the column.
    fn fields(&self, block: &Block<'_>) -> Fields {
        match self.mapped.fields.as_slice() {
            [field] => Fields::One(field.place),
            _ => block.chosen(|row| self.field(block, row).map(|field| field.place)),
        }
    }

    /// A number, if the column may hold it.
    #[inline]
    pub(super) fn within_bounds(&self, number: i64) -> Result<Option<i64>, Rule> {
        match self.mapped.column.kind {
            ColumnKind::Number { low, high } if !(low..=high).contains(&number) => Err(Rule::Range),
            _ => Ok(Some(number)),
        }
    }
}

/// Whether a text writes zero, with whatever marks.
fn is_zero(text: &[u8]) -> bool {
    let mut digits = text.iter().filter(|byte| byte.is_ascii_digit()).peekable();
    digits.peek().is_some() && digits.all(|digit| *digit == b'0')
}

impl Findings {
    fn stop_at(&mut self, row: usize, place: usize) {
        if self.not_utf8.is_none_or(|(first, _)| row < first) {
            self.not_utf8 = Some((row, place));
        }
    }
}

impl Context<'_> {
    /// Reads one column of a block into its builder. `before` are the builders of the columns before it, the currency among them.
    pub(super) fn column(
        &self,
        slot: &Slot<'_>,
        block: &Block<'_>,
        before: &[Builder],
        builder: &mut Builder,
        marks: &mut Marks,
        findings: &mut Findings,
    ) {
        // A column that holds what is no text is read no further: its upload is refused.
        let stopped = match builder {
            Builder::Ids { bytes, ends } => self.ids(slot, block, bytes, ends, findings),
            Builder::Words(words) => {
                // A date or a yes where a text was expected is what a spreadsheet has made of a code.
                let is_broken =
                    |cell: Cell<'_>| matches!(cell, Cell::Error | Cell::Date(_) | Cell::Hours(_) | Cell::Flag(_));
                self.words(slot, block, words, findings, is_broken, |row, cell, words, findings| {
                    self.must_be_utf8(cell.text())?;
                    Ok(self.word(slot, row, cell.text(), words, findings))
                })
            }
            Builder::Companies(words) => self.words(
                slot,
                block,
                words,
                findings,
                |_| false,
                |_, cell, _, _| {
                    self.must_be_utf8(cell.text())?;
                    Ok(self.company_place(cell.text()))
                },
            ),
            Builder::Periods(words, periods) => {
                let of_workbooks = Dates::default();
                self.words(
                    slot,
                    block,
                    words,
                    findings,
                    |_| false,
                    |_, cell, _, _| {
                        let dates = if matches!(cell, Cell::Date(_)) { &of_workbooks } else { &self.format.dates };
                        Ok(period_of(cell.text(), self.pipeline.period_kind, dates, periods))
                    },
                )
            }
            Builder::Flags(words) => {
                let is_broken = |cell: Cell<'_>| matches!(cell, Cell::Error | Cell::Date(_) | Cell::Hours(_));
                self.words(slot, block, words, findings, is_broken, |_, cell, _, findings| {
                    self.must_be_utf8(cell.text())?;
                    Ok(self.flag(slot, cell.text(), findings))
                })
            }
            Builder::Dates(days, there) => self.dates(slot, block, days, there, findings),
            Builder::Numbers(numbers, there) => self.numbers(slot, block, before, (numbers, there), marks, findings),
        };
        if let Err((row, NotUtf8)) = stopped {
            findings.stop_at(row, slot.place);
        }
    }

    fn ids(
        &self,
        slot: &Slot<'_>,
        block: &Block<'_>,
        bytes: &mut Vec<u8>,
        ends: &mut Vec<i32>,
        findings: &mut Findings,
    ) -> Result<(), (usize, NotUtf8)> {
        for (row, text) in block.texts(&slot.fields(block)).enumerate() {
            if is_numbered(text.bytes()) {
                bytes.extend_from_slice(text.bytes());
                ends.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
                continue;
            }
            let cell = Cell::of(text.bytes(), self.is_typed);
            let text = cell.text();
            let (id, rule) = if let Some(id) = plain_id(text) {
                (Cow::Borrowed(id), None)
            } else {
                self.must_be_utf8(text).map_err(|stop| (row, stop))?;
                let (id, rule) = self.employee_id(text);
                if is_total(&id) {
                    findings.totals.push(row);
                }
                (id, rule)
            };
            if let Some(suspicion) = gate::employee_id_looks_like(&id) {
                findings.suspicions.push((row, slot.place, suspicion));
            }
            bytes.extend_from_slice(id.as_bytes());
            ends.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
            let is_no_text = matches!(cell, Cell::Error | Cell::Date(_) | Cell::Hours(_) | Cell::Flag(_));
            if let Some(rule) = if is_no_text { Some(Rule::Cell) } else { rule } {
                findings.faults.push((row, slot.place, rule));
            }
        }
        Ok(())
    }

    /// A column of which each distinct text is judged once.
    #[inline(always)]
    fn words(
        &self,
        slot: &Slot<'_>,
        block: &Block<'_>,
        words: &mut Words,
        findings: &mut Findings,
        is_broken: impl Fn(Cell<'_>) -> bool,
        mut judge: impl FnMut(usize, Cell<'_>, &mut Vec<String>, &mut Findings) -> Result<Meaning, NotUtf8>,
    ) -> Result<(), (usize, NotUtf8)> {
        for (row, text) in block.texts(&slot.fields(block)).enumerate() {
            let cell = Cell::of(text.bytes(), self.is_typed);
            let meaning = if is_broken(cell) {
                Meaning::Broken(Rule::Cell)
            } else {
                let meaning = words.meaning(text, cell.text(), |words| judge(row, cell, words, findings));
                meaning.map_err(|stop| (row, stop))?
            };
            if let Some(rule) = words.push(meaning) {
                findings.faults.push((row, slot.place, rule));
            }
        }
        Ok(())
    }

    fn dates(
        &self,
        slot: &Slot<'_>,
        block: &Block<'_>,
        days: &mut Vec<i32>,
        there: &mut Vec<bool>,
        findings: &mut Findings,
    ) -> Result<(), (usize, NotUtf8)> {
        for (row, text) in block.texts(&slot.fields(block)).enumerate() {
            let cell = Cell::of(text.bytes(), self.is_typed);
            let (day, rule) = self.date(&slot.mapped.column, cell);
            if let Some(rule) = rule {
                self.must_be_utf8(cell.text()).map_err(|stop| (row, stop))?;
                findings.faults.push((row, slot.place, rule));
            }
            days.push(day.unwrap_or(0));
            there.push(day.is_some());
        }
        Ok(())
    }

    fn numbers(
        &self,
        slot: &Slot<'_>,
        block: &Block<'_>,
        before: &[Builder],
        (numbers, there): (&mut Vec<i64>, &mut Vec<bool>),
        marks: &mut Marks,
        findings: &mut Findings,
    ) -> Result<(), (usize, NotUtf8)> {
        let currency = self.mapping.columns.iter().zip(before).find(|(mapped, _)| mapped.column.name == "currency");
        let default = self.pipeline.settings.currency.as_deref();
        let first = numbers.len();
        let format = self.format.number;
        // Parts of a job may be written in percent, whatever they look like.
        let has_plain = slot.role != Role::Fte;
        for (row, text) in block.texts(&slot.fields(block)).enumerate() {
            let short = if has_plain { format.short(text.last_eight(), text.len()) } else { None };
            let (number, may_group) = match short {
                Some((number, decimals)) => (slot.within_bounds(number), decimals >= 3),
                None if text.is_empty() => (Ok(None), false),
                None => {
                    let of_row = || currency.and_then(|(_, builder)| builder.word(first + row)).or(default);
                    let own = slot.currency.as_ref().map(<[u8; 3]>::as_slice);
                    let own = own.or_else(|| of_row().map(str::as_bytes));
                    let cell = Cell::of(text.bytes(), self.is_typed);
                    (self.number(slot, cell, own), matches!(cell, Cell::Text(_)))
                }
            };
            let number = match number {
                Ok(number) => number,
                Err(rule) => {
                    let cell = Cell::of(text.bytes(), self.is_typed);
                    self.must_be_utf8(cell.text()).map_err(|stop| (row, stop))?;
                    findings.faults.push((row, slot.place, rule));
                    None
                }
            };
            if may_group && slot.asks_for_marks && number.is_some() {
                let is_new = marks.ambiguous == 0;
                marks.see(text.bytes());
                if is_new && marks.ambiguous == 1 {
                    findings.marked.push((row, slot.place));
                }
            }
            numbers.push(number.unwrap_or(0));
            there.push(number.is_some());
        }
        Ok(())
    }

    /// Stops at a text that is not UTF-8 where nobody declared what it is.
    #[inline]
    fn must_be_utf8(&self, text: &[u8]) -> Result<(), NotUtf8> {
        if self.script == Script::Undeclared && !text.is_ascii() && std::str::from_utf8(text).is_err() {
            return Err(NotUtf8);
        }
        Ok(())
    }
}

//! From the bytes of a chunk to typed columns.
//!
//! In: a chunk of whole records and the mapping of its upload. Out: a [`Parsed`] chunk: columns, employee IDs, rejects.
//! Invariant: rows read = rows kept + rows rejected; a rejected row leaves nothing but its place and rule; what the identifier gate finds is
//! told together.
//!
//! A chunk goes through in [`Block`]s: their columns are read one after the other, then their rows are judged.

use std::collections::BTreeSet;

use arrow::array::{ArrayRef, StringArray};

use super::block::{Block, Filled};
use super::builder::{Builder, Built};
use super::cell::{Cell, is_perhaps_total};
use super::chunk::{Chunk, Lines};
use super::column::{Findings, Role, Slot};
use super::gate::Suspicion;
use super::header::Mapping;
use super::marks::Marks;
use super::pay;
use super::records::{Form, Loose, Records, Tidy};
use super::register::Register;
use super::rule::{Reject, Rule};
use super::source::Script;
use crate::period::Period;
use crate::pipeline::{FileFormat, Pipeline};
use crate::record::{Column, ColumnKind};
use crate::timings;

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
    /// Of each row, the byte of the chunk from which on it was looked for.
    pub(super) places: Vec<usize>,
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

/// What the rows of a chunk have shown so far.
struct Told<'a> {
    lines: Lines<'a>,
    keep: Vec<bool>,
    rejects: Vec<Reject>,
    places: Vec<usize>,
    suspicions: Vec<(u64, usize, Suspicion)>,
    marks: Vec<Marks>,
    words: BTreeSet<(String, String)>,
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

    fn parse_records(&self, mut records: impl Records, chunk: &Chunk) -> Result<Parsed, Stop> {
        let estimate = chunk.bytes.len() / 80 + 16;
        let columns = &self.mapping.columns;
        let slots: Vec<Slot<'_>> = columns.iter().enumerate().map(|mapped| Slot::of(mapped, self)).collect();
        let mut builders: Vec<Builder> =
            columns.iter().map(|mapped| Builder::new(&mapped.column.kind, estimate)).collect();
        let mut told = Told {
            lines: Lines::new(chunk),
            keep: Vec::with_capacity(estimate),
            rejects: Vec::new(),
            places: Vec::with_capacity(estimate),
            suspicions: Vec::new(),
            marks: vec![Marks::default(); columns.len()],
            words: BTreeSet::new(),
        };
        let terms = pay::Terms::of(self);
        let id = slots.iter().find(|slot| slot.mapped.column.kind == ColumnKind::EmployeeId);
        let id_field = id.and_then(|id| id.mapped.fields.first()).map_or(0, |field| field.place);
        let mut block = Block::new(chunk, self.delimiter, self.mapping.fields);
        loop {
            let filled = block.fill(&mut records, id_field);
            let mut findings = Findings::default();
            for (place, slot) in slots.iter().enumerate() {
                let (before, rest) = builders.split_at_mut(place);
                self.column(slot, &block, before, &mut rest[0], &mut told.marks[place], &mut findings);
            }
            if let Some((row, place)) = findings.not_utf8 {
                let line = told.lines.at(block.places()[row]);
                return Err(Stop::NotUtf8(line, columns[place].column.name.clone()));
            }
            self.judge(&slots, &block, &mut builders, terms.as_ref(), findings, &mut told);
            match filled {
                Filled::More => {}
                Filled::Last => break,
                Filled::SwallowedRows(place) => return Err(Stop::SwallowedRows(told.lines.at(place))),
            }
        }
        Ok(self.finish(builders, told, chunk.number))
    }

    /// Judges the rows of a block, of which all columns are read: which of them are employees, and which rules the others break.
    fn judge(
        &self,
        slots: &[Slot<'_>],
        block: &Block<'_>,
        builders: &mut [Builder],
        terms: Option<&pay::Terms>,
        findings: Findings,
        told: &mut Told<'_>,
    ) {
        let first = told.keep.len();
        told.keep.resize(first + block.rows(), true);
        told.places.extend_from_slice(block.places());
        told.words.extend(findings.words);
        let place = |place: usize| u16::try_from(place).ok();
        // Of a row with too few fields, or too many, nobody knows which is which.
        let uneven = block.uneven();
        let mut faults: Vec<(usize, Option<u16>, Rule)> =
            uneven.iter().map(|&row| (row, None, Rule::FieldCount)).collect();
        let of_columns = findings.faults.into_iter().filter(|(row, ..)| uneven.binary_search(row).is_err());
        faults.extend(of_columns.map(|(row, column, rule)| (row, place(column), rule)));
        if let Some(terms) = terms {
            let base = slots.iter().find(|slot| slot.role == Role::BasePay);
            for row in 0..block.rows() {
                let field = base.and_then(|base| base.field(block, row));
                if let Some(rule) = terms.settle(builders, first + row, field) {
                    faults.push((row, terms.base_pay(), rule));
                }
            }
        }
        faults.extend(self.without_currency(slots, block, builders, first).map(|row| (row, None, Rule::Currency)));
        faults.extend(self.without_basis(slots, block, builders, first).map(|row| (row, None, Rule::PayBasis)));
        faults.sort_by_key(|(row, ..)| *row);
        let id = slots.iter().find(|slot| slot.mapped.column.kind == ColumnKind::EmployeeId);
        let id_place = id.and_then(|id| place(id.place));
        for row in self.totals(id, block, &findings.totals, &faults) {
            let at = faults.partition_point(|(other, ..)| *other < row);
            let end = faults.partition_point(|(other, ..)| *other <= row);
            faults.splice(at..end, [(row, id_place, Rule::TotalRow)]);
        }
        if faults.is_empty() && findings.suspicions.is_empty() && findings.marked.is_empty() {
            return;
        }
        let lines: Vec<u64> = block.places().iter().map(|&place| told.lines.at(place)).collect();
        for (row, column) in findings.marked {
            told.marks[column].line = lines[row];
        }
        let suspicions = findings.suspicions.into_iter();
        told.suspicions.extend(suspicions.map(|(row, column, suspicion)| (lines[row], column, suspicion)));
        for (row, column, rule) in faults {
            told.keep[first + row] = false;
            told.rejects.push(Reject { row: (first + row) as u64, line: lines[row], column, rule });
        }
    }

    /// Rows with an amount of money of which nobody says the currency.
    fn without_currency(
        &self,
        slots: &[Slot<'_>],
        block: &Block<'_>,
        builders: &[Builder],
        first: usize,
    ) -> impl Iterator<Item = usize> {
        let currency = slots.iter().find(|slot| slot.role == Role::Currency);
        let is_told = self.pipeline.settings.currency.is_some()
            || currency.is_some_and(|currency| builders[currency.place].has_all_words(first));
        let money = |slot: &Slot<'_>| slot.mapped.column.kind == ColumnKind::Money && slot.currency.is_none();
        (0..block.rows()).filter(move |&row| {
            !is_told
                && currency.is_none_or(|currency| currency.is_blank(block, row, self.is_typed))
                && slots.iter().any(|slot| money(slot) && builders[slot.place].number(first + row).is_some())
        })
    }

    /// Rows with base pay of which nobody says for what time it is.
    fn without_basis(
        &self,
        slots: &[Slot<'_>],
        block: &Block<'_>,
        builders: &[Builder],
        first: usize,
    ) -> impl Iterator<Item = usize> {
        let of_role = |role: Role| slots.iter().find(move |slot| slot.role == role);
        let (base, basis) = (of_role(Role::BasePay), of_role(Role::PayBasis));
        let is_told = self.pipeline.settings.pay_basis.is_some()
            || basis.is_some_and(|basis| builders[basis.place].has_all_words(first));
        (0..block.rows()).filter(move |&row| {
            let Some(base) = base.filter(|_| !is_told) else { return false };
            basis.is_none_or(|basis| basis.is_blank(block, row, self.is_typed))
                && builders[base.place].number(first + row).is_some()
                && base.field(block, row).is_none_or(|field| field.pay_basis.or(field.tells_basis).is_none())
        })
    }

    /// Rows that are the total of others. Employees with an ID, and rows in order, are employees.
    fn totals(
        &self,
        id: Option<&Slot<'_>>,
        block: &Block<'_>,
        told_by_id: &[usize],
        faults: &[(usize, Option<u16>, Rule)],
    ) -> BTreeSet<usize> {
        let mut totals: BTreeSet<usize> = told_by_id.iter().copied().collect();
        match id {
            None => totals.extend((0..block.rows()).filter(|&row| self.begins_as_total(block, row))),
            Some(id) => totals.extend(
                faults
                    .iter()
                    .map(|(row, ..)| *row)
                    .filter(|&row| id.is_blank(block, row, self.is_typed) && self.begins_as_total(block, row)),
            ),
        }
        totals
    }

    /// Whether a row without an employee ID is the total of others: its first text says so, and it is mostly blank.
    fn begins_as_total(&self, block: &Block<'_>, row: usize) -> bool {
        let mut filled = (0..block.width()).map(|field| block.text(row, field)).filter(|text| !text.is_empty());
        let Some(first) = filled.next() else { return false };
        if 2 * (filled.count() + 1) > self.mapping.fields.max(4) {
            return false;
        }
        let text = Cell::of(first.bytes(), self.is_typed).text();
        self.script.decode(text).is_some_and(|text| is_perhaps_total(text.trim()))
    }

    fn finish(&self, builders: Vec<Builder>, told: Told<'_>, chunk: u64) -> Parsed {
        let rows = told.keep.len();
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
        let Told { keep, rejects, places, suspicions, marks, words, .. } = told;
        Parsed { rows, keep, rejects, ids, companies, periods, columns, places, suspicions, marks, words }
    }
}

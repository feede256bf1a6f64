//! The shelf: rows that cannot be handed on yet, packed tightly.
//!
//! In: rows of parsed chunks: those of employees who occur more than once, and those of uploads that mix many companies. Out: batches of one
//! company and period each, in a fixed order, and which rows were merged into others or rejected. Invariant: rows in = rows that count + rows
//! merged + rows rejected; identical rows count once, and differing ones are all rejected, unless the pipeline sums several jobs; a row takes
//! some forty bytes, so that memory grows with the rows on the shelf and with nothing else.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, BooleanBuilder, Date32Array, Date32Builder, Decimal64Array, Decimal64Builder,
    DictionaryArray, Int32Array, RecordBatch, RecordBatchOptions, StringArray, StringBuilder,
};
use arrow::datatypes::{Field, Int32Type, Schema};
use arrow::error::ArrowError;
use hashbrown::HashMap;
use rayon::prelude::*;

use super::batch::ValidBatch;
use super::builder::PRECISION;
use super::parse::Parsed;
use crate::exact::{DECIMALS, divide_half_even};
use crate::period::Period;
use crate::pipeline::MultipleJobs;
use crate::record::{Column, ColumnKind, Jobs};

/// Bytes of a block of packed rows.
const BLOCK: usize = 1 << 20;

/// Rows of a batch that leaves the shelf.
const BATCH: usize = 1 << 14;

/// Rows on the shelf.
#[derive(Default)]
pub(super) struct Shelf {
    columns: Vec<Column>,
    texts: Vec<Texts>,
    /// Companies and periods, in the order in which they were met.
    owners: Vec<(usize, Period)>,
    owner_places: HashMap<(usize, Period), u32>,
    blocks: Vec<Vec<u8>>,
    rows: Vec<Place>,
}

/// Where a row lies, and whose it is.
#[derive(Clone, Copy)]
struct Place {
    hash: u64,
    owner: u32,
    block: u32,
    offset: u32,
}

/// The texts of a column, each once.
#[derive(Default)]
struct Texts {
    words: Vec<String>,
    places: HashMap<String, u32>,
}

impl Texts {
    fn place(&mut self, word: &str) -> u32 {
        if let Some(place) = self.places.get(word) {
            return *place;
        }
        let place = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.words.push(word.to_owned());
        self.places.insert(word.to_owned(), place);
        place
    }
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Number(i64),
    Day(i32),
    Yes(bool),
    Text(u32),
}

/// A row, unpacked.
#[derive(Default)]
struct Row {
    /// Data row of the upload, and its line, from 1.
    number: u64,
    line: u64,
    id: String,
    values: Vec<Option<Value>>,
}

/// What leaves the shelf besides batches.
#[derive(Default)]
pub(super) struct Settled {
    /// Rows that say the same as another, or were summed into another.
    pub(super) merged: u64,
    /// Row and line of the rejected ones.
    pub(super) rejected: Vec<(u64, u64)>,
}

/// How several rows of one employee are judged.
#[derive(Clone, Copy)]
pub(super) struct Judge {
    pub(super) multiple_jobs: MultipleJobs,
    /// Whether pay without a pay basis is by the hour.
    pub(super) hourly_by_default: bool,
}

/// What a chunk's columns hold, without a look at their types for each row.
enum Source<'a> {
    Numbers(&'a Decimal64Array),
    Days(&'a Date32Array),
    Flags(&'a BooleanArray),
    /// With the place on the shelf of each word.
    Texts(&'a DictionaryArray<Int32Type>, Vec<u32>),
}

/// Rows of one chunk on their way to the shelf.
pub(super) struct Shelving<'s, 'a> {
    shelf: &'s mut Shelf,
    parsed: &'a Parsed,
    sources: Vec<Source<'a>>,
    /// The row that is being packed.
    packed: Vec<u8>,
}

impl Shelf {
    /// Whether nothing is on it.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.blocks.len() * BLOCK + self.rows.len() * size_of::<Place>()
    }

    /// Begins to take rows of a chunk.
    pub(super) fn of<'s, 'a>(&'s mut self, parsed: &'a Parsed) -> Shelving<'s, 'a> {
        if self.columns.is_empty() {
            self.columns = parsed.columns.iter().map(|(column, _)| column.clone()).collect();
            self.texts = self.columns.iter().map(|_| Texts::default()).collect();
        }
        let sources =
            parsed.columns.iter().zip(&mut self.texts).map(|((_, array), texts)| Source::of(array, texts)).collect();
        Shelving { shelf: self, parsed, sources, packed: Vec::new() }
    }

    fn owner(&mut self, owner: (usize, Period)) -> u32 {
        let next = u32::try_from(self.owners.len()).unwrap_or(u32::MAX);
        let place = *self.owner_places.entry(owner).or_insert(next);
        if place == next {
            self.owners.push(owner);
        }
        place
    }

    /// Hands all rows out: those of one employee are judged together where `judge` says how, else each counts. The shelf is empty then.
    pub(super) fn clear<E: From<ArrowError>>(
        &mut self,
        judge: Option<Judge>,
        mut out: impl FnMut(ValidBatch) -> Result<(), E>,
    ) -> Result<Settled, E> {
        let mut order: Vec<u32> =
            (0..self.owners.len()).map(|owner| u32::try_from(owner).unwrap_or(u32::MAX)).collect();
        order.sort_unstable_by_key(|owner| self.owners[*owner as usize]);
        let mut rank = vec![0_u32; order.len()];
        for (place, owner) in order.iter().enumerate() {
            rank[*owner as usize] = u32::try_from(place).unwrap_or(u32::MAX);
        }
        let mut rows = std::mem::take(&mut self.rows);
        match judge {
            Some(_) => rows.par_sort_unstable_by_key(|row| (rank[row.owner as usize], row.hash, row.block, row.offset)),
            None => rows.par_sort_unstable_by_key(|row| (rank[row.owner as usize], row.block, row.offset)),
        }
        let mut settled = Settled::default();
        let mut batch = Batch::new(&self.columns, &self.texts);
        // Rows are unpacked into the same room again and again.
        let mut room: Vec<Row> = Vec::new();
        for of_owner in rows.chunk_by(|one, other| one.owner == other.owner) {
            let owner = self.owners[of_owner[0].owner as usize];
            let groups = of_owner.chunk_by(|one, other| judge.is_some() && one.hash == other.hash);
            for alike in groups {
                for employee in self.employees(alike) {
                    match judge {
                        Some(judge) if !self.join(&employee, judge, &mut room, &mut settled) => {}
                        _ => {
                            if judge.is_none() {
                                self.unpack(employee[0], row_in(&mut room, 0));
                            }
                            batch.push(&room[0]);
                            if batch.rows == BATCH {
                                out(batch.finish(&self.columns, owner)?)?;
                            }
                        }
                    }
                }
            }
            if batch.rows > 0 {
                out(batch.finish(&self.columns, owner)?)?;
            }
        }
        settled.rejected.sort_unstable();
        *self = Self::default();
        Ok(settled)
    }

    /// The rows of each employee among rows with one hash: nearly always of one.
    fn employees(&self, alike: &[Place]) -> Vec<Vec<&[u8]>> {
        let rows: Vec<&[u8]> = alike.iter().map(|place| self.packed(place)).collect();
        if rows.iter().all(|row| id_of(row) == id_of(rows[0])) {
            return vec![rows];
        }
        let mut employees: Vec<Vec<&[u8]>> = Vec::new();
        for row in rows {
            match employees.iter_mut().find(|known| id_of(known[0]) == id_of(row)) {
                Some(employee) => employee.push(row),
                None => employees.push(vec![row]),
            }
        }
        employees
    }

    /// Makes one row of those of an employee, at the beginning of the room; not where they cannot be one.
    fn join(&self, rows: &[&[u8]], judge: Judge, room: &mut Vec<Row>, settled: &mut Settled) -> bool {
        if rows.iter().all(|row| content_of(row) == content_of(rows[0])) {
            settled.merged += rows.len() as u64 - 1;
            self.unpack(rows[0], row_in(room, 0));
            return true;
        }
        for (place, row) in rows.iter().enumerate() {
            self.unpack(row, row_in(room, place));
        }
        let unpacked = &mut room[..rows.len()];
        if judge.multiple_jobs == MultipleJobs::Sum
            && let Some(values) = self.sum_of_jobs(unpacked, judge.hourly_by_default)
        {
            settled.merged += rows.len() as u64 - 1;
            unpacked[0].values = values;
            return true;
        }
        settled.rejected.extend(unpacked.iter().map(|row| (row.number, row.line)));
        false
    }

    /// Several jobs of one employee as one row: what adds up by its unit is summed, hourly pay is averaged by hours, and everything else is as
    /// in the job with the highest base pay (the first such row). None where the jobs differ in currency, pay basis or region, so that
    /// their amounts cannot be added.
    fn sum_of_jobs(&self, rows: &[Row], hourly_by_default: bool) -> Option<Vec<Option<Value>>> {
        let place = |name: &str| self.columns.iter().position(|column| column.name == name);
        for name in ["currency", "pay_basis", "region"] {
            if let Some(at) = place(name)
                && rows.iter().any(|row| row.values[at] != rows[0].values[at])
            {
                return None;
            }
        }
        let number = |row: &Row, at: usize| match row.values[at] {
            Some(Value::Number(number)) => Some(i128::from(number)),
            _ => None,
        };
        let base = place("base_pay");
        let pay = |row: &Row| base.and_then(|base| number(row, base));
        let main = (0..rows.len()).rev().max_by_key(|&at| pay(&rows[at]))?;
        let basis = place("pay_basis").and_then(|at| match rows[main].values[at] {
            Some(Value::Text(word)) => Some((at, word)),
            _ => None,
        });
        let is_hourly = basis.map_or(hourly_by_default, |(at, word)| {
            self.texts[at].words.get(word as usize).is_some_and(|word| word == "hour")
        });
        let mut values = rows[main].values.clone();
        for (at, column) in self.columns.iter().enumerate() {
            match &column.kind {
                ColumnKind::Flag if rows.iter().any(|row| row.values[at] == Some(Value::Yes(true))) => {
                    values[at] = Some(Value::Yes(true));
                }
                ColumnKind::Number { .. } | ColumnKind::Money => {
                    let numbers = || rows.iter().filter_map(|row| number(row, at));
                    let joined = match column.jobs {
                        _ if Some(at) == base && is_hourly => {
                            Some(hourly_mean(rows, base, place("weekly_hours"), number)?)
                        }
                        Jobs::Sum => numbers().reduce(|sum, more| sum + more),
                        Jobs::Largest => numbers().max(),
                        Jobs::Main => number(&rows[main], at),
                    };
                    values[at] = match joined {
                        Some(joined) => Some(Value::Number(i64::try_from(joined).ok()?)),
                        None => None,
                    };
                }
                _ => {}
            }
        }
        Some(values)
    }

    fn packed(&self, place: &Place) -> &[u8] {
        let block = &self.blocks[place.block as usize][place.offset as usize..];
        let mut at = 0;
        let length = usize::try_from(read_varint(block, &mut at)).unwrap_or(0);
        &block[at..at + length]
    }

    fn unpack(&self, packed: &[u8], row: &mut Row) {
        let mut at = 0;
        row.id.clear();
        row.id += &String::from_utf8_lossy(read_id(packed, &mut at));
        row.number = read_varint(packed, &mut at);
        row.line = read_varint(packed, &mut at);
        row.values.clear();
        let nulls = &packed[at..at + self.columns.len().div_ceil(8)];
        at += nulls.len();
        for (place, column) in self.columns.iter().enumerate() {
            if nulls[place / 8] & (1 << (place % 8)) == 0 {
                row.values.push(None);
                continue;
            }
            let raw = read_varint(packed, &mut at);
            row.values.push(Some(match column.kind {
                ColumnKind::Number { .. } | ColumnKind::Money => Value::Number(unfold(raw)),
                ColumnKind::Date => Value::Day(i32::try_from(unfold(raw)).unwrap_or(0)),
                ColumnKind::Flag => Value::Yes(raw == 1),
                _ => Value::Text(u32::try_from(raw).unwrap_or(0)),
            }));
        }
    }
}

/// A row of a room, which grows where it has too few.
fn row_in(room: &mut Vec<Row>, place: usize) -> &mut Row {
    if room.len() <= place {
        room.resize_with(place + 1, Row::default);
    }
    &mut room[place]
}

/// Mean hourly pay, weighted by hours; none where hours are missing.
fn hourly_mean(
    rows: &[Row],
    base: Option<usize>,
    hours: Option<usize>,
    number: impl Fn(&Row, usize) -> Option<i128>,
) -> Option<i128> {
    let pairs: Vec<(i128, i128)> =
        rows.iter().map(|row| Some((number(row, base?)?, number(row, hours?)?))).collect::<Option<_>>()?;
    let all: i128 = pairs.iter().map(|(_, hours)| hours).sum();
    (all > 0).then(|| divide_half_even(pairs.iter().map(|(pay, hours)| pay * hours).sum(), all))
}

impl<'a> Source<'a> {
    fn of(array: &'a ArrayRef, texts: &mut Texts) -> Self {
        let any = array.as_any();
        if let Some(numbers) = any.downcast_ref() {
            return Self::Numbers(numbers);
        }
        if let Some(days) = any.downcast_ref() {
            return Self::Days(days);
        }
        if let Some(flags) = any.downcast_ref() {
            return Self::Flags(flags);
        }
        let words: &DictionaryArray<Int32Type> =
            any.downcast_ref().expect("columns are numbers, dates, flags or texts");
        let known = words.values().as_any().downcast_ref::<StringArray>();
        let places =
            known.iter().flat_map(|known| known.iter()).map(|word| texts.place(word.unwrap_or_default())).collect();
        Self::Texts(words, places)
    }

    fn raw(&self, row: usize) -> Option<u64> {
        match self {
            Self::Numbers(array) => array.is_valid(row).then(|| fold(array.value(row))),
            Self::Days(array) => array.is_valid(row).then(|| fold(i64::from(array.value(row)))),
            Self::Flags(array) => array.is_valid(row).then(|| u64::from(array.value(row))),
            Self::Texts(array, places) => array.key(row).map(|key| u64::from(places[key])),
        }
    }
}

impl Shelving<'_, '_> {
    /// Takes one row of the chunk, with the hash of its employee, its data row in the upload and its line.
    pub(super) fn take(&mut self, row: usize, hash: u64, number: u64, line: u64) {
        let owner = (self.parsed.companies[row] as usize, self.parsed.periods[row]);
        let owner = self.shelf.owner(owner);
        let packed = &mut self.packed;
        packed.clear();
        write_id(packed, self.parsed.ids.value(row).as_bytes());
        write_varint(packed, number);
        write_varint(packed, line);
        let nulls = packed.len();
        packed.resize(nulls + self.sources.len().div_ceil(8), 0);
        for (place, source) in self.sources.iter().enumerate() {
            if let Some(raw) = source.raw(row) {
                packed[nulls + place / 8] |= 1 << (place % 8);
                write_varint(packed, raw);
            }
        }
        let blocks = &mut self.shelf.blocks;
        if blocks.last().is_none_or(|block| block.len() + packed.len() + 10 > BLOCK) {
            blocks.push(Vec::with_capacity(BLOCK.max(packed.len() + 10)));
        }
        let block = u32::try_from(blocks.len() - 1).unwrap_or(u32::MAX);
        if let Some(last) = blocks.last_mut() {
            let offset = u32::try_from(last.len()).unwrap_or(u32::MAX);
            write_varint(last, packed.len() as u64);
            last.extend_from_slice(packed);
            self.shelf.rows.push(Place { hash, owner, block, offset });
        }
    }
}

fn write_id(out: &mut Vec<u8>, id: &[u8]) {
    write_varint(out, id.len() as u64);
    out.extend_from_slice(id);
}

fn read_id<'p>(packed: &'p [u8], at: &mut usize) -> &'p [u8] {
    let length = usize::try_from(read_varint(packed, at)).unwrap_or(0);
    *at += length;
    &packed[*at - length..*at]
}

fn id_of(packed: &[u8]) -> &[u8] {
    read_id(packed, &mut 0)
}

/// What a packed row says, without where it stands.
fn content_of(packed: &[u8]) -> &[u8] {
    let mut at = 0;
    read_id(packed, &mut at);
    read_varint(packed, &mut at);
    read_varint(packed, &mut at);
    &packed[at..]
}

fn write_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

fn read_varint(bytes: &[u8], at: &mut usize) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes[*at];
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

/// A signed number as an unsigned one that is small where the number is near zero.
fn fold(number: i64) -> u64 {
    (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned()
}

fn unfold(raw: u64) -> i64 {
    (raw >> 1).cast_signed() ^ -(raw & 1).cast_signed()
}

/// Columns of a batch while rows leave the shelf.
struct Batch {
    rows: usize,
    ids: StringBuilder,
    columns: Vec<Out>,
}

enum Out {
    Numbers(Decimal64Builder),
    Days(Date32Builder),
    Flags(BooleanBuilder),
    /// Places in a list of words that all batches share.
    Texts(Vec<Option<i32>>, ArrayRef),
}

impl Batch {
    fn new(columns: &[Column], texts: &[Texts]) -> Self {
        let of = |(column, texts): (&Column, &Texts)| match column.kind {
            ColumnKind::Number { .. } | ColumnKind::Money => Out::Numbers(Decimal64Builder::new()),
            ColumnKind::Date => Out::Days(Date32Builder::new()),
            ColumnKind::Flag => Out::Flags(BooleanBuilder::new()),
            _ => Out::Texts(Vec::new(), Arc::new(StringArray::from_iter_values(&texts.words))),
        };
        Self { rows: 0, ids: StringBuilder::new(), columns: columns.iter().zip(texts).map(of).collect() }
    }

    fn push(&mut self, row: &Row) {
        self.rows += 1;
        self.ids.append_value(&row.id);
        for (out, value) in self.columns.iter_mut().zip(&row.values) {
            match (out, value) {
                (Out::Numbers(out), Some(Value::Number(number))) => out.append_value(*number),
                (Out::Numbers(out), _) => out.append_null(),
                (Out::Days(out), Some(Value::Day(day))) => out.append_value(*day),
                (Out::Days(out), _) => out.append_null(),
                (Out::Flags(out), Some(Value::Yes(yes))) => out.append_value(*yes),
                (Out::Flags(out), _) => out.append_null(),
                (Out::Texts(out, _), Some(Value::Text(place))) => out.push(i32::try_from(*place).ok()),
                (Out::Texts(out, _), _) => out.push(None),
            }
        }
    }

    fn finish(&mut self, columns: &[Column], (company, period): (usize, Period)) -> Result<ValidBatch, ArrowError> {
        let scale = i8::try_from(DECIMALS).unwrap_or(4);
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for out in &mut self.columns {
            arrays.push(match out {
                Out::Numbers(out) => Arc::new(out.finish().with_precision_and_scale(PRECISION, scale)?),
                Out::Days(out) => Arc::new(out.finish()),
                Out::Flags(out) => Arc::new(out.finish()),
                Out::Texts(out, words) => {
                    let keys: Int32Array = std::mem::take(out).into_iter().collect();
                    Arc::new(DictionaryArray::try_new(keys, words.clone())?)
                }
            });
        }
        let fields = columns
            .iter()
            .zip(&arrays)
            .map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.rows)));
        let columns = RecordBatch::try_new_with_options(schema, arrays, &options)?;
        Ok(ValidBatch { company, period, ids: self.ids.finish(), columns })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(name: &str) -> Column {
        Column::canonical(name).unwrap_or_else(|| Column::custom(name, "rating"))
    }

    /// One employee's rows: base pay, hours, a rating and a gender, all perhaps missing.
    type Job = (Option<i64>, Option<i64>, Option<i64>, Option<&'static str>);

    fn parsed(rows: &[(&str, u32, Job)]) -> Parsed {
        let scale = i8::try_from(DECIMALS).unwrap_or(4);
        let numbers = |of: fn(&Job) -> Option<i64>| -> ArrayRef {
            let array: Decimal64Array = rows.iter().map(|(_, _, job)| of(job)).collect();
            Arc::new(array.with_precision_and_scale(PRECISION, scale).expect("18 digits"))
        };
        let genders: DictionaryArray<Int32Type> = rows.iter().map(|(_, _, job)| job.3).collect();
        Parsed {
            rows: rows.len(),
            keep: vec![true; rows.len()],
            rejects: Vec::new(),
            ids: rows.iter().map(|(id, _, _)| Some(*id)).collect(),
            companies: rows.iter().map(|(_, company, _)| *company).collect(),
            periods: vec![Period::Year(2026); rows.len()],
            columns: vec![
                (column("base_pay"), numbers(|job| job.0)),
                (column("weekly_hours"), numbers(|job| job.1)),
                (column("rating"), numbers(|job| job.2)),
                (column("gender"), Arc::new(genders)),
            ],
            places: Vec::new(),
            suspicions: Vec::new(),
            marks: Vec::new(),
            words: std::collections::BTreeSet::new(),
        }
    }

    /// Company, employee, and what the row says.
    type Told = (usize, String, [Option<i64>; 3], Option<String>);

    fn read(batches: &[ValidBatch]) -> Vec<Told> {
        let mut told = Vec::new();
        for batch in batches {
            let numbers: Vec<&Decimal64Array> =
                (0..3).map(|at| batch.columns.column(at).as_any().downcast_ref().expect("numbers")).collect();
            let genders: &DictionaryArray<Int32Type> = batch.columns.column(3).as_any().downcast_ref().expect("texts");
            let words: &StringArray = genders.values().as_any().downcast_ref().expect("words");
            for row in 0..batch.len() {
                let number = |at: usize| numbers[at].is_valid(row).then(|| numbers[at].value(row));
                let gender = genders.key(row).map(|key| words.value(key).to_owned());
                told.push((batch.company, batch.ids.value(row).to_owned(), [number(0), number(1), number(2)], gender));
            }
        }
        told.sort();
        told
    }

    fn hash_of(company: u32, id: &str, clash: bool) -> u64 {
        if clash { 7 } else { u64::from(company) * 1_000 + id.len() as u64 + u64::from(id.as_bytes()[0]) }
    }

    proptest! {
        #[test]
        fn numbers_survive_packing(number in any::<i64>()) {
            prop_assert_eq!(unfold(fold(number)), number);
            let mut packed = Vec::new();
            write_varint(&mut packed, fold(number));
            prop_assert_eq!(read_varint(&packed, &mut 0), fold(number));
        }

        /// The slow twin groups rows in a map and decides employee by employee, from the rules as they are told to people.
        #[test]
        fn rows_of_one_employee_are_judged_as_a_twin_judges_them(
            rows in proptest::collection::vec(("[ab]{1,2}", 0_u32..3, proptest::option::of(1_i64..4), proptest::option::of(1_i64..3), proptest::option::of(1_i64..3), proptest::option::of(prop_oneof![Just("F"), Just("M")])), 0..14),
            sums in any::<bool>(), clash in any::<bool>(), cut in 0_usize..14,
        ) {
            let rows: Vec<(&str, u32, Job)> =
                rows.iter().map(|(id, company, pay, hours, rating, gender)| (id.as_str(), *company, (*pay, *hours, *rating, *gender))).collect();
            let mut shelf = Shelf::default();
            let (first, second) = rows.split_at(cut.min(rows.len()));
            let mut number = 0;
            for part in [first, second] {
                let parsed = parsed(part);
                let mut shelving = shelf.of(&parsed);
                for (row, (id, company, _)) in part.iter().enumerate() {
                    number += 1;
                    shelving.take(row, hash_of(*company, id, clash), number, number + 1);
                }
            }
            let multiple_jobs = if sums { MultipleJobs::Sum } else { MultipleJobs::Reject };
            let mut batches = Vec::new();
            let settled = shelf
                .clear(Some(Judge { multiple_jobs, hourly_by_default: false }), |batch| {
                    batches.push(batch);
                    Ok::<_, ArrowError>(())
                })
                .expect("settled");
            let mut expected = Vec::new();
            let (mut merged, mut rejected) = (0, Vec::new());
            let mut employees: std::collections::BTreeMap<(u32, &str), Vec<usize>> = std::collections::BTreeMap::new();
            for (at, (id, company, _)) in rows.iter().enumerate() {
                employees.entry((*company, *id)).or_default().push(at);
            }
            for ((company, id), places) in employees {
                let jobs: Vec<Job> = places.iter().map(|&at| rows[at].2).collect();
                let told = |job: Job| (company as usize, id.to_owned(), [job.0, job.1, job.2], job.3.map(str::to_owned));
                if jobs.iter().all(|job| *job == jobs[0]) {
                    expected.push(told(jobs[0]));
                    merged += jobs.len() as u64 - 1;
                } else if sums {
                    let sum = |of: fn(&Job) -> Option<i64>| jobs.iter().filter_map(of).reduce(|a, b| a + b);
                    let highest = jobs.iter().map(|job| job.0).max().expect("a job");
                    let main = jobs.iter().find(|job| job.0 == highest).expect("a job");
                    expected.push(told((sum(|job| job.0), sum(|job| job.1), main.2, main.3)));
                    merged += jobs.len() as u64 - 1;
                } else {
                    rejected.extend(places.iter().map(|&at| at as u64 + 1));
                }
            }
            expected.sort();
            rejected.sort_unstable();
            prop_assert_eq!(read(&batches), expected);
            prop_assert_eq!(settled.merged, merged);
            prop_assert_eq!(settled.rejected.iter().map(|(row, _)| *row).collect::<Vec<_>>(), rejected);
            prop_assert!(shelf.is_empty());
        }
    }
}

//! Companies' own rows as columns.
//!
//! In: a group of a company's employees, a measure and its summary, row by row. Out: a record batch of one company.
//! Invariant: a row is in the columns as soon as it is made: there are many millions of them, and a summary is large.

use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, PrimitiveArray, RecordBatch, StringArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{ArrowNativeType, ArrowPrimitiveType, Float64Type, Int32Type, Int64Type, SchemaRef};
use hashbrown::HashMap;

use super::statistics::Statistics;
use super::summary::Summary;
use crate::exact::Quotient;
use crate::measure::Unit;
use crate::pipeline::{Pipeline, TOTAL};

/// A column, and where it says something. Rows in which it says nothing are made up for when it says something again: most
/// columns are about few measures.
#[derive(Default)]
struct Column<T> {
    values: Vec<T>,
    /// Empty as long as no row is without a value.
    present: Vec<bool>,
}

impl<T: ArrowNativeType> Column<T> {
    fn with_capacity(rows: usize) -> Self {
        Self { values: Vec::with_capacity(rows), present: Vec::new() }
    }

    /// The value of a row; rows come in ascending order.
    fn set(&mut self, row: usize, value: Option<T>) {
        let Some(value) = value else { return };
        self.pad(row);
        self.values.push(value);
        if !self.present.is_empty() {
            self.present.push(true);
        }
    }

    /// Says nothing in further rows up to this one.
    fn pad(&mut self, row: usize) {
        let known = self.values.len();
        if row > known {
            self.present.reserve(self.values.capacity());
            self.present.resize(known, true);
            self.present.resize(row, false);
            self.values.resize(row, T::default());
        }
    }

    fn finish<A: ArrowPrimitiveType<Native = T>>(mut self, rows: usize) -> PrimitiveArray<A> {
        self.pad(rows);
        let present = (!self.present.is_empty())
            .then(|| NullBuffer::new(BooleanBuffer::collect_bool(rows, |row| self.present[row])));
        PrimitiveArray::new(self.values.into(), present)
    }
}

/// A column of texts that repeat.
#[derive(Default)]
struct Texts {
    places: HashMap<String, i32>,
    words: Vec<String>,
    keys: Column<i32>,
}

impl Texts {
    fn key(&mut self, word: &str) -> i32 {
        if let Some(&key) = self.places.get(word) {
            return key;
        }
        let key = i32::try_from(self.words.len()).unwrap_or(i32::MAX);
        self.words.push(word.to_owned());
        self.places.insert(word.to_owned(), key);
        key
    }

    fn constant(word: &str, rows: usize) -> ArrayRef {
        let words = StringArray::from_iter_values([word]);
        Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0; rows]), Arc::new(words)))
    }

    fn finish(self, rows: usize) -> ArrayRef {
        let words = StringArray::from_iter_values(self.words);
        Arc::new(DictionaryArray::<Int32Type>::new(self.keys.finish(rows), Arc::new(words)))
    }
}

/// What the texts of a group are in the columns.
pub(super) struct GroupKeys {
    codes: Vec<i32>,
    currency: Option<i32>,
}

/// What the texts of a measure are in the columns.
#[derive(Clone, Copy)]
struct MeasureKeys {
    place: usize,
    name: i32,
    unit: i32,
    currency: Option<i32>,
}

/// The rows of one company so far.
pub(super) struct Columns<'p> {
    pipeline: &'p Pipeline,
    rows: usize,
    codes: Vec<Texts>,
    measures: Texts,
    units: Texts,
    currencies: Texts,
    notes: Texts,
    counts: [Column<i64>; 4],
    figures: [Column<f64>; 9],
    /// The measure of the last row: rows of one measure follow each other.
    last: Option<MeasureKeys>,
}

impl<'p> Columns<'p> {
    pub(super) fn new(pipeline: &'p Pipeline) -> Self {
        let [measures, units, currencies, notes] = Default::default();
        Self {
            pipeline,
            rows: 0,
            codes: pipeline.company_breakdown.iter().map(|_| Texts::default()).collect(),
            measures,
            units,
            currencies,
            notes,
            counts: Default::default(),
            figures: Default::default(),
            last: None,
        }
    }

    /// Makes room for that many rows at once, before the first.
    pub(super) fn reserve(&mut self, rows: usize) {
        debug_assert_eq!(self.rows, 0, "room is made anew, and what is in it would be lost");
        let texts = [&mut self.measures, &mut self.units, &mut self.currencies, &mut self.notes];
        for texts in self.codes.iter_mut().chain(texts) {
            texts.keys = Column::with_capacity(rows);
        }
        self.counts = std::array::from_fn(|_| Column::with_capacity(rows));
        self.figures = std::array::from_fn(|_| Column::with_capacity(rows));
    }

    /// The texts of a group, looked up once for all its rows.
    pub(super) fn group<'c>(&mut self, codes: impl Iterator<Item = &'c str>, currency: Option<&str>) -> GroupKeys {
        GroupKeys {
            codes: self.codes.iter_mut().zip(codes).map(|(texts, code)| texts.key(code)).collect(),
            currency: currency.map(|code| self.currencies.key(code)),
        }
    }

    /// The texts of the company as a whole, whatever its currencies.
    pub(super) fn whole_company(&mut self) -> GroupKeys {
        self.group(std::iter::repeat(TOTAL), None)
    }

    fn measure(&mut self, place: usize) -> MeasureKeys {
        if let Some(last) = self.last.filter(|last| last.place == place) {
            return last;
        }
        let measure = &self.pipeline.measures[place];
        let currency = match &measure.unit {
            Unit::Money(code) => Some(self.currencies.key(code)),
            _ => None,
        };
        let (name, unit) = (self.measures.key(&measure.name), self.units.key(measure.unit.label()));
        *self.last.insert(MeasureKeys { place, name, unit, currency })
    }

    /// Adds a row; `statistics` are those of a distribution.
    pub(super) fn push(
        &mut self,
        group: &GroupKeys,
        measure: usize,
        summary: Option<&Summary>,
        statistics: Option<&Statistics>,
        note: Option<&str>,
    ) {
        let row = self.rows;
        self.rows += 1;
        for (texts, key) in self.codes.iter_mut().zip(&group.codes) {
            texts.keys.set(row, Some(*key));
        }
        let keys = self.measure(measure);
        self.measures.keys.set(row, Some(keys.name));
        self.units.keys.set(row, Some(keys.unit));
        self.currencies.keys.set(row, keys.currency.or(group.currency));
        let note = note.map(|note| self.notes.key(note));
        self.notes.keys.set(row, note);
        let parts = summary.and_then(|summary| summary.parts.as_ref());
        let counts = [
            summary.map(|summary| summary.employees),
            summary.and_then(|summary| summary.left_out),
            parts.and_then(|parts| parts.n_numerator),
            parts.and_then(|parts| parts.n_denominator),
        ];
        for (column, count) in self.counts.iter_mut().zip(counts) {
            column.set(row, count.and_then(|count| i64::try_from(count).ok()));
        }
        let [numerator, denominator, figure, deviation, percentiles @ ..] = &mut self.figures;
        numerator.set(row, parts.and_then(|parts| parts.numerator).map(Quotient::to_f64));
        denominator.set(row, parts.and_then(|parts| parts.denominator).map(Quotient::to_f64));
        figure.set(row, summary.and_then(|summary| summary.figure).map(Quotient::to_f64));
        if let Some(statistics) = statistics {
            deviation.set(row, statistics.deviation);
            for (column, percentile) in percentiles.iter_mut().zip(statistics.percentiles) {
                column.set(row, Some(percentile.to_f64()));
            }
        }
    }

    /// The columns, in the order of the schema.
    pub(super) fn finish(self, company: &str, period: &str, schema: &SchemaRef) -> RecordBatch {
        let Self { codes, measures, units, currencies, notes, counts, figures, rows, .. } = self;
        let mut columns = vec![Texts::constant(company, rows), Texts::constant(period, rows)];
        columns.extend(codes.into_iter().chain([measures, units, currencies]).map(|texts| texts.finish(rows)));
        let mut counts = counts.map(|column| Arc::new(column.finish::<Int64Type>(rows)) as ArrayRef).into_iter();
        let mut figures = figures.map(|column| Arc::new(column.finish::<Float64Type>(rows)) as ArrayRef).into_iter();
        columns.extend(counts.by_ref().take(2));
        columns.extend(figures.by_ref().take(2));
        columns.extend(counts);
        columns.extend(figures);
        columns.push(notes.finish(rows));
        RecordBatch::try_new(schema.clone(), columns).expect("one length, and the types of the schema")
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The slow twin puts every row into an Arrow array one by one.
        #[test]
        fn a_column_agrees_with_one_that_is_told_every_row(values in proptest::collection::vec(proptest::option::of(any::<i64>()), 0..60), all in any::<bool>()) {
            let values: Vec<Option<i64>> = values.into_iter().filter(|value| !all || value.is_some()).collect();
            let mut column = Column::<i64>::with_capacity(values.len());
            values.iter().enumerate().for_each(|(row, value)| column.set(row, *value));
            let column = column.finish::<Int64Type>(values.len());
            prop_assert_eq!(column, values.into_iter().collect::<Int64Array>());
        }
    }
}

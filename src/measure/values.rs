//! [`Values`]: what a measure finds in a batch of records.
//!
//! In: a number per record, or none. Out: numbers with their presence, and what stands beside each of them.
//! Invariant: absent is not zero; all lists have one entry per record.

use std::sync::Arc;

use arrow::array::{Array, Decimal64Array};
use arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};

use super::{Batch, Gender};
use crate::exact::{Amount, SCALE};

/// The values of one basis for a batch of records, in 1/10,000 of the unit.
#[derive(Debug, Clone)]
pub struct Values {
    len: usize,
    /// Empty where no record has a value.
    numbers: ScalarBuffer<i64>,
    present: Option<NullBuffer>,
    beside: Beside,
}

/// What stands beside each number.
#[derive(Debug, Clone)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// The denominator that belongs to it.
    Denominator(ScalarBuffer<i64>),
    /// The employee's gender.
    Gender(Arc<[Gender]>),
}

impl Values {
    /// Values given one by one.
    pub fn from_options(values: impl Iterator<Item = Option<Amount>>) -> Self {
        let (low, _) = values.size_hint();
        let mut numbers = Vec::with_capacity(low);
        let mut present = Vec::with_capacity(low);
        for value in values {
            numbers.push(value.unwrap_or(0));
            present.push(value.is_some());
        }
        Self::new(numbers, &present, Beside::Nothing)
    }

    fn new(numbers: Vec<i64>, present: &[bool], beside: Beside) -> Self {
        let all = present.iter().all(|&there| there);
        let present =
            (!all).then(|| NullBuffer::new(BooleanBuffer::collect_bool(present.len(), |record| present[record])));
        Self { len: numbers.len(), numbers: numbers.into(), present, beside }
    }

    /// Ones and zeros, given one by one.
    pub fn from_flags(flags: impl Iterator<Item = Option<bool>>) -> Self {
        Self::from_options(flags.map(|flag| flag.map(|yes| if yes { SCALE } else { 0 })))
    }

    /// Numerators and denominators, given one by one.
    pub fn from_ratios(ratios: impl Iterator<Item = Option<(Amount, Amount)>>) -> Self {
        let (low, _) = ratios.size_hint();
        let mut numbers = Vec::with_capacity(low);
        let mut denominators = Vec::with_capacity(low);
        let mut present = Vec::with_capacity(low);
        for ratio in ratios {
            let (numerator, denominator) = ratio.unwrap_or_default();
            numbers.push(numerator);
            denominators.push(denominator);
            present.push(ratio.is_some());
        }
        Self::new(numbers, &present, Beside::Denominator(denominators.into()))
    }

    /// A column as it stands.
    #[must_use]
    pub fn column(column: &Decimal64Array) -> Self {
        Self {
            len: column.len(),
            numbers: column.values().clone(),
            present: column.nulls().filter(|nulls| nulls.null_count() > 0).cloned(),
            beside: Beside::Nothing,
        }
    }

    /// No value for any of `len` records.
    #[must_use]
    pub fn absent(len: usize) -> Self {
        Self { len, numbers: Vec::new().into(), present: None, beside: Beside::Nothing }
    }

    /// The same values with each employee's gender beside them.
    #[must_use]
    pub fn by_gender(mut self, genders: Arc<[Gender]>) -> Self {
        self.beside = Beside::Gender(genders);
        self
    }

    /// How many records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether no record has a value, as far as that is known without looking at each.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The value of one record.
    #[must_use]
    pub fn get(&self, record: usize) -> Option<Amount> {
        let there = !self.is_absent() && self.present.as_ref().is_none_or(|present| present.is_valid(record));
        there.then(|| self.numbers[record])
    }

    /// What stands beside the values.
    #[must_use]
    pub fn beside(&self) -> &Beside {
        &self.beside
    }

    /// The numbers, and which of them count (all where none is told). Empty where no record has a value.
    #[must_use]
    pub fn parts(&self) -> (&[Amount], Option<&NullBuffer>) {
        (&self.numbers, self.present.as_ref())
    }

    /// The values of those who are employed at the end of the snapshot's period.
    pub(super) fn of_employed(mut self, batch: &Batch<'_>) -> Self {
        if let Some(employed) = batch.employed().filter(|_| !self.is_absent()) {
            let employed = NullBuffer::new(BooleanBuffer::from(employed));
            self.present = NullBuffer::union(self.present.as_ref(), Some(&employed));
        }
        self
    }

    /// Every value, changed by `change(record, value)`.
    pub(super) fn map(self, change: impl Fn(usize, Amount) -> Option<Amount>) -> Self {
        let values = (0..self.len).map(|record| change(record, self.get(record)?));
        Self { beside: self.beside.clone(), ..Self::from_options(values) }
    }
}

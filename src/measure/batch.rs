//! [`Batch`]: records of one company, and what is known of them beside their own columns.
//!
//! In: records of a snapshot, the period, the settings, and the [`Panel`] of two snapshots where there is one.
//! Out: columns as measures want them. Invariant: money is in the record's currency, or in the one that it is converted to;
//! an amount without an exchange rate is absent.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use arrow::array::{Array, Decimal64Array};
use hashbrown::HashMap;

use super::panel::{Panel, Snapshot};
use super::reference::Missing;
use super::{Gender, MeasureSettings, Values};
use crate::exact::{Amount, SCALE, divide_half_even};
use crate::period::Period;
use crate::store::{Records, Texts};

/// Records of one company and snapshot.
pub struct Batch<'a> {
    records: &'a Records,
    settings: &'a MeasureSettings,
    snapshot: Snapshot,
    period: Period,
    last_day: i32,
    employed: Option<Vec<bool>>,
    panel: Option<(&'a Panel, usize)>,
    /// Once somebody has asked: measures share them.
    genders: OnceCell<Arc<[Gender]>>,
    answers: RefCell<HashMap<String, Values>>,
    missing: RefCell<Missing>,
}

impl<'a> Batch<'a> {
    /// Records of the snapshot of `period`; `panel` comes with the place of the first record in it.
    #[must_use]
    pub fn new(
        records: &'a Records,
        settings: &'a MeasureSettings,
        snapshot: Snapshot,
        period: Period,
        panel: Option<(&'a Panel, usize)>,
    ) -> Self {
        let last_day = period.last_day();
        let employed = employed(records, last_day);
        let (genders, answers, missing) = Default::default();
        Self { records, settings, snapshot, period, last_day, employed, panel, genders, answers, missing }
    }

    /// How many records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The columns.
    #[must_use]
    pub fn records(&self) -> &'a Records {
        self.records
    }

    /// Which snapshot the records are of.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot
    }

    pub(super) fn period(&self) -> Period {
        self.period
    }

    /// The last day of the snapshot's period, in days since 1970-01-01.
    #[must_use]
    pub fn last_day(&self) -> i32 {
        self.last_day
    }

    /// Who is employed at the end of the period; none where all are.
    #[must_use]
    pub fn employed(&self) -> Option<&[bool]> {
        self.employed.as_deref()
    }

    /// Whether an employee is employed at the end of the period.
    pub(super) fn counts(&self, record: usize) -> bool {
        self.employed.as_ref().is_none_or(|employed| employed[record])
    }

    pub(super) fn settings(&self) -> &'a MeasureSettings {
        self.settings
    }

    pub(super) fn has_panel(&self) -> bool {
        self.panel.is_some()
    }

    /// The panel, and the place of the first record in it.
    pub(super) fn panel(&self) -> Option<(&'a Panel, usize)> {
        self.panel
    }

    /// Notes an entry of a reference table that was asked for and is not there.
    pub(super) fn lacks(&self, table: &str, entry: String) {
        self.missing.borrow_mut().entry(table.to_owned()).or_default().insert(entry);
    }

    /// Entries of reference tables that measures asked for and that are not there.
    #[must_use]
    pub fn into_missing(self) -> Missing {
        self.missing.into_inner()
    }

    /// An amount of money for each record.
    pub(super) fn money(&self, column: &str) -> Option<Cow<'a, Decimal64Array>> {
        let amounts = self.records.numbers(column)?;
        let Some(rates) = &self.settings.reference.exchange_rates else { return Some(Cow::Borrowed(amounts)) };
        let currencies = self.records.texts("currency");
        let of_word = |word: &str| {
            let rate = rates.rate(self.period, word);
            if rate.is_none() {
                self.lacks("exchange_rates", format!("{word} in {}", self.period));
            }
            rate
        };
        let known: Vec<_> = currencies.iter().flat_map(|texts| texts.words().map(of_word)).collect();
        let default = self.settings.currency.as_deref().and_then(of_word);
        let convert = |record: usize| {
            let code = currencies.as_ref().and_then(|texts| texts.code(record));
            let rate = code.map_or(default, |code| known[code])?;
            rate.convert(amounts.is_valid(record).then(|| amounts.value(record))?)
        };
        Some(Cow::Owned((0..self.len()).map(convert).collect()))
    }

    /// A column of money as it stands, as values.
    pub(super) fn money_values(&self, column: &str) -> Values {
        self.money(column).map_or_else(|| Values::absent(self.len()), |amounts| Values::column(&amounts))
    }

    /// A column of numbers as it stands, as values.
    pub(super) fn number_values(&self, column: &str) -> Values {
        self.records.numbers(column).map_or_else(|| Values::absent(self.len()), Values::column)
    }

    /// Weekly hours of each record; where it does not say, its part of the declared standard, or that standard.
    pub(super) fn weekly_hours(&self) -> impl Fn(usize) -> Option<Amount> + 'a {
        let hours = self.records.numbers("weekly_hours");
        let parts = self.records.numbers("fte");
        let standard = self.settings.standard_weekly_hours;
        let by_part = move |record: usize| {
            let hours = i128::from(value(parts?, record)?) * i128::from(standard?);
            Amount::try_from(divide_half_even(hours, i128::from(SCALE))).ok()
        };
        move |record| hours.and_then(|hours| value(hours, record)).or_else(|| by_part(record)).or(standard)
    }

    /// The gender of each record.
    pub(super) fn genders(&self) -> Arc<[Gender]> {
        let read = || {
            let Some(texts) = self.records.texts("gender") else {
                return std::iter::repeat_n(Gender::LeftOut, self.len()).collect();
            };
            let known: Vec<Gender> = texts.words().map(|word| self.settings.gender(word)).collect();
            texts.codes().map(|code| code.map_or(Gender::LeftOut, |code| known[code])).collect()
        };
        self.genders.get_or_init(read).clone()
    }

    /// The answer to a question that several measures ask of these records: computed for the first of them.
    pub(super) fn shared(&self, question: String, compute: impl FnOnce() -> Values) -> Values {
        if let Some(known) = self.answers.borrow().get(&question) {
            return known.clone();
        }
        let values = compute();
        self.answers.borrow_mut().insert(question, values.clone());
        values
    }

    /// Currency of each record.
    pub(super) fn currency(&self) -> impl Fn(usize) -> Option<&'a str> + use<'a> {
        let texts = self.records.texts("currency");
        let words: Vec<&'a str> = texts.iter().flat_map(Texts::words).collect();
        let default = self.settings.currency.as_deref();
        move |record| texts.as_ref().and_then(|texts| texts.code(record)).map(|code| words[code]).or(default)
    }
}

/// The value of a record in a column.
pub(super) fn value(column: &Decimal64Array, record: usize) -> Option<Amount> {
    column.is_valid(record).then(|| column.value(record))
}

/// Who is employed at the end of `last_day`; none where all are.
pub(super) fn employed(records: &Records, last_day: i32) -> Option<Vec<bool>> {
    let dates = records.dates("termination_date").filter(|dates| dates.null_count() < dates.len())?;
    Some(dates.iter().map(|date| date.is_none_or(|date| date > last_day)).collect())
}

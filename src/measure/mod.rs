//! The measures: a value per employee, from the columns of the record.
//!
//! In: [`Records`] of one company and period. Out: [`Values`], one per record, some of them absent.
//! Invariant: a missing column or field gives no value, never zero; one measure per file, with its formula and source.

mod base_annual;
mod base_annual_fte;
mod base_hourly;
mod benefits_employer_cost;
mod custom;
mod employer_cost;
mod employer_cost_per_participant;
mod overtime_pay;
mod paid_leave_days;
mod participation;
mod pay_basis;
mod total_cash_annual;
mod training_hours;
mod variable_pay;

use std::fmt;

use arrow::array::{Array, Decimal64Array};
use arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};

pub use pay_basis::PayBasis;

use crate::exact::{Amount, SCALE};
use crate::record::is_plain_name;
use crate::store::Records;

/// What a pipeline settles for all measures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeasureSettings {
    /// `pay_basis` of records that do not say.
    pub pay_basis: Option<PayBasis>,
    /// Hours of a full-time week, in 1/10,000: for records without `weekly_hours`, and for full-time equivalents.
    pub standard_weekly_hours: Option<Amount>,
    /// Whether an employee with employer cost above zero counts as enrolled where no column says so.
    pub participation_from_cost: bool,
}

/// Whether the values of a measure form a distribution, or count those who have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MeasureKind {
    /// A number per employee.
    Distribution,
    /// One or zero per employee: has it or has not.
    Share,
}

/// The unit of a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// Currency units per hour.
    MoneyPerHour,
    /// Currency units per year.
    MoneyPerYear,
    /// Units of one currency, whatever the record's own: a custom column.
    Money(String),
    /// A part of one.
    Share,
    /// Anything else, by name.
    Other(String),
}

/// Which of the values count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Population {
    /// All of them, zero and negative ones too.
    #[default]
    All,
    /// Those above zero.
    Positive,
}

/// A sum that ties measures: the total is the sum of the parts for every employee who has them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Its name, for messages.
    pub name: &'static str,
}

/// The values of one measure for a batch of records, in 1/10,000 of the unit.
#[derive(Debug, Clone)]
pub struct Values {
    values: ScalarBuffer<i64>,
    present: Option<NullBuffer>,
}

type Compute = Box<dyn Fn(&Records) -> Values + Send + Sync>;

/// One measure.
pub struct Measure {
    /// Standard name.
    pub name: String,
    /// Unit of its values.
    pub unit: Unit,
    /// Distribution or share.
    pub kind: MeasureKind,
    /// The formula, in words and column names.
    pub formula: String,
    /// Where the formula comes from.
    pub source: &'static str,
    /// Canonical columns that it reads; one `*` stands for any plan.
    pub needs: Vec<String>,
    /// The family of measures that a sum ties it to, if any.
    pub family: Option<Family>,
    /// Which values count.
    pub population: Population,
    compute: Compute,
}

impl fmt::Debug for Measure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Measure").field("name", &self.name).field("unit", &self.unit).finish_non_exhaustive()
    }
}

impl Measure {
    /// The measure of this name; `custom` tells the unit of a column that the pipeline declares.
    #[must_use]
    pub fn find(name: &str, settings: &MeasureSettings, custom: Option<&str>) -> Option<Self> {
        if let Some(unit) = custom {
            return Some(custom::measure(name, unit));
        }
        Some(match name {
            "base_hourly" => base_hourly::measure(settings),
            "base_annual" => base_annual::measure(settings),
            "base_annual_fte" => base_annual_fte::measure(settings),
            "variable_pay" => variable_pay::measure(),
            "total_cash_annual" => total_cash_annual::measure(settings),
            "overtime_pay" => overtime_pay::measure(),
            "benefits_employer_cost" => benefits_employer_cost::measure(),
            "paid_leave_days" => paid_leave_days::measure(),
            "training_hours" => training_hours::measure(),
            _ => {
                let (plan, measure): (&str, fn(&str, &MeasureSettings) -> Self) =
                    if let Some(plan) = name.strip_suffix("_participation") {
                        (plan, participation::measure)
                    } else if let Some(plan) = name.strip_suffix("_employer_cost_per_participant") {
                        (plan, employer_cost_per_participant::measure)
                    } else {
                        (name.strip_suffix("_employer_cost")?, employer_cost::measure)
                    };
                is_plain_name(plan).then(|| measure(plan, settings))?
            }
        })
    }

    /// The names that need no plan, for suggestions and lists.
    #[must_use]
    pub fn names() -> [&'static str; 12] {
        [
            "base_hourly",
            "base_annual",
            "base_annual_fte",
            "variable_pay",
            "total_cash_annual",
            "overtime_pay",
            "health_participation",
            "health_employer_cost",
            "health_employer_cost_per_participant",
            "benefits_employer_cost",
            "paid_leave_days",
            "training_hours",
        ]
    }

    /// The values of these records.
    #[must_use]
    pub fn values(&self, records: &Records) -> Values {
        let values = (self.compute)(records);
        match self.population {
            Population::All => values,
            Population::Positive => values.positive(),
        }
    }

    /// Whether its amounts are in the record's currency, so that records of two currencies must not mix.
    #[must_use]
    pub fn in_record_currency(&self) -> bool {
        matches!(self.unit, Unit::MoneyPerHour | Unit::MoneyPerYear)
    }
}

impl Unit {
    /// The unit in words.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::MoneyPerHour => "currency per hour",
            Self::MoneyPerYear => "currency per year",
            Self::Money(_) => "currency",
            Self::Share => "share",
            Self::Other(label) => label,
        }
    }
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
        let all = present.iter().all(|&there| there);
        let present = (!all).then(|| NullBuffer::new(BooleanBuffer::from(present)));
        Self { values: numbers.into(), present }
    }

    /// A column as it stands.
    #[must_use]
    pub fn column(column: &Decimal64Array) -> Self {
        Self {
            values: column.values().clone(),
            present: column.nulls().filter(|nulls| nulls.null_count() > 0).cloned(),
        }
    }

    /// No value for any of `len` records.
    #[must_use]
    pub fn absent(len: usize) -> Self {
        Self { values: vec![0; len].into(), present: (len > 0).then(|| NullBuffer::new_null(len)) }
    }

    /// One for yes, zero for no.
    fn flag(yes: bool) -> Amount {
        if yes { SCALE } else { 0 }
    }

    /// How many records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of one record.
    #[must_use]
    pub fn get(&self, record: usize) -> Option<Amount> {
        self.present.as_ref().is_none_or(|present| present.is_valid(record)).then(|| self.values[record])
    }

    /// The numbers, and which of them count (all where none is told).
    #[must_use]
    pub fn parts(&self) -> (&[Amount], Option<&NullBuffer>) {
        (&self.values, self.present.as_ref())
    }

    fn positive(self) -> Self {
        Self::from_options((0..self.len()).map(|record| self.get(record).filter(|&value| value > 0)))
    }
}

/// The values of a column that a measure takes as it stands.
fn plain_column(records: &Records, name: &str) -> Values {
    records.numbers(name).map_or_else(|| Values::absent(records.len()), Values::column)
}

//! The measures: what is asked of each employee, and what a group of employees makes of the answers.
//!
//! In: [`Records`] of one company and period, in a [`Batch`] with what the earlier snapshot tells of them. Out: [`Values`],
//! one per record, some of them absent. Invariant: a missing column or field gives no value, never zero; one measure or
//! family of measures per file, with formula, source, unit, direction and what missing, zero and negative values do.

mod aging;
mod batch;
mod catalogue;
mod formula;
mod panel;
mod pay_basis;
mod reference;
mod settings;
mod values;

mod access;
mod base_annual;
mod base_annual_fte;
mod base_hourly;
mod benefit_load;
mod compa_ratio;
mod cost_per_hour_worked;
mod course_completion;
mod custom;
mod employer_cost;
mod employer_cost_per_participant;
mod eu_basic_gap;
mod eu_joint_assessment;
mod eu_pay_gap;
mod eu_quartile;
mod eu_variable_gap;
mod eu_variable_share;
mod fte;
mod gini;
mod headcount;
mod hires_rate;
mod internal_moves;
mod living_wage;
mod low_pay;
mod market_ratio;
mod overtime_pay;
mod p90_p10;
mod paid_leave_days;
mod participation;
mod pay_growth;
mod promotion;
mod range_penetration;
mod representation;
mod retention;
mod separations_rate;
mod skill;
mod skill_assessed;
mod take_up;
mod tenure_share;
mod tenure_years;
mod total_cash_annual;
mod training_hours;
mod uk_bonus_gap;
mod uk_bonus_share;
mod uk_hourly_gap;
mod uk_quartile;
mod variable_pay;
mod variable_recipients;

use std::borrow::Cow;
use std::fmt;

pub use aging::{Aging, AgingMethod, AgingRate};
pub use batch::Batch;
pub use catalogue::{Entry, Found, Section, catalogue, markdown};
pub use eu_joint_assessment::is_flagged;
pub use formula::gap::{Center, gap};
pub use formula::plausibility;
pub use formula::quartiles::{Band, Bands, People, Remainders, halves, quartiles};
pub use panel::{NoPanel, Panel, Snapshot};
pub use pay_basis::PayBasis;
pub use reference::{ExchangeRates, LivingWages, Missing, PayRanges, Reference, add_missing};
pub use settings::{CompareWith, EmptyVariablePay, Gender, LevelOrder, MeasureSettings, PayGrowthOf};
pub use values::{Beside, Values};

use crate::exact::{Amount, Quotient};

/// A figure of values in ascending order; none where it is not defined for them.
pub type OfAscending = fn(&[Amount]) -> Option<Quotient>;

/// What a group of employees makes of their values.
#[derive(Debug, Clone, Copy)]
pub enum MeasureKind {
    /// A number per employee: mean, deviation and percentiles.
    Distribution,
    /// One or zero per employee: the part of employees who have it.
    Share,
    /// A numerator and a denominator per employee: the sum of the ones by the sum of the others. `counts`: of people or
    /// things that are counted, so that the denominator without the numerator is a group of its own; `heads`: the
    /// denominator counts employees.
    Ratio {
        /// Whether numerator and denominator count things of one kind.
        counts: bool,
        /// Whether the denominator counts employees.
        heads: bool,
    },
    /// A number per employee: their sum.
    Total,
    /// A number per employee and the gender: men's figure minus women's, in percent of men's.
    Gap(Center),
    /// A number per employee and the gender: the part of women in one of four near-equal groups.
    QuartileBand(Band, Remainders),
    /// A number per employee: one figure of how they differ. `deciles`: made of P10 and P90.
    Dispersion {
        /// The figure.
        figure: OfAscending,
        /// Whether it gives away P10 and P90.
        deciles: bool,
    },
    /// A number per employee: the part of them below two thirds of the group's median.
    LowPay,
    /// A figure of a company's categories of workers; not for benchmarks.
    Categories,
    /// A figure of a company beside a release; not for benchmarks.
    Market,
}

/// What is kept of the values until figures are made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// All of them.
    List,
    /// All of them, apart by gender.
    ByGender,
    /// Their sums.
    Sums,
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
    /// A quotient of two amounts of one kind; the text says which.
    Ratio(&'static str),
    /// Percent.
    Percent,
    /// People, or full-time equivalents of them.
    People(&'static str),
    /// Anything else, by name.
    Other(String),
}

/// Which rounding step of a policy figures of a unit take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoundingClass {
    /// Money per hour.
    Hourly,
    /// Money per year.
    Annual,
    /// Parts of one, and quotients.
    Share,
    /// Numbers of people.
    Employees,
    /// Everything else.
    Other,
}

/// Whether a higher figure is better for employees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Higher is better.
    HigherIsBetter,
    /// Lower is better.
    LowerIsBetter,
    /// The nearer to zero, the better.
    ZeroIsBest,
    /// Neither: it describes.
    Describes,
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

/// The snapshots whose records have values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Employees at the end of the period.
    Closing,
    /// Employees at the end of the earlier period.
    Opening,
    /// Both, and who came and went in between.
    Both,
    /// Employees at the end of the period who were there at the end of the earlier one.
    Stayers,
}

/// A sum that ties measures: the total is the sum of the parts for every employee who has them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Its name, for messages.
    pub name: Cow<'static, str>,
}

impl Family {
    const fn new(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name) }
    }
}

/// What a measure needs beside columns of the upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// `defaults.standard_weekly_hours`.
    StandardWeeklyHours,
    /// `reference.living_wage`.
    LivingWage,
    /// `range_min` and `range_max` in uploads, or `reference.pay_ranges`.
    PayRanges,
    /// `workforce.level_order`.
    LevelOrder,
    /// An earlier snapshot in the store.
    EarlierSnapshot,
    /// `company_metrics.by`.
    Breakdown,
    /// A published table by job.
    JobTable,
}

/// What a company's row is checked for, beside gaps of 100 % and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// Whether a median gap agrees with the pay quartiles.
    AgainstQuartiles,
    /// Whether a category of workers is flagged by Art. 10 of Directive (EU) 2023/970.
    JointAssessment,
}

type Compute = Box<dyn Fn(&Batch<'_>) -> Values + Send + Sync>;

/// What a measure asks of each employee. Measures with one key share the answers.
struct Basis {
    key: String,
    shape: Shape,
    compute: Compute,
}

/// One measure.
pub struct Measure {
    /// Standard name.
    pub name: String,
    /// Unit of its figures.
    pub unit: Unit,
    /// What a group makes of the values.
    pub kind: MeasureKind,
    /// Whether higher is better.
    pub direction: Direction,
    /// The formula, in words and column names.
    pub formula: String,
    /// Where the formula comes from.
    pub source: &'static str,
    /// What missing, zero and negative values do.
    pub treatment: &'static str,
    /// Canonical columns that it cannot do without; one `*` stands for any plan or skill.
    pub needs: Vec<String>,
    /// Further columns that it reads where they are there.
    pub reads: Vec<String>,
    /// What it needs beside columns.
    pub requires: Vec<Requirement>,
    /// The family of measures that a sum ties it to, if any.
    pub family: Option<Family>,
    /// Which values count.
    pub population: Population,
    /// Whether its values are in the record's currency, so that records of two currencies must not mix.
    pub by_currency: bool,
    /// Which snapshots it is about.
    pub over: Over,
    /// What a company's row is checked for.
    pub remarks: &'static [Remark],
    /// The step to which its law asks that a company reports it, in 1/10,000; zero for none.
    pub reported_to: Amount,
    basis: Basis,
}

impl fmt::Debug for Measure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Measure").field("name", &self.name).field("unit", &self.unit).finish_non_exhaustive()
    }
}

impl Basis {
    fn new(
        key: impl Into<String>,
        shape: Shape,
        compute: impl Fn(&Batch<'_>) -> Values + Send + Sync + 'static,
    ) -> Self {
        Self { key: key.into(), shape, compute: Box::new(compute) }
    }
}

/// Columns by name.
fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl Measure {
    /// A measure of this kind; a file of this folder fills in the rest.
    fn of(name: impl Into<String>, kind: MeasureKind, basis: Basis) -> Self {
        let unit = if kind.is_share() { Unit::Share } else { Unit::Other(String::new()) };
        Self {
            name: name.into(),
            unit,
            kind,
            direction: Direction::Describes,
            formula: String::new(),
            source: "",
            treatment: "",
            needs: Vec::new(),
            reads: Vec::new(),
            requires: Vec::new(),
            family: None,
            population: Population::All,
            by_currency: false,
            over: Over::Closing,
            remarks: &[],
            reported_to: 0,
            basis,
        }
    }

    /// The measure of this name; `custom` tells the unit of a column that the pipeline declares.
    #[must_use]
    pub fn find(name: &str, settings: &MeasureSettings, custom: Option<&str>) -> Option<Self> {
        let measure = match custom {
            Some(unit) => custom::measure(name, unit),
            None => catalogue::find(name, settings)?,
        };
        Some(aging::aged(measure, settings))
    }

    /// What tells measures apart that ask something else of each employee.
    #[must_use]
    pub fn basis_key(&self) -> &str {
        &self.basis.key
    }

    /// What is kept of its values.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.basis.shape
    }

    /// The values of these records: none for those who are not of the snapshots that it is about.
    #[must_use]
    pub fn values(&self, batch: &Batch<'_>) -> Values {
        let asked = match (self.over, batch.snapshot()) {
            (Over::Closing, Snapshot::Closing) | (Over::Opening, Snapshot::Opening) => true,
            (Over::Stayers, Snapshot::Closing) | (Over::Both, _) => batch.has_panel(),
            _ => false,
        };
        if !asked {
            return Values::absent(batch.len());
        }
        let values = (self.basis.compute)(batch);
        if self.over == Over::Both { values } else { values.of_employed(batch) }
    }

    /// Whether a benchmark table can have it.
    #[must_use]
    pub fn fits_tables(&self) -> bool {
        !matches!(self.kind, MeasureKind::Categories | MeasureKind::Market)
    }

    /// Whether a stored column is read for it.
    #[must_use]
    pub fn reads_column(&self, column: &str) -> bool {
        let named = |column: &str| self.needs.iter().chain(&self.reads).any(|name| fits(name, column));
        // Hours that a record does not tell are its part of the standard ones.
        named(column) || (column == "fte" && named("weekly_hours"))
    }
}

/// Whether `name` is what a pattern means, in which each `*` stands for anything.
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    name.char_indices().map(|(place, _)| place).chain([name.len()]).any(|place| fits(rest, &name[place..]))
}

impl MeasureKind {
    /// Whether it has a deviation and percentiles.
    #[must_use]
    pub fn is_distribution(self) -> bool {
        matches!(self, Self::Distribution)
    }

    /// Whether it tells a part of employees.
    #[must_use]
    pub fn is_share(self) -> bool {
        matches!(self, Self::Share | Self::LowPay | Self::QuartileBand(..))
    }

    /// The kind in words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Distribution => "distribution",
            Self::Share => "share",
            Self::Ratio { .. } => "ratio",
            Self::Total => "total",
            Self::Gap(Center::Mean) => "gap of means",
            Self::Gap(Center::Median) => "gap of medians",
            Self::QuartileBand(..) => "share in a quartile band",
            Self::Dispersion { .. } => "dispersion",
            Self::LowPay => "share below a part of the median",
            Self::Categories | Self::Market => "company figure",
        }
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
            Self::Percent => "percent",
            Self::Ratio(label) | Self::People(label) => label,
            Self::Other(label) => label,
        }
    }

    /// How its figures are rounded.
    #[must_use]
    pub fn rounding(&self) -> RoundingClass {
        match self {
            Self::MoneyPerHour => RoundingClass::Hourly,
            Self::MoneyPerYear => RoundingClass::Annual,
            Self::Share | Self::Ratio(_) => RoundingClass::Share,
            Self::People(_) => RoundingClass::Employees,
            Self::Money(_) | Self::Percent | Self::Other(_) => RoundingClass::Other,
        }
    }
}

impl Direction {
    /// The direction in words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::HigherIsBetter => "higher is better",
            Self::LowerIsBetter => "lower is better",
            Self::ZeroIsBest => "the nearer to zero, the better",
            Self::Describes => "describes",
        }
    }
}

impl Requirement {
    /// What must be given, in words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::StandardWeeklyHours => "`standard_weekly_hours` in `[defaults]`",
            Self::LivingWage => "`living_wage` in `[reference]`: a table region,currency,hourly",
            Self::PayRanges => "range_min and range_max in the uploads, or `pay_ranges` in `[reference]`",
            Self::LevelOrder => "`level_order` in `[workforce]`: the job levels from low to high",
            Self::EarlierSnapshot => "the company's snapshot of the earlier period, under the same key",
            Self::Breakdown => "`by` in `[company_metrics]`: the categories of workers",
            Self::JobTable => "a table with base_hourly by a dimension that is taken from job_code",
        }
    }
}

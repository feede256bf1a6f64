//! What a pipeline settles for all measures.
//!
//! In: `[defaults]`, `[gender]`, `[pay_equity]`, `[workforce]`, `[reference]`, `[aging]`. Out: [`MeasureSettings`].
//! Invariant: whatever could be guessed in two ways is settled here, or gives no value.

use std::sync::Arc;

use super::{Aging, PayBasis, Reference, Remainders};
use crate::exact::{Amount, SCALE};
use crate::period::Period;

/// What a pipeline settles for all measures.
#[derive(Debug, Clone)]
pub struct MeasureSettings {
    /// `pay_basis` of records that do not say.
    pub pay_basis: Option<PayBasis>,
    /// Hours of a full-time week, in 1/10,000: for records without `weekly_hours`, and for full-time equivalents.
    pub standard_weekly_hours: Option<Amount>,
    /// Currency of records that do not say.
    pub currency: Option<String>,
    /// Whether an employee with employer cost above zero counts as enrolled where no column says so.
    pub participation_from_cost: bool,
    /// Whether records of two snapshots can be joined: uploads have employee IDs.
    pub has_employee_ids: bool,
    /// The time that `bonus_in_pay_period` is for.
    pub bonus_period: PayBasis,
    /// Codes of women, in lower case.
    pub women: Vec<String>,
    /// Codes of men, in lower case.
    pub men: Vec<String>,
    /// What an empty `variable_pay` means for pay equity.
    pub empty_variable_pay: EmptyVariablePay,
    /// Which pay quartiles the rest of a division by four goes to.
    pub quartile_remainders: Remainders,
    /// Which earlier snapshot workforce measures compare with.
    pub compare_with: CompareWith,
    /// The job levels from low to high.
    pub level_order: Option<LevelOrder>,
    /// The pay whose growth is told.
    pub pay_growth_of: PayGrowthOf,
    /// The part by which headcount may change between snapshots that are compared, in 1/10,000.
    pub max_headcount_change: Amount,
    /// The part of the smaller snapshot that must be in both, in 1/10,000.
    pub min_matched: Amount,
    /// Tables that the user gives.
    pub reference: Arc<Reference>,
    /// How values are brought to a date.
    pub aging: Option<Aging>,
}

/// Gender, as pay equity law counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gender {
    /// A woman.
    Woman = 0,
    /// A man.
    Man = 1,
    /// Another gender, or not reported: left out of gaps, and counted as left out.
    LeftOut = 2,
}

/// What an empty `variable_pay` means for pay equity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyVariablePay {
    /// It is not known: no value.
    Unknown,
    /// There was none.
    Zero,
}

/// Which earlier snapshot workforce measures compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareWith {
    /// The period before.
    Previous,
    /// The same period a year before.
    YearBefore,
}

/// The pay whose growth is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayGrowthOf {
    /// Pay for an hour: a change of hours is no growth.
    BaseHourly,
    /// Contracted pay for a year.
    BaseAnnual,
}

/// Job levels from low to high.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelOrder(pub Vec<String>);

impl Default for MeasureSettings {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            pay_basis: None,
            standard_weekly_hours: None,
            currency: None,
            participation_from_cost: false,
            has_employee_ids: true,
            bonus_period: PayBasis::Month,
            women: words(&["f", "female", "w", "woman", "women"]),
            men: words(&["m", "male", "man", "men"]),
            empty_variable_pay: EmptyVariablePay::Unknown,
            quartile_remainders: Remainders::default(),
            compare_with: CompareWith::Previous,
            level_order: None,
            pay_growth_of: PayGrowthOf::BaseHourly,
            max_headcount_change: SCALE / 2,
            min_matched: SCALE / 2,
            reference: Arc::default(),
            aging: None,
        }
    }
}

impl MeasureSettings {
    /// The gender that a code of the upload tells.
    #[must_use]
    pub fn gender(&self, code: &str) -> Gender {
        let code = code.trim().to_lowercase();
        if self.women.contains(&code) {
            Gender::Woman
        } else if self.men.contains(&code) {
            Gender::Man
        } else {
            Gender::LeftOut
        }
    }

    /// The period of the earlier snapshot.
    #[must_use]
    pub fn earlier(&self, period: Period) -> Period {
        match self.compare_with {
            CompareWith::Previous => period.previous(),
            CompareWith::YearBefore => period.year_before(),
        }
    }
}

impl LevelOrder {
    /// The place of a level; higher levels come later.
    #[must_use]
    pub fn place(&self, level: &str) -> Option<usize> {
        self.0.iter().position(|known| known == level)
    }
}

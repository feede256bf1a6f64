//! **benefit_load**: what the employer pays for benefits, as a part of total cash.
//!
//! In: what `benefits_employer_cost` and `total_cash_annual` read. Out: `sum of employer cost / sum of total cash`.
//! Invariant: an employee counts in both sums or in neither.
//! Source: WorldatWork, *benefit load* (benefits as a percentage of pay).

use super::employer_cost::BENEFITS;
use super::formula::benefit_plan::{ALL, Reads, column, cost};
use super::total_cash_annual::{self, total_cash};
use super::{Basis, Direction, Measure, MeasureKind, Shape, Unit, Values};

pub(super) fn measure() -> Measure {
    let mut needs = vec![column(ALL, Reads::Cost)];
    needs.extend(total_cash_annual::NEEDS.map(str::to_owned));
    Measure {
        unit: Unit::Ratio("employer cost / total cash"),
        direction: Direction::HigherIsBetter,
        formula: "sum of benefits_employer_cost / sum of total_cash_annual".to_owned(),
        source: "WorldatWork, benefit load",
        treatment: "without a cost or total cash an employee is in neither sum",
        needs,
        reads: vec![column(ALL, Reads::Enrolled)],
        family: Some(BENEFITS),
        by_currency: true,
        ..Measure::of(
            "benefit_load",
            MeasureKind::Ratio { counts: false, heads: false },
            Basis::new("benefit_load", Shape::Sums, |batch| {
                let (cost, cash) = (cost(batch, ALL), total_cash(batch));
                let of = |record: usize| cost.get(record).zip(cash.get(record));
                Values::from_ratios((0..batch.len()).map(of))
            }),
        )
    }
}

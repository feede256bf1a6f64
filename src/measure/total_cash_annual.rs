//! **total_cash_annual**: base pay of 52 weeks and the variable pay of twelve months.
//!
//! In: what `base_annual` reads, and `variable_pay`. Out: `base_annual + variable_pay`.
//! Invariant: an employee without either part has no value: an unreported bonus is not a bonus of zero.
//! Source: WorldatWork, *total cash compensation*.

use super::base_annual::CASH;
use super::pay_basis::annual;
use super::{Basis, Batch, Direction, Measure, MeasureKind, Shape, Unit, Values, columns};

/// The columns that total cash cannot do without.
pub(super) const NEEDS: [&str; 4] = ["base_pay", "pay_basis", "weekly_hours", "variable_pay"];

/// Total cash of each employee.
pub(super) fn total_cash(batch: &Batch<'_>) -> Values {
    batch.shared("total cash".to_owned(), || {
        let variable = batch.money_values("variable_pay");
        annual(batch).map(|record, base| base.checked_add(variable.get(record)?))
    })
}

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::MoneyPerYear,
        direction: Direction::HigherIsBetter,
        formula: "base_annual + variable_pay".to_owned(),
        source: "WorldatWork, total cash compensation",
        treatment: "without base or variable pay there is no value; zero and negative pay are values",
        needs: columns(&NEEDS),
        family: Some(CASH),
        by_currency: true,
        ..Measure::of(
            "total_cash_annual",
            MeasureKind::Distribution,
            Basis::new("total_cash_annual", Shape::List, total_cash),
        )
    }
}

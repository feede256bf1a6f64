//! **variable_pay**: bonus, commission and other variable pay of twelve months.
//!
//! In: `variable_pay`. Out: the column as it stands. Zero is a value.
//! Invariant: a company that does not report the column has no value for anybody.
//! Source: WorldatWork, variable pay.

use super::{Basis, Direction, Measure, MeasureKind, Shape, Unit, columns};

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::MoneyPerYear,
        direction: Direction::HigherIsBetter,
        formula: "variable_pay of the 12 months to the snapshot".to_owned(),
        source: "WorldatWork, variable pay",
        treatment: "zero and negative numbers are values; an empty field is not",
        needs: columns(&["variable_pay"]),
        family: Some(super::base_annual::CASH),
        by_currency: true,
        ..Measure::of(
            "variable_pay",
            MeasureKind::Distribution,
            Basis::new("variable_pay", Shape::List, |batch| batch.money_values("variable_pay")),
        )
    }
}

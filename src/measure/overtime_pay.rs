//! **overtime_pay**: overtime pay of twelve months.
//!
//! In: `overtime_pay`. Out: the column as it stands. Zero is a value.
//! Invariant: a company that does not report the column has no value for anybody.
//! Source: ILO resolution on wages statistics (1973), overtime payments.

use super::{Basis, Direction, Measure, MeasureKind, Shape, Unit, columns};

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::MoneyPerYear,
        direction: Direction::Describes,
        formula: "overtime_pay of the 12 months to the snapshot".to_owned(),
        source: "ILO resolution on wages statistics (1973), overtime payments",
        treatment: "zero and negative numbers are values; an empty field is not",
        needs: columns(&["overtime_pay"]),
        by_currency: true,
        ..Measure::of(
            "overtime_pay",
            MeasureKind::Distribution,
            Basis::new("overtime_pay", Shape::List, |batch| batch.money_values("overtime_pay")),
        )
    }
}

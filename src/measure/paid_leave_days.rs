//! **paid_leave_days**: paid leave days a year.
//!
//! In: `paid_leave_days`. Out: the column as it stands. Zero is a value.
//! Invariant: a company that does not report the column has no value for anybody.
//! Source: US National Compensation Survey, paid leave.

use super::{Basis, Direction, Measure, MeasureKind, Shape, Unit, columns};

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::Other("days per year".to_owned()),
        direction: Direction::HigherIsBetter,
        formula: "paid_leave_days".to_owned(),
        source: "US National Compensation Survey, paid leave",
        treatment: "zero and negative numbers are values; an empty field is not",
        needs: columns(&["paid_leave_days"]),
        ..Measure::of(
            "paid_leave_days",
            MeasureKind::Distribution,
            Basis::new("paid_leave_days", Shape::List, |batch| batch.number_values("paid_leave_days")),
        )
    }
}

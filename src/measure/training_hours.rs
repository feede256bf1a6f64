//! **training_hours**: hours of training of twelve months.
//!
//! In: `training_hours`. Out: the column as it stands. Zero is a value. GRI 404-1 asks for the mean by gender and job: use a table or a breakdown by them
//! Invariant: a company that does not report the column has no value for anybody.
//! Source: GRI 404-1, average hours of training per year per employee.

use super::{Basis, Direction, Measure, MeasureKind, Shape, Unit, columns};

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::Other("hours per year".to_owned()),
        direction: Direction::HigherIsBetter,
        formula: "training_hours of the 12 months to the snapshot".to_owned(),
        source: "GRI 404-1, average hours of training per employee",
        treatment: "zero and negative numbers are values; an empty field is not",
        needs: columns(&["training_hours"]),
        ..Measure::of(
            "training_hours",
            MeasureKind::Distribution,
            Basis::new("training_hours", Shape::List, |batch| batch.number_values("training_hours")),
        )
    }
}

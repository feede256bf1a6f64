//! **variable_recipients**: the share of employees with variable pay.
//!
//! In: `variable_pay`. Out: one where it is above zero, zero where it is not.
//! Invariant: an empty field is in neither the numerator nor the denominator.
//! Source: WorldatWork, *participation in variable pay plans*.

use super::{Basis, Direction, Measure, MeasureKind, Shape, Values, columns};

pub(super) fn measure() -> Measure {
    Measure {
        direction: Direction::HigherIsBetter,
        formula: "employees with variable_pay above zero / employees with variable_pay".to_owned(),
        source: "WorldatWork, participation in variable pay",
        treatment: "zero and negative pay is none; an empty field is not counted",
        needs: columns(&["variable_pay"]),
        ..Measure::of(
            "variable_recipients",
            MeasureKind::Share,
            Basis::new("variable_recipients", Shape::Sums, |batch| match batch.records().numbers("variable_pay") {
                Some(pay) => Values::from_flags(pay.iter().map(|pay| pay.map(|pay| pay > 0))),
                None => Values::absent(batch.len()),
            }),
        )
    }
}

//! **headcount**: employees at the end of the period.
//!
//! In: records, `termination_date`. Out: one for each; a group has their sum.
//! Invariant: who left by the last day of the period is not counted.
//! Source: ISO 30414, headcount; GRI 2-7.

use super::{Basis, Measure, MeasureKind, Shape, Unit, Values};
use crate::exact::SCALE;

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::People("employees"),
        formula: "number of employees on the last day of the period".to_owned(),
        source: "ISO 30414, headcount; GRI 2-7",
        treatment: "every record counts, whatever it lacks",
        ..Measure::of(
            "headcount",
            MeasureKind::Total,
            Basis::new("headcount", Shape::Sums, |batch| {
                Values::from_options(std::iter::repeat_n(Some(SCALE), batch.len()))
            }),
        )
    }
}

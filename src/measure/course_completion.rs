//! **course_completion**: courses completed, by courses begun.
//!
//! In: `courses_completed`, `courses_enrolled`. Out: `sum of completed / sum of enrolled`.
//! Invariant: an employee without either is in neither sum.
//! Source: ISO 30414, learning and development; completed / enrolled.

use super::batch::value;
use super::{Basis, Direction, Measure, MeasureKind, Shape, Unit, Values, columns};

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::Ratio("completed / enrolled"),
        direction: Direction::HigherIsBetter,
        formula: "sum of courses_completed / sum of courses_enrolled".to_owned(),
        source: "ISO 30414, learning and development",
        treatment: "who has no course begun adds to neither sum; without either column there is no value",
        needs: columns(&["courses_completed", "courses_enrolled"]),
        ..Measure::of(
            "course_completion",
            MeasureKind::Ratio { counts: true, heads: false },
            Basis::new("course_completion", Shape::Sums, |batch| {
                let records = batch.records();
                let (completed, enrolled) = (records.numbers("courses_completed"), records.numbers("courses_enrolled"));
                let of = |record: usize| Some((value(completed?, record)?, value(enrolled?, record)?));
                Values::from_ratios((0..batch.len()).map(of))
            }),
        )
    }
}

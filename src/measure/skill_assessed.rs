//! **`skill_<name>_assessed`**: the share of employees whose skill was assessed.
//!
//! In: `skill_<name>`. Out: one where there is a score, zero where there is none.
//! Invariant: the employees of an upload without the column are not counted.
//! Source: ISO 30414, percentage of employees assessed.

use arrow::array::Array;

use super::{Basis, Direction, Measure, MeasureKind, Shape, Values};

pub(super) fn measure(skill: &str) -> Measure {
    let (name, column) = (format!("skill_{skill}_assessed"), format!("skill_{skill}"));
    Measure {
        direction: Direction::HigherIsBetter,
        formula: format!("employees with a {column} / employees of uploads with that column"),
        source: "ISO 30414, percentage of employees assessed",
        treatment: "an empty field is not assessed; an absent column is not reported",
        needs: vec![column.clone()],
        ..Measure::of(
            name.clone(),
            MeasureKind::Share,
            Basis::new(name, Shape::Sums, move |batch| match batch.records().numbers(&column) {
                Some(scores) => Values::from_flags((0..batch.len()).map(|record| Some(scores.is_valid(record)))),
                None => Values::absent(batch.len()),
            }),
        )
    }
}

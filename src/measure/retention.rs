//! **retention**: the share of the employees of the earlier snapshot who are still there.
//!
//! In: two snapshots joined on pseudonyms. Out: one or zero for each employee of the earlier one, in the cell where they were.
//! Invariant: a company whose snapshots cannot be compared has no figure.
//! Source: ISO 30414, retention rate: still there / there at the start.

use super::panel::Opening;
use super::{Basis, Direction, Measure, MeasureKind, Over, Requirement, Shape, Values, panel};

pub(super) fn measure() -> Measure {
    Measure {
        direction: Direction::HigherIsBetter,
        formula: "employees of the earlier snapshot who are still there / employees of the earlier snapshot".to_owned(),
        source: "ISO 30414, retention rate",
        treatment: "no figure where the two snapshots cannot be compared",
        reads: panel::columns(),
        requires: vec![Requirement::EarlierSnapshot],
        over: Over::Opening,
        ..Measure::of(
            "retention",
            MeasureKind::Share,
            Basis::new("retention", Shape::Sums, |batch| {
                let Some((panel, start)) = batch.panel() else { return Values::absent(batch.len()) };
                Values::from_flags((0..batch.len()).map(|record| match panel.opening[start + record] {
                    Opening::Stayed => Some(true),
                    Opening::Left(_) => Some(false),
                    Opening::Gone => None,
                }))
            }),
        )
    }
}

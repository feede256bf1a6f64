//! **promotion**: the share of stayers whose job level rose.
//!
//! In: `job_level` in two snapshots joined on pseudonyms, and the pipeline's `level_order`. Out: one or zero for each who is in
//! both. Invariant: the order of levels is declared, never guessed; a level that it does not name gives no value.
//! Source: ISO 30414, promotion rate.

use super::panel::of_stayers;
use super::{Basis, Batch, Direction, Measure, MeasureKind, Over, Requirement, Shape, Values, columns, panel};
use crate::exact::SCALE;

fn rose(batch: &Batch<'_>) -> Values {
    let (Some(order), Some(levels)) = (batch.settings().level_order.as_ref(), batch.records().texts("job_level"))
    else {
        return Values::absent(batch.len());
    };
    let places: Vec<Option<usize>> = levels.words().map(|word| order.place(word)).collect();
    of_stayers(batch, |record, panel, then| {
        let (now, before) = (places[levels.code(record)?]?, order.place(panel.level(then)?)?);
        Some(if now > before { SCALE } else { 0 })
    })
}

pub(super) fn measure() -> Measure {
    Measure {
        direction: Direction::HigherIsBetter,
        formula: "employees in both snapshots whose job_level rose / employees in both with both levels known"
            .to_owned(),
        source: "ISO 30414, promotion rate",
        treatment: "a level that level_order does not name gives no value",
        needs: columns(&["job_level"]),
        reads: panel::columns(),
        requires: vec![Requirement::EarlierSnapshot, Requirement::LevelOrder],
        over: Over::Stayers,
        ..Measure::of("promotion", MeasureKind::Share, Basis::new("promotion", Shape::Sums, rose))
    }
}

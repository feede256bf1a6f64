//! **internal_moves**: the share of stayers whose job or level changed.
//!
//! In: `job_code` and `job_level` in two snapshots joined on pseudonyms. Out: one or zero for each who is in both.
//! Invariant: only what is known in both snapshots is compared; where an upload lacks one of the columns, the other decides.
//! Source: ISO 30414, internal mobility rate.

use super::panel::of_stayers;
use super::{Basis, Batch, Measure, MeasureKind, Over, Requirement, Shape, Values, panel};
use crate::exact::SCALE;
use crate::store::Texts;

fn moved(batch: &Batch<'_>) -> Values {
    let (jobs, levels) = (batch.records().texts("job_code"), batch.records().texts("job_level"));
    let job_words: Vec<&str> = jobs.iter().flat_map(Texts::words).collect();
    let level_words: Vec<&str> = levels.iter().flat_map(Texts::words).collect();
    of_stayers(batch, |record, panel, then| {
        // A column counts if both snapshots have it; then it must be known in both.
        let changed = |there: bool, now: Option<&str>, then: Option<&str>| -> Option<Option<bool>> {
            if there { Some(Some(now? != then?)) } else { Some(None) }
        };
        let job = jobs.and_then(|texts| texts.code(record)).map(|code| job_words[code]);
        let level = levels.and_then(|texts| texts.code(record)).map(|code| level_words[code]);
        let job = changed(jobs.is_some() && panel.has_job, job, panel.job(then))?;
        let level = changed(levels.is_some() && panel.has_level, level, panel.level(then))?;
        let moved = [job, level].into_iter().flatten().reduce(|one, other| one || other)?;
        Some(if moved { SCALE } else { 0 })
    })
}

pub(super) fn measure() -> Measure {
    Measure {
        formula: "employees in both snapshots whose job_code or job_level changed / employees in both with both known"
            .to_owned(),
        source: "ISO 30414, internal mobility rate",
        treatment: "who lacks a job or level in one of the snapshots is not counted",
        reads: panel::columns(),
        requires: vec![Requirement::EarlierSnapshot],
        over: Over::Stayers,
        ..Measure::of("internal_moves", MeasureKind::Share, Basis::new("internal_moves", Shape::Sums, moved))
    }
}

//! **market_ratio**: a company's mean pay in a job as a part of the published median of that job.
//!
//! In: the company's mean `base_hourly` by job, and a release. Out: `mean / P50 of the finest published cell of that job`.
//! Invariant: only published figures are used, so it tells no more than the release; a company figure, for no benchmark.
//! Source: WorldatWork, *market ratio* (market index).

use super::{Direction, Measure, MeasureKind, Requirement, Unit, base_hourly};

pub(super) fn measure() -> Measure {
    let mut needs: Vec<String> = base_hourly::NEEDS.map(str::to_owned).to_vec();
    needs.push("job_code".to_owned());
    Measure {
        unit: Unit::Ratio("pay / market median"),
        formula: "company's mean base_hourly of a job / published P50 of the finest published cell of that job"
            .to_owned(),
        source: "WorldatWork, market ratio",
        treatment: "no row for a job without a published median",
        needs,
        requires: vec![Requirement::Breakdown, Requirement::JobTable],
        direction: Direction::HigherIsBetter,
        by_currency: true,
        ..Measure::of("market_ratio", MeasureKind::Market, base_hourly::basis())
    }
}

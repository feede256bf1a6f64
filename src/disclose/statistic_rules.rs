//! Which statistics of a published cell are shown.
//!
//! In: a cell whose family is published, and the policy. Out: for each statistic whether it may be shown.
//! Invariant: minimum and maximum do not exist here; a published cell always tells its deviation, so that nothing is learned from
//! where one is missing; percentiles need more companies and employees than means, and on each
//! side of P10, P25, P75 and P90 enough employees of enough companies. Source: DISCLOSURE 3.

use crate::aggregate::Cell;
use crate::measure::{Measure, MeasureKind};
use crate::pipeline::{Depth, Policy};

/// Statistics that are withheld from a published cell, by their names in the release.
pub(super) struct Shown {
    /// P10, P25, P50, P75, P90.
    pub(super) percentiles: [bool; 5],
    pub(super) organization_percentiles: bool,
    /// Whether the figure itself would give percentiles away that may not be shown.
    pub(super) percentiles_given_away: bool,
}

impl Shown {
    pub(super) fn of(cell: &Cell, measure: &Measure, policy: &Policy) -> Self {
        let holdings = cell.contributions.len() as u64;
        let deep = |place: usize, depth: Depth| {
            holdings >= depth.companies
                && cell.incumbent.employees >= depth.employees
                && cell.spread.sides[place]
                    .iter()
                    .all(|side| side.employees >= depth.side_employees && side.holdings >= depth.side_companies)
        };
        Self {
            percentiles: [
                deep(0, policy.deciles),
                deep(1, policy.quartiles),
                true,
                deep(3, policy.quartiles),
                deep(4, policy.deciles),
            ],
            organization_percentiles: cell
                .organization
                .as_ref()
                .is_some_and(|figures| figures.count.min(cell.holdings()) >= policy.organization_percentile_companies),
            percentiles_given_away: match measure.kind {
                MeasureKind::Dispersion { deciles: true, .. } => !deep(0, policy.deciles) || !deep(4, policy.deciles),
                _ => false,
            },
        }
    }
}

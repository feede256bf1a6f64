//! [`Thresholds`]: from where on edits ask.
//!
//! In: `[edits]` of a pipeline. Out: numbers. Invariant: none of them decides how an upload is read, so that a change of one makes no
//! upload be read again. Defaults and where they come from are in docs/edits.md.

use std::collections::BTreeSet;

use super::Rule;
use crate::exact::{Amount, SCALE};

/// From where on edits ask.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// Edits that are switched off.
    pub off: BTreeSet<Rule>,
    /// Records, or values, that both sides of a comparison need.
    pub min_records: u64,
    /// The factor by which all of pay may move from period to period.
    pub pay_factor: Amount,
    /// The factor by which the pay of a part may move, in a company of a hundred and more.
    pub pay_part_factor: Amount,
    /// The factor by which the mean of another column of money may move.
    pub column_factor: Amount,
    /// Values that both sides of a comparison of such means need.
    pub column_min_records: u64,
    /// The factor by which the middle of a company's pay may differ from that of its sector.
    pub sector_factor: Amount,
    /// Other companies of the sector that are needed for that.
    pub sector_min_companies: usize,
    /// The factor by which the middles of two pay bases of one upload may differ.
    pub basis_factor: Amount,
    /// The factor by which the number of records may change.
    pub headcount_factor: Amount,
    /// The difference of the number of records below which nothing is asked.
    pub headcount_difference: u64,
    /// The part of a stored snapshot below which a new one shrinks it.
    pub shrink_share: Amount,
    /// The part of an upload below which a period looks like a slip.
    pub stray_share: Amount,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            off: BTreeSet::new(),
            min_records: 10,
            pay_factor: SCALE * 7 / 4,
            pay_part_factor: 3 * SCALE,
            column_factor: 4 * SCALE,
            column_min_records: 30,
            sector_factor: 4 * SCALE,
            sector_min_companies: 5,
            basis_factor: 8 * SCALE,
            headcount_factor: 2 * SCALE,
            headcount_difference: 20,
            shrink_share: SCALE / 2,
            stray_share: SCALE / 10,
        }
    }
}

/// A threshold as a number to compare ratios with.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
pub(super) fn number(threshold: Amount) -> f64 {
    threshold as f64 / SCALE as f64
}

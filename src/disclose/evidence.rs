//! What the rules judge: who stands behind a cell, and how much of it is theirs.
//!
//! In: the contributions of a cell. Out: [`Evidence`]. Invariant: companies under one owner count as one holding, and a
//! measure that can be negative is judged on absolute values.

use crate::aggregate::Cell;
use crate::exact::{SCALE, divide_half_even};
use crate::measure::MeasureKind;

/// The evidence for one cell, measure and weighting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Holdings with a value.
    pub holdings: u64,
    /// Employees with a value.
    pub employees: u64,
    /// Employees of each holding, largest first.
    pub employees_of: Vec<i128>,
    /// What the rules of concentration judge, each list largest first: the absolute contributions; for a share, the
    /// employees who have it, and those who have it not.
    pub contributions: Vec<Vec<i128>>,
    /// Whether one holding's part of employees and value is judged: not where every holding counts alike.
    pub judge_share: bool,
    /// Employees on the two sides of a share.
    pub groups: Option<[u64; 2]>,
    /// Whether every value is zero.
    pub all_zero: bool,
}

impl Evidence {
    /// Evidence for the incumbent-weighted figures of a cell.
    #[must_use]
    pub fn incumbent(cell: &Cell, kind: MeasureKind) -> Self {
        let totals = cell.contributions.iter().map(|contribution| contribution.total);
        let contributions = match kind {
            MeasureKind::Distribution => vec![largest_first(totals.map(i128::abs))],
            MeasureKind::Share => {
                let with = |contribution: &crate::aggregate::Contribution| contribution.total / i128::from(SCALE);
                let without = |contribution: &_| -> i128 {
                    let contribution: &crate::aggregate::Contribution = contribution;
                    i128::from(contribution.employees) - with(contribution)
                };
                vec![
                    largest_first(cell.contributions.iter().map(with)),
                    largest_first(cell.contributions.iter().map(without)),
                ]
            }
        };
        Self { contributions, judge_share: true, ..Self::common(cell, kind) }
    }

    /// Evidence for the organization-weighted figures: the contribution of a holding is its mean.
    #[must_use]
    pub fn organization(cell: &Cell, kind: MeasureKind) -> Self {
        const PARTS: i128 = 10_000_000;
        let means = cell.contributions.iter().map(|contribution| {
            divide_half_even(contribution.total.abs() * PARTS, i128::from(contribution.employees.max(1)))
        });
        Self { contributions: vec![largest_first(means)], judge_share: false, ..Self::common(cell, kind) }
    }

    fn common(cell: &Cell, kind: MeasureKind) -> Self {
        let employees = cell.employees();
        let with: i128 =
            cell.contributions.iter().map(|contribution| contribution.total).sum::<i128>() / i128::from(SCALE);
        let with = u64::try_from(with).unwrap_or(0);
        Self {
            holdings: cell.contributions.len() as u64,
            employees,
            employees_of: largest_first(
                cell.contributions.iter().map(|contribution| i128::from(contribution.employees)),
            ),
            contributions: Vec::new(),
            judge_share: false,
            groups: (kind == MeasureKind::Share).then(|| [with, employees.saturating_sub(with)]),
            all_zero: kind == MeasureKind::Distribution
                && cell.incumbent.uniform
                && cell.contributions.iter().all(|contribution| contribution.total == 0),
        }
    }

    /// The largest holding's part of a list, for people; zero where the list sums to zero.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "shown in the ledger, judged nowhere")]
    pub fn largest_part(list: &[i128]) -> f64 {
        let total: i128 = list.iter().sum();
        match list.first() {
            Some(&largest) if total > 0 => largest as f64 / total as f64,
            _ => 0.0,
        }
    }
}

fn largest_first(values: impl Iterator<Item = i128>) -> Vec<i128> {
    let mut values: Vec<i128> = values.collect();
    values.sort_unstable_by(|a, b| b.cmp(a));
    values
}

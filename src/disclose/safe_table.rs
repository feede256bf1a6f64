//! [`SafeTable`]: what may be published.
//!
//! In: decisions. Out: rows for the release. Invariant: only the disclose stage can make one (its fields are private to
//! this stage), and a withheld figure is not in it.

use std::sync::Arc;

use crate::aggregate::CellKey;
use crate::period::Period;
use crate::pipeline::Policy;

/// Rounded incumbent-weighted figures; a withheld statistic is none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figures {
    /// Mean, or the share.
    pub mean: Option<f64>,
    /// Sample standard deviation.
    pub deviation: Option<f64>,
    /// P10, P25, P50, P75, P90.
    pub percentiles: [Option<f64>; 5],
}

impl Figures {
    /// The percentiles that are there, as percent and figure.
    #[must_use]
    pub fn known_percentiles(&self) -> Vec<(f64, f64)> {
        known([10.0, 25.0, 50.0, 75.0, 90.0], self.percentiles)
    }
}

impl OrganizationFigures {
    /// The percentiles that are there, as percent and figure.
    #[must_use]
    pub fn known_percentiles(&self) -> Vec<(f64, f64)> {
        known([25.0, 50.0, 75.0], self.percentiles)
    }
}

fn known<const N: usize>(percents: [f64; N], figures: [Option<f64>; N]) -> Vec<(f64, f64)> {
    percents.into_iter().zip(figures).filter_map(|(percent, figure)| Some((percent, figure?))).collect()
}

/// Rounded organization-weighted figures.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OrganizationFigures {
    /// Mean of the holdings' means.
    pub mean: Option<f64>,
    /// P25, P50, P75 of them.
    pub percentiles: [Option<f64>; 3],
}

/// Standard errors of the noise in a perturbed row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StandardErrors {
    /// Of the number of employees.
    pub employees: f64,
    /// Of the mean.
    pub mean: f64,
}

/// One row of the release.
#[derive(Debug, Clone, PartialEq)]
pub struct SafeRow {
    /// Which cell.
    pub key: Arc<CellKey>,
    /// Place of the measure in the pipeline.
    pub measure: usize,
    /// Holdings, where anything of the row is published.
    pub companies: Option<u64>,
    /// Rounded number of employees, where anything of the row is published.
    pub employees: Option<u64>,
    /// Every employee alike; none where withheld.
    pub incumbent: Option<Figures>,
    /// Every holding alike; none where withheld.
    pub organization: Option<OrganizationFigures>,
    /// Of the noise; none where there is none.
    pub standard_errors: Option<StandardErrors>,
}

/// The rows of a release.
#[derive(Debug, Clone)]
pub struct SafeTable {
    period: Period,
    policy: Policy,
    rows: Vec<SafeRow>,
}

impl SafeTable {
    pub(super) fn new(period: Period, policy: Policy, rows: Vec<SafeRow>) -> Self {
        Self { period, policy, rows }
    }

    /// The period.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// The policy that was applied.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The rows, by key and measure.
    #[must_use]
    pub fn rows(&self) -> &[SafeRow] {
        &self.rows
    }
}

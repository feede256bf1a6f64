//! [`Evidence`]: what the edits know of one company and period.
//!
//! In: profiles. Out: what rules ask of them. Invariant: a rule sees nothing else.

use super::profile::Profile;
use super::thresholds::{Thresholds, number};
use crate::exact::Amount;
use crate::measure::MeasureSettings;
use crate::period::Period;

/// A snapshot of the same company with which this one is compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before<'a> {
    pub(super) period: Period,
    pub(super) records: u64,
    /// None where a build without edits wrote it.
    pub(super) profile: Option<&'a Profile>,
}

/// What the edits know of one company and period of an upload.
pub(super) struct Evidence<'a> {
    pub(super) period: Period,
    pub(super) now: &'a Profile,
    /// The latest snapshot before this one.
    pub(super) earlier: Option<Before<'a>>,
    /// The stored snapshot whose place this one takes.
    pub(super) replaced: Option<Before<'a>>,
    /// The company's records by period in this upload.
    pub(super) beside: &'a [(Period, u64)],
    /// The middle of the middles of what comparable companies pay in a year; none where there are too few of them.
    pub(super) sector: Option<f64>,
    /// Whether nearly all other companies have base pay that is not zero.
    pub(super) others_pay: bool,
    /// Whether the period begins after today, wherever on earth.
    pub(super) is_to_come: bool,
    pub(super) thresholds: &'a Thresholds,
    pub(super) settings: &'a MeasureSettings,
    /// Whether anything is made of a column.
    pub(super) is_used: &'a dyn Fn(&str) -> bool,
}

impl<'a> Evidence<'a> {
    /// The profile of the snapshot before this one.
    pub(super) fn earlier_profile(&self) -> Option<(Period, &'a Profile)> {
        self.earlier.and_then(|earlier| Some((earlier.period, earlier.profile?)))
    }

    /// The profile of the snapshot before this one, else of the one that it replaces.
    pub(super) fn reference(&self) -> Option<(Period, &'a Profile)> {
        self.earlier_profile().or_else(|| self.replaced.and_then(|replaced| Some((replaced.period, replaced.profile?))))
    }
}

/// Whether a ratio lies outside a factor, in either direction.
pub(super) fn is_outside(ratio: f64, factor: Amount) -> bool {
    let factor = number(factor);
    ratio > factor || ratio * factor < 1.0
}

/// A ratio in words, as in `2.4 times` or `a 12th`.
pub(super) fn times(ratio: f64) -> String {
    if ratio >= 1.0 { format!("{ratio:.1} times") } else { format!("1/{:.1}", 1.0 / ratio) }
}

/// A part of a whole in percent, to the nearest whole one.
pub(super) fn percent(part: u64, whole: u64) -> String {
    format!("{} %", (part * 100 + whole / 2).checked_div(whole).unwrap_or(0))
}

//! **Pay moved**: the middle of a company's pay, or that of its low or high paid, moved more than pay moves in a period.
//!
//! In: the spread of base pay, brought to a year, in both snapshots. Out: a query where the median, or both deciles, moved by more than
//! a factor. A ratio edit of a robust statistic, so that a few large amounts decide nothing. Source: Hidiroglou and Berthelot, 1986.

use super::super::evidence::{Evidence, is_outside, times};
use super::super::profile::Profile;
use super::{Rule, Said};
use crate::period::Period;

/// By what the median and the deciles of pay moved, where enough people in one currency have pay in both snapshots.
pub(super) fn ratios(evidence: &Evidence<'_>, earlier: &Profile) -> Option<[f64; 3]> {
    let (now, then) = (evidence.now.yearly_pay(), earlier.yearly_pay());
    let enough = evidence.thresholds.min_records;
    if now.count() < enough || then.count() < enough || !evidence.now.is_comparable(earlier) {
        return None;
    }
    let ratio = |percent| Some(now.quantile(percent)? / then.quantile(percent)?);
    Some([ratio(50)?, ratio(10)?, ratio(90)?])
}

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some((period, earlier)) = evidence.earlier_profile() else { return Vec::new() };
    let Some([median, low, high]) = ratios(evidence, earlier) else { return Vec::new() };
    let factor = evidence.thresholds.pay_factor;
    let told = |which: &str, ratio: f64, period: Period| {
        format!("{which} is {} that of {period}, over {} people", times(ratio), evidence.now.yearly_pay().count())
    };
    let message = if is_outside(median, factor) {
        told("the median of base pay, brought to a year,", median, period)
    } else if is_outside(low, factor) && is_outside(high, factor) {
        told("the tenth percentile of base pay, brought to a year,", low, period)
    } else {
        return Vec::new();
    };
    vec![Said::query(Rule::PayMoved, Some("base_pay"), message)]
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{asks, paid};
    use super::*;

    #[test]
    fn pay_may_grow_by_half_and_not_more() {
        let of = |then, now| asks(judge, &paid(10, then), &paid(10, now));
        assert!(!of(40_000, 58_000) && of(40_000, 62_000));
        assert!(!of(40_000, 28_000) && of(40_000, 25_000));
        assert!(!asks(judge, &paid(9, 40_000), &paid(9, 90_000)), "nine people are too few to tell");
    }

    #[test]
    fn two_currencies_are_not_compared() {
        let mut then = paid(10, 40_000);
        then.currencies = [("JPY".to_owned(), 10)].into();
        assert!(!asks(judge, &then, &paid(10, 400)));
    }
}

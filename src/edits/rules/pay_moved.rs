//! **Pay moved**: a company's pay moved more than pay moves in a period, and not because other people are paid.
//!
//! In: the spread of base pay, brought to a year, in both snapshots of about as many people. Out: a query where all quartiles moved alike
//! and by more than a factor, as they do when amounts are in another unit, currency or basis; or where, in a company of a hundred and more,
//! the median, the upper quartile or the highest decile moved by more than a larger one, as they do when that happened to a part of the
//! rows. Ratio edits of robust statistics: a few large amounts, or a few who came and went, decide nothing. Source: Hidiroglou and
//! Berthelot, 1986.

use super::super::evidence::{Evidence, is_outside, times};
use super::super::profile::Profile;
use super::{Rule, Said};

/// The factor by which the ratios of the three quartiles may differ where pay moved as a whole.
const ALIKE: f64 = 1.25;

/// People of a company of whose parts something can be told.
const MANY: u64 = 100;

/// How pay moved from one snapshot to another.
pub(super) struct Moved {
    /// People with pay in the smaller one.
    people: u64,
    /// Ratios of the three quartiles.
    quartiles: [f64; 3],
    /// The ratio of the highest decile.
    highest: f64,
}

impl Moved {
    /// Where enough people, and about as many, have pay in one currency in both.
    pub(super) fn of(evidence: &Evidence<'_>, earlier: &Profile) -> Option<Self> {
        let (now, then) = (evidence.now.yearly_pay(), earlier.yearly_pay());
        let (fewer, more) = (now.count().min(then.count()), now.count().max(then.count()));
        if fewer < evidence.thresholds.min_records || more > fewer * 2 || !evidence.now.is_comparable(earlier) {
            return None;
        }
        let ratio = |percent| Some(now.quantile(percent)? / then.quantile(percent)?);
        Some(Self { people: fewer, quartiles: [ratio(25)?, ratio(50)?, ratio(75)?], highest: ratio(90)? })
    }

    /// By what all of it moved, where the quartiles differ by no more than a factor in that.
    pub(super) fn as_a_whole(&self, alike: f64) -> Option<f64> {
        let [low, median, high] = self.quartiles;
        let (least, most) = (low.min(median).min(high), low.max(median).max(high));
        (most <= least * alike).then_some(median)
    }
}

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some((period, earlier)) = evidence.earlier_profile() else { return Vec::new() };
    let Some(moved) = Moved::of(evidence, earlier) else { return Vec::new() };
    let thresholds = evidence.thresholds;
    let [_, median, high] = moved.quartiles;
    let parts = [("median", median), ("upper quartile", high), ("ninetieth percentile", moved.highest)];
    let part = parts.iter().find(|(_, ratio)| moved.people >= MANY && is_outside(*ratio, thresholds.pay_part_factor));
    let told = |what: &str, ratio: f64| {
        let ratio = times(ratio);
        format!("{what} of base pay, brought to a year, is {ratio} that of {period}, over {} people", moved.people)
    };
    let message = match (moved.as_a_whole(ALIKE), part) {
        (Some(ratio), _) if is_outside(ratio, thresholds.pay_factor) => told("each quartile", ratio),
        (_, Some((which, ratio))) => told(&format!("the {which}"), *ratio),
        _ => return Vec::new(),
    };
    vec![Said::query(Rule::PayMoved, Some("base_pay"), message)]
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{asks, paid};
    use super::*;

    #[test]
    fn pay_may_grow_by_three_quarters_and_not_more() {
        let of = |then, now| asks(judge, &paid(10, then), &paid(10, now));
        assert!(!of(40_000, 68_000) && of(40_000, 72_000));
        assert!(!of(40_000, 24_000) && of(40_000, 22_000));
        assert!(!asks(judge, &paid(9, 40_000), &paid(9, 90_000)), "nine people are too few to tell");
    }

    #[test]
    fn two_currencies_are_not_compared() {
        let mut then = paid(10, 40_000);
        then.currencies = [("JPY".to_owned(), 10)].into();
        assert!(!asks(judge, &then, &paid(10, 400)));
    }

    /// People paid so much, and some more paid so much.
    fn two_kinds(one: (u64, i64), other: (u64, i64)) -> Profile {
        let mut profile = paid(one.0, one.1);
        let mut pay = profile.yearly_pay();
        pay.merge(&paid(other.0, other.1).yearly_pay());
        profile.pay = [("year".to_owned(), pay)].into();
        profile
    }

    #[test]
    fn a_part_is_seen_among_many_and_other_people_are_no_fault() {
        let then = two_kinds((70, 30_000), (50, 60_000));
        assert!(asks(judge, &then, &two_kinds((70, 30_000), (50, 720_000))), "a part in months");
        assert!(!asks(judge, &then, &two_kinds((30, 30_000), (90, 60_000))), "a branch was sold");
        let few = two_kinds((12, 30_000), (8, 60_000));
        assert!(!asks(judge, &few, &two_kinds((12, 30_000), (8, 720_000))), "who are eight people?");
        assert!(!asks(judge, &paid(10, 10_000), &paid(21, 30_000)), "twice as many people are others");
    }
}

//! **Gender vanished**: a gender that a part of the company had is nobody's now; most often it is written in another way.
//!
//! In: the codes with their numbers in both snapshots, and `[gender]`. Out: a query. What counts is what codes mean: `F` and `female` are
//! one gender.

use std::collections::BTreeMap;

use super::super::evidence::{Evidence, percent};
use super::super::profile::Profile;
use super::{Rule, Said};
use crate::measure::Gender;

/// The part of employees that is missed, in percent, and records that make it one.
const SHARE: u64 = 5;

fn by_gender(profile: &Profile, evidence: &Evidence<'_>) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for (code, count) in profile.genders.iter().flatten() {
        let gender = match evidence.settings.gender(code) {
            Gender::Woman => "women",
            Gender::Man => "men",
            Gender::LeftOut => "employees of another gender",
        };
        *counts.entry(gender).or_default() += count;
    }
    counts
}

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some((period, earlier)) = evidence.reference().filter(|_| (evidence.is_used)("gender")) else {
        return Vec::new();
    };
    let enough = evidence.thresholds.min_records * 2;
    let (then, now) = (by_gender(earlier, evidence), by_gender(evidence.now, evidence));
    let (all, left): (u64, u64) = (then.values().sum(), now.values().sum());
    if all < enough || left < enough {
        return Vec::new();
    }
    let vanished = then.into_iter().filter(|(gender, count)| count * 100 >= all * SHARE && !now.contains_key(gender));
    let said = vanished.map(|(gender, count)| {
        let message = format!("no row is of {gender}; in {period} {} were", percent(count, all));
        Said::query(Rule::GenderVanished, Some("gender"), message)
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{asks, paid};
    use super::*;

    fn with(codes: &[(&str, u64)]) -> Profile {
        let genders = Some(codes.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect());
        Profile { genders, ..paid(20, 40_000) }
    }

    #[test]
    fn a_gender_that_is_gone_is_missed_and_one_under_another_code_is_not() {
        assert!(asks(judge, &with(&[("F", 10), ("M", 10)]), &with(&[("M", 20)])));
        assert!(asks(judge, &with(&[("F", 10), ("M", 10)]), &with(&[("V", 10), ("M", 10)])));
        assert!(!asks(judge, &with(&[("F", 10), ("M", 10)]), &with(&[("female", 10), ("M", 10)])));
        assert!(!asks(judge, &with(&[("F", 1), ("M", 99)]), &with(&[("M", 20)])), "few had it");
        assert!(!asks(judge, &with(&[("F", 9), ("M", 10)]), &with(&[("M", 19)])), "nineteen people");
    }
}

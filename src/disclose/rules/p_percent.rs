//! **p%-rule**: a cell is unsafe if its second largest contributor could estimate the largest to within p percent:
//! `X - x1 - x2 < (p/100) * x1`; against a coalition of c companies `X - x1 - ... - x(c+1) < (p/100) * x1`.
//!
//! In: contributions, largest first. Out: whether the rule is broken; equality is safe. Source: Handbook on Statistical
//! Disclosure Control, 4.2.2; tau-Argus.

use super::{Evidence, without_first};
use crate::exact::SCALE;
use crate::pipeline::Policy;

pub(super) fn broken(evidence: &Evidence, policy: &Policy) -> bool {
    let Some(p) = policy.p_percent else { return false };
    evidence.contributions.iter().any(|list| {
        let (_, rest) = without_first(list, policy.coalition + 1);
        list.first().is_some_and(|largest| rest * 100 * i128::from(SCALE) < i128::from(p) * largest)
    })
}

/// How far above a cell's value an attacker's upper bound must lie for the rule to hold: `(p/100) * x1 - rest`, in parts of
/// 1/1,000,000 of the contributions' unit; zero where the cell is safe. p is in 1/10,000 percent.
#[must_use]
pub fn upper_protection_level(contributions: &[i128], p: i64, coalition: u64) -> i128 {
    let (_, rest) = without_first(contributions, coalition + 1);
    let largest = contributions.first().copied().unwrap_or(0);
    (i128::from(p) * largest - rest * 100 * i128::from(SCALE)).max(0)
}

#[cfg(test)]
mod tests {
    use super::super::evidence_of;
    use super::*;

    /// DISCLOSURE 7.1: (1,90) calls it safe, p% with p = 10 does not, since 1000 < 5000.
    #[test]
    fn worked_case_1() {
        let evidence = evidence_of(&[50_000, 49_000, 1_000]);
        assert!(broken(&evidence, &Policy::survey()));
        assert_eq!(upper_protection_level(&[50_000, 49_000, 1_000], 10 * SCALE, 1), 4_000 * 100 * i128::from(SCALE));
    }

    /// DISCLOSURE 7.2: p% with p = 10 calls it safe (8000 >= 5200).
    #[test]
    fn worked_case_2() {
        assert!(!broken(&evidence_of(&[52_000, 50_000, 8_000]), &Policy::survey()));
    }

    #[test]
    fn a_coalition_knows_more() {
        let evidence = evidence_of(&[100, 50, 20, 5]);
        let mut policy = Policy::survey();
        assert!(!broken(&evidence, &policy));
        policy.coalition = 2;
        assert!(broken(&evidence, &policy), "5 < 10");
    }
}

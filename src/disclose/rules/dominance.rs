//! **(n,k)-dominance**: a cell is unsafe if its n largest contributors have more than k percent of it:
//! `x1 + ... + xn > (k/100) * X`, strictly.
//!
//! In: contributions, largest first. Out: whether the rule is broken. Source: Handbook on Statistical Disclosure Control,
//! 4.2.2; tau-Argus; sdcTable.

use super::{Evidence, without_first};
use crate::exact::SCALE;
use crate::pipeline::{Dominance, Policy};

pub(super) fn broken(evidence: &Evidence, policy: &Policy) -> bool {
    let Some(Dominance { n, k }) = policy.dominance else { return false };
    evidence.contributions.iter().any(|list| {
        let (total, rest) = without_first(list, n);
        (total - rest) * 100 * i128::from(SCALE) > i128::from(k) * total
    })
}

#[cfg(test)]
mod tests {
    use super::super::evidence_of;
    use super::*;

    fn policy(n: u64, k: i64) -> Policy {
        Policy { dominance: Some(Dominance { n, k: k * SCALE }), ..Policy::survey() }
    }

    /// DISCLOSURE 7.1 to 7.3 and 7.7.
    #[test]
    fn worked_cases() {
        assert!(!broken(&evidence_of(&[50_000, 49_000, 1_000]), &policy(1, 90)), "case 1");
        assert!(broken(&evidence_of(&[52_000, 50_000, 8_000]), &policy(2, 90)), "case 2");
        assert!(broken(&evidence_of(&[300, 20, 10]), &policy(1, 85)), "case 3");
        assert!(!broken(&evidence_of(&[50, 40, 10]), &policy(2, 90)), "case 7: exactly 0.90 is safe");
    }
}

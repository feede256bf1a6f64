//! **(p,q)-rule**: a cell is unsafe if somebody who knew each contribution to within q percent comes to know the largest to
//! within p percent: `X - x1 - x2 < (p/q) * x1`.
//!
//! In: contributions, largest first. Out: whether the rule is broken; equality is safe. Source: Handbook on Statistical
//! Disclosure Control, 4.2.2.

use super::{Evidence, without_first};
use crate::pipeline::{Policy, PriorPosterior};

pub(super) fn broken(evidence: &Evidence, policy: &Policy) -> bool {
    let Some(PriorPosterior { p, q }) = policy.prior_posterior else { return false };
    evidence.contributions.iter().any(|list| {
        let (_, rest) = without_first(list, policy.coalition + 1);
        list.first().is_some_and(|largest| rest * i128::from(q) < i128::from(p) * largest)
    })
}

#[cfg(test)]
mod tests {
    use super::super::evidence_of;
    use super::*;
    use crate::exact::SCALE;

    #[test]
    fn with_q_of_100_it_is_the_p_percent_rule() {
        let policy = |p: i64| Policy {
            prior_posterior: Some(PriorPosterior { p: p * SCALE, q: 100 * SCALE }),
            ..Policy::survey()
        };
        assert!(broken(&evidence_of(&[50_000, 49_000, 1_000]), &policy(10)));
        assert!(!broken(&evidence_of(&[52_000, 50_000, 8_000]), &policy(10)));
    }
}

//! **Alike**: where a cell's mean and standard deviation tell of every employee, to within p percent, what they have.
//!
//! In: how far from the mean any value can lie. Out: whether the rule is broken. The mean alone does not tell that all have much the
//! same, but nothing could be told beside it, and what is missing would give it away. Source: DISCLOSURE 2, on shares of 0 % and
//! 100 %; Samuelson, *How Deviant Can You Be?*, 1968.

use super::Evidence;
use crate::exact::SCALE;
use crate::pipeline::Policy;

#[expect(clippy::cast_precision_loss, reason = "a percentage")]
pub(super) fn broken(evidence: &Evidence, policy: &Policy) -> bool {
    let percent = policy.nearness() as f64 / SCALE as f64;
    evidence.farthest.is_some_and(|farthest| farthest * 100.0 < percent)
}

#[cfg(test)]
mod tests {
    use super::super::evidence_of;
    use super::*;

    #[test]
    fn nobody_may_be_known_to_within_ten_percent() {
        let evidence = |farthest| Evidence { farthest, ..evidence_of(&[10; 10]) };
        let is_broken = |farthest| broken(&evidence(farthest), &Policy::survey());
        assert_eq!(
            [None, Some(0.0), Some(0.099), Some(0.1), Some(0.5)].map(is_broken),
            [false, true, true, false, false]
        );
    }
}

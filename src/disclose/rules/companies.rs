//! **Fewest companies**: a cell with fewer than `min_companies` holdings is unsafe.
//!
//! In: the number of holdings (on each side of a gap; with a figure of their own, where each counts alike). Out: whether the
//! rule is broken. Source: DISCLOSURE 2; Empsight's publication minimums.

use super::Evidence;
use crate::pipeline::Policy;

pub(super) fn broken(evidence: &Evidence, policy: &Policy) -> bool {
    let few = |holdings: u64| holdings < policy.min_companies;
    evidence.populations.iter().any(|population| few(population.holdings)) || evidence.figures.is_some_and(few)
}

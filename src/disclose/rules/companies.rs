//! **Fewest companies**: a cell with fewer than `min_companies` holdings is unsafe.
//!
//! In: the number of holdings. Out: whether the rule is broken. Source: DISCLOSURE 2; Empsight's publication minimums.

use super::Evidence;
use crate::pipeline::Policy;

pub(super) fn broken(evidence: &Evidence, policy: &Policy) -> bool {
    evidence.holdings < policy.min_companies
}

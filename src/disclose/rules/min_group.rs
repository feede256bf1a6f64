//! **Fewest employees on either side of a share**: 0 % or 100 % of a cell says something about everyone in it.
//!
//! In: employees who have something, and who have it not. Out: whether either are fewer than `min_group`.
//! Source: DISCLOSURE 2.

use super::Evidence;
use crate::pipeline::Policy;

pub(super) fn broken(evidence: &Evidence, policy: &Policy) -> bool {
    evidence.groups.is_some_and(|groups| groups.iter().any(|&group| group < policy.min_group))
}

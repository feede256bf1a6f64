//! **Fewest employees**: a cell with fewer than `min_employees` employees is unsafe.
//!
//! In: the number of employees (on each side of a gap). Out: whether the rule is broken. Source: DISCLOSURE 2.

use super::Evidence;
use crate::pipeline::Policy;

pub(super) fn broken(evidence: &Evidence, policy: &Policy) -> bool {
    evidence.populations.iter().any(|population| population.employees < policy.min_employees)
}

//! **All zero**: where every value is zero, a published mean of zero would tell each employee's value.
//!
//! In: whether all values are zero. Out: whether the rule is broken. It is a share rule (0 % have something) for amounts.
//! Source: DISCLOSURE 2, on shares of 0 % and 100 %.

use super::Evidence;
use crate::pipeline::Policy;

pub(super) fn broken(evidence: &Evidence, _: &Policy) -> bool {
    evidence.all_zero
}

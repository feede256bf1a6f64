//! **Largest share**: a cell is unsafe if one holding has more than `max_company_share` of its employees or of its value.
//!
//! In: employees and absolute contributions by holding. Out: whether the rule is broken; exactly at the bound it is not.
//! Organization-weighted figures, in which every holding counts alike, are not judged. Source: the (withdrawn, still
//! customary) US antitrust safety zone, 25 %.

use super::Evidence;
use crate::exact::SCALE;
use crate::pipeline::Policy;

fn above(list: &[i128], policy: &Policy) -> bool {
    let total: i128 = list.iter().sum();
    list.first().is_some_and(|largest| largest * i128::from(SCALE) > i128::from(policy.max_company_share) * total)
}

pub(super) fn broken_by_employees(evidence: &Evidence, policy: &Policy) -> bool {
    evidence.judge_employee_share
        && evidence.populations.iter().any(|population| above(&population.employees_of, policy))
}

/// Of a share (a participation, say), only its denominator is judged here: the employees. Its two sides are judged by the
/// other rules of concentration and by `min_group`.
pub(super) fn broken_by_value(evidence: &Evidence, policy: &Policy) -> bool {
    evidence.judge_value_share && evidence.contributions.iter().any(|list| above(list, policy))
}

#[cfg(test)]
mod tests {
    use super::super::evidence_of;
    use super::*;

    #[test]
    fn a_quarter_is_allowed_and_more_is_not() {
        let policy = Policy::survey();
        assert!(!broken_by_value(&evidence_of(&[25, 25, 25, 25]), &policy));
        assert!(broken_by_value(&evidence_of(&[26, 25, 25, 24]), &policy));
    }
}

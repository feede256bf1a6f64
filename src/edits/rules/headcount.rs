//! **Headcount**: many more or fewer records than in the period before.
//!
//! In: the numbers of records. Out: a query where they differ by more than a factor and by enough people to matter. A merger is right
//! and is accepted; a part of the company that is missing or twice in the file is not.

use super::super::evidence::{Evidence, is_outside, times};
use super::{Rule, Said};

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some(earlier) = evidence.earlier else { return Vec::new() };
    let (now, then) = (evidence.now.records, earlier.records);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let ratio = now as f64 / then.max(1) as f64;
    if now.abs_diff(then) < evidence.thresholds.headcount_difference
        || !is_outside(ratio, evidence.thresholds.headcount_factor)
    {
        return Vec::new();
    }
    let message = format!("{now} records after {then} in {}: {} as many", earlier.period, times(ratio));
    vec![Said::query(Rule::Headcount, None, message)]
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{asks, paid};
    use super::*;

    #[test]
    fn a_company_may_double_or_halve_and_small_ones_may_do_more() {
        let of = |then, now| asks(judge, &paid(then, 40_000), &paid(now, 40_000));
        assert!(!of(95, 171), "a merger");
        assert!(!of(100, 200) && of(100, 201));
        assert!(!of(100, 50) && of(100, 49));
        assert!(!of(5, 24) && of(5, 25));
    }
}

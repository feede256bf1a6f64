//! **Shrinks a snapshot**: an upload replaces a stored snapshot whole; one with few of its records is most often a part of it.
//!
//! In: how many records are in the store for the same company and period. Out: a query below a share of them.

use super::super::evidence::{Evidence, percent};
use super::{Rule, Said};
use crate::exact::SCALE;

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some(replaced) = evidence.replaced else { return Vec::new() };
    let now = evidence.now.records;
    let left = u128::from(now) * u128::from(SCALE.unsigned_abs());
    if left >= u128::from(replaced.records) * u128::from(evidence.thresholds.shrink_share.unsigned_abs()) {
        return Vec::new();
    }
    let message = format!(
        "{now} rows would take the place of {} records in the store ({} of them)",
        replaced.records,
        percent(now, replaced.records)
    );
    vec![Said::query(Rule::Shrinks, None, message)]
}

#[cfg(test)]
mod tests {
    use super::super::super::evidence::Before;
    use super::super::made_up::{paid, said};
    use super::*;

    #[test]
    fn half_of_a_snapshot_is_enough_and_less_is_not() {
        let of = |now, stored| {
            said(judge, None, &paid(now, 40_000), |evidence| {
                evidence.replaced = Some(Before { period: evidence.period, records: stored, profile: None });
            })
            .len()
        };
        assert_eq!([of(12, 25), of(13, 25), of(1, 25), of(25, 25), of(40, 25)], [1, 0, 1, 0, 0]);
    }
}

//! **Zero padding**: zeros in front of employee IDs came or went between two snapshots, as when a spreadsheet took them for numbers;
//! under other pseudonyms these employees would count as left and as hired.
//!
//! In: how many IDs begin with a zero in both snapshots. Out: a query where a part of them did, and a tenth of that part or none does; or
//! the other way round.

use super::super::evidence::{Evidence, percent};
use super::super::profile::Profile;
use super::{Rule, Said};

/// IDs that begin with a zero where that is a habit: so many, and this part in percent.
const FEWEST: u64 = 3;
const SHARE: u64 = 5;

/// Whether zeros in front are a habit of one snapshot, and not of the other.
fn is_lost(with: &Profile, without: &Profile) -> bool {
    let (padded, left) = (with.ids.leading_zero, without.ids.leading_zero);
    let is_habit = padded >= FEWEST && padded * 100 >= with.records * SHARE;
    is_habit && u128::from(left) * u128::from(with.records) * 10 < u128::from(padded) * u128::from(without.records)
}

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some((period, earlier)) = evidence.reference() else { return Vec::new() };
    let now = evidence.now;
    if now.records < evidence.thresholds.min_records.div_ceil(2) || !is_lost(earlier, now) && !is_lost(now, earlier) {
        return Vec::new();
    }
    let message = format!(
        "{} of the IDs begin with a zero; in {period} {} did",
        percent(now.ids.leading_zero, now.records),
        percent(earlier.ids.leading_zero, earlier.records)
    );
    vec![Said::query(Rule::ZeroPadding, Some("employee_id"), message)]
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{asks, paid};
    use super::*;

    #[test]
    fn zeros_that_came_or_went_are_asked_about() {
        let with = |records, leading_zero| {
            let mut profile = paid(records, 40_000);
            profile.ids.leading_zero = leading_zero;
            profile
        };
        assert!(asks(judge, &with(100, 39), &with(100, 0)) && asks(judge, &with(100, 0), &with(100, 39)));
        assert!(!asks(judge, &with(100, 39), &with(100, 30)));
        assert!(asks(judge, &with(100, 39), &with(100, 3)) && !asks(judge, &with(100, 39), &with(100, 4)));
        assert!(!asks(judge, &with(100, 4), &with(100, 0)), "four of a hundred are no habit");
        assert!(!asks(judge, &with(10, 2), &with(10, 0)), "two are no habit");
    }
}

//! **Weekly hours**: hours that no company works in a week on average: durations that a spreadsheet counts in days (37:30 is 1.5625), parts
//! of a full-time job, or the hours of a month.
//!
//! In: sum and count of `weekly_hours`. Out: a query where the mean of those above zero is no week's. Single rows above 168 hours are
//! rejected by intake.

use super::super::evidence::Evidence;
use super::super::profile::ColumnProfile;
use super::{Rule, Said};
use crate::exact::SCALE;

/// Between these the mean of contracted hours of a week lies.
const LEAST: i128 = 4;
const MOST: i128 = 80;

/// Whether the mean of so many hours is no week's.
pub(super) fn is_odd(hours: &ColumnProfile, enough: u64) -> bool {
    let people = i128::from(hours.telling());
    let bound = |hours: i128| hours * i128::from(SCALE) * people;
    people >= i128::from(enough) && (hours.sum < bound(LEAST) || hours.sum > bound(MOST))
}

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let enough = evidence.thresholds.min_records.div_ceil(2);
    let Some(hours) = evidence.now.columns.get("weekly_hours").filter(|hours| is_odd(hours, enough)) else {
        return Vec::new();
    };
    let low = hours.sum < LEAST * i128::from(SCALE) * i128::from(hours.telling());
    let side = if low { format!("below {LEAST}") } else { format!("above {MOST}") };
    let message = format!("the mean of its {} values is {side} hours, which is no week", hours.telling());
    let say = if (evidence.is_used)("weekly_hours") { Said::query } else { Said::note };
    vec![say(Rule::WeeklyHours, Some("weekly_hours"), message)]
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{column, paid, said};
    use super::*;

    #[test]
    fn days_and_months_are_no_weeks() {
        let of = |people, hours| {
            let mut now = paid(20, 40_000);
            now.columns.insert("weekly_hours".to_owned(), column(people, hours));
            said(judge, None, &now, |_| {}).len()
        };
        assert_eq!(of(20, 31), 1, "37:30 in days");
        assert_eq!(of(20, 20 * 160), 1, "a month");
        assert_eq!([of(20, 20 * 4), of(20, 20 * 40), of(20, 20 * 80)], [0, 0, 0]);
        assert_eq!([of(4, 4), of(0, 0), of(20, 0)], [0, 0, 0], "too few, none, and zeros");
    }
}

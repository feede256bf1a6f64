//! **Column mean**: what a column of numbers holds on average moved more than it does from period to period.
//!
//! In: sum and count of each column in both snapshots. Out: a query where the mean of those above and below zero moved by more than a
//! factor over enough records, and about as many. Base pay has edits of its own.

use super::super::evidence::{Evidence, is_outside, times};
use super::super::profile::ColumnProfile;
use super::{Rule, Said};

/// The mean of what is not zero, and of how many; none where its sign could go either way.
fn mean(column: &ColumnProfile) -> Option<(f64, u64)> {
    let count = column.telling();
    #[expect(clippy::cast_precision_loss, reason = "a ratio that is compared with a coarse threshold")]
    let mean = column.mean()? * column.filled as f64 / count.max(1) as f64;
    (count > 0 && mean > 0.0).then_some((mean, count))
}

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some((period, earlier)) = evidence.earlier_profile() else { return Vec::new() };
    if !evidence.now.is_comparable(earlier) {
        return Vec::new();
    }
    let enough = evidence.thresholds.column_min_records;
    // Base pay and hours that are no week's are asked about by edits of their own.
    let is_told = |name: &str, now: &ColumnProfile| {
        name == "base_pay" || name == "weekly_hours" && super::weekly_hours::is_odd(now, enough.min(5))
    };
    let mut said = Vec::new();
    for (name, now) in evidence.now.columns.iter().filter(|(name, now)| !is_told(name, now) && (evidence.is_used)(name))
    {
        let Some(then) = earlier.columns.get(name) else { continue };
        let (Some((now, count)), Some((then, before))) = (mean(now), mean(then)) else { continue };
        let as_many = count <= before * 2 && before <= count * 2;
        if count >= enough && before >= enough && as_many && is_outside(now / then, evidence.thresholds.column_factor) {
            let message =
                format!("the mean of its {count} values is {} that of the {before} in {period}", times(now / then));
            said.push(Said::query(Rule::ColumnMean, Some(name), message));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{asks, column, paid};
    use super::*;

    #[test]
    fn a_mean_may_be_four_times_as_large_over_many_records() {
        let with = |filled, sum| {
            let mut profile = paid(70, 40_000);
            profile.columns.insert("variable_pay".to_owned(), column(filled, sum));
            profile
        };
        assert!(!asks(judge, &with(30, 30_000), &with(30, 120_000)));
        assert!(asks(judge, &with(30, 30_000), &with(30, 120_100)));
        assert!(asks(judge, &with(30, 30_000), &with(30, 7_400)));
        assert!(!asks(judge, &with(29, 30_000), &with(29, 290_000)), "few have it");
        assert!(!asks(judge, &with(30, 30_000), &with(61, 1_000_000)), "others have it");
        assert!(!asks(judge, &with(30, 30_000), &with(30, 0)), "all zero is another edit");
    }
}

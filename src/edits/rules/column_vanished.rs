//! **Column vanished**: a column that was filled is absent or empty now.
//!
//! In: how many records fill each column in both snapshots. Out: a query where at least half did and none does; a note where nothing is
//! made of the column.

use super::super::evidence::{Evidence, percent};
use super::{Rule, Said};

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some((period, earlier)) = evidence.reference() else { return Vec::new() };
    let enough = evidence.thresholds.min_records.div_ceil(2);
    if evidence.now.records < enough {
        return Vec::new();
    }
    let vanished = earlier.columns.iter().filter(|(name, then)| {
        then.filled >= enough && then.filled * 2 >= earlier.records && evidence.now.filled(name) == 0
    });
    vanished
        .map(|(name, then)| {
            let message =
                format!("nothing fills it; in {period} {} of the records did", percent(then.filled, earlier.records));
            let say = if (evidence.is_used)(name) { Said::query } else { Said::note };
            say(Rule::ColumnVanished, Some(name), message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{asks, column, paid, said};
    use super::*;

    #[test]
    fn a_column_that_half_of_all_filled_is_missed() {
        let with = |filled| {
            let mut profile = paid(20, 40_000);
            profile.columns.insert("fte".to_owned(), column(filled, 10));
            profile
        };
        assert!(asks(judge, &with(10), &paid(20, 40_000)) && asks(judge, &with(10), &with(0)));
        assert!(!asks(judge, &with(9), &paid(20, 40_000)) && !asks(judge, &with(10), &with(1)));
        let unused = said(judge, Some(&with(10)), &with(0), |evidence| evidence.is_used = &|_| false);
        assert_eq!(unused[0].severity, super::super::super::Severity::Note);
    }
}

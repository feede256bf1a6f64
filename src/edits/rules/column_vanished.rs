//! **Column vanished**: a column that was filled is gone, or is empty now.
//!
//! In: how many records fill each column in both snapshots. Out: a query where the column is gone that at least half filled, or where
//! nothing is left of codes and dates that at least half had, or of numbers that nearly all had above or below zero (amounts of a year, as
//! of overtime, may all end); a note where nothing is made of the column.

use super::super::evidence::{Evidence, percent};
use super::super::profile::ColumnProfile;
use super::{Rule, Said};

/// The part of the records that must have had numbers which are empty now, in percent.
const NUMBERS: u64 = 80;

fn vanished(then: &ColumnProfile, now: Option<&ColumnProfile>, records: u64, enough: u64) -> bool {
    let is_gone = now.is_none();
    if now.is_some_and(|now| now.filled > 0) {
        return false;
    }
    if then.is_number && !is_gone {
        return then.telling() >= enough && then.telling() * 100 >= records * NUMBERS;
    }
    then.filled >= enough && then.filled * 2 >= records
}

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some((period, earlier)) = evidence.reference() else { return Vec::new() };
    let enough = evidence.thresholds.min_records;
    if evidence.now.records < enough {
        return Vec::new();
    }
    let said = earlier.columns.iter().filter_map(|(name, then)| {
        let now = evidence.now.columns.get(name);
        if !vanished(then, now, earlier.records, enough) {
            return None;
        }
        let how = if now.is_some() { "it is empty" } else { "it is gone" };
        let share = percent(then.filled, earlier.records);
        let say = if (evidence.is_used)(name) { Said::query } else { Said::note };
        Some(say(Rule::ColumnVanished, Some(name), format!("{how}; in {period} {share} of the records had it")))
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{asks, column, paid, said};
    use super::*;

    #[test]
    fn a_column_that_half_of_all_filled_is_missed() {
        let with = |filled, sum| {
            let mut profile = paid(20, 40_000);
            profile.columns.insert("fte".to_owned(), column(filled, sum));
            profile
        };
        let gone = paid(20, 40_000);
        assert!(asks(judge, &with(10, 10), &gone) && !asks(judge, &with(9, 10), &gone));
        assert!(asks(judge, &with(16, 16), &with(0, 0)), "nearly all had it");
        assert!(!asks(judge, &with(15, 15), &with(0, 0)), "amounts of some may end");
        assert!(!asks(judge, &with(20, 0), &with(0, 0)), "an empty field for each zero");
        assert!(!asks(judge, &with(16, 16), &with(1, 1)));
        let unused = said(judge, Some(&with(10, 10)), &gone, |evidence| evidence.is_used = &|_| false);
        assert_eq!(unused[0].severity, super::super::super::Severity::Note);
    }
}

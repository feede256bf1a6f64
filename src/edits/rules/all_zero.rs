//! **All zero**: a column of numbers holds zeros alone, which often stand for "not reported". In pay statistics a zero is a zero.
//!
//! In: filled and zero counts of each column. Out: a query where nearly none of the company's values was zero before, or, of base pay
//! without an earlier snapshot, where nearly no other company's are; else a note.

use super::super::evidence::Evidence;
use super::super::profile::ColumnProfile;
use super::{Rule, Said};

/// The part of the values that must have been something else, in percent.
const NEARLY_ALL: u64 = 80;

fn is_zero_throughout(column: &ColumnProfile, enough: u64) -> bool {
    column.filled >= enough && column.holds_zeros_only()
}

/// Base pay, which comes before all that is said of amounts of pay.
pub(super) fn judge_base_pay(evidence: &Evidence<'_>) -> Vec<Said> {
    judge(evidence, |name| name == "base_pay", evidence.others_pay).into_iter().filter(is_query).collect()
}

/// All other columns, and base pay where there is nothing but a note to say.
pub(super) fn judge_others(evidence: &Evidence<'_>) -> Vec<Said> {
    let base_pay = judge(evidence, |name| name == "base_pay", evidence.others_pay);
    let others = judge(evidence, |name| name != "base_pay", false);
    base_pay.into_iter().filter(|said| !is_query(said)).chain(others).collect()
}

fn is_query(said: &Said) -> bool {
    said.severity > super::super::Severity::Note
}

fn judge(evidence: &Evidence<'_>, is_meant: fn(&str) -> bool, others: bool) -> Vec<Said> {
    let enough = evidence.thresholds.min_records;
    let meant = evidence.now.columns.iter().filter(|(name, _)| is_meant(name) && (evidence.is_used)(name));
    let zero = meant.filter(|(_, now)| is_zero_throughout(now, enough));
    let said = zero.map(|(name, now)| {
        let told = format!("all {} values are zero", now.filled);
        let then = evidence.earlier_profile().and_then(|(period, earlier)| Some((period, earlier.columns.get(name)?)));
        match then.filter(|(_, then)| then.filled >= enough) {
            Some((period, then)) if then.telling() * 100 >= then.filled * NEARLY_ALL => {
                Said::query(Rule::AllZero, Some(name), format!("{told}; in {period} nearly none was"))
            }
            None if others => {
                Said::query(Rule::AllZero, Some(name), format!("{told}; in nearly all other companies they are not"))
            }
            _ => Said::note(Rule::AllZero, Some(name), told),
        }
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{asks, column, paid, said};
    use super::*;

    #[test]
    fn zeros_are_asked_about_where_there_were_amounts() {
        let zero = paid(10, 0);
        assert!(asks(judge_base_pay, &paid(10, 40_000), &zero));
        assert!(!asks(judge_base_pay, &zero, &zero), "as before");
        assert!(said(judge_base_pay, None, &zero, |_| {}).is_empty());
        assert_eq!(said(judge_base_pay, None, &zero, |evidence| evidence.others_pay = true).len(), 1);
        assert!(!asks(judge_base_pay, &paid(9, 40_000), &paid(9, 0)), "nine are few");
    }

    #[test]
    fn other_columns_are_noted_where_they_always_were_zero() {
        let with = |sum| {
            let mut profile = paid(10, 40_000);
            profile.columns.insert("overtime_pay".to_owned(), column(10, sum));
            profile
        };
        assert!(asks(judge_others, &with(500), &with(0)));
        assert!(!asks(judge_others, &with(0), &with(0)));
        assert_eq!(said(judge_others, None, &with(0), |_| {}).len(), 1, "a note");
    }
}

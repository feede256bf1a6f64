//! **Stray period**: of an upload with several periods, one that is a small part looks like a slip; stored, it would replace a whole
//! snapshot by a few rows, or be the latest period of all.
//!
//! In: the company's rows by period in this upload. Out: a query where a larger snapshot would go or the period comes after the main
//! one, else a note.

use super::super::evidence::Evidence;
use super::super::thresholds::Thresholds;
use super::{Rule, Said};
use crate::exact::SCALE;
use crate::period::Period;

/// Whether so many rows are a small part of what an upload has of its company.
pub(in crate::edits) fn is_stray(rows: u64, beside: &[(Period, u64)], thresholds: &Thresholds) -> bool {
    let all: u64 = beside.iter().map(|(_, rows)| rows).sum();
    let share = thresholds.stray_share.unsigned_abs();
    beside.len() > 1 && u128::from(rows) * u128::from(SCALE.unsigned_abs()) < u128::from(all) * u128::from(share)
}

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let rows = evidence.now.records;
    let all: u64 = evidence.beside.iter().map(|(_, rows)| rows).sum();
    let Some((main, _)) = evidence.beside.iter().max_by_key(|(_, rows)| *rows) else { return Vec::new() };
    if !is_stray(rows, evidence.beside, evidence.thresholds) {
        return Vec::new();
    }
    let told = format!("{rows} of the upload's {all} rows are of this period, the others mostly of {main}");
    match evidence.replaced {
        Some(replaced) if replaced.records > rows => {
            let message = format!("{told}; they would take the place of {} records in the store", replaced.records);
            vec![Said::query(Rule::StrayPeriod, Some("period"), message)]
        }
        None if evidence.period > *main => {
            vec![Said::query(Rule::StrayPeriod, Some("period"), format!("{told}; it would be the latest period"))]
        }
        _ => vec![Said::note(Rule::StrayPeriod, Some("period"), told)],
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Severity;
    use super::super::super::evidence::Before;
    use super::super::made_up::{paid, said};
    use super::*;

    #[test]
    fn a_few_rows_do_not_replace_a_snapshot() {
        let (now, stored) = (paid(1, 40_000), paid(25, 40_000));
        let periods = |rows| [(Period::Quarter(2026, 3), 1), (Period::Quarter(2026, 4), rows)];
        let of = |rows: u64, replaces: u64| {
            said(judge, None, &now, |evidence| {
                let beside: &'static [(Period, u64)] = Box::leak(Box::new(periods(rows)));
                evidence.beside = beside;
                let stored: &'static _ = Box::leak(Box::new(stored.clone()));
                evidence.replaced = (replaces > 0).then_some(Before {
                    period: evidence.period,
                    records: replaces,
                    profile: Some(stored),
                });
            })
        };
        assert_eq!(of(25, 25)[0].severity, Severity::Query);
        assert_eq!(of(25, 0)[0].severity, Severity::Note, "nothing goes");
        assert!(of(9, 25).is_empty(), "a tenth is no small part");
        assert_eq!(of(25, 1)[0].severity, Severity::Note, "as many as before");
    }
}

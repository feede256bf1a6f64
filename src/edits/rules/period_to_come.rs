//! **Period to come**: a snapshot of a period that has not begun is a slip of the pen, and would be the latest period of all.
//!
//! In: whether the period begins after today, wherever on earth. Out: an error.

use super::super::Severity;
use super::super::evidence::Evidence;
use super::{Rule, Said};

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    if !evidence.is_to_come {
        return Vec::new();
    }
    let rows = evidence.now.records;
    let message = format!("the period has not begun ({rows} rows)");
    let query = Said::query(Rule::PeriodToCome, Some("period"), message);
    vec![Said { severity: Severity::Error, ..query }]
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{paid, said};
    use super::*;

    #[test]
    fn a_period_to_come_is_an_error_and_any_other_is_none() {
        let now = paid(1, 40_000);
        assert!(said(judge, None, &now, |_| {}).is_empty());
        assert_eq!(said(judge, None, &now, |evidence| evidence.is_to_come = true)[0].severity, Severity::Error);
    }
}

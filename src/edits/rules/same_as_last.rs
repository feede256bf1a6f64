//! **Same as last**: the rows are those of the period before, with another period written on them.
//!
//! In: the profiles of both. Out: a query where every count, sum, code and the spread of pay is the same and there are enough records;
//! what stays the same for a whole company over a whole period is pay of a few people, but not everything of everybody.

use super::super::evidence::Evidence;
use super::{Rule, Said};

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some((period, earlier)) = evidence.earlier_profile() else { return Vec::new() };
    let enough = evidence.thresholds.min_records;
    // What is empty or zero throughout is the same every time.
    let tells = evidence.now.columns.values().any(|column| column.is_number && column.telling() >= enough);
    if evidence.now.records < enough || !tells || evidence.now != earlier {
        return Vec::new();
    }
    let records = evidence.now.records;
    let message = format!("all {records} rows are those of {period}: every column has the same sums, counts and codes");
    vec![Said::query(Rule::SameAsLast, None, message)]
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{asks, paid};
    use super::*;

    #[test]
    fn the_same_rows_are_asked_about_and_any_difference_is_enough() {
        assert!(asks(judge, &paid(10, 40_000), &paid(10, 40_000)));
        assert!(!asks(judge, &paid(10, 40_000), &paid(10, 40_001)));
        assert!(!asks(judge, &paid(9, 40_000), &paid(9, 40_000)), "nine people may well have what they had");
        assert!(!asks(judge, &paid(10, 0), &paid(10, 0)), "zeros are the same every time");
    }
}

//! **ID form**: employee IDs are written in another way than before: with letters instead of digits, or of other lengths.
//!
//! In: how IDs are written in both snapshots. Out: a query where nearly all were digits alone and nearly none is, or the other way
//! round, or where the longest of the one is shorter than the shortest of the other.

use super::super::evidence::{Evidence, percent};
use super::super::profile::Profile;
use super::{Rule, Said};

/// Whether nearly all IDs are of digits alone, or nearly none.
fn is_of_digits(profile: &Profile) -> Option<bool> {
    let (digits, all) = (profile.ids.digits, profile.records);
    if digits * 10 >= all * 9 { Some(true) } else { (digits * 10 <= all).then_some(false) }
}

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some((period, earlier)) = evidence.reference() else { return Vec::new() };
    let now = evidence.now;
    if now.records.min(earlier.records) < evidence.thresholds.min_records {
        return Vec::new();
    }
    let kinds = (is_of_digits(now), is_of_digits(earlier));
    let message = if let (Some(digits), Some(before)) = kinds
        && digits != before
    {
        format!(
            "{} of the IDs are digits alone; in {period} {} were",
            percent(now.ids.digits, now.records),
            percent(earlier.ids.digits, earlier.records)
        )
    } else if now.ids.shortest > earlier.ids.longest || now.ids.longest < earlier.ids.shortest {
        format!(
            "the IDs have {} to {} characters; in {period} they had {} to {}",
            now.ids.shortest, now.ids.longest, earlier.ids.shortest, earlier.ids.longest
        )
    } else {
        return Vec::new();
    };
    vec![Said::query(Rule::IdForm, Some("employee_id"), message)]
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{asks, paid};
    use super::*;

    #[test]
    fn ids_of_another_form_are_asked_about() {
        let with = |digits, shortest, longest| {
            let mut profile = paid(10, 40_000);
            profile.ids.digits = digits;
            (profile.ids.shortest, profile.ids.longest) = (shortest, longest);
            profile
        };
        assert!(asks(judge, &with(10, 3, 5), &with(0, 4, 6)));
        assert!(!asks(judge, &with(10, 3, 5), &with(5, 4, 6)), "some of both");
        assert!(asks(judge, &with(10, 3, 5), &with(10, 8, 8)));
        assert!(!asks(judge, &with(10, 3, 4), &with(10, 4, 5)), "numbers grow");
    }
}

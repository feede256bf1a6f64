//! **Gender unknown**: codes of gender that the pipeline does not know, so that their employees are in no gap and no share.
//!
//! In: the codes with their numbers, and `[gender]`. Out: a query where no code is known, a note where some are not.

use super::super::evidence::{Evidence, percent};
use super::{Rule, Said};
use crate::measure::Gender;

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    if !(evidence.is_used)("gender") {
        return Vec::new();
    }
    let filled = evidence.now.filled("gender");
    let Some(genders) = &evidence.now.genders else {
        let message = format!("it holds more kinds of text than there are codes of gender, over {filled} rows");
        return vec![Said::query(Rule::GenderUnknown, Some("gender"), message)];
    };
    let is_unknown = |code: &str| evidence.settings.gender(code) == Gender::LeftOut;
    let unknown: u64 = genders.iter().filter(|(code, _)| is_unknown(code)).map(|(_, count)| count).sum();
    let codes = genders.keys().filter(|code| is_unknown(code)).count();
    if unknown == 0 {
        return Vec::new();
    }
    if unknown == filled && filled >= evidence.thresholds.min_records.div_ceil(2) {
        let message = format!("none of its {codes} codes is one of women or men, over {filled} rows");
        return vec![Said::query(Rule::GenderUnknown, Some("gender"), message)];
    }
    let message = format!(
        "{unknown} of {filled} rows ({}) have {codes} codes that are neither women's nor men's",
        percent(unknown, filled)
    );
    vec![Said::note(Rule::GenderUnknown, Some("gender"), message)]
}

#[cfg(test)]
mod tests {
    use super::super::super::Severity;
    use super::super::super::profile::{ColumnProfile, Profile};
    use super::super::made_up::{paid, said};
    use super::*;

    fn with(codes: &[(&str, u64)]) -> Profile {
        let mut profile = paid(20, 40_000);
        let filled = codes.iter().map(|(_, count)| count).sum();
        profile.columns.insert("gender".to_owned(), ColumnProfile { filled, ..ColumnProfile::default() });
        profile.genders = Some(codes.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect());
        profile
    }

    #[test]
    fn codes_that_nobody_declared_are_told() {
        let of = |codes: &[(&str, u64)]| said(judge, None, &with(codes), |_| {}).first().map(|said| said.severity);
        assert_eq!(of(&[("F", 10), ("m", 10)]), None);
        assert_eq!(of(&[("F", 10), ("X", 1)]), Some(Severity::Note));
        assert_eq!(of(&[("1", 10), ("2", 10)]), Some(Severity::Query));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn what_is_not_used_is_not_asked() {
        assert!(said(judge, None, &with(&[("1", 20)]), |evidence| evidence.is_used = &|_| false).is_empty());
    }
}

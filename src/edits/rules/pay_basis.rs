//! **Pay basis**: base pay is higher or lower just as if it were given for another time than `pay_basis` says: yearly pay as monthly is
//! twelve times too high.
//!
//! In: the spread of base pay, brought to a year, beside that of the period before or of the sector. Out: a query that says which basis
//! the amounts look like. The period before tells to within a few percent, the sector to within a factor.

use super::super::evidence::{Evidence, is_outside};
use super::super::profile::Profile;
use super::pay_moved::Moved;
use super::{Rule, Said};
use crate::exact::SCALE;
use crate::measure::PayBasis;
use crate::record::PAY_BASES;

/// How near a ratio must be to that of two bases, as a factor: beside the company's own pay, and beside its sector's.
const NEAR: f64 = 1.2;
const NEAR_SECTOR: f64 = 1.5;

/// The factor by which the ratios of the three quartiles may differ where pay moved as a whole and by the ratio of two bases.
const ALIKE: f64 = 1.5;

/// Hours of a week, where it only matters whether amounts are by the hour.
const WEEK: i64 = 40 * SCALE;

/// How many times a basis fits into a year.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn in_a_year(basis: PayBasis) -> f64 {
    basis.annual(SCALE, Some(WEEK)).map_or(1.0, |year| year as f64 / SCALE as f64)
}

/// The basis that amounts look like which are so many times too high for the declared one; none where they look like no other.
fn looks_like(declared: PayBasis, ratio: f64, near: f64) -> Option<&'static str> {
    let misfit = |word: &&str| {
        let basis = PayBasis::of_word(word)?;
        let expected = in_a_year(declared) / in_a_year(basis);
        (basis != declared).then_some((ratio / expected).ln().abs())
    };
    let best = PAY_BASES.iter().filter_map(|word| Some((misfit(word)?, *word))).min_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(misfit, _)| *misfit <= near.ln()).map(|(_, word)| word)
}

fn word_of(basis: PayBasis) -> &'static str {
    PAY_BASES.into_iter().find(|word| PayBasis::of_word(word) == Some(basis)).unwrap_or("year")
}

fn asked(now: &Profile, ratio: f64, near: f64, beside: &str) -> Vec<Said> {
    let Some(declared) = now.main_basis() else { return Vec::new() };
    let Some(basis) = looks_like(declared, ratio, near) else { return Vec::new() };
    let side = if ratio > 1.0 { "higher" } else { "lower" };
    let declared = word_of(declared);
    let message =
        format!("base pay is far {side} than {beside}, as if pay by the {basis} were given as pay by the {declared}");
    vec![Said::query(Rule::PayBasis, Some("base_pay"), message)]
}

pub(super) fn judge_earlier(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some((period, earlier)) = evidence.earlier_profile() else { return Vec::new() };
    match Moved::of(evidence, earlier).and_then(|moved| moved.as_a_whole(ALIKE)) {
        Some(ratio) if is_outside(ratio, evidence.thresholds.pay_factor) => {
            asked(evidence.now, ratio, NEAR, &format!("in {period}"))
        }
        _ => Vec::new(),
    }
}

pub(super) fn judge_sector(evidence: &Evidence<'_>) -> Vec<Said> {
    match evidence.beside_sector() {
        Some(ratio) if is_outside(ratio, evidence.thresholds.sector_factor) => {
            asked(evidence.now, ratio, NEAR_SECTOR, "in comparable companies")
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{paid, said};
    use super::*;

    #[test]
    fn each_basis_is_known_by_its_ratio() {
        for (declared, ratio, looks) in [
            (PayBasis::Month, 12.0, Some("year")),
            (PayBasis::Month, 11.0, Some("year")),
            (PayBasis::Month, 3.0, Some("quarter")),
            (PayBasis::Year, 1.0 / 12.0, Some("month")),
            (PayBasis::Year, 1.0 / 52.0, Some("week")),
            (PayBasis::Year, 1.0 / 2080.0, Some("hour")),
            (PayBasis::Hour, 2080.0, Some("year")),
            (PayBasis::Hour, 173.0, Some("month")),
            (PayBasis::Year, 2.0, None),
            (PayBasis::Month, 7.0, None),
        ] {
            assert_eq!(looks_like(declared, ratio, NEAR), looks, "{declared:?} {ratio}");
        }
    }

    #[test]
    fn yearly_pay_as_monthly_is_seen_beside_the_company_and_beside_its_sector() {
        let mut now = paid(20, 480_000);
        now.pay = [("month".to_owned(), now.yearly_pay())].into();
        let by_company = said(judge_earlier, Some(&paid(20, 40_000)), &now, |_| {});
        assert!(by_company[0].message.contains("pay by the year were given as pay by the month"), "{by_company:?}");
        let by_sector = said(judge_sector, None, &now, |evidence| evidence.sector = Some(31_000.0 * 1e4));
        assert!(by_sector[0].message.contains("pay by the year were given as pay by the month"), "{by_sector:?}");
        assert!(!by_sector[0].message.contains("15"), "the ratio would tell what others pay");
    }
}

//! **Pay outside the sector**: the middle of a company's pay lies far from the middle of the middles of comparable companies.
//!
//! In: the spread of base pay, brought to a year, and what the sector's other companies pay. Out: a query outside a factor. The message
//! tells the side and the factor, never the ratio: beside its own median a company could compute from it what others pay.

use super::super::evidence::{Evidence, is_outside};
use super::super::thresholds::number;
use super::{Rule, Said};

impl Evidence<'_> {
    /// The middle of the company's pay by that of its sector, where there is enough of both.
    pub(super) fn beside_sector(&self) -> Option<f64> {
        let own = self.now.yearly_pay();
        if own.count() < self.thresholds.min_records {
            return None;
        }
        Some(own.quantile(50)? / self.sector?)
    }
}

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let Some(ratio) = evidence.beside_sector() else { return Vec::new() };
    let factor = evidence.thresholds.sector_factor;
    if !is_outside(ratio, factor) {
        return Vec::new();
    }
    let side = if ratio > 1.0 { "above" } else { "below" };
    let message = format!(
        "the median of base pay, brought to a year, lies more than a factor of {} {side} that of comparable companies",
        number(factor)
    );
    vec![Said::query(Rule::PayOutsideSector, Some("base_pay"), message)]
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{paid, said};
    use super::*;

    #[test]
    fn a_factor_of_four_is_allowed() {
        let of = |pay| said(judge, None, &paid(10, pay), |evidence| evidence.sector = Some(40_000.0 * 1e4)).len();
        assert_eq!([of(10_500), of(9_500), of(155_000), of(170_000)], [0, 1, 0, 1]);
        let message =
            &said(judge, None, &paid(10, 170_000), |evidence| evidence.sector = Some(40_000.0 * 1e4))[0].message;
        assert!(!message.contains("4.2"), "the ratio would tell what others pay: {message}");
    }
}

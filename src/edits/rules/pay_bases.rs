//! **Pay bases**: two pay bases of one upload give yearly pay so far apart that one of them cannot be right.
//!
//! In: the spread of base pay, brought to a year, by basis. Out: a query where the middles of two bases differ by more than a factor.

use super::super::evidence::{Evidence, is_outside};
use super::{Rule, Said};

pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Said> {
    let enough = evidence.thresholds.min_records.div_ceil(2);
    let bases = evidence.now.pay.iter().filter(|(_, pay)| pay.count() >= enough);
    let mut medians: Vec<(f64, &str, u64)> =
        bases.filter_map(|(word, pay)| Some((pay.quantile(50)?, word.as_str(), pay.count()))).collect();
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (Some(low), Some(high)) = (medians.first(), medians.last()) else { return Vec::new() };
    let ratio = high.0 / low.0;
    if !is_outside(ratio, evidence.thresholds.basis_factor) {
        return Vec::new();
    }
    let message = format!(
        "brought to a year, the {} people paid by the {} have {ratio:.0} times as much as the {} paid by the {}, by their medians",
        high.2, high.1, low.2, low.1
    );
    vec![Said::query(Rule::PayBases, Some("pay_basis"), message)]
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{paid, said};
    use super::*;

    #[test]
    fn a_wage_of_an_hour_that_is_called_yearly_contradicts_the_others() {
        let mut now = paid(20, 40_000);
        now.pay.insert("month".to_owned(), paid(5, 4_000).yearly_pay());
        assert_eq!(said(judge, None, &now, |_| {}).len(), 1);
        now.pay.insert("month".to_owned(), paid(5, 6_000).yearly_pay());
        assert_eq!(said(judge, None, &now, |_| {}).len(), 0);
    }
}

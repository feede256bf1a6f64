//! The gap between men and women: `(men's figure - women's figure) / men's figure * 100`, in percent.
//!
//! In: values of women and of men. Out: the gap; none where there are no women or no men, or men's figure is not positive.
//! Invariant: exact; positive where men have more.
//! Source: The Equality Act 2010 (Gender Pay Gap Information) Regulations 2017 (SI 2017/172), regulations 8 to 11;
//! Directive (EU) 2023/970, Art. 3(1)(c).

use crate::exact::{Amount, Quotient, SCALE, percentile};

/// Which figure of the two groups is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Center {
    /// Their means.
    Mean,
    /// Their medians (type 7: of an even number, halfway between the middle two).
    Median,
}

impl Center {
    /// The figure of one group, whose values are put in order where that is needed; none of no values.
    #[must_use]
    pub fn of(self, values: &mut [Amount]) -> Option<Quotient> {
        if values.is_empty() {
            return None;
        }
        Some(match self {
            Self::Mean => Quotient::new(values.iter().map(|&value| i128::from(value)).sum(), values.len() as i128),
            Self::Median => {
                values.sort_unstable();
                percentile(values, 50)
            }
        })
    }
}

/// The gap between two figures, in percent.
#[must_use]
pub fn gap(women: Quotient, men: Quotient) -> Option<Quotient> {
    let ratio = women.divided_by(men)?;
    // 100 - 100 * women / men, in steps of 1/10,000.
    let whole = i128::from(SCALE) * ratio.denominator();
    Some(Quotient::new((whole - ratio.numerator()) * 100, ratio.denominator()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(center: Center, women: &[i64], men: &[i64]) -> Option<f64> {
        let scaled = |values: &[i64]| values.iter().map(|value| value * SCALE).collect::<Vec<_>>();
        Some(gap(center.of(&mut scaled(women))?, center.of(&mut scaled(men))?)?.to_f64())
    }

    /// On paper: women 10, 14, 18: mean 14, median 14. Men 10, 20, 30, 40: mean 25, median 25. (25 - 14) / 25 = 44 %.
    /// With a woman of 50: women's mean 92/4 = 23, median (14 + 18) / 2 = 16: 8 % and 36 %.
    #[test]
    fn worked_by_hand() {
        assert_eq!(of(Center::Mean, &[10, 14, 18], &[10, 20, 30, 40]), Some(44.0));
        assert_eq!(of(Center::Median, &[10, 14, 18], &[40, 10, 30, 20]), Some(44.0));
        assert_eq!(of(Center::Mean, &[10, 14, 18, 50], &[10, 20, 30, 40]), Some(8.0));
        assert_eq!(of(Center::Median, &[10, 14, 18, 50], &[10, 20, 30, 40]), Some(36.0));
        assert_eq!(of(Center::Mean, &[30], &[20]), Some(-50.0), "negative where women have more");
    }

    #[test]
    fn without_one_side_or_pay_of_men_there_is_none() {
        assert_eq!(of(Center::Mean, &[], &[10]), None);
        assert_eq!(of(Center::Mean, &[10], &[]), None);
        assert_eq!(of(Center::Median, &[10], &[0]), None);
    }

    proptest! {
        #[test]
        fn agrees_with_floats(women in proptest::collection::vec(1_i64..1_000_000, 1..60), men in proptest::collection::vec(1_i64..1_000_000, 1..60)) {
            #[expect(clippy::cast_precision_loss, reason = "the slow twin is in floats")]
            let mean = |values: &[i64]| values.iter().sum::<i64>() as f64 / values.len() as f64;
            let expected = (mean(&men) - mean(&women)) / mean(&men) * 100.0;
            let found = of(Center::Mean, &women, &men).expect("both sides");
            prop_assert!((found - expected).abs() < 1e-6 * expected.abs().max(1.0));
        }
    }
}

//! Exact fractions of amounts: means, interpolated percentiles, squared deviations.
//!
//! In: integer sums and counts. Out: the nearest `f64`, or the nearest multiple of a rounding step.
//! Invariant: rounding happens once, on the exact fraction, and halves go to the even neighbour.

use serde::{Deserialize, Serialize};

use super::{Amount, SCALE};

/// `numerator / denominator`, in [`Amount`] steps; the denominator is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quotient {
    numerator: i128,
    denominator: i128,
}

impl Quotient {
    /// A fraction of amounts. `denominator` must be positive.
    #[must_use]
    pub fn new(numerator: i128, denominator: i128) -> Self {
        debug_assert!(denominator > 0, "a quotient needs a positive denominator");
        Self { numerator, denominator }
    }

    /// The amount itself, as a fraction.
    #[must_use]
    pub fn whole(amount: Amount) -> Self {
        Self::new(i128::from(amount), 1)
    }

    /// What is divided.
    #[must_use]
    pub fn numerator(self) -> i128 {
        self.numerator
    }

    /// What it is divided by; positive.
    #[must_use]
    pub fn denominator(self) -> i128 {
        self.denominator
    }

    /// `self / other` as a number of its own (1 is [`SCALE`] steps); none unless `other` is positive.
    #[must_use]
    pub fn divided_by(self, other: Self) -> Option<Self> {
        let denominator = self.denominator * other.numerator;
        (other.numerator > 0).then(|| Self::new(self.numerator * other.denominator * i128::from(SCALE), denominator))
    }

    /// The nearest whole number of steps of 1/`parts` of an [`Amount`] step, halves to the even one.
    #[must_use]
    pub fn in_parts(self, parts: i128) -> i128 {
        let (whole, rest) = divide(self.numerator, self.denominator);
        whole * parts + divide_half_even(rest * parts, self.denominator)
    }

    /// The value in units (not in 1/10,000), as the nearest double that two roundings give.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the one conversion to a float, for publishing")]
    pub fn to_f64(self) -> f64 {
        // As in `divide`; a 64-bit number also becomes a float faster.
        if let (Ok(numerator), Ok(denominator)) = (i64::try_from(self.numerator), i64::try_from(self.denominator)) {
            if denominator == 1 {
                return numerator as f64 / SCALE as f64;
            }
            let (whole, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
            return (whole as f64 + rest as f64 / denominator as f64) / SCALE as f64;
        }
        let whole = self.numerator.div_euclid(self.denominator);
        let rest = self.numerator.rem_euclid(self.denominator);
        (whole as f64 + rest as f64 / self.denominator as f64) / SCALE as f64
    }

    /// The nearest multiple of `step` (in [`Amount`] steps), halves to the even multiple; exact for `step` > 0.
    #[must_use]
    pub fn round_to(self, step: Amount) -> i128 {
        let step = i128::from(step);
        divide_half_even(self.numerator, self.denominator * step) * step
    }

    /// Whether the fraction is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }
}

/// `numerator / denominator` to the nearest integer, halves to the even one. `denominator` must be positive.
#[must_use]
pub fn divide_half_even(numerator: i128, denominator: i128) -> i128 {
    let (whole, rest) = divide(numerator, denominator);
    match (rest * 2).cmp(&denominator) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + (whole & 1),
    }
}

/// Whole part, rounded down, and rest. Dividing 64-bit numbers is many times faster, and nearly all of them are.
fn divide(numerator: i128, denominator: i128) -> (i128, i128) {
    match (i64::try_from(numerator), i64::try_from(denominator)) {
        (Ok(numerator), Ok(denominator)) => {
            (i128::from(numerator.div_euclid(denominator)), i128::from(numerator.rem_euclid(denominator)))
        }
        _ => (numerator.div_euclid(denominator), numerator.rem_euclid(denominator)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The slow twin multiplies both sides beyond 64 bits, which is the same fraction.
        #[test]
        fn short_division_agrees_with_long_division(numerator in any::<i64>(), denominator in 1_i64..i64::MAX, bits in 0_u32..60) {
            let (numerator, denominator) = (i128::from(numerator >> bits), i128::from((denominator >> bits).max(1)));
            let factor = 1_i128 << 36;
            let slow = |by: i128| {
                let (numerator, denominator) = (numerator * factor * by, denominator * factor);
                let (whole, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator) * 2);
                whole + i128::from(rest > denominator || rest == denominator && whole % 2 != 0)
            };
            prop_assert_eq!(divide_half_even(numerator, denominator), slow(1));
            // An even number of parts, so that a half goes to the even neighbour of the whole either way.
            let parts = 10_000_000;
            prop_assert_eq!(Quotient::new(numerator, denominator).in_parts(parts), slow(parts));
        }
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        for (numerator, expected) in [(-5, -2), (-3, -2), (-1, 0), (1, 0), (3, 2), (5, 2), (7, 4)] {
            assert_eq!(divide_half_even(numerator, 2), expected, "{numerator} / 2");
        }
    }

    #[test]
    fn the_fast_conversion_agrees_with_the_slow_one() {
        for (numerator, denominator) in [(7, 3), (-7, 3), (123_456_789_012, 977), (-1, 1_000), (-12_345_678, 1)] {
            // Twice too long for 64 bits, and the same fraction.
            let factor = 1_i128 << 70;
            let (fast, slow) =
                (Quotient::new(numerator, denominator), Quotient::new(numerator * factor, denominator * factor));
            assert!((fast.to_f64() - slow.to_f64()).abs() <= f64::EPSILON * slow.to_f64().abs());
        }
    }

    #[test]
    fn fractions_are_divided_and_cut_exactly() {
        let (three, two) = (Quotient::new(30_000, 1), Quotient::new(100_000, 5));
        assert_eq!(three.divided_by(two).map(|ratio| ratio.in_parts(1)), Some(15_000));
        assert_eq!(three.divided_by(Quotient::whole(0)), None);
        assert_eq!(Quotient::new(-1, 3).in_parts(1_000), -333);
        assert_eq!(Quotient::new(i128::MAX / 4, i128::MAX / 40_000_000).in_parts(10), 100_000_000);
    }

    #[test]
    fn a_mean_rounds_to_its_step() {
        let mean = Quotient::new(123_456_789, 10); // 1234.56789 units
        assert_eq!(mean.round_to(500), 12_345_500); // to 0.05: 1234.55
        assert_eq!(mean.round_to(1_000_000), 12_000_000); // to 100: 1200
        assert!((mean.to_f64() - 1_234.567_89).abs() < 1e-9);
    }
}

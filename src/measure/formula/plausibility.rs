//! Plausibility of pay gaps: what a reader of figures would ask about.
//!
//! In: a gap, and women and men in the halves of the pay quartiles. Out: warnings in words. Invariant: a warning withholds nothing.
//! Source: gov.uk, *gender pay gap service*: figures that need explaining.

use crate::exact::{Quotient, SCALE};

/// Difference of the share of women between halves above which a gap of zero needs explaining, in percent.
const HALVES_DIFFER: i128 = 20;

/// A gap of 100 % or more either way.
#[must_use]
pub fn too_large(gap: Quotient) -> Option<&'static str> {
    let hundred = 100 * i128::from(SCALE) * gap.denominator();
    (gap.numerator().abs() >= hundred).then_some("check: a gap of 100 % or more")
}

/// A median gap beside women and men in the lower and in the upper half: its sign should agree with them, and it should
/// not be zero (as reported, to 0.1) where they differ by more than 20 points.
#[must_use]
pub fn against_quartiles(median_gap: Quotient, [lower, upper]: [(u64, u64); 2]) -> Option<&'static str> {
    let all = |(women, men): (u64, u64)| i128::from(women + men);
    // The difference of the two shares, over the product of their denominators.
    let over = all(lower) * all(upper);
    let more_women_below = i128::from(lower.0) * all(upper) - i128::from(upper.0) * all(lower);
    if over == 0 {
        return None;
    }
    let reported = median_gap.round_to(SCALE / 10);
    if reported == 0 {
        return (more_women_below.abs() * 100 > HALVES_DIFFER * over)
            .then_some("check: a median gap of zero, but halves whose shares of women differ by more than 20 points");
    }
    (reported.signum() * more_women_below.signum() < 0)
        .then_some("check: the sign of the median gap contradicts the quartiles")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(gap: i128) -> Quotient {
        Quotient::new(gap * i128::from(SCALE), 1)
    }

    #[test]
    fn gaps_of_a_hundred_are_asked_about() {
        assert!(too_large(percent(99)).is_none());
        assert!(too_large(percent(100)).is_some());
        assert!(too_large(percent(-120)).is_some());
    }

    /// Lower half 12 women of 20 (60 %), upper half 8 of 20 (40 %): women are below, so a positive gap is expected.
    #[test]
    fn the_median_is_held_against_the_quartiles() {
        let halves = [(12, 8), (8, 12)];
        assert!(against_quartiles(percent(10), halves).is_none());
        assert!(against_quartiles(percent(-10), halves).is_some(), "contradicts");
        assert!(against_quartiles(percent(0), halves).is_none(), "20 points are allowed");
        let apart = [(13, 7), (8, 12)];
        assert!(against_quartiles(percent(0), apart).is_some(), "65 % and 40 %");
        assert!(against_quartiles(percent(5), [(10, 10); 2]).is_none(), "even halves contradict nothing");
    }
}

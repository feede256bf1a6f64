//! Rounding of published figures.
//!
//! In: exact figures and the steps of the policy. Out: the figures to publish. Invariant: an amount is the nearest multiple
//! of its step, halves to the even one, computed exactly and turned into a float once.

use crate::exact::{Amount, Quotient, SCALE};
use crate::measure::Unit;
use crate::pipeline::Rounding;

/// The step for figures of a unit; zero means unrounded.
pub(super) fn step(unit: &Unit, rounding: &Rounding) -> Amount {
    rounding.step(unit.rounding())
}

pub(super) fn figure(exact: Quotient, step: Amount) -> f64 {
    if step == 0 {
        return exact.to_f64();
    }
    units(exact.round_to(step))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a root is a float already")]
pub(super) fn deviation(root: f64, step: Amount) -> f64 {
    if step == 0 {
        return root;
    }
    let steps = (root * SCALE as f64 / step as f64).round_ties_even() as i128;
    units(steps * i128::from(step))
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53 for any figure that is rounded")]
fn units(amount: i128) -> f64 {
    amount as f64 / SCALE as f64
}

pub(super) fn employees(count: u64, step: u64) -> u64 {
    (count + step / 2) / step * step
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "a multiple of a step is one double and no other")]
mod tests {
    use super::*;

    #[test]
    fn figures_land_on_their_step() {
        assert_eq!(figure(Quotient::whole(123_456), 500), 12.35);
        assert_eq!(figure(Quotient::whole(451_234_567), 1_000_000), 45_100.0);
        assert_eq!(deviation(12.337, 500), 12.35);
        assert_eq!([12, 13, 10, 17].map(|count| employees(count, 5)), [10, 15, 10, 15]);
        assert_eq!(employees(13, 1), 13);
    }
}

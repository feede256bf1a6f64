//! **range_penetration**: how far into its range pay is.
//!
//! In: what `compa_ratio` reads. Out: `(pay - min) / (max - min)`: 0 at the bottom, 1 at the top, beyond them outside.
//! Invariant: pay and range are for the same time and in one currency; a range without width gives no value.
//! Source: WorldatWork, *range penetration*.

use super::formula::pay_range::{READS, positions};
use super::pay_basis::narrow;
use super::{Basis, Direction, Measure, MeasureKind, Requirement, Shape, Unit, columns};
use crate::exact::{Amount, SCALE, divide_half_even};

fn of(pay: Amount, minimum: Amount, maximum: Amount) -> Option<Amount> {
    let width = i128::from(maximum) - i128::from(minimum);
    let position = || divide_half_even((i128::from(pay) - i128::from(minimum)) * i128::from(SCALE), width);
    (width > 0).then(position).and_then(narrow)
}

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::Ratio("(pay - min) / (max - min)"),
        formula: "(pay - minimum) / (maximum - minimum) of its range".to_owned(),
        source: "WorldatWork, range penetration",
        treatment: "no value without a range, or where it has no width; below the range it is negative",
        needs: columns(&["base_pay"]),
        reads: columns(&READS),
        requires: vec![Requirement::PayRanges],
        direction: Direction::Describes,
        ..Measure::of(
            "range_penetration",
            MeasureKind::Distribution,
            Basis::new("range_penetration", Shape::List, |batch| positions(batch, of)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On paper: of 40,000 to 60,000, 45,000 is a quarter in, 38,000 is a tenth below.
    #[test]
    fn worked_by_hand() {
        assert_eq!(of(45_000 * SCALE, 40_000 * SCALE, 60_000 * SCALE), Some(2_500));
        assert_eq!(of(38_000 * SCALE, 40_000 * SCALE, 60_000 * SCALE), Some(-1_000));
        assert_eq!(of(SCALE, SCALE, SCALE), None);
    }
}

//! **compa_ratio**: pay as a part of the midpoint of its range.
//!
//! In: `base_pay` with `range_min` and `range_max`; without those the table `pay_ranges`. Out: `pay / ((min + max) / 2)`.
//! Invariant: pay and range are for the same time and in one currency; a job without an entry is reported.
//! Source: WorldatWork, *compa-ratio*.

use super::formula::pay_range::{READS, positions};
use super::pay_basis::narrow;
use super::{Basis, Direction, Measure, MeasureKind, Requirement, Shape, Unit, columns};
use crate::exact::{Amount, SCALE, divide_half_even};

fn of(pay: Amount, minimum: Amount, maximum: Amount) -> Option<Amount> {
    let twice_midpoint = i128::from(minimum) + i128::from(maximum);
    let ratio = || divide_half_even(2 * i128::from(pay) * i128::from(SCALE), twice_midpoint);
    (twice_midpoint > 0 && maximum >= minimum).then(ratio).and_then(narrow)
}

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::Ratio("pay / midpoint"),
        formula: "pay / midpoint of its range".to_owned(),
        source: "WorldatWork, compa-ratio",
        treatment: "no value without a range, or where its midpoint is not above zero; zero and negative pay are values",
        needs: columns(&["base_pay"]),
        reads: columns(&READS),
        requires: vec![Requirement::PayRanges],
        direction: Direction::Describes,
        ..Measure::of(
            "compa_ratio",
            MeasureKind::Distribution,
            Basis::new("compa_ratio", Shape::List, |batch| positions(batch, of)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On paper: a range of 40,000 to 60,000 has the midpoint 50,000; 45,000 is 0.9 of it, 60,000 is 1.2.
    #[test]
    fn worked_by_hand() {
        assert_eq!(of(45_000 * SCALE, 40_000 * SCALE, 60_000 * SCALE), Some(9_000));
        assert_eq!(of(60_000 * SCALE, 40_000 * SCALE, 60_000 * SCALE), Some(12_000));
        assert_eq!(of(1, 0, 0), None);
        assert_eq!(of(SCALE, 2 * SCALE, SCALE), None, "a range upside down");
    }
}

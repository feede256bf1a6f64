//! **uk_mean_bonus_gap**, **uk_median_bonus_gap**: the gap between the bonus pay of men and of women who received any.
//!
//! In: `variable_pay` of 12 months above zero. Out: `(M - F) / M * 100` of means or medians.
//! Invariant: other genders and blanks are left out, and counted as left out; leave on reduced pay does not matter here.
//! Source: SI 2017/172, regulations 10 and 11.

use super::formula::uk_pay::bonus_pay;
use super::{Center, Direction, Measure, MeasureKind, Unit, columns};

pub(super) fn measure(center: Center) -> Measure {
    let (name, regulation) = match center {
        Center::Mean => ("mean", "SI 2017/172 (UK), regulation 10"),
        Center::Median => ("median", "SI 2017/172 (UK), regulation 11"),
    };
    Measure {
        unit: Unit::Percent,
        direction: Direction::ZeroIsBest,
        formula: format!("(men's {name} variable_pay - women's) / men's * 100, of those who received any"),
        source: regulation,
        treatment: "who received none, other genders and blanks are left out",
        needs: columns(&["variable_pay", "gender"]),
        by_currency: true,
        reported_to: crate::exact::SCALE / 10,
        ..Measure::of(format!("uk_{name}_bonus_gap"), MeasureKind::Gap(center), bonus_pay())
    }
}

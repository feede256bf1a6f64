//! **uk_mean_hourly_gap**, **uk_median_hourly_gap**: the gap between the hourly pay of men and of women.
//!
//! In: hourly pay of employees on full pay, as in `formula/uk_pay.rs`. Out: `(M - F) / M * 100` of means or medians.
//! Invariant: other genders and blanks are left out, and counted as left out; reported to 0.1.
//! Source: SI 2017/172, regulations 8 and 9.

use super::formula::uk_pay::{NEEDS, READS, hourly_pay};
use super::{Center, Direction, Measure, MeasureKind, Remark, Unit, columns};

pub(super) fn measure(center: Center) -> Measure {
    let (name, regulation) = match center {
        Center::Mean => ("mean", "SI 2017/172 (UK), regulation 8"),
        Center::Median => ("median", "SI 2017/172 (UK), regulation 9"),
    };
    Measure {
        unit: Unit::Percent,
        direction: Direction::ZeroIsBest,
        formula: format!(
            "(men's {name} hourly pay - women's) / men's * 100; hourly pay = (base_pay + bonus of the pay period) * 7/days / weekly_hours"
        ),
        source: regulation,
        treatment: "employees with full_pay = no, or without pay above zero, are left out; so are other genders and blanks",
        needs: columns(&NEEDS),
        reads: columns(&READS),
        by_currency: true,
        remarks: match center {
            Center::Mean => &[],
            Center::Median => &[Remark::AgainstQuartiles],
        },
        reported_to: crate::exact::SCALE / 10,
        ..Measure::of(format!("uk_{name}_hourly_gap"), MeasureKind::Gap(center), hourly_pay())
    }
}

//! **eu_mean_gap**, **eu_median_gap**: the gap between the pay levels of men and of women, basic and variable together.
//!
//! In: pay by the hour, as in `formula/eu_pay.rs`. Out: `(M - F) / M * 100` of means or medians.
//! Invariant: other genders and blanks are left out, and counted as left out. In the cells of a company's breakdown, its
//! categories of workers, a mean gap of 5 % or more either way carries the flag of Art. 10.
//! Source: Directive (EU) 2023/970, Art. 9(1)(a) and (c), Art. 10(1)(a).

use super::formula::eu_pay::{NEEDS, total};
use super::{Center, Direction, Measure, MeasureKind, Remark, Unit, columns};

pub(super) fn measure(center: Center) -> Measure {
    let (name, article) = match center {
        Center::Mean => ("mean", "Directive (EU) 2023/970, Art. 9(1)(a), Art. 10"),
        Center::Median => ("median", "Directive (EU) 2023/970, Art. 9(1)(c)"),
    };
    Measure {
        unit: Unit::Percent,
        direction: Direction::ZeroIsBest,
        formula: format!(
            "(men's {name} pay - women's) / men's * 100; pay = base_hourly + variable_pay / (52 * weekly_hours)"
        ),
        source: article,
        treatment: "employees without pay above zero are left out; so are other genders and blanks",
        needs: columns(&NEEDS),
        by_currency: true,
        remarks: match center {
            Center::Mean => &[Remark::JointAssessment],
            Center::Median => &[Remark::AgainstQuartiles],
        },
        ..Measure::of(format!("eu_{name}_gap"), MeasureKind::Gap(center), total())
    }
}

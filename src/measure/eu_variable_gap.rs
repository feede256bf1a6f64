//! **eu_mean_variable_gap**, **eu_median_variable_gap**: the gap in complementary or variable components of pay.
//!
//! In: variable pay by the hour, as in `formula/eu_pay.rs`. Out: `(M - F) / M * 100` of means or medians over all workers, those
//! without variable pay too. Invariant: none where men's figure is zero.
//! Source: Directive (EU) 2023/970, Art. 9(1)(b) and (d); by category of workers (g).

use super::formula::eu_pay::{NEEDS, variable};
use super::{Center, Direction, Measure, MeasureKind, Unit, columns};

pub(super) fn measure(center: Center) -> Measure {
    let (name, article) = match center {
        Center::Mean => ("mean", "Directive (EU) 2023/970, Art. 9(1)(b) and (g)"),
        Center::Median => ("median", "Directive (EU) 2023/970, Art. 9(1)(d)"),
    };
    Measure {
        unit: Unit::Percent,
        direction: Direction::ZeroIsBest,
        formula: format!("(men's {name} variable pay by the hour - women's) / men's * 100, over all workers"),
        source: article,
        treatment: "zero variable pay counts; other genders and blanks are left out",
        needs: columns(&["variable_pay", "weekly_hours", "gender"]),
        by_currency: true,
        reads: columns(&NEEDS),
        ..Measure::of(format!("eu_{name}_variable_gap"), MeasureKind::Gap(center), variable())
    }
}

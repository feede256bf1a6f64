//! **eu_mean_basic_gap**: the gap in ordinary basic pay; in the cells of a company's breakdown, by category of workers.
//!
//! In: basic pay by the hour, as in `formula/eu_pay.rs`. Out: `(M - F) / M * 100` of means.
//! Invariant: other genders and blanks are left out, and counted as left out.
//! Source: Directive (EU) 2023/970, Art. 9(1)(g).

use super::formula::eu_pay::basic;
use super::{Center, Direction, Measure, MeasureKind, Unit, base_hourly, columns};

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::Percent,
        direction: Direction::ZeroIsBest,
        formula: "(men's mean base_hourly - women's) / men's * 100".to_owned(),
        source: "Directive (EU) 2023/970, Art. 9(1)(g)",
        treatment: "employees without basic pay above zero are left out; so are other genders and blanks",
        needs: [&base_hourly::NEEDS[..], &["gender"]].concat().into_iter().map(str::to_owned).collect(),
        reads: columns(&["currency"]),
        by_currency: true,
        ..Measure::of("eu_mean_basic_gap", MeasureKind::Gap(Center::Mean), basic())
    }
}

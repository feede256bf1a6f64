//! **base_annual_fte**: contracted pay of 52 full-time weeks.
//!
//! In: `base_pay`, `pay_basis`, `weekly_hours`, and the pipeline's `standard_weekly_hours`.
//! Out: `base_hourly * standard_weekly_hours * 52`, rounded once.
//! Invariant: without a declared standard week there is no value.
//! Source: OECD, *average annual wages per full-time equivalent employee*.

use super::pay_basis::base_pay;
use super::{Basis, Direction, Measure, MeasureKind, Requirement, Shape, Unit, Values, columns};

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::MoneyPerYear,
        direction: Direction::HigherIsBetter,
        formula: "base_hourly * standard_weekly_hours * 52".to_owned(),
        source: "OECD, average annual wages per full-time equivalent employee",
        treatment: "without a declared standard week there is no value; zero and negative pay are values",
        needs: columns(&super::base_hourly::NEEDS),
        requires: vec![Requirement::StandardWeeklyHours],
        by_currency: true,
        ..Measure::of(
            "base_annual_fte",
            MeasureKind::Distribution,
            Basis::new("base_annual_fte", Shape::List, |batch| match batch.settings().standard_weekly_hours {
                Some(standard) => base_pay(batch, |basis, pay, hours| basis.annual_full_time(pay, hours, standard)),
                None => Values::absent(batch.len()),
            }),
        )
    }
}

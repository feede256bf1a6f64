//! **base_annual**: contracted pay for 52 weeks.
//!
//! In: `base_pay`, `pay_basis`, `weekly_hours`. Out: `base_hourly * weekly_hours * 52`, computed without the detour over
//! the hour, so that hours matter to the hourly paid only.
//! Invariant: without hours an hourly wage has no yearly value.
//! Source: US National Compensation Survey, annual earnings over 52 weeks.

use super::pay_basis::annual;
use super::{Basis, Direction, Family, Measure, MeasureKind, Shape, Unit, columns};

/// Base, variable and total cash are tied: total = base + variable.
pub(super) const CASH: Family = Family::new("total_cash_annual = base_annual + variable_pay");

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::MoneyPerYear,
        direction: Direction::HigherIsBetter,
        formula: "base_hourly * weekly_hours * 52".to_owned(),
        source: "US National Compensation Survey, annual earnings over 52 weeks",
        treatment: "pay by the hour without hours has no value; zero and negative pay are values",
        needs: columns(&super::base_hourly::NEEDS),
        family: Some(CASH),
        by_currency: true,
        ..Measure::of("base_annual", MeasureKind::Distribution, Basis::new("base_annual", Shape::List, annual))
    }
}

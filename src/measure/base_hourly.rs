//! **base_hourly**: contracted pay for an hour.
//!
//! In: `base_pay`, `pay_basis`, `weekly_hours`. Out: `base_pay / hours of the pay basis`, with hours of a day h/5, week h,
//! two weeks 2h, half month 52h/24, month 52h/12, quarter 13h, year 52h.
//! Invariant: hours are those of the contract or the declared standard; without either there is no value.
//! Source: ILO, *Resolution concerning an integrated system of wages statistics* (1973): normal time rates of pay.

use super::pay_basis::hourly;
use super::{Basis, Direction, Measure, MeasureKind, Shape, Unit, columns};

/// The columns that pay for an hour cannot do without.
pub(super) const NEEDS: [&str; 3] = ["base_pay", "pay_basis", "weekly_hours"];

/// Pay for an hour of each employee.
pub(super) fn basis() -> Basis {
    Basis::new("base_hourly", Shape::List, hourly)
}

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::MoneyPerHour,
        direction: Direction::HigherIsBetter,
        formula: "base_pay / hours in its pay_basis, by weekly_hours".to_owned(),
        source: "ILO resolution on wages statistics (1973), normal time rates of pay",
        treatment: "without hours (of the record, else the declared standard) there is no value; zero and negative pay are values",
        needs: columns(&NEEDS),
        by_currency: true,
        ..Measure::of("base_hourly", MeasureKind::Distribution, basis())
    }
}

//! **base_annual**: contracted pay for 52 weeks.
//!
//! In: `base_pay`, `pay_basis`, `weekly_hours`. Out: `base_hourly * weekly_hours * 52`, computed without the detour over
//! the hour, so that hours matter to the hourly paid only. Zero and negative pay are values.
//! Invariant: without hours an hourly wage has no yearly value.
//! Source: METRICS "base_annual"; 52 weeks as in the US National Compensation Survey.

use super::pay_basis::{PayBasis, base_pay};
use super::{Family, Measure, MeasureKind, MeasureSettings, Population, Unit};

/// Base, variable and total cash are tied: total = base + variable.
pub(super) const CASH: Family = Family { name: "total_cash_annual = base_annual + variable_pay" };

pub(super) fn measure(settings: &MeasureSettings) -> Measure {
    let settings = settings.clone();
    Measure {
        name: "base_annual".to_owned(),
        unit: Unit::MoneyPerYear,
        kind: MeasureKind::Distribution,
        formula: "base_hourly * weekly_hours * 52".to_owned(),
        source: "US National Compensation Survey, annual earnings over 52 weeks",
        needs: ["base_pay", "pay_basis", "weekly_hours"].map(str::to_owned).to_vec(),
        family: Some(CASH),
        population: Population::All,
        compute: Box::new(move |records| base_pay(records, &settings, PayBasis::annual)),
    }
}

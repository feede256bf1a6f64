//! **base_hourly**: contracted pay for an hour.
//!
//! In: `base_pay`, `pay_basis`, `weekly_hours`. Out: `base_pay / hours of the pay basis`, with hours of a day h/5, week h,
//! two weeks 2h, half month 52h/24, month 52h/12, quarter 13h, year 52h. Zero and negative pay are values.
//! Invariant: hours are those of the contract or the declared standard; without either there is no value.
//! Source: ILO, *Resolution concerning an integrated system of wages statistics* (1973): normal time rates of pay.

use super::pay_basis::{PayBasis, all_hourly, base_pay};
use super::{Measure, MeasureKind, MeasureSettings, Population, Unit, plain_column};

pub(super) fn measure(settings: &MeasureSettings) -> Measure {
    let settings = settings.clone();
    Measure {
        name: "base_hourly".to_owned(),
        unit: Unit::MoneyPerHour,
        kind: MeasureKind::Distribution,
        formula: "base_pay / hours in its pay_basis, by weekly_hours".to_owned(),
        source: "ILO resolution on wages statistics (1973), normal time rates of pay",
        needs: ["base_pay", "pay_basis", "weekly_hours"].map(str::to_owned).to_vec(),
        family: None,
        population: Population::All,
        compute: Box::new(move |records| {
            if all_hourly(records, &settings) {
                return plain_column(records, "base_pay");
            }
            base_pay(records, &settings, PayBasis::hourly)
        }),
    }
}

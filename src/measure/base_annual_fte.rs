//! **base_annual_fte**: contracted pay of 52 full-time weeks.
//!
//! In: `base_pay`, `pay_basis`, `weekly_hours`, and the pipeline's `standard_weekly_hours`.
//! Out: `base_hourly * standard_weekly_hours * 52`. Zero and negative pay are values.
//! Invariant: without a declared standard week there is no value.
//! Source: OECD, *average annual wages per full-time equivalent employee*.

use super::pay_basis::base_pay;
use super::{Measure, MeasureKind, MeasureSettings, Population, Unit, Values};

pub(super) fn measure(settings: &MeasureSettings) -> Measure {
    let settings = settings.clone();
    Measure {
        name: "base_annual_fte".to_owned(),
        unit: Unit::MoneyPerYear,
        kind: MeasureKind::Distribution,
        formula: "base_hourly * standard_weekly_hours * 52".to_owned(),
        source: "OECD, average annual wages per full-time equivalent employee",
        needs: ["base_pay", "pay_basis", "weekly_hours"].map(str::to_owned).to_vec(),
        family: None,
        population: Population::All,
        compute: Box::new(move |records| match settings.standard_weekly_hours {
            Some(standard) => {
                base_pay(records, &settings, |basis, pay, hours| basis.annual_full_time(pay, hours, standard))
            }
            None => Values::absent(records.len()),
        }),
    }
}

//! **total_cash_annual**: base pay of 52 weeks and the variable pay of twelve months.
//!
//! In: what `base_annual` reads, and `variable_pay`. Out: `base_annual + variable_pay`.
//! Invariant: an employee without either part has no value: an unreported bonus is not a bonus of zero.
//! Source: WorldatWork, *total cash compensation*.

use super::base_annual::CASH;
use super::pay_basis::{PayBasis, base_pay};
use super::{Measure, MeasureKind, MeasureSettings, Population, Unit, Values, plain_column};

pub(super) fn measure(settings: &MeasureSettings) -> Measure {
    let settings = settings.clone();
    Measure {
        name: "total_cash_annual".to_owned(),
        unit: Unit::MoneyPerYear,
        kind: MeasureKind::Distribution,
        formula: "base_annual + variable_pay".to_owned(),
        source: "WorldatWork, total cash compensation",
        needs: ["base_pay", "pay_basis", "weekly_hours", "variable_pay"].map(str::to_owned).to_vec(),
        family: Some(CASH),
        population: Population::All,
        compute: Box::new(move |records| {
            let base = base_pay(records, &settings, PayBasis::annual);
            let variable = plain_column(records, "variable_pay");
            let sum = |record| base.get(record)?.checked_add(variable.get(record)?);
            Values::from_options((0..records.len()).map(sum))
        }),
    }
}

//! **`<plan>_employer_cost`**: what the employer pays for a plan, per employee.
//!
//! In: `benefit_<plan>_employer_cost`. Out: the column as it stands; zero for those who do not take part is a value.
//! Invariant: an empty field is no value.
//! Source: BLS, *Employer Costs for Employee Compensation*, over all workers.

use super::benefits_employer_cost::BENEFITS;
use super::{Measure, MeasureKind, MeasureSettings, Population, Unit, plain_column};

pub(super) fn measure(plan: &str, _: &MeasureSettings) -> Measure {
    let cost = format!("benefit_{plan}_employer_cost");
    Measure {
        name: format!("{plan}_employer_cost"),
        unit: Unit::MoneyPerYear,
        kind: MeasureKind::Distribution,
        formula: cost.clone(),
        source: "BLS Employer Costs for Employee Compensation",
        needs: vec![cost.clone()],
        family: Some(BENEFITS),
        population: Population::All,
        compute: Box::new(move |records| plain_column(records, &cost)),
    }
}

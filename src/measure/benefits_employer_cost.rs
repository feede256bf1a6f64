//! **benefits_employer_cost**: what the employer pays for all benefit plans of an employee.
//!
//! In: every `benefit_<plan>_employer_cost` of the upload. Out: their sum over the plans that the record reports.
//! Invariant: an employee of whom no plan is reported has no value.
//! Source: BLS, *Employer Costs for Employee Compensation*, total benefits.

use arrow::array::Array;

use super::{Family, Measure, MeasureKind, Population, Unit, Values};

/// All plans together are the sum of the single ones.
pub(super) const BENEFITS: Family = Family { name: "benefits_employer_cost = the sum of every plan's employer cost" };

pub(super) fn measure() -> Measure {
    Measure {
        name: "benefits_employer_cost".to_owned(),
        unit: Unit::MoneyPerYear,
        kind: MeasureKind::Distribution,
        formula: "sum of benefit_<plan>_employer_cost over the plans reported".to_owned(),
        source: "BLS Employer Costs for Employee Compensation, total benefits",
        needs: vec!["benefit_*_employer_cost".to_owned()],
        family: Some(BENEFITS),
        population: Population::All,
        compute: Box::new(|records| {
            let plans: Vec<_> =
                records.matching("benefit_", "_employer_cost").filter_map(|name| records.numbers(name)).collect();
            let sum = |record: usize| {
                let mut costs = plans.iter().filter(|plan| plan.is_valid(record)).map(|plan| plan.value(record));
                costs.next().and_then(|first| costs.try_fold(first, i64::checked_add))
            };
            Values::from_options((0..records.len()).map(sum))
        }),
    }
}

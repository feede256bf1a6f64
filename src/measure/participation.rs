//! **`<plan>_participation`**: the share of employees who take part in a benefit plan.
//!
//! In: `benefit_<plan>_enrolled`; where the pipeline says `participation_from_cost` and the upload lacks that column,
//! `benefit_<plan>_employer_cost` above zero. Out: one or zero per employee.
//! Invariant: an employee of whom nothing is reported is in neither the numerator nor the denominator.
//! Source: US National Compensation Survey, *participation* = enrolled / all.

use super::{Measure, MeasureKind, MeasureSettings, Population, Unit, Values};

pub(super) fn measure(plan: &str, settings: &MeasureSettings) -> Measure {
    let from_cost = settings.participation_from_cost;
    let (enrolled, cost) = (format!("benefit_{plan}_enrolled"), format!("benefit_{plan}_employer_cost"));
    let mut needs = vec![enrolled.clone()];
    if from_cost {
        needs.push(cost.clone());
    }
    Measure {
        name: format!("{plan}_participation"),
        unit: Unit::Share,
        kind: MeasureKind::Share,
        formula: format!("employees with {enrolled} / employees with a report of it"),
        source: "US National Compensation Survey, participation",
        needs,
        family: None,
        population: Population::All,
        compute: Box::new(move |records| {
            if let Some(enrolled) = records.flags(&enrolled) {
                return Values::from_options(enrolled.iter().map(|flag| flag.map(Values::flag)));
            }
            match records.numbers(&cost).filter(|_| from_cost) {
                Some(cost) => Values::from_options(cost.iter().map(|cost| cost.map(|cost| Values::flag(cost > 0)))),
                None => Values::absent(records.len()),
            }
        }),
    }
}

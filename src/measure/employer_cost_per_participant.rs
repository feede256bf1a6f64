//! **`<plan>_employer_cost_per_participant`**: what the employer pays for a plan, per employee who takes part.
//!
//! In: `benefit_<plan>_employer_cost` and `benefit_<plan>_enrolled`. Out: the cost of those enrolled; where the upload has
//! no `enrolled` column and the pipeline says `participation_from_cost`, of those with cost above zero.
//! Invariant: those who do not take part have no value.
//! Source: US National Compensation Survey, employer premiums per participant.

use arrow::array::Array;

use super::benefits_employer_cost::BENEFITS;
use super::{Measure, MeasureKind, MeasureSettings, Population, Unit, Values};

pub(super) fn measure(plan: &str, settings: &MeasureSettings) -> Measure {
    let from_cost = settings.participation_from_cost;
    let (enrolled, cost) = (format!("benefit_{plan}_enrolled"), format!("benefit_{plan}_employer_cost"));
    Measure {
        name: format!("{plan}_employer_cost_per_participant"),
        unit: Unit::MoneyPerYear,
        kind: MeasureKind::Distribution,
        formula: format!("{cost} of employees with {enrolled}"),
        source: "US National Compensation Survey, employer premiums",
        needs: vec![enrolled.clone(), cost.clone()],
        family: Some(BENEFITS),
        population: Population::All,
        compute: Box::new(move |records| {
            let Some(cost) = records.numbers(&cost) else { return Values::absent(records.len()) };
            let enrolled = records.flags(&enrolled);
            let value = |record: usize| {
                let amount = cost.is_valid(record).then(|| cost.value(record))?;
                let takes_part = match enrolled {
                    Some(enrolled) => enrolled.is_valid(record) && enrolled.value(record),
                    None => from_cost && amount > 0,
                };
                takes_part.then_some(amount)
            };
            Values::from_options((0..records.len()).map(value))
        }),
    }
}

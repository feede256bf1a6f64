//! **`<plan>_employer_cost_per_participant`**: what the employer pays for a plan, per employee who takes part;
//! **benefits_employer_cost_per_participant** for all plans, per employee who takes part in at least one.
//!
//! In: `benefit_<plan>_employer_cost` and what participation reads. Out: the cost of those enrolled.
//! Invariant: those who do not take part have no value.
//! Source: BLS, *National Compensation Survey*, employer premiums per participant.

use super::employer_cost::BENEFITS;
use super::formula::benefit_plan::{Reads, column, cost, enrolled, words};
use super::{Basis, Direction, Measure, MeasureKind, MeasureSettings, Shape, Unit, participation};

pub(super) fn measure(plan: &str, settings: &MeasureSettings) -> Measure {
    let name = plan.to_owned();
    let compute = move |batch: &super::Batch<'_>| {
        let enrolled = enrolled(batch, &name);
        cost(batch, &name).map(|record, cost| (enrolled.get(record)? > 0).then_some(cost))
    };
    let (mut needs, reads) = participation::columns(plan, settings);
    if !needs.contains(&column(plan, Reads::Cost)) {
        needs.push(column(plan, Reads::Cost));
    }
    Measure {
        unit: Unit::MoneyPerYear,
        direction: Direction::HigherIsBetter,
        formula: format!("{} of employees enrolled in {}", column(plan, Reads::Cost), words(plan)),
        source: "BLS National Compensation Survey, employer premiums",
        treatment: "who does not take part, or has no cost reported, has no value; a reported zero is a value",
        needs,
        reads,
        family: Some(BENEFITS),
        by_currency: true,
        ..Measure::of(
            format!("{plan}_employer_cost_per_participant"),
            MeasureKind::Distribution,
            Basis::new(format!("{plan}_employer_cost_per_participant"), Shape::List, compute),
        )
    }
}

//! **`<plan>_employer_cost`**: what the employer pays for a plan, per employee; **benefits_employer_cost** for all plans.
//!
//! In: `benefit_<plan>_employer_cost`, `benefit_<plan>_enrolled`. Out: the cost; zero where it is empty and the record says
//! that the employee does not take part; for all plans the sum over those that the record reports.
//! Invariant: an employee who takes part in a plan of unknown cost, or of whom no cost is known, has no value.
//! Source: BLS, *Employer Costs for Employee Compensation*, over all workers.

use super::formula::benefit_plan::{Reads, column, cost};
use super::{Basis, Direction, Family, Measure, MeasureKind, Shape, Unit};

/// All plans together are the sum of the single ones.
pub(super) const BENEFITS: Family = Family::new("benefits_employer_cost = the sum of every plan's employer cost");

pub(super) fn measure(plan: &str) -> Measure {
    let name = plan.to_owned();
    Measure {
        unit: Unit::MoneyPerYear,
        direction: Direction::HigherIsBetter,
        formula: format!("{} per employee, takes part or not", column(plan, Reads::Cost)),
        source: "BLS Employer Costs for Employee Compensation",
        treatment: "an empty cost is zero where the record says that the employee does not take part; who takes part in a plan of unknown cost has no value",
        needs: vec![column(plan, Reads::Cost)],
        reads: vec![column(plan, Reads::Enrolled)],
        family: Some(BENEFITS),
        by_currency: true,
        ..Measure::of(
            format!("{plan}_employer_cost"),
            MeasureKind::Distribution,
            Basis::new(format!("{plan}_employer_cost"), Shape::List, move |batch| cost(batch, &name)),
        )
    }
}

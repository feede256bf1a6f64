//! **`<plan>_cost_per_hour_worked`**: what the employer pays for a plan, by the hours of all workers, participants or not;
//! **benefits_cost_per_hour_worked** for all plans.
//!
//! In: what `<plan>_employer_cost` reads, `weekly_hours`. Out: `sum of cost / sum of weekly_hours * 52`.
//! Invariant: an employee counts in both sums or in neither.
//! Source: BLS, *Employer Costs for Employee Compensation*, cost per hour worked.

use super::employer_cost::BENEFITS;
use super::formula::benefit_plan::{Reads, column, cost};
use super::{Basis, Direction, Measure, MeasureKind, Shape, Unit, Values};

pub(super) fn measure(plan: &str) -> Measure {
    let name = plan.to_owned();
    let compute = move |batch: &super::Batch<'_>| {
        let (cost, hours) = (cost(batch, &name), batch.weekly_hours());
        let of = |record: usize| Some((cost.get(record)?, hours(record).filter(|&hours| hours > 0)?.checked_mul(52)?));
        Values::from_ratios((0..batch.len()).map(of))
    };
    Measure {
        unit: Unit::MoneyPerHour,
        direction: Direction::HigherIsBetter,
        formula: format!("sum of {} / sum of weekly_hours * 52, over all workers", column(plan, Reads::Cost)),
        source: "BLS Employer Costs for Employee Compensation, cost per hour worked",
        treatment: "an empty cost is zero where the record says that the employee does not take part; without cost or hours an employee is in neither sum",
        needs: vec![column(plan, Reads::Cost), "weekly_hours".to_owned()],
        reads: vec![column(plan, Reads::Enrolled)],
        family: Some(BENEFITS),
        by_currency: true,
        ..Measure::of(
            format!("{plan}_cost_per_hour_worked"),
            MeasureKind::Ratio { counts: false, heads: false },
            Basis::new(format!("{plan}_cost_per_hour_worked"), Shape::Sums, compute),
        )
    }
}

//! **`<plan>_access`**: the share of employees to whom a benefit plan is open; **benefits_access** for at least one plan.
//!
//! In: `benefit_<plan>_eligible`. Out: one or zero per employee.
//! Invariant: an employee of whom nothing is reported is in neither the numerator nor the denominator.
//! Source: BLS, *National Compensation Survey*, access = eligible / all.

use super::formula::benefit_plan::{Reads, column, eligible, flags, take_up_family, words};
use super::{Direction, Measure, MeasureKind};

pub(super) fn measure(plan: &str) -> Measure {
    Measure {
        direction: Direction::HigherIsBetter,
        formula: format!("employees eligible for {} / employees with a report of it", words(plan)),
        source: "BLS National Compensation Survey, access",
        treatment: "an empty field or absent column is not counted",
        needs: vec![column(plan, Reads::Eligible)],
        family: Some(take_up_family(plan)),
        ..Measure::of(format!("{plan}_access"), MeasureKind::Share, flags(plan, "access", eligible))
    }
}

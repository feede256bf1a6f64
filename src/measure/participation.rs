//! **`<plan>_participation`**: the share of employees who take part in a benefit plan; **benefits_participation** in at least
//! one.
//!
//! In: `benefit_<plan>_enrolled`; where the pipeline says `participation_from_cost` and the upload lacks that column,
//! `benefit_<plan>_employer_cost` above zero. Out: one or zero per employee.
//! Invariant: an employee of whom nothing is reported is in neither the numerator nor the denominator.
//! Source: BLS, *National Compensation Survey*, participation = enrolled / all.

use super::formula::benefit_plan::{Reads, column, enrolled, flags, take_up_family, words};
use super::{Direction, Measure, MeasureKind, MeasureSettings};

/// The columns that tell who takes part: (needed, read where there).
pub(super) fn columns(plan: &str, settings: &MeasureSettings) -> (Vec<String>, Vec<String>) {
    let (enrolled, cost) = (column(plan, Reads::Enrolled), column(plan, Reads::Cost));
    if settings.participation_from_cost { (vec![cost], vec![enrolled]) } else { (vec![enrolled], Vec::new()) }
}

pub(super) fn measure(plan: &str, settings: &MeasureSettings) -> Measure {
    let (needs, reads) = columns(plan, settings);
    Measure {
        direction: Direction::HigherIsBetter,
        formula: format!("employees enrolled in {} / employees with a report of it", words(plan)),
        source: "BLS National Compensation Survey, participation",
        treatment: "an empty field or absent column is not counted",
        needs,
        reads,
        family: Some(take_up_family(plan)),
        ..Measure::of(format!("{plan}_participation"), MeasureKind::Share, flags(plan, "participation", enrolled))
    }
}

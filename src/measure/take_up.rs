//! **`<plan>_take_up`**: the share of eligible employees who take part in a benefit plan; **benefits_take_up**, of those
//! eligible for at least one plan, in at least one.
//!
//! In: `benefit_<plan>_eligible` and what participation reads. Out: one or zero per eligible employee.
//! Invariant: those who are not eligible, or of whom enrolment is not reported, are not counted.
//! Source: BLS, *National Compensation Survey*, take-up = enrolled / eligible (participation / access).

use super::formula::benefit_plan::{Reads, column, eligible, enrolled, flags, take_up_family, words};
use super::{Batch, Direction, Measure, MeasureKind, MeasureSettings, participation};

pub(super) fn measure(plan: &str, settings: &MeasureSettings) -> Measure {
    let of = |batch: &Batch<'_>, plan: &str| {
        let eligible = eligible(batch, plan);
        enrolled(batch, plan).map(|record, enrolled| (eligible.get(record)? > 0).then_some(enrolled))
    };
    let (mut needs, reads) = participation::columns(plan, settings);
    needs.insert(0, column(plan, Reads::Eligible));
    Measure {
        direction: Direction::HigherIsBetter,
        formula: format!("employees enrolled in {} / employees eligible for it", words(plan)),
        source: "BLS National Compensation Survey, take-up",
        treatment: "who is not eligible, or of whom enrolment is not reported, is not counted",
        needs,
        reads,
        family: Some(take_up_family(plan)),
        ..Measure::of(format!("{plan}_take_up"), MeasureKind::Share, flags(plan, "take_up", of))
    }
}

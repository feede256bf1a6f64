//! One benefit plan, or all plans of an upload together.
//!
//! In: `benefit_<plan>_eligible`, `_enrolled` and `_employer_cost`. Out: for each record whether it has access, takes part, and
//! what the employer pays. Invariant: an absent column is "not reported", never zero; an empty cost is zero only where the
//! record says that the employee does not take part; all plans together have no cost where that of one with the employee in it is not
//! known.
//! Source: BLS, *National Compensation Survey*, glossary: access, participation, take-up.

use arrow::array::{Array, BooleanArray, Decimal64Array};
use std::borrow::Cow;

use super::super::batch::value;
use super::super::{Basis, Batch, Family, Shape, Values};
use crate::exact::{Amount, SCALE};
use crate::record::{BenefitPart, benefit};

/// The name that stands for all plans together.
pub(in crate::measure) const ALL: &str = "benefits";

/// The plans of a batch that a measure is about.
struct Plans<'a>(Vec<Plan<'a>>);

struct Plan<'a> {
    eligible: Option<&'a BooleanArray>,
    enrolled: Option<&'a BooleanArray>,
    /// What an employer pays; none where it is not asked for or not there.
    cost: Option<Cow<'a, Decimal64Array>>,
    from_cost: bool,
}

/// What a measure reads of a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::measure) enum Reads {
    Eligible,
    Enrolled,
    Cost,
}

/// The columns of a plan, with `*` for all plans.
pub(in crate::measure) fn column(plan: &str, part: Reads) -> String {
    let plan = if plan == ALL { "*" } else { plan };
    let part = match part {
        Reads::Eligible => "eligible",
        Reads::Enrolled => "enrolled",
        Reads::Cost => "employer_cost",
    };
    format!("benefit_{plan}_{part}")
}

/// The plans in words.
pub(in crate::measure) fn words(plan: &str) -> String {
    if plan == ALL { "at least one plan".to_owned() } else { format!("the {plan} plan") }
}

/// Access, participation and take-up of a plan: any two of them give the third.
pub(in crate::measure) fn take_up_family(plan: &str) -> Family {
    Family { name: format!("{plan}_take_up = {plan}_participation / {plan}_access").into() }
}

/// One or zero per employee, as `flags` finds in a plan.
pub(in crate::measure) fn flags(
    plan: &str,
    question: &str,
    flags: impl Fn(&Batch<'_>, &str) -> Values + Send + Sync + 'static,
) -> Basis {
    let name = plan.to_owned();
    Basis::new(format!("{plan}_{question}"), Shape::Sums, move |batch| flags(batch, &name))
}

/// Whether the plan, or any of all plans, is open to each employee; none where nothing is reported.
pub(in crate::measure) fn eligible(batch: &Batch<'_>, plan: &str) -> Values {
    of_records(batch, plan, "eligible", |plans, record| plans.eligible(record).map(one_or_zero))
}

/// Whether each employee takes part in it.
pub(in crate::measure) fn enrolled(batch: &Batch<'_>, plan: &str) -> Values {
    of_records(batch, plan, "enrolled", |plans, record| plans.enrolled(record).map(one_or_zero))
}

/// What the employer pays for each employee.
#[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone is of plans of one lifetime")]
pub(in crate::measure) fn cost(batch: &Batch<'_>, plan: &str) -> Values {
    of_records(batch, plan, "cost", |plans, record| plans.cost(record))
}

/// An answer for each record, which the measures of a plan share.
fn of_records(
    batch: &Batch<'_>,
    plan: &str,
    question: &str,
    of: impl Fn(&Plans<'_>, usize) -> Option<Amount>,
) -> Values {
    batch.shared(format!("{plan} {question}"), || {
        let plans = Plans::of(batch, plan);
        Values::from_options((0..batch.len()).map(|record| of(&plans, record)))
    })
}

fn one_or_zero(yes: bool) -> Amount {
    if yes { SCALE } else { 0 }
}

impl<'a> Plans<'a> {
    fn of(batch: &Batch<'a>, plan: &str) -> Self {
        let records = batch.records();
        let mut names: Vec<&str> = if plan == ALL {
            let parts = [BenefitPart::Eligible, BenefitPart::Enrolled, BenefitPart::EmployerCost];
            let of_column = |name| benefit(name).filter(|(_, part)| parts.contains(part)).map(|(plan, _)| plan);
            records.matching("benefit_", "").filter_map(of_column).collect()
        } else {
            vec![plan]
        };
        names.sort_unstable();
        names.dedup();
        let from_cost = batch.settings().participation_from_cost;
        let plan = |name: &str| Plan {
            eligible: records.flags(&column(name, Reads::Eligible)),
            enrolled: records.flags(&column(name, Reads::Enrolled)),
            cost: batch.money(&column(name, Reads::Cost)),
            from_cost,
        };
        Self(names.into_iter().map(plan).collect())
    }

    /// Whether any of the plans is open to the employee; none where nothing is reported.
    fn eligible(&self, record: usize) -> Option<bool> {
        any(self.0.iter().map(|plan| flag(plan.eligible?, record)))
    }

    /// Whether the employee takes part in any of them.
    fn enrolled(&self, record: usize) -> Option<bool> {
        any(self.0.iter().map(|plan| plan.enrolled(record)))
    }

    /// What the employer pays for those plans that the record reports; none where the employee takes part in a plan of unknown
    /// cost.
    fn cost(&self, record: usize) -> Option<Amount> {
        let unknown = |plan: &Plan<'_>| plan.enrolled(record) == Some(true) && plan.reported(record).is_none();
        if self.0.iter().any(unknown) {
            return None;
        }
        let mut costs = self.0.iter().filter_map(|plan| plan.cost(record));
        let first = costs.next()?;
        costs.try_fold(first, Amount::checked_add)
    }
}

impl Plan<'_> {
    fn reported(&self, record: usize) -> Option<Amount> {
        value(self.cost.as_deref()?, record)
    }

    fn enrolled(&self, record: usize) -> Option<bool> {
        match self.enrolled {
            Some(enrolled) => flag(enrolled, record),
            None if self.from_cost => self.reported(record).map(|cost| cost > 0),
            None => None,
        }
    }

    fn cost(&self, record: usize) -> Option<Amount> {
        let takes_no_part = || self.enrolled.is_some_and(|enrolled| flag(enrolled, record) == Some(false));
        match self.reported(record) {
            None if self.cost.is_some() && takes_no_part() => Some(0),
            reported => reported,
        }
    }
}

fn flag(flags: &BooleanArray, record: usize) -> Option<bool> {
    flags.is_valid(record).then(|| flags.value(record))
}

fn any(flags: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    flags.flatten().reduce(|some, other| some || other)
}

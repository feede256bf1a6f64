//! The primary rules, one per file.
//!
//! In: the evidence for a cell and the policy. Out: the first [`Rule`] that the cell breaks. Invariant: each rule is a
//! function of evidence and policy alone, exact, with the boundary cases of the *Handbook on Statistical Disclosure Control*.

mod alike;
mod all_zero;
mod companies;
mod dominance;
mod employees;
mod min_group;
mod p_percent;
mod prior_posterior;
mod share;

use super::evidence::Evidence;
use crate::pipeline::Policy;

pub use p_percent::upper_protection_level;

/// A rule that withholds a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Too few holdings.
    Companies,
    /// Too few employees.
    Employees,
    /// One holding has too many of the employees.
    EmployeeShare,
    /// One holding has too much of the value.
    ValueShare,
    /// The second largest could estimate the largest too closely.
    PPercent,
    /// The largest n have too much of the value.
    Dominance,
    /// The (p,q)-rule.
    PriorPosterior,
    /// Too few employees on one side of a share.
    MinGroup,
    /// Every value is zero, which would tell everybody's.
    AllZero,
    /// All values are so near to each other that the figures would tell everybody's.
    Alike,
    /// The figure is not defined for these values.
    Undefined,
    /// It gives percentiles away that are withheld.
    Percentiles,
    /// A measure that a sum ties to this one is withheld.
    Family,
    /// Beside an earlier release, the figure would tell of the few who joined, left or were corrected.
    EarlierRelease,
    /// The cell protects others, which could be computed with it.
    Secondary,
    /// The cell lies below or above the level that is published in its place.
    OtherLevel,
    /// Figures of this family are not made for perturbed tables.
    NotPerturbed,
}

impl Rule {
    /// Its name in the ledger and in summaries.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Companies => "companies",
            Self::Employees => "employees",
            Self::EmployeeShare => "share of employees",
            Self::ValueShare => "share of value",
            Self::PPercent => "p%",
            Self::Dominance => "(n,k)",
            Self::PriorPosterior => "(p,q)",
            Self::MinGroup => "group of a share",
            Self::AllZero => "all zero",
            Self::Alike => "all alike",
            Self::Undefined => "no figure",
            Self::Percentiles => "percentiles withheld",
            Self::Family => "tied by a sum",
            Self::EarlierRelease => "earlier release",
            Self::Secondary => "protects others",
            Self::OtherLevel => "other level",
            Self::NotPerturbed => "not perturbed",
        }
    }
}

/// The first rule that the evidence breaks, in the order of their declaration.
#[must_use]
pub fn first_broken(evidence: &Evidence, policy: &Policy) -> Option<Rule> {
    type Broken = fn(&Evidence, &Policy) -> bool;
    let rules: [(Rule, Broken); 11] = [
        (Rule::Companies, companies::broken),
        (Rule::Employees, employees::broken),
        (Rule::EmployeeShare, share::broken_by_employees),
        (Rule::ValueShare, share::broken_by_value),
        (Rule::PPercent, p_percent::broken),
        (Rule::Dominance, dominance::broken),
        (Rule::PriorPosterior, prior_posterior::broken),
        (Rule::MinGroup, min_group::broken),
        (Rule::AllZero, all_zero::broken),
        (Rule::Alike, alike::broken),
        (Rule::Undefined, |evidence, _| !evidence.defined),
    ];
    rules.into_iter().find(|(_, broken)| broken(evidence, policy)).map(|(rule, _)| rule)
}

/// The sum of a list, and what is left of it without its first `n`.
fn without_first(list: &[i128], n: u64) -> (i128, i128) {
    let n = usize::try_from(n).unwrap_or(usize::MAX).min(list.len());
    (list.iter().sum(), list[n..].iter().sum())
}

#[cfg(test)]
pub(super) fn evidence_of(contributions: &[i128]) -> Evidence {
    use super::evidence::Population;
    Evidence {
        populations: vec![Population {
            holdings: contributions.len() as u64,
            employees: 1_000,
            employees_of: vec![1; contributions.len()],
        }],
        contributions: vec![contributions.to_vec()],
        judge_employee_share: true,
        judge_value_share: true,
        groups: None,
        all_zero: false,
        farthest: None,
        defined: true,
        figures: None,
    }
}

//! Formulas that several measures share.
//!
//! In: amounts. Out: exact figures. Invariant: no float, and no order of employees, can change them.

pub(super) mod benefit_plan;
pub(super) mod eu_pay;
pub(super) mod gap;
pub(super) mod heads;
pub(super) mod pay_range;
pub mod plausibility;
pub(super) mod quartiles;
pub(super) mod uk_pay;

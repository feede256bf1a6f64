//! Disclose: from cells to what may be published.
//!
//! In: a [`CellTable`](crate::aggregate::CellTable) and the pipeline's policy. Out: a [`SafeTable`], which nothing else can
//! make, and the decision [`Ledger`]. Invariant: all evidence is gathered before any verdict; every cell has a verdict with
//! the rule that decided it; what no rule can judge is withheld; tables that can be added to and subtracted from each other are
//! protected together, and nothing is published of which it is not proven that nobody can compute what is withheld. A
//! perturbed table is judged by no rule for cells, but by the budget that its noise spends.

mod decide;
mod evidence;
mod ledger;
mod linked;
mod perturbation;
mod protection_file;
mod roll_up;
mod rounding;
pub mod rules;
mod safe_table;
pub mod secondary;
mod statistic_rules;
mod told;

pub use decide::{DiscloseError, disclose};
pub use evidence::{Evidence, Findings};
pub use ledger::{Action, Decision, Family, Ledger, Verdict};
pub use linked::{Place, Protected, Quantity, WHO_HAVE_IT};
pub use perturbation::{PerturbationError, budget_file};
pub use protection_file::{PROOFS, PROTECTION, write_protection};
pub use safe_table::{Figures, OrganizationFigures, SafeRow, SafeTable, StandardErrors};
pub use told::{History, write_told};

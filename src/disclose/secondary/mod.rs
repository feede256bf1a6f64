//! Secondary suppression: which further cells are withheld, so that nobody can compute an unsafe one.
//!
//! In: a [`Problem`] (cells, who contributes to them, and the equations between them). Out: a [`Pattern`]: what is withheld,
//! and for each unsafe cell the [`Alternative`] tables that prove that it cannot be known. Invariant: the same problem gives
//! the same pattern; a cell without a proof is named in it, and the [audit](crate::audit) refuses it.

mod alternative;
mod book;
mod jj;
mod problem;
mod protect;
mod publish_again;
mod reduced;
mod search;
mod simplex;

pub use alternative::Alternative;
pub use jj::{JjFile, read_jj, write_jj};
pub use problem::{Equation, Problem, ProblemCell, ProblemError, Role, Share};
pub use protect::{Pattern, Proof, Side, protect};

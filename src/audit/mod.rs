//! Audit: what an attacker learns in spite of what is withheld.
//!
//! In: a [`Problem`](crate::disclose::secondary::Problem) and the pattern of what is withheld, with its proofs. Out: the
//! [`Breach`]es, and intervals. Invariant: it shares the description of the problem with the protecting side and nothing else;
//! proofs are checked in integers, and what is not proven counts as broken.

mod interval;
mod proof;

pub use interval::{Block, blocks};
pub use proof::{Attacker, Breach, check_proofs};

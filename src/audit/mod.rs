//! Audit: what an attacker learns in spite of what is withheld.
//!
//! In: a [`Problem`](crate::disclose::secondary::Problem) and the pattern of what is withheld, with its proofs; or a finished
//! release with its private files. Out: the [`Breach`]es, or [`Finding`]s, and intervals. Invariant: it shares the description of
//! a problem with the protecting side and nothing else; proofs are checked in integers, and what is not proven counts as broken.

mod attack;
mod bound;
mod equations;
mod evidence;
mod interval;
mod outside;
mod proof;
mod published;
mod single;

pub use attack::{Attack, AttackError, Effort, Finding, Protection, attack, protection};
pub use evidence::{Evidence, Group, Header, Parent};
pub use interval::{Block, blocks};
pub use outside::{Guess, Own, guesses};
pub use proof::{Attacker, Breach, check_proofs};
pub use published::{Key, Published, Told, UnreadableRelease, key_of};
pub use single::known_employees;

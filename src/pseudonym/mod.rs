//! Pseudonymize: raw employee IDs end here.
//!
//! In: a [`ValidBatch`] and the [`CompanyKey`] of its company. Out: a [`PseudonymBatch`].
//! Invariant: `pseudonym = leftmost 16 bytes of HMAC-SHA256(company key, employee_id trimmed, UTF-8)`; nothing after this
//! stage can name an employee, and keys have no `Debug` and are wiped when dropped.

mod batch;
mod hmac_sha256;
mod key;
mod key_file;
mod premises;

pub use batch::{PSEUDONYM, PseudonymBatch, pseudonymize};
pub use hmac_sha256::PaddedKey;
pub use key::{CompanyKey, KeyError, MasterKey};
pub use key_file::{KEY_VARIABLE, KeySource, create, load, load_or_create};
pub use premises::{Premises, PremisesError, Written};

/// Bytes of a pseudonym.
pub const PSEUDONYM_BYTES: usize = 16;

/// A keyed pseudonym.
pub type Pseudonym = [u8; PSEUDONYM_BYTES];

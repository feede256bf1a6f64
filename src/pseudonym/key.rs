//! Keys: the master key, and the company keys that are derived from it.
//!
//! In: 32 random bytes. Out: a [`CompanyKey`] for each holding. Invariant:
//! `company key = HMAC-SHA256(master key, "payquorum/company/v1\0" + holding_id or company_id)`; no key is ever printed,
//! logged or serialized, and each is wiped when dropped.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::hmac_sha256::PaddedKey;
use super::{PSEUDONYM_BYTES, Pseudonym};
use crate::digest::hex;

/// Bytes of a master key.
pub(super) const KEY_BYTES: usize = 32;

/// Why there is no key. Never holds any part of one.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("{file}: {error}")]
    Io {
        /// The key file.
        file: String,
        /// What happened.
        error: std::io::Error,
    },
    /// The text is not a key.
    #[error("{place} does not hold a key: expected 64 hexadecimal digits; make one with `payquorum keys new`")]
    Malformed {
        /// The file or variable.
        place: String,
    },
    /// Others can read the file.
    #[error("{file} can be read by others: expected mode 0600; run `chmod 600 {file}`, and think about a new key")]
    Exposed {
        /// The key file.
        file: String,
    },
    /// There is a key already.
    #[error(
        "{file} exists; data under two keys cannot be compared: move the old key away first if that is what you want"
    )]
    Exists {
        /// The key file.
        file: String,
    },
    /// The system gives no randomness.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

/// The key from which all company keys are derived.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; KEY_BYTES]);

/// The key of one company, or of all companies of one holding.
pub struct CompanyKey(PaddedKey);

impl MasterKey {
    /// A key of the given bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// A new random key.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn random() -> Result<Self, KeyError> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| KeyError::Random(error.to_string()))?;
        Ok(Self(bytes))
    }

    /// The key that `text` writes in 64 hexadecimal digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().as_bytes();
        if text.len() != 2 * KEY_BYTES {
            return None;
        }
        let mut key = Self([0; KEY_BYTES]);
        for (byte, digits) in key.0.iter_mut().zip(text.chunks_exact(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
            *byte = digit(digits[0])? << 4 | digit(digits[1])?;
        }
        Some(key)
    }

    /// The key in hexadecimal digits, for its file only.
    pub(super) fn to_text(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(hex(&self.0))
    }

    /// The key of a holding, or of a company that belongs to none.
    #[must_use]
    pub fn company_key(&self, holding_or_company: &str) -> CompanyKey {
        let mut message = b"payquorum/company/v1\0".to_vec();
        message.extend_from_slice(holding_or_company.as_bytes());
        let mut key = PaddedKey::new(&self.0).code(&message);
        let padded = PaddedKey::new(&key);
        key.zeroize();
        CompanyKey(padded)
    }

    /// What names this key without telling it: 16 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        let code = PaddedKey::new(&self.0).code(b"payquorum/key-id/v1");
        hex(&code[..8])
    }
}

impl CompanyKey {
    /// The pseudonym of an employee ID (trimmed, UTF-8).
    #[must_use]
    #[inline]
    pub fn pseudonym(&self, employee_id: &str) -> Pseudonym {
        let code = self.0.code(employee_id.as_bytes());
        let mut pseudonym = [0; PSEUDONYM_BYTES];
        pseudonym.copy_from_slice(&code[..PSEUDONYM_BYTES]);
        pseudonym
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::*;

    fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    #[test]
    fn the_documented_derivation_gives_the_pseudonym() {
        let master: [u8; 32] = std::array::from_fn(|place| u8::try_from(place).expect("small"));
        let company = hmac(&master, b"payquorum/company/v1\0ACME");
        let expected = &hmac(&company, "E1042é".as_bytes())[..16];
        assert_eq!(MasterKey::from_bytes(master).company_key("ACME").pseudonym("E1042é"), expected);
    }

    #[test]
    fn the_same_employee_number_in_two_companies_gives_two_pseudonyms() {
        let master = MasterKey::from_bytes([7; 32]);
        let (one, other) = (master.company_key("A"), master.company_key("B"));
        assert_ne!(one.pseudonym("1"), other.pseudonym("1"));
        assert_eq!(one.pseudonym("1"), master.company_key("A").pseudonym("1"));
    }

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let key = MasterKey::random().expect("random");
        let again = MasterKey::parse(&key.to_text()).expect("a key");
        assert_eq!(key.id(), again.id());
        assert!(MasterKey::parse("12").is_none());
        assert!(MasterKey::parse(&"é".repeat(32)).is_none());
    }
}

//! HMAC-SHA256 with the pad states kept: two compressions for a short message.
//!
//! In: a key, then messages. Out: their codes (RFC 2104 with FIPS 180-4). Invariant: the same code as the `hmac` crate gives,
//! which is also what computes it for messages that do not fit into one block.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sha2::block_api::compress256;
use zeroize::{Zeroize, ZeroizeOnDrop};

const BLOCK: usize = 64;

/// The initial state of SHA-256 (FIPS 180-4, section 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The longest message that shares its block with the padding.
const SHORT: usize = BLOCK - 9;

/// A key of at most 64 bytes, as the two hash states that follow its inner and outer pads.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PaddedKey {
    inner: [u32; 8],
    outer: [u32; 8],
    /// The key itself, zero-padded, for messages longer than a block.
    key: [u8; BLOCK],
}

impl PaddedKey {
    /// Prepares a key. Keys longer than 64 bytes are hashed first, as RFC 2104 says.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        if key.len() > BLOCK {
            use sha2::Digest;
            block[..32].copy_from_slice(&Sha256::digest(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let state_after = |pad: u8| {
            let mut padded = block.map(|byte| byte ^ pad);
            let mut state = INITIAL;
            compress256(&mut state, &[padded]);
            padded.zeroize();
            state
        };
        let key = Self { inner: state_after(0x36), outer: state_after(0x5c), key: block };
        block.zeroize();
        key
    }

    /// The code of a message.
    #[must_use]
    #[inline]
    pub fn code(&self, message: &[u8]) -> [u8; 32] {
        if message.len() > SHORT {
            return self.code_of_long(message);
        }
        let inner = last_block(self.inner, message);
        last_block(self.outer, &inner)
    }

    fn code_of_long(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

/// The hash after one block of key pad and this last part, which fits into one block with its padding.
#[inline]
fn last_block(mut state: [u32; 8], part: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK];
    block[..part.len()].copy_from_slice(part);
    block[part.len()] = 0x80;
    let bits = ((BLOCK + part.len()) * 8) as u64;
    block[BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
    compress256(&mut state, &[block]);
    let mut code = [0; 32];
    for (bytes, word) in code.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    code
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::digest::hex;

    /// RFC 4231, test cases 1 to 4, 6 and 7 (5 is of a truncated output).
    #[test]
    fn rfc_4231() {
        let cases: [(Vec<u8>, Vec<u8>, &str); 6] = [
            (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            ((1..=25).collect(), vec![0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs \
                  to be hashed before being used by the HMAC algorithm."
                    .to_vec(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, message, code) in cases {
            assert_eq!(hex(&PaddedKey::new(&key).code(&message)), code);
        }
    }

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_library(key in proptest::collection::vec(any::<u8>(), 0..80), message in proptest::collection::vec(any::<u8>(), 0..150)) {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any key");
            mac.update(&message);
            let library: [u8; 32] = mac.finalize().into_bytes().into();
            prop_assert_eq!(PaddedKey::new(&key).code(&message), library);
        }
    }
}

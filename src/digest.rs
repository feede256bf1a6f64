//! SHA-256 of files and of what is kept beside them.
//!
//! In: bytes, or a file. Out: a [`Digest`]. Invariant: a file is read piece by piece, however long it is.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

/// SHA-256.
pub type Digest = [u8; 32];

/// The digest of bytes.
#[must_use]
pub fn of(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// The digest of all that a reader gives.
///
/// # Errors
/// Those of the reader.
pub fn of_all(mut read: impl Read) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 17];
    loop {
        match read.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().into()),
            length => hasher.update(&buffer[..length]),
        }
    }
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Writes on, and knows the digest of all that was written.
#[derive(Debug, Default)]
pub struct Digesting<W> {
    out: W,
    hasher: Sha256,
}

impl<W: Write> Digesting<W> {
    /// Writes to `out`.
    #[must_use]
    pub fn new(out: W) -> Self {
        Self { out, hasher: Sha256::new() }
    }

    /// What was written to, and the digest.
    #[must_use]
    pub fn finish(self) -> (W, Digest) {
        (self.out, self.hasher.finalize().into())
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However it is read or written, it is the digest of the bytes.
        #[test]
        fn digests_agree(bytes in proptest::collection::vec(any::<u8>(), 0..300_000), piece in 1_usize..70_000) {
            let expected = of(&bytes);
            prop_assert_eq!(of_all(bytes.as_slice()).expect("memory can be read"), expected);
            let mut out = Digesting::new(Vec::new());
            bytes.chunks(piece).for_each(|piece| out.write_all(piece).expect("memory takes all"));
            prop_assert_eq!(out.finish(), (bytes, expected));
        }
    }
}

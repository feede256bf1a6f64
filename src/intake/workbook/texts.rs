//! The texts that cells share.
//!
//! In: texts one by one. Out: texts by number. Invariant: they lie in one piece of memory, within the limits; the
//! number that a file declares for them is never asked.

use super::error::BookError;
use super::limits;

/// Texts, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Texts {
    all: String,
    ends: Vec<u32>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) -> Result<(), BookError> {
        if self.all.len() + text.len() > limits::TEXTS || self.ends.len() >= limits::TEXT_COUNT {
            return Err(BookError::TooLarge { what: "its cells share more than 512 MiB, or 16 million, of texts" });
        }
        self.all.push_str(text);
        self.ends.push(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        Ok(())
    }

    pub(super) fn at(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)? as usize;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.all.get(start..end)
    }
}

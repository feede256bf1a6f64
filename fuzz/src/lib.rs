//! The parsers of payquorum that stand alone, for fuzzing.
//!
//! In: modules of the program, included by their paths. Out: what the targets call. Invariant: no parser is copied; where one is made
//! ready ([`intake::csv`]), `build.rs` says how.
//!
//! The whole program takes a quarter of an hour to build; these modules take a minute.

#![allow(dead_code, unused_imports)]

#[path = "../../src/pipeline/dates.rs"]
pub mod dates;
#[path = "../../src/exact/mod.rs"]
pub mod exact;
pub mod intake;

/// Sizes that are constants in the program.
pub mod sizes {
    use std::cell::Cell;

    thread_local! {
        static CHUNK: Cell<usize> = const { Cell::new(1 << 20) };
        static LONGEST: Cell<usize> = const { Cell::new(16 << 20) };
    }

    /// Bytes of a chunk.
    #[must_use]
    pub fn chunk() -> usize {
        CHUNK.get()
    }

    /// Bytes of the longest record.
    #[must_use]
    pub fn longest() -> usize {
        LONGEST.get()
    }

    /// Sets both.
    pub fn set(chunk: usize, longest: usize) {
        CHUNK.set(chunk);
        LONGEST.set(longest);
    }
}

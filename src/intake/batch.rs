//! [`ValidBatch`]: rows that passed intake.
//!
//! In: parsed columns. Out: rows of one company and one period, with their raw employee IDs.
//! Invariant: only intake makes one, and only the pseudonym stage can take the IDs out of it; it has no `Debug`, so that no
//! ID reaches a log.

use arrow::array::{Array, RecordBatch, StringArray};

use crate::period::Period;

/// Valid rows of one company and period, with raw employee IDs.
pub struct ValidBatch {
    pub(super) company: usize,
    pub(super) period: Period,
    pub(super) ids: StringArray,
    pub(super) columns: RecordBatch,
}

impl ValidBatch {
    /// The company's place in the register.
    #[must_use]
    pub fn company(&self) -> usize {
        self.company
    }

    /// The period.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The rows, for a profile that counts them.
    pub(crate) fn rows(&self) -> (&StringArray, &RecordBatch) {
        (&self.ids, &self.columns)
    }

    /// Rows that no upload had.
    #[cfg(test)]
    pub(crate) fn made_up(ids: StringArray, columns: RecordBatch) -> Self {
        Self { company: 0, period: Period::Year(2026), ids, columns }
    }

    /// The raw IDs and the other columns, for the pseudonym stage.
    pub(crate) fn into_parts(self) -> (usize, Period, StringArray, RecordBatch) {
        (self.company, self.period, self.ids, self.columns)
    }
}

//! [`PseudonymBatch`]: rows without raw IDs.
//!
//! In: a [`ValidBatch`] and its company's key. Out: the same rows, each ID replaced by its pseudonym.
//! Invariant: the number and order of rows stay; the IDs are dropped here.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, FixedSizeBinaryArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use rayon::prelude::*;

use super::PSEUDONYM_BYTES;
use super::key::CompanyKey;
use crate::intake::ValidBatch;
use crate::period::Period;

/// Rows that one thread takes at a time.
const PIECE: usize = 1 << 11;

/// The name of the pseudonym column.
pub const PSEUDONYM: &str = "pseudonym";

/// Rows of one company and period, under pseudonyms.
#[derive(Debug, Clone)]
pub struct PseudonymBatch {
    company: usize,
    period: Period,
    records: RecordBatch,
}

impl PseudonymBatch {
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

    /// The rows: `pseudonym` first, then the columns of the upload.
    #[must_use]
    pub fn records(&self) -> &RecordBatch {
        &self.records
    }
}

/// Replaces the IDs of a batch by pseudonyms under `key`.
///
/// # Panics
/// Never: a batch has as many IDs as rows.
#[must_use]
pub fn pseudonymize(batch: ValidBatch, key: &CompanyKey) -> PseudonymBatch {
    let (company, period, ids, columns) = batch.into_parts();
    let mut bytes = vec![0; ids.len() * PSEUDONYM_BYTES];
    // A batch of a small upload is one piece.
    bytes.par_chunks_mut(PIECE * PSEUDONYM_BYTES).enumerate().for_each(|(piece, bytes)| {
        for (row, pseudonym) in (piece * PIECE..).zip(bytes.chunks_exact_mut(PSEUDONYM_BYTES)) {
            pseudonym.copy_from_slice(&key.pseudonym(ids.value(row)));
        }
    });
    drop(ids);
    let width = i32::try_from(PSEUDONYM_BYTES).unwrap_or(16);
    let pseudonyms = FixedSizeBinaryArray::new(width, bytes.into(), None);
    let mut fields = vec![Arc::new(Field::new(PSEUDONYM, DataType::FixedSizeBinary(width), false))];
    fields.extend(columns.schema().fields().iter().cloned());
    let arrays: Vec<ArrayRef> =
        std::iter::once(Arc::new(pseudonyms) as ArrayRef).chain(columns.columns().iter().cloned()).collect();
    let records =
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("one pseudonym for each row of the batch");
    PseudonymBatch { company, period, records }
}

//! Intake: from CSV uploads to [`ValidBatch`]es.
//!
//! In: upload files, the company register, the pipeline. Out: [`ValidBatch`]es and an [`IntakeReport`].
//! Invariant: rows read = rows accepted + rows rejected; no direct identifier but the employee ID passes, and no value is
//! ever echoed.

mod batch;
mod block;
mod builder;
mod cell;
mod chunk;
mod column;
pub mod gate;
mod head;
mod header;
mod marks;
mod parse;
mod pay;
mod plain;
mod records;
mod register;
mod report;
mod roster;
mod rule;
mod shelf;
pub mod source;
mod sums;
mod swallowed;
mod upload;
mod values;
pub mod workbook;

pub use batch::ValidBatch;
pub use cell::{bare_id, is_total};
pub use header::{Mapped, Mapping, gate_of, is_unprintable, key_of, shown_header};
pub use plain::{Plain, PlainHead, Rows, read_rows};
pub use register::{Company, Register};
pub use report::{IntakeReport, UploadReport};
pub use rule::{FoundHeaders, FoundIdentifier, FoundValues, HeaderFault, Refusal, Reject, Rule};
pub use source::Upload;
pub use upload::{Intake, Nowhere, Sink, SinkError, UploadError, mapping_of};

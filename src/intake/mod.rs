//! Intake: from CSV uploads to [`ValidBatch`]es.
//!
//! In: upload files, the company register, the pipeline. Out: [`ValidBatch`]es and an [`IntakeReport`].
//! Invariant: rows read = rows accepted + rows rejected; no direct identifier but the employee ID passes, and no value is
//! ever echoed.

mod batch;
mod builder;
mod chunk;
mod duplicates;
pub mod gate;
mod header;
mod parse;
mod register;
mod report;
mod rule;
pub mod source;
mod upload;

pub use batch::ValidBatch;
pub use header::{Mapping, delimiter_of};
pub use register::{Company, Register};
pub use report::{IntakeReport, UploadReport};
pub use rule::{Refusal, Reject, Rule};
pub use source::Upload;
pub use upload::{Intake, Nowhere, Sink, SinkError, UploadError, mapping_of};

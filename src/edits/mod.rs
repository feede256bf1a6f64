//! Edits: what survey houses ask of data that were read well, and may be wrong all the same.
//!
//! In: a [`Profile`] of each company and period of the uploads of a run, those of the store's footers, and the pipeline's
//! [`Thresholds`]. Out: [`Finding`]s: an error refuses its upload, a query holds it back until it is mended or accepted, a note is told.
//! Invariant: a finding is made of profiles alone, so that it holds no value of a record; what it tells a company holds nothing of
//! any other, not even as a ratio; the order of uploads, batches and threads changes none.
//!
//! Sources are in docs/edits.md: UNECE, *Glossary of Terms on Statistical Data Editing*, 2000; Hidiroglou and Berthelot, *Statistical
//! editing and imputation for periodic business surveys*, 1986; Eurostat, *Handbook on Methodology of Modern Business Statistics*.

mod accepted;
mod evidence;
mod histogram;
mod name;
pub mod notes;
mod profile;
mod queries;
mod rules;
mod stage;
mod thresholds;

pub use accepted::{Acceptance, Accepted};
pub use histogram::Histogram;
pub use name::file_name;
pub use profile::{ColumnProfile, IdShape, Profile, Profiler};
pub use queries::{Open, open_queries, write_queries};
pub use rules::Rule;
pub use stage::{Arrival, Edits, Held, Stored, Today, is_used, judge, worst};
pub use thresholds::Thresholds;

use crate::period::Period;

/// What follows from a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It is told, and nothing else.
    Note,
    /// The upload is held back until it is mended, or somebody says why it is right.
    Query,
    /// The upload is refused.
    Error,
}

impl Severity {
    /// Its name in lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Query => "query",
            Self::Error => "error",
        }
    }
}

/// What an edit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The edit.
    pub rule: Rule,
    /// What follows.
    pub severity: Severity,
    /// The company.
    pub company: String,
    /// The period.
    pub period: Period,
    /// The canonical column, where there is one.
    pub column: Option<String>,
    /// What was found, in a sentence without any value of a record.
    pub message: String,
}

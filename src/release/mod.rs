//! Release: from a [`SafeTable`](crate::disclose::SafeTable) to a folder that describes itself.
//!
//! In: a safe table. Out: `benchmarks.parquet` and copies of it, `manifest.json`, `dictionary.md`, `schema.json`. Invariant: a
//! release appears whole or not at all and never changes afterwards; the same input gives the same bytes; nothing secret and no
//! company is in it.

mod benchmarks;
mod copies;
mod csv;
mod dictionary;
mod ledger_folder;
mod manifest;
mod publish;
mod read;
mod released;
mod report;
mod report_drawings;
mod schema;
mod verify;
mod workbook;
mod xlsx;

pub use benchmarks::{Column, columns};
pub use ledger_folder::{DECISIONS, LedgerFolder, TOLD, ledger_of};
pub use manifest::{FileEntry, Manifest, Perturbation};
pub use publish::{Prepared, Published, ReleaseError, prepare};
pub use read::{Released, ReleasedRow, UnreadableFile};
pub use released::released_periods;
pub use verify::{Fault, Verified, verify};

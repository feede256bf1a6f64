//! Store: pseudonymized records as Parquet, one folder per company and period.
//!
//! In: [`PseudonymBatch`](crate::pseudonym::PseudonymBatch)es. Out: files under `store/`, and [`Records`] read from them.
//! Invariant: an upload replaces the earlier one of its company and period whole, or not at all, also when the process is
//! killed; one run works on a workspace at a time.

mod commit;
mod lock;
mod look;
mod read;
mod records;
mod row_groups;
mod seen;
mod stamp;
mod table_file;
mod write;

pub(crate) use commit::{sync_folder, write_beside, write_durably};

use std::io;
use std::path::{Path, PathBuf};

use crate::record::{company_of_folder, folder_name};

pub use commit::Staged;
pub use lock::Lock;
pub use look::{Journal, Look, Occupied};
pub use read::{Catalogue, Part};
pub use records::{Records, Texts};
pub use seen::{Seen, Sight};
pub use stamp::Stamp;
pub use table_file::{TableFile, WrittenFile};
pub use write::{Origin, UploadWriter};

/// Why the store cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder cannot be read or written.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What happened.
        error: io::Error,
    },
    /// A file of the store is damaged.
    #[error("{}: {error}; move the file away and upload that company and period again", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
    /// A private file of a release is damaged.
    #[error(
        "{}: {error}; put the file back from a backup: without it, it is not known what that release has told, and nothing can be \
         published beside it", .path.display()
    )]
    DamagedLedger {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
    /// Another run works on the workspace.
    #[error("{} is in use by another run{holder}; wait for it to end, or run again with `--wait`", .workspace.display())]
    InUse {
        /// The workspace.
        workspace: PathBuf,
        /// Who, as far as is known.
        holder: String,
    },
}

impl StoreError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self::Io { path: path.to_owned(), error }
    }
}

/// A workspace that this process has for itself.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    _lock: Lock,
}

impl Store {
    /// Opens the store of a workspace, finishing what a killed run had begun to commit.
    ///
    /// # Errors
    /// [`StoreError`]: another run has the workspace (unless `wait`), or it cannot be written.
    pub fn open(workspace: &Path, wait: bool) -> Result<Self, StoreError> {
        std::fs::create_dir_all(workspace).map_err(StoreError::io(workspace))?;
        let lock = Lock::take(workspace, wait)?;
        let folder = workspace.join("store");
        std::fs::create_dir_all(&folder).map_err(StoreError::io(&folder))?;
        commit::recover(&folder)?;
        Ok(Self { folder, _lock: lock })
    }

    /// The folder of what may be lost at any time: it only saves work.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.folder.with_file_name("cache")
    }

    /// Uploads that were read before.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen::read(self.cache().join("uploads.json"))
    }

    /// What the store holds.
    ///
    /// # Errors
    /// [`StoreError`]: a file cannot be read.
    pub fn catalogue(&self) -> Result<Catalogue, StoreError> {
        Catalogue::read(&self.folder)
    }

    /// A writer for one upload; `number` tells the uploads of a run apart.
    #[must_use]
    pub fn writer(&self, number: usize, origin: Origin) -> UploadWriter {
        UploadWriter::new(commit::staging(&self.folder), number, origin)
    }

    /// Makes the staged files of a run the current ones, all of them or none.
    ///
    /// # Errors
    /// [`StoreError`]: a file cannot be written; then the old state stays, or the next open finishes the new one.
    pub fn commit(&self, staged: &[Staged]) -> Result<(), StoreError> {
        commit::commit(&self.folder, staged)
    }
}

/// The folder of one company and period.
fn part_folder(store: &Path, company: &str, period: &str) -> PathBuf {
    store.join(format!("company={}", folder_name(company))).join(format!("period={period}"))
}

/// The companies that a workspace has records of, by the names of their folders.
#[must_use]
pub fn companies_of(workspace: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(workspace.join("store")).into_iter().flatten().flatten();
    let company = |entry: std::fs::DirEntry| company_of_folder(entry.file_name().to_str()?.strip_prefix("company=")?);
    entries.filter_map(company).collect()
}

//! One run at a time on a workspace.
//!
//! In: a workspace. Out: a [`Lock`] that the operating system takes back when the process ends, however it ends.
//! Invariant: never two at once; no stale lock to clean up by hand.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::StoreError;

/// Held while a run works on a workspace.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock; waits for it where `wait` says so.
    pub(crate) fn take(workspace: &Path, wait: bool) -> Result<Self, StoreError> {
        let path = workspace.join(".lock");
        let failed = StoreError::io;
        let mut options = File::options();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(&path).map_err(failed(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if wait => file.lock().map_err(failed(&path))?,
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => String::new(),
                    process => format!(" (process {process})"),
                };
                return Err(StoreError::InUse { workspace: workspace.to_owned(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(failed(&path)(error)),
        }
        // Who holds it is a help for people only; the lock itself does not need it.
        let _ = file.set_len(0);
        let _ = file.seek(SeekFrom::Start(0));
        let _ = write!(file, "{}", std::process::id());
        Ok(Self { _file: file })
    }
}

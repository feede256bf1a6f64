//! Looking at a store without touching it.
//!
//! In: a workspace. Out: a [`Look`]: who has it, what a killed run left, and which of its files can be read. Invariant: nothing is
//! written, made or removed, and what is wrong with one file does not hide what is wrong with another.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;

use super::commit::{JOURNAL, Move, staging};
use super::read::folders;
use super::{Part, StoreError};

/// Whether somebody has the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occupied {
    /// There is no lock file: no run was here yet.
    Never,
    /// Nobody has it; the lock file of the last run is there, as always.
    No,
    /// A run has it: the number of its process, as far as is known.
    By(String),
}

/// What a run left that was killed in its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Journal {
    /// Nothing.
    None,
    /// A journal of so many moves, which the next run carries out.
    Waiting(usize),
    /// A journal that cannot be carried out.
    Broken(String),
}

/// What a store looks like from outside.
#[derive(Debug)]
pub struct Look {
    /// Whether somebody has it.
    pub occupied: Occupied,
    /// What a killed run left of its commit.
    pub journal: Journal,
    /// Staged files, of a run at work or of one that was killed.
    pub staged: usize,
    /// Files that can be read, by company and period.
    pub parts: Vec<Part>,
    /// Files that cannot be read, and why.
    pub unreadable: Vec<StoreError>,
    /// Bytes of all its files.
    pub bytes: u64,
    /// When the newest of them was written.
    pub newest: Option<SystemTime>,
}

impl Look {
    /// Looks at the store of a workspace; an empty one where there is none.
    ///
    /// # Errors
    /// [`StoreError`]: a folder of the store or the lock cannot be read.
    pub fn at(workspace: &Path) -> Result<Self, StoreError> {
        let lock = workspace.join(".lock");
        let occupied = occupied(&lock).map_err(StoreError::io(&lock))?;
        let store = workspace.join("store");
        let journal = journal(&store)?;
        let staging = staging(&store);
        let staged = names(&staging).map_err(StoreError::io(&staging))?.len();
        let (mut bytes, mut newest) = (0, None);
        let mut files = Vec::new();
        for company in folders(&store, "company=")? {
            for period in folders(&company, "period=")? {
                for path in names(&period).map_err(StoreError::io(&period))? {
                    if let Ok(metadata) = fs::metadata(&path) {
                        bytes += metadata.len();
                        newest = newest.max(metadata.modified().ok());
                    }
                    files.extend(path.extension().is_some_and(|kind| kind == "parquet").then_some(path));
                }
            }
        }
        let read: Vec<Result<Part, StoreError>> = files.into_par_iter().map(Part::read).collect();
        let (mut parts, mut unreadable) = (Vec::new(), Vec::new());
        for part in read {
            match part {
                Ok(part) => parts.push(part),
                // A run at work replaced it meanwhile.
                Err(StoreError::Io { error, .. }) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => unreadable.push(error),
            }
        }
        parts.sort_by(|a, b| (&a.company, &a.period, &a.path).cmp(&(&b.company, &b.period, &b.path)));
        Ok(Self { occupied, journal, staged, parts, unreadable, bytes, newest })
    }
}

/// What lies in a folder, in order; nothing where there is no folder.
fn names(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Asks the operating system who has the lock. It can only be asked by taking a share of the lock, which is given back at once; a run
/// that begins in that very moment stops as if another one were at work.
fn occupied(lock: &Path) -> io::Result<Occupied> {
    let file = match File::open(lock) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Occupied::Never),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| Occupied::No),
        Err(TryLockError::WouldBlock) => Ok(Occupied::By(io::read_to_string(file)?.trim().to_owned())),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn journal(store: &Path) -> Result<Journal, StoreError> {
    let path = store.join(JOURNAL);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Journal::None),
        Err(error) => return Err(StoreError::io(&path)(error)),
    };
    let moves: Vec<Move> = match serde_json::from_slice(&text) {
        Ok(moves) => moves,
        Err(error) => return Ok(Journal::Broken(format!("{} is damaged: {error}", path.display()))),
    };
    let is_lost = |step: &&Move| !store.join(&step.from).exists() && !store.join(&step.to).exists();
    let lost = moves.iter().filter(is_lost).count();
    if lost > 0 {
        return Ok(Journal::Broken(format!(
            "{}: {lost} of the {} files that it moves are gone",
            path.display(),
            moves.len()
        )));
    }
    Ok(Journal::Waiting(moves.len()))
}

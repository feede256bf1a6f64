//! Replacing files of the store all together.
//!
//! In: staged files. Out: the same files in their places, those that they replace gone. Invariant: a journal, written
//! whole before the first file moves, is the point of no return: killed before it, the old state stays and staged files are
//! swept; killed after it, the next open carries the journal out. Each of its steps can be repeated.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{StoreError, part_folder};

pub(super) const JOURNAL: &str = "commit.json";
const STAGING: &str = ".staging";

/// The extension of a small file that is not written whole yet.
const UNFINISHED: &str = "new";

/// A finished file of one company and period, not yet in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// Where it lies.
    pub path: PathBuf,
    /// Company ID.
    pub company: String,
    /// Period.
    pub period: String,
    /// Name that it will have.
    pub name: String,
}

/// One step of a journal; paths are relative to the store.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Move {
    pub(super) from: String,
    pub(super) to: String,
    replaces: Vec<String>,
}

/// The folder for files of the run that has the store.
pub(super) fn staging(store: &Path) -> PathBuf {
    store.join(STAGING)
}

pub(super) fn commit(store: &Path, staged: &[Staged]) -> Result<(), StoreError> {
    if staged.is_empty() {
        return sweep(store);
    }
    let files: Vec<&Path> = staged.iter().map(|staged| staged.path.as_path()).collect();
    settle(store, &files)?;
    let mut moves = staged.iter().map(|staged| plan(store, staged)).collect::<Result<Vec<_>, _>>()?;
    moves.sort_by(|a, b| a.to.cmp(&b.to));
    let journal = store.join(JOURNAL);
    let text = serde_json::to_vec(&moves).map_err(|error| StoreError::io(&journal)(error.into()))?;
    write_durably(&journal, &text).map_err(StoreError::io(&journal))?;
    carry_out(store, &moves)
}

fn plan(store: &Path, staged: &Staged) -> Result<Move, StoreError> {
    let folder = part_folder(store, &staged.company, &staged.period);
    let mut replaces = Vec::new();
    match fs::read_dir(&folder) {
        Ok(entries) => {
            for entry in entries {
                let name = entry.map_err(StoreError::io(&folder))?.file_name();
                if name.to_string_lossy() != staged.name {
                    replaces.push(relative(store, &folder.join(name)));
                }
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(StoreError::io(&folder)(error)),
    }
    replaces.sort();
    Ok(Move { from: relative(store, &staged.path), to: relative(store, &folder.join(&staged.name)), replaces })
}

fn relative(store: &Path, path: &Path) -> String {
    path.strip_prefix(store).unwrap_or(path).to_string_lossy().into_owned()
}

/// Carries out a journal that a killed run left, or sweeps what it had staged.
pub(super) fn recover(store: &Path) -> Result<(), StoreError> {
    let journal = store.join(JOURNAL);
    match fs::read(&journal) {
        Ok(text) => {
            let moves: Vec<Move> = serde_json::from_slice(&text)
                .map_err(|error| StoreError::Damaged { path: journal.clone(), error: error.to_string() })?;
            carry_out(store, &moves)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => sweep(store),
        Err(error) => Err(StoreError::io(&journal)(error)),
    }
}

fn carry_out(store: &Path, moves: &[Move]) -> Result<(), StoreError> {
    // Entries of one folder are made one after the other by the file system: more threads would wait for each other.
    at_once(moves, 2, |step| {
        let (from, to) = (store.join(&step.from), store.join(&step.to));
        let folder = to.parent().unwrap_or(store);
        for folder in folder.parent().into_iter().chain([folder]) {
            match fs::create_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(StoreError::io(folder)(error));
                }
                _ => {}
            }
        }
        match fs::rename(&from, &to) {
            Ok(()) => {}
            // Moved already, before the kill.
            Err(error) if error.kind() == io::ErrorKind::NotFound && to.exists() => {}
            Err(error) => return Err(StoreError::io(&to)(error)),
        }
        for old in &step.replaces {
            remove_if_there(&store.join(old))?;
        }
        Ok(())
    })?;
    let parts: BTreeSet<PathBuf> =
        moves.iter().filter_map(|step| Some(store.join(&step.to).parent()?.to_owned())).collect();
    let companies: BTreeSet<&Path> = parts.iter().filter_map(|part| part.parent()).collect();
    let folders: Vec<&Path> = parts.iter().map(PathBuf::as_path).chain(companies).chain([store]).collect();
    settle(store, &folders)?;
    remove_if_there(&store.join(JOURNAL))?;
    sweep(store)
}

/// Makes files and folders of the store survive a power failure; many of them with all else on the file system, in one go.
fn settle(store: &Path, paths: &[&Path]) -> Result<(), StoreError> {
    #[cfg(target_os = "linux")]
    {
        /// So many are sooner settled one by one, whatever else waits for the disk.
        const FEW: usize = 24;
        if paths.len() > FEW {
            let all = File::open(store).and_then(|folder| Ok(rustix::fs::syncfs(&folder)?));
            return all.map_err(StoreError::io(store));
        }
    }
    // A file system makes many files durable in one go where they are asked for together.
    at_once(paths, 16, |path| File::open(path).and_then(|file| file.sync_all()).map_err(StoreError::io(path)))
}

/// Does the same to many files. Threads that wait for a disk need no core of their own.
fn at_once<T: Sync>(
    items: &[T],
    threads: usize,
    each: impl Fn(&T) -> Result<(), StoreError> + Sync,
) -> Result<(), StoreError> {
    let chunk = items.len().div_ceil(threads).max(1);
    let each = &each;
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            items.chunks(chunk).map(|items| scope.spawn(move || items.iter().try_for_each(each))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path)(error)),
        _ => Ok(()),
    }
}

/// Removes staged files that no journal speaks of.
fn sweep(store: &Path) -> Result<(), StoreError> {
    remove_if_there(&store.join(JOURNAL).with_extension(UNFINISHED))?;
    let folder = staging(store);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(&folder)(error)),
        _ => Ok(()),
    }
}

/// Writes a small file whole or not at all, and so that it survives a power failure.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(UNFINISHED);
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Writes a file whole or not at all, for what can be made again.
pub(crate) fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!("{name}.{UNFINISHED}"));
    fs::write(&beside, bytes)?;
    fs::rename(&beside, path)
}

/// Makes the entries of a folder survive a power failure.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(store: &Path, company: &str, name: &str) -> Staged {
        let folder = staging(store);
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(format!("{company}-{name}"));
        fs::write(&path, name).expect("written");
        Staged { path, company: company.to_owned(), period: "2026".to_owned(), name: name.to_owned() }
    }

    fn state(store: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for company in ["A", "B"] {
            let folder = part_folder(store, company, "2026");
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                found.push(format!("{company}/{}", entry.file_name().to_string_lossy()));
            }
        }
        found.sort();
        found
    }

    /// Every point at which a kill can fall between two steps of a commit.
    #[test]
    fn a_kill_leaves_the_old_state_or_the_new_one() {
        for killed_after in 0..6 {
            let folder = tempfile::tempdir().expect("a folder");
            let store = folder.path();
            commit(store, &[stage(store, "A", "old"), stage(store, "B", "old")]).expect("committed");
            let staged = [stage(store, "A", "new"), stage(store, "B", "new")];
            let moves: Vec<Move> = staged.iter().map(|staged| plan(store, staged).expect("planned")).collect();
            let journal = serde_json::to_vec(&moves).expect("text");
            let steps: [&dyn Fn(); 5] = [
                &|| write_durably(&store.join(JOURNAL), &journal).expect("journal"),
                &|| fs::rename(store.join(&moves[0].from), store.join(&moves[0].to)).expect("moved"),
                &|| fs::remove_file(store.join(&moves[0].replaces[0])).expect("removed"),
                &|| fs::rename(store.join(&moves[1].from), store.join(&moves[1].to)).expect("moved"),
                &|| fs::remove_file(store.join(&moves[1].replaces[0])).expect("removed"),
            ];
            for step in steps.iter().take(killed_after) {
                step();
            }
            recover(store).expect("recovered");
            let expected = if killed_after == 0 { ["A/old", "B/old"] } else { ["A/new", "B/new"] };
            assert_eq!(state(store), expected, "killed after {killed_after} steps");
            assert!(!staging(store).exists() && !store.join(JOURNAL).exists());
        }
    }
}

//! [`Seen`]: the digests of uploads that nobody touched since they were read.
//!
//! In: what the file system says of a file, before it is read. Out: the digest that it had. Invariant: a file that was changed
//! while it was read, or so shortly before that its times cannot tell, is read again; so is every file where this list is lost
//! or damaged. What is in the store decides all else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::StoreError;
use super::commit::write_beside;
use super::stamp::Stamp;

/// One upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    stamp: Stamp,
    digest: String,
}

/// Digests of uploads, by absolute path.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    file: PathBuf,
    entries: BTreeMap<PathBuf, Entry>,
}

/// An upload before it is read.
#[derive(Debug)]
pub struct Sight {
    path: PathBuf,
    stamp: Stamp,
    settled: bool,
}

impl Sight {
    /// Looks at a file; none where it is not there.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let now = SystemTime::now();
        let stamp = Stamp::of(&fs::metadata(path).ok()?);
        let path = std::path::absolute(path).ok()?;
        let settled = stamp.is_settled(now);
        Some(Self { path, stamp, settled })
    }

    /// Bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.stamp.size
    }
}

impl Seen {
    pub(super) fn read(file: PathBuf) -> Self {
        let entries = fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Self { file, entries }
    }

    /// The digest of an upload that is as it was.
    #[must_use]
    pub fn digest(&self, sight: &Sight) -> Option<&str> {
        let entry = self.entries.get(&sight.path)?;
        (entry.stamp == sight.stamp).then_some(entry.digest.as_str())
    }

    /// Replaces the list by what was read now: the sight of each upload before it was read, and its digest.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn replace(&mut self, read: impl IntoIterator<Item = (Sight, String)>) -> Result<(), StoreError> {
        let settled = read.into_iter().filter(|(sight, _)| sight.settled);
        let entries = settled.map(|(Sight { path, stamp, .. }, digest)| (path, Entry { stamp, digest })).collect();
        if self.entries == entries {
            return Ok(());
        }
        self.entries = entries;
        let folder = self.file.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        let text = serde_json::to_vec(&self.entries).unwrap_or_default();
        // Not durable: a lost list costs nothing but reading again.
        write_beside(&self.file, &text).map_err(StoreError::io(&self.file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_knows_what_did_not_change_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let list = folder.path().join("cache/uploads.json");
        let sight =
            |seconds, settled| Sight { path: "/inbox/a.csv".into(), stamp: Stamp::made_up(seconds, 100), settled };
        let mut seen = Seen::read(list.clone());
        seen.replace([(sight(7, true), "d1".to_owned())]).expect("written");
        let seen = Seen::read(list.clone());
        assert_eq!(seen.digest(&sight(7, true)), Some("d1"));
        assert_eq!(seen.digest(&sight(8, true)), None);
        fs::write(&list, "{\"/inbox/a.csv\":").expect("damaged");
        let mut seen = Seen::read(list.clone());
        assert_eq!(seen.digest(&sight(7, true)), None);
        seen.replace([(sight(7, false), "d1".to_owned())]).expect("written");
        assert_eq!(Seen::read(list).digest(&sight(7, true)), None, "unsettled ones are not kept");
    }
}

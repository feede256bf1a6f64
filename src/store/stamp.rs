//! [`Stamp`]: what the file system says of a file.
//!
//! In: a file's metadata. Out: something that is not the same after the file was changed. Invariant: where the system tells when
//! anything of a file was changed last, no change keeps the stamp, but for two so close to each other that they have one time.

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// Two changes closer than this may have one time.
const GRAIN: Duration = Duration::from_secs(2);

/// What the file system says of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Since 1970, as seconds and nanoseconds.
    modified: (u64, u32),
    /// Device, number, and when anything of it was changed last, where the system tells that.
    entry: Option<(u64, u64, i64, i64)>,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        let modified = modified.unwrap_or_default();
        Self {
            size: metadata.len(),
            modified: (modified.as_secs(), modified.subsec_nanos()),
            entry: Self::entry(metadata),
        }
    }

    #[cfg(unix)]
    #[expect(clippy::unnecessary_wraps, reason = "other systems do not tell")]
    fn entry(metadata: &Metadata) -> Option<(u64, u64, i64, i64)> {
        use std::os::unix::fs::MetadataExt;
        Some((metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
    }

    #[cfg(not(unix))]
    fn entry(_: &Metadata) -> Option<(u64, u64, i64, i64)> {
        None
    }

    /// Whether the last change lies so far back that another one would have another time.
    pub(super) fn is_settled(&self, now: SystemTime) -> bool {
        let changed = self.entry.and_then(|(_, _, seconds, _)| u64::try_from(seconds).ok()).unwrap_or(0);
        let last = SystemTime::UNIX_EPOCH + Duration::from_secs(changed.max(self.modified.0));
        now.duration_since(last).is_ok_and(|age| age > GRAIN)
    }

    /// A stamp with these times, of a file of three bytes.
    #[cfg(test)]
    pub(super) fn made_up(modified: u64, changed: i64) -> Self {
        Self { size: 3, modified: (modified, 0), entry: Some((1, 2, changed, 0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_changed_shortly_before_is_not_believed() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(Stamp::made_up(100, 100).is_settled(at(103)));
        assert!(!Stamp::made_up(100, 100).is_settled(at(102)));
        assert!(!Stamp::made_up(104, 100).is_settled(at(103)), "a time to come is none");
        assert!(!Stamp::made_up(5, 100).is_settled(at(101)), "a copy that keeps its time was still made just now");
    }
}

//! The machine: room on the disk, and the clock.
//!
//! In: a workspace, and what its store looks like. Out: findings. Invariant: what cannot be known on a system is said, not guessed.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{Findings, State};
use crate::cli::summary::group;
use crate::store::Look;

/// How far the clock may be behind the newest file of the store.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The first second of 2026, the year in which this version was written. It is told here and not taken from the build, so that the same
/// source gives the same program.
const WRITTEN: Duration = Duration::from_secs(1_767_225_600);

/// Room on the disk against the size of the store.
pub(super) fn check_disk(workspace: &Path, look: &Look, findings: &mut Findings) {
    let Some(free) = free_bytes(workspace) else {
        let mend = format!("see to it that there is more free than {}", megabytes(look.bytes));
        findings.note("disk", "how much room is free is not known on this system", mend);
        return;
    };
    let latest = look.parts.iter().map(|part| part.period.as_str()).max();
    let of_latest = look.parts.iter().filter(|part| Some(part.period.as_str()) == latest);
    let period = of_latest.map(|part| part.stamp.size).sum();
    let text = format!("{} free; the store has {}", megabytes(free), megabytes(look.bytes));
    let mend = "make room: a run writes new files of the store before it removes those that they replace";
    match judge_room(free, look.bytes, period) {
        State::Ok => findings.ok("disk", text),
        State::Note => findings.note("disk", text, mend),
        State::Problem => findings.problem("disk", text, mend),
    }
}

/// There must be room for the latest period once more, and there should be for all of them.
fn judge_room(free: u64, store: u64, latest_period: u64) -> State {
    if free <= latest_period {
        State::Problem
    } else if free < store {
        State::Note
    } else {
        State::Ok
    }
}

#[cfg(target_os = "linux")]
fn free_bytes(folder: &Path) -> Option<u64> {
    let room = rustix::fs::statvfs(folder).ok()?;
    Some(room.f_bavail.saturating_mul(room.f_frsize))
}

#[cfg(not(target_os = "linux"))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// The clock against what cannot be later than now.
pub(super) fn check_clock(look: &Look, findings: &mut Findings) {
    let now = SystemTime::now();
    let mend = "set the clock of this machine; uploads that were changed meanwhile may be taken for unchanged ones";
    if now < SystemTime::UNIX_EPOCH + WRITTEN {
        findings.problem("clock", "the clock is before the year in which this program was written", mend);
    } else if look.newest.is_some_and(|newest| is_behind(now, newest)) {
        findings.problem("clock", "the clock is more than a day before the newest file of the store", mend);
    } else {
        findings.ok("clock", "it is later than this program and the files of the store");
    }
}

fn is_behind(now: SystemTime, newest: SystemTime) -> bool {
    newest.duration_since(now).is_ok_and(|ahead| ahead > DAY)
}

/// Bytes as megabytes, rounded up.
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{} MB", group(bytes.div_ceil(1_000_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_judged_by_what_a_run_needs() {
        assert_eq!(judge_room(1_000, 500, 200), State::Ok);
        assert_eq!(judge_room(500, 500, 200), State::Ok);
        assert_eq!(judge_room(499, 500, 200), State::Note);
        assert_eq!(judge_room(200, 500, 200), State::Problem);
        assert_eq!(judge_room(0, 0, 0), State::Problem, "nothing at all is free");
    }

    #[test]
    fn a_clock_may_be_a_day_behind() {
        let now = SystemTime::UNIX_EPOCH + WRITTEN;
        assert!(!is_behind(now, now + DAY));
        assert!(is_behind(now, now + DAY + Duration::from_secs(1)));
        assert!(!is_behind(now + DAY, now));
    }
}

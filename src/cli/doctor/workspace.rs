//! The workspace itself, and its cache.
//!
//! In: a workspace. Out: findings. Invariant: whether something can be written is asked of the operating system, not tried.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::Findings;
use super::machine::megabytes;

/// Folders of a workspace that runs write to.
const FOLDERS: [&str; 9] = ["", "store", "rejects", "companies", "ledger", "releases", "budget", "keys", "cache"];

/// Whether the workspace is there.
pub(super) fn check(workspace: &Path, findings: &mut Findings) -> bool {
    let place = workspace.display();
    match fs::metadata(workspace) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => {
            findings.problem("workspace", format!("{place} is no folder"), "name a folder with `--workspace`");
            return false;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mend = "name the right one with `--workspace`; if there was no run yet, the first one makes it";
            findings.problem("workspace", format!("{place} is not there"), mend);
            return false;
        }
        Err(error) => {
            findings.problem("workspace", format!("{place}: {error}"), "let the user who runs payquorum read it");
            return false;
        }
    }
    let folders = FOLDERS.iter().map(|name| workspace.join(name)).filter(|folder| folder.exists());
    let closed: Vec<String> =
        folders.filter(|folder| !is_writable(folder)).map(|folder| folder.display().to_string()).collect();
    if closed.is_empty() {
        findings.ok("workspace", format!("{place} is there and can be written"));
    } else {
        let mend = "give the user who runs payquorum the right to write there, and mount the file system for writing";
        findings.problem("workspace", format!("cannot be written: {}", closed.join(", ")), mend);
    }
    true
}

#[cfg(target_os = "linux")]
fn is_writable(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn is_writable(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|metadata| !metadata.permissions().readonly())
}

/// The cache, which is never needed.
pub(super) fn check_cache(workspace: &Path, findings: &mut Findings) {
    let cache = workspace.join("cache");
    match bytes_below(&cache) {
        Ok(bytes) => {
            let text = format!("{} has {}; it may be deleted at any time", cache.display(), megabytes(bytes));
            findings.ok("cache", text);
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            findings.ok("cache", "there is none: the next run computes everything");
        }
        Err(error) => findings.note(
            "cache",
            format!("{} cannot be read: {error}", cache.display()),
            "delete it: it only saves work, and the next run makes it again",
        ),
    }
}

fn bytes_below(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_below(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

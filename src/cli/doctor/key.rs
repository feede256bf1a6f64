//! The master key: is it there, does it load, and can nobody else read it?
//!
//! In: a workspace. Out: findings, and whether a run has a key. Invariant: nothing of a key is told but its ID, which is not secret.

use std::fs;
use std::path::Path;

use super::Findings;
use crate::pseudonym::{KEY_VARIABLE, KeyError, KeySource, load};

/// Whether a run would have a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Usable {
    /// The key with this ID.
    Key(String),
    /// There is none; whether that is a problem the store decides.
    Nothing,
    /// There is one that a run refuses, which has been told.
    Refused,
}

pub(super) fn check(workspace: &Path, findings: &mut Findings) -> Usable {
    let folder = workspace.join("keys");
    let file = folder.join("master.key");
    check_mode(&folder, 0o700, findings);
    check_mode(&file, 0o600, findings);
    check_leftovers(&folder, findings);
    let backup = "put the key file back from your backup; a new key makes pseudonyms that cannot be compared with those in the store";
    match load(workspace) {
        Ok(Some((key, KeySource::Variable))) => {
            findings.ok("key", format!("key {} comes from the variable {KEY_VARIABLE}", key.id()));
            if file.exists() {
                let text = format!("{} is not used while {KEY_VARIABLE} is set", file.display());
                findings.note("key", text, "unset the variable if the file is meant");
            }
            Usable::Key(key.id())
        }
        Ok(Some((key, _))) => {
            findings.ok("key", format!("{} loads; it is key {}", file.display(), key.id()));
            Usable::Key(key.id())
        }
        Ok(None) => Usable::Nothing,
        Err(error) => {
            match error {
                // Its mode was told already.
                KeyError::Exposed { .. } => {}
                KeyError::Malformed { place } => {
                    findings.problem("key", format!("{place} does not hold 64 hexadecimal digits"), backup);
                }
                error => findings.problem("key", error.to_string(), "let the user who runs payquorum read it"),
            }
            Usable::Refused
        }
    }
}

#[cfg(unix)]
fn check_mode(path: &Path, expected: u32, findings: &mut Findings) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = fs::metadata(path) else { return };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let place = path.display();
        let text = format!("{place} is open to others: mode {mode:04o}, expected {expected:04o}");
        let mend = format!("run `chmod {expected:o} {place}`, and think about a new key if others use this machine");
        findings.problem("key", text, mend);
    } else {
        findings.ok("key", format!("{} is for its owner alone (mode {mode:04o})", path.display()));
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: u32, _: &mut Findings) {}

/// Key files that a killed first run had not finished.
fn check_leftovers(folder: &Path, findings: &mut Findings) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(".master.key.") {
            let text = format!("{} is left of a run that was killed while it made the key", entry.path().display());
            findings.note("key", text, "delete it: nothing needs it");
        }
    }
}

//! Where the master key lies: a file of mode 0600, or an environment variable.
//!
//! In: the workspace. Out: a [`MasterKey`] and where it came from. Invariant: a key file that others can read is refused;
//! a key is never overwritten.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::key::{KeyError, MasterKey};

/// The environment variable that may hold the master key.
pub const KEY_VARIABLE: &str = "PAYQUORUM_MASTER_KEY";

/// Where a key came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The environment variable [`KEY_VARIABLE`].
    Variable,
    /// A file.
    File(PathBuf),
    /// A file that was made just now.
    NewFile(PathBuf),
}

fn key_file(workspace: &Path) -> PathBuf {
    workspace.join("keys").join("master.key")
}

/// The master key, if there is one.
///
/// # Errors
/// [`KeyError`]: the file or variable holds no key, or others can read the file.
pub fn load(workspace: &Path) -> Result<Option<(MasterKey, KeySource)>, KeyError> {
    if let Ok(text) = std::env::var(KEY_VARIABLE) {
        let text = zeroize::Zeroizing::new(text);
        let key = MasterKey::parse(&text).ok_or_else(|| KeyError::Malformed { place: KEY_VARIABLE.to_owned() })?;
        return Ok(Some((key, KeySource::Variable)));
    }
    let file = key_file(workspace);
    let text = match fs::read_to_string(&file) {
        Ok(text) => zeroize::Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(KeyError::Io { file: file.display().to_string(), error }),
    };
    if exposed(&file)? {
        return Err(KeyError::Exposed { file: file.display().to_string() });
    }
    let key = MasterKey::parse(&text).ok_or_else(|| KeyError::Malformed { place: file.display().to_string() })?;
    Ok(Some((key, KeySource::File(file))))
}

/// The master key; makes one where there is none.
///
/// # Errors
/// As [`load`] and [`create`].
pub fn load_or_create(workspace: &Path) -> Result<(MasterKey, KeySource), KeyError> {
    match load(workspace)? {
        Some(found) => Ok(found),
        None => create(workspace),
    }
}

/// Makes a new master key in the workspace.
///
/// # Errors
/// [`KeyError`]: there is one already, or the file cannot be written.
pub fn create(workspace: &Path) -> Result<(MasterKey, KeySource), KeyError> {
    let file = key_file(workspace);
    let failed = |error| KeyError::Io { file: file.display().to_string(), error };
    let folder = workspace.join("keys");
    fs::create_dir_all(&folder).map_err(failed)?;
    only_owner(&folder, 0o700).map_err(failed)?;
    let key = MasterKey::random()?;
    // Written whole beside and then linked, so that a kill leaves no half key under the final name.
    let beside = folder.join(format!(".master.key.{}", std::process::id()));
    let written = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options.open(&beside)?;
        out.write_all(key.to_text().as_bytes())?;
        out.write_all(b"\n")?;
        out.sync_all()?;
        fs::hard_link(&beside, &file)
    })();
    let _ = fs::remove_file(&beside);
    match written {
        Ok(()) => Ok((key, KeySource::NewFile(file))),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(KeyError::Exists { file: file.display().to_string() })
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(unix)]
fn only_owner(path: &Path, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn only_owner(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn exposed(file: &Path) -> Result<bool, KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(file).map_err(|error| KeyError::Io { file: file.display().to_string(), error })?;
    Ok(metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn exposed(_: &Path) -> Result<bool, KeyError> {
    Ok(false)
}

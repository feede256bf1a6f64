//! Tells the program from which source it was built.
//!
//! In: `src/`, and which libraries. Out: `PAYQUORUM_SOURCE`, a number that changes with any of its files, and `PAYQUORUM_TARGET`, the kind of machine. Invariant: the same source gives the same
//! number on any machine, so that builds stay reproducible.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let mut hasher = DefaultHasher::new();
    for path in ["Cargo.toml", "Cargo.lock", "src"] {
        println!("cargo::rerun-if-changed={path}");
        digest(Path::new(path), &mut hasher)?;
    }
    println!("cargo::rustc-env=PAYQUORUM_SOURCE={:016x}", hasher.finish());
    println!("cargo::rustc-env=PAYQUORUM_TARGET={}", env::var("TARGET").unwrap_or_default());
    Ok(())
}

fn digest(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    path.to_string_lossy().replace('\\', "/").hash(hasher);
    if !path.is_dir() {
        fs::read(path)?.hash(hasher);
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    entries.iter().try_for_each(|entry| digest(&entry.path(), hasher))
}

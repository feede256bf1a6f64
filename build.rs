//! Tells the program from which source it was built.
//!
//! In: `src/`. Out: `PAYQUORUM_SOURCE`, a number that changes with any of its files. Invariant: the same source gives the same
//! number on any machine, so that builds stay reproducible.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src");
    let mut hasher = DefaultHasher::new();
    digest(Path::new("src"), &mut hasher)?;
    println!("cargo::rustc-env=PAYQUORUM_SOURCE={:016x}", hasher.finish());
    Ok(())
}

fn digest(folder: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        entry.file_name().to_string_lossy().hash(hasher);
        if entry.file_type()?.is_dir() {
            digest(&entry.path(), hasher)?;
        } else {
            fs::read(entry.path())?.hash(hasher);
        }
    }
    Ok(())
}

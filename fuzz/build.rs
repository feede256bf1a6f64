//! Makes the two CSV modules ready for fuzzing.
//!
//! In: `chunk.rs` and `records.rs` of the program. Out: the same in `OUT_DIR`, with the sizes of a chunk and of the longest record as
//! functions, and with the slow twin outside tests. Invariant: nothing else differs; where the text to replace is not there exactly once,
//! the build fails, so that fuzzing never runs over something old.

use std::path::{Path, PathBuf};
use std::{env, fs};

const TESTS: &str = "#[cfg(test)]\nmod tests {";

fn main() {
    let source = PathBuf::from("../src/intake");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let chunk = take(&source.join("chunk.rs"));
    let chunk = once(&chunk, "pub(super) const CHUNK: usize = 1 << 20;", "use crate::sizes::chunk as chunk_bytes;");
    let chunk = once(&chunk, "const LONGEST_RECORD: usize = 16 << 20;", "use crate::sizes::longest as longest_record;");
    let chunk = chunk.replace("CHUNK", "chunk_bytes()").replace("LONGEST_RECORD", "longest_record()");
    fs::write(out.join("chunk.rs"), chunk).expect("written");
    let records = take(&source.join("records.rs"));
    let records = once(&records, "#[cfg(test)]\npub(super) mod twin {\n", "pub(super) mod twin {\n");
    fs::write(out.join("records.rs"), records).expect("written");
    println!("cargo::rerun-if-changed=build.rs");
}

/// The text of a module without its tests, and with its first comment as a plain one: it is included, not a file of its own.
fn take(path: &Path) -> String {
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(path).expect("a module of the program");
    let (text, _) = text.split_once(TESTS).expect("tests at the end of the module");
    let lines = text.lines().map(|line| match line.trim_start().strip_prefix("//!") {
        Some(comment) => format!("//{comment}\n"),
        None => format!("{line}\n"),
    });
    lines.collect()
}

fn once(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "{old:?} is to be replaced");
    text.replace(old, new)
}

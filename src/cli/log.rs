//! What is told on standard error, and how much of it.
//!
//! In: sentences of commands, and the level that the command line asks for. Out: lines on standard error; warnings are also kept
//! for `--json`. Invariant: errors are always told; nothing here is given a record, so that no value of one can be told.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::{Args, ValueEnum};

use super::output::printable;
use super::progress::undrawn;

/// How much is told; each level tells what those before it tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Level {
    /// Why the program stopped
    Error,
    /// Also what should be looked at, although the program went on
    Warn,
    /// Also the summary at the end
    Info,
    /// Also a line for each upload, and for the end of each stage
    Debug,
}

#[derive(Debug, Args)]
pub(super) struct LogArguments {
    /// Tell nothing on standard error but errors and warnings, as `--log warn` does
    #[arg(long, global = true, conflicts_with = "log")]
    quiet: bool,
    /// How much to tell on standard error
    #[arg(long, global = true, value_enum, value_name = "LEVEL", default_value = "info")]
    log: Level,
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Info as u8);
static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl LogArguments {
    /// Sets the level for the whole program.
    pub(super) fn apply(&self) {
        let level = if self.quiet { Level::Warn } else { self.log };
        LEVEL.store(level as u8, Ordering::Relaxed);
    }
}

/// Whether a level is told.
pub(super) fn tells(level: Level) -> bool {
    level as u8 <= LEVEL.load(Ordering::Relaxed)
}

/// Tells why the program stops.
pub(super) fn error(error: &anyhow::Error) {
    undrawn(|| eprintln!("error: {}", printable(&format!("{error:#}"))));
}

/// Tells what should be looked at, although the program goes on.
pub(super) fn warning(text: String) {
    if tells(Level::Warn) {
        undrawn(|| eprintln!("warning: {}", printable(&text)));
    }
    // A thread that died while it held the list has added its warning, or has not.
    WARNINGS.lock().unwrap_or_else(PoisonError::into_inner).push(text);
}

/// All warnings so far, told or not.
pub(super) fn warnings() -> Vec<String> {
    WARNINGS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Tells what was done: whole lines.
pub(super) fn info(lines: &str) {
    if tells(Level::Info) {
        undrawn(|| eprint!("{}", printable(lines)));
    }
}

/// Tells a detail: one line.
pub(super) fn debug(line: impl FnOnce() -> String) {
    if tells(Level::Debug) {
        undrawn(|| eprintln!("debug: {}", printable(&line())));
    }
}

//! Progress on long work: on standard error, and only on a terminal.
//!
//! In: a stage, how much there is to do in it, and steps. Out: a line that tells what is being done, how much of it is done, how fast
//! it goes and how long it will still take; it goes when the stage ends. Invariant: nothing is drawn where nobody looks, or where the
//! command line asks for quiet; the time of each stage is measured in any case.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::log::{self, Level};
use super::summary::group;
use crate::timings;

/// How often a line is drawn again where nothing happens, so that the time left stays true.
const TICK: Duration = Duration::from_millis(120);

const BYTES: &str = "{spinner} {prefix:<12} {wide_bar} {bytes} of {total_bytes}{msg}, {bytes_per_sec}, {eta} left";
const RECORDS: &str = "{spinner} {prefix:<12} {wide_bar} {human_pos} of {human_len} records, {per_sec:0}, {eta} left";
const WORDS: &str = "{spinner} {prefix:<12} {wide_msg} {elapsed}";

/// The line that is drawn now; stages follow each other.
static DRAWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

fn set_drawn(bar: Option<ProgressBar>) {
    *DRAWN.lock().unwrap_or_else(PoisonError::into_inner) = bar;
}

/// Writes to standard error while nothing is drawn there, so that no text stands in the middle of a line of progress.
pub(super) fn undrawn(write: impl FnOnce()) {
    let bar = DRAWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// A stage of the run; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Stage {
    name: &'static str,
    bar: ProgressBar,
    /// Files that are done.
    files: AtomicU64,
    of_files: u64,
    begin: Instant,
    span: Option<timings::Span>,
}

impl Stage {
    /// Begins a stage of which it is not known how much there is to do.
    pub(super) fn begin(name: &'static str) -> Self {
        let is_seen = std::io::stderr().is_terminal() && log::tells(Level::Info);
        let target = if is_seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target).with_style(style(WORDS)).with_prefix(name);
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
            set_drawn(Some(bar.clone()));
        }
        let span = Some(timings::stage(name));
        Self { name, bar, files: AtomicU64::new(0), of_files: 0, begin: Instant::now(), span }
    }

    /// Tells what is being done now.
    pub(super) fn does(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
    }

    /// Begins to count so many records.
    pub(super) fn count_records(&self, records: u64) {
        self.count(records, RECORDS);
    }

    /// Begins to count the bytes of so many files.
    pub(super) fn count_files(&mut self, files: usize, bytes: u64) {
        self.of_files = files as u64;
        self.count(bytes, BYTES);
        self.tell_files(0);
    }

    fn count(&self, length: u64, template: &str) {
        self.bar.set_style(style(template));
        self.bar.set_length(length);
        // What went before does not count for the rate.
        self.bar.reset_eta();
    }

    /// So many records are done.
    pub(super) fn records(&self, records: u64) {
        self.bar.inc(records);
    }

    /// A file of so many bytes is done.
    pub(super) fn file(&self, bytes: u64) {
        self.tell_files(self.files.fetch_add(1, Ordering::Relaxed) + 1);
        self.bar.inc(bytes);
    }

    fn tell_files(&self, done: u64) {
        if !self.bar.is_hidden() {
            self.bar.set_message(format!(", {} of {} files", group(done), group(self.of_files)));
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        set_drawn(None);
        self.bar.finish_and_clear();
        drop(self.span.take());
        log::debug(|| format!("{} took {:.2} s", self.name, self.begin.elapsed().as_secs_f64()));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_one() {
        for template in [BYTES, RECORDS, WORDS] {
            ProgressStyle::with_template(template).expect("a template");
        }
    }
}

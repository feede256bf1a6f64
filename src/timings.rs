//! Where the time of a run goes.
//!
//! In: spans, which measure from where they are made to where they are dropped. Out: for people the time of each stage and of its
//! parts, and a trace in the format of Chrome's viewer, which Perfetto and Speedscope open as well. Invariant: nothing here knows of
//! any record, or changes what a run does; stages follow each other, parts are counted in the stage in which they begin; while
//! nobody asks for parts, a part costs one look at a flag.
//!
//! Of a part the time of all threads together is told: two threads that parse for a second are two seconds.

use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// What was measured.
#[derive(Debug, Clone, Copy)]
struct Event {
    name: &'static str,
    is_stage: bool,
    thread: u32,
    start: Duration,
    length: Duration,
}

static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
static EVENTS: Mutex<Vec<Event>> = Mutex::new(Vec::new());
static PARTS_WANTED: AtomicBool = AtomicBool::new(false);

fn events() -> MutexGuard<'static, Vec<Event>> {
    // What a thread that died had measured is still true.
    EVENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of this thread.
fn thread() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    thread_local!(static OWN: Cell<u32> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed)));
    OWN.get()
}

/// Measures until it is dropped.
#[derive(Debug)]
#[must_use = "it measures until it is dropped"]
pub struct Span(Option<(&'static str, bool, Instant)>);

impl Drop for Span {
    fn drop(&mut self) {
        if let Some((name, is_stage, start)) = self.0 {
            let length = start.elapsed();
            events().push(Event { name, is_stage, thread: thread(), start: start.duration_since(*BEGIN), length });
        }
    }
}

/// A stage of the run; stages follow each other.
pub fn stage(name: &'static str) -> Span {
    LazyLock::force(&BEGIN);
    Span(Some((name, true, Instant::now())))
}

/// A part of a stage, on whatever thread; measured only where it is [asked for](want_parts).
pub fn part(name: &'static str) -> Span {
    Span(PARTS_WANTED.load(Ordering::Relaxed).then(|| (name, false, Instant::now())))
}

/// Measures parts of stages from now on.
pub fn want_parts() {
    PARTS_WANTED.store(true, Ordering::Relaxed);
}

/// The stages so far, each with its name and how long it took.
#[must_use]
pub fn stages() -> Vec<(&'static str, Duration)> {
    events().iter().filter(|event| event.is_stage).map(|event| (event.name, event.length)).collect()
}

/// The stages so far in one line.
#[must_use]
pub fn line() -> String {
    let events = events();
    let stages: Vec<&Event> = events.iter().filter(|event| event.is_stage).collect();
    let all: Duration = stages.iter().map(|stage| stage.length).sum();
    let each = stages.iter().map(|stage| format!("{} {}", stage.name, seconds(stage.length)));
    format!("{} s: {}", seconds(all), each.collect::<Vec<_>>().join(", "))
}

/// The stages so far and their parts, the longest first.
#[must_use]
pub fn table() -> String {
    let events = events();
    let mut text = "     seconds  of threads  where\n".to_owned();
    for stage in events.iter().filter(|event| event.is_stage) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:>12} {:>11}  {}", seconds(stage.length), "", stage.name);
        let mut parts: Vec<(&str, Duration)> = Vec::new();
        for part in events.iter().filter(|event| !event.is_stage && event.is_within(stage)) {
            match parts.iter_mut().find(|(name, _)| *name == part.name) {
                Some((_, length)) => *length += part.length,
                None => parts.push((part.name, part.length)),
            }
        }
        parts.sort_by_key(|&(name, length)| (std::cmp::Reverse(length), name));
        for (name, length) in parts {
            let _ = writeln!(text, "{:>12} {:>11}    {name}", "", seconds(length));
        }
    }
    text
}

impl Event {
    fn is_within(&self, stage: &Self) -> bool {
        (stage.start..=stage.start + stage.length).contains(&self.start)
    }
}

fn seconds(length: Duration) -> String {
    format!("{:.2}", length.as_secs_f64())
}

/// One span of a trace, in the field names of the Trace Event Format.
#[derive(Serialize)]
struct Complete {
    name: &'static str,
    cat: &'static str,
    ph: &'static str,
    /// Microseconds.
    ts: f64,
    dur: f64,
    pid: u32,
    tid: u32,
}

/// All spans so far in the Trace Event Format.
///
/// # Errors
/// [`serde_json::Error`], which does not happen.
pub fn trace() -> serde_json::Result<Vec<u8>> {
    let complete = |event: &Event| Complete {
        name: event.name,
        cat: if event.is_stage { "stage" } else { "part" },
        ph: "X",
        ts: event.start.as_secs_f64() * 1e6,
        dur: event.length.as_secs_f64() * 1e6,
        pid: 1,
        tid: event.thread,
    };
    serde_json::to_vec(&events().iter().map(complete).collect::<Vec<_>>())
}

//! Progress on long work: on standard error, and only on a terminal.
//!
//! In: a length and steps. Out: a bar that goes when the work is done. Invariant: nothing is drawn where nobody looks.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for `length` of something, `what`.
pub(super) fn bar(length: u64, what: &'static str, bytes: bool) -> ProgressBar {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let template = if bytes {
        "{msg:<12} {wide_bar} {bytes}/{total_bytes}  {eta} left"
    } else {
        "{msg:<12} {wide_bar} {human_pos}/{human_len} records  {eta} left"
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(length), target).with_style(style);
    bar.set_message(what);
    bar
}

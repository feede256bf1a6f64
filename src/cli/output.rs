//! What is told on standard output.
//!
//! In: lines of commands. Out: the same, in which no character can change what a terminal shows elsewhere. Invariant: names of files, headers
//! and companies come from others, and pass here or through `log.rs` before anybody sees them; a reader who stops reading ends the program
//! without a fault.

use std::io::{self, Write};

use crate::intake::is_unprintable;

/// A text without characters that could change what a terminal shows elsewhere; line breaks and tabs stay.
pub(super) fn printable(text: &str) -> String {
    let shown =
        |letter: char| if is_unprintable(letter) && !matches!(letter, '\n' | '\t') { '\u{fffd}' } else { letter };
    text.chars().map(shown).collect()
}

/// Tells text as it is, but for what a terminal would take as more than text.
pub(super) fn text(text: &str) {
    if let Err(error) = io::stdout().write_all(printable(text).as_bytes()) {
        // Whoever reads has had enough, as `head` has; anything else is a fault that the end of the program tells.
        std::process::exit(i32::from(error.kind() != io::ErrorKind::BrokenPipe));
    }
}

/// Tells a line, as `println!` does.
macro_rules! say {
    ($($argument:tt)*) => {
        $crate::cli::output::text(&(format!($($argument)*) + "\n"))
    };
}

pub(super) use say;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_text_reaches_a_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\r\u{7}\u{202e}c\td\n"), "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}c\td\n");
    }
}

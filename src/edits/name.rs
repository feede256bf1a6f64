//! Names of private files that are made of what comes from outside: a company's ID, or the name of an upload.
//!
//! In: any text. Out: a file name without its ending. Invariant: it stays in its folder, holds letters and digits of ASCII, `-`, `_` and
//! `.` alone, does not begin with `.`, and is short; two texts have two names.

use crate::digest::{hex, of};

/// Bytes of a name at most, but for what keeps two of them apart.
const LONGEST: usize = 60;

/// A file name for a text.
#[must_use]
pub fn file_name(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = text.chars().take(LONGEST).map(|c| if plain(c) { c } else { '_' }).collect();
    let name = if name.starts_with('.') { name.replacen('.', "_", 1) } else { name };
    if name == text && !name.is_empty() { name } else { format!("{name}~{}", &hex(&of(text.as_bytes()))[..8]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_is_its_own_name() {
        assert_eq!(file_name("C020"), "C020");
        assert_eq!(file_name("north-west_2.b"), "north-west_2.b");
    }

    #[test]
    fn nothing_leaves_its_folder() {
        for text in
            ["", "..", ".hidden", "../up", "a/b", "R & D / Ops", "C:\\x", "a\nb", "Ä", "\u{202e}x", &"x".repeat(300)]
        {
            let name = file_name(text);
            assert!(!name.is_empty() && !name.starts_with('.') && name.len() <= LONGEST + 9, "{name}");
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)), "{name}");
        }
        assert_ne!(file_name("a/b"), file_name("a:b"));
    }
}

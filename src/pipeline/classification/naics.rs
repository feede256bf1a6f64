//! How codes of NAICS are written.
//!
//! In: a text that is no code as it stands. Out: the code that it may mean. Invariant: only sectors have other forms: one of the
//! two-digit numbers that a sector joins, or its range written with blanks or a dash of another length.

/// The sectors that join several two-digit numbers.
const JOINED: [(&str, &[&str]); 3] =
    [("31-33", &["31", "32", "33"]), ("44-45", &["44", "45"]), ("48-49", &["48", "49"])];

pub(super) fn official(text: &str) -> Option<String> {
    if let Some((sector, _)) = JOINED.iter().find(|(_, numbers)| numbers.contains(&text)) {
        return Some((*sector).to_owned());
    }
    let (from, to) = text.split_once(['-', '\u{2013}', '\u{2014}'])?;
    Some(format!("{}-{}", from.trim(), to.trim()))
}

//! How codes of NACE and ISIC are written.
//!
//! In: a text that is no code as it stands, and the classification. Out: the code that it may mean. Invariant: a section in front must
//! be the one that the code belongs to. Zeros that a spreadsheet took away are never guessed: three digits of NACE alone are
//! a group only where no class has them behind a zero.

use super::Tree;

/// `62.01` may also be written `6201`, `J62.01` or `J6201`.
pub(super) fn nace(text: &str, tree: &Tree) -> Option<String> {
    let (section, digits) = split(text)?;
    let code = match (digits.len(), digits.bytes().all(|byte| byte.is_ascii_digit())) {
        (3 | 4, true) => format!("{}.{}", &digits[..2], &digits[2..]),
        _ => digits.to_owned(),
    };
    if section.is_none() && digits.len() == 3 && tree.has(&format!("0{}.{}", &digits[..1], &digits[1..])) {
        return None;
    }
    of_section(section, code, tree)
}

/// `6201` may also be written `J6201`.
pub(super) fn isic(text: &str, tree: &Tree) -> Option<String> {
    let (section, digits) = split(text)?;
    of_section(section, digits.to_owned(), tree)
}

/// The letter in front, and the rest; none where that is not of digits and dots.
fn split(text: &str) -> Option<(Option<String>, &str)> {
    let rest = text.trim_start_matches(|first: char| first.is_ascii_alphabetic());
    let section = text.strip_suffix(rest).filter(|section| !section.is_empty()).map(str::to_ascii_uppercase);
    rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then_some((section, rest))
}

fn of_section(section: Option<String>, code: String, tree: &Tree) -> Option<String> {
    match section {
        None => Some(code),
        Some(section) if code.is_empty() => Some(section),
        Some(section) => (tree.has(&code) && tree.at_level(&code, 1) == section).then_some(code),
    }
}

//! [`Tree`]: the codes of a classification on their levels.
//!
//! In: codes, each with the code above it. Out: the ancestor of a code on a level, and what a level consists of. Invariant: all
//! branches go from the top down without leaving out a level; a code stands on one level only.

use std::collections::BTreeMap;

use super::UNKNOWN;

/// The codes of a classification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The levels that exist, coarsest first.
    levels: Vec<u8>,
    /// Code to its path from the top (itself last) and its label.
    codes: BTreeMap<String, (Vec<String>, String)>,
}

impl Tree {
    /// `codes` tells of each code its path from the top, itself last, and its label.
    pub(super) fn new(levels: Vec<u8>, codes: BTreeMap<String, (Vec<String>, String)>) -> Self {
        debug_assert!(levels.is_sorted() && codes.values().all(|(path, _)| (1..=levels.len()).contains(&path.len())));
        Self { levels, codes }
    }

    pub(super) fn levels(&self) -> &[u8] {
        &self.levels
    }

    pub(super) fn has(&self, code: &str) -> bool {
        self.codes.contains_key(code)
    }

    pub(super) fn label(&self, code: &str) -> Option<&str> {
        self.codes.get(code).map(|(_, label)| label.as_str())
    }

    /// The ancestor of a code on a level, itself included; below its own level what is not further specified of it.
    pub(super) fn at_level(&self, code: &str, level: u8) -> String {
        let place = self.levels.iter().position(|known| *known == level);
        match self.codes.get(code).zip(place) {
            Some(((path, _), place)) => path.get(place).cloned().unwrap_or_else(|| format!("{code}{UNKNOWN}")),
            None => UNKNOWN.to_owned(),
        }
    }

    /// The codes of a level with what is not further specified of those above, in order.
    pub(super) fn codes(&self, level: u8) -> Vec<String> {
        let Some(place) = self.levels.iter().position(|known| *known == level) else { return Vec::new() };
        let on_level = |(code, (path, _)): (&String, &(Vec<String>, String))| match path.len() {
            length if length <= place => Some(format!("{code}{UNKNOWN}")),
            length if length == place + 1 => Some(code.clone()),
            _ => None,
        };
        let mut codes: Vec<String> = self.codes.iter().filter_map(on_level).collect();
        codes.sort_unstable();
        codes
    }
}

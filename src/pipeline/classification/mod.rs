//! Classifications: which code of which level a code belongs to.
//!
//! In: the name of a built-in classification, or a CSV file `code,parent,label`, and texts from registers and uploads. Out: a
//! [`Hierarchy`], and the official code of a text on each of its levels. Invariant: on each level a code has exactly one code, and
//! each code exactly one parent on each level above it, so that the cells of a level add up to those of any coarser one.
//!
//! A code counts on every level that it reaches. Below, it counts as `CODE_U`: of this branch, and not further specified. Whoever
//! has no code counts as [`UNKNOWN`] on all levels.

mod activities;
mod file;
mod listed;
mod naics;
mod soc;
mod tree;

use std::borrow::Cow;
use std::path::Path;

pub use listed::Listed;
pub use tree::Tree;

use crate::problem::FileProblems;

/// The code of a total over a dimension, as in SDMX.
pub const TOTAL: &str = "_T";

/// The code of employees whose record does not say, as in SDMX; behind another code, that their code does not reach further down.
pub const UNKNOWN: &str = "_U";

/// A classification of one dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hierarchy {
    /// Codes without levels: there is only level 1.
    Flat,
    /// A published classification that is built in.
    Listed(Listed),
    /// A classification from a file: level 1 is the top.
    File(file::ClassificationFile),
}

impl Hierarchy {
    /// Reads a classification file.
    ///
    /// # Errors
    /// Everything that is wrong in it, with lines.
    pub fn read(file: &Path) -> Result<Self, FileProblems> {
        file::read(file).map(Self::File)
    }

    fn tree(&self) -> Option<&Tree> {
        match self {
            Self::Flat => None,
            Self::Listed(listed) => Some(listed.tree()),
            Self::File(file) => Some(&file.tree),
        }
    }

    /// The levels that exist, coarsest first.
    #[must_use]
    pub fn levels(&self) -> Vec<u8> {
        self.tree().map_or_else(|| vec![1], |tree| tree.levels().to_vec())
    }

    /// The official code that a text from a register or an upload means; none where the classification has no such code.
    #[must_use]
    pub fn code<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        match self {
            Self::Flat => (!text.is_empty() && !text.starts_with('_')).then_some(Cow::Borrowed(text)),
            Self::Listed(listed) => listed.code(text),
            Self::File(file) => file.tree.has(text).then_some(Cow::Borrowed(text)),
        }
    }

    /// Whether a text means a code of the classification, of whatever level.
    #[must_use]
    pub fn accepts(&self, text: &str) -> bool {
        self.code(text).is_some()
    }

    /// What an accepted code looks like, for messages.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::Flat => "a code that does not begin with `_`".to_owned(),
            Self::Listed(listed) => listed.expected().to_owned(),
            Self::File(file) => format!("a code of {}", file.path.display()),
        }
    }

    /// The code on `level` of what a register or an upload says: itself or its ancestor; `CODE_U` where it does not reach down to
    /// the level, and [`UNKNOWN`] where the classification does not know it.
    #[must_use]
    pub fn at_level(&self, text: &str, level: u8) -> String {
        match (self.tree(), self.code(text)) {
            (_, None) => UNKNOWN.to_owned(),
            (None, Some(code)) => code.into_owned(),
            (Some(tree), Some(code)) => tree.at_level(&code, level),
        }
    }

    /// The parent on `level` of a code that [`at_level`](Self::at_level) gave for a finer one.
    #[must_use]
    pub fn ancestor(&self, code: &str, level: u8) -> String {
        match self.tree() {
            Some(tree) if code != UNKNOWN => tree.at_level(code.strip_suffix(UNKNOWN).unwrap_or(code), level),
            _ => code.to_owned(),
        }
    }

    /// How releases wrote a code of a level before codes had their official form: what they told of a cell must be found again.
    #[must_use]
    pub fn earlier_form<'c>(&self, code: &'c str, level: u8) -> Option<&'c str> {
        match self {
            Self::Listed(Listed::Soc) if !code.ends_with(UNKNOWN) => soc::earlier_form(code, level),
            _ => None,
        }
    }

    /// The label of a code, where the classification has one.
    #[must_use]
    pub fn label(&self, code: &str) -> Option<Cow<'_, str>> {
        let label = |code: &str| self.tree()?.label(code).filter(|label| !label.is_empty());
        match code.strip_suffix(UNKNOWN) {
            Some(code) if !code.is_empty() => label(code).map(|label| format!("{label}, not further specified").into()),
            _ => label(code).map(Cow::Borrowed),
        }
    }

    /// All codes that [`at_level`](Self::at_level) gives on a level but [`UNKNOWN`], in order, where they are known before any
    /// record is read.
    #[must_use]
    pub fn codes(&self, level: u8) -> Option<Vec<String>> {
        self.tree().map(|tree| tree.codes(level))
    }

    /// What the levels are, in words.
    #[must_use]
    pub fn meaning_of_levels(&self) -> &'static str {
        match self {
            Self::Flat => {
                "The codes have no levels above them but the total: 1 is the code as it is reported, 0 the total."
            }
            Self::Listed(listed) => listed.meaning_of_levels(),
            Self::File(_) => "Level 1 is the top of the classification, and higher levels are finer; 0 is the total.",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn regions() -> Hierarchy {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("regions.csv");
        std::fs::write(&file, "code,parent,label\nN,,North\nN1,N,\nN11,N1,Eleven\nS,,South\nS1,S,One\nS11,S1,\n")
            .expect("written");
        Hierarchy::read(&file).expect("a tree")
    }

    fn all() -> Vec<Hierarchy> {
        Listed::ALL.into_iter().map(Hierarchy::Listed).chain([regions(), Hierarchy::Flat]).collect()
    }

    #[test]
    fn a_code_counts_on_every_level_that_it_reaches() {
        let naics = Hierarchy::Listed(Listed::Naics);
        let levels = |hierarchy: &Hierarchy, text: &str| -> Vec<String> {
            hierarchy.levels().into_iter().map(|level| hierarchy.at_level(text, level)).collect()
        };
        assert_eq!(levels(&naics, "311111"), ["31-33", "311", "3111", "31111", "311111"]);
        assert_eq!(levels(&naics, "3111"), ["31-33", "311", "3111", "3111_U", "3111_U"]);
        assert_eq!(levels(&naics, "31-33"), ["31-33", "31-33_U", "31-33_U", "31-33_U", "31-33_U"]);
        assert_eq!(levels(&naics, UNKNOWN), [UNKNOWN; 5]);
        assert_eq!(levels(&regions(), "S1"), ["S", "S1", "S1_U"]);
        assert_eq!(levels(&Hierarchy::Listed(Listed::Soc), "15-1252"), ["15-0000", "15-1200", "15-1250", "15-1252"]);
        assert_eq!(levels(&Hierarchy::Listed(Listed::Nace2), "62.0"), ["J", "62", "62.0", "62.0_U"]);
    }

    #[test]
    fn what_is_not_further_specified_has_its_place_in_the_tree() {
        let naics = Hierarchy::Listed(Listed::Naics);
        assert_eq!(["3111_U", UNKNOWN].map(|code| naics.ancestor(code, 2)), ["31-33", UNKNOWN]);
        assert_eq!(naics.ancestor("3111_U", 5), "3111_U");
        assert_eq!(naics.label("3111_U").as_deref(), Some("Animal Food Manufacturing, not further specified"));
        assert!(!naics.accepts("3111_U"), "nobody reports it");
        assert_eq!((naics.label(UNKNOWN), regions().label("N1_U")), (None, None));
        // A code without levels may end as it likes.
        assert_eq!(Hierarchy::Flat.ancestor("WEST_U", 1), "WEST_U");
    }

    #[test]
    fn what_releases_wrote_before_is_known() {
        let soc = Hierarchy::Listed(Listed::Soc);
        let forms = [("15-0000", 2), ("15-1200", 3), ("15-1250", 5), ("15-1252", 6), ("15-1200_U", 5), (UNKNOWN, 2)];
        let earlier = forms.map(|(code, level)| soc.earlier_form(code, level));
        assert_eq!(earlier, [Some("15"), Some("15-1"), Some("15-125"), None, None, None]);
        assert_eq!(Hierarchy::Listed(Listed::Naics).earlier_form("31-33", 2), None);
    }

    #[test]
    fn codes_are_known_where_no_record_is_needed_for_them() {
        assert_eq!(Hierarchy::Listed(Listed::Naics).codes(2).map(|codes| codes.len()), Some(20));
        let regions = regions().codes(3).expect("codes");
        assert_eq!(regions, ["N11", "N1_U", "N_U", "S11", "S1_U", "S_U"]);
        assert_eq!(Hierarchy::Flat.codes(1), None);
    }

    proptest! {
        /// On each level a code has one code that the level knows, with one parent on each level above: the same one that the code
        /// itself has there.
        #[test]
        fn levels_are_a_tree(which in 0_usize..8, seed in any::<prop::sample::Index>(), depth in any::<prop::sample::Index>()) {
            let hierarchy = &all()[which];
            let levels = hierarchy.levels();
            let known = hierarchy.codes(*depth.get(&levels)).unwrap_or_else(|| vec!["west".to_owned()]);
            let code = seed.get(&known);
            let own = code.strip_suffix(UNKNOWN).unwrap_or(code);
            for (place, &fine) in levels.iter().enumerate() {
                let on_fine = hierarchy.at_level(own, fine);
                prop_assert!(hierarchy.codes(fine).is_none_or(|codes| codes.contains(&on_fine)), "{on_fine} on {fine}");
                for &coarse in &levels[..=place] {
                    prop_assert_eq!(hierarchy.ancestor(&on_fine, coarse), hierarchy.at_level(own, coarse));
                }
            }
        }
    }
}

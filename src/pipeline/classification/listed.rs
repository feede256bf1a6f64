//! [`Listed`]: the published classifications that are built in.
//!
//! In: their lists, each line a level, a code and its title, below the last code of the level above. Out: a [`Tree`] for each, made when it
//! is first asked for. Invariant: parents come from the order of the published list and not from cutting digits, so that groups
//! such as 15-1200 or 31-33 have theirs; codes and their numbers are as published.
//!
//! Sources and licences: docs/classifications.md.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::{Tree, activities, naics, soc};

/// A published classification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// North American Industry Classification System, United States, 2022, with the codes of 2017 that it has no more.
    Naics,
    /// Standard Occupational Classification, United States, 2018.
    Soc,
    /// NACE Rev. 2.
    Nace2,
    /// NACE Rev. 2.1.
    Nace21,
    /// ISIC Rev. 4.
    Isic4,
    /// ISCO-08.
    Isco08,
}

static NAICS: LazyLock<Tree> = LazyLock::new(|| {
    let codes = codes_of(include_str!("naics-2022.txt"));
    tree(codes.chain(codes_of(include_str!("naics-2017.txt")).map(|(level, path, title)| {
        // A code of both stands where 2022 has it; 2017 only adds those that are no more.
        (level, path, format!("{title} (NAICS 2017)"))
    })))
});
static SOC: LazyLock<Tree> = LazyLock::new(|| tree_of(include_str!("soc-2018.txt")));
static NACE_2: LazyLock<Tree> = LazyLock::new(|| tree_of(include_str!("nace-2.txt")));
static NACE_2_1: LazyLock<Tree> = LazyLock::new(|| tree_of(include_str!("nace-2.1.txt")));
static ISIC_4: LazyLock<Tree> = LazyLock::new(|| tree_of(include_str!("isic-4.txt")));
static ISCO_08: LazyLock<Tree> = LazyLock::new(|| tree_of(include_str!("isco-08.txt")));

impl Listed {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Naics, Self::Soc, Self::Nace2, Self::Nace21, Self::Isic4, Self::Isco08];

    /// Its name in a pipeline file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Naics => "naics",
            Self::Soc => "soc",
            Self::Nace2 => "nace-2",
            Self::Nace21 => "nace-2.1",
            Self::Isic4 => "isic-4",
            Self::Isco08 => "isco-08",
        }
    }

    /// The classification of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|listed| listed.name() == name)
    }

    pub(super) fn tree(self) -> &'static Tree {
        match self {
            Self::Naics => &NAICS,
            Self::Soc => &SOC,
            Self::Nace2 => &NACE_2,
            Self::Nace21 => &NACE_2_1,
            Self::Isic4 => &ISIC_4,
            Self::Isco08 => &ISCO_08,
        }
    }

    /// The code that a text means, in its official form.
    pub(super) fn code(self, text: &str) -> Option<Cow<'_, str>> {
        let tree = self.tree();
        if tree.has(text) {
            return Some(Cow::Borrowed(text));
        }
        let code = match self {
            Self::Naics => naics::official(text),
            Self::Soc => soc::official(text),
            Self::Nace2 | Self::Nace21 => activities::nace(text, tree),
            Self::Isic4 => activities::isic(text, tree),
            Self::Isco08 => None,
        };
        code.filter(|code| tree.has(code)).map(Cow::Owned)
    }

    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Naics => {
                "a code of NAICS 2022 (or 2017) without its title: 2 to 6 digits, as in 541511, or a sector, as in 31-33"
            }
            Self::Soc => {
                "a code of SOC 2018 without its title, as in 15-1252, or of a group, as in 15-1250, 15-1200 or 15-0000"
            }
            Self::Nace2 => {
                "a code of NACE Rev. 2 with its zeros, as in 62.01, J62.01 or 6201, or of a group with its dot, as in 62.0"
            }
            Self::Nace21 => {
                "a code of NACE Rev. 2.1 with its zeros, as in 62.10, K62.10 or 6210, or of a group with its dot, as in 62.1"
            }
            Self::Isic4 => "a code of ISIC Rev. 4 with its zeros, as in 6201, J6201, 0111 or J",
            Self::Isco08 => "a code of ISCO-08 with its zeros: 1 to 4 digits, as in 2512 or 0110",
        }
    }

    pub(super) fn meaning_of_levels(self) -> &'static str {
        match self {
            Self::Naics => {
                "NAICS 2022: level 2 is the sector, 3 the subsector, 4 the industry group, 5 and 6 the industry; 0 is the total. Codes that \
                 only NAICS 2017 has say so."
            }
            Self::Soc => {
                "SOC 2018: level 2 is the major group, 3 the minor group, 5 the broad occupation, 6 the detailed occupation; 0 is the total."
            }
            Self::Nace2 => {
                "NACE Rev. 2: level 1 is the section, 2 the division, 3 the group, 4 the class; 0 is the total."
            }
            Self::Nace21 => {
                "NACE Rev. 2.1: level 1 is the section, 2 the division, 3 the group, 4 the class; 0 is the total."
            }
            Self::Isic4 => {
                "ISIC Rev. 4: level 1 is the section, 2 the division, 3 the group, 4 the class; 0 is the total."
            }
            Self::Isco08 => {
                "ISCO-08: level 1 is the major group, 2 the sub-major group, 3 the minor group, 4 the unit group; 0 is the total."
            }
        }
    }
}

/// A list that is built in; the tests see that none of its lines is left out.
fn tree_of(list: &'static str) -> Tree {
    tree(codes_of(list))
}

/// The tree of codes with their paths and titles; of two entries for one code the first counts.
fn tree(entries: impl Iterator<Item = (u8, Vec<String>, String)>) -> Tree {
    let mut levels = BTreeSet::new();
    let mut codes = BTreeMap::new();
    for (level, path, title) in entries {
        levels.insert(level);
        if let Some(code) = path.last().cloned() {
            codes.entry(code).or_insert((path, title));
        }
    }
    Tree::new(levels.into_iter().collect(), codes)
}

/// The codes of a list: their level, their path from the top, and their title.
fn codes_of(list: &'static str) -> impl Iterator<Item = (u8, Vec<String>, String)> {
    let mut path: Vec<(u8, String)> = Vec::new();
    list.lines().filter(|line| !line.starts_with('#')).filter_map(entry).map(move |(level, code, title)| {
        path.retain(|(above, _)| *above < level);
        path.push((level, code.to_owned()));
        (level, path.iter().map(|(_, code)| code.clone()).collect(), title.to_owned())
    })
}

fn entry(line: &str) -> Option<(u8, &str, &str)> {
    let (level, rest) = line.split_once(' ')?;
    let (code, title) = rest.split_once(' ')?;
    Some((level.parse().ok()?, code, title))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTS: [(Listed, &str, &[usize]); 6] = [
        (Listed::Naics, include_str!("naics-2022.txt"), &[20, 96, 308, 689, 1012]),
        (Listed::Soc, include_str!("soc-2018.txt"), &[23, 98, 459, 867]),
        (Listed::Nace2, include_str!("nace-2.txt"), &[21, 88, 272, 615]),
        (Listed::Nace21, include_str!("nace-2.1.txt"), &[22, 87, 287, 651]),
        (Listed::Isic4, include_str!("isic-4.txt"), &[21, 88, 238, 419]),
        (Listed::Isco08, include_str!("isco-08.txt"), &[10, 43, 130, 436]),
    ];

    /// The numbers are those that the offices publish with their classifications.
    #[test]
    fn lists_have_as_many_codes_as_are_published() {
        for (listed, list, numbers) in LISTS {
            let (tree, name) = (listed.tree(), listed.name());
            let lines = list.lines().filter(|line| !line.starts_with('#')).count();
            assert_eq!(lines, numbers.iter().sum::<usize>(), "{name}");
            let codes: BTreeSet<(u8, &str)> =
                list.lines().filter_map(entry).map(|(level, code, _)| (level, code)).collect();
            let of_level = |level: &u8| codes.iter().filter(|(of, code)| of == level && tree.has(code)).count();
            assert_eq!(tree.levels().iter().map(of_level).collect::<Vec<_>>(), numbers, "{name}");
            assert_eq!(Listed::named(name), Some(listed));
        }
        assert_eq!(Listed::named("sic"), None);
    }

    /// Of the 1,057 industries of NAICS 2017 there are 139 no more; their codes stay in the sector where they were.
    #[test]
    fn codes_that_naics_gave_up_in_2022_are_taken() {
        let earlier: Vec<_> = codes_of(include_str!("naics-2017.txt")).collect();
        let tree = Listed::Naics.tree();
        let gave_up = |level: u8| {
            let of_level = earlier.iter().filter(move |(of, ..)| *of == level).filter_map(|(_, path, _)| path.last());
            of_level.filter(|code| tree.label(code).is_some_and(|label| label.ends_with("(NAICS 2017)"))).count()
        };
        assert_eq!([2, 3, 4, 5, 6].map(gave_up), [0, 11, 26, 81, 139]);
        for (level, path, _) in &earlier {
            let code = path.last().expect("a code");
            let places = tree.levels().iter().take(path.len()).map(|level| tree.at_level(code, *level));
            assert_eq!(&places.collect::<Vec<_>>(), path, "{code} on {level}");
        }
        let sectors = ["336111", "511210", "454110"].map(|code| tree.at_level(code, 2));
        assert_eq!(sectors, ["31-33", "51", "44-45"]);
    }

    #[test]
    fn every_code_has_a_title_and_all_codes_above_it() {
        for (listed, list, _) in LISTS {
            let tree = listed.tree();
            for (level, code, title) in list.lines().filter(|line| !line.starts_with('#')).filter_map(entry) {
                assert!(title.is_ascii() && title.trim() == title && !title.is_empty(), "{code} {title}");
                assert_eq!(tree.at_level(code, level), code);
                for &above in tree.levels().iter().filter(|above| **above < level) {
                    assert!(tree.has(&tree.at_level(code, above)), "{code} has nothing on {above}");
                }
            }
        }
    }

    /// Which codes stand below which is read from the order of the list; digits tell the same, but for the exceptions.
    #[test]
    fn parents_are_those_of_the_digits_but_for_the_exceptions() {
        let above = |listed: Listed, level: u8, above: u8, begins: fn(&str, &str) -> bool| -> Vec<String> {
            let tree = listed.tree();
            let codes = tree.codes(level).into_iter().filter(|code| !code.ends_with("_U"));
            codes.filter(|code| !begins(code, &tree.at_level(code, above))).collect()
        };
        let same = |code: &str, parent: &str| code.starts_with(parent);
        let sectors = above(Listed::Naics, 3, 2, same);
        assert!(
            sectors.iter().all(|code| ["31", "32", "33", "44", "45", "48", "49"].contains(&&code[..2])),
            "{sectors:?}"
        );
        assert_eq!(above(Listed::Naics, 6, 3, same), Vec::<String>::new());
        for listed in [Listed::Nace2, Listed::Nace21, Listed::Isic4] {
            assert_eq!(above(listed, 4, 2, same), Vec::<String>::new());
            assert_eq!(above(listed, 4, 3, same), Vec::<String>::new());
        }
        assert_eq!(above(Listed::Isco08, 4, 1, same), Vec::<String>::new());
        let broad = above(Listed::Soc, 6, 5, |code, parent| code[..6] == parent[..6]);
        // Physicians fill two tens.
        assert_eq!(broad, ["29-1221", "29-1222", "29-1223", "29-1224", "29-1229"]);
        let minor = above(Listed::Soc, 5, 3, |code, parent| code[..4] == parent[..4]);
        assert_eq!(minor, Vec::<String>::new());
        let mut unusual = Listed::Soc.tree().codes(3);
        unusual.retain(|code| !code.ends_with("000") && !code.ends_with("_U"));
        assert_eq!(unusual, ["15-1200", "31-1100", "51-5100"]);
    }

    #[test]
    fn texts_are_taken_in_every_official_form() {
        type Forms = [(&'static str, Option<&'static str>)];
        let cases: [(Listed, &Forms); 6] = [
            (
                Listed::Naics,
                &[
                    ("541511", Some("541511")),
                    ("31-33", Some("31-33")),
                    ("32", Some("31-33")),
                    ("45", Some("44-45")),
                    ("48 - 49", Some("48-49")),
                    ("05", None),
                    ("77", None),
                    ("771234", None),
                    ("311112", None),
                    ("31-32", None),
                    ("541511 - Custom Computer Programming Services", None),
                ],
            ),
            (
                Listed::Soc,
                &[
                    ("15-0000", Some("15-0000")),
                    ("15", Some("15-0000")),
                    ("15-1200", Some("15-1200")),
                    ("15-1250", Some("15-1250")),
                    ("151252", Some("15-1252")),
                    ("15-1252.00", Some("15-1252")),
                    ("15-1299.09", Some("15-1299")),
                    ("15-1252.5", None),
                    ("1-51252", None),
                    ("15-12é2", None),
                    ("15-1000", None),
                    ("15-125", None),
                    ("99", None),
                ],
            ),
            (
                Listed::Nace2,
                &[
                    ("62.01", Some("62.01")),
                    ("6201", Some("62.01")),
                    ("J62.01", Some("62.01")),
                    ("j6201", Some("62.01")),
                    ("J", Some("J")),
                    ("62", Some("62")),
                    ("J62", Some("62")),
                    ("62.0", Some("62.0")),
                    ("351", Some("35.1")),
                    // 06.20 without its zero?
                    ("620", None),
                    ("0620", Some("06.20")),
                    // 01.11 without its zero.
                    ("111", None),
                    ("1.11", None),
                    ("K62.01", None),
                    ("62.01.1", None),
                    ("62.", None),
                    ("JJ", None),
                    ("ß", None),
                ],
            ),
            (Listed::Nace21, &[("K62.10", Some("62.10")), ("J62.10", None), ("V", Some("V")), ("62.01", None)]),
            (
                Listed::Isic4,
                &[
                    ("6201", Some("6201")),
                    ("J6201", Some("6201")),
                    ("620", Some("620")),
                    ("u", Some("U")),
                    ("62.01", None),
                    ("K6201", None),
                    ("111", None),
                ],
            ),
            (
                Listed::Isco08,
                &[("2512", Some("2512")), ("251", Some("251")), ("0110", Some("0110")), ("110", None), ("25.12", None)],
            ),
        ];
        for (listed, cases) in cases {
            for (text, code) in cases {
                assert_eq!(listed.code(text).as_deref(), *code, "{} {text}", listed.name());
            }
            for text in ["", "_U", "_T", "-", ".", " "] {
                assert_eq!(listed.code(text), None, "{} {text:?}", listed.name());
            }
        }
    }

    #[test]
    fn messages_name_codes_that_are_accepted() {
        for listed in Listed::ALL {
            let codes = listed.expected().split([' ', ',', ':']).filter(|word| {
                word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_digit() || b".-JK".contains(&byte))
            });
            let codes: Vec<&str> = codes.filter(|word| !["2022", "2017", "2018", "2.1"].contains(word)).collect();
            assert!(!codes.is_empty());
            for code in codes {
                assert!(listed.code(code).is_some(), "{} {code}", listed.name());
            }
        }
    }
}

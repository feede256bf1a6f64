//! Classifications: which code of which level a code belongs to.
//!
//! In: the word `naics` or `soc`, or a CSV file `code,parent,label`. Out: a [`Hierarchy`].
//! Invariant: each code has exactly one ancestor on each level above it; a file with a cycle, an unknown parent, two
//! entries for one code or branches of different depth is refused.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use crate::problem::{FileProblems, Problems};

/// The code of a total over a dimension, as in SDMX.
pub const TOTAL: &str = "_T";

/// The code of employees whose record does not say, as in SDMX.
pub const UNKNOWN: &str = "_U";

/// A classification of one dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hierarchy {
    /// Codes without levels: there is only level 1.
    Flat,
    /// North American Industry Classification System: levels are numbers of digits, 2 to 6.
    Naics,
    /// Standard Occupational Classification: levels are numbers of digits, 2 to 6.
    Soc,
    /// A classification from a file: level 1 is the top.
    Tree(Tree),
}

/// A classification read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The file.
    pub file: PathBuf,
    depth: u8,
    /// Code to its path from the top (itself last) and its label.
    codes: BTreeMap<String, (Vec<String>, String)>,
}

impl Hierarchy {
    /// The levels that exist, coarsest first.
    #[must_use]
    pub fn levels(&self) -> Vec<u8> {
        match self {
            Self::Flat => vec![1],
            Self::Naics | Self::Soc => (2..=6).collect(),
            Self::Tree(tree) => (1..=tree.depth).collect(),
        }
    }

    /// Whether `code` is a finest code of the classification, as far as can be told.
    #[must_use]
    pub fn accepts(&self, code: &str) -> bool {
        match self {
            Self::Flat => !code.is_empty() && !code.starts_with('_'),
            Self::Naics => (2..=6).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit()),
            Self::Soc => soc_digits(code).is_some(),
            Self::Tree(tree) => tree.codes.get(code).is_some_and(|(path, _)| path.len() == usize::from(tree.depth)),
        }
    }

    /// What an accepted code looks like, for messages.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::Flat => "a code that does not begin with `_`".to_owned(),
            Self::Naics => "a NAICS code of 2 to 6 digits".to_owned(),
            Self::Soc => "a SOC code, as in 15-1252".to_owned(),
            Self::Tree(tree) => format!("a code of the finest level of {}", tree.file.display()),
        }
    }

    /// The ancestor of an accepted `code` on `level`, itself included; [`UNKNOWN`] where the code is coarser than that.
    #[must_use]
    pub fn at_level(&self, code: &str, level: u8) -> String {
        if code == UNKNOWN {
            return code.to_owned();
        }
        let prefix = usize::from(level);
        let ancestor = match self {
            Self::Flat => Some(code.to_owned()),
            Self::Naics if level == 2 => code.get(..2).map(|two| naics_sector(two).to_owned()),
            Self::Naics => code.get(..prefix).map(str::to_owned),
            Self::Soc => soc_digits(code).map(|digits| match level {
                2 => digits[..2].to_owned(),
                _ => format!("{}-{}", &digits[..2], &digits[2..prefix.min(6)]),
            }),
            Self::Tree(tree) => tree.codes.get(code).and_then(|(path, _)| path.get(prefix - 1).cloned()),
        };
        ancestor.unwrap_or_else(|| UNKNOWN.to_owned())
    }

    /// The ancestor on `level` of a code that may itself be on a level above the finest.
    #[must_use]
    pub fn ancestor(&self, code: &str, level: u8) -> String {
        match self {
            Self::Soc if code != UNKNOWN => {
                let digits: String = code.chars().filter(char::is_ascii_digit).take(usize::from(level)).collect();
                match digits.split_at_checked(2) {
                    Some((major, rest)) if !rest.is_empty() => format!("{major}-{rest}"),
                    _ => digits,
                }
            }
            _ => self.at_level(code, level),
        }
    }

    /// The label of a code, where the classification has one.
    #[must_use]
    pub fn label(&self, code: &str) -> Option<&str> {
        match self {
            Self::Tree(tree) => tree.codes.get(code).map(|(_, label)| label.as_str()),
            Self::Naics => naics_title(code),
            _ => None,
        }
    }

    /// How many codes a level has, where that is known before any record is read.
    #[must_use]
    pub fn size(&self, level: u8) -> Option<usize> {
        match self {
            Self::Tree(tree) => {
                let on_level = |path: &&(Vec<String>, String)| path.0.len() == usize::from(level);
                Some(tree.codes.values().filter(on_level).count())
            }
            _ => None,
        }
    }

    /// All codes of a level, where they are known before any record is read: of a classification from a file, and of the
    /// two digits of NAICS (2022) and SOC (2018).
    #[must_use]
    pub fn codes(&self, level: u8) -> Option<Vec<String>> {
        let known = |codes: &[&str]| Some(codes.iter().map(|code| (*code).to_owned()).collect());
        match self {
            Self::Naics if level == 2 => known(&NAICS_SECTORS),
            Self::Soc if level == 2 => known(&SOC_MAJOR_GROUPS),
            Self::Tree(tree) => {
                let on_level = |(code, (path, _)): (&String, &(Vec<String>, String))| {
                    (path.len() == usize::from(level)).then(|| code.clone())
                };
                Some(tree.codes.iter().filter_map(on_level).collect())
            }
            _ => None,
        }
    }

    /// Reads a classification file.
    ///
    /// # Errors
    /// Everything that is wrong in it, with lines.
    pub fn read(file: &Path) -> Result<Self, FileProblems> {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| format!("\0{error}"));
        let problems = Problems::new(&text);
        if let Some(error) = text.strip_prefix('\0') {
            problems.add(&(0..0), format!("cannot be read: {error}"), "check the path, and that the file is UTF-8");
        }
        let mut entries: BTreeMap<String, (String, String, usize)> = BTreeMap::new();
        let mut reader = simd_csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let header = reader.byte_headers().map(|header| header.iter().map(<[u8]>::to_vec).collect::<Vec<_>>());
        let place = |name: &str| {
            let header = header.as_ref().ok()?;
            header.iter().position(|found| found.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
        };
        let (code_at, parent_at, label_at) = (place("code"), place("parent"), place("label"));
        let (Some(code_at), Some(parent_at)) = (code_at, parent_at) else {
            problems.add(&(0..0), "has no columns `code` and `parent`", "write a header `code,parent,label`");
            return Err(problems.of(file));
        };
        let mut record = simd_csv::ByteRecord::new();
        loop {
            let at = usize::try_from(reader.position()).unwrap_or(0);
            match reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => {
                    problems.add(&(at..at), "is not CSV from here on", "check the quotes");
                    break;
                }
            }
            let field = |place: Option<usize>| {
                let bytes = place.and_then(|place| record.get(place)).unwrap_or_default();
                String::from_utf8_lossy(bytes).trim().to_owned()
            };
            let code = field(Some(code_at));
            if code.is_empty() || code.starts_with('_') {
                problems.add(&(at..at), "an entry has no usable code", "give each code a text not beginning with `_`");
                continue;
            }
            match entries.entry(code) {
                Entry::Occupied(entry) => {
                    problems.add(&(at..at), format!("the code {:?} has two entries", entry.key()), "keep one");
                }
                Entry::Vacant(entry) => {
                    entry.insert((field(Some(parent_at)), field(label_at), at));
                }
            }
        }
        let mut codes = BTreeMap::new();
        for (code, (_, label, at)) in &entries {
            match path_to(code, &entries) {
                Ok(path) => {
                    codes.insert(code.clone(), (path, label.clone()));
                }
                Err(what) => problems.add(&(*at..*at), what, "mend the `parent` column"),
            }
        }
        let parents: std::collections::BTreeSet<&String> = entries.values().map(|(parent, ..)| parent).collect();
        let depth = codes.values().map(|(path, _)| path.len()).max().unwrap_or(0);
        for (code, (path, _)) in &codes {
            if !parents.contains(code) && path.len() != depth {
                let at = entries[code].2;
                problems.add(
                    &(at..at),
                    format!("the code {code:?} ends on level {} of {depth}", path.len()),
                    "give every branch the same depth, repeating a code under a new name where needed",
                );
            }
        }
        let depth = u8::try_from(depth).unwrap_or(u8::MAX);
        if codes.is_empty() && problems.is_empty() {
            problems.add(&(0..0), "holds no codes", "write at least one line `code,parent,label`");
        }
        if !problems.is_empty() {
            return Err(problems.of(file));
        }
        Ok(Self::Tree(Tree { file: file.to_owned(), depth, codes }))
    }
}

/// The path from the top to `code`.
fn path_to(code: &str, entries: &BTreeMap<String, (String, String, usize)>) -> Result<Vec<String>, String> {
    let mut path = vec![code.to_owned()];
    let mut parent = entries[code].0.as_str();
    while !parent.is_empty() {
        let Some((next, ..)) = entries.get(parent) else {
            return Err(format!("the parent {parent:?} has no entry of its own"));
        };
        if path.len() >= 20 {
            return Err(format!("the code {code:?} lies in a cycle, or deeper than 20 levels"));
        }
        path.push(parent.to_owned());
        parent = next;
    }
    path.reverse();
    Ok(path)
}

/// The sectors of NAICS (2022).
const NAICS_SECTORS: [&str; 20] = [
    "11", "21", "22", "23", "31-33", "42", "44-45", "48-49", "51", "52", "53", "54", "55", "56", "61", "62", "71",
    "72", "81", "92",
];

/// The major groups of SOC (2018).
const SOC_MAJOR_GROUPS: [&str; 23] = [
    "11", "13", "15", "17", "19", "21", "23", "25", "27", "29", "31", "33", "35", "37", "39", "41", "43", "45", "47",
    "49", "51", "53", "55",
];

/// The two-digit sectors that NAICS joins.
fn naics_sector(two: &str) -> &str {
    match two {
        "31" | "32" | "33" => "31-33",
        "44" | "45" => "44-45",
        "48" | "49" => "48-49",
        _ => two,
    }
}

/// The title of a NAICS sector (United States Census Bureau, 2022 NAICS); deeper levels have more than a thousand.
fn naics_title(sector: &str) -> Option<&'static str> {
    Some(match sector {
        "11" => "Agriculture, Forestry, Fishing and Hunting",
        "21" => "Mining, Quarrying, and Oil and Gas Extraction",
        "22" => "Utilities",
        "23" => "Construction",
        "31-33" => "Manufacturing",
        "42" => "Wholesale Trade",
        "44-45" => "Retail Trade",
        "48-49" => "Transportation and Warehousing",
        "51" => "Information",
        "52" => "Finance and Insurance",
        "53" => "Real Estate and Rental and Leasing",
        "54" => "Professional, Scientific, and Technical Services",
        "55" => "Management of Companies and Enterprises",
        "56" => "Administrative and Support and Waste Management and Remediation Services",
        "61" => "Educational Services",
        "62" => "Health Care and Social Assistance",
        "71" => "Arts, Entertainment, and Recreation",
        "72" => "Accommodation and Food Services",
        "81" => "Other Services (except Public Administration)",
        "92" => "Public Administration",
        _ => return None,
    })
}

/// The six digits of a SOC code, written `15-1252` or `151252`, also with a detail as in `15-1252.00`.
fn soc_digits(code: &str) -> Option<String> {
    let code = code.split_once('.').map_or(code, |(code, _)| code);
    let digits: String = match code.split_once('-') {
        Some((major, rest)) if major.len() == 2 => format!("{major}{rest}"),
        Some(_) => return None,
        None => code.to_owned(),
    };
    (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn naics_joins_its_split_sectors() {
        assert_eq!(Hierarchy::Naics.at_level("336111", 2), "31-33");
        assert_eq!(Hierarchy::Naics.at_level("541511", 2), "54");
        assert_eq!(Hierarchy::Naics.at_level("541511", 6), "541511");
        assert_eq!(Hierarchy::Naics.at_level("54", 6), UNKNOWN);
    }

    #[test]
    fn codes_are_known_where_no_record_is_needed_for_them() {
        let sectors = Hierarchy::Naics.codes(2).expect("sectors");
        assert!(sectors.contains(&Hierarchy::Naics.at_level("336111", 2)) && sectors.is_sorted());
        assert!(Hierarchy::Soc.codes(2).expect("groups").contains(&Hierarchy::Soc.at_level("15-1252", 2)));
        assert_eq!([Hierarchy::Naics.codes(6), Hierarchy::Flat.codes(1)], [None, None]);
    }

    #[test]
    fn soc_keeps_its_hyphen() {
        assert_eq!(Hierarchy::Soc.at_level("15-1252", 6), "15-1252");
        assert_eq!(Hierarchy::Soc.at_level("151252", 2), "15");
        assert_eq!(Hierarchy::Soc.ancestor("15-12", 2), "15");
        assert_eq!(Hierarchy::Soc.ancestor("15-1252", 3), Hierarchy::Soc.at_level("15-1252", 3));
        assert!(!Hierarchy::Soc.accepts("1-51252"));
        assert!(!Hierarchy::Soc.accepts("15-12é2"));
    }

    #[test]
    fn a_tree_reports_all_its_mistakes() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("regions.csv");
        std::fs::write(&file, "code,parent,label\nN,,North\nR1,N,One\nR1,N,Again\nR2,X,Two\nS,,South\n")
            .expect("written");
        let error = Hierarchy::read(&file).expect_err("three mistakes");
        let lines: Vec<usize> = error.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [4, 5, 6], "{error}");
        std::fs::write(&file, "code,parent,label\nN,,North\nR1,N,One\n").expect("written");
        let tree = Hierarchy::read(&file).expect("a tree");
        assert_eq!((tree.at_level("R1", 1), tree.at_level("R1", 2)), ("N".to_owned(), "R1".to_owned()));
        assert!(!tree.accepts("N"), "only the finest level is coded in records");
    }
}

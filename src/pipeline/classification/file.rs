//! Classifications from files.
//!
//! In: a CSV file `code,parent,label`. Out: a [`ClassificationFile`]. Invariant: a file with a cycle, an unknown parent, two entries for
//! one code or branches of different depth is refused, with all that is wrong in it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use super::{Tree, UNKNOWN};
use crate::problem::{FileProblems, Problems};

/// A classification and the file that it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassificationFile {
    /// The file.
    pub path: PathBuf,
    pub(super) tree: Tree,
}

/// Everything that is wrong is told, with lines.
pub(super) fn read(file: &Path) -> Result<ClassificationFile, FileProblems> {
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
        if code.is_empty() || code.starts_with('_') || code.ends_with(UNKNOWN) {
            problems.add(
                &(at..at),
                "an entry has no usable code",
                "give each code a text that does not begin with `_` and does not end with `_U`",
            );
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
    Ok(ClassificationFile { path: file.to_owned(), tree: Tree::new((1..=depth).collect(), codes) })
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

#[cfg(test)]
mod tests {
    use crate::pipeline::Hierarchy;

    #[test]
    fn a_tree_reports_all_its_mistakes() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("regions.csv");
        std::fs::write(&file, "code,parent,label\nN,,North\nR1,N,One\nR1,N,Again\nR2,X,Two\nS,,South\nN_U,N,Rest\n")
            .expect("written");
        let error = Hierarchy::read(&file).expect_err("four mistakes");
        let lines: Vec<usize> = error.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [4, 5, 6, 7], "{error}");
        std::fs::write(&file, "code,parent,label\nN,,North\nR1,N,One\n").expect("written");
        let tree = Hierarchy::read(&file).expect("a tree");
        assert_eq!((tree.at_level("R1", 1), tree.at_level("R1", 2)), ("N".to_owned(), "R1".to_owned()));
        assert!(tree.accepts("N"), "a code of an upper level counts on that level");
        assert_eq!((tree.at_level("N", 1), tree.at_level("N", 2)), ("N".to_owned(), "N_U".to_owned()));
        assert!(!tree.accepts("R3"));
    }
}

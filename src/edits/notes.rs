//! What is told of files and formats, and of who did not upload.
//!
//! In: the files of a run, the pipeline and the register. Out: sentences. Invariant: nothing follows from them; patterns and IDs are those
//! of the pipeline and the register, names of files those of the operator's folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::intake::{Register, source};
use crate::period::Period;
use crate::pipeline::Pipeline;

/// Names that are listed; of more, the number is told.
const LISTED: usize = 10;

/// Names in a sentence, and how many more there are.
#[must_use]
pub fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Formats whose patterns match no file of the run, and files that two formats match.
#[must_use]
pub fn of_formats(files: &[PathBuf], pipeline: &Pipeline) -> Vec<String> {
    let mut told = Vec::new();
    for format in &pipeline.formats {
        for pattern in &format.files {
            if !files.iter().any(|file| pattern.matches_path(file)) {
                told.push(format!("[formats.{}]: the pattern {:?} matches no upload", format.name, pattern.as_str()));
            }
        }
    }
    let mut twice: Vec<(&Path, [&str; 2])> = Vec::new();
    for file in files {
        let matching = pipeline.formats.iter().filter(|format| format.files.iter().any(|one| one.matches_path(file)));
        let names: Vec<&str> = matching.map(|format| format.name.as_str()).collect();
        if let [first, second, ..] = names[..] {
            twice.push((file, [first, second]));
        }
    }
    for (file, [first, second]) in twice.iter().take(LISTED) {
        told.push(format!("{}: [formats.{first}] and [formats.{second}] both match; the first counts", file.display()));
    }
    if twice.len() > LISTED {
        told.push(format!("and {} more uploads that two formats match", twice.len() - LISTED));
    }
    told
}

/// A file that is called like one company of the register, and holds rows of others alone.
#[must_use]
pub fn of_name(file: &Path, companies: &BTreeSet<usize>, register: &Register) -> Option<String> {
    let named = register.place(&source::stem(file))?;
    if companies.contains(&named) || companies.is_empty() {
        return None;
    }
    let id = |place: &usize| register.companies()[*place].id.as_str();
    let others: Vec<&str> = companies.iter().map(id).collect();
    Some(format!("{}: the file is called like {}, and its column says {}", file.display(), id(&named), listed(&others)))
}

/// Who of the register has no records of a period: first those who had some of the period before.
#[must_use]
pub fn of_missing(
    period: Period,
    there: &BTreeSet<&str>,
    before: &BTreeSet<&str>,
    register: &Register,
) -> Option<String> {
    let ids = register.companies().iter().map(|company| company.id.as_str());
    let mut missing: Vec<&str> = ids.filter(|id| !there.contains(id)).collect();
    if missing.is_empty() {
        return None;
    }
    missing.sort_by_key(|id| (!before.contains(id), *id));
    let lapsed = missing.iter().filter(|id| before.contains(*id)).count();
    let all = register.companies().len();
    let lapsed = match lapsed {
        0 => String::new(),
        lapsed => format!(" ({lapsed} of them uploaded for {})", period.previous()),
    };
    Some(format!(
        "{} of the {all} companies of the register have no records of {period}{lapsed}: {}",
        missing.len(),
        listed(&missing)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_names_are_listed_and_more_are_counted() {
        assert_eq!(listed(&["A", "B"]), "A, B");
        assert_eq!(listed(&["A"; 12]), "A, A, A, A, A, A, A, A, A, A and 2 more");
    }
}

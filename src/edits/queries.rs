//! Open queries, for the companies that they are put to and for `payquorum accept`.
//!
//! In: the uploads that a run held back. Out: `<workspace>/queries/<pipeline>/<company>.csv`, private, one for each company, and the list
//! of what is open. Invariant: a run replaces what the run before wrote; a company's file holds nothing of any other, and no value of
//! a record.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::name::file_name;
use super::{Finding, Held};
use crate::store::{StoreError, write_durably};

/// A query that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The upload's file.
    pub file: PathBuf,
    /// SHA-256 of its bytes and name.
    pub upload: String,
    /// The company.
    pub company: String,
    /// The period.
    pub period: String,
    /// The edit, by name.
    pub rule: String,
}

fn list(workspace: &Path, pipeline: &str) -> PathBuf {
    workspace.join("edits").join(format!("open-{pipeline}.json"))
}

/// The queries that the last run of a pipeline left open.
///
/// # Errors
/// [`StoreError`]: the list is there and cannot be read.
pub fn open_queries(workspace: &Path, pipeline: &str) -> Result<Vec<Open>, StoreError> {
    let path = list(workspace, pipeline);
    match fs::read(&path) {
        Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(StoreError::io(&path)(error)),
    }
}

/// Writes the queries of a run in the place of those of the run before; gives the folder where there are any.
///
/// # Errors
/// [`StoreError`]: a file cannot be written or removed.
pub fn write_queries(workspace: &Path, pipeline: &str, held: &[Held]) -> Result<Option<PathBuf>, StoreError> {
    let folder = workspace.join("queries").join(pipeline);
    let mut of_company: BTreeMap<&str, Vec<(&Held, &Finding)>> = BTreeMap::new();
    for held in held {
        for finding in &held.findings {
            of_company.entry(&finding.company).or_default().push((held, finding));
        }
    }
    let mut written = BTreeSet::new();
    for (company, mut findings) in of_company {
        findings.sort_by_key(|(_, finding)| (finding.period, finding.rule, &finding.column));
        let path = folder.join(format!("{}.csv", file_name(company)));
        fs::create_dir_all(&folder).map_err(StoreError::io(&folder))?;
        write_durably(&path, csv(&findings).as_bytes()).map_err(StoreError::io(&path))?;
        written.insert(path);
    }
    remove_others(&folder, &written)?;
    write_open(&list(workspace, pipeline), held)?;
    Ok((!written.is_empty()).then_some(folder))
}

/// Removes the files of companies that are not asked anything any more.
fn remove_others(folder: &Path, written: &BTreeSet<PathBuf>) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::io(folder)(error)),
    };
    for entry in entries {
        let path = entry.map_err(StoreError::io(folder))?.path();
        if !written.contains(&path) {
            fs::remove_file(&path).map_err(StoreError::io(&path))?;
        }
    }
    if written.is_empty() {
        // Only the folder of this pipeline; others may have theirs beside it.
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}

fn write_open(list: &Path, held: &[Held]) -> Result<(), StoreError> {
    if held.is_empty() {
        return match fs::remove_file(list) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::io(list)(error)),
            _ => Ok(()),
        };
    }
    let open = |held: &Held| {
        let Held { file, upload, .. } = held.clone();
        held.findings.clone().into_iter().map(move |finding| Open {
            file: file.clone(),
            upload: upload.clone(),
            company: finding.company,
            period: finding.period.to_string(),
            rule: finding.rule.name().to_owned(),
        })
    };
    let mut all: Vec<Open> = held.iter().flat_map(open).collect();
    all.dedup();
    let folder = list.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
    let text = serde_json::to_vec(&all).map_err(|error| StoreError::io(list)(error.into()))?;
    write_durably(list, &text).map_err(StoreError::io(list))
}

/// A company's queries, one a line.
fn csv(findings: &[(&Held, &Finding)]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = "upload,period,rule,column,found,mend,or\n".to_owned();
    for (held, finding) in findings {
        let name = held.file.file_name().unwrap_or_default().to_string_lossy();
        let rule = finding.rule.name();
        let line = [
            quoted(&name.chars().map(|c| if c.is_control() { '_' } else { c }).collect::<String>()),
            finding.period.to_string(),
            rule.to_owned(),
            finding.column.clone().unwrap_or_default(),
            quoted(&finding.message),
            quoted(finding.rule.mend()),
            quoted("if it is right, tell the operator why"),
        ];
        text += &line.join(",");
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Rule, Severity};
    use super::*;
    use crate::period::Period;

    fn held(company: &str, rule: Rule) -> Held {
        let finding = Finding {
            rule,
            severity: Severity::Query,
            company: company.to_owned(),
            period: Period::Quarter(2026, 3),
            column: None,
            message: "100 records after 20".to_owned(),
        };
        Held { file: format!("{company}.csv").into(), upload: format!("digest of {company}"), findings: vec![finding] }
    }

    #[test]
    fn a_run_replaces_what_the_run_before_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |held: &[Held]| write_queries(folder.path(), "p", held).expect("written");
        let names = || {
            let entries = fs::read_dir(folder.path().join("queries/p")).into_iter().flatten().flatten();
            let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        };
        write(&[held("A", Rule::Headcount), held("B & C", Rule::Shrinks)]);
        assert_eq!(names().len(), 2);
        assert_eq!(open_queries(folder.path(), "p").expect("a list").len(), 2);
        write(&[held("A", Rule::PayMoved)]);
        assert_eq!(names(), ["A.csv"]);
        let text = fs::read_to_string(folder.path().join("queries/p/A.csv")).expect("text");
        assert!(text.contains("2026-Q3,pay_moved,,\"100 records after 20\""), "{text}");
        assert_eq!(write(&[]), None);
        assert!(names().is_empty() && open_queries(folder.path(), "p").expect("none").is_empty());
    }
}

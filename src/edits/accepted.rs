//! [`Accepted`]: queries that somebody said are right, in `<workspace>/edits/accepted.jsonl`.
//!
//! In: acceptances. Out: whether a query was accepted for exactly this upload. Invariant: a line that is there stays there, and counts once
//! it is durable; a line that cannot be read accepts nothing, so that its query is asked again.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Finding;
use crate::store::{StoreError, sync_folder};

/// Somebody's word for a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// When.
    pub at: Timestamp,
    /// The pipeline.
    pub pipeline: String,
    /// SHA-256 of the upload's bytes and name.
    pub upload: String,
    /// The company.
    pub company: String,
    /// The period.
    pub period: String,
    /// The edit, by name.
    pub rule: String,
    /// Why it is right.
    pub why: String,
    /// Who said so, as the operating system names them.
    pub who: Option<String>,
}

/// All acceptances of a workspace.
#[derive(Debug, Default)]
pub struct Accepted {
    entries: BTreeSet<[String; 5]>,
}

/// The log of a workspace.
fn log(workspace: &Path) -> PathBuf {
    workspace.join("edits").join("accepted.jsonl")
}

impl Accepted {
    /// Reads the log of a workspace.
    ///
    /// # Errors
    /// [`StoreError`]: it is there and cannot be read.
    pub fn read(workspace: &Path) -> Result<Self, StoreError> {
        let path = log(workspace);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(StoreError::io(&path)(error)),
        };
        let entries = text.lines().filter_map(|line| serde_json::from_str::<Acceptance>(line).ok());
        let entries = entries.map(|entry| [entry.pipeline, entry.upload, entry.company, entry.period, entry.rule]);
        Ok(Self { entries: entries.collect() })
    }

    /// Whether a query about an upload was accepted.
    #[must_use]
    pub fn has(&self, pipeline: &str, upload: &str, finding: &Finding) -> bool {
        let Finding { rule, company, period, .. } = finding;
        let key = [pipeline, upload, company, &period.to_string(), rule.name()].map(str::to_owned);
        self.entries.contains(&key)
    }

    /// Adds to the log of a workspace.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be written.
    pub fn add(workspace: &Path, acceptances: &[Acceptance]) -> Result<(), StoreError> {
        let path = log(workspace);
        let folder = path.parent().unwrap_or(workspace);
        let failed = || StoreError::io(&path);
        fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(&path).map_err(failed())?;
        let mut text = String::new();
        if !ends_a_line(&mut file).map_err(failed())? {
            text.push('\n');
        }
        for acceptance in acceptances {
            text += &serde_json::to_string(acceptance).map_err(|error| failed()(error.into()))?;
            text.push('\n');
        }
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed())?;
        sync_folder(folder).map_err(StoreError::io(folder))
    }
}

/// Whether a file is empty or ends with a line break: a killed writer may have left half a line.
fn ends_a_line(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::super::{Rule, Severity};
    use super::*;
    use crate::period::Period;

    #[test]
    fn a_word_counts_for_its_upload_and_query_alone_and_half_a_line_for_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let acceptance = |rule: &str| Acceptance {
            at: Timestamp::UNIX_EPOCH,
            pipeline: "p".to_owned(),
            upload: "d1".to_owned(),
            company: "A".to_owned(),
            period: "2026-Q3".to_owned(),
            rule: rule.to_owned(),
            why: "a \"merger\"\nof two".to_owned(),
            who: None,
        };
        Accepted::add(folder.path(), &[acceptance("headcount")]).expect("added");
        let mut text = fs::read_to_string(log(folder.path())).expect("text");
        assert_eq!(text.lines().count(), 1);
        text += "{\"at\":\"1970";
        fs::write(log(folder.path()), text).expect("damaged");
        Accepted::add(folder.path(), &[acceptance("shrinks_snapshot")]).expect("added");
        let accepted = Accepted::read(folder.path()).expect("read");
        let finding = |rule| Finding {
            rule,
            severity: Severity::Query,
            company: "A".to_owned(),
            period: Period::Quarter(2026, 3),
            column: None,
            message: String::new(),
        };
        assert!(accepted.has("p", "d1", &finding(Rule::Headcount)) && accepted.has("p", "d1", &finding(Rule::Shrinks)));
        assert!(!accepted.has("p", "d2", &finding(Rule::Headcount)), "another upload");
        assert!(!accepted.has("q", "d1", &finding(Rule::Headcount)), "another pipeline");
        assert!(!accepted.has("p", "d1", &finding(Rule::PayMoved)), "another query");
    }
}

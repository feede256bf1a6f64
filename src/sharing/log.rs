//! The log of grants, revocations and exports: `<workspace>/sharing/log.jsonl`.
//!
//! In: events. Out: the same, in their order, and the grants that are in force on a day. Invariant: a line that is there stays there; an
//! event counts only once its line is durable; a damaged line stops everything, since it might be a revocation.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::record::is_folder_name;
use crate::store::sync_folder;

/// Why the log cannot be read or added to.
#[derive(Debug, thiserror::Error)]
pub enum SharingError {
    /// A file cannot be read or written.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What happened.
        error: io::Error,
    },
    /// A line of the log is no event.
    #[error("{}, line {line}: is no event of the log; put the file back from a backup: it might be a revocation", .path.display())]
    Damaged {
        /// The log.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// There is nothing to revoke.
    #[error("{company} has granted nothing to {recipient} that is in force; `payquorum share list` tells what is")]
    NoGrant {
        /// The company.
        company: String,
        /// The recipient.
        recipient: String,
    },
    /// A name cannot be a folder.
    #[error(
        "the recipient's name cannot be a folder; use 1 to 100 letters, digits, `-`, `_` and `.`, not beginning with `.`"
    )]
    Recipient,
    /// A day has passed.
    #[error("{until} has passed; give a day that is still to come, or leave it out")]
    Passed {
        /// The day.
        until: Date,
    },
}

/// What of a scorecard may be shared. There is no figure of any metric among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The Social Impact Score, its stars and its coverage.
    Score,
    /// The points of each part of it, as pay and benefits.
    Parts,
}

/// What a company lets a recipient see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The company.
    pub company: String,
    /// The recipient.
    pub recipient: String,
    /// What, each once.
    pub parts: Vec<Part>,
    /// The last day, if there is one.
    pub until: Option<Date>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// A company let a recipient see something; this takes the place of what it had granted before.
    Grant(Grant),
    /// A company took back what it had granted.
    Revoke {
        /// The company.
        company: String,
        /// The recipient.
        recipient: String,
    },
    /// A recipient's folder was made.
    Export {
        /// The recipient.
        recipient: String,
        /// The pipeline.
        pipeline: String,
        /// The period.
        period: String,
        /// The companies in it.
        companies: Vec<String>,
    },
}

/// An event, and when it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// The log.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    entries: Vec<Entry>,
}

impl Log {
    /// Reads the log of a workspace; an empty one where there is none.
    ///
    /// # Errors
    /// [`SharingError`].
    pub fn read(workspace: &Path) -> Result<Self, SharingError> {
        let path = workspace.join("sharing").join("log.jsonl");
        let mut text = String::new();
        match File::open(&path).and_then(|mut file| file.read_to_string(&mut text)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(SharingError::Io { path, error }),
            _ => {}
        }
        let mut entries = Vec::new();
        for (line, text) in text.lines().enumerate() {
            let entry = serde_json::from_str(text);
            entries.push(entry.map_err(|_| SharingError::Damaged { path: path.clone(), line: line + 1 })?);
        }
        // A last line without its end was being written when the power failed: its event never counted.
        if !text.is_empty() && !text.ends_with('\n') {
            return Err(SharingError::Damaged { path, line: entries.len() });
        }
        Ok(Self { path, entries })
    }

    /// All events, in their order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The grants in force on a day, by company and recipient.
    #[must_use]
    pub fn in_force(&self, day: Date) -> Vec<&Grant> {
        let mut grants: BTreeMap<(&str, &str), &Grant> = BTreeMap::new();
        for Entry { event, .. } in &self.entries {
            match event {
                Event::Grant(grant) => {
                    grants.insert((&grant.company, &grant.recipient), grant);
                }
                Event::Revoke { company, recipient } => {
                    grants.remove(&(company.as_str(), recipient.as_str()));
                }
                Event::Export { .. } => {}
            }
        }
        grants.into_values().filter(|grant| grant.until.is_none_or(|until| until >= day)).collect()
    }

    /// Adds an event.
    ///
    /// # Errors
    /// [`SharingError`]: it makes no sense beside what is there, or cannot be written; then nothing has happened.
    pub fn add(&mut self, event: Event, at: Timestamp, day: Date) -> Result<(), SharingError> {
        match &event {
            Event::Grant(grant) if !is_folder_name(&grant.recipient) => return Err(SharingError::Recipient),
            Event::Grant(Grant { until: Some(until), .. }) if *until < day => {
                return Err(SharingError::Passed { until: *until });
            }
            Event::Revoke { company, recipient } => {
                let is_it = |grant: &&Grant| grant.company == *company && grant.recipient == *recipient;
                if !self.in_force(day).iter().any(is_it) {
                    return Err(SharingError::NoGrant { company: company.clone(), recipient: recipient.clone() });
                }
            }
            _ => {}
        }
        let entry = Entry { at, event };
        let io = |error| SharingError::Io { path: self.path.clone(), error };
        let mut line = serde_json::to_string(&entry).map_err(|error| io(error.into()))?;
        line.push('\n');
        let folder = self.path.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder).map_err(io)?;
        let written = OpenOptions::new().create(true).append(true).open(&self.path).and_then(|mut file| {
            file.write_all(line.as_bytes())?;
            file.sync_all()
        });
        written.and_then(|()| sync_folder(folder)).map_err(io)?;
        self.entries.push(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: i8) -> Date {
        Date::constant(2026, 10, number)
    }

    fn grant(company: &str, until: Option<i8>) -> Event {
        let (company, recipient) = (company.to_owned(), "FUND".to_owned());
        Event::Grant(Grant { company, recipient, parts: vec![Part::Score], until: until.map(day) })
    }

    fn revoke(company: &str) -> Event {
        Event::Revoke { company: company.to_owned(), recipient: "FUND".to_owned() }
    }

    #[test]
    fn a_grant_ends_with_its_day_or_its_revocation() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = Log::read(folder.path()).expect("an empty log");
        let at = Timestamp::UNIX_EPOCH;
        log.add(grant("A", Some(10)), at, day(1)).expect("granted");
        log.add(grant("B", None), at, day(1)).expect("granted");
        let companies =
            |log: &Log, on: i8| log.in_force(day(on)).iter().map(|it| it.company.clone()).collect::<Vec<_>>();
        assert_eq!(companies(&log, 10), ["A", "B"]);
        assert_eq!(companies(&log, 11), ["B"]);
        assert!(matches!(log.add(revoke("A"), at, day(11)), Err(SharingError::NoGrant { .. })));
        assert!(matches!(log.add(grant("A", Some(3)), at, day(4)), Err(SharingError::Passed { .. })));
        log.add(revoke("B"), at, day(11)).expect("revoked");
        let again = Log::read(folder.path()).expect("the log");
        assert_eq!((companies(&again, 11), again.entries().len()), (Vec::new(), 3));
    }

    #[test]
    fn a_damaged_line_stops_everything() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = Log::read(folder.path()).expect("an empty log");
        log.add(grant("A", None), Timestamp::UNIX_EPOCH, day(1)).expect("granted");
        let file = folder.path().join("sharing/log.jsonl");
        let whole = std::fs::read_to_string(&file).expect("the log");
        for damaged in [whole.replace("grant", "grunt"), whole[..whole.len() - 1].to_owned(), format!("{whole}{{}}\n")]
        {
            std::fs::write(&file, damaged).expect("damaged");
            assert!(matches!(Log::read(folder.path()), Err(SharingError::Damaged { .. })));
        }
    }

    proptest! {
        /// The slow twin walks through all events for each company.
        #[test]
        fn what_is_in_force_is_what_was_granted_last(events in proptest::collection::vec((0_usize..3, any::<bool>(), proptest::option::of(1_i8..28)), 0..12), on in 1_i8..28) {
            let names = ["A", "B", "C"];
            let entries = events.iter().map(|&(company, grants, until)| {
                let event = if grants { grant(names[company], until) } else { revoke(names[company]) };
                Entry { at: Timestamp::UNIX_EPOCH, event }
            });
            let log = Log { path: PathBuf::new(), entries: entries.collect() };
            let found: Vec<&str> = log.in_force(day(on)).into_iter().map(|grant| grant.company.as_str()).collect();
            let is_in_force = |company: usize| {
                let last = events.iter().rev().find(|(of, ..)| *of == company);
                last.is_some_and(|(_, grants, until)| *grants && until.is_none_or(|until| until >= on))
            };
            let expected: Vec<&str> = (0..3).filter(|&company| is_in_force(company)).map(|company| names[company]).collect();
            prop_assert_eq!(found, expected);
        }
    }
}

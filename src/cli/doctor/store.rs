//! The store: who has it, what a killed run left, and whether its files are whole and fit together.
//!
//! In: a [`Look`] at the store. Out: findings. Invariant: whatever would stop the next run or release is a problem here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Findings;
use super::key::Usable;
use crate::cli::summary::group;
use crate::intake::Register;
use crate::pseudonym::KEY_VARIABLE;
use crate::record::folder_name;
use crate::store::{Journal, Look, Occupied, Part, StoreError};

pub(super) fn check(look: &Look, key: &Usable, findings: &mut Findings) {
    check_lock(look, findings);
    check_leftovers(look, findings);
    check_files(look, findings);
    check_keys(look, key, findings);
}

fn check_lock(look: &Look, findings: &mut Findings) {
    match &look.occupied {
        Occupied::Never => findings.ok("lock", "nobody has the workspace"),
        Occupied::No => {
            findings.ok("lock", "nobody has the workspace; that a lock file lies there is no problem, it always does");
        }
        Occupied::By(process) => {
            let who = if process.is_empty() { "a run".to_owned() } else { format!("a run (process {process})") };
            findings.note(
                "lock",
                format!("{who} is at work, and what follows may be of the middle of its work"),
                "look again when it has ended",
            );
        }
    }
}

fn check_leftovers(look: &Look, findings: &mut Findings) {
    let at_work = matches!(look.occupied, Occupied::By(_));
    let mend = if at_work { "nothing: the run at work does it" } else { "nothing: the next run does it first" };
    match &look.journal {
        Journal::None => findings.ok("journal", "no run was killed in its commit"),
        Journal::Waiting(moves) => findings.note(
            "journal",
            format!("a run has not finished its commit: {} files are to be moved into place", group(*moves as u64)),
            mend,
        ),
        Journal::Broken(what) => findings.problem(
            "journal",
            what.clone(),
            "move the journal away, and upload the companies of that run again; no run can begin before",
        ),
    }
    if look.staged > 0 && look.journal == Journal::None {
        findings.note(
            "staging",
            format!("{} files in store/.staging that are not committed", group(look.staged as u64)),
            if at_work { mend } else { "nothing: the next run sweeps them" },
        );
    }
}

fn check_files(look: &Look, findings: &mut Findings) {
    let mut found: Vec<(String, String)> = look.unreadable.iter().map(of_unreadable).collect();
    let mut twice = Vec::new();
    for pair in look.parts.windows(2) {
        let [one, other] = pair else { continue };
        if (&one.company, &one.period) == (&other.company, &other.period) {
            let text = format!("{} has two files for {}", one.company, one.period);
            let mend = format!("move one of them away: {}, {}", one.path.display(), other.path.display());
            twice.push((text, mend));
        }
    }
    let at_work = matches!(look.occupied, Occupied::By(_));
    if at_work && !twice.is_empty() {
        let text = "a company has two files for one period, perhaps because the run at work is replacing one of them";
        findings.note("store", text, "look again when it has ended");
    } else {
        found.extend(twice);
    }
    for part in look.parts.iter().filter(|part| !is_in_place(part)) {
        let text = format!("{} holds the records of {} for {}", part.path.display(), part.company, part.period);
        let mend =
            format!("move it to store/company={}/period={}, if there is none", folder_name(&part.company), part.period);
        found.push((text, mend));
    }
    if found.is_empty() {
        let companies: BTreeSet<&str> = look.parts.iter().map(|part| part.company.as_str()).collect();
        let rows = look.parts.iter().map(|part| part.rows).sum();
        findings.ok(
            "store",
            format!(
                "{} files of {} companies with {} records; all footers can be read, one file for each company and period",
                group(look.parts.len() as u64),
                group(companies.len() as u64),
                group(rows)
            ),
        );
    }
    findings.problems("store", found);
}

fn of_unreadable(error: &StoreError) -> (String, String) {
    match error {
        StoreError::Damaged { path, error } => (
            format!("{} is damaged: {error}", path.display()),
            "move the file away, and upload that company and period again".to_owned(),
        ),
        other => (other.to_string(), "let the user who runs payquorum read it".to_owned()),
    }
}

/// Whether a file lies in the folder of its company and period.
fn is_in_place(part: &Part) -> bool {
    let period = part.path.parent();
    let is =
        |folder: Option<&Path>, name: String| folder.and_then(Path::file_name).is_some_and(|found| *found == *name);
    is(period, format!("period={}", part.period))
        && is(period.and_then(Path::parent), format!("company={}", folder_name(&part.company)))
}

fn check_keys(look: &Look, key: &Usable, findings: &mut Findings) {
    let mut of_period: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for part in &look.parts {
        of_period.entry(&part.period).or_default().insert(&part.key_id);
    }
    let several = of_period.iter().filter(|(_, keys)| keys.len() > 1);
    let mixed: Vec<(String, String)> = several
        .map(|(period, keys)| {
            let mend = "upload the companies of the older key again under the present one";
            (format!("the records of {period} are under {} different keys", keys.len()), mend.to_owned())
        })
        .collect();
    let is_mixed = !mixed.is_empty();
    findings.problems("key", mixed);
    match key {
        Usable::Refused => {}
        Usable::Nothing if look.parts.is_empty() => {
            findings.note("key", "there is no key that a run could use", "nothing: the first run makes one");
        }
        Usable::Nothing => findings.problem(
            "key",
            "there are records, and no key that a run could use",
            format!(
                "put keys/master.key back from your backup, with mode 0600, or set {KEY_VARIABLE}; the next run would make a new \
                 key, under which nothing can be compared with what is there"
            ),
        ),
        Usable::Key(key) => {
            let others = look.parts.iter().filter(|part| part.key_id != *key).count();
            if others > 0 && !is_mixed {
                findings.note(
                    "key",
                    format!("{} files of the store are under another key than the present one", group(others as u64)),
                    "if the present key is the wrong one, put the right one back; else figures of two periods are missing until \
                     both are under one key",
                );
            }
        }
    }
}

/// Companies of the store that the register does not know.
pub(super) fn check_register(look: &Look, register: &Register, file: &str, findings: &mut Findings) {
    let companies: BTreeSet<&str> = look.parts.iter().map(|part| part.company.as_str()).collect();
    let unknown = companies.into_iter().filter(|company| register.place(company).is_none());
    let unknown: Vec<(String, String)> = unknown
        .map(|company| {
            let text = format!("company {company} has records in the store but is not in {file}");
            (text, "add it to the register, or remove its folder from the store".to_owned())
        })
        .collect();
    if unknown.is_empty() {
        let count = register.companies().len() as u64;
        findings.ok("register", format!("{} has {} companies, all of the store among them", file, group(count)));
    }
    findings.problems("register", unknown);
}

//! [`Findings`]: what `payquorum doctor` found.
//!
//! In: the outcome of each check. Out: lines for people, or a list for `--json`. Invariant: findings stay in the order of the checks; a
//! note and a problem always say what to do; long lists are cut, and say so.

use std::fmt;

use serde::Serialize;

use crate::cli::summary::group;

/// Findings of one check that are told one by one.
const LISTED: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// To be known, but no hindrance.
    Note,
    /// It stops a run, loses something, or shows what nobody should see.
    Problem,
}

/// What one check found.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    check: &'static str,
    state: State,
    text: String,
    mend: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn ok(&mut self, check: &'static str, text: impl Into<String>) {
        self.0.push(Finding { check, state: State::Ok, text: text.into(), mend: None });
    }

    pub(super) fn note(&mut self, check: &'static str, text: impl Into<String>, mend: impl Into<String>) {
        self.0.push(Finding { check, state: State::Note, text: text.into(), mend: Some(mend.into()) });
    }

    pub(super) fn problem(&mut self, check: &'static str, text: impl Into<String>, mend: impl Into<String>) {
        self.0.push(Finding { check, state: State::Problem, text: text.into(), mend: Some(mend.into()) });
    }

    /// Several problems of one kind: a text and a mend each.
    pub(super) fn problems(&mut self, check: &'static str, all: Vec<(String, String)>) {
        let more = all.len().saturating_sub(LISTED);
        for (text, mend) in all.into_iter().take(LISTED) {
            self.problem(check, text, mend);
        }
        if more > 0 {
            self.problem(check, format!("and {} more of this kind", group(more as u64)), "do the same with them");
        }
    }

    pub(super) fn all(&self) -> &[Finding] {
        &self.0
    }

    pub(super) fn count(&self, state: State) -> usize {
        self.0.iter().filter(|finding| finding.state == state).count()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { check, state, text, mend } in &self.0 {
            let state = match state {
                State::Ok => "ok",
                State::Note => "note",
                State::Problem => "problem",
            };
            writeln!(out, "{state:<8} {check:<10} {text}")?;
            if let Some(mend) = mend {
                writeln!(out, "{:<8} {:<10}   mend: {mend}", "", "")?;
            }
        }
        let (problems, notes) = (self.count(State::Problem), self.count(State::Note));
        let (problems, notes) = (counted(problems, "problem"), counted(notes, "note"));
        writeln!(out, "{}: {problems}, {notes}; nothing was changed", counted(self.0.len(), "finding"))
    }
}

/// A number of things.
pub(super) fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let mut findings = Findings::default();
        findings.problems("store", (0..25).map(|number| (number.to_string(), "mend it".to_owned())).collect());
        assert_eq!(findings.count(State::Problem), LISTED + 1);
        assert!(findings.to_string().contains("and 5 more of this kind"));
    }
}

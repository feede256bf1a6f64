//! What is wrong in a file that a person writes (pipeline, classification, register): every mistake, its place, the mend.
//!
//! In: places and sentences from the readers. Out: one [`FileProblems`] that shows them all.
//! Invariant: a problem always says what was expected, and where.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub mend: String,
}

/// Mistakes that are shown of one file.
const LISTED: usize = 200;

/// All mistakes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblems {
    /// The file.
    pub file: PathBuf,
    /// Its mistakes in the order of their places.
    pub problems: Vec<Problem>,
}

impl fmt::Display for FileProblems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        write!(out, "{}: {count} {noun}", self.file.display())?;
        for problem in self.problems.iter().take(LISTED) {
            write!(
                out,
                "\n  {}:{}:{}: {}\n    mend: {}",
                self.file.display(),
                problem.line,
                problem.column,
                problem.what,
                problem.mend
            )?;
        }
        match count.saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(out, "\n  and {more} more"),
        }
    }
}

impl std::error::Error for FileProblems {}

/// Collects the mistakes of one file while it is read.
pub(crate) struct Problems<'a> {
    source: &'a str,
    found: RefCell<Vec<Problem>>,
}

impl<'a> Problems<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self { source, found: RefCell::default() }
    }

    /// Notes a mistake at a place of the file.
    pub(crate) fn add(&self, at: &Range<usize>, what: impl Into<String>, mend: impl Into<String>) {
        let start = (0..=at.start.min(self.source.len())).rev().find(|&i| self.source.is_char_boundary(i)).unwrap_or(0);
        let before = &self.source[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        self.found.borrow_mut().push(Problem { line, column, what: what.into(), mend: mend.into() });
    }

    /// All mistakes, in the order of their places.
    pub(crate) fn of(self, file: &Path) -> FileProblems {
        let mut problems = self.found.into_inner();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems.dedup();
        FileProblems { file: file.to_owned(), problems }
    }

    /// Whether nothing was wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }
}

/// The nearest known word, as a mend for an unknown one.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(4) / 3 + 1)
        .min()
        .map(|(_, candidate)| candidate)
}

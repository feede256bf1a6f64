//! A file of holidays: one column `date`, a day in each line.
//!
//! In: a CSV file with ISO dates. Out: days since 1970-01-01. Invariant: a line that is no date is a mistake, never left out:
//! a release would come a day early.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::{Date, date};

use crate::problem::{FileProblems, Problems};

/// Reads holidays.
///
/// # Errors
/// Everything that is wrong in the file, with lines.
pub(crate) fn read_holidays(file: &Path) -> Result<BTreeSet<i32>, FileProblems> {
    let text = match std::fs::read(file).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return Err(whole(file, "is not UTF-8".to_owned(), "save it as UTF-8")),
        Err(error) => return Err(whole(file, format!("cannot be read: {error}"), "check its path")),
    };
    let problems = Problems::new(&text);
    let mut days = BTreeSet::new();
    let mut at = 0;
    for (number, raw) in text.split_inclusive('\n').enumerate() {
        let line = raw.trim_start_matches('\u{feff}').trim();
        if number == 0 {
            if line != "date" {
                problems.add(&(0..0), "has no header `date`", "write `date` into the first line, alone");
            }
        } else if !line.is_empty() {
            match day(line) {
                Some(day) => drop(days.insert(day)),
                None => problems.add(&(at..at), "is no date", "write one date in each line, like 2026-12-25"),
            }
        }
        at += raw.len();
    }
    if text.is_empty() {
        problems.add(&(0..0), "is empty", "write `date` into the first line, and a date into each other");
    }
    if problems.is_empty() { Ok(days) } else { Err(problems.of(file)) }
}

/// A mistake of the whole file.
fn whole(file: &Path, what: String, mend: &str) -> FileProblems {
    let problems = Problems::new("");
    problems.add(&(0..0), what, mend);
    problems.of(file)
}

/// A date of ten characters, in days since 1970-01-01.
fn day(text: &str) -> Option<i32> {
    let day: Date = (text.len() == 10).then(|| text.parse().ok())??;
    date(1970, 1, 1).until(day).ok().map(|span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BTreeSet<i32>, FileProblems> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("holidays.csv");
        std::fs::write(&file, text).expect("written");
        read_holidays(&file)
    }

    #[test]
    fn dates_are_read_in_any_order() {
        let days = read("\u{feff}date\r\n1970-01-03\r\n\r\n1970-01-02\r\n1970-01-03").expect("holidays");
        assert_eq!(days, [1, 2].into());
        assert_eq!(read("date\n").expect("none"), BTreeSet::new());
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let error = read("day\n2026-12-25\n25.12.2026\n2026-02-30\n20261226\n").expect_err("mistakes");
        let lines: Vec<usize> = error.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [1, 3, 4, 5], "{error}");
        assert!(read("").is_err());
    }
}

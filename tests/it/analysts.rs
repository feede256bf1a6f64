//! Proves that the code of docs/analysts/ runs as it stands there, on a release of the samples.
//!
//! In: the pages, and a release that the program has just made. Out: a failure where a page's code fails, finds no rows or prints
//! nothing. Invariant: the pages themselves are run, not copies of them; on a machine without Python's `duckdb` the test says that it
//! skipped, and where `PAYQUORUM_VENV` names an environment it never skips.

use std::process::Command;

use crate::desk::{Desk, Outcome, project, quarterly};

/// Whether an environment is named, or the Python of this machine has `duckdb`.
fn has_duckdb() -> bool {
    let answer = || Command::new("python3").args(["-c", "import duckdb"]).output();
    std::env::var_os("PAYQUORUM_VENV").is_some() || answer().is_ok_and(|answer| answer.status.success())
}

#[test]
fn the_code_of_the_analysts_pages_runs_as_it_is() {
    if !has_duckdb() {
        eprintln!("skipped: python3 has no duckdb here; name an environment that has it with PAYQUORUM_VENV");
        return;
    }
    let desk = Desk::new();
    let release = desk.does("run", &quarterly(), &["--period", "2026-Q3"]).ends_with(0).release();
    let check = Outcome::of(Command::new(project("docs/analysts/check.sh")).arg(&release)).ends_with(0);
    check.tells("ok duckdb.md").tells(" 0 failed");
}

//! `payquorum pseudonymize`: pseudonyms on a company's own premises.
//!
//! In: a CSV file, and the company's key or the workspace with the master key. Out: the same file with pseudonyms.
//! Invariant: the output appears whole or not at all, and no ID is printed.

use std::path::PathBuf;

use clap::Args;

use super::{Refused, log, summary::group};
use crate::pseudonym::{load, pseudonymize_file};

#[derive(Debug, Args)]
pub(super) struct Pseudonymize {
    /// The CSV file with employee IDs
    input: PathBuf,
    /// The file to write
    output: PathBuf,
    /// The company's (or its holding's) ID, from which its key is derived
    #[arg(long)]
    company: String,
    /// The header of the employee IDs
    #[arg(long, default_value = "employee_id")]
    id_header: String,
    /// The workspace with the master key
    #[arg(long, default_value = "out")]
    workspace: PathBuf,
}

impl Pseudonymize {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        let missing = || {
            Refused(format!(
                "no key in {}; make one with `payquorum keys new`: an unkeyed hash of an employee number can be guessed",
                self.workspace.display()
            ))
        };
        let (master, _) = load(&self.workspace)?.ok_or_else(missing)?;
        let key = master.company_key(&self.company);
        let rows = pseudonymize_file(&self.input, &self.output, &self.id_header, &key)?;
        let output = self.output.display();
        log::info(&format!("{output}: {} rows, IDs replaced under key {}\n", group(rows), master.id()));
        Ok(())
    }
}

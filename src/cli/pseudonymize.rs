//! `payquorum pseudonymize`: pseudonyms on a company's own premises.
//!
//! In: a file with employee IDs, and the company's key or the workspace with the master key; perhaps the pipeline that the file is for.
//! Out: a CSV file with pseudonyms and the columns that were asked for. Invariant: the output appears whole or not at all, and no ID is
//! printed.

use std::path::PathBuf;

use clap::Args;

use super::{Refused, log, summary::group};
use crate::pipeline::{Overrides, Pipeline};
use crate::pseudonym::{Premises, load};

#[derive(Debug, Args)]
pub(super) struct Pseudonymize {
    /// The file with employee IDs
    input: PathBuf,
    /// The CSV file to write
    output: PathBuf,
    /// The company's (or its holding's) ID, from which its key is derived
    #[arg(long)]
    company: String,
    /// The pipeline that the file is for: its formats are used, and the columns that it names are kept
    #[arg(long, value_name = "FILE")]
    pipeline: Option<PathBuf>,
    /// The header of the employee IDs; otherwise as the pipeline knows it, or employee_id
    #[arg(long, value_name = "HEADER")]
    id_header: Option<String>,
    /// Keep this column as well (several times for several)
    #[arg(long, value_name = "HEADER")]
    keep: Vec<String>,
    /// Leave columns out whose headers mean a direct identifier, instead of refusing the file
    #[arg(long)]
    drop_identifiers: bool,
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
        if self.company.trim().is_empty() {
            return Err(Refused("`--company` is empty; name the company as the register does".to_owned()).into());
        }
        let pipeline = self.pipeline.as_ref().map(|file| Pipeline::read(file, &Overrides::default())).transpose()?;
        let (master, _) = load(&self.workspace)?.ok_or_else(missing)?;
        let key = master.company_key(&self.company);
        let premises = Premises {
            pipeline: pipeline.as_ref(),
            id_header: self.id_header.as_deref(),
            keep: &self.keep,
            drops_identifiers: self.drop_identifiers,
            key: &key,
            workspace: &self.workspace,
        };
        let written = premises.pseudonymize(&self.input, &self.output)?;
        let output = self.output.display();
        let (rows, kept) = (group(written.rows), written.kept.join(", "));
        log::info(&format!("{output}: {rows} rows, IDs replaced under key {}\n  columns kept: {kept}\n", master.id()));
        if !written.left_out.is_empty() {
            log::info(&format!(
                "  columns left out: {} (`--keep` names further ones to keep)\n",
                written.left_out.join(", ")
            ));
        }
        Ok(())
    }
}

//! `payquorum man`: manual pages.
//!
//! In: the description of the command line that the parser uses. Out: the program's page on standard output, or a page for the program and
//! for each command in a folder. Invariant: made from the same texts as `--help`, so that they cannot differ.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_mangen::{Man, generate_to};

use super::{Arguments, log};

#[derive(Debug, Args)]
pub(super) struct Manual {
    /// Write a page for the program and for each of its commands into this folder
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl Manual {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        let command = Arguments::command().disable_help_subcommand(true);
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            Man::new(command).render(&mut page)?;
            return Ok(std::io::stdout().write_all(&page)?);
        };
        let place = || folder.display().to_string();
        std::fs::create_dir_all(&folder).with_context(place)?;
        generate_to(command, &folder).with_context(place)?;
        log::info(&format!("the pages are in {}; read one with `man -l {}/payquorum-run.1`\n", place(), place()));
        Ok(())
    }
}

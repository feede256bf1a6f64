//! `payquorum keys`: make a master key, or name the present one.
//!
//! In: a workspace. Out: a key file of mode 0600, or the key's ID. Invariant: a key is never printed or overwritten.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Refused, log};
use crate::cli::output::say;
use crate::pseudonym::{KEY_VARIABLE, KeySource, create, load};

#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new master key in a workspace that has none
    New {
        /// The workspace
        #[arg(long, default_value = "out")]
        workspace: PathBuf,
    },
    /// Print the ID of the master key; the ID is not secret
    Id {
        /// The workspace
        #[arg(long, default_value = "out")]
        workspace: PathBuf,
    },
}

impl Keys {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        match self.command {
            Command::New { workspace } => {
                let (key, source) = create(&workspace)?;
                if let KeySource::NewFile(file) = source {
                    let file = file.display();
                    log::info(&format!(
                        "made {file}; keep a copy in a safe place: without it pseudonyms cannot be made again\n"
                    ));
                }
                say!("{}", key.id());
            }
            Command::Id { workspace } => {
                let missing = || {
                    Refused(format!(
                        "no key in {} or {KEY_VARIABLE}; make one with `payquorum keys new --workspace {}`",
                        workspace.display(),
                        workspace.display()
                    ))
                };
                let (key, _) = load(&workspace)?.ok_or_else(missing)?;
                say!("{}", key.id());
            }
        }
        Ok(())
    }
}

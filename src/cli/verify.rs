//! `payquorum verify`: a release against its own manifest.
//!
//! In: a release folder. Out: what was checked. Invariant: reads the published files alone.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{Refused, summary::group};
use crate::cli::output::say;
use crate::release::verify;

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The release folder, as in out/releases/quarterly/2026-Q3/v1
    release: PathBuf,
}

impl Verify {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        let verified = verify(&self.release).with_context(|| format!("{}", self.release.display()))?;
        for fault in &verified.faults {
            say!("{fault}");
        }
        if verified.faults.is_empty() {
            say!(
                "{}: {} files and {} rows are as the manifest says, and every published row keeps its policy",
                self.release.display(),
                verified.files,
                group(verified.rows as u64)
            );
            return Ok(());
        }
        Err(Refused(format!("{}: {} faults; do not use this release", self.release.display(), verified.faults.len()))
            .into())
    }
}

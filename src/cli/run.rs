//! `payquorum run`: the whole way of a record, stage by stage.
//!
//! In: a pipeline file. Out: a release, and a summary. Invariant: reads as the stage table of ARCHITECTURE.md.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::{PipelineArguments, Refused, due, progress, release, summary};
use crate::ingest::{ingest, uploads};
use crate::intake::Register;
use crate::pipeline::Pipeline;
use crate::pseudonym::{KeySource, load_or_create};
use crate::store::Store;
use crate::timings::{self, Span};

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) pipeline: PipelineArguments,
    #[command(flatten)]
    pub(super) release: release::ReleaseArguments,
    #[command(flatten)]
    pub(super) due: due::DueArguments,
    /// Publish without the uploads that are refused, instead of stopping
    #[arg(long)]
    skip_refused: bool,
}

impl Run {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        self.pipeline.use_threads();
        let pipeline = Pipeline::read(&self.pipeline.pipeline, &self.release.overrides(&self.pipeline))?;
        release::refuse_remainders(&pipeline)?;
        self.release.measure();
        if self.due.due {
            return due::execute(&self, &pipeline);
        }
        let stage = timings::stage("uploads");
        let register = Register::read(&pipeline.companies, &pipeline.dimensions)?;
        let files = uploads(&pipeline.uploads)?;
        let store = Store::open(&pipeline.workspace, self.release.wait)?;
        self.take(stage, &files, &pipeline, &register, &store)?;
        release::release(pipeline, &register, &store, &self.release)
    }

    /// Takes uploads into the store; stops where some are refused.
    pub(super) fn take(
        &self,
        stage: Span,
        files: &[PathBuf],
        pipeline: &Pipeline,
        register: &Register,
        store: &Store,
    ) -> anyhow::Result<()> {
        let (master, source) = load_or_create(&pipeline.workspace)?;
        if let KeySource::NewFile(file) = &source {
            eprintln!(
                "made a new master key: {} (keep it safe: it is not in any backup of payquorum)\n",
                file.display()
            );
        }
        let bytes = files.iter().filter_map(|file| fs::metadata(file).ok()).map(|metadata| metadata.len()).sum();
        let bar = progress::bar(bytes, "uploads", true);
        let report = ingest(files, pipeline, register, store, &master, &|size| bar.inc(size))?;
        bar.finish_and_clear();
        drop(stage);
        eprint!("{}", summary::intake(&report, pipeline, register));
        if !report.refused.is_empty() && !self.skip_refused {
            let text = "uploads were refused, and no release was made; mend them and run again, or publish without them \
                        with `--skip-refused`. The uploads that were taken are in the store";
            return Err(Refused(text.to_owned()).into());
        }
        Ok(())
    }
}

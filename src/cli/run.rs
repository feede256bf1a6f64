//! `payquorum run`: the whole way of a record, stage by stage.
//!
//! In: a pipeline file. Out: a release, and a summary. Invariant: reads as the stage table of ARCHITECTURE.md.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::json::{Report, reported};
use super::progress::Stage;
use super::{PipelineArguments, Refused, due, edits, log, release, summary};
use crate::edits::Today;
use crate::ingest::{ingest_edited, uploads};
use crate::intake::Register;
use crate::pipeline::Pipeline;
use crate::pseudonym::{KeySource, load_or_create};
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) pipeline: PipelineArguments,
    #[command(flatten)]
    pub(super) release: release::ReleaseArguments,
    #[command(flatten)]
    pub(super) due: due::DueArguments,
    /// Publish without the uploads that are refused or about which queries are open, instead of stopping
    #[arg(long)]
    skip_refused: bool,
}

impl Run {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        reported(self.release.json, "run", |report| self.take_and_publish(report))
    }

    fn take_and_publish(&self, told: &mut Report) -> anyhow::Result<()> {
        self.pipeline.use_threads();
        let pipeline = Pipeline::read(&self.pipeline.pipeline, &self.release.overrides(&self.pipeline))?;
        told.began(&pipeline);
        release::refuse_remainders(&pipeline)?;
        self.release.measure();
        if self.due.due {
            return due::execute(self, &pipeline, told);
        }
        let stage = Stage::begin("uploads");
        stage.does("waiting for the workspace, and looking at the uploads");
        let register = Register::of(&pipeline)?;
        let files = uploads(&pipeline.uploads)?;
        let store = Store::open(&pipeline.workspace, self.release.wait)?;
        self.take(stage, &files, &pipeline, &register, &store, told)?;
        release::release(pipeline, &register, &store, &self.release, told)
    }

    /// Takes uploads into the store; stops where some are refused or held back.
    pub(super) fn take(
        &self,
        mut stage: Stage,
        files: &[PathBuf],
        pipeline: &Pipeline,
        register: &Register,
        store: &Store,
        told: &mut Report,
    ) -> anyhow::Result<()> {
        let (master, source) = load_or_create(&pipeline.workspace)?;
        if let KeySource::NewFile(file) = &source {
            log::warning(format!(
                "made a new master key: {} (keep it safe: it is not in any backup of payquorum)",
                file.display()
            ));
        }
        let bytes = files.iter().filter_map(|file| fs::metadata(file).ok()).map(|metadata| metadata.len()).sum();
        stage.count_files(files.len(), bytes);
        let today = self.due.now().map_or_else(Today::now, Today::at);
        let (report, mut edits) =
            ingest_edited(files, pipeline, register, store, &master, today, &|size| stage.file(size))?;
        drop(stage);
        summary::each_upload(&report);
        told.took(&report, &edits, pipeline, register);
        log::info(&summary::intake(&report, pipeline, register));
        if self.due.due {
            // Whoever reads the log of a timer need not know who is late: the list is private.
            edits.missing = None;
        }
        let queries = edits::tell(&edits, pipeline)?;
        if !report.refused.is_empty() && !self.skip_refused {
            let text = "uploads were refused, and no release was made; mend them and run again, or publish without them \
                        with `--skip-refused`. The uploads that were taken are in the store";
            return Err(Refused(text.to_owned()).into());
        }
        if let Some(held) = queries.filter(|_| !self.skip_refused) {
            return Err(held.into());
        }
        Ok(())
    }
}

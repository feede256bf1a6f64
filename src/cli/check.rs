//! `payquorum check`: intake without writing anything.
//!
//! In: a pipeline and uploads. Out: for each upload what would be kept, dropped and rejected. Invariant: no file is written,
//! and no value is shown.

use std::path::PathBuf;

use clap::Args;

use super::summary::{group, near_misses};
use super::{PipelineArguments, Refused};
use crate::intake::{Intake, Nowhere, Register, Upload, UploadError, UploadReport};
use crate::pipeline::Pipeline;

/// Rejects that are shown for an upload.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pipeline: PipelineArguments,
    /// The uploads; those of the pipeline where none are named
    files: Vec<PathBuf>,
}

impl Check {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        self.pipeline.use_threads();
        let pipeline = Pipeline::read(&self.pipeline.pipeline, &self.pipeline.overrides())?;
        let register = Register::of(&pipeline)?;
        let files = if self.files.is_empty() { crate::ingest::uploads(&pipeline.uploads)? } else { self.files };
        let intake = Intake { pipeline: &pipeline, register: &register };
        let mut refused = 0;
        for file in &files {
            let outcome = match Upload::open(file) {
                Ok(upload) => intake.read(&upload, &mut Nowhere),
                Err(error) => {
                    println!("{}: refused: cannot be read: {error}", file.display());
                    refused += 1;
                    continue;
                }
            };
            match outcome {
                Ok(report) => {
                    println!("{}: accepted", file.display());
                    show(&report, &pipeline, &register);
                }
                Err(UploadError::Refused { refusal, report }) => {
                    refused += 1;
                    println!("{}: refused: {refusal}", file.display());
                    show(&report, &pipeline, &register);
                }
                Err(UploadError::Sink(error)) => return Err(anyhow::anyhow!("{}: {error}", file.display())),
            }
        }
        println!("{} uploads checked, {refused} refused; nothing was written", files.len());
        if refused > 0 {
            return Err(Refused(format!("{refused} of {} uploads are refused", files.len())).into());
        }
        Ok(())
    }
}

fn show(report: &UploadReport, pipeline: &Pipeline, register: &Register) {
    if report.columns.is_empty() {
        return;
    }
    let delimiter = match report.delimiter {
        b'\t' => "tab".to_owned(),
        other => char::from(other).to_string(),
    };
    println!("  read as {}, delimiter {delimiter}", report.encoding);
    let columns = report.columns.iter().zip(&report.headers);
    let kept: Vec<String> = columns
        .map(
            |(column, header)| {
                if column.name == *header { header.clone() } else { format!("{} (from {header:?})", column.name) }
            },
        )
        .collect();
    println!("  columns kept: {}", kept.join(", "));
    if !report.dropped.is_empty() {
        println!("  columns dropped unread: {}", report.dropped.join(", "));
    }
    if !report.identifiers.is_empty() {
        println!("  of these, direct identifiers: {}", report.identifiers.join(", "));
    }
    for sentence in near_misses(report) {
        println!("  {sentence}");
    }
    println!(
        "  rows: {} read = {} accepted + {} rejected",
        group(report.read),
        group(report.accepted),
        group(report.rejected)
    );
    for ((company, period), rows) in report.stored.iter().take(SHOWN) {
        println!("  {} in {period}: {} employees", register.companies()[*company].id, group(*rows));
    }
    let listing = report.rejects_csv(pipeline);
    for line in listing.lines().take(SHOWN + 1).skip(usize::from(report.rejects.is_empty())) {
        println!("    {line}");
    }
    if report.rejects.len() > SHOWN {
        println!("    and {} more", group((report.rejects.len() - SHOWN) as u64));
    }
}

//! `payquorum check`: intake without writing anything.
//!
//! In: a pipeline and uploads. Out: for each upload what would be kept, dropped, rejected and asked. Invariant: no file is written,
//! and no value is shown.

use std::path::PathBuf;

use clap::Args;

use super::check_profile::{self, ask, look, show_edits, show_json};
use super::edits::WouldBeHeld;
use super::summary::{group, near_misses};
use super::{PipelineArguments, Refused, exit_code};
use crate::cli::output::say;
use crate::intake::{Intake, Register, UploadReport, source};
use crate::pipeline::Pipeline;

/// Rejects that are shown for an upload.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pipeline: PipelineArguments,
    /// The uploads; those of the pipeline where none are named
    files: Vec<PathBuf>,
    /// Tell what was found as one JSON object
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        self.pipeline.use_threads();
        let pipeline = Pipeline::read(&self.pipeline.pipeline, &self.pipeline.overrides())?;
        let register = Register::of(&pipeline)?;
        let all = self.files.is_empty();
        let files = if all { crate::ingest::uploads(&pipeline.uploads)? } else { self.files };
        let intake = Intake { pipeline: &pipeline, register: &register };
        let mut looked = files.iter().map(|file| look(file, intake)).collect::<anyhow::Result<Vec<_>>>()?;
        let edits = ask(&mut looked, &pipeline, &register, all)?;
        let refused = looked.iter().filter(|upload| upload.refused.is_some()).count();
        let (all, held) = (looked.len(), edits.held.len());
        let outcome = match (refused, held) {
            (0, 0) => Ok(()),
            (0, _) => Err(WouldBeHeld(format!("queries about {held} of {all} uploads would be open")).into()),
            _ => Err(Refused(format!("{refused} of {all} uploads are refused")).into()),
        };
        if self.json {
            let code = outcome.as_ref().map_or_else(exit_code, |()| 0);
            show_json(&looked, &edits, &pipeline, &register, code)?;
            return outcome;
        }
        for upload in &looked {
            match &upload.refused {
                None => say!("{}: accepted", upload.file.display()),
                Some(why) => say!("{}: refused: {why}", upload.file.display()),
            }
            if let Some(report) = &upload.report {
                show(report, &pipeline, &register);
            }
            check_profile::show(upload, &pipeline);
        }
        show_edits(&edits);
        let held = if held > 0 { format!(", {held} would be held back") } else { String::new() };
        say!("{all} uploads checked, {refused} refused{held}; nothing was written");
        outcome
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
    match report.encoding {
        source::WORKBOOK => say!("  read as a workbook"),
        encoding => say!("  read as {encoding}, delimiter {delimiter}"),
    }
    let columns = report.columns.iter().zip(&report.headers);
    let kept: Vec<String> = columns
        .map(|(column, header)| {
            if column.name == *header {
                header.clone()
            } else if header.is_empty() {
                format!("{} (as headers and the pipeline tell)", column.name)
            } else {
                format!("{} (from {header:?})", column.name)
            }
        })
        .collect();
    say!("  columns kept: {}", kept.join(", "));
    if !report.dropped.is_empty() {
        say!("  columns dropped unread: {}", report.dropped.join(", "));
    }
    if !report.identifiers.is_empty() {
        say!("  of these, direct identifiers: {}", report.identifiers.join(", "));
    }
    for sentence in near_misses(report) {
        say!("  {sentence}");
    }
    if report.accepted + report.rejected == report.read {
        say!(
            "  rows: {} read = {} accepted + {} rejected",
            group(report.read),
            group(report.accepted),
            group(report.rejected)
        );
    } else {
        // The upload was refused before its rows were settled.
        say!("  rows: {} read", group(report.read));
        return;
    }
    for ((company, period), rows) in report.stored.iter().take(SHOWN) {
        say!("  {} in {period}: {} employees", register.companies()[*company].id, group(*rows));
    }
    let listing = report.rejects_csv(pipeline);
    for line in listing.lines().take(SHOWN + 1).skip(usize::from(report.rejects.is_empty())) {
        say!("    {line}");
    }
    if report.rejects.len() > SHOWN {
        say!("    and {} more", group((report.rejects.len() - SHOWN) as u64));
    }
}

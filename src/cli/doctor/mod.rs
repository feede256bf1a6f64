//! `payquorum doctor`: is all well with a workspace?
//!
//! In: a pipeline, a workspace, or both. Out: on standard output what was looked at, each `ok`, a `note` or a `problem` with what mends
//! it. Invariant: nothing is written, made or removed, also where a run is at work; a problem does not hide another; nothing of any
//! record or key is told.

mod findings;
mod key;
mod machine;
mod releases;
mod store;
mod workspace;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::json;
use super::progress::Stage;
use crate::cli::output;
use crate::intake::Register;
use crate::pipeline::{Overrides, Pipeline};
use crate::problem::FileProblems;
use crate::store::Look;
use findings::{Finding, Findings, State, counted};

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// A pipeline file: its register is compared with the store, and its releases alone are verified
    pipeline: Option<PathBuf>,
    /// The workspace; otherwise the pipeline's, or `out` without a pipeline
    #[arg(long, value_name = "FOLDER")]
    workspace: Option<PathBuf>,
    /// Tell what was found as one JSON object
    #[arg(long)]
    json: bool,
}

/// There are problems, which have been told.
#[derive(Debug, thiserror::Error)]
#[error("{0} found; do what is said beside each, then look again")]
pub(super) struct Unwell(String);

/// What `--json` prints; docs/operator-json.md tells what each field means.
#[derive(Serialize)]
struct Report<'a> {
    form: &'static str,
    version: &'static str,
    workspace: Option<String>,
    problems: usize,
    notes: usize,
    checks: &'a [Finding],
    exit_code: u8,
}

impl Doctor {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        let mut findings = Findings::default();
        let (version, target) = (env!("CARGO_PKG_VERSION"), env!("PAYQUORUM_TARGET"));
        findings.ok("program", format!("payquorum {version} for {target}"));
        let overrides = Overrides { workspace: self.workspace.clone(), ..Overrides::default() };
        let read = self.pipeline.as_ref().map(|file| Pipeline::read(file, &overrides));
        let workspace = match &read {
            Some(Ok(pipeline)) => Some(pipeline.workspace.clone()),
            // Where a pipeline that cannot be read has its workspace is not known.
            Some(Err(_)) => self.workspace,
            None => Some(self.workspace.unwrap_or_else(|| "out".into())),
        };
        let pipeline = read.and_then(|read| sound(read, "pipeline", &mut findings));
        if let Some(pipeline) = &pipeline {
            findings.ok("pipeline", format!("{} is {}", pipeline.file.display(), pipeline.name));
        }
        if let Some(workspace) = &workspace {
            examine(workspace, pipeline.as_ref(), &mut findings);
        }
        let (problems, notes) = (findings.count(State::Problem), findings.count(State::Note));
        if self.json {
            json::print(&Report {
                form: "payquorum-doctor/1",
                version,
                workspace: workspace.map(|workspace| workspace.display().to_string()),
                problems,
                notes,
                checks: findings.all(),
                exit_code: if problems > 0 { 7 } else { 0 },
            })?;
        } else {
            output::text(&findings.to_string());
        }
        if problems > 0 { Err(Unwell(counted(problems, "problem")).into()) } else { Ok(()) }
    }
}

fn examine(workspace: &Path, pipeline: Option<&Pipeline>, findings: &mut Findings) {
    let stage = Stage::begin("doctor");
    if !workspace::check(workspace, findings) {
        return;
    }
    let key = key::check(workspace, findings);
    stage.does("looking at the store");
    match Look::at(workspace) {
        Ok(look) => {
            store::check(&look, &key, findings);
            if let Some(pipeline) = pipeline {
                let register = Register::of(pipeline);
                if let Some(register) = sound(register, "register", findings) {
                    store::check_register(&look, &register, &pipeline.register_name(), findings);
                }
            }
            machine::check_disk(workspace, &look, findings);
            machine::check_clock(&look, findings);
        }
        Err(error) => findings.problem("store", error.to_string(), "let the user who runs payquorum read that place"),
    }
    workspace::check_cache(workspace, findings);
    releases::check(workspace, pipeline.map(|pipeline| pipeline.name.as_str()), &stage, findings);
}

/// What was read, or a finding of what is wrong with its file.
fn sound<T>(read: Result<T, FileProblems>, check: &'static str, findings: &mut Findings) -> Option<T> {
    let problems = match read {
        Ok(sound) => return Some(sound),
        Err(problems) => problems,
    };
    let file = problems.file.display();
    let (text, mend) = match problems.problems.as_slice() {
        [only] => (format!("{file}:{}:{}: {}", only.line, only.column, only.what), only.mend.clone()),
        many => (
            format!("{file} has {} mistakes", many.len()),
            "`payquorum plan` with the pipeline file lists them, each with its mend".to_owned(),
        ),
    };
    findings.problem(check, text, mend);
    None
}

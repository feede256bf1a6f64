//! `payquorum accept`: a query about an upload is right as it is.
//!
//! In: an upload that the last run held back, an edit, and why. Out: a line of `<workspace>/edits/accepted.jsonl`, with which the next run
//! takes the upload. Invariant: what is not open cannot be accepted, and a word counts for exactly this content of the file.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::{Refused, log};
use crate::edits::{Acceptance, Accepted, Open, Rule, open_queries};
use crate::ingest::digest_of;
use crate::pipeline::{Overrides, Pipeline};

#[derive(Debug, Args)]
pub(super) struct Accept {
    /// The pipeline file
    pipeline: PathBuf,
    /// The upload
    upload: PathBuf,
    /// The edit, as the run named it
    #[arg(long, value_name = "EDIT", value_parser = edit)]
    edit: Rule,
    /// Why the data are right; it is kept
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    why: String,
    /// The workspace instead of the pipeline's
    #[arg(long, value_name = "FOLDER")]
    workspace: Option<PathBuf>,
}

fn edit(name: &str) -> Result<Rule, String> {
    let names = || Rule::ALL.into_iter().map(Rule::name).collect::<Vec<_>>().join(", ");
    Rule::named(name).ok_or_else(|| format!("there is no such edit; edits are {}", names()))
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("say in a few words why the data are right".to_owned()) } else { Ok(text.to_owned()) }
}

impl Accept {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        let overrides = Overrides { workspace: self.workspace, ..Overrides::default() };
        let pipeline = Pipeline::read(&self.pipeline, &overrides)?;
        let shown = self.upload.display();
        let upload = digest_of(&self.upload).map_err(|error| Refused(format!("{shown}: cannot be read: {error}")))?;
        let open = open_queries(&pipeline.workspace, &pipeline.name)?;
        let of_upload: Vec<&Open> = open.iter().filter(|open| open.upload == upload).collect();
        let name = self.edit.name();
        let meant: Vec<&Open> = of_upload.iter().copied().filter(|open| open.rule == name).collect();
        if meant.is_empty() {
            let mut others: Vec<&str> = of_upload.iter().map(|open| open.rule.as_str()).collect();
            others.dedup();
            let mend = if others.is_empty() {
                "the last run asked nothing about this content of the file; run again first".to_owned()
            } else {
                format!("open are {}", others.join(", "))
            };
            return Err(Refused(format!("{shown}: no query of the edit {name} is open; {mend}")).into());
        }
        let who = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        let acceptance = |open: &&Open| Acceptance {
            at: Timestamp::now(),
            pipeline: pipeline.name.clone(),
            upload: upload.clone(),
            company: open.company.clone(),
            period: open.period.clone(),
            rule: name.to_owned(),
            why: self.why.clone(),
            who: who.clone(),
        };
        let acceptances: Vec<Acceptance> = meant.iter().map(acceptance).collect();
        Accepted::add(&pipeline.workspace, &acceptances)?;
        for open in meant {
            log::info(&format!("accepted {name} of {shown} for {} in {}\n", open.company, open.period));
        }
        Ok(())
    }
}

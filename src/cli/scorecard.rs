//! `payquorum scorecard`: where a company stands.
//!
//! In: a pipeline file, and the name of a company or none. Out: a JSON file and a page for each company. Invariant: made of the company's
//! own metrics and a release's files alone; a card that is there is replaced whole.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{PipelineArguments, Refused, log, release};
use crate::cli::output::say;
use crate::intake::Register;
use crate::period::Period;
use crate::pipeline::Pipeline;
use crate::record::folder_name;
use crate::release::Released;
use crate::scorecard::{page, scorecards};
use crate::store::{Store, write_beside};

#[derive(Debug, Args)]
pub(super) struct ScorecardCommand {
    #[command(flatten)]
    pipeline: PipelineArguments,
    /// The company; otherwise all that have figures
    #[arg(long)]
    company: Option<String>,
    /// Wait where another run works on the workspace, instead of stopping
    #[arg(long)]
    wait: bool,
}

impl ScorecardCommand {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        self.pipeline.use_threads();
        let pipeline = Pipeline::read(&self.pipeline.pipeline, &self.pipeline.overrides())?;
        let register = Register::of(&pipeline)?;
        let store = Store::open(&pipeline.workspace, self.wait)?;
        let period = release::period_of(&pipeline, &store.catalogue()?)?;
        let (folder, cards) = write_cards(self.company.as_deref(), &register, period, &pipeline)?;
        if cards == 0 {
            let who =
                self.company.as_ref().map_or("no company has".to_owned(), |it| format!("company {it} does not have"));
            let text =
                format!("{who} own metrics of {period} in pipeline {}; run it for that period first", pipeline.name);
            return Err(Refused(text).into());
        }
        log::info(&format!(
            "{cards} scorecards, each as JSON and as a page (private: for that company and whom it designates)\n"
        ));
        say!("{}", folder.display());
        Ok(())
    }
}

/// Writes the cards of a period; tells where, and how many.
pub(super) fn write_cards(
    only: Option<&str>,
    register: &Register,
    period: Period,
    pipeline: &Pipeline,
) -> anyhow::Result<(PathBuf, usize)> {
    let released = Released::latest(pipeline, period)?
        .ok_or_else(|| Refused(format!("nothing is released for {period}; run the pipeline first")))?;
    let folder = pipeline.workspace.join("scorecards").join(&pipeline.name).join(period.to_string());
    std::fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let cards = scorecards(only, register, &released, period, pipeline)?;
    for card in &cards {
        let write = |ending: &str, text: &str| {
            let file = folder.join(format!("{}.{ending}", folder_name(&card.company)));
            write_beside(&file, text.as_bytes()).with_context(|| format!("{}", file.display()))
        };
        write("json", &card.to_json())?;
        write("html", &page(card)?)?;
    }
    Ok((folder, cards.len()))
}

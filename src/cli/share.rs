//! `payquorum share`: whom a company lets see its score.
//!
//! In: a company's instruction, or a recipient. Out: a line of the log, a list, or a recipient's folder. Invariant: what is shared is what
//! grants in force allow on that day; every grant, revocation and export is in the log before it counts.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{PipelineArguments, Refused, log, release};
use crate::cli::output::say;
use crate::intake::Register;
use crate::pipeline::Pipeline;
use crate::release::Released;
use crate::scorecard::scorecards;
use crate::sharing::{Event, Grant, Log, Part, export};
use crate::store::{Lock, Store};

#[derive(Debug, Args)]
pub(super) struct Share {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Let a recipient see a company's score
    Grant {
        #[command(flatten)]
        between: Between,
        /// What the recipient may see; the parts of the score include the score
        #[arg(long, value_enum, value_delimiter = ',', default_value = "score")]
        parts: Vec<SharedPart>,
        /// The last day, as in 2027-03-31; otherwise until it is revoked
        #[arg(long, value_name = "YYYY-MM-DD")]
        until: Option<Date>,
    },
    /// Take back what a company had granted
    Revoke {
        #[command(flatten)]
        between: Between,
    },
    /// List the grants in force
    List {
        /// The pipeline file
        pipeline: PathBuf,
        /// The workspace, instead of the pipeline's
        #[arg(long, value_name = "FOLDER")]
        workspace: Option<PathBuf>,
        /// Everything that ever happened, instead
        #[arg(long)]
        history: bool,
    },
    /// Make a recipient's folder anew, from the grants in force
    Export {
        #[command(flatten)]
        pipeline: PipelineArguments,
        /// The recipient
        #[arg(long)]
        recipient: String,
    },
}

#[derive(Debug, Args)]
struct Between {
    /// The pipeline file
    pipeline: PathBuf,
    /// The company that instructs
    #[arg(long)]
    company: String,
    /// Whom it designates: a name that can be a folder
    #[arg(long)]
    recipient: String,
    /// The workspace, instead of the pipeline's
    #[arg(long, value_name = "FOLDER")]
    workspace: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SharedPart {
    /// The score, its stars and its coverage
    Score,
    /// Also the points of each part of it
    Parts,
}

/// Today, as it is everywhere: days end at midnight UTC.
fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn open(file: &Path, workspace: Option<&PathBuf>) -> anyhow::Result<Pipeline> {
    let overrides = crate::pipeline::Overrides { workspace: workspace.cloned(), ..Default::default() };
    Ok(Pipeline::read(file, &overrides)?)
}

impl Share {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        match self.what {
            What::Grant { between, parts, until } => {
                let mut parts: Vec<Part> = parts
                    .into_iter()
                    .map(|part| match part {
                        SharedPart::Score => Part::Score,
                        SharedPart::Parts => Part::Parts,
                    })
                    .chain([Part::Score])
                    .collect();
                parts.sort_unstable();
                parts.dedup();
                let (company, recipient) = (between.company.clone(), between.recipient.clone());
                between.add(Event::Grant(Grant { company, recipient, parts, until }), true)
            }
            What::Revoke { between } => {
                let (company, recipient) = (between.company.clone(), between.recipient.clone());
                between.add(Event::Revoke { company, recipient }, false)
            }
            What::List { pipeline, workspace, history } => list(&open(&pipeline, workspace.as_ref())?, history),
            What::Export { pipeline, recipient } => export_to(&pipeline, &recipient),
        }
    }
}

impl Between {
    /// Adds an event of the company to the log.
    fn add(&self, event: Event, must_be_known: bool) -> anyhow::Result<()> {
        let pipeline = open(&self.pipeline, self.workspace.as_ref())?;
        let register = Register::of(&pipeline)?;
        // Whoever has left the register may still take back what it had granted.
        if must_be_known && register.place(&self.company).is_none() {
            let text = format!("{} is not in the register {}", self.company, pipeline.register_name());
            return Err(Refused(text).into());
        }
        std::fs::create_dir_all(&pipeline.workspace).with_context(|| format!("{}", pipeline.workspace.display()))?;
        let _lock = Lock::take(&pipeline.workspace, true)?;
        let what = told(&event);
        Log::read(&pipeline.workspace)?.add(event, Timestamp::now(), today())?;
        log::info(&format!(
            "{what}; it is in {}. `payquorum share export` makes the recipient's folder anew\n",
            pipeline.workspace.join("sharing/log.jsonl").display()
        ));
        Ok(())
    }
}

/// An event in words.
fn told(event: &Event) -> String {
    match event {
        Event::Grant(Grant { company, recipient, parts, until }) => {
            let what = if parts.contains(&Part::Parts) { "its score and the parts of it" } else { "its score" };
            let until = until.map_or("until it is revoked".to_owned(), |until| format!("until {until}"));
            format!("{company} lets {recipient} see {what} {until}")
        }
        Event::Revoke { company, recipient } => format!("{company} lets {recipient} see nothing any more"),
        Event::Export { recipient, .. } => format!("the folder of {recipient} was made"),
    }
}

fn list(pipeline: &Pipeline, all: bool) -> anyhow::Result<()> {
    let log = Log::read(&pipeline.workspace)?;
    if all {
        for entry in log.entries() {
            say!("{}", serde_json::to_string(entry)?);
        }
        return Ok(());
    }
    say!("company,recipient,parts,until");
    for grant in log.in_force(today()) {
        let parts = if grant.parts.contains(&Part::Parts) { "score and parts" } else { "score" };
        let until = grant.until.map(|until| until.to_string()).unwrap_or_default();
        say!("{},{},{parts},{until}", grant.company, grant.recipient);
    }
    Ok(())
}

fn export_to(arguments: &PipelineArguments, recipient: &str) -> anyhow::Result<()> {
    let pipeline = Pipeline::read(&arguments.pipeline, &arguments.overrides())?;
    let register = Register::of(&pipeline)?;
    let store = Store::open(&pipeline.workspace, true)?;
    let period = release::period_of(&pipeline, &store.catalogue()?)?;
    let released = Released::latest(&pipeline, period)?
        .ok_or_else(|| Refused(format!("nothing is released for {period}; run the pipeline first")))?;
    let mut events = Log::read(&pipeline.workspace)?;
    let grants = events.in_force(today());
    let ever = events
        .entries()
        .iter()
        .any(|entry| matches!(&entry.event, Event::Grant(grant) if grant.recipient == recipient));
    if !ever {
        return Err(
            Refused(format!("nobody has ever granted anything to {recipient}; `payquorum share grant` does")).into()
        );
    }
    let cards = scorecards(None, &register, &released, period, &pipeline)?;
    let exported = export(&pipeline.workspace, recipient, &grants, &cards);
    let (folder, companies) = exported.with_context(|| format!("the folder of {recipient}"))?;
    let count = companies.len();
    let (name, period) = (pipeline.name.clone(), period.to_string());
    let event = Event::Export { recipient: recipient.to_owned(), pipeline: name, period, companies };
    events.add(event, Timestamp::now(), today())?;
    let companies = if count == 1 { "one company" } else { &format!("{count} companies") };
    log::info(&format!("scores of {companies}, as the grants in force allow\n"));
    say!("{}", folder.display());
    Ok(())
}

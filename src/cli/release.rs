//! `payquorum release`: from the store to a release.
//!
//! In: a pipeline file and a store. Out: company metrics, the decision ledger, a release, and a summary.
//! Invariant: what may not be published is refused before anything is computed, where that can be known.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::json::{Report, reported};
use super::progress::Stage;
use super::{PipelineArguments, Refused, edits, log, scorecard, summary};
use crate::aggregate::{CompanyTable, Kept, Snapshots, aggregate_again};
use crate::cli::output::say;
use crate::disclose::secondary::write_jj;
use crate::disclose::{DiscloseError, History, Ledger, disclose, write_protection, write_told};
use crate::intake::Register;
use crate::period::Period;
use crate::pipeline::{CopyFormat, Overrides, Pipeline};
use crate::release::{DECISIONS, LedgerFolder, Prepared, TOLD, prepare};
use crate::scorecard::add_market_ratios;
use crate::store::{Catalogue, Store, StoreError, write_durably};
use crate::timings;

#[derive(Debug, Args)]
pub(super) struct Release {
    #[command(flatten)]
    pipeline: PipelineArguments,
    #[command(flatten)]
    release: ReleaseArguments,
}

#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct ReleaseArguments {
    /// The release date to write into the manifest (it changes the bytes of the release)
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = release_date)]
    release_date: Option<String>,
    /// Write copies of the benchmarks into the release as well, instead of those that the pipeline asks for
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FORMATS")]
    also: Option<Vec<Also>>,
    /// Write the problems of linked tables into this folder, in the JJ format of tau-Argus and sdcTable (private: true values)
    #[arg(long, value_name = "FOLDER")]
    export_jj: Option<PathBuf>,
    /// Compute everything anew, instead of only what changed since the last run; the outcome is the same
    #[arg(long)]
    anew: bool,
    /// Tell where the time went, by stages and their parts
    #[arg(long)]
    timings: bool,
    /// Write where the time went as a trace that Perfetto, Speedscope or Chrome's viewer open
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Wait where another run works on the workspace, instead of stopping
    #[arg(long)]
    pub(super) wait: bool,
    /// Tell what was done as one JSON object on standard output, instead of the release folder
    #[arg(long)]
    pub(super) json: bool,
}

/// Forms of a copy of the benchmarks.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Also {
    /// benchmarks.csv: comma-separated values in UTF-8
    Csv,
    /// benchmarks.xlsx: an Excel workbook with the meaning of its columns
    Xlsx,
}

impl ReleaseArguments {
    /// What flags override in the pipeline.
    pub(super) fn overrides(&self, pipeline: &PipelineArguments) -> Overrides {
        let format = |also: &Also| match also {
            Also::Csv => CopyFormat::Csv,
            Also::Xlsx => CopyFormat::Xlsx,
        };
        Overrides { also: self.also.as_ref().map(|also| also.iter().map(format).collect()), ..pipeline.overrides() }
    }

    /// Lets parts of stages be measured where anybody asks for them.
    pub(super) fn measure(&self) {
        if self.timings || self.profile.is_some() {
            timings::want_parts();
        }
    }

    /// The same, with a release date where none was given.
    pub(super) fn dated(&self, date: Option<String>) -> Self {
        Self { release_date: self.release_date.clone().or(date), ..self.clone() }
    }

    /// Tells where the time went.
    fn tell_timings(&self) -> anyhow::Result<()> {
        if self.timings {
            eprint!("{}", timings::table());
        }
        if let Some(file) = &self.profile {
            let file = std::path::absolute(file)?;
            write_durably(&file, &timings::trace()?).with_context(|| format!("{}", file.display()))?;
        }
        Ok(())
    }
}

fn release_date(text: &str) -> Result<String, String> {
    let date = text.parse::<jiff::civil::Date>().map_err(|_| "write a date like 2026-11-15".to_owned())?;
    Ok(date.to_string())
}

impl Release {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        reported(self.release.json, "release", |report| self.publish(report))
    }

    fn publish(&self, told: &mut Report) -> anyhow::Result<()> {
        self.pipeline.use_threads();
        let pipeline = Pipeline::read(&self.pipeline.pipeline, &self.release.overrides(&self.pipeline))?;
        told.began(&pipeline);
        refuse_remainders(&pipeline)?;
        self.release.measure();
        let register = Register::of(&pipeline)?;
        let store = Store::open(&pipeline.workspace, self.release.wait)?;
        release(pipeline, &register, &store, &self.release, told)
    }
}

/// Refuses a pipeline whose tables cannot be protected, before any work is done.
pub(super) fn refuse_remainders(pipeline: &Pipeline) -> Result<(), DiscloseError> {
    let remainders = pipeline.remainders();
    if remainders.is_empty() { Ok(()) } else { Err(DiscloseError::Remainders(remainders)) }
}

/// The period that is asked for, or the latest one in the store.
pub(super) fn period_of(pipeline: &Pipeline, catalogue: &Catalogue) -> Result<Period, Refused> {
    let latest = || catalogue.latest_period().and_then(|period| pipeline.period_kind.parse(period));
    let period = pipeline.period.or_else(latest);
    period.ok_or_else(|| Refused("the store holds no period of this pipeline's kind".to_owned()))
}

/// Aggregate, disclose, publish.
pub(super) fn release(
    mut pipeline: Pipeline,
    register: &Register,
    store: &Store,
    arguments: &ReleaseArguments,
    told: &mut Report,
) -> anyhow::Result<()> {
    let stage = Stage::begin("aggregation");
    stage.does("reading what the store holds");
    let part = timings::part("footers of the store");
    let catalogue = store.catalogue()?;
    drop(part);
    let period = period_of(&pipeline, &catalogue)?;
    told.releases(period);
    let snapshots = Snapshots::of(&catalogue, &pipeline, period);
    if snapshots.parts.is_empty() {
        return Err(
            Refused(format!("the store holds no records of {period}; upload them, or name another period")).into()
        );
    }
    tell_unknown_codes(&pipeline, register, &snapshots)?;
    let found = snapshots.found(&pipeline)?;
    edits::tell_patterns(&pipeline, &found);
    pipeline.expand(&found);
    pipeline.link();
    let pipeline = &pipeline;
    refuse_remainders(pipeline)?;
    stage.count_records(snapshots.rows());
    let own = pipeline.workspace.join("companies").join(&pipeline.name).join(format!("{period}.parquet"));
    let cache = store.cache().join(&pipeline.name);
    let mut companies = CompanyTable::create(pipeline, &own, &cache.join(format!("{period}.rows")))?;
    let kept_file = cache.join(format!("{period}.cells"));
    let kept = if arguments.anew { Kept::nothing() } else { Kept::read(&kept_file) };
    let (cells, keeps) =
        aggregate_again(pipeline, register, &snapshots, &mut companies, &kept, &|rows| stage.records(rows))?;
    drop(kept);
    drop(stage);
    let stage = Stage::begin("disclosure");
    let private = LedgerFolder::of(pipeline, period);
    stage.does("reading what earlier releases told");
    let earlier: Vec<PathBuf> = private.earlier()?.into_iter().map(|folder| folder.join(TOLD)).collect();
    let part = timings::part("decisions");
    let history = History::read(&earlier)?;
    stage.does(format!("judging {} figures, and protecting tables together", summary::group(cells.cells.len() as u64)));
    let (safe, ledger) = disclose(&cells, pipeline, &history)?;
    if safe.rows().is_empty() {
        let what = "no record has what any table of the pipeline needs, so that there is nothing to publish";
        let mend = "look at what `payquorum check` tells of columns and codes, and at `payquorum metrics --pipeline`";
        return Err(Refused(format!("{period}: {what}; {mend}")).into());
    }
    if let Some(folder) = &arguments.export_jj {
        export_jj(&ledger, folder)?;
    }
    drop(part);
    drop(stage);
    let stage = Stage::begin("release");
    stage.does("writing, verifying and attacking the release");
    // What is told, the companies' own metrics and the release have nothing to do with each other from here on.
    let write_told = || {
        let part = timings::part("what is told, for later releases");
        write_told(&cells, &ledger, pipeline, &private.next().join(TOLD))?;
        drop(part);
        let _part = timings::part("what the next run need not compute");
        Ok::<_, StoreError>(keeps.write(&cells, &kept_file))
    };
    let finish_own = || -> anyhow::Result<()> {
        let _part = timings::part("finishing companies' own metrics");
        add_market_ratios(&mut companies, &safe, pipeline, register)?;
        Ok(companies.finish().map(|_| ())?)
    };
    let prepare = || -> anyhow::Result<Prepared> {
        let part = timings::part("writing the ledger");
        ledger.write(pipeline, &private.next().join(DECISIONS))?;
        write_protection(&ledger.protected, pipeline, &private.next())?;
        drop(part);
        Ok(prepare(&safe, pipeline, arguments.release_date.as_deref(), &private.next())?)
    };
    let (kept, (finished, prepared)) = rayon::join(write_told, || rayon::join(finish_own, prepare));
    if let Err(error) = kept? {
        log::warning(format!("{error}; the next run computes everything anew"));
    }
    finished?;
    let published = prepared?.publish()?;
    let decisions = private.keep(&published)?.join(DECISIONS);
    drop(stage);
    if pipeline.scorecard.at_end {
        scorecard::write_cards(None, register, period, pipeline)?;
    }
    told.released(&published, &safe, &ledger, &cells);
    log::info(&summary::release(&published, &safe, &ledger, pipeline, &cells, &[own, decisions]));
    if !arguments.json {
        say!("{}", published.folder.display());
    }
    arguments.tell_timings()
}

/// Tells how many codes no classification knows, where the pipeline lets them count as not reported.
fn tell_unknown_codes(pipeline: &Pipeline, register: &Register, snapshots: &Snapshots<'_>) -> Result<(), StoreError> {
    let records = snapshots.unknown_codes(pipeline)?.into_iter().map(|(name, count)| (name, count, "records"));
    let companies = register.unknown_codes().iter();
    let companies = companies.map(|(name, count)| (name.clone(), *count as u64, "companies of the register"));
    for (dimension, count, of) in records.chain(companies) {
        log::warning(format!(
            "{dimension}: the codes of {} {of} are not in the classification; they count as not reported (`_U`)",
            summary::group(count)
        ));
    }
    Ok(())
}

/// Writes each problem of linked tables as a JJ file with its pattern, and beside it which cell each index means.
fn export_jj(ledger: &Ledger, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
    let write = |name: String, text: &str| {
        let file = std::path::absolute(folder.join(name))?;
        write_durably(&file, text.as_bytes())
    };
    for (number, protected) in ledger.protected.iter().enumerate() {
        for (layer, problem) in protected.layers.iter().enumerate() {
            let indices: Vec<u64> = (0..problem.cells().len() as u64).collect();
            let name = format!("{}-{}-{}-{}", number + 1, protected.measures[0], protected.quantity.name(), layer + 1);
            let mut cells = "index,cell\n".to_owned();
            for index in &indices {
                let cell = u32::try_from(*index).unwrap_or(u32::MAX);
                let _ = writeln!(cells, "{index},\"{}\"", protected.name(cell));
            }
            write(format!("{name}.jj"), &write_jj(problem, &indices, Some(&protected.pattern)))
                .and_then(|()| write(format!("{name}.cells.csv"), &cells))
                .with_context(|| format!("{}", folder.display()))?;
        }
    }
    Ok(())
}

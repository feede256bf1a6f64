//! `payquorum release`: from the store to a release.
//!
//! In: a pipeline file and a store. Out: company metrics, the decision ledger, a release, and a summary.
//! Invariant: what may not be published is refused before anything is computed, where that can be known.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::{PipelineArguments, Refused, progress, summary};
use crate::aggregate::{CompanyTable, Snapshots, aggregate};
use crate::disclose::secondary::write_jj;
use crate::disclose::{DiscloseError, History, Ledger, disclose, write_told};
use crate::intake::Register;
use crate::period::Period;
use crate::pipeline::Pipeline;
use crate::release::{Published, folder_of, publish, versions};
use crate::scorecard::add_market_ratios;
use crate::store::{Store, write_durably};

#[derive(Debug, Args)]
pub(super) struct Release {
    #[command(flatten)]
    pipeline: PipelineArguments,
    #[command(flatten)]
    release: ReleaseArguments,
}

#[derive(Debug, Args)]
pub(super) struct ReleaseArguments {
    /// The release date to write into the manifest (it changes the bytes of the release)
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = release_date)]
    release_date: Option<String>,
    /// Write the problems of linked tables into this folder, in the JJ format of tau-Argus and sdcTable (private: true values)
    #[arg(long, value_name = "FOLDER")]
    export_jj: Option<PathBuf>,
    /// Wait where another run works on the workspace, instead of stopping
    #[arg(long)]
    pub(super) wait: bool,
}

fn release_date(text: &str) -> Result<String, String> {
    let date = text.parse::<jiff::civil::Date>().map_err(|_| "write a date like 2026-11-15".to_owned())?;
    Ok(date.to_string())
}

impl Release {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        self.pipeline.use_threads();
        let pipeline = Pipeline::read(&self.pipeline.pipeline, &self.pipeline.overrides())?;
        refuse_remainders(&pipeline)?;
        let register = Register::read(&pipeline.companies, &pipeline.dimensions)?;
        let store = Store::open(&pipeline.workspace, self.release.wait)?;
        release(pipeline, &register, &store, &self.release)
    }
}

/// Refuses a pipeline whose tables cannot be protected, before any work is done.
pub(super) fn refuse_remainders(pipeline: &Pipeline) -> Result<(), DiscloseError> {
    let remainders = pipeline.remainders();
    if remainders.is_empty() { Ok(()) } else { Err(DiscloseError::Remainders(remainders)) }
}

/// Aggregate, disclose, publish.
pub(super) fn release(
    mut pipeline: Pipeline,
    register: &Register,
    store: &Store,
    arguments: &ReleaseArguments,
) -> anyhow::Result<()> {
    let catalogue = store.catalogue()?;
    let latest = || catalogue.latest_period().and_then(|period| pipeline.period_kind.parse(period));
    let period = pipeline.period.or_else(latest);
    let period = period.ok_or_else(|| Refused("the store holds no period of this pipeline's kind".to_owned()))?;
    let snapshots = Snapshots::of(&catalogue, &pipeline, period);
    if snapshots.parts.is_empty() {
        return Err(
            Refused(format!("the store holds no records of {period}; upload them, or name another period")).into()
        );
    }
    pipeline.expand(&snapshots.found(&pipeline)?);
    pipeline.link();
    let pipeline = &pipeline;
    refuse_remainders(pipeline)?;
    let bar = progress::bar(snapshots.rows(), "aggregation", false);
    let own = pipeline.workspace.join("companies").join(&pipeline.name).join(format!("{period}.parquet"));
    let ledger_file = pipeline.workspace.join("ledger").join(&pipeline.name).join(format!("{period}.parquet"));
    let mut companies = CompanyTable::create(pipeline, &own)?;
    let cells = aggregate(pipeline, register, &snapshots, &mut companies, &|rows| bar.inc(rows))?;
    bar.finish_and_clear();
    let told = Told::of(pipeline, period);
    let (safe, ledger) = disclose(&cells, pipeline, &told.history()?)?;
    if let Some(folder) = &arguments.export_jj {
        export_jj(&ledger, folder)?;
    }
    write_told(&cells, &ledger, pipeline, &told.next())?;
    // The companies' own metrics and the release have nothing to do with each other from here on.
    let (written, published) = rayon::join(
        || {
            add_market_ratios(&mut companies, &safe, pipeline, register)?;
            companies.finish()
        },
        || -> anyhow::Result<_> {
            ledger.write(pipeline, &ledger_file)?;
            Ok(publish(&safe, pipeline, arguments.release_date.as_deref())?)
        },
    );
    written?;
    let published = published?;
    told.keep(&published)?;
    eprint!("{}", summary::release(&published, &safe, &ledger, pipeline, &cells, &[own, ledger_file]));
    println!("{}", published.folder.display());
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
            let name = format!("{}-{}-{}-{}", number + 1, protected.measures[0], protected.family.name(), layer + 1);
            let mut cells = "index,cell\n".to_owned();
            for index in &indices {
                let known = usize::try_from(*index).ok().and_then(|index| protected.names.get(index));
                let _ = writeln!(cells, "{index},\"{}\"", known.map_or("a rest that is not reported", String::as_str));
            }
            write(format!("{name}.jj"), &write_jj(problem, &indices, Some(&protected.pattern)))
                .and_then(|()| write(format!("{name}.cells.csv"), &cells))
                .with_context(|| format!("{}", folder.display()))?;
        }
    }
    Ok(())
}

/// Where it is kept what the releases of a pipeline have told.
struct Told<'p> {
    pipeline: &'p Pipeline,
    period: Period,
}

impl<'p> Told<'p> {
    fn of(pipeline: &'p Pipeline, period: Period) -> Self {
        Self { pipeline, period }
    }

    fn file(&self, period: Period, version: &str) -> PathBuf {
        let folder = self.pipeline.workspace.join("ledger").join(&self.pipeline.name).join("told");
        folder.join(format!("{period}-{version}.parquet"))
    }

    /// What the release tells that is about to be published; it is there before the release is.
    fn next(&self) -> PathBuf {
        self.file(self.period, "next")
    }

    /// Gives it the name of the version that was published.
    fn keep(&self, published: &Published) -> anyhow::Result<()> {
        let (next, kept) = (self.next(), self.file(self.period, &format!("v{}", published.version)));
        std::fs::rename(&next, &kept).with_context(|| format!("{}", kept.display()))
    }

    /// What the releases of this period and of the one before it have told.
    fn history(&self) -> anyhow::Result<History> {
        let mut files = Vec::new();
        for period in [self.period, self.period.previous()] {
            let folder = folder_of(self.pipeline, period);
            for version in versions(&folder).with_context(|| format!("{}", folder.display()))? {
                let file = self.file(period, &format!("v{version}"));
                // A run that was stopped between the release and this file left it under its first name.
                let next = self.file(period, "next");
                if !file.exists() && next.exists() {
                    std::fs::rename(&next, &file).with_context(|| format!("{}", file.display()))?;
                }
                if !file.exists() {
                    let release = folder.join(format!("v{version}"));
                    let text = format!(
                        "it is not known what {} has told, and so nothing can be published that does not tell more beside it; put \
                         {} back, or take that release away if nobody has it",
                        release.display(),
                        file.display()
                    );
                    return Err(Refused(text).into());
                }
                files.push(file);
            }
        }
        Ok(History::read(&files)?)
    }
}

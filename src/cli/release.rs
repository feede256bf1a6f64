//! `payquorum release`: from the store to a release.
//!
//! In: a pipeline file and a store. Out: company metrics, the decision ledger, a release, and a summary.
//! Invariant: what may not be published is refused before anything is computed, where that can be known.

use clap::Args;

use super::{PipelineArguments, Refused, progress, summary};
use crate::aggregate::{CompanyTable, Snapshots, aggregate};
use crate::disclose::{DiscloseError, disclose};
use crate::intake::Register;
use crate::pipeline::Pipeline;
use crate::release::publish;
use crate::scorecard::add_market_ratios;
use crate::store::Store;

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
    let (safe, ledger) = disclose(&cells, pipeline)?;
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
    eprint!("{}", summary::release(&published, &safe, &ledger, pipeline, &cells, &[own, ledger_file]));
    println!("{}", published.folder.display());
    Ok(())
}

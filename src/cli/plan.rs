//! `payquorum plan`: the resolved pipeline, in words.
//!
//! In: a pipeline file. Out: files matched, columns mapped, cells expected, rules in force. Invariant: reads headers and the
//! register only, and writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use jiff::{Timestamp, Zoned};

use super::due::{Agenda, first_known, moment};
use super::{PipelineArguments, summary::group};
use crate::cli::output::say;
use crate::ingest::uploads;
use crate::intake::{Register, mapping_of};
use crate::pipeline::{DimensionSource, Pipeline, Protect, Table};
use crate::release::{Perturbation, released_periods};
use crate::schedule::Schedule;

#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    pipeline: PipelineArguments,
    /// Show the schedule as of this moment, instead of now
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    now: Option<Timestamp>,
}

/// Due moments to come that are shown.
const SHOWN: usize = 4;

impl Plan {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        let pipeline = Pipeline::read(&self.pipeline.pipeline, &self.pipeline.overrides())?;
        let register = Register::of(&pipeline)?;
        say!("pipeline   {} ({})", pipeline.name, pipeline.file.display());
        let period = pipeline.period.map_or("the latest in the store".to_owned(), |period| period.to_string());
        say!("period     {period}, each a {:?}", pipeline.period_kind);
        say!("workspace  {}", pipeline.workspace.display());
        let holdings: BTreeSet<&str> = register.companies().iter().map(|company| company.holding.as_str()).collect();
        say!(
            "register   {}: {} companies of {} holdings",
            pipeline.register_name(),
            group(register.companies().len() as u64),
            group(holdings.len() as u64)
        );
        show_uploads(&pipeline)?;
        if let Some(schedule) = &pipeline.schedule {
            show_schedule(schedule, &pipeline, self.now.unwrap_or_else(Timestamp::now))?;
        }
        say!("tables");
        for table in &pipeline.tables {
            show_table(table, &pipeline, &register);
        }
        say!("rules in force");
        for sentence in pipeline.policy.sentences() {
            say!("  {sentence}");
        }
        for sentence in Perturbation::of(&pipeline).iter().flat_map(Perturbation::sentences) {
            say!("  {sentence}");
        }
        for remainder in pipeline.remainders() {
            say!("cannot be released: {remainder}");
        }
        Ok(())
    }
}

fn show_uploads(pipeline: &Pipeline) -> anyhow::Result<()> {
    let files = uploads(&pipeline.uploads)?;
    say!("uploads    {}: {} files", pipeline.uploads, group(files.len() as u64));
    let mut found: BTreeMap<String, (usize, BTreeSet<String>)> = BTreeMap::new();
    let mut dropped: BTreeMap<String, usize> = BTreeMap::new();
    let mut refused = Vec::new();
    for file in &files {
        match mapping_of(file, pipeline) {
            Ok(mapping) => {
                for mapped in &mapping.columns {
                    let entry = found.entry(mapped.column.name.clone()).or_default();
                    entry.0 += 1;
                    entry.1.extend(mapped.fields.iter().map(|field| field.header.clone()));
                }
                for header in mapping.dropped {
                    *dropped.entry(header).or_default() += 1;
                }
            }
            Err(refusal) => refused.push((file, refusal)),
        }
    }
    say!("columns, and in how many uploads");
    for (column, (count, headers)) in found {
        let others: Vec<String> =
            headers.iter().filter(|header| **header != column).map(|h| format!("{h:?}")).collect();
        let from = if others.is_empty() { String::new() } else { format!("  also as {}", others.join(", ")) };
        say!("  {column:<36} {count:>6}{from}");
    }
    if !dropped.is_empty() {
        say!("dropped unread");
        for (header, count) in dropped {
            say!("  {header:<36} {count:>6}");
        }
    }
    for (file, refusal) in refused {
        say!("would be refused: {}: {refusal}", file.display());
    }
    Ok(())
}

/// Releases that are due or come next; where nothing tells of a first period, those that come next.
fn show_schedule(schedule: &Schedule, pipeline: &Pipeline, now: Timestamp) -> anyhow::Result<()> {
    say!("schedule   {}", schedule.sentence());
    say!("  waits for records of {} companies of the register", group(schedule.min_companies_uploaded));
    let released = released_periods(pipeline)?;
    let today = Zoned::new(now, schedule.time_zone.clone()).date();
    let current = pipeline.period_kind.holding(today.year(), today.month().unsigned_abs());
    // What ends after today is not due.
    let earlier = || std::iter::successors(Some(current), |period| Some(period.previous()));
    let to_come = || earlier().take_while(|period| !schedule.is_due(*period, now)).last().unwrap_or(current);
    let first = first_known(schedule, &released);
    let agenda = first.map(|first| Agenda::of(schedule, &released, first, now));
    for period in agenda.iter().flat_map(|agenda| &agenda.left_out) {
        say!("  {:<8} left out: a later period is released already", period.to_string());
    }
    for period in agenda.iter().flat_map(|agenda| &agenda.due) {
        say!("  {:<8} due since {}", period.to_string(), schedule.moment(*period));
    }
    let mut next = agenda.map_or_else(to_come, |agenda| agenda.next);
    for _ in 0..SHOWN {
        say!("  {:<8} due at {}", next.to_string(), schedule.moment(next));
        next = next.next();
    }
    if let Some(last) = schedule.last_holiday() {
        say!("  holidays are known up to {last}");
    }
    Ok(())
}

fn show_table(table: &Table, pipeline: &Pipeline, register: &Register) {
    let measures: Vec<&str> = table.measures.iter().map(|&place| pipeline.measures[place].name.as_str()).collect();
    say!("  {}", table.name);
    let mut cells: Option<usize> = Some(1);
    for (&place, levels) in table.by.iter().zip(&table.levels) {
        let dimension = &pipeline.dimensions[place];
        let known = |level: u8| dimension.hierarchy.codes(level).map(|codes| codes.len() + 1);
        let codes = levels.iter().map(|&level| match &dimension.source {
            // With those that do not say.
            _ if table.protect == Protect::DifferentialPrivacy => known(level),
            DimensionSource::Company(_) => {
                let codes = register
                    .companies()
                    .iter()
                    .map(|company| dimension.hierarchy.at_level(&company.codes[place], level));
                Some(codes.collect::<BTreeSet<String>>().len())
            }
            DimensionSource::Record(_) => known(level),
        });
        let codes: Option<usize> = codes.sum::<Option<usize>>().map(|sum| sum + usize::from(table.totals));
        cells = cells.zip(codes).map(|(cells, codes)| cells * codes);
        let count = codes.map_or("as many codes as the records have".to_owned(), |codes| format!("{codes} codes"));
        say!("    by {} at levels {levels:?}: {count}", dimension.name);
    }
    match cells {
        Some(cells) => {
            say!("    at most {} cells and {} rows", group(cells as u64), group((cells * measures.len()) as u64));
        }
        None => say!("    as many cells as the records have"),
    }
    say!("    measures: {}", measures.join(", "));
    match (table.roll_up, table.totals) {
        _ if table.protect == Protect::DifferentialPrivacy => {
            say!("    with noise, in every cell of its classifications");
        }
        (true, _) => say!("    only the finest safe level of each branch is published; {} leads", measures[0]),
        (false, true) => say!("    with totals"),
        (false, false) => say!("    without totals"),
    }
}

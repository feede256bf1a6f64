//! `payquorum plan`: the resolved pipeline, in words.
//!
//! In: a pipeline file. Out: files matched, columns mapped, cells expected, rules in force. Invariant: reads headers and the
//! register only, and writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::{PipelineArguments, summary::group};
use crate::ingest::uploads;
use crate::intake::{Register, mapping_of};
use crate::pipeline::{DimensionSource, Pipeline, Protect, Table};
use crate::release::Perturbation;

#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    pipeline: PipelineArguments,
}

impl Plan {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        let pipeline = Pipeline::read(&self.pipeline.pipeline, &self.pipeline.overrides())?;
        let register = Register::read(&pipeline.companies, &pipeline.dimensions)?;
        println!("pipeline   {} ({})", pipeline.name, pipeline.file.display());
        let period = pipeline.period.map_or("the latest in the store".to_owned(), |period| period.to_string());
        println!("period     {period}, each a {:?}", pipeline.period_kind);
        println!("workspace  {}", pipeline.workspace.display());
        let holdings: BTreeSet<&str> = register.companies().iter().map(|company| company.holding.as_str()).collect();
        println!(
            "register   {}: {} companies of {} holdings",
            pipeline.companies.display(),
            group(register.companies().len() as u64),
            group(holdings.len() as u64)
        );
        show_uploads(&pipeline)?;
        println!("tables");
        for table in &pipeline.tables {
            show_table(table, &pipeline, &register);
        }
        println!("rules in force");
        for sentence in pipeline.policy.sentences() {
            println!("  {sentence}");
        }
        for sentence in Perturbation::of(&pipeline).iter().flat_map(Perturbation::sentences) {
            println!("  {sentence}");
        }
        for remainder in pipeline.remainders() {
            println!("cannot be released: {remainder}");
        }
        Ok(())
    }
}

fn show_uploads(pipeline: &Pipeline) -> anyhow::Result<()> {
    let files = uploads(&pipeline.uploads)?;
    println!("uploads    {}: {} files", pipeline.uploads, group(files.len() as u64));
    let mut found: BTreeMap<String, (usize, BTreeSet<String>)> = BTreeMap::new();
    let mut dropped: BTreeMap<String, usize> = BTreeMap::new();
    let mut refused = Vec::new();
    for file in &files {
        match mapping_of(file, pipeline) {
            Ok(mapping) => {
                for ((_, column), header) in mapping.columns.iter().zip(&mapping.headers) {
                    let entry = found.entry(column.name.clone()).or_default();
                    entry.0 += 1;
                    entry.1.insert(header.clone());
                }
                for header in mapping.dropped {
                    *dropped.entry(header).or_default() += 1;
                }
            }
            Err(refusal) => refused.push((file, refusal)),
        }
    }
    println!("columns, and in how many uploads");
    for (column, (count, headers)) in found {
        let others: Vec<String> =
            headers.iter().filter(|header| **header != column).map(|h| format!("{h:?}")).collect();
        let from = if others.is_empty() { String::new() } else { format!("  also as {}", others.join(", ")) };
        println!("  {column:<36} {count:>6}{from}");
    }
    if !dropped.is_empty() {
        println!("dropped unread");
        for (header, count) in dropped {
            println!("  {header:<36} {count:>6}");
        }
    }
    for (file, refusal) in refused {
        println!("would be refused: {}: {refusal}", file.display());
    }
    Ok(())
}

fn show_table(table: &Table, pipeline: &Pipeline, register: &Register) {
    let measures: Vec<&str> = table.measures.iter().map(|&place| pipeline.measures[place].name.as_str()).collect();
    println!("  {}", table.name);
    let mut cells: Option<usize> = Some(1);
    for (&place, levels) in table.by.iter().zip(&table.levels) {
        let dimension = &pipeline.dimensions[place];
        let codes = levels.iter().map(|&level| match &dimension.source {
            // With those that do not say.
            _ if table.protect == Protect::DifferentialPrivacy => {
                dimension.hierarchy.codes(level).map(|codes| codes.len() + 1)
            }
            DimensionSource::Company(_) => {
                let codes = register
                    .companies()
                    .iter()
                    .map(|company| dimension.hierarchy.at_level(&company.codes[place], level));
                Some(codes.collect::<BTreeSet<String>>().len())
            }
            DimensionSource::Record(_) => dimension.hierarchy.size(level),
        });
        let codes: Option<usize> = codes.sum::<Option<usize>>().map(|sum| sum + usize::from(table.totals));
        cells = cells.zip(codes).map(|(cells, codes)| cells * codes);
        let count = codes.map_or("as many codes as the records have".to_owned(), |codes| format!("{codes} codes"));
        println!("    by {} at levels {levels:?}: {count}", dimension.name);
    }
    match cells {
        Some(cells) => {
            println!("    at most {} cells and {} rows", group(cells as u64), group((cells * measures.len()) as u64));
        }
        None => println!("    as many cells as the records have"),
    }
    println!("    measures: {}", measures.join(", "));
    match (table.roll_up, table.totals) {
        _ if table.protect == Protect::DifferentialPrivacy => {
            println!("    with noise, in every cell of its classifications");
        }
        (true, _) => println!("    only the finest safe level of each branch is published; {} leads", measures[0]),
        (false, true) => println!("    with totals"),
        (false, false) => println!("    without totals"),
    }
}

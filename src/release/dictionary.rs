//! `dictionary.md`: every column, measure and code of a release, in words.
//!
//! In: the pipeline and the safe table. Out: Markdown. Invariant: made from the same definitions as the field metadata, so
//! that they cannot disagree.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::benchmarks::columns;
use super::manifest::Perturbation;
use crate::disclose::SafeTable;
use crate::measure::{Measure, Over, Population};
use crate::pipeline::{Pipeline, TOTAL, UNKNOWN};

pub(super) fn markdown(table: &SafeTable, pipeline: &Pipeline) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, table, pipeline);
    text
}

/// The measures of the tables.
pub(super) fn published_measures(pipeline: &Pipeline) -> Vec<&Measure> {
    let places: BTreeSet<usize> = pipeline.tables.iter().flat_map(|table| table.measures.iter().copied()).collect();
    places.into_iter().map(|place| &pipeline.measures[place]).collect()
}

fn write(out: &mut String, table: &SafeTable, pipeline: &Pipeline) -> std::fmt::Result {
    writeln!(out, "# {} {}: what the columns mean\n", pipeline.name, table.period())?;
    writeln!(out, "`benchmarks.parquet` holds one row for each table, cell and measure.\n")?;
    writeln!(out, "## Columns\n\n| column | type | unit | meaning | source |\n| --- | --- | --- | --- | --- |")?;
    for column in columns(pipeline) {
        let kind = match column.kind {
            arrow::datatypes::DataType::Utf8 => "text",
            arrow::datatypes::DataType::Int64 => "whole number",
            _ => "number",
        };
        writeln!(out, "| `{}` | {kind} | {} | {} | {} |", column.name, column.unit, column.meaning, column.source)?;
    }
    writeln!(
        out,
        "\n## Measures\n\n| measure | kind | unit | formula | counts | source |\n| --- | --- | --- | --- | --- | --- |"
    )?;
    let published = published_measures(pipeline);
    for measure in &published {
        let counts = match measure.population {
            Population::All => "all values",
            Population::Positive => "values above zero",
        };
        let (name, kind, unit) = (&measure.name, measure.kind.label(), measure.unit.label());
        writeln!(out, "| `{name}` | {kind} | {unit} | {} | {counts} | {} |", measure.formula, measure.source)?;
    }
    writeln!(out, "\nEmployees who left by the last day of the period are not counted.")?;
    if published.iter().any(|measure| measure.over != Over::Closing) {
        let earlier = pipeline.settings.earlier(table.period());
        writeln!(
            out,
            "Workforce figures compare with the snapshots of {earlier}; companies whose two snapshots cannot be compared are \
             left out of them."
        )?;
    }
    if let Some(aging) = pipeline.settings.aging.as_ref() {
        writeln!(out, "Aging: {}.", aging.sentence(table.period()))?;
    }
    if let Some(rates) = &pipeline.settings.reference.exchange_rates {
        writeln!(out, "Amounts in other currencies are converted to {} by the rates of the period.", rates.to())?;
    }
    for (place, dimension) in pipeline.dimensions.iter().enumerate() {
        let codes = table.rows().iter().filter_map(|row| {
            let axis = pipeline.tables[row.key.table].by.iter().position(|&by| by == place)?;
            Some((row.key.levels[axis], row.key.codes[axis].as_str()))
        });
        let codes: BTreeSet<(u8, &str)> = codes.collect();
        writeln!(out, "\n## Codes of `{}`\n\n| level | code | label |\n| --- | --- | --- |", dimension.name)?;
        for (level, code) in codes {
            let label = match code {
                TOTAL => "total",
                UNKNOWN => "not reported",
                _ => dimension.hierarchy.label(code).unwrap_or(""),
            };
            writeln!(out, "| {level} | `{code}` | {label} |")?;
        }
    }
    writeln!(out, "\n## How figures are protected\n")?;
    let perturbed = Perturbation::of(pipeline).map(|perturbation| perturbation.sentences());
    for sentence in table.policy().sentences().into_iter().chain(perturbed.into_iter().flatten()) {
        writeln!(out, "- {sentence}")?;
    }
    writeln!(out, "\nA suppressed figure is null and carries no reason, because the reason would help an attacker.")
}

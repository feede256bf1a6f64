//! `dictionary.md`: every column, measure and code of a release, in words.
//!
//! In: the pipeline and the safe table. Out: Markdown, and the same sentences for other files of the release. Invariant: made from the
//! same definitions as the field metadata, so that they cannot disagree.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::benchmarks::columns;
use super::copies::{CSV, XLSX};
use super::manifest::Perturbation;
use crate::disclose::SafeTable;
use crate::measure::{Measure, Over, Population};
use crate::pipeline::{CopyFormat, Dimension, Pipeline, TOTAL, UNKNOWN};

/// What a status means.
pub(super) const STATUSES: [(&str, &str); 2] = [
    (
        "published",
        "enough companies and employees stand behind the figures, or they carry noise, and they may be published",
    ),
    (
        "suppressed",
        "the figures may not be published, or would give away others that may not; they are null, and no reason is given, because \
         the reason would help an attacker",
    ),
];

/// What null means.
pub(super) const NULL: &str = "there is no figure that could be published; it never means zero";

/// What an apostrophe means in CSV.
pub(super) const GUARD: &str = "in the CSV copy a text that begins with `=`, `+`, `-`, `@`, an apostrophe, a tab or a line break has \
                                one more apostrophe in front, so that no spreadsheet runs it; take one away to have the text";

/// Codes that every dimension may have.
pub(super) fn special_codes() -> [(&'static str, &'static str); 3] {
    [
        (TOTAL, "the total over the dimension: all employees, whatever their code; its level is 0"),
        (UNKNOWN, "not reported: employees whose record, or whose company, has no code"),
        (
            "CODE_U",
            "not further specified: employees whose code is CODE itself, which does not reach down to the level",
        ),
    ]
}

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

/// The codes that the column of a dimension has, with their levels.
pub(super) fn codes<'t>(table: &'t SafeTable, pipeline: &Pipeline, place: usize) -> BTreeSet<(u8, &'t str)> {
    let code = |row: &'t crate::disclose::SafeRow| {
        let axis = pipeline.tables[row.key.table].by.iter().position(|&by| by == place);
        axis.map_or((0, TOTAL), |axis| (row.key.levels[axis], row.key.codes[axis].as_str()))
    };
    table.rows().iter().map(code).collect()
}

/// What a code means, where that is known.
pub(super) fn label<'d>(dimension: &'d Dimension, code: &str) -> Option<Cow<'d, str>> {
    match code {
        TOTAL => Some("total".into()),
        UNKNOWN => Some("not reported".into()),
        _ => dimension.hierarchy.label(code),
    }
}

/// How the figures are protected, rule by rule.
fn protection(table: &SafeTable, pipeline: &Pipeline) -> Vec<String> {
    let perturbed = Perturbation::of(pipeline).map(|perturbation| perturbation.sentences());
    table.policy().sentences().into_iter().chain(perturbed.into_iter().flatten()).collect()
}

/// What is to be known of all figures together.
fn notes(table: &SafeTable, pipeline: &Pipeline) -> Vec<String> {
    let mut notes = vec!["Employees who left by the last day of the period are not counted.".to_owned()];
    if published_measures(pipeline).iter().any(|measure| measure.over != Over::Closing) {
        let earlier = pipeline.settings.earlier(table.period());
        notes.push(format!(
            "Workforce figures compare with the snapshots of {earlier}; companies whose two snapshots cannot be compared are \
             left out of them."
        ));
    }
    if let Some(aging) = pipeline.settings.aging.as_ref() {
        notes.push(format!("Aging: {}.", aging.sentence(table.period())));
    }
    if let Some(rates) = &pipeline.settings.reference.exchange_rates {
        notes.push(format!("Amounts in other currencies are converted to {} by the rates of the period.", rates.to()));
    }
    notes
}

/// What there is to say of a release on one sheet: topics and sentences.
pub(super) fn about(table: &SafeTable, pipeline: &Pipeline) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("pipeline", pipeline.name.clone()),
        ("period", table.period().to_string()),
        ("rows", "The sheet `benchmarks` holds one row for each table, cell and measure.".to_owned()),
        ("columns", "The sheet `columns` tells what each column means.".to_owned()),
        ("measures and codes", "dictionary.md in the same folder lists them, with formulas and labels.".to_owned()),
        ("an empty cell", NULL.to_owned()),
    ];
    lines.extend(STATUSES.iter().chain(&special_codes()).map(|(word, meaning)| (*word, (*meaning).to_owned())));
    lines.extend(notes(table, pipeline).into_iter().map(|note| ("note", note)));
    lines.extend(protection(table, pipeline).into_iter().map(|sentence| ("rule of protection", sentence)));
    lines
}

/// A text that can stand between two bars of a Markdown table.
fn bare(text: &str) -> Cow<'_, str> {
    if text.contains(['|', '\r', '\n']) {
        return text.replace('|', "\\|").replace(['\r', '\n'], " ").into();
    }
    text.into()
}

fn write(out: &mut String, table: &SafeTable, pipeline: &Pipeline) -> std::fmt::Result {
    writeln!(out, "# {} {}: what the columns mean\n", pipeline.name, table.period())?;
    writeln!(
        out,
        "`benchmarks.parquet` holds one row for each table, cell and measure; `schema.json` tells programs what this page tells \
         people. Null means: {NULL}.\n"
    )?;
    writeln!(
        out,
        "## Columns\n\nA column whose unit is `unit` is in the unit that the row's column `unit` tells.\n\n\
         | column | type | unit | meaning | null means | source |\n| --- | --- | --- | --- | --- | --- |"
    )?;
    for column in columns(pipeline) {
        let (kind, null) = (column.kind_in_words(), column.null.unwrap_or("never null"));
        let (name, unit, meaning, source) = (column.name, column.unit, column.meaning, column.source);
        writeln!(out, "| `{name}` | {kind} | {unit} | {meaning} | {null} | {source} |")?;
    }
    writeln!(out, "\n## Status\n")?;
    for (status, meaning) in STATUSES {
        writeln!(out, "- `{status}`: {meaning}")?;
    }
    write_measures(out, table, pipeline)?;
    writeln!(out, "\n## Codes\n")?;
    for (code, meaning) in special_codes() {
        writeln!(out, "- `{code}`: {meaning}")?;
    }
    for (place, dimension) in pipeline.dimensions.iter().enumerate() {
        writeln!(out, "\n## Codes of `{}`\n\n{}\n", dimension.name, dimension.hierarchy.meaning_of_levels())?;
        writeln!(out, "| level | code | label |\n| --- | --- | --- |")?;
        for (level, code) in codes(table, pipeline, place) {
            writeln!(out, "| {level} | `{}` | {} |", bare(code), bare(&label(dimension, code).unwrap_or_default()))?;
        }
    }
    writeln!(out, "\n## How figures are protected\n")?;
    for sentence in protection(table, pipeline) {
        writeln!(out, "- {sentence}")?;
    }
    writeln!(out, "\nA suppressed figure is null and carries no reason, because the reason would help an attacker.")?;
    if pipeline.also.is_empty() { Ok(()) } else { write_copies(out, &pipeline.also) }
}

fn write_measures(out: &mut String, table: &SafeTable, pipeline: &Pipeline) -> std::fmt::Result {
    let measures = published_measures(pipeline);
    writeln!(
        out,
        "\n## Measures\n\n| measure | kind | unit | direction | formula | source |\n| --- | --- | --- | --- | --- | --- |"
    )?;
    for measure in &measures {
        let (kind, unit, direction) = (measure.kind.label(), measure.unit.label(), measure.direction.label());
        let formula = bare(&measure.formula);
        writeln!(
            out,
            "| `{}` | {kind} | {} | {direction} | {formula} | {} |",
            measure.name,
            bare(unit),
            measure.source
        )?;
    }
    writeln!(
        out,
        "\nWhich values count:\n\n| measure | counts | missing, zero and negative values |\n| --- | --- | --- |"
    )?;
    for measure in &measures {
        let counts = match measure.population {
            Population::All => "all values",
            Population::Positive => "values above zero",
        };
        writeln!(out, "| `{}` | {counts} | {} |", measure.name, measure.treatment)?;
    }
    writeln!(out)?;
    for note in notes(table, pipeline) {
        writeln!(out, "{note}")?;
    }
    Ok(())
}

fn write_copies(out: &mut String, also: &[CopyFormat]) -> std::fmt::Result {
    writeln!(
        out,
        "\n## Copies\n\nThey say cell by cell what `benchmarks.parquet` says; `payquorum verify` compares them.\n"
    )?;
    for format in also {
        match format {
            CopyFormat::Csv => writeln!(
                out,
                "- `{CSV}`: comma-separated values in UTF-8 (RFC 4180). The first line is the header, nothing between two commas is \
                 null, and numbers have a decimal point and all of their digits. An apostrophe: {GUARD}."
            )?,
            CopyFormat::Xlsx => writeln!(
                out,
                "- `{XLSX}`: an Excel workbook. An empty cell is null, numbers are numbers, and codes are texts also where they look \
                 like numbers or formulas; nothing in it is computed."
            )?,
        }
    }
    Ok(())
}

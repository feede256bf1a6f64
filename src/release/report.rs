//! `report.html`: a release, for people.
//!
//! In: the rows of a release, those of the period before, and the pipeline. Out: one page. Invariant: it shows published figures and nothing
//! else; what is withheld is marked and carries no reason; the same rows give the same bytes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::dictionary::published_measures;
use super::manifest::Perturbation;
use super::read::{Released, ReleasedRow};
use super::report_drawings::drawings;
use crate::disclose::SafeTable;
use crate::page::{Page, PageError, counted, render, short};
use crate::pipeline::{Pipeline, TOTAL, Table, UNKNOWN};

/// Rows of one table that the page shows; files have them all.
const ROWS: usize = 2_000;

#[derive(Serialize)]
struct Shown<'a> {
    pipeline: &'a str,
    period: String,
    rows: String,
    published: String,
    organization_published: String,
    tables: Vec<ShownTable>,
    sentences: Vec<String>,
    audit: &'static str,
    measures: Vec<ShownMeasure<'a>>,
}

#[derive(Serialize)]
struct ShownMeasure<'a> {
    name: &'a str,
    unit: &'a str,
    formula: &'a str,
    direction: &'a str,
    source: &'a str,
}

#[derive(Serialize)]
struct ShownTable {
    id: String,
    name: String,
    by: String,
    published: String,
    all: String,
    drawings: Vec<Drawing>,
    left_out: Option<String>,
    heads: Vec<Head>,
    rows: Vec<ShownRow>,
}

/// A drawing and what it shows.
#[derive(Serialize)]
pub(super) struct Drawing {
    pub(super) svg: String,
    pub(super) caption: String,
}

#[derive(Serialize)]
struct Head {
    text: String,
    number: bool,
}

#[derive(Serialize)]
struct ShownRow {
    withheld: bool,
    cells: Vec<ShownCell>,
}

#[derive(Serialize)]
struct ShownCell {
    text: String,
    number: bool,
    /// What rows are sorted by, where that is not the text.
    value: Option<String>,
}

const AUDIT: &str = "Before this release appeared, its finished files were read and attacked as an outsider and as each participating company would: \
    every published row was judged by the rules once more, sums and differences between tables, levels and totals were looked for, and \
    for each withheld figure it was proven that it can differ although everything published stays as it is. A release of which that \
    cannot be shown does not appear.";

/// The page. `before` is the release of the period before, where there is one.
///
/// # Errors
/// [`PageError`].
pub(super) fn html(table: &SafeTable, before: Option<&Released>, pipeline: &Pipeline) -> Result<String, PageError> {
    let rows = table.rows();
    let mut of_tables: BTreeMap<usize, Vec<ReleasedRow>> = BTreeMap::new();
    for row in rows {
        of_tables.entry(row.key.table).or_default().push(ReleasedRow::of(row, pipeline));
    }
    let perturbed = Perturbation::of(pipeline).map(|perturbation| perturbation.sentences());
    let count = |count: usize| counted(count as u64);
    let measure = |measure: &'_ crate::measure::Measure| measure.direction.label();
    let shown = Shown {
        pipeline: &pipeline.name,
        period: table.period().to_string(),
        rows: count(rows.len()),
        published: count(rows.iter().filter(|row| row.incumbent.is_some()).count()),
        organization_published: count(rows.iter().filter(|row| row.organization.is_some()).count()),
        tables: of_tables.iter().map(|(place, rows)| shown_table(*place, rows, before, pipeline)).collect(),
        sentences: table.policy().sentences().into_iter().chain(perturbed.into_iter().flatten()).collect(),
        audit: AUDIT,
        measures: published_measures(pipeline)
            .into_iter()
            .map(|it| ShownMeasure {
                name: &it.name,
                unit: it.unit.label(),
                formula: &it.formula,
                direction: measure(it),
                source: it.source,
            })
            .collect(),
    };
    render(Page::Report, &format!("{} {}", pipeline.name, table.period()), shown)
}

fn shown_table(place: usize, rows: &[ReleasedRow], before: Option<&Released>, pipeline: &Pipeline) -> ShownTable {
    let table = &pipeline.tables[place];
    let names: Vec<&str> = table.by.iter().map(|&by| pipeline.dimensions[by].name.as_str()).collect();
    let count = |count: usize| counted(count as u64);
    let id = format!("t{place}");
    // The coarsest cells first, so that what does not fit is the finest.
    let mut listed: Vec<&ReleasedRow> = rows.iter().collect();
    if listed.len() > ROWS {
        listed.sort_by_key(|row| row.levels.iter().map(|&level| u32::from(level)).sum::<u32>());
        listed.truncate(ROWS);
    }
    let left_out = (listed.len() < rows.len()).then(|| {
        format!(
            "The page lists {} of {} rows, the coarsest cells first; benchmarks.parquet has all of them.",
            count(listed.len()),
            count(rows.len())
        )
    });
    let texts = names.iter().copied().chain(["measure", "unit"]).map(|text| (text, false));
    let numbers = [
        "companies",
        "employees",
        "mean",
        "P10",
        "P25",
        "median",
        "P75",
        "P90",
        "mean of companies",
        "median of companies",
    ];
    let heads = texts.chain(numbers.into_iter().map(|text| (text, true)));
    ShownTable {
        by: names.join(", "),
        name: table.name.clone(),
        published: count(rows.iter().filter(|row| row.incumbent.is_some()).count()),
        all: count(rows.len()),
        drawings: drawings(&id, table, rows, before, pipeline),
        left_out,
        heads: heads.map(|(text, number)| Head { text: text.to_owned(), number }).collect(),
        rows: listed.into_iter().map(|row| shown_row(row, table, pipeline)).collect(),
        id,
    }
}

/// A code and what it means.
pub(super) fn label(code: &str, dimension: usize, pipeline: &Pipeline) -> String {
    match code {
        TOTAL => "all".to_owned(),
        UNKNOWN => "not reported".to_owned(),
        _ => match pipeline.dimensions[dimension].hierarchy.label(code) {
            Some(label) => format!("{code} {label}"),
            None => code.to_owned(),
        },
    }
}

fn shown_row(row: &ReleasedRow, table: &Table, pipeline: &Pipeline) -> ShownRow {
    let text = |text: String| ShownCell { text, number: false, value: None };
    let number = |figure: Option<f64>, text: Option<String>, otherwise: &str| ShownCell {
        text: text.unwrap_or_else(|| otherwise.to_owned()),
        number: true,
        value: Some(figure.map(|figure| figure.to_string()).unwrap_or_default()),
    };
    let count = |count: Option<u64>| ShownCell {
        text: count.map(counted).unwrap_or_default(),
        number: true,
        value: Some(count.map(|count| count.to_string()).unwrap_or_default()),
    };
    let figure =
        |figure: Option<f64>, otherwise: &str| number(figure, figure.map(|figure| short(figure, &row.unit)), otherwise);
    let mut cells: Vec<ShownCell> = table.by.iter().map(|&by| text(label(&row.codes[by], by, pipeline))).collect();
    let unit = match row.unit.as_str() {
        "share" => "percent",
        unit => unit,
    };
    let unit = row.currency.as_ref().map_or(unit.to_owned(), |code| unit.replace("currency", code));
    cells.extend([text(row.measure.clone()), text(unit), count(row.companies), count(row.employees)]);
    cells.push(figure(row.incumbent.and_then(|it| it.mean), if row.incumbent.is_some() { "" } else { "withheld" }));
    for place in 0..5 {
        cells.push(figure(row.incumbent.and_then(|it| it.percentiles[place]), ""));
    }
    cells.push(figure(
        row.organization.and_then(|it| it.mean),
        if row.organization.is_some() { "" } else { "withheld" },
    ));
    cells.push(figure(row.organization.and_then(|it| it.percentiles[1]), ""));
    ShownRow { withheld: row.incumbent.is_none() && row.organization.is_none(), cells }
}

//! Market ratios: a company's mean pay in a job, as a part of the published median.
//!
//! In: mean `base_hourly` of a company's groups that have a job, and a safe table. Out: rows of the company table.
//! Invariant: the figure beside it is the median of the finest published cell of that job in which the company's employees
//! belong; without one there is no row.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use crate::aggregate::{CellKey, CompanyRow, CompanyTable, Parts};
use crate::disclose::{SafeRow, SafeTable};
use crate::exact::{Amount, Quotient, SCALE};
use crate::intake::{Company, Register};
use crate::pipeline::{DimensionSource, Pipeline, TOTAL, UNKNOWN};
use crate::store::StoreError;

/// The record column that tells the job.
const JOB: &str = "job_code";

/// Adds the market ratios of all companies to their table.
///
/// # Errors
/// [`StoreError`]: the table cannot be written.
pub fn add_market_ratios(
    companies: &mut CompanyTable,
    safe: &SafeTable,
    pipeline: &Pipeline,
    register: &Register,
) -> Result<(), StoreError> {
    let medians = Medians::of(safe, pipeline);
    let mut rows: BTreeMap<String, Vec<CompanyRow>> = BTreeMap::new();
    for (id, row) in companies.take_market() {
        let company = register.place(&id).map(|place| &register.companies()[place]);
        if let Some(row) = company.and_then(|company| ratio(row, company, &medians, pipeline)) {
            rows.entry(id).or_default().push(row);
        }
    }
    let period = safe.period().to_string();
    rows.into_iter().try_for_each(|(company, rows)| companies.add(&company, &period, &rows, pipeline))
}

/// The published medians of hourly pay, by cell, in the tables that tell a job.
struct Medians<'a> {
    by_cell: HashMap<&'a CellKey, f64>,
    /// The levels of the cells of each table, finest first.
    levels: Vec<(usize, Vec<u8>)>,
}

impl<'a> Medians<'a> {
    fn of(safe: &'a SafeTable, pipeline: &Pipeline) -> Self {
        let of_job = |key: &CellKey| {
            let mut axes = pipeline.tables[key.table].by.iter().zip(&key.levels);
            let job = DimensionSource::Record(JOB.to_owned());
            axes.any(|(&place, &level)| level > 0 && pipeline.dimensions[place].source == job)
        };
        let hourly = safe.rows().iter().filter(|row| pipeline.measures[row.measure].name == "base_hourly");
        let median = |row: &'a SafeRow| Some((row.key.as_ref(), row.incumbent?.percentiles[2]?));
        let by_cell: HashMap<&CellKey, f64> = hourly.filter_map(median).filter(|(key, _)| of_job(key)).collect();
        let levels: BTreeSet<(usize, Vec<u8>)> = by_cell.keys().map(|key| (key.table, key.levels.clone())).collect();
        let mut levels: Vec<(usize, Vec<u8>)> = levels.into_iter().collect();
        // The finest first; of several as fine the one of the first table.
        levels.sort_by_key(|(_, levels)| Reverse(levels.iter().map(|&level| u32::from(level)).sum::<u32>()));
        Self { by_cell, levels }
    }
}

/// The row with the market ratio in place of the mean.
fn ratio(row: CompanyRow, company: &Company, medians: &Medians<'_>, pipeline: &Pipeline) -> Option<CompanyRow> {
    let of_group: BTreeMap<&str, &str> =
        pipeline.company_breakdown.iter().map(String::as_str).zip(row.group.codes.iter().map(String::as_str)).collect();
    of_group.get(JOB).filter(|job| ![TOTAL, UNKNOWN].contains(*job))?;
    let market = |(table, levels): &(usize, Vec<u8>)| {
        let codes = codes_of(*table, levels, &of_group, company, pipeline)?;
        let key = CellKey { table: *table, levels: levels.clone(), codes, currency: row.group.currency.clone() };
        medians.by_cell.get(&key).map(|median| (key, *median))
    };
    let (cell, median) = medians.levels.iter().find_map(market)?;
    let median = exact(median);
    let mut summary = row.summary?;
    let mean = summary.figure?;
    summary.figure = mean.divided_by(median);
    summary.parts =
        Some(Parts { numerator: Some(mean), denominator: Some(median), n_numerator: None, n_denominator: None });
    summary.statistics = None;
    let names = pipeline.tables[cell.table].by.iter().map(|&place| pipeline.dimensions[place].name.as_str());
    let cell: Vec<String> = names.zip(&cell.codes).map(|(name, code)| format!("{name} {code}")).collect();
    let note = Some(format!("beside the published median of {}", cell.join(", ")));
    Some(CompanyRow { summary: Some(summary), note, ..row })
}

/// The codes, on these levels of a table, of the cell that a group of a company's employees belongs to; none where the group
/// does not tell.
fn codes_of(
    table: usize,
    levels: &[u8],
    of_group: &BTreeMap<&str, &str>,
    company: &Company,
    pipeline: &Pipeline,
) -> Option<Vec<String>> {
    let code = |(&place, &level): (&usize, &u8)| {
        let dimension = &pipeline.dimensions[place];
        let own = match &dimension.source {
            _ if level == 0 => return Some(TOTAL.to_owned()),
            DimensionSource::Company(_) => company.codes.get(place).map(String::as_str),
            DimensionSource::Record(column) => of_group.get(column.as_str()).copied().filter(|code| *code != TOTAL),
        };
        let code = dimension.hierarchy.at_level(own?, level);
        // Whose job the classification does not know has no market, like who has no job.
        let is_job = matches!(&dimension.source, DimensionSource::Record(column) if column == JOB);
        (!is_job || code != UNKNOWN).then_some(code)
    };
    pipeline.tables[table].by.iter().zip(levels).map(code).collect()
}

/// A published figure, which is a multiple of a ten-thousandth or close to one.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a published figure is a float")]
fn exact(figure: f64) -> Quotient {
    Quotient::whole((figure * SCALE as f64).round() as Amount)
}

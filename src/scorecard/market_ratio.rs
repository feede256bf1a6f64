//! Market ratios: a company's mean pay in a job, as a part of the published median.
//!
//! In: mean `base_hourly` of a company's groups that have a job, and a safe table. Out: rows of the company table.
//! Invariant: the figure beside it is the median of the finest published cell of that job in which the company's employees
//! belong; without one there is no row.

use std::collections::BTreeMap;

use arrow::error::ArrowError;

use crate::aggregate::{CompanyRow, CompanyTable, Parts};
use crate::disclose::{SafeRow, SafeTable};
use crate::exact::{Amount, Quotient, SCALE};
use crate::intake::{Company, Register};
use crate::pipeline::{DimensionSource, Pipeline, TOTAL};

/// The record column that tells the job.
const JOB: &str = "job_code";

/// Adds the market ratios of all companies to their table.
///
/// # Errors
/// [`ArrowError`]: the rows do not fit the table.
pub fn add_market_ratios(
    companies: &mut CompanyTable,
    safe: &SafeTable,
    pipeline: &Pipeline,
    register: &Register,
) -> Result<(), ArrowError> {
    let mut rows: BTreeMap<String, Vec<CompanyRow>> = BTreeMap::new();
    for (id, row) in companies.take_market() {
        let company = register.place(&id).map(|place| &register.companies()[place]);
        if let Some(row) = company.and_then(|company| ratio(row, company, safe, pipeline)) {
            rows.entry(id).or_default().push(row);
        }
    }
    let period = safe.period().to_string();
    rows.into_iter().try_for_each(|(company, rows)| companies.add(&company, &period, rows, pipeline))
}

/// The row with the market ratio in place of the mean.
fn ratio(row: CompanyRow, company: &Company, safe: &SafeTable, pipeline: &Pipeline) -> Option<CompanyRow> {
    let codes: BTreeMap<&str, &str> =
        pipeline.company_breakdown.iter().map(String::as_str).zip(row.codes.iter().map(String::as_str)).collect();
    codes.get(JOB).filter(|job| **job != TOTAL)?;
    let candidates = safe.rows().iter().filter(|safe| belongs(safe, &row, &codes, company, pipeline));
    // The finest; of several as fine the first.
    let fineness = |safe: &&SafeRow| safe.key.levels.iter().map(|&level| u32::from(level)).sum::<u32>();
    let market = candidates.reduce(|best, other| if fineness(&other) > fineness(&best) { other } else { best })?;
    let median = exact(market.incumbent?.percentiles[2]?);
    let mut summary = row.summary?;
    let mean = summary.figure?;
    summary.figure = mean.divided_by(median);
    summary.parts =
        Some(Parts { numerator: Some(mean), denominator: Some(median), n_numerator: None, n_denominator: None });
    summary.statistics = None;
    let table = &pipeline.tables[market.key.table];
    let names = table.by.iter().map(|&place| pipeline.dimensions[place].name.as_str());
    let cell: Vec<String> = names.zip(&market.key.codes).map(|(name, code)| format!("{name} {code}")).collect();
    let note = Some(format!("beside the published median of {}", cell.join(", ")));
    Some(CompanyRow { summary: Some(summary), note, ..row })
}

/// Whether a published row has a median of the group's job, for employees of this group.
fn belongs(
    safe: &SafeRow,
    row: &CompanyRow,
    codes: &BTreeMap<&str, &str>,
    company: &Company,
    pipeline: &Pipeline,
) -> bool {
    let median = safe.incumbent.is_some_and(|figures| figures.percentiles[2].is_some());
    if !median || pipeline.measures[safe.measure].name != "base_hourly" || safe.key.currency != row.currency {
        return false;
    }
    let mut of_job = false;
    let table = &pipeline.tables[safe.key.table];
    let fits = table.by.iter().enumerate().all(|(axis, &place)| {
        let (level, code) = (safe.key.levels[axis], &safe.key.codes[axis]);
        let dimension = &pipeline.dimensions[place];
        if level == 0 {
            return true;
        }
        let own = match &dimension.source {
            DimensionSource::Company(_) => company.codes.get(place).map(String::as_str),
            DimensionSource::Record(column) => {
                of_job |= column == JOB;
                codes.get(column.as_str()).copied().filter(|code| *code != TOTAL)
            }
        };
        own.is_some_and(|own| dimension.hierarchy.at_level(own, level) == *code)
    });
    fits && of_job
}

/// A published figure, which is a multiple of a ten-thousandth or close to one.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a published figure is a float")]
fn exact(figure: f64) -> Quotient {
    Quotient::whole((figure * SCALE as f64).round() as Amount)
}

//! The aggregation of a period: companies in parallel, in as many passes as memory asks for.
//!
//! In: the parts of the store. Out: [`CellTable`] and [`CompanyTable`]. Invariant: the values that are held at once stay
//! below [`HELD`] bytes, or those of one measure; what a pass yields does not depend on how measures are spread over passes.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use rayon::prelude::*;

use super::cell::{Cell, CellTable};
use super::company::{CompanyTable, rows_of};
use super::evaluate::{Share, evaluate};
use super::grouping::Axis;
use super::partial::PartialCells;
use crate::intake::{Company, Register};
use crate::measure::{Measure, Values};
use crate::period::Period;
use crate::pipeline::{DimensionSource, Pipeline, UNKNOWN};
use crate::store::{Part, Records, StoreError};

/// Bytes of values that a pass may hold.
const HELD: u64 = 384 << 20;

/// Why a period was not aggregated.
#[derive(Debug, thiserror::Error)]
pub enum AggregateError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A company of the store is not in the register.
    #[error("company {0} has records in the store but is not in the register; add it, or remove its records")]
    UnknownCompany(String),
    /// Records of one period are under several keys.
    #[error(
        "the records of {period} are under {count} different keys; upload the companies of the older key again \
         under the present one"
    )]
    SeveralKeys {
        /// The period.
        period: String,
        /// How many keys.
        count: usize,
    },
}

/// Aggregates the parts of one period. `progress` hears of each company and pass that is done.
///
/// # Errors
/// [`AggregateError`].
pub fn aggregate(
    pipeline: &Pipeline,
    register: &Register,
    parts: &[&Part],
    period: Period,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(CellTable, CompanyTable), AggregateError> {
    let keys: std::collections::BTreeSet<&str> = parts.iter().map(|part| part.key_id.as_str()).collect();
    if keys.len() > 1 {
        return Err(AggregateError::SeveralKeys { period: period.to_string(), count: keys.len() });
    }
    let mut holdings: Vec<String> = register.companies().iter().map(|company| company.holding.clone()).collect();
    holdings.sort();
    holdings.dedup();
    let holding_of: BTreeMap<&str, u32> = holdings
        .iter()
        .enumerate()
        .map(|(place, id)| (id.as_str(), u32::try_from(place).unwrap_or(u32::MAX)))
        .collect();
    let mut members = Vec::with_capacity(parts.len());
    for part in parts {
        let place =
            register.place(&part.company).ok_or_else(|| AggregateError::UnknownCompany(part.company.clone()))?;
        let company = &register.companies()[place];
        members.push((*part, company, holding_of[company.holding.as_str()]));
    }
    let records: u64 = parts.iter().map(|part| part.rows).sum();
    let mut cells: Vec<Cell> = Vec::new();
    let mut own = CompanyTable::new(pipeline);
    for measures in passes(pipeline, records) {
        let pass = Pass { pipeline, measures: &measures, last_day: period.last_day() };
        let done: Vec<Done> = members
            .par_iter()
            .map(|(part, company, holding)| {
                let done = pass.company(part, company, *holding)?;
                progress(part.rows);
                Ok(done)
            })
            .collect::<Result<_, StoreError>>()?;
        let mut shares: Vec<Vec<Share>> = pipeline.tables.iter().map(|_| Vec::with_capacity(done.len())).collect();
        for done in done {
            own.push(done.rows);
            for (table, share) in shares.iter_mut().zip(done.shares) {
                table.push(share);
            }
        }
        for (table, shares) in shares.into_iter().enumerate() {
            for money in [true, false] {
                let chosen = pass.of_table(table, money);
                if !chosen.is_empty() {
                    cells.extend(evaluate(pipeline, table, &shares, &chosen, money));
                }
            }
        }
    }
    cells.sort_by(|a, b| (&a.key, a.measure).cmp(&(&b.key, b.measure)));
    let table = CellTable { period, holdings, cells, companies: parts.len(), records };
    Ok((table, own))
}

/// The measures of each pass.
fn passes(pipeline: &Pipeline, records: u64) -> Vec<Vec<usize>> {
    let each = records.max(1) * 8;
    let at_once = usize::try_from(HELD / each).unwrap_or(usize::MAX).max(1);
    let all: Vec<usize> = (0..pipeline.measures.len()).collect();
    all.chunks(at_once).map(<[usize]>::to_vec).collect()
}

struct Pass<'a> {
    pipeline: &'a Pipeline,
    /// Places of the measures of this pass.
    measures: &'a [usize],
    /// The day of the snapshot: who left on it or before is not counted.
    last_day: i32,
}

/// What one company gives in a pass.
struct Done {
    shares: Vec<Share>,
    rows: RecordBatch,
}

impl Pass<'_> {
    fn measure(&self, run: usize) -> &Measure {
        &self.pipeline.measures[self.measures[run]]
    }

    /// The measures of a table in this pass: (place in the pipeline, place in the pass).
    fn of_table(&self, table: usize, money: bool) -> Vec<(usize, usize)> {
        let wanted = &self.pipeline.tables[table].measures;
        let places = self.measures.iter().enumerate().map(|(run, &measure)| (measure, run));
        let fits = |&(measure, run): &(usize, usize)| {
            wanted.contains(&measure) && self.measure(run).in_record_currency() == money
        };
        places.filter(fits).collect()
    }

    fn company(&self, part: &Part, company: &Company, holding: u32) -> Result<Done, StoreError> {
        let pipeline = self.pipeline;
        let absent_currency = pipeline.currency.as_deref().unwrap_or(UNKNOWN);
        let currency = || Axis::of_column("currency", absent_currency);
        let axes: Vec<Vec<Axis<'_>>> = pipeline
            .tables
            .iter()
            .map(|table| {
                let finest = table.finest();
                let of = |(&place, level): (&usize, u8)| {
                    Axis::of_dimension(&pipeline.dimensions[place], place, level, company)
                };
                table.by.iter().zip(finest).map(of).chain([currency()]).collect()
            })
            .collect();
        let breakdown: Vec<Axis<'_>> = pipeline
            .company_breakdown
            .iter()
            .map(|column| Axis::of_column(column, UNKNOWN))
            .chain([currency()])
            .collect();
        let mut partials: Vec<PartialCells> = Vec::new();
        let groupings: Vec<&Vec<Axis<'_>>> = axes.iter().chain([&breakdown]).collect();
        partials.extend(groupings.iter().map(|axes| PartialCells::new(axes.len())));
        let mut values: Vec<Vec<Values>> = vec![Vec::new(); self.measures.len()];
        part.for_each_batch(
            |column| self.needs(column),
            |records| {
                let counts = self.counting(records);
                for (partial, axes) in partials.iter_mut().zip(&groupings) {
                    partial.update_batch(|cells, out| cells.assign(axes, records, counts.as_deref(), out));
                }
                for (run, values) in values.iter_mut().enumerate() {
                    values.push(self.measure(run).values(records));
                }
            },
        )?;
        let mut partials: Vec<PartialCells> = partials.into_iter().map(|partial| partial.finalize(&values)).collect();
        drop(values);
        let own = partials.pop().unwrap_or_else(|| PartialCells::new(0));
        let rows = rows_of(&company.id, &part.period, &own, self.measures, pipeline)
            .map_err(|error| StoreError::Damaged { path: part.path.clone(), error: error.to_string() })?;
        let shares = partials.into_iter().map(|partial| Share { holding, partial }).collect();
        Ok(Done { shares, rows })
    }

    /// Whether a stored column is read in this pass.
    fn needs(&self, column: &str) -> bool {
        let of_dimension = self.pipeline.dimensions.iter().any(|dimension| match &dimension.source {
            DimensionSource::Record(name) => name == column,
            DimensionSource::Company(_) => false,
        });
        let fits = |need: &String| match need.split_once('*') {
            Some((start, end)) => column.starts_with(start) && column.ends_with(end),
            None => need == column,
        };
        of_dimension
            || matches!(column, "currency" | "termination_date")
            || self.pipeline.company_breakdown.iter().any(|name| name == column)
            || (0..self.measures.len()).any(|run| self.measure(run).needs.iter().any(fits))
    }

    /// Which records count: those of employees who have not left by the day of the snapshot. None where all do.
    fn counting(&self, records: &Records) -> Option<Vec<bool>> {
        let dates = records.dates("termination_date")?;
        Some(dates.iter().map(|date| date.is_none_or(|date| date > self.last_day)).collect())
    }
}

//! A company's own metrics, as its scorecard reads them.
//!
//! In: the private file of companies' own metrics. Out: the rows of companies as a whole, by company. Invariant: each company has its own
//! rows alone; where one company is asked for, those of others are not kept.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;

use crate::pipeline::{Pipeline, TOTAL};
use crate::store::StoreError;

/// One figure of a company as a whole.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OwnFigure {
    pub(super) metric: String,
    pub(super) unit: String,
    pub(super) currency: Option<String>,
    pub(super) employees: Option<u64>,
    /// Mean, share, ratio, total or gap; none where a note says why.
    pub(super) figure: Option<f64>,
    /// Of distributions.
    pub(super) median: Option<f64>,
    pub(super) note: Option<String>,
}

/// The figures of companies as a whole, by company; of one company where it is named. Nothing where the file is not there.
pub(super) fn own_figures(
    file: &Path,
    only: Option<&str>,
    pipeline: &Pipeline,
) -> Result<BTreeMap<String, Vec<OwnFigure>>, StoreError> {
    let damaged = |error: String| StoreError::Damaged { path: file.to_owned(), error };
    let mut found = BTreeMap::new();
    let open = match File::open(file) {
        Ok(open) => open,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(StoreError::io(file)(error)),
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(open).map_err(|error| damaged(error.to_string()))?;
    // Row groups tell which companies they hold.
    let may_hold = |group: &RowGroupMetaData| {
        let statistics = group.columns().first().and_then(ColumnChunkMetaData::statistics);
        only.zip(statistics).is_none_or(|(company, statistics)| may_hold(statistics, company))
    };
    let groups = builder.metadata().row_groups().iter().enumerate();
    let groups: Vec<usize> = groups.filter(|(_, group)| may_hold(group)).map(|(place, _)| place).collect();
    let reader = builder.with_row_groups(groups).build().map_err(|error| damaged(error.to_string()))?;
    for batch in reader {
        let batch = batch.map_err(|error| damaged(error.to_string()))?;
        add(&mut found, &batch, only, pipeline)
            .ok_or_else(|| damaged("has other columns than it should".to_owned()))?;
    }
    Ok(found)
}

fn may_hold(statistics: &Statistics, company: &str) -> bool {
    let Statistics::ByteArray(range) = statistics else { return true };
    range
        .min_opt()
        .zip(range.max_opt())
        .is_none_or(|(low, high)| (low.data()..=high.data()).contains(&company.as_bytes()))
}

fn add(
    found: &mut BTreeMap<String, Vec<OwnFigure>>,
    batch: &RecordBatch,
    only: Option<&str>,
    pipeline: &Pipeline,
) -> Option<()> {
    let text = |name: &str| cast(batch.column_by_name(name)?, &DataType::Utf8).ok();
    let companies = text("company_id")?;
    let breakdown: Vec<_> = pipeline.company_breakdown.iter().map(|name| text(name)).collect::<Option<_>>()?;
    let (measures, units, currencies, notes) = (text("measure")?, text("unit")?, text("currency")?, text("note")?);
    let figures = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Float64Type>();
    let employees = batch.column_by_name("n_employees")?.as_primitive_opt::<Int64Type>()?;
    let (means, medians) = (figures("mean")?, figures("p50")?);
    for row in 0..batch.num_rows() {
        let is_whole = breakdown.iter().all(|codes| codes.as_string::<i32>().value(row) == TOTAL);
        let company = companies.as_string::<i32>().value(row);
        if !is_whole || only.is_some_and(|only| only != company) {
            continue;
        }
        let text = |column: &arrow::array::ArrayRef| {
            let column = column.as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        found.entry(company.to_owned()).or_default().push(OwnFigure {
            metric: text(&measures)?,
            unit: text(&units)?,
            currency: text(&currencies),
            employees: employees.is_valid(row).then(|| u64::try_from(employees.value(row)).unwrap_or(0)),
            figure: means.is_valid(row).then(|| means.value(row)),
            median: medians.is_valid(row).then(|| medians.value(row)),
            note: text(&notes),
        });
    }
    Some(())
}

//! [`CompanyTable`]: each company's own metrics. Private: it never goes into a release.
//!
//! In: the partial of one company. Out: rows for the company as a whole and for each cell of its breakdown, and a Parquet
//! file of them. Invariant: a row is about one company only; the file says in its metadata that it is private.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::partial::PartialCells;
use super::statistics::Statistics;
use crate::exact::{Amount, Quotient};
use crate::measure::Unit;
use crate::pipeline::{Pipeline, TOTAL};
use crate::store::StoreError;

/// One company, cell of its breakdown, and measure.
#[derive(Debug, Clone, PartialEq)]
pub struct CompanyRow {
    /// Company ID.
    pub company: String,
    /// Code of each column of the breakdown; `_T` for the company as a whole.
    pub codes: Vec<String>,
    /// Place of the measure in the pipeline.
    pub measure: usize,
    /// Currency of the amounts, where they have one.
    pub currency: Option<String>,
    /// The figures.
    pub statistics: Statistics,
}

/// All companies' own metrics of a period.
#[derive(Debug, Clone, Default)]
pub struct CompanyTable {
    /// The rows, by company, codes, measure and currency.
    pub rows: Vec<CompanyRow>,
}

/// The rows of one company for one measure; `run` is its place in the partial, whose last axis is the currency.
pub(super) fn rows_of(
    company: &str,
    partial: &PartialCells,
    measure: usize,
    run: usize,
    money: bool,
    breakdown: usize,
) -> Vec<CompanyRow> {
    let mut groups: BTreeMap<(Vec<String>, Option<String>), Vec<Amount>> = BTreeMap::new();
    for cell in 0..partial.cells.len() {
        let values = partial.runs[run].of(cell);
        if values.is_empty() {
            continue;
        }
        let mut codes: Vec<String> = partial.cells.codes(cell).map(str::to_owned).collect();
        let currency = codes.pop().filter(|_| money);
        let whole = vec![TOTAL.to_owned(); breakdown];
        if breakdown > 0 {
            groups.entry((codes, currency.clone())).or_default().extend_from_slice(values);
        }
        groups.entry((whole, currency)).or_default().extend_from_slice(values);
    }
    let row = |((codes, currency), mut values): ((Vec<String>, Option<String>), Vec<Amount>)| {
        let statistics = Statistics::of(&mut values)?;
        Some(CompanyRow { company: company.to_owned(), codes, measure, currency, statistics })
    };
    groups.into_iter().filter_map(row).collect()
}

/// Writes the table, whole or not at all.
///
/// # Errors
/// [`StoreError`]: the file cannot be written.
pub fn write_company_table(
    table: &CompanyTable,
    pipeline: &Pipeline,
    period: &str,
    file: &Path,
) -> Result<(), StoreError> {
    let damaged = |error: String| StoreError::Damaged { path: file.to_owned(), error };
    let folder = file.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
    let beside = file.with_extension("new");
    let batch = batch_of(table, pipeline, period).map_err(|error| damaged(error.to_string()))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
        .set_created_by(concat!("payquorum ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(vec![KeyValue::new(
            "payquorum.confidentiality".to_owned(),
            "private: each company's own figures; for that company only".to_owned(),
        )]))
        .build();
    let out = File::create(&beside).map_err(StoreError::io(&beside))?;
    let mut writer =
        ArrowWriter::try_new(out, batch.schema(), Some(properties)).map_err(|error| damaged(error.to_string()))?;
    writer.write(&batch).map_err(|error| damaged(error.to_string()))?;
    let out = writer.into_inner().map_err(|error| damaged(error.to_string()))?;
    out.sync_all().map_err(StoreError::io(&beside))?;
    std::fs::rename(&beside, file).map_err(StoreError::io(file))
}

fn batch_of(table: &CompanyTable, pipeline: &Pipeline, period: &str) -> Result<RecordBatch, arrow::error::ArrowError> {
    let rows = &table.rows;
    let mut columns: Vec<(String, &str, &str, ArrayRef)> = Vec::new();
    let texts = |text: &dyn Fn(&CompanyRow) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(text).collect::<StringArray>())
    };
    columns.push(("company_id".into(), "The company.", "code", texts(&|row| Some(row.company.clone()))));
    columns.push(("period".into(), "The period of the snapshot.", "period", texts(&|_| Some(period.to_owned()))));
    for (place, name) in pipeline.company_breakdown.iter().enumerate() {
        let codes = texts(&|row| Some(row.codes[place].clone()));
        columns.push((name.clone(), "Breakdown; _T for the whole company.", "code", codes));
    }
    let measure = |row: &CompanyRow| &pipeline.measures[row.measure];
    columns.push(("measure".into(), "The measure.", "name", texts(&|row| Some(measure(row).name.clone()))));
    columns.push(("unit".into(), "Unit of the figures.", "unit", texts(&|row| Some(measure(row).unit.label().to_owned()))));
    let currency = |row: &CompanyRow| match &measure(row).unit {
        Unit::Money(code) => Some(code.clone()),
        _ => row.currency.clone(),
    };
    columns.push(("currency".into(), "Currency of amounts.", "ISO 4217", texts(&currency)));
    let counts = rows.iter().map(|row| row.statistics.count);
    let counts: ArrayRef = Arc::new(UInt64Array::from_iter_values(counts));
    columns.push(("n_employees".into(), "Employees with a value.", "employees", counts));
    let figures = |figure: &dyn Fn(&Statistics) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| figure(&row.statistics)).collect::<Float64Array>())
    };
    columns.push(("mean".into(), "Mean.", "unit", figures(&|s| Some(s.mean.to_f64()))));
    columns.push(("sd".into(), "Sample standard deviation.", "unit", figures(&|s| s.deviation)));
    for (place, name) in ["p10", "p25", "p50", "p75", "p90"].into_iter().enumerate() {
        let percentile = figures(&|s| Some(Quotient::to_f64(s.percentiles[place])));
        columns.push((name.into(), "Percentile (Hyndman-Fan type 7).", "unit", percentile));
    }
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, description, unit, array)| {
            let nullable = *array.data_type() != DataType::UInt64;
            let metadata = [("description".to_owned(), (*description).to_owned()), ("unit".to_owned(), (*unit).to_owned())];
            Field::new(name, array.data_type().clone(), nullable).with_metadata(metadata.into())
        })
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(.., array)| array).collect())
}

//! [`CompanyTable`]: each company's own metrics. Private: it never goes into a release.
//!
//! In: the partial of one company. Out: rows for the company as a whole and for each cell of its breakdown, and a Parquet
//! file of them. Invariant: a row is about one company only; the file says in its metadata that it is private.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringDictionaryBuilder};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::partial::PartialCells;
use super::statistics::Statistics;
use crate::exact::Amount;
use crate::measure::{MeasureKind, Unit};
use crate::pipeline::{Pipeline, TOTAL};
use crate::store::StoreError;

/// The percentile columns.
const PERCENTILE_COLUMNS: [&str; 5] = ["p10", "p25", "p50", "p75", "p90"];

/// All companies' own metrics of a period, a batch for each company and pass.
#[derive(Debug, Clone)]
pub struct CompanyTable {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl CompanyTable {
    pub(super) fn new(pipeline: &Pipeline) -> Self {
        Self { schema: schema(pipeline), batches: Vec::new() }
    }

    pub(super) fn push(&mut self, batch: RecordBatch) {
        self.batches.push(batch);
    }

    /// The rows.
    #[must_use]
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }
}

fn schema(pipeline: &Pipeline) -> SchemaRef {
    let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let field = |name: &str, kind: &DataType, description: &str, unit: &str| {
        let metadata = [("description".to_owned(), description.to_owned()), ("unit".to_owned(), unit.to_owned())];
        Field::new(name, kind.clone(), true).with_metadata(metadata.into())
    };
    let mut fields = vec![
        field("company_id", &text, "The company.", "code"),
        field("period", &text, "The period of the snapshot.", "period"),
    ];
    for column in &pipeline.company_breakdown {
        fields.push(field(column, &text, "Breakdown; _T for the whole company.", "code"));
    }
    fields.extend([
        field("measure", &text, "The measure.", "name"),
        field("unit", &text, "Unit of the figures.", "unit"),
        field("currency", &text, "Currency of amounts.", "ISO 4217"),
        field("n_employees", &DataType::Int64, "Employees with a value.", "employees"),
        field("mean", &DataType::Float64, "Mean; for a share, the part of employees who have it.", "unit"),
        field("sd", &DataType::Float64, "Sample standard deviation (n - 1).", "unit"),
    ]);
    for name in PERCENTILE_COLUMNS {
        fields.push(field(name, &DataType::Float64, "Percentile (Hyndman-Fan type 7).", "unit"));
    }
    Arc::new(Schema::new(fields))
}

/// Codes of the breakdown and currency, to the local cells that they are made of.
type Groups = BTreeMap<(Vec<String>, Option<String>), Vec<usize>>;

/// The company as a whole, and each cell of its breakdown. The partial's last axis is the currency.
fn groups(partial: &PartialCells, money: bool, breakdown: usize) -> Groups {
    let mut groups = Groups::new();
    for cell in 0..partial.cells.len() {
        let mut codes: Vec<String> = partial.cells.codes(cell).map(str::to_owned).collect();
        let currency = codes.pop().filter(|_| money);
        if breakdown > 0 {
            groups.entry((codes, currency.clone())).or_default().push(cell);
        }
        groups.entry((vec![TOTAL.to_owned(); breakdown], currency)).or_default().push(cell);
    }
    groups
}

/// The rows of one company; `measures` are their places in the pipeline, in the order of the partial's runs.
pub(super) fn rows_of(
    company: &str,
    period: &str,
    partial: &PartialCells,
    measures: &[usize],
    pipeline: &Pipeline,
) -> Result<RecordBatch, ArrowError> {
    let breakdown = pipeline.company_breakdown.len();
    let of_money = [groups(partial, false, breakdown), groups(partial, true, breakdown)];
    let mut codes: Vec<StringDictionaryBuilder<Int32Type>> =
        (0..breakdown).map(|_| StringDictionaryBuilder::new()).collect();
    let mut names = StringDictionaryBuilder::<Int32Type>::new();
    let mut units = StringDictionaryBuilder::<Int32Type>::new();
    let mut currencies = StringDictionaryBuilder::<Int32Type>::new();
    let mut counts: Vec<i64> = Vec::new();
    let mut means: Vec<f64> = Vec::new();
    let mut deviations: Vec<Option<f64>> = Vec::new();
    let mut percentiles: [Vec<Option<f64>>; 5] = Default::default();
    let mut values: Vec<Amount> = Vec::new();
    for (run, &measure) in measures.iter().enumerate() {
        let measure = &pipeline.measures[measure];
        for ((group, currency), cells) in &of_money[usize::from(measure.in_record_currency())] {
            values.clear();
            for &cell in cells {
                values.extend_from_slice(partial.runs[run].of(cell));
            }
            let Some(statistics) = Statistics::of(&mut values) else { continue };
            for (builder, code) in codes.iter_mut().zip(group) {
                builder.append_value(code);
            }
            names.append_value(&measure.name);
            units.append_value(measure.unit.label());
            currencies.append_option(match &measure.unit {
                Unit::Money(code) => Some(code),
                _ => currency.as_ref(),
            });
            counts.push(i64::try_from(statistics.count).unwrap_or(i64::MAX));
            means.push(statistics.mean.to_f64());
            let spread = measure.kind == MeasureKind::Distribution;
            deviations.push(statistics.deviation.filter(|_| spread));
            for (column, percentile) in percentiles.iter_mut().zip(statistics.percentiles) {
                column.push(spread.then(|| percentile.to_f64()));
            }
        }
    }
    let constant = |text: &str| -> ArrayRef {
        let array: DictionaryArray<Int32Type> = std::iter::repeat_n(text, counts.len()).collect();
        Arc::new(array)
    };
    let mut columns: Vec<ArrayRef> = vec![constant(company), constant(period)];
    columns.extend(codes.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef));
    columns.extend([names, units, currencies].map(|mut builder| Arc::new(builder.finish()) as ArrayRef));
    columns.push(Arc::new(Int64Array::from(counts)));
    columns.push(Arc::new(Float64Array::from(means)));
    columns.push(Arc::new(Float64Array::from(deviations)));
    columns.extend(percentiles.map(|column| Arc::new(Float64Array::from(column)) as ArrayRef));
    RecordBatch::try_new(schema(pipeline), columns)
}

/// Writes the table, whole or not at all.
///
/// # Errors
/// [`StoreError`]: the file cannot be written.
pub fn write_company_table(table: &CompanyTable, file: &Path) -> Result<(), StoreError> {
    let damaged = |error: String| StoreError::Damaged { path: file.to_owned(), error };
    let folder = file.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
    let beside = file.with_extension("new");
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
        .set_created_by(concat!("payquorum ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(vec![KeyValue::new(
            "payquorum.confidentiality".to_owned(),
            "private: each company's own figures; for that company only".to_owned(),
        )]));
    for field in table.schema.fields().iter().filter(|field| *field.data_type() == DataType::Float64) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), false);
    }
    let out = File::create(&beside).map_err(StoreError::io(&beside))?;
    let mut writer = ArrowWriter::try_new(out, table.schema.clone(), Some(properties.build()))
        .map_err(|error| damaged(error.to_string()))?;
    for batch in &table.batches {
        writer.write(batch).map_err(|error| damaged(error.to_string()))?;
    }
    let out = writer.into_inner().map_err(|error| damaged(error.to_string()))?;
    out.sync_all().map_err(StoreError::io(&beside))?;
    std::fs::rename(&beside, file).map_err(StoreError::io(file))
}

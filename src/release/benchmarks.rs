//! `benchmarks.parquet`: a row for each table, cell and measure.
//!
//! In: a safe table. Out: the bytes of a Parquet file. Invariant: every column tells its meaning, unit and source in its
//! field metadata; a suppressed figure is null and carries no reason; columns for noise are there where a table has noise.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::disclose::{SafeRow, SafeTable};
use crate::measure::Unit;
use crate::pipeline::{Pipeline, TOTAL};

/// A column of the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its Arrow type.
    pub kind: DataType,
    /// Its unit, or how it is coded.
    pub unit: &'static str,
    /// What it means.
    pub meaning: String,
    /// Where the definition comes from.
    pub source: &'static str,
    /// What it means that there is nothing in it; none where there always is something.
    pub null: Option<&'static str>,
}

impl Column {
    /// What it holds, in words.
    #[must_use]
    pub fn kind_in_words(&self) -> &'static str {
        match self.kind {
            DataType::Utf8 => "text",
            DataType::Int64 => "whole number",
            _ => "number",
        }
    }

    fn or_null(self, null: &'static str) -> Self {
        Self { null: Some(null), ..self }
    }
}

const SDMX: &str = "SDMX cross-domain code lists";
const OWN: &str = "payquorum";
const DWORK: &str = "Dwork, McSherry, Nissim and Smith (2006)";
const TYPE_7: &str = "Hyndman and Fan (1996), type 7";

const NO_AMOUNT: &str = "the measure does not depend on a currency";
const NO_COUNT: &str = "both `status` and `org_status` are suppressed";
const NO_COUNT_OF_COMPANIES: &str = "both `status` and `org_status` are suppressed, or the table has noise";
const NO_NOISE: &str = "the table has no noise";
const SUPPRESSED: &str = "`status` is suppressed";
const NO_STATISTIC: &str = "`status` is suppressed, the measure has no such statistic, the table has noise, or too few companies or \
                            employees stand behind this statistic";
const ORG_SUPPRESSED: &str = "`org_status` is suppressed";
const NO_ORG_STATISTIC: &str = "`org_status` is suppressed, or too few companies stand behind this statistic";

/// The columns of the release of a pipeline, in order.
#[must_use]
pub fn columns(pipeline: &Pipeline) -> Vec<Column> {
    let text = DataType::Utf8;
    let count = DataType::Int64;
    let figure = DataType::Float64;
    let column = |name: &str, kind: &DataType, unit: &'static str, meaning: &str, source: &'static str| Column {
        name: name.to_owned(),
        kind: kind.clone(),
        unit,
        meaning: meaning.to_owned(),
        source,
        null: None,
    };
    let mut columns = vec![
        column("table", &text, "name", "The benchmark table that the row belongs to.", OWN),
        column("period", &text, "period", "The period of the snapshot.", OWN),
    ];
    for dimension in &pipeline.dimensions {
        let meaning = format!("Code of {}; _T is the total over it, _U is not reported.", dimension.name);
        columns.push(column(&dimension.name, &text, "code", &meaning, SDMX));
        let meaning = format!("Level of the {} code; 0 is the total.", dimension.name);
        columns.push(column(&format!("{}_level", dimension.name), &count, "level", &meaning, OWN));
    }
    let perturbed = pipeline.perturbed().next().is_some();
    let status = "published, or suppressed (then its figures are null, and no reason is given)";
    columns.extend([
        column("measure", &text, "name", "The measure; see the list of measures.", OWN),
        column("unit", &text, "unit", "Unit of the figures.", OWN),
        column("currency", &text, "ISO 4217", "Currency of amounts; null for other figures.", "ISO 4217")
            .or_null(NO_AMOUNT),
        column("n_companies", &count, "companies", "Companies with a value; companies of one owner count as one.", OWN)
            .or_null(NO_COUNT_OF_COMPANIES),
        column("n_employees", &count, "employees", "Employees with a value, rounded as the policy says.", OWN)
            .or_null(NO_COUNT),
    ]);
    if perturbed {
        let meaning = "Standard error of the noise in n_employees; null in tables without noise.";
        columns.push(column("n_employees_standard_error", &figure, "employees", meaning, DWORK).or_null(NO_NOISE));
    }
    columns.extend([
        column(
            "status",
            &text,
            "status",
            &format!("Status of the figures that weigh every employee alike: {status}."),
            OWN,
        ),
        column("mean", &figure, "unit", "Mean over employees; of a share, ratio, total, gap or dispersion that figure of all employees of the cell together.", OWN)
            .or_null(SUPPRESSED),
    ]);
    if perturbed {
        let meaning = "Standard error of the noise in the mean, by linear approximation; null in tables without noise.";
        columns.push(column("mean_standard_error", &figure, "unit", meaning, DWORK).or_null(NO_NOISE));
    }
    columns.extend([
        column("sd", &figure, "unit", "Sample standard deviation over employees (n - 1).", OWN).or_null(NO_STATISTIC),
        column("p10", &figure, "unit", "10th percentile over employees.", TYPE_7).or_null(NO_STATISTIC),
        column("p25", &figure, "unit", "25th percentile over employees.", TYPE_7).or_null(NO_STATISTIC),
        column("p50", &figure, "unit", "Median over employees.", TYPE_7).or_null(NO_STATISTIC),
        column("p75", &figure, "unit", "75th percentile over employees.", TYPE_7).or_null(NO_STATISTIC),
        column("p90", &figure, "unit", "90th percentile over employees.", TYPE_7).or_null(NO_STATISTIC),
        column(
            "org_status",
            &text,
            "status",
            &format!("Status of the figures that weigh every company alike: {status}."),
            OWN,
        ),
        column(
            "org_mean",
            &figure,
            "unit",
            "Mean of the companies' own figures (of a distribution, of their means).",
            OWN,
        )
        .or_null(ORG_SUPPRESSED),
        column("org_p25", &figure, "unit", "25th percentile of the companies' own figures.", TYPE_7)
            .or_null(NO_ORG_STATISTIC),
        column("org_p50", &figure, "unit", "Median of the companies' own figures.", TYPE_7).or_null(NO_ORG_STATISTIC),
        column("org_p75", &figure, "unit", "75th percentile of the companies' own figures.", TYPE_7)
            .or_null(NO_ORG_STATISTIC),
    ]);
    columns
}

/// The file.
pub(super) fn parquet(batch: &RecordBatch) -> Result<Vec<u8>, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by(concat!("payquorum ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))?;
    writer.write(batch)?;
    writer.close()?;
    Ok(bytes)
}

/// The rows, for the file and its copies.
pub(super) fn batch<'t>(table: &'t SafeTable, pipeline: &'t Pipeline) -> Result<RecordBatch, ArrowError> {
    let rows = table.rows();
    let texts = |text: &dyn Fn(&'t SafeRow) -> Option<&'t str>| -> ArrayRef {
        Arc::new(rows.iter().map(text).collect::<StringArray>())
    };
    let counts = |count: &dyn Fn(&'t SafeRow) -> Option<u64>| -> ArrayRef {
        let count = |row: &'t SafeRow| count(row).and_then(|count| i64::try_from(count).ok());
        Arc::new(rows.iter().map(count).collect::<Int64Array>())
    };
    let figures = |figure: &dyn Fn(&SafeRow) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(figure).collect::<Float64Array>())
    };
    let status = |published: bool| Some(if published { "published" } else { "suppressed" });
    let period = table.period().to_string();
    let spec = |row: &'t SafeRow| &pipeline.tables[row.key.table];
    let measure = |row: &'t SafeRow| &pipeline.measures[row.measure];
    let periods: StringArray = rows.iter().map(|_| Some(&period)).collect();
    let mut arrays = vec![texts(&|row| Some(&spec(row).name)), Arc::new(periods)];
    for place in 0..pipeline.dimensions.len() {
        let axis = |row: &'t SafeRow| spec(row).by.iter().position(|&by| by == place);
        arrays.push(texts(&|row| Some(axis(row).map_or(TOTAL, |axis| &row.key.codes[axis]))));
        arrays.push(counts(&|row| Some(axis(row).map_or(0, |axis| u64::from(row.key.levels[axis])))));
    }
    arrays.push(texts(&|row| Some(&measure(row).name)));
    arrays.push(texts(&|row| Some(measure(row).unit.label())));
    arrays.push(texts(&|row| match &measure(row).unit {
        Unit::Money(code) => Some(code),
        _ => row.key.currency.as_deref(),
    }));
    arrays.push(counts(&|row| row.companies));
    arrays.push(counts(&|row| row.employees));
    let perturbed = pipeline.perturbed().next().is_some();
    if perturbed {
        arrays.push(figures(&|row| Some(row.standard_errors?.employees)));
    }
    arrays.push(texts(&|row| status(row.incumbent.is_some())));
    arrays.push(figures(&|row| row.incumbent?.mean));
    if perturbed {
        arrays.push(figures(&|row| Some(row.standard_errors?.mean)));
    }
    arrays.push(figures(&|row| row.incumbent?.deviation));
    for place in 0..5 {
        arrays.push(figures(&|row| row.incumbent?.percentiles[place]));
    }
    arrays.push(texts(&|row| status(row.organization.is_some())));
    arrays.push(figures(&|row| row.organization?.mean));
    for place in 0..3 {
        arrays.push(figures(&|row| row.organization?.percentiles[place]));
    }
    let field = |column: Column| {
        let metadata =
            [("description", column.meaning), ("unit", column.unit.into()), ("source", column.source.into())];
        let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Field::new(column.name, column.kind, true).with_metadata(metadata)
    };
    let schema = Schema::new(columns(pipeline).into_iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), arrays)
}

//! [`Released`]: a release, as whoever has its files reads it.
//!
//! In: the folder of a release. Out: its manifest and its rows. Invariant: nothing is read but published files; a file that does not
//! have the digest of the manifest is not read.

use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::{Array, Float64Array, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::manifest::Manifest;
use super::publish::{folder_of, versions};
use crate::digest::{self, hex};
use crate::disclose::{Figures, OrganizationFigures, SafeRow};
use crate::measure::Unit;
use crate::period::Period;
use crate::pipeline::{Pipeline, TOTAL};

/// Why a release cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", .file.display())]
pub struct UnreadableFile {
    /// The file.
    pub file: PathBuf,
    /// What is wrong.
    pub what: String,
}

/// One row of a release.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleasedRow {
    /// Name of the table.
    pub table: String,
    /// The code of each dimension of the release, `_T` for a total.
    pub codes: Vec<String>,
    /// The level of each code; 0 of a total.
    pub levels: Vec<u8>,
    /// Name of the measure.
    pub measure: String,
    /// Unit of its figures.
    pub unit: String,
    /// Currency of its figures, where they have one.
    pub currency: Option<String>,
    /// Companies with a value, where anything is published.
    pub companies: Option<u64>,
    /// Employees with a value, rounded, where anything is published.
    pub employees: Option<u64>,
    /// Every employee alike; none where withheld.
    pub incumbent: Option<Figures>,
    /// Every company alike; none where withheld.
    pub organization: Option<OrganizationFigures>,
}

/// A release.
#[derive(Debug, Clone)]
pub struct Released {
    /// Its version.
    pub version: u32,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its rows, in their order.
    pub rows: Vec<ReleasedRow>,
}

impl ReleasedRow {
    /// The row that stands in a release for a safe one.
    #[must_use]
    pub fn of(row: &SafeRow, pipeline: &Pipeline) -> Self {
        let table = &pipeline.tables[row.key.table];
        let axes = |place| table.by.iter().position(|&by| by == place);
        let places = 0..pipeline.dimensions.len();
        let measure = &pipeline.measures[row.measure];
        let currency = match &measure.unit {
            Unit::Money(code) => Some(code.clone()),
            _ => row.key.currency.clone(),
        };
        Self {
            table: table.name.clone(),
            codes: places
                .clone()
                .map(|place| axes(place).map_or(TOTAL, |axis| &row.key.codes[axis]).to_owned())
                .collect(),
            levels: places.map(|place| axes(place).map_or(0, |axis| row.key.levels[axis])).collect(),
            measure: measure.name.clone(),
            unit: measure.unit.label().to_owned(),
            currency,
            companies: row.companies,
            employees: row.employees,
            incumbent: row.incumbent,
            organization: row.organization,
        }
    }
}

impl Released {
    /// The latest version of a period; none where nothing was released.
    ///
    /// # Errors
    /// [`UnreadableFile`].
    pub fn latest(pipeline: &Pipeline, period: Period) -> Result<Option<Self>, UnreadableFile> {
        let folder = folder_of(pipeline, period);
        let found =
            versions(&folder).map_err(|error| UnreadableFile { file: folder.clone(), what: error.to_string() })?;
        found.into_iter().max().map(|version| Self::read(&folder.join(format!("v{version}")), version)).transpose()
    }

    fn read(folder: &Path, version: u32) -> Result<Self, UnreadableFile> {
        let read = |name: &str| {
            let file = folder.join(name);
            fs::read(&file).map_err(|error| UnreadableFile { file, what: error.to_string() })
        };
        let damaged = |name: &str, what: String| UnreadableFile { file: folder.join(name), what };
        let manifest: Manifest = serde_json::from_slice(&read("manifest.json")?)
            .map_err(|error| damaged("manifest.json", error.to_string()))?;
        const ROWS: &str = "benchmarks.parquet";
        let bytes = read(ROWS)?;
        let known = manifest.files.iter().find(|entry| entry.name == ROWS);
        if known.is_none_or(|entry| entry.sha256 != hex(&digest::of(&bytes))) {
            return Err(damaged(ROWS, "is not the file of its manifest; `payquorum verify` tells more".to_owned()));
        }
        let batches = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes))
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .map_err(|error| damaged(ROWS, error.to_string()))?;
        let mut rows = Vec::with_capacity(manifest.counts.rows);
        for batch in batches {
            let batch = batch.map_err(|error| damaged(ROWS, error.to_string()))?;
            let dimensions: Vec<&str> = manifest.dimensions.iter().map(|it| it.name.as_str()).collect();
            let columns = Columns::of(&batch, &dimensions);
            let columns = columns.ok_or_else(|| damaged(ROWS, "has other columns than it should".to_owned()))?;
            rows.extend((0..batch.num_rows()).map(|row| columns.row(row)));
        }
        Ok(Self { version, manifest, rows })
    }
}

/// The columns of a file.
struct Columns<'b> {
    table: &'b StringArray,
    codes: Vec<&'b StringArray>,
    levels: Vec<&'b Int64Array>,
    measure: &'b StringArray,
    unit: &'b StringArray,
    currency: &'b StringArray,
    counts: [&'b Int64Array; 2],
    statuses: [&'b StringArray; 2],
    incumbent: [&'b Float64Array; 7],
    organization: [&'b Float64Array; 4],
}

fn column<'b, A: Array + 'static>(batch: &'b RecordBatch, name: &str) -> Option<&'b A> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

fn columns<'b, A: Array + 'static, const N: usize>(batch: &'b RecordBatch, names: [&str; N]) -> Option<[&'b A; N]> {
    let found: Option<Vec<&A>> = names.into_iter().map(|name| column(batch, name)).collect();
    found?.try_into().ok()
}

impl<'b> Columns<'b> {
    /// Finds the columns of a release; none where one is not there.
    fn of(batch: &'b RecordBatch, dimensions: &[&str]) -> Option<Self> {
        let [table, measure, unit, currency] = columns(batch, ["table", "measure", "unit", "currency"])?;
        Some(Self {
            table,
            codes: dimensions.iter().map(|name| column(batch, name)).collect::<Option<_>>()?,
            levels: dimensions.iter().map(|name| column(batch, &format!("{name}_level"))).collect::<Option<_>>()?,
            measure,
            unit,
            currency,
            counts: columns(batch, ["n_companies", "n_employees"])?,
            statuses: columns(batch, ["status", "org_status"])?,
            incumbent: columns(batch, ["mean", "sd", "p10", "p25", "p50", "p75", "p90"])?,
            organization: columns(batch, ["org_mean", "org_p25", "org_p50", "org_p75"])?,
        })
    }

    fn row(&self, row: usize) -> ReleasedRow {
        let text = |column: &StringArray| column.value(row).to_owned();
        let whole = |column: &Int64Array| u64::try_from(column.value(row)).unwrap_or(0);
        let [companies, employees] = self.counts.map(|column| column.is_valid(row).then(|| whole(column)));
        let figure = |column: &Float64Array| column.is_valid(row).then(|| column.value(row));
        let [incumbent, organization] = self.statuses.map(|column| column.value(row) == "published");
        let [mean, deviation, incumbent_percentiles @ ..] = self.incumbent.map(figure);
        let [organization_mean, organization_percentiles @ ..] = self.organization.map(figure);
        ReleasedRow {
            table: text(self.table),
            codes: self.codes.iter().map(|column| text(column)).collect(),
            levels: self.levels.iter().map(|column| u8::try_from(whole(column)).unwrap_or(0)).collect(),
            measure: text(self.measure),
            unit: text(self.unit),
            currency: self.currency.is_valid(row).then(|| text(self.currency)),
            companies,
            employees,
            incumbent: incumbent.then_some(Figures { mean, deviation, percentiles: incumbent_percentiles }),
            organization: organization
                .then_some(OrganizationFigures { mean: organization_mean, percentiles: organization_percentiles }),
        }
    }
}

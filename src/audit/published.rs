//! What a release tells, as anybody reads it.
//!
//! In: the folder of a release. Out: for each cell and measure which figures are published. Invariant: nothing is read but the files
//! that everybody has, and with Polars, not with the library that wrote them; perturbed tables are left out, since nothing can
//! be subtracted from noise.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use polars::prelude::{ParquetReader, SerReader};

use crate::pipeline::Policy;
use crate::release::Manifest;

/// A cell, whatever table it stands in: dimension, level and code where it is not a total, in order.
pub type Key = Vec<(String, u8, String)>;

/// The key of a cell, from dimension, level and code along each axis.
#[must_use]
pub fn key_of<'a>(axes: impl Iterator<Item = (&'a str, u8, &'a str)>) -> Key {
    let mut key: Key = axes
        .filter(|(_, level, _)| *level > 0)
        .map(|(dimension, level, code)| (dimension.to_owned(), level, code.to_owned()))
        .collect();
    key.sort();
    key
}

/// Which figures of a cell and measure are published.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Told {
    /// The mean over employees, where it is published.
    pub mean: Option<f64>,
    /// The mean of companies' own figures, where it is published.
    pub organization_mean: Option<f64>,
    /// Employees, rounded.
    pub employees: Option<i64>,
    /// The standard deviation.
    pub deviation: Option<f64>,
    /// P10, P25, P50, P75 and P90.
    pub percentiles: [Option<f64>; 5],
}

impl Told {
    /// Between which numbers that of employees lies, within its rounding.
    pub(super) fn count(&self, policy: &Policy) -> Option<[i128; 2]> {
        let (count, step) = (i128::from(self.employees?), i128::from(policy.rounding.employees));
        Some([(count - step / 2).max(0), count + (step - 1) / 2])
    }
}

/// The rows of a release.
#[derive(Debug, Clone)]
pub struct Published {
    /// What the release says of itself.
    pub manifest: Manifest,
    /// For each measure and currency its cells.
    pub cells: HashMap<(String, Option<String>), HashMap<Key, Told>>,
}

/// Why a release cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableRelease {
    /// A file cannot be read.
    #[error("{0} cannot be read ({1}); name the folder of a release, as in out/releases/quarterly/2026-Q3/v1")]
    Io(String, std::io::Error),
    /// A file is not what it should be.
    #[error("{0} is no file of a release of this program: {1}")]
    Damaged(String, String),
}

impl Published {
    /// Reads a release.
    ///
    /// # Errors
    /// [`UnreadableRelease`].
    pub fn read(folder: &Path) -> Result<Self, UnreadableRelease> {
        let name = |file: &str| folder.join(file).display().to_string();
        let io = |file: &str, error| UnreadableRelease::Io(name(file), error);
        let damaged = |file: &str, error: &dyn ToString| UnreadableRelease::Damaged(name(file), error.to_string());
        let (manifest_file, figures) = ("manifest.json", "benchmarks.parquet");
        let text = std::fs::read_to_string(folder.join(manifest_file)).map_err(|error| io(manifest_file, error))?;
        let manifest: Manifest = serde_json::from_str(&text).map_err(|error| damaged(manifest_file, &error))?;
        let file = File::open(folder.join(figures)).map_err(|error| io(figures, error))?;
        let frame = ParquetReader::new(file).finish().map_err(|error| damaged(figures, &error))?;
        let column = |name: &str| frame.column(name).map_err(|error| damaged(figures, &error));
        let text = |name: &str| -> Result<Vec<Option<String>>, UnreadableRelease> {
            let values = column(name)?.str().map_err(|error| damaged(figures, &error))?;
            Ok(values.iter().map(|value| value.map(str::to_owned)).collect())
        };
        let whole = |name: &str| -> Result<Vec<Option<i64>>, UnreadableRelease> {
            Ok(column(name)?.i64().map_err(|error| damaged(figures, &error))?.iter().collect())
        };
        let number = |name: &str| -> Result<Vec<Option<f64>>, UnreadableRelease> {
            Ok(column(name)?.f64().map_err(|error| damaged(figures, &error))?.iter().collect())
        };
        let (table, measure, currency) = (text("table")?, text("measure")?, text("currency")?);
        let (mean, organization_mean) = (number("mean")?, number("org_mean")?);
        let (employees, deviation) = (whole("n_employees")?, number("sd")?);
        let percentiles = ["p10", "p25", "p50", "p75", "p90"].map(number);
        let percentiles: Vec<Vec<Option<f64>>> = percentiles.into_iter().collect::<Result<_, _>>()?;
        let mut axes = Vec::new();
        for dimension in &manifest.dimensions {
            let levels = whole(&format!("{}_level", dimension.name))?;
            axes.push((dimension.name.clone(), levels, text(&dimension.name)?));
        }
        axes.sort_by(|one, other| one.0.cmp(&other.0));
        let perturbed = |name: &str| {
            let mut tables = manifest.perturbation.iter().flat_map(|perturbation| &perturbation.tables);
            tables.any(|table| table.name == name)
        };
        let mut cells: HashMap<(String, Option<String>), HashMap<Key, Told>> = HashMap::new();
        for row in 0..frame.height() {
            if table[row].as_deref().is_some_and(perturbed) {
                continue;
            }
            let part = |(name, levels, codes): &(String, Vec<Option<i64>>, Vec<Option<String>>)| {
                let level = u8::try_from(levels[row]?).ok().filter(|level| *level > 0)?;
                Some((name.clone(), level, codes[row].clone()?))
            };
            let key: Key = axes.iter().filter_map(part).collect();
            let of_measure =
                cells.entry((measure[row].clone().unwrap_or_default(), currency[row].clone())).or_default();
            let told = of_measure.entry(key).or_default();
            // A cell that stands in two tables is told by either.
            told.mean = told.mean.or(mean[row]);
            told.organization_mean = told.organization_mean.or(organization_mean[row]);
            told.employees = told.employees.or(employees[row]);
            told.deviation = told.deviation.or(deviation[row]);
            for (told, of_row) in told.percentiles.iter_mut().zip(&percentiles) {
                *told = told.or(of_row[row]);
            }
        }
        Ok(Self { manifest, cells })
    }

    /// What is told of a cell for any measure at all.
    pub(super) fn told_of_any<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = &'a Told> {
        self.cells.values().filter_map(move |cells| cells.get(key))
    }

    /// What is told of a cell for any of these measures, in a currency where there is one.
    pub(super) fn told<'a>(
        &'a self,
        measures: &'a [String],
        currency: Option<&'a str>,
        key: &'a Key,
    ) -> impl Iterator<Item = &'a Told> {
        let fits = move |(measure, of): &(String, Option<String>)| {
            measures.contains(measure) && (currency.is_none() || of.as_deref() == currency)
        };
        self.cells.iter().filter(move |(name, _)| fits(name)).filter_map(move |(_, cells)| cells.get(key))
    }
}

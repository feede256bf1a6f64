//! Verifying a release from its files alone.
//!
//! In: a release folder. Out: what was checked, and every [`Fault`]. Invariant: nothing is trusted but the files; the figures
//! are read with Polars, not with the library that wrote them; what cannot be judged is a fault; perturbed tables are judged
//! by rules of their own; copies say what the Parquet file says.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use hashbrown::HashSet;
use polars::prelude::{ChunkedArray, DataFrame, Float64Type, Int64Type, ParquetReader, SerReader, StringChunked};

use super::manifest::{FORM, FileEntry, Manifest, Perturbation, PerturbedTable};
use super::{copies, schema};
use crate::exact::SCALE;
use crate::pipeline::{Depth, Policy};

/// Something wrong with a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// The row, from 1, where it is about one.
    pub row: Option<usize>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(out, "{}, row {row}: {}", self.file, self.what),
            None => write!(out, "{}: {}", self.file, self.what),
        }
    }
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Files whose digests were compared.
    pub files: usize,
    /// Rows that were judged.
    pub rows: usize,
    /// What is wrong; nothing where the release is sound.
    pub faults: Vec<Fault>,
}

/// Verifies digests, schema, and that every published row keeps the policy of the manifest.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn verify(folder: &Path) -> io::Result<Verified> {
    let mut verified = Verified::default();
    let fault = |file: &str, what: String| Fault { file: file.to_owned(), row: None, what };
    let text = fs::read_to_string(folder.join("manifest.json"))?;
    let manifest: Manifest = match serde_json::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => {
            verified.faults.push(fault("manifest.json", format!("is no manifest of this program: {error}")));
            return Ok(verified);
        }
    };
    if manifest.form != FORM {
        verified.faults.push(fault("manifest.json", format!("has the unknown form {:?}", manifest.form)));
        return Ok(verified);
    }
    if manifest.sha256 != manifest.own_digest() || manifest.to_json() != text {
        verified.faults.push(fault("manifest.json", "is damaged: its own digest is another".to_owned()));
    }
    let told: BTreeMap<&str, &FileEntry> = manifest.files.iter().map(|entry| (entry.name.as_str(), entry)).collect();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != "manifest.json" && !told.contains_key(name.as_str()) {
            verified.faults.push(fault(&name, "is not in the manifest".to_owned()));
        }
    }
    let mut contents = BTreeMap::new();
    for (name, entry) in &told {
        if name.contains(['/', '\\']) {
            verified.faults.push(fault(name, "is not a file of this folder".to_owned()));
            continue;
        }
        match fs::read(folder.join(name)) {
            Ok(content) => {
                if FileEntry::of(name, &content) == **entry {
                    verified.files += 1;
                } else {
                    verified.faults.push(fault(name, "has another digest than the manifest says".to_owned()));
                }
                contents.insert(*name, content);
            }
            Err(error) => verified.faults.push(fault(name, format!("cannot be read: {error}"))),
        }
    }
    let file = fs::File::open(folder.join("benchmarks.parquet"))?;
    match ParquetReader::new(file).finish() {
        Ok(frame) => {
            match Rows::of(&frame, &manifest) {
                Ok(rows) => rows.judge(&manifest, &mut verified),
                Err(what) => verified.faults.push(fault("benchmarks.parquet", what)),
            }
            for (name, content) in &contents {
                verified.faults.extend(copies::faults(name, content, &frame));
            }
            let told = contents.get("schema.json").map(|content| schema::field_names(content).unwrap_or_default());
            let columns = || frame.columns().iter().map(|column| column.name().as_str());
            if told.is_some_and(|names| !names.iter().map(String::as_str).eq(columns())) {
                verified.faults.push(fault("schema.json", "has other fields than benchmarks.parquet".to_owned()));
            }
        }
        Err(error) => verified.faults.push(fault("benchmarks.parquet", format!("cannot be read: {error}"))),
    }
    Ok(verified)
}

const FIGURES: [&str; 7] = ["mean", "sd", "p10", "p25", "p50", "p75", "p90"];
const ORGANIZATION_FIGURES: [&str; 4] = ["org_mean", "org_p25", "org_p50", "org_p75"];

const STANDARD_ERRORS: [&str; 2] = ["n_employees_standard_error", "mean_standard_error"];

/// The columns of a release, by name.
struct Rows<'a> {
    length: usize,
    texts: BTreeMap<String, &'a StringChunked>,
    counts: BTreeMap<String, &'a ChunkedArray<Int64Type>>,
    figures: BTreeMap<String, &'a ChunkedArray<Float64Type>>,
}

impl<'a> Rows<'a> {
    fn of(frame: &'a DataFrame, manifest: &Manifest) -> Result<Self, String> {
        let dimensions: Vec<&str> = manifest.dimensions.iter().map(|dimension| dimension.name.as_str()).collect();
        let levels: Vec<String> = dimensions.iter().map(|name| format!("{name}_level")).collect();
        let fixed = ["table", "period", "measure", "unit", "currency", "status", "org_status"];
        let texts = fixed.iter().chain(&dimensions).map(|name| (*name).to_owned());
        let counts = ["n_companies", "n_employees"].map(str::to_owned).into_iter().chain(levels);
        let noise = if manifest.perturbation.is_some() { &STANDARD_ERRORS[..] } else { &[] };
        let figures = FIGURES.iter().chain(&ORGANIZATION_FIGURES).chain(noise).map(|name| (*name).to_owned());
        let mut rows =
            Self { length: frame.height(), texts: BTreeMap::new(), counts: BTreeMap::new(), figures: BTreeMap::new() };
        let column = |name: &str| frame.column(name).map_err(|_| format!("lacks the column {name}"));
        for name in texts {
            let values = column(&name)?.str().map_err(|_| format!("column {name} is no text"))?;
            rows.texts.insert(name, values);
        }
        for name in counts {
            let values = column(&name)?.i64().map_err(|_| format!("column {name} is no whole number"))?;
            rows.counts.insert(name, values);
        }
        for name in figures {
            let values = column(&name)?.f64().map_err(|_| format!("column {name} is no number"))?;
            rows.figures.insert(name, values);
        }
        let known = rows.texts.len() + rows.counts.len() + rows.figures.len();
        if frame.width() != known {
            return Err(format!("has {} columns instead of {known}", frame.width()));
        }
        Ok(rows)
    }

    fn judge(&self, manifest: &Manifest, verified: &mut Verified) {
        verified.rows = self.length;
        let fault = |row: Option<usize>, what: String| Fault { file: "benchmarks.parquet".to_owned(), row, what };
        if self.length != manifest.counts.rows {
            verified.faults.push(fault(None, "has another number of rows than the manifest says".to_owned()));
        }
        let mut keys = HashSet::with_capacity(self.length);
        let mut published = [0, 0];
        for row in 0..self.length {
            let mut add = |what: String| verified.faults.push(fault(Some(row + 1), what));
            for what in self.row_faults(row, manifest) {
                add(what);
            }
            if self.texts["period"].get(row) != Some(manifest.period.as_str()) {
                add("is of another period".to_owned());
            }
            let measure = self.texts["measure"].get(row).unwrap_or_default();
            match manifest.measures.iter().find(|known| known.name == measure) {
                None => add("has a measure that the manifest does not know".to_owned()),
                Some(known) if self.texts["unit"].get(row) != Some(known.unit.as_str()) => {
                    add("has another unit than the manifest says of its measure".to_owned());
                }
                Some(_) => {}
            }
            for dimension in &manifest.dimensions {
                let level = self.counts[&format!("{}_level", dimension.name)].get(row);
                let known =
                    |level: i64| u8::try_from(level).is_ok_and(|level| level == 0 || dimension.levels.contains(&level));
                if !level.is_some_and(known) {
                    add(format!("has a level of {} that the manifest does not know", dimension.name));
                }
            }
            let parts = self.texts.iter().filter(|(name, _)| !name.ends_with("status"));
            let key: Vec<Option<&str>> = parts.map(|(_, values)| values.get(row)).collect();
            let levels: Vec<Option<i64>> = self
                .counts
                .iter()
                .filter(|(name, _)| name.ends_with("_level"))
                .map(|(_, values)| values.get(row))
                .collect();
            if !keys.insert((key, levels)) {
                add("is there twice".to_owned());
            }
            for (place, status) in ["status", "org_status"].into_iter().enumerate() {
                published[place] += usize::from(self.texts[status].get(row) == Some("published"));
            }
        }
        let spends = |it: &Perturbation| 0 < it.epsilon_per_release && it.epsilon_per_release <= it.epsilon;
        if !manifest.perturbation.as_ref().is_none_or(spends) {
            verified.faults.push(fault(None, "was made for more than the budget of its period".to_owned()));
        }
        for table in manifest.perturbation.iter().flat_map(|perturbation| &perturbation.tables) {
            let rows =
                (0..self.length).filter(|&row| self.texts["table"].get(row) == Some(table.name.as_str())).count();
            if rows != table.cells * table.measures.len() {
                verified.faults.push(fault(None, format!("has not every cell of the perturbed table {}", table.name)));
            }
        }
        if published != [manifest.counts.published, manifest.counts.organization_published] {
            verified.faults.push(fault(None, "has other numbers of published rows than the manifest says".to_owned()));
        }
    }

    fn figure(&self, name: &str, row: usize) -> Option<f64> {
        self.figures[name].get(row)
    }

    /// What is wrong with one row.
    fn row_faults(&self, row: usize, manifest: &Manifest) -> Vec<String> {
        let policy: &Policy = &manifest.policy;
        let mut faults = Vec::new();
        let mut anything = false;
        if let Some(perturbation) = &manifest.perturbation {
            let table = self.texts["table"].get(row).unwrap_or_default();
            if let Some(table) = perturbation.tables.iter().find(|known| known.name == table) {
                return self.perturbed_row_faults(row, table, perturbation, manifest);
            }
            let noise = STANDARD_ERRORS.iter().filter(|name| self.figure(name, row).is_some());
            faults.extend(noise.map(|name| format!("{name} is there, but the table has no noise")));
            let measure = self.texts["measure"].get(row).unwrap_or_default();
            if perturbation.measures.iter().any(|known| known.name == measure) {
                faults.push("has a measure that another table perturbs, and undoes its noise".to_owned());
            }
        }
        for (status, names) in [("status", &FIGURES[..]), ("org_status", &ORGANIZATION_FIGURES[..])] {
            match self.texts[status].get(row) {
                Some("published") => {
                    anything = true;
                    if self.figure(names[0], row).is_none() {
                        faults.push(format!("{status} is published, but {} is missing", names[0]));
                    }
                }
                Some("suppressed") => {
                    faults.extend(
                        names
                            .iter()
                            .filter(|name| self.figure(name, row).is_some())
                            .map(|name| format!("{status} is suppressed, but {name} is there")),
                    );
                }
                _ => faults.push(format!("{status} is neither published nor suppressed")),
            }
        }
        let (companies, employees) = (self.counts["n_companies"].get(row), self.counts["n_employees"].get(row));
        if !anything {
            if companies.is_some() || employees.is_some() {
                faults.push("everything is suppressed, but a count is there".to_owned());
            }
            return faults;
        }
        let (Some(companies), Some(employees)) = (companies, employees) else {
            faults.push("figures are published without their counts".to_owned());
            return faults;
        };
        let (companies, employees) = (u64::try_from(companies).unwrap_or(0), u64::try_from(employees).unwrap_or(0));
        let step = policy.rounding.employees.max(1);
        if employees % step != 0 {
            faults.push(format!("n_employees is no multiple of {step}"));
        }
        // A rounded count tells of the true one only that it lies within half a step.
        let enough = |least: u64| employees + step / 2 >= least;
        let mut need = |what: &str, least_companies: u64, least_employees: u64| {
            if companies < least_companies {
                faults.push(format!("{what}: {companies} companies are fewer than {least_companies}"));
            }
            if !enough(least_employees) {
                faults.push(format!("{what}: {employees} employees are fewer than {least_employees}"));
            }
        };
        need("the row", policy.min_companies, policy.min_employees);
        let mut deep = |names: [&str; 2], depth: Depth| {
            if names.iter().any(|name| self.figure(name, row).is_some()) {
                need(&names.join(" and "), depth.companies, depth.employees);
            }
        };
        deep(["p25", "p75"], policy.quartiles);
        deep(["p10", "p90"], policy.deciles);
        if ORGANIZATION_FIGURES[1..].iter().any(|name| self.figure(name, row).is_some()) {
            need("org percentiles", policy.organization_percentile_companies, 0);
        }
        faults.extend(self.figure_faults(row, manifest));
        faults
    }

    /// What is wrong with one row of a perturbed table: it is published, has nothing but a count and a mean, and tells the
    /// noise of both.
    fn perturbed_row_faults(
        &self,
        row: usize,
        table: &PerturbedTable,
        perturbation: &Perturbation,
        manifest: &Manifest,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for (status, expected) in [("status", "published"), ("org_status", "suppressed")] {
            if self.texts[status].get(row) != Some(expected) {
                faults.push(format!("{status} of a perturbed row is not {expected}"));
            }
        }
        let without = FIGURES[1..].iter().chain(&ORGANIZATION_FIGURES);
        let there = without.filter(|name| self.figure(name, row).is_some());
        faults.extend(there.map(|name| format!("{name} is there, and no noise is made for it")));
        if self.counts["n_companies"].get(row).is_some() {
            faults.push("n_companies is there, and no noise is made for it".to_owned());
        }
        let step = i64::try_from(manifest.policy.rounding.employees).unwrap_or(1).max(1);
        if !self.counts["n_employees"].get(row).is_some_and(|employees| employees >= 0 && employees % step == 0) {
            faults.push(format!("n_employees is no multiple of {step}"));
        }
        for name in STANDARD_ERRORS {
            if !self.figure(name, row).is_some_and(|error| error.is_finite() && error > 0.0) {
                faults.push(format!("{name} does not tell of any noise"));
            }
        }
        let (told, promised) = (self.figure(STANDARD_ERRORS[0], row), promised_scatter(perturbation));
        if told.is_some_and(|told| (told - promised).abs() > promised / 1_000.0 + 1e-3) {
            faults.push(format!("{} is not that of the noise that epsilon asks for", STANDARD_ERRORS[0]));
        }
        let name = self.texts["measure"].get(row).unwrap_or_default();
        let bounds = perturbation.measures.iter().find(|measure| measure.name == name);
        match (self.figure("mean", row), bounds.filter(|_| table.measures.iter().any(|known| known == name))) {
            (Some(mean), Some(bounds)) => {
                let known = manifest.measures.iter().find(|measure| measure.name == name);
                let step = known.map_or(0, |measure| manifest.policy.rounding.step(measure.rounding));
                // Rounding may carry a mean over its bound by half a step.
                if !is_between(mean, bounds.low - step, bounds.high + step) {
                    faults.push("mean is outside its bounds".to_owned());
                }
            }
            (None, _) => faults.push("the mean of a perturbed row is missing".to_owned()),
            (_, None) => faults.push("has a measure that its perturbed table does not have".to_owned()),
        }
        faults.extend(self.figure_faults(row, manifest));
        faults
    }

    /// Order of percentiles, and rounding.
    fn figure_faults(&self, row: usize, manifest: &Manifest) -> Vec<String> {
        let mut faults = Vec::new();
        for names in [&FIGURES[2..], &ORGANIZATION_FIGURES[1..]] {
            let there: Vec<f64> = names.iter().filter_map(|name| self.figure(name, row)).collect();
            if there.windows(2).any(|pair| pair[0] > pair[1]) {
                faults.push("percentiles are not in order".to_owned());
            }
        }
        let name = self.texts["measure"].get(row).unwrap_or_default();
        let known = manifest.measures.iter().find(|measure| measure.name == name);
        let step = known.map_or(0, |measure| manifest.policy.rounding.step(measure.rounding));
        for name in FIGURES.iter().chain(&ORGANIZATION_FIGURES) {
            if let Some(figure) = self.figure(name, row)
                && (!figure.is_finite() || step > 0 && !is_multiple(figure, step))
            {
                faults.push(format!("{name} is not rounded as the policy says"));
            }
        }
        faults
    }
}

/// The standard deviation of the noise that counts of perturbed tables must have: every measure of every table spends an equal
/// part of epsilon, and one half of it on counts.
#[expect(clippy::cast_precision_loss, reason = "compared within a tolerance")]
fn promised_scatter(perturbation: &Perturbation) -> f64 {
    let measures: usize = perturbation.tables.iter().map(|table| table.measures.len()).sum();
    let epsilon = perturbation.epsilon_per_release as f64 / SCALE as f64 / (2 * measures) as f64;
    let scale = perturbation.max_employees as f64 * perturbation.max_cells as f64 / epsilon;
    // Of a geometric distribution to both sides, written otherwise than by the writer.
    1.0 / (2.0_f64.sqrt() * (0.5 / scale).sinh())
}

#[expect(clippy::cast_precision_loss, reason = "a tolerance, not a figure")]
fn is_between(figure: f64, low: i64, high: i64) -> bool {
    (low as f64..=high as f64).contains(&(figure * SCALE as f64))
}

#[expect(clippy::cast_precision_loss, reason = "a tolerance, not a figure")]
fn is_multiple(figure: f64, step: i64) -> bool {
    let steps = figure * SCALE as f64 / step as f64;
    (steps - steps.round()).abs() < 1e-6 * steps.abs().max(1.0)
}

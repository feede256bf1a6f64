//! `manifest.json`: what a release is, how it was protected, and the digests of its files.
//!
//! In: the safe table, the pipeline, the other files. Out: a [`Manifest`]. Invariant: no company's name or number, no key, no
//! time of day; the release date is a parameter.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::dictionary::published_measures;
use crate::audit::Parent;
use crate::digest::{self, hex};
use crate::disclose::{SafeRow, SafeTable};
use crate::exact::{Amount, decimal};
use crate::measure::RoundingClass;
use crate::pipeline::{Bounds, DifferentialPrivacy, Pipeline, Policy, Table};

/// The form of this manifest.
pub(super) const FORM: &str = "payquorum-release/1";

/// What `manifest.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Form of the manifest.
    pub form: String,
    /// Program and version.
    pub program: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// SHA-256 of the pipeline file and its classifications.
    pub pipeline_sha256: String,
    /// The period.
    pub period: String,
    /// The release date, where one was given.
    pub release_date: Option<String>,
    /// The policy; amounts, parts and percentages are in 1/10,000.
    pub policy: Policy,
    /// The policy in sentences.
    pub policy_in_words: Vec<String>,
    /// How tables were perturbed, where any was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perturbation: Option<Perturbation>,
    /// What was checked on the finished files before they were published.
    pub audit: Audit,
    /// How many rows there are.
    pub counts: Counts,
    /// How values were brought to a date, where they were.
    pub aging: Option<String>,
    /// The measures.
    pub measures: Vec<MeasureEntry>,
    /// The dimensions.
    pub dimensions: Vec<DimensionEntry>,
    /// The other files.
    pub files: Vec<FileEntry>,
    /// SHA-256 of this manifest with nothing in this place: against damage, not against forgers.
    pub sha256: String,
}

/// How tables were perturbed. Budgets, bounds and widths are in 1/10,000.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Perturbation {
    /// Where the noise comes from.
    pub mechanism: String,
    /// Between which inputs it hides the difference.
    pub neighbours: String,
    /// The budget of the period, over all releases of the pipeline.
    pub epsilon: Amount,
    /// What this release spends of it.
    pub epsilon_per_release: Amount,
    /// Employees of one holding that count in one cell.
    pub max_employees: u64,
    /// Cells of a table in which one holding counts.
    pub max_cells: u64,
    /// The currency of amounts that count.
    pub currency: Option<String>,
    /// The perturbed tables.
    pub tables: Vec<PerturbedTable>,
    /// Their measures.
    pub measures: Vec<PerturbedMeasure>,
}

/// A perturbed table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerturbedTable {
    /// Its name.
    pub name: String,
    /// How many cells it has; each is published, whoever is in it.
    pub cells: usize,
    /// Its measures.
    pub measures: Vec<String>,
}

/// A measure of a perturbed table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerturbedMeasure {
    /// Its name.
    pub name: String,
    /// The lowest mean that a holding counts with.
    pub low: Amount,
    /// The highest.
    pub high: Amount,
}

impl Perturbation {
    /// What a pipeline says of it.
    #[must_use]
    pub fn of(pipeline: &Pipeline) -> Option<Self> {
        let DifferentialPrivacy { epsilon, epsilon_per_release, max_employees, max_cells, currency, bounds: _ } =
            pipeline.differential_privacy.as_ref()?;
        let names = |table: &Table| table.measures.iter().map(|&place| pipeline.measures[place].name.clone()).collect();
        let places: BTreeSet<usize> = pipeline.perturbed().flat_map(|(_, table)| table.measures.clone()).collect();
        let bounded = |place: usize| {
            let measure = &pipeline.measures[place];
            let Bounds { low, high } = pipeline.differential_privacy.as_ref()?.bounds_of(measure)?;
            Some(PerturbedMeasure { name: measure.name.clone(), low, high })
        };
        Some(Self {
            mechanism: "discrete Laplace noise on counts and sums of bounded contributions, by opendp".to_owned(),
            neighbours: "inputs that differ by all records of one holding".to_owned(),
            epsilon: *epsilon,
            epsilon_per_release: *epsilon_per_release,
            max_employees: *max_employees,
            max_cells: *max_cells,
            currency: currency.clone(),
            tables: pipeline
                .perturbed()
                .map(|(_, table)| PerturbedTable {
                    name: table.name.clone(),
                    cells: pipeline.known_cells(table).len(),
                    measures: names(table),
                })
                .collect(),
            measures: places.into_iter().filter_map(bounded).collect(),
        })
    }

    /// The protection in plain sentences, for people.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let tables: Vec<String> = self.tables.iter().map(|table| format!("`{}`", table.name)).collect();
        let currency = self.currency.as_ref().map_or(String::new(), |currency| format!("; amounts in {currency} only"));
        let mut lines = vec![
            format!(
                "perturbed tables ({}): every cell of their classifications is published with noise, so that whether all \
                 records of one company and its owner's other companies are there or not changes the probability of any \
                 figures by a factor of at most e^{} (differential privacy, epsilon {} of {} for the period)",
                tables.join(", "),
                decimal(self.epsilon_per_release),
                decimal(self.epsilon_per_release),
                decimal(self.epsilon)
            ),
            format!(
                "in them one company counts with at most {} employees in a cell, scaled down where it has more, and in at \
                 most {} of a table's cells, its largest{currency}",
                self.max_employees, self.max_cells
            ),
            "in them n_companies, sd, percentiles and figures that weigh every company alike are null, and columns ending \
                 in _standard_error tell how far noise scatters; a noisy count below zero is shown as 0"
                .to_owned(),
        ];
        lines.extend(self.measures.iter().map(|measure| {
            let PerturbedMeasure { name, low, high } = measure;
            format!("in them a company's mean of `{name}` counts as one from {} to {}", decimal(*low), decimal(*high))
        }));
        lines
    }
}

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// What the check covers.
    pub scope: String,
    /// Its outcome.
    pub verdict: String,
}

/// Numbers of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// All rows.
    pub rows: usize,
    /// Rows whose incumbent-weighted figures are published.
    pub published: usize,
    /// Rows whose organization-weighted figures are published.
    pub organization_published: usize,
}

/// A measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureEntry {
    /// Its name.
    pub name: String,
    /// What it makes of a group's values.
    pub kind: String,
    /// Its unit.
    pub unit: String,
    /// Its formula.
    pub formula: String,
    /// Where that comes from.
    pub source: String,
    /// Which rounding step of the policy its figures take.
    pub rounding: RoundingClass,
}

/// A dimension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DimensionEntry {
    /// Its name.
    pub name: String,
    /// The levels that tables use; a total is level 0.
    pub levels: Vec<u8>,
    /// The codes above those of the release, where tables use several levels.
    pub parents: Vec<Parent>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

impl FileEntry {
    /// The entry of a file with this content.
    #[must_use]
    pub fn of(name: &str, content: &[u8]) -> Self {
        Self { name: name.to_owned(), bytes: content.len() as u64, sha256: hex(&digest::of(content)) }
    }
}

/// For each code of a dimension in the release the codes above it.
fn parents(table: &SafeTable, pipeline: &Pipeline, place: usize, levels: &[u8]) -> Vec<Parent> {
    let dimension = &pipeline.dimensions[place];
    let code = |row: &SafeRow| {
        let axis = pipeline.tables[row.key.table].by.iter().position(|&by| by == place)?;
        Some((row.key.levels[axis], row.key.codes[axis].clone()))
    };
    let codes: BTreeSet<(u8, String)> = table.rows().iter().filter_map(code).filter(|(level, _)| *level > 0).collect();
    let above = |(level, code): (u8, String)| {
        let parent = move |&coarser: &u8| Parent {
            dimension: dimension.name.clone(),
            level,
            code: code.clone(),
            coarser,
            parent: dimension.hierarchy.ancestor(&code, coarser),
        };
        levels.iter().filter(move |coarser| **coarser < level).map(parent).collect::<Vec<_>>()
    };
    codes.into_iter().flat_map(above).collect()
}

impl Manifest {
    pub(super) fn of(
        table: &SafeTable,
        pipeline: &Pipeline,
        release_date: Option<&str>,
        files: Vec<FileEntry>,
    ) -> Self {
        let rows = table.rows();
        let mut manifest = Self {
            form: FORM.to_owned(),
            program: concat!("payquorum ", env!("CARGO_PKG_VERSION")).to_owned(),
            pipeline: pipeline.name.clone(),
            pipeline_sha256: hex(&pipeline.digest),
            period: table.period().to_string(),
            release_date: release_date.map(str::to_owned),
            policy: table.policy().clone(),
            policy_in_words: table.policy().sentences(),
            perturbation: Perturbation::of(pipeline),
            audit: Audit {
                scope: "every published row against the policy, on the finished files; before that, for every withheld figure of linked tables, that it can differ by its protection level although all published figures stay as they are, for outsiders and for participating companies"
                    .to_owned(),
                verdict: "passed".to_owned(),
            },
            counts: Counts {
                rows: rows.len(),
                published: rows.iter().filter(|row| row.incumbent.is_some()).count(),
                organization_published: rows.iter().filter(|row| row.organization.is_some()).count(),
            },
            aging: pipeline.settings.aging.as_ref().map(|aging| aging.sentence(table.period())),
            measures: published_measures(pipeline)
                .into_iter()
                .map(|measure| MeasureEntry {
                    name: measure.name.clone(),
                    kind: measure.kind.label().to_owned(),
                    unit: measure.unit.label().to_owned(),
                    formula: measure.formula.clone(),
                    source: measure.source.to_owned(),
                    rounding: measure.unit.rounding(),
                })
                .collect(),
            dimensions: pipeline
                .dimensions
                .iter()
                .enumerate()
                .map(|(place, dimension)| {
                    let of_table = |table: &Table| {
                        let axis = table.by.iter().position(|&by| by == place)?;
                        Some(table.levels[axis].clone())
                    };
                    let mut levels: Vec<u8> = pipeline.tables.iter().filter_map(of_table).flatten().collect();
                    levels.sort_unstable();
                    levels.dedup();
                    let parents = parents(table, pipeline, place, &levels);
                    DimensionEntry { name: dimension.name.clone(), levels, parents }
                })
                .collect(),
            files,
            sha256: String::new(),
        };
        manifest.sha256 = manifest.own_digest();
        manifest
    }

    /// The digest that belongs in [`sha256`](Self::sha256).
    pub(super) fn own_digest(&self) -> String {
        let without = Self { sha256: String::new(), ..self.clone() };
        hex(&digest::of(without.to_json().as_bytes()))
    }

    pub(super) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

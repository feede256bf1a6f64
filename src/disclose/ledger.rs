//! The decision ledger: why each figure was published or withheld. Private: it never goes into a release.
//!
//! In: decisions. Out: a Parquet file. Invariant: one row for every cell, measure and weighting family, with the rule that
//! decided and the evidence that it had; no company and no employee is named.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{Field, Schema};

use super::evidence::Findings;
use super::linked::Protected;
use super::rules::Rule;
use crate::aggregate::CellKey;
use crate::pipeline::{Pipeline, TOTAL};
use crate::store::{StoreError, TableFile};

/// What was decided about a family of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The figures are published, perhaps without some statistics.
    Published,
    /// The figures are withheld by this rule.
    Withheld(Rule),
}

/// A family of figures, which has a verdict of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Every employee counts alike.
    Incumbent,
    /// Every holding counts alike.
    Organization,
}

impl Family {
    /// Its name in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Incumbent => "incumbent",
            Self::Organization => "organization",
        }
    }

    /// The family of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Incumbent, Self::Organization].into_iter().find(|family| family.name() == name)
    }
}

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It has a row in the release.
    Listed,
    /// Another level stands in the release in its place.
    RolledUp,
    /// It has a row in the release, with noise.
    Perturbed,
}

/// One decision, about one family of figures of one cell and measure.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Which cell.
    pub key: Arc<CellKey>,
    /// Place of the measure in the pipeline.
    pub measure: usize,
    /// Which figures of it.
    pub family: Family,
    /// What became of the cell.
    pub action: Action,
    /// What was decided.
    pub verdict: Verdict,
    /// What it was decided on.
    pub findings: Findings,
    /// Names of the statistics that are withheld from published figures.
    pub withheld_statistics: Vec<&'static str>,
}

/// All decisions of a release.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The decisions, by key, measure and family.
    pub decisions: Vec<Decision>,
    /// How linked tables were protected.
    pub protected: Vec<Protected>,
}

impl Ledger {
    /// How many listed cells of a family each verdict has.
    #[must_use]
    pub fn counts(&self, family: Family) -> BTreeMap<Verdict, u64> {
        let mut counts = BTreeMap::new();
        let listed = |decision: &&Decision| decision.family == family && decision.action != Action::RolledUp;
        for decision in self.decisions.iter().filter(listed) {
            *counts.entry(decision.verdict).or_default() += 1;
        }
        counts
    }

    /// Writes the ledger, whole or not at all.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn write(&self, pipeline: &Pipeline, file: &Path) -> Result<(), StoreError> {
        let damaged =
            |error: arrow::error::ArrowError| StoreError::Damaged { path: file.to_owned(), error: error.to_string() };
        let batch = self.batch(pipeline).map_err(damaged)?;
        let secret = ("payquorum.confidentiality", "private: for the privacy officer only".to_owned());
        let mut table = TableFile::create(file, &batch.schema(), &[secret])?;
        table.write(&batch)?;
        table.finish()
    }

    fn batch<'l>(&'l self, pipeline: &'l Pipeline) -> Result<RecordBatch, arrow::error::ArrowError> {
        let decisions = &self.decisions;
        let texts = |text: &dyn Fn(&'l Decision) -> Option<Cow<'l, str>>| -> ArrayRef {
            Arc::new(decisions.iter().map(text).collect::<StringArray>())
        };
        let counts = |count: fn(&Findings) -> u64| -> ArrayRef {
            Arc::new(UInt64Array::from_iter_values(decisions.iter().map(|decision| count(&decision.findings))))
        };
        let parts = |part: fn(&Findings) -> Option<f64>| -> ArrayRef {
            Arc::new(decisions.iter().map(|decision| part(&decision.findings)).collect::<Float64Array>())
        };
        let table = |decision: &'l Decision| &pipeline.tables[decision.key.table];
        let mut columns: Vec<(String, &str, ArrayRef)> = vec![(
            "table".into(),
            "The benchmark table.",
            texts(&|decision| Some(table(decision).name.as_str().into())),
        )];
        for (place, dimension) in pipeline.dimensions.iter().enumerate() {
            let axis = |decision: &'l Decision| table(decision).by.iter().position(|&by| by == place);
            let code = |decision: &'l Decision| {
                Some(axis(decision).map_or(TOTAL, |axis| decision.key.codes[axis].as_str()).into())
            };
            let level = |decision: &'l Decision| match axis(decision).map_or(0, |axis| decision.key.levels[axis]) {
                0 => Some("0".into()),
                level => Some(level.to_string().into()),
            };
            columns.push((dimension.name.clone(), "Code of the cell.", texts(&code)));
            columns.push((format!("{}_level", dimension.name), "Level of the code.", texts(&level)));
        }
        let measure = |decision: &'l Decision| Some(pipeline.measures[decision.measure].name.as_str().into());
        columns.push(("measure".into(), "The measure.", texts(&measure)));
        columns.push((
            "currency".into(),
            "Currency.",
            texts(&|decision| decision.key.currency.as_deref().map(Cow::from)),
        ));
        columns.push((
            "family".into(),
            "incumbent (each employee alike) or organization (each company alike).",
            texts(&|decision| Some(decision.family.name().into())),
        ));
        let action = |decision: &Decision| match decision.action {
            Action::Listed => "listed",
            Action::RolledUp => "rolled up",
            Action::Perturbed => "perturbed",
        };
        columns.push((
            "action".into(),
            "Whether the cell stands in the release, perhaps with noise, or another level in its place.",
            texts(&|decision| Some(action(decision).into())),
        ));
        let verdict = |decision: &Decision| match decision.verdict {
            Verdict::Published => "published",
            Verdict::Withheld(_) => "suppressed",
        };
        columns.push(("verdict".into(), "What was decided.", texts(&|decision| Some(verdict(decision).into()))));
        let rule = |decision: &'l Decision| match decision.verdict {
            Verdict::Published => None,
            Verdict::Withheld(rule) => Some(rule.name().into()),
        };
        columns.push(("rule".into(), "The first rule that the cell breaks.", texts(&rule)));
        columns.push((
            "withheld_statistics".into(),
            "Statistics that are withheld from published figures.",
            texts(&|decision| Some(decision.withheld_statistics.join(" ").into())),
        ));
        columns.push((
            "holdings".into(),
            "Holdings with a value (of a gap: on the side with fewer).",
            counts(|findings| findings.holdings),
        ));
        columns.push((
            "employees".into(),
            "Employees with a value (of a gap: on the side with fewer).",
            counts(|findings| findings.employees),
        ));
        columns.push((
            "largest_employee_part".into(),
            "The largest holding's part of the employees.",
            parts(|findings| findings.largest_employee_part),
        ));
        columns.push((
            "largest_value_part".into(),
            "The largest holding's part of the value (of a share, ratio or gap: of either side).",
            parts(|findings| findings.largest_value_part),
        ));
        columns.push((
            "rest_to_largest".into(),
            "What all but the two largest contribute, as a part of the largest: the p%-rule compares it with p/100.",
            parts(|findings| findings.rest_to_largest),
        ));
        let described = |name: &String, description: &str, array: &ArrayRef| {
            let metadata = [("description".to_owned(), description.to_owned())];
            Field::new(name, array.data_type().clone(), true).with_metadata(metadata.into())
        };
        let fields: Vec<Field> =
            columns.iter().map(|(name, description, array)| described(name, description, array)).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(.., array)| array).collect())
    }
}

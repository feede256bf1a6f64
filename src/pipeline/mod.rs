//! Plan: from a pipeline file to a [`Pipeline`].
//!
//! In: a TOML file (and what flags override). Out: a [`Pipeline`], the only description of a run that later stages see.
//! Invariant: everything wrong in the file is reported at once, each mistake with its line and the mend; a pipeline that
//! exists is complete and makes sense.

mod choice;
mod classification;
mod columns;
mod dates;
mod differential_privacy;
mod edits;
mod format;
mod linked;
mod measuring;
mod protection;
mod read;
mod remainder;
mod schedule;
mod scorecard;
mod section;

use std::path::{Path, PathBuf};

pub use classification::{Hierarchy, Listed, TOTAL, UNKNOWN};
pub use columns::{Header, MappedColumn, RegisterHeaders, Words};
pub use dates::{DateForm, Dated, Dates, named_month};
pub use differential_privacy::{Bounds, DifferentialPrivacy, Protect};
pub use format::{Encoding, FileFormat, PayTerms};
pub use linked::Linked;
pub use protection::{Depth, Dominance, Policy, PriorPosterior, Rounding};
pub use remainder::Remainder;
pub use scorecard::{ScorePart, ScorecardPlan};

use crate::edits::Thresholds;
use crate::exact::Amount;
use crate::measure::{Found, Measure, MeasureSettings, fits};
use crate::period::{Period, PeriodKind};
use crate::problem::FileProblems;
use crate::schedule::Schedule;

/// What one batch run does, resolved and checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct Pipeline {
    /// The file that it was read from.
    pub file: PathBuf,
    /// Its name: a folder name in the workspace.
    pub name: String,
    /// How long its periods are.
    pub period_kind: PeriodKind,
    /// The period to release; the latest one in the store where none is given.
    pub period: Option<Period>,
    /// Uploads, as a glob pattern.
    pub uploads: String,
    /// The company register; none where the uploads name their companies.
    pub companies: Option<PathBuf>,
    /// Where everything is kept.
    pub workspace: PathBuf,
    /// How upload files are written where no group says otherwise.
    pub format: FileFormat,
    /// Groups of upload files that are written differently, by glob patterns of their paths.
    pub formats: Vec<NamedFormat>,
    /// Columns with the headers by which uploads name them, first choice first.
    pub columns: Vec<MappedColumn>,
    /// Whether uploads have employee IDs; without them each row is an employee, and snapshots cannot be compared.
    pub has_employee_ids: bool,
    /// What words of uploads mean.
    pub words: Words,
    /// The headers of the register.
    pub register_headers: RegisterHeaders,
    /// The part of an upload's rows that may be rejected before it is refused whole, in 1/10,000.
    pub max_reject_share: Amount,
    /// What two differing rows for one employee and period mean.
    pub multiple_jobs: MultipleJobs,
    /// What measures share.
    pub settings: MeasureSettings,
    /// The dimensions that tables may use.
    pub dimensions: Vec<Dimension>,
    /// The benchmark tables, and behind them hidden ones.
    pub tables: Vec<Table>,
    /// Tables that are protected together.
    pub linked: Vec<Linked>,
    /// The measures that tables and companies use, each once.
    pub measures: Vec<Measure>,
    /// The names of measures that count positive values only.
    pub positive: Vec<String>,
    /// Record columns by which a company's own metrics are also broken down.
    pub company_breakdown: Vec<String>,
    /// Places of the measures of companies' own metrics.
    pub company_measures: Vec<usize>,
    /// Patterns of names of further such measures, as in `*_participation`.
    pub company_patterns: Vec<String>,
    /// The rules in force.
    pub policy: Policy,
    /// How tables are perturbed whose protection is differential privacy; none where no table is.
    pub differential_privacy: Option<DifferentialPrivacy>,
    /// From where on edits ask.
    pub edits: Thresholds,
    /// What scorecards are made of.
    pub scorecard: ScorecardPlan,
    /// When releases are due; none where the file does not say.
    pub schedule: Option<Schedule>,
    /// Copies of the benchmarks that a release holds beside the Parquet file, each once.
    pub also: Vec<CopyFormat>,
    /// SHA-256 of the file and of the classification files that it names.
    pub digest: [u8; 32],
    /// SHA-256 of what decides how an upload is read: a change of it means reading every upload anew.
    pub intake_digest: [u8; 32],
}

/// Differences to a pipeline file, from flags.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Another glob pattern for uploads.
    pub uploads: Option<String>,
    /// Another register.
    pub companies: Option<PathBuf>,
    /// Another workspace.
    pub workspace: Option<PathBuf>,
    /// The period to release.
    pub period: Option<String>,
    /// Other copies of the benchmarks.
    pub also: Option<Vec<CopyFormat>>,
}

/// A form of the benchmarks for programs that do not read Parquet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopyFormat {
    /// Comma-separated values.
    Csv,
    /// An Excel workbook.
    Xlsx,
}

/// A group of upload files and how they are written.
#[derive(Debug, Clone)]
pub struct NamedFormat {
    /// Name in the pipeline file.
    pub name: String,
    /// The files of the group.
    pub files: Vec<glob::Pattern>,
    /// How they are written.
    pub format: FileFormat,
}

/// What two differing rows for one employee in one period mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MultipleJobs {
    /// A mistake: all of them are rejected.
    Reject,
    /// Several jobs of one employee: amounts and hours are summed.
    Sum,
}

/// Where the code of a dimension comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DimensionSource {
    /// A column of the company register.
    Company(String),
    /// A column of the record.
    Record(String),
}

/// What becomes of codes that a classification does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownCodes {
    /// The record is rejected, the register refused.
    #[default]
    Reject,
    /// The record or company counts as one that does not say, and how many there are is told.
    Count,
}

/// One dimension.
#[derive(Debug, Clone)]
pub struct Dimension {
    /// Name: a column of the release.
    pub name: String,
    /// Where its codes come from.
    pub source: DimensionSource,
    /// Its classification.
    pub hierarchy: Hierarchy,
    /// What becomes of codes that the classification does not know.
    pub unknown: UnknownCodes,
    /// The levels that tables use, coarsest first.
    pub levels: Vec<u8>,
    /// Of a dimension from the record: the column of the register that says where a company is at home. Only scorecards ask.
    pub home: Option<String>,
}

/// One benchmark table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name: a value of the release's `table` column.
    pub name: String,
    /// Places of its dimensions in the pipeline.
    pub by: Vec<usize>,
    /// The levels of each of them, coarsest first.
    pub levels: Vec<Vec<u8>>,
    /// Whether totals over a dimension are published too.
    pub totals: bool,
    /// Whether only the finest safe level of each branch is published, instead of all levels.
    pub roll_up: bool,
    /// Places of its measures in the pipeline; the first one leads a roll-up.
    pub measures: Vec<usize>,
    /// Patterns of names of further measures.
    pub patterns: Vec<String>,
    /// How its figures are protected.
    pub protect: Protect,
    /// Whether it is never published, and only there so that others can be protected.
    pub is_hidden: bool,
}

impl Pipeline {
    /// Reads and checks a pipeline file.
    ///
    /// # Errors
    /// Everything that is wrong in it, or in a classification that it names.
    pub fn read(file: &Path, overrides: &Overrides) -> Result<Self, FileProblems> {
        read::read(file, overrides)
    }

    /// How the upload at `path` is written.
    #[must_use]
    pub fn format_of(&self, path: &Path) -> &FileFormat {
        let named = self.formats.iter().find(|named| named.files.iter().any(|pattern| pattern.matches_path(path)));
        named.map_or(&self.format, |named| &named.format)
    }

    /// The register, for messages.
    #[must_use]
    pub fn register_name(&self) -> String {
        self.companies.as_ref().map_or("the uploads".to_owned(), |file| file.display().to_string())
    }

    /// Puts the measures that patterns mean in their place, now that it is known what plans, skills and codes there are.
    pub fn expand(&mut self, found: &Found) {
        for table in 0..self.tables.len() {
            for place in self.places(&self.tables[table].patterns.clone(), found) {
                let known = &mut self.tables[table].measures;
                if self.measures[place].fits_tables() && !known.contains(&place) {
                    known.push(place);
                }
            }
        }
        for place in self.places(&self.company_patterns.clone(), found) {
            if !self.company_measures.contains(&place) {
                self.company_measures.push(place);
            }
        }
    }

    /// The places of all measures that patterns mean.
    fn places(&mut self, patterns: &[String], found: &Found) -> Vec<usize> {
        let names = patterns.iter().flat_map(|pattern| found.expand(pattern));
        let place =
            |name: String| choice::place_of(&name, &mut self.measures, &self.columns, &self.settings, &self.positive);
        names.filter_map(place).collect()
    }

    /// Whether any pattern asks for ethnicities, whose codes only the records tell.
    #[must_use]
    pub fn asks_for_ethnicities(&self) -> bool {
        let mut patterns = self.tables.iter().flat_map(|table| &table.patterns).chain(&self.company_patterns);
        patterns.any(|pattern| fits(pattern, "ethnicity_code_representation"))
    }

    /// Sums beside some of their parts, for which this pipeline is refused.
    #[must_use]
    pub fn remainders(&self) -> Vec<Remainder> {
        remainder::find(self)
    }
}

impl Table {
    /// The levels of the finest cells, one for each dimension.
    #[must_use]
    pub fn finest(&self) -> Vec<u8> {
        self.levels.iter().map(|levels| levels.last().copied().unwrap_or(1)).collect()
    }
}

//! `--json`: what a run did as one JSON object on standard output, for schedulers.
//!
//! In: reports of the stages, or the error with which the run ended. Out: one line of JSON; docs/operator-json.md tells what each
//! field means. Invariant: the numbers are those of the summary; what a run did before it failed is told beside the error; nothing
//! of any record.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{exit_code, kind_of, log};
use crate::aggregate::CellTable;
use crate::disclose::{Family, Ledger, SafeTable, Verdict};
use crate::edits::{Edits, Finding, Held};
use crate::ingest::rejects_file;
use crate::intake::{IntakeReport, Register};
use crate::period::Period;
use crate::pipeline::Pipeline;
use crate::release::Published;
use crate::timings;

/// The form of the object; the number grows when a field goes or changes its meaning.
const FORM: &str = "payquorum-run/1";

/// What a run did; fields of stages that it did not reach are null.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    form: &'static str,
    version: &'static str,
    command: &'static str,
    pipeline: Option<String>,
    period: Option<String>,
    release: Option<Release>,
    uploads: Option<Uploads>,
    rows: Option<Rows>,
    /// Queries that hold uploads back, where uploads were taken.
    queries: Option<Vec<Query>>,
    companies: Option<Companies>,
    figures: Option<Figures>,
    seconds: Map<String, Value>,
    warnings: Vec<String>,
    error: Option<Failure>,
    exit_code: u8,
}

#[derive(Debug, Serialize)]
struct Release {
    folder: String,
    version: u32,
    new: bool,
}

#[derive(Debug, Serialize)]
struct Uploads {
    read: usize,
    unchanged: usize,
    refused: usize,
    held: usize,
    refusals: Vec<Refusal>,
}

#[derive(Debug, Serialize)]
struct Refusal {
    file: String,
    text: String,
    rejects: Option<String>,
}

/// A query that is open.
#[derive(Debug, Serialize)]
pub(super) struct Query {
    file: String,
    company: String,
    period: String,
    rule: &'static str,
    column: Option<String>,
    text: String,
}

#[derive(Debug, Serialize)]
struct Rows {
    read: u64,
    accepted: u64,
    merged: u64,
    rejected: u64,
    rejected_by_rule: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Serialize)]
struct Companies {
    in_period: usize,
    computed_anew: usize,
    compared: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Figures {
    rows: u64,
    incumbent: OfFamily,
    organization: OfFamily,
}

#[derive(Debug, Serialize)]
struct OfFamily {
    published: u64,
    withheld: u64,
    withheld_by_rule: BTreeMap<&'static str, u64>,
}

/// Why a command did not do its work.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    code: u8,
    kind: &'static str,
    text: String,
}

impl Failure {
    /// What an error means for the outside.
    pub(super) fn of(error: &anyhow::Error) -> Self {
        let code = exit_code(error);
        Self { code, kind: kind_of(code), text: format!("{error:#}") }
    }
}

impl Report {
    fn of(command: &'static str) -> Self {
        Self {
            form: FORM,
            version: env!("CARGO_PKG_VERSION"),
            command,
            pipeline: None,
            period: None,
            release: None,
            uploads: None,
            rows: None,
            queries: None,
            companies: None,
            figures: None,
            seconds: Map::new(),
            warnings: Vec::new(),
            error: None,
            exit_code: 0,
        }
    }

    /// Notes which pipeline it is.
    pub(super) fn began(&mut self, pipeline: &Pipeline) {
        self.pipeline = Some(pipeline.name.clone());
        self.period = pipeline.period.map(|period| period.to_string());
    }

    /// Notes which period is released.
    pub(super) fn releases(&mut self, period: Period) {
        self.period = Some(period.to_string());
    }

    /// Notes what intake did.
    pub(super) fn took(&mut self, report: &IntakeReport, edits: &Edits, pipeline: &Pipeline, register: &Register) {
        self.queries = Some(queries(&edits.held));
        let refusals = report.refused.iter().map(|(refusal, upload)| Refusal {
            file: upload.file.display().to_string(),
            text: refusal.to_string(),
            rejects: (!upload.rejects.is_empty())
                .then(|| rejects_file(upload, pipeline, register).display().to_string()),
        });
        self.uploads = Some(Uploads {
            read: report.taken.len(),
            unchanged: report.unchanged.len(),
            refused: report.refused.len(),
            held: edits.held.len(),
            refusals: refusals.collect(),
        });
        let (read, accepted, rejected) = report.rows();
        self.rows = Some(Rows {
            read,
            accepted,
            merged: report.taken.iter().map(|upload| upload.merged).sum(),
            rejected,
            rejected_by_rule: report.by_rule().into_iter().map(|(rule, count)| (rule.name(), count)).collect(),
        });
    }

    /// Notes what was released.
    pub(super) fn released(&mut self, published: &Published, safe: &SafeTable, ledger: &Ledger, cells: &CellTable) {
        let folder = published.folder.display().to_string();
        self.release = Some(Release { folder, version: published.version, new: published.new });
        self.companies =
            Some(Companies { in_period: cells.companies, computed_anew: cells.computed, compared: cells.compared });
        let rows = safe.rows().len() as u64;
        let of = |family| OfFamily::of(ledger, family, rows);
        self.figures = Some(Figures { rows, incumbent: of(Family::Incumbent), organization: of(Family::Organization) });
    }
}

/// What is asked about uploads that are held back.
pub(super) fn queries(held: &[Held]) -> Vec<Query> {
    let query = |held: &Held, finding: &Finding| Query {
        file: held.file.display().to_string(),
        company: finding.company.clone(),
        period: finding.period.to_string(),
        rule: finding.rule.name(),
        column: finding.column.clone(),
        text: finding.message.clone(),
    };
    held.iter().flat_map(|held| held.findings.iter().map(|finding| query(held, finding))).collect()
}

impl OfFamily {
    fn of(ledger: &Ledger, family: Family, rows: u64) -> Self {
        let counts = ledger.counts(family);
        let published = counts.get(&Verdict::Published).copied().unwrap_or(0);
        let by_rule = counts.into_iter().filter_map(|(verdict, count)| match verdict {
            Verdict::Published => None,
            Verdict::Withheld(rule) => Some((rule.name(), count)),
        });
        Self { published, withheld: rows - published, withheld_by_rule: by_rule.collect() }
    }
}

/// Does a command that fills a report, and prints that where it is wanted, however the command ends.
pub(super) fn reported(
    wanted: bool,
    command: &'static str,
    work: impl FnOnce(&mut Report) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut report = Report::of(command);
    let outcome = work(&mut report);
    if wanted {
        report.error = outcome.as_ref().err().map(Failure::of);
        report.exit_code = report.error.as_ref().map_or(0, |error| error.code);
        report.warnings = log::warnings();
        let thousandths = |seconds: f64| (seconds * 1000.0).round() / 1000.0;
        report.seconds = timings::stages()
            .into_iter()
            .map(|(name, length)| (name.to_owned(), thousandths(length.as_secs_f64()).into()))
            .collect();
        let printed = print(&report);
        return outcome.and(printed);
    }
    outcome
}

/// Prints one JSON object as a line of standard output.
pub(super) fn print(object: &impl Serialize) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(object)?;
    line.push(b'\n');
    Ok(std::io::stdout().write_all(&line)?)
}

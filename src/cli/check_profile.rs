//! What `payquorum check` tells beyond accepted and refused: a profile of each column, and what the edits would ask.
//!
//! In: uploads, and the store as it is. Out: lines of text, or one JSON object. Invariant: nothing is written and no lock is needed; counts
//! and names of columns, no value of any record; a header that may be a value is told by its place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::json::print;
use super::{edits, log};
use crate::cli::output::{self, say};
use crate::digest::hex;
use crate::edits::{
    Accepted, Arrival, Edits, Finding, Held, Profile, Profiler, Severity, Today, is_used, judge, notes, worst,
};
use crate::ingest::{digest_of, refusal, stored};
use crate::intake::{Intake, Register, Sink, SinkError, Upload, UploadError, UploadReport, ValidBatch};
use crate::measure::Gender;
use crate::period::Period;
use crate::pipeline::Pipeline;
use crate::store::Look;

/// Characters of the longest header that is shown.
const LONGEST_HEADER: usize = 64;

/// The form of the object; the number grows when a field goes or changes its meaning.
const FORM: &str = "payquorum-check/1";

/// One upload, looked at.
pub(super) struct Looked {
    pub(super) file: PathBuf,
    /// Why it is refused, if it is.
    pub(super) refused: Option<String>,
    /// What intake says of it; none where it cannot be read at all.
    pub(super) report: Option<UploadReport>,
    /// What is asked or noted about it.
    pub(super) findings: Vec<Finding>,
    digest: String,
    whole: Profile,
    distinct: BTreeMap<String, Option<usize>>,
    parts: BTreeMap<(usize, Period), Profile>,
}

/// Counts what passes, by company and period and as a whole.
struct Counting<'a> {
    pipeline: &'a Pipeline,
    whole: Profiler,
    parts: BTreeMap<(usize, Period), Profiler>,
}

impl<'a> Counting<'a> {
    fn new(pipeline: &'a Pipeline) -> Self {
        Self { pipeline, whole: Profiler::with_distinct(&pipeline.settings), parts: BTreeMap::new() }
    }
}

impl Sink for Counting<'_> {
    fn restart(&mut self) {
        *self = Self::new(self.pipeline);
    }

    fn accept(&mut self, batch: ValidBatch) -> Result<(), SinkError> {
        self.whole.update_batch(&batch);
        let part = self.parts.entry((batch.company(), batch.period()));
        part.or_insert_with(|| Profiler::new(&self.pipeline.settings)).update_batch(&batch);
        Ok(())
    }
}

/// Reads an upload, and keeps what it looks like from afar.
pub(super) fn look(file: &Path, intake: Intake<'_>) -> anyhow::Result<Looked> {
    let mut sink = Counting::new(intake.pipeline);
    let (refused, report) = match Upload::open(file) {
        Ok(upload) => match intake.read(&upload, &mut sink) {
            Ok(report) => (None, Some(report)),
            Err(UploadError::Refused { refusal, report }) => (Some(refusal.to_string()), Some(*report)),
            Err(UploadError::Sink(error)) => return Err(anyhow::anyhow!("{}: {error}", file.display())),
        },
        Err(error) => (Some(format!("cannot be read: {error}")), None),
    };
    let distinct = sink.whole.distinct().map(|(name, count)| (name.to_owned(), count)).collect();
    Ok(Looked {
        file: file.to_owned(),
        refused,
        report,
        findings: Vec::new(),
        digest: digest_of(file).unwrap_or_default(),
        whole: sink.whole.finish(),
        distinct,
        parts: sink.parts.into_iter().map(|(part, profiler)| (part, profiler.finish())).collect(),
    })
}

/// Lets the edits look at all uploads together and beside the store, and gives what is told of files.
pub(super) fn ask(looked: &mut [Looked], pipeline: &Pipeline, register: &Register, all: bool) -> anyhow::Result<Edits> {
    let parts = match Look::at(&pipeline.workspace) {
        Ok(look) => look.parts,
        Err(error) => {
            log::warning(format!("{error}; edits compare the uploads with each other only"));
            Vec::new()
        }
    };
    let good = looked.iter().enumerate().filter(|(_, upload)| upload.refused.is_none());
    let arrivals = good.flat_map(|(place, upload)| {
        let parts = upload.parts.iter();
        parts.map(move |((company, period), profile)| Arrival {
            upload: place,
            place: *company,
            period: *period,
            profile,
        })
    });
    let arrivals: Vec<Arrival<'_>> = arrivals.collect();
    let found = judge(&arrivals, &stored(&parts, pipeline), pipeline, register, Today::now());
    let accepted = Accepted::read(&pipeline.workspace)?;
    let files: Vec<PathBuf> = looked.iter().map(|upload| upload.file.clone()).collect();
    // One file of many tells nothing of patterns that match others.
    let remarks = if all { notes::of_formats(&files, pipeline) } else { Vec::new() };
    let mut edits = Edits { remarks, ..Edits::default() };
    for (place, finding) in found {
        let upload = &mut looked[place];
        match finding.severity {
            Severity::Query if accepted.has(&pipeline.name, &upload.digest, &finding) => edits.accepted.push(finding),
            _ => upload.findings.push(finding),
        }
    }
    for upload in looked {
        let companies = upload.parts.keys().map(|(place, _)| *place).collect();
        edits.remarks.extend(notes::of_name(&upload.file, &companies, register));
        match worst(&upload.findings) {
            Some(Severity::Error) => upload.refused = Some(refusal(&upload.findings).to_string()),
            Some(Severity::Query) => {
                let queries = upload.findings.iter().filter(|finding| finding.severity == Severity::Query).cloned();
                let (file, digest) = (upload.file.clone(), upload.digest.clone());
                edits.held.push(Held { file, upload: digest, findings: queries.collect() });
            }
            _ => {}
        }
        edits.notes.extend(upload.findings.iter().filter(|finding| finding.severity == Severity::Note).cloned());
    }
    Ok(edits)
}

/// A column of an upload.
#[derive(Debug, Serialize)]
struct ColumnLine {
    name: String,
    header: String,
    filled: u64,
    records: u64,
    distinct: Option<usize>,
    /// Records of whose value anything is made, in percent.
    used_percent: u64,
}

/// A header, or where it stands if it may be a value.
fn shown(header: &str, place: usize) -> String {
    let is_shown = header.chars().count() <= LONGEST_HEADER && !header.chars().any(char::is_control);
    if is_shown { header.to_owned() } else { format!("(the header of column {} of these is not shown)", place + 1) }
}

fn columns(upload: &Looked, pipeline: &Pipeline) -> Vec<ColumnLine> {
    let Some(report) = &upload.report else { return Vec::new() };
    let records = upload.whole.records;
    let line = |(place, (column, header)): (usize, (&crate::record::Column, &String))| {
        let known = upload.whole.columns.get(&column.name);
        // What stands in every row of an upload that was read: who, which company, which period.
        let filled = known.map_or(records, |column| column.filled);
        let used = if known.is_none() {
            records
        } else if !is_used(&column.name, pipeline) {
            0
        } else if let (true, Some(genders)) = (column.name == "gender", &upload.whole.genders) {
            let known = genders.iter().filter(|(code, _)| pipeline.settings.gender(code) != Gender::LeftOut);
            known.map(|(_, count)| count).sum()
        } else {
            filled
        };
        ColumnLine {
            name: column.name.clone(),
            header: shown(header, place),
            filled,
            records,
            distinct: upload.distinct.get(&column.name).copied().flatten(),
            used_percent: (used * 100).checked_div(records).unwrap_or(0),
        }
    };
    report.columns.iter().zip(&report.headers).enumerate().map(line).collect()
}

/// Prints the profile of each column.
pub(super) fn show(upload: &Looked, pipeline: &Pipeline) {
    if upload.refused.is_some() || upload.whole.records == 0 {
        return;
    }
    say!("  {:<36} {:>10} {:>10} {:>8}", "column", "filled", "distinct", "used");
    for line in columns(upload, pipeline) {
        let percent = format!("{} %", (line.filled * 100).checked_div(line.records).unwrap_or(0));
        let distinct = line.distinct.map_or("-".to_owned(), |distinct| distinct.to_string());
        say!("  {:<36} {percent:>10} {distinct:>10} {:>8}", line.name, format!("{} %", line.used_percent));
    }
}

/// What `--json` prints; docs/operator-json.md tells what each field means.
#[derive(Serialize)]
struct CheckReport {
    form: &'static str,
    version: &'static str,
    pipeline: String,
    uploads: Vec<UploadLine>,
    notes: Vec<String>,
    exit_code: u8,
}

#[derive(Serialize)]
struct UploadLine {
    file: String,
    sha256: Option<String>,
    state: &'static str,
    refusal: Option<String>,
    encoding: Option<String>,
    rows: Option<RowsLine>,
    columns: Vec<ColumnLine>,
    dropped: Vec<String>,
    snapshots: Vec<SnapshotLine>,
    findings: Vec<FindingLine>,
}

#[derive(Serialize)]
struct RowsLine {
    read: u64,
    accepted: u64,
    merged: u64,
    rejected: u64,
    rejected_by_rule: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct SnapshotLine {
    company: String,
    period: String,
    records: u64,
}

#[derive(Serialize)]
struct FindingLine {
    severity: &'static str,
    rule: &'static str,
    company: String,
    period: String,
    column: Option<String>,
    text: String,
    mend: &'static str,
}

/// Prints everything as one JSON object.
pub(super) fn show_json(
    looked: &[Looked],
    edits: &Edits,
    pipeline: &Pipeline,
    register: &Register,
    exit_code: u8,
) -> anyhow::Result<()> {
    let line = |upload: &Looked| {
        let report = upload.report.as_ref();
        let is_held = worst(&upload.findings) == Some(Severity::Query);
        let rows = report.map(|report| RowsLine {
            read: report.read,
            accepted: report.accepted,
            merged: report.merged,
            rejected: report.rejected,
            rejected_by_rule: report.by_rule.iter().map(|(rule, count)| (rule.name(), *count)).collect(),
        });
        let snapshot = |((place, period), records): (&(usize, Period), &u64)| SnapshotLine {
            company: register.companies()[*place].id.clone(),
            period: period.to_string(),
            records: *records,
        };
        let finding = |finding: &Finding| FindingLine {
            severity: finding.severity.name(),
            rule: finding.rule.name(),
            company: finding.company.clone(),
            period: finding.period.to_string(),
            column: finding.column.clone(),
            text: finding.message.clone(),
            mend: finding.rule.mend(),
        };
        let dropped = report.map_or(&[][..], |report| &report.dropped);
        UploadLine {
            file: upload.file.display().to_string(),
            sha256: report.map(|report| hex(&report.digest)),
            state: match (&upload.refused, is_held) {
                (Some(_), _) => "refused",
                (None, true) => "held",
                (None, false) => "accepted",
            },
            refusal: upload.refused.clone(),
            encoding: report.filter(|report| !report.columns.is_empty()).map(|report| report.encoding.to_owned()),
            rows,
            columns: if upload.refused.is_some() { Vec::new() } else { columns(upload, pipeline) },
            dropped: dropped.iter().enumerate().map(|(place, header)| shown(header, place)).collect(),
            snapshots: report.into_iter().flat_map(|report| &report.stored).map(snapshot).collect(),
            findings: upload.findings.iter().map(finding).collect(),
        }
    };
    print(&CheckReport {
        form: FORM,
        version: env!("CARGO_PKG_VERSION"),
        pipeline: pipeline.name.clone(),
        uploads: looked.iter().map(line).collect(),
        notes: edits.remarks.clone(),
        exit_code,
    })
}

/// Prints what the edits found.
pub(super) fn show_edits(edits: &Edits) {
    output::text(&edits::summary(edits));
}

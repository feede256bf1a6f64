//! One upload from its first byte to its last batch.
//!
//! In: a path, the pipeline and the register. Out: [`ValidBatch`]es into a [`Sink`], and an [`UploadReport`].
//! Invariant: rows read = rows accepted + rows rejected; a refused upload leaves nothing behind, since the sink is told to
//! forget what it got. Reading starts over where repeated employees show only on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;
use hashbrown::HashSet;
use rayon::prelude::*;

use super::batch::ValidBatch;
use super::chunk::{Chunk, Chunks, CutError, Lines};
use super::head::Head;
use super::header::Mapping;
use super::marks::Marks;
use super::parse::{Context, Parsed, Stop};
use super::register::Register;
use super::report::UploadReport;
use super::rule::{FoundValues, HeaderFault, Refusal, Reject, Rule};
use super::shelf::{Judge, Shelf};
use super::source::{self, Opened, Upload};
use super::sums::Sums;
use crate::exact::SCALE;
use crate::measure::PayBasis;
use crate::period::Period;
use crate::pipeline::{FileFormat, MultipleJobs, Pipeline};
use crate::record::{ColumnKind, is_currency_code};

/// An error of whatever takes the batches.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Takes the batches of one upload.
pub trait Sink {
    /// Forget every batch so far: reading starts over, or the upload is refused.
    fn restart(&mut self);

    /// Take a batch.
    ///
    /// # Errors
    /// Whatever keeps it from being taken; reading stops there.
    fn accept(&mut self, batch: ValidBatch) -> Result<(), SinkError>;
}

/// A sink that keeps nothing, for checks.
pub struct Nowhere;

impl Sink for Nowhere {
    fn restart(&mut self) {}

    fn accept(&mut self, _: ValidBatch) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Why an upload was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The upload breaks a rule and is refused whole.
    #[error("{}: {refusal}", .report.file.display())]
    Refused {
        /// Why.
        refusal: Refusal,
        /// What was found until then, rejects included.
        report: Box<UploadReport>,
    },
    /// What takes the batches failed.
    #[error("{0}")]
    Sink(SinkError),
}

/// How to read uploads: the same for all of a run.
#[derive(Clone, Copy)]
pub struct Intake<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// The register.
    pub register: &'a Register,
}

/// Why one pass over an upload ended early.
enum Interrupt {
    Refuse(Refusal),
    /// Employees occur more than once, and nobody knows yet which.
    Repeats,
    Sink(SinkError),
}

impl From<Refusal> for Interrupt {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

impl From<ArrowError> for Interrupt {
    fn from(error: ArrowError) -> Self {
        Self::Sink(Box::new(error))
    }
}

/// What one pass over an upload is for.
enum Purpose {
    /// To hand rows on, as if each employee occurred once.
    HandOn,
    /// To find out which employees occur more than once, and nothing else.
    FindRepeats,
    /// To hand rows on, and judge those of these employees together.
    Judge(HashSet<u64>),
}

/// Companies in one chunk from which on rows are gathered first, and rows of each below which it is worth it.
const MANY_OWNERS: usize = 16;
const FEW_ROWS: usize = 512;

/// Bytes that may be gathered so.
const GATHERED: usize = 48 << 20;

impl Intake<'_> {
    /// Reads one upload.
    ///
    /// # Errors
    /// [`UploadError`]; the sink has been told to forget everything by then.
    pub fn read(&self, upload: &Upload, sink: &mut dyn Sink) -> Result<UploadReport, UploadError> {
        let path = upload.path();
        let format = self.pipeline.format_of(path);
        // Where employees may have several jobs, which of them do is found out first, in a reading of their IDs alone.
        let mut purpose =
            if self.pipeline.multiple_jobs == MultipleJobs::Sum { Purpose::FindRepeats } else { Purpose::HandOn };
        loop {
            let mut report = UploadReport::new(path, upload.digest());
            let mut pass = Pass::new(*self, path, &purpose, &mut report);
            let outcome = upload.read(format, |opened| pass.run(opened, sink));
            let hashes = std::mem::take(&mut pass.hashes);
            let outcome = outcome.unwrap_or_else(|error| Err(Interrupt::Refuse(unreadable(&error))));
            match (outcome, &purpose) {
                (Ok(()), Purpose::Judge(_)) => return Ok(report),
                (Ok(()), _) => {
                    let repeated = repeated_hashes(hashes);
                    if repeated.is_empty() && matches!(purpose, Purpose::HandOn) {
                        return Ok(report);
                    }
                    sink.restart();
                    purpose = Purpose::Judge(repeated);
                }
                (Err(Interrupt::Repeats), _) => {
                    sink.restart();
                    purpose = Purpose::FindRepeats;
                }
                (Err(Interrupt::Refuse(refusal)), _) => {
                    sink.restart();
                    return Err(UploadError::Refused { refusal, report: Box::new(report) });
                }
                (Err(Interrupt::Sink(error)), _) => {
                    sink.restart();
                    return Err(UploadError::Sink(error));
                }
            }
        }
    }
}

pub(super) fn unreadable(error: &io::Error) -> Refusal {
    Refusal::Unreadable(error.to_string())
}

/// The hashes that occur more than once.
fn repeated_hashes(mut hashes: Vec<u64>) -> HashSet<u64> {
    hashes.par_sort_unstable();
    hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
}

/// One pass over an upload.
struct Pass<'a> {
    intake: Intake<'a>,
    path: &'a Path,
    purpose: &'a Purpose,
    report: &'a mut UploadReport,
    /// Hashes of the employees of this pass.
    hashes: Vec<u64>,
    /// Whether the hashes of the first rows were looked at.
    has_looked: bool,
    /// Rows of employees who occur more than once.
    repeated: Shelf,
    /// Rows of an upload that mixes many companies.
    mixed: Shelf,
    /// The refusal for headers that mean direct identifiers; the rows are read for what else is to be told, and go nowhere.
    identified: Option<Refusal>,
    /// What looks like a direct identifier, by the place of its column.
    found: BTreeMap<usize, FoundValues>,
    /// What the marks in the numbers of each column tell.
    marks: Vec<Marks>,
    /// Sums of base pay, for rows that are the sum of others.
    sums: Sums,
}

impl<'a> Pass<'a> {
    fn new(intake: Intake<'a>, path: &'a Path, purpose: &'a Purpose, report: &'a mut UploadReport) -> Self {
        Self {
            intake,
            path,
            purpose,
            report,
            hashes: Vec::new(),
            has_looked: false,
            repeated: Shelf::default(),
            mixed: Shelf::default(),
            identified: None,
            found: BTreeMap::new(),
            marks: Vec::new(),
            sums: Sums::default(),
        }
    }

    fn run(&mut self, opened: Opened<'_>, sink: &mut dyn Sink) -> Result<(), Interrupt> {
        let Intake { pipeline, register } = self.intake;
        let format = pipeline.format_of(self.path);
        let Opened { stream, script, encoding, is_typed } = opened;
        let mut chunks = Chunks::new(stream);
        let beginning = chunks.beginning().map_err(|error| unreadable(&error))?;
        let head = Head::read(beginning, format, script, is_typed)?;
        let at_header = |fault: HeaderFault| Refusal::Header(head.line, fault);
        let mapping = match head.mapping(beginning, pipeline, format) {
            Err(HeaderFault::Identifiers(found)) => {
                let refusal = at_header(HeaderFault::Identifiers(found));
                let dropping = FileFormat { drops_identifiers: true, ..format.clone() };
                let Ok(mapping) = Mapping::of(&head.headers, pipeline, &dropping) else { return Err(refusal.into()) };
                self.identified = Some(refusal);
                mapping
            }
            mapping => mapping.map_err(at_header)?,
        };
        if self.identified.is_none() {
            self.check_defaults(&mapping).map_err(at_header)?;
        }
        chunks.begin(head.length, head.delimiter);
        if self.identified.is_none() {
            self.report.learn(&mapping, encoding, head.delimiter);
        }
        let (company, period) = match self.of_whom(&mapping) {
            Ok(known) => known,
            Err(refusal) => return Err(self.identified.take().unwrap_or(refusal).into()),
        };
        let mapping = if matches!(self.purpose, Purpose::FindRepeats) { mapping.of_whom() } else { mapping };
        let context = Context {
            pipeline,
            register,
            mapping: &mapping,
            format,
            script,
            is_typed,
            delimiter: head.delimiter,
            company,
            period,
        };
        self.marks = vec![Marks::default(); mapping.columns.len()];
        let mut waiting: Vec<Chunk> = next(&mut chunks)?.into_iter().collect();
        while !waiting.is_empty() {
            let parsed: Vec<Result<Parsed, Stop>> = match waiting.as_slice() {
                [chunk] => vec![context.parse(chunk)],
                chunks => chunks.par_iter().map(|chunk| context.parse(chunk)).collect(),
            };
            for (chunk, parsed) in waiting.iter().zip(parsed) {
                let mut parsed = parsed.map_err(|stop| match stop {
                    Stop::NotUtf8(line, column) => Refusal::Encoding { line, column },
                    Stop::SwallowedRows(line) => Refusal::SwallowedRows(line),
                })?;
                self.sums.set_aside(&mut parsed, &mapping, chunk);
                self.take(chunk, &parsed, &mapping, sink)?;
            }
            waiting.clear();
            while waiting.len() < rayon::current_num_threads() {
                match next(&mut chunks)? {
                    Some(chunk) => waiting.push(chunk),
                    None => break,
                }
            }
        }
        self.judge(&mapping, head.line)?;
        self.settle(sink)?;
        self.report.finish();
        self.count_rejects()
    }

    /// The company and the period of all rows, where no column says them.
    fn of_whom(&self, mapping: &Mapping) -> Result<(Option<usize>, Option<Period>), Refusal> {
        let Intake { pipeline, register } = self.intake;
        let stem = source::stem(self.path);
        let company =
            if mapping.has("company_id") { None } else { Some(register.place(&stem).ok_or(Refusal::UnknownCompany)?) };
        let period = if mapping.has("period") { None } else { Some(pipeline.period.ok_or(Refusal::NoPeriod)?) };
        Ok((company, period))
    }

    /// Refuses an upload for what only all of its rows together tell.
    fn judge(&mut self, mapping: &Mapping, header_line: u64) -> Result<(), Refusal> {
        let values = (!self.found.is_empty())
            .then(|| Refusal::IdentifierValues(std::mem::take(&mut self.found).into_values().collect()));
        match (self.identified.take(), values) {
            (None, None) => {}
            (Some(refusal), None) | (None, Some(refusal)) => return Err(refusal),
            (Some(headers), Some(values)) => return Err(Refusal::Several(vec![headers, values])),
        }
        if self.report.read == 0 {
            return Err(Refusal::Header(header_line, HeaderFault::NoRows));
        }
        match mapping.columns.iter().zip(&self.marks).find(|(_, marks)| marks.are_ambiguous()) {
            Some((mapped, marks)) => {
                Err(Refusal::AmbiguousMarks { column: mapped.column.name.clone(), line: marks.line })
            }
            None => Ok(()),
        }
    }

    /// Refuses an upload of which too many rows break a rule. Rows that are no employees break none.
    fn count_rejects(&self) -> Result<(), Interrupt> {
        let pipeline = self.intake.pipeline;
        let report = &*self.report;
        if 2 * report.set_aside > report.read {
            return Err(Refusal::MostlyTotals { rows: report.set_aside, read: report.read }.into());
        }
        let (rejected, read) = (report.rejected - report.set_aside, report.read - report.set_aside);
        if i128::from(rejected) * i128::from(SCALE) > i128::from(read) * i128::from(pipeline.max_reject_share) {
            let percent = pipeline.max_reject_share * 100;
            let allowed_percent = format!("{}.{:02}", percent / SCALE, percent % SCALE / 100);
            let allowed_percent = allowed_percent.trim_end_matches('0').trim_end_matches('.').to_owned();
            return Err(Refusal::TooManyRejects { rejected, read, allowed_percent }.into());
        }
        Ok(())
    }

    fn check_defaults(&self, mapping: &Mapping) -> Result<(), HeaderFault> {
        let pipeline = self.intake.pipeline;
        let money = mapping
            .columns
            .iter()
            .any(|mapped| mapped.column.kind == ColumnKind::Money && !is_currency_code(&mapped.column.unit));
        if money && !mapping.has("currency") && pipeline.settings.currency.is_none() {
            return Err(HeaderFault::NoDefault { column: "currency", example: "currency = \"EUR\"" });
        }
        if mapping.has("base_pay") && !mapping.has("pay_basis") && pipeline.settings.pay_basis.is_none() {
            return Err(HeaderFault::NoDefault { column: "pay_basis", example: "pay_basis = \"month\"" });
        }
        Ok(())
    }

    /// Hands the kept rows of a chunk on, company by company; holds back those of repeated employees and those of many companies.
    fn take(
        &mut self,
        chunk: &Chunk,
        parsed: &Parsed,
        mapping: &Mapping,
        sink: &mut dyn Sink,
    ) -> Result<(), Interrupt> {
        let start = self.report.read;
        self.report.read += parsed.rows as u64;
        self.report.rejected += parsed.keep.iter().filter(|&&keep| !keep).count() as u64;
        self.report.set_aside += parsed.rejects.iter().filter(|reject| reject.rule.is_set_aside()).count() as u64;
        debug_assert_eq!(
            parsed.rejects.iter().map(|reject| reject.row).collect::<BTreeSet<_>>().len(),
            parsed.keep.iter().filter(|&&keep| !keep).count()
        );
        if self.identified.is_none() {
            self.report.reject(parsed.rejects.iter().map(|reject| Reject { row: start + reject.row + 1, ..*reject }));
        }
        self.report.words.extend(parsed.words.iter().cloned());
        for (marks, later) in self.marks.iter_mut().zip(&parsed.marks) {
            marks.merge(*later);
        }
        for (line, place, suspicion) in &parsed.suspicions {
            let mapped = &mapping.columns[*place];
            let entry = self.found.entry(*place).or_insert_with(|| {
                let field = mapped.fields.first().filter(|field| field.is_shown && field.header != mapped.column.name);
                let header = field.map(|field| field.header.clone());
                FoundValues { line: *line, rows: 0, column: mapped.column.name.clone(), header, suspicion: *suspicion }
            });
            entry.rows += 1;
        }
        let hands_on =
            self.found.is_empty() && self.identified.is_none() && !matches!(self.purpose, Purpose::FindRepeats);
        let repeated = if let Purpose::Judge(repeated) = self.purpose { Some(repeated) } else { None };
        let has_ids = self.intake.pipeline.has_employee_ids;
        let hashes = employees_of(parsed);
        // All are looked up before any is dealt with: so many look-ups at once wait for memory together.
        let is_repeated: Vec<bool> = repeated
            .filter(|repeated| !repeated.is_empty())
            .map_or_else(Vec::new, |repeated| hashes.iter().map(|hash| repeated.contains(hash)).collect());
        let mut parts: BTreeMap<(u32, Period), Vec<u32>> = BTreeMap::new();
        // The company and period of the last row, and rows of them that are in no part yet.
        let mut last: Option<(u32, Period)> = None;
        let mut run: Vec<u32> = Vec::new();
        let mut lines = Lines::new(chunk);
        let mut shelving = self.repeated.of(parsed);
        for row in (0..parsed.rows).filter(|&row| parsed.keep[row]) {
            if is_repeated.get(row) == Some(&true) {
                shelving.take(row, hashes[row], start + row as u64 + 1, lines.at(parsed.places[row]));
                continue;
            }
            if repeated.is_none() && has_ids {
                self.hashes.push(hashes[row]);
            }
            if hands_on {
                let key = (parsed.companies[row], parsed.periods[row]);
                if let Some(other) = last.replace(key).filter(|other| *other != key) {
                    parts.entry(other).or_default().append(&mut run);
                }
                run.push(u32::try_from(row).unwrap_or(u32::MAX));
            }
        }
        if let Some(key) = last {
            parts.entry(key).or_default().append(&mut run);
        }
        if !std::mem::replace(&mut self.has_looked, true)
            && matches!(self.purpose, Purpose::HandOn)
            && !repeated_hashes(self.hashes.clone()).is_empty()
        {
            return Err(Interrupt::Repeats);
        }
        let rows: usize = parts.values().map(Vec::len).sum();
        if parts.len() >= MANY_OWNERS && rows < parts.len() * FEW_ROWS {
            let mut shelving = self.mixed.of(parsed);
            for row in parts.into_values().flatten() {
                shelving.take(row as usize, hashes[row as usize], 0, 0);
            }
            if self.mixed.bytes() > GATHERED {
                self.clear_mixed(sink)?;
            }
            return Ok(());
        }
        for ((company, period), rows) in parts {
            let batch = select(parsed, company as usize, period, &rows)?;
            hand_on(self.report, batch, sink)?;
        }
        Ok(())
    }

    fn clear_mixed(&mut self, sink: &mut dyn Sink) -> Result<(), Interrupt> {
        let Self { mixed, report, .. } = self;
        mixed.clear(None, |batch| hand_on(report, batch, sink)).map(|_| ())
    }

    fn settle(&mut self, sink: &mut dyn Sink) -> Result<(), Interrupt> {
        self.clear_mixed(sink)?;
        if self.repeated.is_empty() {
            return Ok(());
        }
        let pipeline = self.intake.pipeline;
        let judge = Judge {
            multiple_jobs: pipeline.multiple_jobs,
            hourly_by_default: pipeline.settings.pay_basis == Some(PayBasis::Hour),
        };
        let Self { repeated, report, .. } = self;
        let settled = repeated.clear(Some(judge), |batch| hand_on(report, batch, sink))?;
        report.merged += settled.merged;
        report.rejected += settled.rejected.len() as u64;
        let rule = Rule::OneRowPerEmployee;
        report.reject(settled.rejected.into_iter().map(|(row, line)| Reject { row, line, column: None, rule }));
        Ok(())
    }
}

fn hand_on(report: &mut UploadReport, batch: ValidBatch, sink: &mut dyn Sink) -> Result<(), Interrupt> {
    report.stored(batch.company(), batch.period(), batch.len() as u64);
    sink.accept(batch).map_err(Interrupt::Sink)
}

fn next(chunks: &mut Chunks<'_>) -> Result<Option<Chunk>, Refusal> {
    chunks.next().map_err(cannot_be_cut)
}

pub(super) fn cannot_be_cut(error: CutError) -> Refusal {
    match error {
        CutError::Io(error) => unreadable(&error),
        CutError::OpenQuote(line) => Refusal::OpenQuote(line),
        CutError::StrayQuote(line) => Refusal::StrayQuote(line),
    }
}

/// A hash that is the same on every machine and in every run. Equal employees always have equal hashes; unequal ones
/// nearly never, and a clash only costs a second look.
fn hash(parts: &[&[u8]]) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = foldhash::fast::FixedState::default().build_hasher();
    for part in parts {
        hasher.write(part);
    }
    hasher.finish()
}

/// The hash of the employee of each row.
fn employees_of(parsed: &Parsed) -> Vec<u64> {
    let mut last: Option<((u32, Period), u64)> = None;
    let hash_of = |row: usize| {
        let key = (parsed.companies[row], parsed.periods[row]);
        let seed = match last {
            Some((same, seed)) if same == key => seed,
            _ => hash(&[&key.0.to_le_bytes(), key.1.to_string().as_bytes()]),
        };
        last = Some((key, seed));
        hash(&[&seed.to_le_bytes(), parsed.ids.value(row).as_bytes()])
    };
    (0..parsed.rows).map(hash_of).collect()
}

fn select(parsed: &Parsed, company: usize, period: Period, rows: &[u32]) -> Result<ValidBatch, ArrowError> {
    let fields: Vec<Field> = parsed
        .columns
        .iter()
        .map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    if rows.len() == parsed.rows {
        let arrays = parsed.columns.iter().map(|(_, array)| array.clone()).collect();
        let columns = RecordBatch::try_new_with_options(schema, arrays, &options)?;
        return Ok(ValidBatch { company, period, ids: parsed.ids.clone(), columns });
    }
    let indices = UInt32Array::from_iter_values(rows.iter().copied());
    let arrays: Result<Vec<ArrayRef>, ArrowError> =
        parsed.columns.iter().map(|(_, array)| take(array, &indices, None)).collect();
    let columns = RecordBatch::try_new_with_options(schema, arrays?, &options)?;
    let ids: StringArray = rows.iter().map(|row| Some(parsed.ids.value(*row as usize))).collect();
    Ok(ValidBatch { company, period, ids, columns })
}

/// The headers of an upload, for showing a plan; reads no data row.
///
/// # Errors
/// The [`Refusal`] that its header would earn.
pub fn mapping_of(path: &Path, pipeline: &Pipeline) -> Result<Mapping, Refusal> {
    let format = pipeline.format_of(path);
    let outcome = source::open(path, format, |opened| {
        let Opened { stream, script, is_typed, .. } = opened;
        let mut chunks = Chunks::new(stream);
        let beginning = chunks.beginning().map_err(|error| unreadable(&error))?;
        let head = Head::read(beginning, format, script, is_typed)?;
        head.mapping(beginning, pipeline, format).map_err(|fault| Refusal::Header(head.line, fault))
    });
    outcome.unwrap_or_else(|error| Err(unreadable(&error)))
}

//! One upload from its first byte to its last batch.
//!
//! In: a path, the pipeline and the register. Out: [`ValidBatch`]es into a [`Sink`], and an [`UploadReport`].
//! Invariant: rows read = rows accepted + rows rejected; a refused upload leaves nothing behind, since the sink is told to
//! forget what it got. Reading starts over, at most twice, where the encoding or repeated employees show only on the way.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;
use rayon::prelude::*;

use super::batch::ValidBatch;
use super::chunk::{Chunk, Chunks, CutError};
use super::duplicates::Held;
use super::header::{self, Mapping};
use super::parse::{Context, Parsed, Stop};
use super::register::Register;
use super::report::UploadReport;
use super::rule::{Refusal, Reject, Rule};
use super::source::{self, Upload};
use crate::exact::SCALE;
use crate::period::Period;
use crate::pipeline::{Encoding, FileFormat, Pipeline};
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
    Windows1252,
    Sink(SinkError),
}

impl From<Refusal> for Interrupt {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

impl Intake<'_> {
    /// Reads one upload.
    ///
    /// # Errors
    /// [`UploadError`]; the sink has been told to forget everything by then.
    pub fn read(&self, upload: &Upload, sink: &mut dyn Sink) -> Result<UploadReport, UploadError> {
        let path = upload.path();
        let mut encoding = self.pipeline.format_of(path).encoding;
        let mut repeated = HashSet::new();
        loop {
            let mut report = UploadReport::new(path, upload.digest());
            let mut pass = Pass { intake: *self, path, repeated: &repeated, report: &mut report, hashes: Vec::new() };
            let outcome = upload.read(encoding, |stream, encoding| pass.run(stream, encoding, sink));
            let hashes = std::mem::take(&mut pass.hashes);
            let outcome = outcome.unwrap_or_else(|error| Err(Interrupt::Refuse(unreadable(&error))));
            match outcome {
                Ok(()) => {
                    if repeated.is_empty() {
                        repeated = repeated_hashes(hashes);
                        if !repeated.is_empty() {
                            sink.restart();
                            continue;
                        }
                    }
                    return Ok(report);
                }
                Err(Interrupt::Windows1252) => {
                    encoding = Encoding::Windows1252;
                    sink.restart();
                }
                Err(Interrupt::Refuse(refusal)) => {
                    sink.restart();
                    return Err(UploadError::Refused { refusal, report: Box::new(report) });
                }
                Err(Interrupt::Sink(error)) => {
                    sink.restart();
                    return Err(UploadError::Sink(error));
                }
            }
        }
    }
}

fn unreadable(error: &io::Error) -> Refusal {
    Refusal::Unreadable(error.to_string())
}

/// The hashes that occur more than once.
fn repeated_hashes(mut hashes: Vec<u64>) -> HashSet<u64> {
    hashes.sort_unstable();
    hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
}

/// One pass over an upload.
struct Pass<'a> {
    intake: Intake<'a>,
    path: &'a Path,
    /// Hashes of the employees that occur more than once, as an earlier pass found.
    repeated: &'a HashSet<u64>,
    report: &'a mut UploadReport,
    /// Hashes of the employees of this pass.
    hashes: Vec<u64>,
}

impl Pass<'_> {
    fn run(&mut self, stream: &mut dyn io::Read, encoding: Encoding, sink: &mut dyn Sink) -> Result<(), Interrupt> {
        let Intake { pipeline, register } = self.intake;
        let format = pipeline.format_of(self.path);
        let mut chunks = Chunks::new(stream);
        let first = next(&mut chunks)?.ok_or(Refusal::Empty)?;
        let head = Head::read(&first.bytes, format, encoding)?;
        let mapping = Mapping::of(&head.headers, pipeline)?;
        self.check_defaults(&mapping)?;
        self.report.learn(&mapping, encoding, head.delimiter);
        let stem = source::stem(self.path);
        let company =
            if mapping.has("company_id") { None } else { Some(register.place(&stem).ok_or(Refusal::UnknownCompany)?) };
        let period = if mapping.has("period") { None } else { Some(pipeline.period.ok_or(Refusal::NoPeriod)?) };
        let delimiter = head.delimiter;
        let lines = !self.repeated.is_empty();
        let context =
            Context { pipeline, register, mapping: &mapping, format, encoding, delimiter, company, period, lines };
        let mut back = Held::default();
        let mut skip = head.length;
        let mut waiting = vec![first];
        while !waiting.is_empty() {
            let parsed: Vec<Result<Parsed, Stop>> = if waiting.len() == 1 {
                vec![context.parse(&waiting[0], skip)]
            } else {
                let parse = |(place, chunk)| context.parse(chunk, if place == 0 { skip } else { 0 });
                waiting.par_iter().enumerate().map(parse).collect()
            };
            skip = 0;
            for parsed in parsed {
                let parsed = parsed.map_err(|stop| match stop {
                    Stop::NotUtf8 => Interrupt::Windows1252,
                    Stop::Identifier(line, column, looks_like) => {
                        Interrupt::Refuse(Refusal::IdentifierValue { line, column, looks_like })
                    }
                })?;
                self.take(&parsed, &mut back, sink)?;
            }
            waiting.clear();
            while waiting.len() < rayon::current_num_threads() {
                match next(&mut chunks)? {
                    Some(chunk) => waiting.push(chunk),
                    None => break,
                }
            }
        }
        self.settle(back, sink)?;
        self.report.finish();
        let report = &*self.report;
        let share = i128::from(report.rejected) * i128::from(SCALE);
        if share > i128::from(report.read) * i128::from(pipeline.max_reject_share) {
            let percent = pipeline.max_reject_share * 100;
            let allowed_percent = format!("{}.{:02}", percent / SCALE, percent % SCALE / 100);
            let allowed_percent = allowed_percent.trim_end_matches('0').trim_end_matches('.').to_owned();
            return Err(
                Refusal::TooManyRejects { rejected: report.rejected, read: report.read, allowed_percent }.into()
            );
        }
        Ok(())
    }

    fn check_defaults(&self, mapping: &Mapping) -> Result<(), Refusal> {
        let pipeline = self.intake.pipeline;
        let money = mapping
            .columns
            .iter()
            .any(|(_, column)| column.kind == ColumnKind::Money && !is_currency_code(&column.unit));
        if money && !mapping.has("currency") && pipeline.settings.currency.is_none() {
            return Err(Refusal::NoDefault { column: "currency", example: "currency = \"EUR\"" });
        }
        if mapping.has("base_pay") && !mapping.has("pay_basis") && pipeline.settings.pay_basis.is_none() {
            return Err(Refusal::NoDefault { column: "pay_basis", example: "pay_basis = \"month\"" });
        }
        Ok(())
    }

    /// Hands the kept rows of a chunk on, company by company, and holds back those of repeated employees.
    fn take(&mut self, parsed: &Parsed, held: &mut Held, sink: &mut dyn Sink) -> Result<(), Interrupt> {
        let start = self.report.read;
        self.report.read += parsed.rows as u64;
        self.report.rejected += parsed.keep.iter().filter(|&&keep| !keep).count() as u64;
        let places: BTreeMap<u64, u64> = parsed.rejects.iter().map(|reject| (reject.row, reject.line)).collect();
        debug_assert_eq!(places.len(), parsed.keep.iter().filter(|&&keep| !keep).count());
        self.report.reject(parsed.rejects.iter().map(|reject| Reject { row: start + reject.row + 1, ..*reject }));
        let mut parts: BTreeMap<(u32, Period), (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        let mut last: Option<((u32, Period), u64)> = None;
        for row in (0..parsed.rows).filter(|&row| parsed.keep[row]) {
            let key = (parsed.companies[row], parsed.periods[row]);
            let seed = match last {
                Some((same, seed)) if same == key => seed,
                _ => hash(&[&key.0.to_le_bytes(), key.1.to_string().as_bytes()]),
            };
            last = Some((key, seed));
            let hash = hash(&[&seed.to_le_bytes(), parsed.ids.value(row).as_bytes()]);
            let (direct, back) = parts.entry(key).or_default();
            let row = u32::try_from(row).unwrap_or(u32::MAX);
            if self.repeated.contains(&hash) {
                back.push(row);
            } else {
                direct.push(row);
                self.hashes.push(hash);
            }
        }
        for ((company, period), (direct, back)) in parts {
            let company = company as usize;
            if !direct.is_empty() {
                let batch = select(parsed, company, period, &direct).map_err(broken)?;
                self.report.stored(company, period, batch.len() as u64);
                sink.accept(batch).map_err(Interrupt::Sink)?;
            }
            if !back.is_empty() {
                let batch = select(parsed, company, period, &back).map_err(broken)?;
                held.push(
                    batch,
                    back.iter().map(|&row| (start + u64::from(row) + 1, parsed.lines[row as usize])).collect(),
                );
            }
        }
        Ok(())
    }

    fn settle(&mut self, held: Held, sink: &mut dyn Sink) -> Result<(), Interrupt> {
        let settled = held.settle(self.intake.pipeline.multiple_jobs).map_err(broken)?;
        self.report.merged += settled.merged;
        self.report.rejected += settled.rejected.len() as u64;
        let rule = Rule::OneRowPerEmployee;
        self.report.reject(settled.rejected.into_iter().map(|(row, line)| Reject { row, line, column: None, rule }));
        for batch in settled.batches.into_iter().filter(|batch| !batch.is_empty()) {
            self.report.stored(batch.company(), batch.period(), batch.len() as u64);
            sink.accept(batch).map_err(Interrupt::Sink)?;
        }
        Ok(())
    }
}

fn broken(error: ArrowError) -> Interrupt {
    Interrupt::Sink(Box::new(error))
}

fn next(chunks: &mut Chunks<'_>) -> Result<Option<Chunk>, Interrupt> {
    chunks.next().map_err(|error| match error {
        CutError::Io(error) => Interrupt::Refuse(unreadable(&error)),
        CutError::OpenQuote(line) => Interrupt::Refuse(Refusal::OpenQuote(line)),
    })
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
    let indices = UInt32Array::from(rows.to_vec());
    let arrays: Result<Vec<ArrayRef>, ArrowError> =
        parsed.columns.iter().map(|(_, array)| take(array, &indices, None)).collect();
    let columns = RecordBatch::try_new_with_options(schema, arrays?, &options)?;
    let ids: StringArray = rows.iter().map(|&row| Some(parsed.ids.value(row as usize))).collect();
    Ok(ValidBatch { company, period, ids, columns })
}

/// The header record of an upload.
struct Head {
    headers: Vec<String>,
    delimiter: u8,
    /// Bytes until the first data row.
    length: usize,
}

impl Head {
    fn read(bytes: &[u8], format: &FileFormat, encoding: Encoding) -> Result<Self, Refusal> {
        let mut start = 0;
        let mut delimiter = format.delimiter;
        // Spreadsheets write a line `sep=;` that names the delimiter.
        if let Some(rest) = bytes.strip_prefix(b"sep=")
            && let [found, b'\r' | b'\n', ..] = rest
        {
            delimiter = delimiter.or(Some(*found));
            start = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
        }
        start += bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let body = &bytes[start..];
        let line_end = memchr::memchr(b'\n', body).unwrap_or(body.len());
        let delimiter = delimiter.unwrap_or_else(|| header::delimiter_of(&body[..line_end]));
        let mut reader = simd_csv::ZeroCopyReaderBuilder::with_capacity(body.len().clamp(1, 1 << 16))
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(body);
        let record = reader.read_byte_record().ok().flatten().ok_or(Refusal::Empty)?;
        let decode = |field: &[u8]| match std::str::from_utf8(field) {
            Ok(text) => text.trim().to_owned(),
            Err(_) if encoding == Encoding::Utf8 => String::from_utf8_lossy(field).trim().to_owned(),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(field).0.trim().to_owned(),
        };
        let headers: Vec<String> =
            (0..record.len()).map(|place| decode(&record.unescape(place).unwrap_or_default())).collect();
        if headers.iter().all(String::is_empty) {
            return Err(Refusal::Empty);
        }
        let length = start + usize::try_from(reader.position()).unwrap_or(0);
        Ok(Self { headers, delimiter, length })
    }
}

/// The headers of an upload, for showing a plan; reads no data row.
///
/// # Errors
/// The [`Refusal`] that its header would earn.
pub fn mapping_of(path: &Path, pipeline: &Pipeline) -> Result<Mapping, Refusal> {
    let format = pipeline.format_of(path);
    let outcome = source::open(path, format.encoding, |stream, encoding| {
        let mut chunks = Chunks::new(stream);
        let first = match chunks.next() {
            Ok(Some(first)) => first,
            Ok(None) => return Err(Refusal::Empty),
            Err(CutError::Io(error)) => return Err(unreadable(&error)),
            Err(CutError::OpenQuote(line)) => return Err(Refusal::OpenQuote(line)),
        };
        Mapping::of(&Head::read(&first.bytes, format, encoding)?.headers, pipeline)
    });
    outcome.unwrap_or_else(|error| Err(unreadable(&error)))
}

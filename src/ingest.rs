//! From uploads to the store: intake, edits, pseudonymize and store, for all uploads of a run.
//!
//! In: upload files. Out: the store, with every accepted upload committed at once, and an [`IntakeReport`].
//! Invariant: an upload that is refused or held back changes nothing; two uploads for one company and period are both refused; an upload that is
//! in the store already, byte for byte, is not parsed again, and not even read where the file system shows that it is the file of
//! the last run. The order of files does not matter.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::digest::hex;
use crate::edits::{
    Accepted, Arrival, Edits, Finding, Held, Profile, Profiler, Severity, Stored, Today, file_name, judge, notes, worst,
};
use crate::in_turn::in_turn;
use crate::intake::{
    Intake, IntakeReport, Refusal, Register, Sink, SinkError, Upload, UploadError, UploadReport, ValidBatch, source,
};
use crate::period::Period;
use crate::pipeline::Pipeline;
use crate::pseudonym::{CompanyKey, MasterKey, pseudonymize};
use crate::store::{Catalogue, Origin, Part, Sight, Staged, Store, StoreError, UploadWriter};
use crate::timings;

/// Why a run could not take its uploads. A refused upload is no such reason: it is in the report.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The pattern of uploads is broken or matches nothing.
    #[error("{0}")]
    NoUploads(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something else failed while an upload was taken.
    #[error("{}: {error}", .file.display())]
    Sink {
        /// The upload.
        file: PathBuf,
        /// What happened.
        error: SinkError,
    },
}

/// The files that a glob pattern matches, in order; at least one.
///
/// # Errors
/// [`IngestError::NoUploads`].
pub fn uploads(pattern: &str) -> Result<Vec<PathBuf>, IngestError> {
    let files = uploads_so_far(pattern)?;
    if files.is_empty() {
        let what = "matches no file; check `uploads` in the pipeline or `--uploads`";
        return Err(IngestError::NoUploads(format!("uploads {pattern:?}: {what}")));
    }
    Ok(files)
}

/// The files that a glob pattern matches, in order; perhaps none yet.
///
/// # Errors
/// [`IngestError::NoUploads`]: the pattern is broken.
pub fn uploads_so_far(pattern: &str) -> Result<Vec<PathBuf>, IngestError> {
    let broken = |what: String| IngestError::NoUploads(format!("uploads {pattern:?}: {what}"));
    let paths = glob::glob(pattern).map_err(|error| broken(format!("is no file pattern: {}", error.msg)))?;
    let mut files = Vec::new();
    for path in paths {
        let path = path.map_err(|error| broken(error.to_string()))?;
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// An upload before it is read: its place among the files, and what the file system says of it.
struct Arrived<'a> {
    number: usize,
    file: &'a Path,
    sight: Option<Sight>,
}

/// What became of one upload, before the whole run is looked at.
enum Outcome {
    Taken(Box<Taken>),
    Unchanged(PathBuf, String),
    Refused(Refusal, Box<UploadReport>),
}

/// An upload that was read and may still be refused or held back.
struct Taken {
    report: UploadReport,
    /// SHA-256 of its bytes and name.
    digest: String,
    staged: Vec<Staged>,
    profiles: Profiles,
}

/// What the rows of each company and period look like from afar.
type Profiles = BTreeMap<(usize, Period), Profile>;

/// Takes uploads into a store without asking anything about them. `progress` hears of the bytes of each upload that is done.
///
/// # Errors
/// [`IngestError`]; the store is as before then.
pub fn ingest(
    files: &[PathBuf],
    pipeline: &Pipeline,
    register: &Register,
    store: &Store,
    master: &MasterKey,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<IntakeReport, IngestError> {
    take_all(files, pipeline, register, store, master, None, progress).map(|(report, _)| report)
}

/// Takes uploads into the store that pass the edits.
///
/// # Errors
/// [`IngestError`]; the store is as before then.
pub fn ingest_edited(
    files: &[PathBuf],
    pipeline: &Pipeline,
    register: &Register,
    store: &Store,
    master: &MasterKey,
    today: Today,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(IntakeReport, Edits), IngestError> {
    take_all(files, pipeline, register, store, master, Some(today), progress)
}

fn take_all(
    files: &[PathBuf],
    pipeline: &Pipeline,
    register: &Register,
    store: &Store,
    master: &MasterKey,
    edited: Option<Today>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(IntakeReport, Edits), IngestError> {
    let (intake, key_id) = (hex(&intake_digest(pipeline)), master.id());
    let catalogue = store.catalogue()?;
    let known = catalogue.whole_uploads(&intake, &key_id);
    let mut seen = store.seen();
    let desk = Desk { pipeline, register, store, master, intake: &intake, key_id: &key_id, known: &known };
    let take = |arrived: &Arrived<'_>| {
        let digest = arrived.sight.as_ref().and_then(|sight| seen.digest(sight));
        let taken = match digest.filter(|digest| known.contains_key(digest)) {
            Some(digest) => {
                Ok((Outcome::Unchanged(arrived.file.to_owned(), digest.to_owned()), Some(digest.to_owned())))
            }
            None => desk.take(arrived),
        };
        progress(arrived.sight.as_ref().map_or(0, Sight::size));
        taken
    };
    let arrived = largest_first(files);
    let (outcomes, digests): (Vec<Outcome>, Vec<Option<String>>) = in_turn(&arrived, take)?.into_iter().unzip();
    let sights = arrived.into_iter().zip(digests);
    let read: Vec<(Sight, String)> = sights.filter_map(|(arrived, digest)| arrived.sight.zip(digest)).collect();
    let mut report = IntakeReport::default();
    let mut read_well: Vec<Taken> = Vec::new();
    let mut claims: BTreeMap<(String, String), Vec<PathBuf>> = BTreeMap::new();
    for outcome in outcomes {
        match outcome {
            Outcome::Taken(taken) => {
                for part in &taken.staged {
                    let claim = (part.company.clone(), part.period.clone());
                    claims.entry(claim).or_default().push(taken.report.file.clone());
                }
                read_well.push(*taken);
            }
            Outcome::Unchanged(file, digest) => {
                for part in catalogue.parts().iter().filter(|part| part.upload == digest) {
                    claims.entry((part.company.clone(), part.period.clone())).or_default().push(file.clone());
                }
                report.unchanged.push(file);
            }
            Outcome::Refused(refusal, upload) => report.refused.push((refusal, *upload)),
        }
    }
    let mut passing = Vec::new();
    for taken in read_well {
        if let Some(refusal) = conflict(&taken.report, &taken.staged, &claims) {
            report.refused.push((refusal, taken.report));
        } else {
            passing.push(taken);
        }
    }
    passing.sort_by(|a, b| a.report.file.cmp(&b.report.file));
    let mut edits = Edits::default();
    if let Some(today) = edited {
        (edits.remarks, edits.missing) = remarks(files, &passing, &catalogue, pipeline, register);
        let _part = timings::part("edits");
        passing = edit(passing, &catalogue, pipeline, register, today, &mut report, &mut edits)?;
    }
    let mut all_staged = Vec::new();
    for taken in passing {
        all_staged.extend(taken.staged);
        report.taken.push(taken.report);
    }
    report.unchanged.sort();
    report.refused.sort_by(|a, b| a.1.file.cmp(&b.1.file));
    let _part = timings::part("making the store durable");
    store.commit(&all_staged)?;
    // Without the list uploads are read again, and that is all.
    let _ = seen.replace(read);
    Ok((report, edits))
}

/// Lets through what the edits let through; the others go to the refused and to those held back.
fn edit(
    taken: Vec<Taken>,
    catalogue: &Catalogue,
    pipeline: &Pipeline,
    register: &Register,
    today: Today,
    report: &mut IntakeReport,
    edits: &mut Edits,
) -> Result<Vec<Taken>, StoreError> {
    let arrivals = taken.iter().enumerate().flat_map(|(upload, taken)| {
        let parts = taken.profiles.iter();
        parts.map(move |((place, period), profile)| Arrival { upload, place: *place, period: *period, profile })
    });
    let arrivals: Vec<Arrival<'_>> = arrivals.collect();
    if arrivals.is_empty() {
        return Ok(taken);
    }
    let mut of_upload: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
    for (upload, finding) in judge(&arrivals, &stored(catalogue.parts(), pipeline), pipeline, register, today) {
        of_upload.entry(upload).or_default().push(finding);
    }
    let accepted = Accepted::read(&pipeline.workspace)?;
    let mut passing = Vec::new();
    for (upload, taken) in taken.into_iter().enumerate() {
        let findings = of_upload.remove(&upload).unwrap_or_default();
        if worst(&findings) == Some(Severity::Error) {
            report.refused.push((refusal(&findings), taken.report));
            continue;
        }
        let mut open = Vec::new();
        for finding in findings {
            if finding.severity == Severity::Note {
                edits.notes.push(finding);
            } else if accepted.has(&pipeline.name, &taken.digest, &finding) {
                edits.accepted.push(finding);
            } else {
                open.push(finding);
            }
        }
        if open.is_empty() {
            passing.push(taken);
        } else {
            edits.held.push(Held { file: taken.report.file, upload: taken.digest, findings: open });
        }
    }
    Ok(passing)
}

/// What the store holds, for edits.
#[must_use]
pub fn stored<'c>(parts: &'c [Part], pipeline: &Pipeline) -> Vec<Stored<'c>> {
    let own = |text: &str| pipeline.period_kind.parse(text).filter(|period| period.to_string() == text);
    let stored = parts.iter().filter_map(|part| {
        let (company, profile) = (part.company.as_str(), part.profile());
        Some(Stored { company, period: own(&part.period)?, records: part.rows, profile })
    });
    stored.collect()
}

/// The errors that edits found in an upload.
#[must_use]
pub fn refusal(findings: &[Finding]) -> Refusal {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let told = errors.map(|Finding { rule, company, period, message, .. }| {
        format!("company {company}, period {period}: {message}; {} (edit {})", rule.mend(), rule.name())
    });
    Refusal::Edit(told.collect::<Vec<_>>().join("; "))
}

/// What is told of files, and of who did not upload for the period that is released.
fn remarks(
    files: &[PathBuf],
    taken: &[Taken],
    catalogue: &Catalogue,
    pipeline: &Pipeline,
    register: &Register,
) -> (Vec<String>, Option<String>) {
    let mut remarks = notes::of_formats(files, pipeline);
    let mut snapshots: BTreeSet<(Period, &str)> =
        stored(catalogue.parts(), pipeline).into_iter().map(|stored| (stored.period, stored.company)).collect();
    for taken in taken {
        let companies: BTreeSet<usize> = taken.profiles.keys().map(|(place, _)| *place).collect();
        remarks.extend(notes::of_name(&taken.report.file, &companies, register));
        let parts = taken.profiles.keys();
        snapshots.extend(parts.map(|(place, period)| (*period, register.companies()[*place].id.as_str())));
    }
    let period = pipeline.period.or_else(|| snapshots.last().map(|(period, _)| *period));
    let of = |wanted: Period| {
        let companies = snapshots.iter().filter(|(period, _)| *period == wanted).map(|(_, company)| *company);
        companies.collect::<BTreeSet<&str>>()
    };
    let missing = period.and_then(|period| notes::of_missing(period, &of(period), &of(period.previous()), register));
    (remarks, missing)
}

/// What an upload is known by, in hexadecimal digits.
///
/// # Errors
/// When the file cannot be read.
pub fn digest_of(file: &Path) -> std::io::Result<String> {
    Ok(hex(&named(file, Upload::open(file)?.digest())))
}

/// The digest of an upload: of its bytes, and of its name, which may name the company.
fn named(file: &Path, bytes: [u8; 32]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    hasher.update(bytes);
    hasher.update(source::stem(file).as_bytes());
    hasher.finalize().into()
}

/// What decides how uploads are read: the pipeline's reading rules, and the period where a flag gives it.
fn intake_digest(pipeline: &Pipeline) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let period = pipeline.period.map(|period| period.to_string()).unwrap_or_default();
    let mut hasher = Sha256::new();
    hasher.update(pipeline.intake_digest);
    hasher.update(period.as_bytes());
    hasher.finalize().into()
}

/// Large uploads first, so that no thread is left with one at the end.
fn largest_first(files: &[PathBuf]) -> Vec<Arrived<'_>> {
    let files = files.iter().enumerate();
    let mut arrived: Vec<Arrived<'_>> =
        files.map(|(number, file)| Arrived { number, file, sight: Sight::of(file) }).collect();
    arrived.sort_by_key(|arrived| (Reverse(arrived.sight.as_ref().map(Sight::size)), arrived.number));
    arrived
}

fn conflict(
    upload: &UploadReport,
    staged: &[Staged],
    claims: &BTreeMap<(String, String), Vec<PathBuf>>,
) -> Option<Refusal> {
    staged.iter().find_map(|part| {
        let files = claims.get(&(part.company.clone(), part.period.clone()))?;
        let mut others: Vec<&PathBuf> = files.iter().filter(|file| **file != upload.file).collect();
        others.sort();
        others.first().map(|other| Refusal::SameCompanyTwice {
            company: part.company.clone(),
            period: part.period.clone(),
            other: other.display().to_string(),
        })
    })
}

/// What all uploads of a run are taken with.
struct Desk<'a> {
    pipeline: &'a Pipeline,
    register: &'a Register,
    store: &'a Store,
    master: &'a MasterKey,
    /// The digest of the reading rules.
    intake: &'a str,
    key_id: &'a str,
    /// The digests of uploads that the store has whole.
    known: &'a BTreeMap<&'a str, u64>,
}

impl Desk<'_> {
    /// Reads one upload; gives its digest as well, where it could be read.
    fn take(&self, arrived: &Arrived<'_>) -> Result<(Outcome, Option<String>), IngestError> {
        let Self { pipeline, register, store, master, .. } = *self;
        let file = arrived.file;
        let part = timings::part("reading and digests");
        let found = Upload::open(file);
        drop(part);
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                let report = Box::new(UploadReport::new(file, [0; 32]));
                return Ok((Outcome::Refused(Refusal::Unreadable(error.to_string()), report), None));
            }
        };
        let upload = hex(&named(file, found.digest()));
        if self.known.contains_key(upload.as_str()) {
            return Ok((Outcome::Unchanged(file.to_owned(), upload.clone()), Some(upload)));
        }
        let (intake, key_id) = (self.intake.to_owned(), self.key_id.to_owned());
        let columns = pipeline.columns.iter().map(|mapped| mapped.column.clone()).collect();
        let writer = store.writer(arrived.number, Origin { upload: upload.clone(), intake, key_id, columns });
        let mut sink = Pseudonymizing {
            writer,
            register,
            master,
            keys: BTreeMap::new(),
            profiles: BTreeMap::new(),
            pipeline,
            failed: None,
        };
        let outcome = match (Intake { pipeline, register }).read(&found, &mut sink) {
            Ok(report) => {
                let _part = timings::part("encoding");
                let profiles = sink.profiles.into_iter().map(|(part, profiler)| (part, profiler.finish()));
                let profiles: Profiles = profiles.collect();
                let text = |place: usize, period: Period| profiles.get(&(place, period)).map(Profile::text);
                let staged = sink.writer.finish(|place| register.companies()[place].id.clone(), text)?;
                write_rejects(&report, pipeline, register)?;
                Outcome::Taken(Box::new(Taken { report, digest: upload.clone(), staged, profiles }))
            }
            Err(UploadError::Refused { refusal, report }) => {
                write_rejects(&report, pipeline, register)?;
                Outcome::Refused(refusal, report)
            }
            Err(UploadError::Sink(error)) => match sink.failed {
                Some(error) => return Err(IngestError::Store(error)),
                None => return Err(IngestError::Sink { file: file.to_owned(), error }),
            },
        };
        Ok((outcome, Some(upload)))
    }
}

/// Writes the rejects file of an upload that has rejects.
fn write_rejects(report: &UploadReport, pipeline: &Pipeline, register: &Register) -> Result<(), StoreError> {
    if report.rejects.is_empty() {
        return Ok(());
    }
    let path = rejects_file(report, pipeline, register);
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
    fs::write(&path, report.rejects_csv(pipeline)).map_err(StoreError::io(&path))
}

/// Where the rejects of an upload are listed: under its company and period where it holds one, else under its own name.
#[must_use]
pub fn rejects_file(report: &UploadReport, pipeline: &Pipeline, register: &Register) -> PathBuf {
    let mut parts = report.stored.keys();
    let name = match (parts.next(), parts.next()) {
        (Some((place, period)), None) => format!("{}-{period}", file_name(&register.companies()[*place].id)),
        _ => file_name(&source::stem(&report.file)),
    };
    pipeline.workspace.join("rejects").join(format!("{name}-{}.csv", &hex(&report.digest)[..8]))
}

/// Turns valid batches into pseudonym batches on their way to the store.
struct Pseudonymizing<'a> {
    writer: UploadWriter,
    register: &'a Register,
    master: &'a MasterKey,
    keys: BTreeMap<usize, CompanyKey>,
    profiles: BTreeMap<(usize, Period), Profiler>,
    pipeline: &'a Pipeline,
    failed: Option<StoreError>,
}

impl Sink for Pseudonymizing<'_> {
    fn restart(&mut self) {
        self.writer.restart();
        self.profiles.clear();
    }

    fn accept(&mut self, batch: ValidBatch) -> Result<(), SinkError> {
        let place = batch.company();
        let holding = &self.register.companies()[place].holding;
        let part = timings::part("profiles");
        let profiler = self.profiles.entry((place, batch.period()));
        profiler.or_insert_with(|| Profiler::new(&self.pipeline.settings)).update_batch(&batch);
        drop(part);
        let key = self.keys.entry(place).or_insert_with(|| self.master.company_key(holding));
        let part = timings::part("pseudonyms");
        let batch = pseudonymize(batch, key);
        drop(part);
        let _part = timings::part("encoding");
        self.writer.write(&batch).map_err(|error| {
            let text = error.to_string();
            self.failed = Some(error);
            text.into()
        })
    }
}

//! From uploads to the store: intake, pseudonymize and store, for all uploads of a run.
//!
//! In: upload files. Out: the store, with every accepted upload committed at once, and an [`IntakeReport`].
//! Invariant: a refused upload changes nothing; two uploads for one company and period are both refused; an upload that is
//! in the store already, byte for byte, is not parsed again, and not even read where the file system shows that it is the file of
//! the last run. The order of files does not matter.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::digest::hex;
use crate::in_turn::in_turn;
use crate::intake::{
    Intake, IntakeReport, Refusal, Register, Sink, SinkError, Upload, UploadError, UploadReport, ValidBatch, source,
};
use crate::pipeline::Pipeline;
use crate::pseudonym::{CompanyKey, MasterKey, pseudonymize};
use crate::store::{Origin, Sight, Staged, Store, StoreError, UploadWriter};
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
    Taken(Box<UploadReport>, Vec<Staged>),
    Unchanged(PathBuf, String),
    Refused(Refusal, Box<UploadReport>),
}

/// Takes uploads into the store. `progress` hears of the bytes of each upload that is done.
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
    let mut staged_of: Vec<(UploadReport, Vec<Staged>)> = Vec::new();
    let mut claims: BTreeMap<(String, String), Vec<PathBuf>> = BTreeMap::new();
    for outcome in outcomes {
        match outcome {
            Outcome::Taken(upload, staged) => {
                for part in &staged {
                    let claim = (part.company.clone(), part.period.clone());
                    claims.entry(claim).or_default().push(upload.file.clone());
                }
                staged_of.push((*upload, staged));
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
    let mut all_staged = Vec::new();
    for (upload, staged) in staged_of {
        if let Some(refusal) = conflict(&upload, &staged, &claims) {
            report.refused.push((refusal, upload));
        } else {
            all_staged.extend(staged);
            report.taken.push(upload);
        }
    }
    report.taken.sort_by(|a, b| a.file.cmp(&b.file));
    report.unchanged.sort();
    report.refused.sort_by(|a, b| a.1.file.cmp(&b.1.file));
    let _part = timings::part("making the store durable");
    store.commit(&all_staged)?;
    // Without the list uploads are read again, and that is all.
    let _ = seen.replace(read);
    Ok(report)
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
        let mut sink = Pseudonymizing { writer, register, master, keys: BTreeMap::new(), failed: None };
        let outcome = match (Intake { pipeline, register }).read(&found, &mut sink) {
            Ok(report) => {
                let _part = timings::part("encoding");
                let staged = sink.writer.finish(|place| register.companies()[place].id.clone())?;
                write_rejects(&report, pipeline)?;
                Outcome::Taken(Box::new(report), staged)
            }
            Err(UploadError::Refused { refusal, report }) => {
                write_rejects(&report, pipeline)?;
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
fn write_rejects(report: &UploadReport, pipeline: &Pipeline) -> Result<(), StoreError> {
    if report.rejects.is_empty() {
        return Ok(());
    }
    let path = rejects_file(report, pipeline);
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
    fs::write(&path, report.rejects_csv(pipeline)).map_err(StoreError::io(&path))
}

/// Where the rejects of an upload are listed.
#[must_use]
pub fn rejects_file(report: &UploadReport, pipeline: &Pipeline) -> PathBuf {
    pipeline.workspace.join("rejects").join(format!("{}.csv", report.short_digest()))
}

/// Turns valid batches into pseudonym batches on their way to the store.
struct Pseudonymizing<'a> {
    writer: UploadWriter,
    register: &'a Register,
    master: &'a MasterKey,
    keys: BTreeMap<usize, CompanyKey>,
    failed: Option<StoreError>,
}

impl Sink for Pseudonymizing<'_> {
    fn restart(&mut self) {
        self.writer.restart();
    }

    fn accept(&mut self, batch: ValidBatch) -> Result<(), SinkError> {
        let place = batch.company();
        let holding = &self.register.companies()[place].holding;
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

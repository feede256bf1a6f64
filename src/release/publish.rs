//! Publishing: a folder that appears whole or not at all.
//!
//! In: a safe table. Out: `releases/<pipeline>/<period>/v<N>/`. Invariant: files are written beside, verified as anybody
//! could, and renamed into place; an earlier version is never touched; the same content makes no new version.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::manifest::{FileEntry, Manifest};
use super::read::Released;
use super::verify::{Fault, verify};
use super::{benchmarks, copies, dictionary, report, schema};
use crate::audit::{AttackError, Effort, Finding, attack};
use crate::disclose::SafeTable;
use crate::page::PageError;
use crate::period::Period;
use crate::pipeline::Pipeline;
use crate::timings;

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// A file or folder cannot be read or written.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// The figures cannot be written as Parquet.
    #[error("benchmarks.parquet cannot be written: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The report cannot be made.
    #[error(transparent)]
    Report(#[from] PageError),
    /// The figures cannot be written as an Excel workbook.
    #[error("benchmarks.xlsx cannot be written: {0}")]
    Workbook(String),
    /// The figures cannot be packed into an Excel workbook.
    #[error("benchmarks.xlsx cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The finished files break the policy.
    #[error("the finished files do not keep their own policy, and are not published: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unsafe(Vec<Fault>),
    /// It is not proven on the finished files that nobody comes to know what is withheld.
    #[error("the finished files are not proven to hide what is withheld, and are not published: {}", .0.iter().map(|finding| format!("{} of {}", finding.fact, finding.cell)).collect::<Vec<_>>().join("; "))]
    Broken(Vec<Finding>),
    /// The audit of the finished files cannot be made.
    #[error(transparent)]
    Audit(#[from] AttackError),
    /// A release does not say what it is.
    #[error(
        "{}: {error}; put the manifest back from a backup, or take that folder away if nobody has the release: otherwise it is not \
         known what is published", .path.display()
    )]
    NoManifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
    /// It is not known what an earlier release has told.
    #[error(
        "it is not known what {} has told, and so nothing can be published that does not tell more beside it; put {} back, or take \
         that release away if nobody has it", .release.display(), .folder.display()
    )]
    NoLedger {
        /// The earlier release.
        release: PathBuf,
        /// Its private folder.
        folder: PathBuf,
    },
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its folder.
    pub folder: PathBuf,
    /// Its version.
    pub version: u32,
    /// Whether it is new; otherwise the latest version has the same content.
    pub new: bool,
    /// Of a new one, the version before where that has the same figures: then only other files differ.
    pub same_figures_as: Option<u32>,
}

/// A release that was verified and attacked, and that nobody sees yet.
#[derive(Debug)]
pub struct Prepared {
    folder: PathBuf,
    /// Where its files lie; none where the latest version has the same content.
    staging: Option<PathBuf>,
    version: u32,
    same_figures_as: Option<u32>,
}

/// Prepares the release of a safe table whose private files are in a folder: these prove to the audit, which reads the finished files,
/// that nobody comes to know what is withheld.
///
/// # Errors
/// [`ReleaseError`]; earlier versions are untouched.
pub fn prepare(
    table: &SafeTable,
    pipeline: &Pipeline,
    release_date: Option<&str>,
    private: &Path,
) -> Result<Prepared, ReleaseError> {
    let folder = folder_of(pipeline, table.period());
    fs::create_dir_all(&folder).map_err(io(&folder))?;
    let part = timings::part("encoding the release");
    let rows = benchmarks::batch(table, pipeline).map_err(parquet::errors::ParquetError::from)?;
    // An earlier release that cannot be read is none to compare with.
    let before = || Released::latest(pipeline, table.period().previous()).ok().flatten();
    let (parquet, report) =
        rayon::join(|| benchmarks::parquet(&rows), || report::html(table, before().as_ref(), pipeline));
    let mut files = vec![
        ("benchmarks.parquet", parquet?),
        ("dictionary.md", dictionary::markdown(table, pipeline).into_bytes()),
        ("report.html", report?.into_bytes()),
        ("schema.json", schema::json(table, pipeline).into_bytes()),
    ];
    files.extend(copies::encode(&rows, table, pipeline)?);
    drop(rows);
    let entries = files.iter().map(|(name, content)| FileEntry::of(name, content)).collect();
    let manifest = Manifest::of(table, pipeline, release_date, entries).to_json();
    drop(part);
    let latest = versions(&folder).map_err(io(&folder))?.into_iter().max();
    if let Some(version) = latest {
        let existing = folder.join(format!("v{version}"));
        if fs::read(existing.join("manifest.json")).is_ok_and(|found| found == manifest.as_bytes()) {
            return Ok(Prepared { folder, staging: None, version, same_figures_as: None });
        }
    }
    let staging = folder.join(".staging");
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(io(&staging))?;
    }
    fs::create_dir(&staging).map_err(io(&staging))?;
    let manifest = ("manifest.json", manifest.into_bytes());
    for (name, content) in files.iter().chain([&manifest]) {
        let path = staging.join(name);
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        });
        written.map_err(io(&path))?;
    }
    let verify = || {
        let _part = timings::part("verification");
        verify(&staging)
    };
    let attack = || {
        let _part = timings::part("attack");
        attack(&staging, private, Effort::Proofs)
    };
    let (verified, attacked) = rayon::join(verify, attack);
    let verified = verified.map_err(io(&staging))?;
    if !verified.faults.is_empty() {
        fs::remove_dir_all(&staging).map_err(io(&staging))?;
        return Err(ReleaseError::Unsafe(verified.faults));
    }
    if !attacked.as_ref().is_ok_and(|attack| attack.findings.is_empty()) {
        fs::remove_dir_all(&staging).map_err(io(&staging))?;
    }
    let findings = attacked?.findings;
    if !findings.is_empty() {
        return Err(ReleaseError::Broken(findings));
    }
    let has_same = |version: &u32| {
        let figures = fs::read(folder.join(format!("v{version}")).join("benchmarks.parquet"));
        figures
            .is_ok_and(|found| files.iter().any(|(name, content)| *name == "benchmarks.parquet" && *content == found))
    };
    let same_figures_as = latest.filter(has_same);
    Ok(Prepared { folder, staging: Some(staging), version: latest.unwrap_or(0) + 1, same_figures_as })
}

impl Prepared {
    /// Lets the release appear.
    ///
    /// # Errors
    /// [`ReleaseError`]; it does not appear then.
    pub fn publish(self) -> Result<Published, ReleaseError> {
        let Self { folder, staging, version, same_figures_as } = self;
        let place = folder.join(format!("v{version}"));
        let new = staging.is_some();
        if let Some(staging) = staging {
            fs::rename(&staging, &place).map_err(io(&place))?;
            crate::store::sync_folder(&folder).map_err(io(&folder))?;
        }
        Ok(Published { folder: place, version, new, same_figures_as })
    }
}

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ReleaseError {
    let path = path.to_owned();
    move |error| ReleaseError::Io { path, error }
}

/// Where the releases of a period are.
pub(super) fn folder_of(pipeline: &Pipeline, period: Period) -> PathBuf {
    pipeline.workspace.join("releases").join(&pipeline.name).join(period.to_string())
}

/// The versions of a release that are there, in no order; none where the folder is not.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn versions(folder: &Path) -> std::io::Result<Vec<u32>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut versions = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        versions.extend(name.to_string_lossy().strip_prefix('v').and_then(|version| version.parse::<u32>().ok()));
    }
    Ok(versions)
}

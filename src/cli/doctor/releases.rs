//! Releases and their private files.
//!
//! In: a workspace, and perhaps the name of one pipeline. Out: findings. Invariant: a release is verified by what `payquorum verify`
//! does, from its own files; of private files it is looked whether they are there and, where the next release needs them, readable.

use std::fs;
use std::path::{Path, PathBuf};

use super::Findings;
use crate::cli::progress::Stage;
use crate::cli::summary::group;
use crate::disclose::{History, PROOFS, PROTECTION};
use crate::release::{DECISIONS, Manifest, TOLD, verify};

/// One release.
struct Release {
    folder: PathBuf,
    pipeline: String,
    period: String,
    version: u32,
}

pub(super) fn check(workspace: &Path, pipeline: Option<&str>, stage: &Stage, findings: &mut Findings) {
    let mut broken = Vec::new();
    let releases = releases(workspace, pipeline, findings);
    for release in &releases {
        stage.does(format!("verifying {}", release.folder.display()));
        broken.extend(faults(release));
        broken.extend(missing(release, workspace, findings));
    }
    if broken.is_empty() {
        let what = pipeline.map_or_else(String::new, |name| format!(" of {name}"));
        let count = group(releases.len() as u64);
        findings
            .ok("releases", format!("{count}{what}: each is as its manifest says, and its private files are there"));
    }
    findings.problems("releases", broken);
}

/// All releases, in order; notes what stopped runs left.
fn releases(workspace: &Path, pipeline: Option<&str>, findings: &mut Findings) -> Vec<Release> {
    let mut found = Vec::new();
    for (pipeline, folder) in
        folders(&workspace.join("releases")).filter(|(name, _)| pipeline.is_none_or(|it| it == name))
    {
        for (period, folder) in folders(&folder) {
            let mut versions = Vec::new();
            for (name, folder) in folders(&folder) {
                if name == ".staging" {
                    let text = format!("{} is left of a run that was killed before it published", folder.display());
                    findings.note("releases", text, "nothing: the next release of that period replaces it");
                }
                let version = name.strip_prefix('v').and_then(|version| version.parse().ok());
                let (pipeline, period) = (pipeline.clone(), period.clone());
                versions.extend(version.map(|version| Release { folder, pipeline, period, version }));
            }
            versions.sort_by_key(|release| release.version);
            found.extend(versions);
        }
    }
    found
}

/// Folders in a folder, in order, with their names.
fn folders(parent: &Path) -> impl Iterator<Item = (String, PathBuf)> + use<> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(String, PathBuf)> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect();
    found.sort();
    found.into_iter()
}

/// What `payquorum verify` finds.
fn faults(release: &Release) -> Option<(String, String)> {
    let place = release.folder.display();
    let text = match verify(&release.folder) {
        Ok(verified) => {
            let first = verified.faults.first()?;
            format!("{place} has {} faults, the first: {first}", verified.faults.len())
        }
        Err(error) => format!("{place} cannot be verified: {error}"),
    };
    Some((text, "do not give this release out; put its folder back from a backup".to_owned()))
}

/// What is missing of the private files of a release.
fn missing(release: &Release, workspace: &Path, findings: &mut Findings) -> Vec<(String, String)> {
    let Release { pipeline, period, version, .. } = release;
    let place = release.folder.display();
    let period_folder = workspace.join("ledger").join(pipeline).join(period);
    let private = period_folder.join(format!("v{version}"));
    let mut found = Vec::new();
    if !private.exists() && period_folder.join("next").exists() {
        let text = format!("the private files of {place} still have their first name");
        findings.note("releases", text, "nothing: the next release of that period gives them theirs");
        return found;
    }
    let backup = format!("put {} back from a backup", private.display());
    let told = private.join(TOLD);
    if !told.is_file() {
        let mend = format!("{backup}: without it nothing can be published beside that release");
        found.push((format!("{} is missing, which tells what {place} has told", told.display()), mend));
    } else if let Err(error) = History::read(&[told]) {
        found.push((error.to_string(), backup.clone()));
    }
    for name in [DECISIONS, PROTECTION, PROOFS] {
        let file = private.join(name);
        if !file.is_file() {
            let text = format!("{} is missing, which tells why {place} was safe to publish", file.display());
            found.push((text, backup.clone()));
        }
    }
    let budget = workspace.join("budget").join(pipeline).join(format!("{period}.json"));
    if is_perturbed(&release.folder) && !budget.is_file() {
        let text = format!("{} is missing, and {place} has spent of it", budget.display());
        let mend = "put it back from a backup before the next run: without it the privacy budget is spent twice";
        found.push((text, mend.to_owned()));
    }
    let own = workspace.join("companies").join(pipeline).join(format!("{period}.parquet"));
    if !own.is_file() {
        let text = format!("{} is missing: the companies' own metrics beside {place}", own.display());
        findings.note("releases", text, format!("`payquorum release` with `--period {period}` writes it again"));
    }
    found
}

/// Whether the manifest tells of noise; one that cannot be read has been found before.
fn is_perturbed(release: &Path) -> bool {
    let text = fs::read(release.join("manifest.json")).unwrap_or_default();
    serde_json::from_slice::<Manifest>(&text).is_ok_and(|manifest| manifest.perturbation.is_some())
}

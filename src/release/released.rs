//! Which periods of a pipeline are released.
//!
//! In: the releases of a workspace. Out: periods. Invariant: only what a manifest says counts, and whatever lies there without a
//! manifest that can be read stops the program: it might have been published.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::publish::{ReleaseError, folder_of, io, versions};
use crate::period::Period;
use crate::pipeline::Pipeline;

/// The periods of a pipeline of which a version is there whose manifest says so.
///
/// # Errors
/// [`ReleaseError`]: a folder cannot be read, or a version lacks its manifest.
pub fn released_periods(pipeline: &Pipeline) -> Result<BTreeSet<Period>, ReleaseError> {
    let releases = pipeline.workspace.join("releases").join(&pipeline.name);
    let entries = match fs::read_dir(&releases) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(io(&releases)(error)),
    };
    let mut periods = BTreeSet::new();
    for entry in entries {
        let name = entry.map_err(io(&releases))?.file_name();
        let name = name.to_string_lossy();
        let Some(period) = pipeline.period_kind.parse(&name).filter(|period| period.to_string() == name) else {
            continue;
        };
        let folder = folder_of(pipeline, period);
        for version in versions(&folder).map_err(io(&folder))? {
            if says(&folder.join(format!("v{version}")), &pipeline.name, &name)? {
                periods.insert(period);
            }
        }
    }
    Ok(periods)
}

/// Whether the manifest of a version names this pipeline and period. Its other lines may be of any version of the program.
fn says(version: &Path, pipeline: &str, period: &str) -> Result<bool, ReleaseError> {
    let path = version.join("manifest.json");
    let unreadable = |error: String| ReleaseError::NoManifest { path: path.clone(), error };
    let bytes = fs::read(&path).map_err(|error| unreadable(error.to_string()))?;
    let manifest: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    match (manifest["pipeline"].as_str(), manifest["period"].as_str()) {
        (Some(found), Some(of)) => Ok(found == pipeline && of == period),
        _ => Err(unreadable("it names no pipeline and period".to_owned())),
    }
}

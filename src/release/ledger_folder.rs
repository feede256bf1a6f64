//! The private folder beside a release: `<workspace>/ledger/<pipeline>/<period>/v<N>/`.
//!
//! In: a pipeline and a period, or the folder of a release. Out: where its private files are. Invariant: private files are complete
//! under the name `next` before the release appears, and get its version afterwards; a release without them stops the next one.

use std::fs;
use std::path::{Path, PathBuf};

use super::publish::{Published, ReleaseError, folder_of, versions};
use crate::period::Period;
use crate::pipeline::Pipeline;

/// The decisions, for the privacy officer.
pub const DECISIONS: &str = "decisions.parquet";
/// What stands behind published figures.
pub const TOLD: &str = "told.parquet";

/// The name of the folder whose release is not there yet.
const NEXT: &str = "next";

/// The private folders of the releases of a pipeline.
#[derive(Debug)]
pub struct LedgerFolder<'p> {
    pipeline: &'p Pipeline,
    period: Period,
}

impl<'p> LedgerFolder<'p> {
    /// Those of a pipeline, for a period.
    #[must_use]
    pub fn of(pipeline: &'p Pipeline, period: Period) -> Self {
        Self { pipeline, period }
    }

    fn folder(&self, period: Period, name: &str) -> PathBuf {
        self.pipeline.workspace.join("ledger").join(&self.pipeline.name).join(period.to_string()).join(name)
    }

    /// Where the private files of the release go that is about to be published.
    #[must_use]
    pub fn next(&self) -> PathBuf {
        self.folder(self.period, NEXT)
    }

    /// Gives them the version that was published; tells where they are then.
    ///
    /// # Errors
    /// [`ReleaseError::Io`].
    pub fn keep(&self, published: &Published) -> Result<PathBuf, ReleaseError> {
        let kept = self.folder(self.period, &format!("v{}", published.version));
        let io = |error| ReleaseError::Io { path: kept.clone(), error };
        if kept.exists() {
            fs::remove_dir_all(&kept).map_err(io)?;
        }
        fs::rename(self.next(), &kept).map_err(io)?;
        Ok(kept)
    }

    /// Whether a run was stopped between the release and its private folder, which still has its first name.
    ///
    /// # Errors
    /// [`ReleaseError::Io`].
    pub fn is_unfinished(&self) -> Result<bool, ReleaseError> {
        let releases = folder_of(self.pipeline, self.period);
        let versions = versions(&releases).map_err(|error| ReleaseError::Io { path: releases, error })?;
        let mut kept = versions.into_iter().map(|version| self.folder(self.period, &format!("v{version}")));
        Ok(self.next().exists() && kept.any(|folder| !folder.exists()))
    }

    /// The private folders of the releases of this period and of those before and after it: one that was released late stands beside
    /// the later one, too.
    ///
    /// # Errors
    /// [`ReleaseError::NoLedger`] where one is not there.
    pub fn earlier(&self) -> Result<Vec<PathBuf>, ReleaseError> {
        let mut folders = Vec::new();
        for period in [self.period, self.period.previous(), self.period.next()] {
            let releases = folder_of(self.pipeline, period);
            let io = |error| ReleaseError::Io { path: releases.clone(), error };
            for version in versions(&releases).map_err(io)? {
                let (name, next) = (format!("v{version}"), self.folder(period, NEXT));
                let folder = self.folder(period, &name);
                // A run that was stopped between the release and this folder left it under its first name.
                if !folder.exists() && next.exists() {
                    fs::rename(&next, &folder).map_err(|error| ReleaseError::Io { path: folder.clone(), error })?;
                }
                if !folder.exists() {
                    return Err(ReleaseError::NoLedger { release: releases.join(name), folder });
                }
                folders.push(folder);
            }
        }
        Ok(folders)
    }
}

/// The private folder of a release in its workspace: `<workspace>/ledger/<pipeline>/<period>/v<N>` of
/// `<workspace>/releases/<pipeline>/<period>/v<N>`; none where the release lies elsewhere.
#[must_use]
pub fn ledger_of(release: &Path) -> Option<PathBuf> {
    let release = std::path::absolute(release).ok()?;
    let mut above = release.ancestors();
    let mut name = || Some(above.next()?.file_name()?.to_owned());
    let (version, period, pipeline, releases) = (name()?, name()?, name()?, name()?);
    let folder = above.next()?.join("ledger").join(pipeline).join(period).join(version);
    (releases == "releases" && folder.is_dir()).then_some(folder)
}

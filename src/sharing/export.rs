//! A recipient's folder: `<workspace>/sharing/recipients/<recipient>/`.
//!
//! In: the grants in force, and the scorecards of a period. Out: `scores.json` and `scores.csv`. Invariant: the folder holds what the
//! grants in force allow and nothing of an earlier export; no figure of a metric, of an employee or of a cell is among it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::log::{Grant, Part};
use crate::scorecard::Scorecard;
use crate::store::write_beside;

/// What a recipient sees of a company.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SharedScore {
    /// The company.
    pub company: String,
    /// The pipeline and the period.
    pub pipeline: String,
    /// The period.
    pub period: String,
    /// 0 to 100, to the nearest whole point; none where the company is not scored.
    pub score: Option<f64>,
    /// One to five.
    pub stars: Option<u8>,
    /// The covered part of the weights, in percent.
    pub coverage: f64,
    /// The points of the parts, to the nearest whole point, where they were granted.
    pub parts: Option<Vec<(String, Option<f64>)>>,
}

impl SharedScore {
    fn of(card: &Scorecard, grant: &Grant) -> Self {
        let parts = card.score.parts.iter().map(|part| (part.name.clone(), part.points.map(f64::round)));
        Self {
            company: card.company.clone(),
            pipeline: card.pipeline.clone(),
            period: card.period.clone(),
            score: card.score.points.map(f64::round),
            stars: card.score.stars,
            coverage: (card.score.coverage * 100.0).round(),
            parts: grant.parts.contains(&Part::Parts).then(|| parts.collect()),
        }
    }
}

/// Makes a recipient's folder anew; gives it, and the companies in it.
///
/// # Errors
/// The folder cannot be written; then an earlier one may be gone, so that nothing is shared that is not granted any more.
pub fn export(
    workspace: &Path,
    recipient: &str,
    grants: &[&Grant],
    cards: &[Scorecard],
) -> io::Result<(PathBuf, Vec<String>)> {
    let folder = workspace.join("sharing").join("recipients").join(recipient);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let shared: Vec<SharedScore> = grants
        .iter()
        .filter(|grant| grant.recipient == recipient)
        .filter_map(|grant| Some(SharedScore::of(cards.iter().find(|card| card.company == grant.company)?, grant)))
        .collect();
    fs::create_dir_all(&folder)?;
    let mut json = serde_json::to_string_pretty(&shared)?;
    json.push('\n');
    write_beside(&folder.join("scores.json"), json.as_bytes())?;
    let mut csv = simd_csv::Writer::from_writer(Vec::new());
    csv.write_record(["company", "pipeline", "period", "score", "stars", "coverage_percent"])?;
    for score in &shared {
        let text = |figure: Option<String>| figure.unwrap_or_default();
        let SharedScore { company, pipeline, period, score, stars, coverage, .. } = score;
        let (score, stars) = (text(score.map(|score| score.to_string())), text(stars.map(|stars| stars.to_string())));
        csv.write_record([company, pipeline, period, &score, &stars, &coverage.to_string()])?;
    }
    let csv = csv.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    write_beside(&folder.join("scores.csv"), &csv)?;
    Ok((folder, shared.into_iter().map(|score| score.company).collect()))
}

//! What edits found, told to the operator.
//!
//! In: [`Edits`] of a run. Out: lines on standard error, each company's private file, and the error with which a run ends that left
//! queries open. Invariant: counts, ratios and names of columns; nothing of any record.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use super::log;
use crate::edits::{Edits, Finding, Held, write_queries};
use crate::measure::Found;
use crate::pipeline::Pipeline;
use crate::store::StoreError;

/// Findings that are listed one by one; of more, the number is told.
const LISTED: usize = 20;

/// Queries are open, which have been told.
#[derive(Debug, thiserror::Error)]
#[error(
    "held: {queries} queries about {uploads} uploads are open; these uploads are not in the store, and no release was made. Each company's \
     queries are in {} (private). Mend the uploads, or say why they are right with `payquorum accept PIPELINE UPLOAD --edit EDIT --why \
     TEXT`, and run again; or publish without them with `--skip-refused`", .folder.display()
)]
pub(super) struct OpenQueries {
    queries: usize,
    uploads: usize,
    folder: PathBuf,
}

/// Queries would be open, which have been told.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WouldBeHeld(pub(super) String);

/// Tells what was found, and writes each company's queries; gives the error with which a run ends that does not go on without them.
pub(super) fn tell(edits: &Edits, pipeline: &Pipeline) -> Result<Option<OpenQueries>, StoreError> {
    log::info(&summary(edits));
    let folder = write_queries(&pipeline.workspace, &pipeline.name, &edits.held)?;
    Ok(folder.map(|folder| OpenQueries { queries: queries(&edits.held), uploads: edits.held.len(), folder }))
}

fn queries(held: &[Held]) -> usize {
    held.iter().map(|held| held.findings.len()).sum()
}

/// A finding in a line.
pub(super) fn line(finding: &Finding) -> String {
    let Finding { rule, company, period, column, message, .. } = finding;
    let column = column.as_ref().map(|column| format!(", {column}")).unwrap_or_default();
    format!("{company} in {period}, {}{column}: {message}", rule.name())
}

/// Everything that edits found; nothing where they found nothing.
pub(super) fn summary(edits: &Edits) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if !edits.held.is_empty() {
        let _ = writeln!(text, "Held back, since queries are open");
        for held in edits.held.iter().take(LISTED) {
            let _ = writeln!(text, "  {}", held.file.display());
            for finding in &held.findings {
                let _ = writeln!(text, "    query {}\n      help: {}", line(finding), finding.rule.mend());
            }
        }
        more(&mut text, edits.held.len(), "uploads");
    }
    if !edits.accepted.is_empty() {
        let _ = writeln!(text, "Accepted queries");
        edits.accepted.iter().take(LISTED).for_each(|finding| {
            let _ = writeln!(text, "  {}", line(finding));
        });
        more(&mut text, edits.accepted.len(), "queries");
    }
    if !edits.notes.is_empty() || !edits.remarks.is_empty() || edits.missing.is_some() {
        let _ = writeln!(text, "Notes");
        if let Some(missing) = &edits.missing {
            let _ = writeln!(text, "  {missing}");
        }
        for remark in edits.remarks.iter().take(LISTED) {
            let _ = writeln!(text, "  {remark}");
        }
        more(&mut text, edits.remarks.len(), "remarks");
        let mut of_rule: BTreeMap<(&str, Option<&str>), Vec<&Finding>> = BTreeMap::new();
        for finding in &edits.notes {
            of_rule.entry((finding.rule.name(), finding.column.as_deref())).or_default().push(finding);
        }
        for findings in of_rule.values() {
            let more = match findings.len() {
                1 => String::new(),
                all => format!(" (and {} more snapshots)", all - 1),
            };
            let _ = writeln!(text, "  {}{more}", line(findings[0]));
        }
    }
    text
}

fn more(text: &mut String, count: usize, of: &str) {
    if count > LISTED {
        let _ = writeln!(text, "  and {} more {of}", count - LISTED);
    }
}

/// Tells of patterns of measures that mean none of what the uploads tell of.
pub(super) fn tell_patterns(pipeline: &Pipeline, found: &Found) {
    let of_tables = pipeline.tables.iter().flat_map(|table| table.patterns.iter());
    let patterns: BTreeSet<&String> = of_tables.chain(&pipeline.company_patterns).collect();
    for pattern in patterns.into_iter().filter(|pattern| found.expand(pattern).is_empty()) {
        log::info(&format!("note: the pattern of measures {pattern:?} means none of what the uploads tell of\n"));
    }
}

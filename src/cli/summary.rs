//! The summary at the end of a run, for a person.
//!
//! In: reports. Out: text. Invariant: counts, rules and places of files; nothing of any record.

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use super::log;
use crate::aggregate::CellTable;
use crate::disclose::{Family, Ledger, SafeTable, Verdict, budget_file};
use crate::ingest::rejects_file;
use crate::intake::{IntakeReport, Register, UploadReport};
use crate::pipeline::Pipeline;
use crate::release::Published;
use crate::timings;

/// Uploads that are listed one by one; of more, the number is told.
const LISTED: usize = 10;

/// What intake did.
pub(super) fn intake(report: &IntakeReport, pipeline: &Pipeline, register: &Register) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_intake(&mut text, report, pipeline, register);
    text
}

fn write_intake(out: &mut String, report: &IntakeReport, pipeline: &Pipeline, register: &Register) -> fmt::Result {
    let (read, accepted, rejected) = report.rows();
    writeln!(out, "Uploads")?;
    writeln!(out, "  {:>11} read and stored", group(report.taken.len() as u64))?;
    if !report.unchanged.is_empty() {
        writeln!(out, "  {:>11} unchanged: in the store already, byte for byte", group(report.unchanged.len() as u64))?;
    }
    if !report.refused.is_empty() {
        writeln!(out, "  {:>11} refused", group(report.refused.len() as u64))?;
    }
    writeln!(out, "  {:>11} companies in the register", group(register.companies().len() as u64))?;
    if !report.taken.is_empty() {
        writeln!(out, "Rows")?;
        writeln!(out, "  {:>11} read = {} accepted + {} rejected", group(read), group(accepted), group(rejected))?;
        let merged: u64 = report.taken.iter().map(|upload| upload.merged).sum();
        if merged > 0 {
            writeln!(out, "  {:>11} of the accepted said the same as another row", group(merged))?;
        }
        for (rule, count) in report.by_rule() {
            writeln!(out, "  {:>11} rejected by rule {}", group(count), rule.name())?;
        }
    }
    let with_rejects: Vec<&UploadReport> = report.taken.iter().filter(|upload| upload.rejected > 0).collect();
    for upload in with_rejects.iter().take(LISTED) {
        writeln!(
            out,
            "    {}: {} of {} rows, listed in {}",
            upload.file.display(),
            upload.rejected,
            upload.read,
            rejects_file(upload, pipeline, register).display()
        )?;
    }
    more(out, with_rejects.len())?;
    let near: Vec<String> = report
        .taken
        .iter()
        .flat_map(|upload| near_misses(upload).map(move |sentence| format!("{}: {sentence}", upload.file.display())))
        .collect();
    for sentence in near.iter().take(LISTED) {
        writeln!(out, "  {sentence}")?;
    }
    more(out, near.len())?;
    let unused = unused_words(report, pipeline);
    if !unused.is_empty() {
        writeln!(out, "  no upload has these words of [words]: {}", unused.join(", "))?;
    }
    for (refusal, upload) in report.refused.iter().take(LISTED) {
        writeln!(out, "  refused {}: {refusal}", upload.file.display())?;
        if !upload.rejects.is_empty() {
            writeln!(out, "    rows: {}", rejects_file(upload, pipeline, register).display())?;
        }
    }
    more(out, report.refused.len())
}

/// Dropped headers that are nearly one that the pipeline knows.
pub(super) fn near_misses(report: &UploadReport) -> impl Iterator<Item = String> {
    report
        .near
        .iter()
        .map(|(header, column)| format!("the column {header:?} was dropped unread; did you mean {column}?"))
}

/// Words that the pipeline maps and no upload has, where all uploads were read.
fn unused_words(report: &IntakeReport, pipeline: &Pipeline) -> Vec<String> {
    if !report.unchanged.is_empty() || !report.refused.is_empty() {
        return Vec::new();
    }
    let used = |column: &str, word: &str| {
        report.taken.iter().any(|upload| upload.words.iter().any(|(of, used)| of == column && used == word))
    };
    pipeline
        .words
        .all()
        .filter(|(column, word)| !used(column, word))
        .map(|(column, word)| format!("{column}.{word:?}"))
        .collect()
}

fn more(out: &mut String, count: usize) -> fmt::Result {
    if count > LISTED { writeln!(out, "    and {} more uploads", count - LISTED) } else { Ok(()) }
}

/// What became of each upload, as details.
pub(super) fn each_upload(report: &IntakeReport) {
    for upload in &report.taken {
        let UploadReport { read, accepted, rejected, .. } = upload;
        log::debug(|| {
            let file = upload.file.display();
            format!("took {file}: {read} rows read = {accepted} accepted + {rejected} rejected")
        });
    }
    for file in &report.unchanged {
        log::debug(|| format!("left {}: it is in the store already", file.display()));
    }
    for (refusal, upload) in &report.refused {
        log::debug(|| format!("refused {}: {refusal}", upload.file.display()));
    }
}

/// What was released.
pub(super) fn release(
    published: &Published,
    safe: &SafeTable,
    ledger: &Ledger,
    pipeline: &Pipeline,
    cells: &CellTable,
    private: &[PathBuf],
) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_release(&mut text, published, safe, ledger, pipeline, cells, private);
    text
}

fn write_release(
    out: &mut String,
    published: &Published,
    safe: &SafeTable,
    ledger: &Ledger,
    pipeline: &Pipeline,
    cells: &CellTable,
    private: &[PathBuf],
) -> fmt::Result {
    let rows = safe.rows().len() as u64;
    writeln!(out, "Release of {} for {}", pipeline.name, safe.period())?;
    writeln!(out, "  {:>11} companies with records in the period", group(cells.companies as u64))?;
    if cells.computed < cells.companies {
        writeln!(
            out,
            "  {:>11} of them computed anew; the others are as in the last run",
            group(cells.computed as u64)
        )?;
    }
    if let Some(compared) = cells.compared {
        let earlier = pipeline.settings.earlier(cells.period);
        writeln!(
            out,
            "  {:>11} of them compared with {earlier}; the others' rows say why not",
            group(compared as u64)
        )?;
    }
    writeln!(out, "  {:>11} rows: a cell of a table and a measure each", group(rows))?;
    for (family, name) in [(Family::Incumbent, "every employee alike"), (Family::Organization, "every company alike")] {
        let counts = ledger.counts(family);
        let shown = counts.get(&Verdict::Published).copied().unwrap_or(0);
        writeln!(out, "  {name}: {} published, {} withheld", group(shown), group(rows - shown))?;
        for (verdict, count) in counts {
            if let Verdict::Withheld(rule) = verdict {
                writeln!(out, "  {:>11} withheld by rule {}", group(count), rule.name())?;
            }
        }
    }
    write_missing(out, cells)?;
    writeln!(out, "Where to look")?;
    if published.new {
        let beside = published
            .same_figures_as
            .map(|version| format!("; its figures are those of v{version}, and other files differ"));
        writeln!(out, "  release     {} (verified{})", published.folder.display(), beside.unwrap_or_default())?;
    } else {
        writeln!(out, "  release     {} (unchanged: same content as before)", published.folder.display())?;
    }
    writeln!(out, "  report      {} (open it in a browser)", published.folder.join("report.html").display())?;
    if pipeline.scorecard.at_end {
        let cards = pipeline.workspace.join("scorecards").join(&pipeline.name).join(safe.period().to_string());
        writeln!(out, "  scorecards  {} (private: each for its company)", cards.display())?;
    }
    for (name, path) in ["companies", "ledger"].into_iter().zip(private) {
        writeln!(out, "  {name:<11} {} (private)", path.display())?;
    }
    if pipeline.differential_privacy.is_some() {
        let budget = budget_file(pipeline, &safe.period().to_string());
        writeln!(out, "  budget      {} (private; back it up)", budget.display())?;
    }
    writeln!(out, "What to do next")?;
    writeln!(out, "  read {}", published.folder.join("dictionary.md").display())?;
    writeln!(
        out,
        "  query it: duckdb -c \"FROM '{}' WHERE status = 'published' LIMIT 10\"",
        published.folder.join("benchmarks.parquet").display()
    )?;
    writeln!(out, "  check it anywhere: payquorum verify {}", published.folder.display())?;
    writeln!(out, "It took {}", timings::line())
}

/// Entries of reference tables that records asked for and that are not there.
fn write_missing(out: &mut String, cells: &CellTable) -> fmt::Result {
    for (table, entries) in &cells.missing {
        let listed = entries.iter().take(LISTED).cloned().collect::<Vec<_>>().join("; ");
        let more = entries.len().saturating_sub(LISTED);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        writeln!(out, "No entry in {table} (their employees have no value): {listed}{more}")?;
    }
    Ok(())
}

/// A number with a space between groups of three digits.
pub(super) fn group(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(group), ["0", "999", "1 000", "1 234 567"]);
    }
}

//! `payquorum attack`: what a release tells to those who want to know more than they should.
//!
//! In: a release folder; with `--as`, the uploads of a company. Out: on standard output what each kind of attacker learns. Invariant:
//! attackers are given the published files, and a company its own records; the private ledger, where it is at hand, only judges
//! what they found. Nothing of the uploads is kept.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::Refused;
use super::progress::Stage;
use super::summary::group;
use crate::aggregate::{CompanyTable, Snapshots, aggregate};
use crate::audit::{
    Attack, Attacker, Effort, Finding, Guess, Own, Published, attack, guesses, key_of, known_employees,
};
use crate::cli::output;
use crate::disclose::secondary::Side;
use crate::exact::{Amount, SCALE, decimal};
use crate::ingest::{ingest, uploads};
use crate::intake::Register;
use crate::measure::Unit;
use crate::pipeline::{Overrides, Pipeline};
use crate::pseudonym::load_or_create;
use crate::release::ledger_of;
use crate::store::{Store, write_durably};

#[derive(Debug, Args)]
pub(super) struct AttackCommand {
    /// The folder of a release, as in out/releases/quarterly/2026-Q3/v1
    release: PathBuf,
    /// Play this company, which knows its own records; several times for companies of one owner
    #[arg(long = "as", value_name = "COMPANY", requires = "uploads", requires = "pipeline")]
    companies: Vec<String>,
    /// Its uploads of the period (a glob pattern)
    #[arg(long, value_name = "CSV", requires = "companies")]
    uploads: Option<String>,
    /// The pipeline file, by which its uploads are read
    #[arg(long, value_name = "FILE", requires = "companies")]
    pipeline: Option<PathBuf>,
    /// Write what is known of each withheld figure to this CSV file
    #[arg(long, value_name = "FILE")]
    intervals: Option<PathBuf>,
    /// Do not look for the private ledger, as somebody elsewhere would
    #[arg(long)]
    files_only: bool,
}

/// Somebody learns what they should not.
#[derive(Debug, thiserror::Error)]
#[error("the release tells too much: {0}")]
pub(super) struct Learned(String);

/// Findings and guesses that are listed.
const LISTED: usize = 20;

impl AttackCommand {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        let published = Published::read(&self.release)?;
        let own = match (&self.pipeline, &self.uploads) {
            (Some(pipeline), Some(uploads)) => own(pipeline, uploads, &self.companies, &published)?,
            _ => Own::new(),
        };
        let (guesses, left_out) = guesses(&published, &own);
        if let Some(file) = &self.intervals {
            std::path::absolute(file)
                .and_then(|file| write_durably(&file, table(&guesses).as_bytes()))
                .with_context(|| format!("{}", file.display()))?;
        }
        let mut text = String::new();
        let too_few = from_files(&mut text, &guesses, left_out, &published, &self.companies);
        let private = if self.files_only { None } else { ledger_of(&self.release) };
        let judged = private.map(|private| attack(&self.release, &private, Effort::Search)).transpose()?;
        let found = match &judged {
            Some(attack) => with_ledger(&mut text, attack),
            None => without_ledger(&mut text, &known_employees(&published)),
        };
        output::text(&text);
        match too_few + found {
            0 => Ok(()),
            findings => Err(Learned(format!("{findings} findings, listed above")).into()),
        }
    }
}

/// What the files alone tell; counts the figures that no policy allows to be known.
fn from_files(
    text: &mut String,
    guesses: &[Guess],
    left_out: usize,
    published: &Published,
    companies: &[String],
) -> usize {
    let who = if companies.is_empty() { "anybody".to_owned() } else { companies.join(" and ") };
    let policy = &published.manifest.policy;
    let (counts, sums): (Vec<&Guess>, Vec<&Guess>) = guesses.iter().partition(|guess| guess.is_count);
    let few = i128::from(policy.min_employees) * i128::from(SCALE);
    let known_to_be_few = |guess: &&&Guess| guess.known[1].is_some_and(|most| most < few) && guess.own == 0;
    let too_few: Vec<&&Guess> = counts.iter().filter(known_to_be_few).collect();
    let p = i128::from(policy.nearness());
    let is_narrow = |guess: &&&Guess| match guess.known.map(|bound| bound.map(|bound| bound - guess.own)) {
        [Some(least), Some(most)] => least > 0 && (most - least) * 100 * i128::from(SCALE) < least * 2 * p,
        _ => false,
    };
    let narrow: Vec<&&Guess> = sums.iter().filter(is_narrow).collect();
    let bounded = sums.iter().filter(|guess| guess.known[1].is_some()).count();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "From the files alone, {who} knows");
    let number = |count: usize| group(count as u64);
    let _ = writeln!(text, "  {:>9} withheld sums, {} of them within some bounds", number(sums.len()), number(bounded));
    let _ = writeln!(
        text,
        "  {:>9} of them to within {} % ({}); a sum that is withheld only to protect others may be known",
        number(narrow.len()),
        decimal(Amount::try_from(p).unwrap_or(Amount::MAX)),
        if companies.is_empty() { "as a whole" } else { "of what others have" }
    );
    let _ = writeln!(text, "  {:>9} withheld numbers of employees", number(counts.len()));
    let _ = writeln!(text, "  {:>9} of them to be below {} employees", number(too_few.len()), policy.min_employees);
    if left_out > 0 {
        let _ = writeln!(text, "  {:>9} figures were not asked: too many hang together", number(left_out));
    }
    for guess in narrow.iter().chain(&too_few).take(LISTED) {
        let [least, most] = guess.known.map(bound);
        let what = if guess.is_count { "employees" } else { "sum" };
        let _ = writeln!(text, "    {} of {} ({what}): from {least} to {most}", guess.measure, guess.cell);
    }
    too_few.len()
}

/// What is certain without the private ledger.
fn without_ledger(text: &mut String, findings: &[Finding]) -> usize {
    let _ = writeln!(
        text,
        "Without the private ledger it is not judged whether what is known comes too near to the truth{}",
        if findings.is_empty() { "" } else { "; certain is" }
    );
    list(text, findings);
    findings.len()
}

/// What the private ledger says of it.
fn with_ledger(text: &mut String, attack: &Attack) -> usize {
    let number = |count: usize| group(count as u64);
    let _ = writeln!(text, "With the private ledger, for outsiders and for every participating company");
    let _ = writeln!(text, "  {:>9} withheld figures that nobody may come near", number(attack.cells));
    let _ = writeln!(text, "  {:>9} other tables that say the same in all that is published", number(attack.tables));
    let _ =
        writeln!(text, "  {:>9} bounds that they leave open, searched by linear programmes", number(attack.searched));
    let _ = writeln!(text, "  {:>9} figures to which somebody comes too near", number(attack.findings.len()));
    list(text, &attack.findings);
    attack.findings.len()
}

fn list(text: &mut String, findings: &[Finding]) {
    for Finding { cell, fact, side, attacker, known } in findings.iter().take(LISTED) {
        let who = match attacker {
            Attacker::Outsider => "anybody".to_owned(),
            Attacker::Companies(companies) => {
                let numbers: Vec<String> = companies.iter().map(ToString::to_string).collect();
                format!("holding {} of the private files", numbers.join(" with "))
            }
        };
        let side = match side {
            Side::Below => "is not far below",
            Side::Above => "is not far above",
        };
        let _ = write!(text, "    {fact} of {cell}: {who} knows that it {side} the truth");
        let _ = match known {
            Some([least, most]) => writeln!(text, " (from {} to {})", bound(*least), bound(*most)),
            None => writeln!(text, ", as far as is proven"),
        };
    }
}

fn bound(bound: Option<i128>) -> String {
    bound.and_then(|bound| Amount::try_from(bound).ok()).map_or_else(|| "any amount".to_owned(), decimal)
}

fn table(guesses: &[Guess]) -> String {
    let mut text = "measure,currency,cell,figure,least,largest,own\n".to_owned();
    for guess in guesses {
        let [least, most] = guess
            .known
            .map(|bound| bound.and_then(|bound| Amount::try_from(bound).ok()).map_or(String::new(), decimal));
        let _ = writeln!(
            text,
            "{},{},\"{}\",{},{least},{most},{}",
            guess.measure,
            guess.currency.as_deref().unwrap_or(""),
            guess.cell,
            if guess.is_count { "employees" } else { "sum" },
            Amount::try_from(guess.own).map_or(String::new(), decimal)
        );
    }
    text
}

/// A folder that goes when it is no longer needed.
struct Aside(PathBuf);

impl Aside {
    fn new() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("payquorum-attack-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("{}", folder.display()))?;
        Ok(Self(folder))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // What cannot be removed was never more than pseudonymized records of the company that asks.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What companies contribute to each cell, by their uploads.
fn own(pipeline: &Path, pattern: &str, companies: &[String], published: &Published) -> anyhow::Result<Own> {
    let aside = Aside::new()?;
    let overrides = Overrides {
        uploads: Some(pattern.to_owned()),
        companies: None,
        workspace: Some(aside.path().to_owned()),
        period: Some(published.manifest.period.clone()),
        also: None,
    };
    let mut pipeline = Pipeline::read(pipeline, &overrides)?;
    let register = Register::of(&pipeline)?;
    let store = Store::open(&pipeline.workspace, false)?;
    let (master, _) = load_or_create(&pipeline.workspace)?;
    let files = uploads(&pipeline.uploads)?;
    let report = ingest(&files, &pipeline, &register, &store, &master, &|_| {})?;
    if !report.refused.is_empty() {
        let text = "the uploads are refused; `payquorum check PIPELINE UPLOAD` tells why";
        return Err(Refused(text.to_owned()).into());
    }
    let catalogue = store.catalogue()?;
    if let Some(other) = catalogue.parts().iter().find(|part| !companies.contains(&part.company)) {
        let text = format!(
            "the uploads are also of {}; name the uploads of {} alone, or each company with a further `--as`",
            other.company,
            companies.join(" and ")
        );
        return Err(Refused(text).into());
    }
    let period = pipeline.period.ok_or_else(|| Refused("the release has no period of this pipeline".to_owned()))?;
    let snapshots = Snapshots::of(&catalogue, &pipeline, period);
    if snapshots.parts.is_empty() {
        return Err(Refused(format!("the uploads hold no records of {period}")).into());
    }
    pipeline.expand(&snapshots.found(&pipeline)?);
    let stage = Stage::begin("own records");
    stage.count_records(snapshots.rows());
    let mut own_metrics = CompanyTable::in_memory(&pipeline);
    let cells = aggregate(&pipeline, &register, &snapshots, &mut own_metrics, &|rows| stage.records(rows))?;
    drop(stage);
    let mut own = Own::new();
    for cell in &cells.cells {
        let (table, measure) = (&pipeline.tables[cell.key.table], &pipeline.measures[cell.measure]);
        let axes = table.by.iter().zip(cell.key.levels.iter().zip(&cell.key.codes));
        let key =
            key_of(axes.map(|(&dimension, (level, code))| {
                (pipeline.dimensions[dimension].name.as_str(), *level, code.as_str())
            }));
        let currency = match &measure.unit {
            Unit::Money(code) => Some(code.clone()),
            _ => cell.key.currency.clone(),
        };
        let employees: u64 = cell.contributions.iter().map(|own| own.employees).sum();
        let sum = cell.contributions.iter().map(|own| own.amounts[0]).sum();
        let known = (i128::from(employees) * i128::from(SCALE), sum);
        own.entry((measure.name.clone(), currency)).or_default().insert(key, known);
    }
    Ok(own)
}

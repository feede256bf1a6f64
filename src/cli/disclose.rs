//! `payquorum disclose`: protects a table that another tool wrote.
//!
//! In: a JJ file. Out: the same file with what is withheld, and on request the interval in which everybody knows each withheld cell to
//! lie. Invariant: nothing is written unless every unsafe cell is proven to be safe; an existing file is replaced whole or not at all.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::log;
use super::summary::group;
use crate::audit::{blocks, check_proofs};
use crate::cli::output;
use crate::disclose::DiscloseError;
use crate::disclose::secondary::{JjFile, Pattern, Role, Side, protect, read_jj, write_jj};
use crate::exact::{Amount, decimal};
use crate::store::write_durably;

#[derive(Debug, Args)]
pub(super) struct Disclose {
    /// The problem, in the JJ format of tau-Argus and sdcTable
    problem: PathBuf,
    /// Write the problem with its pattern to this file; otherwise to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the interval of each withheld cell to this CSV file
    #[arg(long, value_name = "FILE")]
    intervals: Option<PathBuf>,
}

impl Disclose {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(&self.problem).with_context(|| format!("{}", self.problem.display()))?;
        let file = read_jj(&self.problem, &text)?;
        let pattern = protect(std::slice::from_ref(&file.problem))?;
        refuse_breaches(&file, &pattern)?;
        if let Some(intervals) = &self.intervals {
            replace(intervals, &intervals_of(&file, &pattern))?;
        }
        let written = write_jj(&file.problem, &file.indices, Some(&pattern));
        match &self.output {
            Some(output) => replace(output, &written)?,
            None => output::text(&written),
        }
        summarize(&file, &pattern);
        Ok(())
    }
}

/// Cells that are named in a refusal.
const NAMED: usize = 20;

fn refuse_breaches(file: &JjFile, pattern: &Pattern) -> Result<(), DiscloseError> {
    let breaches = check_proofs(std::slice::from_ref(&file.problem), pattern);
    if breaches.is_empty() {
        return Ok(());
    }
    let mut cells: Vec<u64> = breaches.iter().map(|breach| file.indices[breach.cell as usize]).collect();
    cells.sort_unstable();
    cells.dedup();
    let mut named: Vec<String> = cells.iter().take(NAMED).map(|index| format!("cell {index}")).collect();
    if cells.len() > NAMED {
        named.push(format!("and {} more", cells.len() - NAMED));
    }
    Err(DiscloseError::Unproven(named))
}

fn intervals_of(file: &JjFile, pattern: &Pattern) -> String {
    let mut text = "cell,status,least,largest\n".to_owned();
    let mut rows: Vec<(u64, String)> = Vec::new();
    for block in blocks(&file.problem, &pattern.withheld) {
        for &cell in &block.cells {
            let index = file.indices[cell as usize];
            let status = if file.problem.cell(cell).role == Role::Unsafe { "unsafe" } else { "withheld for others" };
            let [least, largest] = block.interval(&file.problem, cell, &[]).map(|bound| match bound {
                Some(bound) => Amount::try_from(bound).map_or_else(|_| String::new(), decimal),
                None => String::new(),
            });
            rows.push((index, format!("{index},{status},{least},{largest}\n")));
        }
    }
    rows.sort();
    text.extend(rows.into_iter().map(|(_, row)| row));
    text
}

/// Writes a file whole or not at all.
fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    std::path::absolute(file)
        .and_then(|place| write_durably(&place, text.as_bytes()))
        .with_context(|| format!("{}", file.display()))
}

fn summarize(file: &JjFile, pattern: &Pattern) {
    let cells = file.problem.cells();
    let withheld = |role: Role| {
        let of_role = cells.iter().zip(&pattern.withheld).filter(|(cell, withheld)| cell.role == role && **withheld);
        group(of_role.count() as u64)
    };
    let tables: usize = pattern.proofs.iter().map(|proof| proof.tables.len()).sum();
    let sides = |side: Side| pattern.proofs.iter().filter(|proof| proof.side == side).count() as u64;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "cells        {}, in {} equations",
        group(cells.len() as u64),
        group(file.problem.equations().len() as u64)
    );
    let _ = writeln!(text, "unsafe       {}, withheld", withheld(Role::Unsafe));
    let _ = writeln!(text, "secondary    {}, withheld to protect them", withheld(Role::Open));
    let _ = writeln!(
        text,
        "audit        every unsafe cell may be larger ({}) and smaller ({}) by its protection level: {} other tables prove it",
        group(sides(Side::Above)),
        group(sides(Side::Below)),
        group(tables as u64)
    );
    log::info(&text);
}

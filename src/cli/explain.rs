//! `payquorum explain`: why a cell of a release is published or withheld, for the privacy officer.
//!
//! In: a release folder, and a cell. Out: on standard output the decisions on it, from the private ledger beside the release, which cells
//! protect it, and what anybody knows of it. Invariant: the release itself is never read, and nothing of the ledger is written
//! anywhere else; a cell that is not there is told, not guessed.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs::File;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use polars::prelude::{AnyValue, DataFrame, ParquetReader, SerReader};

use super::Refused;
use crate::audit::{Evidence, Protection, protection};
use crate::cli::output;
use crate::exact::{Amount, decimal};
use crate::release::{DECISIONS, ledger_of};

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The folder of a release in its workspace, as in out/releases/quarterly/2026-Q3/v1
    release: PathBuf,
    /// The cell: a code for each dimension that is not a total, as in sector=52,region=R3
    #[arg(long, value_name = "DIMENSION=CODE,...", value_delimiter = ',')]
    cell: Vec<String>,
    /// Only this measure
    #[arg(long)]
    measure: Option<String>,
}

impl Explain {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        let folder = self.folder()?;
        let file = folder.join(DECISIONS);
        let open = File::open(&file).with_context(|| format!("{}", file.display()))?;
        let ledger = ParquetReader::new(open).finish().with_context(|| format!("{}", file.display()))?;
        let wanted = self.wanted(&ledger)?;
        let (mut text, mut measures) = (String::new(), BTreeSet::new());
        for row in 0..ledger.height() {
            let fits = wanted.iter().all(|(name, code)| field(&ledger, name, row) == *code);
            let is_asked = self.measure.as_ref().is_none_or(|measure| field(&ledger, "measure", row) == *measure);
            if fits && is_asked {
                tell(&ledger, row, &mut text)?;
                measures.insert(field(&ledger, "measure", row));
            }
        }
        let evidence = Evidence::read(&folder)?;
        for measure in measures {
            for protection in protection(&evidence, &wanted, &measure) {
                tell_protection(&protection, &mut text)?;
            }
        }
        if text.is_empty() {
            let what =
                format!("{} has no such cell; write the codes of the release, and leave totals out", file.display());
            return Err(Refused(what).into());
        }
        output::text(&text);
        Ok(())
    }

    /// The private folder of the release.
    fn folder(&self) -> Result<PathBuf, Refused> {
        ledger_of(&self.release).ok_or_else(|| {
            Refused(format!(
                "{} is no release in a workspace with a private ledger; name a folder like out/releases/quarterly/2026-Q3/v1",
                self.release.display()
            ))
        })
    }

    /// The code of every dimension of the ledger; totals where none is given.
    fn wanted(&self, ledger: &DataFrame) -> Result<Vec<(String, String)>, Refused> {
        let names: Vec<String> = ledger.get_column_names().iter().map(ToString::to_string).collect();
        let dimensions = names.iter().filter(|name| names.contains(&format!("{name}_level")));
        let mut wanted: Vec<(String, String)> = dimensions.map(|name| (name.clone(), "_T".to_owned())).collect();
        for part in &self.cell {
            let (name, code) = part.split_once('=').unwrap_or((part, ""));
            let Some(place) = wanted.iter().position(|(known, _)| known == name) else {
                let known: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
                return Err(Refused(format!(
                    "--cell: {name:?} is no dimension of this release; write DIMENSION=CODE with one of {}",
                    known.join(", ")
                )));
            };
            code.clone_into(&mut wanted[place].1);
        }
        Ok(wanted)
    }
}

/// A field as text; nothing where it is null or not there.
fn field(ledger: &DataFrame, name: &str, row: usize) -> String {
    let value = ledger.column(name).and_then(|column| column.get(row));
    match value {
        Ok(AnyValue::Null) | Err(_) => String::new(),
        Ok(AnyValue::String(text)) => text.to_owned(),
        Ok(AnyValue::Float64(part)) => format!("{part:.4}"),
        Ok(other) => other.to_string(),
    }
}

fn tell(ledger: &DataFrame, row: usize, out: &mut String) -> std::fmt::Result {
    let text = |name: &str| field(ledger, name, row);
    let weighted = match text("family").as_str() {
        "incumbent" => "every employee alike",
        _ => "every company alike",
    };
    writeln!(out, "{} {}, table {}, {weighted}", text("measure"), text("currency"), text("table"))?;
    let (verdict, rule) = (text("verdict"), text("rule"));
    match (verdict.as_str(), rule.as_str()) {
        ("published", _) => writeln!(out, "  published: it breaks no rule, and no other cell needs it to be withheld")?,
        (_, "protects others") => writeln!(
            out,
            "  withheld: it breaks no rule itself, but with it others could be computed that do (rule protects others)"
        )?,
        (_, "earlier release") => writeln!(
            out,
            "  withheld: beside an earlier release it would tell of the few who joined, left or were corrected (rule earlier release)"
        )?,
        (_, rule) => writeln!(out, "  withheld by rule {rule}")?,
    }
    let evidence = [
        ("holdings", "holdings with a value"),
        ("employees", "employees with a value"),
        ("largest_employee_part", "the largest holding's part of the employees"),
        ("largest_value_part", "the largest holding's part of the value"),
        ("rest_to_largest", "all but the two largest, as a part of the largest (p%-rule)"),
        ("withheld_statistics", "withheld statistics"),
    ];
    for (name, meaning) in evidence {
        let value = text(name);
        if !value.is_empty() {
            writeln!(out, "  {value:>10}  {meaning}")?;
        }
    }
    Ok(())
}

/// Cells that are named among those that protect one.
const NAMED: usize = 12;

fn tell_protection(protection: &Protection, out: &mut String) -> std::fmt::Result {
    let Protection { fact, protectors, tables, known: [least, most], value } = protection;
    let amount = |amount: i128| Amount::try_from(amount).map_or_else(|_| "any amount".to_owned(), decimal);
    let bound = |bound: &Option<i128>| bound.map_or_else(|| "any amount".to_owned(), amount);
    writeln!(out, "{fact}: {}, and the release tells anybody that it is", amount(*value))?;
    writeln!(out, "  from {} to {} (each bound with a certificate)", bound(least), bound(most))?;
    if *tables > 0 {
        let named: Vec<&str> = protectors.iter().map(String::as_str).take(NAMED).collect();
        let more = protectors.len().saturating_sub(NAMED);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        writeln!(out, "  proven by {tables} other tables, in which these move as well: {}{more}", named.join("; "))?;
    }
    Ok(())
}

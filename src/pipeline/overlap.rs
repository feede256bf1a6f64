//! Tables whose published figures could be subtracted from each other.
//!
//! In: a checked pipeline. Out: every [`Overlap`] in it. Invariant: where none is found, no published cell is a sum or a
//! part of another, and measures tied by a sum stand in one table, so that rules for single cells are enough. Perturbed
//! tables are left out: each spends a budget of its own.

use std::fmt;

use super::{Pipeline, Protect, Table};

/// A reason why rules for single cells would not protect a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overlap {
    /// The table publishes totals beside their parts.
    Totals(String),
    /// The table publishes several levels of a dimension.
    Levels(String, String),
    /// Two tables publish one measure.
    Measure(String, String, String),
    /// Two tables publish measures that a sum ties.
    Family(String, String, String),
    /// A table publishes a sum and a part of it, and what is left is not judged: table, sum, part, and the mend.
    Remainder(String, String, String, &'static str),
}

impl fmt::Display for Overlap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Totals(table) => write!(
                out,
                "table `{table}` publishes totals, and a total minus its published parts gives back what is withheld; \
                 write `totals = false`, or `roll_up = true` to publish only the finest safe level"
            ),
            Self::Levels(table, dimension) => write!(
                out,
                "table `{table}` publishes several levels of `{dimension}`, and a higher level minus its published parts \
                 gives back what is withheld; write one level, as in `levels = {{ {dimension} = [2] }}`, or `roll_up = \
                 true` to publish only the finest safe level"
            ),
            Self::Measure(one, other, measure) => write!(
                out,
                "tables `{one}` and `{other}` both publish `{measure}`, and one can be used to undo what the other \
                 withholds; publish it in one of them"
            ),
            Self::Family(one, other, family) => write!(
                out,
                "tables `{one}` and `{other}` publish measures of one sum ({family}); publish them in one table"
            ),
            Self::Remainder(table, sum, part, mend) => write!(
                out,
                "table `{table}` publishes `{sum}` and `{part}`, and their difference is a figure that no rule has judged; \
                 {mend}"
            ),
        }
    }
}

pub(super) fn find(pipeline: &Pipeline) -> Vec<Overlap> {
    let mut found = Vec::new();
    let suppressed = || pipeline.tables.iter().filter(|table| table.protect == Protect::Suppression);
    for (place, table) in suppressed().enumerate() {
        if !table.roll_up {
            found.extend(within(pipeline, table));
        }
        found.extend(remainder(pipeline, table));
        for earlier in suppressed().take(place) {
            found.extend(between(pipeline, earlier, table));
        }
    }
    found
}

fn within(pipeline: &Pipeline, table: &Table) -> Vec<Overlap> {
    let several = table.by.iter().zip(&table.levels).filter(|(_, levels)| levels.len() > 1);
    let levels = several.map(|(&by, _)| Overlap::Levels(table.name.clone(), pipeline.dimensions[by].name.clone()));
    let totals = (table.totals && !table.by.is_empty()).then(|| Overlap::Totals(table.name.clone()));
    totals.into_iter().chain(levels).collect()
}

/// A sum beside some of its parts, where the other parts are not judged with them.
fn remainder(pipeline: &Pipeline, table: &Table) -> Option<Overlap> {
    let names: Vec<&str> = table.measures.iter().map(|&place| pipeline.measures[place].name.as_str()).collect();
    let has = |name: &str| names.contains(&name);
    let overlap = |sum: &str, part: &str, mend| {
        Some(Overlap::Remainder(table.name.clone(), sum.to_owned(), part.to_owned(), mend))
    };
    if has("total_cash_annual") && has("base_annual") != has("variable_pay") {
        let part = if has("base_annual") { "base_annual" } else { "variable_pay" };
        let mend = "publish all three of total_cash_annual, base_annual and variable_pay, or only one";
        return overlap("total_cash_annual", part, mend);
    }
    let endings = ["_employer_cost", "_employer_cost_per_participant", "_cost_per_hour_worked"];
    let of_benefits = |name: &&&str| endings.iter().any(|ending| name.ends_with(ending));
    let of_all = |name: &&&str| **name == "benefit_load" || of_benefits(name) && name.starts_with("benefits_");
    let all = names.iter().find(of_all)?;
    let plan = names.iter().find(|name| of_benefits(name) && !of_all(name))?;
    overlap(all, plan, "publish the cost of all plans, or of single plans")
}

fn between(pipeline: &Pipeline, one: &Table, other: &Table) -> Vec<Overlap> {
    let mut found = Vec::new();
    for &a in &one.measures {
        for &b in &other.measures {
            let (left, right) = (&pipeline.measures[a], &pipeline.measures[b]);
            let overlap = match (&left.family, &right.family) {
                _ if a == b => Overlap::Measure(one.name.clone(), other.name.clone(), left.name.clone()),
                (Some(x), Some(y)) if x == y => {
                    Overlap::Family(one.name.clone(), other.name.clone(), x.name.to_string())
                }
                _ => continue,
            };
            if !found.contains(&overlap) {
                found.push(overlap);
            }
        }
    }
    found
}

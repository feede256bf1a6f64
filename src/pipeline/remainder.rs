//! Tables that publish a sum beside some of its parts, where what is left is judged by no rule.
//!
//! In: a checked pipeline. Out: every [`Remainder`] in it. Invariant: where none is found, whatever can be computed from the
//! measures of one cell is a measure that was judged in it.

use std::fmt;

use super::{Pipeline, Protect, Table};

/// A sum and a part of it, whose difference is a figure that no rule has judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remainder {
    table: String,
    sum: String,
    part: String,
    mend: &'static str,
}

impl fmt::Display for Remainder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, sum, part, mend } = self;
        write!(
            out,
            "table `{table}` publishes `{sum}` and `{part}`, and their difference is a figure that no rule has judged; {mend}"
        )
    }
}

pub(super) fn find(pipeline: &Pipeline) -> Vec<Remainder> {
    // The difference of two figures with noise has noise.
    let suppressed = pipeline.tables.iter().filter(|table| table.protect == Protect::Suppression);
    suppressed.filter_map(|table| of_table(pipeline, table)).collect()
}

fn of_table(pipeline: &Pipeline, table: &Table) -> Option<Remainder> {
    let names: Vec<&str> = table.measures.iter().map(|&place| pipeline.measures[place].name.as_str()).collect();
    let has = |name: &str| names.contains(&name);
    let remainder = |sum: &str, part: &str, mend| {
        Some(Remainder { table: table.name.clone(), sum: sum.to_owned(), part: part.to_owned(), mend })
    };
    if has("total_cash_annual") && has("base_annual") != has("variable_pay") {
        let part = if has("base_annual") { "base_annual" } else { "variable_pay" };
        let mend = "publish all three of total_cash_annual, base_annual and variable_pay, or only one";
        return remainder("total_cash_annual", part, mend);
    }
    let endings = ["_employer_cost", "_employer_cost_per_participant", "_cost_per_hour_worked"];
    let of_benefits = |name: &&&str| endings.iter().any(|ending| name.ends_with(ending));
    let of_all = |name: &&&str| **name == "benefit_load" || of_benefits(name) && name.starts_with("benefits_");
    let all = names.iter().find(of_all)?;
    let plan = names.iter().find(|name| of_benefits(name) && !of_all(name))?;
    remainder(all, plan, "publish the cost of all plans, or of single plans")
}

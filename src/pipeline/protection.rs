//! The protection policy: how many companies and employees stand behind a figure, and how it is rounded.
//!
//! In: `[protection]`. Out: a [`Policy`]. Invariant: a preset is named and versioned and never changes under its name;
//! a policy below the floors of this file cannot be made.

use serde::{Deserialize, Serialize};

use super::section::Section;
use crate::exact::{Amount, SCALE, decimal};
use crate::measure::RoundingClass;

/// Fewest companies that any policy may ask for.
pub const FLOOR_COMPANIES: u64 = 3;

/// Fewest employees that any policy may ask for.
pub const FLOOR_EMPLOYEES: u64 = 3;

/// The rules in force for a release. Parts and percentages are exact, in 1/10,000.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Name of the preset.
    pub preset: String,
    /// Version of the preset.
    pub version: u32,
    /// Whether the pipeline overrides anything of it.
    pub overridden: bool,
    /// Fewest holdings behind any figure.
    pub min_companies: u64,
    /// Fewest employees behind any figure.
    pub min_employees: u64,
    /// Largest part of the employees or of the value that one holding may have.
    pub max_company_share: Amount,
    /// p of the p%-rule, in percent; none switches it off.
    pub p_percent: Option<Amount>,
    /// How many companies may pool what they know.
    pub coalition: u64,
    /// (n,k)-dominance, k in percent.
    pub dominance: Option<Dominance>,
    /// The (p,q)-rule, both in percent.
    pub prior_posterior: Option<PriorPosterior>,
    /// Fewest employees on either side of a share.
    pub min_group: u64,
    /// For P25 and P75.
    pub quartiles: Depth,
    /// For P10 and P90.
    pub deciles: Depth,
    /// Fewest companies for organization-weighted percentiles.
    pub organization_percentile_companies: u64,
    /// Rounding steps.
    pub rounding: Rounding,
}

/// Parameters of (n,k)-dominance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dominance {
    /// The largest n contributions ...
    pub n: u64,
    /// ... may be at most k percent of the total.
    pub k: Amount,
}

/// Parameters of the (p,q)-rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorPosterior {
    /// Nobody may come to know a contribution to within p percent ...
    pub p: Amount,
    /// ... who knew it to within q percent before.
    pub q: Amount,
}

/// What must stand behind and on each side of a percentile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Depth {
    /// Fewest holdings in the cell.
    pub companies: u64,
    /// Fewest employees in the cell.
    pub employees: u64,
    /// Fewest employees at or below, and at or above, the percentile.
    pub side_employees: u64,
    /// Fewest holdings of those employees.
    pub side_companies: u64,
}

/// Rounding steps, in 1/10,000; zero publishes the figure as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounding {
    /// Money per hour.
    pub hourly: Amount,
    /// Money per year.
    pub annual: Amount,
    /// Shares.
    pub share: Amount,
    /// Everything else.
    pub other: Amount,
    /// Numbers of employees.
    pub employees: u64,
}

impl Policy {
    /// How near anybody may come to what is withheld, in 1/10,000 percent: p of the p%-rule, or ten percent where that is switched off.
    #[must_use]
    pub fn nearness(&self) -> Amount {
        const WITHOUT_RULE: Amount = 10 * SCALE;
        self.p_percent.unwrap_or(WITHOUT_RULE)
    }
}

impl Rounding {
    /// The step of a class of figures, in 1/10,000.
    #[must_use]
    pub fn step(&self, class: RoundingClass) -> Amount {
        match class {
            RoundingClass::Hourly => self.hourly,
            RoundingClass::Annual => self.annual,
            RoundingClass::Share => self.share,
            RoundingClass::Employees => Amount::try_from(self.employees).unwrap_or(1).saturating_mul(SCALE),
            RoundingClass::Other => self.other,
        }
    }
}

/// The presets, by name. A change of any number needs a new version.
fn presets() -> [(&'static str, Policy); 2] {
    let survey = Policy {
        preset: "survey".to_owned(),
        version: 1,
        overridden: false,
        min_companies: 5,
        min_employees: 10,
        max_company_share: SCALE / 4,
        p_percent: Some(10 * SCALE),
        coalition: 1,
        dominance: None,
        prior_posterior: None,
        min_group: 3,
        quartiles: Depth { companies: 5, employees: 20, side_employees: 5, side_companies: 3 },
        deciles: Depth { companies: 10, employees: 50, side_employees: 5, side_companies: 3 },
        organization_percentile_companies: 10,
        rounding: Rounding {
            hourly: SCALE / 20,
            annual: 100 * SCALE,
            share: SCALE / 200,
            other: SCALE / 10,
            employees: 5,
        },
    };
    let statistics_office = Policy {
        preset: "statistics-office".to_owned(),
        min_companies: 3,
        max_company_share: SCALE,
        p_percent: Some(15 * SCALE),
        dominance: Some(Dominance { n: 2, k: 85 * SCALE }),
        ..survey.clone()
    };
    [("survey", survey), ("statistics-office", statistics_office)]
}

impl Policy {
    /// The preset that applies where a pipeline names none.
    #[must_use]
    pub fn survey() -> Self {
        let [(_, survey), _] = presets();
        survey
    }

    /// Reads `[protection]`.
    pub(super) fn read(section: Option<&Section<'_>>) -> Self {
        let Some(section) = section else { return Self::survey() };
        let presets = presets();
        let names: Vec<(&'static str, usize)> =
            presets.iter().enumerate().map(|(place, (name, _))| (*name, place)).collect();
        let base = &presets[section.choice("preset", &names).unwrap_or(0)].1;
        let percent = |key| section.decimal(key, 0, 1_000 * SCALE);
        let mut policy = Self {
            min_companies: section.count("min_companies", FLOOR_COMPANIES).unwrap_or(base.min_companies),
            min_employees: section.count("min_employees", FLOOR_EMPLOYEES).unwrap_or(base.min_employees),
            max_company_share: section.decimal("max_company_share", 1, SCALE).unwrap_or(base.max_company_share),
            p_percent: percent("p_percent").map_or(base.p_percent, |p| (p > 0).then_some(p)),
            coalition: section.count("coalition", 1).unwrap_or(base.coalition),
            min_group: section.count("min_group", 1).unwrap_or(base.min_group),
            organization_percentile_companies: section
                .count("organization_percentile_companies", FLOOR_COMPANIES)
                .unwrap_or(base.organization_percentile_companies),
            ..base.clone()
        };
        if let Some(section) = section.section("dominance") {
            policy.dominance = match (section.count("n", 1), section.decimal("k", SCALE, 100 * SCALE)) {
                (Some(n), Some(k)) => Some(Dominance { n, k }),
                _ => pair_missing(&section, "n = 2, k = 85"),
            };
            section.finish();
        }
        if let Some(section) = section.section("prior_posterior") {
            let (p, q) = (section.decimal("p", 1, 100 * SCALE), section.decimal("q", 1, 1_000 * SCALE));
            policy.prior_posterior = match (p, q) {
                (Some(p), Some(q)) => Some(PriorPosterior { p, q }),
                _ => pair_missing(&section, "p = 10, q = 100"),
            };
            section.finish();
        }
        for (key, depth) in [("quartiles", &mut policy.quartiles), ("deciles", &mut policy.deciles)] {
            if let Some(section) = section.section(key) {
                depth.companies = section.count("companies", FLOOR_COMPANIES).unwrap_or(depth.companies);
                depth.employees = section.count("employees", FLOOR_EMPLOYEES).unwrap_or(depth.employees);
                depth.side_employees = section.count("side_employees", 1).unwrap_or(depth.side_employees);
                depth.side_companies = section.count("side_companies", 1).unwrap_or(depth.side_companies);
                section.finish();
            }
        }
        if let Some(section) = section.section("rounding") {
            let step = |key| section.decimal(key, 0, 1_000_000 * SCALE);
            let rounding = &mut policy.rounding;
            rounding.hourly = step("hourly").unwrap_or(rounding.hourly);
            rounding.annual = step("annual").unwrap_or(rounding.annual);
            rounding.share = step("share").unwrap_or(rounding.share);
            rounding.other = step("other").unwrap_or(rounding.other);
            rounding.employees = section.count("employees", 1).unwrap_or(rounding.employees);
            section.finish();
        }
        policy.overridden = policy != *base;
        policy
    }

    /// The policy in plain sentences, for people.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let changed = if self.overridden { ", with changes by the pipeline" } else { "" };
        let mut lines = vec![
            format!("preset {} version {}{changed}", self.preset, self.version),
            format!("at least {} companies and {} employees", self.min_companies, self.min_employees),
            format!("no company above {} % of the employees or of the value", decimal(self.max_company_share * 100)),
        ];
        if let Some(p) = self.p_percent {
            lines.push(format!(
                "p%-rule with p = {}, against {} pooling {}",
                decimal(p),
                self.coalition,
                if self.coalition == 1 { "company" } else { "companies" }
            ));
        }
        if let Some(Dominance { n, k }) = self.dominance {
            lines.push(format!("the largest {n} companies at most {} % of the value", decimal(k)));
        }
        if let Some(PriorPosterior { p, q }) = self.prior_posterior {
            lines.push(format!("(p,q)-rule with p = {}, q = {}", decimal(p), decimal(q)));
        }
        for (name, depth) in [("P25 and P75", self.quartiles), ("P10 and P90", self.deciles)] {
            lines.push(format!(
                "{name}: {} companies, {} employees, and {} employees of {} companies on each side",
                depth.companies, depth.employees, depth.side_employees, depth.side_companies
            ));
        }
        lines.push(format!("organization-weighted percentiles: {} companies", self.organization_percentile_companies));
        lines.push(format!("shares: at least {} employees on either side", self.min_group));
        let Rounding { hourly, annual, share, other, employees } = self.rounding;
        lines.push(format!(
            "rounded to {} an hour, {} a year, {} for shares, {} otherwise, {employees} employees",
            decimal(hourly),
            decimal(annual),
            decimal(share),
            decimal(other)
        ));
        lines
    }
}

fn pair_missing<T>(section: &Section<'_>, example: &str) -> Option<T> {
    section.problems.add(
        section.at(),
        format!("`{}` is not complete", section.name("").trim_end_matches('.')),
        format!("write {{ {example} }}"),
    );
    None
}

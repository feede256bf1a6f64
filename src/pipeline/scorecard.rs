//! `[scorecard]`: which metrics a score is made of, and what each part of it weighs.
//!
//! In: the section. Out: a [`ScorecardPlan`]. Invariant: the parts are the six of the catalogue; a part that weighs nothing is left out;
//! what the file does not say is the default that docs/scorecards.md lists.

use super::section::Section;
use crate::exact::{Amount, SCALE};
use crate::measure::{Measure, catalogue, fits};

/// What scorecards are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScorecardPlan {
    /// Whether all are written at the end of a run.
    pub at_end: bool,
    /// The parts of the score.
    pub parts: Vec<ScorePart>,
}

/// One part of the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScorePart {
    /// Its name.
    pub name: &'static str,
    /// Its weight, in 1/10,000.
    pub weight: Amount,
    /// Its metrics, by name or pattern.
    pub metrics: Vec<String>,
}

/// The parts, and their metrics where the file names no others.
const PARTS: [(&str, &[&str]); 6] = [
    ("pay", &["base_hourly", "total_cash_annual", "living_wage", "low_pay"]),
    (
        "benefits",
        &["*_access", "*_participation", "*_take_up", "benefits_employer_cost", "benefit_load", "paid_leave_days"],
    ),
    ("retention", &["retention", "voluntary_separations_rate"]),
    ("pay_growth", &["pay_growth", "promotion"]),
    ("equity", &["gini", "p90_p10", "uk_mean_hourly_gap", "uk_median_hourly_gap", "eu_mean_gap", "eu_median_gap"]),
    ("training", &["training_hours", "course_completion", "skill_*"]),
];

impl Default for ScorecardPlan {
    fn default() -> Self {
        let part = |(name, metrics): &(&'static str, &[&str])| ScorePart {
            name,
            weight: SCALE,
            metrics: metrics.iter().map(|&metric| metric.to_owned()).collect(),
        };
        Self { at_end: false, parts: PARTS.iter().map(part).collect() }
    }
}

impl ScorecardPlan {
    /// Reads the section, if there is one.
    pub(super) fn read(section: Option<Section<'_>>) -> Self {
        let mut plan = Self::default();
        let Some(section) = section else { return plan };
        plan.at_end = section.flag("at_end").unwrap_or(false);
        if let Some(weights) = section.section("weights") {
            for part in &mut plan.parts {
                part.weight = weights.decimal(part.name, 0, 1_000 * SCALE).unwrap_or(part.weight);
            }
            weights.finish();
        }
        if let Some(metrics) = section.section("metrics") {
            for part in &mut plan.parts {
                let Some(named) = metrics.texts(part.name) else { continue };
                for text in &named {
                    let is_known = |pattern: &str| {
                        Measure::find(pattern, &crate::measure::MeasureSettings::default(), None).is_some()
                            || catalogue().any(|entry| fits(pattern, entry.name))
                    };
                    if !is_known(&text.value) {
                        section.problems.add(
                            &text.at,
                            format!("{:?} is no metric of the catalogue, and no pattern of any", text.value),
                            "`payquorum metrics` lists them all",
                        );
                    }
                }
                part.metrics = named.into_iter().map(|text| text.value).collect();
            }
            metrics.finish();
        }
        if plan.parts.iter().all(|part| part.weight == 0) {
            section.problems.add(
                section.at(),
                "no part of the score weighs anything".to_owned(),
                "give one a weight above 0",
            );
        }
        section.finish();
        plan.parts.retain(|part| part.weight > 0);
        plan
    }
}

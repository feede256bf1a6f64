//! The Social Impact Score: a weighted mean of positions, open and printed term by term.
//!
//! In: the points of metrics, and the parts that the pipeline weighs. Out: a [`Score`]. Invariant: a part counts with the mean of its
//! metrics that have points; parts without any are left out, and below half of the weights there is no score. No published formula of such
//! a score was found, so this one is ours: it says nothing that its terms do not say.

use serde::Serialize;

use crate::exact::{Amount, SCALE};
use crate::measure::fits;
use crate::pipeline::ScorecardPlan;

/// The least part of the weights that must be covered.
const LEAST_COVERAGE: f64 = 0.5;

/// Points of one star.
const STAR: f64 = 20.0;

/// The score of a company.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// 0 to 100; none where too little is covered.
    pub points: Option<f64>,
    /// One to five, 20 points each.
    pub stars: Option<u8>,
    /// The covered part of the weights, 0 to 1.
    pub coverage: f64,
    /// The parts.
    pub parts: Vec<Part>,
    /// The sum in words.
    pub sum: String,
}

/// One part of the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its weight.
    pub weight: f64,
    /// The mean of its metrics; none where no metric has points.
    pub points: Option<f64>,
    /// Its metrics and their points.
    pub metrics: Vec<Term>,
}

/// One metric in a part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Term {
    /// The metric.
    pub metric: String,
    /// Its points, 0 to 100.
    pub points: f64,
}

impl Score {
    /// The score of metrics and their points, in their order.
    #[must_use]
    pub fn of(metrics: &[(String, f64)], plan: &ScorecardPlan) -> Self {
        let part = |part: &crate::pipeline::ScorePart| {
            let is_of_part = |metric: &str| part.metrics.iter().any(|pattern| fits(pattern, metric));
            let metrics: Vec<Term> = metrics
                .iter()
                .filter(|(metric, _)| is_of_part(metric))
                .map(|(metric, points)| Term { metric: metric.clone(), points: *points })
                .collect();
            let points = mean(metrics.iter().map(|term| (1.0, term.points)));
            Part { name: part.name.to_owned(), weight: weight(part.weight), points, metrics }
        };
        let parts: Vec<Part> = plan.parts.iter().map(part).collect();
        let total = |parts: &mut dyn Iterator<Item = &Part>| parts.fold(0.0, |sum, part| sum + part.weight);
        let all = total(&mut parts.iter());
        let covered = total(&mut parts.iter().filter(|part| part.points.is_some()));
        let coverage = if all > 0.0 { covered / all } else { 0.0 };
        let points = mean(parts.iter().filter_map(|part| Some((part.weight, part.points?))));
        let points = points.filter(|_| coverage >= LEAST_COVERAGE);
        let sum = sum(&parts, covered, points);
        Self { points, stars: points.map(stars), coverage, parts, sum }
    }
}

/// A weight as a number.
#[expect(clippy::cast_precision_loss, reason = "weights are small")]
fn weight(weight: Amount) -> f64 {
    weight as f64 / SCALE as f64
}

fn mean(weighted: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (weights, sum) =
        weighted.fold((0.0, 0.0), |(weights, sum), (weight, points)| (weights + weight, sum + weight * points));
    (weights > 0.0).then(|| sum / weights)
}

/// One star for each 20 points that were begun, and one for none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 5")]
fn stars(points: f64) -> u8 {
    ((points / STAR).ceil() as u8).clamp(1, 5)
}

/// The sum, term by term.
fn sum(parts: &[Part], covered: f64, points: Option<f64>) -> String {
    let terms: Vec<String> = parts
        .iter()
        .filter_map(|part| Some(format!("{} x {:.1} ({})", part.weight, part.points?, part.name)))
        .collect();
    match points {
        Some(points) => format!("({}) / {covered} = {points:.1}", terms.join(" + ")),
        None => {
            "not scored: parts with less than half of the weight have a metric whose peers have published percentiles"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::ScorePart;

    fn plan() -> ScorecardPlan {
        let part =
            |name, weight, metric: &str| ScorePart { name, weight: weight * SCALE, metrics: vec![metric.to_owned()] };
        let parts =
            vec![part("pay", 2, "base_*"), part("benefits", 1, "health_*"), part("training", 1, "training_hours")];
        ScorecardPlan { at_end: false, parts }
    }

    fn metrics(all: &[(&str, f64)]) -> Vec<(String, f64)> {
        all.iter().map(|(name, points)| ((*name).to_owned(), *points)).collect()
    }

    /// On paper: pay is the mean of 40 and 60; (2 x 50 + 1 x 80) / 3 = 60; three quarters of the weights are covered.
    #[test]
    fn a_score_is_the_weighted_mean_of_its_parts() {
        let score =
            Score::of(&metrics(&[("base_hourly", 40.0), ("base_annual", 60.0), ("health_access", 80.0)]), &plan());
        assert_eq!((score.points, score.stars), (Some(60.0), Some(3)));
        assert!((score.coverage - 0.75).abs() < 1e-12);
        assert_eq!(score.sum, "(2 x 50.0 (pay) + 1 x 80.0 (benefits)) / 3 = 60.0");
    }

    #[test]
    fn below_half_of_the_weights_there_is_no_score() {
        let score = Score::of(&metrics(&[("health_access", 99.0)]), &plan());
        assert_eq!((score.points, score.stars), (None, None));
        assert!(score.sum.starts_with("not scored"));
        assert_eq!(Score::of(&metrics(&[("base_hourly", 0.0)]), &plan()).stars, Some(1));
        assert_eq!([0.0, 20.0, 20.1, 80.1, 100.0].map(stars), [1, 1, 2, 5, 5]);
    }
}

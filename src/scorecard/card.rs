//! [`Scorecard`]: where a company stands, metric by metric, and what that adds up to.
//!
//! In: a company's own metrics of two periods, and the files of a release. Out: the card. Invariant: made of the company's own figures and
//! of published ones only: what other companies report cannot change it but through the release.

use rayon::prelude::*;
use serde::Serialize;

use super::own::{OwnFigure, own_figures};
use super::peers::{Peers, Weighting};
use super::position::Position;
use super::score::Score;
use crate::intake::{Company, Register};
use crate::measure::{Direction, Measure};
use crate::page::amount;
use crate::period::Period;
use crate::pipeline::Pipeline;
use crate::release::Released;
use crate::store::StoreError;

/// The form of a card.
const FORM: &str = "payquorum-scorecard/1";

/// A company's card for a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scorecard {
    /// The form.
    pub form: &'static str,
    /// The company.
    pub company: String,
    /// The pipeline.
    pub pipeline: String,
    /// The period.
    pub period: String,
    /// The version of the release that it was compared with.
    pub release: String,
    /// The digest of that release's manifest.
    pub release_sha256: String,
    /// The period before, where the company has figures of it.
    pub earlier: Option<String>,
    /// The Social Impact Score.
    pub score: Score,
    /// The metrics.
    pub metrics: Vec<Metric>,
}

/// One metric of a card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metric {
    /// Its name.
    pub metric: String,
    /// Unit of its figures.
    pub unit: String,
    /// Their currency.
    pub currency: Option<String>,
    /// The company's figure; none where the note says why.
    pub figure: Option<f64>,
    /// What the figure is: a mean (share, ratio, total, gap), or a median.
    pub statistic: &'static str,
    /// Employees behind it.
    pub n_employees: Option<u64>,
    /// Which direction is better.
    pub direction: &'static str,
    /// What it was compared with; none where no peer figure is published.
    pub peers: Option<Peers>,
    /// Where it lies among the peers, in words; none without published percentiles.
    pub position: Option<String>,
    /// The same as a number.
    pub percentile: Option<f64>,
    /// Points for the score, where a direction is better.
    pub points: Option<f64>,
    /// The figure of the period before.
    pub before: Option<f64>,
    /// What all this means.
    pub meaning: String,
    /// What a reader of the company's own figure should know.
    pub note: Option<String>,
}

impl Scorecard {
    /// The card of a company: its figures of the period and of the one before, beside a release.
    fn of(
        company: &Company,
        own: &[OwnFigure],
        before: &[OwnFigure],
        released: &Released,
        period: Period,
        pipeline: &Pipeline,
    ) -> Self {
        let metrics: Vec<Metric> = own.iter().map(|own| metric(own, before, company, released, pipeline)).collect();
        let points: Vec<(String, f64)> =
            metrics.iter().filter_map(|metric| Some((metric.metric.clone(), metric.points?))).collect();
        Self {
            form: FORM,
            company: company.id.clone(),
            pipeline: pipeline.name.clone(),
            period: period.to_string(),
            release: format!("v{}", released.version),
            release_sha256: released.manifest.sha256.clone(),
            earlier: (!before.is_empty()).then(|| pipeline.settings.earlier(period).to_string()),
            score: Score::of(&points, &pipeline.scorecard),
            metrics,
        }
    }

    /// The card as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// The cards of all companies that have figures of a period; of one company where it is named.
///
/// # Errors
/// [`StoreError`]: companies' own metrics cannot be read.
pub fn scorecards(
    only: Option<&str>,
    register: &Register,
    released: &Released,
    period: Period,
    pipeline: &Pipeline,
) -> Result<Vec<Scorecard>, StoreError> {
    let of = |period: Period| {
        let folder = pipeline.workspace.join("companies").join(&pipeline.name);
        own_figures(&folder.join(format!("{period}.parquet")), only, pipeline)
    };
    let (own, before) = (of(period)?, of(pipeline.settings.earlier(period))?);
    let card = |(id, own): (&String, &Vec<OwnFigure>)| {
        let company = &register.companies()[register.place(id)?];
        let before = before.get(id).map(Vec::as_slice).unwrap_or_default();
        Some(Scorecard::of(company, own, before, released, period, pipeline))
    };
    Ok(own.par_iter().filter_map(card).collect())
}

fn metric(
    own: &OwnFigure,
    before: &[OwnFigure],
    company: &Company,
    released: &Released,
    pipeline: &Pipeline,
) -> Metric {
    let direction = direction(&own.metric, pipeline);
    let peers = Peers::of(&own.metric, own.currency.as_deref(), company, released, pipeline);
    // What employees have is compared with the median of the company's; what companies have with the company's figure.
    let by_median = own.median.is_some()
        && peers.as_ref().is_none_or(|peers| peers.weighting == Weighting::Employees && !peers.percentiles.is_empty());
    let choose = |own: &OwnFigure| if by_median { own.median } else { own.figure };
    let figure = choose(own);
    let band = peers.as_ref().map(|peers| peers.percentiles.as_slice()).unwrap_or_default();
    let position = figure.and_then(|figure| Position::of(figure, band));
    let same = |other: &&OwnFigure| other.metric == own.metric && other.currency == own.currency;
    let mut metric = Metric {
        metric: own.metric.clone(),
        unit: own.unit.clone(),
        currency: own.currency.clone(),
        figure,
        statistic: if by_median { "median" } else { "mean" },
        n_employees: own.employees,
        direction: direction.label(),
        position: position.map(Position::text),
        percentile: position.map(Position::number),
        points: position.and_then(|position| position.points(direction, band)),
        before: before.iter().find(same).and_then(choose),
        meaning: String::new(),
        note: own.note.clone(),
        peers,
    };
    metric.meaning = meaning(&metric, position, direction);
    metric
}

fn direction(name: &str, pipeline: &Pipeline) -> Direction {
    let known = pipeline.measures.iter().find(|measure| measure.name == name).map(|measure| measure.direction);
    known
        .or_else(|| Measure::find(name, &pipeline.settings, None).map(|measure| measure.direction))
        .unwrap_or(Direction::Describes)
}

/// What a metric means, in one sentence or two.
fn meaning(metric: &Metric, position: Option<Position>, direction: Direction) -> String {
    let Some(figure) = metric.figure else {
        return "There is no figure; the note says why.".to_owned();
    };
    let show = |figure: f64| amount(figure, &metric.unit, metric.currency.as_deref());
    let Some(peers) = &metric.peers else {
        return "No figure of comparable companies is published, so there is nothing to compare with.".to_owned();
    };
    let Some(position) = position else {
        return match peers.mean {
            Some(mean) => format!(
                "It is {} beside {} for {}; percentiles of that cell are not published.",
                show(figure),
                show(mean),
                peers.words()
            ),
            None => format!("Only numbers are published for {}.", peers.words()),
        };
    };
    let what = match (peers.weighting, metric.statistic) {
        (Weighting::Employees, "median") => "half of the company's employees have this or less; it is",
        _ => "the company's figure is",
    };
    let who = match peers.weighting {
        Weighting::Employees => "employees",
        Weighting::Companies => "companies",
    };
    let place = match position {
        Position::Below(percent) => format!("below what all but the lowest {percent:.0} % of {who} have"),
        Position::At(percent) => format!("above what about {percent:.0} % of {who} have"),
        Position::Above(percent) => format!("above what {percent:.0} % of {who} have"),
    };
    let verdict = match (direction, metric.points) {
        (Direction::Describes, _) => " Neither direction is better.",
        (_, Some(points)) if points >= 60.0 => " That is on the better side.",
        (_, Some(points)) if points <= 40.0 => " That is on the weaker side.",
        (_, Some(_)) => " That is near the middle.",
        (_, None) => " Peers lie on both sides of zero, so that nearness to zero cannot be ranked.",
    };
    let mut sentence = format!("{what} {place} in {}.{verdict}", peers.words());
    sentence[..1].make_ascii_uppercase();
    sentence
}

//! A scorecard as a page.
//!
//! In: a [`Scorecard`]. Out: a self-contained HTML page. Invariant: it shows what the card says, and nothing else.

use serde::Serialize;

use super::card::{Metric, Scorecard};
use super::peers::{Peers, Weighting};
use super::score::Part;
use crate::page::chart::{Band, single};
use crate::page::{Page, PageError, amount, grouped, render, short};

#[derive(Serialize)]
struct Shown<'a> {
    company: &'a str,
    pipeline: &'a str,
    period: &'a str,
    release: &'a str,
    sha256: &'a str,
    points: String,
    stars: String,
    stars_in_words: String,
    coverage: String,
    sum: &'a str,
    parts: Vec<ShownPart>,
    metrics: Vec<ShownMetric<'a>>,
    /// Metrics without peers.
    alone: Vec<ShownMetric<'a>>,
}

#[derive(Serialize)]
struct ShownPart {
    name: String,
    weight: String,
    points: String,
    metrics: String,
}

#[derive(Serialize)]
struct ShownMetric<'a> {
    name: &'a str,
    figure: String,
    employees: String,
    about: String,
    band: Option<String>,
    caption: String,
    meaning: &'a str,
    change: Option<String>,
    note: Option<&'a str>,
}

/// The page of a card.
///
/// # Errors
/// [`PageError`].
pub fn page(card: &Scorecard) -> Result<String, PageError> {
    let score = &card.score;
    let stars = score.stars.map(usize::from);
    let title = format!("Scorecard of {}, {}", card.company, card.period);
    let of = |with_peers: bool| {
        let metrics = card.metrics.iter().enumerate().filter(|(_, metric)| metric.peers.is_some() == with_peers);
        metrics.map(|(place, metric)| shown_metric(place, metric, card)).collect::<Vec<_>>()
    };
    let shown = Shown {
        company: &card.company,
        pipeline: &card.pipeline,
        period: &card.period,
        release: &card.release,
        sha256: &card.release_sha256,
        points: score.points.map_or("not scored".to_owned(), |points| format!("{} of 100", grouped(points, 1))),
        stars: stars.map_or("none".to_owned(), |stars| "\u{2605}".repeat(stars) + &"\u{2606}".repeat(5 - stars)),
        stars_in_words: stars.map_or("no stars".to_owned(), |stars| format!("{stars} of 5 stars")),
        coverage: format!("{} %", grouped(score.coverage * 100.0, 0)),
        sum: &score.sum,
        parts: score.parts.iter().map(part).collect(),
        metrics: of(true),
        alone: of(false),
    };
    render(Page::Scorecard, &title, shown)
}

fn part(part: &Part) -> ShownPart {
    let metrics = part.metrics.iter().map(|term| format!("{} {}", term.metric, grouped(term.points, 1)));
    ShownPart {
        name: part.name.replace('_', " "),
        weight: part.weight.to_string(),
        points: part.points.map_or("none".to_owned(), |points| grouped(points, 1)),
        metrics: if part.metrics.is_empty() {
            "no metric whose peers have published percentiles".to_owned()
        } else {
            metrics.collect::<Vec<_>>().join(", ")
        },
    }
}

fn shown_metric<'a>(place: usize, metric: &'a Metric, card: &Scorecard) -> ShownMetric<'a> {
    let show = |figure: f64| amount(figure, &metric.unit, metric.currency.as_deref());
    let figure = metric.figure.map_or("no figure".to_owned(), show);
    let employees = metric.n_employees.map(|count| format!(", {count} employees")).unwrap_or_default();
    let position = metric.position.as_ref().map(|position| format!(", position {position}")).unwrap_or_default();
    let statistic = if metric.statistic == "median" { "the company's median" } else { "the company's figure" };
    let change = metric.figure.zip(metric.before).zip(card.earlier.as_ref());
    ShownMetric {
        name: &metric.metric,
        about: format!("{statistic}{employees}{position} ({})", metric.direction),
        band: metric
            .peers
            .as_ref()
            .filter(|peers| peers.percentiles.len() >= 2)
            .map(|peers| band(place, metric, peers, &figure)),
        caption: metric.peers.as_ref().map(caption).unwrap_or_default(),
        meaning: &metric.meaning,
        change: change.map(|((now, before), earlier)| {
            let change = now - before;
            let sign = if change > 0.0 { "+" } else { "" };
            format!("{earlier}: {}; change {sign}{}", show(before), short(change, &metric.unit))
        }),
        note: metric.note.as_deref(),
        employees: metric.n_employees.map(|count| count.to_string()).unwrap_or_default(),
        figure,
    }
}

fn band(place: usize, metric: &Metric, peers: &Peers, figure: &str) -> String {
    let published = peers
        .percentiles
        .iter()
        .map(|(percent, value)| format!("P{percent:.0} {}", amount(*value, &metric.unit, metric.currency.as_deref())));
    let words = format!("{}. The company: {figure}.", published.collect::<Vec<_>>().join(", "));
    let it = Band { label: String::new(), percentiles: peers.percentiles.clone(), mark: metric.figure, words };
    single(&format!("m{place}"), &format!("{} among peers", metric.metric), &it, &|tick| short(tick, &metric.unit))
}

fn caption(peers: &Peers) -> String {
    let who = match peers.weighting {
        Weighting::Employees => "every employee alike",
        Weighting::Companies => "every company alike",
    };
    let count = |count: Option<u64>, what: &str| count.map(|count| format!(", {count} {what}")).unwrap_or_default();
    format!(
        "Peers: {} (table {}; {who}{}{})",
        peers.words(),
        peers.table,
        count(peers.n_companies, "companies"),
        count(peers.n_employees, "employees")
    )
}

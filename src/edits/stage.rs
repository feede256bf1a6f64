//! The stage: all uploads of a run beside each other and beside the store.
//!
//! In: what arrived and what is stored, as [`Profile`]s. Out: [`Finding`]s. Invariant: a snapshot is compared with the latest one before
//! it, be it stored or of the same run, so that a fault between two uploads of one run is found before either is stored.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rayon::prelude::*;

use super::evidence::{Before, Evidence, is_outside};
use super::profile::Profile;
use super::rules;
use super::{Finding, Severity};
use crate::intake::Register;
use crate::measure::{Found, Measure};
use crate::period::Period;
use crate::pipeline::{DimensionSource, Pipeline};

/// The latest day that anybody on earth has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today(pub Date);

impl Today {
    /// At a moment.
    #[must_use]
    pub fn at(moment: Timestamp) -> Self {
        let farthest = moment.checked_add(14.hours()).unwrap_or(moment);
        Self(jiff::tz::TimeZone::UTC.to_datetime(farthest).date())
    }

    /// Now; `PAYQUORUM_TODAY` says another day, for tests and for what happened in the past.
    #[must_use]
    pub fn now() -> Self {
        let said = std::env::var("PAYQUORUM_TODAY").ok().and_then(|day| day.parse().ok());
        said.map_or_else(|| Self::at(Timestamp::now()), Self)
    }

    /// Whether a period begins after this day.
    fn is_before(self, period: Period) -> bool {
        let epoch = jiff::civil::date(1970, 1, 1);
        let today = epoch.until(self.0).map_or(i32::MAX, |span| span.get_days());
        period.previous().last_day().saturating_add(1) > today
    }
}

/// One company and period of an upload.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// Which upload, of those that arrived.
    pub upload: usize,
    /// The company's place in the register.
    pub place: usize,
    /// The period.
    pub period: Period,
    /// What its rows look like.
    pub profile: &'a Profile,
}

/// One company and period of the store.
#[derive(Debug)]
pub struct Stored<'a> {
    /// The company.
    pub company: &'a str,
    /// The period.
    pub period: Period,
    /// Records.
    pub records: u64,
    /// The profile in the footer; none where a build without edits wrote it.
    pub profile: Option<&'a str>,
}

/// An upload that is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The file.
    pub file: std::path::PathBuf,
    /// SHA-256 of its bytes and name.
    pub upload: String,
    /// What is asked about it and was not accepted.
    pub findings: Vec<Finding>,
}

/// What the edits made of a run.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    /// Uploads that are held back, by file.
    pub held: Vec<Held>,
    /// Queries that were accepted.
    pub accepted: Vec<Finding>,
    /// What is told of companies, and nothing else.
    pub notes: Vec<Finding>,
    /// What is told of files.
    pub remarks: Vec<String>,
    /// Who of the register has no records of the period that is released; for the operator alone, and not in every log.
    pub missing: Option<String>,
}

/// A snapshot with what it is compared by.
struct Snapshot<'a> {
    records: u64,
    profile: Option<&'a Profile>,
}

/// Judges all that arrived; findings come with the upload that they are about, in the order of company and period.
#[must_use]
pub fn judge(
    arrivals: &[Arrival<'_>],
    stored: &[Stored<'_>],
    pipeline: &Pipeline,
    register: &Register,
    today: Today,
) -> Vec<(usize, Finding)> {
    let id = |arrival: &Arrival<'_>| register.companies()[arrival.place].id.as_str();
    let mut order: Vec<&Arrival<'_>> = arrivals.iter().collect();
    order.sort_by_key(|arrival| (arrival.place, arrival.period, arrival.upload));
    let arrived: BTreeMap<(&str, Period), &Arrival<'_>> =
        order.iter().map(|arrival| ((id(arrival), arrival.period), *arrival)).collect();
    let read = profiles(stored, &arrived);
    let mut beside: BTreeMap<(usize, usize), Vec<(Period, u64)>> = BTreeMap::new();
    for arrival in &order {
        let rows = (arrival.period, arrival.profile.records);
        beside.entry((arrival.upload, arrival.place)).or_default().push(rows);
    }
    let is_stray = |arrival: &Arrival<'_>| {
        let beside = &beside[&(arrival.upload, arrival.place)];
        rules::is_stray(arrival.profile.records, beside, &pipeline.edits)
    };
    // Each company's snapshots as they will be, and those that go.
    let mut lines: BTreeMap<&str, BTreeMap<Period, Snapshot<'_>>> = BTreeMap::new();
    let mut replaced: BTreeMap<(&str, Period), Before<'_>> = BTreeMap::new();
    for (stored, profile) in stored.iter().zip(&read) {
        let key = (stored.company, stored.period);
        if arrived.contains_key(&key) {
            let gone = Before { period: stored.period, records: stored.records, profile: profile.as_ref() };
            replaced.insert(key, gone);
        }
        if arrived.get(&key).is_none_or(|arrival| is_stray(arrival)) {
            let snapshot = Snapshot { records: stored.records, profile: profile.as_ref() };
            lines.entry(stored.company).or_default().insert(stored.period, snapshot);
        }
    }
    // A few rows of a period are no snapshot with which another one is compared.
    for ((company, period), arrival) in arrived.iter().filter(|(_, arrival)| !is_stray(arrival)) {
        let snapshot = Snapshot { records: arrival.profile.records, profile: Some(arrival.profile) };
        lines.entry(company).or_default().insert(*period, snapshot);
    }
    let periods: BTreeSet<Period> = arrived.keys().map(|(_, period)| *period).collect();
    let peers: BTreeMap<Period, Peers> =
        periods.iter().map(|period| (*period, Peers::of(*period, &lines, pipeline, register))).collect();
    let used = used_columns(arrivals, &read, pipeline);
    let mut found = Vec::new();
    for arrival in order {
        let (company, period) = (id(arrival), arrival.period);
        let earlier = lines.get(company).and_then(|line| line.range(..period).next_back());
        let peers = &peers[&period];
        let evidence = Evidence {
            period,
            now: arrival.profile,
            earlier: earlier.map(|(period, snapshot)| Before {
                period: *period,
                records: snapshot.records,
                profile: snapshot.profile,
            }),
            replaced: replaced.get(&(company, period)).copied(),
            beside: &beside[&(arrival.upload, arrival.place)],
            sector: peers.middle_beside(arrival.place, arrival.profile, pipeline),
            others_pay: peers.others_pay(arrival.profile),
            is_to_come: today.is_before(period),
            thresholds: &pipeline.edits,
            settings: &pipeline.settings,
            is_used: &|column| used.contains(column),
        };
        for said in rules::all(&evidence) {
            let rules::Said { rule, severity, column, message } = said;
            found.push((
                arrival.upload,
                Finding { rule, severity, company: company.to_owned(), period, column, message },
            ));
        }
    }
    found
}

/// The profiles that anything is compared with: of each company that arrived what was before, and all of the periods that arrived.
fn profiles(stored: &[Stored<'_>], arrived: &BTreeMap<(&str, Period), &Arrival<'_>>) -> Vec<Option<Profile>> {
    let mut wanted: BTreeSet<(&str, Period)> = BTreeSet::new();
    let mut lines: BTreeMap<&str, BTreeSet<Period>> = BTreeMap::new();
    for stored in stored {
        lines.entry(stored.company).or_default().insert(stored.period);
    }
    let periods: BTreeSet<Period> = arrived.keys().map(|(_, period)| *period).collect();
    for (company, period) in arrived.keys() {
        let before = lines.get(company).and_then(|line| line.range(..period).next_back());
        wanted.extend(before.map(|before| (*company, *before)));
    }
    let is_wanted =
        |stored: &Stored<'_>| periods.contains(&stored.period) || wanted.contains(&(stored.company, stored.period));
    let read = |stored: &Stored<'_>| stored.profile.filter(|_| is_wanted(stored)).and_then(Profile::read);
    stored.par_iter().map(read).collect()
}

/// What companies of one period pay, by sector and currency.
struct Peers {
    /// Medians of pay in a year, in ascending order.
    medians: BTreeMap<(String, String), Vec<f64>>,
    /// The sector of each company of the register.
    sectors: Vec<String>,
    /// Whether a company lies outside the factor, where that can be told.
    far: BTreeMap<usize, bool>,
    /// How many do.
    outside: usize,
    /// Companies with base pay, and those of them that have any above zero.
    with_pay: [usize; 2],
}

/// Whether a profile has base pay, and whether any of it is not zero.
fn base_pay(profile: &Profile) -> [bool; 2] {
    let column = profile.columns.get("base_pay").filter(|column| column.filled > 0);
    [column.is_some(), column.is_some_and(|column| !column.holds_zeros_only())]
}

impl Peers {
    fn of(
        period: Period,
        lines: &BTreeMap<&str, BTreeMap<Period, Snapshot<'_>>>,
        pipeline: &Pipeline,
        register: &Register,
    ) -> Self {
        let dimension = pipeline
            .dimensions
            .iter()
            .enumerate()
            .find(|(_, dimension)| matches!(dimension.source, DimensionSource::Company(_)));
        let sector = |codes: &[String]| match dimension {
            Some((place, dimension)) => {
                dimension.hierarchy.at_level(&codes[place], dimension.levels.first().copied().unwrap_or(1))
            }
            None => String::new(),
        };
        let sectors: Vec<String> = register.companies().iter().map(|company| sector(&company.codes)).collect();
        let mut peers = Self { medians: BTreeMap::new(), sectors, far: BTreeMap::new(), outside: 0, with_pay: [0; 2] };
        let mut judged = Vec::new();
        for (company, line) in lines {
            let profile = line.get(&period).and_then(|snapshot| snapshot.profile);
            let (Some(profile), Some(place)) = (profile, register.place(company)) else { continue };
            for (count, has) in peers.with_pay.iter_mut().zip(base_pay(profile)) {
                *count += usize::from(has);
            }
            if let (Some(median), Some(currency)) = (middle(profile, pipeline), profile.currency()) {
                let key = (peers.sectors[place].clone(), currency.to_owned());
                peers.medians.entry(key).or_default().push(median);
                judged.push((place, profile, median));
            }
        }
        peers.medians.values_mut().for_each(|medians| medians.sort_by(f64::total_cmp));
        for (place, profile, own) in judged {
            if let Some(middle) = peers.middle_of_others(place, profile, pipeline) {
                peers.far.insert(place, is_outside(own / middle, pipeline.edits.sector_factor));
            }
        }
        peers.outside = peers.far.values().filter(|is_far| **is_far).count();
        peers
    }

    /// The same, where sectors are a yardstick at all: if more than a tenth of all companies lie far from theirs, an edit would ask
    /// about what is usual.
    fn middle_beside(&self, place: usize, profile: &Profile, pipeline: &Pipeline) -> Option<f64> {
        let own = self.far.get(&place);
        let (all, far) = (self.far.len() - usize::from(own.is_some()), self.outside - usize::from(own == Some(&true)));
        if far > 1 && far * 10 > all {
            return None;
        }
        self.middle_of_others(place, profile, pipeline)
    }

    /// The middle of the middles of the other companies of the sector; none where there are too few.
    fn middle_of_others(&self, place: usize, profile: &Profile, pipeline: &Pipeline) -> Option<f64> {
        let medians = self.medians.get(&(self.sectors[place].clone(), profile.currency()?.to_owned()))?;
        let own = middle(profile, pipeline)?;
        let at = medians.partition_point(|median| *median < own);
        let others = medians.len() - 1;
        if others < pipeline.edits.sector_min_companies {
            return None;
        }
        // The list without the company's own median.
        let other = |place: usize| medians[place + usize::from(place >= at)];
        Some(f64::midpoint(other((others - 1) / 2), other(others / 2)))
    }

    /// Whether nearly all of at least five other companies have base pay that is not zero.
    fn others_pay(&self, own: &Profile) -> bool {
        let [has, pays] = base_pay(own).map(usize::from);
        let (all, paying) = (self.with_pay[0] - has, self.with_pay[1] - pays);
        all >= 5 && paying * 20 >= all * 19
    }
}

/// The median of pay in a year, where enough people have pay.
fn middle(profile: &Profile, pipeline: &Pipeline) -> Option<f64> {
    let pay = profile.yearly_pay();
    if pay.count() < pipeline.edits.min_records { None } else { pay.quantile(50) }
}

/// The columns of profiles of which anything is made.
fn used_columns(arrivals: &[Arrival<'_>], read: &[Option<Profile>], pipeline: &Pipeline) -> BTreeSet<String> {
    let profiles = arrivals.iter().map(|arrival| arrival.profile).chain(read.iter().flatten());
    let columns: BTreeSet<&str> = profiles.flat_map(|profile| profile.columns.keys().map(String::as_str)).collect();
    columns.into_iter().filter(|column| is_used(column, pipeline)).map(str::to_owned).collect()
}

/// Whether anything is made of a column: a measure, a dimension or a breakdown.
#[must_use]
pub fn is_used(column: &str, pipeline: &Pipeline) -> bool {
    let of_dimension = |source: &DimensionSource| matches!(source, DimensionSource::Record(name) if name == column);
    let patterns = pipeline.tables.iter().flat_map(|table| &table.patterns).chain(&pipeline.company_patterns);
    let found = Found::of([column], []);
    let read_by = |name: &String| {
        Measure::find(name, &pipeline.settings, None).is_some_and(|measure| measure.reads_column(column))
    };
    pipeline.measures.iter().any(|measure| measure.reads_column(column))
        || pipeline.dimensions.iter().any(|dimension| of_dimension(&dimension.source))
        || pipeline.company_breakdown.iter().any(|name| name == column)
        || patterns.flat_map(|pattern| found.expand(pattern)).any(|name| read_by(&name))
}

/// Whether findings hold an upload back or refuse it.
#[must_use]
pub fn worst<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Option<Severity> {
    findings.into_iter().map(|finding| finding.severity).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_to_come_until_it_begins_somewhere() {
        let at = |text: &str| Today::at(text.parse().expect("a moment"));
        let quarter = Period::Quarter(2026, 4);
        assert!(at("2026-09-30T09:59:59Z").is_before(quarter));
        assert!(!at("2026-09-30T10:00:00Z").is_before(quarter), "it is October in Kiribati");
        assert!(!at("2026-11-28T00:00:00Z").is_before(quarter));
        assert!(at("2026-11-28T00:00:00Z").is_before(Period::Quarter(2062, 3)));
        assert!(!at("2026-01-01T00:00:00Z").is_before(Period::Year(2026)), "a year that has begun");
    }
}

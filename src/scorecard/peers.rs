//! The published figures that a company is compared with.
//!
//! In: the rows of a release, and where a company belongs. Out: for a metric the [`Peers`] of the finest cell that tells enough. Invariant:
//! nothing but published rows is looked at; a withheld figure is no figure.

use std::borrow::Cow;

use serde::Serialize;

use crate::intake::Company;
use crate::pipeline::{Pipeline, TOTAL};
use crate::release::{Released, ReleasedRow};

/// A published cell, and what it tells of a metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Peers {
    /// The benchmark table.
    pub table: String,
    /// The cell: only dimensions that are no total.
    pub cell: Vec<Place>,
    /// Companies behind it.
    pub n_companies: Option<u64>,
    /// Employees behind it, rounded.
    pub n_employees: Option<u64>,
    /// What the band is made of.
    pub weighting: Weighting,
    /// The mean (share, ratio, gap) of all employees, or of companies' figures, where that is the weighting.
    pub mean: Option<f64>,
    /// Published percentiles, as percent and figure.
    pub percentiles: Vec<(f64, f64)>,
}

/// One dimension of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The dimension.
    pub dimension: String,
    /// Level of the code.
    pub level: u8,
    /// The code.
    pub code: String,
    /// What it means, where the classification says so.
    pub label: Option<String>,
}

/// Who counts alike in a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// Every employee: a company's median is compared with what employees have.
    Employees,
    /// Every company: a company's figure is compared with those of companies.
    Companies,
}

impl Peers {
    /// The peers of a company for a metric: of the cells it belongs to the finest one with a band, else the finest that is published.
    pub(super) fn of(
        metric: &str,
        currency: Option<&str>,
        company: &Company,
        released: &Released,
        pipeline: &Pipeline,
    ) -> Option<Self> {
        let belongs = |row: &&ReleasedRow| {
            let axes = row.codes.iter().zip(&row.levels).enumerate();
            axes.into_iter().all(|(place, (code, level))| {
                let own = company.codes.get(place).filter(|own| !own.is_empty());
                code == TOTAL
                    || own.is_some_and(|own| pipeline.dimensions[place].hierarchy.at_level(own, *level) == *code)
            })
        };
        let is_asked = |row: &&ReleasedRow| {
            row.measure == metric
                && (row.currency.is_none() || row.currency.as_deref() == currency)
                && (row.incumbent.is_some() || row.organization.is_some())
        };
        let mut best: Option<(bool, u32, Self)> = None;
        for row in released.rows.iter().filter(is_asked).filter(belongs) {
            let peers = Self::of_row(row, pipeline);
            let rank = (peers.percentiles.len() >= 2, row.levels.iter().map(|&level| u32::from(level)).sum::<u32>());
            if best.as_ref().is_none_or(|(band, finest, _)| rank > (*band, *finest)) {
                best = Some((rank.0, rank.1, peers));
            }
        }
        best.map(|(.., peers)| peers)
    }

    fn of_row(row: &ReleasedRow, pipeline: &Pipeline) -> Self {
        let of_employees = row.incumbent.map(|it| it.known_percentiles()).unwrap_or_default();
        let of_companies = row.organization.map(|it| it.known_percentiles()).unwrap_or_default();
        let (weighting, percentiles) = match (of_employees.len(), of_companies.len()) {
            (2.., _) => (Weighting::Employees, of_employees),
            (_, 2..) => (Weighting::Companies, of_companies),
            _ if row.incumbent.is_some() => (Weighting::Employees, Vec::new()),
            _ => (Weighting::Companies, Vec::new()),
        };
        let mean = match weighting {
            Weighting::Employees => row.incumbent.and_then(|it| it.mean),
            Weighting::Companies => row.organization.and_then(|it| it.mean),
        };
        let axes = row.codes.iter().zip(&row.levels).zip(&pipeline.dimensions);
        let cell = axes.filter(|((code, _), _)| *code != TOTAL).map(|((code, level), dimension)| Place {
            dimension: dimension.name.clone(),
            level: *level,
            code: code.clone(),
            label: dimension.hierarchy.label(code).map(Cow::into_owned),
        });
        Self {
            table: row.table.clone(),
            cell: cell.collect(),
            n_companies: row.companies,
            n_employees: row.employees,
            weighting,
            mean,
            percentiles,
        }
    }

    /// The cell in words.
    pub(super) fn words(&self) -> String {
        if self.cell.is_empty() {
            return "all companies".to_owned();
        }
        let of = |place: &Place| {
            let label = place.label.as_ref().map(|label| format!(" {label}")).unwrap_or_default();
            format!("{} {}{label}", place.dimension, place.code)
        };
        self.cell.iter().map(of).collect::<Vec<_>>().join(", ")
    }
}

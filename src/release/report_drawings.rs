//! The drawings of a report: distributions, a grid of two dimensions, changes since the period before.
//!
//! In: the rows of one table. Out: up to three drawings. Invariant: only published figures are drawn, withheld cells of the grid are
//! marked, and each drawing says in its caption what it leaves out.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{Released, ReleasedRow};
use super::report::{Drawing, label};
use crate::page::chart::{Band, Grid, bands, changes, grid};
use crate::page::{amount, counted, short};
use crate::pipeline::{Pipeline, TOTAL, Table};

/// Lines of a drawing.
const LINES: usize = 30;

/// Columns of a grid.
const COLUMNS: usize = 16;

/// The drawings of one table, about its first measure.
pub(super) fn drawings(
    id: &str,
    table: &Table,
    rows: &[ReleasedRow],
    before: Option<&Released>,
    pipeline: &Pipeline,
) -> Vec<Drawing> {
    let Some(&measure) = table.measures.first() else { return Vec::new() };
    let name = &pipeline.measures[measure].name;
    let of_measure: Vec<&ReleasedRow> = rows.iter().filter(|row| row.measure == *name).collect();
    // Amounts of several currencies have no common scale: the one with most rows is drawn.
    let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for row in &of_measure {
        *counts.entry(row.currency.as_deref()).or_default() += 1;
    }
    let currency = counts.iter().max_by_key(|(_, count)| **count).and_then(|(currency, _)| *currency);
    let drawn: Vec<&ReleasedRow> = of_measure.into_iter().filter(|row| row.currency.as_deref() == currency).collect();
    let Some(first) = drawn.first() else { return Vec::new() };
    let scene = Scene { id, table, pipeline, measure: name, unit: &first.unit, currency, rows: &drawn };
    [scene.bands(), scene.grid(), before.and_then(|before| scene.changes(before))].into_iter().flatten().collect()
}

struct Scene<'a> {
    id: &'a str,
    table: &'a Table,
    pipeline: &'a Pipeline,
    measure: &'a str,
    unit: &'a str,
    currency: Option<&'a str>,
    rows: &'a [&'a ReleasedRow],
}

/// The figure that stands for a cell: the median where there is one, else the mean.
fn central(row: &ReleasedRow) -> Option<f64> {
    row.incumbent.and_then(|it| it.percentiles[2].or(it.mean))
}

impl Scene<'_> {
    /// A cell in words.
    fn cell(&self, row: &ReleasedRow) -> String {
        let codes = self.table.by.iter().filter(|&&by| row.codes[by] != TOTAL);
        let words: Vec<String> = codes.map(|&by| label(&row.codes[by], by, self.pipeline)).collect();
        if words.is_empty() { "all".to_owned() } else { words.join(", ") }
    }

    fn what(&self) -> String {
        let unit = self.currency.map_or(self.unit.to_owned(), |code| self.unit.replace("currency", code));
        format!("{}, {unit}", self.measure)
    }

    fn show(&self, figure: f64) -> String {
        short(figure, self.unit)
    }

    fn bands(&self) -> Option<Drawing> {
        let band = |row: &&ReleasedRow| {
            let percentiles = row.incumbent?.known_percentiles();
            let label = self.cell(row);
            let said: Vec<String> = percentiles
                .iter()
                .map(|(percent, figure)| format!("P{percent:.0} {}", amount(*figure, self.unit, self.currency)))
                .collect();
            let words = format!("{label}: {}.", said.join(", "));
            (percentiles.len() >= 2).then_some(Band { label, percentiles, mark: None, words })
        };
        let mut all: Vec<Band> = self.rows.iter().filter_map(band).collect();
        let middle = |band: &Band| band.percentiles[band.percentiles.len() / 2].1;
        all.sort_by(|one, other| middle(other).total_cmp(&middle(one)).then_with(|| one.label.cmp(&other.label)));
        let found = all.len();
        all.truncate(LINES);
        (found > 0).then(|| Drawing {
            svg: bands(&format!("{}-bands", self.id), &format!("Distribution of {}", self.what()), &all, &|it| self.show(it)),
            caption: format!(
                "{} in each cell with published percentiles, the highest median first: pale from P10 to P90, dark from P25 to P75, a \
                 line at the median.{}",
                self.what(),
                more(found, LINES, "cells")
            ),
        })
    }

    /// The first two dimensions; others are totals.
    fn grid(&self) -> Option<Drawing> {
        let [down, across, rest @ ..] = self.table.by.as_slice() else { return None };
        let is_shown = |row: &&&ReleasedRow| {
            row.codes[*down] != TOTAL && row.codes[*across] != TOTAL && rest.iter().all(|&by| row.codes[by] == TOTAL)
        };
        let rows: Vec<&&ReleasedRow> = self.rows.iter().filter(is_shown).collect();
        let codes = |by: usize| -> Vec<&str> {
            let codes: BTreeSet<&str> = rows.iter().map(|row| row.codes[by].as_str()).collect();
            codes.into_iter().collect()
        };
        let (mut of_rows, mut of_columns) = (codes(*down), codes(*across));
        let found = [of_rows.len(), of_columns.len()];
        of_rows.truncate(LINES);
        of_columns.truncate(COLUMNS);
        let known: BTreeMap<(&str, &str), Option<f64>> =
            rows.iter().map(|row| ((row.codes[*down].as_str(), row.codes[*across].as_str()), central(row))).collect();
        let cells =
            of_rows.iter().map(|&row| of_columns.iter().map(|&column| known.get(&(row, column)).copied()).collect());
        let it = Grid {
            cells: cells.collect(),
            rows: of_rows.iter().map(|code| label(code, *down, self.pipeline)).collect(),
            columns: of_columns.iter().map(|code| (*code).to_owned()).collect(),
        };
        (!known.is_empty()).then(|| Drawing {
            svg: grid(&format!("{}-grid", self.id), &format!("{} by {}", self.what(), self.names()), &it, &|it| self.show(it)),
            caption: format!(
                "{}: the median, or the mean where there is none, by {}. The more a cell stands out the higher it is; hatched cells are withheld.{}{}",
                self.what(),
                self.names(),
                more(found[0], LINES, "rows"),
                more(found[1], COLUMNS, "columns")
            ),
        })
    }

    fn names(&self) -> String {
        let names: Vec<&str> =
            self.table.by.iter().take(2).map(|&by| self.pipeline.dimensions[by].name.as_str()).collect();
        names.join(" and ")
    }

    /// Cells that are published in both periods.
    fn changes(&self, before: &Released) -> Option<Drawing> {
        let names: Vec<&str> = self.pipeline.dimensions.iter().map(|dimension| dimension.name.as_str()).collect();
        if before.manifest.dimensions.iter().map(|dimension| dimension.name.as_str()).ne(names) {
            return None;
        }
        type Key<'r> = (&'r [String], &'r [u8], Option<&'r str>);
        fn key(row: &ReleasedRow) -> Key<'_> {
            (&row.codes, &row.levels, row.currency.as_deref())
        }
        let is_same = |row: &&ReleasedRow| row.table == self.table.name && row.measure == self.measure;
        let known: BTreeMap<Key<'_>, f64> =
            before.rows.iter().filter(is_same).filter_map(|row| Some((key(row), central(row)?))).collect();
        let change = |row: &&ReleasedRow| {
            let (now, then) = (central(row)?, *known.get(&key(row))?);
            (then != 0.0).then(|| (self.cell(row), (now - then) / then.abs() * 100.0))
        };
        let mut all: Vec<(String, f64)> = self.rows.iter().filter_map(change).collect();
        all.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let found = all.len();
        if found > LINES {
            all.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()).then_with(|| one.0.cmp(&other.0)));
            all.truncate(LINES);
            all.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        }
        let earlier = &before.manifest.period;
        (found > 0).then(|| Drawing {
            svg: changes(&format!("{}-changes", self.id), &format!("Change of {} since {earlier}", self.what()), &all),
            caption: format!(
                "Change of the median (or the mean where there is none) of {} since {earlier}, in percent, where both are published. \
                 Figures are rounded, and other companies may have taken part.{}",
                self.measure,
                more(found, LINES, "cells, those that changed most")
            ),
        })
    }
}

/// What a drawing leaves out.
fn more(found: usize, shown: usize, what: &str) -> String {
    if found <= shown {
        return String::new();
    }
    format!(" It shows {} of {} {what}.", counted(shown as u64), counted(found as u64))
}

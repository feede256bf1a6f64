//! Tables whose figures can be added to and subtracted from each other, and so are protected together.
//!
//! In: a checked pipeline. Out: the groups of [`Linked`] tables, and hidden tables with what their protection needs to know.
//! Invariant: two published cells of which one is a part of the other, or measures that a sum ties, stand in one group; a group
//! has a table of its finest crossing, and every measure of it in every table. Perturbed tables are in no group: each spends a
//! budget of its own.

use std::collections::BTreeSet;

use super::{Pipeline, Protect, Table};

/// Measures that a sum ties (or a single one), and the tables in which they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Places of the measures in the pipeline.
    pub measures: Vec<usize>,
    /// Places of the tables, hidden ones too.
    pub tables: Vec<usize>,
    /// Places of the dimensions that any of the tables uses.
    pub by: Vec<usize>,
}

impl Pipeline {
    /// Finds the groups, and adds the hidden tables that they need. To be called once, when all measures are known.
    pub fn link(&mut self) {
        self.tables.retain(|table| !table.is_hidden);
        self.linked = Vec::new();
        for measures in self.tied_measures() {
            let stands_in = |table: &Table| table.measures.iter().any(|measure| measures.contains(measure));
            let published: Vec<usize> = (0..self.tables.len())
                .filter(|&place| !self.tables[place].is_hidden && stands_in(&self.tables[place]))
                .filter(|&place| self.tables[place].protect == Protect::Suppression)
                .collect();
            let has_parts = |place: &usize| self.tables[*place].publishes_parts();
            if published.len() < 2 && !published.iter().any(has_parts) {
                continue;
            }
            let by: BTreeSet<usize> = published.iter().flat_map(|&place| self.tables[place].by.clone()).collect();
            let by: Vec<usize> = by.into_iter().collect();
            let hidden = self.hidden_tables(&measures, &published, &by);
            let tables = published.into_iter().chain(self.tables.len()..self.tables.len() + hidden.len()).collect();
            self.tables.extend(hidden);
            self.linked.push(Linked { measures, tables, by });
        }
    }

    /// The measures of all tables, those together that sums tie.
    fn tied_measures(&self) -> Vec<Vec<usize>> {
        let used: BTreeSet<usize> = self.tables.iter().flat_map(|table| table.measures.clone()).collect();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for place in used {
            let family = &self.measures[place].family;
            let is_tied = |group: &&mut Vec<usize>| family.is_some() && self.measures[group[0]].family == *family;
            match groups.iter_mut().find(is_tied) {
                Some(group) => group.push(place),
                None => groups.push(vec![place]),
            }
        }
        groups
    }

    /// What no table of a group shows and its protection needs: measures that a table lacks, and the finest crossing.
    fn hidden_tables(&self, measures: &[usize], published: &[usize], by: &[usize]) -> Vec<Table> {
        let hidden = |by: Vec<usize>, levels: Vec<Vec<u8>>, totals: bool, measures: Vec<usize>| Table {
            name: String::new(),
            by,
            levels,
            totals,
            roll_up: false,
            measures,
            patterns: Vec::new(),
            protect: Protect::Suppression,
            is_hidden: true,
        };
        let mut tables = Vec::new();
        for table in published.iter().map(|&place| &self.tables[place]) {
            let lacking: Vec<usize> =
                measures.iter().copied().filter(|measure| !table.measures.contains(measure)).collect();
            if !lacking.is_empty() {
                tables.push(hidden(table.by.clone(), table.levels.clone(), table.totals, lacking));
            }
        }
        let levels_of = |table: &Table, dimension: usize| {
            table.by.iter().position(|&by| by == dimension).map(|axis| table.levels[axis].clone())
        };
        let finest: Vec<u8> = by
            .iter()
            .map(|&dimension| {
                let levels = published.iter().filter_map(|&place| levels_of(&self.tables[place], dimension));
                levels.flatten().max().unwrap_or(1)
            })
            .collect();
        let is_finest = |&place: &usize| {
            let table = &self.tables[place];
            let has = |(&dimension, level): (&usize, &u8)| {
                levels_of(table, dimension).is_some_and(|levels| levels.contains(level))
            };
            by.iter().zip(&finest).all(has)
        };
        if !published.iter().any(is_finest) {
            let levels = finest.into_iter().map(|level| vec![level]).collect();
            tables.push(hidden(by.to_vec(), levels, false, measures.to_vec()));
        }
        tables
    }
}

impl Table {
    /// Whether a cell of it can be a part of another one that it publishes.
    fn publishes_parts(&self) -> bool {
        let several = self.levels.iter().any(|levels| levels.len() > 1);
        !self.roll_up && (self.totals && !self.by.is_empty() || several)
    }
}

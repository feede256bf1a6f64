//! Which cells of companies make up each cell of a table.
//!
//! In: the cells of companies under one table. Out: for each key on one choice of levels, where its parts are. Invariant: a key is
//! told by its codes alone; where only some keys are asked for, companies add no other.

use hashbrown::HashMap;

use super::cell::CellKey;
use super::grouping::LocalCells;
use crate::pipeline::{Pipeline, TOTAL, Table};

/// The places of a cell in the partials: (share, local cell).
pub(super) type Places = Vec<(u32, u32)>;

/// Every combination of levels that a table uses; 0 is a total.
pub(super) fn level_choices(table: &Table) -> Vec<Vec<u8>> {
    let mut choices: Vec<Vec<u8>> = vec![Vec::new()];
    for levels in &table.levels {
        let options = table.totals.then_some(0).into_iter().chain(levels.iter().copied());
        let options: Vec<u8> = options.collect();
        choices = choices
            .iter()
            .flat_map(|choice| options.iter().map(move |&level| choice.iter().copied().chain([level]).collect()))
            .collect();
    }
    choices
}

/// The keys of a table on one choice of levels, as they are met.
pub(super) struct Keys<'a> {
    pipeline: &'a Pipeline,
    table: usize,
    levels: Vec<u8>,
    money: bool,
    /// Of each dimension, and of the currency where amounts have one.
    codes: Vec<Codes>,
    places_of: HashMap<Vec<u32>, Places>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, table: usize, levels: Vec<u8>, money: bool) -> Self {
        let codes = (0..levels.len() + usize::from(money)).map(|_| Codes::default()).collect();
        Self { pipeline, table, levels, money, codes, places_of: HashMap::new() }
    }

    /// Meets the keys of a company's cells, without a place.
    pub(super) fn seed(&mut self, cells: &LocalCells) {
        self.each(cells, |_, _| {});
    }

    /// Adds the places of a company's cells.
    pub(super) fn add(&mut self, share: u32, cells: &LocalCells) {
        self.each(cells, |places, local| places.push((share, local)));
    }

    /// Adds the places of those of a company's cells whose keys were met before.
    pub(super) fn add_known(&mut self, share: u32, cells: &LocalCells) {
        let upward = self.known(cells);
        let mut key = vec![0; upward.len()];
        for (local, cell) in (0_u32..).zip(cells.cells()) {
            if is_known(&mut key, &upward, cell)
                && let Some(places) = self.places_of.get_mut(key.as_slice())
            {
                places.push((share, local));
            }
        }
    }

    /// Whether any key of a company's cells was met before.
    pub(super) fn knows_any(&self, cells: &LocalCells) -> bool {
        let upward = self.known(cells);
        let mut key = vec![0; upward.len()];
        cells.cells().any(|cell| is_known(&mut key, &upward, cell) && self.places_of.contains_key(key.as_slice()))
    }

    fn each(&mut self, cells: &LocalCells, mut take: impl FnMut(&mut Places, u32)) {
        let (pipeline, spec) = (self.pipeline, &self.pipeline.tables[self.table]);
        // Each local code is looked up once for a company, not once for each of its cells.
        let of_axis = |(axis, codes): (usize, &mut Codes)| -> Vec<u32> {
            let above = |code: &String| codes.place(above(pipeline, spec, &self.levels, axis, code));
            cells.codes_of_axis(axis).iter().map(above).collect()
        };
        let upward: Vec<Vec<u32>> = self.codes.iter_mut().enumerate().map(of_axis).collect();
        let mut key: Vec<u32> = vec![0; upward.len()];
        for (local, cell) in (0_u32..).zip(cells.cells()) {
            for ((place, upward), code) in key.iter_mut().zip(&upward).zip(cell) {
                *place = upward[*code as usize];
            }
            match self.places_of.get_mut(key.as_slice()) {
                Some(places) => take(places, local),
                None => take(self.places_of.entry(key.clone()).or_default(), local),
            }
        }
    }

    /// What each local code is called here, where it was met before.
    fn known(&self, cells: &LocalCells) -> Vec<Vec<Option<u32>>> {
        let spec = &self.pipeline.tables[self.table];
        let of_axis = |(axis, codes): (usize, &Codes)| {
            let known =
                |code: &String| codes.places.get(&above(self.pipeline, spec, &self.levels, axis, code)).copied();
            cells.codes_of_axis(axis).iter().map(known).collect()
        };
        self.codes.iter().enumerate().map(of_axis).collect()
    }

    /// The keys in order, with their places.
    pub(super) fn finish(self) -> Vec<(CellKey, Places)> {
        let Self { table, levels, money, codes, places_of, .. } = self;
        let cell_key = |key: Vec<u32>| {
            let mut texts: Vec<String> =
                key.iter().zip(&codes).map(|(&code, codes)| codes.texts[code as usize].clone()).collect();
            let currency = if money { texts.pop() } else { None };
            CellKey { table, levels: levels.clone(), codes: texts, currency }
        };
        let mut found: Vec<(CellKey, Places)> =
            places_of.into_iter().map(|(key, places)| (cell_key(key), places)).collect();
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        found
    }
}

/// The code above one of an axis, at the level that is chosen for it; of the currency, which has no levels, itself.
fn above(pipeline: &Pipeline, spec: &Table, levels: &[u8], axis: usize, code: &str) -> String {
    match levels.get(axis) {
        Some(0) => TOTAL.to_owned(),
        Some(&level) => pipeline.dimensions[spec.by[axis]].hierarchy.ancestor(code, level),
        None => code.to_owned(),
    }
}

/// Whether all codes of a cell are known; they are put into `key`.
fn is_known(key: &mut [u32], upward: &[Vec<Option<u32>>], cell: &[u32]) -> bool {
    key.iter_mut().zip(upward).zip(cell).all(|((place, upward), code)| match upward[*code as usize] {
        Some(known) => {
            *place = known;
            true
        }
        None => false,
    })
}

/// The codes of one axis, numbered in the order in which they are met.
#[derive(Default)]
struct Codes {
    places: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Codes {
    fn place(&mut self, code: String) -> u32 {
        *self.places.entry(code).or_insert_with_key(|code| {
            self.texts.push(code.clone());
            u32::try_from(self.texts.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

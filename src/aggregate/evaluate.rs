//! From partials to cells.
//!
//! In: the partials of all companies for one table. Out: its [`Cell`]s on every level that the table uses.
//! Invariant: a cell is the union of the finest cells below it, whichever company they come from; contributions are summed
//! by holding.

use std::sync::Arc;

use hashbrown::HashMap;
use rayon::prelude::*;

use super::cell::{Cell, CellKey, Contribution, SIDED, Side};
use super::partial::PartialCells;
use super::statistics::{PERCENTILES, Statistics, percentile};
use crate::exact::Amount;
use crate::pipeline::{Pipeline, TOTAL, Table};

/// One company's partial, and the holding that it belongs to.
pub(super) struct Share {
    pub(super) holding: u32,
    pub(super) partial: PartialCells,
}

/// The places of a cell in the partials: (share, local cell).
type Places = Vec<(u32, u32)>;

/// The cells of one table. `measures` are the table's measures of this pass, as (place in the pipeline, place in the
/// partials); `money` says whether they are in the record's currency, which is the last axis of the partials.
pub(super) fn evaluate(
    pipeline: &Pipeline,
    table: usize,
    shares: &[Share],
    measures: &[(usize, usize)],
    money: bool,
) -> Vec<Cell> {
    let spec = &pipeline.tables[table];
    let mut cells = Vec::new();
    for levels in level_choices(spec) {
        let found = gather(pipeline, spec, table, &levels, shares, money);
        let evaluated: Vec<Cell> = found
            .into_par_iter()
            .flat_map_iter(|(key, places)| {
                let key = Arc::new(key);
                let cell = |&(measure, run)| evaluate_one(&key, measure, run, &places, shares);
                measures.iter().filter_map(cell).collect::<Vec<_>>()
            })
            .collect();
        cells.extend(evaluated);
    }
    cells
}

/// Every combination of levels that a table uses; 0 is a total.
fn level_choices(table: &Table) -> Vec<Vec<u8>> {
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

/// Which local cells make up each cell of these levels.
fn gather(
    pipeline: &Pipeline,
    spec: &Table,
    table: usize,
    levels: &[u8],
    shares: &[Share],
    money: bool,
) -> Vec<(CellKey, Places)> {
    let axes = levels.len() + usize::from(money);
    let mut codes: Vec<Codes> = (0..axes).map(|_| Codes::default()).collect();
    let mut places_of: HashMap<Vec<u32>, Places> = HashMap::new();
    let mut key: Vec<u32> = vec![0; axes];
    for (share, company) in (0_u32..).zip(shares) {
        let cells = &company.partial.cells;
        // Each local code is looked up once for a company, not once for each of its cells.
        let upward: Vec<Vec<u32>> = codes
            .iter_mut()
            .enumerate()
            .map(|(axis, codes)| {
                let above = |code: &String| match levels.get(axis) {
                    Some(0) => codes.place(TOTAL.to_owned()),
                    Some(&level) => codes.place(pipeline.dimensions[spec.by[axis]].hierarchy.at_level(code, level)),
                    None => codes.place(code.clone()),
                };
                cells.codes_of_axis(axis).iter().map(above).collect()
            })
            .collect();
        for (local, cell) in (0_u32..).zip(cells.cells()) {
            for ((place, upward), code) in key.iter_mut().zip(&upward).zip(cell) {
                *place = upward[*code as usize];
            }
            match places_of.get_mut(key.as_slice()) {
                Some(places) => places.push((share, local)),
                None => {
                    places_of.insert(key.clone(), vec![(share, local)]);
                }
            }
        }
    }
    let cell_key = |key: Vec<u32>| {
        let mut texts: Vec<String> =
            key.iter().zip(&codes).map(|(&code, codes)| codes.texts[code as usize].clone()).collect();
        let currency = if money { texts.pop() } else { None };
        CellKey { table, levels: levels.to_vec(), codes: texts, currency }
    };
    let mut found: Vec<(CellKey, Places)> =
        places_of.into_iter().map(|(key, places)| (cell_key(key), places)).collect();
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    found
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

/// One cell and measure; none where nobody has a value.
fn evaluate_one(key: &Arc<CellKey>, measure: usize, run: usize, places: &Places, shares: &[Share]) -> Option<Cell> {
    let mut values: Vec<Amount> = Vec::new();
    let mut runs: Vec<(u32, &[Amount])> = Vec::with_capacity(places.len());
    for &(share, local) in places {
        let share = &shares[share as usize];
        let of_cell = share.partial.runs[run].of(local as usize);
        if !of_cell.is_empty() {
            values.extend_from_slice(of_cell);
            runs.push((share.holding, of_cell));
        }
    }
    runs.sort_by_key(|(holding, _)| *holding);
    let incumbent = Statistics::of(&mut values)?;
    let mut contributions: Vec<Contribution> = Vec::new();
    for &(holding, values) in &runs {
        let total = values.iter().map(|&value| i128::from(value)).sum::<i128>();
        let employees = values.len() as u64;
        match contributions.last_mut() {
            Some(last) if last.holding == holding => {
                last.employees += employees;
                last.total += total;
            }
            _ => contributions.push(Contribution { holding, employees, total }),
        }
    }
    let means = contributions.iter().map(|contribution| (contribution.total, contribution.employees));
    let organization = Statistics::of_means(means)?;
    let sides = SIDED.map(|place| {
        let (numerator, denominator) = percentile(&values, PERCENTILES[place]);
        let floor = numerator.div_euclid(denominator);
        let ceiling = if floor * denominator == numerator { floor } else { floor + 1 };
        let bound = |value: i128| Amount::try_from(value).unwrap_or(if value < 0 { Amount::MIN } else { Amount::MAX });
        let (floor, ceiling) = (bound(floor), bound(ceiling));
        [side(&runs, |value| value <= floor), side(&runs, |value| value >= ceiling)]
    });
    Some(Cell { key: key.clone(), measure, contributions, incumbent, organization, sides })
}

/// Employees, and their holdings, on one side of a value.
fn side(runs: &[(u32, &[Amount])], on_side: impl Fn(Amount) -> bool) -> Side {
    let mut side = Side::default();
    let mut last = None;
    for (holding, values) in runs {
        let employees = values.iter().filter(|&&value| on_side(value)).count() as u64;
        side.employees += employees;
        if employees > 0 && last != Some(*holding) {
            side.holdings += 1;
            last = Some(*holding);
        }
    }
    side
}

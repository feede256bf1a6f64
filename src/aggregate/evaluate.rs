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
    let mut places_of: HashMap<Vec<String>, Places> = HashMap::new();
    let mut codes: Vec<String> = Vec::new();
    let mut upward: Vec<HashMap<String, String>> = vec![HashMap::new(); levels.len()];
    for (share, company) in shares.iter().enumerate() {
        let share = u32::try_from(share).unwrap_or(u32::MAX);
        for cell in 0..company.partial.cells.len() {
            codes.clear();
            for (axis, code) in company.partial.cells.codes(cell).enumerate() {
                match levels.get(axis) {
                    Some(0) => codes.push(TOTAL.to_owned()),
                    Some(&level) => {
                        let hierarchy = &pipeline.dimensions[spec.by[axis]].hierarchy;
                        let above = upward[axis].entry_ref(code).or_insert_with(|| hierarchy.at_level(code, level));
                        codes.push(above.clone());
                    }
                    None if money => codes.push(code.to_owned()),
                    None => {}
                }
            }
            let local = u32::try_from(cell).unwrap_or(u32::MAX);
            match places_of.get_mut(codes.as_slice()) {
                Some(places) => places.push((share, local)),
                None => {
                    places_of.insert(codes.clone(), vec![(share, local)]);
                }
            }
        }
    }
    let key = |mut codes: Vec<String>| {
        let currency = if money { codes.pop() } else { None };
        CellKey { table, levels: levels.to_vec(), codes, currency }
    };
    let mut found: Vec<(CellKey, Places)> = places_of.into_iter().map(|(codes, places)| (key(codes), places)).collect();
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    found
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

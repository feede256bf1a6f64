//! From partials to cells.
//!
//! In: the partials of all companies for one table. Out: its [`Cell`]s on every level that the table uses.
//! Invariant: a cell is the union of the finest cells below it, whichever company they come from.

use std::sync::Arc;

use hashbrown::HashMap;
use rayon::prelude::*;

use super::cell::{Cell, CellKey, Spread};
use super::contributions::{Contribution, Contributions};
use super::holding::{self, Asked, OfHolding, OwnParts};
use super::partial::{PartialCells, Piece, Sums};
use super::sides::Sides;
use super::statistics::Statistics;
use super::summary::{Pool, Summary, of_sums};
use crate::measure::{Population, Shape};
use crate::pipeline::{Pipeline, TOTAL, Table};

/// One company's partial, and the holding that it belongs to.
pub(super) struct Share {
    pub(super) holding: u32,
    pub(super) partial: PartialCells,
}

/// The places of a cell in the partials, by holding: (share, local cell).
type Places = Vec<(u32, u32)>;

/// Measures that are made of the same values: their places in the pipeline, and the place of the values in the partials.
pub(super) struct Shared {
    pub(super) run: usize,
    pub(super) measures: Vec<usize>,
}

/// The cells of one key and table, for the measures of one pass.
pub(super) type OfKey = (Arc<CellKey>, Vec<Cell>);

/// The cells of one table, by key. `bases` are what the table asks for in this pass; `money` says whether their values are in the
/// record's currency, which is the last axis of the partials.
pub(super) fn evaluate(
    pipeline: &Pipeline,
    table: usize,
    shares: &[Share],
    bases: &[Shared],
    money: bool,
) -> Vec<OfKey> {
    let spec = &pipeline.tables[table];
    let asked: usize = bases.iter().map(|basis| basis.measures.len()).sum();
    let mut cells = Vec::new();
    for levels in level_choices(spec) {
        let found = gather(pipeline, spec, table, &levels, shares, money);
        let of_key = |room: &mut Room, (key, places): (CellKey, Places)| {
            let spot = Spot { pipeline, shares, key: Arc::new(key), places };
            let mut cells = Vec::with_capacity(asked);
            for basis in bases {
                match pipeline.measures[basis.measures[0]].shape() {
                    Shape::Sums => spot.add_sums(basis, room, &mut cells),
                    Shape::List | Shape::ByGender => spot.add_lists(basis, room, &mut cells),
                }
            }
            (spot.key, cells)
        };
        // Lists of cells are handed on as lists: there are hundreds of thousands of cells.
        cells.par_extend(found.into_par_iter().map_init(Room::default, of_key));
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
    let by_holding = |mut places: Places| {
        places.sort_by_key(|(share, _)| shares[*share as usize].holding);
        places
    };
    let mut found: Vec<(CellKey, Places)> =
        places_of.into_iter().map(|(key, places)| (cell_key(key), by_holding(places))).collect();
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

/// What is used again from cell to cell, so that cells need no memory of their own while they are computed.
#[derive(Default)]
struct Room {
    of_cell: Option<Pool>,
    of_holding: Option<Pool>,
    sums: Vec<(u32, Sums)>,
    contributions: Vec<Vec<Contribution>>,
    figures: Vec<i128>,
    /// That of what is no list, which cells share.
    nobody: Arc<Spread>,
}

/// Where cells are: their key, and the local cells of companies that make them up.
struct Spot<'a> {
    pipeline: &'a Pipeline,
    shares: &'a [Share],
    key: Arc<CellKey>,
    places: Places,
}

impl Spot<'_> {
    /// Adds the cells of all measures that are made of the same sums; none where nobody has a value.
    fn add_sums(&self, basis: &Shared, room: &mut Room, cells: &mut Vec<Cell>) {
        let Self { pipeline, shares, key, places } = self;
        let Room { sums: holdings, contributions, figures, nobody, .. } = room;
        holdings.clear();
        let mut all = Sums::default();
        for &(share, local) in places {
            let share = &shares[share as usize];
            let Some(sums) = share.partial.runs[basis.run].sums(local as usize) else { continue };
            all.add(&sums);
            match holdings.last_mut().filter(|(holding, _)| *holding == share.holding) {
                Some((_, own)) => own.add(&sums),
                None => holdings.push((share.holding, sums)),
            }
        }
        if holdings.is_empty() {
            return;
        }
        contributions.resize_with(contributions.len().max(1), Vec::new);
        let own = &mut contributions[0];
        for &measure in &basis.measures {
            let kind = pipeline.measures[measure].kind;
            let Some(incumbent) = of_sums(kind, &all) else { continue };
            own.clear();
            own.extend(holdings.iter().filter_map(|(holding, sums)| holding::of_sums(*holding, kind, sums)));
            cells.push(cell(key, measure, incumbent, own, nobody, figures));
        }
    }

    /// Adds the cells of all measures that are made of the same lists; none where nobody has a value.
    fn add_lists(&self, basis: &Shared, room: &mut Room, cells: &mut Vec<Cell>) {
        let Self { pipeline, shares, key, places } = self;
        let mut pieces: Vec<(u32, Piece<'_>)> = Vec::with_capacity(places.len());
        for &(share, local) in places {
            let share = &shares[share as usize];
            if let Some(piece) = share.partial.runs[basis.run].of(local as usize) {
                pieces.push((share.holding, piece));
            }
        }
        let all = pieces.iter().map(|(_, piece)| *piece);
        let Some(pool) = Pool::refill(&mut room.of_cell, all) else { return };
        let holdings: Vec<OfHolding<'_>> = pieces.chunk_by(|one, other| one.0 == other.0).collect();
        let figure = |&measure: &usize| Some((measure, pool.summarize(&pipeline.measures[measure])?));
        let found: Vec<(usize, Summary)> = basis.measures.iter().filter_map(figure).collect();
        let mut bands = Vec::new();
        let asked: Vec<Asked<'_>> =
            found.iter().map(|(measure, _)| Asked::of(&pipeline.measures[*measure], pool, &mut bands)).collect();
        let lists = &mut room.contributions;
        lists.resize_with(lists.len().max(found.len()), Vec::new);
        lists.iter_mut().for_each(Vec::clear);
        let needs_pool = asked.iter().any(Asked::needs_pool);
        for pieces in &holdings {
            // The holding's own pool and parts of bands, once for all measures.
            let own = needs_pool.then(|| Pool::refill(&mut room.of_holding, pieces.iter().map(|(_, piece)| *piece)));
            let mut own = own.flatten();
            let mut parts = OwnParts::new(&bands);
            for (asked, list) in asked.iter().zip(lists.iter_mut()) {
                list.extend(asked.contribution(pieces, own.as_deref_mut(), &mut parts));
            }
        }
        let mut of_all: Option<Arc<_>> = None;
        for ((measure, incumbent), own) in found.into_iter().zip(lists) {
            let population = pipeline.measures[measure].population;
            let of = |statistics: &Statistics| {
                let sides = Sides::of(pool, &holdings, population);
                let others = sides.others(statistics, &pipeline.policy);
                Arc::new(Spread { sides: sides.beyond(statistics), others })
            };
            let spread = match &incumbent.statistics {
                Some(statistics) if population == Population::All => {
                    of_all.get_or_insert_with(|| of(statistics)).clone()
                }
                Some(statistics) => of(statistics),
                None => room.nobody.clone(),
            };
            cells.push(cell(key, measure, incumbent, own, &spread, &mut room.figures));
        }
    }
}

/// A cell, with what the holdings contribute. `figures` is room for theirs.
fn cell(
    key: &Arc<CellKey>,
    measure: usize,
    incumbent: Summary,
    own: &[Contribution],
    spread: &Arc<Spread>,
    figures: &mut Vec<i128>,
) -> Cell {
    figures.clear();
    figures.extend(own.iter().filter_map(|contribution| contribution.figure));
    let organization = Statistics::of_figures(figures).map(Box::new);
    let contributions = Contributions::of(own);
    Cell { key: key.clone(), measure, contributions, incumbent, organization, spread: spread.clone() }
}

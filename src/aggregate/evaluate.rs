//! From partials to cells.
//!
//! In: the partials of all companies for one table. Out: its [`Cell`]s on every level that the table uses.
//! Invariant: a cell is the union of the finest cells below it, whichever company they come from.

use std::sync::Arc;

use rayon::prelude::*;

use super::cell::{Cell, CellKey, Spread};
use super::contributions::{Contribution, Contributions};
use super::gather::{Keys, Places, level_choices};
use super::grouping::LocalCells;
use super::holding::{self, Asked, OfHolding, OwnParts};
use super::partial::{PartialCells, Piece, Sums};
use super::sides::Sides;
use super::statistics::Statistics;
use super::summary::{Pool, Summary, of_sums};
use crate::measure::{Population, Shape};
use crate::pipeline::Pipeline;

/// One company's partial, and the holding that it belongs to.
pub(super) struct Share {
    pub(super) holding: u32,
    pub(super) partial: PartialCells,
}

/// Measures that are made of the same values: their places in the pipeline, and the place of the values in the partials.
pub(super) struct Shared {
    pub(super) run: usize,
    pub(super) measures: Vec<usize>,
}

/// The cells of one key and table, for the measures of one pass.
pub(super) type OfKey = (Arc<CellKey>, Vec<Cell>);

/// The cells of one table, by key. `bases` are what the table asks for in this pass; `money` says whether their values are in the
/// record's currency, which is the last axis of the partials. Where `seeds` are given, only the keys of their cells are evaluated;
/// what nobody stands behind any more is a key without cells.
pub(super) fn evaluate(
    pipeline: &Pipeline,
    table: usize,
    shares: &[Share],
    bases: &[Shared],
    money: bool,
    seeds: Option<&[LocalCells]>,
) -> Vec<OfKey> {
    let spec = &pipeline.tables[table];
    let asked: usize = bases.iter().map(|basis| basis.measures.len()).sum();
    let mut cells = Vec::new();
    for levels in level_choices(spec) {
        let mut keys = Keys::new(pipeline, table, levels, money);
        seeds.into_iter().flatten().for_each(|cells| keys.seed(cells));
        for (place, share) in (0_u32..).zip(shares) {
            match seeds {
                Some(_) => keys.add_known(place, &share.partial.cells),
                None => keys.add(place, &share.partial.cells),
            }
        }
        let of_key = |room: &mut Room, (key, mut places): (CellKey, Places)| {
            places.sort_by_key(|(share, _)| shares[*share as usize].holding);
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
        cells.par_extend(keys.finish().into_par_iter().map_init(Room::default, of_key));
    }
    cells
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

/// Where cells are: their key, and the local cells of companies that make them up, by holding.
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

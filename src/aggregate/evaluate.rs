//! From partials to cells.
//!
//! In: the partials of all companies for one table. Out: its [`Cell`]s on every level that the table uses.
//! Invariant: a cell is the union of the finest cells below it, whichever company they come from; contributions are summed
//! by holding.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;
use rayon::prelude::*;

use super::cell::{Cell, CellKey, Contribution, Side};
use super::partial::{PartialCells, Piece};
use super::statistics::{PARTS, PERCENTILES, Statistics};
use super::summary::{Pool, low_paid, low_pay_bound};
use crate::exact::{Amount, Quotient, SCALE, divide_half_even};
use crate::measure::{Band, Bands, Measure, MeasureKind, Population};
use crate::pipeline::{Pipeline, TOTAL, Table};

/// One company's partial, and the holding that it belongs to.
pub(super) struct Share {
    pub(super) holding: u32,
    pub(super) partial: PartialCells,
}

/// The places of a cell in the partials: (share, local cell).
type Places = Vec<(u32, u32)>;

/// Measures that are made of the same values: their places in the pipeline, and the place of the values in the partials.
pub(super) struct Shared {
    pub(super) run: usize,
    pub(super) measures: Vec<usize>,
}

/// The cells of one table. `bases` are what the table asks for in this pass; `money` says whether their values are in the
/// record's currency, which is the last axis of the partials.
pub(super) fn evaluate(
    pipeline: &Pipeline,
    table: usize,
    shares: &[Share],
    bases: &[Shared],
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
                bases.iter().flat_map(|basis| evaluate_one(pipeline, &key, basis, &places, shares)).collect::<Vec<_>>()
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

/// The pieces of one holding.
type OfHolding<'p> = (u32, Vec<Piece<'p>>);

/// The cells of all measures that are made of the same values; none where nobody has a value.
fn evaluate_one(
    pipeline: &Pipeline,
    key: &Arc<CellKey>,
    basis: &Shared,
    places: &Places,
    shares: &[Share],
) -> Vec<Cell> {
    let mut pieces: Vec<(u32, Piece<'_>)> = Vec::with_capacity(places.len());
    for &(share, local) in places {
        let share = &shares[share as usize];
        if let Some(piece) = share.partial.runs[basis.run].of(local as usize) {
            pieces.push((share.holding, piece));
        }
    }
    pieces.sort_by_key(|(holding, _)| *holding);
    let Some(mut pool) = Pool::of(pieces.iter().map(|(_, piece)| *piece)) else { return Vec::new() };
    let holdings: Vec<OfHolding<'_>> = pieces
        .chunk_by(|one, other| one.0 == other.0)
        .map(|chunk| (chunk[0].0, chunk.iter().map(|(_, piece)| *piece).collect()))
        .collect();
    // Each holding's own pool, once for all measures that need one: sums of values do not.
    let mut pools: Vec<Option<Pool>> = Vec::new();
    let mut sides: Option<[[Side; 2]; 5]> = None;
    let cell = |&measure: &usize| {
        let spec = &pipeline.measures[measure];
        let incumbent = pool.summarize(spec)?;
        let contributions = contributions(spec, &mut pool, &holdings, &mut pools);
        let organization = Statistics::of_figures(contributions.iter().filter_map(|contribution| contribution.figure));
        let sides = match &incumbent.statistics {
            Some(statistics) if spec.population == Population::All => {
                *sides.get_or_insert_with(|| sides_of(statistics, &holdings, Population::All))
            }
            Some(statistics) => sides_of(statistics, &holdings, spec.population),
            None => Default::default(),
        };
        Some(Cell { key: key.clone(), measure, contributions, incumbent, organization, sides })
    };
    basis.measures.iter().filter_map(cell).collect()
}

/// What each holding contributes; holdings without a value do not appear.
fn contributions(
    measure: &Measure,
    pool: &mut Pool,
    holdings: &[OfHolding<'_>],
    pools: &mut Vec<Option<Pool>>,
) -> Vec<Contribution> {
    // Filled when the first measure asks for them.
    let needs_pools = !matches!(measure.kind, MeasureKind::Distribution | MeasureKind::LowPay);
    if needs_pools && pools.is_empty() {
        pools.extend(holdings.iter().map(|(_, pieces)| Pool::of(pieces.iter().copied())));
    }
    let bound = match measure.kind {
        MeasureKind::LowPay => low_pay_bound(pool.ascending(measure.population)),
        _ => None,
    };
    let bands = match measure.kind {
        MeasureKind::QuartileBand(_, remainders) => pool.bands(&remainders),
        _ => None,
    };
    let of = |(place, (holding, pieces)): (usize, &OfHolding<'_>)| match measure.kind {
        MeasureKind::QuartileBand(band, _) => {
            let figure = pools[place].as_mut()?.summarize(measure).and_then(|summary| summary.figure);
            of_band(*holding, figure, pieces, bands.as_ref()?, band)
        }
        MeasureKind::Distribution => of_values(*holding, pieces, measure.population),
        MeasureKind::LowPay => {
            let all = of_values(*holding, pieces, measure.population)?;
            let low = lists(pieces, measure.population)
                .map(|values| low_paid(&values, bound?).into())
                .sum::<Option<u64>>()?;
            Some(of_part(*holding, low, all.employees))
        }
        _ => of_pool(*holding, measure, pieces, pools[place].as_mut()?),
    };
    holdings.iter().enumerate().filter_map(of).collect()
}

/// The values of the pieces that a measure counts.
fn lists<'p>(pieces: &'p [Piece<'_>], population: Population) -> impl Iterator<Item = Cow<'p, [Amount]>> {
    pieces.iter().filter_map(move |piece| match piece {
        Piece::List(values) if population == Population::Positive && values.iter().any(|&value| value <= 0) => {
            Some(values.iter().copied().filter(|&value| value > 0).collect::<Vec<_>>().into())
        }
        Piece::List(values) => Some(Cow::Borrowed(*values)),
        _ => None,
    })
}

fn of_values(holding: u32, pieces: &[Piece<'_>], population: Population) -> Option<Contribution> {
    let (mut employees, mut total) = (0_u64, 0_i128);
    for values in lists(pieces, population) {
        employees += values.len() as u64;
        total += values.iter().map(|&value| i128::from(value)).sum::<i128>();
    }
    let mean = || divide_half_even(total * PARTS, i128::from(employees));
    (employees > 0).then(|| Contribution {
        holding,
        employees,
        amounts: [total, 0],
        people: [0; 2],
        figure: Some(mean()),
    })
}

fn of_part(holding: u32, with: u64, all: u64) -> Contribution {
    let people = [with, all - with.min(all)];
    let scaled = |count: u64| i128::from(count) * i128::from(SCALE);
    let figure = (all > 0).then(|| divide_half_even(scaled(with) * PARTS, i128::from(all)));
    Contribution { holding, employees: all, amounts: people.map(scaled), people, figure }
}

/// A holding's women and men in a pay band of the cell. Of those with a pay that several bands share it has its part, as many as
/// of all others. Its own figure is that of its own bands.
fn of_band(
    holding: u32,
    figure: Option<Quotient>,
    pieces: &[Piece<'_>],
    bands: &Bands,
    band: Band,
) -> Option<Contribution> {
    let mut amounts = [0_i128; 2];
    for piece in pieces {
        let Piece::ByGender(lists) = piece else { continue };
        for (gender, amount) in amounts.iter_mut().enumerate() {
            let parts = lists[gender].iter().map(|&pay| {
                let (part, whole) = bands.part_at(pay, band)[gender];
                i128::from(part) * i128::from(SCALE) / i128::from(whole)
            });
            *amount += parts.sum::<i128>();
        }
    }
    let people = amounts.map(|amount| u64::try_from(amount / i128::from(SCALE)).unwrap_or(0));
    let employees = u64::try_from((amounts[0] + amounts[1]) / i128::from(SCALE)).unwrap_or(0);
    let figure = figure.map(|figure| figure.in_parts(PARTS));
    (amounts != [0; 2] || figure.is_some()).then_some(Contribution { holding, employees, amounts, people, figure })
}

fn of_pool(holding: u32, measure: &Measure, pieces: &[Piece<'_>], pool: &mut Pool) -> Option<Contribution> {
    let summary = pool.summarize(measure)?;
    let figure = summary.figure.map(|figure| figure.in_parts(PARTS));
    let plain = |amounts, people| Contribution { holding, employees: summary.employees, amounts, people, figure };
    let sum = |values: &[Amount]| values.iter().map(|&value| i128::from(value)).sum::<i128>();
    Some(match (measure.kind, &*pool) {
        (MeasureKind::Share, _) => of_part(holding, summary.parts?.n_numerator?, summary.employees),
        (MeasureKind::Gap(_), Pool::ByGender { women, men, .. }) => {
            plain([sum(women), sum(men)], [women.len() as u64, men.len() as u64])
        }
        (_, Pool::Sums(sums)) => plain([sums.first, sums.second], [0; 2]),
        _ => {
            let total = of_values(holding, pieces, measure.population)?;
            Contribution { figure, ..total }
        }
    })
}

/// Employees and holdings below and above each percentile; of the median nobody asks.
fn sides_of(statistics: &Statistics, holdings: &[OfHolding<'_>], population: Population) -> [[Side; 2]; 5] {
    std::array::from_fn(|place| {
        if PERCENTILES[place] == 50 {
            return Default::default();
        }
        let (numerator, denominator) =
            (statistics.percentiles[place].numerator(), statistics.percentiles[place].denominator());
        let floor = numerator.div_euclid(denominator);
        let ceiling = if floor * denominator == numerator { floor } else { floor + 1 };
        let bound = |value: i128| Amount::try_from(value).unwrap_or(if value < 0 { Amount::MIN } else { Amount::MAX });
        let (floor, ceiling) = (bound(floor), bound(ceiling));
        let counts = |value: Amount| population == Population::All || value > 0;
        [
            side(holdings, |value| value <= floor && counts(value)),
            side(holdings, |value| value >= ceiling && counts(value)),
        ]
    })
}

/// Employees, and their holdings, on one side of a value.
fn side(holdings: &[OfHolding<'_>], on_side: impl Fn(Amount) -> bool) -> Side {
    let mut side = Side::default();
    for (_, pieces) in holdings {
        let of = |piece: &Piece<'_>| match piece {
            Piece::List(values) => values.iter().filter(|&&value| on_side(value)).count() as u64,
            _ => 0,
        };
        let employees: u64 = pieces.iter().map(of).sum();
        side.employees += employees;
        side.holdings += u64::from(employees > 0);
    }
    side
}

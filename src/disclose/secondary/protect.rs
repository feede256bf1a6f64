//! Chooses what is withheld beside the unsafe cells.
//!
//! In: a [`Problem`]. Out: a [`Pattern`]. Invariant: cells are treated in a fixed order and in batches of a fixed size, so the same
//! problem gives the same pattern on any number of threads; a cell is withheld only while somebody's protection needs it.
//!
//! First all needs are served a few times over: the unsafe cells in turn, the ones that need most room first, each with the
//! cheapest alternative table; what many needs use becomes cheaper for the next time, so that they come to share it. The last
//! time counts. Then whatever others can do without is published again (see [`publish_again`](super::publish_again)).

use std::collections::VecDeque;

use rayon::prelude::*;

use super::alternative::Alternative;
use super::book::{Book, Service, doubt_all, unconvinced};
use super::problem::{Problem, ProblemCell, ProblemError, Role};
use super::reduced::Reduced;
use super::search::{GaveUp, Search, Wanted};
use crate::exact::Amount;

/// Below or above the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Smaller values must be possible.
    Below,
    /// Larger values must be possible.
    Above,
}

/// Why an unsafe cell cannot be known on one side: tables that differ in it and in nothing that is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The layer of values.
    pub layer: usize,
    /// The cell.
    pub cell: u32,
    /// The side.
    pub side: Side,
    /// The tables; whoever does not believe one believes another.
    pub tables: Vec<Alternative>,
}

/// What is withheld, and why that is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// For each cell of the problem whether it is withheld.
    pub withheld: Vec<bool>,
    /// For each unsafe cell and side that needs one.
    pub proofs: Vec<Proof>,
    /// Unsafe cells for which there is no proof.
    pub unproven: Vec<u32>,
}

/// One cell that must be able to move to one side, in one layer of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Need {
    pub(super) layer: usize,
    pub(super) cell: u32,
    pub(super) side: Side,
}

/// Times that all needs are served before the one that counts, where they are few and where they are many.
const REHEARSALS: usize = 2;
const REHEARSALS_OF_MANY: usize = 1;
const MANY: usize = 4_500;

/// How much cheaper a cell becomes with each further need that uses it, and the least part of its cost that is left.
const SHARED: f64 = 0.5;
const LEAST: f64 = 0.2;

/// What it costs to withhold a cell with which nothing is lost.
const NOTHING_LOST: f64 = 0.05;

/// How much dearer a cell becomes that nobody used.
const UNUSED: f64 = 1.2;

/// Steps of the solver for a need, and for those for which that was not enough.
const STEPS: usize = 400;
const MORE_STEPS: usize = 1_500;
const MOST_STEPS: usize = 5_000;

/// How many times more it costs to use a withheld cell where only the shortest way counts.
const AS_MUCH: f64 = 8.0;

/// Attempts for one cell and side before it is given up.
const ATTEMPTS: usize = 12;

/// Needs that are looked at together: each on what was withheld before them.
const BATCH: usize = 8;

/// Protects a problem. Its layers are different values of the same cells, as pay and numbers of employees: a cell is withheld in all
/// of them or in none, and each has to be safe.
///
/// # Errors
/// [`ProblemError`]: the layers do not fit each other.
pub fn protect(layers: &[Problem]) -> Result<Pattern, ProblemError> {
    let reduced = Reduced::of(layers)?;
    let mut work = Work::new(&reduced);
    work.rehearse();
    work.serve_all(STEPS);
    // Whatever failed is tried once more when all that others need is withheld, and then by the shortest way there is.
    work.serve_all(MORE_STEPS);
    work.search.withheld_costs = AS_MUCH;
    work.serve_all(MORE_STEPS);
    work.serve_all(MOST_STEPS);
    work.search.withheld_costs = 1.0;
    work.publish_again();
    Ok(reduced.expand(&work.finish()))
}

pub(super) struct Work<'p> {
    pub(super) search: Search<'p>,
    pub(super) book: Book<'p>,
    needs: Vec<Need>,
}

impl<'p> Work<'p> {
    fn new(reduced: &'p Reduced) -> Self {
        let layers = &reduced.layers;
        #[expect(clippy::cast_precision_loss, reason = "a cost is a matter of preference")]
        let cost = |(place, cell): (u32, &ProblemCell)| reduced.members(place).len() as f64 * weight(cell.loss);
        let costs = layers.first().map(|layer| (0..).zip(layer.cells()).map(cost).collect()).unwrap_or_default();
        let search = Search { layers, withheld: only_unsafe(layers), costs, withheld_costs: 1.0 };
        let book = Book::new(layers);
        let sides = |layer, cell| [Side::Above, Side::Below].map(|side| Need { layer, cell, side });
        let needs_of = |(layer, problem): (usize, &'p Problem)| {
            problem.unsafe_cells().flat_map(move |cell| sides(layer, cell)).collect::<Vec<Need>>()
        };
        let all = layers.iter().enumerate().flat_map(needs_of);
        let mut needs: Vec<Need> = all.filter(|&need| book.amount(need) > 0).collect();
        needs.sort_by_cached_key(|&need| (need.layer, std::cmp::Reverse(book.amount(need)), need));
        Self { search, book, needs }
    }

    /// Serves all needs, lets what many use become cheaper, and forgets everything else.
    fn rehearse(&mut self) {
        let base = self.search.costs.clone();
        let rehearsals = if self.needs.len() > MANY { REHEARSALS_OF_MANY } else { REHEARSALS };
        for _ in 0..rehearsals {
            self.serve_all(STEPS);
            let cost = |((base, uses), withheld): ((&f64, u32), &bool)| match withheld {
                true => base * SHARED.mul_add(f64::from(uses.saturating_sub(1)), 1.0).recip().max(LEAST),
                false => base * UNUSED,
            };
            self.search.costs = base.iter().zip(self.book.uses()).zip(&self.search.withheld).map(cost).collect();
            self.book = Book::new(self.search.layers);
            self.search.withheld = only_unsafe(self.search.layers);
        }
    }

    /// Serves all needs, a few at a time: withholds what the cheapest tables of each need.
    fn serve_all(&mut self, steps: usize) {
        let mut queue: VecDeque<(Need, usize)> = self.needs.iter().map(|&need| (need, 0)).collect();
        while !queue.is_empty() {
            let mut batch: Vec<(Need, usize)> = Vec::with_capacity(BATCH);
            while batch.len() < BATCH
                && let Some((need, attempts)) = queue.pop_front()
            {
                if !self.book.serve_from_known(need, &self.search.withheld) && attempts < ATTEMPTS {
                    batch.push((need, attempts));
                }
            }
            let found: Vec<Option<Alternative>> =
                batch.par_iter().map(|&(need, _)| self.look_for(need, self.book.services(need), None, steps)).collect();
            for ((need, attempts), table) in batch.into_iter().zip(found).rev() {
                let Some(table) = table else { continue };
                if self.book.unconvinced(need).is_some() {
                    self.keep(table, need);
                    queue.push_front((need, attempts + 1));
                }
            }
        }
    }

    /// A table for whoever is not convinced by a need's `own` tables yet: for all at once if that can be had, or else for one
    /// coalition. Where a cell must be done `without`, nothing further is withheld.
    pub(super) fn look_for(
        &self,
        need: Need,
        own: &[Service],
        without: Option<u32>,
        steps: usize,
    ) -> Option<Alternative> {
        let unconvinced = unconvinced(own, self.search.layers[need.layer].coalition())?;
        let mut all = doubt_all(own);
        for &company in &unconvinced {
            if !all.contains(&company) {
                all.push(company);
            }
        }
        let amount = self.book.amount(need);
        let wanted = |believers| Wanted { need, amount, believers, without, steps };
        match self.search.find(&wanted(&all)) {
            Ok(table) => Some(table),
            // Where any way would do and none was found in time, less is hardly found sooner.
            Err(GaveUp(true)) if without.is_some() => None,
            Err(_) if all.len() == unconvinced.len() => None,
            Err(_) => self.search.find(&wanted(&unconvinced)).ok(),
        }
    }

    /// Withholds what a table moves, and lets it serve all needs that it can.
    pub(super) fn keep(&mut self, table: Alternative, need: Need) {
        for &(cell, _) in table.moves() {
            if !std::mem::replace(&mut self.search.withheld[cell as usize], true) {
                self.book.causes.insert(cell, need);
            }
        }
        self.book.keep(table);
    }

    fn finish(self) -> Pattern {
        let is_open = |need: &&Need| self.book.unconvinced(**need).is_some();
        let mut unproven: Vec<u32> = self.needs.iter().filter(is_open).map(|need| need.cell).collect();
        unproven.sort_unstable();
        unproven.dedup();
        let table = |service: &Service| self.book.turned(service);
        let proof = |need: &Need| Proof {
            layer: need.layer,
            cell: need.cell,
            side: need.side,
            tables: self.book.services(*need).iter().map(table).collect(),
        };
        Pattern { proofs: self.needs.iter().map(proof).collect(), unproven, withheld: self.search.withheld }
    }
}

fn only_unsafe(layers: &[Problem]) -> Vec<bool> {
    let roles = layers.first().map(|layer| layer.cells().iter().map(|cell| cell.role == Role::Unsafe).collect());
    roles.unwrap_or_default()
}

/// What withholding a cell costs, near 1: the number of cells counts first. Where nothing is lost it is hardly anything.
#[expect(clippy::cast_precision_loss, reason = "a cost is a matter of preference")]
fn weight(loss: Amount) -> f64 {
    if loss == 0 {
        return NOTHING_LOST;
    }
    0.05f64.mul_add((1.0 + loss as f64).ln(), 1.0)
}

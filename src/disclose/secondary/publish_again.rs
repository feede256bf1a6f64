//! Publishes again what others can do without.
//!
//! In: a pattern in which every need is served. Out: the same without what nobody needs. Invariant: a cell is published again only
//! if every need that was served stays served.
//!
//! From the greatest loss down each cell that was withheld for others is taken out of all tables that use it: by tables that are
//! known, by a known table that takes its part, or by the solver. Since protection only shrinks, whatever was needed once stays
//! needed, and going through all cells once is enough. Several cells are tried at once, each as if the others stayed; those of them
//! that get into each other's way are tried anew.

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use super::alternative::Alternative;
use super::book::{Service, consider, unconvinced};
use super::problem::Role;
use super::protect::{Need, Side, Work};

/// Steps of the solver for a need, where few cells are tried and where many are.
const STEPS: usize = 220;
const STEPS_OF_MANY: usize = 160;
const MANY: usize = 1_200;

/// Cells that are tried together.
const BATCH: usize = 16;

/// Tables with more cells are not put together.
const LONGEST: usize = 200;

/// Tables that are looked for, for one need: one for whoever is not convinced, another for whoever does not believe that one.
const ATTEMPTS: usize = 3;

impl Work<'_> {
    pub(super) fn publish_again(&mut self) {
        let Some(first) = self.search.layers.first() else { return };
        let cells = first.cells();
        let is_secondary =
            |&place: &u32| self.search.withheld[place as usize] && cells[place as usize].role == Role::Open;
        let mut secondary: Vec<u32> = (0_u32..).take(cells.len()).filter(is_secondary).collect();
        secondary.sort_by_key(|&place| (std::cmp::Reverse(cells[place as usize].loss), place));
        let steps = if secondary.len() > MANY { STEPS_OF_MANY } else { STEPS };
        let mut waiting: VecDeque<u32> = secondary.into();
        while !waiting.is_empty() {
            let batch: Vec<u32> = waiting.drain(..BATCH.min(waiting.len())).collect();
            // What was found for a cell that is needed all the same may help others.
            let trials: Vec<Result<Trial, Vec<Alternative>>> =
                batch.par_iter().map(|&cell| self.try_without(cell, steps)).collect();
            let (first, mut published, mut changed) = (self.book.number(), Vec::new(), HashSet::new());
            let (mut anew, mut left_over) = (Vec::new(), Vec::new());
            for (cell, trial) in batch.into_iter().zip(trials) {
                let trial = match trial {
                    Ok(trial) => trial,
                    Err(tables) => {
                        left_over.extend(tables);
                        continue;
                    }
                };
                if self.still_holds(cell, &trial, first, &published, &changed) {
                    changed.extend(trial.services.keys().copied());
                    published.push(cell);
                    self.publish(cell, trial, first);
                } else {
                    anew.push(cell);
                }
            }
            let is_alive =
                |table: &Alternative| table.moves().iter().all(|&(cell, _)| self.search.withheld[cell as usize]);
            left_over.retain(is_alive);
            for table in left_over {
                self.book.keep(table);
            }
            for cell in anew.into_iter().rev() {
                waiting.push_front(cell);
            }
        }
    }

    /// Whether a trial is what it would be now that others are `published`, which `changed` the services of some needs. Its own
    /// tables are numbered from `first` on.
    fn still_holds(&self, cell: u32, trial: &Trial, first: u32, published: &[u32], changed: &HashSet<Need>) -> bool {
        let moves = |table: &Alternative| published.iter().any(|&other| table.of(other) != 0);
        let is_gone = |service: &Service| service.table < first && moves(self.book.table(service.table));
        let uses_cell = |service: &Service| self.book.table(service.table).of(cell) != 0;
        published.is_empty()
            || self.book.using(cell).len() == trial.using
                && !trial.services.keys().any(|need| changed.contains(need))
                && !changed.iter().any(|&need| self.book.services(need).iter().any(uses_cell))
                && !trial.tables.iter().any(moves)
                && !trial.services.values().flatten().any(is_gone)
    }

    /// Publishes a cell; tables of its trial were numbered from `first` on.
    fn publish(&mut self, cell: u32, trial: Trial, first: u32) {
        self.search.withheld[cell as usize] = false;
        let shift = self.book.number() - first;
        for table in trial.tables {
            self.book.keep(table);
        }
        for (need, mut services) in trial.services {
            for service in services.iter_mut().filter(|service| service.table >= first) {
                service.table += shift;
            }
            self.book.replace(need, services);
        }
        self.book.forget(cell);
    }

    /// Serves all that a cell serves without it; where that cannot be done, what was found on the way.
    fn try_without(&self, cell: u32, steps: usize) -> Result<Trial, Vec<Alternative>> {
        let using = self.book.using(cell);
        let uses = |service: &Service| using.contains(&service.table);
        let mut affected: Vec<Need> = using
            .iter()
            .flat_map(|&table| self.book.moves(table))
            .flat_map(|&(cell, _)| self.sides(cell))
            .filter(|&need| self.book.services(need).iter().any(uses))
            .collect();
        affected.sort_unstable();
        affected.dedup();
        // Whatever a cell was withheld for is the likeliest to need it.
        let cause = self.book.causes.get(&cell);
        if let Some(place) = affected.iter().position(|need| Some(need) == cause) {
            affected[..=place].rotate_right(1);
        }
        let mut trial = Trial { tables: Vec::new(), services: HashMap::new(), using: using.len() };
        let way = self.way_of(cell, using);
        for need in affected {
            let (lost, left): (Vec<&Service>, Vec<&Service>) =
                self.book.services(need).iter().partition(|&own| uses(own));
            let was_served = self.book.unconvinced(need).is_none();
            let mut own: Vec<Service> = left.into_iter().cloned().collect();
            if was_served && !self.serve_without(Without { cell, way, steps }, need, &lost, &mut own, &mut trial.tables)
            {
                return Err(trial.tables);
            }
            trial.services.insert(need, own);
        }
        Ok(trial)
    }

    /// What may be needed of a cell.
    fn sides(&self, cell: u32) -> impl Iterator<Item = Need> + '_ {
        let of_layer = move |layer| [Side::Above, Side::Below].map(|side| Need { layer, cell, side });
        (0..self.search.layers.len()).flat_map(of_layer)
    }

    /// The smallest table that moves a cell, and beside it only what is withheld.
    fn way_of(&self, cell: u32, using: &[u32]) -> Option<u32> {
        let is_alive = |&(other, _): &(u32, i64)| self.search.withheld[other as usize];
        let ways = using.iter().copied().filter(|&table| self.book.moves(table).iter().all(is_alive));
        ways.min_by_key(|&table| (self.book.moves(table).len(), table)).filter(|_| self.search.withheld[cell as usize])
    }

    /// Serves a need without a cell that its `lost` tables used; new tables go to `tables`.
    fn serve_without(
        &self,
        Without { cell, way, steps }: Without,
        need: Need,
        lost: &[&Service],
        own: &mut Vec<Service>,
        tables: &mut Vec<Alternative>,
    ) -> bool {
        let (problem, amount) = (&self.search.layers[need.layer], self.book.amount(need));
        let is_served = |own: &[Service]| unconvinced(own, problem.coalition()).is_none();
        if is_served(own) {
            return true;
        }
        let first = self.book.number();
        for (place, table) in (first..).zip(tables.iter()) {
            if table.of(need.cell) != 0 && consider(problem, own, table, place, need, amount) && is_served(own) {
                return true;
            }
        }
        for place in self.book.known(need.cell) {
            let is_alive = |&(other, _): &(u32, i64)| other != cell && self.search.withheld[other as usize];
            let table = self.book.table(place);
            if table.moves().iter().all(is_alive)
                && consider(problem, own, table, place, need, amount)
                && is_served(own)
            {
                return true;
            }
        }
        let mut take = |table: Alternative, own: &mut Vec<Service>| {
            let place = first + u32::try_from(tables.len()).unwrap_or(u32::MAX);
            let counts = consider(problem, own, &table, place, need, amount);
            if counts {
                tables.push(table);
            }
            counts && is_served(own)
        };
        for service in lost {
            let other = way.filter(|&way| way != service.table);
            let table = other.and_then(|way| self.book.table(service.table).without(cell, self.book.table(way)));
            if let Some(table) = table.filter(|table| table.moves().len() <= LONGEST && table.of(need.cell) != 0)
                && take(table, own)
            {
                return true;
            }
        }
        for _ in 0..ATTEMPTS {
            let Some(table) = self.look_for(need, own, Some(cell), steps) else { break };
            if take(table, own) {
                return true;
            }
        }
        false
    }
}

/// What is to be done without.
#[derive(Debug, Clone, Copy)]
struct Without {
    cell: u32,
    /// The smallest table that moves it, and beside it only what is withheld.
    way: Option<u32>,
    /// Steps of the solver for a need.
    steps: usize,
}

/// What would serve instead of a cell.
struct Trial {
    /// Tables that are not in the book yet.
    tables: Vec<Alternative>,
    /// Services of the needs that are concerned; new tables are numbered after those of the book.
    services: HashMap<Need, Vec<Service>>,
    /// How many tables used the cell.
    using: usize,
}

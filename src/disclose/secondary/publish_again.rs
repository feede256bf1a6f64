//! Publishes again what others can do without.
//!
//! In: a pattern in which every need is served. Out: the same without what nobody needs. Invariant: a cell is published again only
//! if every need that was served stays served.
//!
//! From the greatest loss down each cell that was withheld for others is taken out of all tables that use it: by tables that are
//! known, by a known table that takes its part, or by the solver. Since protection only shrinks, whatever was needed once stays
//! needed, and going through all cells once is enough. Several cells are tried at once, each as if the others stayed; most of
//! them are needed, and of those that are not the first is published and the rest are tried anew.

use hashbrown::HashMap;
use rayon::prelude::*;

use super::alternative::Alternative;
use super::book::{Service, consider, unconvinced};
use super::problem::Role;
use super::protect::{Need, Side, Work};

/// Steps of the solver for a need.
const STEPS: usize = 200;

/// Cells that are tried together.
const BATCH: usize = 16;

/// Tables with more cells are not put together.
const LONGEST: usize = 200;

/// Tables that are looked for, for one need: one for whoever is not convinced, another for whoever does not believe that one.
const ATTEMPTS: usize = 4;

impl Work<'_> {
    pub(super) fn publish_again(&mut self) {
        let Some(first) = self.search.layers.first() else { return };
        let cells = first.cells();
        let is_secondary =
            |&place: &u32| self.search.withheld[place as usize] && cells[place as usize].role == Role::Open;
        let mut secondary: Vec<u32> = (0_u32..).take(cells.len()).filter(is_secondary).collect();
        secondary.sort_by_key(|&place| (std::cmp::Reverse(cells[place as usize].loss), place));
        for batch in secondary.chunks(BATCH) {
            let trials: Vec<Option<Trial>> = batch.par_iter().map(|&cell| self.try_without(cell)).collect();
            let mut can_go = batch.iter().zip(trials).filter_map(|(&cell, trial)| trial.map(|trial| (cell, trial)));
            let Some((cell, trial)) = can_go.next() else { continue };
            self.publish(cell, trial);
            for (cell, _) in can_go {
                if let Some(trial) = self.try_without(cell) {
                    self.publish(cell, trial);
                }
            }
        }
    }

    fn publish(&mut self, cell: u32, trial: Trial) {
        self.search.withheld[cell as usize] = false;
        for table in trial.tables {
            self.book.keep(table);
        }
        for (need, services) in trial.services {
            self.book.replace(need, services);
        }
        self.book.forget(cell);
    }

    /// Serves all that a cell serves without it; none where that cannot be done.
    fn try_without(&self, cell: u32) -> Option<Trial> {
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
        let mut trial = Trial { tables: Vec::new(), services: HashMap::new() };
        let way = self.way_of(cell, using);
        for need in affected {
            let (lost, left): (Vec<&Service>, Vec<&Service>) =
                self.book.services(need).iter().partition(|&own| uses(own));
            let was_served = self.book.unconvinced(need).is_none();
            let mut own: Vec<Service> = left.into_iter().cloned().collect();
            if was_served && !self.serve_without(need, cell, way, &lost, &mut own, &mut trial.tables) {
                return None;
            }
            trial.services.insert(need, own);
        }
        Some(trial)
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
        need: Need,
        cell: u32,
        way: Option<u32>,
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
            let Some(table) = self.look_for(need, own, Some(cell), STEPS) else { break };
            if take(table, own) {
                return true;
            }
        }
        false
    }
}

/// What would serve instead of a cell.
struct Trial {
    /// Tables that are not in the book yet.
    tables: Vec<Alternative>,
    /// Services of the needs that are concerned; new tables are numbered after those of the book.
    services: HashMap<Need, Vec<Service>>,
}

//! [`Book`]: which alternative table serves which need, and who does not believe it.
//!
//! In: tables. Out: for each need the tables that serve it. Invariant: a need is served when every coalition of companies believes
//! one of its tables; a table counts for a need only if it is possible by the amount that is asked.

use hashbrown::HashMap;

use super::alternative::Alternative;
use super::problem::{Problem, Role};
use super::protect::{Need, Side};
use crate::exact::Amount;

/// Tables that are tried again for another need.
const KNOWN: usize = 40;

/// A table that serves a need, and the companies that do not believe it.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) table: u32,
    is_reversed: bool,
    doubters: Vec<u32>,
}

pub(super) struct Book<'p> {
    layers: &'p [Problem],
    tables: Vec<Alternative>,
    /// The tables in which a cell moves.
    using: HashMap<u32, Vec<u32>>,
    /// The need for which a cell was withheld.
    pub(super) causes: HashMap<u32, Need>,
    services: HashMap<Need, Vec<Service>>,
}

impl<'p> Book<'p> {
    pub(super) fn new(layers: &'p [Problem]) -> Self {
        Self { layers, tables: Vec::new(), using: HashMap::new(), causes: HashMap::new(), services: HashMap::new() }
    }

    /// How far the cell of a need must be able to move.
    pub(super) fn amount(&self, need: Need) -> Amount {
        let cell = self.layers[need.layer].cell(need.cell);
        match need.side {
            // Nobody asks that a value could be lower than anybody would believe.
            Side::Below => cell.protection[0].min(Amount::try_from(cell.room()[0]).unwrap_or(Amount::MAX)),
            Side::Above => cell.protection[1],
        }
    }

    /// How many tables there are.
    pub(super) fn number(&self) -> u32 {
        u32::try_from(self.tables.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn table(&self, place: u32) -> &Alternative {
        &self.tables[place as usize]
    }

    pub(super) fn moves(&self, table: u32) -> &[(u32, i64)] {
        self.table(table).moves()
    }

    /// The table of a service, the right way round.
    pub(super) fn turned(&self, service: &Service) -> Alternative {
        let table = self.table(service.table);
        if service.is_reversed { table.reversed() } else { table.clone() }
    }

    pub(super) fn services(&self, need: Need) -> &[Service] {
        self.services.get(&need).map_or(&[], Vec::as_slice)
    }

    /// Puts other services in the place of those of a need.
    pub(super) fn replace(&mut self, need: Need, services: Vec<Service>) {
        self.services.insert(need, services);
    }

    /// Forgets the tables in which a cell moves: it is published.
    pub(super) fn forget(&mut self, cell: u32) {
        self.using.remove(&cell);
    }

    /// The newest tables in which a cell moves.
    pub(super) fn known(&self, cell: u32) -> impl Iterator<Item = u32> + '_ {
        self.using(cell).iter().rev().take(KNOWN).copied()
    }

    /// The tables in which a cell moves.
    pub(super) fn using(&self, cell: u32) -> &[u32] {
        self.using.get(&cell).map_or(&[], Vec::as_slice)
    }

    /// A coalition that doubts all tables of a need; none where every coalition believes one of them.
    pub(super) fn unconvinced(&self, need: Need) -> Option<Vec<u32>> {
        unconvinced(self.services(need), self.layers[need.layer].coalition())
    }

    /// For each cell how many services use it.
    pub(super) fn uses(&self) -> Vec<u32> {
        let mut uses = vec![0; self.layers.first().map_or(0, |layer| layer.cells().len())];
        for service in self.services.values().flatten() {
            for &(cell, _) in self.moves(service.table) {
                uses[cell as usize] += 1;
            }
        }
        uses
    }

    /// Serves a need with tables that were found for others; tells whether it is served.
    pub(super) fn serve_from_known(&mut self, need: Need, withheld: &[bool]) -> bool {
        if self.unconvinced(need).is_none() {
            return true;
        }
        let is_alive = |tables: &[Alternative], place: u32| {
            tables[place as usize].moves().iter().all(|&(cell, _)| withheld[cell as usize])
        };
        let Some(known) = self.using.get_mut(&need.cell) else { return false };
        known.retain(|&place| is_alive(&self.tables, place));
        let known: Vec<u32> = known.iter().rev().take(KNOWN).copied().collect();
        known.into_iter().any(|place| {
            self.offer(place, need);
            self.unconvinced(need).is_none()
        })
    }

    /// Lets a table serve a need if it can, and if that convinces anybody else.
    fn offer(&mut self, place: u32, need: Need) {
        let (problem, amount) = (&self.layers[need.layer], self.amount(need));
        let own = self.services.entry(need).or_default();
        consider(problem, own, &self.tables[place as usize], place, need, amount);
    }

    /// Takes a table, and lets it serve all needs that it can.
    pub(super) fn keep(&mut self, table: Alternative) {
        let place = u32::try_from(self.tables.len()).unwrap_or(u32::MAX);
        let cells: Vec<u32> = table.moves().iter().map(|&(cell, _)| cell).collect();
        self.tables.push(table);
        for cell in cells {
            self.using.entry(cell).or_default().push(place);
            for layer in 0..self.layers.len() {
                if self.layers[layer].cell(cell).role == Role::Unsafe {
                    for side in [Side::Above, Side::Below] {
                        self.offer(place, Need { layer, cell, side });
                    }
                }
            }
        }
    }
}

/// Takes a table among those that serve a need if it can serve it, and if that convinces anybody else; tells whether it does.
pub(super) fn consider(
    problem: &Problem,
    own: &mut Vec<Service>,
    table: &Alternative,
    place: u32,
    need: Need,
    amount: Amount,
) -> bool {
    let Some(unconvinced) = unconvinced(own, problem.coalition()) else { return false };
    let is_reversed = (table.of(need.cell) > 0) != (need.side == Side::Above);
    let reversed = is_reversed.then(|| table.reversed());
    let table = reversed.as_ref().unwrap_or(table);
    if amount == 0 || !table.is_possible(problem, need.cell, amount) {
        return false;
    }
    // From below a company knows nothing more of others: what they contribute may be nothing.
    let doubters = if need.side == Side::Above { table.doubters(problem, need.cell, amount) } else { Vec::new() };
    let doubts = |company: &u32| doubters.contains(company);
    let convinces = !unconvinced.iter().any(doubts) || !doubt_all(own).iter().all(doubts);
    if convinces {
        own.push(Service { table: place, is_reversed, doubters });
    }
    convinces
}

/// At most `coalition` companies that doubt all tables; none where every coalition believes one of them.
pub(super) fn unconvinced(services: &[Service], coalition: usize) -> Option<Vec<u32>> {
    let lists: Vec<&[u32]> = services.iter().map(|service| service.doubters.as_slice()).collect();
    hit_all(&lists, coalition)
}

/// Companies that are in the lists of all services.
pub(super) fn doubt_all(services: &[Service]) -> Vec<u32> {
    let Some((first, others)) = services.split_first() else { return Vec::new() };
    let in_all = |company: &&u32| others.iter().all(|service| service.doubters.contains(company));
    first.doubters.iter().filter(in_all).copied().collect()
}

/// At most `number` companies of which each list has one; none where there are no such companies.
fn hit_all(lists: &[&[u32]], number: usize) -> Option<Vec<u32>> {
    let Some((first, others)) = lists.split_first() else { return Some(Vec::new()) };
    if number == 0 {
        return None;
    }
    first.iter().find_map(|company| {
        let left: Vec<&[u32]> = others.iter().copied().filter(|list| !list.contains(company)).collect();
        hit_all(&left, number - 1).map(|mut found| {
            found.push(*company);
            found
        })
    })
}

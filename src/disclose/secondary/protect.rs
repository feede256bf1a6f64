//! Chooses what is withheld beside the unsafe cells.
//!
//! In: a [`Problem`]. Out: a [`Pattern`]. Invariant: cells are treated in a fixed order, so the same problem gives the same
//! pattern; a cell is withheld only while somebody's protection needs it.
//!
//! Two rounds. The first goes through the unsafe cells, the ones that need most room first, and withholds what the cheapest
//! alternative table of each needs; a table that moves other unsafe cells far enough protects them as well. The second goes
//! through what was withheld, from the greatest loss down, and publishes again whatever others can do without.

use hashbrown::HashMap;

use super::alternative::Alternative;
use super::problem::{Problem, Role};
use super::search::{Search, Wanted};
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

/// Attempts for one cell and side before it is given up.
const ATTEMPTS: usize = 12;

/// Tables that are tried again for another cell.
const KNOWN: usize = 40;

/// One cell that must be able to move to one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Need {
    cell: u32,
    side: Side,
}

/// A table that serves a need, and the companies that do not believe it.
#[derive(Debug, Clone)]
struct Service {
    table: u32,
    is_reversed: bool,
    doubters: Vec<u32>,
}

/// Protects a problem.
#[must_use]
pub fn protect(problem: &Problem) -> Pattern {
    let withheld = problem.cells().iter().map(|cell| cell.role == Role::Unsafe).collect();
    let mut work = Work {
        search: Search { problem, withheld },
        tables: Vec::new(),
        using: HashMap::new(),
        services: HashMap::new(),
    };
    let mut needs: Vec<Need> = problem
        .unsafe_cells()
        .flat_map(|cell| [Side::Above, Side::Below].map(|side| Need { cell, side }))
        .filter(|&need| work.amount(need) > 0)
        .collect();
    needs.sort_by_key(|&need| (std::cmp::Reverse(work.amount(need)), need));
    // Whatever fails is tried once more when all that others need is withheld.
    for &need in needs.iter().chain(&needs) {
        work.serve(need, true);
    }
    work.publish_again();
    let unproven = work.unproven(&needs);
    let proof = |need: &Need| Proof {
        cell: need.cell,
        side: need.side,
        tables: work.services(*need).iter().map(|service| work.table(service)).collect(),
    };
    Pattern { proofs: needs.iter().map(proof).collect(), unproven, withheld: work.search.withheld }
}

struct Work<'p> {
    search: Search<'p>,
    tables: Vec<Alternative>,
    /// The tables in which a cell moves.
    using: HashMap<u32, Vec<u32>>,
    services: HashMap<Need, Vec<Service>>,
}

impl Work<'_> {
    fn amount(&self, need: Need) -> Amount {
        let cell = self.search.problem.cell(need.cell);
        let side = usize::from(need.side == Side::Above);
        let room = Amount::try_from(cell.room()[side]).unwrap_or(Amount::MAX);
        // Nobody asks that a value could be lower than anybody would believe.
        if need.side == Side::Below { cell.protection[side].min(room) } else { cell.protection[side] }
    }

    fn table(&self, service: &Service) -> Alternative {
        let table = &self.tables[service.table as usize];
        if service.is_reversed { table.reversed() } else { table.clone() }
    }

    fn services(&self, need: Need) -> &[Service] {
        self.services.get(&need).map_or(&[], Vec::as_slice)
    }

    /// A coalition that doubts all tables of a need; none where every coalition believes one of them.
    fn unconvinced(&self, need: Need) -> Option<Vec<u32>> {
        unconvinced(self.services(need), self.search.problem.coalition())
    }

    /// Finds tables for a need until every coalition believes one; tells whether that worked.
    fn serve(&mut self, need: Need, may_withhold: bool) -> bool {
        if self.unconvinced(need).is_none() || self.serve_from_known(need) {
            return true;
        }
        for _ in 0..ATTEMPTS {
            let Some(unconvinced) = self.unconvinced(need) else { return true };
            // All at once if that can be had, or else one coalition.
            let mut all = doubt_all(self.services(need));
            for &company in &unconvinced {
                if !all.contains(&company) {
                    all.push(company);
                }
            }
            let amount = self.amount(need);
            let wanted = |believers| Wanted { target: need.cell, side: need.side, amount, believers, may_withhold };
            let found = self.search.find(&wanted(&all));
            let found = match found {
                None if all.len() > unconvinced.len() => self.search.find(&wanted(&unconvinced)),
                found => found,
            };
            let Some(table) = found else { return false };
            self.keep(table);
        }
        false
    }

    /// Serves a need with tables that were found for others.
    fn serve_from_known(&mut self, need: Need) -> bool {
        let known = self.using.get(&need.cell).cloned().unwrap_or_default();
        for &place in known.iter().rev().take(KNOWN) {
            if self.tables[place as usize].moves().iter().all(|&(cell, _)| self.search.withheld[cell as usize]) {
                self.offer(place, need);
                if self.unconvinced(need).is_none() {
                    return true;
                }
            }
        }
        false
    }

    /// Lets a table serve a need if it can, and if that convinces anybody else.
    fn offer(&mut self, place: u32, need: Need) {
        let table = &self.tables[place as usize];
        let (problem, amount) = (self.search.problem, self.amount(need));
        let is_reversed = (table.of(need.cell) > 0) != (need.side == Side::Above);
        let reversed = is_reversed.then(|| table.reversed());
        let table = reversed.as_ref().unwrap_or(table);
        let own = self.services.entry(need).or_default();
        let Some(unconvinced) = unconvinced(own, problem.coalition()) else { return };
        if amount == 0 || !table.is_possible(problem, need.cell, amount) {
            return;
        }
        // From below a company knows nothing more of others: what they contribute may be nothing.
        let doubters = if need.side == Side::Above { table.doubters(problem, need.cell, amount) } else { Vec::new() };
        let doubts = |company: &u32| doubters.contains(company);
        if !unconvinced.iter().any(doubts) || !doubt_all(own).iter().all(doubts) {
            own.push(Service { table: place, is_reversed, doubters });
        }
    }

    /// Withholds what a table moves, and lets it serve all needs that it can.
    fn keep(&mut self, table: Alternative) {
        let place = u32::try_from(self.tables.len()).unwrap_or(u32::MAX);
        let cells: Vec<u32> = table.moves().iter().map(|&(cell, _)| cell).collect();
        self.tables.push(table);
        for cell in cells {
            self.search.withheld[cell as usize] = true;
            self.using.entry(cell).or_default().push(place);
            if self.search.problem.cell(cell).role == Role::Unsafe {
                for side in [Side::Above, Side::Below] {
                    self.offer(place, Need { cell, side });
                }
            }
        }
    }

    /// Publishes each cell again that was withheld for others, where they can do without it.
    fn publish_again(&mut self) {
        let cells = self.search.problem.cells();
        let is_secondary =
            |&place: &u32| self.search.withheld[place as usize] && cells[place as usize].role == Role::Open;
        let mut secondary: Vec<u32> = (0_u32..).take(cells.len()).filter(is_secondary).collect();
        secondary.sort_by_key(|&place| (std::cmp::Reverse(cells[place as usize].loss), place));
        for cell in secondary {
            self.try_to_publish(cell);
        }
    }

    fn try_to_publish(&mut self, cell: u32) {
        let using = self.using.get(&cell).cloned().unwrap_or_default();
        let uses = |service: &Service| using.contains(&service.table);
        let mut affected: Vec<Need> = using
            .iter()
            .flat_map(|&table| self.tables[table as usize].moves())
            .flat_map(|&(cell, _)| [Side::Above, Side::Below].map(|side| Need { cell, side }))
            .filter(|&need| self.services(need).iter().any(uses))
            .collect();
        affected.sort_unstable();
        affected.dedup();
        self.search.withheld[cell as usize] = false;
        let before: Vec<(Need, Vec<Service>)> =
            affected.iter().map(|&need| (need, self.services(need).to_vec())).collect();
        let was_served: Vec<Need> = affected.iter().copied().filter(|&need| self.unconvinced(need).is_none()).collect();
        for need in &affected {
            if let Some(own) = self.services.get_mut(need) {
                own.retain(|service| !uses(service));
            }
        }
        if !was_served.into_iter().all(|need| self.serve(need, false)) {
            self.search.withheld[cell as usize] = true;
            for (need, own) in before {
                self.services.insert(need, own);
            }
        }
    }

    fn unproven(&self, needs: &[Need]) -> Vec<u32> {
        let is_open = |need: &&Need| self.unconvinced(**need).is_some();
        let mut cells: Vec<u32> = needs.iter().filter(is_open).map(|need| need.cell).collect();
        cells.sort_unstable();
        cells.dedup();
        cells
    }
}

/// At most `coalition` companies that doubt all tables; none where every coalition believes one of them.
fn unconvinced(services: &[Service], coalition: usize) -> Option<Vec<u32>> {
    let lists: Vec<&[u32]> = services.iter().map(|service| service.doubters.as_slice()).collect();
    hit_all(&lists, coalition)
}

/// Companies that are in the lists of all services.
fn doubt_all(services: &[Service]) -> Vec<u32> {
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

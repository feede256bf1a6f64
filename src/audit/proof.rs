//! Checks the proofs that nobody can come near an unsafe cell.
//!
//! In: the problem, what is withheld, and alternative tables. Out: each [`Breach`]. Invariant: a proof counts only if each of its
//! tables satisfies every equation, moves nothing that is published, and is believed by the attacker in question; all in integers.

use std::collections::{BTreeMap, BTreeSet};

use crate::disclose::secondary::{Alternative, Pattern, Problem, Role, Side};

/// Who may learn too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attacker {
    /// Anybody who reads what is published.
    Outsider,
    /// Companies that contribute, by number.
    Companies(Vec<u32>),
}

/// An unsafe cell of which it is not proven that an attacker cannot come near it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The cell.
    pub cell: u32,
    /// On which side of the value.
    pub side: Side,
    /// For whom there is no proof.
    pub attacker: Attacker,
}

/// The breaches of a pattern: none if every unsafe cell is withheld and proven to be safe.
#[must_use]
pub fn check_proofs(problem: &Problem, pattern: &Pattern) -> Vec<Breach> {
    let mut proofs: BTreeMap<(u32, Side), Vec<&Alternative>> = BTreeMap::new();
    for proof in &pattern.proofs {
        proofs.entry((proof.cell, proof.side)).or_default().extend(&proof.tables);
    }
    let mut breaches = Vec::new();
    for (place, cell) in (0_u32..).zip(problem.cells()).filter(|(_, cell)| cell.role == Role::Unsafe) {
        for (side, level) in [(Side::Below, cell.protection[0]), (Side::Above, cell.protection[1])] {
            let room = i128::from(cell.value) - i128::from(cell.believed[0]);
            let level = if side == Side::Below { i128::from(level).min(room) } else { level.into() };
            let tables = proofs.get(&(place, side)).map_or(&[][..], Vec::as_slice);
            let asked = Asked { problem, cell: place, side, level };
            let attacker = match pattern.withheld.get(place as usize) {
                Some(true) if level <= 0 => None,
                Some(true) => asked.attacker(tables, &pattern.withheld),
                _ => Some(Attacker::Outsider),
            };
            breaches.extend(attacker.map(|attacker| Breach { cell: place, side, attacker }));
        }
    }
    breaches
}

/// One cell and side, and how far it must be able to move.
struct Asked<'a> {
    problem: &'a Problem,
    cell: u32,
    side: Side,
    level: i128,
}

/// A table that holds for outsiders: cells with their moves, in parts of the move of the cell in question.
struct Sound {
    moves: BTreeMap<u32, i128>,
    whole: i128,
}

impl Asked<'_> {
    /// An attacker that no table convinces.
    fn attacker(&self, tables: &[&Alternative], withheld: &[bool]) -> Option<Attacker> {
        let sound: Vec<Sound> = tables.iter().filter_map(|table| self.sound(table, withheld)).collect();
        if sound.is_empty() {
            return Some(Attacker::Outsider);
        }
        // What others contribute may be nothing, and so a company knows no more from below than an outsider.
        if self.side == Side::Below {
            return None;
        }
        self.unconvinced(&sound, &BTreeSet::new()).map(|companies| Attacker::Companies(companies.into_iter().collect()))
    }

    /// The table, if nobody outside can rule it out.
    fn sound(&self, table: &Alternative, withheld: &[bool]) -> Option<Sound> {
        let mut moves: BTreeMap<u32, i128> = BTreeMap::new();
        for &(cell, by) in table.moves() {
            *moves.entry(cell).or_default() += i128::from(by);
        }
        moves.retain(|_, by| *by != 0);
        let own = *moves.get(&self.cell)?;
        let is_on_side = (own > 0) == (self.side == Side::Above);
        let whole = own.abs();
        let mut sums: BTreeMap<u32, i128> = BTreeMap::new();
        for (&cell, &by) in &moves {
            if !withheld.get(cell as usize).copied().unwrap_or(false) {
                return None;
            }
            let believed = self.problem.cell(cell);
            let change = by * self.level;
            let (value, [least, largest]) = (i128::from(believed.value), believed.believed.map(i128::from));
            if value * whole + change < least * whole || value * whole + change > largest * whole {
                return None;
            }
            for equation in self.problem.equations_of(cell) {
                sums.entry(equation).or_insert(0);
            }
        }
        for (equation, sum) in &mut sums {
            for (cell, factor) in &self.problem.equations()[*equation as usize].terms {
                *sum += i128::from(*factor) * moves.get(cell).copied().unwrap_or(0);
            }
        }
        (is_on_side && sums.values().all(|&sum| sum == 0)).then_some(Sound { moves, whole })
    }

    /// At most `coalition` companies that believe none of the tables; `so_far` are some of them.
    fn unconvinced(&self, tables: &[Sound], so_far: &BTreeSet<u32>) -> Option<BTreeSet<u32>> {
        let Some(convincing) = tables.iter().find(|table| self.is_believed(table, so_far)) else {
            return Some(so_far.clone());
        };
        if so_far.len() >= self.problem.coalition() || self.owns(so_far, self.cell) && !so_far.is_empty() {
            return None;
        }
        // Whoever is not convinced in the end has a member that knows something of this table.
        let members: BTreeSet<u32> = convincing
            .moves
            .iter()
            .filter(|(cell, _)| **cell != self.cell)
            .flat_map(|(&cell, &by)| self.knowing(cell, self.left(cell, by, convincing.whole), convincing.whole))
            .filter(|company| !so_far.contains(company))
            .collect();
        members.into_iter().find_map(|company| {
            let mut more = so_far.clone();
            more.insert(company);
            if self.owns(&more, self.cell) { None } else { self.unconvinced(tables, &more) }
        })
    }

    /// What is left of a cell above its least value, in parts of the move of the cell in question; none where it does not shrink.
    fn left(&self, cell: u32, by: i128, whole: i128) -> Option<i128> {
        let believed = self.problem.cell(cell);
        let room = i128::from(believed.value) - i128::from(believed.believed[0]);
        (by < 0).then(|| room * whole + by * self.level)
    }

    /// Companies one of which is in every coalition that knows a cell too well: its only contributors, or those with more than
    /// their part of what is `left`.
    fn knowing(&self, cell: u32, left: Option<i128>, whole: i128) -> impl Iterator<Item = u32> + '_ {
        let coalition = self.problem.coalition();
        let shares = &self.problem.cell(cell).shares;
        let knows_all = shares.len() <= coalition;
        let parts = i128::try_from(coalition).unwrap_or(i128::MAX);
        // Contributions are in descending order.
        let knows = move |amount: i64| left.is_some_and(|left| i128::from(amount) * whole > left / parts);
        shares.iter().take_while(move |share| knows_all || knows(share.amount)).map(|share| share.company)
    }

    /// Whether these companies are all who contribute to a cell.
    fn owns(&self, companies: &BTreeSet<u32>, cell: u32) -> bool {
        let shares = &self.problem.cell(cell).shares;
        !shares.is_empty()
            && shares.len() <= companies.len()
            && shares.iter().all(|share| companies.contains(&share.company))
    }

    fn is_believed(&self, table: &Sound, companies: &BTreeSet<u32>) -> bool {
        table.moves.iter().filter(|(cell, _)| **cell != self.cell).all(|(&cell, &by)| {
            if self.owns(companies, cell) {
                return false;
            }
            let Some(left) = self.left(cell, by, table.whole) else { return true };
            let shares = &self.problem.cell(cell).shares;
            let most: i128 = shares.iter().take(companies.len()).map(|share| i128::from(share.amount)).sum();
            let own = || -> i128 {
                let own = shares.iter().filter(|share| companies.contains(&share.company));
                own.map(|share| i128::from(share.amount)).sum()
            };
            most * table.whole <= left || own() * table.whole <= left
        })
    }
}

//! Checks the proofs that nobody can come near an unsafe cell.
//!
//! In: the problem, what is withheld, and alternative tables. Out: each [`Breach`]. Invariant: a proof counts only if each of its
//! tables satisfies every equation, moves nothing that is published, and is believed by the attacker in question; all in integers.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::disclose::secondary::{Alternative, Pattern, Problem, Side};

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
    /// The layer of values.
    pub layer: usize,
    /// The cell.
    pub cell: u32,
    /// On which side of the value.
    pub side: Side,
    /// For whom there is no proof.
    pub attacker: Attacker,
}

/// The breaches of a pattern: none if every unsafe cell is withheld and proven to be safe in every layer of values.
#[must_use]
pub fn check_proofs(layers: &[Problem], pattern: &Pattern) -> Vec<Breach> {
    let mut proofs: BTreeMap<(usize, u32, Side), Vec<&Alternative>> = BTreeMap::new();
    for proof in &pattern.proofs {
        proofs.entry((proof.layer, proof.cell, proof.side)).or_default().extend(&proof.tables);
    }
    let of_layer = |(layer, problem): (usize, &Problem)| {
        let breach = |place: u32| {
            let of_side = |side: Side| {
                let tables = proofs.get(&(layer, place, side)).map_or(&[][..], Vec::as_slice);
                Asked::of(problem, place, side).breach(tables, &pattern.withheld).map(|attacker| Breach {
                    layer,
                    cell: place,
                    side,
                    attacker,
                })
            };
            [Side::Below, Side::Above].into_iter().filter_map(of_side).collect::<Vec<_>>()
        };
        let unsafe_cells: Vec<u32> = problem.unsafe_cells().collect();
        unsafe_cells.into_par_iter().flat_map_iter(breach).collect::<Vec<Breach>>()
    };
    layers.iter().enumerate().flat_map(of_layer).collect()
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
    /// How far the cell in question moves: so far as is asked, and by whole numbers where everybody knows of those.
    level: i128,
}

impl<'a> Asked<'a> {
    fn of(problem: &'a Problem, place: u32, side: Side) -> Self {
        let cell = problem.cell(place);
        let room = i128::from(cell.value) - i128::from(cell.believed[0]);
        let level = match side {
            Side::Below => i128::from(cell.protection[0]).min(room),
            Side::Above => cell.protection[1].into(),
        };
        Self { problem, cell: place, side, level }
    }

    /// For whom it is not proven that the cell is safe.
    fn breach(&self, tables: &[&Alternative], withheld: &[bool]) -> Option<Attacker> {
        match withheld.get(self.cell as usize) {
            Some(true) if self.level <= 0 => None,
            Some(true) => self.attacker(tables, withheld),
            _ => Some(Attacker::Outsider),
        }
    }

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
        let common = moves.values().fold(0, |common, by| greatest_common_divisor(common, by.abs()));
        for by in moves.values_mut() {
            *by /= common.max(1);
        }
        let whole = own.abs() / common.max(1);
        let level = self.reach(whole);
        let mut sums: BTreeMap<u32, i128> = BTreeMap::new();
        for (&cell, &by) in &moves {
            if !withheld.get(cell as usize).copied().unwrap_or(false) {
                return None;
            }
            let believed = self.problem.cell(cell);
            let change = by * level;
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
        (is_on_side && sums.values().all(|&sum| sum == 0)).then_some(Sound { moves, whole, level })
    }

    /// The least number of whole steps that is far enough, where moves are in parts of `whole`.
    fn reach(&self, whole: i128) -> i128 {
        let unit = i128::from(self.problem.unit());
        if unit == 1 { self.level } else { (self.level + whole * unit - 1) / (whole * unit) * (whole * unit) }
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
            .flat_map(|(&cell, &by)| self.knowing(cell, self.left(cell, by, convincing), convincing.whole))
            .filter(|company| !so_far.contains(company))
            .collect();
        members.into_iter().find_map(|company| {
            let mut more = so_far.clone();
            more.insert(company);
            if self.owns(&more, self.cell) { None } else { self.unconvinced(tables, &more) }
        })
    }

    /// What is left of a cell above its least value, in parts of the move of the cell in question; none where it does not shrink.
    fn left(&self, cell: u32, by: i128, table: &Sound) -> Option<i128> {
        let believed = self.problem.cell(cell);
        let room = i128::from(believed.value) - i128::from(believed.believed[0]);
        (by < 0).then(|| room * table.whole + by * table.level)
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
            let Some(left) = self.left(cell, by, table) else { return true };
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

fn greatest_common_divisor(one: i128, other: i128) -> i128 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

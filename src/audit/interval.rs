//! What an attacker knows of withheld cells: intervals that can be proven.
//!
//! In: a problem, what is withheld, and who asks. Out: for a withheld cell its least and largest possible value. Invariant: cells that
//! share no equation with each other, not even through others, are asked apart; each bound has a certificate in integers, so
//! that no interval is narrower than what the attacker really knows.

use std::collections::BTreeSet;

use super::bound::{System, Unknown};
use crate::disclose::secondary::Problem;

/// Room beyond which there is no bound.
const UNBOUNDED: i128 = 1 << 60;

/// Withheld cells that hang together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The cells.
    pub cells: Vec<u32>,
}

/// The blocks of what is withheld, by their first cells.
#[must_use]
pub fn blocks(problem: &Problem, withheld: &[bool]) -> Vec<Block> {
    let mut is_seen = vec![false; withheld.len()];
    let mut blocks = Vec::new();
    for start in (0_u32..).take(withheld.len()) {
        if !withheld[start as usize] || is_seen[start as usize] {
            continue;
        }
        is_seen[start as usize] = true;
        let mut cells = vec![start];
        let mut next = 0;
        while let Some(&cell) = cells.get(next) {
            next += 1;
            for equation in problem.equations_of(cell) {
                for &(other, _) in &problem.equations()[equation as usize].terms {
                    if withheld[other as usize] && !is_seen[other as usize] {
                        is_seen[other as usize] = true;
                        cells.push(other);
                    }
                }
            }
        }
        cells.sort_unstable();
        blocks.push(Block { cells });
    }
    blocks
}

impl Block {
    /// The least and the largest value of a cell of this block, as these companies know it, or an outsider where there are none.
    /// None where a side has no bound.
    #[must_use]
    pub fn interval(&self, problem: &Problem, cell: u32, companies: &[u32]) -> [Option<i128>; 2] {
        let Ok(place) = self.cells.binary_search(&cell) else { return [None; 2] };
        let system = self.system(problem, companies);
        let value = i128::from(problem.cell(cell).value);
        let unit = i128::from(problem.unit());
        let most = |sign| system.most(place, sign).map(|bound| bound.floor(unit));
        [most(-1).map(|down| value - down), most(1).map(|up| value + up)]
    }

    /// How far each cell may move, as these companies know it.
    pub(super) fn system(&self, problem: &Problem, companies: &[u32]) -> System {
        let known: BTreeSet<u32> = companies.iter().copied().collect();
        let unknown = |&cell: &u32| {
            let cell = problem.cell(cell);
            let mut own = cell.shares.iter().filter(|share| known.contains(&share.company)).peekable();
            let is_alone = own.peek().is_some() && cell.shares.iter().all(|share| known.contains(&share.company));
            if is_alone {
                return Unknown { least: 0, most: Some(0) };
            }
            let own: i128 = own.map(|share| i128::from(share.amount)).sum();
            let [down, up] = cell.room();
            Unknown { least: -(down - own).clamp(0, UNBOUNDED), most: (up < UNBOUNDED).then_some(up) }
        };
        let equation = |equation: u32| {
            let terms = problem.equations()[equation as usize].terms.iter();
            terms.filter_map(|&(cell, factor)| Some((self.cells.binary_search(&cell).ok()?, factor))).collect()
        };
        let mut system = System {
            unknowns: self.cells.iter().map(unknown).collect(),
            equations: problem.equations_among(&self.cells).into_iter().map(equation).collect(),
        };
        system.narrow();
        system
    }
}

//! Looks for alternative tables.
//!
//! In: a cell, how far it has to move, and companies that must believe it. Out: the [`Alternative`] that withholds the fewest
//! further cells, as far as a linear programme over the surroundings of the cell knows. Invariant: what is found is exact and is
//! believed by those companies; where nothing is found in small surroundings, larger ones are asked, up to all cells.

use hashbrown::HashMap;
use microlp::{ComparisonOp, OptimizationDirection, Variable};

use super::alternative::Alternative;
use super::neighbourhood::around;
use super::problem::{Problem, Role};
use super::protect::Side;
use crate::exact::Amount;

/// Cells of the first surroundings, and how many times more the next ones have. Only the first are asked whether a cell can be
/// published again.
const FIRST: usize = 100;
const GROWTH: usize = 4;

/// What using a withheld cell costs that a company alone knows: it is of no use against that company.
const KNOWN_TO_ONE: f64 = 0.3;

/// Moves are kept within so many times that of the target, so that numbers stay of one size.
const FARTHEST: f64 = 50.0;

/// What is asked for.
pub(super) struct Wanted<'a> {
    pub(super) target: u32,
    pub(super) side: Side,
    /// How far the target has to move.
    pub(super) amount: Amount,
    /// Companies that must believe the table.
    pub(super) believers: &'a [u32],
    /// Whether further cells may be withheld for it.
    pub(super) may_withhold: bool,
}

/// A problem, and what is withheld of it.
pub(super) struct Search<'p> {
    pub(super) problem: &'p Problem,
    pub(super) withheld: Vec<bool>,
}

/// How one cell may move, in parts of the move of the target.
struct Move {
    cell: u32,
    down: f64,
    up: f64,
    cost: f64,
}

impl Search<'_> {
    /// An alternative table; none where there is none, or where no solver finds one.
    pub(super) fn find(&self, wanted: &Wanted<'_>) -> Option<Alternative> {
        let mut size = FIRST;
        loop {
            let usable = |cell: u32| {
                (wanted.may_withhold || self.withheld[cell as usize]) && !self.is_known_to_a_believer(cell, wanted)
            };
            let cost = |cell: u32| {
                if self.withheld[cell as usize] { 20 } else { 100 + whole(10.0 * (self.weight(cell) - 1.0)) }
            };
            let cells = around(self.problem, wanted.target, size, usable, cost);
            let found = self.solve(wanted, &cells);
            if found.is_some() || cells.len() < size || !wanted.may_withhold {
                return found;
            }
            size *= GROWTH;
        }
    }

    /// What withholding a cell costs, near 1: the number of cells counts first.
    fn weight(&self, cell: u32) -> f64 {
        0.05f64.mul_add((1.0 + float(self.problem.cell(cell).loss.into())).ln(), 1.0)
    }

    fn is_known_to_a_believer(&self, cell: u32, wanted: &Wanted<'_>) -> bool {
        let cell = self.problem.cell(cell);
        cell.is_known_to(self.problem.coalition())
            && cell.shares.iter().any(|share| wanted.believers.contains(&share.company))
    }

    fn moves(&self, wanted: &Wanted<'_>, cells: &[u32]) -> Vec<Move> {
        let unit = float(wanted.amount.into());
        let of_cell = |&place: &u32| {
            let cell = self.problem.cell(place);
            let [mut down, up] = cell.room().map(float);
            let coalition = self.problem.coalition();
            for share in cell.shares.iter().filter(|share| wanted.believers.contains(&share.company)) {
                let left = (cell.room()[0] - i128::from(share.amount) * coalition as i128).max(0);
                down = down.min(float(left));
            }
            let cost = if !self.withheld[place as usize] {
                self.weight(place)
            } else if cell.is_known_to(coalition) {
                KNOWN_TO_ONE
            } else {
                0.0
            };
            let [down, up] = [down, up].map(|room| (room / unit).min(FARTHEST));
            Move { cell: place, down, up, cost }
        };
        cells.iter().filter(|&&cell| cell != wanted.target).map(of_cell).collect()
    }

    fn solve(&self, wanted: &Wanted<'_>, cells: &[u32]) -> Option<Alternative> {
        let moves = self.moves(wanted, cells);
        let mut programme = microlp::Problem::new(OptimizationDirection::Minimize);
        // Where moving costs something, moves up and moves down are two variables.
        let mut variables: Vec<(u32, f64, Variable)> = Vec::with_capacity(moves.len() * 2);
        for Move { cell, down, up, cost } in moves {
            if cost > 0.0 {
                variables.push((cell, 1.0, programme.add_var(cost, (0.0, up))));
                variables.push((cell, -1.0, programme.add_var(cost, (0.0, down))));
            } else {
                variables.push((cell, 1.0, programme.add_var(0.0, (-down, up))));
            }
        }
        let mut of_cell: HashMap<u32, Vec<(Variable, f64)>> = HashMap::new();
        for &(cell, sign, variable) in &variables {
            of_cell.entry(cell).or_default().push((variable, sign));
        }
        let step = match wanted.side {
            Side::Below => -1.0,
            Side::Above => 1.0,
        };
        for equation in self.problem.equations_among(cells) {
            let mut sum = 0.0;
            let mut terms: Vec<(Variable, f64)> = Vec::new();
            for &(cell, factor) in &self.problem.equations()[equation as usize].terms {
                let factor = float(factor.into());
                if cell == wanted.target {
                    sum -= factor * step;
                } else if let Some(own) = of_cell.get(&cell) {
                    terms.extend(own.iter().map(|&(variable, sign)| (variable, factor * sign)));
                }
            }
            programme.add_constraint(terms.as_slice(), ComparisonOp::Eq, sum);
        }
        let solution = programme.solve().ok()?;
        let mut proposal: HashMap<u32, f64> = HashMap::from_iter([(wanted.target, step)]);
        for (cell, sign, variable) in variables {
            *proposal.entry(cell).or_default() += sign * solution.var_value(variable);
        }
        let proposal: Vec<(u32, f64)> = proposal.into_iter().filter(|(_, by)| by.abs() > 1e-9).collect();
        let found = Alternative::of_proposal(self.problem, &proposal, wanted.amount)?;
        let allowed = |&(cell, _): &(u32, i64)| {
            self.withheld[cell as usize] || wanted.may_withhold && self.problem.cell(cell).role != Role::Known
        };
        let doubters = found.doubters(self.problem, wanted.target, wanted.amount);
        let believed = found.is_possible(self.problem, wanted.target, wanted.amount)
            && !wanted.believers.iter().any(|company| doubters.contains(company));
        (believed && found.moves().iter().all(allowed)).then_some(found)
    }
}

#[expect(clippy::cast_precision_loss, reason = "for the solver, whose proposals are checked in integers")]
fn float(number: i128) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a weight is near 1")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

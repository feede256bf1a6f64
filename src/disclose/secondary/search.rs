//! Looks for alternative tables.
//!
//! In: a cell, how far it has to move, and companies that must believe it. Out: the [`Alternative`] that withholds the fewest
//! further cells, as far as a linear programme knows. Invariant: what is found is exact and is believed by those companies;
//! the same question gives the same answer on any thread.

use std::cell::RefCell;

use super::alternative::Alternative;
use super::problem::{Problem, Role};
use super::protect::{Need, Side};
use super::simplex::{Limits, Outcome, Simplex};
use crate::exact::Amount;

/// What using a withheld cell costs that a company alone knows: it is of no use against that company.
const KNOWN_TO_ONE: f64 = 0.4;

/// What using any other withheld cell costs. With less, longer ways are looked at before a further cell is withheld.
const WITHHELD: f64 = 0.15;

/// Costs of withheld cells differ by up to this part of themselves, so that the solver need not go through many ways that cost the same.
/// Those of cells that would have to be withheld hardly do: what they cost is meant.
const DIFFERENCE: f64 = 0.5;
const OPEN_DIFFERENCE: f64 = 0.15;

/// Moves of the target for which there is room: with more a cell is not better.
const MUCH_ROOM: f64 = 10.0;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) need: Need,
    /// How far the cell has to move.
    pub(super) amount: Amount,
    /// Companies that must believe the table.
    pub(super) believers: &'a [u32],
    /// A cell that must be done without, and no further cell may be withheld for it; otherwise any may be.
    pub(super) without: Option<u32>,
    /// Steps of the solver before the question is given up.
    pub(super) steps: usize,
}

/// Whether the solver stopped before it knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GaveUp(pub(super) bool);

/// The layers of a problem, and what is withheld of it.
pub(super) struct Search<'p> {
    pub(super) layers: &'p [Problem],
    pub(super) withheld: Vec<bool>,
    /// What withholding each cell costs.
    pub(super) costs: Vec<f64>,
    /// How many times more than usual it costs to use a cell that is withheld already. With more, fewer ways are looked at.
    pub(super) withheld_costs: f64,
}

thread_local! {
    /// Each thread's room for the solver.
    static SIMPLEX: RefCell<Simplex> = RefCell::default();
}

impl Search<'_> {
    /// An alternative table; otherwise whether the solver gave up, so that there may be one.
    pub(super) fn find(&self, wanted: &Wanted<'_>) -> Result<Alternative, GaveUp> {
        let Need { layer, cell: target, side } = wanted.need;
        let problem = &self.layers[layer];
        let step = match side {
            Side::Below => -1.0,
            Side::Above => 1.0,
        };
        let proposal: Result<Vec<(u32, f64)>, GaveUp> = SIMPLEX.with_borrow_mut(|simplex| {
            let limits = |cell| self.limits(problem, wanted, cell);
            match simplex.solve(problem, target, step, wanted.steps, &limits) {
                Outcome::Found => Ok(simplex.moves().chain([(target, step)]).collect()),
                outcome => Err(GaveUp(outcome == Outcome::GaveUp)),
            }
        });
        let found = Alternative::of_proposal(problem, &proposal?, target, wanted.amount).ok_or(GaveUp(false))?;
        let is_believed = wanted.believers.is_empty() || {
            let doubters = found.doubters(problem, target, wanted.amount);
            !wanted.believers.iter().any(|company| doubters.contains(company))
        };
        if is_believed { Ok(found) } else { Err(GaveUp(false)) }
    }

    /// How far a cell may move for what is wanted, in parts of the target's move.
    fn limits(&self, problem: &Problem, wanted: &Wanted<'_>, place: u32) -> Limits {
        const FIXED: Limits = Limits { down: 0.0, up: 0.0, cost: 0.0 };
        let (cell, is_withheld) = (problem.cell(place), self.withheld[place as usize]);
        if cell.role == Role::Known || wanted.without.is_some_and(|without| !is_withheld || without == place) {
            return FIXED;
        }
        let coalition = problem.coalition();
        let is_known = cell.is_known_to(coalition);
        let [mut down, up] = cell.room().map(float);
        if !wanted.believers.is_empty() {
            for share in cell.shares.iter().filter(|share| wanted.believers.contains(&share.company)) {
                if is_known {
                    return FIXED;
                }
                let left = (cell.room()[0] - i128::from(share.amount) * coalition as i128).max(0);
                down = down.min(float(left));
            }
        }
        let (cost, difference) = match (is_withheld, is_known) {
            (false, _) => (self.costs[place as usize], OPEN_DIFFERENCE),
            (true, true) => (KNOWN_TO_ONE * self.withheld_costs, DIFFERENCE),
            (true, false) => (WITHHELD * self.withheld_costs, DIFFERENCE),
        };
        let unit = float(wanted.amount.into());
        let (down, up) = (down / unit, up / unit);
        // Where nothing further is withheld any way will do, and cells with much room do not stop it soon.
        let cost = if wanted.without.is_some() { WITHHELD / (1.0 + down.min(up).min(MUCH_ROOM)) } else { cost };
        Limits { down, up, cost: cost * difference.mul_add(scattered(place), 1.0) }
    }
}

/// A number between 0 and 1 that looks random and is the same in every run (Knuth's multiplicative hash).
fn scattered(place: u32) -> f64 {
    f64::from(place.wrapping_add(1).wrapping_mul(0x9E37_79B1)) / f64::from(u32::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "for the solver, whose proposals are checked in integers")]
fn float(number: i128) -> f64 {
    number as f64
}

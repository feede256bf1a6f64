//! [`Alternative`]: another table that says the same in all that is published.
//!
//! In: how much each withheld cell moves. Out: whether it is possible, for whom, and by how much. Invariant: all of it is decided
//! in integers; a table that a solver of floats proposes counts only after that.
//!
//! The moves tell a direction; it is scaled so that one chosen cell moves by just as much as is asked.

use hashbrown::HashMap;

use super::problem::{Problem, Share};
use crate::exact::Amount;

/// How withheld cells may move together while every equation still holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// Cells and their moves, by cell; no move is zero, and all have no common divisor.
    moves: Vec<(u32, i64)>,
}

impl Alternative {
    /// The direction that a solver proposes, by which `target` can move by `amount`: `moves` are cells and how far they move, in
    /// parts of the move of the target. None where no small multiple of it satisfies the equations exactly.
    #[must_use]
    pub fn of_proposal(problem: &Problem, proposal: &[(u32, f64)], target: u32, amount: Amount) -> Option<Self> {
        const MULTIPLES: i64 = 12;
        const NEAR: f64 = 1e-6;
        // Most solutions are small multiples of the target's move; those that are limited by a cell's value are whole amounts.
        #[expect(clippy::cast_precision_loss, reason = "what follows is checked in integers")]
        let mut scales = (1..=MULTIPLES)
            .map(|scale| (scale as f64, NEAR))
            .chain((1..=MULTIPLES).map(|scale| (scale as f64 * amount as f64, 0.5)));
        scales.find_map(|(scale, near)| {
            let whole = |&(cell, part): &(u32, f64)| {
                let moved = part * scale;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "far below 2^53, or else the equations do not hold"
                )]
                ((moved - moved.round()).abs() <= near).then_some((cell, moved.round() as i64))
            };
            let alternative = Self::of_moves(proposal.iter().map(whole).collect::<Option<Vec<_>>>()?);
            let holds = alternative.is_consistent(problem) && alternative.is_possible(problem, target, amount);
            holds.then_some(alternative)
        })
    }

    /// The table in which these cells move, each named once; in the smallest whole numbers.
    #[must_use]
    pub fn of_moves(mut moves: Vec<(u32, i64)>) -> Self {
        moves.retain(|&(_, by)| by != 0);
        moves.sort_unstable();
        let common = moves.iter().fold(0, |common, (_, by)| gcd(common, by.unsigned_abs().into()));
        let common = i64::try_from(common).unwrap_or(1).max(1);
        for (_, by) in &mut moves {
            *by /= common;
        }
        Self { moves }
    }

    /// Cells and their moves.
    #[must_use]
    pub fn moves(&self) -> &[(u32, i64)] {
        &self.moves
    }

    /// How far a cell moves.
    #[must_use]
    pub fn of(&self, cell: u32) -> i64 {
        self.moves.binary_search_by_key(&cell, |&(cell, _)| cell).map_or(0, |place| self.moves[place].1)
    }

    /// What is left of this table when `other` takes back all that it moves of `cell`; none where numbers would grow too large.
    pub(super) fn without(&self, cell: u32, other: &Self) -> Option<Self> {
        const LARGEST: i128 = 1 << 48;
        let (own, theirs) = (i128::from(self.of(cell)), i128::from(other.of(cell)));
        let common = gcd(own.unsigned_abs(), theirs.unsigned_abs());
        let common = i128::try_from(common).ok().filter(|&common| common > 0)?;
        // This table keeps its direction.
        let (mine, taken) = (theirs.abs() / common, own * theirs.signum() / common);
        let mut moves = Vec::with_capacity(self.moves.len() + other.moves.len());
        let (mut left, mut right) = (self.moves.iter().peekable(), other.moves.iter().peekable());
        loop {
            let at = match (left.peek(), right.peek()) {
                (Some((one, _)), Some((other, _))) => *one.min(other),
                (Some((at, _)), None) | (None, Some((at, _))) => *at,
                (None, None) => break,
            };
            let mut by = 0;
            if let Some((_, own)) = left.next_if(|(cell, _)| *cell == at) {
                by += i128::from(*own) * mine;
            }
            if let Some((_, theirs)) = right.next_if(|(cell, _)| *cell == at) {
                by -= i128::from(*theirs) * taken;
            }
            if by.abs() > LARGEST {
                return None;
            }
            if by != 0 {
                moves.push((at, i64::try_from(by).ok()?));
            }
        }
        (!moves.is_empty()).then(|| Self::of_moves(moves))
    }

    /// The same table, the other way round.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { moves: self.moves.iter().map(|&(cell, by)| (cell, -by)).collect() }
    }

    /// Whether every equation still holds.
    fn is_consistent(&self, problem: &Problem) -> bool {
        let mut sums: HashMap<u32, i128> = HashMap::new();
        for &(cell, by) in &self.moves {
            for &(equation, factor) in problem.factors_of(cell) {
                *sums.entry(equation).or_default() += i128::from(by) * i128::from(factor);
            }
        }
        sums.values().all(|&sum| sum == 0)
    }

    /// How far `target` moves so that it is at least `amount` and everything that is counted moves by whole numbers.
    fn reach(&self, problem: &Problem, target: u32, amount: Amount) -> i128 {
        let amount = i128::from(amount);
        if problem.unit() == 1 {
            return amount;
        }
        let step = (i128::from(self.of(target)).abs() * i128::from(problem.unit())).max(1);
        (amount + step - 1).div_euclid(step) * step
    }

    /// Whether `target` can move by `amount` without any cell leaving what everybody believes.
    #[must_use]
    pub fn is_possible(&self, problem: &Problem, target: u32, amount: Amount) -> bool {
        let (whole, amount) = (i128::from(self.of(target)).abs(), self.reach(problem, target, amount));
        let has_room = |&(cell, by): &(u32, i64)| {
            let room = problem.cell(cell).room()[usize::from(by > 0)];
            // The cell moves by `by * amount / whole`.
            i128::from(by).abs().checked_mul(amount).is_some_and(|moved| moved <= room.saturating_mul(whole))
        };
        whole > 0 && self.moves.iter().all(has_room)
    }

    /// Companies that do not believe that `target` moves by `amount`, since they know another cell too well. Who owns the whole
    /// target is not among them.
    #[must_use]
    pub fn doubters(&self, problem: &Problem, target: u32, amount: Amount) -> Vec<u32> {
        let coalition = problem.coalition();
        let (whole, amount) = (i128::from(self.of(target)).abs(), self.reach(problem, target, amount));
        let shares = &problem.cell(target).shares;
        let is_owner = |company: u32| shares.len() == 1 && shares[0].company == company;
        let mut doubters = Vec::new();
        for &(place, by) in self.moves.iter().filter(|(place, _)| *place != target) {
            let cell = problem.cell(place);
            let left = cell.room()[0] * whole - i128::from(by).abs() * amount;
            let is_known = cell.is_known_to(coalition);
            // A coalition that knows more than what is left has a member that knows more than its part of that.
            let knows =
                |share: &&Share| is_known || by < 0 && i128::from(share.amount) * whole * coalition as i128 > left;
            let knowing = cell.shares.iter().take_while(knows).map(|share| share.company);
            doubters.extend(knowing.filter(|&company| !is_owner(company)));
        }
        doubters.sort_unstable();
        doubters.dedup();
        doubters
    }
}

/// The greatest common divisor; of zero and a number that number.
fn gcd(mut one: u128, mut other: u128) -> u128 {
    while other > 0 {
        (one, other) = (other, one % other);
    }
    one
}

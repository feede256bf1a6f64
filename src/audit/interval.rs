//! The interval in which an outsider knows a withheld cell to lie.
//!
//! In: a problem, and what is withheld. Out: for each withheld cell its least and largest possible value. Invariant: cells that share no
//! equation with each other, not even through others, are asked apart.
//!
//! The bounds are those of a solver of floats: they are for reading. What decides is whether the [proofs](super::check_proofs)
//! hold.

use microlp::{ComparisonOp, OptimizationDirection, Variable};

use crate::disclose::secondary::Problem;
use crate::exact::SCALE;

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
    /// The least and the largest value of a cell of this block, in units; an infinite one has no bound. None where the solver finds
    /// no answer.
    #[must_use]
    pub fn interval(&self, problem: &Problem, cell: u32) -> Option<[f64; 2]> {
        let least = self.bound(problem, cell, OptimizationDirection::Minimize)?;
        let largest = self.bound(problem, cell, OptimizationDirection::Maximize)?;
        Some([least, largest])
    }

    fn bound(&self, problem: &Problem, target: u32, direction: OptimizationDirection) -> Option<f64> {
        let mut programme = microlp::Problem::new(direction);
        let variable = |&cell: &u32| {
            let [down, up] = problem.cell(cell).room().map(units);
            programme.add_var(
                if cell == target { 1.0 } else { 0.0 },
                (-down, if up > UNBOUNDED { f64::INFINITY } else { up }),
            )
        };
        let variables: Vec<Variable> = self.cells.iter().map(variable).collect();
        for equation in problem.equations_among(&self.cells) {
            let terms: Vec<(Variable, f64)> = problem.equations()[equation as usize]
                .terms
                .iter()
                .filter_map(|&(cell, factor)| {
                    let place = self.cells.binary_search(&cell).ok()?;
                    Some((variables[place], float(factor.into())))
                })
                .collect();
            programme.add_constraint(terms.as_slice(), ComparisonOp::Eq, 0.0);
        }
        let value = units(problem.cell(target).value.into());
        match programme.solve() {
            Ok(solution) => Some(value + solution.objective()),
            Err(microlp::Error::Unbounded) if direction == OptimizationDirection::Maximize => Some(f64::INFINITY),
            Err(microlp::Error::Unbounded) => Some(f64::NEG_INFINITY),
            Err(_) => None,
        }
    }
}

/// Room beyond which there is no bound.
const UNBOUNDED: f64 = 1e14;

fn units(amount: i128) -> f64 {
    float(amount) / float(SCALE.into())
}

#[expect(clippy::cast_precision_loss, reason = "for the solver")]
fn float(number: i128) -> f64 {
    number as f64
}

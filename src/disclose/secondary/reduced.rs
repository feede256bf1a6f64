//! A problem in which cells that are one and the same stand once.
//!
//! In: a [`Problem`]. Out: a smaller one, and the way back. Invariant: whatever protects the smaller problem protects the larger one,
//! since cells whose values must be equal are published together or not at all.
//!
//! Where a region has one industry, its total is that industry's cell under another name. Tables in fine detail are full of
//! such pairs.

use hashbrown::HashSet;

use super::alternative::Alternative;
use super::problem::{Equation, Problem, ProblemCell, ProblemError, Role};
use super::protect::{Pattern, Proof};

/// A smaller problem, and what became of each cell.
#[derive(Debug)]
pub(super) struct Reduced {
    pub(super) problem: Problem,
    /// For each cell of the large problem its cell in the small one.
    place_of: Vec<u32>,
    /// For each cell of the small problem those that it stands for.
    members: Vec<Vec<u32>>,
}

impl Reduced {
    pub(super) fn of(problem: &Problem) -> Result<Self, ProblemError> {
        let mut roots = Roots((0..).take(problem.cells().len()).collect());
        for equation in problem.equations() {
            let mut open = equation.terms.iter().filter(|(cell, _)| problem.cell(*cell).role != Role::Known);
            if let (Some(&(one, a)), Some(&(other, b)), None) = (open.next(), open.next(), open.next())
                && a == -b
                && problem.cell(one).value == problem.cell(other).value
            {
                roots.join(one, other);
            }
        }
        let mut place_of = vec![u32::MAX; problem.cells().len()];
        let mut members: Vec<Vec<u32>> = Vec::new();
        for cell in (0..).take(problem.cells().len()) {
            let root = roots.root(cell);
            if root == cell {
                place_of[cell as usize] = u32::try_from(members.len()).unwrap_or(u32::MAX);
                members.push(Vec::new());
            }
            // A root is the first of its cells.
            place_of[cell as usize] = place_of[root as usize];
            members[place_of[cell as usize] as usize].push(cell);
        }
        let cells = members.iter().map(|members| merged(problem, members)).collect();
        let mut known: HashSet<Equation> = HashSet::new();
        let mut equations = Vec::new();
        for equation in problem.equations() {
            let terms = equation.terms.iter().map(|&(cell, factor)| (place_of[cell as usize], factor));
            let equation = Equation { terms: terms.collect(), sum: equation.sum }.tidy();
            if !equation.terms.is_empty() && known.insert(equation.clone()) {
                equations.push(equation);
            }
        }
        let problem = Problem::new(cells, equations, problem.coalition())?;
        Ok(Self { problem, place_of, members })
    }

    /// The cells that a cell stands for.
    pub(super) fn members(&self, cell: u32) -> &[u32] {
        &self.members[cell as usize]
    }

    /// The pattern of the large problem.
    pub(super) fn expand(&self, pattern: &Pattern) -> Pattern {
        let unsafe_members = |cell: u32| self.members(cell).iter().copied();
        let proofs = pattern.proofs.iter().flat_map(|proof| {
            let tables: Vec<Alternative> = proof.tables.iter().map(|table| self.expand_table(table)).collect();
            unsafe_members(proof.cell).map(move |cell| Proof { cell, side: proof.side, tables: tables.clone() })
        });
        let mut unproven: Vec<u32> = pattern.unproven.iter().flat_map(|&cell| unsafe_members(cell)).collect();
        unproven.sort_unstable();
        Pattern {
            withheld: self.place_of.iter().map(|&place| pattern.withheld[place as usize]).collect(),
            proofs: proofs.collect(),
            unproven,
        }
    }

    fn expand_table(&self, table: &Alternative) -> Alternative {
        let moves = table.moves().iter();
        Alternative::of_moves(
            moves.flat_map(|&(place, by)| self.members(place).iter().map(move |&cell| (cell, by))).collect(),
        )
    }
}

/// One cell in the place of several equal ones.
fn merged(problem: &Problem, members: &[u32]) -> ProblemCell {
    let mut merged = problem.cell(members[0]).clone();
    for cell in members[1..].iter().map(|&cell| problem.cell(cell)) {
        merged.loss = merged.loss.saturating_add(cell.loss);
        merged.role = match (merged.role, cell.role) {
            (Role::Unsafe, _) | (_, Role::Unsafe) => Role::Unsafe,
            (Role::Known, _) | (_, Role::Known) => Role::Known,
            _ => Role::Open,
        };
        merged.believed = [merged.believed[0].max(cell.believed[0]), merged.believed[1].min(cell.believed[1])];
        merged.protection = [0, 1].map(|side| merged.protection[side].max(cell.protection[side]));
        if merged.shares.len() < cell.shares.len() {
            merged.shares.clone_from(&cell.shares);
        }
    }
    merged
}

/// Sets of cells, each under its first one.
struct Roots(Vec<u32>);

impl Roots {
    fn root(&mut self, cell: u32) -> u32 {
        let mut root = cell;
        while self.0[root as usize] != root {
            self.0[root as usize] = self.0[self.0[root as usize] as usize];
            root = self.0[root as usize];
        }
        root
    }

    fn join(&mut self, one: u32, other: u32) {
        let [one, other] = [self.root(one), self.root(other)];
        self.0[one.max(other) as usize] = one.min(other);
    }
}

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
    pub(super) layers: Vec<Problem>,
    /// For each cell of the large problem its cell in the small one.
    place_of: Vec<u32>,
    /// For each cell of the small problem those that it stands for.
    members: Vec<Vec<u32>>,
}

impl Reduced {
    pub(super) fn of(layers: &[Problem]) -> Result<Self, ProblemError> {
        let Some(first) = layers.first() else {
            return Ok(Self { layers: Vec::new(), place_of: Vec::new(), members: Vec::new() });
        };
        let count = first.cells().len();
        let fits = |layer: &Problem| {
            let same_terms =
                || layer.equations().iter().zip(first.equations()).all(|(one, other)| one.terms == other.terms);
            let same_roles = || layer.cells().iter().zip(first.cells()).all(|(one, other)| one.role == other.role);
            layer.cells().len() == count
                && layer.equations().len() == first.equations().len()
                && same_terms()
                && same_roles()
        };
        if !layers.iter().all(fits) {
            return Err(ProblemError::Layers);
        }
        let mut roots = Roots((0..).take(count).collect());
        for equation in first.equations() {
            let mut open = equation.terms.iter().filter(|(cell, _)| first.cell(*cell).role != Role::Known);
            let is_pair = |&(one, a): &(u32, i64), &(other, b): &(u32, i64)| {
                let are_equal = |layer: &Problem| layer.cell(one).value == layer.cell(other).value;
                a == -b && layers.iter().all(are_equal)
            };
            if let (Some(one), Some(other), None) = (open.next(), open.next(), open.next())
                && is_pair(one, other)
            {
                roots.join(one.0, other.0);
            }
        }
        let mut place_of = vec![u32::MAX; count];
        let mut members: Vec<Vec<u32>> = Vec::new();
        for cell in (0..).take(count) {
            let root = roots.root(cell);
            if root == cell {
                place_of[cell as usize] = u32::try_from(members.len()).unwrap_or(u32::MAX);
                members.push(Vec::new());
            }
            // A root is the first of its cells.
            place_of[cell as usize] = place_of[root as usize];
            members[place_of[cell as usize] as usize].push(cell);
        }
        let mut known: HashSet<Vec<(u32, i64)>> = HashSet::new();
        let mut kept: Vec<(usize, Vec<(u32, i64)>)> = Vec::new();
        for (place, equation) in first.equations().iter().enumerate() {
            let terms = equation.terms.iter().map(|&(cell, factor)| (place_of[cell as usize], factor)).collect();
            let Equation { terms, .. } = Equation { terms, sum: 0 }.tidy();
            if !terms.is_empty() && known.insert(terms.clone()) {
                kept.push((place, terms));
            }
        }
        let reduce = |layer: &Problem| {
            let cells = members.iter().map(|members| merged(layer, members)).collect();
            let equation = |(place, terms): &(usize, Vec<(u32, i64)>)| Equation {
                terms: terms.clone(),
                sum: layer.equations()[*place].sum,
            };
            let reduced = Problem::new(cells, kept.iter().map(equation).collect(), layer.coalition())?;
            Ok(reduced.counted_in(layer.unit()))
        };
        Ok(Self { layers: layers.iter().map(reduce).collect::<Result<_, _>>()?, place_of, members })
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
            unsafe_members(proof.cell).map(move |cell| Proof {
                layer: proof.layer,
                cell,
                side: proof.side,
                tables: tables.clone(),
            })
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

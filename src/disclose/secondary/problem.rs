//! [`Problem`]: the cells of all tables that are protected together, and the equations between them.
//!
//! In: cells and equations. Out: the same, with the equations of each cell at hand. Invariant: every equation holds for the
//! values and has each cell once; contributions are in descending order and at most one is of the same company.

use crate::exact::Amount;

/// What may become of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It may be withheld to protect others.
    Open,
    /// It must be withheld, and nobody may come near its value.
    Unsafe,
    /// It must be published, or everybody knows it: a cell of zero, for instance.
    Known,
}

/// What one company (or holding) contributes to a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share {
    /// Number of the company.
    pub company: u32,
    /// Its part of the value.
    pub amount: Amount,
}

/// One cell, whatever table it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemCell {
    /// Its value.
    pub value: Amount,
    /// What is lost where it is withheld; not negative.
    pub loss: Amount,
    /// What may become of it.
    pub role: Role,
    /// The least and the largest value that anybody would believe.
    pub believed: [Amount; 2],
    /// Of an unsafe cell: how far below and above its value a table must be possible.
    pub protection: [Amount; 2],
    /// Who contributes, largest first; nobody where that is not known.
    pub shares: Vec<Share>,
}

/// A sum of cells, each with its sign or weight, that is zero or another constant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Equation {
    /// Cells and their coefficients.
    pub terms: Vec<(u32, i64)>,
    /// What they add up to.
    pub sum: Amount,
}

impl Equation {
    /// The same with each cell once, in order, and no factor of zero.
    #[must_use]
    pub fn tidy(mut self) -> Self {
        self.terms.sort_unstable();
        self.terms.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 += next.1;
            }
            is_same
        });
        self.terms.retain(|(_, factor)| *factor != 0);
        self
    }
}

/// Why cells and equations make no problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProblemError {
    /// An equation does not hold.
    #[error("equation {0} does not hold for the values of its cells; check them, and the number of digits")]
    Unequal(usize),
    /// An equation names a cell that is not there.
    #[error("equation {0} names a cell that is not in the list")]
    NoSuchCell(usize),
    /// The shares of a cell exceed its value.
    #[error("the contributions to cell {0} exceed its value")]
    SharesExceed(usize),
    /// Layers have other cells, equations or roles than the first one.
    #[error("the layers of a problem have different cells or equations")]
    Layers,
    /// An amount is beyond what can be counted.
    #[error("an amount is too large to be protected")]
    TooLarge,
    /// There are too many cells or equations.
    #[error("there are more than {} cells or equations", u32::MAX)]
    TooMany,
}

/// Cells that are protected together.
#[derive(Debug, Clone)]
pub struct Problem {
    cells: Vec<ProblemCell>,
    equations: Vec<Equation>,
    factors: Vec<Vec<(u32, i64)>>,
    coalition: usize,
    unit: Amount,
}

impl Problem {
    /// Puts cells and equations together. `coalition` is how many companies may share what they know; at least 1.
    ///
    /// # Errors
    /// [`ProblemError`].
    pub fn new(mut cells: Vec<ProblemCell>, equations: Vec<Equation>, coalition: usize) -> Result<Self, ProblemError> {
        if u32::try_from(cells.len().max(equations.len())).is_err() {
            return Err(ProblemError::TooMany);
        }
        let equations: Vec<Equation> = equations.into_iter().map(Equation::tidy).collect();
        let mut factors: Vec<Vec<(u32, i64)>> = vec![Vec::new(); cells.len()];
        for (place, equation) in (0_u32..).zip(&equations) {
            let mut sum = 0_i128;
            for &(cell, factor) in &equation.terms {
                let value = cells.get(cell as usize).ok_or(ProblemError::NoSuchCell(place as usize))?.value;
                sum += i128::from(value) * i128::from(factor);
                factors[cell as usize].push((place, factor));
            }
            if sum != i128::from(equation.sum) {
                return Err(ProblemError::Unequal(place as usize));
            }
        }
        for (place, cell) in cells.iter_mut().enumerate() {
            cell.shares.sort_by(|one, other| other.amount.cmp(&one.amount).then(one.company.cmp(&other.company)));
            let sum: i128 = cell.shares.iter().map(|share| i128::from(share.amount)).sum();
            if sum > i128::from(cell.value) - i128::from(cell.believed[0]).min(0) {
                return Err(ProblemError::SharesExceed(place));
            }
        }
        Ok(Self { cells, equations, factors, coalition: coalition.max(1), unit: 1 })
    }

    /// The same, of things that are counted: everybody knows that values are whole numbers of `unit`.
    #[must_use]
    pub fn counted_in(self, unit: Amount) -> Self {
        Self { unit: unit.max(1), ..self }
    }

    /// What values are whole numbers of.
    #[must_use]
    pub fn unit(&self) -> Amount {
        self.unit
    }

    /// The cells.
    #[must_use]
    pub fn cells(&self) -> &[ProblemCell] {
        &self.cells
    }

    /// One cell.
    #[must_use]
    pub fn cell(&self, place: u32) -> &ProblemCell {
        &self.cells[place as usize]
    }

    /// The equations.
    #[must_use]
    pub fn equations(&self) -> &[Equation] {
        &self.equations
    }

    /// The places of the equations in which a cell stands, and its factor in each.
    #[must_use]
    pub fn factors_of(&self, cell: u32) -> &[(u32, i64)] {
        &self.factors[cell as usize]
    }

    /// The places of the equations in which a cell stands.
    pub fn equations_of(&self, cell: u32) -> impl Iterator<Item = u32> + '_ {
        self.factors_of(cell).iter().map(|&(equation, _)| equation)
    }

    /// The places of the equations in which any of these cells stands, each once.
    #[must_use]
    pub fn equations_among(&self, cells: &[u32]) -> Vec<u32> {
        let mut places: Vec<u32> = cells.iter().flat_map(|&cell| self.equations_of(cell)).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// How many companies may share what they know.
    #[must_use]
    pub fn coalition(&self) -> usize {
        self.coalition
    }

    /// The places of the unsafe cells.
    pub fn unsafe_cells(&self) -> impl Iterator<Item = u32> + '_ {
        (0_u32..).zip(&self.cells).filter(|(_, cell)| cell.role == Role::Unsafe).map(|(place, _)| place)
    }
}

impl ProblemCell {
    /// How far a value can go down and up before nobody would believe it.
    #[must_use]
    pub fn room(&self) -> [i128; 2] {
        let [least, largest] = self.believed.map(i128::from);
        let value = i128::from(self.value);
        [(value - least).max(0), (largest - value).max(0)]
    }

    /// Whether `coalition` companies can be all who contribute, so that they know the value exactly.
    #[must_use]
    pub fn is_known_to(&self, coalition: usize) -> bool {
        !self.shares.is_empty() && self.shares.len() <= coalition
    }
}

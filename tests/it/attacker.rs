//! An attacker of tables that shares no code with the program: an exact simplex over fractions.
//!
//! In: what is published, and what a company knows. Out: the least and the largest value of a withheld cell. Slow and obvious: a
//! dense tableau, Bland's rule, and fractions of 128-bit integers that stop the test if they overflow.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// An exact fraction in lowest terms, with a positive denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    numerator: i128,
    denominator: i128,
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

impl Fraction {
    pub fn new(numerator: i128, denominator: i128) -> Self {
        assert_ne!(denominator, 0, "no fraction");
        let by = gcd(numerator, denominator) * denominator.signum();
        Self { numerator: numerator / by, denominator: denominator / by }
    }

    pub fn whole(number: i128) -> Self {
        Self { numerator: number, denominator: 1 }
    }

    fn is_zero(self) -> bool {
        self.numerator == 0
    }

    fn is_positive(self) -> bool {
        self.numerator > 0
    }
}

fn times(a: i128, b: i128) -> i128 {
    a.checked_mul(b).expect("the fractions of a small table are small")
}

impl Add for Fraction {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let numerator = times(self.numerator, other.denominator) + times(other.numerator, self.denominator);
        Self::new(numerator, times(self.denominator, other.denominator))
    }
}

impl Neg for Fraction {
    type Output = Self;
    fn neg(self) -> Self {
        Self { numerator: -self.numerator, ..self }
    }
}

impl Sub for Fraction {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Fraction {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::new(times(self.numerator, other.numerator), times(self.denominator, other.denominator))
    }
}

impl Div for Fraction {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self::new(times(self.numerator, other.denominator), times(self.denominator, other.numerator))
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some((*self - *other).numerator.cmp(&0))
    }
}

/// Equations `sum of coefficient * variable = constant` over variables that are not negative.
#[derive(Debug, Clone)]
pub struct System {
    pub variables: usize,
    pub equations: Vec<(Vec<(usize, i128)>, i128)>,
}

/// A system with a first solution, from which any variable can be driven to its bounds.
#[derive(Debug, Clone)]
pub struct Solved {
    tableau: Vec<Vec<Fraction>>,
    basis: Vec<usize>,
    variables: usize,
}

impl System {
    /// Finds a first solution; there must be one.
    pub fn solve(&self) -> Solved {
        let (zero, one) = (Fraction::whole(0), Fraction::whole(1));
        let rows = self.equations.len();
        let columns = self.variables + rows;
        // Each row: the variables, an artificial variable for each equation, and the constant.
        let mut tableau: Vec<Vec<Fraction>> = Vec::new();
        for (row, (terms, constant)) in self.equations.iter().enumerate() {
            let mut line = vec![zero; columns + 1];
            let flip = if *constant < 0 { -1 } else { 1 };
            for &(variable, factor) in terms {
                line[variable] = line[variable] + Fraction::whole(factor * flip);
            }
            line[self.variables + row] = one;
            line[columns] = Fraction::whole(constant * flip);
            tableau.push(line);
        }
        let mut basis: Vec<usize> = (self.variables..columns).collect();
        let mut costs = vec![zero; columns];
        costs[self.variables..].fill(-one);
        let infeasible = maximize(&mut tableau, &mut basis, &costs, self.variables).expect("bounded by zero");
        assert!(infeasible.is_zero(), "the true table is a solution");
        for row in 0..rows {
            if basis[row] >= self.variables
                && let Some(column) = (0..self.variables).find(|&column| !tableau[row][column].is_zero())
            {
                pivot(&mut tableau, &mut basis, row, column);
            }
        }
        // Rows that still have an artificial variable say nothing new.
        let needed: Vec<bool> = basis.iter().map(|&basic| basic < self.variables).collect();
        let mut is_needed = needed.iter();
        tableau.retain(|_| *is_needed.next().expect("one for each row"));
        basis.retain(|&basic| basic < self.variables);
        for line in &mut tableau {
            line.drain(self.variables..columns);
        }
        Solved { tableau, basis, variables: self.variables }
    }
}

impl Solved {
    /// The largest value of one variable, or of its negative; none where it has no bound.
    pub fn largest(&self, variable: usize, sign: i128) -> Option<Fraction> {
        let Self { mut tableau, mut basis, variables } = self.clone();
        let mut costs = vec![Fraction::whole(0); variables];
        costs[variable] = Fraction::whole(sign);
        maximize(&mut tableau, &mut basis, &costs, variables)
    }
}

/// Bland's rule over the first `usable` columns; the largest sum, or none where there is no bound.
fn maximize(tableau: &mut [Vec<Fraction>], basis: &mut [usize], costs: &[Fraction], usable: usize) -> Option<Fraction> {
    loop {
        let gain = |column: usize| {
            let priced = basis.iter().zip(tableau.iter()).filter(|(basic, _)| !costs[**basic].is_zero());
            priced.fold(costs[column], |sum, (&basic, line)| sum - costs[basic] * line[column])
        };
        let entering = (0..usable).filter(|column| !basis.contains(column)).find(|&column| gain(column).is_positive());
        let Some(column) = entering else {
            let value = basis.iter().zip(tableau.iter()).map(|(&basic, line)| costs[basic] * line[line.len() - 1]);
            return Some(value.fold(Fraction::whole(0), |sum, part| sum + part));
        };
        let mut leaving: Option<(Fraction, usize)> = None;
        for (row, line) in tableau.iter().enumerate() {
            if line[column].is_positive() {
                let ratio = line[line.len() - 1] / line[column];
                let better =
                    leaving.is_none_or(|(least, known)| ratio < least || ratio == least && basis[row] < basis[known]);
                if better {
                    leaving = Some((ratio, row));
                }
            }
        }
        let (_, row) = leaving?;
        pivot(tableau, basis, row, column);
    }
}

fn pivot(tableau: &mut [Vec<Fraction>], basis: &mut [usize], row: usize, column: usize) {
    let by = tableau[row][column];
    for entry in &mut tableau[row] {
        *entry = *entry / by;
    }
    let line = tableau[row].clone();
    for (other, entries) in tableau.iter_mut().enumerate() {
        let factor = entries[column];
        if other != row && !factor.is_zero() {
            for (entry, &of_line) in entries.iter_mut().zip(&line) {
                if !of_line.is_zero() {
                    *entry = *entry - factor * of_line;
                }
            }
        }
    }
    basis[row] = column;
}

/// On paper: x + y = 10, x + z = 4: x is at most 4, y at least 6.
#[test]
fn the_attacker_solves_a_system_on_paper() {
    let system = System { variables: 3, equations: vec![(vec![(0, 1), (1, 1)], 10), (vec![(0, 1), (2, 1)], 4)] };
    let system = system.solve();
    assert_eq!(system.largest(0, 1), Some(Fraction::whole(4)));
    assert_eq!(system.largest(1, -1), Some(Fraction::whole(-6)));
    let open = System { variables: 2, equations: vec![(vec![(0, 1), (1, -1)], 0)] };
    assert_eq!(open.solve().largest(0, 1), None);
    assert_eq!(Fraction::new(2, -4), Fraction::new(-1, 2));
}

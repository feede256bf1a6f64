//! Bounds that an attacker can prove.
//!
//! In: unknown numbers with what anybody would believe of each, and equations that they satisfy. Out: the largest (or least) value of
//! one of them, with a certificate. Invariant: a bound is never tighter than the truth allows, whatever the solver of floats
//! says: it is computed in integers from multipliers of the equations, and any multipliers give a bound that holds.
//!
//! The multipliers are those of the dual linear programme. For multipliers `y` the number in question is at most the sum over all
//! unknowns of their reduced coefficient `c - A'y` times their largest or least value, by its sign (weak duality).

use microlp::{ComparisonOp, OptimizationDirection, Variable};

/// What is believed of a number: between its least value and its largest one, where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unknown {
    pub(super) least: i128,
    pub(super) most: Option<i128>,
}

/// Unknown numbers, and sums of them that are zero.
#[derive(Debug, Clone, Default)]
pub(super) struct System {
    pub(super) unknowns: Vec<Unknown>,
    /// Places and factors.
    pub(super) equations: Vec<Vec<(usize, i64)>>,
}

/// Multipliers are whole parts of this, so that thirds, quarters, fifths and the like are exact.
const PARTS: i64 = 5_040;

/// A bound, in 1/5,040.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bound(i128);

impl Bound {
    /// Whether it lies below a number.
    pub(super) fn is_below(self, number: i128) -> bool {
        self.0 < number.saturating_mul(PARTS.into())
    }

    /// The largest whole number of `unit` that it allows.
    pub(super) fn floor(self, unit: i128) -> i128 {
        self.0.div_euclid(i128::from(PARTS) * unit) * unit
    }
}

impl System {
    /// The largest value of `target` times `sign`; none where no bound was found.
    pub(super) fn most(&self, target: usize, sign: i64) -> Option<Bound> {
        self.certified(&self.multipliers(target, sign)?, target, sign)
    }

    /// What the dual programme says of the equations, in whole parts.
    fn multipliers(&self, target: usize, sign: i64) -> Option<Vec<i64>> {
        let finite = self.unknowns.iter().flat_map(|unknown| [Some(unknown.least), unknown.most]).flatten();
        let scale = float(finite.map(i128::abs).max().unwrap_or(1).max(1)) / 1_000.0;
        let mut programme = microlp::Problem::new(OptimizationDirection::Minimize);
        let multipliers: Vec<Variable> =
            self.equations.iter().map(|_| programme.add_var(0.0, (f64::NEG_INFINITY, f64::INFINITY))).collect();
        let mut terms_of: Vec<Vec<(Variable, f64)>> = vec![Vec::new(); self.unknowns.len()];
        for (equation, &multiplier) in self.equations.iter().zip(&multipliers) {
            for &(place, factor) in equation {
                terms_of[place].push((multiplier, float(factor.into())));
            }
        }
        for (place, (unknown, mut terms)) in self.unknowns.iter().zip(terms_of).enumerate() {
            if let Some(most) = unknown.most {
                terms.push((programme.add_var(float(most) / scale, (0.0, f64::INFINITY)), 1.0));
            }
            terms.push((programme.add_var(-float(unknown.least) / scale, (0.0, f64::INFINITY)), -1.0));
            let wanted = if place == target { float(sign.into()) } else { 0.0 };
            programme.add_constraint(terms.as_slice(), ComparisonOp::Eq, wanted);
        }
        let solution = programme.solve().ok()?;
        let whole = |&multiplier: &Variable| {
            let parts = (solution[multiplier] * float(PARTS.into())).round();
            #[expect(clippy::cast_possible_truncation, reason = "checked")]
            (parts.abs() < 1e15).then_some(parts as i64)
        };
        multipliers.iter().map(whole).collect()
    }

    /// The bound that multipliers prove, in integers.
    fn certified(&self, multipliers: &[i64], target: usize, sign: i64) -> Option<Bound> {
        let mut reduced = vec![0_i128; self.unknowns.len()];
        reduced[target] = i128::from(sign) * i128::from(PARTS);
        for (equation, &multiplier) in self.equations.iter().zip(multipliers) {
            for &(place, factor) in equation {
                reduced[place] -= i128::from(factor) * i128::from(multiplier);
            }
        }
        let mut bound = 0_i128;
        for (unknown, reduced) in self.unknowns.iter().zip(reduced) {
            let farthest = if reduced > 0 { unknown.most? } else { unknown.least };
            bound = bound.checked_add(reduced.checked_mul(farthest)?)?;
        }
        Some(Bound(bound))
    }
}

#[expect(clippy::cast_precision_loss, reason = "for the solver, whose answers are only multipliers")]
fn float(number: i128) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_negative() -> Unknown {
        Unknown { least: 0, most: None }
    }

    fn fixed(value: i128) -> Unknown {
        Unknown { least: value, most: Some(value) }
    }

    /// Two hidden parts of 10, of which one is at least 3: the other is at most 7.
    #[test]
    fn a_part_is_bounded_by_what_the_other_is_at_least() {
        let system = System {
            unknowns: vec![not_negative(), Unknown { least: 3, most: None }, fixed(10)],
            equations: vec![vec![(0, 1), (1, 1), (2, -1)]],
        };
        assert_eq!(system.most(0, 1).map(|bound| bound.floor(1)), Some(7));
        assert_eq!(system.most(0, -1).map(|bound| bound.floor(1)), Some(0));
        assert!(system.most(1, 1).is_some_and(|bound| !bound.is_below(10) && bound.is_below(11)));
    }

    /// Any multipliers give a bound that holds, also useless ones; an unbounded number has none.
    #[test]
    fn wrong_multipliers_only_loosen_a_bound() {
        let system = System {
            unknowns: vec![Unknown { least: 0, most: Some(50) }, not_negative(), fixed(10)],
            equations: vec![vec![(0, 1), (1, 1), (2, -1)]],
        };
        assert_eq!(system.certified(&[0], 0, 1), Some(Bound(50 * 5_040)));
        assert_eq!(system.certified(&[5_040], 0, 1), Some(Bound(10 * 5_040)));
        assert_eq!(system.certified(&[-5_040], 1, 1), None);
        let alone = System { unknowns: vec![not_negative()], equations: Vec::new() };
        assert_eq!(alone.most(0, 1), None);
    }
}

//! Bounds that an attacker can prove.
//!
//! In: unknown numbers with what anybody would believe of each, and equations that they satisfy. Out: the largest (or least) value of
//! one of them, with a certificate. Invariant: a bound is never tighter than the truth allows, whatever the solver of floats
//! says: it is computed in integers from multipliers of the equations, and any multipliers give a bound that holds.
//!
//! The multipliers are those of the dual linear programme. For multipliers `y` the number in question is at most the sum over all
//! unknowns of their reduced coefficient `c - A'y` times their largest or least value, by its sign (weak duality).

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettingsBuilder, DefaultSolver, IPSolver, SupportedConeT};

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

/// Thirds, quarters, fifths and the like are whole numbers of these parts; multipliers near one are taken for it.
const COMMON_PARTS: i64 = 5_040;

/// Multipliers are whole parts of this.
const PARTS: i64 = COMMON_PARTS << 16;

/// How near.
const NEAR: f64 = 1e-5;

/// Steps of the solver.
const STEPS: u32 = 100;

/// What is farther away is not told to the solver.
const FARTHEST: i128 = 1 << 58;

/// Times that what is known of a number is passed on through equations.
const ROUNDS: usize = 8;

/// A bound, in parts.
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
    /// Narrows what is believed of each number by the equations it stands in. All that is said afterwards is true as well.
    pub(super) fn narrow(&mut self) {
        for _ in 0..ROUNDS {
            let mut is_changed = false;
            for equation in &self.equations {
                for &(place, factor) in equation.iter().filter(|(_, factor)| factor.abs() == 1) {
                    // The number is minus what the others are together, or that.
                    let others = |is_most: bool| -> Option<i128> {
                        let others = equation.iter().filter(|(other, _)| *other != place);
                        others
                            .map(|&(other, of)| {
                                let of = i128::from(of) * -i128::from(factor);
                                let Unknown { least, most } = self.unknowns[other];
                                if (of > 0) == is_most { most?.checked_mul(of) } else { least.checked_mul(of) }
                            })
                            .try_fold(0_i128, |sum, part| sum.checked_add(part?))
                    };
                    let (least, most) = (others(false), others(true));
                    let own = &mut self.unknowns[place];
                    if let Some(most) = most.filter(|&most| own.most.is_none_or(|known| most < known)) {
                        (own.most, is_changed) = (Some(most), true);
                    }
                    if let Some(least) = least.filter(|&least| least > own.least) {
                        (own.least, is_changed) = (least, true);
                    }
                }
            }
            if !is_changed {
                return;
            }
        }
    }

    /// The largest value of `target` times `sign`; none where no bound was found.
    pub(super) fn most(&self, target: usize, sign: i64) -> Option<Bound> {
        let own = self.unknowns[target];
        let known = if sign > 0 { own.most } else { Some(-own.least) }.map(|bound| Bound(bound * i128::from(PARTS)));
        let found = self.multipliers(target, sign).and_then(|multipliers| self.certified(&multipliers, target, sign));
        match (known, found) {
            (Some(known), Some(found)) => Some(known.min(found)),
            (known, found) => known.or(found),
        }
    }

    /// What the dual programme says of the equations, in whole parts.
    fn multipliers(&self, target: usize, sign: i64) -> Option<Vec<i64>> {
        let finite = self.unknowns.iter().flat_map(|unknown| [Some(unknown.least), unknown.most]).flatten();
        let scale = float(finite.map(i128::abs).filter(|size| *size < FARTHEST).max().unwrap_or(1).max(1)) / 1_000.0;
        let (count, equations) = (self.unknowns.len(), self.equations.len());
        let (mut rows, mut columns, mut factors) = (Vec::new(), Vec::new(), Vec::new());
        let mut bounds = vec![0.0; equations];
        let mut entry = |row: usize, column: usize, factor: f64| {
            rows.push(row);
            columns.push(column);
            factors.push(factor);
        };
        for (row, equation) in self.equations.iter().enumerate() {
            for &(place, factor) in equation {
                entry(row, place, float(factor.into()));
            }
        }
        for (place, unknown) in self.unknowns.iter().enumerate() {
            if let Some(most) = unknown.most.filter(|most| most.abs() < FARTHEST) {
                entry(bounds.len(), place, 1.0);
                bounds.push(float(most) / scale);
            }
            if unknown.least.abs() < FARTHEST {
                entry(bounds.len(), place, -1.0);
                bounds.push(-float(unknown.least) / scale);
            }
        }
        let matrix = CscMatrix::new_from_triplets(bounds.len(), count, rows, columns, factors);
        let cones = [SupportedConeT::ZeroConeT(equations), SupportedConeT::NonnegativeConeT(bounds.len() - equations)];
        let mut objective = vec![0.0; count];
        objective[target] = -float(sign.into());
        let settings = DefaultSettingsBuilder::default().verbose(false).max_iter(STEPS).build().ok()?;
        let nothing = CscMatrix::zeros((count, count));
        let mut solver = DefaultSolver::new(&nothing, &objective, &matrix, &bounds, &cones, settings).ok()?;
        solver.solve();
        // Whatever the solver says of its success: any multipliers give a bound that holds.
        let whole = |&multiplier: &f64| {
            let common = (multiplier * float(COMMON_PARTS.into())).round() / float(COMMON_PARTS.into());
            let near = if (common - multiplier).abs() < NEAR { common } else { multiplier };
            let parts = (near * float(PARTS.into())).round();
            #[expect(clippy::cast_possible_truncation, reason = "checked")]
            (parts.abs() < 1e17).then_some(parts as i64)
        };
        solver.solution.z.iter().take(equations).map(whole).collect()
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
        assert_eq!(system.certified(&[0], 0, 1), Some(Bound(50 * i128::from(PARTS))));
        assert_eq!(system.certified(&[PARTS], 0, 1), Some(Bound(10 * i128::from(PARTS))));
        assert_eq!(system.certified(&[-PARTS], 1, 1), None);
        let alone = System { unknowns: vec![not_negative()], equations: Vec::new() };
        assert_eq!(alone.most(0, 1), None);
    }
}

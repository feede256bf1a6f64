//! Exact statistics of a list of amounts.
//!
//! In: the values of a cell, in any order. Out: count, mean, standard deviation and percentiles.
//! Invariant: no step depends on the order of the values. Percentiles are linear interpolations between closest ranks
//! (Hyndman-Fan type 7), standard deviations those of a sample (n - 1).

use serde::{Deserialize, Serialize};

use crate::exact::{Amount, Quotient, SCALE, percentile};

/// The percentiles that are computed.
pub const PERCENTILES: [i128; 5] = [10, 25, 50, 75, 90];

/// Parts of an amount step in which figures of companies are compared and averaged.
pub const PARTS: i128 = 10_000_000;

/// Statistics of one list of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// How many values.
    pub count: u64,
    /// Their mean.
    pub mean: Quotient,
    /// Their sample standard deviation in units; none for fewer than two values.
    pub deviation: Option<f64>,
    /// Their percentiles, as in [`PERCENTILES`].
    pub percentiles: [Quotient; 5],
}

impl Statistics {
    /// The statistics of `values`, which are reordered; none of an empty list.
    #[must_use]
    pub fn of(values: &mut [Amount]) -> Option<Self> {
        if !values.is_empty() {
            order(values);
        }
        Self::of_ordered(values)
    }

    /// The statistics of values of which every rank that a percentile needs is in its place, as it is where they are sorted.
    #[must_use]
    pub fn of_ordered(values: &[Amount]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let n = count as i128;
        let (low, high) =
            values.iter().fold((Amount::MAX, Amount::MIN), |(low, high), &value| (low.min(value), high.max(value)));
        let total = total(values, low, high);
        let center = Amount::try_from(total.div_euclid(n)).unwrap_or(0);
        let squares = squares(values, center, low, high);
        let percentiles = PERCENTILES.map(|percent| percentile(values, percent));
        Some(Self {
            count: count as u64,
            mean: Quotient::new(total, n),
            deviation: deviation(squares, total - i128::from(center) * n, n),
            percentiles,
        })
    }

    /// Statistics of figures of which each counts alike, whatever stands behind it; they are in [`PARTS`] of an amount step,
    /// so that the order of companies cannot matter. They are put in order.
    #[must_use]
    pub fn of_figures(fine: &mut [i128]) -> Option<Self> {
        fine.sort_unstable();
        let n = fine.len() as i128;
        fine.first()?;
        let total: i128 = fine.iter().sum();
        let percentiles = PERCENTILES.map(|percent| {
            let rank = (n - 1) * percent;
            let below = usize::try_from(rank / 100).unwrap_or(0);
            let above = (below + 1).min(fine.len() - 1);
            let numerator = fine[below] * 100 + (fine[above] - fine[below]) * (rank % 100);
            Quotient::new(numerator, 100 * PARTS)
        });
        Some(Self { count: fine.len() as u64, mean: Quotient::new(total, n * PARTS), deviation: None, percentiles })
    }
}

/// How far from their mean any of `n` values can lie whose squared distances from it add up to `squares` (Samuelson, *How Deviant Can
/// You Be?*, 1968).
#[must_use]
pub fn reach(n: f64, squares: f64) -> f64 {
    (squares.max(0.0) * (n - 1.0) / n).sqrt()
}

/// The sum of values that lie between `low` and `high`: in 64 bits where that cannot overflow, which is much faster.
fn total(values: &[Amount], low: Amount, high: Amount) -> i128 {
    let largest = low.unsigned_abs().max(high.unsigned_abs());
    let fits = largest.checked_mul(values.len() as u64).is_some_and(|bound| i64::try_from(bound).is_ok());
    if fits { i128::from(values.iter().sum::<Amount>()) } else { values.iter().map(|&value| i128::from(value)).sum() }
}

/// The sum of squared distances from `center`: in 64 bits where that cannot overflow.
fn squares(values: &[Amount], center: Amount, low: Amount, high: Amount) -> i128 {
    let farthest = (high - center).max(center - low);
    let bound = farthest.checked_mul(farthest).and_then(|square| square.checked_mul(i64::try_from(values.len()).ok()?));
    let distances = values.iter().map(|&value| value - center);
    if bound.is_some() {
        return i128::from(distances.map(|distance| distance * distance).sum::<Amount>());
    }
    distances.map(i128::from).map(|distance| distance * distance).sum()
}

/// Values that are sorted sooner than parted.
const SMALL: usize = 96;

/// Reorders values so that every rank that [`PERCENTILES`] need holds the value that sorting would put there.
fn order(values: &mut [Amount]) {
    let ranks = PERCENTILES.map(|percent| {
        let rank = (values.len() as i128 - 1) * percent;
        (usize::try_from(rank / 100).unwrap_or(0), rank % 100 != 0)
    });
    part(values, 0, &ranks);
}

/// Puts ranks in their places, the middle one first, so that each part is gone through as seldom as can be. `values` begin at rank
/// `start`; ranks come in order, each with whether the next one is needed as well: that is the least of what lies above it.
fn part(values: &mut [Amount], start: usize, ranks: &[(usize, bool)]) {
    if values.len() <= SMALL {
        values.sort_unstable();
        return;
    }
    let Some(&(rank, needs_next)) = ranks.get(ranks.len() / 2) else { return };
    let (below, _, mut above) = values.select_nth_unstable(rank - start);
    let mut next = rank + 1;
    if let Some(least) = (0..above.len()).filter(|_| needs_next).min_by_key(|&place| above[place]) {
        above.swap(0, least);
        above = &mut above[1..];
        next += 1;
    }
    part(below, start, &ranks[..ranks.len() / 2]);
    part(above, next, &ranks[ranks.len() / 2 + 1..]);
}

#[expect(clippy::cast_precision_loss, reason = "a square root is no fraction: the one conversion to a float")]
fn deviation(squares: i128, offset: i128, n: i128) -> Option<f64> {
    if n < 2 {
        return None;
    }
    // Squares about a whole number near the mean, so that offset * offset is at most n * n.
    let variance = (squares as f64 - (offset * offset) as f64 / n as f64) / (n - 1) as f64;
    Some(variance.max(0.0).sqrt() / SCALE as f64)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "exact fractions give exact figures")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// NumPy's default: `percentile([10, 20, 30, 40], [10, 25, 50, 75, 90])` = 13, 17.5, 25, 32.5, 37.
    #[test]
    fn percentiles_are_of_type_seven() {
        let mut values = [400_000, 100_000, 300_000, 200_000];
        let statistics = Statistics::of(&mut values).expect("values");
        let percentiles = statistics.percentiles.map(Quotient::to_f64);
        assert_eq!(percentiles, [13.0, 17.5, 25.0, 32.5, 37.0]);
        assert_eq!(statistics.mean.to_f64(), 25.0);
        // Sum of squares about 25: 225 + 25 + 25 + 225 = 500; 500 / 3 = 166.67; root 12.9099.
        assert!((statistics.deviation.expect("four values") - (500.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn each_company_counts_alike() {
        // Figures 10, 20 and 60, whatever the numbers of employees.
        let mut figures = [100_000, 600_000, 200_000].map(|figure: i128| figure * PARTS);
        let statistics = Statistics::of_figures(&mut figures).expect("three");
        assert_eq!(statistics.mean.to_f64(), 30.0);
        assert_eq!(statistics.percentiles.map(Quotient::to_f64), [12.0, 15.0, 20.0, 40.0, 52.0]);
    }

    proptest! {
        #[test]
        fn selection_agrees_with_sorting(mut values in proptest::collection::vec(-1_000_000_i64..1_000_000, 1..900)) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let statistics = Statistics::of(&mut values).expect("values");
            for (place, percent) in PERCENTILES.into_iter().enumerate() {
                prop_assert_eq!(statistics.percentiles[place], percentile(&sorted, percent));
            }
        }

        #[test]
        fn order_does_not_matter(mut values in proptest::collection::vec(any::<i32>(), 1..200)) {
            let mut forward: Vec<i64> = values.iter().map(|&value| i64::from(value)).collect();
            values.reverse();
            let mut backward: Vec<i64> = values.iter().map(|&value| i64::from(value)).collect();
            prop_assert_eq!(Statistics::of(&mut forward), Statistics::of(&mut backward));
        }
    }
}

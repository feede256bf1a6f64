//! Who stands at or beyond a percentile.
//!
//! In: the values of a cell, and its holdings. Out: a [`Side`] below and above each percentile but the median.
//! Invariant: employees are those of the pool and holdings those with such an employee, as if each value had been asked.

use super::cell::Side;
use super::holding::OfHolding;
use super::partial::Piece;
use super::statistics::{PERCENTILES, Statistics};
use super::summary::Pool;
use crate::exact::{Amount, Quotient};
use crate::measure::Population;

/// The values of a cell, and between which of them those of each holding lie.
pub(super) struct Sides<'p> {
    values: &'p [Amount],
    /// Lowest and highest value of each holding that has one.
    ranges: Vec<(Amount, Amount)>,
}

impl<'p> Sides<'p> {
    /// `pool` is that of the whole cell, and has been summarized for a measure of this population.
    pub(super) fn of(pool: &'p Pool, holdings: &[OfHolding<'_>], population: Population) -> Self {
        let counts = |value: Amount| population == Population::All || value > 0;
        let range = |pieces: &OfHolding<'_>| {
            let lists = pieces.iter().filter_map(|(_, piece)| match piece {
                Piece::List(values) => Some(*values),
                Piece::ByGender(_) => None,
            });
            let start = (Amount::MAX, Amount::MIN);
            let wider = |(low, high): (Amount, Amount), value: Amount| (low.min(value), high.max(value));
            let range = lists.flatten().copied().filter(|&value| counts(value)).fold(start, wider);
            (range.0 <= range.1).then_some(range)
        };
        Self { values: pool.counted(population), ranges: holdings.iter().filter_map(range).collect() }
    }

    /// Employees and holdings below and above each percentile; of the median nobody asks.
    pub(super) fn beyond(&self, statistics: &Statistics) -> [[Side; 2]; 5] {
        std::array::from_fn(|place| {
            if PERCENTILES[place] == 50 {
                return Default::default();
            }
            let (floor, ceiling) = around(statistics.percentiles[place]);
            let employees =
                |on_side: &dyn Fn(Amount) -> bool| self.values.iter().filter(|&&value| on_side(value)).count() as u64;
            let holdings = |on_side: &dyn Fn((Amount, Amount)) -> bool| {
                self.ranges.iter().filter(|&&range| on_side(range)).count() as u64
            };
            [
                Side { employees: employees(&|value| value <= floor), holdings: holdings(&|(low, _)| low <= floor) },
                Side {
                    employees: employees(&|value| value >= ceiling),
                    holdings: holdings(&|(_, high)| high >= ceiling),
                },
            ]
        })
    }
}

/// The amounts next to a fraction, or the fraction itself twice.
fn around(figure: Quotient) -> (Amount, Amount) {
    let (numerator, denominator) = (figure.numerator(), figure.denominator());
    let floor = numerator.div_euclid(denominator);
    let ceiling = if floor * denominator == numerator { floor } else { floor + 1 };
    let bound = |value: i128| Amount::try_from(value).unwrap_or(if value < 0 { Amount::MIN } else { Amount::MAX });
    (bound(floor), bound(ceiling))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The slow twin asks each value of each holding on which side it is.
        #[test]
        fn sides_agree_with_asking_each_value(holdings in proptest::collection::vec(proptest::collection::vec(-3_i64..40, 1..9), 1..7)) {
            let pieces: Vec<Vec<(u32, Piece<'_>)>> =
                (0..).zip(&holdings).map(|(place, values)| vec![(place, Piece::List(values))]).collect();
            let of_holdings: Vec<OfHolding<'_>> = pieces.iter().map(Vec::as_slice).collect();
            for population in [Population::All, Population::Positive] {
                let counts = |value: &Amount| population == Population::All || *value > 0;
                let counted: Vec<Vec<Amount>> =
                    holdings.iter().map(|values| values.iter().copied().filter(counts).collect()).collect();
                let (mut room, all) = (None, pieces.iter().flatten().map(|(_, piece)| *piece));
                let pool = Pool::refill(&mut room, all).expect("values");
                let values = pool.ascending(population).to_vec();
                let Some(statistics) = Statistics::of_ordered(&values) else { continue };
                let found = Sides::of(pool, &of_holdings, population).beyond(&statistics);
                for (place, percentile) in statistics.percentiles.into_iter().enumerate().filter(|(place, _)| *place != 2) {
                    let against = |value: Amount| (i128::from(value) * percentile.denominator()).cmp(&percentile.numerator());
                    let slow = |on_side: fn(std::cmp::Ordering) -> bool| {
                        let of = |values: &Vec<Amount>| values.iter().filter(|&&value| on_side(against(value))).count() as u64;
                        let each: Vec<u64> = counted.iter().map(of).collect();
                        Side { employees: each.iter().sum(), holdings: each.iter().filter(|&&count| count > 0).count() as u64 }
                    };
                    prop_assert_eq!(found[place], [slow(std::cmp::Ordering::is_le), slow(std::cmp::Ordering::is_ge)]);
                }
            }
        }
    }
}

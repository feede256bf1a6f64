//! Who stands at or beyond a percentile, and what is known of all others by whoever knows their own employees.
//!
//! In: the values of a cell, and its holdings. Out: a [`Side`] below and above each percentile but the median; how near to each other a
//! coalition knows all others to be. Invariant: employees are those of the pool and holdings those with such an employee, as if each
//! value had been asked; what is said to be known is true.
//!
//! A company subtracts the number, sum and squares of its own values from those that number, mean and standard deviation of the cell
//! tell, and knows how far any other value can lie from the mean of the others (Samuelson, *How Deviant Can You Be?*, 1968). And it
//! counts how many of its own are not above a percentile: all others are not above it, where so many must be.

use super::cell::Side;
use super::holding::{OfHolding, counted, lists};
use super::statistics::{PERCENTILES, Statistics, reach};
use super::summary::Pool;
use crate::exact::{Amount, Quotient, SCALE};
use crate::measure::Population;
use crate::pipeline::Policy;

/// The values of a cell, and between which of them those of each holding lie.
pub(super) struct Sides<'p> {
    values: &'p [Amount],
    population: Population,
    /// Lowest and highest value of each holding that has one.
    ranges: Vec<(Amount, Amount)>,
    /// The holdings that have one.
    holdings: Vec<OfHolding<'p>>,
}

impl<'p> Sides<'p> {
    /// `pool` is that of the whole cell, and has been summarized for a measure of this population.
    pub(super) fn of(pool: &'p Pool, holdings: &[OfHolding<'p>], population: Population) -> Self {
        let range = |pieces: OfHolding<'p>| {
            let counts = |value: Amount| population == Population::All || value > 0;
            let wider = |one: (Amount, Amount), other: (Amount, Amount)| (one.0.min(other.0), one.1.max(other.1));
            let range = lists(pieces).filter_map(|values| values.range(counts)).reduce(wider)?;
            Some((range, pieces))
        };
        let (ranges, holdings) = holdings.iter().filter_map(|pieces| range(pieces)).unzip();
        Self { values: pool.counted(population), population, ranges, holdings }
    }

    /// How near to each other the best informed coalition knows all others to be: half of what lies between, as a part of the
    /// middle; none where that is more than the policy asks for.
    pub(super) fn others(&self, statistics: &Statistics, policy: &Policy) -> Option<f64> {
        let coalition = usize::try_from(policy.coalition).unwrap_or(usize::MAX);
        let mut near = Vec::new();
        self.add_near(&mut Vec::new(), coalition, policy, &mut near);
        if near.is_empty() {
            return None;
        }
        let center = Amount::try_from(statistics.mean.numerator().div_euclid(statistics.mean.denominator())).ok()?;
        let of_holding = |pieces: &OfHolding<'_>| Moments::of(counted(pieces, self.population), center);
        let moments: Vec<Moments> = self.holdings.iter().map(of_holding).collect();
        let all = moments.iter().fold(Moments::default(), |all, own| all.plus(own, 1));
        let known = |known: &Vec<usize>| {
            let others = known.iter().fold(all, |others, &place| others.plus(&moments[place], -1));
            self.known_of_others(known, &others, center, statistics)
        };
        near.iter().filter_map(known).reduce(f64::min)
    }

    /// Adds the coalitions without which all others are near to each other. While they are not, one more must know the lowest or
    /// the highest of them; where they are, whoever else is of the coalition, one of all is tried.
    fn add_near(&self, known: &mut Vec<usize>, more: usize, policy: &Policy, near: &mut Vec<Vec<usize>>) {
        let others = || self.ranges.iter().enumerate().filter(|(place, _)| !known.contains(place));
        let lowest = others().min_by_key(|(_, (low, _))| *low);
        let highest = others().max_by_key(|(_, (_, high))| *high);
        let (Some((lowest, &(low, _))), Some((highest, &(_, high)))) = (lowest, highest) else { return };
        if are_near(low, high, policy) {
            if !known.is_empty() {
                near.push(known.clone());
            }
            let further = others().filter(|_| more > 0).map(|(place, _)| [known.as_slice(), &[place]].concat());
            near.extend(further.collect::<Vec<_>>());
        } else if more > 0 {
            for place in [lowest, highest] {
                known.push(place);
                self.add_near(known, more - 1, policy, near);
                known.pop();
            }
        }
    }

    /// What the holdings at these places know of all others; none where there are no others.
    #[expect(clippy::cast_precision_loss, reason = "compared with percents")]
    fn known_of_others(
        &self,
        known: &[usize],
        others: &Moments,
        center: Amount,
        statistics: &Statistics,
    ) -> Option<f64> {
        if others.count == 0 {
            return None;
        }
        let (n, sum) = (others.count as f64, others.sum as f64);
        let mean = center as f64 + sum / n;
        let reach = reach(n, others.squares as f64 - sum * sum / n);
        let (mut low, mut high) = (mean - reach, mean + reach);
        let all = self.values.len() as i128;
        for (percent, figure) in PERCENTILES.into_iter().zip(statistics.percentiles) {
            let own = |is_there: &dyn Fn(i128) -> bool| {
                let own = known.iter().flat_map(|&place| counted(self.holdings[place], self.population));
                own.filter(|&value| is_there(i128::from(value) * figure.denominator())).count() as i128
            };
            let rank = (all - 1) * percent;
            let at = figure.numerator() as f64 / figure.denominator() as f64;
            if rank / 100 + 1 - own(&|value| value <= figure.numerator()) >= others.count {
                high = high.min(at);
            }
            if all - (rank + 99) / 100 - own(&|value| value >= figure.numerator()) >= others.count {
                low = low.max(at);
            }
        }
        (low + high > 0.0).then(|| (high - low).max(0.0) / (high + low))
    }

    /// Employees and holdings below and above each percentile; of the median nobody asks.
    pub(super) fn beyond(&self, statistics: &Statistics) -> [[Side; 2]; 5] {
        std::array::from_fn(|place| {
            if PERCENTILES[place] == 50 {
                return Default::default();
            }
            let (floor, ceiling) = around(statistics.percentiles[place]);
            let holdings_below = self.ranges.iter().filter(|(low, _)| *low <= floor).count();
            let holdings_above = self.ranges.iter().filter(|(_, high)| *high >= ceiling).count();
            [
                Side { employees: count(self.values, |value| value <= floor), holdings: holdings_below as u64 },
                Side { employees: count(self.values, |value| value >= ceiling), holdings: holdings_above as u64 },
            ]
        })
    }
}

/// How many values there are of a kind; a sum without branches, since this is asked of every value of every cell eight times.
fn count(values: &[Amount], is_there: impl Fn(Amount) -> bool) -> u64 {
    values.iter().map(|&value| u64::from(is_there(value))).sum()
}

/// Number, sum and squares of values, about an amount near their mean.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: i128,
    sum: i128,
    squares: i128,
}

impl Moments {
    fn of(values: impl Iterator<Item = Amount>, center: Amount) -> Self {
        values.fold(Self::default(), |Self { count, sum, squares }, value| {
            let apart = i128::from(value) - i128::from(center);
            Self { count: count + 1, sum: sum + apart, squares: squares + apart * apart }
        })
    }

    fn plus(&self, other: &Self, times: i128) -> Self {
        Self {
            count: self.count + times * other.count,
            sum: self.sum + times * other.sum,
            squares: self.squares + times * other.squares,
        }
    }
}

/// Whether everything between two amounts lies within what the policy asks for of their middle.
fn are_near(low: Amount, high: Amount, policy: &Policy) -> bool {
    let (low, high) = (i128::from(low), i128::from(high));
    low > 0 && (high - low) * 100 * i128::from(SCALE) < i128::from(policy.nearness()) * (high + low)
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
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
mod tests {
    use proptest::prelude::*;

    use super::super::amounts::Slice;
    use super::super::partial::Piece;
    use super::*;

    /// Ten of a company earn from 1,000 to 10,000, twenty others 5,000 each. Who subtracts the ten knows that of the twenty.
    #[test]
    fn a_company_subtracts_its_own_employees() {
        let own: Vec<Amount> = (1..=10).map(|thousand| thousand * 1_000 * SCALE).collect();
        let [one, other] = [vec![5_000 * SCALE; 12], vec![5_000 * SCALE; 8]];
        let known = |coalition, lists: &[&Vec<Amount>]| {
            let pieces: Vec<Vec<(u32, Piece<'_>)>> =
                (0..).zip(lists).map(|(place, values)| vec![(place, Piece::List(Slice::Wide(values)))]).collect();
            let of_holdings: Vec<OfHolding<'_>> = pieces.iter().map(Vec::as_slice).collect();
            let mut room = None;
            let pool = Pool::refill(&mut room, pieces.iter().flatten().map(|(_, piece)| *piece)).expect("values");
            let statistics = Statistics::of_ordered(pool.ascending(Population::All)).expect("values");
            let policy = Policy { coalition, ..Policy::survey() };
            Sides::of(pool, &of_holdings, Population::All).others(&statistics, &policy)
        };
        assert_eq!(known(1, &[&own, &one, &other]), Some(0.0));
        // With a second company of that kind each alone knows too little, and both together know it.
        assert_eq!(known(1, &[&own, &one, &own, &other]), None);
        assert_eq!(known(2, &[&own, &one, &own, &other]), Some(0.0));
    }

    proptest! {
        /// Whatever is said to be known of others is true, and the slow twin, which asks every company, knows no better.
        #[test]
        fn all_others_are_where_they_are_known_to_be(
            holdings in proptest::collection::vec(proptest::collection::vec(prop_oneof![9 => 950_i64..1_050, 1 => 1_i64..9_000], 1..9), 2..6)
        ) {
            let pieces: Vec<Vec<(u32, Piece<'_>)>> =
                (0..).zip(&holdings).map(|(place, values)| vec![(place, Piece::List(Slice::Wide(values)))]).collect();
            let of_holdings: Vec<OfHolding<'_>> = pieces.iter().map(Vec::as_slice).collect();
            let mut room = None;
            let pool = Pool::refill(&mut room, pieces.iter().flatten().map(|(_, piece)| *piece)).expect("values");
            let statistics = Statistics::of_ordered(pool.ascending(Population::All)).expect("values");
            let policy = Policy::survey();
            let nearness = policy.nearness() as f64 / (100 * SCALE) as f64;
            let found = Sides::of(pool, &of_holdings, Population::All).others(&statistics, &policy);
            let narrowest = |values: &[i64]| {
                let (low, high) = (*values.iter().min().expect("values"), *values.iter().max().expect("values"));
                (high - low) as f64 / (high + low) as f64
            };
            let others = |without: usize| -> Vec<i64> {
                let others = holdings.iter().enumerate().filter(|(place, _)| *place != without);
                others.flat_map(|(_, values)| values.clone()).collect()
            };
            let truly = (0..holdings.len()).map(|own| narrowest(&others(own))).reduce(f64::min).expect("holdings");
            prop_assert!(found.is_none_or(|found| found >= truly - 1e-9), "{found:?} is known of {truly}");
            for own in 0..holdings.len() {
                let mut others = others(own);
                let n = others.len() as f64;
                let Some(of_others) = Statistics::of(&mut others) else { continue };
                let reach = of_others.deviation.unwrap_or(0.0) * (n - 1.0) / n.sqrt() / of_others.mean.to_f64();
                if reach < nearness * 0.99 {
                    prop_assert!(found.is_some_and(|found| found <= reach + 1e-9), "{found:?} is known, and {reach}");
                }
            }
        }

        /// The slow twin asks each value of each holding on which side it is.
        #[test]
        fn sides_agree_with_asking_each_value(holdings in proptest::collection::vec(proptest::collection::vec(-3_i64..40, 1..9), 1..7)) {
            let pieces: Vec<Vec<(u32, Piece<'_>)>> =
                (0..).zip(&holdings).map(|(place, values)| vec![(place, Piece::List(Slice::Wide(values)))]).collect();
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

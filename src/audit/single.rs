//! What published statistics tell of every single employee.
//!
//! In: a release. Out: each group of employees of which everybody has much the same, as anybody can prove. Invariant: figures are
//! taken within their rounding, so that only what is certain is told.
//!
//! Mean and standard deviation tell how far a value can lie from the mean at most (Samuelson, *How Deviant Can You Be?*, 1968).
//! Percentiles of a cell and of its published parts tell how many of those in its withheld parts, together, can lie above an amount:
//! of n values at the fraction q (type 7, Hyndman and Fan 1996), `floor((n - 1) q) + 1` are not above the percentile, and
//! `n - ceil((n - 1) q)` are not below it. Where numbers of employees are not rounded, means and deviations of a cell and its parts tell
//! those of the others, too.

use super::attack::Finding;
use super::outside::{Listed, amount, listed};
use super::proof::Attacker;
use super::published::{Published, Told};
use crate::aggregate::PERCENTILES;
use crate::disclose::Place;
use crate::disclose::secondary::Side;
use crate::exact::SCALE;
use crate::pipeline::Policy;

/// Amounts between which something lies, in 1/10,000.
type Range = [i128; 2];

/// Groups of which it is known to within p percent what everybody has.
#[must_use]
pub fn known_employees(published: &Published) -> Vec<Finding> {
    let policy = &published.manifest.policy;
    let mut findings = Vec::new();
    for Listed { name, cells, places, equations, dimensions } in listed(published) {
        let entry = published.manifest.measures.iter().find(|entry| entry.name == name.0);
        let Some(entry) = entry.filter(|entry| entry.kind == "distribution") else { continue };
        let step = i128::from(policy.rounding.step(entry.rounding));
        let mut tell = |cell: String, known: Range| {
            if is_narrow(known, policy) {
                findings.push(Finding {
                    cell,
                    fact: format!("{} of every single employee", name.0),
                    side: Side::Above,
                    attacker: Attacker::Outsider,
                    known: Some(known.map(Some)),
                });
            }
        };
        let words = |cell: u32| Place::words(cell, &places, &dimensions);
        for ((_, told), cell) in cells.iter().zip(0_u32..) {
            if let Some(known) = by_deviation(told, step, policy) {
                tell(words(cell), known);
            }
        }
        let moments: Vec<Option<Moments>> = cells.iter().map(|(_, told)| Moments::of(told, step, policy)).collect();
        let ranks: Vec<Option<Ranks>> = cells.iter().map(|(_, told)| Ranks::of(told, step, policy)).collect();
        for (whole, parts) in &equations {
            let Some(of_whole) = &ranks[*whole as usize] else { continue };
            let told: Vec<&Ranks> = parts.iter().filter_map(|&part| ranks[part as usize].as_ref()).collect();
            // Whoever is not reported in finer detail stands in no part that is listed.
            let of_parts: i128 = told.iter().map(|part| part.count[1]).sum();
            if told.len() == parts.len() && of_whole.count[0] <= of_parts {
                continue;
            }
            let others = moments[*whole as usize].as_ref().and_then(|of_whole| {
                let of_parts = parts.iter().zip(parts.iter().map(|&part| ranks[part as usize].is_some()));
                let of_parts =
                    of_parts.filter(|(_, is_told)| *is_told).map(|(&part, _)| moments[part as usize].as_ref());
                of_whole.without(&of_parts.collect::<Option<Vec<_>>>()?).range()
            });
            let known = left_over(of_whole, &told).filter(|known| is_narrow(*known, policy)).or(others);
            if let Some(known) = known {
                tell(format!("what is withheld of {}", words(*whole)), known);
            }
        }
    }
    findings
}

/// Whether everything between is within p percent of the middle.
fn is_narrow([least, most]: Range, policy: &Policy) -> bool {
    let p = i128::from(policy.nearness());
    least > 0 && least <= most && (most - least) * 100 * i128::from(SCALE) < p * (most + least)
}

/// A figure within its rounding, in whole steps of amounts.
fn within(figure: f64, step: i128) -> Range {
    let figure = amount(figure);
    let off = if step == 0 { (figure.abs() / 1_000_000_000).max(1) } else { (step + 1) / 2 };
    [figure - off, figure + off]
}

/// Where all values of a cell lie, by its mean and standard deviation.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "rounded up, and far smaller")]
fn by_deviation(told: &Told, step: i128, policy: &Policy) -> Option<Range> {
    let ([_, most], [low, high]) = (told.count(policy)?, within(told.mean?, step));
    let [_, deviation] = within(told.deviation?, step);
    let n = most.max(1) as f64;
    let reach = (deviation as f64 * (n - 1.0) / n.sqrt()).ceil() as i128;
    Some([low - reach, high + reach])
}

/// How many values a cell has, and between which bounds their sum and the sum of their squares lie.
#[derive(Debug, Clone, Copy)]
struct Moments {
    count: f64,
    sum: [f64; 2],
    squares: [f64; 2],
}

impl Moments {
    /// None where the number of employees is rounded or anything is withheld.
    #[expect(clippy::cast_precision_loss, reason = "the bounds are far wider")]
    fn of(told: &Told, step: i128, policy: &Policy) -> Option<Self> {
        let [count, most] = told.count(policy)?;
        let mean = within(told.mean?, step).map(|bound| bound as f64);
        let deviation = within(told.deviation?, step).map(|bound| bound.max(0) as f64);
        let n = count as f64;
        let squares = |deviation: f64, square: f64| (n - 1.0).max(0.0) * deviation * deviation + n * square;
        let [smallest, largest] = squared(mean);
        (count == most).then(|| Self {
            count: n,
            sum: mean.map(|mean| n * mean),
            squares: [squares(deviation[0], smallest), squares(deviation[1], largest)],
        })
    }

    /// Of those who are in none of these parts.
    fn without(&self, parts: &[&Self]) -> Self {
        parts.iter().fold(*self, |rest, part| Self {
            count: rest.count - part.count,
            sum: [rest.sum[0] - part.sum[1], rest.sum[1] - part.sum[0]],
            squares: [rest.squares[0] - part.squares[1], rest.squares[1] - part.squares[0]],
        })
    }

    /// Where all values lie; none where there are none.
    #[expect(clippy::cast_possible_truncation, reason = "rounded up, and far smaller")]
    fn range(&self) -> Option<Range> {
        let n = self.count;
        let apart = (self.squares[1] - squared(self.sum)[0] / n).max(0.0);
        let reach = (apart * (n - 1.0) / n).sqrt();
        (n >= 1.0).then(|| [(self.sum[0] / n - reach).floor() as i128, (self.sum[1] / n + reach).ceil() as i128])
    }
}

/// Least and largest square of what lies between two bounds.
fn squared([low, high]: [f64; 2]) -> [f64; 2] {
    let [one, other] = [low * low, high * high];
    [if low < 0.0 && high > 0.0 { 0.0 } else { one.min(other) }, one.max(other)]
}

/// What is told of how many values lie where.
struct Ranks {
    count: Range,
    /// Percents, and between which amounts the percentile lies.
    told: Vec<(i128, Range)>,
}

impl Ranks {
    /// None where the cell is withheld.
    fn of(told: &Told, step: i128, policy: &Policy) -> Option<Self> {
        told.mean?;
        let percentiles = PERCENTILES.into_iter().zip(told.percentiles);
        let told_of = percentiles.filter_map(|(percent, figure)| Some((percent, within(figure?, step))));
        Some(Self { count: told.count(policy)?, told: told_of.collect() })
    }

    /// How many values can lie above an amount at most.
    fn most_above(&self, amount: i128) -> i128 {
        let [_, n] = self.count;
        let not_above = self.told.iter().filter(|(_, [_, most])| *most <= amount);
        not_above.map(|(percent, _)| n - (n - 1) * percent / 100 - 1).min().unwrap_or(n)
    }

    /// How many values lie above an amount at least.
    fn fewest_above(&self, amount: i128) -> i128 {
        let [n, _] = self.count;
        let above = self.told.iter().filter(|(_, [least, _])| *least > amount);
        above.map(|(percent, _)| n - ((n - 1).max(0) * percent + 99) / 100).max().unwrap_or(0)
    }

    /// How many values can lie below an amount at most.
    fn most_below(&self, amount: i128) -> i128 {
        let [_, n] = self.count;
        let not_below = self.told.iter().filter(|(_, [least, _])| *least >= amount);
        not_below.map(|(percent, _)| ((n - 1) * percent + 99) / 100).min().unwrap_or(n)
    }

    /// How many values lie below an amount at least.
    fn fewest_below(&self, amount: i128) -> i128 {
        let [n, _] = self.count;
        let below = self.told.iter().filter(|(_, [_, most])| *most < amount);
        below.map(|(percent, _)| ((n - 1).max(0) * percent / 100 + 1).min(n)).max().unwrap_or(0)
    }
}

/// Between which amounts all values of a whole lie that are in none of these parts; none where that is open on a side.
fn left_over(whole: &Ranks, parts: &[&Ranks]) -> Option<Range> {
    let amounts = || parts.iter().copied().chain([whole]).flat_map(|ranks| &ranks.told).flat_map(|(_, range)| *range);
    let above = |amount: i128| parts.iter().map(|part| part.fewest_above(amount)).sum::<i128>();
    let below = |amount: i128| parts.iter().map(|part| part.fewest_below(amount)).sum::<i128>();
    let most = amounts().filter(|&amount| whole.most_above(amount) <= above(amount)).min()?;
    let least = amounts().filter(|&amount| whole.most_below(amount) <= below(amount)).max()?;
    Some([least, most])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::aggregate::Statistics;

    #[expect(clippy::cast_possible_wrap, reason = "small numbers")]
    fn told(values: &[i64]) -> Told {
        let mut amounts: Vec<i64> = values.iter().map(|value| value * SCALE).collect();
        let statistics = Statistics::of(&mut amounts).expect("values");
        Told {
            mean: Some(statistics.mean.to_f64()),
            employees: Some(values.len() as i64),
            deviation: statistics.deviation,
            percentiles: statistics.percentiles.map(|percentile| Some(percentile.to_f64())),
            ..Told::default()
        }
    }

    fn exact() -> Policy {
        let mut policy = Policy::survey();
        policy.rounding.employees = 1;
        policy
    }

    fn ranks(values: &[i64], step: i128) -> Ranks {
        Ranks::of(&told(values), step, &exact()).expect("a published cell")
    }

    /// Of 61 all but 12 have 30. P10 and P90 of the 51 who are told are 20 and 40, and with the ten others 30 and 30: so none of
    /// the ten has less or more.
    #[test]
    fn percentiles_of_a_whole_and_its_parts_tell_of_the_others() {
        let times = |value: i64, times: usize| std::iter::repeat_n(value, times);
        let part: Vec<i64> = times(20, 6).chain(times(30, 39)).chain(times(40, 6)).collect();
        let whole: Vec<i64> = part.iter().copied().chain(times(30, 10)).collect();
        let known = left_over(&ranks(&whole, 0), &[&ranks(&part, 0)]).expect("both sides");
        assert_eq!(known, [30 * i128::from(SCALE) - 1, 30 * i128::from(SCALE) + 1]);
        assert!(is_narrow(known, &exact()));
        // Rounded to tens it is open again, and so it is where the numbers of employees are rounded.
        let rounded = left_over(&ranks(&whole, 10 * i128::from(SCALE)), &[&ranks(&part, 10 * i128::from(SCALE))]);
        assert!(rounded.is_none_or(|known| !is_narrow(known, &exact())), "{rounded:?}");
        let unsure = |values: &[i64]| Ranks::of(&told(values), 0, &Policy::survey()).expect("a published cell");
        assert_eq!(left_over(&unsure(&whole), &[&unsure(&part)]), None);
    }

    /// Means and deviations of a whole and its parts tell those of the others: twenty who all have 41,000.
    #[test]
    fn deviations_of_a_whole_and_its_parts_tell_of_the_others() {
        let part: Vec<i64> = (0..30).map(|number| 30_000 + 900 * number).collect();
        let whole: Vec<i64> = part.iter().copied().chain(std::iter::repeat_n(41_000, 20)).collect();
        let range = |step: i128| {
            let moments = |values: &[i64]| Moments::of(&told(values), step, &exact()).expect("told");
            moments(&whole).without(&[&moments(&part)]).range().expect("somebody")
        };
        let known = range(0);
        assert!(is_narrow(known, &exact()) && known[0] <= 41_000 * i128::from(SCALE), "{known:?}");
        assert!(!is_narrow(range(100 * i128::from(SCALE)), &exact()), "rounded to hundreds it is open");
    }

    #[test]
    fn a_small_deviation_tells_what_everybody_has() {
        let alike: Vec<i64> = (0..20).map(|number| 1_000 + number % 3).collect();
        let known = by_deviation(&told(&alike), 0, &exact()).expect("told");
        assert!(is_narrow(known, &exact()), "{known:?}");
        let others: Vec<i64> = (0..20).map(|number| 1_000 + 100 * number).collect();
        let known = by_deviation(&told(&others), 0, &exact()).expect("told");
        assert!(!is_narrow(known, &exact()), "{known:?}");
    }

    proptest! {
        /// Whatever is told is true.
        #[test]
        fn everybody_is_where_they_are_said_to_be(
            parts in proptest::collection::vec(proptest::collection::vec(1_i64..60, 1..40), 1..3),
            withheld in proptest::collection::vec(20_i64..40, 1..12),
        ) {
            let whole: Vec<i64> = parts.iter().flatten().chain(&withheld).copied().collect();
            let of_parts: Vec<Ranks> = parts.iter().map(|part| ranks(part, 0)).collect();
            let of_parts: Vec<&Ranks> = of_parts.iter().collect();
            let amounts = |values: &[i64]| values.iter().map(|&value| i128::from(value) * i128::from(SCALE)).collect::<Vec<_>>();
            if let Some([least, most]) = left_over(&ranks(&whole, 0), &of_parts) {
                prop_assert!(amounts(&withheld).iter().all(|value| (least..=most).contains(value)), "{least} to {most}");
            }
            let moments = |values: &[i64]| Moments::of(&told(values), 0, &exact());
            let of_parts: Option<Vec<Moments>> = parts.iter().map(|part| moments(part)).collect();
            if let Some((whole, of_parts)) = moments(&whole).zip(of_parts) {
                let range = whole.without(&of_parts.iter().collect::<Vec<_>>()).range();
                let [least, most] = range.expect("somebody is left");
                prop_assert!(amounts(&withheld).iter().all(|value| (least..=most).contains(value)), "{least} to {most}");
            }
            if whole.len() > 1 {
                let [least, most] = by_deviation(&told(&whole), 0, &exact()).expect("told");
                prop_assert!(amounts(&whole).iter().all(|value| (least..=most).contains(value)), "{least} to {most}");
            }
        }
    }
}

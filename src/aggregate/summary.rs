//! What a group of employees makes of their values.
//!
//! In: the [`Piece`]s of a group, from however many companies. Out: a [`Summary`]. Invariant: exact, whatever the order of
//! pieces and values; one function for benchmark cells, holdings and companies, so that they cannot disagree.

use serde::{Deserialize, Serialize};

use super::partial::{Piece, Sums};
use super::statistics::Statistics;
use crate::exact::{Amount, Quotient, SCALE, percentile};
use crate::measure::{Bands, Center, Measure, MeasureKind, People, Population, Remainders, gap, quartiles};

/// The values of a group, put together. Of what is kept as sums there is no pool: see [`of_sums`].
pub(super) enum Pool {
    List {
        values: Vec<Amount>,
        sorted: bool,
        /// The statistics of all of them, and of those above zero where that is not all; once computed.
        statistics: Box<[Option<Statistics>; 2]>,
    },
    ByGender {
        women: Vec<Amount>,
        men: Vec<Amount>,
        left_out: u64,
        quartiles: Option<People>,
    },
}

/// What a group gives for one measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Employees with a value.
    pub employees: u64,
    /// Employees with a value who are neither women nor men, where that matters.
    pub left_out: Option<u64>,
    /// The figure: a mean, share, ratio, total, gap or dispersion; none where it is not defined.
    pub figure: Option<Quotient>,
    /// What the figure is made of, where it is a quotient or a sum.
    pub parts: Option<Parts>,
    /// Of a distribution, and of what gives its percentiles away.
    pub statistics: Option<Box<Statistics>>,
    /// Whether every value is zero (of a ratio: every numerator; of a gap: every woman's or every man's).
    pub all_zero: bool,
}

/// Numerator and denominator, and who stands behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The numerator; none where it is not defined.
    pub numerator: Option<Quotient>,
    /// The denominator; none of a sum, or where it is not defined.
    pub denominator: Option<Quotient>,
    /// Employees behind the numerator (of a gap: women).
    pub n_numerator: Option<u64>,
    /// Employees behind the denominator (of a gap: men).
    pub n_denominator: Option<u64>,
}

impl Pool {
    /// Puts pieces of one shape together in the place of those before them, whose room is used again; none where there is
    /// nothing.
    pub(super) fn refill<'s, 'p>(
        pool: &'s mut Option<Self>,
        pieces: impl Iterator<Item = Piece<'p>>,
    ) -> Option<&'s mut Self> {
        let mut pieces = pieces.peekable();
        let first = pieces.peek()?;
        let all = match pool.take() {
            Some(Self::List { mut values, mut statistics, .. }) if matches!(first, Piece::List(_)) => {
                values.clear();
                *statistics = [None, None];
                Self::List { values, sorted: false, statistics }
            }
            Some(Self::ByGender { mut women, mut men, .. }) if matches!(first, Piece::ByGender(_)) => {
                women.clear();
                men.clear();
                Self::ByGender { women, men, left_out: 0, quartiles: None }
            }
            _ => match first {
                Piece::List(_) => Self::List { values: Vec::new(), sorted: false, statistics: Box::default() },
                Piece::ByGender(_) => {
                    Self::ByGender { women: Vec::new(), men: Vec::new(), left_out: 0, quartiles: None }
                }
            },
        };
        let all = pool.insert(all);
        pieces.for_each(|piece| all.add(piece));
        Some(all)
    }

    fn add(&mut self, piece: Piece<'_>) {
        match (self, piece) {
            (Self::List { values, .. }, Piece::List(list)) => list.append_to(values),
            (Self::ByGender { women, men, left_out, .. }, Piece::ByGender(lists)) => {
                women.extend_from_slice(lists[0]);
                men.extend_from_slice(lists[1]);
                *left_out += lists[2].len() as u64;
            }
            _ => debug_assert!(false, "pieces of one basis have one shape"),
        }
    }

    /// What the group gives for a measure; none where nobody has a value.
    pub(super) fn summarize(&mut self, measure: &Measure) -> Option<Summary> {
        let summary = self.figures(measure)?;
        let statistics = if needs_statistics(measure.kind) { self.statistics(measure.population) } else { None };
        Some(Summary { statistics: statistics.cloned().map(Box::new), ..summary })
    }

    /// The same without its statistics: they are large, and there are many millions of companies' groups.
    pub(super) fn figures(&mut self, measure: &Measure) -> Option<Summary> {
        match self {
            Self::ByGender { women, men, left_out, quartiles: known } => match measure.kind {
                MeasureKind::QuartileBand(band, remainders) => {
                    let people = known.get_or_insert_with(|| quartiles(women, men, &remainders));
                    (!women.is_empty() || !men.is_empty()).then(|| of_band(people[band as usize], *left_out))
                }
                MeasureKind::Gap(center) => of_gap(center, women, men, *left_out),
                _ => None,
            },
            Self::List { .. } if matches!(measure.kind, MeasureKind::Distribution | MeasureKind::Market) => {
                let mean = self.statistics(measure.population)?.mean;
                Some(of_list(self.counted(measure.population), Some(mean)))
            }
            Self::List { .. } => {
                let values = self.ascending(measure.population);
                match measure.kind {
                    _ if values.is_empty() => None,
                    MeasureKind::Dispersion { figure, .. } => Some(of_list(values, figure(values))),
                    MeasureKind::LowPay => {
                        let low = low_paid(values.iter().copied(), low_pay_bound(values)?);
                        Some(part_of(low, values.len() as u64))
                    }
                    _ => None,
                }
            }
        }
    }

    /// The statistics of the values that count; none of no values, and of other shapes.
    pub(super) fn statistics(&mut self, population: Population) -> Option<&Statistics> {
        let positive = population == Population::Positive;
        let start = if positive { self.start_of_positive() } else { 0 };
        let Self::List { values, sorted, statistics } = self else { return None };
        let known = &mut statistics[usize::from(start > 0)];
        if known.is_none() {
            *known = if *sorted { Statistics::of_ordered(&values[start..]) } else { Statistics::of(values) };
        }
        known.as_ref()
    }

    /// Puts the values in order, and tells where those above zero begin.
    fn start_of_positive(&mut self) -> usize {
        self.ascending(Population::All).partition_point(|&value| value <= 0)
    }

    /// Women and men in the four pay quartiles; none of other shapes.
    pub(super) fn quartiles(&mut self, remainders: &Remainders) -> Option<People> {
        match self {
            Self::ByGender { women, men, quartiles: known, .. } => {
                Some(*known.get_or_insert_with(|| quartiles(women, men, remainders)))
            }
            Self::List { .. } => None,
        }
    }

    /// The pay quartiles, for the part that each holding has in them; none of other shapes.
    pub(super) fn bands(&mut self, remainders: &Remainders) -> Option<Bands> {
        match self {
            Self::ByGender { women, men, .. } => Some(Bands::of(women, men, remainders)),
            Self::List { .. } => None,
        }
    }

    /// The gap between the means of men and of women; none of other shapes.
    pub(super) fn mean_gap(&self) -> Option<Quotient> {
        let Self::ByGender { women, men, .. } = self else { return None };
        let mean = |values: &[Amount]| Center::Mean.of(&mut values.to_vec());
        gap(mean(women)?, mean(men)?)
    }

    /// How many women and men there are; nobody of other shapes.
    pub(super) fn employees(&self) -> u64 {
        match self {
            Self::ByGender { women, men, .. } => (women.len() + men.len()) as u64,
            Self::List { .. } => 0,
        }
    }

    /// The values that a measure counts: after [`figures`](Self::figures) of a measure that counts the positive ones only,
    /// they are in order. Nothing of other shapes.
    pub(super) fn counted(&self, population: Population) -> &[Amount] {
        let Self::List { values, sorted, .. } = self else { return &[] };
        debug_assert!(*sorted || population == Population::All, "positive values are counted in order");
        let start = if population == Population::Positive { values.partition_point(|&value| value <= 0) } else { 0 };
        &values[start..]
    }

    /// The values in ascending order that a measure counts; nothing of other shapes.
    pub(super) fn ascending(&mut self, population: Population) -> &[Amount] {
        let Self::List { values, sorted, .. } = self else { return &[] };
        if !*sorted {
            values.sort_unstable();
            *sorted = true;
        }
        let start = if population == Population::Positive { values.partition_point(|&value| value <= 0) } else { 0 };
        &values[start..]
    }
}

fn needs_statistics(kind: MeasureKind) -> bool {
    matches!(kind, MeasureKind::Distribution | MeasureKind::Market | MeasureKind::Dispersion { deciles: true, .. })
}

fn of_list(values: &[Amount], figure: Option<Quotient>) -> Summary {
    let all_zero = values.iter().all(|&value| value == 0);
    Summary { employees: values.len() as u64, left_out: None, figure, parts: None, statistics: None, all_zero }
}

/// Twice the median of values in ascending order: below it lies three times the pay of the low paid.
pub(super) fn low_pay_bound(ascending: &[Amount]) -> Option<Quotient> {
    let median = (!ascending.is_empty()).then(|| percentile(ascending, 50))?;
    Some(Quotient::new(median.numerator() * 2, median.denominator()))
}

/// How many of the values are low pay.
pub(super) fn low_paid(values: impl Iterator<Item = Amount>, bound: Quotient) -> u64 {
    let low = |value: &Amount| i128::from(*value) * 3 * bound.denominator() < bound.numerator();
    values.filter(low).count() as u64
}

/// A part of a number of employees.
pub(super) fn part_of(with: u64, all: u64) -> Summary {
    let whole = |count: u64| Quotient::new(i128::from(count) * i128::from(SCALE), 1);
    Summary {
        employees: all,
        left_out: None,
        figure: whole(with).divided_by(whole(all)),
        parts: Some(Parts {
            numerator: Some(whole(with)),
            denominator: Some(whole(all)),
            n_numerator: Some(with),
            n_denominator: Some(all),
        }),
        statistics: None,
        all_zero: false,
    }
}

/// The share of women in a band, which may be empty where there are fewer people than bands.
fn of_band((women, men): (u64, u64), left_out: u64) -> Summary {
    Summary { left_out: Some(left_out), ..part_of(women, women + men) }
}

fn of_gap(center: Center, women: &mut [Amount], men: &mut [Amount], left_out: u64) -> Option<Summary> {
    let (n_women, n_men) = (women.len() as u64, men.len() as u64);
    let (of_women, of_men) = (center.of(women), center.of(men));
    let figures = of_women.zip(of_men);
    let zero = |values: &[Amount]| values.iter().all(|&value| value == 0);
    let difference = |women: Quotient, men: Quotient| {
        let numerator = men.numerator() * women.denominator() - women.numerator() * men.denominator();
        Quotient::new(numerator, men.denominator() * women.denominator())
    };
    (n_women + n_men > 0).then(|| Summary {
        employees: n_women + n_men,
        left_out: Some(left_out),
        figure: figures.and_then(|(women, men)| gap(women, men)),
        parts: Some(Parts {
            numerator: figures.map(|(women, men)| difference(women, men)),
            denominator: of_men,
            n_numerator: Some(n_women),
            n_denominator: Some(n_men),
        }),
        statistics: None,
        all_zero: zero(women) || zero(men),
    })
}

/// What the sums of a group give for a measure that is made of sums.
pub(super) fn of_sums(kind: MeasureKind, sums: &Sums) -> Option<Summary> {
    let whole = |sum: i128| Quotient::new(sum, 1);
    let scale = i128::from(SCALE);
    Some(match kind {
        MeasureKind::Share => part_of(u64::try_from(sums.first / scale).unwrap_or(0), sums.count),
        MeasureKind::Total => Summary {
            employees: sums.count,
            left_out: None,
            figure: Some(whole(sums.first)),
            parts: Some(Parts {
                numerator: Some(whole(sums.first)),
                denominator: None,
                n_numerator: None,
                n_denominator: None,
            }),
            statistics: None,
            all_zero: sums.first == 0 && sums.with_first == 0,
        },
        MeasureKind::Ratio { heads, .. } => Summary {
            employees: if heads { u64::try_from(sums.second / scale).unwrap_or(0) } else { sums.count },
            left_out: None,
            figure: whole(sums.first).divided_by(whole(sums.second)),
            parts: Some(Parts {
                numerator: Some(whole(sums.first)),
                denominator: Some(whole(sums.second)),
                n_numerator: Some(sums.with_first),
                n_denominator: Some(sums.with_second),
            }),
            statistics: None,
            all_zero: sums.first == 0 && sums.with_first == 0,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Band;

    /// On paper: 6, 8, 9, 10, 12, 15, 20: the median is 10, two thirds of it 6.67; one of seven is below. With 20/3 exactly at the
    /// bound (20, 30, 40 in thirds) it is not low.
    #[test]
    fn low_pay_is_below_two_thirds_of_the_median() {
        let values = [6, 8, 9, 10, 12, 15, 20].map(|euro: i64| euro * SCALE);
        let bound = low_pay_bound(&values).expect("a median");
        assert_eq!(low_paid(values.into_iter(), bound), 1);
        let thirds = [20, 30, 40];
        assert_eq!(low_paid(thirds.into_iter(), low_pay_bound(&thirds).expect("a median")), 0);
    }

    /// On paper: four women and four men take turns from low to high pay: each group of two has one woman.
    #[test]
    fn a_band_tells_women_of_both() {
        let (women, men) = (vec![1, 3, 5, 7], vec![2, 4, 6, 8]);
        let mut pool = Pool::ByGender { women, men, left_out: 1, quartiles: None };
        let people = pool.quartiles(&Remainders::default()).expect("quartiles");
        let summary = of_band(people[Band::Lower as usize], 1);
        assert_eq!((summary.employees, summary.left_out), (2, Some(1)));
        assert_eq!(summary.figure.map(Quotient::to_f64), Some(0.5));
    }

    /// On paper: costs 100 + 0 + 50 over 40 + 20 + 40 hours: 150 / 100 = 1.50.
    #[test]
    fn a_ratio_is_of_the_sums() {
        let sums = Sums { count: 3, first: 150 * 10_000, second: 100 * 10_000, with_first: 2, with_second: 3 };
        let summary = of_sums(MeasureKind::Ratio { counts: false, heads: false }, &sums).expect("a ratio");
        assert_eq!(summary.figure.map(Quotient::to_f64), Some(1.5));
        let parts = summary.parts.expect("parts");
        assert_eq!((parts.n_numerator, parts.n_denominator), (Some(2), Some(3)));
    }
}

//! The values of linked cells that can be added up, as problems of protection.
//!
//! In: cells with their contributions, and what is asked of each. Out: one [`Problem`] for each kind of value. Invariant: every
//! equation holds; what is added up is what each holding contributes, never a rounded figure.
//!
//! A value that can be negative is added up as it is, and nobody is believed to know a bound of it; all others are not negative.

use std::collections::BTreeMap;

use super::Asked;
use super::lattice::Lattice;
use crate::aggregate::{Cell, Contribution, PARTS};
use crate::disclose::secondary::{Equation, Problem, ProblemCell, ProblemError, Share};
use crate::exact::{Amount, SCALE};
use crate::measure::MeasureKind;
use crate::pipeline::Policy;

type Amounts = dyn Fn(&Contribution) -> Option<i128> + Send + Sync;

/// Something that a holding contributes, and that can be added up.
pub(super) struct Fact {
    /// What it is; none where a holding contributes nothing.
    of: Box<Amounts>,
    /// What it is counted in: whole people, or any amount.
    unit: Amount,
    /// Nobody may know of a withheld value that it is smaller.
    threshold: i128,
}

impl Fact {
    fn amount(of: impl Fn(&Contribution) -> Option<i128> + Send + Sync + 'static) -> Self {
        Self { of: Box::new(of), unit: 1, threshold: 0 }
    }
}

/// What each holding has of a fact, in a cell.
type Shares = Vec<(u32, i128)>;

/// What all cells have of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layer {
    values: Vec<Shares>,
    unit: Amount,
    threshold: i128,
}

impl Layer {
    pub(super) fn of<'c>(fact: &Fact, cells: impl Iterator<Item = Option<&'c Cell>>) -> Self {
        let value = |cell: Option<&Cell>| -> Shares {
            let contributions = cell.into_iter().flat_map(|cell| cell.contributions.iter());
            let shares = contributions.filter_map(|own| Some((own.holding, (fact.of)(&own)?)));
            shares.filter(|(_, amount)| *amount != 0).collect()
        };
        Self { values: cells.map(value).collect(), unit: fact.unit, threshold: fact.threshold }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.iter().all(Vec::is_empty)
    }

    /// What a whole has beyond its parts.
    fn rest(&self, whole: u32, parts: &[u32]) -> Shares {
        let mut left: BTreeMap<u32, i128> = self.values[whole as usize].iter().copied().collect();
        for &(holding, amount) in parts.iter().flat_map(|&part| &self.values[part as usize]) {
            *left.entry(holding).or_default() -= amount;
        }
        left.into_iter().filter(|(_, amount)| *amount != 0).collect()
    }
}

/// The amounts behind a figure.
pub(super) fn amounts(kind: MeasureKind) -> Vec<Fact> {
    let side = |side: usize| Fact::amount(move |own| Some(own.amounts[side]));
    match kind {
        MeasureKind::Ratio { counts: true, .. } => {
            vec![side(0), Fact::amount(|own| Some(own.amounts[1] - own.amounts[0]))]
        }
        MeasureKind::Share | MeasureKind::Ratio { .. } | MeasureKind::Gap(_) => vec![side(0), side(1)],
        MeasureKind::Distribution | MeasureKind::Total | MeasureKind::Dispersion { .. } => vec![side(0)],
        // Who is in a pay band, or low paid, is another question in each cell: nothing adds up but the employees.
        MeasureKind::QuartileBand(..) | MeasureKind::LowPay | MeasureKind::Categories | MeasureKind::Market => {
            Vec::new()
        }
    }
}

/// The holdings' own figures.
pub(super) fn figures() -> Fact {
    Fact::amount(|own| own.figure.map(|figure| figure.div_euclid(PARTS)))
}

/// The employees behind a figure.
pub(super) fn employees(policy: &Policy) -> Fact {
    Fact {
        of: Box::new(|own| Some(i128::from(own.employees) * i128::from(SCALE))),
        unit: SCALE,
        threshold: i128::from(policy.min_employees) * i128::from(SCALE),
    }
}

/// One problem for each layer of values; a sum whose parts are not everything gets a rest that is never published.
pub(super) fn problems(
    lattice: &Lattice,
    mut layers: Vec<Layer>,
    roles: &[Asked],
    policy: &Policy,
    splits_employees: bool,
) -> Result<Vec<Problem>, ProblemError> {
    let mut roles = roles.to_vec();
    let mut equations: Vec<Vec<(u32, i64)>> = Vec::new();
    for sum in &lattice.sums {
        let rests: Vec<Shares> = layers.iter().map(|layer| layer.rest(sum.whole, &sum.parts)).collect();
        let mut terms = vec![(sum.whole, -1)];
        terms.extend(sum.parts.iter().map(|&part| (part, 1)));
        if rests.iter().any(|rest| !rest.is_empty()) {
            if !splits_employees {
                // A holding with figures in several parts has another one in the whole: nothing adds up.
                continue;
            }
            terms.push((u32::try_from(roles.len()).map_err(|_| ProblemError::TooMany)?, 1));
            roles.push(Asked::Withheld);
            for (layer, rest) in layers.iter_mut().zip(rests) {
                layer.values.push(rest);
            }
        }
        equations.push(terms);
    }
    let coalition = usize::try_from(policy.coalition).unwrap_or(usize::MAX);
    let problem = |layer: &Layer| {
        let can_be_negative = layer.values.iter().flatten().any(|(_, amount)| *amount < 0);
        let cell = |(shares, &asked): (&Shares, &Asked)| cell(shares, asked, layer, can_be_negative, policy);
        let cells = layer.values.iter().zip(&roles).map(cell).collect::<Result<_, _>>()?;
        let equations = equations.iter().map(|terms| Equation { terms: terms.clone(), sum: 0 }).collect();
        Ok(Problem::new(cells, equations, coalition)?.counted_in(layer.unit))
    };
    layers.iter().map(problem).collect()
}

fn cell(
    shares: &Shares,
    asked: Asked,
    layer: &Layer,
    can_be_negative: bool,
    policy: &Policy,
) -> Result<ProblemCell, ProblemError> {
    const FARTHEST: Amount = Amount::MAX / 4;
    let fits = |wide: i128| {
        let amount = Amount::try_from(wide).ok().filter(|amount| amount.abs() < FARTHEST);
        amount.ok_or(ProblemError::TooLarge)
    };
    let sum: i128 = shares.iter().map(|(_, amount)| amount).sum();
    let mut sizes: Vec<i128> = shares.iter().map(|(_, amount)| amount.abs()).collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    let protection = match asked {
        Asked::Unsafe => {
            let level = protection_level(&sizes, policy);
            let above = level.max(layer.threshold - sum);
            [fits(in_units(level, layer.unit))?, fits(in_units(above, layer.unit))?]
        }
        Asked::Open | Asked::Withheld => [0; 2],
    };
    // What others contribute may be negative: then a company knows of a cell only whether it is alone in it.
    let share = |&(company, amount): &(u32, i128)| {
        Ok(Share { company, amount: if can_be_negative { 0 } else { fits(amount)? } })
    };
    let value = fits(sum)?;
    Ok(ProblemCell {
        value,
        loss: value.saturating_abs(),
        role: asked.role(),
        believed: if can_be_negative { [-FARTHEST, FARTHEST] } else { [0, Amount::MAX] },
        protection,
        shares: shares.iter().map(share).collect::<Result<_, _>>()?,
    })
}

/// The next amount that is a whole number of units.
fn in_units(amount: i128, unit: Amount) -> i128 {
    let unit = i128::from(unit);
    (amount + unit - 1).div_euclid(unit) * unit
}

/// How far from its value an unsafe cell must be able to lie: p percent of the largest contribution, whatever rule it breaks, or
/// what (n,k)-dominance asks for, and never nothing. Sources: DISCLOSURE 5; Handbook on Statistical Disclosure Control, 4.2.2.
fn protection_level(largest_first: &[i128], policy: &Policy) -> i128 {
    const WITHOUT_RULE: Amount = 10 * SCALE;
    let percent = i128::from(SCALE) * 100;
    let p = i128::from(policy.p_percent.unwrap_or(WITHOUT_RULE));
    let largest = largest_first.first().copied().unwrap_or(0);
    let of_largest = (p * largest + percent - 1) / percent;
    let of_dominance = policy.dominance.map_or(0, |dominance| {
        let n = usize::try_from(dominance.n).unwrap_or(usize::MAX);
        let (top, all): (i128, i128) = (largest_first.iter().take(n).sum(), largest_first.iter().sum());
        (percent * top + i128::from(dominance.k) - 1) / i128::from(dominance.k) - all
    });
    of_largest.max(of_dominance).max(1)
}

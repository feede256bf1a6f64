//! The values of linked cells that can be added up, as problems of protection.
//!
//! In: cells with their contributions, and what is asked of each. Out: one [`Problem`] for each kind of value. Invariant: every
//! equation holds; what is added up is what each holding contributes, never a rounded figure.
//!
//! A value that can be negative is added up as it is, and nobody is believed to know a bound of it; all others are not negative.

use std::collections::{BTreeMap, BTreeSet};

use super::Asked;
use super::lattice::Lattice;
use crate::aggregate::{Cell, Contribution, PARTS};
use crate::disclose::evidence::{Evidence, Population};
use crate::disclose::secondary::{Equation, Problem, ProblemCell, ProblemError, Share};
use crate::exact::{Amount, SCALE};
use crate::measure::MeasureKind;
use crate::pipeline::Policy;

type Amounts = dyn Fn(&Contribution) -> Option<i128> + Send + Sync;

/// What kind of fact it is: which rules speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Amounts, of which one holding may have too much.
    Amounts,
    /// Those who have something, or have it not.
    Counted,
    /// Holdings' own figures.
    Figures,
    /// Employees.
    People,
}

/// Something that a holding contributes, and that can be added up.
pub(super) struct Fact {
    /// What it is, in words.
    pub(super) name: &'static str,
    kind: Kind,
    /// What it is; none where a holding contributes nothing.
    of: Box<Amounts>,
    /// What it is counted in: whole people, or any amount.
    unit: Amount,
    /// Nobody may know of a withheld value that it is smaller.
    threshold: i128,
}

impl Fact {
    fn amount(name: &'static str, of: impl Fn(&Contribution) -> Option<i128> + Send + Sync + 'static) -> Self {
        Self { name, kind: Kind::Amounts, of: Box::new(of), unit: 1, threshold: 0 }
    }

    /// One side of a share: who has something, or has it not. Nobody may know that fewer than `min_group` are there.
    fn side_of_share(
        name: &'static str,
        of: impl Fn(&Contribution) -> Option<i128> + Send + Sync + 'static,
        unit: Amount,
        policy: &Policy,
    ) -> Self {
        let threshold = i128::from(policy.min_group) * i128::from(SCALE);
        Self { kind: Kind::Counted, unit, threshold, ..Self::amount(name, of) }
    }
}

/// What each holding has of a fact, in a cell.
type Shares = Vec<(u32, i128)>;

/// What all cells have of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layer {
    kind: Kind,
    /// Whether it is there only to judge unions of the others.
    pub(super) is_witness: bool,
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
        Self {
            kind: fact.kind,
            is_witness: false,
            values: cells.map(value).collect(),
            unit: fact.unit,
            threshold: fact.threshold,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.iter().all(Vec::is_empty)
    }

    /// What each holding has of these cells together.
    pub(super) fn together(&self, cells: &[u32]) -> Shares {
        let mut all: BTreeMap<u32, i128> = BTreeMap::new();
        for &(holding, amount) in cells.iter().flat_map(|&cell| &self.values[cell as usize]) {
            *all.entry(holding).or_default() += amount;
        }
        all.into_iter().filter(|(_, amount)| *amount != 0).collect()
    }

    /// What the rules judge where holdings have this much of several cells together.
    pub(super) fn evidence(&self, shares: &Shares) -> Evidence {
        let mut sizes: Vec<i128> = shares.iter().map(|(_, amount)| amount.abs()).collect();
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        let whole = u64::try_from(total(shares) / i128::from(SCALE)).unwrap_or(0);
        let nothing = Evidence {
            populations: Vec::new(),
            contributions: Vec::new(),
            judge_employee_share: false,
            judge_value_share: false,
            groups: None,
            all_zero: false,
            defined: true,
            figures: None,
        };
        match self.kind {
            Kind::People => Evidence {
                populations: vec![Population { holdings: sizes.len() as u64, employees: whole, employees_of: sizes }],
                judge_employee_share: true,
                ..nothing
            },
            Kind::Amounts => Evidence { contributions: vec![sizes], judge_value_share: true, ..nothing },
            Kind::Counted => Evidence { contributions: vec![sizes], groups: Some([whole; 2]), ..nothing },
            Kind::Figures => Evidence { figures: Some(sizes.len() as u64), contributions: vec![sizes], ..nothing },
        }
    }

    /// What a whole has beyond its parts.
    fn rest(&self, whole: u32, parts: &[u32]) -> Shares {
        let mut left: BTreeMap<u32, i128> = self.values[whole as usize].iter().copied().collect();
        for (holding, amount) in self.together(parts) {
            *left.entry(holding).or_default() -= amount;
        }
        left.into_iter().filter(|(_, amount)| *amount != 0).collect()
    }

    /// Whether a rest belongs to holdings that have nothing in the parts.
    fn is_apart(&self, rest: &Shares, parts: &[u32]) -> bool {
        let in_parts: BTreeSet<u32> =
            parts.iter().flat_map(|&part| &self.values[part as usize]).map(|(holding, _)| *holding).collect();
        rest.iter().all(|(holding, _)| !in_parts.contains(holding))
    }
}

fn total(shares: &Shares) -> i128 {
    shares.iter().map(|(_, amount)| amount).sum()
}

/// The amounts behind a figure.
pub(super) fn amounts(kind: MeasureKind, policy: &Policy) -> Vec<Fact> {
    let side = |name, side: usize| Fact::amount(name, move |own| Some(own.amounts[side]));
    match kind {
        MeasureKind::Ratio { counts: true, .. } => {
            let without = |own: &Contribution| Some(own.amounts[1] - own.amounts[0]);
            vec![
                Fact::side_of_share("counted", |own| Some(own.amounts[0]), 1, policy),
                Fact::side_of_share("not counted", without, 1, policy),
            ]
        }
        MeasureKind::Share => {
            let side = |name, side: usize| Fact::side_of_share(name, move |own| Some(own.amounts[side]), SCALE, policy);
            vec![side("have it", 0), side("have it not", 1)]
        }
        MeasureKind::Ratio { .. } => vec![side("numerator", 0), side("denominator", 1)],
        MeasureKind::Gap(_) => vec![side("women", 0), side("men", 1)],
        MeasureKind::Distribution | MeasureKind::Total | MeasureKind::Dispersion { .. } => vec![side("sum", 0)],
        // Who is in a pay band, or low paid, is another question in each cell: nothing adds up but the employees.
        MeasureKind::QuartileBand(..) | MeasureKind::LowPay | MeasureKind::Categories | MeasureKind::Market => {
            Vec::new()
        }
    }
}

/// The holdings' own figures.
pub(super) fn figures() -> Fact {
    let figure = |own: &Contribution| own.figure.map(|figure| figure.div_euclid(PARTS));
    Fact { kind: Kind::Figures, ..Fact::amount("sum of companies' own figures", figure) }
}

/// The employees behind a figure.
pub(super) fn employees(policy: &Policy) -> Fact {
    let threshold = i128::from(policy.min_employees) * i128::from(SCALE);
    let employees = |own: &Contribution| Some(i128::from(own.employees) * i128::from(SCALE));
    Fact { kind: Kind::People, unit: SCALE, threshold, ..Fact::amount("employees", employees) }
}

/// The cells of all layers with their equations: the nodes, and behind them rests that are never published.
pub(super) struct Cells {
    pub(super) layers: Vec<Layer>,
    roles: Vec<Asked>,
    equations: Vec<Vec<(u32, i64)>>,
    /// For each sum the whole and all its parts, rests too; none where nothing adds up.
    pub(super) sums: Vec<Option<(u32, Vec<u32>)>>,
    /// The sums of the rests, which are the cells behind the nodes.
    pub(super) rests: Vec<usize>,
    /// The unions, which are the cells behind those.
    pub(super) unions: Vec<Vec<u32>>,
}

impl Cells {
    /// `splits_employees`: whether what is added up belongs to employees, so that a holding may have some of it in several cells;
    /// otherwise a holding with figures in several parts has another one in the whole, and nothing adds up there.
    pub(super) fn of(
        lattice: &Lattice,
        layers: Vec<Layer>,
        roles: &[Asked],
        splits_employees: bool,
    ) -> Result<Self, ProblemError> {
        let mut cells = Self {
            layers,
            roles: roles.to_vec(),
            equations: Vec::new(),
            sums: Vec::new(),
            rests: Vec::new(),
            unions: Vec::new(),
        };
        let mut rest_of: BTreeMap<usize, u32> = BTreeMap::new();
        for (place, sum) in lattice.sums.iter().enumerate() {
            let mut parts = sum.parts.clone();
            parts.extend(sum.rests.iter().filter_map(|rest| rest_of.get(rest)));
            let rests: Vec<Shares> = cells.layers.iter().map(|layer| layer.rest(sum.whole, &parts)).collect();
            if rests.iter().any(|rest| !rest.is_empty()) {
                let is_apart = || cells.layers.iter().zip(&rests).all(|(layer, rest)| layer.is_apart(rest, &parts));
                if !splits_employees && !is_apart() {
                    cells.sums.push(None);
                    continue;
                }
                let rest = u32::try_from(cells.roles.len()).map_err(|_| ProblemError::TooMany)?;
                cells.layers.iter_mut().zip(rests).for_each(|(layer, own)| layer.values.push(own));
                cells.roles.push(Asked::Withheld);
                cells.rests.push(place);
                rest_of.insert(place, rest);
                parts.push(rest);
            }
            cells.equations.push(equation(sum.whole, &parts));
            cells.sums.push(Some((sum.whole, parts)));
        }
        Ok(cells)
    }

    /// Adds a cell that is several others together, and that nobody may come near.
    pub(super) fn add_union(&mut self, together: Vec<u32>) -> Result<(), ProblemError> {
        let union = u32::try_from(self.roles.len()).map_err(|_| ProblemError::TooMany)?;
        self.layers.iter_mut().for_each(|layer| layer.values.push(layer.together(&together)));
        self.roles.push(Asked::Unsafe);
        self.equations.push(equation(union, &together));
        self.unions.push(together);
        Ok(())
    }

    /// One problem for each layer of values.
    pub(super) fn problems(&self, policy: &Policy) -> Result<Vec<Problem>, ProblemError> {
        let coalition = usize::try_from(policy.coalition).unwrap_or(usize::MAX);
        let problem = |layer: &Layer| {
            let can_be_negative = layer.values.iter().flatten().any(|(_, amount)| *amount < 0);
            let cell = |(shares, &asked): (&Shares, &Asked)| cell(shares, asked, layer, can_be_negative, policy);
            let cells = layer.values.iter().zip(&self.roles).map(cell).collect::<Result<_, _>>()?;
            let equations = self.equations.iter().map(|terms| Equation { terms: terms.clone(), sum: 0 }).collect();
            Ok(Problem::new(cells, equations, coalition)?.counted_in(layer.unit))
        };
        self.layers.iter().filter(|layer| !layer.is_witness).map(problem).collect()
    }
}

fn equation(whole: u32, parts: &[u32]) -> Vec<(u32, i64)> {
    std::iter::once((whole, -1)).chain(parts.iter().map(|&part| (part, 1))).collect()
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
    let sum = total(shares);
    let mut sizes: Vec<i128> = shares.iter().map(|(_, amount)| amount.abs()).collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    let protection = match asked {
        Asked::Unsafe => {
            let level = protection_level(&sizes, policy);
            let above = level.max(layer.threshold - sum);
            [fits(in_units(level, layer.unit))?, fits(in_units(above, layer.unit))?]
        }
        Asked::Open | Asked::Free | Asked::Withheld => [0; 2],
    };
    // What others contribute may be negative: then a company knows of a cell only whether it is alone in it.
    let share = |&(company, amount): &(u32, i128)| {
        Ok(Share { company, amount: if can_be_negative { 0 } else { fits(amount)? } })
    };
    let value = fits(sum)?;
    Ok(ProblemCell {
        value,
        loss: if asked == Asked::Free { 0 } else { value.saturating_abs() },
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

//! The values of linked cells that can be added up, as problems of protection.
//!
//! In: cells with their contributions, and what is asked of each. Out: one [`Problem`] for each kind of value. Invariant: every
//! equation holds; what is added up is what each holding contributes, never a rounded figure.
//!
//! A value that can be negative is added up as it is, and nobody is believed to know a bound of it; all others are not negative.
//! Of a share both sides are cells, those who have something and those who lack it, and so are both together: whoever knows
//! how many there are knows of one side what they know of the other.

use std::collections::{BTreeMap, BTreeSet};

use super::Asked;
use super::lattice::Lattice;
use crate::aggregate::{Cell, Contribution, PARTS, reach};
use crate::disclose::evidence::{Evidence, Population};
use crate::disclose::secondary::{Equation, Problem, ProblemCell, ProblemError, Share};
use crate::exact::{Amount, SCALE};
use crate::measure::MeasureKind;
use crate::pipeline::Policy;

/// A fact about employees, so that a published number of them tells how many there are on both sides of it.
pub const WHO_HAVE_IT: &str = "who have it";

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
    /// Of a share: what those contribute who lack what the others have.
    lacking: Option<Box<Amounts>>,
    /// What it is counted in: whole people, or any amount.
    unit: Amount,
    /// Nobody may know of a withheld value that it is smaller.
    threshold: i128,
    /// Whether a standard deviation is told beside it.
    has_deviation: bool,
}

impl Fact {
    fn amount(name: &'static str, of: impl Fn(&Contribution) -> Option<i128> + Send + Sync + 'static) -> Self {
        let of = Box::new(of);
        Self { name, kind: Kind::Amounts, of, lacking: None, unit: 1, threshold: 0, has_deviation: false }
    }

    /// A share: who has something, and who lacks it. Nobody may know that fewer than `min_group` are on a side.
    fn share(
        name: &'static str,
        of: impl Fn(&Contribution) -> Option<i128> + Send + Sync + 'static,
        lacking: impl Fn(&Contribution) -> Option<i128> + Send + Sync + 'static,
        unit: Amount,
        policy: &Policy,
    ) -> Self {
        let threshold = i128::from(policy.min_group) * i128::from(SCALE);
        let lacking: Option<Box<Amounts>> = Some(Box::new(lacking));
        Self { kind: Kind::Counted, lacking, unit, threshold, ..Self::amount(name, of) }
    }
}

/// What each holding has of a fact, in a cell; nothing is something, too: whoever else is there does not know of it.
type Shares = Vec<(u32, i128)>;

/// Number, sum and squares of the values of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Moments([f64; 3]);

impl Moments {
    #[expect(clippy::cast_precision_loss, reason = "compared with percents")]
    fn of(cell: &Cell) -> Self {
        let Some(statistics) = &cell.incumbent.statistics else { return Self::default() };
        let (n, mean) = (statistics.count as f64, statistics.mean.to_f64());
        let apart = statistics.deviation.map_or(0.0, |deviation| deviation * deviation * (n - 1.0));
        Self([n, n * mean, n.mul_add(mean * mean, apart)])
    }

    fn plus(self, other: Self, times: f64) -> Self {
        Self(std::array::from_fn(|place| times.mul_add(other.0[place], self.0[place])))
    }

    /// How far from the mean any value can lie, as a part of it: see [`Evidence::farthest`].
    fn farthest(self) -> Option<f64> {
        let Self([n, sum, squares]) = self;
        (n >= 1.0 && sum > 0.0).then(|| reach(n, squares - sum * sum / n) * n / sum)
    }
}

/// What all cells have of a fact.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    kind: Kind,
    /// Whether it is there only to judge unions of the others.
    pub(super) is_witness: bool,
    values: Vec<Shares>,
    /// Of shares: who lacks something in each node and rest, until [`Cells::add_sides`] makes cells of them.
    lacking: Vec<Shares>,
    /// Of what is told with a standard deviation: moments of each node and rest.
    moments: Vec<Moments>,
    unit: Amount,
    threshold: i128,
}

impl Layer {
    pub(super) fn of<'c>(fact: &Fact, cells: &(impl Iterator<Item = Option<&'c Cell>> + Clone)) -> Self {
        let values = |of: &Amounts| -> Vec<Shares> {
            let value = |cell: Option<&Cell>| -> Shares {
                let contributions = cell.into_iter().flat_map(|cell| cell.contributions.iter());
                let shares = contributions.filter_map(|own| Some((own.holding, of(&own)?)));
                // Whoever has nobody there is not there.
                shares.filter(|(_, amount)| fact.kind != Kind::People || *amount != 0).collect()
            };
            cells.clone().map(value).collect()
        };
        Self {
            kind: fact.kind,
            is_witness: false,
            values: values(&fact.of),
            lacking: fact.lacking.as_ref().map(|lacking| values(lacking)).unwrap_or_default(),
            moments: if fact.has_deviation {
                cells.clone().map(|cell| cell.map(Moments::of).unwrap_or_default()).collect()
            } else {
                Vec::new()
            },
            unit: fact.unit,
            threshold: fact.threshold,
        }
    }

    /// Who is in a node.
    pub(super) fn holdings(&self, node: usize) -> impl Iterator<Item = u32> + '_ {
        let sides = [&self.values, &self.lacking].into_iter().filter_map(move |values| values.get(node));
        sides.flatten().map(|(holding, _)| *holding)
    }

    /// Lets holdings be in nodes with nothing where they have nothing.
    pub(super) fn include(&mut self, there: &[BTreeSet<u32>]) {
        let sides = [Some(&mut self.values), Some(&mut self.lacking).filter(|lacking| !lacking.is_empty())];
        for values in sides.into_iter().flatten() {
            for (shares, there) in values.iter_mut().zip(there) {
                *shares = summed(shares.iter().copied().chain(there.iter().map(|&holding| (holding, 0))));
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.iter().chain(&self.lacking).flatten().all(|(_, amount)| *amount == 0)
    }

    /// What each holding has of these cells together.
    pub(super) fn together(&self, cells: &[u32]) -> Shares {
        together(&self.values, cells)
    }

    /// What the rules judge of several cells together; none where nobody has anything of them.
    pub(super) fn evidence(&self, cells: &[u32]) -> Option<Evidence> {
        let shares = &self.together(cells);
        if shares.is_empty() {
            return None;
        }
        let moments = cells.iter().map(|&cell| self.moments.get(cell as usize).copied()).collect::<Option<Vec<_>>>();
        let together =
            moments.map(|moments| moments.into_iter().fold(Moments::default(), |all, own| all.plus(own, 1.0)));
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
            farthest: together.and_then(Moments::farthest),
            defined: true,
            figures: None,
        };
        Some(match self.kind {
            Kind::People => Evidence {
                populations: vec![Population {
                    holdings: sizes.iter().filter(|size| **size > 0).count() as u64,
                    employees: whole,
                    employees_of: sizes,
                }],
                judge_employee_share: true,
                ..nothing
            },
            Kind::Amounts => Evidence { contributions: vec![sizes], judge_value_share: true, ..nothing },
            Kind::Counted => Evidence { contributions: vec![sizes], groups: Some([whole; 2]), ..nothing },
            Kind::Figures => Evidence { figures: Some(sizes.len() as u64), contributions: vec![sizes], ..nothing },
        })
    }

    /// Moments of what a whole has beyond its parts.
    fn rest_of_moments(&self, whole: u32, parts: &[u32]) -> Option<Moments> {
        let of = |cell: u32| self.moments.get(cell as usize).copied();
        parts.iter().try_fold(of(whole)?, |rest, &part| Some(rest.plus(of(part)?, -1.0)))
    }

    /// What a whole has beyond its parts, and of those who lack something; whoever has nothing of it is not there.
    fn rest(&self, whole: u32, parts: &[u32]) -> [Shares; 2] {
        [&self.values, &self.lacking].map(|values| match values.get(whole as usize) {
            Some(whole) => {
                let parts = parts.iter().flat_map(|&part| &values[part as usize]);
                let mut rest = summed(whole.iter().copied().chain(parts.map(|&(holding, amount)| (holding, -amount))));
                rest.retain(|(_, amount)| *amount != 0);
                rest
            }
            None => Vec::new(),
        })
    }

    /// Whether a rest belongs to holdings that have nothing in the parts.
    fn is_apart(&self, rest: &Shares, parts: &[u32]) -> bool {
        let in_parts: BTreeSet<u32> =
            parts.iter().flat_map(|&part| &self.values[part as usize]).map(|(holding, _)| *holding).collect();
        rest.iter().all(|(holding, _)| !in_parts.contains(holding))
    }
}

fn together(values: &[Shares], cells: &[u32]) -> Shares {
    summed(cells.iter().flat_map(|&cell| &values[cell as usize]).copied())
}

/// What each holding has in all.
fn summed(parts: impl Iterator<Item = (u32, i128)>) -> Shares {
    let mut all: BTreeMap<u32, i128> = BTreeMap::new();
    for (holding, amount) in parts {
        *all.entry(holding).or_default() += amount;
    }
    all.into_iter().collect()
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
            vec![Fact::share("counted", |own| Some(own.amounts[0]), without, 1, policy)]
        }
        MeasureKind::Share => {
            vec![Fact::share(WHO_HAVE_IT, |own| Some(own.amounts[0]), |own| Some(own.amounts[1]), SCALE, policy)]
        }
        MeasureKind::Ratio { .. } => vec![side("numerator", 0), side("denominator", 1)],
        MeasureKind::Gap(_) => vec![side("women", 0), side("men", 1)],
        MeasureKind::Distribution => vec![Fact { has_deviation: true, ..side("sum", 0) }],
        MeasureKind::Total | MeasureKind::Dispersion { .. } => vec![side("sum", 0)],
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

/// What a cell behind the nodes is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Extra {
    /// What the whole of a sum has beyond its parts.
    Rest(usize),
    /// Who lacks what a cell counts.
    Lacking(u32),
    /// Both sides of a share together.
    Everybody(u32),
    /// Several cells together.
    Union(Vec<u32>),
}

/// The cells of all layers with their equations: the nodes, and behind them others that are never published.
pub(super) struct Cells {
    pub(super) layers: Vec<Layer>,
    roles: Vec<Asked>,
    equations: Vec<Vec<(u32, i64)>>,
    /// For each sum the whole and all its parts, rests too; none where nothing adds up.
    pub(super) sums: Vec<Option<(u32, Vec<u32>)>>,
    /// The cells behind the nodes.
    pub(super) extras: Vec<Extra>,
    /// How many nodes and rests there are, where behind them stands in the same order who lacks what they count.
    sides: Option<u32>,
}

/// What is asked of the nodes of a problem.
pub(super) struct Roles {
    /// Of the quantity itself.
    pub(super) asked: Vec<Asked>,
    /// Whether anybody is told the number of employees.
    pub(super) is_told: Vec<bool>,
}

impl Cells {
    /// `splits_employees`: whether what is added up belongs to employees, so that a holding may have some of it in several cells;
    /// otherwise a holding with figures in several parts has another one in the whole, and nothing adds up there.
    pub(super) fn of(
        lattice: &Lattice,
        layers: Vec<Layer>,
        roles: &Roles,
        splits_employees: bool,
    ) -> Result<Self, ProblemError> {
        let mut cells = Self {
            layers,
            roles: roles.asked.clone(),
            equations: Vec::new(),
            sums: Vec::new(),
            extras: Vec::new(),
            sides: None,
        };
        for (place, sum) in lattice.sums.iter().enumerate() {
            let mut parts = sum.parts.clone();
            let rests: Vec<[Shares; 2]> = cells.layers.iter().map(|layer| layer.rest(sum.whole, &parts)).collect();
            if rests.iter().flatten().any(|rest| !rest.is_empty()) {
                let is_apart =
                    || cells.layers.iter().zip(&rests).all(|(layer, [rest, _])| layer.is_apart(rest, &parts));
                if !splits_employees && !is_apart() {
                    cells.sums.push(None);
                    continue;
                }
                let rest = cells.next()?;
                for (layer, [own, lacking]) in cells.layers.iter_mut().zip(rests) {
                    let moments = layer.rest_of_moments(sum.whole, &parts);
                    layer.moments.extend(moments);
                    layer.values.push(own);
                    if !layer.lacking.is_empty() {
                        layer.lacking.push(lacking);
                    }
                }
                cells.roles.push(Asked::Withheld);
                cells.extras.push(Extra::Rest(place));
                parts.push(rest);
            }
            cells.equations.push(equation(sum.whole, &parts));
            cells.sums.push(Some((sum.whole, parts)));
        }
        cells.add_sides(&roles.is_told)?;
        Ok(cells)
    }

    /// The number of the next cell.
    fn next(&self) -> Result<u32, ProblemError> {
        u32::try_from(self.roles.len()).map_err(|_| ProblemError::TooMany)
    }

    /// Adds of shares who lacks something, and everybody: a number that is told is the same in any other table, unless it is
    /// withheld to protect the share.
    fn add_sides(&mut self, is_told: &[bool]) -> Result<(), ProblemError> {
        let is_sided = |layer: &Layer| !layer.lacking.is_empty();
        let mut facts = self.layers.iter().filter(|layer| !layer.is_witness);
        if !facts.clone().any(is_sided) {
            return Ok(());
        }
        if !facts.all(is_sided) {
            return Err(ProblemError::Layers);
        }
        let count = self.next()?;
        for layer in &mut self.layers {
            let mut lacking = std::mem::take(&mut layer.lacking);
            lacking.resize(layer.values.len(), Vec::new());
            let both = |(have, lack): (&Shares, &Shares)| summed(have.iter().chain(lack).copied());
            let everybody: Vec<Shares> = layer.values.iter().zip(&lacking).map(both).collect();
            // Whoever is there is on both sides, perhaps with nobody: only who has everybody knows that there is nobody else.
            for (place, all) in everybody.iter().enumerate().filter(|_| !layer.is_witness) {
                let none = || all.iter().map(|&(holding, _)| (holding, 0));
                for side in [&mut layer.values[place], &mut lacking[place]] {
                    let there: BTreeMap<u32, i128> = none().chain(side.iter().copied()).collect();
                    *side = there.into_iter().collect();
                }
            }
            layer.values.extend(lacking);
            layer.values.extend(everybody);
        }
        let side = |asked: &Asked| if *asked == Asked::Unsafe { Asked::Unsafe } else { Asked::Withheld };
        let lacking: Vec<Asked> = self.roles.iter().map(side).collect();
        let number = |place: usize| if is_told.get(place) == Some(&true) { Asked::Open } else { Asked::Withheld };
        self.roles.extend(lacking);
        self.roles.extend((0..count as usize).map(number));
        self.extras.extend((0..count).map(Extra::Lacking));
        self.extras.extend((0..count).map(Extra::Everybody));
        let of_everybody = |terms: &Vec<(u32, i64)>| terms.iter().map(|&(cell, by)| (cell + 2 * count, by)).collect();
        let sums: Vec<Vec<(u32, i64)>> = self.equations.iter().map(of_everybody).collect();
        self.equations.extend(sums);
        self.equations.extend((0..count).map(|cell| equation(cell + 2 * count, &[cell, cell + count])));
        self.sides = Some(count);
        self.next().map(|_| ())
    }

    /// Which side a cell is of: of the quantity itself, of those who lack it, or of everybody.
    fn side(&self, cell: usize) -> usize {
        let Some(count) = self.sides.map(|count| count as usize) else { return 0 };
        let nodes = self.roles.len() - self.extras.len();
        match cell.checked_sub(nodes).map(|extra| &self.extras[extra]) {
            Some(Extra::Union(parts)) => parts.first().map_or(0, |&part| self.side(part as usize)),
            _ => cell / count,
        }
    }

    /// Who lacks what these nodes or rests count; none where nothing of the kind is counted.
    pub(super) fn lacking(&self, cells: &[u32]) -> Option<Vec<u32>> {
        self.sides.map(|count| cells.iter().map(|cell| cell + count).collect())
    }

    /// The nodes whose numbers of employees are withheld as well.
    pub(super) fn everybody_withheld(&self, withheld: &[bool], nodes: usize) -> Vec<bool> {
        let number = |node: usize| self.sides.is_some_and(|count| withheld[node + 2 * count as usize]);
        (0..nodes).map(number).collect()
    }

    /// Whether these cells together are a cell already.
    pub(super) fn has_union(&self, together: &[u32]) -> bool {
        self.extras.iter().any(|extra| matches!(extra, Extra::Union(parts) if parts == together))
    }

    /// Adds a cell that is several others together, and that nobody may come near; of shares both sides of it.
    pub(super) fn add_union(&mut self, together: Vec<u32>) -> Result<(), ProblemError> {
        let lacking = self.lacking(&together);
        for parts in std::iter::once(together).chain(lacking) {
            let union = self.next()?;
            self.layers.iter_mut().for_each(|layer| layer.values.push(layer.together(&parts)));
            self.roles.push(Asked::Unsafe);
            self.equations.push(equation(union, &parts));
            self.extras.push(Extra::Union(parts));
        }
        Ok(())
    }

    /// One problem for each layer of values.
    pub(super) fn problems(&self, policy: &Policy) -> Result<Vec<Problem>, ProblemError> {
        let coalition = usize::try_from(policy.coalition).unwrap_or(usize::MAX);
        let problem = |layer: &Layer| {
            let mut can_be_negative = [false; 3];
            for (place, shares) in layer.values.iter().enumerate() {
                can_be_negative[self.side(place)] |= shares.iter().any(|(_, amount)| *amount < 0);
            }
            let cell = |(place, &asked): (usize, &Asked)| {
                cell(&layer.values[place], asked, layer, can_be_negative[self.side(place)], policy)
            };
            let cells = self.roles.iter().enumerate().map(cell).collect::<Result<_, _>>()?;
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
        // Where nobody is there is nothing to protect.
        Asked::Unsafe if !shares.is_empty() => {
            let level = protection_level(&sizes, policy);
            let above = level.max(layer.threshold - sum);
            [fits(in_units(level, layer.unit))?, fits(in_units(above, layer.unit))?]
        }
        Asked::Open | Asked::Free | Asked::Withheld | Asked::Unsafe => [0; 2],
    };
    // What others contribute may be negative: then a company knows of a cell only whether it is alone in it.
    let share = |&(company, amount): &(u32, i128)| {
        Ok(Share { company, amount: if can_be_negative { 0 } else { fits(amount)? } })
    };
    let value = fits(sum)?;
    Ok(ProblemCell {
        value,
        loss: if asked == Asked::Free { 0 } else { value.saturating_abs().max(1) },
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
    let percent = i128::from(SCALE) * 100;
    let p = i128::from(policy.nearness());
    let largest = largest_first.first().copied().unwrap_or(0);
    let of_largest = (p * largest + percent - 1) / percent;
    let of_dominance = policy.dominance.map_or(0, |dominance| {
        let n = usize::try_from(dominance.n).unwrap_or(usize::MAX);
        let (top, all): (i128, i128) = (largest_first.iter().take(n).sum(), largest_first.iter().sum());
        (percent * top + i128::from(dominance.k) - 1) / i128::from(dominance.k) - all
    });
    of_largest.max(of_dominance).max(1)
}

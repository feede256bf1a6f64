//! What the rules judge: who stands behind a cell, and how much of it is theirs.
//!
//! In: the contributions of a cell. Out: [`Evidence`]. Invariant: companies under one owner count as one holding; a measure
//! that can be negative is judged on absolute values; a share, ratio or gap is judged on both of its sides.

use crate::aggregate::{Cell, Contribution};
use crate::exact::SCALE;
use crate::measure::MeasureKind;

/// The evidence for one cell, measure and weighting.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a finding of its own, and any combination occurs")]
pub struct Evidence {
    /// Those who must be enough: one group, or women and men of a gap.
    pub populations: Vec<Population>,
    /// What the rules of concentration judge, each list largest first: absolute contributions; of a share the employees who
    /// have it, and those who have it not; of a ratio both sums; of a gap the pay of women, and of men.
    pub contributions: Vec<Vec<i128>>,
    /// Whether one holding's part of the employees is judged: not where every holding counts alike.
    pub judge_employee_share: bool,
    /// Whether one holding's part of the value is judged: not of employees who have something, or have it not.
    pub judge_value_share: bool,
    /// Employees on the two sides of a share.
    pub groups: Option<[u64; 2]>,
    /// Whether every value is zero.
    pub all_zero: bool,
    /// How far from the mean, as a part of it, any single value can lie at most, by the deviation; or where somebody who knows
    /// their own employees knows more of all others, how far from the middle of those.
    pub farthest: Option<f64>,
    /// Whether there is a figure at all.
    pub defined: bool,
    /// Holdings with a figure of their own, where every holding counts alike.
    pub figures: Option<u64>,
}

/// A group of people behind a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population {
    /// Holdings with a value.
    pub holdings: u64,
    /// Employees with a value.
    pub employees: u64,
    /// What each holding has of them, largest first; only proportions matter.
    pub employees_of: Vec<i128>,
}

impl Evidence {
    /// Evidence for the incumbent-weighted figures of a cell.
    #[must_use]
    pub fn incumbent(cell: &Cell, kind: MeasureKind) -> Self {
        let amounts = |side: usize| largest_first(cell.contributions.iter().map(move |own| own.amounts[side].abs()));
        let contributions = match kind {
            MeasureKind::Ratio { counts: true, .. } => {
                let without = |own: Contribution| (own.amounts[1] - own.amounts[0]).abs();
                vec![amounts(0), largest_first(cell.contributions.iter().map(without))]
            }
            MeasureKind::Ratio { counts: false, .. } | MeasureKind::Gap(_) => vec![amounts(0), amounts(1)],
            kind if two_sided(kind) => vec![amounts(0), amounts(1)],
            _ => vec![amounts(0)],
        };
        Self {
            contributions,
            judge_employee_share: true,
            judge_value_share: !two_sided(kind),
            farthest: farthest(cell, kind),
            defined: cell.incumbent.figure.is_some(),
            ..Self::common(cell, kind)
        }
    }

    /// Evidence for the organization-weighted figures: the contribution of a holding is its own figure.
    #[must_use]
    pub fn organization(cell: &Cell, kind: MeasureKind) -> Self {
        let figures: Vec<i128> = cell.contributions.iter().filter_map(|own| own.figure).map(i128::abs).collect();
        Self {
            figures: Some(figures.len() as u64),
            defined: !figures.is_empty(),
            contributions: vec![largest_first(figures.into_iter())],
            ..Self::common(cell, kind)
        }
    }

    fn common(cell: &Cell, kind: MeasureKind) -> Self {
        let of = &cell.contributions;
        let populations = match kind {
            MeasureKind::Gap(_) => [0, 1]
                .map(|side| {
                    let people = || of.iter().map(move |own| own.people[side]).filter(|&people| people > 0);
                    Population {
                        holdings: people().count() as u64,
                        employees: people().sum(),
                        employees_of: largest_first(people().map(i128::from)),
                    }
                })
                .to_vec(),
            // A holding may have a part of a person there whom several pay bands share.
            MeasureKind::QuartileBand(..) => vec![Population {
                holdings: cell.holdings(),
                employees: cell.incumbent.employees,
                employees_of: largest_first(of.iter().map(|own| own.amounts[0] + own.amounts[1])),
            }],
            _ => vec![Population {
                holdings: of.len() as u64,
                employees: cell.employees(kind),
                employees_of: largest_first(of.iter().map(|own| i128::from(own.employees))),
            }],
        };
        Self {
            populations,
            contributions: Vec::new(),
            judge_employee_share: false,
            judge_value_share: false,
            groups: groups(cell, kind),
            all_zero: cell.incumbent.all_zero,
            farthest: None,
            defined: true,
            figures: None,
        }
    }

    /// What of it is written into the ledger.
    #[must_use]
    pub fn findings(&self) -> Findings {
        let of_populations = |count: fn(&Population) -> u64| self.populations.iter().map(count).min().unwrap_or(0);
        Findings {
            holdings: of_populations(|population| population.holdings),
            employees: of_populations(|population| population.employees),
            largest_employee_part: self
                .populations
                .iter()
                .map(|population| largest_part(&population.employees_of))
                .reduce(f64::max),
            largest_value_part: self.contributions.iter().map(|list| largest_part(list)).reduce(f64::max),
            rest_to_largest: self.contributions.iter().filter_map(|list| rest_to_largest(list)).reduce(f64::min),
        }
    }
}

/// Of n values with standard deviation s (of a sample) none lies farther from their mean than `s * (n - 1) / sqrt(n)` (Samuelson,
/// *How Deviant Can You Be?*, 1968).
#[expect(clippy::cast_precision_loss, reason = "compared with percents")]
fn farthest(cell: &Cell, kind: MeasureKind) -> Option<f64> {
    match kind {
        MeasureKind::Distribution | MeasureKind::Dispersion { deciles: true, .. } => {
            let statistics = cell.incumbent.statistics.as_ref()?;
            let mean = statistics.mean.to_f64().abs();
            let n = statistics.count as f64;
            let farthest = statistics.deviation? * (n - 1.0) / n.sqrt();
            let of_all = (mean > 0.0).then(|| farthest / mean);
            // Deciles alone tell no deviation.
            let others = cell.spread.others.filter(|_| kind.is_distribution());
            of_all.into_iter().chain(others).reduce(f64::min)
        }
        // How much values differ: not at all.
        MeasureKind::Dispersion { .. } => cell.incumbent.figure.filter(|figure| figure.numerator() == 0).map(|_| 0.0),
        _ => None,
    }
}

/// The evidence for one decision in a few numbers, for people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Findings {
    /// Holdings with a value: of a gap, on the side with fewer.
    pub holdings: u64,
    /// Employees with a value: of a gap, on the side with fewer.
    pub employees: u64,
    /// The largest holding's part of the employees.
    pub largest_employee_part: Option<f64>,
    /// The largest holding's part of the value, on the side where it is larger.
    pub largest_value_part: Option<f64>,
    /// What all but the two largest contribute, as a part of the largest, on the side where it is less.
    pub rest_to_largest: Option<f64>,
}

/// The largest part of a list; zero where the list sums to zero.
#[expect(clippy::cast_precision_loss, reason = "shown in the ledger, judged nowhere")]
fn largest_part(list: &[i128]) -> f64 {
    let total: i128 = list.iter().sum();
    match list.first() {
        Some(&largest) if total > 0 => largest as f64 / total as f64,
        _ => 0.0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown in the ledger, judged nowhere")]
fn rest_to_largest(list: &[i128]) -> Option<f64> {
    let (&largest, rest) = list.split_first()?;
    let rest: i128 = rest.iter().skip(1).sum();
    (largest > 0).then(|| rest as f64 / largest as f64)
}

/// Whether the two sides of a figure are people or things that are counted: those who have something, and who have it not.
fn two_sided(kind: MeasureKind) -> bool {
    kind.is_share() || matches!(kind, MeasureKind::Ratio { counts: true, .. })
}

/// How many are on either side of what is counted.
fn groups(cell: &Cell, kind: MeasureKind) -> Option<[u64; 2]> {
    if !two_sided(kind) {
        return None;
    }
    if let MeasureKind::Ratio { .. } = kind {
        let sum = |side: usize| cell.contributions.iter().map(|own| own.amounts[side]).sum::<i128>();
        let whole = |amount: i128| u64::try_from(amount.div_euclid(i128::from(SCALE))).unwrap_or(0);
        return Some([whole(sum(0)), whole(sum(1) - sum(0))]);
    }
    let with = cell.incumbent.parts.and_then(|parts| parts.n_numerator).unwrap_or(0);
    Some([with, cell.incumbent.employees.saturating_sub(with)])
}

fn largest_first(values: impl Iterator<Item = i128>) -> Vec<i128> {
    let mut values: Vec<i128> = values.collect();
    values.sort_unstable_by(|a, b| b.cmp(a));
    values
}

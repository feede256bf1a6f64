//! The decisions: evidence first, then verdicts, then rounded figures.
//!
//! In: all cells of a period. Out: the [`SafeTable`] and the [`Ledger`]. Invariant: every cell is decided once for each
//! weighting family; measures tied by a sum are published together or not at all; linked tables are protected together, or there
//! is no table at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;

use super::evidence::{Evidence, Findings};
use super::ledger::{Action, Decision, Family, Ledger, Verdict};
use super::linked::protect_linked;
use super::perturbation::{self, PerturbationError};
use super::roll_up::{self, Node, Safety};
use super::rounding;
use super::rules::{Rule, first_broken};
use super::safe_table::{Figures, OrganizationFigures, SafeRow, SafeTable};
use super::statistic_rules::Shown;
use super::told::{Before, History};
use crate::aggregate::{Cell, CellKey, CellTable};
use crate::measure::MeasureKind;
use crate::pipeline::{Pipeline, Policy, Protect, Remainder};

/// Why nothing may be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscloseError {
    /// A sum and some of its parts would be published, and no rule judges what is left.
    Remainders(Vec<Remainder>),
    /// It is not proven that these cells cannot be known.
    Unproven(Vec<String>),
    /// Perturbed tables cannot be published.
    Perturbation(PerturbationError),
}

impl From<PerturbationError> for DiscloseError {
    fn from(error: PerturbationError) -> Self {
        Self::Perturbation(error)
    }
}

impl fmt::Display for DiscloseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remainders(remainders) => {
                out.write_str("nothing is published, since a figure that no rule has judged could be computed:")?;
                remainders.iter().try_for_each(|remainder| write!(out, "\n  {remainder}"))
            }
            Self::Unproven(cells) => {
                out.write_str("nothing is published, since it is not proven that nobody can compute:")?;
                cells.iter().try_for_each(|cell| write!(out, "\n  {cell}"))
            }
            Self::Perturbation(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for DiscloseError {}

/// The two verdicts on a cell.
pub(super) struct Judged<'a> {
    pub(super) cell: &'a Cell,
    pub(super) incumbent: (Findings, Option<Rule>),
    pub(super) organization: (Findings, Option<Rule>),
}

impl Judged<'_> {
    /// Whether the number of employees is told: where either family is.
    pub(super) fn tells_number(&self) -> bool {
        self.incumbent.1.is_none() || self.organization.1.is_none()
    }
}

/// Decides what of a period may be published, beside what earlier releases have told.
///
/// # Errors
/// [`DiscloseError`]: it cannot be proven that nobody computes what is withheld, or a privacy budget does not suffice.
pub fn disclose<'c>(
    cells: &'c CellTable,
    pipeline: &Pipeline,
    history: &History,
) -> Result<(SafeTable, Ledger), DiscloseError> {
    let remainders = pipeline.remainders();
    if !remainders.is_empty() {
        return Err(DiscloseError::Remainders(remainders));
    }
    let policy = &pipeline.policy;
    let suppressed = |cell: &&Cell| pipeline.tables[cell.key.table].protect == Protect::Suppression;
    let keys: Vec<&[Cell]> = cells.cells.chunk_by(|one, other| Arc::ptr_eq(&one.key, &other.key)).collect();
    let of_key = |cells: &'c [Cell]| {
        let before = history.of(&cells[0].key, pipeline);
        cells.iter().filter(suppressed).map(move |cell| judge(cell, pipeline, &before))
    };
    let mut judged: Vec<Judged<'_>> = keys.into_par_iter().flat_map_iter(of_key).collect();
    tie(&mut judged, pipeline);
    let listed = listed_nodes(&judged, pipeline);
    let is_listed = |judged: &Judged<'_>| {
        let key = &judged.cell.key;
        !pipeline.tables[key.table].is_hidden
            && listed.get(&slot(key)).is_none_or(|nodes| nodes.contains(&roll_up::node(key)))
    };
    let protected = protect_linked(&mut judged, pipeline, &is_listed)?;
    let mut rows = Vec::new();
    let mut ledger = Ledger { decisions: Vec::new(), protected };
    for judged in judged.into_iter().filter(|judged| !pipeline.tables[judged.cell.key.table].is_hidden) {
        let key = &judged.cell.key;
        let is_listed = is_listed(&judged);
        let measure = &pipeline.measures[judged.cell.measure];
        let (shown, kind) = (Shown::of(judged.cell, measure, policy), measure.kind);
        for (family, (findings, broken)) in
            [(Family::Incumbent, &judged.incumbent), (Family::Organization, &judged.organization)]
        {
            let verdict = match broken {
                _ if !is_listed => Verdict::Withheld(Rule::OtherLevel),
                Some(rule) => Verdict::Withheld(*rule),
                None => Verdict::Published,
            };
            let published = verdict == Verdict::Published;
            ledger.decisions.push(Decision {
                key: key.clone(),
                measure: judged.cell.measure,
                family,
                action: if is_listed { Action::Listed } else { Action::RolledUp },
                verdict,
                findings: *findings,
                withheld_statistics: if published { withheld(family, &shown, kind) } else { Vec::new() },
            });
        }
        if is_listed {
            rows.push(row(&judged, &shown, pipeline));
        }
    }
    let perturbed = perturbation::perturb(cells, pipeline)?;
    if !perturbed.0.is_empty() {
        rows.extend(perturbed.0);
        rows.sort_by(|a, b| (&a.key, a.measure).cmp(&(&b.key, b.measure)));
        ledger.decisions.extend(perturbed.1);
        ledger.decisions.sort_by(|a, b| (&a.key, a.measure, a.family).cmp(&(&b.key, b.measure, b.family)));
    }
    Ok((SafeTable::new(cells.period, policy.clone(), rows), ledger))
}

fn judge<'a>(cell: &'a Cell, pipeline: &Pipeline, before: &Before<'_>) -> Judged<'a> {
    let measure = &pipeline.measures[cell.measure];
    let kind = measure.kind;
    let verdict = |evidence: &Evidence| (evidence.findings(), first_broken(evidence, &pipeline.policy));
    let mut incumbent = verdict(&Evidence::incumbent(cell, kind));
    if Shown::of(cell, measure, &pipeline.policy).percentiles_given_away {
        incumbent.1.get_or_insert(Rule::Percentiles);
    }
    let mut organization = verdict(&Evidence::organization(cell, kind));
    for (family, (_, broken)) in [(Family::Incumbent, &mut incumbent), (Family::Organization, &mut organization)] {
        if broken.is_none() && before.betrays(cell, family, pipeline) {
            *broken = Some(Rule::EarlierRelease);
        }
    }
    Judged { cell, incumbent, organization }
}

/// Withholds every measure of a family in a cell where one of them is withheld: the others would give it back.
pub(super) fn tie(judged: &mut [Judged<'_>], pipeline: &Pipeline) {
    type Tie<'k> = (Arc<CellKey>, &'k str);
    let mut broken: BTreeSet<(Tie<'_>, bool)> = BTreeSet::new();
    let tie_of = |judged: &Judged<'_>| -> Option<Tie<'_>> {
        let family = pipeline.measures[judged.cell.measure].family.as_ref()?;
        Some((judged.cell.key.clone(), family.name.as_ref()))
    };
    for judged in judged.iter() {
        if let Some(tie) = tie_of(judged) {
            for (incumbent, (_, rule)) in [(true, &judged.incumbent), (false, &judged.organization)] {
                if rule.is_some() {
                    broken.insert((tie.clone(), incumbent));
                }
            }
        }
    }
    for judged in judged {
        let Some(tie) = tie_of(judged) else { continue };
        if broken.contains(&(tie.clone(), true)) {
            judged.incumbent.1.get_or_insert(Rule::Family);
        }
        if broken.contains(&(tie, false)) {
            judged.organization.1.get_or_insert(Rule::Family);
        }
    }
}

/// A table and currency: what shares one choice of levels.
type Slot = (usize, Option<String>);

fn slot(key: &CellKey) -> Slot {
    (key.table, key.currency.clone())
}

/// The cells that stand in the release, for the tables that are rolled up.
fn listed_nodes(judged: &[Judged<'_>], pipeline: &Pipeline) -> BTreeMap<Slot, BTreeSet<Node>> {
    let mut listed: BTreeMap<Slot, BTreeSet<Node>> = BTreeMap::new();
    for (place, table) in pipeline.tables.iter().enumerate().filter(|(_, table)| table.roll_up) {
        let slots: BTreeSet<Slot> = judged
            .iter()
            .filter(|judged| judged.cell.key.table == place)
            .map(|judged| slot(&judged.cell.key))
            .collect();
        for slot in &slots {
            let of_slot = || judged.iter().filter(|judged| self::slot(&judged.cell.key) == *slot);
            let leads = |measure: &&usize| of_slot().any(|judged| judged.cell.measure == **measure);
            let Some(&leader) = table.measures.iter().find(leads) else { continue };
            // Cells where the leader has no value take part too, so that nothing is left without a level.
            let mut leading: BTreeMap<Node, Safety> = BTreeMap::new();
            for judged in of_slot() {
                let safety = match (judged.incumbent.1, judged.organization.1) {
                    _ if judged.cell.measure != leader => Safety::Neither,
                    (None, _) => Safety::Both,
                    (Some(_), None) => Safety::OrganizationOnly,
                    (Some(_), Some(_)) => Safety::Neither,
                };
                let node = leading.entry(roll_up::node(&judged.cell.key)).or_insert(Safety::Neither);
                if judged.cell.measure == leader {
                    *node = safety;
                }
            }
            listed.insert(slot.clone(), roll_up::choose(pipeline, table, &leading));
        }
        // With one currency, amounts and other measures are of the same employees, and must be cut alike.
        let currencies: Vec<&Slot> = slots.iter().filter(|(_, currency)| currency.is_some()).collect();
        if let [only] = currencies.as_slice()
            && slots.contains(&(place, None))
            && let Some(nodes) = listed.get(*only).cloned()
        {
            listed.insert((place, None), nodes);
        }
    }
    listed
}

/// The statistics withheld from published figures, by name.
fn withheld(family: Family, shown: &Shown, kind: MeasureKind) -> Vec<&'static str> {
    let mut names = Vec::new();
    if family == Family::Organization {
        if !shown.organization_percentiles {
            names.extend(["org_p25", "org_p50", "org_p75"]);
        }
        return names;
    }
    if !kind.is_distribution() {
        return names;
    }
    for (name, shown) in ["p10", "p25", "p50", "p75", "p90"].into_iter().zip(shown.percentiles) {
        if !shown {
            names.push(name);
        }
    }
    names
}

fn row(judged: &Judged<'_>, shown: &Shown, pipeline: &Pipeline) -> SafeRow {
    let cell = judged.cell;
    let policy: &Policy = &pipeline.policy;
    let measure = &pipeline.measures[cell.measure];
    let step = rounding::step(&measure.unit, &policy.rounding);
    let incumbent = judged.incumbent.1.is_none().then(|| {
        let statistics = cell.incumbent.statistics.as_ref().filter(|_| measure.kind.is_distribution());
        let percentile = |place: usize| {
            let statistics = statistics.filter(|_| shown.percentiles[place])?;
            Some(rounding::figure(statistics.percentiles[place], step))
        };
        Figures {
            mean: cell.incumbent.figure.map(|figure| rounding::figure(figure, step)),
            deviation: statistics
                .and_then(|statistics| statistics.deviation)
                .map(|root| rounding::deviation(root, step)),
            percentiles: std::array::from_fn(percentile),
        }
    });
    let organization = cell.organization.as_ref().filter(|_| judged.organization.1.is_none()).map(|statistics| {
        // P25, P50 and P75 are the second to fourth of the five.
        let percentile = |place: usize| {
            shown.organization_percentiles.then(|| rounding::figure(statistics.percentiles[place + 1], step))
        };
        OrganizationFigures {
            mean: Some(rounding::figure(statistics.mean, step)),
            percentiles: std::array::from_fn(percentile),
        }
    });
    let anything = incumbent.is_some() || organization.is_some();
    SafeRow {
        key: cell.key.clone(),
        measure: cell.measure,
        companies: anything.then(|| cell.holdings()),
        employees: anything.then(|| rounding::employees(cell.employees(measure.kind), policy.rounding.employees)),
        incumbent,
        organization,
        standard_errors: None,
    }
}

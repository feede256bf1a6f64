//! Protects tables that can be added to and subtracted from each other: totals, levels, and tables that share a measure.
//!
//! In: the judged cells of a period. Out: the same, with further cells withheld, and what the privacy officer wants to know of it.
//! Invariant: nothing leaves this room of which the [audit](crate::audit) is not convinced; what it doubts is named, and refuses
//! the release.
//!
//! A group of linked tables makes three problems: the amounts behind incumbent-weighted figures, the sums of the holdings'
//! figures behind organization-weighted ones, and the numbers of employees, which are published as long as either family is.

mod lattice;
mod layers;

use std::collections::BTreeMap;

use rayon::prelude::*;

use self::lattice::{Lattice, Node};
use self::layers::{Fact, Layer, amounts, employees, figures};
use super::DiscloseError;
use super::decide::Judged;
use super::ledger::Family;
use super::rules::Rule;
use super::secondary::{Pattern, Problem, ProblemError, Role, protect};
use crate::audit::check_proofs;
use crate::pipeline::{Linked, Pipeline};

/// Cells that are named in a refusal.
const NAMED: usize = 20;

/// What was done for one group of tables and one family of figures.
#[derive(Debug, Clone)]
pub struct Protected {
    /// Names of the measures.
    pub measures: Vec<String>,
    /// Currency of the amounts, where they have one.
    pub currency: Option<String>,
    /// What is protected.
    pub family: Family,
    /// Each cell in words.
    pub names: Vec<String>,
    /// The layers of the problem.
    pub layers: Vec<Problem>,
    /// What is withheld, with the proofs.
    pub pattern: Pattern,
}

/// The place of a judged cell, and a family of its figures.
type Withheld = (usize, Family);

/// The cells of one group and currency.
struct Group<'a, 'c> {
    linked: &'a Linked,
    pipeline: &'a Pipeline,
    lattice: Lattice,
    /// For each node its judged cells, by place.
    cells: Vec<Vec<usize>>,
    judged: &'a [Judged<'c>],
    is_listed: &'a (dyn Fn(&Judged<'_>) -> bool + Sync),
}

/// Protects all groups; withheld cells get the rule [`Rule::Secondary`].
pub(super) fn protect_linked(
    judged: &mut [Judged<'_>],
    pipeline: &Pipeline,
    is_listed: &(dyn Fn(&Judged<'_>) -> bool + Sync),
) -> Result<Vec<Protected>, DiscloseError> {
    let mut done = Vec::new();
    for linked in &pipeline.linked {
        let mut by_currency: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
        let of_group = |judged: &Judged<'_>| {
            linked.tables.contains(&judged.cell.key.table) && linked.measures.contains(&judged.cell.measure)
        };
        for (place, own) in judged.iter().enumerate().filter(|(_, own)| of_group(own)) {
            by_currency.entry(own.cell.key.currency.clone()).or_default().push(place);
        }
        for (currency, places) in by_currency {
            let group = Group::new(linked, pipeline, judged, places, is_listed);
            let (protected, withheld) = group.protect(currency.as_deref())?;
            done.extend(protected);
            for (place, family) in withheld {
                let verdict = match family {
                    Family::Incumbent => &mut judged[place].incumbent.1,
                    Family::Organization => &mut judged[place].organization.1,
                };
                verdict.get_or_insert(Rule::Secondary);
            }
        }
    }
    Ok(done)
}

impl<'a, 'c> Group<'a, 'c> {
    fn new(
        linked: &'a Linked,
        pipeline: &'a Pipeline,
        judged: &'a [Judged<'c>],
        places: Vec<usize>,
        is_listed: &'a (dyn Fn(&Judged<'_>) -> bool + Sync),
    ) -> Self {
        let mut by_node: BTreeMap<Node, Vec<usize>> = BTreeMap::new();
        for place in places {
            by_node.entry(Node::of(&judged[place].cell.key, linked, pipeline)).or_default().push(place);
        }
        let (nodes, cells) = by_node.into_iter().unzip();
        Self { linked, pipeline, lattice: Lattice::of(nodes, linked, pipeline), cells, judged, is_listed }
    }

    /// What is withheld, and how it is protected.
    fn protect(&self, currency: Option<&str>) -> Result<(Vec<Protected>, Vec<Withheld>), DiscloseError> {
        let incumbent = |judged: &Judged<'_>| judged.incumbent.1.is_some();
        let organization = |judged: &Judged<'_>| judged.organization.1.is_some();
        let both = |judged: &Judged<'_>| incumbent(judged) && organization(judged);
        let of_kind = |measure: usize| self.pipeline.measures[measure].kind;
        let facts = |facts: &dyn Fn(usize) -> Vec<Fact>| -> Vec<(usize, Fact)> {
            let measures = self.linked.measures.iter();
            measures.flat_map(|&measure| facts(measure).into_iter().map(move |fact| (measure, fact))).collect()
        };
        let [amounts, means, people] = [
            facts(&|measure| amounts(of_kind(measure))),
            facts(&|_| vec![figures()]),
            facts(&|_| vec![employees(&self.pipeline.policy)]),
        ];
        let (one, other) = rayon::join(
            || self.solve(&amounts, &self.roles(incumbent), true),
            || self.solve(&means, &self.roles(organization), false),
        );
        let (one, other) = (one?, other?);
        let mut roles = self.roles(both);
        for (place, role) in roles.iter_mut().enumerate() {
            if *role == Asked::Open && one.1.withheld[place] && other.1.withheld[place] {
                *role = Asked::Withheld;
            }
        }
        let counts = self.solve(&people, &roles, true)?;
        let mut withheld = Vec::new();
        for (node, places) in self.cells.iter().enumerate() {
            for (family, pattern) in [(Family::Incumbent, &one.1), (Family::Organization, &other.1)] {
                if pattern.withheld[node] || counts.1.withheld[node] {
                    withheld.extend(places.iter().map(|&place| (place, family)));
                }
            }
        }
        let protected = |family, (layers, pattern): (Vec<Problem>, Pattern)| Protected {
            measures: self
                .linked
                .measures
                .iter()
                .map(|&measure| self.pipeline.measures[measure].name.clone())
                .collect(),
            currency: currency.map(str::to_owned),
            family,
            names: self.lattice.names(self.linked, self.pipeline),
            layers,
            pattern,
        };
        Ok((vec![protected(Family::Incumbent, one), protected(Family::Organization, other)], withheld))
    }

    /// What is asked of each node.
    fn roles(&self, is_broken: impl Fn(&Judged<'_>) -> bool) -> Vec<Asked> {
        let role = |places: &Vec<usize>| {
            let cells = || places.iter().map(|&place| &self.judged[place]);
            if cells().any(&is_broken) {
                Asked::Unsafe
            } else if cells().any(self.is_listed) {
                Asked::Open
            } else {
                Asked::Withheld
            }
        };
        self.cells.iter().map(role).collect()
    }

    /// Protects one problem and has it audited. `splits_employees`: whether what is added up belongs to employees, so that a holding
    /// may have some of it in several cells; otherwise only the equations count in which no holding does.
    fn solve(
        &self,
        facts: &[(usize, Fact)],
        roles: &[Asked],
        splits_employees: bool,
    ) -> Result<(Vec<Problem>, Pattern), DiscloseError> {
        let unfit = |error: &ProblemError| DiscloseError::Unproven(vec![format!("anything ({error})")]);
        let layers = self.layers(facts, roles, splits_employees).map_err(|error| unfit(&error))?;
        let pattern = protect(&layers).map_err(|error| unfit(&error))?;
        if layers.is_empty() {
            let withheld = roles.iter().map(|role| *role != Asked::Open).collect();
            return Ok((layers, Pattern { withheld, ..pattern }));
        }
        let breaches = check_proofs(&layers, &pattern);
        if breaches.is_empty() {
            return Ok((layers, pattern));
        }
        let names = self.lattice.names(self.linked, self.pipeline);
        let measures: Vec<&str> =
            self.linked.measures.iter().map(|&measure| self.pipeline.measures[measure].name.as_str()).collect();
        let measures = measures.join(", ");
        let mut cells: Vec<u32> = breaches.iter().map(|breach| breach.cell).collect();
        cells.sort_unstable();
        cells.dedup();
        let mut refused: Vec<String> =
            cells.iter().take(NAMED).map(|&cell| format!("{measures} of {}", names[cell as usize])).collect();
        if cells.len() > NAMED {
            refused.push(format!("and {} more cells of {measures}", cells.len() - NAMED));
        }
        Err(DiscloseError::Unproven(refused))
    }

    fn layers(
        &self,
        facts: &[(usize, Fact)],
        roles: &[Asked],
        splits_employees: bool,
    ) -> Result<Vec<Problem>, ProblemError> {
        let values = facts.par_iter().map(|(measure, fact)| {
            let cell_of = |places: &Vec<usize>| {
                let own = places.iter().find(|&&place| self.judged[place].cell.measure == *measure);
                own.map(|&place| self.judged[place].cell)
            };
            Layer::of(fact, self.cells.iter().map(cell_of))
        });
        let mut values: Vec<Layer> = values.collect();
        values.retain(|layer| !layer.is_empty());
        values.dedup();
        layers::problems(&self.lattice, values, roles, &self.pipeline.policy, splits_employees)
    }
}

/// What is asked of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// It is published, unless it has to protect others.
    Open,
    /// It is not published, and nobody may come near it.
    Unsafe,
    /// It is not published for some other reason.
    Withheld,
}

impl Asked {
    fn role(self) -> Role {
        match self {
            Self::Open => Role::Open,
            Self::Unsafe | Self::Withheld => Role::Unsafe,
        }
    }
}

//! Protects tables that can be added to and subtracted from each other: totals, levels, and tables that share a measure.
//!
//! In: the judged cells of a period. Out: the same, with further cells withheld, and what the privacy officer wants to know of it.
//! Invariant: nothing leaves this room of which the [audit](crate::audit) is not convinced; what it doubts is named, and refuses
//! the release.
//!
//! A group of linked tables makes three problems: the amounts behind incumbent-weighted figures, the sums of the holdings'
//! figures behind organization-weighted ones, and the numbers of employees, which are published as long as either family is.

mod elsewhere;
mod lattice;
mod layers;
mod unions;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use self::elsewhere::Elsewhere;
use self::lattice::{Lattice, Node, Sum};
pub use self::layers::WHO_HAVE_IT;
use self::layers::{Cells, Extra, Fact, Layer, Roles, amounts, employees, figures};
use self::unions::unsafe_unions;
use super::DiscloseError;
use super::decide::{Judged, tie};
use super::ledger::Family;
use super::rules::Rule;
use super::secondary::{Pattern, Problem, ProblemError, Role, protect};
use crate::audit::check_proofs;
use crate::measure::MeasureKind;
use crate::pipeline::{Linked, Pipeline};

/// Cells that are named in a refusal.
const NAMED: usize = 20;

/// How often unions that break a rule are looked for before the release is refused.
const ROUNDS: usize = 40;

/// What of a group of tables is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// The amounts behind figures that weigh every employee alike.
    Amounts,
    /// The companies' own figures behind those that weigh every company alike.
    Figures,
    /// The numbers of employees.
    Employees,
}

impl Quantity {
    /// Its name in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Amounts => "incumbent",
            Self::Figures => "organization",
            Self::Employees => "employees",
        }
    }
}

/// What a cell of a protected problem is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Place {
    /// A cell of a table, perhaps a hidden one: level and code along each dimension of the group.
    Cell(Vec<(u8, String)>),
    /// What a cell has beyond its parts on finer levels, where their codes are not reported.
    Rest {
        /// The cell.
        whole: u32,
        /// The levels.
        finer: Vec<u8>,
    },
    /// Who lacks what a cell counts.
    Lacking(u32),
    /// Both sides of a share together.
    Everybody(u32),
    /// Several cells together, which an equation would tell.
    Union(Vec<u32>),
}

impl Place {
    /// One of several places in words.
    #[must_use]
    pub fn words(place: u32, places: &[Self], dimensions: &[String]) -> String {
        match places.get(place as usize) {
            Some(Self::Cell(axes)) => {
                let part = |((_, code), dimension): (&(u8, String), &String)| format!("{dimension}={code}");
                axes.iter().zip(dimensions).map(part).collect::<Vec<_>>().join(",")
            }
            Some(Self::Rest { whole, .. }) => {
                format!("what is not reported in finer detail of {}", Self::words(*whole, places, dimensions))
            }
            Some(Self::Lacking(cell)) => format!("who lack it of {}", Self::words(*cell, places, dimensions)),
            Some(Self::Everybody(cell)) => format!("everybody of {}", Self::words(*cell, places, dimensions)),
            Some(Self::Union(parts)) => {
                let words = parts.iter().map(|&part| Self::words(part, places, dimensions));
                words.collect::<Vec<_>>().join(" together with ")
            }
            None => "no cell".to_owned(),
        }
    }
}

/// What was done for one quantity of a group of tables.
#[derive(Debug, Clone)]
pub struct Protected {
    /// Names of the measures.
    pub measures: Vec<String>,
    /// Currency of the amounts, where they have one.
    pub currency: Option<String>,
    /// What is protected.
    pub quantity: Quantity,
    /// Names of the dimensions.
    pub dimensions: Vec<String>,
    /// What each cell is.
    pub places: Vec<Place>,
    /// For each layer its measure and what of it is added up.
    pub facts: Vec<(String, &'static str)>,
    /// The layers of the problem.
    pub layers: Vec<Problem>,
    /// What is withheld, with the proofs.
    pub pattern: Pattern,
}

impl Protected {
    /// A cell in words.
    #[must_use]
    pub fn name(&self, cell: u32) -> String {
        Place::words(cell, &self.places, &self.dimensions)
    }

    /// The refusal of cells that are not proven to be safe in some layer.
    fn refuse(&self, mut cells: Vec<(u32, usize)>) -> DiscloseError {
        cells.sort_unstable();
        cells.dedup();
        let words = |&(cell, layer): &(u32, usize)| match self.facts.get(layer) {
            Some((measure, fact)) => format!("{measure} ({fact}, {}) of {}", self.quantity.name(), self.name(cell)),
            None => self.name(cell),
        };
        let mut refused: Vec<String> = cells.iter().take(NAMED).map(words).collect();
        if cells.len() > NAMED {
            refused.push(format!("and {} more of {}", cells.len() - NAMED, self.measures.join(", ")));
        }
        DiscloseError::Unproven(refused)
    }
}

/// The place of a judged cell, and a family of its figures.
type Withheld = (usize, Family);

/// Both families of a group, protected where some numbers of employees are withheld.
struct Families {
    amounts: Protected,
    figures: Protected,
    /// The nodes whose number of employees, though told, would give a share away.
    untold: Vec<bool>,
    /// The nodes of which a share is protected only as long as nobody tells how many there are.
    everybody_withheld: Vec<bool>,
}

impl Families {
    /// Whether nothing is told of a node. A number is told as long as either family is.
    fn tell_nothing(&self, node: usize) -> bool {
        self.amounts.pattern.withheld[node] && self.figures.pattern.withheld[node]
    }
}

/// The cells of one group and currency.
struct Group<'a, 'c> {
    currency: Option<String>,
    linked: &'a Linked,
    pipeline: &'a Pipeline,
    lattice: Lattice,
    /// For each node its judged cells, by place.
    cells: Vec<Vec<usize>>,
    judged: &'a [Judged<'c>],
    is_listed: &'a (dyn Fn(&Judged<'_>) -> bool + Sync),
}

/// What was done for a group.
struct Solved {
    protected: Vec<Protected>,
    withheld: Vec<Withheld>,
    /// Judged cells of other measures whose numbers of employees must not be told, by place.
    telling: Vec<usize>,
}

/// Protects all groups; withheld cells get the rule [`Rule::Secondary`].
pub(super) fn protect_linked(
    judged: &mut [Judged<'_>],
    pipeline: &Pipeline,
    is_listed: &(dyn Fn(&Judged<'_>) -> bool + Sync),
) -> Result<Vec<Protected>, DiscloseError> {
    let before: Vec<[Option<Rule>; 2]> = judged.iter().map(|own| [own.incumbent.1, own.organization.1]).collect();
    let mut telling: BTreeSet<usize> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let (protected, found) = protect_groups(judged, pipeline, is_listed)?;
        let found: BTreeSet<usize> = found.into_iter().filter(|&place| judged[place].tells_number()).collect();
        if found.is_empty() {
            return Ok(protected);
        }
        // What other measures tell is withheld as well, and everything is protected anew.
        telling.extend(found);
        for (own, [incumbent, organization]) in judged.iter_mut().zip(&before) {
            (own.incumbent.1, own.organization.1) = (*incumbent, *organization);
        }
        for &place in &telling {
            judged[place].incumbent.1.get_or_insert(Rule::Secondary);
            judged[place].organization.1.get_or_insert(Rule::Secondary);
        }
        tie(judged, pipeline);
    }
    Err(DiscloseError::Unproven(vec!["shares beside the numbers of employees of other measures".to_owned()]))
}

/// Protects each group once, and tells whose numbers of employees give something away.
fn protect_groups(
    judged: &mut [Judged<'_>],
    pipeline: &Pipeline,
    is_listed: &(dyn Fn(&Judged<'_>) -> bool + Sync),
) -> Result<(Vec<Protected>, Vec<usize>), DiscloseError> {
    let (mut done, mut all_telling) = (Vec::new(), Vec::new());
    for linked in &pipeline.linked {
        let mut by_currency: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
        let of_group = |judged: &Judged<'_>| {
            linked.tables.contains(&judged.cell.key.table) && linked.measures.contains(&judged.cell.measure)
        };
        for (place, own) in judged.iter().enumerate().filter(|(_, own)| of_group(own)) {
            by_currency.entry(own.cell.key.currency.clone()).or_default().push(place);
        }
        for (currency, places) in by_currency {
            let group = Group::new(currency, linked, pipeline, judged, places, is_listed);
            let Solved { protected, withheld, telling } = group.protect()?;
            done.extend(protected);
            all_telling.extend(telling);
            for (place, family) in withheld {
                let verdict = match family {
                    Family::Incumbent => &mut judged[place].incumbent.1,
                    Family::Organization => &mut judged[place].organization.1,
                };
                verdict.get_or_insert(Rule::Secondary);
            }
        }
    }
    Ok((done, all_telling))
}

impl<'a, 'c> Group<'a, 'c> {
    fn new(
        currency: Option<String>,
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
        Self { currency, linked, pipeline, lattice: Lattice::of(nodes, linked, pipeline), cells, judged, is_listed }
    }

    /// What is withheld, and how it is protected.
    fn protect(&self) -> Result<Solved, DiscloseError> {
        let incumbent = |judged: &Judged<'_>| judged.incumbent.1.is_some();
        let organization = |judged: &Judged<'_>| judged.organization.1.is_some();
        let both = self.roles(|judged| incumbent(judged) && organization(judged));
        let counts_employees = self.counts_employees();
        let elsewhere = if counts_employees { Elsewhere::of(self) } else { Elsewhere::nowhere(self.cells.len()) };
        let tells = |places: &[usize]| places.iter().any(|&place| self.judged[place].tells_number());
        let is_told_elsewhere: Vec<bool> = elsewhere.everybody.iter().map(|places| tells(places)).collect();
        let gives_side = |node: usize| elsewhere.one_side[node].iter().any(|&place| self.is_own(place));
        let families = |withheld: &[bool]| -> Result<Families, DiscloseError> {
            let is_told: Vec<bool> = (0..self.cells.len())
                .map(|node| counts_employees && both[node] == Asked::Open && !withheld[node])
                .collect();
            let roles = |own: Vec<Asked>| Roles {
                asked: changed(own, Asked::Withheld, |place| withheld[place]),
                is_told: is_told.iter().zip(&is_told_elsewhere).map(|(own, other)| *own || *other).collect(),
            };
            let (amounts, figures) = rayon::join(
                || self.solve(Quantity::Amounts, &roles(self.roles(incumbent))),
                || self.solve(Quantity::Figures, &roles(self.roles(organization))),
            );
            let ((amounts, cells), (figures, _)) = (amounts?, figures?);
            let everybody_withheld = cells.everybody_withheld(&amounts.pattern.withheld, self.cells.len());
            let is_untold = |node: usize| {
                is_told[node] && (everybody_withheld[node] || amounts.pattern.withheld[node] && gives_side(node))
            };
            let untold = (0..self.cells.len()).map(is_untold).collect();
            Ok(Families { amounts, figures, untold, everybody_withheld })
        };
        let alone = families(&vec![false; self.cells.len()]).ok();
        let is_free = |place: usize| alone.as_ref().is_some_and(|alone| alone.tell_nothing(place));
        let asked = changed(both.clone(), Asked::Free, is_free);
        let mut roles = Roles { asked, is_told: Vec::new() };
        for _ in 0..ROUNDS {
            let (mut employees, cells) = self.solve(Quantity::Employees, &roles)?;
            // Where a number is withheld both families are, so that they may as well protect others.
            let families = families(&employees.pattern.withheld)?;
            // And where both families are withheld, nobody tells the number.
            for place in 0..self.cells.len() {
                employees.pattern.withheld[place] |= families.tell_nothing(place) || families.untold[place];
            }
            if !families.untold.contains(&true) && self.new_unions(&cells, &employees.pattern.withheld).is_empty() {
                let withheld = self.withheld(&families);
                let telling = self.telling(&families, &elsewhere);
                return Ok(Solved {
                    protected: vec![families.amounts, families.figures, employees],
                    withheld,
                    telling,
                });
            }
            roles.asked = changed(roles.asked, Asked::Withheld, |place| employees.pattern.withheld[place]);
        }
        Err(DiscloseError::Unproven(vec![format!("numbers of employees of {}", self.measures().join(", "))]))
    }

    /// Whether all measures are shares of employees.
    fn counts_employees(&self) -> bool {
        let kind = |&measure: &usize| self.pipeline.measures[measure].kind;
        self.linked.measures.iter().all(|measure| matches!(kind(measure), MeasureKind::Share))
    }

    /// Whether a judged cell is of this group.
    fn is_own(&self, place: usize) -> bool {
        self.linked.measures.contains(&self.judged[place].cell.measure)
    }

    /// Cells of other measures whose number of employees would give a withheld share away.
    fn telling(&self, families: &Families, elsewhere: &Elsewhere) -> Vec<usize> {
        let of_node = |node: usize| {
            let everybody = elsewhere.everybody[node].iter().filter(move |_| families.everybody_withheld[node]);
            let is_withheld = families.amounts.pattern.withheld[node];
            let side = elsewhere.one_side[node].iter().filter(move |&&place| is_withheld && !self.is_own(place));
            everybody.chain(side).copied()
        };
        (0..self.cells.len()).flat_map(of_node).collect()
    }

    /// What is withheld of the two families.
    fn withheld(&self, families: &Families) -> Vec<Withheld> {
        let of_family = |family, protected: &Protected| {
            let withheld = self.cells.iter().zip(&protected.pattern.withheld).filter(|(_, withheld)| **withheld);
            withheld.flat_map(|(places, _)| places).map(|&place| (place, family)).collect::<Vec<Withheld>>()
        };
        let Families { amounts, figures, .. } = families;
        [of_family(Family::Incumbent, amounts), of_family(Family::Organization, figures)].concat()
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

    /// Protects one quantity and has it audited.
    fn solve(&self, quantity: Quantity, roles: &Roles) -> Result<(Protected, Cells), DiscloseError> {
        let unfit = |error: ProblemError| DiscloseError::Unproven(vec![format!("anything ({error})")]);
        let (facts, layers) = self.layers(quantity);
        // What belongs to employees may lie in several cells of one holding; its own figure is another one in each.
        let splits_employees = quantity != Quantity::Figures;
        let mut cells = Cells::of(&self.lattice, layers, roles, splits_employees).map_err(unfit)?;
        let mut protected = self.describe(quantity, facts);
        for _ in 0..ROUNDS {
            protected.layers = cells.problems(&self.pipeline.policy).map_err(unfit)?;
            protected.pattern = protect(&protected.layers).map_err(unfit)?;
            protected.places = self.places(&cells);
            if protected.layers.is_empty() {
                protected.pattern.withheld = roles.asked.iter().map(|asked| asked.role() != Role::Open).collect();
                return Ok((protected, cells));
            }
            let breaches = check_proofs(&protected.layers, &protected.pattern);
            if !breaches.is_empty() {
                return Err(protected.refuse(breaches.iter().map(|breach| (breach.cell, breach.layer)).collect()));
            }
            let found = self.new_unions(&cells, &protected.pattern.withheld);
            if found.is_empty() {
                return Ok((protected, cells));
            }
            for union in found {
                cells.add_union(union).map_err(unfit)?;
            }
        }
        let last = u32::try_from(protected.places.len()).unwrap_or(u32::MAX);
        Err(protected.refuse(vec![(last.saturating_sub(1), 0)]))
    }

    /// Unions that break a rule and are no cells of the problem yet.
    fn new_unions(&self, cells: &Cells, withheld: &[bool]) -> BTreeSet<Vec<u32>> {
        let mut found = unsafe_unions(&self.lattice, cells, withheld, &self.pipeline.policy);
        found.retain(|union| !cells.has_union(union));
        found
    }

    /// Names of the measures.
    fn measures(&self) -> Vec<String> {
        self.linked.measures.iter().map(|&measure| self.pipeline.measures[measure].name.clone()).collect()
    }

    /// What is protected, before it is.
    fn describe(&self, quantity: Quantity, facts: Vec<(String, &'static str)>) -> Protected {
        let dimension = |&dimension: &usize| self.pipeline.dimensions[dimension].name.clone();
        Protected {
            measures: self.measures(),
            currency: self.currency.clone(),
            quantity,
            dimensions: self.linked.by.iter().map(dimension).collect(),
            places: Vec::new(),
            facts,
            layers: Vec::new(),
            pattern: Pattern { withheld: Vec::new(), proofs: Vec::new(), unproven: Vec::new() },
        }
    }

    /// What each cell of the problem is.
    fn places(&self, cells: &Cells) -> Vec<Place> {
        let node = |node: &Node| Place::Cell(node.axes().map(|(level, code)| (level, code.to_owned())).collect());
        let extra = |extra: &Extra| match extra {
            Extra::Rest(sum) => {
                let Sum { whole, finer, .. } = &self.lattice.sums[*sum];
                Place::Rest { whole: *whole, finer: finer.clone() }
            }
            Extra::Lacking(cell) => Place::Lacking(*cell),
            Extra::Everybody(cell) => Place::Everybody(*cell),
            Extra::Union(parts) => Place::Union(parts.clone()),
        };
        self.lattice.nodes.iter().map(node).chain(cells.extras.iter().map(extra)).collect()
    }

    /// The layers of a quantity with their measures, and behind them those that only judge unions.
    fn layers(&self, quantity: Quantity) -> (Vec<(String, &'static str)>, Vec<Layer>) {
        let policy = &self.pipeline.policy;
        let facts_of = |&measure: &usize| {
            let facts = match quantity {
                Quantity::Amounts => amounts(self.pipeline.measures[measure].kind, policy),
                Quantity::Figures => vec![figures()],
                Quantity::Employees => vec![employees(policy)],
            };
            facts.into_iter().map(move |fact| (measure, fact))
        };
        let facts: Vec<(usize, Fact)> = self.linked.measures.iter().flat_map(facts_of).collect();
        let layer = |(measure, fact): &(usize, Fact)| {
            let cell_of = |places: &Vec<usize>| {
                let own = places.iter().find(|&&place| self.judged[place].cell.measure == *measure);
                own.map(|&place| self.judged[place].cell)
            };
            let name = (self.pipeline.measures[*measure].name.clone(), fact.name);
            (name, Layer::of(fact, &self.cells.iter().map(cell_of)))
        };
        let mut layers: Vec<((String, &'static str), Layer)> = facts.par_iter().map(layer).collect();
        layers.retain(|(_, layer)| !layer.is_empty());
        layers.dedup_by(|(_, next), (_, kept)| next == kept);
        let (names, mut layers): (Vec<_>, Vec<Layer>) = layers.into_iter().unzip();
        if self.counts_employees() && quantity != Quantity::Figures {
            // Nobody else knows of a company with employees there how many of them a question is about.
            let there = |place: usize| layers.iter().flat_map(|layer| layer.holdings(place)).collect();
            let there: Vec<BTreeSet<u32>> = (0..self.cells.len()).map(there).collect();
            for layer in &mut layers {
                layer.include(&there);
            }
        }
        if quantity == Quantity::Amounts {
            let (_, mut witnesses) = self.layers(Quantity::Employees);
            for layer in &mut witnesses {
                layer.is_witness = true;
            }
            layers.extend(witnesses);
        }
        (names, layers)
    }
}

/// What is asked of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// It is published, unless it has to protect others.
    Open,
    /// The same, but nothing is lost where it has to.
    Free,
    /// It is not published, and nobody may come near it.
    Unsafe,
    /// It is not published for some other reason.
    Withheld,
}

impl Asked {
    fn role(self) -> Role {
        match self {
            Self::Open | Self::Free => Role::Open,
            Self::Unsafe | Self::Withheld => Role::Unsafe,
        }
    }
}

/// What is asked of nodes, with another thing asked of some of those that may be published.
fn changed(mut roles: Vec<Asked>, to: Asked, is_concerned: impl Fn(usize) -> bool) -> Vec<Asked> {
    for (place, role) in roles.iter_mut().enumerate() {
        if role.role() == Role::Open && is_concerned(place) {
            *role = to;
        }
    }
    roles
}

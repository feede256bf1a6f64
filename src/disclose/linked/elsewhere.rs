//! [`Elsewhere`]: where numbers of employees of other measures tell what a share does not tell itself.
//!
//! In: a group of shares, and all judged cells. Out: for each node of the group the cells whose number is that of everybody behind the
//! share, and those whose number is one of its sides, as the participants of a plan behind what it costs for each of them. Invariant:
//! what is published is a rounded number, so that whatever is the same after rounding is taken for the same people; a measure counts
//! one side only where it does in every cell and for every company, and the two are not both everybody.

use std::collections::BTreeMap;

use super::lattice::Node;
use super::{Group, Judged};
use crate::aggregate::Cell;
use crate::disclose::rounding;
use crate::measure::MeasureKind;

/// For each node of a group of shares the judged cells, by place, that tell of the people behind it.
pub(super) struct Elsewhere {
    /// Cells of other measures that tell how many there are.
    pub(super) everybody: Vec<Vec<usize>>,
    /// Cells of any measure, also of the group itself, that tell how many are on one side.
    pub(super) one_side: Vec<Vec<usize>>,
}

impl Elsewhere {
    /// Where nothing is counted.
    pub(super) fn nowhere(nodes: usize) -> Self {
        Self { everybody: vec![Vec::new(); nodes], one_side: vec![Vec::new(); nodes] }
    }

    pub(super) fn of(group: &Group<'_, '_>) -> Self {
        let mut elsewhere = Self::nowhere(group.cells.len());
        let at = listed_at(group);
        let step = group.pipeline.policy.rounding.employees;
        let number = |judged: &Judged<'_>| {
            let kind = group.pipeline.measures[judged.cell.measure].kind;
            rounding::employees(judged.cell.employees(kind), step)
        };
        let shares_of = |node: usize| group.cells[node].iter().map(|&place| group.judged[place].cell);
        let mut counts = SideCounts::of(group);
        for (node, others) in at.iter().enumerate() {
            let numbers: Vec<u64> =
                shares_of(node).map(|share| rounding::employees(share.employees(MeasureKind::Share), step)).collect();
            for &place in others {
                let other = &group.judged[place];
                for share in shares_of(node) {
                    counts.compare(other.cell, share);
                }
                let is_own = group.linked.measures.contains(&other.cell.measure);
                if !is_own && numbers.contains(&number(other)) {
                    elsewhere.everybody[node].push(place);
                }
            }
        }
        for (node, others) in at.iter().enumerate() {
            let counts_a_side = |place: &usize| {
                shares_of(node).any(|share| counts.is_a_side(group.judged[*place].cell.measure, share.measure))
            };
            elsewhere.one_side[node] = others.iter().copied().filter(counts_a_side).collect();
        }
        elsewhere
    }
}

/// For each node the listed cells of any measure that stand there.
fn listed_at(group: &Group<'_, '_>) -> Vec<Vec<usize>> {
    let Group { pipeline, linked, judged, lattice, .. } = group;
    let nodes: BTreeMap<&Node, usize> = lattice.nodes.iter().zip(0..).collect();
    let mut at: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    // The cells of a key follow each other.
    let mut start = 0;
    for of_key in judged.chunk_by(|one, other| one.cell.key == other.cell.key) {
        let key = &of_key[0].cell.key;
        let fits = pipeline.tables[key.table].by.iter().all(|dimension| linked.by.contains(dimension));
        let node = fits.then(|| nodes.get(&Node::of(key, linked, pipeline)).copied()).flatten();
        if let Some(node) = node {
            let listed = (start..).zip(of_key).filter(|(_, own)| (group.is_listed)(own)).map(|(place, _)| place);
            at[node].extend(listed);
        }
        start += of_key.len();
    }
    at
}

/// Which measures count one side of which shares.
struct SideCounts {
    /// Places of the shares in the pipeline.
    shares: Vec<usize>,
    /// For each measure, share and side what all cells so far say.
    seen: Vec<Seen>,
}

/// What the cells so far say of the employees of a measure, and a side of a share.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// Nothing yet.
    Nothing,
    /// They are the same, and so is everybody.
    AllTheSame,
    /// They are the same, and not everybody.
    TheSide,
    /// They are others.
    Others,
}

impl SideCounts {
    fn of(group: &Group<'_, '_>) -> Self {
        let shares = group.linked.measures.clone();
        let seen = vec![Seen::Nothing; group.pipeline.measures.len() * shares.len() * 2];
        Self { shares, seen }
    }

    fn places(&self, measure: usize, share: usize) -> Option<[usize; 2]> {
        let place = self.shares.iter().position(|&own| own == share)?;
        let first = (measure * self.shares.len() + place) * 2;
        Some([first, first + 1])
    }

    fn compare(&mut self, other: &Cell, share: &Cell) {
        let Some(places) = self.places(other.measure, share.measure).filter(|_| other.measure != share.measure) else {
            return;
        };
        for (side, place) in places.into_iter().enumerate() {
            if self.seen[place] != Seen::Others {
                let people =
                    |count: fn(&crate::aggregate::Contribution, usize) -> u64, cell: &Cell| -> Vec<(u32, u64)> {
                        let of_holding = cell.contributions.iter().map(|own| (own.holding, count(&own, side)));
                        of_holding.filter(|(_, count)| *count > 0).collect()
                    };
                let on_side = people(|own, side| own.people[side], share);
                let is_same = people(|own, _| own.employees, other) == on_side;
                let is_everybody = people(|own, _| own.employees, share) == on_side;
                self.seen[place] = match (self.seen[place], is_same, is_everybody) {
                    (_, false, _) => Seen::Others,
                    (Seen::TheSide, true, _) | (_, true, false) => Seen::TheSide,
                    (_, true, true) => Seen::AllTheSame,
                };
            }
        }
    }

    fn is_a_side(&self, measure: usize, share: usize) -> bool {
        let places = self.places(measure, share).filter(|_| measure != share);
        places.is_some_and(|places| places.iter().any(|&place| self.seen[place] == Seen::TheSide))
    }
}

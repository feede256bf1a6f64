//! [`Lattice`]: the cells of linked tables, each once, and which of them add up to which.
//!
//! In: the nodes of all tables of a group. Out: the same, with sums. Invariant: every node that has finer nodes below it is the sum
//! of them along at least one path down to the finest crossing; what is not reported, or not further specified, is a code like any
//! other, and has a parent.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::CellKey;
use crate::pipeline::{Linked, Pipeline, TOTAL};

/// A cell in the dimensions of its group, whatever table it stands in: a level and a code for each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Node {
    levels: Vec<u8>,
    codes: Vec<String>,
}

impl Node {
    pub(super) fn of(key: &CellKey, linked: &Linked, pipeline: &Pipeline) -> Self {
        let table = &pipeline.tables[key.table];
        let part = |dimension: &usize| match table.by.iter().position(|by| by == dimension) {
            Some(axis) => (key.levels[axis], key.codes[axis].clone()),
            None => (0, TOTAL.to_owned()),
        };
        let (levels, codes) = linked.by.iter().map(part).unzip();
        Self { levels, codes }
    }

    /// The node above this one on these levels.
    fn above(&self, levels: &[u8], linked: &Linked, pipeline: &Pipeline) -> Self {
        let code = |axis: usize| match levels[axis] {
            0 => TOTAL.to_owned(),
            level if level == self.levels[axis] => self.codes[axis].clone(),
            level => pipeline.dimensions[linked.by[axis]].hierarchy.ancestor(&self.codes[axis], level),
        };
        Self { levels: levels.to_vec(), codes: (0..levels.len()).map(code).collect() }
    }

    /// Level and code along each dimension of the group.
    pub(super) fn axes(&self) -> impl Iterator<Item = (u8, &str)> {
        self.levels.iter().copied().zip(self.codes.iter().map(String::as_str))
    }
}

/// A node and what it is the sum of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) whole: u32,
    pub(super) parts: Vec<u32>,
    /// The levels of the parts.
    pub(super) finer: Vec<u8>,
}

pub(super) struct Lattice {
    pub(super) nodes: Vec<Node>,
    pub(super) sums: Vec<Sum>,
}

impl Lattice {
    /// `nodes` are in order, each once.
    pub(super) fn of(nodes: Vec<Node>, linked: &Linked, pipeline: &Pipeline) -> Self {
        let place_of: BTreeMap<&Node, u32> = nodes.iter().zip(0..).collect();
        let mut on_levels: BTreeMap<&[u8], Vec<u32>> = BTreeMap::new();
        for (node, place) in nodes.iter().zip(0..) {
            on_levels.entry(&node.levels).or_default().push(place);
        }
        let all: BTreeSet<&[u8]> = on_levels.keys().copied().collect();
        let mut sums: Vec<Sum> = Vec::new();
        for levels in &all {
            for finer in next_finer(levels, &all) {
                let mut parts_of: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
                for &part in &on_levels[finer] {
                    if let Some(&whole) = place_of.get(&nodes[part as usize].above(levels, linked, pipeline)) {
                        parts_of.entry(whole).or_default().push(part);
                    }
                }
                sums.extend(parts_of.into_iter().map(|(whole, parts)| Sum { whole, parts, finer: finer.to_vec() }));
            }
        }
        Self { nodes, sums }
    }

    /// The axes along which the parts of a sum are finer than their whole.
    pub(super) fn axes_of(&self, sum: usize) -> Vec<usize> {
        let Sum { whole, finer, .. } = &self.sums[sum];
        changed(&self.nodes[*whole as usize].levels, finer)
    }
}

/// The levels into which nodes on these levels are split: along each dimension alone where there are such, or else along several.
fn next_finer<'a>(levels: &[u8], all: &BTreeSet<&'a [u8]>) -> Vec<&'a [u8]> {
    let is_finer = |finer: &&&[u8]| **finer != levels && finer.iter().zip(levels).all(|(finer, level)| finer >= level);
    let mut along: BTreeMap<usize, &[u8]> = BTreeMap::new();
    for finer in all.iter().filter(is_finer) {
        if let [axis] = changed(levels, finer)[..] {
            // In order, so that the first is the coarsest.
            along.entry(axis).or_insert(finer);
        }
    }
    if !along.is_empty() {
        return along.into_values().collect();
    }
    all.iter()
        .filter(is_finer)
        .min_by_key(|finer| (changed(levels, finer).len(), **finer))
        .copied()
        .into_iter()
        .collect()
}

/// The axes along which levels differ.
fn changed(levels: &[u8], finer: &[u8]) -> Vec<usize> {
    (0..levels.len()).filter(|&axis| finer[axis] != levels[axis]).collect()
}

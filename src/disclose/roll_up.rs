//! Roll-up: what cannot be shown at a fine level is shown at the finest level that can.
//!
//! In: the cells of a table on all its levels, and which of them are safe. Out: the cells to publish, none of which is a
//! part of another. Invariant: the published cells are disjoint, so that no subtraction gives back what is withheld. The
//! table's first measure leads: all measures are published on its cells, so that counts cannot betray each other either.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::CellKey;
use crate::pipeline::{Hierarchy, Pipeline, TOTAL, Table};

/// Levels and codes of a cell of one table.
pub(super) type Node = (Vec<u8>, Vec<String>);

/// How well a cell is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Safety {
    /// Both families may be published.
    Both,
    /// Only the organization-weighted one.
    OrganizationOnly,
    /// Nothing.
    Neither,
}

/// Chooses the cells of one table and currency. `leading` tells the safety of the leading measure's cells.
pub(super) fn choose(pipeline: &Pipeline, table: &Table, leading: &BTreeMap<Node, Safety>) -> BTreeSet<Node> {
    let ladders: Vec<Vec<u8>> = table
        .levels
        .iter()
        .map(|levels| table.totals.then_some(0).into_iter().chain(levels.iter().copied()).collect())
        .collect();
    let hierarchies: Vec<&Hierarchy> = table.by.iter().map(|&place| &pipeline.dimensions[place].hierarchy).collect();
    let mut children: BTreeMap<(usize, Node), Vec<&Node>> = BTreeMap::new();
    for node in leading.keys() {
        for axis in 0..node.0.len() {
            if let Some(parent) = parent(node, axis, &ladders[axis], hierarchies[axis]) {
                children.entry((axis, parent)).or_default().push(node);
            }
        }
    }
    let mut search = Search { children: &children, leading, known: BTreeMap::new() };
    let top: Vec<u8> = ladders.iter().map(|ladder| ladder[0]).collect();
    let mut chosen = BTreeSet::new();
    for node in leading.keys().filter(|(levels, _)| *levels == top) {
        let cover = search
            .cover(node, Safety::Both)
            .or_else(|| search.cover(node, Safety::OrganizationOnly))
            .unwrap_or_else(|| vec![node.clone()]);
        chosen.extend(cover);
    }
    chosen
}

/// The cell one level above `node` along an axis; none at the top.
fn parent(node: &Node, axis: usize, ladder: &[u8], hierarchy: &Hierarchy) -> Option<Node> {
    let place = ladder.iter().position(|&level| level == node.0[axis])?;
    let above = ladder[place.checked_sub(1)?];
    let (mut levels, mut codes) = node.clone();
    levels[axis] = above;
    codes[axis] = if above == 0 { TOTAL.to_owned() } else { hierarchy.ancestor(&codes[axis], above) };
    Some((levels, codes))
}

struct Search<'a> {
    /// The cells one level below a cell along an axis.
    children: &'a BTreeMap<(usize, Node), Vec<&'a Node>>,
    leading: &'a BTreeMap<Node, Safety>,
    known: BTreeMap<(Node, bool), Option<Vec<Node>>>,
}

impl Search<'_> {
    /// The finest disjoint safe cells that together are `node`; none where there are none. Axes are split in the order of
    /// the table's dimensions, so that the first one keeps its detail longest.
    fn cover(&mut self, node: &Node, wanted: Safety) -> Option<Vec<Node>> {
        let known_as = (node.clone(), wanted == Safety::Both);
        if let Some(known) = self.known.get(&known_as) {
            return known.clone();
        }
        let mut found = None;
        for axis in 0..node.0.len() {
            let Some(children) = self.children.get(&(axis, node.clone())) else { continue };
            let covers: Option<Vec<Vec<Node>>> = children.iter().map(|child| self.cover(child, wanted)).collect();
            if let Some(covers) = covers {
                found = Some(covers.concat());
                break;
            }
        }
        if found.is_none() {
            let safety = self.leading.get(node).copied();
            let safe =
                safety == Some(Safety::Both) || safety == Some(Safety::OrganizationOnly) && wanted != Safety::Both;
            found = safe.then(|| vec![node.clone()]);
        }
        self.known.insert(known_as, found.clone());
        found
    }
}

/// The node of a cell.
pub(super) fn node(key: &CellKey) -> Node {
    (key.levels.clone(), key.codes.clone())
}

//! Unions of withheld cells that an equation isolates: what is published tells what they are together.
//!
//! In: cells with their sums, and what is withheld. Out: the unions that break a primary rule. Invariant: a union is judged by the
//! rules for single cells, on what each holding has of it. Source: DISCLOSURE 5.
//!
//! A withheld part of which some parts are published in turn is taken apart: what is left of it is what nobody is told.

use std::collections::BTreeSet;

use super::lattice::Lattice;
use super::layers::{Cells, Layer};
use crate::disclose::rules::first_broken;
use crate::pipeline::Policy;

/// The unions that break a rule, each as its cells in order.
pub(super) fn unsafe_unions(
    lattice: &Lattice,
    cells: &Cells,
    withheld: &[bool],
    policy: &Policy,
) -> BTreeSet<Vec<u32>> {
    let mut sums_of: Vec<Vec<usize>> = vec![Vec::new(); withheld.len()];
    for (place, sum) in cells.sums.iter().enumerate() {
        if let Some((whole, _)) = sum {
            sums_of[*whole as usize].push(place);
        }
    }
    let view = View { lattice, cells, withheld, sums_of };
    let mut isolated: BTreeSet<Vec<u32>> = BTreeSet::new();
    for (place, sum) in cells.sums.iter().enumerate() {
        let Some((whole, _)) = sum else { continue };
        if !withheld[*whole as usize] {
            let mut union = view.hidden_parts(place);
            while !union.is_empty() && isolated.insert(union.clone()) {
                union = view.taken_apart(&union, place);
            }
        }
    }
    // A single cell that is published elsewhere has its own verdict; a rest has none.
    let nodes = lattice.nodes.len();
    isolated.retain(|union| union.len() > 1 || union.iter().any(|&cell| cell as usize >= nodes));
    isolated.retain(|union| {
        let is_broken = |union: &[u32]| cells.layers.iter().any(|layer| is_broken(layer, union, policy));
        is_broken(union) || cells.lacking(union).is_some_and(|lacking| is_broken(&lacking))
    });
    isolated
}

struct View<'a> {
    lattice: &'a Lattice,
    cells: &'a Cells,
    withheld: &'a [bool],
    /// For each cell the sums of which it is the whole.
    sums_of: Vec<Vec<usize>>,
}

impl View<'_> {
    fn parts(&self, sum: usize) -> &[u32] {
        self.cells.sums[sum].as_ref().map_or(&[], |(_, parts)| parts)
    }

    /// The withheld parts of a sum, in order.
    fn hidden_parts(&self, sum: usize) -> Vec<u32> {
        let mut hidden: Vec<u32> =
            self.parts(sum).iter().copied().filter(|&part| self.withheld[part as usize]).collect();
        hidden.sort_unstable();
        hidden
    }

    /// A union in which each cell that is partly published along the dimension of a sum is replaced by its withheld parts.
    fn taken_apart(&self, union: &[u32], along: usize) -> Vec<u32> {
        let axes = self.lattice.axes_of(along);
        let partly_published = |cell: u32| {
            let mut sums = self.sums_of[cell as usize].iter().copied();
            sums.find(|&sum| {
                self.lattice.axes_of(sum) == axes && self.parts(sum).iter().any(|&part| !self.withheld[part as usize])
            })
        };
        let mut apart: Vec<u32> = Vec::with_capacity(union.len());
        for &cell in union {
            match partly_published(cell) {
                Some(sum) => apart.extend(self.hidden_parts(sum)),
                None => apart.push(cell),
            }
        }
        apart.sort_unstable();
        apart.dedup();
        apart
    }
}

fn is_broken(layer: &Layer, union: &[u32], policy: &Policy) -> bool {
    layer.evidence(union).is_some_and(|evidence| first_broken(&evidence, policy).is_some())
}

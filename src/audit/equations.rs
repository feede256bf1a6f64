//! The equations between cells, as an attacker finds them: by levels and codes alone.
//!
//! In: the places of cells, the classifications, and the values by which an equation is seen to hold. Out: the equations.
//! Invariant: this room shares no code with the protecting side, so that an equation that is overlooked there is found here; a
//! sum that does not hold is no equation.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::evidence::Parent;
use crate::disclose::Place;
use crate::disclose::secondary::{Equation, ProblemCell};
use crate::pipeline::{TOTAL, UNKNOWN};

/// The classifications: for a dimension, level and code the code on a coarser level.
type Parents<'a> = HashMap<(&'a str, u8, &'a str, u8), &'a str>;

/// Levels and codes of a cell.
type Node = (Vec<u8>, Vec<String>);

pub(super) struct Classifications<'a>(Parents<'a>);

impl<'a> Classifications<'a> {
    pub(super) fn of(parents: &'a [Parent]) -> Self {
        let entry = |parent: &'a Parent| {
            let Parent { dimension, level, code, coarser, parent } = parent;
            ((dimension.as_str(), *level, code.as_str(), *coarser), parent.as_str())
        };
        Self(parents.iter().map(entry).collect())
    }

    /// The node above one on coarser levels; none where a code there is not known.
    fn above(&self, node: &Node, coarser: &[u8], dimensions: &[String]) -> Option<Node> {
        let code = |axis: usize| -> Option<String> {
            let (level, code) = (node.0[axis], node.1[axis].as_str());
            match coarser[axis] {
                0 => Some(TOTAL.to_owned()),
                same if same == level => Some(code.to_owned()),
                wanted => self.0.get(&(dimensions[axis].as_str(), level, code, wanted)).map(|&code| code.to_owned()),
            }
        };
        Some((coarser.to_vec(), (0..coarser.len()).map(code).collect::<Option<_>>()?))
    }
}

/// All equations that hold in every layer.
pub(super) fn equations(
    places: &[Place],
    layers: &[Vec<ProblemCell>],
    classifications: &Classifications<'_>,
    dimensions: &[String],
) -> Vec<Equation> {
    let holds = |(whole, parts): &(u32, Vec<u32>)| {
        layers.iter().all(|cells| {
            let value = |cell: u32| cells.get(cell as usize).map(|cell| i128::from(cell.value));
            let sum: Option<i128> = parts.iter().map(|&part| value(part)).sum();
            sum.is_some() && sum == value(*whole)
        })
    };
    let equation = |(whole, parts): (u32, Vec<u32>)| {
        let terms = std::iter::once((whole, -1)).chain(parts.into_iter().map(|part| (part, 1))).collect();
        Equation { terms, sum: 0 }
    };
    sums(places, classifications, dimensions).into_iter().filter(holds).map(equation).collect()
}

/// All cells that should be the sum of others, whether they are or not.
pub(super) fn sums(
    places: &[Place],
    classifications: &Classifications<'_>,
    dimensions: &[String],
) -> Vec<(u32, Vec<u32>)> {
    let mut nodes: BTreeMap<Node, u32> = BTreeMap::new();
    let mut rests: BTreeMap<(u32, &[u8]), u32> = BTreeMap::new();
    let mut found: Vec<(u32, Vec<u32>)> = Vec::new();
    let (mut lacking, mut everybody) = (BTreeMap::new(), BTreeMap::new());
    for (place, number) in places.iter().zip(0_u32..) {
        match place {
            Place::Cell(axes) => {
                nodes.insert(axes.iter().cloned().unzip(), number);
            }
            Place::Rest { whole, finer } => {
                rests.insert((*whole, finer), number);
            }
            Place::Lacking(cell) => {
                lacking.insert(*cell, number);
            }
            Place::Everybody(cell) => {
                everybody.insert(*cell, number);
            }
            Place::Union(parts) => found.push((number, parts.clone())),
        }
    }
    let mut on_levels: BTreeMap<&[u8], Vec<(&Node, u32)>> = BTreeMap::new();
    for (node, &number) in &nodes {
        on_levels.entry(&node.0).or_default().push((node, number));
    }
    for (coarser, finer) in neighbours(&on_levels.keys().copied().collect()) {
        let mut parts: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut unknown: Vec<(&Node, u32)> = Vec::new();
        for &(node, number) in &on_levels[finer] {
            match classifications.above(node, coarser, dimensions) {
                Some(above) => {
                    if let Some(&whole) = nodes.get(&above) {
                        parts.entry(whole).or_default().push(number);
                    }
                }
                None => unknown.push((node, number)),
            }
        }
        let axes: Vec<usize> = (0..coarser.len()).filter(|&axis| coarser[axis] != finer[axis]).collect();
        for (node, number) in unknown {
            // In releases whose manifest does not say what is above what is not reported: what all coarser cells have of it.
            let [along] = axes[..] else { continue };
            if node.1[along] != UNKNOWN {
                continue;
            }
            let beside = |other: &Node| (0..coarser.len()).all(|at| at == along || other.1[at] == node.1[at]);
            let share = |&(_, whole): &(&Node, u32)| {
                if parts.contains_key(&whole) { rests.get(&(whole, finer)).copied() } else { Some(whole) }
            };
            let of = on_levels[coarser].iter().filter(|(other, _)| beside(other)).filter_map(share).collect();
            found.push((number, of));
        }
        found.extend(parts.into_iter().map(|(whole, mut parts)| {
            parts.extend(rests.get(&(whole, finer)));
            (whole, parts)
        }));
    }
    // Both sides of a share are everybody, and everybody adds up like either side.
    let number = |cell: &u32| everybody.get(cell).copied();
    let of_everybody = |(whole, parts): &(u32, Vec<u32>)| {
        Some((number(whole)?, parts.iter().map(number).collect::<Option<Vec<u32>>>()?))
    };
    let sums: Vec<(u32, Vec<u32>)> = found.iter().filter_map(of_everybody).collect();
    found.extend(sums);
    found.extend(everybody.iter().filter_map(|(&cell, &all)| Some((all, vec![cell, *lacking.get(&cell)?]))));
    found
}

/// Pairs of coarser and finer levels with none between them.
fn neighbours<'a>(all: &BTreeSet<&'a [u8]>) -> Vec<(&'a [u8], &'a [u8])> {
    let is_finer = |finer: &[u8], coarser: &[u8]| {
        finer != coarser && finer.iter().zip(coarser).all(|(finer, coarser)| finer >= coarser)
    };
    let mut pairs = Vec::new();
    for &coarser in all {
        for &finer in all.iter().filter(|finer| is_finer(finer, coarser)) {
            if !all.iter().any(|between| is_finer(between, coarser) && is_finer(finer, between)) {
                pairs.push((coarser, finer));
            }
        }
    }
    pairs
}

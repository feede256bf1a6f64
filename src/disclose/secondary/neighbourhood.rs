//! The surroundings of a cell, in which an alternative table is looked for first.
//!
//! In: a cell, and how many others are wanted. Out: cells that stand with it and with each other in equations.
//! Invariant: cells that are withheld already or that cost little come first; equations are rather closed than opened, since
//! an equation in which a single cell may move lets nothing move.

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet};

use super::problem::{Problem, Role};

/// Cells that are taken from an equation at a time.
const AT_ONCE: usize = 2;

/// The surroundings of `target`: about `wanted` cells, all of them `usable`; fewer where there are no more.
pub(super) fn around(
    problem: &Problem,
    target: u32,
    wanted: usize,
    is_usable: impl Fn(u32) -> bool,
    cost: impl Fn(u32) -> i64,
) -> Vec<u32> {
    let mut chosen = vec![target];
    let mut is_chosen: HashSet<u32> = HashSet::from_iter([target]);
    let mut counts: HashMap<u32, u32> = problem.equations_of(target).iter().map(|&equation| (equation, 1)).collect();
    let mut waiting: VecDeque<u32> = problem.equations_of(target).iter().copied().collect();
    while let Some(equation) = waiting.pop_front() {
        let is_full = chosen.len() >= wanted;
        if is_full && counts[&equation] > 1 {
            continue;
        }
        if chosen.len() > 2 * wanted {
            break;
        }
        let score = |cell: u32| {
            let of_equation = |other: &u32| match counts.get(other) {
                _ if *other == equation => 0,
                Some(1) => -60,
                Some(_) => -20,
                None if is_full => 60,
                None => 20,
            };
            cost(cell) + problem.equations_of(cell).iter().map(of_equation).sum::<i64>()
        };
        let cells = problem.equations()[equation as usize].terms.iter().map(|&(cell, _)| cell);
        let usable =
            |cell: &u32| !is_chosen.contains(cell) && problem.cell(*cell).role != Role::Known && is_usable(*cell);
        let mut scored: Vec<(i64, u32)> = cells.filter(usable).map(|cell| (score(cell), cell)).collect();
        let take = if is_full { 1 } else { AT_ONCE };
        let has_more = scored.len() > take;
        if has_more {
            scored.select_nth_unstable(take - 1);
            scored.truncate(take);
        }
        scored.sort_unstable();
        for (_, cell) in scored {
            if !is_chosen.insert(cell) {
                continue;
            }
            chosen.push(cell);
            for &other in problem.equations_of(cell) {
                let count = counts.entry(other).or_default();
                *count += 1;
                if *count == 1 {
                    waiting.push_back(other);
                }
            }
        }
        if has_more && !is_full {
            waiting.push_back(equation);
        }
    }
    chosen
}

//! Secondary suppression: the worked cases of the field, and random tables against an attacker that shares no code.

use std::path::Path;

use payquorum::audit::{Attacker, Breach, blocks};
use payquorum::disclose::secondary::{
    Alternative, Equation, Pattern, Problem, ProblemCell, Role, Share, Side, read_jj, write_jj,
};
use payquorum::exact::SCALE;
use proptest::prelude::*;

use crate::attacker::{Fraction, Solved, System};

fn protect(problem: &Problem) -> Pattern {
    payquorum::disclose::secondary::protect(std::slice::from_ref(problem)).expect("one layer")
}

fn check_proofs(problem: &Problem, pattern: &Pattern) -> Vec<Breach> {
    payquorum::audit::check_proofs(std::slice::from_ref(problem), pattern)
}

/// A cell to which each of `shares` companies contributes; unsafe by the p%-rule with p = 10.
fn cell(mut shares: Vec<Share>) -> ProblemCell {
    shares.sort_by_key(|share| std::cmp::Reverse(share.amount));
    let value: i64 = shares.iter().map(|share| share.amount).sum();
    let largest = shares.first().map_or(0, |share| share.amount);
    let rest: i64 = shares.iter().skip(2).map(|share| share.amount).sum();
    let level = (largest * 10 - rest * 100 + 99).div_euclid(100).max(0);
    let role = match (value, rest * 100 < largest * 10) {
        (0, _) => Role::Known,
        (_, true) => Role::Unsafe,
        (_, false) => Role::Open,
    };
    let protection = if role == Role::Unsafe { [level.max(1); 2] } else { [0; 2] };
    ProblemCell { value, loss: value, role, believed: [0, i64::MAX], protection, shares }
}

/// A cell of which nobody knows the contributors.
fn plain(value: i64, role: Role, protection: [i64; 2]) -> ProblemCell {
    ProblemCell { value, loss: value, role, believed: [0, i64::MAX], protection, shares: Vec::new() }
}

/// Rows by columns with their totals: cells row by row, then the totals of rows, of columns, and of all.
fn two_way(rows: &[&[i64]], role: impl Fn(usize, usize) -> Role) -> Problem {
    let (height, width) = (rows.len(), rows[0].len());
    let mut cells = Vec::new();
    for (row, values) in rows.iter().enumerate() {
        for (column, &value) in values.iter().enumerate() {
            let role = role(row, column);
            cells.push(plain(value * SCALE, role, if role == Role::Unsafe { [SCALE; 2] } else { [0; 2] }));
        }
    }
    let sums = rows.iter().map(|row| row.iter().sum::<i64>());
    let columns = (0..width).map(|column| rows.iter().map(|row| row[column]).sum());
    let all = rows.iter().flat_map(|row| row.iter()).sum::<i64>();
    cells.extend(sums.chain(columns).chain([all]).map(|value| plain(value * SCALE, Role::Known, [0; 2])));
    let place = |row: usize, column: usize| u32::try_from(row * width + column).expect("small");
    let total = |number: usize| u32::try_from(height * width + number).expect("small");
    let sum = |parts: Vec<u32>, whole: u32| Equation {
        terms: parts.into_iter().map(|part| (part, 1)).chain([(whole, -1)]).collect(),
        sum: 0,
    };
    let mut equations: Vec<Equation> = Vec::new();
    equations.extend((0..height).map(|row| sum((0..width).map(|column| place(row, column)).collect(), total(row))));
    equations.extend(
        (0..width).map(|column| sum((0..height).map(|row| place(row, column)).collect(), total(height + column))),
    );
    equations.push(sum((0..height).map(total).collect(), total(height + width)));
    Problem::new(cells, equations, 1).expect("a table")
}

/// What an outsider knows of a withheld cell, by the program and by the test's own attacker, which agree.
fn interval(problem: &Problem, withheld: &[bool], cell: u32) -> [Fraction; 2] {
    let blocks = blocks(problem, withheld);
    let block = blocks.iter().find(|block| block.cells.contains(&cell)).expect("a withheld cell");
    let found = block.interval(problem, cell, &[]).map(|bound| bound.expect("bounded"));
    let view = View::of(problem, withheld, None);
    let exact = [-1, 1].map(|sign| view.bound(cell, sign).expect("bounded") / Fraction::whole(SCALE.into()));
    for (found, exact) in found.into_iter().zip(exact) {
        assert_eq!(Fraction::new(found, SCALE.into()), exact, "the program and the exact attacker");
    }
    exact
}

/// Bounds on paper.
fn between(least: i128, largest: i128) -> [Fraction; 2] {
    [least, largest].map(Fraction::whole)
}

/// What is published, as an outsider or a company sees it.
struct View<'p> {
    problem: &'p Problem,
    company: Option<u32>,
    /// The variable of each cell that is not known: what it holds beyond what the attacker has in it.
    places: Vec<Option<usize>>,
    solved: Solved,
}

impl<'p> View<'p> {
    fn of(problem: &'p Problem, withheld: &[bool], company: Option<u32>) -> Self {
        let mut places = vec![None; withheld.len()];
        let mut variables = 0;
        for (place, cell) in problem.cells().iter().enumerate() {
            if withheld[place] && !(own(cell, company) == cell.value && cell.value > 0) {
                places[place] = Some(variables);
                variables += 1;
            }
        }
        let mut equations = Vec::new();
        for equation in problem.equations() {
            let mut constant = i128::from(equation.sum);
            let mut terms = Vec::new();
            for &(place, factor) in &equation.terms {
                let cell = problem.cell(place);
                let known = if let Some(variable) = places[place as usize] {
                    terms.push((variable, i128::from(factor)));
                    own(cell, company)
                } else {
                    cell.value
                };
                constant -= i128::from(factor) * i128::from(known);
            }
            if !terms.is_empty() {
                equations.push((terms, constant));
            }
        }
        Self { problem, company, places, solved: System { variables, equations }.solve() }
    }

    /// The largest value (or, with -1, the least) of a cell; none where it has no bound.
    fn bound(&self, target: u32, sign: i128) -> Option<Fraction> {
        let cell = self.problem.cell(target);
        let Some(variable) = self.places[target as usize] else { return Some(Fraction::whole(cell.value.into())) };
        let beyond = self.solved.largest(variable, sign)?;
        Some(Fraction::whole(own(cell, self.company).into()) + beyond * Fraction::whole(sign))
    }
}

/// What a company has in a cell.
fn own(cell: &ProblemCell, company: Option<u32>) -> i64 {
    cell.shares.iter().find(|share| Some(share.company) == company).map_or(0, |share| share.amount)
}

/// An unsafe cell that somebody comes too near to.
fn broken(problem: &Problem, withheld: &[bool]) -> Option<(u32, Option<u32>)> {
    let targets: Vec<u32> = problem.unsafe_cells().filter(|&place| problem.cell(place).protection[1] > 0).collect();
    if let Some(&shown) = problem.unsafe_cells().collect::<Vec<_>>().iter().find(|&&place| !withheld[place as usize]) {
        return Some((shown, None));
    }
    let outside = View::of(problem, withheld, None);
    for &place in &targets {
        let cell = problem.cell(place);
        let least = outside.bound(place, -1).expect("not negative");
        if least > Fraction::whole(i128::from((cell.value - cell.protection[0]).max(0))) {
            return Some((place, None));
        }
    }
    let in_withheld = problem.cells().iter().zip(withheld).filter(|(_, withheld)| **withheld);
    let mut attackers: Vec<Option<u32>> =
        in_withheld.flat_map(|(cell, _)| cell.shares.iter().map(|share| Some(share.company))).collect();
    attackers.push(None);
    attackers.sort_unstable();
    attackers.dedup();
    for attacker in attackers {
        let view = View::of(problem, withheld, attacker);
        for &place in &targets {
            let cell = problem.cell(place);
            let owns = cell.shares.len() == 1 && Some(cell.shares[0].company) == attacker;
            let wanted = Fraction::whole(i128::from(cell.value) + i128::from(cell.protection[1]));
            if !owns && view.bound(place, 1).is_some_and(|largest| largest < wanted) {
                return Some((place, attacker));
            }
        }
    }
    None
}

/// DISCLOSURE 7.4: rows [a, b, 7], [c, d, 3], [3, 3, 6], totals [9, 7, 16].
#[test]
fn worked_case_4() {
    let problem = two_way(&[&[6, 1, 7], &[0, 3, 3], &[3, 3, 6]], |_, _| Role::Open);
    let withheld: Vec<bool> = (0..problem.cells().len()).map(|place| [0, 1, 3, 4].contains(&place)).collect();
    let found = [0, 1, 3, 4].map(|cell| interval(&problem, &withheld, cell));
    assert_eq!(found, [between(3, 6), between(1, 4), between(0, 3), between(0, 3)]);
}

/// DISCLOSURE 7.5: a total of 56600 with parts 47600 and 8002: the third part is 998, whatever is withheld beside it.
#[test]
fn worked_case_5() {
    let problem = two_way(&[&[47_600, 8_002, 998]], |_, column| if column == 2 { Role::Unsafe } else { Role::Known });
    let pattern = protect(&problem);
    assert_eq!(pattern.unproven, [2]);
    assert_eq!(check_proofs(&problem, &pattern).first().map(|breach| breach.cell), Some(2));
    assert_eq!(interval(&problem, &pattern.withheld, 2), between(998, 998));
}

/// DISCLOSURE 7.6: withholding II-C alone gives [22, 22]; with II-A, III-A and III-C it is [5, 30].
#[test]
fn worked_case_6() {
    let rows: [&[i64]; 3] = [&[20, 50, 10], &[8, 19, 22], &[17, 32, 12]];
    let problem = two_way(&rows, |row, column| if (row, column) == (1, 2) { Role::Unsafe } else { Role::Open });
    let only = |cells: &[usize]| (0..problem.cells().len()).map(|place| cells.contains(&place)).collect::<Vec<bool>>();
    assert_eq!(interval(&problem, &only(&[5]), 5), between(22, 22));
    let four = only(&[3, 5, 6, 8]);
    let found = [5, 3, 6, 8].map(|cell| interval(&problem, &four, cell));
    assert_eq!(found, [between(5, 30), between(0, 25), between(0, 25), between(4, 29)]);
    let pattern = protect(&problem);
    assert_eq!(check_proofs(&problem, &pattern), []);
    assert_eq!(broken(&problem, &pattern.withheld), None);
    assert_eq!(pattern.withheld.iter().filter(|withheld| **withheld).count(), 4, "one cell and three that protect it");
}

/// DISCLOSURE 7.8: exact means beside counts that are each off by at most 2 give the true counts; means rounded to
/// whole units do not.
#[test]
fn worked_case_8() {
    let near = |count: i64| count - 2..=count + 2;
    // Sums 90, 95 and 185 over 8, 12 and 20; `step` is what means are rounded to, in 1/10,000.
    let counts = |step: i64| -> Vec<[i64; 3]> {
        let rounded = |sum: i64, count: i64| if step == 0 { 0 } else { (2 * sum * SCALE / count + step) / (2 * step) };
        let fits = |&[one, other, both]: &[i64; 3]| {
            if step == 0 {
                // The mean of both, 185/20, is that of the parts, 90/8 and 95/12, by their counts.
                one + other == both && 90 * one * 12 * 20 + 95 * other * 8 * 20 == 185 * both * 8 * 12
            } else {
                let sums = (0..400).flat_map(|one| (0..400).map(move |other| (one, other)));
                one + other == both
                    && sums.into_iter().any(|(a, b)| {
                        rounded(a, one) == rounded(90, 8)
                            && rounded(b, other) == rounded(95, 12)
                            && rounded(a + b, both) == rounded(185, 20)
                    })
            }
        };
        let all = near(9).flat_map(|one| near(14).flat_map(move |other| near(19).map(move |both| [one, other, both])));
        all.filter(|counts| counts.iter().all(|count| *count > 0)).filter(fits).collect()
    };
    assert_eq!(counts(0), [[8, 12, 20]]);
    assert!(counts(SCALE).len() > 1, "means rounded to whole units leave several counts: {:?}", counts(SCALE));
}

/// DISCLOSURE 7.9: two withheld cells in a row, each with one company: each computes the other's value.
#[test]
fn worked_case_9() {
    let share = |company: u32, amount: i64| Share { company, amount: amount * SCALE };
    let many = |first: u32| (first..first + 8).map(|company| share(company, 20)).collect::<Vec<_>>();
    let cells = vec![cell(vec![share(0, 50)]), cell(vec![share(1, 60)]), cell(many(2)), cell(many(10))];
    let all: Vec<Share> = cells.iter().flat_map(|cell| cell.shares.clone()).collect();
    let cells: Vec<ProblemCell> = cells.into_iter().chain([cell(all)]).collect();
    let row = Equation { terms: vec![(0, 1), (1, 1), (2, 1), (3, 1), (4, -1)], sum: 0 };
    let problem = Problem::new(cells, vec![row], 1).expect("a table");
    let naive = vec![true, true, false, false, false];
    assert!(broken(&problem, &naive).is_some_and(|(_, attacker)| attacker.is_some()), "a company breaks it");
    let pattern = protect(&problem);
    assert!(pattern.withheld[2..].contains(&true));
    assert_eq!(broken(&problem, &pattern.withheld), None);
    assert_eq!(check_proofs(&problem, &pattern), []);
    // The proofs that hold without companies' knowledge do not hold with it.
    let blind: Vec<ProblemCell> =
        problem.cells().iter().map(|cell| ProblemCell { shares: Vec::new(), ..cell.clone() }).collect();
    let blind = protect(&Problem::new(blind, problem.equations().to_vec(), 1).expect("a table"));
    assert_eq!(blind.withheld, naive);
    let breaches = check_proofs(&problem, &blind);
    assert!(breaches.iter().any(|breach| breach.attacker == Attacker::Companies(vec![0]) && breach.cell == 1));
}

/// DISCLOSURE 7.10: 15 = 10 + 5 + ? + 0, with the last withheld as well, gives [0, 0].
#[test]
fn worked_case_10() {
    let problem = two_way(&[&[10, 5, 0, 0]], |_, column| if column == 2 { Role::Unsafe } else { Role::Open });
    let withheld: Vec<bool> = (0..problem.cells().len()).map(|place| [2, 3].contains(&place)).collect();
    assert_eq!(interval(&problem, &withheld, 2), between(0, 0));
    assert!(broken(&problem, &withheld).is_some());
}

/// One dimension: how many leaves each of its groups has; a single group is the total itself.
type Dimension = Vec<usize>;

/// A random release: tables of several dimensions with hierarchies, of which some levels are never published.
#[derive(Debug, Clone)]
struct Release {
    dimensions: Vec<Dimension>,
    /// For each contribution a company, a leaf in each dimension (modulo their number), and an amount.
    contributions: Vec<(u32, Vec<usize>, i64)>,
    /// Whether the finest crossing is left out, as where several tables are linked.
    is_linked: bool,
    coalition: usize,
}

fn releases() -> impl Strategy<Value = Release> {
    let dimension = || proptest::collection::vec(1_usize..4, 1..3);
    let one = || proptest::collection::vec(2_usize..3, 1..2);
    let dimensions = prop_oneof![
        2 => (dimension(), dimension()).prop_map(|(a, b)| vec![a, b]),
        2 => (dimension(), one(), one()).prop_map(|(a, b, c)| vec![a, b, c]),
        1 => (one(), one(), one(), one()).prop_map(|(a, b, c, d)| vec![a, b, c, d]),
    ];
    let amount = prop_oneof![3 => 1_i64..60, 1 => 60_i64..900];
    let contribution = (0_u32..9, proptest::collection::vec(0_usize..12, 4), amount);
    (dimensions, proptest::collection::vec(contribution, 3..28), any::<bool>()).prop_map(
        |(dimensions, contributions, is_linked)| Release { dimensions, contributions, is_linked, coalition: 1 },
    )
}

impl Release {
    /// Nodes of a dimension: the total, then groups, then leaves; each with its parent and its level.
    fn nodes(dimension: &Dimension) -> Vec<(Option<usize>, usize)> {
        let groups = dimension.len();
        let mut nodes = vec![(None, 0)];
        if groups == 1 {
            nodes.extend((0..dimension[0]).map(|_| (Some(0), 2)));
            return nodes;
        }
        nodes.extend((0..groups).map(|_| (Some(0), 1)));
        for (group, &leaves) in dimension.iter().enumerate() {
            nodes.extend((0..leaves).map(|_| (Some(1 + group), 2)));
        }
        nodes
    }

    fn problem(&self) -> Problem {
        let nodes: Vec<Vec<(Option<usize>, usize)>> = self.dimensions.iter().map(Self::nodes).collect();
        let mut keys: Vec<Vec<usize>> = vec![Vec::new()];
        for of_dimension in &nodes {
            keys = keys
                .iter()
                .flat_map(|key| (0..of_dimension.len()).map(move |node| [key.as_slice(), &[node]].concat()))
                .collect();
        }
        let place = |key: &[usize]| keys.iter().position(|known| known == key).expect("a key");
        let mut shares: Vec<Vec<Share>> = vec![Vec::new(); keys.len()];
        for (company, leaves, amount) in &self.contributions {
            let leaf = |(dimension, leaf): (&Dimension, &usize)| {
                let count: usize = dimension.iter().sum();
                let groups = if dimension.len() == 1 { 0 } else { dimension.len() };
                1 + groups + leaf % count
            };
            let base: Vec<usize> = self.dimensions.iter().zip(leaves).map(leaf).collect();
            for (place, key) in keys.iter().enumerate() {
                let is_above = |(dimension, (&node, &leaf)): (usize, (&usize, &usize))| {
                    let group = nodes[dimension][leaf].0;
                    node == leaf || Some(node) == group || node == 0
                };
                if !key.iter().zip(&base).enumerate().all(is_above) {
                    continue;
                }
                match shares[place].iter_mut().find(|share| share.company == *company) {
                    Some(share) => share.amount += amount * SCALE,
                    None => shares[place].push(Share { company: *company, amount: amount * SCALE }),
                }
            }
        }
        let is_finest = |key: &[usize]| key.iter().enumerate().all(|(dimension, &node)| nodes[dimension][node].1 == 2);
        let mut cells: Vec<ProblemCell> = shares.into_iter().map(cell).collect();
        for (cell, key) in cells.iter_mut().zip(&keys) {
            // What no table shows is withheld from the start, and needs protection only where it is unsafe.
            if self.is_linked && is_finest(key) && cell.role == Role::Open {
                cell.role = Role::Unsafe;
            }
        }
        let mut equations = Vec::new();
        for (whole, key) in keys.iter().enumerate() {
            for (dimension, of_dimension) in nodes.iter().enumerate() {
                let children = (0..of_dimension.len()).filter(|&node| of_dimension[node].0 == Some(key[dimension]));
                let parts: Vec<usize> = children
                    .map(|node| {
                        let mut child = key.clone();
                        child[dimension] = node;
                        place(&child)
                    })
                    .collect();
                if !parts.is_empty() {
                    let term = |place: usize, factor: i64| (u32::try_from(place).expect("small"), factor);
                    let terms = parts.into_iter().map(|part| term(part, 1)).chain([term(whole, -1)]).collect();
                    equations.push(Equation { terms, sum: 0 });
                }
            }
        }
        Problem::new(cells, equations, self.coalition).expect("sums add up")
    }
}

/// What a refusal may be about: cells that nothing could protect, even if all were withheld.
fn beyond_help(problem: &Problem, pattern: &Pattern) -> bool {
    let all: Vec<bool> = problem.cells().iter().map(|cell| cell.role != Role::Known).collect();
    let hopeless: Vec<u32> = pattern.unproven.clone();
    !hopeless.is_empty() && broken(problem, &all).is_some()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Nobody who knows the published cells and the contributions of one company comes near an unsafe cell.
    #[test]
    fn random_tables_are_protected(release in releases()) {
        let problem = release.problem();
        let pattern = protect(&problem);
        let breaches = check_proofs(&problem, &pattern);
        prop_assert_eq!(&pattern, &protect(&problem), "the same pattern again");
        if pattern.unproven.is_empty() {
            prop_assert_eq!(breaches, []);
            prop_assert_eq!(broken(&problem, &pattern.withheld), None);
        } else {
            prop_assert!(!breaches.is_empty(), "what is not proven is refused");
            prop_assert!(beyond_help(&problem, &pattern), "only what nothing can protect is given up: {:?}", pattern.unproven);
        }
    }

    /// The audit believes no proof that was tampered with: a cell published after all, a level raised, a side left out.
    #[test]
    fn tampered_proofs_are_refused(release in releases(), pick in any::<prop::sample::Index>()) {
        let problem = release.problem();
        let pattern = protect(&problem);
        prop_assume!(pattern.unproven.is_empty() && !pattern.proofs.is_empty());
        let moved: Vec<u32> =
            pattern.proofs.iter().flat_map(|proof| &proof.tables).flat_map(Alternative::moves).map(|&(cell, _)| cell).collect();
        let mut published = pattern.clone();
        published.withheld[*pick.get(&moved) as usize] = false;
        // With a cell published, a proof that moves it counts no more; others may still hold.
        let left = check_proofs(&problem, &published);
        if left.is_empty() {
            prop_assert_eq!(broken(&problem, &published.withheld), None);
        }
        let mut missing = pattern.clone();
        missing.proofs.remove(pick.index(pattern.proofs.len()));
        prop_assert!(!check_proofs(&problem, &missing).is_empty());
    }

    #[test]
    fn jj_files_are_read_as_they_are_written(release in releases()) {
        let problem = release.problem();
        let indices: Vec<u64> = (0..problem.cells().len() as u64).map(|index| index * 3).collect();
        let text = write_jj(&problem, &indices, None);
        let read = read_jj(Path::new("problem.jj"), &text).expect("what was written");
        prop_assert_eq!(&read.indices, &indices);
        prop_assert_eq!(read.problem.equations(), problem.equations());
        for (read, cell) in read.problem.cells().iter().zip(problem.cells()) {
            let without = ProblemCell { shares: Vec::new(), ..cell.clone() };
            prop_assert_eq!(read.value, without.value);
            prop_assert_eq!((read.role, read.protection), (without.role, without.protection));
        }
        prop_assert_eq!(write_jj(&read.problem, &indices, None), text);
    }
}

/// Of all secondary suppressions, how many nobody would miss: at most one in twenty may be over-protection.
#[test]
fn nearly_every_suppression_is_needed() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (mut secondary, mut needless) = (0, 0);
    for _ in 0..60 {
        let release = releases().new_tree(&mut runner).expect("a release").current();
        let problem = release.problem();
        let pattern = protect(&problem);
        if !pattern.unproven.is_empty() {
            continue;
        }
        for place in 0..pattern.withheld.len() {
            if pattern.withheld[place] && problem.cells()[place].role == Role::Open {
                let mut tampered = pattern.withheld.clone();
                tampered[place] = false;
                secondary += 1;
                needless += usize::from(broken(&problem, &tampered).is_none());
            }
        }
    }
    assert!(secondary > 100, "{secondary} secondary suppressions");
    assert!(needless * 20 <= secondary, "{needless} of {secondary} are not needed");
    eprintln!("{needless} of {secondary} secondary suppressions are not needed");
}

/// Companies that share what they know: with a coalition of two, two sole contributors protect nobody from each other.
#[test]
fn a_coalition_is_not_convinced_by_its_own_cells() {
    let share = |company: u32, amount: i64| Share { company, amount: amount * SCALE };
    let many = |first: u32| (first..first + 9).map(|company| share(company, 20)).collect::<Vec<_>>();
    let parts = [vec![share(0, 50)], vec![share(1, 60)], vec![share(2, 55)], many(3), many(12)];
    let all: Vec<Share> = parts.concat();
    let cells: Vec<ProblemCell> = parts.into_iter().chain([all]).map(cell).collect();
    let row = Equation { terms: vec![(0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (5, -1)], sum: 0 };
    let of = |coalition: usize| Problem::new(cells.clone(), vec![row.clone()], coalition).expect("a table");
    let alone = protect(&of(1));
    assert_eq!(alone.withheld, [true, true, true, false, false, false]);
    let together = protect(&of(2));
    assert!(together.withheld[3] || together.withheld[4]);
    assert_eq!(check_proofs(&of(2), &together), []);
    let breaches = check_proofs(&of(2), &alone);
    assert!(
        breaches.iter().any(|breach| breach.side == Side::Above
            && matches!(&breach.attacker, Attacker::Companies(two) if two.len() == 2))
    );
}

/// DISCLOSURE 7.6 as a JJ file: cells row by row, totals of rows, of columns, and of all.
const ACTIVITY_BY_REGION: &str = "0
16
0 20 20 s 0 1000 0 0 0
1 50 50 s 0 1000 0 0 0
2 10 10 s 0 1000 0 0 0
3 8 8 s 0 1000 0 0 0
4 19 19 s 0 1000 0 0 0
5 22 22 u 0 1000 2 2.5 0
6 17 17 s 0 1000 0 0 0
7 32 32 s 0 1000 0 0 0
8 12 12 s 0 1000 0 0 0
9 80 80 z 0 1000 0 0 0
10 49 49 z 0 1000 0 0 0
11 61 61 z 0 1000 0 0 0
12 45 45 z 0 1000 0 0 0
13 101 101 z 0 1000 0 0 0
14 44 44 z 0 1000 0 0 0
15 190 190 z 0 1000 0 0 0
7
0 4 : 0 (1) 1 (1) 2 (1) 9 (-1)
0 4 : 3 (1) 4 (1) 5 (1) 10 (-1)
0 4 : 6 (1) 7 (1) 8 (1) 11 (-1)
0 4 : 0 (1) 3 (1) 6 (1) 12 (-1)
0 4 : 1 (1) 4 (1) 7 (1) 13 (-1)
0 4 : 2 (1) 5 (1) 8 (1) 14 (-1)
0 4 : 9 (1) 10 (1) 11 (1) 15 (-1)
";

fn disclose(text: &str) -> (std::process::Output, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("problem.jj"), text).expect("written");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_payquorum"))
        .args(["disclose", "problem.jj", "--output", "protected.jj", "--intervals", "intervals.csv"])
        .current_dir(folder.path())
        .output()
        .expect("the program runs");
    (output, folder)
}

#[test]
fn a_jj_file_is_protected_from_the_command_line() {
    let (output, folder) = disclose(ACTIVITY_BY_REGION);
    let summary = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{summary}");
    assert!(summary.contains("unsafe       1, withheld") && summary.contains("secondary    3, withheld"), "{summary}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect(name);
    let protected = read_jj(Path::new("protected.jj"), &read("protected.jj")).expect("what was written");
    assert_eq!(protected.problem.cell(5).role, Role::Unsafe);
    assert_eq!(protected.problem.cell(5).protection, [2 * SCALE, 5 * SCALE / 2]);
    assert_eq!(protected.problem.unsafe_cells().count(), 4, "three cells are withheld for the unsafe one");
    let intervals = read("intervals.csv");
    assert_eq!(intervals.lines().count(), 5);
    assert!(intervals.contains("\n5,unsafe,"), "{intervals}");
    // Its own output can be protected again, and nothing more is withheld.
    let (again, folder) = disclose(&read("protected.jj"));
    assert!(again.status.success());
    let written = std::fs::read_to_string(folder.path().join("protected.jj")).expect("protected.jj");
    assert_eq!(written, read("protected.jj"));
}

#[test]
fn a_table_that_cannot_be_protected_is_refused_with_the_cell_named() {
    // Every other cell must be published.
    let (output, folder) = disclose(&ACTIVITY_BY_REGION.replace(" s 0", " z 0"));
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("\n  cell 5"));
    assert!(!folder.path().join("protected.jj").exists() && !folder.path().join("intervals.csv").exists());
}

#[test]
fn mistakes_in_a_jj_file_are_all_told_with_their_places() {
    let cases = [
        ("0\n16", "1\n16", 1),
        ("5 22 22 u", "5 22 22 w", 8),
        ("5 22 22 u", "5 2x2 22 u", 8),
        ("5 22 22 u 0 1000 2 2.5 0", "5 22 22 u 0 1000", 8),
        ("5 22 22 u 0", "5 22 22 u 30", 8),
        ("6 17 17", "5 17 17", 9),
        ("0 4 : 3 (1)", "0 5 : 3 (1)", 21),
        ("0 4 : 3 (1)", "0 4 3 (1)", 21),
        ("0 4 : 3 (1)", "0 4 : 99 (1)", 21),
        ("0 4 : 3 (1)", "0 4 : 3 (2)", 21),
        ("0 4 : 3 (1)", "0 9223372036854775808 : 3 (1)", 21),
        ("0 4 : 3 (1)", "0 4 : 3 (9223372036854775807)", 21),
        ("0 4 : 9 (1) 10 (1) 11 (1) 15 (-1)\n", "", 26),
    ];
    for (right, wrong, line) in cases {
        let text = ACTIVITY_BY_REGION.replacen(right, wrong, 1);
        assert_ne!(text, ACTIVITY_BY_REGION);
        let problems = read_jj(Path::new("problem.jj"), &text).expect_err(wrong).problems;
        assert_eq!(problems[0].line, line, "{wrong:?}: {problems:?}");
    }
    let (output, _) = disclose(&ACTIVITY_BY_REGION.replace("5 22 22 u", "5 22 22 w"));
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("problem.jj:8:1"));
}

//! What can be computed from the files of a release alone, by anybody or by a company that knows its own records.
//!
//! In: a release, and what a company contributes to its cells. Out: for each withheld number of employees and sum the interval in
//! which it must lie. Invariant: published figures are taken within their rounding; each bound has a certificate in integers, so
//! that no interval is narrower than what the attacker really knows.
//!
//! The attacker takes it that cells which are not listed are empty, and knows the classifications, which the manifest tells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::bound::{System, Unknown};
use super::equations::{Classifications, sums};
use super::evidence::Parent;
use super::published::{Key, Published, Told};
use crate::disclose::Place;
use crate::exact::SCALE;
use crate::pipeline::TOTAL;

/// Employees and sum of a company in a cell; the sum in 1/10,000.
pub type Own = HashMap<(String, Option<String>), HashMap<Key, (i128, i128)>>;

/// What is known of a withheld figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The measure.
    pub measure: String,
    /// The currency of its amounts, where they have one.
    pub currency: Option<String>,
    /// The cell in words.
    pub cell: String,
    /// Whether it is the number of employees; otherwise the sum of their values.
    pub is_count: bool,
    /// Least and largest value in 1/10,000; none where there is no bound.
    pub known: [Option<i128>; 2],
    /// What of it is the company's own.
    pub own: i128,
}

/// Larger blocks of withheld cells are not asked.
const LARGEST_BLOCK: usize = 2_000;

/// What is known of all withheld figures, and how many cells were in blocks that are too large to be asked.
#[must_use]
pub fn guesses(published: &Published, own: &Own) -> (Vec<Guess>, usize) {
    let (mut guesses, mut left_out) = (Vec::new(), 0);
    for Listed { name, cells, places, equations, dimensions } in listed(published) {
        let nothing = HashMap::new();
        let own = own.get(name).unwrap_or(&nothing);
        for is_count in [true, false] {
            let Some(ranges) = ranges(&cells, name, published, is_count) else { continue };
            let own: Vec<i128> = cells
                .iter()
                .map(|(key, _)| own.get(*key).map_or(0, |own| if is_count { own.0 } else { own.1 }))
                .collect();
            let table = Table { ranges, own, equations: &equations };
            left_out += table.ask(|cell, known| {
                guesses.push(Guess {
                    measure: name.0.clone(),
                    currency: name.1.clone(),
                    cell: Place::words(u32::try_from(cell).unwrap_or(u32::MAX), &places, &dimensions),
                    is_count,
                    known,
                    own: table.own[cell],
                });
            });
        }
    }
    (guesses, left_out)
}

/// The cells of a measure and currency, and which of them should be the sum of others.
pub(super) struct Listed<'a> {
    pub(super) name: &'a (String, Option<String>),
    pub(super) cells: Vec<(&'a Key, &'a Told)>,
    pub(super) places: Vec<Place>,
    pub(super) equations: Vec<(u32, Vec<u32>)>,
    pub(super) dimensions: Vec<String>,
}

/// What a release lists, measure by measure.
pub(super) fn listed(published: &Published) -> Vec<Listed<'_>> {
    let parents: Vec<Parent> =
        published.manifest.dimensions.iter().flat_map(|dimension| dimension.parents.clone()).collect();
    let classifications = Classifications::of(&parents);
    let mut dimensions: Vec<String> =
        published.manifest.dimensions.iter().map(|dimension| dimension.name.clone()).collect();
    dimensions.sort();
    let mut names: Vec<&(String, Option<String>)> = published.cells.keys().collect();
    names.sort();
    let of_name = |name: &'_ (String, Option<String>)| {
        let (name, of_name) = published.cells.get_key_value(name)?;
        let mut cells: Vec<(&Key, &Told)> = of_name.iter().collect();
        cells.sort_by_key(|(key, _)| *key);
        let places: Vec<Place> = cells.iter().map(|(key, _)| place(key, &dimensions)).collect();
        let equations = sums(&places, &classifications, &dimensions);
        Some(Listed { name, cells, places, equations, dimensions: dimensions.clone() })
    };
    names.into_iter().filter_map(of_name).collect()
}

fn place(key: &Key, dimensions: &[String]) -> Place {
    let axis = |dimension: &String| {
        let found = key.iter().find(|(name, ..)| name == dimension);
        found.map_or_else(|| (0, TOTAL.to_owned()), |(_, level, code)| (*level, code.clone()))
    };
    Place::Cell(dimensions.iter().map(axis).collect())
}

/// A published range, or nothing where it is withheld.
type Range = Option<[i128; 2]>;

/// What the files tell of counts or sums, within rounding; none where nothing adds up.
fn ranges(
    cells: &[(&Key, &Told)],
    (measure, _): &(String, Option<String>),
    published: &Published,
    is_count: bool,
) -> Option<Vec<Range>> {
    let policy = &published.manifest.policy;
    let scale = i128::from(SCALE);
    let count = |told: &Told| told.count(policy);
    if is_count {
        return Some(cells.iter().map(|(_, told)| count(told).map(|range| range.map(|count| count * scale))).collect());
    }
    let entry = published.manifest.measures.iter().find(|entry| entry.name == *measure)?;
    if !matches!(entry.kind.as_str(), "distribution" | "share" | "total")
        || cells.iter().any(|(_, told)| told.mean.is_some_and(|mean| mean < 0.0))
    {
        return None;
    }
    let step = i128::from(policy.rounding.step(entry.rounding));
    // An unrounded mean is a float; what it loses is less than a thousandth of a step of amounts.
    let sum = |told: &Told| {
        let ([fewest, most], mean) = (count(told)?, amount(told.mean?));
        if step == 0 {
            let off = (mean.abs() / 1_000_000_000).max(1);
            return Some([(mean - off) * fewest, (mean + off) * most]);
        }
        Some([((2 * mean - step) * fewest).div_euclid(2).max(0), ((2 * mean + step) * most + 1).div_euclid(2)])
    };
    Some(cells.iter().map(|(_, told)| sum(told)).collect())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a published amount is far smaller")]
pub(super) fn amount(figure: f64) -> i128 {
    (figure * SCALE as f64).round() as i128
}

struct Table<'a> {
    ranges: Vec<Range>,
    own: Vec<i128>,
    equations: &'a [(u32, Vec<u32>)],
}

impl Table<'_> {
    /// Asks for each withheld cell, block by block; tells how many cells were left out.
    fn ask(&self, mut tell: impl FnMut(usize, [Option<i128>; 2])) -> usize {
        let mut equations_of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, (whole, parts)) in self.equations.iter().enumerate() {
            for &cell in parts.iter().chain([whole]) {
                equations_of.entry(cell).or_default().push(place);
            }
        }
        let is_withheld = |cell: u32| self.ranges[cell as usize].is_none();
        let (mut seen, mut left_out) = (BTreeSet::new(), 0);
        for start in (0_u32..).take(self.ranges.len()).filter(|&cell| is_withheld(cell)) {
            if !seen.insert(start) {
                continue;
            }
            let (mut block, mut used, mut next) = (vec![start], BTreeSet::new(), 0);
            while let Some(&cell) = block.get(next) {
                next += 1;
                for &equation in equations_of.get(&cell).into_iter().flatten() {
                    if !used.insert(equation) {
                        continue;
                    }
                    let (whole, parts) = &self.equations[equation];
                    block.extend(
                        parts.iter().chain([whole]).copied().filter(|&cell| is_withheld(cell) && seen.insert(cell)),
                    );
                }
            }
            if block.len() > LARGEST_BLOCK {
                left_out += block.len();
                continue;
            }
            let (system, place_of) = self.system(&block, &used);
            for &cell in &block {
                let most = |sign| system.most(place_of[&cell], sign).map(|bound| bound.floor(1));
                let known = [most(-1).map(|least| -least), most(1)];
                // Where nothing is possible, a cell was taken for empty that is not: then nothing is known.
                let is_possible = !matches!(known, [Some(least), Some(most)] if least > most);
                tell(cell as usize, if is_possible { known } else { [None; 2] });
            }
        }
        left_out
    }

    /// The withheld cells of a block and the published ones beside them.
    fn system(&self, block: &[u32], equations: &BTreeSet<usize>) -> (System, BTreeMap<u32, usize>) {
        let mut place_of: BTreeMap<u32, usize> = BTreeMap::new();
        let mut system = System::default();
        let mut place = |cell: u32, system: &mut System| {
            *place_of.entry(cell).or_insert_with(|| {
                let own = self.own[cell as usize];
                system.unknowns.push(match self.ranges[cell as usize] {
                    Some([least, most]) => Unknown { least: least.max(own.min(most)), most: Some(most) },
                    None => Unknown { least: own.max(0), most: None },
                });
                system.unknowns.len() - 1
            })
        };
        for &cell in block {
            place(cell, &mut system);
        }
        for &equation in equations {
            let (whole, parts) = &self.equations[equation];
            let mut terms = vec![(place(*whole, &mut system), -1)];
            terms.extend(parts.iter().map(|&part| (place(part, &mut system), 1)));
            system.equations.push(terms);
        }
        system.narrow();
        (system, place_of)
    }
}

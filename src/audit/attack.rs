//! Plays every attacker on a finished release.
//!
//! In: the files of a release, and the private folder that knows what is true. Out: each [`Finding`]. Invariant: what is withheld is
//! read from the files; the equations are found here, and proofs are checked by them; what is not proven is a finding, unless a
//! search was asked for and shows that the attacker in question comes nowhere near.
//!
//! Attackers know exactly what stands behind every published figure: rounding is counted as no protection.

use std::collections::BTreeSet;
use std::path::Path;

use super::equations::{Classifications, equations};
use super::evidence::{Evidence, Group};
use super::interval::{Block, blocks};
use super::proof::{Attacker, Breach, check_proofs};
use super::published::{Key, Published, Told, UnreadableRelease, key_of};
use super::single::known_employees;
use crate::disclose::secondary::{Alternative, Pattern, Problem, ProblemCell, ProblemError, Side};
use crate::disclose::{Place, WHO_HAVE_IT};
use crate::exact::SCALE;
use crate::pipeline::TOTAL;
use crate::store::StoreError;

/// How much is done where proofs do not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Nothing: what is not proven is refused.
    Proofs,
    /// Linear programmes for everybody who might come near.
    Search,
}

/// An attacker who learns too much, or of whom it is not proven that they do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The cell in words.
    pub cell: String,
    /// The measure, and what of it is added up.
    pub fact: String,
    /// On which side of the value.
    pub side: Side,
    /// Who.
    pub attacker: Attacker,
    /// What they know: least and largest value, in 1/10,000; none where nothing was computed.
    pub known: Option<[Option<i128>; 2]>,
}

/// What came of an attack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attack {
    /// Withheld cells that nobody may come near, in all quantities of all groups.
    pub cells: usize,
    /// Alternative tables that were checked.
    pub tables: usize,
    /// Needs that no proof decides, and that a search decided in favour of the release.
    pub searched: usize,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Why a release cannot be attacked.
#[derive(Debug, thiserror::Error)]
pub enum AttackError {
    /// The release.
    #[error(transparent)]
    Release(#[from] UnreadableRelease),
    /// The private files.
    #[error(transparent)]
    Private(#[from] StoreError),
}

/// Attackers that are tried for one cell.
const ATTACKERS: usize = 200;

/// Larger blocks are not searched: the answer could take long, and whatever is in doubt is a finding.
const LARGEST_BLOCK: usize = 5_000;

/// Attacks a release whose private folder is at hand.
///
/// # Errors
/// [`AttackError`]: something cannot be read.
pub fn attack(release: &Path, private: &Path, effort: Effort) -> Result<Attack, AttackError> {
    let published = Published::read(release)?;
    let evidence = Evidence::read(private)?;
    let classifications = Classifications::of(&evidence.parents);
    let mut attack = Attack { findings: known_employees(&published), ..Attack::default() };
    for group in &evidence.groups {
        let withheld: Vec<bool> = (0..group.places.len()).map(|cell| is_withheld(cell, group, &published)).collect();
        attack_group(group, withheld, &classifications, effort, &mut attack);
    }
    Ok(attack)
}

/// Whether the release does not tell what a cell is.
fn is_withheld(cell: usize, group: &Group, published: &Published) -> bool {
    let header = &group.header;
    let key = |axes: &[(u8, String)]| {
        let axes = header.dimensions.iter().zip(axes);
        key_of(axes.map(|(dimension, (level, code))| (dimension.as_str(), *level, code.as_str())))
    };
    let told = |key: &Key, is_told: &dyn Fn(&Told) -> bool| {
        published.told(&header.measures, header.currency.as_deref(), key).any(is_told)
    };
    match &group.places[cell] {
        Place::Cell(axes) => !told(&key(axes), &|told| match header.quantity.as_str() {
            "employees" => told.employees.is_some(),
            "organization" => told.organization_mean.is_some(),
            _ => told.mean.is_some(),
        }),
        // Where employees are counted the number is told, by this measure or by another that is of as many.
        Place::Everybody(of) if header.facts.iter().all(|(_, fact)| fact == WHO_HAVE_IT) => {
            let Some(Place::Cell(axes)) = group.places.get(*of as usize) else { return true };
            let key = key(axes);
            let policy = &published.manifest.policy;
            let numbers: Vec<i128> =
                group.layers.iter().map(|cells| i128::from(cells[cell].value) / i128::from(SCALE)).collect();
            let is_as_many = |told: &Told| {
                let count = told.count(policy);
                count.is_some_and(|[least, most]| numbers.iter().any(|number| (least..=most).contains(number)))
            };
            !told(&key, &|told| told.employees.is_some()) && !published.told_of_any(&key).any(is_as_many)
        }
        _ => true,
    }
}

fn attack_group(
    group: &Group,
    withheld: Vec<bool>,
    classifications: &Classifications<'_>,
    effort: Effort,
    attack: &mut Attack,
) {
    let header = &group.header;
    let layers = match problems(group, classifications) {
        Ok(layers) => layers,
        Err(error) => {
            attack.findings.push(Finding {
                cell: format!("any cell ({error})"),
                fact: header.measures.join(", "),
                side: Side::Above,
                attacker: Attacker::Outsider,
                known: None,
            });
            return;
        }
    };
    let pattern = Pattern { withheld, proofs: group.proofs.clone(), unproven: Vec::new() };
    attack.cells += layers.first().map_or(0, |layer| layer.unsafe_cells().count());
    attack.tables += pattern.proofs.iter().map(|proof| proof.tables.len()).sum::<usize>();
    let breaches = check_proofs(&layers, &pattern);
    let mut known_blocks: Option<(usize, Vec<Block>)> = None;
    for breach in breaches {
        let problem = &layers[breach.layer];
        let verdict = if effort == Effort::Search && pattern.withheld[breach.cell as usize] {
            let blocks = match known_blocks.take() {
                Some((layer, blocks)) if layer == breach.layer => blocks,
                _ => blocks(problem, &pattern.withheld),
            };
            let verdict = blocks
                .iter()
                .find(|block| block.cells.binary_search(&breach.cell).is_ok())
                .map_or(Searched::Doubtful, |block| search(problem, block, &breach));
            known_blocks = Some((breach.layer, blocks));
            verdict
        } else {
            Searched::Doubtful
        };
        let (attacker, known) = match verdict {
            Searched::NobodyComesNear => {
                attack.searched += 1;
                continue;
            }
            Searched::Doubtful => (breach.attacker, None),
            Searched::Broken(attacker, known) => (attacker, Some(known)),
        };
        let (measure, fact) = &header.facts[breach.layer];
        attack.findings.push(Finding {
            cell: Place::words(breach.cell, &group.places, &header.dimensions),
            fact: format!("{measure} ({fact}, {})", header.quantity),
            side: breach.side,
            attacker,
            known,
        });
    }
}

/// The layers of a group, with the equations that are found here.
fn problems(group: &Group, classifications: &Classifications<'_>) -> Result<Vec<Problem>, ProblemError> {
    let header = &group.header;
    let equations = equations(&group.places, &group.layers, classifications, &header.dimensions);
    let problem = |(cells, unit): (&Vec<ProblemCell>, &i64)| {
        Ok(Problem::new(cells.clone(), equations.clone(), header.coalition)?.counted_in(*unit))
    };
    group.layers.iter().zip(&header.units).map(problem).collect()
}

/// How a withheld cell is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    /// The measure, and what of it is added up.
    pub fact: String,
    /// The cells that move in the tables which prove it, in words.
    pub protectors: BTreeSet<String>,
    /// How many tables prove it.
    pub tables: usize,
    /// What anybody knows of it, in 1/10,000.
    pub known: [Option<i128>; 2],
    /// The true value, in 1/10,000.
    pub value: i128,
}

/// How a cell is protected, by the private files of its release alone; nothing where no other cell has to do with it. `axes` tell the
/// code of each dimension that is not a total.
#[must_use]
pub fn protection(evidence: &Evidence, axes: &[(String, String)], measure: &str) -> Vec<Protection> {
    let classifications = Classifications::of(&evidence.parents);
    let mut found = Vec::new();
    for group in evidence.groups.iter().filter(|group| group.header.measures.iter().any(|own| own == measure)) {
        let header = &group.header;
        let is_asked = |place: &Place| match place {
            Place::Cell(own) => {
                let code = |name: &String| axes.iter().find(|(asked, _)| asked == name).map_or(TOTAL, |(_, code)| code);
                let has_all = axes.iter().all(|(name, code)| code == TOTAL || header.dimensions.contains(name));
                has_all && header.dimensions.iter().zip(own).all(|(name, (_, own))| code(name) == own)
            }
            _ => false,
        };
        let Some(place) = group.places.iter().position(is_asked).filter(|&place| group.withheld[place]) else {
            continue;
        };
        let Ok(cell) = u32::try_from(place) else { continue };
        let Ok(layers) = problems(group, &classifications) else { continue };
        for ((layer, problem), (own, fact)) in layers.iter().enumerate().zip(&header.facts) {
            if own != measure {
                continue;
            }
            let proofs = group.proofs.iter().filter(|proof| (proof.layer, proof.cell) == (layer, cell));
            let tables = || proofs.clone().flat_map(|proof| &proof.tables);
            let moved = tables().flat_map(Alternative::moves).filter(|(moved, _)| *moved != cell);
            let block = blocks(problem, &group.withheld).into_iter().find(|block| block.cells.contains(&cell));
            found.push(Protection {
                fact: format!("{own} ({fact}, {})", header.quantity),
                protectors: moved.map(|(moved, _)| Place::words(*moved, &group.places, &header.dimensions)).collect(),
                tables: tables().count(),
                known: block
                    .filter(|block| block.cells.len() <= LARGEST_BLOCK)
                    .map_or([None; 2], |block| block.interval(problem, cell, &[])),
                value: problem.cell(cell).value.into(),
            });
        }
    }
    found
}

/// What a search says of a breach.
enum Searched {
    NobodyComesNear,
    Broken(Attacker, [Option<i128>; 2]),
    Doubtful,
}

/// Looks for somebody who comes too near to a cell, among those who know most.
fn search(problem: &Problem, block: &Block, breach: &Breach) -> Searched {
    let Ok(place) = block.cells.binary_search(&breach.cell) else { return Searched::Doubtful };
    let cell = problem.cell(breach.cell);
    let room = cell.room()[0];
    let (sign, level) = match breach.side {
        Side::Below => (-1, i128::from(cell.protection[0]).min(room)),
        Side::Above => (1, i128::from(cell.protection[1])),
    };
    if block.cells.len() > LARGEST_BLOCK {
        return Searched::Doubtful;
    }
    let of_companies = |companies: &[u32]| match companies {
        [] => Attacker::Outsider,
        companies => Attacker::Companies(companies.to_vec()),
    };
    let (attackers, are_all) = attackers(problem, block, breach);
    for companies in attackers {
        let is_near = block.system(problem, &companies).most(place, sign).is_some_and(|bound| bound.is_below(level));
        if is_near {
            return Searched::Broken(of_companies(&companies), block.interval(problem, breach.cell, &companies));
        }
    }
    if are_all { Searched::NobodyComesNear } else { Searched::Doubtful }
}

/// Who is tried: the attacker whom no proof convinces, an outsider, whoever knows whole cells of the block, whoever contributes
/// to the cell or to one beside it, and then everybody else. From below a company knows no more than an outsider. And whether
/// these are all: they are not where there are too many, or where several companies may share what they know.
fn attackers(problem: &Problem, block: &Block, breach: &Breach) -> (Vec<Vec<u32>>, bool) {
    let mut tried: Vec<Vec<u32>> = Vec::new();
    if let Attacker::Companies(companies) = &breach.attacker {
        tried.push(companies.clone());
    }
    tried.push(Vec::new());
    if breach.side == Side::Below {
        return (tried, true);
    }
    let target = problem.cell(breach.cell);
    let owns_target =
        |company: u32| target.shares.len() == 1 && target.shares.iter().any(|share| share.company == company);
    let beside: BTreeSet<u32> = problem
        .equations_of(breach.cell)
        .flat_map(|equation| problem.equations()[equation as usize].terms.iter().map(|(cell, _)| *cell))
        .collect();
    let whole = block.cells.iter().copied().filter(|&cell| problem.cell(cell).is_known_to(problem.coalition()));
    let companies: Vec<u32> = whole
        .chain(beside.into_iter().filter(|cell| block.cells.binary_search(cell).is_ok()))
        .chain(block.cells.iter().copied())
        .flat_map(|cell| problem.cell(cell).shares.iter().map(|share| share.company))
        .collect();
    let mut is_known = BTreeSet::new();
    for company in companies {
        if !owns_target(company) && is_known.insert(company) {
            tried.push(vec![company]);
        }
    }
    let are_all = tried.len() <= ATTACKERS && problem.coalition() == 1;
    tried.truncate(ATTACKERS);
    (tried, are_all)
}

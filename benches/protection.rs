//! Protection of tables: how many cells are withheld, how long it takes, and how both grow.
//!
//! In: problems made here, by a fixed generator, of about 1,500, 15,000 and 150,000 cells in three hierarchical dimensions with one
//! unsafe cell in ten; and contributions in CSV files (columns `s2,s3,s4,div,st,size,company,value`) in the folder that
//! `PAYQUORUM_TABLES` names, where it is set. Out: a table on standard output. Run with `cargo bench --bench protection`, after
//! it `/usr/bin/time -v` for the memory. Whatever the audit doubts ends the bench.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::time::Instant;

use payquorum::audit::check_proofs;
use payquorum::disclose::secondary::{Equation, Problem, ProblemCell, Role, Share, protect};

/// The levels of one dimension, from the total down: the code of a leaf on each.
type Codes = Vec<String>;

/// Columns of each dimension, coarsest first.
type Levels<'a> = &'a [&'a [&'a str]];

/// What a company contributes to a leaf of the crossing.
struct Contribution {
    leaf: Vec<Codes>,
    company: u32,
    amount: i64,
}

/// Problems of the files, as the peer was asked: file, levels of the three dimensions, and what GaussSuppression 1.2.3 withholds.
const FILES: [(&str, Levels, Option<u64>); 6] = [
    ("small", &[&["s2", "s3", "s4"], &["div", "st"], &["size"]], Some(1_204)),
    ("mid", &[&["s2", "s3", "s4"], &["div", "st"]], Some(1_134)),
    ("mid", &[&["s2", "s3"], &["div", "st"], &["size"]], Some(2_457)),
    ("mid", &[&["s2", "s3", "s4"], &["div", "st"], &["size"]], Some(6_343)),
    ("big", &[&["s2", "s3"], &["div", "st"]], Some(2_587)),
    ("big", &[&["s2", "s3", "s4"], &["div", "st"], &["size"]], None),
];

fn main() {
    println!("| problem | cells | unsafe | withheld | peer | protecting | audit |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for sectors in [&[3, 2][..], &[5, 5], &[10, 6, 4]] {
        let contributions = generated(sectors);
        measure(&format!("generated, {} sectors", sectors.iter().product::<usize>()), &contributions, None);
    }
    let Some(folder) = std::env::var_os("PAYQUORUM_TABLES") else {
        eprintln!("skipped: PAYQUORUM_TABLES names no folder of tables");
        return;
    };
    for (name, levels, peer) in FILES {
        let file = Path::new(&folder).join(name).with_extension("csv");
        match std::fs::read_to_string(&file) {
            Ok(text) => measure(&format!("{name}, {levels:?}"), &read(&text, levels), peer),
            Err(_) => eprintln!("skipped: {} is not there", file.display()),
        }
    }
}

fn measure(name: &str, contributions: &[Contribution], peer: Option<u64>) {
    let problem = problem(contributions);
    let start = Instant::now();
    let pattern = protect(std::slice::from_ref(&problem)).expect("a problem");
    let protecting = start.elapsed();
    let start = Instant::now();
    let breaches = check_proofs(std::slice::from_ref(&problem), &pattern);
    let audit = start.elapsed();
    assert!(breaches.is_empty(), "the audit doubts {} cells, first {:?}", breaches.len(), breaches.first());
    let withheld = pattern.withheld.iter().filter(|withheld| **withheld).count();
    let peer = peer.map_or_else(String::new, |peer| peer.to_string());
    println!(
        "| {name} | {} | {} | {withheld} | {peer} | {:.2} s | {:.2} s |",
        problem.cells().len(),
        problem.unsafe_cells().count(),
        protecting.as_secs_f64(),
        audit.as_secs_f64()
    );
}

/// Contributions in which about one cell in ten breaks the p%-rule. `sectors` are the children on each level below the total; there are
/// 30 states in 6 divisions and 10 sizes in 3 groups.
fn generated(sectors: &[usize]) -> Vec<Contribution> {
    let mut state = 20_261_125_u64;
    let mut roll = move |end: u64| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    };
    let leaves = |children: &[usize]| -> Vec<Codes> {
        let mut codes: Vec<Codes> = vec![vec!["T".to_owned()]];
        for &count in children {
            let child =
                |code: &Codes, child: usize| [code.as_slice(), &[format!("{}.{child}", code[code.len() - 1])]].concat();
            codes = codes.iter().flat_map(|code| (0..count).map(move |number| child(code, number))).collect();
        }
        codes
    };
    let (sectors, states, sizes) = (leaves(sectors), leaves(&[6, 5]), leaves(&[3, 3]));
    let mut contributions = Vec::new();
    for sector in &sectors {
        for state in &states {
            for size in &sizes {
                let contributors = if roll(100) < 24 { 1 + roll(2) } else { 6 + roll(6) };
                for _ in 0..contributors {
                    let company = u32::try_from(roll(40_000)).expect("small");
                    let amount = i64::try_from(1_000 + roll(30) * roll(30) * 100).expect("small");
                    contributions.push(Contribution {
                        leaf: vec![sector.clone(), state.clone(), size.clone()],
                        company,
                        amount: amount * 10_000,
                    });
                }
            }
        }
    }
    contributions
}

/// Contributions of a CSV file without quotes.
fn read(text: &str, levels: Levels<'_>) -> Vec<Contribution> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let column = |name: &str| header.iter().position(|known| *known == name).expect("a column");
    let mut companies: HashMap<String, u32> = HashMap::new();
    let contribution = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let codes = |levels: &&[&str]| -> Codes {
            let codes = levels.iter().map(|level| fields[column(level)].to_owned());
            std::iter::once("T".to_owned()).chain(codes).collect()
        };
        let number = u32::try_from(companies.len()).expect("few companies");
        let (whole, cents) = fields[column("value")].split_once('.').expect("an amount");
        let cents: i64 = format!("{cents:0<2}").parse().expect("cents");
        Contribution {
            leaf: levels.iter().map(codes).collect(),
            company: *companies.entry(fields[column("company")].to_owned()).or_insert(number),
            amount: (whole.parse::<i64>().expect("an amount") * 100 + cents) * 100,
        }
    };
    lines.map(contribution).collect()
}

/// Every crossing of all levels with a contribution, unsafe by the p%-rule with p = 10, and the sums along each dimension.
fn problem(contributions: &[Contribution]) -> Problem {
    let mut cells: BTreeMap<Vec<&str>, HashMap<u32, i64>> = BTreeMap::new();
    let mut children: BTreeMap<(usize, &str), BTreeSet<&str>> = BTreeMap::new();
    for Contribution { leaf, company, amount } in contributions {
        let mut keys: Vec<Vec<&str>> = vec![Vec::new()];
        for (dimension, codes) in leaf.iter().enumerate() {
            for pair in codes.windows(2) {
                children.entry((dimension, &pair[0])).or_default().insert(&pair[1]);
            }
            let mut longer = Vec::with_capacity(keys.len() * codes.len());
            for key in &keys {
                longer.extend(codes.iter().map(|code| [key.as_slice(), &[code.as_str()]].concat()));
            }
            keys = longer;
        }
        for key in keys {
            *cells.entry(key).or_default().entry(*company).or_default() += amount;
        }
    }
    let place_of: HashMap<&[&str], u32> = cells.keys().map(Vec::as_slice).zip(0..).collect();
    let mut equations = Vec::new();
    for (key, &place) in cells.keys().map(|key| (key, &place_of[key.as_slice()])) {
        for dimension in 0..key.len() {
            let Some(children) = children.get(&(dimension, key[dimension])) else { continue };
            let part = |child: &&str| {
                let mut key = key.clone();
                key[dimension] = child;
                Some((*place_of.get(key.as_slice())?, 1))
            };
            let terms = children.iter().filter_map(part).chain([(place, -1)]).collect();
            equations.push(Equation { terms, sum: 0 });
        }
    }
    Problem::new(cells.values().map(cell).collect(), equations, 1).expect("a problem")
}

fn cell(shares: &HashMap<u32, i64>) -> ProblemCell {
    let mut shares: Vec<Share> = shares.iter().map(|(&company, &amount)| Share { company, amount }).collect();
    shares.sort_unstable_by_key(|share| (std::cmp::Reverse(share.amount), share.company));
    let value: i64 = shares.iter().map(|share| share.amount).sum();
    let rest: i64 = shares.iter().skip(2).map(|share| share.amount).sum();
    let largest = shares[0].amount;
    let is_unsafe = rest * 10 < largest;
    let level = if is_unsafe { (largest - rest * 10 + 9).div_euclid(10) } else { 0 };
    let role = match (value, is_unsafe) {
        (0, _) => Role::Known,
        (_, true) => Role::Unsafe,
        (_, false) => Role::Open,
    };
    ProblemCell { value, loss: value, role, believed: [0, i64::MAX], protection: [level; 2], shares }
}

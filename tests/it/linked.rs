//! Linked tables of whole releases, made by the program from uploads, against an attacker that shares no code with it.
//!
//! The attacker reads the published sums (means and numbers of employees, unrounded here), knows which crossings are empty, and
//! as a company its own records. It must not come near the sum of any cell of fewer than three companies, published table or not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;

use polars::prelude::{ParquetReader, SerReader};

use crate::attacker::{Fraction, Solved, System};
use crate::desk::{Desk, Dice, Outcome, parquet, pipeline, tree};

/// What all linked tables have, behind their input.
const SECTIONS: &str = r#"[dimensions]
sector = { from = "company.sector", hierarchy = "sectors.csv", levels = [1, 2] }
size   = { from = "company.size" }
region = { from = "region" }

[protection]
min_companies = 3
min_employees = 3
max_company_share = 1.0

[protection.rounding]
annual = 0
employees = 1

[output]
workspace = "workspace"
"#;

/// Tables that can be subtracted from each other, by what links them.
pub const SHAPES: [(&str, &[&[&str]]); 3] = [
    ("totals and levels", &[&["sector", "region"]]),
    ("tables that share a measure", &[&["sector", "size"], &["sector", "region"], &["size", "region"]]),
    ("three dimensions", &[&["sector", "size", "region"]]),
];

fn tables(shape: &[&[&str]]) -> String {
    let mut text = String::new();
    for by in shape {
        let quoted: Vec<String> = by.iter().map(|name| format!("{name:?}")).collect();
        let (name, by) = (by.join("_"), quoted.join(", "));
        let _ =
            write!(text, "\n[[tables]]\nname = \"{name}\"\nby = [{by}]\ntotals = true\nmeasures = [\"base_annual\"]\n");
    }
    text
}

/// Sums in cents by sector (of the finer level), size and region, for each company.
pub type Base = BTreeMap<[String; 3], BTreeMap<u32, i128>>;

/// Uploads of random companies on a desk, and what they add up to.
pub fn fill(desk: &Desk, dice: &mut Dice, shape: &[&[&str]]) -> Base {
    fill_sectors(desk, dice, shape, &["A1", "A2", "A3", "B1", "B2"])
}

/// The same, with companies of these sectors: of the upper level only, or of none, too.
fn fill_sectors(desk: &Desk, dice: &mut Dice, shape: &[&[&str]], sectors: &[&str]) -> Base {
    desk.write("linked.toml", pipeline("linked", &format!("{SECTIONS}{}", tables(shape))));
    desk.write("sectors.csv", "code,parent,label\nA,,A\nB,,B\nA1,A,a\nA2,A,b\nA3,A,c\nB1,B,d\nB2,B,e\n");
    let mut register = "company_id,holding_id,sector,size\n".to_owned();
    let mut base = Base::new();
    let companies = 8 + dice.below(10);
    for company in 0..companies {
        let sector = sectors[dice.below(sectors.len())];
        let size = ["small", "large"][dice.below(2)];
        let _ = writeln!(register, "K{company},,{sector},{size}");
        // On the finer level what is not further specified is a cell of its own.
        let sector = if sector.len() < 2 { format!("{sector}_U") } else { sector.to_owned() };
        let mut upload = "employee_id,period,region,base_pay\n".to_owned();
        for employee in 0..=dice.below(5) {
            let region = ["N", "S", "W"][dice.below(3)];
            let pay = 20_000 + dice.below(600) * 100;
            let _ = writeln!(upload, "{employee},2026-Q3,{region},{pay}");
            let key = [sector.clone(), size.to_owned(), region.to_owned()];
            let number = u32::try_from(company).expect("few companies");
            *base.entry(key).or_default().entry(number).or_default() += i128::try_from(pay).expect("small") * 100;
        }
        desk.write(&format!("uploads/K{company}.csv"), upload);
    }
    desk.write("companies.csv", register);
    base
}

/// A cell: for each dimension a code, or nothing for all codes.
pub type Key = [Option<String>; 3];

pub fn is_in(base: &[String; 3], key: &Key) -> bool {
    base.iter().zip(key).all(|(code, wanted)| match wanted {
        None => true,
        // The coarser level of a sector is its first letter.
        Some(wanted) => code == wanted || wanted.len() == 1 && code.len() > 1 && code.starts_with(wanted.as_str()),
    })
}

/// The cells of a release: their sums in cents, where they are published.
fn published(desk: &Desk) -> BTreeMap<Key, Option<i128>> {
    let file = desk.workspace().join("releases/linked/2026-Q3/v1/benchmarks.parquet");
    let frame = ParquetReader::new(File::open(file).expect("a release")).finish().expect("Parquet");
    let text =
        |name: &str, row: usize| frame.column(name).expect("a column").str().expect("text").get(row).map(str::to_owned);
    let mut cells = BTreeMap::new();
    for row in 0..frame.height() {
        let code = |name: &str| text(name, row).filter(|code| code != "_T");
        let mean = frame.column("mean").expect("a column").f64().expect("numbers").get(row);
        let employees = frame.column("n_employees").expect("a column").i64().expect("numbers").get(row);
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small amounts")]
        let sum = mean.zip(employees).map(|(mean, employees)| (mean * employees as f64 * 100.0).round() as i128);
        // Whoever has no sector is one cell on both levels, and told where either tells it.
        let known = cells.entry(["sector", "size", "region"].map(code)).or_insert(None);
        *known = known.or(sum);
    }
    cells
}

/// What is published, as an outsider or a company sees it, with one more variable for a cell in question.
fn view(
    base: &Base,
    cells: &BTreeMap<Key, Option<i128>>,
    target: &Key,
    company: Option<u32>,
) -> (Option<usize>, Solved, i128) {
    let own = |of: &BTreeMap<u32, i128>| company.and_then(|company| of.get(&company)).copied().unwrap_or(0);
    let is_known = |of: &BTreeMap<u32, i128>| company.is_some_and(|company| of.len() == 1 && of.contains_key(&company));
    let unknown: Vec<&[String; 3]> = base.iter().filter(|(_, of)| !is_known(of)).map(|(key, _)| key).collect();
    let known = |key: &Key| base.iter().filter(|(base, _)| is_in(base, key)).map(|(_, of)| own(of)).sum::<i128>();
    let terms = |key: &Key| -> Vec<(usize, i128)> {
        unknown.iter().enumerate().filter(|(_, base)| is_in(base, key)).map(|(place, _)| (place, 1)).collect()
    };
    let mut equations: Vec<(Vec<(usize, i128)>, i128)> = cells
        .iter()
        .filter_map(|(key, sum)| Some((terms(key), (*sum)? - known(key))))
        .filter(|(terms, _)| !terms.is_empty())
        .collect();
    let of_target = terms(target);
    let place = (!of_target.is_empty()).then_some(unknown.len());
    equations.push((of_target.into_iter().chain([(unknown.len(), -1)]).collect(), 0));
    (place, System { variables: unknown.len() + 1, equations }.solve(), known(target))
}

/// A cell that somebody comes too near to.
fn broken(base: &Base, cells: &BTreeMap<Key, Option<i128>>) -> Option<(Key, Option<u32>)> {
    let companies: BTreeSet<u32> = base.values().flat_map(|of| of.keys().copied()).collect();
    for (key, shown) in cells {
        let mut of: BTreeMap<u32, i128> = BTreeMap::new();
        for (company, sum) in base.iter().filter(|(base, _)| is_in(base, key)).flat_map(|(_, of)| of) {
            *of.entry(*company).or_default() += sum;
        }
        if of.len() >= 3 {
            continue;
        }
        if shown.is_some() {
            return Some((key.clone(), None));
        }
        let (value, largest) = (of.values().sum::<i128>(), of.values().max().copied().unwrap_or(0));
        let level = largest / 10;
        for company in companies.iter().copied().map(Some).chain([None]) {
            if of.len() == 1 && company.is_some_and(|company| of.contains_key(&company)) {
                continue;
            }
            let (place, solved, known) = view(base, cells, key, company);
            let bound = |sign: i128| match place {
                Some(place) => {
                    solved.largest(place, sign).map(|bound| bound * Fraction::whole(sign) + Fraction::whole(known))
                }
                None => Some(Fraction::whole(known)),
            };
            if bound(1).is_some_and(|most| most < Fraction::whole(value + level)) {
                return Some((key.clone(), company));
            }
            if company.is_none() && bound(-1).is_some_and(|least| least > Fraction::whole((value - level).max(0))) {
                return Some((key.clone(), None));
            }
        }
    }
    None
}

#[test]
fn linked_tables_of_a_release_betray_nobody() {
    let mut dice = Dice(20_261_125);
    let (mut withheld, mut secondary) = (0, 0);
    for round in 0..8 {
        for (name, shape) in SHAPES {
            let desk = Desk::keyed();
            let base = fill(&desk, &mut dice, shape);
            desk.does("run", &desk.path("linked.toml"), &[]).ends_with(0);
            let cells = published(&desk);
            assert_eq!(broken(&base, &cells), None, "{name}, round {round}");
            withheld += cells.values().filter(|sum| sum.is_none()).count();
            let ledger = parquet(&desk.workspace().join("ledger/linked/2026-Q3/v1/decisions.parquet"));
            secondary +=
                texts(&ledger, "rule").iter().filter(|rule| rule.as_deref() == Some("protects others")).count();
        }
    }
    assert!(withheld > 200 && secondary > 50, "{withheld} cells withheld, {secondary} verdicts for the sake of others");
}

/// Codes of the upper level, and companies without a code, stand in cells of their own below it; nobody learns more from these.
#[test]
fn codes_that_do_not_reach_down_betray_nobody() {
    let mut dice = Dice(20_261_129);
    let (mut unspecified, mut withheld) = (0, 0);
    for round in 0..4 {
        for (name, shape) in SHAPES {
            let desk = Desk::keyed();
            let base = fill_sectors(&desk, &mut dice, shape, &["A1", "A2", "A", "A", "B1", "B", ""]);
            let release = desk.does("run", &desk.path("linked.toml"), &[]).ends_with(0).release();
            Outcome::of(desk.program("verify").arg(&release)).ends_with(0);
            Outcome::of(desk.program("attack").arg(&release)).ends_with(0);
            let cells = published(&desk);
            assert_eq!(broken(&base, &cells), None, "{name}, round {round}");
            let is_unspecified = |key: &&Key| key[0].as_ref().is_some_and(|code| code.ends_with("_U"));
            unspecified += cells.keys().filter(is_unspecified).count();
            withheld += cells.values().filter(|sum| sum.is_none()).count();
        }
    }
    assert!(unspecified > 80 && withheld > 100, "{unspecified} cells not further specified, {withheld} withheld");
}

/// Without what is withheld for the sake of others the attacker succeeds: it is not too weak to find anything.
#[test]
fn rules_for_single_cells_would_not_do() {
    let mut dice = Dice(7);
    let mut found = 0;
    for _ in 0..4 {
        let (name, shape) = SHAPES[0];
        let desk = Desk::keyed();
        let base = fill(&desk, &mut dice, shape);
        desk.does("run", &desk.path("linked.toml"), &[]).ends_with(0);
        let mut cells = published(&desk);
        let sums: Vec<(Key, i128)> = cells
            .keys()
            .map(|key| {
                let inside = || base.iter().filter(|(base, _)| is_in(base, key)).flat_map(|(_, of)| of);
                let companies: BTreeSet<u32> = inside().map(|(company, _)| *company).collect();
                (key.clone(), if companies.len() >= 3 { inside().map(|(_, sum)| sum).sum() } else { 0 })
            })
            .collect();
        for (key, sum) in sums.into_iter().filter(|(_, sum)| *sum > 0) {
            cells.insert(key, Some(sum));
        }
        found += usize::from(broken(&base, &cells).is_some());
        assert!(!name.is_empty());
    }
    assert!(found >= 3, "found in {found} of 4 releases");
}

#[test]
fn linked_releases_are_the_same_for_any_number_of_threads() {
    let (mut one, mut other) = (Dice(3), Dice(3));
    let desks = [Desk::keyed(), Desk::keyed()];
    fill(&desks[0], &mut one, SHAPES[1].1);
    fill(&desks[1], &mut other, SHAPES[1].1);
    let [one, other] = [(&desks[0], "1"), (&desks[1], "4")].map(|(desk, threads)| {
        desk.does("run", &desk.path("linked.toml"), &["--threads", threads]).ends_with(0);
        tree(&desk.workspace().join("releases"))
    });
    assert_eq!(one, other);
}

/// An expert can solve the release's own problems with other tools, and `disclose` can read them.
#[test]
fn problems_of_a_release_are_written_as_jj_files() {
    let desk = Desk::keyed();
    fill(&desk, &mut Dice(11), SHAPES[0].1);
    let folder = desk.path("problems");
    let folder = folder.to_str().expect("a path");
    desk.does("run", &desk.path("linked.toml"), &["--export-jj", folder]).ends_with(0);
    let file = desk.path("problems/1-base_annual-incumbent-1.jj");
    Outcome::of(desk.program("disclose").arg(&file)).ends_with(0).tells("secondary");
    let cells = std::fs::read_to_string(desk.path("problems/1-base_annual-incumbent-1.cells.csv")).expect("names");
    assert!(cells.contains("\"region=_T,sector=_T\""), "{cells}");
}

pub fn texts(batch: &arrow::array::RecordBatch, name: &str) -> Vec<Option<String>> {
    let column = batch.column_by_name(name).expect("a column");
    let column = column.as_any().downcast_ref::<arrow::array::StringArray>().expect("text");
    column.iter().map(|text| text.map(str::to_owned)).collect()
}

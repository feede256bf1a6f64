//! Shares of whole releases: nobody may learn that all of a group have something, or lack it, whatever they know of the other side.
//!
//! The attacker reads the published shares and numbers of employees (unrounded here), so that whoever does not lack something has
//! it; as a company it knows of its own employees who has what. It must always have to believe that three may be on a side. Numbers of
//! employees are read of all measures: pay is everybody's, and those whose plan costs something are those who take part in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use arrow::array::{Array, Float64Array, Int64Array};

use crate::attacker::{Fraction, System};
use crate::desk::{Desk, Dice, Outcome, parquet, pipeline};
use crate::linked::texts;

/// What the pipeline has behind its input.
const SECTIONS: &str = r#"[dimensions]
sector = { from = "company.sector", hierarchy = "sectors.csv", levels = [1, 2] }
region = { from = "region" }

[[tables]]
name     = "sector_region"
by       = ["sector", "region"]
totals   = true
measures = [MEASURES]

[protection]
min_companies = 3
min_employees = 3
min_group     = 3
max_company_share = 1.0

[protection.rounding]
share = 0
employees = 1

[output]
workspace = "workspace"
"#;

const SHARE: &str = "pension_participation";
const OF_PARTICIPANTS: &str = "pension_employer_cost_per_participant";

/// A cell, or a part of it: sector and region, where it is not all of them.
type Key = [Option<String>; 2];

/// Who has something and who lacks it, of each company, in each crossing of the finer sector and region.
type Base = BTreeMap<[String; 2], BTreeMap<usize, [i128; 2]>>;

fn fill(desk: &Desk, dice: &mut Dice, measures: &str) -> Base {
    desk.write("shares.toml", pipeline("shares", &SECTIONS.replace("MEASURES", measures)));
    desk.write("sectors.csv", "code,parent,label\nA,,A\nB,,B\nA1,A,a\nA2,A,b\nB1,B,c\nB2,B,d\n");
    let mut register = "company_id,holding_id,sector\n".to_owned();
    let mut base = Base::new();
    for company in 0..9 + dice.below(8) {
        let sector = ["A1", "A2", "B1", "B2"][dice.below(4)];
        let _ = writeln!(register, "K{company},,{sector}");
        let plan = ["eligible", "enrolled", "employer_cost"].map(|part| format!("benefit_pension_{part}")).join(",");
        let mut upload = format!("employee_id,period,region,base_pay,{plan}\n");
        for employee in 0..2 + dice.below(7) {
            let region = ["N", "S", "W"][dice.below(3)];
            let has = dice.below(10) < 7;
            let (pay, cost) = (30_000 + 4_000 * dice.below(9), 1_000 + 500 * dice.below(4));
            let may = if has || dice.below(2) == 0 { "yes" } else { "no" };
            let plan = if has { format!("{may},yes,{cost}") } else { format!("{may},no,") };
            let _ = writeln!(upload, "{employee},2026-Q3,{region},{pay},{plan}");
            let sides = base.entry([sector, region].map(str::to_owned)).or_default().entry(company).or_default();
            sides[usize::from(!has)] += 1;
        }
        desk.write(&format!("uploads/K{company}.csv"), upload);
    }
    desk.write("companies.csv", register);
    base
}

fn is_in(base: &[String; 2], key: &Key) -> bool {
    base.iter().zip(key).all(|(code, wanted)| wanted.as_ref().is_none_or(|wanted| code.starts_with(wanted.as_str())))
}

/// The cells: how many have it, where that is published, and how many there are, where that is.
type Cells = BTreeMap<Key, [Option<i128>; 2]>;

fn published(desk: &Desk) -> Cells {
    let rows = parquet(&desk.workspace().join("releases/shares/2026-Q3/v1/benchmarks.parquet"));
    let column = |name: &str| rows.column_by_name(name).expect("a column").as_any();
    let (mean, employees) =
        (column("mean").downcast_ref::<Float64Array>(), column("n_employees").downcast_ref::<Int64Array>());
    let (mean, employees) = (mean.expect("numbers"), employees.expect("numbers"));
    let (sector, region, measure) = (texts(&rows, "sector"), texts(&rows, "region"), texts(&rows, "measure"));
    let mut cells = Cells::new();
    for row in 0..rows.num_rows() {
        let key = [&sector[row], &region[row]].map(|code| code.clone().filter(|code| code != "_T"));
        let told = cells.entry(key).or_default();
        let number = employees.is_valid(row).then(|| i128::from(employees.value(row)));
        if measure[row].as_deref() == Some(OF_PARTICIPANTS) {
            told[0] = told[0].or(number);
            continue;
        }
        told[1] = told[1].or(number);
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a few people")]
        let of = |number: i128| (mean.value(row) * number as f64).round() as i128;
        if measure[row].as_deref() == Some(SHARE) {
            told[0] = told[0].or(number.filter(|_| mean.is_valid(row)).map(of));
        }
    }
    cells
}

/// The largest number on a `side` of a cell that somebody has to believe.
fn most(base: &Base, cells: &Cells, target: &Key, side: usize, company: Option<usize>) -> Option<Fraction> {
    let own = |of: &BTreeMap<usize, [i128; 2]>| company.and_then(|company| of.get(&company)).copied().unwrap_or([0; 2]);
    // Of each crossing two numbers, of those who have it and of those who lack it, beside one's own.
    let unknown: Vec<(&[String; 2], usize)> = base
        .iter()
        .filter(|(_, of)| !company.is_some_and(|company| of.len() == 1 && of.contains_key(&company)))
        .flat_map(|(key, _)| [(key, 0), (key, 1)])
        .collect();
    let terms = |key: &Key, sides: &[usize]| -> Vec<(usize, i128)> {
        let inside = |(_, (base, side)): &(usize, &(&[String; 2], usize))| is_in(base, key) && sides.contains(side);
        unknown.iter().enumerate().filter(inside).map(|(place, _)| (place, 1)).collect()
    };
    let known = |key: &Key, sides: &[usize]| -> i128 {
        let inside = base.iter().filter(|(base, _)| is_in(base, key));
        inside.map(|(_, of)| sides.iter().map(|&side| own(of)[side]).sum::<i128>()).sum()
    };
    let mut equations = Vec::new();
    for (key, [have, number]) in cells {
        for (sides, sum) in [(&[0][..], *have), (&[0, 1], *number)] {
            let terms = terms(key, sides);
            equations.extend(sum.filter(|_| !terms.is_empty()).map(|sum| (terms, sum - known(key, sides))));
        }
    }
    let of_target = terms(target, &[side]);
    if of_target.is_empty() {
        return Some(Fraction::whole(known(target, &[side])));
    }
    equations.push((of_target.into_iter().chain([(unknown.len(), -1)]).collect(), 0));
    let solved = System { variables: unknown.len() + 1, equations }.solve();
    solved.largest(unknown.len(), 1).map(|most| most + Fraction::whole(known(target, &[side])))
}

/// A side of a cell that somebody knows to be small.
fn broken(base: &Base, cells: &Cells) -> Option<(Key, usize, Option<usize>)> {
    let companies: BTreeSet<usize> = base.values().flat_map(|of| of.keys().copied()).collect();
    for (key, [_, number]) in cells {
        for side in 0..2 {
            let inside = || base.iter().filter(|(base, _)| is_in(base, key)).flat_map(|(_, of)| of);
            let there: i128 = inside().map(|(_, sides)| sides[side]).sum();
            let owners: BTreeSet<usize> = inside().map(|(company, _)| *company).collect();
            if there >= 3 {
                continue;
            }
            let least = Fraction::whole(number.unwrap_or(3).min(3));
            for company in companies.iter().copied().map(Some).chain([None]) {
                let is_owner = company.is_some_and(|company| owners.len() == 1 && owners.contains(&company));
                if !is_owner && most(base, cells, key, side, company).is_some_and(|most| most < least) {
                    return Some((key.clone(), side, company));
                }
            }
        }
    }
    None
}

/// Releases with these measures; how many shares they tell, and of how many that they do not tell they tell how many there are.
fn releases(measures: &str, rounds: usize, seed: u64) -> [usize; 2] {
    let mut dice = Dice(seed);
    let (mut withheld, mut told) = (0, 0);
    for round in 0..rounds {
        let desk = Desk::keyed();
        let base = fill(&desk, &mut dice, measures);
        let release = desk.does("run", &desk.path("shares.toml"), &[]).ends_with(0).release();
        Outcome::of(desk.program("attack").arg(&release)).ends_with(0);
        let cells = published(&desk);
        assert_eq!(broken(&base, &cells), None, "round {round}");
        told += cells.values().filter(|[have, _]| have.is_some()).count();
        // Where the number is told and the share is not, one side tells the other.
        withheld += cells.values().filter(|[have, number]| have.is_none() && number.is_some()).count();
    }
    println!("{told} shares are told, {withheld} are withheld of groups whose number is told");
    [told, withheld]
}

#[test]
fn nobody_learns_that_all_of_a_group_have_or_lack_something() {
    let [told, withheld] = releases(&format!("\"{SHARE}\""), 24, 20_261_129);
    assert!(told > 60, "{told} shares are told");
    assert!(withheld > 20, "{withheld} shares are withheld of groups whose number is told");
}

#[test]
fn nobody_learns_it_from_the_numbers_of_other_measures() {
    let measures = [SHARE, "base_annual", OF_PARTICIPANTS].map(|name| format!("\"{name}\"")).join(", ");
    let [told, withheld] = releases(&measures, 12, 20_261_130);
    assert!(told > 20, "{told} shares are told");
    assert!(withheld > 10, "{withheld} shares are withheld of groups whose number is told");
}

/// Those who may take part in a plan stand behind its take-up: where the share of those who may is withheld, their number is no
/// secret to whoever reads how many there are behind that.
#[test]
fn the_number_behind_the_take_up_does_not_tell_who_has_access() {
    let mut dice = Dice(20_261_131);
    let measures = ["access", "participation", "take_up"].map(|name| format!("\"pension_{name}\"")).join(", ");
    let (mut withheld, mut told) = (0, 0);
    for _ in 0..14 {
        let desk = Desk::keyed();
        fill(&desk, &mut dice, &measures);
        let release = desk.does("run", &desk.path("shares.toml"), &[]).ends_with(0).release();
        Outcome::of(desk.program("attack").arg(&release)).ends_with(0);
        let rows = parquet(&release.join("benchmarks.parquet"));
        let is_told = |name: &str, row: usize| rows.column_by_name(name).expect("a column").is_valid(row);
        for (row, measure) in texts(&rows, "measure").iter().enumerate() {
            told += usize::from(is_told("mean", row));
            // Of one family: either all three are told, or none.
            if measure.as_deref() == Some("pension_take_up") && !is_told("mean", row) {
                withheld += 1;
                assert!(!is_told("n_employees", row), "row {row}");
            }
        }
    }
    println!("{told} shares are told, {withheld} cells are withheld");
    assert!(told > 20 && withheld > 20, "{told} shares are told, {withheld} cells are withheld");
}

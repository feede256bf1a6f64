//! `payquorum attack` on finished releases: sound ones, and ones from which a single suppression was taken away.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use crate::desk::{Desk, Dice, Outcome, parquet};
use crate::linked::{Base, Key, SHAPES, fill, is_in, texts};

fn attack(release: &Path, desk: &Desk, more: &[&str]) -> Outcome {
    Outcome::of(desk.program("attack").arg(release).args(more))
}

/// The cell of a row.
fn key(rows: &RecordBatch, row: usize) -> Key {
    ["sector", "size", "region"].map(|name| match rows.column_by_name(name) {
        Some(_) => texts(rows, name)[row].clone().filter(|code| code != "_T"),
        None => None,
    })
}

/// The same rows, with the true mean and number of employees in one of them.
fn publish(rows: &RecordBatch, row: usize, base: &Base, employees: i64) -> RecordBatch {
    let key = key(rows, row);
    let sum: i128 = base.iter().filter(|(base, _)| is_in(base, &key)).flat_map(|(_, of)| of.values()).sum();
    #[expect(clippy::cast_precision_loss, reason = "small amounts")]
    let mean = sum as f64 / 100.0 / employees as f64;
    told(rows, row, &[("mean", mean)], employees)
}

/// The same rows, with these figures and this number of employees in one of them.
fn told(rows: &RecordBatch, row: usize, figures: &[(&str, f64)], employees: i64) -> RecordBatch {
    fn replaced<T: Copy>(old: impl Iterator<Item = Option<T>>, row: usize, new: T) -> impl Iterator<Item = Option<T>> {
        old.enumerate().map(move |(at, old)| if at == row { Some(new) } else { old })
    }
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns()).map(|(field, column)| -> ArrayRef {
        let (name, any) = (field.name().as_str(), column.as_any());
        match (figures.iter().find(|(figure, _)| *figure == name), name) {
            (Some((_, figure)), _) => {
                let old = any.downcast_ref::<Float64Array>().expect("numbers");
                Arc::new(replaced(old.iter(), row, *figure).collect::<Float64Array>())
            }
            (None, "n_employees") => {
                let old = any.downcast_ref::<Int64Array>().expect("counts");
                Arc::new(replaced(old.iter(), row, employees).collect::<Int64Array>())
            }
            (None, "status") => {
                let old = any.downcast_ref::<StringArray>().expect("text");
                Arc::new(replaced(old.iter(), row, "published").collect::<StringArray>())
            }
            _ => column.clone(),
        }
    });
    RecordBatch::try_new(rows.schema(), columns.collect()).expect("the same columns")
}

fn write(rows: &RecordBatch, file: &Path) {
    let mut writer = ArrowWriter::try_new(File::create(file).expect("a file"), rows.schema(), None).expect("a writer");
    writer.write(rows).expect("written");
    writer.close().expect("closed");
}

/// How many employees stand in each cell.
fn employees(desk: &Desk, key: &Key, ledger: &RecordBatch) -> i64 {
    let counts = ledger.column_by_name("employees").expect("a column");
    let counts = counts.as_any().downcast_ref::<arrow::array::UInt64Array>().expect("counts");
    let row = (0..ledger.num_rows()).find(|&row| self::key(ledger, row) == *key);
    let row = row.unwrap_or_else(|| panic!("{key:?} is in the ledger of {}", desk.workspace().display()));
    i64::try_from(counts.value(row)).expect("few")
}

/// Whoever takes a single secondary suppression away is found out; what nobody needs is not withheld in the first place.
#[test]
fn an_attack_finds_nearly_every_suppression_that_was_taken_away() {
    let mut dice = Dice(20_261_128);
    let (mut found, mut all) = ([0; 2], [0; 2]);
    for _ in 0..3 {
        for (_, shape) in SHAPES {
            let desk = Desk::keyed();
            let base = fill(&desk, &mut dice, shape);
            let release = desk.does("run", &desk.path("linked.toml"), &[]).ends_with(0).release();
            attack(&release, &desk, &[]).ends_with(0).tells("figures to which somebody comes too near");
            let file = release.join("benchmarks.parquet");
            let rows = parquet(&file);
            let ledger = parquet(&desk.workspace().join("ledger/linked/2026-Q3/v1/decisions.parquet"));
            let (rules, families) = (texts(&ledger, "rule"), texts(&ledger, "family"));
            let secondary: BTreeSet<(Key, bool)> = (0..ledger.num_rows())
                .filter(|&row| rules[row].as_deref() == Some("protects others"))
                .map(|row| (key(&ledger, row), families[row].as_deref() == Some("incumbent")))
                .collect();
            for row in 0..rows.num_rows() {
                let cell = key(&rows, row);
                for (of_incumbents, place) in [(true, 0), (false, 1)] {
                    if !secondary.contains(&(cell.clone(), of_incumbents)) {
                        continue;
                    }
                    let employees = employees(&desk, &cell, &ledger);
                    let tampered = if of_incumbents {
                        publish(&rows, row, &base, employees)
                    } else {
                        // What it is does not matter: whoever has the private folder knows what is true.
                        told(&rows, row, &[("org_mean", 1.0)], employees)
                    };
                    write(&tampered, &file);
                    let code = attack(&release, &desk, &[]).code;
                    assert!([0, 4].contains(&code), "exit code {code}");
                    found[place] += usize::from(code == 4);
                    all[place] += 1;
                }
            }
        }
    }
    println!("{found:?} of {all:?} suppressions of incumbent and organization figures are found to be missing");
    for (found, all) in found.into_iter().zip(all) {
        assert!(all >= 20 && found * 100 >= all * 95, "found {found} of {all}");
    }
}

/// What breaks a rule itself is found in any case, with the cell named.
#[test]
fn an_unsafe_cell_that_was_published_is_found() {
    let desk = Desk::keyed();
    let base = fill(&desk, &mut Dice(5), SHAPES[0].1);
    let release = desk.does("run", &desk.path("linked.toml"), &[]).ends_with(0).release();
    let file = release.join("benchmarks.parquet");
    let rows = parquet(&file);
    let ledger = parquet(&desk.workspace().join("ledger/linked/2026-Q3/v1/decisions.parquet"));
    let rules = texts(&ledger, "rule");
    let row = (0..ledger.num_rows()).find(|&row| rules[row].as_deref() == Some("companies")).expect("an unsafe cell");
    let cell = key(&ledger, row);
    let row = (0..rows.num_rows()).find(|&row| key(&rows, row) == cell).expect("its row");
    write(&publish(&rows, row, &base, employees(&desk, &cell, &ledger)), &file);
    let name = cell[2].as_ref().map(|region| format!("region={region}")).unwrap_or_default();
    attack(&release, &desk, &[]).ends_with(4).tells(&name).tells("too near");
    attack(&release, &desk, &["--files-only"]).tells("it is not judged");
    attack(&desk.path("nowhere"), &desk, &[]).ends_with(3).tells("name the folder of a release");
}

/// A company learns from the files and its own records no less than anybody, and its records are not kept.
#[test]
fn a_company_plays_itself() {
    let desk = Desk::keyed();
    fill(&desk, &mut Dice(5), SHAPES[0].1);
    let release = desk.does("run", &desk.path("linked.toml"), &[]).ends_with(0).release();
    let pipeline = desk.path("linked.toml");
    let intervals = desk.path("intervals.csv");
    let play = |upload: &str, company: &str| {
        let mut program = desk.program("attack");
        program.arg(&release).args(["--as", company, "--uploads"]).arg(desk.path(upload));
        Outcome::of(program.arg("--pipeline").arg(&pipeline).arg("--intervals").arg(&intervals))
    };
    play("uploads/K0.csv", "K0").ends_with(0).tells("K0 knows");
    let known = std::fs::read_to_string(&intervals).expect("a file");
    let own = |line: &str| line.rsplit(',').next().expect("a field").parse::<f64>().expect("an amount") > 0.0;
    assert!(known.lines().skip(1).any(own), "{known}");
    play("uploads/K*.csv", "K0").ends_with(3).tells("also of K1");
}

/// Where all have much the same, mean and deviation would tell what everybody has.
#[test]
fn pay_that_is_much_the_same_is_withheld_and_found_where_it_is_told() {
    let desk = Desk::small(8);
    for company in 1..=8 {
        let mut upload = "employee_id,period,base_pay\n".to_owned();
        for employee in 0..12 {
            let _ = writeln!(upload, "{employee},2026-Q3,{}", 40_000 + employee * 20);
        }
        desk.write(&format!("uploads/K{company}.csv"), upload);
    }
    desk.write(
        "companies.csv",
        "company_id,holding_id,sector\nK1,,S\nK2,,S\nK3,,S\nK4,,S\nK5,,S\nK6,,S\nK7,,S\nK8,,S\n",
    );
    let release = desk.run().ends_with(0).tells("withheld by rule all alike").release();
    attack(&release, &desk, &[]).ends_with(0);
    let file = release.join("benchmarks.parquet");
    write(&told(&parquet(&file), 0, &[("mean", 40_100.0), ("sd", 100.0)], 95), &file);
    attack(&release, &desk, &[]).ends_with(4).tells("of every single employee of sector=S");
    attack(&release, &desk, &["--files-only"]).ends_with(4).tells("of every single employee of sector=S");
}

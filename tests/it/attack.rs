//! `payquorum attack` on finished releases: sound ones, and ones from which a single suppression was taken away.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
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
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns()).map(|(field, column)| -> ArrayRef {
        match field.name().as_str() {
            "mean" => {
                let old = column.as_any().downcast_ref::<Float64Array>().expect("numbers");
                Arc::new(
                    (0..old.len())
                        .map(|at| if at == row { Some(mean) } else { old.is_valid(at).then(|| old.value(at)) })
                        .collect::<Float64Array>(),
                )
            }
            "n_employees" => {
                let old = column.as_any().downcast_ref::<Int64Array>().expect("counts");
                Arc::new(
                    (0..old.len())
                        .map(|at| if at == row { Some(employees) } else { old.is_valid(at).then(|| old.value(at)) })
                        .collect::<Int64Array>(),
                )
            }
            "status" => {
                let old = column.as_any().downcast_ref::<StringArray>().expect("text");
                Arc::new(
                    (0..old.len())
                        .map(|at| Some(if at == row { "published" } else { old.value(at) }))
                        .collect::<StringArray>(),
                )
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
    let (mut found, mut all) = (0, 0);
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
            let secondary: Vec<Key> = (0..ledger.num_rows())
                .filter(|&row| rules[row].as_deref() == Some("protects others"))
                .filter(|&row| families[row].as_deref() == Some("incumbent"))
                .map(|row| key(&ledger, row))
                .collect();
            for row in 0..rows.num_rows() {
                let cell = key(&rows, row);
                if !secondary.contains(&cell) {
                    continue;
                }
                write(&publish(&rows, row, &base, employees(&desk, &cell, &ledger)), &file);
                let code = attack(&release, &desk, &[]).code;
                assert!([0, 4].contains(&code), "exit code {code}");
                (found, all) = (found + usize::from(code == 4), all + 1);
            }
        }
    }
    println!("{found} of {all} suppressions are found to be missing");
    assert!(all >= 20 && found * 100 >= all * 95, "found {found} of {all}");
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

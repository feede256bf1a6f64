//! Proves that `verify` accepts a sound release and finds what somebody changed in it, also where the digests in the
//! manifest were brought into line with the change.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{Float64Type, Int64Type};
use parquet::arrow::ArrowWriter;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::desk::{Desk, Outcome, copy_folder, entries, parquet, quarterly};

/// A sound release, and copies of it to tamper with.
struct Bench {
    desk: Desk,
    sound: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let desk = Desk::new();
        let sound = desk.does("run", &quarterly(), &[]).ends_with(0).release();
        Self { desk, sound }
    }

    fn verify(&self, release: &Path) -> Outcome {
        Outcome::of(self.desk.program("verify").arg(release))
    }

    /// Verifies a copy of the release after `tamper`.
    fn after(&self, tamper: impl FnOnce(&Path)) -> Outcome {
        let copy = self.desk.path("copy");
        let _ = fs::remove_dir_all(&copy);
        copy_folder(&self.sound, &copy);
        tamper(&copy);
        self.verify(&copy)
    }

    /// Verifies a copy whose figures were replaced, with digests and counts as they should be for the new file.
    fn after_rewriting(&self, change: impl FnOnce(RecordBatch) -> RecordBatch) -> Outcome {
        self.after(|copy| rewrite(copy, change))
    }
}

pub fn rewrite(release: &Path, change: impl FnOnce(RecordBatch) -> RecordBatch) {
    let path = release.join("benchmarks.parquet");
    let table = change(parquet(&path));
    let file = File::create(&path).expect("the file can be written");
    let mut writer = ArrowWriter::try_new(file, table.schema(), None).expect("a writer");
    writer.write(&table).expect("written");
    writer.close().expect("finished");
    let content = fs::read(&path).expect("the new file");
    let digest = Sha256::digest(&content).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    edit_manifest(release, |manifest| {
        manifest["files"][0]["sha256"] = digest.into();
        manifest["files"][0]["bytes"] = content.len().into();
        manifest["counts"]["rows"] = table.num_rows().into();
        for (count, status) in [("published", "status"), ("organization_published", "org_status")] {
            let published = table[status].as_string::<i32>().iter().filter(|status| *status == Some("published"));
            manifest["counts"][count] = published.count().into();
        }
    });
}

/// Edits the manifest as somebody would who knows its form: with a new digest of itself.
pub fn edit_manifest(release: &Path, edit: impl FnOnce(&mut Value)) {
    let path = release.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).expect("a manifest")).expect("JSON");
    edit(&mut manifest);
    let text = |manifest: &Value| serde_json::to_string_pretty(manifest).expect("text") + "\n";
    manifest["sha256"] = "".into();
    let digest = Sha256::digest(text(&manifest));
    manifest["sha256"] = digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")).into();
    fs::write(&path, text(&manifest)).expect("written");
}

/// The table with one column replaced.
fn with(table: &RecordBatch, name: &str, column: ArrayRef) -> RecordBatch {
    let place = table.schema().index_of(name).expect("the column");
    let mut columns = table.columns().to_vec();
    columns[place] = column;
    RecordBatch::try_new(table.schema(), columns).expect("the same schema")
}

/// The table with one figure replaced.
pub fn with_figure(table: &RecordBatch, name: &str, row: usize, figure: f64) -> RecordBatch {
    let old = table[name].as_primitive::<Float64Type>().iter().enumerate();
    let column: Float64Array = old.map(|(place, old)| if place == row { Some(figure) } else { old }).collect();
    with(table, name, Arc::new(column))
}

/// The table with one count replaced.
pub fn with_count(table: &RecordBatch, name: &str, row: usize, count: i64) -> RecordBatch {
    let old = table[name].as_primitive::<Int64Type>().iter().enumerate();
    let column: Int64Array = old.map(|(place, old)| if place == row { Some(count) } else { old }).collect();
    with(table, name, Arc::new(column))
}

/// The first row of this status that shows all of P25, P50 and P75, or none where suppressed.
fn row_of(table: &RecordBatch, status: &str) -> usize {
    let statuses = table["status"].as_string::<i32>();
    let fits = |&row: &usize| statuses.value(row) == status && (status == "suppressed") == table["p25"].is_null(row);
    (0..table.num_rows()).find(fits).expect("such a row")
}

#[test]
fn a_sound_release_is_accepted_wherever_it_lies() {
    let bench = Bench::new();
    bench.verify(&bench.sound).ends_with(0);
    bench.after(|_| ()).ends_with(0).tells("every published row keeps its policy");
    bench.after_rewriting(|table| table).ends_with(0);
}

#[test]
fn a_changed_byte_is_found_in_every_file() {
    let bench = Bench::new();
    for file in entries(&bench.sound) {
        let name = file.file_name().expect("a name").to_owned();
        let length = fs::metadata(&file).expect("its size").len();
        for place in [0, length / 2, length - 1] {
            let outcome = bench.after(|copy| {
                let mut bytes = fs::read(copy.join(&name)).expect("the file");
                bytes[usize::try_from(place).expect("a small file")] ^= 0x01;
                fs::write(copy.join(&name), bytes).expect("written");
            });
            assert_ne!(outcome.code, 0, "byte {place} of {} can be changed unseen", name.display());
            outcome.tells(name.to_str().expect("a plain name"));
        }
    }
}

#[test]
fn an_additional_or_a_missing_file_is_found() {
    let bench = Bench::new();
    let added = bench.after(|copy| fs::write(copy.join("notes.txt"), "for friends").expect("written"));
    added.ends_with(3).tells("notes.txt").tells("not in the manifest");
    for name in ["dictionary.md", "benchmarks.parquet", "manifest.json"] {
        let outcome = bench.after(|copy| fs::remove_file(copy.join(name)).expect("removed"));
        assert_ne!(outcome.code, 0, "{name} can be removed unseen");
    }
    bench
        .after(|copy| fs::remove_file(copy.join("dictionary.md")).expect("removed"))
        .ends_with(3)
        .tells("dictionary.md");
}

/// A change of a manifest.
type Edit = fn(&mut Value);

#[test]
fn an_edited_manifest_is_found_where_the_rows_say_otherwise() {
    let bench = Bench::new();
    let edits: [(&str, Edit); 7] = [
        ("the number of rows", |manifest| manifest["counts"]["rows"] = 121.into()),
        ("the number of published rows", |manifest| manifest["counts"]["published"] = 74.into()),
        ("the number of organization rows", |manifest| manifest["counts"]["organization_published"] = 91.into()),
        ("the period", |manifest| manifest["period"] = "2026-Q2".into()),
        ("a stricter policy", |manifest| manifest["policy"]["min_companies"] = 50.into()),
        ("a coarser rounding", |manifest| manifest["policy"]["rounding"]["hourly"] = 70_000.into()),
        ("an unknown key", |manifest| manifest["note"] = "trust me".into()),
    ];
    for (what, edit) in edits {
        let outcome = bench.after(|copy| edit_manifest(copy, edit));
        assert_eq!(outcome.code, 3, "{what} can be edited unseen");
    }
}

#[test]
fn a_looser_policy_that_every_row_keeps_is_no_fault() {
    let bench = Bench::new();
    bench.after(|copy| edit_manifest(copy, |manifest| manifest["policy"]["min_companies"] = 3.into())).ends_with(0);
}

#[test]
fn a_unit_that_is_not_the_measures_own_is_found() {
    // Rounding depends on the unit: with another one, figures of any exactness would pass.
    let bench = Bench::new();
    let table = parquet(&bench.sound.join("benchmarks.parquet"));
    let units: StringArray = table["unit"].as_string::<i32>().iter().map(|_| Some("share")).collect();
    bench.after_rewriting(|table| with(&table, "unit", Arc::new(units))).ends_with(3);
}

#[test]
fn a_level_that_the_manifest_does_not_know_is_found() {
    let bench = Bench::new();
    bench.after_rewriting(|table| with_count(&table, "sector_level", 0, 3)).ends_with(3);
}

#[test]
fn a_file_outside_the_release_is_not_taken_for_one_of_it() {
    let bench = Bench::new();
    let outcome = bench.after(|copy| {
        edit_manifest(copy, |manifest| manifest["files"][1]["name"] = "../small.toml".into());
    });
    outcome.ends_with(3);
}

#[test]
fn figures_that_break_the_policy_are_found_though_their_digest_is_right() {
    let bench = Bench::new();
    let table = parquet(&bench.sound.join("benchmarks.parquet"));
    let (published, suppressed) = (row_of(&table, "published"), row_of(&table, "suppressed"));
    let p75 = table["p75"].as_primitive::<Float64Type>().value(published);
    let mean = table["mean"].as_primitive::<Float64Type>().value(published);
    let cases: BTreeMap<&str, RecordBatch> = [
        ("mean is there", with_figure(&table, "mean", suppressed, 20.0)),
        ("org_status is suppressed, but org_p50", {
            let statuses = table["org_status"].as_string::<i32>();
            let row = (0..table.num_rows()).find(|&row| statuses.value(row) == "suppressed").expect("such a row");
            with_figure(&table, "org_p50", row, 20.0)
        }),
        ("4 companies are fewer than 5", with_count(&table, "n_companies", published, 4)),
        ("5 employees are fewer than", with_count(&table, "n_employees", published, 5)),
        ("n_employees is no multiple", with_count(&table, "n_employees", published, 101)),
        ("mean is not rounded", with_figure(&table, "mean", published, mean + 0.0003)),
        ("percentiles are not in order", with_figure(&table, "p25", published, p75 + 1.0)),
        ("p50 is not rounded", with_figure(&table, "p50", published, f64::NAN)),
        ("is there twice", {
            let schema = table.schema();
            concat_batches(&schema, [&table, &table.slice(published, 1)]).expect("one schema")
        }),
    ]
    .into();
    for (fault, table) in cases {
        bench.after_rewriting(|_| table).ends_with(3).tells(fault);
    }
}

#[test]
fn a_missing_column_is_found_though_the_digest_is_right() {
    let bench = Bench::new();
    let without_a_column = |table: RecordBatch| {
        let places: Vec<usize> = (0..table.num_columns() - 1).collect();
        table.project(&places).expect("fewer columns")
    };
    bench.after_rewriting(without_a_column).ends_with(3).tells("lacks the column");
}

#[test]
fn a_released_count_of_a_wholly_suppressed_row_is_found() {
    let bench = Bench::new();
    let table = parquet(&bench.sound.join("benchmarks.parquet"));
    let row = (0..table.num_rows()).find(|&row| table["n_companies"].is_null(row)).expect("a withheld cell");
    bench.after_rewriting(|table| with_count(&table, "n_companies", row, 3)).ends_with(3).tells("a count is there");
}

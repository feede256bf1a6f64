//! Proves that the samples give a release of exactly three files, a summary that is true, and nothing new the second time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::util::display::array_value_to_string;

use crate::desk::{Desk, Outcome, entries, parquet, project, quarterly, same_trees, tree};
use crate::recount::fields;

fn names(folder: &Path) -> BTreeSet<String> {
    tree(folder).into_keys().collect()
}

/// A text in which neither the desk, the project nor a digest stands.
fn without_places(text: &str, desk: &Desk) -> String {
    text.replace(&desk.workspace().display().to_string(), "WORKSPACE").replace(&project("").display().to_string(), "")
}

/// The three numbers of "11 738 read = 11 732 accepted + 6 rejected".
fn row_counts(outcome: &Outcome) -> [u64; 3] {
    let line = outcome.stderr.lines().find(|line| line.contains(" read = ")).expect("a line about rows");
    let numbers = line.split(['=', '+']).map(|part| part.chars().filter(char::is_ascii_digit).collect::<String>());
    let numbers: Vec<u64> = numbers.map(|digits| digits.parse().expect("a number")).collect();
    numbers.try_into().expect("three numbers")
}

#[test]
fn a_run_of_the_samples_publishes_five_files() {
    let desk = Desk::new();
    let outcome = desk.does("run", &quarterly(), &[]).ends_with(0);
    let release = outcome.release();
    assert_eq!(release, desk.workspace().join("releases/quarterly/2026-Q3/v1"));
    let expected =
        ["benchmarks.parquet", "dictionary.md", "manifest.json", "report.html", "schema.json"].map(str::to_owned);
    assert_eq!(names(&release), expected.into());
    let [read, accepted, rejected] = row_counts(&outcome);
    assert_eq!(read, accepted + rejected);
    assert_eq!((read, rejected), (11_727, 6));
    Outcome::of(desk.program("verify").arg(&release)).ends_with(0).tells("every published row keeps its policy");
}

#[test]
fn a_second_run_says_unchanged_and_changes_no_byte() {
    let desk = Desk::new();
    desk.does("run", &quarterly(), &[]).ends_with(0);
    let before = tree(&desk.workspace());
    let again = desk.does("run", &quarterly(), &[]).ends_with(0);
    again.tells("unchanged: in the store already").tells("unchanged: same content as before");
    assert!(again.release().ends_with("v1"));
    same_trees(&before, &tree(&desk.workspace()));
}

#[test]
fn the_earlier_period_is_published_when_it_is_asked_for() {
    let desk = Desk::new();
    let release = desk.does("run", &quarterly(), &["--period", "2026-Q2"]).ends_with(0).release();
    assert_eq!(release, desk.workspace().join("releases/quarterly/2026-Q2/v1"));
    let table = parquet(&release.join("benchmarks.parquet"));
    let periods: BTreeSet<String> =
        (0..table.num_rows()).map(|row| array_value_to_string(&table["period"], row).expect("text")).collect();
    assert_eq!(periods, ["2026-Q2".to_owned()].into());
}

#[test]
fn a_release_date_is_written_where_it_is_given() {
    let desk = Desk::new();
    let first = desk.does("run", &quarterly(), &["--release-date", "2026-11-15"]).ends_with(0).release();
    let manifest = fs::read_to_string(first.join("manifest.json")).expect("a manifest");
    assert!(manifest.contains("\"release_date\": \"2026-11-15\""));
    let second = desk.does("release", &quarterly(), &["--release-date", "2026-11-16"]).ends_with(0).release();
    assert!(second.ends_with("v2"), "another date is another release");
}

#[test]
fn rejected_rows_are_listed_by_place_and_rule_and_never_by_value() {
    let desk = Desk::new();
    let outcome = desk.does("run", &quarterly(), &[]).ends_with(0);
    let listings: Vec<PathBuf> = entries(&desk.workspace().join("rejects")).collect();
    assert_eq!(listings.len(), 2, "C020 has rejects in both quarters, and no other company has any");
    let uploads = ["2026-Q2", "2026-Q3"].map(|quarter| {
        fields(&fs::read(project(&format!("data-samples/uploads/{quarter}/C020.csv"))).expect("an upload"))
    });
    for listing in listings {
        let text = fs::read_to_string(&listing).expect("a listing");
        let rejects = fields(text.as_bytes());
        assert_eq!(rejects[0], ["row", "line", "column", "rule", "expected"]);
        assert_eq!(rejects.len(), 4, "three bad rows");
        let columns: Vec<&str> = rejects[1..].iter().map(|reject| reject[2].as_str()).collect();
        assert_eq!(columns, ["base_pay", "hire_date", "pay_basis"]);
        for reject in &rejects[1..] {
            let row: usize = reject[0].parse().expect("a row");
            assert_eq!(reject[1], (row + 1).to_string(), "the header is line 1");
            for upload in &uploads {
                let column = upload[0].iter().position(|header| *header == reject[2]).expect("the column");
                let employee = &upload[row][1];
                for value in [&upload[row][column], employee] {
                    // Words and dates that the listing may use for its own expectations are no leak.
                    let ordinary = ["hour", "month", "year"].contains(&value.as_str()) || value.len() < 3;
                    assert!(ordinary || !text.contains(value.as_str()), "a value is in {}", listing.display());
                    assert!(ordinary || value == employee || !outcome.all().contains(value.as_str()));
                }
            }
        }
    }
}

#[test]
fn the_summary_reads_like_this() {
    let desk = Desk::keyed();
    let outcome = desk.does("run", &quarterly(), &[]).ends_with(0);
    insta::assert_snapshot!("summary", without_seconds(&without_places(&outcome.stderr, &desk)));
}

/// The last line tells how long each stage took.
fn without_seconds(summary: &str) -> String {
    let of_line = |line: &str| {
        let is_time = |word: &str| word.trim_end_matches(',').parse::<f64>().is_ok();
        let word = |word: &str| {
            if is_time(word) { word.replace(|at: char| at.is_ascii_digit(), "0") } else { word.to_owned() }
        };
        line.split(' ').map(word).collect::<Vec<_>>().join(" ")
    };
    let line = |line: &str| if line.starts_with("It took") { of_line(line) } else { line.to_owned() };
    summary.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Where the time went: a table for people, and a trace for viewers, in which each stage and part has its place.
#[test]
fn a_run_tells_where_its_time_went() {
    let desk = Desk::keyed();
    let profile = desk.path("trace.json");
    let more = ["--timings", "--profile", profile.to_str().expect("text")];
    desk.does("run", &quarterly(), &more).ends_with(0).tells("of threads").tells("parsing").tells("what is told");
    let trace: serde_json::Value = serde_json::from_slice(&fs::read(&profile).expect("a trace")).expect("JSON");
    let spans = trace.as_array().expect("a list of spans");
    let of = |name: &str| spans.iter().filter(|span| span["name"] == name).collect::<Vec<_>>();
    let stages: Vec<&str> =
        spans.iter().filter(|span| span["cat"] == "stage").filter_map(|span| span["name"].as_str()).collect();
    assert_eq!(stages, ["uploads", "aggregation", "disclosure", "release"]);
    let (uploads, parsing) = (of("uploads")[0], of("parsing"));
    assert!(parsing.len() >= 20, "every upload is parsed");
    let end =
        |span: &serde_json::Value| span["ts"].as_f64().zip(span["dur"].as_f64()).map(|(start, length)| start + length);
    assert!(parsing.iter().all(|part| end(part) <= end(uploads) && part["ph"] == "X"));
}

#[test]
fn the_plan_reads_like_this_and_writes_nothing() {
    let desk = Desk::new();
    let outcome = desk.does("plan", &quarterly(), &[]).ends_with(0);
    insta::assert_snapshot!("plan", without_places(&outcome.stdout, &desk));
    assert!(!desk.workspace().exists());
}

#[test]
fn the_release_holds_this() {
    let desk = Desk::new();
    let release = desk.does("run", &quarterly(), &[]).ends_with(0).release();
    let manifest = fs::read(release.join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
    let part = serde_json::json!({ "policy": manifest["policy"], "counts": manifest["counts"] });
    insta::assert_snapshot!("policy_and_counts", serde_json::to_string_pretty(&part).expect("text"));
    let table = parquet(&release.join("benchmarks.parquet"));
    let shown = |name: &&str| !["table", "period", "unit", "currency", "measure"].contains(name);
    let schema = table.schema();
    let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).filter(shown).collect();
    let mut lines = vec![columns.join(" ")];
    for row in 0..table.num_rows() {
        let value = |name: &str| array_value_to_string(&table[name], row).expect("a value");
        if value("measure") == "base_hourly" {
            let values = columns.iter().map(|name| match value(name) {
                value if value.is_empty() => "-".to_owned(),
                value => value,
            });
            lines.push(values.collect::<Vec<_>>().join(" "));
        }
    }
    insta::assert_snapshot!("base_hourly", lines.join("\n"));
}

/// Every pay of the samples is above zero, so whoever has hourly pay counts for what is made of it, too.
#[test]
fn measures_of_the_same_values_stand_on_the_same_companies() {
    let desk = Desk::new();
    let release = desk.does("run", &quarterly(), &[]).ends_with(0).release();
    let table = parquet(&release.join("benchmarks.parquet"));
    let counts = |measure: &str| -> BTreeSet<[String; 4]> {
        let value = |name: &str, row: usize| array_value_to_string(&table[name], row).expect("a value");
        let of_table = |&row: &usize| value("table", row) == "sector_by_region" && value("measure", row) == measure;
        let counts = |row| ["sector", "region", "n_companies", "n_employees"].map(|name| value(name, row));
        (0..table.num_rows()).filter(of_table).map(counts).collect()
    };
    let hourly = counts("base_hourly");
    assert!(hourly.iter().filter(|row| !row[2].is_empty()).count() > 10);
    assert_eq!(counts("gini"), hourly);
    let shown = |rows: &BTreeSet<[String; 4]>| rows.iter().filter(|row| !row[2].is_empty()).count();
    assert!(shown(&counts("low_pay")) > 10, "low pay is made of them as well, and judged on both of its sides");
}

/// All three examples give a release and each company's own metrics; nothing of a company is in the release folder.
#[test]
fn every_example_pipeline_runs_on_the_samples() {
    let desk = Desk::keyed();
    for (name, notes) in [("quarterly", false), ("pay-equity", true), ("workforce", true)] {
        let pipeline = project(&format!("pipelines/{name}.toml"));
        let outcome = desk.does("run", &pipeline, &["--period", "2026-Q3"]).ends_with(0);
        let files: Vec<String> = entries(&outcome.release())
            .map(|file| file.file_name().expect("a name").to_string_lossy().into_owned())
            .collect();
        assert_eq!(files, ["benchmarks.parquet", "dictionary.md", "manifest.json", "report.html", "schema.json"]);
        let own = parquet(&desk.workspace().join(format!("companies/{name}/2026-Q3.parquet")));
        assert_eq!(own["note"].null_count() < own.num_rows(), notes, "{name}");
        let plan = desk.does("plan", &pipeline, &[]).ends_with(0);
        assert!(!plan.stdout.contains("cannot be released"), "{name}");
    }
}

//! Proves that what must be refused is refused whole, that messages say where, why and what to do, and that no message
//! repeats a value.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::desk::{Desk, Outcome, entries, project, quarterly, same_trees, tree};
use crate::recount::fields;

fn refused_samples() -> Vec<PathBuf> {
    let files: Vec<PathBuf> = entries(&project("data-samples/refused")).collect();
    assert!(files.len() >= 9, "the samples are there");
    files
}

fn sample(company: &str) -> Vec<u8> {
    fs::read(project(&format!("data-samples/uploads/2026-Q3/{company}.csv"))).expect("a sample")
}

/// The values of a refused sample that the sound upload does not have: the offending ones.
fn offending(file: &Path) -> Vec<String> {
    let sound: HashSet<String> = fields(&sample("C001")).into_iter().flatten().collect();
    let all = fields(&fs::read(file).expect("a sample")).into_iter().skip(1).flatten();
    all.filter(|value| value.len() >= 4 && !sound.contains(value)).collect()
}

/// Asserts that a refusal names its file, a place, a reason and a mend, and no value.
fn is_well_told(outcome: &Outcome, file: &Path) {
    let name = file.file_name().expect("a name").to_str().expect("a plain name");
    let told = outcome.all();
    let sentence = told.lines().find(|line| line.contains(name) && line.contains("refused")).expect("a sentence");
    let place = sentence.contains("line ") || sentence.contains("rows");
    assert!(place, "no place in {sentence}");
    let mend = ["remove", "add the column", "mend the rows", "name the file"];
    assert!(mend.iter().any(|mend| sentence.contains(mend)), "no mend in {sentence}");
    for value in offending(file) {
        outcome.hides(&value);
    }
}

#[test]
fn every_refused_sample_is_refused_by_a_check_that_writes_nothing() {
    let desk = Desk::new();
    for file in refused_samples() {
        let outcome = desk.does("check", &quarterly(), &[file.to_str().expect("a plain name")]).ends_with(3);
        is_well_told(&outcome, &file);
    }
    assert!(!desk.workspace().exists());
}

#[test]
fn every_refused_sample_leaves_the_store_and_the_releases_as_they_were() {
    let desk = Desk::keyed();
    for company in ["C001", "C002", "C003"] {
        desk.write(&format!("good/{company}.csv"), sample(company));
    }
    let good = desk.path("good/*.csv").display().to_string();
    desk.does("run", &quarterly(), &["--uploads", &good]).ends_with(0);
    let (store, releases) = (desk.workspace().join("store"), desk.workspace().join("releases"));
    let before = (tree(&store), tree(&releases));
    for file in refused_samples() {
        let upload = file.to_str().expect("a plain name");
        let outcome = desk.does("run", &quarterly(), &["--uploads", upload]).ends_with(3);
        is_well_told(&outcome, &file);
        assert!(outcome.stdout.is_empty(), "no release folder is printed");
        same_trees(&before.0, &tree(&store));
        same_trees(&before.1, &tree(&releases));
        for (name, bytes) in tree(&desk.workspace().join("rejects")) {
            let text = String::from_utf8(bytes).expect("a listing is text");
            assert!(offending(&file).iter().all(|value| !text.contains(value)), "a value is in {name}");
        }
    }
}

#[test]
fn a_run_with_a_refused_upload_publishes_only_when_told_to_skip_it() {
    let desk = Desk::keyed();
    for company in ["C002", "C003", "C004"] {
        desk.write(&format!("inbox/{company}.csv"), sample(company));
    }
    let bad = fs::read(project("data-samples/refused/e-mail-addresses.csv")).expect("a sample");
    desk.write("inbox/staff.csv", bad);
    let inbox = desk.path("inbox/*.csv").display().to_string();
    desk.does("run", &quarterly(), &["--uploads", &inbox]).ends_with(3).tells("--skip-refused");
    assert!(!desk.workspace().join("releases").exists());
    assert!(!desk.workspace().join("store/company=C001").exists());
    let outcome = desk.does("run", &quarterly(), &["--uploads", &inbox, "--skip-refused"]).ends_with(0);
    outcome.tells("1 refused").tells("staff.csv");
    assert!(outcome.release().ends_with("v1"));
    assert!(!desk.workspace().join("store/company=C001").exists());
}

#[test]
fn two_uploads_for_one_company_and_period_are_both_refused() {
    let desk = Desk::keyed();
    desk.write("inbox/C001.csv", sample("C001"));
    desk.write("inbox/again.csv", [sample("C001"), b"\n".to_vec()].concat());
    desk.write("inbox/C002.csv", sample("C002"));
    let inbox = desk.path("inbox/*.csv").display().to_string();
    let outcome = desk.does("run", &quarterly(), &["--uploads", &inbox]).ends_with(3);
    outcome.tells("2 refused").tells("again.csv").tells("C001.csv").tells("keep one of the two");
    assert!(!desk.workspace().join("store/company=C001").exists());
    assert!(desk.workspace().join("store/company=C002").exists());
    assert!(!desk.workspace().join("releases").exists());
}

#[test]
fn an_upload_of_an_unknown_company_is_refused() {
    let desk = Desk::small(2);
    desk.write("uploads/STRANGER.csv", "employee_id,period,base_pay\n1,2026-Q3,40000\n");
    desk.run().ends_with(3).tells("STRANGER.csv").tells("company_id of the register");
    desk.write("uploads/STRANGER.csv", "company_id,employee_id,period,base_pay\nZQXJ,1,2026-Q3,40000\n");
    desk.run().ends_with(3).tells("1 of 1 rows").hides("ZQXJ");
    assert!(tree(&desk.workspace().join("store")).is_empty());
}

#[test]
fn a_pattern_that_matches_nothing_is_refused() {
    let desk = Desk::small(1);
    desk.run().ends_with(3).tells("matches no file");
}

#[test]
fn all_mistakes_of_a_pipeline_are_told_at_once_with_their_lines() {
    let desk = Desk::small(1);
    let text = "name   = \"Not A Name\"\nperiod = \"fortnight\"\n\n[input]\nuplaods = \"x\"\ncompanies = \"companies.csv\"\n\n\
                [dimensions]\nsector = { from = \"company.sector\" }\n\n[[tables]]\nname = \"t\"\nby = [\"sektor\"]\n\
                totals = false\nmeasures = [\"base_anual\"]\n\n[protection]\nmin_companys = 5\nmin_employees = 1\n";
    let file = desk.write("wrong.toml", text);
    for command in ["plan", "run", "check", "release"] {
        let outcome = desk.does(command, &file, &[]).ends_with(3);
        for (line, suggestion) in [
            (1, ""),
            (2, "quarter"),
            (5, "uploads"),
            (13, "sector"),
            (15, "base_annual"),
            (18, "min_companies"),
            (19, "3"),
        ] {
            let place = format!("wrong.toml:{line}:");
            let told = outcome.stderr.split("\n  ").filter(|part| !part.trim_start().starts_with("mend"));
            let found = told.clone().any(|part| part.contains(&place));
            assert!(found, "{command} does not tell of line {line}:\n{}", outcome.stderr);
            outcome.tells(suggestion);
        }
    }
    assert!(!desk.workspace().exists());
}

#[test]
fn mistakes_of_the_register_are_told_with_their_lines() {
    let desk = Desk::small(1);
    desk.write("companies.csv", "company_id,sector\nA,1\nA,1\n,1\n");
    desk.write("uploads/A.csv", "employee_id,period,base_pay\n1,2026-Q3,40000\n");
    desk.run().ends_with(3).tells("companies.csv:3:").tells("companies.csv:4:");
}

#[test]
fn a_sum_beside_an_unjudged_remainder_is_refused_and_nothing_is_published() {
    let text = fs::read_to_string(quarterly()).expect("the pipeline");
    let samples = project("data-samples").display().to_string();
    let head = text[..text.find("[[tables]]").expect("a table")].replace("../data-samples", &samples);
    let table = "[[tables]]\nname = \"t\"\nby = [\"sector\"]\nmeasures = [\"total_cash_annual\", \"variable_pay\"]\n";
    let desk = Desk::new();
    let file = desk.write("remainder.toml", format!("{head}{table}"));
    let reason = "their difference is a figure that no rule has judged";
    desk.does("run", &file, &[]).ends_with(4).tells(reason);
    desk.does("release", &file, &[]).ends_with(4).tells(reason);
    desk.does("plan", &file, &[]).ends_with(0).tells("cannot be released").tells(reason);
    assert!(!desk.workspace().join("releases").exists());
}

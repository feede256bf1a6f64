//! A score goes to whom the company designates, as long as the grant is in force, and nothing but the score.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::desk::{Desk, Outcome, entries, quarterly};

fn share(desk: &Desk, what: &[&str], more: &[&str]) -> Outcome {
    let mut program = desk.program("share");
    program.args(what).arg(quarterly()).arg("--workspace").arg(desk.workspace());
    Outcome::of(program.args(more))
}

fn between<'a>(company: &'a str, recipient: &'a str) -> [&'a str; 4] {
    ["--company", company, "--recipient", recipient]
}

fn shared(desk: &Desk, recipient: &str) -> Vec<Value> {
    let file = desk.workspace().join(format!("sharing/recipients/{recipient}/scores.json"));
    let all: Value = serde_json::from_slice(&fs::read(file).expect("a folder")).expect("JSON");
    all.as_array().expect("a list").clone()
}

#[test]
fn a_recipient_sees_what_is_granted_and_nothing_else() {
    let desk = Desk::keyed();
    desk.does("run", &quarterly(), &[]).ends_with(0);
    share(&desk, &["export"], &["--recipient", "FUND"]).ends_with(3).tells("nobody has ever granted");
    share(&desk, &["grant"], &between("C999", "FUND")).ends_with(3).tells("C999 is not in the register");
    share(&desk, &["grant"], &between("C002", "../FUND")).ends_with(3).tells("cannot be a folder");
    let passed = [&between("C002", "FUND")[..], &["--until", "2020-01-01"]].concat();
    share(&desk, &["grant"], &passed).ends_with(3).tells("has passed");
    let parts = [&between("C002", "FUND")[..], &["--parts", "parts", "--until", "2999-12-31"]].concat();
    share(&desk, &["grant"], &parts).ends_with(0);
    share(&desk, &["grant"], &between("C030", "FUND")).ends_with(0);
    share(&desk, &["grant"], &between("C010", "UNION")).ends_with(0);
    share(&desk, &["list"], &[]).ends_with(0).tells("C002,FUND,score and parts,2999-12-31").tells("C010,UNION,score,");
    share(&desk, &["export"], &["--recipient", "FUND"]).ends_with(0).tells("scores of 2 companies");
    let found = shared(&desk, "FUND");
    let companies: Vec<&str> = found.iter().map(|it| it["company"].as_str().expect("a company")).collect();
    assert_eq!(companies, ["C002", "C030"]);
    // The fields are these, and no figure of a metric is among them.
    let fields: BTreeSet<&str> = found[0].as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(fields, BTreeSet::from(["company", "pipeline", "period", "score", "stars", "coverage", "parts"]));
    assert!(found[0]["parts"].is_array() && found[1]["parts"].is_null());
    let card = fs::read(desk.workspace().join("scorecards/quarterly/2026-Q3/C002.json")).expect("a card");
    let card: Value = serde_json::from_slice(&card).expect("JSON");
    let score = card["score"]["points"].as_f64().expect("a score");
    assert!((found[0]["score"].as_f64().expect("a score") - score.round()).abs() < 1e-9);
    let names: Vec<_> = entries(&desk.workspace().join("sharing/recipients/FUND"))
        .map(|it| it.file_name().expect("a name").to_owned())
        .collect();
    assert_eq!(names, ["scores.csv", "scores.json"]);
    // What is taken back is gone with the next export, and everything is in the log.
    share(&desk, &["revoke"], &between("C002", "FUND")).ends_with(0);
    share(&desk, &["revoke"], &between("C002", "FUND")).ends_with(3).tells("nothing to FUND that is in force");
    share(&desk, &["export"], &["--recipient", "FUND"]).ends_with(0).tells("scores of one company");
    assert_eq!(shared(&desk, "FUND").len(), 1);
    let log = share(&desk, &["list"], &["--history"]).ends_with(0).stdout;
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let kinds: Vec<&str> = events.iter().map(|it| it["event"].as_str().expect("an event")).collect();
    assert_eq!(kinds, ["grant", "grant", "grant", "export", "revoke", "export"]);
    assert_eq!(events[5]["companies"], serde_json::json!(["C030"]));
    assert!(!desk.workspace().join("sharing/recipients/UNION").exists(), "nobody asked for it");
}

#[test]
fn a_damaged_log_shares_nothing() {
    let desk = Desk::keyed();
    desk.does("run", &quarterly(), &[]).ends_with(0);
    share(&desk, &["grant"], &between("C002", "FUND")).ends_with(0);
    let log = desk.workspace().join("sharing/log.jsonl");
    fs::write(&log, fs::read_to_string(&log).expect("the log").replace("FUND", "FU\"ND")).expect("damaged");
    for what in ["list", "export", "grant"] {
        let more: Vec<&str> = match what {
            "list" => Vec::new(),
            "export" => vec!["--recipient", "FUND"],
            _ => between("C030", "FUND").to_vec(),
        };
        share(&desk, &[what], &more).ends_with(1).tells("line 1: is no event of the log");
    }
    assert!(!desk.workspace().join("sharing/recipients").exists());
}

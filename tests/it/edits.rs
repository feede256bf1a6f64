//! Proves that the edits ask about every planted fault and about nothing that is right: a clean base of eight companies over two
//! quarters, in which each test plants one fault into one upload. Exactly one edit speaks, nothing of that upload is stored, what the
//! other companies have is as without it, and after `payquorum accept` the upload is taken.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

use crate::desk::{Desk, Dice, Outcome, pipeline, tree};
use crate::operator::object;

const SECTIONS: &str = r#"standard_weekly_hours = 40

[dimensions]
sector = { from = "company.sector" }
region = { from = "region" }

[[tables]]
name     = "by_sector"
by       = ["sector"]
totals   = false
measures = ["base_annual", "base_hourly", "variable_pay", "health_employer_cost"]

[company_metrics]
measures = ["base_annual", "eu_median_gap", "headcount"]

[output]
workspace = "workspace"
"#;

/// The day of all runs: the third quarter has begun.
const TODAY: &str = "2026-07-15";

const COLUMNS: [&str; 9] = [
    "employee_id",
    "period",
    "gender",
    "region",
    "weekly_hours",
    "pay_basis",
    "base_pay",
    "variable_pay",
    "benefit_health_employer_cost",
];

/// An upload as a table of texts.
#[derive(Clone)]
struct Upload {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Upload {
    /// A company's employees in a quarter: most of them are those of the quarter before, with a little more pay.
    fn of(company: usize, quarter: usize) -> Self {
        let people = if company == 3 { 120 } else { 60 };
        let rows = (0..people).map(|place| {
            // One in twenty left, and somebody else came.
            let person = if quarter == 2 && place % 20 == 7 { place + 500 } else { place };
            let mut dice = Dice((company * 10_000 + person) as u64);
            let id = match company {
                5 => format!("{}", 1_000 + person),
                _ if person % 3 == 0 => format!("{person:05}"),
                _ => format!("{}", 10_000 + person),
            };
            let pay = 30_000 + dice.below(40_000) + 500 * (company % 4);
            let pay = if quarter == 2 { pay + pay / 33 } else { pay };
            let gender = ["F", "M"][dice.below(2)];
            let region = ["R1", "R2", "R3"][dice.below(3)];
            let bonus = 1_000 + dice.below(4_000) + quarter;
            let health = 3_000 + dice.below(2_000) + quarter;
            let texts = [&id, &format!("2026-Q{quarter}"), gender, region, "40", "year"];
            let amounts = [pay, bonus, health].map(|amount| amount.to_string());
            texts.into_iter().map(str::to_owned).chain(amounts).collect()
        });
        Self { header: COLUMNS.map(str::to_owned).to_vec(), rows: rows.collect() }
    }

    fn place(&self, column: &str) -> usize {
        self.header.iter().position(|header| header == column).expect("a column of the base")
    }

    /// Changes a column of the rows whose place `which` chooses.
    fn change_of(&mut self, column: &str, which: fn(usize) -> bool, change: impl Fn(&str) -> String) {
        let at = self.place(column);
        for (_, row) in self.rows.iter_mut().enumerate().filter(|(place, _)| which(*place)) {
            row[at] = change(&row[at]);
        }
    }

    fn change(&mut self, column: &str, change: impl Fn(&str) -> String) {
        self.change_of(column, |_| true, change);
    }

    fn times(&mut self, column: &str, factor: f64) {
        self.change(column, |text| format!("{:.4}", text.parse::<f64>().expect("a number") * factor));
    }

    fn remove(&mut self, column: &str) {
        let at = self.place(column);
        self.header.remove(at);
        self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
    }

    fn csv(&self) -> String {
        let lines = std::iter::once(&self.header).chain(&self.rows);
        lines.map(|fields| fields.join(",") + "\n").collect()
    }
}

/// A desk with the base.
struct Base(Desk);

fn name(company: usize, quarter: usize) -> String {
    format!("uploads/q{quarter}/K{company}.csv")
}

impl Base {
    /// The pipeline and the register, without uploads.
    fn empty() -> Self {
        let desk = Desk::keyed();
        let register = "company_id,holding_id,sector\nK1,,S\nK2,,S\nK3,,S\nK4,,S\nK5,,S\nK6,,S\nK7,,S\nK8,,S\n";
        desk.write("companies.csv", register);
        desk.write("small.toml", pipeline("small", SECTIONS).replace("uploads/*", "uploads/*/*.csv"));
        Self(desk)
    }

    fn new() -> Self {
        let base = Self::empty();
        for quarter in [1, 2] {
            base.write_quarter(quarter);
        }
        base
    }

    fn write_quarter(&self, quarter: usize) {
        for company in 1..=8 {
            self.write(company, quarter, &Upload::of(company, quarter));
        }
    }

    fn write(&self, company: usize, quarter: usize, upload: &Upload) {
        self.0.write(&name(company, quarter), upload.csv());
    }

    fn remove(&self, company: usize, quarter: usize) {
        fs::remove_file(self.0.path(&name(company, quarter))).expect("an upload");
    }

    fn set(&self, edits: &str) {
        let text = fs::read_to_string(self.0.pipeline()).expect("the pipeline");
        self.0.write("small.toml", format!("{text}\n[edits]\n{edits}\n"));
    }

    fn does(&self, command: &str, more: &[&str]) -> Outcome {
        let mut program = self.0.program(command);
        program.env("PAYQUORUM_TODAY", TODAY).arg(self.0.pipeline()).args(more);
        Outcome::of(program.arg("--workspace").arg(self.0.workspace()))
    }

    fn run(&self) -> Outcome {
        self.does("run", &[])
    }

    fn accept(&self, upload: &str, edit: &str, why: &str) -> Outcome {
        let path = self.0.path(upload).display().to_string();
        self.does("accept", &[&path, "--edit", edit, "--why", why])
    }

    fn store(&self) -> BTreeMap<String, Vec<u8>> {
        tree(&self.0.workspace().join("store"))
    }

    /// What each company is asked: file name, and the edits in it.
    fn asked(&self) -> BTreeMap<String, BTreeSet<String>> {
        let files = tree(&self.0.workspace().join("queries/small"));
        let edits = |text: Vec<u8>| {
            let text = String::from_utf8(text).expect("text");
            let lines: Vec<&str> = text.lines().skip(1).collect();
            lines.iter().map(|line| line.split(',').nth(2).expect("an edit").to_owned()).collect()
        };
        files.into_iter().map(|(name, text)| (name, edits(text))).collect()
    }
}

/// The store of the base, made once.
fn clean_store() -> &'static BTreeMap<String, Vec<u8>> {
    static STORE: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    STORE.get_or_init(|| {
        let base = Base::new();
        base.run().ends_with(0);
        base.store()
    })
}

fn of_part(store: &BTreeMap<String, Vec<u8>>, company: usize, quarter: usize) -> Option<Vec<u8>> {
    let folder = format!("company=K{company}/period=2026-Q{quarter}/");
    let mut files = store.iter().filter(|(name, _)| name.starts_with(&folder));
    let found = files.next().map(|(_, bytes)| bytes.clone());
    assert!(files.next().is_none(), "one file for each company and period");
    found
}

/// Runs with a fault in the upload of one company for the second quarter: exactly this edit asks, nothing of the upload is stored, all
/// else is; and after it was accepted all is stored.
#[track_caller]
fn is_asked(base: &Base, company: usize, rule: &str) {
    let before = base.store();
    let outcome = base.run().ends_with(8);
    outcome.tells(&format!("query K{company} in 2026-Q")).tells("payquorum accept");
    assert!(outcome.stdout.is_empty(), "nothing is published");
    let expected: BTreeMap<String, BTreeSet<String>> = [(format!("K{company}.csv"), [rule.to_owned()].into())].into();
    assert_eq!(base.asked(), expected, "{}", outcome.stderr);
    let store = base.store();
    for quarter in [1, 2] {
        let own = of_part(&store, company, quarter);
        let would_be_own = if quarter == 2 { of_part(&before, company, 2) } else { None };
        if quarter == 2 {
            assert_eq!(own.is_some(), would_be_own.is_some(), "what was not stored is not stored now");
        }
        for other in (1..=8).filter(|other| *other != company) {
            assert_eq!(of_part(&store, other, quarter), of_part(clean_store(), other, quarter), "K{other}, Q{quarter}");
        }
    }
    let again = base.run().ends_with(8);
    assert_eq!(again.stderr.matches("query K").count(), outcome.stderr.matches("query K").count(), "the same again");
    base.accept(&name(company, 2), rule, "looked at, and right").ends_with(0);
    base.run().ends_with(0).tells("Accepted queries").tells(rule);
    assert!(base.asked().is_empty() && !base.0.workspace().join("queries/small").exists());
    assert_ne!(of_part(&base.store(), company, 2), None, "taken");
    base.run().ends_with(0).hides("query K");
}

/// A fault in the second quarter of a company, beside the first quarter in the same run.
#[track_caller]
fn planted(company: usize, rule: &str, plant: impl FnOnce(&mut Upload)) {
    let base = Base::new();
    let mut upload = Upload::of(company, 2);
    plant(&mut upload);
    base.write(company, 2, &upload);
    is_asked(&base, company, rule);
}

/// A fault in the first upload of a company.
#[track_caller]
fn planted_in_the_first(company: usize, rule: &str, plant: impl FnOnce(&mut Upload)) {
    let base = Base::new();
    base.remove(company, 1);
    let mut upload = Upload::of(company, 2);
    plant(&mut upload);
    base.write(company, 2, &upload);
    is_asked(&base, company, rule);
}

#[test]
fn the_clean_base_is_asked_nothing() {
    let base = Base::new();
    base.run().ends_with(0).hides("query K");
    assert!(base.asked().is_empty());
    let outcome = base.does("check", &[]).ends_with(0);
    outcome.hides("query").tells("16 uploads checked, 0 refused; nothing was written");
}

#[test]
fn one_quarter_after_the_other_is_asked_nothing_and_stores_the_same() {
    let base = Base::empty();
    base.write_quarter(1);
    base.run().ends_with(0);
    base.write_quarter(2);
    base.run().ends_with(0).hides("query K");
    assert_eq!(&base.store(), clean_store());
}

macro_rules! planted {
    ($($test:ident: $how:ident($company:literal, $rule:literal, $plant:expr);)*) => {
        $(#[test] fn $test() { $how($company, $rule, $plant); })*
    };
}

planted! {
    yearly_pay_as_monthly: planted(3, "pay_basis", |upload| upload.change("pay_basis", |_| "month".to_owned()));
    yearly_pay_as_weekly: planted(4, "pay_basis", |upload| upload.change("pay_basis", |_| "week".to_owned()));
    yearly_pay_as_hourly: planted(4, "pay_basis", |upload| upload.change("pay_basis", |_| "hour".to_owned()));
    yearly_pay_of_two_weeks: planted(4, "pay_basis", |upload| upload.change("pay_basis", |_| "two_weeks".to_owned()));
    monthly_pay_as_yearly: planted(4, "pay_basis", |upload| upload.times("base_pay", 1.0 / 12.0));
    hourly_pay_as_yearly: planted(4, "pay_basis", |upload| upload.times("base_pay", 1.0 / 2080.0));
    quarterly_pay_as_yearly: planted(4, "pay_basis", |upload| upload.times("base_pay", 0.25));
    pay_in_cents: planted(4, "pay_moved", |upload| upload.times("base_pay", 100.0));
    pay_in_thousands: planted(4, "pay_moved", |upload| upload.times("base_pay", 0.001));
    pay_in_another_currency: planted(4, "pay_moved", |upload| upload.times("base_pay", 1.95583));
    a_decimal_mark_lost: planted(4, "pay_moved", |upload| upload.times("base_pay", 10.0));
    a_third_of_the_pay_in_cents: planted(3, "pay_moved", |upload| {
        upload.change_of("base_pay", |place| place % 3 == 0, |pay| format!("{pay}00"));
    });
    two_bases_that_contradict_each_other: planted(4, "pay_bases", |upload| {
        upload.change_of("pay_basis", |place| place % 4 == 0, |_| "month".to_owned());
    });
    the_first_upload_with_yearly_pay_as_monthly: planted_in_the_first(4, "pay_basis", |upload| {
        upload.change("pay_basis", |_| "month".to_owned());
    });
    the_first_upload_with_monthly_pay_as_yearly: planted_in_the_first(4, "pay_basis", |upload| {
        upload.times("base_pay", 1.0 / 12.0);
    });
    the_first_upload_in_cents: planted_in_the_first(4, "pay_outside_sector", |upload| upload.times("base_pay", 100.0));
    the_first_upload_without_pay: planted_in_the_first(4, "all_zero", |upload| {
        upload.change("base_pay", |_| "0".to_owned());
    });
    the_file_of_the_quarter_before: planted(3, "same_as_last", |upload| {
        *upload = Upload::of(3, 1);
        upload.change("period", |_| "2026-Q2".to_owned());
    });
    a_headcount_that_jumps: planted(4, "headcount", |upload| {
        let more = Upload::of(3, 2).rows;
        upload.rows.extend(more.into_iter().map(|mut row| {
            row[0] = format!("9{}", row[0]);
            row
        }));
    });
    a_part_of_the_company_missing: planted(4, "headcount", |upload| upload.rows.truncate(25));
    a_column_gone: planted(4, "column_vanished", |upload| upload.remove("gender"));
    a_header_renamed: planted(4, "column_vanished", |upload| upload.header[3] = "Standort".to_owned());
    hours_gone: planted(4, "column_vanished", |upload| upload.remove("weekly_hours"));
    a_column_of_codes_emptied: planted(4, "column_vanished", |upload| upload.change("region", |_| String::new()));
    base_pay_emptied: planted(4, "column_vanished", |upload| upload.change("base_pay", |_| String::new()));
    a_column_of_amounts_emptied: planted(4, "column_vanished", |upload| {
        upload.change("variable_pay", |_| String::new());
    });
    a_gender_gone: planted(4, "gender_vanished", |upload| upload.change("gender", |_| "M".to_owned()));
    a_gender_under_another_code: planted(4, "gender_vanished", |upload| {
        upload.change("gender", |code| code.replace('F', "V"));
    });
    all_genders_under_other_codes: planted(4, "gender_unknown", |upload| {
        upload.change("gender", |code| if code == "F" { "1" } else { "2" }.to_owned());
    });
    genders_unknown_from_the_first: planted_in_the_first(4, "gender_unknown", |upload| {
        upload.change("gender", |code| format!("gender {code}"));
    });
    zeros_in_front_lost: planted(4, "zero_padding", |upload| {
        upload.change("employee_id", |id| id.trim_start_matches('0').to_owned() + if id == "00000" { "0" } else { "" });
    });
    zeros_in_front_added: planted(5, "zero_padding", |upload| upload.change("employee_id", |id| format!("{id:0>8}")));
    ids_with_letters_in_front: planted(5, "id_form", |upload| upload.change("employee_id", |id| format!("DE-{id}")));
    longer_ids: planted(5, "id_form", |upload| upload.change("employee_id", |id| format!("77000{id}")));
    pay_of_zero: planted(4, "all_zero", |upload| upload.change("base_pay", |_| "0".to_owned()));
    bonuses_of_zero: planted(4, "all_zero", |upload| upload.change("variable_pay", |_| "0".to_owned()));
    bonuses_of_a_month: planted(4, "column_mean", |upload| upload.times("variable_pay", 1.0 / 12.0));
    employer_cost_in_cents: planted(4, "column_mean", |upload| upload.times("benefit_health_employer_cost", 100.0));
    hours_as_days: planted(4, "weekly_hours", |upload| upload.change("weekly_hours", |_| "1.6667".to_owned()));
    the_first_upload_with_hours_of_a_month: planted_in_the_first(4, "weekly_hours", |upload| {
        upload.change("weekly_hours", |_| "160".to_owned());
    });
    one_row_of_the_next_quarter: planted(4, "stray_period", |upload| {
        upload.change_of("period", |place| place == 5, |_| "2026-07".to_owned());
    });
}

#[test]
fn a_part_of_a_snapshot_does_not_replace_it() {
    let base = Base::new();
    base.run().ends_with(0);
    let before = of_part(&base.store(), 4, 2);
    let mut part = Upload::of(4, 2);
    part.rows.truncate(29);
    base.write(4, 2, &part);
    base.run().ends_with(8);
    assert_eq!(of_part(&base.store(), 4, 2), before, "the earlier snapshot stays");
    is_asked(&base, 4, "shrinks_snapshot");
    assert_ne!(of_part(&base.store(), 4, 2), before);
}

#[test]
fn one_row_of_the_earlier_quarter_does_not_replace_its_snapshot() {
    let base = Base::empty();
    base.write_quarter(1);
    base.run().ends_with(0);
    let earlier = of_part(&base.store(), 4, 1);
    base.write_quarter(2);
    base.remove(4, 1);
    let mut upload = Upload::of(4, 2);
    upload.change_of("period", |place| place == 5, |_| "2026-03-31".to_owned());
    base.write(4, 2, &upload);
    let outcome = base.run().ends_with(8);
    outcome.tells("1 of the upload's 60 rows are of this period").tells("the place of 60 records");
    assert_eq!(of_part(&base.store(), 4, 1), earlier);
    is_asked(&base, 4, "stray_period");
}

#[test]
fn a_period_that_has_not_begun_is_an_error() {
    for (rows, period) in [(1, "2062-09"), (60, "2027-Q2"), (60, "2026-Q4")] {
        let base = Base::new();
        let mut upload = Upload::of(4, 2);
        let at = upload.place("period");
        upload.rows.iter_mut().take(rows).for_each(|row| row[at] = period.to_owned());
        base.write(4, 2, &upload);
        let outcome = base.run().ends_with(3);
        outcome.tells("K4.csv").tells("the period has not begun").tells("period_to_come");
        assert_eq!(of_part(&base.store(), 4, 2), None);
        assert!(!base.0.workspace().join("releases").exists());
        base.does("check", &[]).ends_with(3).tells("the period has not begun");
    }
}

#[test]
fn a_query_is_told_privately_and_without_anything_of_others() {
    let base = Base::new();
    for company in [2, 4] {
        let mut upload = Upload::of(company, 2);
        upload.change("pay_basis", |_| "month".to_owned());
        base.write(company, 2, &upload);
    }
    let outcome = base.run().ends_with(8);
    let texts = tree(&base.0.workspace().join("queries/small"));
    assert_eq!(texts.keys().collect::<Vec<_>>(), ["K2.csv", "K4.csv"]);
    for (own, other) in [("K2", "K4"), ("K4", "K2")] {
        let text = String::from_utf8(texts[&format!("{own}.csv")].clone()).expect("text");
        assert!(text.contains(own) && !text.contains(other), "{text}");
        assert!(text.contains("as if pay by the year were given as pay by the month"), "{text}");
    }
    let amounts: BTreeSet<String> =
        [2, 4].iter().flat_map(|company| Upload::of(*company, 2).rows).map(|row| row[6].clone()).collect();
    for (name, bytes) in tree(&base.0.workspace()) {
        let is_private = name.starts_with("store/") || name.starts_with("cache/");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(is_private || amounts.iter().all(|amount| !text.contains(amount)), "an amount is in {name}");
    }
    assert!(amounts.iter().all(|amount| !outcome.all().contains(amount)));
}

#[test]
fn what_is_not_open_cannot_be_accepted_and_a_word_counts_for_one_content() {
    let base = Base::new();
    let clean = name(1, 2);
    base.accept(&clean, "headcount", "because").ends_with(3).tells("run again first");
    let mut upload = Upload::of(4, 2);
    upload.rows.truncate(25);
    base.write(4, 2, &upload);
    base.accept(&name(4, 2), "headcount", "too early").ends_with(3);
    base.run().ends_with(8);
    base.accept(&name(4, 2), "pay_moved", "wrong edit").ends_with(3).tells("open are headcount");
    base.accept(&name(4, 2), "nonsense", "no edit").ends_with(2).tells("headcount");
    base.accept(&name(4, 2), "headcount", "  ").ends_with(2).tells("why");
    base.accept(&name(4, 2), "headcount", "a branch was sold").ends_with(0);
    let log = fs::read_to_string(base.0.workspace().join("edits/accepted.jsonl")).expect("a log");
    let line: Value = serde_json::from_str(log.lines().next().expect("a line")).expect("JSON");
    assert_eq!([&line["rule"], &line["company"], &line["period"]], ["headcount", "K4", "2026-Q2"]);
    assert_eq!(line["why"], "a branch was sold");
    upload.rows.pop();
    base.write(4, 2, &upload);
    base.run().ends_with(8).tells("query K4");
}

#[test]
fn a_release_can_be_made_without_what_is_held() {
    let base = Base::new();
    let mut upload = Upload::of(4, 2);
    upload.rows.truncate(25);
    base.write(4, 2, &upload);
    let outcome = base.does("run", &["--skip-refused"]).ends_with(0);
    assert!(outcome.release().ends_with("v1"));
    outcome.tells("query K4");
    assert_eq!(of_part(&base.store(), 4, 2), None);
    assert_eq!(base.asked().len(), 1, "it stays open");
}

#[test]
fn thresholds_can_be_changed_without_reading_uploads_again() {
    let base = Base::new();
    base.run().ends_with(0);
    base.set("headcount_factor = 3.0");
    base.run().ends_with(0).tells("16 unchanged: in the store already");
    let mut upload = Upload::of(4, 2);
    upload.rows.truncate(25);
    base.write(4, 2, &upload);
    base.run().ends_with(8).tells("shrinks_snapshot");
    let text = fs::read_to_string(base.0.pipeline()).expect("the pipeline");
    base.0.write("small.toml", text + "off = [\"shrinks_snapshot\"]\n");
    base.run().ends_with(0).tells("15 unchanged");
}

#[test]
fn mistakes_of_the_section_are_told() {
    let base = Base::new();
    base.set("off = [\"head_count\"]\npay_factr = 2\nshrink_share = 3\nsector_min_companies = 2");
    let outcome = base.run().ends_with(3);
    outcome.tells("did you mean \"headcount\"?").tells("did you mean `pay_factor`?").tells("edits.shrink_share");
    outcome.tells("at least 5");
}

#[test]
fn a_run_says_in_json_what_is_held() {
    let base = Base::new();
    let mut upload = Upload::of(4, 2);
    upload.rows.truncate(25);
    base.write(4, 2, &upload);
    let outcome = base.does("run", &["--json", "--quiet"]).ends_with(8);
    let told = object(&outcome);
    assert_eq!([&told["exit_code"], &told["uploads"]["held"], &told["uploads"]["read"]], [8, 1, 15]);
    assert_eq!(told["error"]["kind"], "held");
    let query = &told["queries"][0];
    assert_eq!([&query["company"], &query["rule"], &query["period"]], ["K4", "headcount", "2026-Q2"]);
    crate::operator::is_documented(&told);
}

#[test]
fn a_check_shows_columns_and_what_would_be_asked() {
    let base = Base::new();
    base.run().ends_with(0);
    let mut upload = Upload::of(4, 2);
    upload.change_of("gender", |place| place < 6, |_| "X".to_owned());
    upload.change("region", |_| String::new());
    upload.header.push("x".repeat(65));
    upload.header.push("notes".to_owned());
    upload.rows.iter_mut().for_each(|row| row.extend(["secret".to_owned(), "none".to_owned()]));
    base.write(4, 2, &upload);
    let before = tree(&base.0.workspace());
    let path = base.0.path(&name(4, 2)).display().to_string();
    let text = base.does("check", &[&path]).ends_with(8);
    text.tells("column_vanished").tells("1 would be held back");
    let outcome = base.does("check", &["--json", &path]).ends_with(8);
    let told = object(&outcome);
    crate::operator::is_documented(&told);
    let upload = &told["uploads"][0];
    assert_eq!([&upload["state"], &told["form"]], ["held", "payquorum-check/1"]);
    let column = |name: &str| {
        let columns = upload["columns"].as_array().expect("columns");
        columns.iter().find(|column| column["name"] == name).expect("a column").clone()
    };
    assert_eq!(
        [&column("gender")["filled"], &column("gender")["distinct"], &column("gender")["used_percent"]],
        [60, 3, 90]
    );
    assert_eq!([&column("region")["filled"], &column("base_pay")["used_percent"]], [0, 100]);
    assert!(upload["dropped"].as_array().expect("a list").contains(&Value::from("notes")));
    outcome.hides("xxxxxxxxxx").hides("secret");
    assert_eq!(tree(&base.0.workspace()), before, "nothing is written");
}

#[test]
fn files_formats_and_who_is_missing_are_told() {
    let base = Base::new();
    base.remove(7, 2);
    base.remove(8, 1);
    base.remove(8, 2);
    let mut upload = Upload::of(6, 2);
    upload.header.push("company_id".to_owned());
    upload.rows.iter_mut().for_each(|row| row.push("K8".to_owned()));
    base.write(6, 2, &upload);
    let text = fs::read_to_string(base.0.pipeline()).expect("the pipeline");
    let formats = "[formats.a]\nfiles = [\"**/K1.csv\"]\n[formats.b]\nfiles = [\"**/q2/K1.csv\", \"**/K9.csv\"]\n";
    let text = text.replace("\"headcount\"]", "\"headcount\", \"skill_*\"]");
    base.0.write("small.toml", text + formats);
    let outcome = base.run().ends_with(0);
    outcome.tells(
        "2 of the 8 companies of the register have no records of 2026-Q2 (2 of them uploaded for 2026-Q1): K6, K7",
    );
    outcome.tells("[formats.b]: the pattern \"**/K9.csv\" matches no upload");
    outcome.tells("[formats.a] and [formats.b] both match; the first counts");
    outcome.tells("the file is called like K6, and its column says K8");
    outcome.tells("the pattern of measures \"skill_*\" means none of what the uploads tell of");
}

#[test]
fn a_release_without_any_row_is_none() {
    let base = Base::new();
    for company in 1..=8 {
        for quarter in [1, 2] {
            let mut upload = Upload::of(company, quarter);
            upload.remove("benefit_health_employer_cost");
            base.write(company, quarter, &upload);
        }
    }
    let text = fs::read_to_string(base.0.pipeline()).expect("the pipeline");
    let measures = "[\"base_annual\", \"base_hourly\", \"variable_pay\", \"health_employer_cost\"]";
    base.0.write("small.toml", text.replace(measures, "[\"health_employer_cost\"]"));
    let outcome = base.run().ends_with(3);
    outcome.tells("there is nothing to publish");
    assert!(outcome.stdout.is_empty() && !base.0.workspace().join("releases").exists());
}

#[test]
fn rejects_are_listed_under_the_company_and_nowhere_else() {
    let base = Base::new();
    let mut upload = Upload::of(4, 2);
    upload.change_of("base_pay", |place| place == 3, |_| "much".to_owned());
    base.write(4, 2, &upload);
    upload.change("base_pay", |_| "much".to_owned());
    base.0.write("uploads/q2/..we ird'.csv", upload.csv());
    let outcome = base.run().ends_with(3);
    let names: Vec<PathBuf> = crate::desk::entries(&base.0.workspace().join("rejects")).collect();
    let names: Vec<String> =
        names.iter().map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect();
    assert!(
        names.iter().any(|name| name.starts_with("K4-2026-Q2-") && name.len() == "K4-2026-Q2-01234567.csv".len()),
        "{names:?}"
    );
    assert!(
        names.iter().all(|name| !name.starts_with('.') && !name.contains(['\'', ' ', '/'])),
        "{names:?}\n{}",
        outcome.stderr
    );
}

#[test]
fn a_store_of_an_earlier_build_is_compared_by_its_records_alone() {
    let base = Base::empty();
    base.write_quarter(1);
    base.run().ends_with(0);
    // Files of earlier builds have no profile; one that cannot be read is none.
    let store = base.0.workspace().join("store");
    for (name, bytes) in tree(&store) {
        let key = b"payquorum.profile";
        let at = bytes.windows(key.len()).position(|window| window == key).expect("a profile in the footer");
        let mut changed = bytes.clone();
        changed[at..at + 3].copy_from_slice(b"qay");
        fs::write(store.join(name), changed).expect("written");
    }
    base.write_quarter(2);
    let mut upload = Upload::of(4, 2);
    upload.change("employee_id", |id| format!("DE-{id}"));
    base.write(4, 2, &upload);
    base.run().ends_with(0).hides("query K");
}

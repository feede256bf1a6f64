//! Proves that a perturbed table tells about the right figures and nothing else, that its budget is spent once for an input and
//! never overspent, and that pipelines in which noise would protect nobody are refused.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use serde_json::Value;

use crate::desk::{Desk, Outcome, copy_folder, entries, parquet, same_trees, tree};
use crate::tamper::{edit_manifest, rewrite, with_count, with_figure};

const PIPELINE: &str = r#"name   = "noisy"
period = "quarter"

[input]
uploads   = "uploads/*"
companies = "companies.csv"

[defaults]
currency  = "EUR"
pay_basis = "hour"
standard_weekly_hours = 40

[dimensions]
sector = { from = "company.naics", hierarchy = "naics", levels = [2] }
job    = { from = "job_code", hierarchy = "soc", levels = [2] }

[[tables]]
name     = "noisy_sector"
by       = ["sector"]
measures = ["base_hourly", "variable_recipients"]
protect  = "differential-privacy"

[[tables]]
name     = "sector"
by       = ["sector"]
totals   = false
measures = ["base_annual"]

[protection.differential_privacy]
epsilon = 1.0
epsilon_per_release = 0.5
max_employees = 200
bounds = { base_hourly = [5.0, 150.0] }

[output]
workspace = "workspace"
"#;

/// Sectors, and what their employees earn.
const SECTORS: [(&str, &str, i64); 3] = [("111110", "11", 16), ("336111", "31-33", 30), ("541511", "54", 55)];

/// So many employees of one job, half of them with one more than this pay and half with one less; every fourth has variable pay.
fn upload(employees: usize, pay: i64) -> String {
    let mut text = "employee_id,period,job_code,base_pay,variable_pay\n".to_owned();
    for number in 1..=employees {
        let variable = if number % 4 == 0 { 500 } else { 0 };
        let pay = if number % 2 == 0 { pay + 1 } else { pay - 1 };
        writeln!(text, "{},2026-Q3,15-1252,{pay},{variable}", 7_000_000 + number).expect("a string takes all");
    }
    text
}

/// A desk with sixty companies of 24 employees each, twenty to a sector; one of them, in the last sector, has a thousand.
fn desk() -> Desk {
    let desk = Desk::keyed();
    let mut register = "company_id,holding_id,naics\n".to_owned();
    for number in 0..60 {
        let (naics, _, pay) = SECTORS[number % 3];
        writeln!(register, "N{number},,{naics}").expect("a string takes all");
        let employees = if number == 59 { 1_000 } else { 24 };
        desk.write(&format!("uploads/N{number}.csv"), upload(employees, pay));
    }
    desk.write("companies.csv", register);
    desk.write("noisy.toml", PIPELINE);
    desk
}

fn run(desk: &Desk, more: &[&str]) -> Outcome {
    desk.does("run", &desk.path("noisy.toml"), more)
}

fn budget(desk: &Desk) -> Vec<u8> {
    fs::read(desk.workspace().join("budget/noisy/2026-Q3.json")).expect("a budget")
}

/// What is spent, in 1/10,000.
fn spent(desk: &Desk) -> i64 {
    let book: Value = serde_json::from_slice(&budget(desk)).expect("JSON");
    book["drawn"].as_array().expect("a list").iter().map(|drawn| drawn["epsilon"].as_i64().expect("a number")).sum()
}

/// Rows of a table and measure, by code of the sector.
fn rows(release: &RecordBatch, table: &str, measure: &str) -> BTreeMap<String, usize> {
    let text = |name: &str, row: usize| release[name].as_string::<i32>().value(row).to_owned();
    let fits = |&row: &usize| text("table", row) == table && text("measure", row) == measure;
    (0..release.num_rows()).filter(fits).map(|row| (text("sector", row), row)).collect()
}

fn figure(release: &RecordBatch, name: &str, row: usize) -> f64 {
    assert!(release[name].is_valid(row), "{name} of row {row}");
    release[name].as_primitive::<Float64Type>().value(row)
}

fn count(release: &RecordBatch, name: &str, row: usize) -> i64 {
    assert!(release[name].is_valid(row), "{name} of row {row}");
    release[name].as_primitive::<Int64Type>().value(row)
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn every_cell_is_published_with_noise_of_the_stated_size() {
    let desk = desk();
    // So large a budget that the noise is small, and figures can be told from it.
    let text = PIPELINE.replace("epsilon = 1.0", "epsilon = 100").replace("per_release = 0.5", "per_release = 100");
    desk.write("noisy.toml", text);
    let folder = run(&desk, &[]).ends_with(0).release();
    let release = parquet(&folder.join("benchmarks.parquet"));
    let (hourly, bonus) =
        (rows(&release, "noisy_sector", "base_hourly"), rows(&release, "noisy_sector", "variable_recipients"));
    // Twenty sectors and those that do not say, whoever is in them.
    assert_eq!((hourly.len(), bonus.len()), (21, 21));
    assert!(hourly.contains_key("_U") && hourly.contains_key("92"));
    for (sector, &row) in &hourly {
        // Two measures, and a count and a sum of each: a quarter of epsilon 100 for each, and a scale of 200 / 25.
        let scatter = figure(&release, "n_employees_standard_error", row);
        assert!((scatter - 8.0 * 2.0_f64.sqrt()).abs() < 0.05, "{scatter}");
        let pay = SECTORS.iter().find(|(_, code, _)| code == sector).map(|(.., pay)| *pay);
        let employees = match sector.as_str() {
            // Of the thousand, 200 count.
            "54" => 19 * 24 + 200,
            _ if pay.is_some() => 20 * 24,
            _ => 0,
        };
        // Fifteen standard errors of Laplace are passed once in a thousand million draws.
        let off = count(&release, "n_employees", row) - employees;
        assert!((off as f64).abs() < 15.0 * scatter + 5.0, "{sector}: {off}");
        let error = figure(&release, "mean_standard_error", row);
        if let Some(pay) = pay {
            assert!(error < 3.0, "{error}");
            let off = figure(&release, "mean", row) - pay as f64;
            assert!(off.abs() < 15.0 * error + 0.05, "{sector}: {off}");
            let part = figure(&release, "mean", bonus[sector]);
            assert!((part - 0.25).abs() < 15.0 * figure(&release, "mean_standard_error", bonus[sector]), "{part}");
        }
        for name in ["n_companies", "sd", "p10", "p25", "p50", "p75", "p90", "org_mean", "org_p50"] {
            assert!(release[name].is_null(row), "{name} has no noise");
        }
    }
    // The other table is as ever.
    for (sector, row) in rows(&release, "sector", "base_annual") {
        assert!(release["mean_standard_error"].is_null(row) && release["n_employees_standard_error"].is_null(row));
        assert_eq!(release["status"].as_string::<i32>().value(row) == "published", sector != "54", "{sector}");
    }
    let dictionary = fs::read_to_string(folder.join("dictionary.md")).expect("a dictionary");
    for text in
        ["`mean_standard_error`", "differential privacy, epsilon 100 of 100", "percentiles and figures that weigh"]
    {
        assert!(dictionary.contains(text), "{text:?} is not in the dictionary");
    }
    assert!(!dictionary.contains("N59"));
    Outcome::of(desk.program("verify").arg(&folder)).ends_with(0);
    let changed = desk.path("changed");
    let refused = |what: &str, change: &dyn Fn(RecordBatch) -> RecordBatch| {
        let _ = fs::remove_dir_all(&changed);
        copy_folder(&folder, &changed);
        rewrite(&changed, change);
        Outcome::of(desk.program("verify").arg(&changed)).ends_with(3).tells(what);
    };
    let row = hourly["92"];
    refused("mean is outside its bounds", &|table| with_figure(&table, "mean", row, 151.0));
    refused("p50 is there", &|table| with_figure(&table, "p50", row, 30.0));
    refused("n_companies is there", &|table| with_count(&table, "n_companies", row, 7));
    refused("does not tell of any noise", &|table| with_figure(&table, "mean_standard_error", row, 0.0));
    refused("not that of the noise that epsilon asks for", &|table| {
        with_figure(&table, "n_employees_standard_error", row, 9.0)
    });
    refused("has not every cell", &|table| table.slice(0, table.num_rows() - 30));
    let exact = rows(&release, "sector", "base_annual")["11"];
    refused("the table has no noise", &|table| with_figure(&table, "mean_standard_error", exact, 1.0));
    edit_manifest(&folder, |manifest| manifest["perturbation"]["epsilon"] = 1.into());
    Outcome::of(desk.program("verify").arg(&folder)).ends_with(3).tells("more than the budget");
}

#[test]
fn a_budget_is_spent_once_for_an_input_and_never_overspent() {
    let desk = desk();
    let first = run(&desk, &["--threads", "1"]).ends_with(0).release();
    let (published, after_first) = (tree(&first), budget(&desk));
    assert_eq!(spent(&desk), 5_000);
    // The same again gives the same version and spends nothing, whatever the threads.
    let again = run(&desk, &["--threads", "2"]).ends_with(0).release();
    assert_eq!(again, first);
    same_trees(&published, &tree(&again));
    assert_eq!(budget(&desk), after_first);
    // Another date makes another version, with the same figures.
    let dated = run(&desk, &["--release-date", "2026-11-15"]).ends_with(0).release();
    assert_ne!(dated, first);
    let figures = |folder: &PathBuf| fs::read(folder.join("benchmarks.parquet")).expect("figures");
    assert_eq!(figures(&dated), figures(&first));
    assert_eq!(budget(&desk), after_first);
    // Another input is other noise.
    desk.write("uploads/N7.csv", upload(25, 30));
    let second = run(&desk, &[]).ends_with(0).release();
    assert_ne!(figures(&second), figures(&first));
    assert_eq!(spent(&desk), 10_000);
    // A third one is too much: nothing appears, nothing is spent, and the message tells what is left and what to do.
    desk.write("uploads/N7.csv", upload(26, 30));
    let (releases, before) = (tree(&desk.workspace().join("releases")), budget(&desk));
    let refused = run(&desk, &[]).ends_with(4);
    refused.tells("epsilon is 1, 1 is spent, 0 is left, and this release would spend 0.5").tells("epsilon_per_release");
    same_trees(&releases, &tree(&desk.workspace().join("releases")));
    assert_eq!(budget(&desk), before);
    // The first input is at hand still.
    desk.write("uploads/N7.csv", upload(24, 30));
    let back = run(&desk, &[]).ends_with(0).release();
    assert_eq!(figures(&back), figures(&first));
    assert_eq!(budget(&desk), before);
    // Without the record of what is spent, nothing is published.
    fs::write(desk.workspace().join("budget/noisy/2026-Q3.json"), "{").expect("written");
    run(&desk, &[]).ends_with(4).tells("restore it from a backup");
}

#[test]
fn noise_of_its_own_for_each_desk_and_the_same_bytes_from_one_budget() {
    let (one, other, third) = (desk(), desk(), desk());
    let first = run(&one, &["--threads", "1"]).ends_with(0).release();
    copy_folder(&one.workspace().join("budget"), &other.workspace().join("budget"));
    let second = run(&other, &["--threads", "2"]).ends_with(0).release();
    same_trees(&tree(&first), &tree(&second));
    same_trees(&tree(&one.workspace()), &tree(&other.workspace()));
    // Nobody can draw the noise again from the input.
    run(&third, &[]).ends_with(0);
    assert_ne!(budget(&third), budget(&one));
    assert!(entries(&one.workspace().join("budget/noisy")).count() == 1, "nothing is left beside the budget");
}

#[test]
fn a_pipeline_whose_noise_would_protect_nobody_is_refused() {
    let desk = desk();
    let cases = [
        ("protect  = \"differential-privacy\"", "protect  = \"noise\"", "unknown word \"noise\""),
        ("protect  = ", "totals = true\nprotect = ", "has totals"),
        ("protect  = ", "roll_up = true\nprotect = ", "is rolled up"),
        ("levels = [2] }\njob", "levels = [2, 3] }\njob", "has several levels of `sector`"),
        ("hierarchy = \"naics\", levels = [2]", "levels = [1]", "only the records tell"),
        ("\"variable_recipients\"]", "\"*_participation\"]", "names measures by patterns"),
        ("\"variable_recipients\"]", "\"gini\"]", "`gini` cannot be perturbed"),
        ("\"variable_recipients\"]", "\"variable_pay\"]", "a sum ties to it"),
        ("[\"base_annual\"]", "[\"base_hourly\"]", "protect it in one of the two ways"),
        ("[\"base_annual\"]", "[\"base_*\"]", "protect it in one of the two ways"),
        ("[\"sector\"]\nmeasures = [\"base_hourly\"", "[\"job\"]\nmeasures = [\"base_hourly\"", "max_cells"),
        ("bounds = { base_hourly = [5.0, 150.0] }", "", "within which values the means of `base_hourly` count"),
        ("[5.0, 150.0]", "[150.0, 5.0]", "is no range"),
        ("{ base_hourly =", "{ base_hourli = [0, 1], base_hourly =", "did you mean \"base_hourly\"?"),
        (
            "200\nbounds = { base_hourly = [5.0,",
            "100000\nbounds = { base_hourly = [-900000000,",
            "than noise can be made for",
        ),
        ("epsilon_per_release = 0.5", "epsilon_per_release = 1.5", "more than the whole `epsilon`"),
        ("epsilon = 1.0\n", "", "`protection.differential_privacy.epsilon` is missing"),
        ("max_employees = 200", "max_employees = 0", "not a whole number of at least 1"),
        ("currency  = \"EUR\"\n", "", "in which currency"),
        ("[protection.differential_privacy]", "[protection.other]", "`[protection.differential_privacy]` is missing"),
    ];
    for (old, new, expected) in cases {
        assert!(PIPELINE.contains(old), "{old:?}");
        desk.write("noisy.toml", PIPELINE.replacen(old, new, 1));
        let outcome = run(&desk, &[]).ends_with(3);
        outcome.tells(expected).tells("mend:").tells("noisy.toml:");
    }
    assert!(!desk.workspace().exists());
    // A table by job can be perturbed where it is said how many cells one company may count in.
    let by_job =
        PIPELINE.replacen("[\"sector\"]\nmeasures = [\"base_hourly\"", "[\"job\"]\nmeasures = [\"base_hourly\"", 1);
    desk.write("noisy.toml", by_job.replace("max_employees", "max_cells = 3\nmax_employees"));
    desk.does("plan", &desk.path("noisy.toml"), &[])
        .ends_with(0)
        .tells("with noise")
        .tells("at most 3 of a table's cells");
    run(&desk, &[]).ends_with(0);
}

#[test]
fn a_pattern_that_turns_out_to_undo_noise_is_refused_before_anything_is_spent() {
    let desk = desk();
    let plan = "employee_id,period,base_pay,benefit_health_eligible,benefit_health_enrolled\n1,2026-Q3,20,1,1\n2,2026-Q3,20,1,0\n";
    desk.write("uploads/N0.csv", plan);
    // Whoever is enrolled has access: a sum ties the two, and only the uploads tell that there is a plan `health`.
    let text = PIPELINE.replace("\"base_hourly\", \"variable_recipients\"", "\"health_access\"");
    let text = text.replace("[\"base_annual\"]", "[\"base_annual\", \"*_participation\"]");
    desk.write("noisy.toml", text.replace("bounds = { base_hourly = [5.0, 150.0] }", ""));
    run(&desk, &[]).ends_with(4).tells("would undo the noise").tells("`health_access` of the perturbed table");
    assert!(!desk.workspace().join("budget").exists() && !desk.workspace().join("releases").exists());
}

#[test]
fn linked_tables_are_protected_beside_perturbed_ones() {
    let desk = desk();
    let text = PIPELINE
        .replace("totals   = false\nmeasures = [\"base_annual\"]", "totals = true\nmeasures = [\"base_annual\"]");
    // Two perturbed tables of one measure are no group: either spends its own part of the budget.
    let second = "[[tables]]\nname = \"noisy_total\"\nby = []\nmeasures = [\"base_hourly\"]\n\
                  protect = \"differential-privacy\"\n\n[protection.differential_privacy]";
    desk.write("noisy.toml", text.replace("[protection.differential_privacy]", second));
    let folder = run(&desk, &[]).ends_with(0).release();
    let release = parquet(&folder.join("benchmarks.parquet"));
    assert_eq!(rows(&release, "noisy_total", "base_hourly").len(), 1);
    let exact = rows(&release, "sector", "base_annual");
    assert!(exact.contains_key("_T") && exact.len() == 4, "{exact:?}");
    // The one that a rule withholds must not be the total minus the others.
    let withheld = exact.values().filter(|&&row| release["mean"].is_null(row)).count();
    assert!(withheld >= 2, "{withheld}");
    Outcome::of(desk.program("verify").arg(&folder)).ends_with(0);
}

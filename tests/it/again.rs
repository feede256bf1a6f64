//! Proves that a run with the help of what an earlier one left publishes what a run from scratch would: the same bytes in
//! releases, companies' own metrics and ledgers, whatever changed in between.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::desk::{Desk, Dice, Outcome, pipeline, same_trees, tree};

/// Totals, levels, two tables, all kinds of measures, two snapshots, and a table that lacks an entry.
const SECTIONS: &str = r#"[reference]
living_wage = "wages.csv"

[dimensions]
sector = { from = "company.sector" }
region = { from = "region" }
job    = { from = "job_code" }

[[tables]]
name     = "sector_by_region"
by       = ["sector", "region"]
measures = ["base_annual", "low_pay", "living_wage", "variable_recipients", "hires_rate", "uk_mean_hourly_gap"]

[[tables]]
name     = "job"
by       = ["job"]
totals   = false
measures = ["base_hourly", "gini", "retention"]

[company_metrics]
by       = ["job_code"]
measures = ["base_annual", "market_ratio", "hires_rate", "retention", "living_wage"]

[output]
workspace = "workspace"
"#;

/// Companies: more than are written as one block.
const COMPANIES: usize = 150;

/// Two workspaces that see the same uploads: one helps itself, one computes everything anew each time.
struct Twins {
    desk: Desk,
    dice: Dice,
    /// Employees of each company.
    staff: BTreeMap<usize, usize>,
}

impl Twins {
    fn new(seed: u64) -> Self {
        let desk = Desk::keyed();
        desk.write("pair.toml", pipeline("pair", SECTIONS));
        desk.write("wages.csv", "region,currency,hourly\nR0,EUR,14.00\nR1,EUR,15.50\n");
        let mut twins = Self { desk, dice: Dice(seed), staff: BTreeMap::new() };
        twins.register(0);
        for company in 0..COMPANIES {
            twins.upload(company, "2026-Q2");
            twins.upload(company, "2026-Q3");
        }
        twins
    }

    /// Writes a register in which one company is of another sector than before.
    fn register(&mut self, moved: usize) {
        let mut text = "company_id,holding_id,sector\n".to_owned();
        for company in 0..COMPANIES + 4 {
            let sector = (company + usize::from(company == moved)) % 3;
            let _ = writeln!(text, "K{company},H{},S{sector}", company - company % 2);
        }
        self.desk.write("companies.csv", text);
    }

    fn upload(&mut self, company: usize, period: &str) {
        let known = self.staff.get(&company).copied();
        let staff = known.unwrap_or_else(|| 3 + self.dice.below(4));
        self.staff.insert(company, staff);
        let mut text = "company_id,employee_id,period,region,job_code,gender,base_pay,variable_pay\n".to_owned();
        for number in 0..staff {
            // Somebody new now and then.
            let id = number + 100 * (self.dice.below(12) / 11);
            let (region, job) = (self.dice.below(3), self.dice.below(4));
            let pay = 24_000 + 7 * self.dice.below(4_000) + 1_000 * company;
            let (gender, bonus) = (["F", "M", "X"][self.dice.below(9) % 3], 100 * self.dice.below(3));
            let _ = writeln!(text, "K{company},{id},{period},R{region},J{job},{gender},{pay},{bonus}");
        }
        self.desk.write(&format!("uploads/K{company}_{period}.csv"), text);
    }

    fn workspace(&self, name: &str) -> PathBuf {
        self.desk.path(name)
    }

    fn run(&self, workspace: &str, more: &[&str]) -> Outcome {
        let mut program = self.desk.program("run");
        program.arg(self.desk.path("pair.toml")).arg("--workspace").arg(self.workspace(workspace));
        Outcome::of(program.args(["--period", "2026-Q3"]).args(more))
    }

    /// Runs both, and compares everything that they wrote.
    #[track_caller]
    fn agree(&self) -> Outcome {
        let helped = self.run("helped", &["--threads", "2"]);
        let anew = self.run("anew", &["--anew", "--threads", "1"]);
        assert_eq!((helped.code, anew.code), (0, 0), "{}\n{}", helped.all(), anew.all());
        same_trees(&tree(&self.workspace("helped")), &tree(&self.workspace("anew")));
        let lacking =
            |outcome: &Outcome| outcome.stderr.lines().find(|line| line.contains("No entry")).map(str::to_owned);
        assert_eq!(lacking(&helped), lacking(&anew));
        helped
    }

    /// Changes something.
    fn change(&mut self) -> &'static str {
        let company = self.dice.below(COMPANIES);
        match self.dice.below(6) {
            0 | 1 => {
                self.upload(company, "2026-Q3");
                "an upload"
            }
            2 => {
                self.upload(company, "2026-Q2");
                "an earlier snapshot"
            }
            3 => {
                self.register(company);
                "the register"
            }
            4 => {
                let newcomer = COMPANIES + self.dice.below(4);
                self.upload(newcomer, "2026-Q3");
                "a newcomer"
            }
            _ => {
                // The company's records are erased, and it uploads no more.
                for period in ["2026-Q2", "2026-Q3"] {
                    let _ = fs::remove_file(self.desk.path(&format!("uploads/K{company}_{period}.csv")));
                }
                for workspace in ["helped", "anew"] {
                    let _ = fs::remove_dir_all(self.workspace(workspace).join(format!("store/company=K{company}")));
                }
                "a company that is gone"
            }
        }
    }
}

#[test]
fn whatever_changes_a_helped_run_publishes_the_same() {
    let mut twins = Twins::new(5);
    twins.agree();
    // Nothing changed: nothing is computed.
    twins.agree().tells("0 of them computed anew");
    for _ in 0..12 {
        let what = twins.change();
        let outcome = twins.agree();
        eprintln!("{what}: {}", outcome.stderr.lines().find(|line| line.contains("computed anew")).unwrap_or_default());
    }
}

#[test]
fn whatever_is_damaged_or_missing_is_computed_anew() {
    let mut twins = Twins::new(6);
    twins.agree();
    let kept = twins.workspace("helped").join("cache/pair/2026-Q3.cells");
    let own = twins.workspace("helped").join("companies/pair/2026-Q3.parquet");
    let list = twins.workspace("helped").join("cache/pair/2026-Q3.rows");
    let bytes = fs::read(&kept).expect("it is kept");
    for round in 0..8 {
        let mut damaged = bytes.clone();
        match round {
            0 => damaged.clear(),
            1 => damaged.truncate(bytes.len() / 2),
            2 => damaged.extend(b"more"),
            _ => {
                let at = twins.dice.below(damaged.len());
                damaged[at] ^= 1 << twins.dice.below(8);
            }
        }
        fs::write(&kept, damaged).expect("damaged");
        twins.upload(round, "2026-Q3");
        twins.agree();
    }
    for file in [&list, &own] {
        for round in 0..6 {
            let mut bytes = fs::read(file).expect("it is there");
            let at = if round == 0 { 40 } else { twins.dice.below(bytes.len()) };
            bytes[at] ^= 1 << twins.dice.below(8);
            fs::write(file, bytes).expect("damaged");
            twins.agree();
        }
    }
    fs::remove_file(&kept).expect("removed");
    twins.agree();
    fs::remove_file(&own).expect("removed");
    twins.agree();
    fs::write(&own, "no table").expect("damaged");
    twins.agree();
    // Another way to count is another origin.
    let text = fs::read_to_string(twins.desk.path("pair.toml")).expect("a pipeline");
    twins.desk.write("pair.toml", text.replace("standard_weekly_hours = 40", "standard_weekly_hours = 38"));
    twins.agree();
}

//! Proves that `run --due` publishes exactly what is due, once, however often it is called and whenever it is killed.
//!
//! The failure: a timer calls the program a hundred times in a quarter, and one of the calls publishes before the embargo, or twice, or
//! without the companies whose absence tells of them; or names on a screen, or in a mail of the timer, a company that is late.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Instant;

use crate::desk::{Desk, Outcome, entries, project, same_trees, tree};

const COMPANIES: usize = 8;

const TEN_DAYS: &str = r#"[schedule]
release   = "10 working days after period end"
holidays  = "holidays.csv"
embargo   = "09:30"
time_zone = "Europe/Berlin"
"#;

/// A desk with a schedule, and holidays of Berlin.
fn desk(schedule: &str) -> Desk {
    let desk = Desk::small(COMPANIES);
    let pipeline = fs::read_to_string(desk.pipeline()).expect("a pipeline").replace("uploads/*", "uploads/*/*");
    desk.write("small.toml", format!("{pipeline}\n{schedule}"));
    desk.write("holidays.csv", "date\n2026-10-03\n2026-12-25\n2026-12-26\n2027-01-01\n");
    desk
}

/// Uploads of some companies for a period.
fn upload(desk: &Desk, period: &str, companies: impl IntoIterator<Item = usize>) {
    for company in companies {
        let mut text = "employee_id,period,base_pay\n".to_owned();
        for employee in 0..4 {
            let _ = writeln!(text, "{employee},{period},{}", 40_000 + company * 100 + employee * 1_000);
        }
        desk.write(&format!("uploads/{period}/K{company}.csv"), text);
    }
}

fn all() -> impl Iterator<Item = usize> {
    1..=COMPANIES
}

fn due(desk: &Desk, now: &str) -> Outcome {
    desk.does("run", &desk.pipeline(), &["--due", "--now", now])
}

/// The releases that are there, as in `2026-Q3/v1`.
fn releases(desk: &Desk) -> BTreeSet<String> {
    let folder = desk.workspace().join("releases/small");
    let versions = entries(&folder).flat_map(|period| entries(&period).collect::<Vec<_>>());
    versions.map(|path| path.strip_prefix(&folder).expect("below").display().to_string()).collect()
}

#[track_caller]
fn are_released(desk: &Desk, expected: &[&str]) {
    assert_eq!(releases(desk), expected.iter().map(|&release| release.to_owned()).collect());
}

fn manifest(desk: &Desk, release: &str) -> serde_json::Value {
    let file = desk.workspace().join("releases/small").join(release).join("manifest.json");
    serde_json::from_slice(&fs::read(file).expect("a manifest")).expect("JSON")
}

#[test]
fn a_hundred_calls_in_a_quarter_publish_what_is_due_once() {
    let desk = desk(TEN_DAYS);
    upload(&desk, "2026-Q3", all());
    upload(&desk, "2026-Q4", all());
    let start: jiff::Timestamp = "2026-10-01T00:00:00Z".parse().expect("a moment");
    let first: jiff::Timestamp = "2026-10-14T07:30:00Z".parse().expect("a moment");
    let second: jiff::Timestamp = "2027-01-15T08:30:00Z".parse().expect("a moment");
    let mut calls_that_published = 0;
    for call in 0..110 {
        // A little more than a day, so that all times of day come up.
        let now = start + jiff::SignedDuration::from_mins(call * 1_487);
        let outcome = due(&desk, &now.to_string()).ends_with(0);
        let expected: &[&str] = match (now >= first, now >= second) {
            (false, _) => &[],
            (true, false) => &["2026-Q3/v1"],
            (true, true) => &["2026-Q3/v1", "2026-Q4/v1"],
        };
        are_released(&desk, expected);
        calls_that_published += usize::from(!outcome.stdout.is_empty());
        if outcome.stdout.is_empty() && call > 0 {
            assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
            outcome.tells("nothing is due; next is 20");
        }
    }
    assert_eq!(calls_that_published, 2);
    assert_eq!(manifest(&desk, "2026-Q3/v1")["release_date"], "2026-10-14");
    assert_eq!(manifest(&desk, "2026-Q4/v1")["release_date"], "2027-01-15");
}

#[test]
fn the_embargo_is_kept_to_the_minute_and_nothing_is_touched_before() {
    let desk = desk(&format!("{TEN_DAYS}first = \"2026-Q3\"\n"));
    // Whoever reads this is told.
    desk.write("uploads/2026-Q3/broken.csv", "name,base_pay\nA. Person,1\n");
    for early in ["2026-10-01T00:00:00Z", "2026-10-14T09:29:59.999+02:00", "2026-10-14T07:29:00Z"] {
        due(&desk, early).ends_with(0).tells("nothing is due; next is 2026-Q3, due at 2026-10-14 09:30 Europe/Berlin");
        assert!(!desk.workspace().exists(), "not even a workspace is made");
    }
    due(&desk, "2026-10-14T09:30:00+02:00").ends_with(3).tells("broken.csv");
    are_released(&desk, &[]);
    fs::remove_file(desk.path("uploads/2026-Q3/broken.csv")).expect("removed");
    upload(&desk, "2026-Q3", all());
    let outcome = due(&desk, "2026-10-14T09:30:00+02:00").ends_with(0);
    outcome.tells("released 2026-Q3; next is 2026-Q4, due at 2027-01-15 09:30 Europe/Berlin");
    assert_eq!(outcome.release(), desk.workspace().join("releases/small/2026-Q3/v1"));
}

#[test]
fn a_scheduled_release_has_the_bytes_of_one_by_hand() {
    let scheduled = desk(TEN_DAYS);
    upload(&scheduled, "2026-Q3", all());
    due(&scheduled, "2026-11-01T00:00:00Z").ends_with(0);
    let by_hand = desk(TEN_DAYS);
    upload(&by_hand, "2026-Q3", all());
    let flags = ["--period", "2026-Q3", "--release-date", "2026-10-14"];
    by_hand.does("run", &by_hand.pipeline(), &flags).ends_with(0);
    let of = |desk: &Desk| tree(&desk.workspace().join("releases"));
    same_trees(&of(&scheduled), &of(&by_hand));
    let flags = ["--due", "--now", "2026-11-01T00:00:00Z", "--release-date", "2026-10-20"];
    let other = desk(TEN_DAYS);
    upload(&other, "2026-Q3", all());
    other.does("run", &other.pipeline(), &flags).ends_with(0);
    assert_eq!(manifest(&other, "2026-Q3/v1")["release_date"], "2026-10-20", "a date that is given counts");
}

#[test]
fn who_is_missing_is_listed_privately_and_never_told() {
    let desk = desk(&format!("{TEN_DAYS}min_companies_uploaded = 7\nfirst = \"2026-Q3\"\n"));
    let list = desk.workspace().join("missing/small/2026-Q3.csv");
    let now = "2026-10-20T09:30:00+02:00";
    // Nobody at all is no mistake of the command line either.
    due(&desk, now)
        .ends_with(6)
        .tells("has records of 0 of the 7 companies that it needs; 8 of the register are missing");
    upload(&desk, "2026-Q3", [1, 2, 4, 6]);
    for _ in 0..2 {
        let outcome = due(&desk, now).ends_with(6);
        outcome
            .tells("waiting: 2026-Q3 is due since 2026-10-14 09:30 Europe/Berlin")
            .tells("4 of the register are missing");
        outcome.tells("missing/small/2026-Q3.csv").hides("error");
        for late in ["K3", "K5", "K7", "K8"] {
            outcome.hides(late);
        }
        assert!(outcome.stdout.is_empty());
        assert_eq!(fs::read_to_string(&list).expect("a list"), "company_id\nK3\nK5\nK7\nK8\n");
        are_released(&desk, &[]);
    }
    // Records of another period do not count.
    upload(&desk, "2026-Q2", all());
    due(&desk, now).ends_with(6).tells("has records of 4 of the 7");
    upload(&desk, "2026-Q3", [3, 5, 7]);
    due(&desk, now).ends_with(0).tells("released 2026-Q3");
    assert!(!list.exists(), "it is no longer so");
    are_released(&desk, &["2026-Q3/v1"]);
    assert!(!tree(&desk.workspace().join("releases")).keys().any(|name| name.contains("missing")));
}

#[test]
fn a_period_that_waits_holds_back_those_after_it() {
    let desk = desk(&format!("{TEN_DAYS}min_companies_uploaded = 8\n"));
    upload(&desk, "2026-Q1", all());
    upload(&desk, "2026-Q2", 2..=COMPANIES);
    upload(&desk, "2026-Q3", all());
    let now = "2026-11-01T00:00:00Z";
    let outcome = due(&desk, now).ends_with(6);
    outcome.tells("waiting: 2026-Q2");
    are_released(&desk, &["2026-Q1/v1"]);
    upload(&desk, "2026-Q2", [1]);
    let outcome = due(&desk, now).ends_with(0);
    outcome.tells("released 2026-Q2, 2026-Q3; next is 2026-Q4");
    let folder = |period: &str| desk.workspace().join(format!("releases/small/{period}/v1")).display().to_string();
    assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), [folder("2026-Q2"), folder("2026-Q3")]);
    due(&desk, now).ends_with(0).tells("nothing is due");
    are_released(&desk, &["2026-Q1/v1", "2026-Q2/v1", "2026-Q3/v1"]);
}

#[test]
fn what_was_released_by_hand_is_not_published_again_and_nothing_before_it() {
    let desk = desk(&format!("{TEN_DAYS}first = \"2026-Q1\"\n"));
    for period in ["2026-Q1", "2026-Q2", "2026-Q3"] {
        upload(&desk, period, all());
    }
    desk.does("run", &desk.pipeline(), &["--period", "2026-Q2"]).ends_with(0);
    let now = "2026-11-01T00:00:00Z";
    due(&desk, now).ends_with(0).tells("released 2026-Q3").tells("left out").tells(": 2026-Q1 (");
    are_released(&desk, &["2026-Q2/v1", "2026-Q3/v1"]);
    // A correction comes with a release by hand, not with the timer.
    fs::write(desk.path("uploads/2026-Q3/K1.csv"), "employee_id,period,base_pay\n1,2026-Q3,50000\n").expect("written");
    due(&desk, now).ends_with(0).tells("nothing is due");
    are_released(&desk, &["2026-Q2/v1", "2026-Q3/v1"]);
    // Whether something is published must be known.
    let manifest = desk.workspace().join("releases/small/2026-Q3/v1/manifest.json");
    fs::write(&manifest, "{").expect("damaged");
    due(&desk, now).ends_with(3).tells("2026-Q3/v1/manifest.json").tells("from a backup");
}

/// A due call that is killed at `moment`.
fn killed(desk: &Desk, now: &str, moment: impl FnOnce(&mut Child)) {
    let mut program = desk.program("run");
    program.arg(desk.pipeline()).arg("--workspace").arg(desk.workspace()).args(["--due", "--now", now]);
    let mut run = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    moment(&mut run);
    // An error means that it has ended already, which is a moment like any other.
    let _ = run.kill();
    run.wait().expect("the program ended");
}

fn wait_for(path: &Path, run: &mut Child) {
    while !path.exists() && run.try_wait().expect("its state").is_none() {
        std::hint::spin_loop();
    }
}

#[test]
fn a_killed_call_is_finished_by_the_next_and_publishes_nothing_twice() {
    let now = "2026-11-01T00:00:00Z";
    let prepared = || {
        let desk = desk(TEN_DAYS);
        upload(&desk, "2026-Q2", all());
        upload(&desk, "2026-Q3", all());
        desk
    };
    let whole = prepared();
    let start = Instant::now();
    due(&whole, now).ends_with(0);
    let duration = start.elapsed();
    let expected = tree(&whole.workspace());
    let ends_well = |desk: &Desk| {
        due(desk, now).ends_with(0);
        due(desk, now).ends_with(0).tells("nothing is due");
        are_released(desk, &["2026-Q2/v1", "2026-Q3/v1"]);
        same_trees(&expected, &tree(&desk.workspace()));
    };
    for step in 0..20 {
        let desk = prepared();
        killed(&desk, now, |_| std::thread::sleep(duration * step / 19));
        ends_well(&desk);
    }
    for place in [
        "store/commit.json",
        "releases/small/2026-Q2/.staging",
        "releases/small/2026-Q2/v1",
        "releases/small/2026-Q3/v1",
    ] {
        let desk = prepared();
        killed(&desk, now, |run| wait_for(&desk.workspace().join(place), run));
        ends_well(&desk);
    }
    // Exactly between the last release and its private folder.
    let private = whole.workspace().join("ledger/small/2026-Q3/v1");
    fs::rename(&private, private.with_file_name("next")).expect("moved back");
    ends_well(&whole);
}

#[test]
fn two_calls_at_once_publish_once() {
    let desk = desk(TEN_DAYS);
    upload(&desk, "2026-Q3", all());
    let call = || {
        let mut program = desk.program("run");
        program.arg(desk.pipeline()).arg("--workspace").arg(desk.workspace());
        program.args(["--due", "--wait", "--now", "2026-11-01T00:00:00Z"]).stdout(Stdio::piped()).stderr(Stdio::null());
        program.spawn().expect("the program starts")
    };
    let calls: Vec<Child> = (0..4).map(|_| call()).collect();
    let outputs = calls.into_iter().map(|call| call.wait_with_output().expect("the program ends"));
    let outputs: Vec<_> = outputs.inspect(|output| assert!(output.status.success())).collect();
    assert_eq!(outputs.iter().filter(|output| !output.stdout.is_empty()).count(), 1, "one of them published");
    are_released(&desk, &["2026-Q3/v1"]);
}

#[test]
fn a_timer_that_knows_nothing_yet_reads_the_uploads_and_waits() {
    let desk = desk(TEN_DAYS);
    due(&desk, "2026-10-01T00:00:00Z").ends_with(0).tells("neither the store nor an upload has a period yet");
    upload(&desk, "2026-Q3", all());
    due(&desk, "2026-10-01T00:00:00Z").ends_with(0).tells("nothing is due; next is 2026-Q3");
    are_released(&desk, &[]);
    due(&desk, "2026-10-14T07:30:00Z").ends_with(0).tells("released 2026-Q3");
}

#[test]
fn without_now_the_clock_counts() {
    let desk = desk(&format!("{TEN_DAYS}first = \"2999-Q4\"\n"));
    desk.does("run", &desk.pipeline(), &["--due"]).ends_with(0).tells("nothing is due; next is 2999-Q4");
    let past = self::desk(TEN_DAYS);
    upload(&past, "2020-Q1", all());
    // All periods since then are due; those without uploads are waited for.
    past.does("run", &past.pipeline(), &["--due"]).ends_with(6).tells("waiting: 2020-Q2");
    are_released(&past, &["2020-Q1/v1"]);
}

#[test]
fn every_mistake_of_a_schedule_is_told_with_its_line() {
    let broken = r#"[schedule]
release   = "ten working days after period end"
holidays  = "broken.csv"
embargo   = "9.30"
time_zone = "Europe/Belrin"
min_companies_uploaded = 0
first     = "2026"
holyday   = "holidays.csv"
"#;
    let desk = desk(broken);
    desk.write("broken.csv", "date\n2026-12-25\n25.12.2026\n");
    let first_line =
        fs::read_to_string(desk.pipeline()).expect("a pipeline").lines().position(|line| line == "[schedule]");
    let first_line = first_line.expect("it is there") + 1;
    for command in ["plan", "run"] {
        let outcome = desk.does(command, &desk.pipeline(), &[]).ends_with(3);
        outcome.tells("7 mistakes");
        for (below, told) in [
            (1, "`schedule.release` is no number of days"),
            (2, "the holidays are not usable"),
            (3, "`schedule.embargo` is no time of day"),
            (4, "`schedule.time_zone` is no time zone"),
            (5, "`schedule.min_companies_uploaded` is not a whole number of at least 1"),
            (6, "`schedule.first` is not a period of this pipeline"),
            (7, "`schedule.holyday` is unknown"),
        ] {
            let line = outcome.stderr.lines().find(|line| line.contains(told)).unwrap_or_else(|| panic!("{told}"));
            assert!(line.contains(&format!("small.toml:{}:", first_line + below)), "{line}");
        }
        outcome
            .tells("broken.csv:3:1: is no date")
            .tells("did you mean \"Europe/Berlin\"?")
            .tells("did you mean `holidays`?");
    }
    let desk = self::desk("[schedule]\n");
    desk.does("plan", &desk.pipeline(), &[])
        .ends_with(3)
        .tells("`schedule.release` is missing")
        .tells("`schedule.time_zone` is missing");
    for release in ["0 days after period end", "1000 days after period end", "+5 days after period end", "5 days", "5"]
    {
        let desk = self::desk(&format!("[schedule]\nrelease = \"{release}\"\ntime_zone = \"UTC\"\n"));
        desk.does("plan", &desk.pipeline(), &[]).ends_with(3).tells("is no number of days after the end of a period");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let impossible = desk(&format!("{TEN_DAYS}min_companies_uploaded = 9\nfirst = \"2026-Q3\"\n"));
    let outcome = due(&impossible, "2026-11-01T00:00:00Z").ends_with(3);
    outcome.tells("`schedule.min_companies_uploaded` is 9").tells("has 8 companies");
    let without = Desk::small(2);
    due(&without, "2026-11-01T00:00:00Z").ends_with(3).tells("has no table `[schedule]`");
    let scheduled = desk(TEN_DAYS);
    for flags in
        [&["--now", "2026-11-01T00:00:00Z"][..], &["--due", "--period", "2026-Q3"], &["--due", "--now", "2026-11-01"]]
    {
        scheduled.does("run", &scheduled.pipeline(), flags).ends_with(2);
    }
}

#[test]
fn a_plan_shows_the_next_due_moments() {
    let desk = desk(&format!("{TEN_DAYS}min_companies_uploaded = 7\n"));
    upload(&desk, "2026-Q3", all());
    let plan = |now: &str| desk.does("plan", &desk.pipeline(), &["--now", now]).ends_with(0);
    let outcome = plan("2026-10-14T09:29:00+02:00");
    outcome.tells("schedule   10 working days after the end of the period, from 09:30 Europe/Berlin on");
    outcome.tells("waits for records of 7 companies of the register").tells("holidays are known up to 2027-01-01");
    let moments = |outcome: &Outcome| -> Vec<String> {
        outcome.stdout.lines().filter(|line| line.contains(" due ")).map(|line| line.trim().to_owned()).collect()
    };
    let to_come = ["2026-Q3  due at 2026-10-14 09:30 Europe/Berlin", "2026-Q4  due at 2027-01-15 09:30 Europe/Berlin"];
    assert_eq!(moments(&outcome)[..2], to_come);
    assert_eq!(moments(&plan("2026-10-14T09:30:00+02:00"))[0], to_come[1]);
    due(&desk, "2026-10-14T09:30:00+02:00").ends_with(0);
    let outcome = plan("2027-04-20T00:00:00Z");
    assert_eq!(
        moments(&outcome)[..3],
        [
            "2026-Q4  due since 2027-01-15 09:30 Europe/Berlin",
            "2027-Q1  due since 2027-04-14 09:30 Europe/Berlin",
            "2027-Q2  due at 2027-07-14 09:30 Europe/Berlin"
        ]
    );
    assert!(!desk.workspace().join("missing").exists());
}

#[test]
fn the_schedule_of_the_documentation_is_read() {
    let page = fs::read_to_string(project("docs/scheduling.md")).expect("the page");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let desk = desk(example);
    upload(&desk, "2026-Q3", all());
    let plan = desk.does("plan", &desk.pipeline(), &["--now", "2026-10-01T00:00:00Z"]).ends_with(0);
    plan.tells("2026-Q3  due at 2026-10-14 09:30 Europe/Berlin");
}

#[test]
fn the_time_zone_of_the_machine_changes_nothing() {
    for zone in ["Pacific/Kiritimati", "America/Adak", ""] {
        let desk = desk(&format!("{TEN_DAYS}first = \"2026-Q3\"\n"));
        let mut program = desk.program("run");
        program.arg(desk.pipeline()).args(["--due", "--now", "2026-10-14T07:29:59Z"]).env("TZ", zone);
        Outcome::of(&mut program).ends_with(0).tells("due at 2026-10-14 09:30 Europe/Berlin");
    }
}

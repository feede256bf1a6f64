//! Proves what an operator and a scheduler rely on: the JSON object of a run says what the summary and the release say, also when the run
//! fails; quiet is quiet; progress is drawn on a terminal only; every command has help, a manual page and completions.

use std::collections::BTreeSet;
use std::fs::{self, File};

use serde_json::Value;

use crate::desk::{Desk, Outcome, project, quarterly};

/// The one line of JSON on standard output.
#[track_caller]
pub fn object(outcome: &Outcome) -> Value {
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "standard output is one line:\n{}", outcome.all());
    serde_json::from_str(lines[0]).expect("the line is JSON")
}

/// All names of fields in an object; of maps that have names of rules or stages, only their own name.
pub fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                found.insert(name.clone());
                if !["seconds", "withheld_by_rule", "rejected_by_rule"].contains(&name.as_str()) {
                    fields(inner, found);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| fields(inner, found)),
        _ => {}
    }
}

/// Asserts that docs/operator-json.md names every field.
#[track_caller]
pub fn is_documented(object: &Value) {
    let page = fs::read_to_string(project("docs/operator-json.md")).expect("the page");
    let mut names = BTreeSet::new();
    fields(object, &mut names);
    let missing: Vec<&String> = names.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
}

/// A number as the summary writes it.
fn grouped(value: &Value) -> String {
    let digits = value.as_u64().expect("a number").to_string();
    let places = digits.chars().enumerate();
    places.fold(String::new(), |mut text, (place, digit)| {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
        text
    })
}

/// Asserts that the object says what the summary says.
#[track_caller]
fn agree(object: &Value, outcome: &Outcome) {
    let (uploads, rows) = (&object["uploads"], &object["rows"]);
    if !uploads.is_null() {
        outcome.tells(&format!(" {} read and stored\n", grouped(&uploads["read"])));
        for (name, told) in [("unchanged", " unchanged: in the store"), ("refused", " refused\n")] {
            let line = format!(" {}{told}", grouped(&uploads[name]));
            assert_eq!(outcome.stderr.contains(&line), uploads[name] != 0, "{name}\n{}", outcome.stderr);
        }
        if uploads["read"] != 0 {
            let [read, accepted, rejected] = ["read", "accepted", "rejected"].map(|name| grouped(&rows[name]));
            outcome.tells(&format!(" {read} read = {accepted} accepted + {rejected} rejected\n"));
        }
        for (rule, count) in rows["rejected_by_rule"].as_object().expect("a map") {
            outcome.tells(&format!(" {} rejected by rule {rule}\n", grouped(count)));
        }
    }
    let period = object["period"].as_str().expect("a period");
    outcome.tells(&format!("Release of {} for {period}\n", object["pipeline"].as_str().expect("a name")));
    outcome.tells(&format!(" {} companies with records", grouped(&object["companies"]["in_period"])));
    outcome.tells(&format!(" {} rows: a cell", grouped(&object["figures"]["rows"])));
    for (family, name) in [("incumbent", "every employee alike"), ("organization", "every company alike")] {
        let of = &object["figures"][family];
        let (published, withheld) = (grouped(&of["published"]), grouped(&of["withheld"]));
        outcome.tells(&format!("  {name}: {published} published, {withheld} withheld\n"));
        for (rule, count) in of["withheld_by_rule"].as_object().expect("a map") {
            outcome.tells(&format!(" {} withheld by rule {rule}\n", grouped(count)));
        }
    }
    let line = outcome.stderr.lines().find(|line| line.starts_with("It took ")).expect("the last line");
    for (stage, seconds) in object["seconds"].as_object().expect("a map") {
        let told = line.split([',', ':']).find_map(|part| part.trim().strip_prefix(stage.as_str())).expect("the stage");
        let told: f64 = told.trim().parse().expect("seconds");
        assert!((told - seconds.as_f64().expect("seconds")).abs() < 0.006, "{stage} in {line}: {seconds}");
    }
}

#[test]
fn the_object_of_a_run_says_what_the_summary_and_the_release_say() {
    let desk = Desk::keyed();
    let first = desk.does("run", &quarterly(), &["--json"]).ends_with(0);
    let told = object(&first);
    agree(&told, &first);
    is_documented(&told);
    assert_eq!((&told["form"], &told["exit_code"]), (&"payquorum-run/1".into(), &0.into()));
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    assert!(told["error"].is_null() && told["warnings"] == Value::Array(Vec::new()));
    assert!(told["rows"]["rejected"] == 6 && !told["rows"]["rejected_by_rule"].as_object().expect("a map").is_empty());
    let folder = desk.workspace().join("releases/quarterly/2026-Q3/v1");
    assert_eq!(told["release"]["folder"], folder.display().to_string());
    assert_eq!((&told["release"]["version"], &told["release"]["new"]), (&1.into(), &true.into()));
    let manifest: Value =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).expect("a manifest")).expect("JSON");
    let (figures, counts) = (&told["figures"], &manifest["counts"]);
    assert_eq!(
        [&figures["rows"], &figures["incumbent"]["published"], &figures["organization"]["published"]],
        [&counts["rows"], &counts["published"], &counts["organization_published"]]
    );
    let stages: Vec<&String> = told["seconds"].as_object().expect("a map").keys().collect();
    assert_eq!(stages, ["uploads", "aggregation", "disclosure", "release"]);

    let second = desk.does("run", &quarterly(), &["--json"]).ends_with(0);
    let told = object(&second);
    agree(&told, &second);
    assert_eq!((&told["uploads"]["read"], &told["release"]["new"]), (&0.into(), &false.into()));
    assert_eq!(told["companies"]["computed_anew"], 0);

    let release = desk.does("release", &quarterly(), &["--json", "--period", "2026-Q2"]).ends_with(0);
    let told = object(&release);
    agree(&told, &release);
    is_documented(&told);
    assert!(told["uploads"].is_null() && told["rows"].is_null());
    assert_eq!((&told["command"], &told["period"]), (&"release".into(), &"2026-Q2".into()));
}

/// Asserts that a command fails alike with and without `--json`; gives the object.
#[track_caller]
fn fails(desk: &Desk, command: &str, pipeline: &std::path::Path, code: i32, kind: &str) -> Value {
    let plain = desk.does(command, pipeline, &[]).ends_with(code);
    assert!(plain.stdout.is_empty(), "{}", plain.stdout);
    let outcome = desk.does(command, pipeline, &["--json"]).ends_with(code);
    let told = object(&outcome);
    assert_eq!((&told["error"]["code"], &told["exit_code"]), (&code.into(), &code.into()));
    assert_eq!(told["error"]["kind"], kind);
    let sentence = format!("error: {}\n", told["error"]["text"].as_str().expect("a sentence"));
    assert!(outcome.stderr.ends_with(&sentence), "{sentence:?} does not end\n{}", outcome.stderr);
    assert!(told["release"].is_null());
    is_documented(&told);
    told
}

/// A desk with two companies of five employees.
pub fn two_companies() -> Desk {
    let desk = Desk::small(2);
    for company in ["K1", "K2"] {
        let rows = "1,2026-Q3,30100\n2,2026-Q3,30200\n3,2026-Q3,30300\n4,2026-Q3,30400\n5,2026-Q3,30500\n";
        desk.write(&format!("uploads/{company}.csv"), format!("employee_id,period,base_pay\n{rows}"));
    }
    desk
}

#[test]
fn a_run_that_fails_tells_so_in_json_with_the_same_exit_code() {
    let desk = two_companies();
    let wrong = desk.write("wrong.toml", "name = \"wrong\"\n");
    let told = fails(&desk, "run", &wrong, 3, "data-refused");
    assert!(told["pipeline"].is_null() && told["seconds"] == Value::Object(serde_json::Map::new()));

    desk.write("uploads/STRANGER.csv", "company_id,employee_id,period,base_pay\nZQXJ,1,2026-Q3,40000\n");
    let told = fails(&desk, "run", &desk.pipeline(), 3, "data-refused");
    let uploads = &told["uploads"];
    assert_eq!(
        (&uploads["refused"], &uploads["unchanged"], &told["pipeline"]),
        (&1.into(), &2.into(), &"small".into())
    );
    let refusal = &uploads["refusals"][0];
    assert!(refusal["file"].as_str().expect("a file").ends_with("STRANGER.csv"));
    assert!(refusal["text"].as_str().expect("a sentence").contains("1 of 1 rows"));
    assert!(!told.to_string().contains("ZQXJ"), "no value is told");
    assert!(told["figures"].is_null());
    fs::remove_file(desk.path("uploads/STRANGER.csv")).expect("removed");

    desk.run().ends_with(0);
    let lock = File::open(desk.workspace().join(".lock")).expect("the lock file");
    lock.lock().expect("nobody has it");
    fails(&desk, "release", &desk.pipeline(), 5, "in-use");
    lock.unlock().expect("unlocked");

    let samples = project("data-samples").display().to_string();
    let text = fs::read_to_string(quarterly()).expect("the pipeline").replace("../data-samples", &samples);
    let table = "[[tables]]\nname = \"t\"\nby = [\"sector\"]\nmeasures = [\"total_cash_annual\", \"variable_pay\"]\n";
    let file = desk.write("remainder.toml", format!("{}{table}", &text[..text.find("[[tables]]").expect("a table")]));
    fails(&desk, "run", &file, 4, "disclosure-refused");

    let stored = desk.workspace().join("store/company=K1/period=2026-Q3");
    let file = crate::desk::entries(&stored).next().expect("a file");
    fs::copy(&file, file.with_file_name("backup.parquet")).expect("copied");
    fails(&desk, "release", &desk.pipeline(), 1, "failed");
}

#[test]
fn quiet_is_quiet_but_for_errors_and_warnings() {
    let desk = two_companies();
    let outcome = desk.does("run", &desk.pipeline(), &["--quiet"]).ends_with(0);
    assert_eq!(outcome.stderr, "");
    assert!(outcome.release().ends_with("v1"), "the release folder is still told");
    let outcome = desk.does("run", &desk.pipeline(), &["--json", "--log", "error"]).ends_with(0);
    assert_eq!(outcome.stderr, "");
    fs::remove_dir_all(desk.path("uploads")).expect("removed");
    let outcome = desk.does("run", &desk.pipeline(), &["--quiet"]).ends_with(3);
    assert!(outcome.stderr.starts_with("error: ") && outcome.stderr.lines().count() == 1, "{}", outcome.stderr);
    desk.does("run", &desk.pipeline(), &["--quiet", "--log", "info"]).ends_with(2);
}

#[test]
fn a_new_master_key_is_a_warning_which_json_tells_as_well() {
    for (more, is_told) in [(["--json", "--quiet"].as_slice(), true), (&["--json", "--log", "error"], false)] {
        let desk = two_companies();
        let mut program = desk.program("run");
        program.arg(desk.pipeline()).arg("--workspace").arg(desk.workspace()).args(more);
        let outcome = Outcome::of(program.env_remove("PAYQUORUM_MASTER_KEY")).ends_with(0);
        let warnings = object(&outcome)["warnings"].clone();
        assert_eq!(warnings.as_array().expect("a list").len(), 1);
        let warning = warnings[0].as_str().expect("a sentence");
        assert!(warning.contains("made a new master key"));
        assert_eq!(outcome.stderr, if is_told { format!("warning: {warning}\n") } else { String::new() });
    }
}

#[test]
fn details_are_told_for_each_upload_and_stage_where_they_are_asked_for() {
    let desk = two_companies();
    desk.write("uploads/bad.csv", "company_id,employee_id,period,base_pay\nZQXJ,1,2026-Q3,40000\n");
    let outcome = desk.does("run", &desk.pipeline(), &["--skip-refused", "--log", "debug"]).ends_with(0);
    for company in ["K1", "K2"] {
        let line = format!("{company}.csv: 5 rows read = 5 accepted + 0 rejected");
        assert!(outcome.stderr.lines().any(|found| found.starts_with("debug: took ") && found.ends_with(&line)));
    }
    assert!(outcome.stderr.lines().any(|line| line.starts_with("debug: refused ") && line.contains("bad.csv: ")));
    outcome.hides("ZQXJ").hides("30100");
    for stage in ["uploads", "aggregation", "disclosure", "release"] {
        outcome.tells(&format!("debug: {stage} took "));
    }
    let again = desk.does("run", &desk.pipeline(), &["--skip-refused", "--log", "debug"]).ends_with(0);
    again.tells("K1.csv: it is in the store already");
    let plain = desk.does("run", &desk.pipeline(), &["--skip-refused"]).ends_with(0);
    plain.hides("debug: ");
}

#[test]
fn nothing_is_drawn_on_a_pipe() {
    let desk = Desk::keyed();
    let outcome = desk.does("run", &quarterly(), &[]).ends_with(0);
    assert!(!outcome.all().contains(['\r', '\u{1b}']), "{:?}", outcome.stderr);
}

/// What the program writes to standard error where that is a terminal.
#[cfg(target_os = "linux")]
fn on_a_terminal(mut program: std::process::Command) -> String {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::io::Read;
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("it is ours");
    let name = ptsname(&ours, Vec::new()).expect("its name").into_string().expect("a plain name");
    let theirs = File::options().read(true).write(true).open(name).expect("its other end");
    let mut run = program.env("TERM", "xterm").stderr(theirs).spawn().expect("the program starts");
    // The other end goes with what would start the program once more.
    drop(program);
    let (mut screen, mut seen, mut some) = (File::from(ours), Vec::new(), [0; 4096]);
    // A terminal of which the other end is closed gives an error.
    while let Ok(length @ 1..) = screen.read(&mut some) {
        seen.extend_from_slice(&some[..length]);
    }
    assert!(run.wait().expect("it ends").success());
    String::from_utf8_lossy(&seen).into_owned()
}

#[test]
#[cfg(target_os = "linux")]
fn each_stage_is_drawn_on_a_terminal_unless_quiet() {
    let run = |more: &[&str]| {
        let desk = Desk::keyed();
        let mut program = desk.program("run");
        program
            .arg(quarterly())
            .arg("--workspace")
            .arg(desk.workspace())
            .args(more)
            .stdout(std::process::Stdio::null());
        on_a_terminal(program)
    };
    let seen = run(&[]);
    for part in [
        "uploads",
        " of 143 files",
        "aggregation",
        " records, ",
        " left",
        "disclosure",
        "judging ",
        "release",
        "verifying",
    ] {
        assert!(seen.contains(part), "{part:?} was not drawn:\n{seen:?}");
    }
    assert_eq!(run(&["--quiet"]), "");
}

/// The commands that `--help` lists.
fn commands(desk: &Desk) -> Vec<String> {
    let help = Outcome::of(&mut desk.program("--help")).ends_with(0).stdout;
    let listed = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a list");
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<String> = names.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect();
    assert!(names.len() >= 14, "{names:?}");
    names.into_iter().filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_help_with_examples_and_exit_codes_a_manual_page_and_completions() {
    let desk = Desk::new();
    let folder = desk.path("man1");
    Outcome::of(desk.program("man").arg("--folder").arg(&folder)).ends_with(0);
    let shells = ["bash", "zsh", "fish", "elvish", "powershell"];
    let completions = shells.map(|shell| Outcome::of(desk.program("completions").arg(shell)).ends_with(0).stdout);
    let page = Outcome::of(&mut desk.program("man")).ends_with(0).stdout;
    assert_eq!(page, fs::read_to_string(folder.join("payquorum.1")).expect("the page of the program"));
    for command in commands(&desk) {
        let help = Outcome::of(desk.program(&command).arg("--help")).ends_with(0).stdout;
        assert!(help.contains("Example") && help.contains("Exit codes: 0"), "help of {command}:\n{help}");
        let own = fs::read_to_string(folder.join(format!("payquorum-{command}.1"))).expect("a page");
        assert!(own.contains(".TH") && own.contains("Exit codes: 0"), "{own}");
        let (sentence, plain) =
            (help.lines().next().expect("a sentence"), own.replace("\\-", "-").replace("\\*(Aq", "'"));
        assert!(!sentence.is_empty() && plain.contains(sentence), "{sentence:?} is not in\n{own}");
        assert!(page.contains(&format!("payquorum\\-{command}(1)")), "{command} is not in the page of the program");
        for (shell, text) in shells.iter().zip(&completions) {
            assert!(text.contains(&command), "{command} is not in the completions of {shell}");
        }
    }
    for nested in ["payquorum-keys-new.1", "payquorum-keys-id.1"] {
        assert!(folder.join(nested).exists(), "{nested}");
    }
}

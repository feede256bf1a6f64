//! Proves what an operator relies on: quiet is quiet; progress is drawn on a terminal only.

use std::fs::{self, File};

use crate::desk::{Desk, quarterly};

/// A desk with two companies of five employees.
fn two_companies() -> Desk {
    let desk = Desk::small(2);
    for company in ["K1", "K2"] {
        let rows = "1,2026-Q3,30100\n2,2026-Q3,30200\n3,2026-Q3,30300\n4,2026-Q3,30400\n5,2026-Q3,30500\n";
        desk.write(&format!("uploads/{company}.csv"), format!("employee_id,period,base_pay\n{rows}"));
    }
    desk
}

#[test]
fn quiet_is_quiet_but_for_errors_and_warnings() {
    let desk = two_companies();
    let outcome = desk.does("run", &desk.pipeline(), &["--quiet"]).ends_with(0);
    assert_eq!(outcome.stderr, "");
    assert!(outcome.release().ends_with("v1"), "the release folder is still told");
    let outcome = desk.does("run", &desk.pipeline(), &["--log", "error"]).ends_with(0);
    assert_eq!(outcome.stderr, "");
    fs::remove_dir_all(desk.path("uploads")).expect("removed");
    let outcome = desk.does("run", &desk.pipeline(), &["--quiet"]).ends_with(3);
    assert!(outcome.stderr.starts_with("error: ") && outcome.stderr.lines().count() == 1, "{}", outcome.stderr);
    desk.does("run", &desk.pipeline(), &["--quiet", "--log", "info"]).ends_with(2);
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

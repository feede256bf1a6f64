//! A release beside an earlier one: what changed between them must not tell of the few who joined, left or were corrected.

use std::fmt::Write as _;

use crate::desk::{Desk, Outcome, parquet};

/// A desk for eight companies of one sector.
fn desk() -> Desk {
    let desk = Desk::small(8);
    let mut register = "company_id,holding_id,sector\n".to_owned();
    for number in 1..=8 {
        let _ = writeln!(register, "K{number},,S");
    }
    desk.write("companies.csv", register);
    desk
}

/// One upload for each of so many companies: four employees each, and what each company's pay has on top.
fn upload(desk: &Desk, period: &str, tops: &[u32]) {
    for (company, top) in (1..).zip(tops) {
        let mut text = "employee_id,period,base_pay\n".to_owned();
        for employee in 0..4 {
            let _ = writeln!(text, "{employee},{period},{}", 40_000 + company * 100 + employee * 1_000 + top);
        }
        desk.write(&format!("uploads/K{company}.csv"), text);
    }
}

/// Whether both families of the only cell are published in a version, and the rules that the ledger tells.
fn published(desk: &Desk, period: &str, version: u32) -> [bool; 2] {
    let folder = desk.workspace().join(format!("releases/small/{period}/v{version}"));
    let batch = parquet(&folder.join("benchmarks.parquet"));
    ["status", "org_status"].map(|name| {
        let column = batch.column_by_name(name).expect("a column");
        let column = column.as_any().downcast_ref::<arrow::array::StringArray>().expect("text");
        assert_eq!(batch.num_rows(), 1);
        column.value(0) == "published"
    })
}

#[test]
fn a_revision_does_not_tell_who_was_corrected() {
    let desk = desk();
    upload(&desk, "2026-Q3", &[0; 8]);
    desk.run().ends_with(0);
    assert_eq!(published(&desk, "2026-Q3", 1), [true; 2]);
    desk.run().ends_with(0).tells("unchanged");
    upload(&desk, "2026-Q3", &[5_000, 0, 0, 0, 0, 0, 0, 0]);
    desk.run().ends_with(0).tells("withheld by rule earlier release");
    assert_eq!(published(&desk, "2026-Q3", 2), [false; 2]);
    let explain = |cell: &str| {
        let release = desk.workspace().join("releases/small/2026-Q3/v2");
        Outcome::of(desk.program("explain").arg(release).args(["--cell", cell]))
    };
    explain("sector=S").ends_with(0).tells("rule earlier release").tells("holdings with a value");
    explain("sector=X").ends_with(3).tells("has no such cell");
    explain("trade=S").ends_with(3).tells("is no dimension of this release");
    desk.run().ends_with(0).tells("unchanged");
    upload(&desk, "2026-Q3", &[5_000, 4_000, 6_000, 5_500, 4_500, 5_000, 0, 0]);
    desk.run().ends_with(0);
    assert_eq!(published(&desk, "2026-Q3", 3), [true; 2], "six corrections hide each other");
}

#[test]
fn the_next_period_does_not_tell_who_joined() {
    let desk = desk();
    upload(&desk, "2026-Q2", &[0; 7]);
    desk.run().ends_with(0);
    assert_eq!(published(&desk, "2026-Q2", 1), [true; 2]);
    upload(&desk, "2026-Q3", &[0; 8]);
    desk.run().ends_with(0).tells("withheld by rule earlier release");
    assert_eq!(published(&desk, "2026-Q3", 1), [false; 2]);
}

#[test]
fn a_period_that_is_published_late_does_not_tell_who_joined() {
    let desk = desk();
    upload(&desk, "2026-Q3", &[0; 8]);
    desk.run().ends_with(0);
    assert_eq!(published(&desk, "2026-Q3", 1), [true; 2]);
    upload(&desk, "2026-Q2", &[0; 7]);
    std::fs::remove_file(desk.path("uploads/K8.csv")).expect("removed");
    desk.does("run", &desk.pipeline(), &["--period", "2026-Q2"]).ends_with(0).tells("withheld by rule earlier release");
    assert_eq!(published(&desk, "2026-Q2", 1), [false; 2]);
}

#[test]
fn nothing_is_published_beside_a_release_of_which_it_is_not_known_what_it_told() {
    let desk = desk();
    upload(&desk, "2026-Q3", &[0; 8]);
    desk.run().ends_with(0);
    let private = desk.workspace().join("ledger/small/2026-Q3/v1");
    let next = private.with_file_name("next");
    std::fs::rename(&private, desk.path("elsewhere")).expect("taken away");
    desk.run().ends_with(3).tells("ledger/small/2026-Q3/v1").tells("put");
    // A run that was stopped right after the release had appeared left them under their first name.
    std::fs::rename(desk.path("elsewhere"), &next).expect("put back");
    desk.run().ends_with(0).tells("unchanged");
    assert!(private.join("told.parquet").exists() && !next.exists());
    // What a single release told may be lost as well.
    std::fs::remove_file(private.join("told.parquet")).expect("removed");
    desk.run().ends_with(1).tells("told.parquet");
}

#[test]
fn what_was_told_is_not_believed_where_its_file_is_damaged() {
    let desk = desk();
    upload(&desk, "2026-Q3", &[0; 8]);
    desk.run().ends_with(0);
    let file = desk.workspace().join("ledger/small/2026-Q3/v1/told.parquet");
    let whole = std::fs::read(&file).expect("it is there");
    // Somewhere in the first third lie the numbers themselves.
    for at in (0..whole.len() / 3).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 4;
        std::fs::write(&file, damaged).expect("damaged");
        let outcome = desk.run();
        assert!(outcome.code == 0 || outcome.all().contains("told.parquet"), "{}", outcome.all());
        assert!(outcome.code != 0 || outcome.all().contains("unchanged"), "byte {at} is not the same to readers");
    }
    std::fs::write(&file, whole).expect("put back");
    desk.run().ends_with(0).tells("unchanged");
}

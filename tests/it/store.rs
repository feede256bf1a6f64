//! Proves what the store promises: an upload replaces the earlier one whole, one run at a time, every packing gives the same
//! records, keys stay secret, and pseudonyms are those of the documented derivation.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;

use arrow::array::{Array, AsArray, RecordBatch};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::desk::{Desk, Outcome, entries, parquet, quarterly, same_trees, tree};

/// An upload of so many employees, whose numbers begin with 5000001.
fn upload(employees: usize, pay: usize) -> String {
    let mut text = "employee_id,period,base_pay\n".to_owned();
    for number in 1..=employees {
        writeln!(text, "{},2026-Q3,{}", 5_000_000 + number, pay + number).expect("a string takes all");
    }
    text
}

fn pseudonyms(records: &RecordBatch) -> Vec<Vec<u8>> {
    let column = records["pseudonym"].as_fixed_size_binary();
    (0..column.len()).map(|row| column.value(row).to_vec()).collect()
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn bytes_of_hex(text: &str) -> Vec<u8> {
    let digits = text.trim().as_bytes().chunks_exact(2);
    digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hex digits")).collect()
}

#[test]
fn a_second_upload_replaces_the_first_whole() {
    let desk = Desk::small(2);
    desk.write("uploads/K1.csv", upload(40, 30_000));
    desk.write("uploads/K2.csv", upload(10, 30_000));
    desk.run().ends_with(0);
    assert_eq!(desk.stored("K1", "2026-Q3").num_rows(), 40);
    let other = desk.stored("K2", "2026-Q3");
    desk.write("uploads/K1.csv", upload(25, 50_000));
    desk.run().ends_with(0).tells("1 read and stored").tells("1 unchanged");
    assert_eq!(desk.stored("K1", "2026-Q3").num_rows(), 25);
    assert_eq!(desk.stored("K2", "2026-Q3"), other);
}

#[test]
fn the_same_bytes_again_change_nothing_and_say_so() {
    let desk = Desk::small(1);
    desk.write("uploads/K1.csv", upload(5, 30_000));
    desk.run().ends_with(0);
    let before = tree(&desk.workspace());
    desk.run().ends_with(0).tells("1 unchanged: in the store already, byte for byte");
    same_trees(&before, &tree(&desk.workspace()));
}

#[test]
fn an_upload_that_nobody_touched_is_not_read_and_one_with_the_same_size_and_time_is() {
    let desk = Desk::small(1);
    let file = desk.write("uploads/K1.csv", upload(5, 30_000));
    let list = desk.workspace().join("cache/uploads.json");
    desk.run().ends_with(0);
    assert!(!list.exists(), "it was written a moment before");
    std::thread::sleep(std::time::Duration::from_millis(2_200));
    desk.run().ends_with(0).tells("1 unchanged");
    assert!(list.exists());
    let time = fs::metadata(&file).and_then(|it| it.modified()).expect("its time");
    fs::write(&file, upload(5, 40_000)).expect("written");
    File::options().write(true).open(&file).and_then(|it| it.set_modified(time)).expect("its time");
    desk.run().ends_with(0).tells("1 read and stored");
    fs::write(list, "no list").expect("damaged");
    desk.run().ends_with(0).tells("1 unchanged");
}

#[test]
fn an_upload_under_another_companys_name_is_not_unchanged() {
    // The name of a file names its company where no column does: somebody mends a wrong name, and the bytes stay the same.
    let desk = Desk::small(2);
    let wrong = desk.write("uploads/K1.csv", upload(5, 30_000));
    desk.run().ends_with(0);
    fs::rename(wrong, desk.path("uploads/K2.csv")).expect("renamed");
    desk.run().ends_with(0);
    assert_eq!(desk.stored("K2", "2026-Q3").num_rows(), 5);
}

#[test]
fn two_companies_whose_uploads_have_the_same_bytes_are_both_stored() {
    let desk = Desk::small(2);
    desk.write("uploads/K1.csv", upload(5, 30_000));
    desk.write("uploads/K2.csv", upload(5, 30_000));
    desk.run().ends_with(0);
    let (one, other) = (desk.stored("K1", "2026-Q3"), desk.stored("K2", "2026-Q3"));
    assert_eq!((one.num_rows(), other.num_rows()), (5, 5));
    desk.run().ends_with(0).tells("2 unchanged");
}

#[test]
fn two_files_of_a_company_for_one_period_are_refused() {
    let desk = Desk::small(1);
    desk.write("uploads/K1.csv", upload(5, 30_000));
    desk.run().ends_with(0);
    let stored = entries(&desk.workspace().join("store/company=K1/period=2026-Q3")).next().expect("a file");
    fs::copy(&stored, stored.with_file_name("backup.parquet")).expect("copied");
    desk.does("release", &desk.pipeline(), &[])
        .ends_with(1)
        .tells("K1 has two files for 2026-Q3")
        .tells("backup.parquet");
}

#[test]
fn a_workspace_in_use_is_refused_with_a_clear_message() {
    let desk = Desk::small(1);
    desk.write("uploads/K1.csv", upload(5, 30_000));
    desk.run().ends_with(0);
    let before = tree(&desk.workspace());
    let lock = File::options().write(true).open(desk.workspace().join(".lock")).expect("the lock file");
    lock.lock().expect("nobody else has it");
    desk.run().ends_with(5).tells("in use by another run").tells("--wait");
    desk.does("release", &desk.pipeline(), &[]).ends_with(5);
    same_trees(&before, &tree(&desk.workspace()));
    let mut waiting = desk.program("run");
    waiting.arg(desk.pipeline()).arg("--workspace").arg(desk.workspace()).arg("--wait");
    let mut waiting =
        waiting.stderr(std::process::Stdio::null()).stdout(std::process::Stdio::null()).spawn().expect("started");
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(waiting.try_wait().expect("its state").is_none(), "it waits");
    lock.unlock().expect("unlocked");
    assert!(waiting.wait().expect("it ends").success());
}

#[test]
fn every_packing_gives_the_same_records() {
    let text = upload(50, 30_000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).expect("packed");
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("K1.csv", zip::write::SimpleFileOptions::default()).expect("an entry");
    archive.write_all(text.as_bytes()).expect("packed");
    let packed = [
        ("K1.csv.gz", gzip.finish().expect("packed")),
        ("K1.csv.zst", zstd::encode_all(text.as_bytes(), 1).expect("packed")),
        ("K1.csv.zip", archive.finish().expect("packed").into_inner()),
        ("K1.zip", {
            let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            archive.start_file("anything.csv", zip::write::SimpleFileOptions::default()).expect("an entry");
            archive.write_all(text.as_bytes()).expect("packed");
            archive.finish().expect("packed").into_inner()
        }),
    ];
    let plain = Desk::small(1);
    plain.write("uploads/K1.csv", &text);
    plain.run().ends_with(0);
    let expected = plain.stored("K1", "2026-Q3");
    for (name, content) in packed {
        let desk = Desk::small(1);
        desk.write(&format!("uploads/{name}"), content);
        desk.run().ends_with(0);
        assert_eq!(desk.stored("K1", "2026-Q3").columns(), expected.columns(), "{name}");
    }
}

#[test]
fn the_key_file_is_for_its_owner_alone() {
    let desk = Desk::new();
    desk.does("run", &quarterly(), &[]).ends_with(0).tells("made a new master key");
    let file = desk.workspace().join("keys/master.key");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&desk.workspace().join("keys")), 0o700);
    let key = fs::read_to_string(&file).expect("the key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("changed");
    let outcome = desk.does("run", &quarterly(), &[]);
    assert_ne!(outcome.code, 0);
    outcome.tells("can be read by others").tells("chmod 600").hides(key.trim());
}

#[test]
fn neither_ids_nor_keys_are_anywhere() {
    let desk = Desk::small(2);
    desk.write("uploads/K1.csv", upload(40, 30_000));
    // One row too many breaks a rule, so that a rejects file is written too.
    desk.write("uploads/K2.csv", upload(40, 30_000) + "5000041,2026-Q3,much\n");
    let mut program = desk.program("run");
    program.arg(desk.pipeline()).arg("--workspace").arg(desk.workspace()).env_remove("PAYQUORUM_MASTER_KEY");
    let outcome = Outcome::of(&mut program).ends_with(0);
    let key = fs::read_to_string(desk.workspace().join("keys/master.key")).expect("the key");
    let raw = bytes_of_hex(&key);
    outcome.hides(key.trim());
    assert_eq!(entries(&desk.workspace().join("rejects")).count(), 1);
    let holds = |bytes: &[u8], needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    for (name, bytes) in tree(&desk.workspace()) {
        for employee in 5_000_001..=5_000_041_u32 {
            assert!(!holds(&bytes, employee.to_string().as_bytes()), "an employee ID is in {name}");
        }
        assert!(!holds(&bytes, &raw), "the key is in {name}");
        assert!(name.starts_with("keys/") || !holds(&bytes, key.trim().as_bytes()), "the key is in {name}");
    }
    for employee in [5_000_001, 5_000_040, 5_000_041] {
        outcome.hides(&employee.to_string());
    }
}

#[test]
fn pseudonyms_are_those_of_the_documented_derivation() {
    let desk = Desk::new();
    desk.write("companies.csv", "company_id,holding_id,sector\nK1,,S\nK2,H,S\nK3,H,S\n");
    desk.write("small.toml", fs::read_to_string(Desk::small(0).pipeline()).expect("the pipeline"));
    for company in ["K1", "K2", "K3"] {
        // Different bytes, so that each upload is its own.
        let text = format!("employee_id,period,base_pay\n  E 1042é ,2026-Q3,40000\n{company},2026-Q3,1\n");
        desk.write(&format!("uploads/{company}.csv"), text);
    }
    desk.run().ends_with(0);
    let key = fs::read_to_string(desk.workspace().join("keys/master.key")).expect("the key");
    let of = |holding: &str| {
        let company = hmac(&bytes_of_hex(&key), format!("payquorum/company/v1\0{holding}").as_bytes());
        hmac(&company, "E 1042é".as_bytes())[..16].to_vec()
    };
    let stored = |company: &str| pseudonyms(&desk.stored(company, "2026-Q3"));
    assert!(stored("K1").contains(&of("K1")));
    assert!(stored("K2").contains(&of("H")));
    assert!(stored("K3").contains(&of("H")), "companies of one holding share its key");
    assert_ne!(of("K1"), of("H"));
}

#[test]
fn an_employee_keeps_the_pseudonym_in_a_company_and_has_another_in_another() {
    let desk = Desk::small(2);
    for company in ["K1", "K2"] {
        for (folder, period) in [("old", "2026-Q2"), ("new", "2026-Q3")] {
            let text = upload(3, 30_000).replace("2026-Q3", period) + &format!("{company},{period},1\n");
            desk.write(&format!("{folder}/{company}.csv"), text);
        }
    }
    let pattern = desk.path("*/K?.csv").display().to_string();
    desk.does("run", &desk.pipeline(), &["--uploads", &pattern]).ends_with(0);
    let of = |company: &str, period: &str| pseudonyms(&desk.stored(company, period));
    assert_eq!(of("K1", "2026-Q2")[..3], of("K1", "2026-Q3")[..3]);
    assert!(of("K1", "2026-Q3").iter().all(|pseudonym| !of("K2", "2026-Q3").contains(pseudonym)));
}

#[test]
fn a_half_written_journal_is_swept() {
    // A kill while the journal is written beside its place leaves `commit.new`, which says nothing yet.
    let desk = Desk::small(1);
    desk.write("uploads/K1.csv", upload(5, 30_000));
    desk.run().ends_with(0);
    let before = tree(&desk.workspace());
    desk.write("workspace/store/commit.new", "[{\"from\":");
    desk.write("workspace/store/.staging/0-1-2026-Q3.parquet", "half");
    desk.does("release", &desk.pipeline(), &[]).ends_with(0);
    same_trees(&before, &tree(&desk.workspace()));
}

#[test]
fn one_upload_of_several_companies_and_periods_is_stored_by_company_and_period() {
    let desk = Desk::small(2);
    let mut text = "company_id,employee_id,period,base_pay\n".to_owned();
    for (place, company, period) in
        [(1, "K1", "2026-Q2"), (2, "K2", "2026-08"), (3, "K1", "2026-09-30"), (4, "K1", "2026-Q3")]
    {
        writeln!(text, "{company},{place},{period},40000").expect("a string takes all");
    }
    desk.write("uploads/all.csv", text);
    desk.run().ends_with(0);
    let rows = |company: &str, period: &str| desk.stored(company, period).num_rows();
    assert_eq!([rows("K1", "2026-Q2"), rows("K2", "2026-Q3"), rows("K1", "2026-Q3")], [1, 1, 2]);
    // A later upload of one of them replaces that part alone.
    fs::remove_file(desk.path("uploads/all.csv")).expect("removed");
    desk.write("uploads/K1.csv", upload(7, 30_000));
    desk.run().ends_with(0);
    assert_eq!([rows("K1", "2026-Q2"), rows("K2", "2026-Q3"), rows("K1", "2026-Q3")], [1, 1, 7]);
}

#[test]
fn an_upload_is_read_anew_when_the_rules_of_reading_or_the_key_change() {
    let desk = Desk::small(1);
    desk.write("uploads/K1.csv", upload(5, 30_000));
    desk.run().ends_with(0);
    let before = pseudonyms(&desk.stored("K1", "2026-Q3"));
    let pipeline = fs::read_to_string(desk.pipeline()).expect("the pipeline");
    desk.write("small.toml", pipeline.replace("pay_basis = \"year\"", "pay_basis = \"month\""));
    desk.run().ends_with(0).tells("1 read and stored");
    assert_eq!(pseudonyms(&desk.stored("K1", "2026-Q3")), before);
    let mut program = desk.program("run");
    program.arg(desk.pipeline()).arg("--workspace").arg(desk.workspace());
    Outcome::of(program.env("PAYQUORUM_MASTER_KEY", "77".repeat(32))).ends_with(0).tells("1 read and stored");
    assert_ne!(pseudonyms(&desk.stored("K1", "2026-Q3")), before);
}

#[test]
fn records_under_two_keys_are_not_compared() {
    let desk = Desk::small(2);
    desk.write("uploads/K1.csv", upload(5, 30_000));
    desk.write("uploads/K2.csv", upload(6, 30_000));
    desk.run().ends_with(0);
    let before = tree(&desk.workspace().join("releases"));
    desk.write("uploads/K1.csv", upload(7, 30_000));
    fs::remove_file(desk.path("uploads/K2.csv")).expect("removed");
    let mut program = desk.program("run");
    program.arg(desk.pipeline()).arg("--workspace").arg(desk.workspace());
    let outcome = Outcome::of(program.env("PAYQUORUM_MASTER_KEY", "77".repeat(32)));
    assert_ne!(outcome.code, 0, "{}", outcome.all());
    outcome.tells("key");
    same_trees(&before, &tree(&desk.workspace().join("releases")));
}

#[test]
fn every_stored_column_is_described() {
    let desk = Desk::small(1);
    desk.write("uploads/K1.csv", upload(5, 30_000));
    desk.run().ends_with(0);
    let schema = desk.stored("K1", "2026-Q3").schema();
    for field in schema.fields() {
        assert!(field.metadata().contains_key("description"), "{} has no description", field.name());
    }
    let own = parquet(&desk.workspace().join("companies/small/2026-Q3.parquet"));
    assert!(own.num_rows() > 0, "the company has metrics of its own");
}

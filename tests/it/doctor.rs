//! Proves that `payquorum doctor` finds what was planted, says that a sound workspace is sound, and changes nothing of either.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::desk::{Desk, Outcome, entries};
use crate::operator::{is_documented, object, two_companies};

/// Does a command on the desk with the key of its workspace.
fn does(desk: &Desk, command: &str, more: &[&str]) -> Outcome {
    let mut program = desk.program(command);
    program.arg(desk.pipeline()).arg("--workspace").arg(desk.workspace()).args(more);
    Outcome::of(program.env_remove("PAYQUORUM_MASTER_KEY"))
}

/// A workspace after a run, with a key file.
fn sound() -> Desk {
    let desk = two_companies();
    does(&desk, "run", &[]).ends_with(0);
    desk
}

/// Whatever can be seen of everything in a folder: bytes, mode, and when it was changed last.
fn everything(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, i64, i64)> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        let metadata = fs::metadata(&path).expect("its metadata");
        let bytes = if path.is_dir() { Vec::new() } else { fs::read(&path).expect("its bytes") };
        waiting.extend(entries(&path).filter(|_| path.is_dir()));
        found.insert(path, (bytes, metadata.mode(), metadata.ctime(), metadata.ctime_nsec()));
    }
    found
}

/// Lets the doctor look, in words and in JSON; asserts that both say the same and that nothing was changed.
#[track_caller]
fn examined(desk: &Desk) -> (Outcome, Value) {
    let before = everything(&desk.path(""));
    let (words, json) = (does(desk, "doctor", &[]), does(desk, "doctor", &["--json"]));
    assert!(before == everything(&desk.path("")), "something was changed");
    let told = object(&json);
    is_documented(&told);
    assert_eq!((words.code, json.code), (json.code, words.code));
    assert_eq!(told["exit_code"], words.code);
    for check in told["checks"].as_array().expect("a list") {
        let [state, name, text] = ["state", "check", "text"].map(|name| check[name].as_str().expect("a text"));
        let line = format!("{state:<8} {name:<10} {text}\n");
        // How much room is free changes while the two look.
        assert!(name == "disk" || words.stdout.contains(&line), "{line:?} is not in\n{}", words.stdout);
        assert_eq!(check["mend"].is_null(), state == "ok", "a mend where there is something to mend: {check}");
    }
    let state = |state: &str| told["checks"].as_array().into_iter().flatten().filter(|it| it["state"] == state).count();
    assert_eq!((&told["problems"], &told["notes"]), (&state("problem").into(), &state("note").into()));
    assert_eq!(words.code, if told["problems"] == 0 { 0 } else { 7 });
    (words, told)
}

/// Plants something in a sound workspace, and asserts what the doctor finds.
#[track_caller]
fn finds(state: &str, check: &str, text: &str, plant: impl FnOnce(&Desk)) -> Desk {
    let desk = sound();
    plant(&desk);
    let (words, told) = examined(&desk);
    let fits = |it: &&Value| {
        it["state"] == state && it["check"] == check && it["text"].as_str().is_some_and(|it| it.contains(text))
    };
    assert!(
        told["checks"].as_array().expect("a list").iter().any(|it| fits(&it)),
        "no {state} of {check}:\n{}",
        words.all()
    );
    assert_eq!(words.code, if state == "problem" { 7 } else { 0 }, "{}", words.all());
    desk
}

fn stored(desk: &Desk, company: &str) -> PathBuf {
    let folder = desk.workspace().join(format!("store/company={company}/period=2026-Q3"));
    entries(&folder).next().expect("a file")
}

fn flip(file: &Path) {
    let mut bytes = fs::read(file).expect("its bytes");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).expect("damaged");
}

#[test]
fn a_sound_workspace_is_sound() {
    let desk = sound();
    let (words, told) = examined(&desk);
    assert_eq!((&told["problems"], &told["notes"], words.code), (&0.into(), &0.into(), 0), "{}", words.stdout);
    words.tells("a lock file lies there is no problem").tells("2 files of 2 companies with 10 records");
    words.tells("(mode 0700)").tells("(mode 0600)").tells("0 problems, 0 notes").tells(env!("CARGO_PKG_VERSION"));
    assert_eq!(words.stderr, "");
    let alone =
        Outcome::of(desk.program("doctor").arg("--workspace").arg(desk.workspace()).env_remove("PAYQUORUM_MASTER_KEY"));
    alone.ends_with(0).tells("1: each is as its manifest says").hides("register");
}

#[test]
fn a_key_that_is_open_damaged_or_lost_is_found() {
    let key = |desk: &Desk| desk.workspace().join("keys/master.key");
    let open = |path: PathBuf, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("its mode");
    let desk = finds("problem", "key", "mode 0640, expected 0600", |desk| open(key(desk), 0o640));
    does(&desk, "doctor", &[]).tells("mend: run `chmod 600 ").tells("1 problem, 0 notes");
    finds("problem", "key", "mode 0755, expected 0700", |desk| open(desk.workspace().join("keys"), 0o755));
    finds("problem", "key", "does not hold 64 hexadecimal digits", |desk| {
        fs::write(key(desk), "no key").expect("written");
    });
    finds("problem", "key", "there are records, and no key", |desk| fs::remove_file(key(desk)).expect("removed"));
    finds("note", "key", "under another key", |desk| {
        fs::write(key(desk), format!("{}\n", crate::desk::KEY)).expect("written");
    });
    finds("note", "key", "was killed while it made the key", |desk| {
        fs::write(desk.workspace().join("keys/.master.key.77"), "half").expect("written");
    });
}

#[test]
fn what_a_killed_run_left_is_found_and_the_next_run_clears_it() {
    let desk = finds("note", "journal", "1 files are to be moved", |desk| {
        let (file, store) = (stored(desk, "K1"), desk.workspace().join("store"));
        let name = file.file_name().expect("a name").to_str().expect("a plain name");
        fs::create_dir(store.join(".staging")).expect("a folder");
        fs::rename(&file, store.join(".staging/one.parquet")).expect("moved");
        let to = format!("company=K1/period=2026-Q3/{name}");
        let journal = format!("[{{\"from\":\".staging/one.parquet\",\"to\":\"{to}\",\"replaces\":[]}}]");
        fs::write(store.join("commit.json"), journal).expect("written");
    });
    does(&desk, "release", &[]).ends_with(0);
    assert_eq!(examined(&desk).1["notes"], 0);
    finds("problem", "journal", "1 of the 1 files that it moves are gone", |desk| {
        let journal = "[{\"from\":\".staging/gone\",\"to\":\"company=K9/period=2026-Q3/gone\",\"replaces\":[]}]";
        fs::write(desk.workspace().join("store/commit.json"), journal).expect("written");
    });
    finds("problem", "journal", "commit.json is damaged", |desk| {
        fs::write(desk.workspace().join("store/commit.json"), "[{").expect("written");
    });
    let desk = finds("note", "staging", "1 files in store/.staging", |desk| {
        let folder = desk.workspace().join("store/.staging");
        fs::create_dir(&folder).and_then(|()| fs::write(folder.join("half"), "PAR1")).expect("written");
    });
    does(&desk, "release", &[]).ends_with(0);
    assert_eq!(examined(&desk).1["notes"], 0);
}

#[test]
fn files_of_the_store_that_do_not_fit_are_found_all_at_once() {
    let desk = finds("problem", "store", "K1 has two files for 2026-Q3", |desk| {
        let file = stored(desk, "K1");
        fs::copy(&file, file.with_file_name("backup.parquet")).expect("copied");
        let other = stored(desk, "K2");
        let bytes = fs::read(&other).expect("its bytes");
        fs::write(&other, &bytes[..bytes.len() / 2]).expect("cut");
    });
    let outcome = does(&desk, "doctor", &[]).ends_with(7);
    outcome.tells("is damaged").tells("backup.parquet").tells("2 problems");
    finds("problem", "store", "holds the records of K1 for 2026-Q3", |desk| {
        let folder = desk.workspace().join("store/company=K1/period=2026-Q3");
        fs::rename(&folder, folder.with_file_name("period=2026-Q2")).expect("moved");
    });
    finds("problem", "register", "company K2 has records in the store but is not in", |desk| {
        desk.write("companies.csv", "company_id,holding_id,sector\nK1,,S1\n");
    });
}

#[test]
fn a_run_at_work_is_told_and_is_no_problem() {
    let desk = sound();
    let file = desk.workspace().join(".lock");
    let process = fs::read_to_string(&file).expect("who had it");
    let lock = File::open(&file).expect("the lock file");
    lock.lock().expect("nobody has it");
    let (words, told) = examined(&desk);
    assert_eq!((words.code, &told["notes"]), (0, &1.into()));
    words.tells(&format!("a run (process {process}) is at work"));
    let file = stored(&desk, "K1");
    let replaced = file.with_file_name("replaced.parquet");
    fs::copy(&file, &replaced).expect("copied");
    assert_eq!((examined(&desk).0.code, &examined(&desk).1["notes"]), (0, &2.into()), "a run may be replacing one");
    fs::remove_file(replaced).expect("removed");
    lock.unlock().expect("unlocked");
    assert_eq!(examined(&desk).1["notes"], 0);
}

#[test]
fn releases_that_were_changed_or_lack_private_files_are_found() {
    let ledger = |desk: &Desk| desk.workspace().join("ledger/small/2026-Q3/v1");
    let release = |desk: &Desk| desk.workspace().join("releases/small/2026-Q3/v1");
    finds("problem", "releases", "v1 has ", |desk| flip(&release(desk).join("benchmarks.parquet")));
    finds("problem", "releases", "cannot be verified", |desk| {
        fs::remove_file(release(desk).join("manifest.json")).expect("removed");
    });
    for file in ["told.parquet", "decisions.parquet", "protection.parquet", "proofs.parquet"] {
        finds("problem", "releases", file, |desk| fs::remove_file(ledger(desk).join(file)).expect("removed"));
    }
    finds("problem", "releases", "told.parquet", |desk| {
        fs::write(ledger(desk).join("told.parquet"), "x").expect("cut");
    });
    let desk = finds("note", "releases", "still have their first name", |desk| {
        fs::rename(ledger(desk), ledger(desk).with_file_name("next")).expect("moved");
    });
    does(&desk, "release", &[]).ends_with(0);
    assert_eq!(examined(&desk).1["notes"], 0);
    finds("note", "releases", "the companies' own metrics", |desk| {
        fs::remove_file(desk.workspace().join("companies/small/2026-Q3.parquet")).expect("removed");
    });
    finds("note", "releases", "killed before it published", |desk| {
        fs::create_dir(release(desk).with_file_name(".staging")).expect("made");
    });
}

#[test]
fn a_lost_privacy_budget_is_found() {
    finds("problem", "releases", "2026-Q3.json is missing", |desk| {
        let text = fs::read_to_string(desk.pipeline())
            .expect("the pipeline")
            .replace("from = \"company.sector\"", "from = \"company.sector\", hierarchy = \"sectors.csv\"");
        desk.write("sectors.csv", "code,parent,label\nS0,,Zero\nS1,,One\n");
        let perturbed = "\nprotect  = \"differential-privacy\"\n\n[protection.differential_privacy]\nepsilon = 1.0\n\
                         epsilon_per_release = 0.5\nmax_employees = 10\nbounds = { base_annual = [10000.0, 90000.0] }\n";
        let text = text.replace("measures = [\"base_annual\"]\n", &format!("measures = [\"base_annual\"]{perturbed}"));
        desk.write("small.toml", text);
        does(desk, "run", &[]).ends_with(0);
        assert_eq!(examined(desk).0.code, 0);
        fs::remove_file(desk.workspace().join("budget/small/2026-Q3.json")).expect("removed");
    });
}

#[test]
fn a_clock_a_workspace_and_a_pipeline_that_cannot_be_are_found() {
    finds("problem", "clock", "more than a day before the newest file", |desk| {
        let later = SystemTime::now() + Duration::from_secs(3 * 24 * 60 * 60);
        let file = File::options().write(true).open(stored(desk, "K1")).expect("a file");
        file.set_modified(later).expect("its time");
    });
    finds("problem", "workspace", "is not there", |desk| fs::remove_dir_all(desk.workspace()).expect("removed"));
    finds("problem", "workspace", "is no folder", |desk| {
        fs::remove_dir_all(desk.workspace()).and_then(|()| fs::write(desk.workspace(), "")).expect("a file");
    });
    let desk = finds("problem", "pipeline", "mistakes", |desk| drop(desk.write("small.toml", "name = \"small\"\n")));
    does(&desk, "doctor", &[]).ends_with(7).tells("all footers can be read");
    let outcome = Outcome::of(desk.program("doctor").arg(desk.pipeline()).arg("--json")).ends_with(7);
    assert!(object(&outcome)["workspace"].is_null());
    let desk = finds("note", "key", "there is no key", |desk| {
        fs::remove_dir_all(desk.workspace()).and_then(|()| fs::create_dir(desk.workspace())).expect("empty");
    });
    does(&desk, "doctor", &[]).ends_with(0).tells("nobody has the workspace").tells("there is none: the next run");
}

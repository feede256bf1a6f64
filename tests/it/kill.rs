//! Proves that a run which is killed leaves the old state of the store or the new one, never a mixture.
//!
//! The failure: the machine goes down, or somebody kills the program, while a run replaces the uploads of sixty companies.
//! A release from a store that is half old and half new would compare companies of different snapshots, and the difference
//! of two such releases can tell what a single company reported. So the real program is killed (SIGKILL, which it cannot
//! see coming) at many moments from its start to its end, and as soon as its journal or its staging folder appears; a
//! `release` then recovers, and every file of the store must be that of the old state or every one that of the new. States
//! are compared byte for byte with those of undisturbed runs, the key being fixed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::desk::{Desk, Outcome, copy_folder, entries, parquet, tree};

const COMPANIES: usize = 60;
const ROWS: usize = 300;
const MOMENTS: u32 = 28;

/// Writes an upload for every company; all amounts begin with `version`.
fn write_uploads(desk: &Desk, version: usize) {
    for company in 1..=COMPANIES {
        let mut text = "employee_id,period,base_pay\n".to_owned();
        for row in 0..ROWS + version {
            writeln!(text, "{row},2026-Q3,{version}{:05}", company * 100 + row).expect("a string takes all");
        }
        desk.write(&format!("uploads/K{company}.csv"), text);
    }
}

type Tree = BTreeMap<String, Vec<u8>>;

/// A desk with the old state set aside, the new uploads waiting, and both states known.
struct Rounds {
    desk: Desk,
    old: Tree,
    new: Tree,
    /// How long an undisturbed run takes.
    duration: Duration,
}

impl Rounds {
    fn prepare() -> Self {
        let desk = Desk::small(COMPANIES);
        write_uploads(&desk, 1);
        desk.run().ends_with(0);
        let old = tree(&desk.workspace().join("store"));
        copy_folder(&desk.workspace(), &desk.path("aside"));
        write_uploads(&desk, 2);
        let start = Instant::now();
        desk.run().ends_with(0);
        let duration = start.elapsed();
        let new = tree(&desk.workspace().join("store"));
        assert_eq!((old.len(), new.len()), (COMPANIES, COMPANIES));
        assert!(old.keys().all(|name| !new.contains_key(name)), "every company has a new file");
        Self { desk, old, new, duration }
    }

    /// From the old state: starts a run, waits for `moment`, kills it, recovers; tells whether the new state is there.
    fn killed_at(&self, moment: impl FnOnce(&Desk, &mut Child)) -> bool {
        let desk = &self.desk;
        let workspace = desk.workspace();
        fs::remove_dir_all(&workspace).expect("the workspace can be removed");
        copy_folder(&desk.path("aside"), &workspace);
        let mut program = desk.program("run");
        program.arg(desk.pipeline()).arg("--workspace").arg(&workspace).stdout(Stdio::null()).stderr(Stdio::null());
        let mut run = program.spawn().expect("the program starts");
        moment(desk, &mut run);
        // An error means that it has ended already, which is a moment like any other.
        let _ = run.kill();
        run.wait().expect("the program ended");
        desk.does("release", &desk.pipeline(), &[]).ends_with(0);
        self.is_new()
    }

    /// Asserts that the store is whole, old or new, and that nothing is left over; tells which.
    fn is_new(&self) -> bool {
        let workspace = self.desk.workspace();
        let found = tree(&workspace.join("store"));
        // Harmless, and the subject of a test of the store: a journal that was still being written beside its place.
        let new = found == self.new;
        if !new && found != self.old {
            let unlike = found.iter().filter(|(name, bytes)| self.old.get(*name) != Some(bytes)).map(|(name, _)| name);
            panic!("neither the old state nor the new one; unlike the old: {:?}", unlike.collect::<Vec<_>>());
        }
        assert!(!workspace.join("store/.staging").exists(), "staged files are left");
        for version in entries(&workspace.join("releases/small/2026-Q3")) {
            assert!(!version.ends_with(".staging"), "a half release is left");
            Outcome::of(self.desk.program("verify").arg(&version)).ends_with(0);
        }
        new
    }
}

fn poll(desk: &Desk, run: &mut Child, name: &str) {
    let path = desk.workspace().join(name);
    while !path.exists() && run.try_wait().expect("its state").is_none() {
        std::hint::spin_loop();
    }
}

#[test]
fn a_killed_run_leaves_the_old_state_or_the_new_one() {
    let rounds = Rounds::prepare();
    for company in 1..=COMPANIES {
        let records = rounds.desk.stored(&format!("K{company}"), "2026-Q3");
        assert_eq!(records.num_rows(), ROWS + 2, "the new state is readable");
    }
    let mut new_states = 0;
    for step in 0..MOMENTS {
        let delay = rounds.duration * step / (MOMENTS - 2);
        new_states += u32::from(rounds.killed_at(|_, _| std::thread::sleep(delay)));
    }
    println!("killed {MOMENTS} times within {:?}: the new state {new_states} times", rounds.duration);
    assert!(new_states < MOMENTS, "a run that is killed at once has changed nothing");
}

#[test]
fn a_run_killed_in_its_commit_is_carried_out_by_the_next() {
    let rounds = Rounds::prepare();
    for _ in 0..6 {
        let new = rounds.killed_at(|desk, run| poll(desk, run, "store/commit.json"));
        assert!(new, "the journal is the point of no return");
        rounds.killed_at(|desk, run| poll(desk, run, "store/.staging"));
        rounds.killed_at(|desk, run| poll(desk, run, "releases/small/2026-Q3/.staging"));
    }
    assert!(rounds.killed_at(|_, run| drop(run.wait())), "an undisturbed run gives the new state");
    for file in tree(&rounds.desk.workspace().join("store")).keys() {
        let records = parquet(&rounds.desk.workspace().join("store").join(file));
        assert_eq!(records.num_rows(), ROWS + 2);
    }
}

#[test]
fn a_first_run_that_is_killed_leaves_no_broken_key() {
    for moment in 0..10 {
        let desk = Desk::small(2);
        desk.write("uploads/K1.csv", "employee_id,period,base_pay\n1,2026-Q3,40000\n");
        let first = || {
            let mut program = desk.program("run");
            program.arg(desk.pipeline()).arg("--workspace").arg(desk.workspace()).env_remove("PAYQUORUM_MASTER_KEY");
            program
        };
        let mut run = first().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        poll(&desk, &mut run, "keys");
        std::thread::sleep(Duration::from_micros(300) * moment);
        let _ = run.kill();
        run.wait().expect("the program ended");
        let key = desk.workspace().join("keys/master.key");
        let before = fs::read(&key).ok();
        Outcome::of(&mut first()).ends_with(0);
        let after = fs::read(&key).expect("a key");
        assert_eq!(after.len(), 65, "64 digits and a line end");
        assert!(before.is_none_or(|before| before == after), "a key that was there stays");
    }
}

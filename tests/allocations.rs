//! A guard against slowness that times nothing: how often each stage asks for memory on a small workload, and for how much.
//!
//! In: uploads of a fixed shape, on one thread. Out: allocations and bytes of each stage, compared with those in `allocations.txt`.
//! Invariant: the numbers are the same in every run but for what hash tables and the clock do, so that a few percent more mean that
//! somebody added work for each field, row or cell. Where that was meant, renew the file with
//! `PAYQUORUM_RENEW=1 cargo test --release --test allocations`.

#[path = "../benches/support/workload.rs"]
#[allow(dead_code, reason = "benches use all of it")]
mod workload;

use std::alloc::System;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use payquorum::aggregate::{CompanyTable, Snapshots, aggregate};
use payquorum::disclose::{History, disclose};
use payquorum::ingest::ingest;
use payquorum::period::Period;
use payquorum::pseudonym::MasterKey;
use payquorum::store::Store;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use workload::{SHAPES, Shape, Workload};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How much more is taken for a mistake, and how much less for an old file, in percent.
const TOLERANCE: usize = 5;

/// Allocations and bytes of each stage.
type Counts = BTreeMap<String, [usize; 2]>;

/// Measures each stage on uploads of one shape.
fn measure(shape: &Shape, counts: &mut Counts) {
    let workload = Workload::of(shape);
    let workspace = tempfile::tempdir().expect("a folder");
    let (mut pipeline, register, files) = workload.open(workspace.path());
    let store = Store::open(workspace.path(), false).expect("a store");
    let master = MasterKey::from_bytes([7; 32]);
    let mut stage = |name: &str, region: &Region<'_, System>| {
        let change = region.change();
        counts.insert(
            format!("{} {name}", shape.name),
            [change.allocations + change.reallocations, change.bytes_allocated],
        );
    };
    let region = Region::new(ALLOCATOR);
    ingest(&files, &pipeline, &register, &store, &master, &|_| {}).expect("taken");
    stage("uploads", &region);
    pipeline.link();
    let region = Region::new(ALLOCATOR);
    let catalogue = store.catalogue().expect("a catalogue");
    let snapshots = Snapshots::of(&catalogue, &pipeline, Period::Month(2026, 9));
    let mut own = CompanyTable::in_memory(&pipeline);
    let cells = aggregate(&pipeline, &register, &snapshots, &mut own, &|_| {}).expect("aggregated");
    stage("aggregation", &region);
    let region = Region::new(ALLOCATOR);
    disclose(&cells, &pipeline, &History::default()).expect("decided");
    stage("decisions", &region);
}

#[test]
fn no_stage_asks_for_more_memory_than_it_did() {
    let mut counts = Counts::new();
    // The words of the identifier gate are put in order once in a process.
    let _ = payquorum::intake::gate::header_means("employee_id");
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    one.install(|| {
        for shape in [
            Shape { companies: 1, employees: 4_000, ..SHAPES[0] },
            Shape { companies: 100, employees: 40, ..SHAPES[1] },
        ] {
            measure(&shape, &mut counts);
        }
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/allocations.txt");
    if std::env::var_os("PAYQUORUM_RENEW").is_some() {
        let mut text = "# shape stage allocations bytes; renewed as tests/allocations.rs says\n".to_owned();
        for (name, [allocations, bytes]) in &counts {
            let _ = writeln!(text, "{name} {allocations} {bytes}");
        }
        std::fs::write(&file, text).expect("written");
    }
    let text = std::fs::read_to_string(&file).expect("the file of numbers");
    let mut seen = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let [shape, stage, allocations, bytes] = words[..] else { panic!("a line of other form: {line}") };
        let now = counts[&format!("{shape} {stage}")];
        for ((what, before), now) in [("allocations", allocations), ("bytes", bytes)].into_iter().zip(now) {
            let before: usize = before.parse().expect("a number");
            let allowed = before * TOLERANCE / 100;
            let mend = "if that is meant, renew the file with PAYQUORUM_RENEW=1";
            assert!(now <= before + allowed, "{shape}, {stage}: {now} {what} instead of {before}: {mend}");
            assert!(
                now + allowed >= before,
                "{shape}, {stage}: only {now} {what} instead of {before}: keep it so, and {mend}"
            );
            seen += 1;
        }
    }
    assert_eq!(seen, counts.len() * 2);
}

//! Benches of each stage over uploads of many shapes.
//!
//! In: synthetic uploads made here. Out: rows and bytes of uploads per second of each stage. Run with `cargo bench --bench stages`,
//! or one of them with `cargo bench --bench stages -- intake/wide`. Seconds of a busy machine say little: see
//! docs/performance.md.

#[path = "support/workload.rs"]
mod workload;

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use payquorum::aggregate::{CellTable, CompanyTable, Snapshots, aggregate};
use payquorum::disclose::{History, disclose};
use payquorum::ingest::ingest;
use payquorum::intake::{Intake, Nowhere, Register, Upload};
use payquorum::period::Period;
use payquorum::pipeline::Pipeline;
use payquorum::pseudonym::MasterKey;
use payquorum::release::prepare;
use payquorum::store::Store;

use workload::{SHAPES, Workload};

fn master() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

/// Benches one stage over all shapes.
fn over_shapes(
    criterion: &mut Criterion,
    stage: &str,
    bench: impl Fn(&mut BenchmarkGroup<'_, WallTime>, BenchmarkId, &Workload),
) {
    let mut group = criterion.benchmark_group(stage);
    group.sample_size(10);
    for shape in &SHAPES {
        let workload = Workload::of(shape);
        group.throughput(Throughput::ElementsAndBytes { elements: workload.rows, bytes: workload.bytes });
        bench(&mut group, BenchmarkId::from_parameter(shape.name), &workload);
    }
    group.finish();
}

/// Reading, checking and parsing alone.
fn bench_intake(criterion: &mut Criterion) {
    over_shapes(criterion, "intake", |group, id, workload| {
        let workspace = tempfile::tempdir().expect("a folder");
        let (pipeline, register, files) = workload.open(workspace.path());
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                for file in &files {
                    let upload = Upload::open(file).expect("an upload");
                    let intake = Intake { pipeline: &pipeline, register: &register };
                    black_box(intake.read(&upload, &mut Nowhere).expect("accepted"));
                }
            });
        });
    });
}

/// Intake, pseudonyms, encoding and a durable commit.
fn bench_store(criterion: &mut Criterion) {
    over_shapes(criterion, "store", |group, id, workload| {
        group.bench_function(id, |bencher| {
            bencher.iter_batched_ref(
                || tempfile::tempdir().expect("a folder"),
                |workspace| {
                    let (pipeline, register, files) = workload.open(workspace.path());
                    let store = Store::open(workspace.path(), false).expect("a store");
                    ingest(&files, &pipeline, &register, &store, &master(), &|_| {}).expect("taken")
                },
                criterion::BatchSize::PerIteration,
            );
        });
    });
}

fn bench_pseudonyms(criterion: &mut Criterion) {
    let key = master().company_key("C00001");
    let mut group = criterion.benchmark_group("pseudonyms");
    for (name, ids) in [
        ("short_ids", (0..10_000).map(|number| format!("E{number:08}")).collect::<Vec<String>>()),
        ("long_ids", (0..10_000).map(|number| format!("{}{number:08}", "x".repeat(60))).collect()),
    ] {
        let bytes = ids.iter().map(|id| id.len() as u64).sum();
        group.throughput(Throughput::ElementsAndBytes { elements: ids.len() as u64, bytes });
        group.bench_function(name, |bencher| {
            bencher.iter(|| ids.iter().map(|id| key.pseudonym(black_box(id))[0]).fold(0_u8, u8::wrapping_add));
        });
    }
    group.finish();
}

/// A workspace whose store holds the uploads, and the pipeline, ready to be aggregated.
struct Stored {
    _workspace: tempfile::TempDir,
    store: Store,
    pipeline: Pipeline,
    register: Register,
}

impl Stored {
    fn of(workload: &Workload) -> Self {
        let workspace = tempfile::tempdir().expect("a folder");
        let (mut pipeline, register, files) = workload.open(workspace.path());
        let store = Store::open(workspace.path(), false).expect("a store");
        ingest(&files, &pipeline, &register, &store, &master(), &|_| {}).expect("taken");
        pipeline.link();
        Self { _workspace: workspace, store, pipeline, register }
    }

    fn aggregate(&self) -> CellTable {
        let catalogue = self.store.catalogue().expect("a catalogue");
        let snapshots = Snapshots::of(&catalogue, &self.pipeline, Period::Month(2026, 9));
        let mut own = CompanyTable::in_memory(&self.pipeline);
        aggregate(&self.pipeline, &self.register, &snapshots, &mut own, &|_| {}).expect("aggregated")
    }
}

/// From stored Parquet to cells and companies' own metrics.
fn bench_aggregation(criterion: &mut Criterion) {
    over_shapes(criterion, "aggregation", |group, id, workload| {
        let stored = Stored::of(workload);
        group.bench_function(id, |bencher| bencher.iter(|| black_box(stored.aggregate())));
    });
}

/// From cells to decisions, and to finished files.
fn bench_release(criterion: &mut Criterion) {
    over_shapes(criterion, "release", |group, id, workload| {
        let stored = Stored::of(workload);
        let cells = stored.aggregate();
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                let (safe, ledger) = disclose(&cells, &stored.pipeline, &History::default()).expect("decided");
                let private = tempfile::tempdir().expect("a folder");
                payquorum::disclose::write_protection(&ledger.protected, &stored.pipeline, private.path())
                    .expect("written");
                black_box(prepare(&safe, &stored.pipeline, None, private.path()).expect("prepared"))
            });
        });
    });
}

criterion_group!(stages, bench_intake, bench_store, bench_pseudonyms, bench_aggregation, bench_release);
criterion_main!(stages);

//! Benches of the stages whose speed matters: intake, pseudonyms, aggregation.
//!
//! In: synthetic uploads made here. Out: rows per second of each stage. Run with `cargo bench --bench stages`.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use payquorum::aggregate::{CompanyTable, Snapshots, aggregate};
use payquorum::ingest::{ingest, uploads};
use payquorum::intake::{Intake, Nowhere, Register, Upload};
use payquorum::period::Period;
use payquorum::pipeline::{Overrides, Pipeline};
use payquorum::pseudonym::MasterKey;
use payquorum::store::Store;

const PIPELINE: &str = r#"
name = "bench"
period = "month"
[input]
uploads = "uploads/*.csv"
companies = "companies.csv"
[dimensions]
sector = { from = "company.naics", hierarchy = "naics", levels = [6] }
region = { from = "region" }
[[tables]]
name = "t"
by = ["sector", "region"]
totals = false
measures = ["base_hourly", "variable_pay", "health_employer_cost", "paid_leave_days"]
"#;

/// A folder with uploads of `companies` companies with `employees` employees each.
fn workload(companies: usize, employees: usize, quoted: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let uploads = folder.path().join("uploads");
    std::fs::create_dir(&uploads).expect("a folder");
    let mut register = String::from("company_id,naics\n");
    for company in 0..companies {
        let _ = writeln!(register, "C{company:05},{}", ["541511", "522110", "236220", "621111"][company % 4]);
        let mut text = String::from(
            "employee_id,period,region,weekly_hours,pay_basis,base_pay,currency,variable_pay,\
             benefit_health_employer_cost,paid_leave_days\n",
        );
        for employee in 0..employees {
            let mix = (employee * 7_919 + company * 104_729) % 10_007;
            let fields = [
                format!("E{company:05}{employee:06}"),
                "2026-09".to_owned(),
                format!("R{}", mix % 16),
                "37.5".to_owned(),
                "hour".to_owned(),
                format!("{}.{:02}", 15 + mix % 60, mix % 100),
                "EUR".to_owned(),
                format!("{}.5", mix % 9_000),
                format!("{}.25", mix % 8_000),
                (mix % 31).to_string(),
            ];
            let line = if quoted { format!("\"{}\"", fields.join("\",\"")) } else { fields.join(",") };
            text.push_str(&line);
            text.push('\n');
        }
        std::fs::write(uploads.join(format!("C{company:05}.csv")), text).expect("written");
    }
    std::fs::write(folder.path().join("companies.csv"), register).expect("written");
    std::fs::write(folder.path().join("bench.toml"), PIPELINE).expect("written");
    folder
}

fn pipeline(folder: &Path, workspace: &Path) -> (Pipeline, Register, Vec<PathBuf>) {
    let overrides = Overrides { workspace: Some(workspace.to_owned()), ..Overrides::default() };
    let pipeline = Pipeline::read(&folder.join("bench.toml"), &overrides).expect("a pipeline");
    let register = Register::read(&pipeline.companies, &pipeline.dimensions).expect("a register");
    let files = uploads(&pipeline.uploads).expect("uploads");
    (pipeline, register, files)
}

/// Companies, employees of each, whether fields are quoted.
const SHAPES: [(&str, usize, usize, bool); 4] = [
    ("few_large", 2, 50_000, false),
    ("few_large_quoted", 2, 50_000, true),
    ("many_small", 1_000, 100, false),
    ("many_small_quoted", 1_000, 100, true),
];

fn bench_intake(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("intake");
    group.sample_size(10);
    for (name, companies, employees, quoted) in SHAPES {
        let folder = workload(companies, employees, quoted);
        let (pipeline, register, files) = pipeline(folder.path(), folder.path());
        group.throughput(Throughput::Elements((companies * employees) as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                for file in &files {
                    let upload = Upload::open(file).expect("an upload");
                    let intake = Intake { pipeline: &pipeline, register: &register };
                    black_box(intake.read(&upload, &mut Nowhere).expect("accepted"));
                }
            });
        });
    }
    group.finish();
}

fn bench_pseudonyms(criterion: &mut Criterion) {
    let key = MasterKey::from_bytes([7; 32]).company_key("C00001");
    let ids: Vec<String> = (0..10_000).map(|number| format!("E{number:08}")).collect();
    let mut group = criterion.benchmark_group("pseudonyms");
    group.throughput(Throughput::Elements(ids.len() as u64));
    group.bench_function("short_ids", |bencher| {
        bencher.iter(|| ids.iter().map(|id| key.pseudonym(black_box(id))[0]).fold(0_u8, u8::wrapping_add));
    });
    group.finish();
}

fn bench_aggregation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("aggregation");
    group.sample_size(10);
    for (name, companies, employees, quoted) in SHAPES.into_iter().filter(|shape| !shape.3) {
        let folder = workload(companies, employees, quoted);
        let workspace = tempfile::tempdir().expect("a folder");
        let (pipeline, register, files) = pipeline(folder.path(), workspace.path());
        let store = Store::open(workspace.path(), false).expect("a store");
        ingest(&files, &pipeline, &register, &store, &MasterKey::from_bytes([7; 32]), &|_| {}).expect("taken");
        let catalogue = store.catalogue().expect("a catalogue");
        let snapshots = Snapshots::of(&catalogue, &pipeline, Period::Month(2026, 9));
        group.throughput(Throughput::Elements((companies * employees) as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                let mut own = CompanyTable::in_memory(&pipeline);
                black_box(aggregate(&pipeline, &register, &snapshots, &mut own, &|_| {}).expect("aggregated"))
            });
        });
    }
    group.finish();
}

criterion_group!(stages, bench_intake, bench_pseudonyms, bench_aggregation);
criterion_main!(stages);

//! Proves that hostile input never makes the library panic, that rows add up, and that no message repeats a value.
//!
//! Seeds are the samples (uploads of all dialects, pipelines, the register, a classification). They are mutated by a small
//! generator with a fixed seed. `PAYQUORUM_FUZZ_SECONDS` sets the time for all kinds together; 3 seconds otherwise.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use payquorum::intake::{Intake, Nowhere, Register, Upload, UploadError};
use payquorum::pipeline::{Overrides, Pipeline};

use crate::desk::{Desk, Dice, project, quarterly};

/// A value that is planted in data rows and must never be told.
const MARKER: &str = "ZQXJVALUE";

/// An input that takes longer is kept, to be looked at.
const PATIENCE: Duration = Duration::from_secs(1);

const TOKENS: [&[u8]; 28] = [
    b"\"",
    b"\"\"",
    b"\0",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\xFE\xFF",
    b"\r\n",
    b"\r",
    b"\n\n\n",
    b",",
    b";",
    b"\t",
    b"|",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"99999999999999999999999999999999999999999999",
    b"1e308",
    b"-0",
    b"NaN",
    b"0.00000000000000000000001",
    b"\xC3\x28",
    b"\xF0\x9F\x92\xA3",
    b"2026-02-30",
    b"0000-00-00",
    b"_T",
    b"[[",
    b"= ",
    b"../..",
];

/// Some bytes of the seed changed, up to eight times.
fn mutate(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(8) {
        let at = dice.below(bytes.len() + 1);
        let end = (at + dice.below(200)).min(bytes.len());
        match dice.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 => bytes.insert(at, u8::try_from(dice.below(256)).expect("a byte")),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let from = dice.below(seed.len());
                let piece = seed[from..(from + dice.below(300)).min(seed.len())].to_vec();
                bytes.splice(at..end, piece);
            }
            5 => {
                let byte = b"x1,\" "[dice.below(5)];
                let most = 70_000;
                let long = vec![byte; 1 + dice.below(most)];
                bytes.splice(at..at, long);
            }
            6 => bytes.truncate(at),
            _ => {
                let token = TOKENS[dice.below(TOKENS.len())];
                bytes.splice(at..at, token.iter().copied());
            }
        }
    }
    bytes
}

/// The seed with the marker in some fields of its data rows.
fn plant(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let header = seed.iter().position(|&byte| byte == b'\n').map_or(seed.len(), |end| end + 1);
    let (header, rows) = seed.split_at(header);
    let mut planted = header.to_vec();
    for &byte in rows {
        if matches!(byte, b',' | b';' | b'\t' | b'|') && dice.below(40) == 0 {
            planted.extend_from_slice(MARKER.as_bytes());
        }
        planted.push(byte);
    }
    planted
}

fn time() -> Duration {
    let seconds = std::env::var("PAYQUORUM_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs_f64(seconds.unwrap_or(3.0))
}

/// Where inputs are kept that made something panic: outside the desk, which goes with the test.
fn keep(bytes: &[u8], name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("payquorum-hostile-{}-{name}", std::process::id()));
    fs::write(&path, bytes).expect("the input can be kept");
    path
}

/// Tries mutations of the seeds until the time is over; gives how many.
fn attack(seeds: &[Vec<u8>], limit: Duration, number: u64, attempt: impl Fn(usize, &[u8], &mut Dice)) -> usize {
    let (start, mut dice) = (Instant::now(), Dice(number));
    let mut tried = 0;
    let mut slowest = Duration::ZERO;
    while start.elapsed() < limit {
        let place = tried % seeds.len();
        // The first round tries the seeds as they are.
        let bytes = if tried < seeds.len() { seeds[place].clone() } else { mutate(&seeds[place], &mut dice) };
        let began = Instant::now();
        let calm = catch_unwind(AssertUnwindSafe(|| attempt(place, &bytes, &mut dice))).is_ok();
        assert!(calm, "the input is kept as {}", keep(&bytes, &number.to_string()).display());
        let took = began.elapsed();
        if took > slowest {
            slowest = took;
            if took > PATIENCE {
                println!("{took:?} for the input kept as {}", keep(&bytes, &format!("slow-{number}")).display());
            }
        }
        tried += 1;
    }
    println!("the slowest of {tried} took {slowest:?}");
    tried
}

fn read_all(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| fs::read(project(name)).expect("a sample")).collect()
}

fn sample_pipeline() -> Pipeline {
    Pipeline::read(&quarterly(), &Overrides::default()).expect("the sample pipeline is sound")
}

#[test]
fn hostile_uploads_are_taken_or_refused_and_never_repeated() {
    let desk = Desk::new();
    let pipeline = sample_pipeline();
    let register = Register::of(&pipeline).expect("the register is sound");
    let companies: Vec<String> = (11..=21).chain([1, 3, 8]).map(|number| format!("C{number:03}.csv")).collect();
    let names: Vec<String> = companies.iter().map(|name| format!("data-samples/uploads/2026-Q3/{name}")).collect();
    let seeds = read_all(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let intake = Intake { pipeline: &pipeline, register: &register };
    let tried = attack(&seeds, time().mul_f64(0.5), 1, |place, bytes, dice| {
        let planted = plant(bytes, dice);
        let path = desk.write(&companies[place], planted);
        judge(&intake, &path, &pipeline);
    });
    println!("hostile uploads: {tried} tried");
    assert!(tried > seeds.len(), "there was time for more than the seeds");
}

#[test]
fn hostile_packed_uploads_are_taken_or_refused() {
    use std::io::Write as _;
    let desk = Desk::new();
    let pipeline = sample_pipeline();
    let register = Register::of(&pipeline).expect("the register is sound");
    let plain = read_all(&["data-samples/uploads/2026-Q3/C001.csv"]).remove(0);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).expect("packed");
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("C001.csv", zip::write::SimpleFileOptions::default()).expect("an entry");
    archive.write_all(&plain).expect("packed");
    let seeds = [
        gzip.finish().expect("packed"),
        zstd::encode_all(plain.as_slice(), 1).expect("packed"),
        archive.finish().expect("packed").into_inner(),
    ];
    let intake = Intake { pipeline: &pipeline, register: &register };
    let names = ["C001.csv.gz", "C001.csv.zst", "C001.zip"];
    let tried = attack(&seeds, time().mul_f64(0.15), 2, |place, bytes, _| {
        judge(&intake, &desk.write(names[place], bytes), &pipeline);
    });
    println!("hostile packed uploads: {tried} tried");
}

/// Reads an upload, asserts that rows add up, and that nothing told repeats the marker.
fn judge(intake: &Intake<'_>, path: &Path, pipeline: &Pipeline) {
    let (told, report) = match intake.read(&Upload::open(path).expect("it can be read"), &mut Nowhere) {
        Ok(report) => {
            assert_eq!(report.read, report.accepted + report.rejected, "rows do not add up");
            (String::new(), report)
        }
        Err(UploadError::Refused { refusal, report }) => (refusal.to_string(), *report),
        Err(UploadError::Sink(error)) => panic!("a sink that keeps nothing cannot fail: {error}"),
    };
    assert!(!told.contains(MARKER), "a value is repeated: {told}");
    assert!(!report.rejects_csv(pipeline).contains(MARKER), "a value is in the rejects file");
}

#[test]
fn an_upload_with_a_header_of_very_many_columns_is_judged_soon() {
    let desk = Desk::new();
    let path = desk.write("C001.csv", format!("employee_id,company_id,period{}\n", ",".repeat(60_000)));
    let start = Instant::now();
    desk.does("check", &quarterly(), &[path.to_str().expect("a plain name")]);
    assert!(start.elapsed() < Duration::from_secs(3), "it took {:?}", start.elapsed());
}

#[test]
fn a_pipeline_with_a_very_long_key_is_judged_soon() {
    let desk = Desk::small(1);
    let text = fs::read_to_string(desk.pipeline()).expect("the pipeline");
    let path = desk.write("long.toml", text.replace("sector =", &format!("{} =", "x".repeat(60_000))) + "[x]\ny = 1\n");
    let start = Instant::now();
    desk.does("plan", &path, &[]).ends_with(3);
    assert!(start.elapsed() < Duration::from_secs(1), "it took {:?}", start.elapsed());
}

#[test]
fn hostile_pipelines_are_read_or_refused() {
    let desk = Desk::new();
    for name in ["companies.csv", "regions.csv"] {
        let content = fs::read(project(&format!("data-samples/{name}"))).expect("a sample");
        desk.write(&format!("data-samples/{name}"), content);
    }
    let names = ["pipelines/quarterly.toml", "pipelines/ca-special-districts.toml", "pipelines/standard-job.toml"];
    let tried = attack(&read_all(&names), time().mul_f64(0.2), 3, |_, bytes, _| {
        let path = desk.write("pipelines/hostile.toml", bytes);
        match Pipeline::read(&path, &Overrides::default()) {
            Ok(pipeline) => drop(pipeline.remainders()),
            Err(problems) => {
                assert!(!problems.problems.is_empty(), "a refusal says why");
                assert!(problems.problems.iter().all(|problem| problem.line > 0 && !problem.mend.is_empty()));
                let _ = problems.to_string();
            }
        }
    });
    println!("hostile pipelines: {tried} tried");
}

#[test]
fn hostile_registers_and_classifications_are_read_or_refused() {
    let desk = Desk::new();
    let pipeline = sample_pipeline();
    let text = fs::read_to_string(quarterly()).expect("the pipeline").replace("../data-samples/", "");
    let own = desk.write("own.toml", text);
    let seeds = read_all(&["data-samples/companies.csv", "data-samples/regions.csv"]);
    let tried = attack(&seeds, time().mul_f64(0.15), 4, |place, bytes, _| {
        if place == 0 {
            let path = desk.write("companies.csv", bytes);
            if let Err(problems) = Register::read(&path, &pipeline.dimensions, &pipeline.register_headers) {
                assert!(!problems.problems.is_empty(), "a refusal says why");
            }
        } else {
            desk.write("regions.csv", bytes);
            if let Err(problems) = Pipeline::read(&own, &Overrides::default()) {
                assert!(!problems.problems.is_empty(), "a refusal says why");
            }
        }
    });
    println!("hostile registers and classifications: {tried} tried");
}

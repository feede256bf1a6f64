//! Proves on real pay data of 3,063 employers that the release publishes exactly the cells that an independent recount
//! calls safe. The data lie beside the project (`../shared/real`) and are not part of it: where they are not there, or
//! Python is not, the test says that it skipped.
//!
//! The recount is the slow, obvious way: a character-by-character CSV reader, maps of lists, and sorting.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use polars::prelude::{ParquetReader, SerReader};

/// What one table must come to: all cells, those with 5 employers and 10 employees, those within 25 % as well.
const EXPECTED: [(&str, &[&str], [usize; 3]); 3] = [
    ("sector and county", &["sector", "region"], [657, 104, 11]),
    ("sector", &["sector"], [31, 28, 10]),
    ("county", &["region"], [58, 54, 12]),
];

/// The pay of each employer's employees, in cents.
type Pay = BTreeMap<String, Vec<i64>>;

#[test]
fn the_release_publishes_what_a_recount_calls_safe() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = project.join("../shared/real/prepare.py");
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    if !script.exists() {
        eprintln!("skipped: the real data are not beside the project");
        return;
    }
    match Command::new("python3").arg(&script).arg(&data).arg("2016").output() {
        Ok(output) if output.status.success() => {}
        _ => {
            eprintln!("skipped: python3 could not prepare the real data");
            return;
        }
    }
    let pay = pay_of_employers(&data);
    let register = read_csv(&data.join("companies.csv"));
    for (name, by, expected) in EXPECTED {
        let cells = cells(&register, &pay, by);
        let enough: BTreeSet<&Vec<String>> =
            cells.iter().filter(|(_, pay)| is_enough(pay)).map(|(key, _)| key).collect();
        let safe: BTreeSet<&Vec<String>> =
            cells.iter().filter(|(key, pay)| enough.contains(key) && is_shared(pay)).map(|(key, _)| key).collect();
        assert_eq!([cells.len(), enough.len(), safe.len()], expected, "{name}: the recount");
        let published = release(project, folder.path(), &data, by);
        assert_eq!(published.len(), cells.len(), "{name}: cells in the release");
        for (key, row) in &published {
            assert_eq!(row.mean.is_some(), safe.contains(key), "{name}, {key:?}: published or withheld");
            assert_eq!(row.org_mean.is_some(), enough.contains(key), "{name}, {key:?}: organization-weighted");
            if let (Some(mean), Some(median)) = (row.mean, row.median) {
                let mut all: Vec<i64> = cells[key].values().flatten().copied().collect();
                all.sort_unstable();
                assert_close(mean, all.iter().sum::<i64>(), all.len(), key);
                let (low, high) = (all[(all.len() - 1) / 2], all[all.len() / 2]);
                assert_close(median, low + high, 2, key);
            }
        }
    }
}

/// A published amount is the exact one (`cents / parts`), rounded to 100.
fn assert_close(published: f64, cents: i64, parts: usize, key: &[String]) {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let exact = cents as f64 / parts as f64 / 100.0;
    assert!((published - exact).abs() <= 50.0 + 1e-6 && published % 100.0 == 0.0, "{key:?}: {published} for {exact}");
}

fn is_enough(pay: &Pay) -> bool {
    pay.len() >= 5 && pay.values().map(Vec::len).sum::<usize>() >= 10
}

/// No employer above a quarter of the employees or of the pay.
fn is_shared(pay: &Pay) -> bool {
    let largest = |count: fn(&Vec<i64>) -> i64| {
        let counts: Vec<i64> = pay.values().map(count).collect();
        counts.iter().max().is_some_and(|largest| largest * 4 <= counts.iter().sum::<i64>())
    };
    largest(|pay| i64::try_from(pay.len()).unwrap_or(i64::MAX)) && largest(|pay| pay.iter().sum())
}

fn cells(register: &[BTreeMap<String, String>], pay: &Pay, by: &[&str]) -> BTreeMap<Vec<String>, Pay> {
    let mut cells: BTreeMap<Vec<String>, Pay> = BTreeMap::new();
    for company in register {
        if let Some(pay) = pay.get(&company["company_id"]) {
            let key = by.iter().map(|column| company[*column].clone()).collect();
            cells.entry(key).or_default().insert(company["company_id"].clone(), pay.clone());
        }
    }
    cells
}

/// `RegularPay` above zero, by employer.
fn pay_of_employers(data: &Path) -> Pay {
    let mut pay = Pay::new();
    for entry in std::fs::read_dir(data.join("uploads")).expect("uploads") {
        let path = entry.expect("an upload").path();
        let company = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for row in read_csv(&path) {
            let cents = cents(&row["RegularPay"]);
            if cents > 0 {
                pay.entry(company.clone()).or_default().push(cents);
            }
        }
    }
    pay
}

fn cents(text: &str) -> i64 {
    let (units, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = format!("{fraction:0<2}");
    if units.is_empty() { 0 } else { format!("{units}{}", &fraction[..2]).parse().expect("an amount") }
}

/// Reads a CSV file of Windows-1252 or UTF-8, one character after the other.
fn read_csv(path: &Path) -> Vec<BTreeMap<String, String>> {
    let bytes = std::fs::read(path).expect("a file");
    let text =
        String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().map(|&b| char::from(b)).collect());
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            letter => field.push(letter),
        }
    }
    let mut records = records.into_iter();
    let header: Vec<String> = records.next().expect("a header");
    records.map(|record: Vec<String>| header.iter().cloned().zip(record).collect()).collect()
}

struct Row {
    mean: Option<f64>,
    median: Option<f64>,
    org_mean: Option<f64>,
}

/// Runs the pipeline of the project with other dimensions, and reads the base pay of its release.
fn release(project: &Path, folder: &Path, data: &Path, by: &[&str]) -> BTreeMap<Vec<String>, Row> {
    let text = std::fs::read_to_string(project.join("pipelines/ca-special-districts.toml")).expect("the pipeline");
    let names: Vec<String> = by.iter().map(|name| format!("{name:?}")).collect();
    let text = text.replace("[\"sector\", \"region\"]", &format!("[{}]", names.join(", ")));
    let pipeline = folder.join("pipeline.toml");
    std::fs::write(&pipeline, text).expect("written");
    let workspace = folder.join(format!("workspace-{}", by.join("-")));
    let output = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("payquorum"))
        .args(["run".as_ref(), pipeline.as_os_str()])
        .args(["--uploads", &format!("{}/uploads/*.csv", data.display())])
        .args(["--companies".as_ref(), data.join("companies.csv").as_os_str()])
        .args(["--workspace".as_ref(), workspace.as_os_str()])
        .assert()
        .success();
    let published = PathBuf::from(String::from_utf8_lossy(&output.get_output().stdout).trim());
    let file = std::fs::File::open(published.join("benchmarks.parquet")).expect("a release");
    let frame = ParquetReader::new(file).finish().expect("a table");
    let text = |name: &str, row: usize| {
        frame.column(name).and_then(|column| column.str()).expect(name).get(row).expect("a text").to_owned()
    };
    let figure = |name: &str, row: usize| frame.column(name).and_then(|column| column.f64()).expect(name).get(row);
    (0..frame.height())
        .filter(|&row| text("measure", row) == "base_annual")
        .map(|row| {
            let key = by.iter().map(|name| text(name, row)).collect();
            let row = Row { mean: figure("mean", row), median: figure("p50", row), org_mean: figure("org_mean", row) };
            (key, row)
        })
        .collect()
}

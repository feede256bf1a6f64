//! Proves that the release publishes and withholds what plain counting says: an independent, slow recount of the sample
//! CSV files, dirty ones included, which shares no code with the program.

use std::collections::{BTreeMap, HashSet};
use std::fs;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type};

use crate::desk::{Desk, entries, parquet, project, quarterly};

/// A CSV file as rows of fields; any of the samples' dialects.
pub fn fields(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => {
            let units: Vec<u16> = rest.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).expect("the sample is UTF-16")
        }
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{FEFF}').to_owned(),
            Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
        },
    };
    let header = text.lines().next().unwrap_or_default();
    let delimiter = [',', ';', '\t', '|'].into_iter().max_by_key(|&mark| header.matches(mark).count()).unwrap_or(',');
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    for letter in text.chars() {
        let row = rows.last_mut().expect("there is always a row");
        match letter {
            '"' => quoted = !quoted,
            '\r' if !quoted => {}
            '\n' if !quoted => rows.push(vec![String::new()]),
            _ if letter == delimiter && !quoted => row.push(String::new()),
            _ => row.last_mut().expect("there is always a field").push(letter),
        }
    }
    rows.retain(|row| row.iter().any(|field| !field.trim().is_empty()));
    rows.iter().map(|row| row.iter().map(|field| field.trim().to_owned()).collect()).collect()
}

/// An amount as the sample of this name writes it.
fn amount(text: &str, file: &str) -> Option<f64> {
    let plain = match file {
        "C011" | "C012" => text.replace('.', "").replace(',', "."),
        _ => text.replace(['€', ' ', ','], ""),
    };
    plain.parse().ok()
}

/// Pay for an hour; nothing where the row must have been rejected.
fn hourly(row: &BTreeMap<&str, &str>, file: &str) -> Option<f64> {
    let pay = amount(row["base_pay"], file)?;
    let hours = amount(row["weekly_hours"], file).unwrap_or(40.0);
    match row["pay_basis"] {
        "hour" => Some(pay),
        "month" => Some(pay * 12.0 / (52.0 * hours)),
        "year" => Some(pay / (52.0 * hours)),
        _ => None,
    }
}

/// Hourly pay by sector and region, then by holding.
type Cells = BTreeMap<(String, String), BTreeMap<String, Vec<f64>>>;

fn count_again() -> Cells {
    let register = fields(&fs::read(project("data-samples/companies.csv")).expect("the register"));
    let companies: BTreeMap<&str, (&str, &str)> = register[1..]
        .iter()
        .map(|row| {
            let holding = if row[1].is_empty() { &row[0] } else { &row[1] };
            (row[0].as_str(), (holding.as_str(), &row[2][..2]))
        })
        .collect();
    let mut cells = Cells::new();
    for path in entries(&project("data-samples/uploads/2026-Q3")) {
        let file = path.file_stem().expect("a name").to_str().expect("a plain name").to_owned();
        let rows = fields(&fs::read(&path).expect("an upload"));
        let canonical = |header: &String| match header.as_str() {
            "Employee Number" => "employee_id".to_owned(),
            "Annual Salary" => "base_pay".to_owned(),
            _ => header.clone(),
        };
        let headers: Vec<String> = rows[0].iter().map(canonical).collect();
        let mut seen = HashSet::new();
        for row in &rows[1..] {
            let named: BTreeMap<&str, &str> =
                headers.iter().map(String::as_str).zip(row.iter().map(String::as_str)).collect();
            let impossible_date = named["hire_date"].contains("-02-30");
            if !named["termination_date"].is_empty() || impossible_date || !seen.insert(row) {
                continue;
            }
            if let Some(pay) = hourly(&named, &file) {
                let (holding, sector) = companies[file.as_str()];
                let cell = cells.entry((sector.to_owned(), named["region"].to_owned())).or_default();
                cell.entry(holding.to_owned()).or_default().push(pay);
            }
        }
    }
    cells
}

fn largest_share(parts: impl Iterator<Item = f64> + Clone) -> f64 {
    parts.clone().fold(0.0, f64::max) / parts.sum::<f64>()
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn count(number: usize) -> f64 {
    number as f64
}

/// Whether both weightings of the cell may be shown: incumbents also need that no holding dominates.
fn may_be_shown(cell: &BTreeMap<String, Vec<f64>>) -> (bool, bool) {
    let employees: usize = cell.values().map(Vec::len).sum();
    let enough = cell.len() >= 5 && employees >= 10;
    let by_employees = largest_share(cell.values().map(|pays| count(pays.len())));
    let by_value = largest_share(cell.values().map(|pays| pays.iter().sum()));
    (enough && by_employees <= 0.25 && by_value <= 0.25, enough)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

#[test]
fn the_release_agrees_with_a_slow_recount_of_the_uploads() {
    let desk = Desk::new();
    let release = desk.does("run", &quarterly(), &[]).ends_with(0).release();
    let table = parquet(&release.join("benchmarks.parquet"));
    let text = |name: &str| table[name].as_string::<i32>();
    let figure = |name: &str| table[name].as_primitive::<Float64Type>();
    let cells = count_again();
    assert_eq!(cells.len(), 24, "four sectors and six regions");
    let mut judged = HashSet::new();
    let mut published = 0;
    for row in (0..table.num_rows()).filter(|&row| text("measure").value(row) == "base_hourly") {
        let key = (text("sector").value(row).to_owned(), text("region").value(row).to_owned());
        let cell = &cells[&key];
        let (incumbent, organization) = may_be_shown(cell);
        assert_eq!(text("status").value(row) == "published", incumbent, "{key:?}");
        assert_eq!(text("org_status").value(row) == "published", organization, "{key:?}");
        let near = |name: &str, expected: f64| {
            let found = figure(name).value(row);
            assert!((found - expected).abs() < 0.0252, "{name} of {key:?}: {found} is not {expected} rounded");
        };
        let all: Vec<f64> = cell.values().flatten().copied().collect();
        if incumbent {
            published += 1;
            near("mean", all.iter().sum::<f64>() / count(all.len()));
            near("p50", median(all.clone()));
        }
        if organization {
            let companies = table["n_companies"].as_primitive::<Int64Type>().value(row);
            assert_eq!(usize::try_from(companies).expect("a count"), cell.len(), "{key:?}");
            let employees = table["n_employees"].as_primitive::<Int64Type>().value(row);
            assert_eq!(usize::try_from(employees).expect("a count"), (all.len() + 2) / 5 * 5, "{key:?}");
        } else {
            assert!(table["n_companies"].is_null(row) && table["n_employees"].is_null(row), "{key:?}");
        }
        assert!(judged.insert(key), "each cell is there once");
    }
    assert_eq!((judged.len(), published), (24, 15), "cells, and published ones");
}

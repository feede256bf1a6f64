//! Scorecards: made of a company's own figures and of published ones, and of nothing else.

use std::fs;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Float64Type;
use serde_json::Value;

use crate::desk::{Desk, Dice, entries, parquet, project, quarterly, same_trees, tree};

fn card(desk: &Desk, company: &str) -> Value {
    let file = desk.workspace().join(format!("scorecards/quarterly/2026-Q3/{company}.json"));
    serde_json::from_slice(&fs::read(file).expect("a card")).expect("JSON")
}

/// The figure of a row of a file, where texts are as said.
fn figure(file: &Path, texts: &[(&str, &str)], column: &str) -> Option<f64> {
    let batch = parquet(file);
    let columns: Vec<_> = texts
        .iter()
        .map(|(name, text)| {
            (arrow::compute::cast(&batch[*name], &arrow::datatypes::DataType::Utf8).expect("text"), *text)
        })
        .collect();
    let fits = |row: usize| columns.iter().all(|(column, text)| column.as_string::<i32>().value(row) == *text);
    let row = (0..batch.num_rows()).find(|&row| fits(row)).expect("such a row");
    let column = batch[column].as_primitive::<Float64Type>();
    column.is_valid(row).then(|| column.value(row))
}

#[test]
fn a_run_writes_a_card_for_each_company() {
    let desk = Desk::keyed();
    desk.does("run", &quarterly(), &[]).ends_with(0);
    let folder = desk.workspace().join("scorecards/quarterly/2026-Q3");
    assert_eq!(entries(&folder).count(), 2 * 72);
    for page in entries(&folder).filter(|file| file.extension().is_some_and(|it| it == "html")) {
        let text = fs::read_to_string(&page).expect("a page");
        assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("src="), "nothing is asked for");
        assert_eq!(text.matches("<svg").count(), text.matches("</title><desc").count(), "each drawing has its words");
    }
    // The same again, and for one company alone.
    let before = tree(&folder);
    desk.does("scorecard", &quarterly(), &["--threads", "1"]).ends_with(0);
    same_trees(&before, &tree(&folder));
    fs::remove_dir_all(&folder).expect("removed");
    desk.does("scorecard", &quarterly(), &["--company", "C002"]).ends_with(0);
    let names: Vec<_> = entries(&folder).map(|file| file.file_name().expect("a name").to_owned()).collect();
    assert_eq!(names, ["C002.html", "C002.json"]);
    desk.does("scorecard", &quarterly(), &["--company", "C999"]).ends_with(3).tells("C999");
    desk.does("scorecard", &quarterly(), &["--period", "2025-Q1"])
        .ends_with(3)
        .tells("nothing is released for 2025-Q1");
}

/// The slow twin: a position is worked out from the files again, in the plainest way.
#[test]
fn a_card_is_worked_out_from_own_figures_and_published_ones() {
    let desk = Desk::keyed();
    let release = desk.does("run", &quarterly(), &[]).ends_with(0).release().join("benchmarks.parquet");
    let own = desk.workspace().join("companies/quarterly/2026-Q3.parquet");
    let card = card(&desk, "C002");
    let hourly =
        card["metrics"].as_array().expect("metrics").iter().find(|it| it["metric"] == "base_hourly").expect("one");
    // The register: C002 is in 541511, and at home in R3.
    let cell = [("table", "sector_by_region"), ("sector", "54"), ("region", "R3"), ("measure", "base_hourly")];
    let whole = [("company_id", "C002"), ("job_code", "_T"), ("job_level", "_T"), ("measure", "base_hourly")];
    let median = figure(&own, &whole, "p50").expect("a median");
    let band: Vec<(f64, f64)> = [("p10", 10.0), ("p25", 25.0), ("p50", 50.0), ("p75", 75.0), ("p90", 90.0)]
        .into_iter()
        .filter_map(|(name, percent)| Some((percent, figure(&release, &cell, name)?)))
        .collect();
    let pair = band.windows(2).find(|pair| pair[0].1 <= median && median <= pair[1].1).expect("within the band");
    let expected = pair[0].0 + (median - pair[0].1) / (pair[1].1 - pair[0].1) * (pair[1].0 - pair[0].0);
    let told = hourly["percentile"].as_f64().expect("a position");
    assert!((told - expected).abs() < 1e-9, "{told} beside {expected}");
    // The score is the weighted mean of its parts, and these are means of points.
    let number = |value: &Value| value.as_f64();
    let (mut sum, mut weights) = (0.0, 0.0);
    for part in card["score"]["parts"].as_array().expect("parts") {
        let terms: Vec<f64> =
            part["metrics"].as_array().expect("terms").iter().filter_map(|term| number(&term["points"])).collect();
        if terms.is_empty() {
            continue;
        }
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let mean = terms.iter().sum::<f64>() / terms.len() as f64;
        assert!((mean - number(&part["points"]).expect("points")).abs() < 1e-9);
        let weight = number(&part["weight"]).expect("a weight");
        sum += weight * mean;
        weights += weight;
    }
    assert!((sum / weights - number(&card["score"]["points"]).expect("a score")).abs() < 1e-9);
}

/// Whatever other companies report: as long as the release is the same, no byte of a card changes. Which companies those are, and what
/// happens to their records, is left to chance.
#[test]
fn other_companies_records_change_no_byte_of_a_card() {
    let one = Desk::keyed();
    one.does("run", &quarterly(), &[]).ends_with(0);
    let releases = |desk: &Desk| desk.workspace().join("releases/quarterly/2026-Q3/v1");
    for seed in 1..=4 {
        let other = Desk::keyed();
        let mut dice = Dice(seed);
        // At least one company stays as it is: the one whose card is looked at.
        let kept = format!("C{:03}", 13 + dice.below(5));
        for round in ["2026-Q2", "2026-Q3"] {
            for file in entries(&project(&format!("data-samples/uploads/{round}"))) {
                let name = file.file_name().expect("a name").to_str().expect("plain").to_owned();
                let mut content = fs::read(&file).expect("an upload");
                // Plain uploads can be changed as lines: some employees go, and others change places with their pay.
                if !name.starts_with(&kept)
                    && content.is_ascii()
                    && content.starts_with(b"company_id,")
                    && dice.below(3) == 0
                {
                    let text = String::from_utf8(content).expect("ASCII");
                    let mut lines: Vec<&str> = text.lines().collect();
                    for _ in 0..=dice.below(4) {
                        let place = 1 + dice.below(lines.len() - 1);
                        lines.remove(place);
                    }
                    content = (lines.join("\n") + "\n").into_bytes();
                }
                other.write(&format!("inbox/{round}/{name}"), content);
            }
        }
        let pattern = other.path("inbox/*/*.csv").display().to_string();
        other.does("run", &quarterly(), &["--uploads", &pattern]).ends_with(0);
        for file in entries(&releases(&one)) {
            fs::copy(&file, releases(&other).join(file.file_name().expect("a name"))).expect("copied");
        }
        let cards = |desk: &Desk| {
            desk.does("scorecard", &quarterly(), &[]).ends_with(0);
            tree(&desk.workspace().join("scorecards"))
        };
        let (expected, found) = (cards(&one), cards(&other));
        for ending in ["json", "html"] {
            let name = format!("quarterly/2026-Q3/{kept}.{ending}");
            assert!(expected[&name] == found[&name], "{name} with seed {seed}");
        }
        assert_ne!(expected, found, "those of companies that changed do change");
    }
}

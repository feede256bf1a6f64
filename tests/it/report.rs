//! The report of a release shows what the release says, and nothing else.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;

use crate::desk::{Desk, parquet, pipeline, quarterly};

/// The text between two marks, wherever it stands.
fn all_between<'t>(text: &'t str, start: &str, end: &str) -> Vec<&'t str> {
    text.split(start).skip(1).filter_map(|rest| rest.split_once(end).map(|(found, _)| found)).collect()
}

#[test]
fn every_figure_of_the_report_is_published() {
    let desk = Desk::keyed();
    desk.does("run", &quarterly(), &["--period", "2026-Q2"]).ends_with(0);
    let release = desk.does("run", &quarterly(), &["--period", "2026-Q3"]).ends_with(0).release();
    let page = fs::read_to_string(release.join("report.html")).expect("a report");
    let batch = parquet(&release.join("benchmarks.parquet"));
    let mut published = BTreeSet::from([String::new()]);
    for column in batch.columns() {
        if let Some(figures) = column.as_primitive_opt::<Float64Type>() {
            published.extend(figures.iter().flatten().map(|figure| figure.to_string()));
        }
        if let Some(counts) = column.as_primitive_opt::<arrow::datatypes::Int64Type>() {
            published.extend(counts.iter().flatten().map(|count| count.to_string()));
        }
    }
    let shown = all_between(&page, "data-value=\"", "\"");
    assert!(shown.len() > 3_000, "{} figures", shown.len());
    for figure in shown {
        assert!(published.contains(figure), "{figure} is in the report and not in the release");
    }
    // A line for each row, and each row without any figure is marked.
    assert_eq!(page.matches("<td>base_hourly</td>").count() + page.matches("<td>base_annual_fte</td>").count(), 24 + 9);
    let status =
        |name: &str| batch[name].as_string::<i32>().iter().map(|it| it == Some("suppressed")).collect::<Vec<_>>();
    let hidden = status("status").into_iter().zip(status("org_status")).filter(|(one, other)| *one && *other).count();
    assert_eq!(page.matches("<tr class=\"withheld\">").count(), hidden);
    // Distributions, the grid and the changes since the quarter before, each with its words.
    assert!(page.contains("t0-bands-t") && page.contains("t0-grid-t") && page.contains("Change of base_hourly"));
    assert_eq!(page.matches("<svg").count(), page.matches("</title><desc").count());
    for asked in ["http:", "https:", " src=", "@import", "url(http"] {
        assert!(!page.contains(asked), "{asked}");
    }
    assert!(!page.contains("C00"), "no company is named");
}

#[test]
fn codes_of_uploads_stay_text() {
    let desk = Desk::keyed();
    desk.write(
        "odd.toml",
        pipeline(
            "odd",
            "[dimensions]\njob = { from = \"job_code\" }\n\n[[tables]]\nname = \"jobs\"\nby = [\"job\"]\ntotals = false\nmeasures = [\"base_annual\"]\n",
        ),
    );
    let mut register = "company_id\n".to_owned();
    for company in 1..=12 {
        let _ = writeln!(register, "K{company}");
        let mut text = "employee_id,period,job_code,base_pay\n".to_owned();
        for employee in 0..6 {
            let pay = 30_000 + company * 700 + employee * 900;
            let _ = writeln!(text, "{employee},2026-Q3,<script>alert(1)</script>,{pay}");
        }
        desk.write(&format!("uploads/K{company}.csv"), text);
    }
    desk.write("companies.csv", register);
    let outcome = desk.does("run", &desk.path("odd.toml"), &[]);
    let page = fs::read_to_string(outcome.ends_with(0).release().join("report.html")).expect("a report");
    assert!(page.contains("&lt;script&gt;alert(1)"), "the code is shown");
    assert!(!page.contains("<script>alert"), "and is no script");
}

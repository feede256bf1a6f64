//! Proves every metric of the catalogue by an example that was worked by hand: a few employees of one company, the
//! figure in the company's own table, and beside it the arithmetic on paper.
//!
//! Unless a test says otherwise the company is `K1`, the period 2026-Q3, and its last day 2026-09-30.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use crate::desk::{Desk, KEY, Outcome, parquet, project};

/// What all pipelines here begin with.
const INPUT: &str = r#"name   = "metrics"
period = "quarter"

[input]
uploads   = "uploads/*/*.csv"
companies = "companies.csv"

[output]
workspace = "workspace"
"#;

/// A table that no test here looks at: a pipeline must have one.
const HEADS: &str = r#"
[dimensions]
sector = { from = "company.sector" }

[[tables]]
name     = "heads"
by       = ["sector"]
totals   = false
measures = ["headcount"]
"#;

const THEN: &str = "2026-Q2";
const NOW: &str = "2026-Q3";

/// A desk with ten companies and a pipeline of these sections.
fn desk_with(sections: &[&str]) -> Desk {
    let desk = Desk::keyed();
    let mut register = "company_id,holding_id,sector\n".to_owned();
    for number in 0..=9 {
        writeln!(register, "K{number},,S").expect("a string takes all");
    }
    desk.write("companies.csv", register);
    desk.write("metrics.toml", [&[INPUT], sections].concat().concat());
    desk
}

/// A desk with a pipeline for companies' own metrics.
fn desk(chapter: &str) -> Desk {
    desk_with(&[HEADS, chapter])
}

/// Writes an upload: CSV text, to which the period is added.
fn upload(desk: &Desk, period: &str, company: &str, text: &str) {
    let mut lines = text.trim().lines();
    let mut csv = format!("period, {}\n", lines.next().expect("a header"));
    for line in lines {
        writeln!(csv, "{period}, {line}").expect("a string takes all");
    }
    desk.write(&format!("uploads/{period}/{company}.csv"), csv);
}

/// Runs the pipeline to its good end.
#[track_caller]
fn run(desk: &Desk) -> Outcome {
    desk.does("run", &desk.path("metrics.toml"), &[]).ends_with(0)
}

/// The figures of one run on one upload.
#[track_caller]
fn worked(chapter: &str, text: &str) -> Figures {
    let desk = desk(chapter);
    upload(&desk, NOW, "K1", text);
    run(&desk);
    Figures::of_run(&desk)
}

/// The private table, and whose rows of it are looked at: `K1` as a whole, unless [`Figures::at`] or another says more.
#[derive(Clone)]
struct Figures {
    table: RecordBatch,
    company: String,
    codes: Vec<String>,
    currency: Option<String>,
}

impl Figures {
    fn of_run(desk: &Desk) -> Self {
        let table = parquet(&desk.workspace().join(format!("companies/metrics/{NOW}.parquet")));
        let place = |name: &str| table.schema().index_of(name).expect("a column of the table");
        let codes = vec!["_T".to_owned(); place("measure") - place("period") - 1];
        Self { table, company: "K1".to_owned(), codes, currency: None }
    }

    /// The same of another company.
    fn of(&self, company: &str) -> Self {
        Self { company: company.to_owned(), ..self.clone() }
    }

    /// The same for one cell of the breakdown.
    fn at(&self, codes: &[&str]) -> Self {
        Self { codes: codes.iter().map(|code| (*code).to_owned()).collect(), ..self.clone() }
    }

    /// The same for amounts in one currency.
    fn in_currency(&self, code: &str) -> Self {
        Self { currency: Some(code.to_owned()), ..self.clone() }
    }

    fn text(&self, column: usize, row: usize) -> Option<String> {
        let texts = cast(self.table.column(column), &DataType::Utf8).expect("text");
        let texts = texts.as_string::<i32>();
        texts.is_valid(row).then(|| texts.value(row).to_owned())
    }

    fn column(&self, name: &str) -> usize {
        self.table.schema().index_of(name).expect("a column of the table")
    }

    fn rows(&self) -> Vec<usize> {
        let is = |column: usize, row: usize, text: &str| self.text(column, row).as_deref() == Some(text);
        let here = |row: &usize| {
            is(self.column("company_id"), *row, &self.company)
                && self.codes.iter().enumerate().all(|(place, code)| is(place + 2, *row, code))
                && self.currency.as_ref().is_none_or(|code| is(self.column("currency"), *row, code))
        };
        (0..self.table.num_rows()).filter(here).collect()
    }

    /// The names of all measures that have a row.
    fn names(&self) -> BTreeSet<String> {
        self.rows().into_iter().filter_map(|row| self.text(self.column("measure"), row)).collect()
    }

    #[track_caller]
    fn row(&self, measure: &str) -> Option<usize> {
        let named = |row: &usize| self.text(self.column("measure"), *row).as_deref() == Some(measure);
        let rows: Vec<usize> = self.rows().into_iter().filter(named).collect();
        assert!(rows.len() <= 1, "{} rows of {measure}", rows.len());
        rows.first().copied()
    }

    /// A number of the row of a measure, which must be there.
    #[track_caller]
    fn get(&self, measure: &str, column: &str) -> Option<f64> {
        let row = self.row(measure);
        let row = row.unwrap_or_else(|| panic!("no row of {measure} for {:?} in {:?}", self.codes, self.names()));
        let numbers = cast(self.table.column(self.column(column)), &DataType::Float64).expect("numbers");
        let numbers = numbers.as_primitive::<Float64Type>();
        numbers.is_valid(row).then(|| numbers.value(row))
    }

    /// Asserts a number, within 1e-9.
    #[track_caller]
    fn is(&self, measure: &str, column: &str, paper: f64) {
        let found = self.get(measure, column);
        let near = found.is_some_and(|found| (found - paper).abs() <= 1e-9);
        assert!(near, "{column} of {measure} is {found:?}; on paper {paper}");
    }

    /// Asserts the figure, and how many employees stand behind it.
    #[track_caller]
    fn has(&self, measure: &str, figure: f64, employees: f64) {
        self.is(measure, "mean", figure);
        self.is(measure, "n_employees", employees);
    }

    /// Asserts a quotient: its numerator, its denominator, and that the figure is the one by the other.
    #[track_caller]
    fn divides(&self, measure: &str, numerator: f64, denominator: f64) {
        self.is(measure, "numerator", numerator);
        self.is(measure, "denominator", denominator);
        self.is(measure, "mean", numerator / denominator);
    }

    /// Asserts a gap: the figures of women and of men.
    #[track_caller]
    fn gap(&self, measure: &str, women: f64, men: f64) {
        self.is(measure, "numerator", men - women);
        self.is(measure, "denominator", men);
    }

    /// Asserts that there is a row without a figure.
    #[track_caller]
    fn is_null(&self, measure: &str) {
        assert_eq!(self.get(measure, "mean"), None, "{measure} has a figure");
    }

    #[track_caller]
    fn has_no_row(&self, measure: &str) {
        assert_eq!(self.row(measure), None, "{measure} has a row");
    }

    #[track_caller]
    fn note(&self, measure: &str) -> Option<String> {
        let row = self.row(measure).expect("a row of the measure");
        self.text(self.column("note"), row)
    }
}

/// Asserts that the names are these, in any order.
#[track_caller]
fn are(found: &BTreeSet<String>, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(*found, expected);
}

// Pay.

const PAY: &str = r#"
[defaults]
currency              = "EUR"
standard_weekly_hours = 40

[reference]
living_wage = "living-wage.csv"
pay_ranges  = "pay-ranges.csv"

[company_metrics]
by       = ["job_code", "job_level"]
measures = [
    "base_hourly", "base_annual", "base_annual_fte", "variable_pay", "variable_recipients", "total_cash_annual",
    "overtime_pay", "p90_p10", "gini", "low_pay", "living_wage", "compa_ratio", "range_penetration",
]
"#;

/// By the hour: 10, 12, 600/40 = 15, 1600/(2*40) = 20, 5200*12/(52*40) = 30, 93600/(52*40) = 45 and 0. The eighth has
/// left.
const PAY_TABLE: &str = "
employee_id, pay_basis, base_pay, weekly_hours, variable_pay, overtime_pay, \
region, job_code, job_level, range_min, range_max, termination_date
1, hour,         10,   40,     0,  500, R1, A, 1,     8,    12,
2, hour,         12,   20,  1000,     , R1, A, 1,    10,    20,
3, week,        600,   40,      ,    0, R2, A, 1,   700,   500,
4, two_weeks,  1600,   40,  2000,  100, R9, A, 1,    30,      ,
5, month,      5200,   40,  3000,     ,   , A, 2,      ,      ,
6, year,      93600,     ,  -100,     , R2, B, 1,      ,      ,
7, hour,          0,   40,   500,     , R1, B, 1,    10,    10,
8, hour,       1000,   40, 99999,  999, R1, A, 1,    10,    20, 2026-09-30";

/// The figures of [`PAY_TABLE`], and what the run told.
fn pay() -> (Figures, Outcome) {
    let desk = desk(PAY);
    desk.write("living-wage.csv", "region,currency,hourly\nR1,EUR,11\nR2,EUR,15\n");
    // By the hour: A1 from 20800/2080 = 10 to 62400/2080 = 30; any other A from 7800/(13*40) = 15 to 13000/520 = 25.
    let ranges = "A,1,EUR,year,20800,62400\nA,,EUR,quarter,7800,13000\nB,1,USD,hour,1,2\n";
    desk.write("pay-ranges.csv", format!("job_code,job_level,currency,pay_basis,minimum,maximum\n{ranges}"));
    upload(&desk, NOW, "K1", PAY_TABLE);
    let outcome = run(&desk);
    (Figures::of_run(&desk), outcome)
}

#[test]
fn pay_by_the_hour_and_by_the_year() {
    let (own, _) = pay();
    own.has("base_hourly", 132.0 / 7.0, 7.0); // (10 + 12 + 15 + 20 + 30 + 45 + 0) / 7
    own.is("base_hourly", "p10", 6.0); // of 0, 10, 12, ...: place 0.1 * 6 = 0.6, so 0 + 0.6 * 10
    own.is("base_hourly", "p25", 11.0); // place 1.5, halfway from 10 to 12
    own.is("base_hourly", "p50", 15.0); // the fourth of 0, 10, 12, 15, 20, 30, 45
    own.is("base_hourly", "p75", 25.0); // place 4.5, halfway from 20 to 30
    own.is("base_hourly", "p90", 36.0); // place 5.4: 30 + 0.4 * 15
    // Squares: 100 + 144 + 225 + 400 + 900 + 2025 = 3794; less 132^2 / 7; by 6; the root.
    own.is("base_hourly", "sd", ((3_794.0 - 17_424.0 / 7.0) / 6.0_f64).sqrt());
    // 10*40*52 = 20800, 12*20*52 = 12480, 600*52 = 31200, 1600*26 = 41600, 5200*12 = 62400, 93600, 0.
    own.has("base_annual", 37_440.0, 7.0); // 262080 / 7
    own.has("base_annual_fte", 274_560.0 / 7.0, 7.0); // 132 * 40 * 52 / 7
    own.is("base_annual_fte", "p50", 31_200.0); // 15 * 40 * 52
    let cell = own.at(&["A", "1"]);
    cell.has("base_hourly", 14.25, 4.0); // (10 + 12 + 15 + 20) / 4
    cell.has("base_annual", 26_520.0, 4.0); // (20800 + 12480 + 31200 + 41600) / 4
}

#[test]
fn variable_and_total_pay() {
    let (own, _) = pay();
    own.has("variable_pay", 6_400.0 / 6.0, 6.0); // (0 + 1000 + 2000 + 3000 - 100 + 500) / 6; the third's is not known
    own.divides("variable_recipients", 4.0, 6.0); // 1000, 2000, 3000, 500 are above zero
    // 20800 + 0, 12480 + 1000, 41600 + 2000, 62400 + 3000, 93600 - 100, 0 + 500: 237280.
    own.has("total_cash_annual", 237_280.0 / 6.0, 6.0);
    own.has("overtime_pay", 200.0, 3.0); // (500 + 0 + 100) / 3
    own.at(&["A", "2"]).has("total_cash_annual", 65_400.0, 1.0); // 62400 + 3000
}

#[test]
fn how_far_pay_is_apart() {
    let (own, _) = pay();
    // Zero is no wage: 10, 12, 15, 20, 30, 45. P90 at place 4.5: (30 + 45) / 2; P10 at place 0.5: (10 + 12) / 2.
    own.has("p90_p10", 37.5 / 11.0, 6.0);
    // (-5*10 - 3*12 - 1*15 + 1*20 + 3*30 + 5*45) / (6 * 132) = 234 / 792.
    own.has("gini", 234.0 / 792.0, 6.0);
    own.divides("low_pay", 1.0, 6.0); // median 17.5, two thirds of it 11.67: only 10 is below
    let cell = own.at(&["A", "1"]);
    cell.has("gini", 33.0 / 228.0, 4.0); // (-3*10 - 12 + 15 + 3*20) / (4 * 57)
    cell.divides("low_pay", 0.0, 4.0); // median 13.5, two thirds of it 9
    own.at(&["A", "2"]).has("gini", 0.0, 1.0); // one employee is not apart from anybody
    own.at(&["A", "2"]).has("p90_p10", 1.0, 1.0); // 30 / 30
}

#[test]
fn exactly_two_thirds_of_the_median_is_not_low_pay() {
    let table = "employee_id, pay_basis, base_pay, job_code, job_level\n1, hour, 10, A, 1\n2, hour, 15, A, 1\n\
                 3, hour, 20, A, 1\n4, hour, 9.9999, B, 1\n5, hour, 15, B, 1\n6, hour, 20, B, 1";
    let chapter =
        "\n[defaults]\ncurrency = \"EUR\"\n[company_metrics]\nby = [\"job_code\"]\nmeasures = [\"low_pay\"]\n";
    let own = worked(chapter, table);
    own.at(&["A"]).divides("low_pay", 0.0, 3.0); // 2/3 * 15 = 10, and 10 is not below
    own.at(&["B"]).divides("low_pay", 1.0, 3.0); // 9.9999 is below
}

#[test]
fn a_pipeline_may_count_pay_above_zero_only() {
    let desk = desk(&format!("{PAY}\n[measures.base_hourly]\nvalues = \"positive\"\n"));
    desk.write("living-wage.csv", "region,currency,hourly\n");
    desk.write("pay-ranges.csv", "job_code,job_level,currency,pay_basis,minimum,maximum\n");
    upload(&desk, NOW, "K1", PAY_TABLE);
    run(&desk);
    let own = Figures::of_run(&desk);
    own.has("base_hourly", 22.0, 6.0); // (10 + 12 + 15 + 20 + 30 + 45) / 6
    own.is("base_hourly", "p50", 17.5); // (15 + 20) / 2
    own.has("base_annual", 37_440.0, 7.0); // as ever: 262080 / 7
}

#[test]
fn a_code_that_looks_like_the_total_is_not_counted_twice() {
    let chapter = "\n[company_metrics]\nby = [\"job_code\"]\nmeasures = [\"headcount\"]\n";
    let desk = desk(chapter);
    upload(&desk, NOW, "K1", "employee_id, job_code\n1, _T\n2, A\n3, A");
    // Either the upload is refused, or the company has three employees.
    let outcome = desk.does("run", &desk.path("metrics.toml"), &[]);
    if outcome.code == 0 {
        Figures::of_run(&desk).has("headcount", 3.0, 3.0);
    } else {
        outcome.ends_with(3);
    }
}

#[test]
fn a_living_wage_is_that_of_the_region() {
    let (own, outcome) = pay();
    // R1 pays 10 < 11, 12 >= 11, 0 < 11; R2 pays 15 >= 15, 45 >= 15. R9 has no entry, the fifth no region.
    own.divides("living_wage", 3.0, 5.0);
    own.at(&["B", "1"]).divides("living_wage", 1.0, 2.0); // 45 >= 15, 0 < 11
    outcome.tells("No entry in living_wage (their employees have no value): region R9 in EUR");
}

#[test]
fn nobody_looks_up_a_region_in_which_nobody_is_counted() {
    let desk =
        desk("\n[reference]\nliving_wage = \"living-wage.csv\"\n[company_metrics]\nmeasures = \"living_wage\"\n");
    desk.write("living-wage.csv", "region,currency,hourly\nR1,EUR,11\n");
    let rows = "1, EUR, hour, 12, R1,\n2, EUR, hour, 12, R9, 2026-09-30";
    let header = "employee_id, currency, pay_basis, base_pay, region, termination_date";
    upload(&desk, NOW, "K1", &format!("{header}\n{rows}"));
    let outcome = run(&desk);
    Figures::of_run(&desk).divides("living_wage", 1.0, 1.0); // the second has left, and is not counted
    outcome.hides("No entry in living_wage");
}

#[test]
fn pay_beside_its_range() {
    let (own, outcome) = pay();
    // Of the record: 10/((8+12)/2) = 1, 12/((10+20)/2) = 0.8, 0/10 = 0; 700 to 500 is upside down. Of the table:
    // A1 20/((10+30)/2) = 1 (30 alone is no range), A2 30/((15+25)/2) = 1.5. B1 has none in EUR.
    own.has("compa_ratio", 0.86, 5.0); // (1 + 0.8 + 0 + 1 + 1.5) / 5
    // (10-8)/4 = 0.5, (12-10)/10 = 0.2, (20-10)/20 = 0.5, (30-15)/10 = 1.5; 10 to 10 has no width.
    own.has("range_penetration", 0.675, 4.0); // (0.5 + 0.2 + 0.5 + 1.5) / 4
    own.at(&["A", "2"]).has("compa_ratio", 1.5, 1.0);
    own.at(&["B", "1"]).has("compa_ratio", 0.0, 1.0);
    own.at(&["B", "1"]).has_no_row("range_penetration");
    outcome.tells("No entry in pay_ranges (their employees have no value): job B, level 1 in EUR");
}

#[test]
fn hours_that_nobody_declares_are_not_guessed() {
    let chapter = r#"
[defaults]
currency = "EUR"

[company_metrics]
measures = ["base_hourly", "base_annual", "base_annual_fte"]
"#;
    let table = "
employee_id, pay_basis, base_pay, weekly_hours
1, year,  41600,
2, hour,     10,
3, hour,     10, 40
4, month,  3000, 0";
    let own = worked(chapter, table);
    own.has("base_hourly", 10.0, 2.0); // the second and third; a year or month without hours has no hour
    own.has("base_annual", 98_400.0 / 3.0, 3.0); // 41600, 10*40*52 = 20800, 3000*12 = 36000
    own.has_no_row("base_annual_fte");
}

#[test]
fn amounts_of_two_currencies_are_told_apart() {
    let chapter = r#"
[reference]
living_wage = "living-wage.csv"

[company_metrics]
measures = ["base_hourly", "gini", "living_wage"]
"#;
    let desk = desk(chapter);
    desk.write("living-wage.csv", "region,currency,hourly\nR1,EUR,11\nR1,USD,20\n");
    let rows = "1, EUR, hour, 10, R1\n2, EUR, hour, 30, R1\n3, USD, hour, 20, R1";
    upload(&desk, NOW, "K1", &format!("employee_id, currency, pay_basis, base_pay, region\n{rows}"));
    run(&desk);
    let own = Figures::of_run(&desk);
    own.in_currency("EUR").has("base_hourly", 20.0, 2.0); // (10 + 30) / 2
    own.in_currency("USD").has("base_hourly", 20.0, 1.0);
    own.in_currency("EUR").has("gini", 0.25, 2.0); // (-10 + 30) / (2 * 40)
    own.divides("living_wage", 2.0, 3.0); // one row for all: 10 < 11, 30 >= 11, 20 >= 20
}

#[test]
fn amounts_are_converted_and_what_has_no_rate_is_named() {
    let chapter = r#"
[defaults]
standard_weekly_hours = 40

[reference]
exchange_rates = "exchange-rates.csv"
convert_to     = "EUR"

[company_metrics]
measures = ["base_hourly", "variable_pay", "total_cash_annual"]
"#;
    let desk = desk(chapter);
    desk.write("exchange-rates.csv", "period,currency,rate\n2026-Q3,USD,0.5\n2026-Q2,CHF,1.1\n");
    let table = "
employee_id, currency, pay_basis, base_pay, variable_pay
1, EUR, hour, 10, 100
2, USD, hour, 30, 400
3, CHF, hour, 40, 500";
    upload(&desk, NOW, "K1", table);
    let outcome = run(&desk);
    let own = Figures::of_run(&desk).in_currency("EUR");
    own.has("base_hourly", 12.5, 2.0); // (10 + 30 * 0.5) / 2; the rate of CHF is for another quarter
    own.has("variable_pay", 150.0, 2.0); // (100 + 400 * 0.5) / 2
    own.has("total_cash_annual", 26_150.0, 2.0); // (10*2080 + 100 + 15*2080 + 200) / 2 = (20900 + 31400) / 2
    assert!(outcome.stderr.contains("No entry in exchange_rates (their employees have no value): CHF in 2026-Q3"));
    let dictionary = fs::read_to_string(outcome.release().join("dictionary.md")).expect("a dictionary");
    assert!(dictionary.contains("converted to EUR"));
}

/// Runs pay of 100 an hour through an `[aging]`: the figure, the manifest and the dictionary.
fn aged(aging: &str, files: &[(&str, &str)]) -> (Figures, Outcome, [String; 2]) {
    let pipeline = format!(
        "\n[defaults]\ncurrency = \"EUR\"\nstandard_weekly_hours = 40\n\n[aging]\nto = \"2027-03-31\"\n\
         measures = [\"base_hourly\"]\n{aging}\n\n[company_metrics]\nmeasures = [\"base_hourly\", \"base_annual\"]\n"
    );
    let desk = desk(&pipeline);
    for (name, content) in files {
        desk.write(name, content);
    }
    upload(&desk, NOW, "K1", "employee_id, pay_basis, base_pay, region\n1, hour, 100, R1\n2, hour, 100, R2");
    let outcome = run(&desk);
    let told = ["manifest.json", "dictionary.md"]
        .map(|name| fs::read_to_string(outcome.release().join(name)).expect("a file of the release"));
    (Figures::of_run(&desk), outcome, told)
}

#[test]
fn pay_is_aged_with_compound_growth() {
    let (own, _, told) = aged("method = \"compound\"\nrate = 0.03", &[]);
    own.has("base_hourly", 101.4889, 2.0); // from September to March 6 months: 100 * 1.03^0.5 = 101.48891565...
    own.has("base_annual", 208_000.0, 2.0); // 100 * 40 * 52: not among the aged ones
    let sentence = "base_hourly aged to 2027-03-31 by value * (1 + r)^(months/12), 6 months, r = 3.00 % a year";
    assert!(told.iter().all(|text| text.contains(sentence)), "{told:?}");
}

#[test]
fn pay_is_aged_in_equal_steps() {
    let (own, _, told) = aged("method = \"linear\"\nrate = 0.03", &[]);
    own.has("base_hourly", 101.5, 2.0); // 100 * (1 + 0.03 * 6/12)
    let sentence = "base_hourly aged to 2027-03-31 by value * (1 + r * months/12), 6 months, r = 3.00 % a year";
    assert!(told.iter().all(|text| text.contains(sentence)), "{told:?}");
}

#[test]
fn pay_is_aged_by_region() {
    let rates = [("aging.csv", "code,rate\nR1,0.02\n")];
    let (own, outcome, told) = aged("method = \"linear\"\nrates = \"aging.csv\"\nby = \"region\"", &rates);
    own.has("base_hourly", 101.0, 1.0); // 100 * (1 + 0.02 * 6/12); R2 has no rate, and so no value
    outcome.tells("No entry in aging rates (their employees have no value): R2");
    assert!(told.iter().all(|text| text.contains("r by region: R1 2.00 % a year")), "{told:?}");
}

/// Two jobs of a classification, of which the second is in two companies only, and employees whose job is not known.
fn jobs(table: &str) -> Desk {
    let sections = r#"
[defaults]
currency = "EUR"

[dimensions]
job = { from = "job_code", hierarchy = "soc", levels = [2, 6] }

[company_metrics]
by       = ["job_code"]
measures = ["market_ratio"]
"#;
    let desk = desk_with(&[sections, table]);
    let of_job = [(20, 30), (22, 28), (24, 26), (20, 30), (22, 28), (24, 26)];
    for (company, (low, high)) in (1..).zip(of_job) {
        let mut text = format!("employee_id, job_code, pay_basis, base_pay\n1, 11-1021, hour, {low}\n");
        write!(text, "2, 11-1021, hour, {high}\n3, , hour, 98\n5, , hour, 99\n").expect("a string takes all");
        if company <= 2 {
            writeln!(text, "4, 11-2021, hour, {}", 36 + 4 * company).expect("a string takes all");
        }
        upload(&desk, NOW, &format!("K{company}"), &text);
    }
    run(&desk);
    desk
}

#[test]
fn the_market_is_the_published_median_of_the_job() {
    let table = "\n[[tables]]\nname = \"jobs\"\nby = [\"job\"]\nlevels = { job = [6] }\ntotals = false\n\
                 measures = [\"base_hourly\"]\n";
    let own = Figures::of_run(&jobs(table));
    // 11-1021 of six companies: 20 20 22 22 24 24 26 26 28 28 30 30, the median (24 + 26) / 2 = 25.
    own.at(&["11-1021"]).divides("market_ratio", 25.0, 25.0); // (20 + 30) / 2 by 25
    own.of("K3").at(&["11-1021"]).divides("market_ratio", 25.0, 25.0);
    let note = own.at(&["11-1021"]).note("market_ratio");
    assert_eq!(note.as_deref(), Some("beside the published median of job 11-1021"));
    own.at(&["11-2021"]).has_no_row("market_ratio"); // two companies are too few for a published cell
    own.has_no_row("market_ratio"); // a company as a whole has no job
}

#[test]
fn employees_whose_job_is_not_known_have_no_market() {
    let table = "\n[[tables]]\nname = \"jobs\"\nby = [\"job\"]\nlevels = { job = [6] }\ntotals = false\n\
                 measures = [\"base_hourly\"]\n";
    let own = Figures::of_run(&jobs(table));
    assert!(own.at(&["_U"]).rows().is_empty(), "{:?}", own.at(&["_U"]).note("market_ratio"));
}

#[test]
fn the_market_is_that_of_the_finest_published_cell() {
    let table = "\n[[tables]]\nname = \"jobs\"\nby = [\"job\"]\ntotals = false\nroll_up = true\n\
                 measures = [\"base_hourly\"]\n";
    let own = Figures::of_run(&jobs(table));
    // 11-2021 is in two companies only, so the group 11 is published: the twelve above and 40, 44. Its median is 26.
    own.at(&["11-1021"]).divides("market_ratio", 25.0, 26.0); // (20 + 30) / 2 by 26
    own.at(&["11-2021"]).divides("market_ratio", 40.0, 26.0); // 36 + 4 * 1
    own.of("K2").at(&["11-2021"]).divides("market_ratio", 44.0, 26.0); // 36 + 4 * 2
    assert_eq!(
        own.at(&["11-2021"]).note("market_ratio").as_deref(),
        Some("beside the published median of job 11-0000")
    );
}

// Benefits.

const BENEFITS: &str = r#"
[defaults]
currency              = "EUR"
pay_basis             = "year"
standard_weekly_hours = 40

[company_metrics]
measures = [
    "*_access", "*_participation", "*_take_up", "*_employer_cost", "*_employer_cost_per_participant",
    "*_cost_per_hour_worked", "benefit_load", "paid_leave_days",
]
"#;

fn benefits() -> Figures {
    let header = "employee_id, benefit_health_eligible, benefit_health_enrolled, benefit_health_employer_cost, \
                  benefit_pension_eligible, benefit_pension_enrolled, benefit_pension_employer_cost, \
                  weekly_hours, base_pay, variable_pay, paid_leave_days";
    let rows = "
1, yes, yes, 5000, yes, yes, 2000, 40, 50000,    0, 25
2, yes,  no,     ,  no,  no,     , 20, 30000, 1000, 20
3, yes, yes, 4000,    ,    ,     ,   , 40000, 2000, 30
4,  no,  no,    0, yes, yes,     , 40, 60000,    0,
5,    ,    ,     ,    ,    ,     , 40, 20000,    0, 0
6, yes,    , 1000,  no,  no,     , 30, 30000,     , 15
7,  no,  no,     ,  no,  no,     , 40, 25000,    0, 10";
    worked(BENEFITS, &format!("{header}{rows}"))
}

#[test]
fn one_plan() {
    let own = benefits();
    own.divides("health_access", 4.0, 6.0); // 1, 2, 3, 6 of all but the fifth
    own.divides("health_participation", 2.0, 5.0); // 1, 3 of 1, 2, 3, 4, 7: of the sixth it is not known
    own.divides("health_take_up", 2.0, 3.0); // 1, 3 of the eligible 1, 2, 3 of whom it is known
    // An empty cost of 2 and 7, who take no part, is zero: 5000 + 0 + 4000 + 0 + 1000 + 0.
    own.has("health_employer_cost", 10_000.0 / 6.0, 6.0);
    own.has("health_employer_cost_per_participant", 4_500.0, 2.0); // (5000 + 4000) / 2
    own.divides("health_cost_per_hour_worked", 10_000.0, 10_920.0); // (40 + 20 + 40 + 40 + 30 + 40) * 52 hours
    own.is("health_cost_per_hour_worked", "n_numerator", 3.0); // 1, 3, 6 cost something
    own.is("health_cost_per_hour_worked", "n_denominator", 6.0);
}

#[test]
fn another_plan_in_which_one_has_no_known_cost() {
    let own = benefits();
    own.divides("pension_access", 2.0, 5.0); // 1, 4 of 1, 2, 4, 6, 7
    own.divides("pension_participation", 2.0, 5.0); // 1, 4 of the same
    own.divides("pension_take_up", 2.0, 2.0); // 1, 4 of 1, 4
    own.has("pension_employer_cost", 500.0, 4.0); // 2000 + 0 + 0 + 0; the fourth takes part, and its cost is not known
    own.has("pension_employer_cost_per_participant", 2_000.0, 1.0); // the first
    own.divides("pension_cost_per_hour_worked", 2_000.0, 6_760.0); // (40 + 20 + 30 + 40) * 52
}

#[test]
fn all_plans_together() {
    let own = benefits();
    own.divides("benefits_access", 5.0, 6.0); // all but the seventh, and the fifth is not known
    own.divides("benefits_participation", 3.0, 6.0); // 1, 3, 4 of 1, 2, 3, 4, 6, 7
    own.divides("benefits_take_up", 3.0, 5.0); // 1, 3, 4 of the eligible 1, 2, 3, 4, 6
    // 7000 + 0 + 4000 + 1000 + 0; the fourth takes part in a plan of unknown cost.
    own.has("benefits_employer_cost", 2_400.0, 5.0);
    own.has("benefits_employer_cost_per_participant", 5_500.0, 2.0); // (7000 + 4000) / 2
    own.divides("benefits_cost_per_hour_worked", 12_000.0, 8_840.0); // (40 + 20 + 40 + 30 + 40) * 52
    // Of those with total cash: 7000 + 0 + 4000 + 0 by 50000 + 31000 + 42000 + 25000.
    own.divides("benefit_load", 11_000.0, 148_000.0);
    own.has("paid_leave_days", 100.0 / 6.0, 6.0); // (25 + 20 + 30 + 0 + 15 + 10) / 6
}

#[test]
fn participation_may_be_inferred_from_cost() {
    let chapter = r#"
[defaults]
currency                = "EUR"
participation_from_cost = true

[company_metrics]
measures = "*_participation"
"#;
    let table = "employee_id, benefit_health_employer_cost\n1, 100\n2, 0\n3,\n4, 50";
    let own = worked(chapter, table);
    own.divides("health_participation", 2.0, 3.0); // 100 and 50 are above zero; of the third nothing is known
    own.divides("benefits_participation", 2.0, 3.0);
    let own = worked(&chapter.replace("true", "false"), table);
    own.has_no_row("health_participation");
}

// UK pay equity.

const UK: &str = r#"
[defaults]
currency  = "GBP"
pay_basis = "week"

[company_metrics]
measures = "uk_*"
"#;

/// By the hour: pay of 40 hours and 7/30.44 of the month's bonus, of which 304.40 gives 70 a week and 1.75 an hour. What was paid in twelve
/// months is another amount, and no part of it.
const UK_TABLE: &str = "
employee_id, gender, base_pay, weekly_hours, bonus_in_pay_period, variable_pay, full_pay
1,  F,  400, 40,      0,       0, yes
2,  F,  480, 40,      0,       0, yes
3,  M,  560, 40,      0,       0, yes
4,  F,  570, 40,  304.4,  3652.5, yes
5,  M,  650, 40,  304.4,  3652.5,
6,  F,  800, 40,      0,       0, yes
7,  M,  810, 40,  304.4,  3652.5, yes
8,  M,  680, 40, 1217.6, 14610.0, yes
9,  X,  400, 40,      0,       0, yes
10, F, 4000, 40,  608.8,  7305.0, no
11,  ,  500, 40,       ,        , yes
12, F,  520, 40,       ,        , yes";

#[test]
fn the_six_measures_of_the_uk() {
    let own = worked(UK, UK_TABLE);
    // Women: 400/40 = 10, 12, (570+70)/40 = 16, 20: mean 14.50, median 14. Men: 14, (650+70)/40 = 18,
    // (810+70)/40 = 22, (680+280)/40 = 24: mean 19.50, median 20. The tenth is not on full pay; of 11 and 12 no
    // bonus is known.
    own.gap("uk_mean_hourly_gap", 14.5, 19.5);
    own.has("uk_mean_hourly_gap", 25.6, 8.0); // 5 / 19.5 = 25.64 %, reported to 0.1
    own.is("uk_mean_hourly_gap", "n_numerator", 4.0); // women
    own.is("uk_mean_hourly_gap", "n_denominator", 4.0); // men
    own.is("uk_mean_hourly_gap", "n_left_out", 1.0); // the ninth is neither; the blank eleventh has no pay
    own.gap("uk_median_hourly_gap", 14.0, 20.0);
    own.has("uk_median_hourly_gap", 30.0, 8.0); // 6 / 20
    // Bonuses: women 3652.50 and 7305 (full pay does not matter): mean and median 5478.75.
    // Men 3652.50 twice and 14610: mean 7305, median 3652.50.
    own.gap("uk_mean_bonus_gap", 5_478.75, 7_305.0);
    own.has("uk_mean_bonus_gap", 25.0, 5.0); // 1826.25 / 7305
    own.has("uk_median_bonus_gap", -50.0, 5.0); // -1826.25 / 3652.50
    own.is("uk_mean_bonus_gap", "n_left_out", 0.0); // the ninth has no bonus
    own.divides("uk_bonus_share_women", 2.0, 5.0); // 4, 10 of 1, 2, 4, 6, 10
    own.divides("uk_bonus_share_men", 3.0, 4.0); // 5, 7, 8 of 3, 5, 7, 8
    assert_eq!(own.note("uk_median_hourly_gap"), None);
}

#[test]
fn the_four_quartiles_of_the_uk() {
    let own = worked(UK, UK_TABLE);
    // 10F 12F | 14M 16F | 18M 20F | 22M 24M.
    own.divides("uk_quartile_lower_women", 2.0, 2.0);
    own.divides("uk_quartile_lower_middle_women", 1.0, 2.0);
    own.divides("uk_quartile_upper_middle_women", 1.0, 2.0);
    own.divides("uk_quartile_upper_women", 0.0, 2.0);
    own.is("uk_quartile_lower_women", "n_left_out", 1.0);
}

#[test]
fn an_empty_bonus_may_be_declared_to_be_none() {
    let own = worked(&format!("{UK}\n[pay_equity]\nempty_variable_pay = \"zero\"\n"), UK_TABLE);
    own.gap("uk_mean_hourly_gap", 14.2, 19.5); // women (10 + 12 + 16 + 20 + 13) / 5: the twelfth has 520/40 = 13
    own.has("uk_mean_hourly_gap", 27.2, 9.0); // 5.3 / 19.5 = 27.18 %
    own.is("uk_mean_hourly_gap", "n_left_out", 2.0); // the ninth, and now the eleventh too
    own.is("uk_bonus_share_women", "numerator", 2.0); // 4, 10
    own.is("uk_bonus_share_women", "denominator", 6.0); // of 1, 2, 4, 6, 10, 12
    own.is("uk_bonus_share_women", "mean", 0.333); // reported to 0.001
    own.has("uk_mean_bonus_gap", 25.0, 5.0); // who has none is not among those who received any
}

#[test]
fn without_a_column_of_bonuses_pay_is_pay_without_them() {
    let table = "employee_id, gender, base_pay, weekly_hours\n1, F, 400, 40\n2, M, 500, 40";
    let own = worked(UK, table);
    own.has("uk_mean_hourly_gap", 20.0, 2.0); // women 400/40 = 10, men 500/40 = 12.50: 2.50 / 12.50
    own.has_no_row("uk_bonus_share_women"); // nothing is known of any bonus of the year
    let own = worked(&format!("{UK}\n[pay_equity]\nempty_variable_pay = \"zero\"\n"), table);
    own.has("uk_mean_hourly_gap", 20.0, 2.0);
    own.divides("uk_bonus_share_women", 0.0, 1.0);
}

#[test]
fn who_counts_as_a_woman_or_a_man_is_declared() {
    let table = "
employee_id, gender, base_pay, weekly_hours, variable_pay
1, k, 400, 40, 0
2, H, 500, 40, 0
3, F, 600, 40, 0";
    let own = worked(&format!("{UK}\n[gender]\nwomen = [\"K\"]\nmen = [\"h\"]\n"), table);
    own.has("uk_mean_hourly_gap", 20.0, 2.0); // women 10, men 12.50: 2.50 / 12.50
    own.is("uk_mean_hourly_gap", "n_left_out", 1.0); // F is no code of this pipeline
}

#[test]
fn halves_are_reported_to_the_even_neighbour() {
    let mut table = "employee_id, gender, base_pay, weekly_hours, variable_pay\n1, M, 1600, 40, 100\n".to_owned();
    for number in 2..=17 {
        let bonus = if number == 2 { 100 } else { 0 };
        writeln!(table, "{number}, F, 1560, 40, {bonus}").expect("a string takes all");
    }
    let own = worked(UK, &table);
    own.divides("uk_bonus_share_men", 1.0, 1.0);
    own.is("uk_bonus_share_women", "mean", 0.062); // 1/16 = 0.0625, halfway from 0.062 to 0.063
    own.is("uk_bonus_share_women", "denominator", 16.0);
    let gap = |women: &str| {
        let rows = format!("1, F, {women}, 40, 0\n2, M, 1600, 40, 0");
        worked(UK, &format!("employee_id, gender, base_pay, weekly_hours, variable_pay\n{rows}"))
    };
    gap("1564").has("uk_mean_hourly_gap", 2.2, 2.0); // 36/1600 = 2.25 %
    gap("1636").has("uk_mean_hourly_gap", -2.2, 2.0); // -36/1600 = -2.25 %
    gap("1562.4").has("uk_median_hourly_gap", 2.4, 2.0); // 37.6/1600 = 2.35 %
}

#[test]
fn every_pay_basis_comes_to_the_same_hour() {
    // All are 700 a week by the regulations' days: 700/40 = 17.50.
    let table = "
employee_id, gender, pay_basis, base_pay, weekly_hours, bonus_in_pay_period
1, F, hour,          17.5, 40, 0
2, F, day,            140, 40, 0
3, F, week,           700, 40, 0
4, F, two_weeks,     1400, 40, 0
5, M, half_month,    1522, 40, 0
6, M, month,         3044, 40, 0
7, M, quarter,       9132, 40, 0
8, M, year,         36525, 40, 0
9, M, hour,         15.75, 40, 304.4";
    let own = worked(UK, table);
    own.gap("uk_mean_hourly_gap", 17.5, 17.5); // the ninth: 15.75 + 304.4 * 7 / 30.44 / 40 = 15.75 + 1.75
    own.has("uk_mean_hourly_gap", 0.0, 9.0);
    own.has("uk_median_hourly_gap", 0.0, 9.0);
}

#[test]
fn where_all_pay_is_equal_women_are_spread_evenly() {
    let mut table = "employee_id, gender, base_pay, weekly_hours, variable_pay\n".to_owned();
    for number in 0..10 {
        writeln!(table, "{number}, {}, 600, 40, 0", if number < 3 { 'F' } else { 'M' }).expect("a string takes all");
    }
    let own = worked(UK, &table);
    own.has("uk_mean_hourly_gap", 0.0, 10.0);
    own.has("uk_median_hourly_gap", 0.0, 10.0);
    // 10 = 4 * 2 + 2: groups of 3, 2, 3, 2, which end at 3, 5, 8, 10. Women up to an end c: (2*3*c + 10) / 20 rounded
    // down: 28/20 = 1, 40/20 = 2, 58/20 = 2, 70/20 = 3.
    let bands = [
        ("uk_quartile_lower_women", 1.0, 3.0, 0.333),
        ("uk_quartile_lower_middle_women", 1.0, 2.0, 0.5),
        ("uk_quartile_upper_middle_women", 0.0, 3.0, 0.0),
        ("uk_quartile_upper_women", 1.0, 2.0, 0.5),
    ];
    for (band, women, people, share) in bands {
        own.is(band, "numerator", women);
        own.has(band, share, people);
    }
    own.has_no_row("uk_mean_bonus_gap"); // nobody received any
    own.divides("uk_bonus_share_women", 0.0, 3.0);
}

/// A company of so many people with rising pay: those of odd rank are women.
fn ranked(chapter: &str, people: usize) -> Figures {
    let mut table = "employee_id, gender, base_pay, weekly_hours, variable_pay\n".to_owned();
    for rank in 1..=people {
        let gender = if rank % 2 == 1 { 'F' } else { 'M' };
        writeln!(table, "{rank}, {gender}, {}, 40, 0", 400 + rank).expect("a string takes all");
    }
    worked(chapter, &table)
}

#[test]
fn seventy_people_are_in_quartiles_of_18_17_18_and_17() {
    let own = ranked(UK, 70);
    let bands = [
        ("uk_quartile_lower_women", 9.0, 18.0, 0.5), // ranks 1 to 18: odd 1, 3, ..., 17
        ("uk_quartile_lower_middle_women", 9.0, 17.0, 0.529), // 19 to 35: 19, 21, ..., 35; 9/17 = 0.5294
        ("uk_quartile_upper_middle_women", 9.0, 18.0, 0.5), // 36 to 53: 37, 39, ..., 53
        ("uk_quartile_upper_women", 8.0, 17.0, 0.471), // 54 to 70: 55, 57, ..., 69; 8/17 = 0.4706
    ];
    for (band, women, people, share) in bands {
        own.is(band, "numerator", women);
        own.has(band, share, people);
    }
}

#[test]
fn who_gets_what_is_left_over_is_declared() {
    let sizes = |own: &Figures| {
        ["lower", "lower_middle", "upper_middle", "upper"]
            .map(|band| own.get(&format!("uk_quartile_{band}_women"), "n_employees").expect("a number"))
    };
    let same =
        |found: [f64; 4], paper: [f64; 4]| found.iter().zip(paper).all(|(one, other)| (one - other).abs() < 1e-9);
    assert!(same(sizes(&ranked(UK, 5)), [2.0, 1.0, 1.0, 1.0])); // 5 = 4 * 1 + 1
    assert!(same(sizes(&ranked(UK, 6)), [2.0, 1.0, 2.0, 1.0]));
    assert!(same(sizes(&ranked(UK, 7)), [2.0, 2.0, 2.0, 1.0]));
    let own = r#"
[pay_equity]
remainder_1 = "upper"
remainder_2 = ["lower_middle", "upper"]
remainder_3 = ["lower_middle", "upper_middle", "upper"]
"#;
    let chapter = format!("{UK}{own}");
    assert!(same(sizes(&ranked(&chapter, 5)), [1.0, 1.0, 1.0, 2.0]));
    assert!(same(sizes(&ranked(&chapter, 6)), [1.0, 2.0, 1.0, 2.0]));
    assert!(same(sizes(&ranked(&chapter, 7)), [1.0, 2.0, 2.0, 2.0]));
}

#[test]
fn without_men_there_is_no_gap() {
    let table = "employee_id, gender, base_pay, weekly_hours, variable_pay\n1, F, 400, 40, 10\n2, F, 500, 40, 20";
    let own = worked(UK, table);
    own.is_null("uk_mean_hourly_gap");
    own.is("uk_mean_hourly_gap", "n_employees", 2.0);
    own.is("uk_mean_hourly_gap", "n_denominator", 0.0);
    own.is_null("uk_median_bonus_gap");
    own.divides("uk_bonus_share_women", 2.0, 2.0);
    own.has_no_row("uk_bonus_share_men");
}

// EU pay equity.

const EU: &str = r#"
[defaults]
currency  = "EUR"
pay_basis = "hour"

[company_metrics]
by       = ["job_code"]
measures = "eu_*"
"#;

/// Of 40 hours a year has 2080, so that variable pay of 2080 is 1 an hour.
const EU_TABLE: &str = "
employee_id, gender, job_code, base_pay, weekly_hours, variable_pay, full_pay
1, F, A, 10, 40,     0, no
2, F, A, 11, 40,  2080, yes
3, M, A, 12, 40,     0, yes
4, M, A, 10, 40,  4160, yes
5, F, B, 20, 40,     0, yes
6, M, B, 20, 40,  2080, yes
7, M, C, 30, 40, 10400, yes
8, F, B, 19, 40,  2080, yes
9, X, A, 15, 40,     0, yes";

#[test]
fn what_the_eu_asks_of_a_company() {
    let own = worked(EU, EU_TABLE);
    // Women: 10 + 0, 11 + 1, 20 + 0, 19 + 1: mean 15.50, median (12 + 20) / 2 = 16.
    // Men: 12 + 0, 10 + 2, 20 + 1, 30 + 5: mean 20, median (12 + 21) / 2 = 16.50.
    own.gap("eu_mean_gap", 15.5, 20.0);
    own.has("eu_mean_gap", 22.5, 8.0); // (a): 4.5 / 20
    own.is("eu_mean_gap", "n_left_out", 1.0); // the ninth
    own.has("eu_mean_variable_gap", 75.0, 8.0); // (b): women (0+1+0+1)/4 = 0.5, men (0+2+1+5)/4 = 2: 1.5 / 2
    own.gap("eu_median_gap", 16.0, 16.5);
    own.has("eu_median_gap", 50.0 / 16.5, 8.0); // (c): 0.5 / 16.5 * 100
    own.has("eu_median_variable_gap", 100.0 / 1.5, 8.0); // (d): women (0+1)/2 = 0.5, men (1+2)/2 = 1.5: 1 / 1.5 * 100
    own.divides("eu_variable_share_women", 2.0, 4.0); // (e)
    own.divides("eu_variable_share_men", 3.0, 4.0);
    // (f): 10F 12 | 12 12 | 20F 20F | 21M 35M, where one of the three with 12 is a woman. Women up to the first of the
    // three: (2*1*1 + 3) / 6 rounded down = 0; up to the last: (2*3*1 + 3) / 6 rounded down = 1.
    own.divides("eu_quartile_lower_women", 1.0, 2.0);
    own.divides("eu_quartile_lower_middle_women", 1.0, 2.0);
    own.divides("eu_quartile_upper_middle_women", 2.0, 2.0);
    own.divides("eu_quartile_upper_women", 0.0, 2.0);
}

#[test]
fn what_the_eu_asks_of_categories_of_workers() {
    let own = worked(EU, EU_TABLE);
    // (g), of A: basic women (10+11)/2 = 10.50, men (12+10)/2 = 11; variable women 0.50, men 1.
    let one = own.at(&["A"]);
    one.has("eu_mean_basic_gap", 50.0 / 11.0, 4.0); // 0.5 / 11 * 100
    one.has("eu_mean_variable_gap", 50.0, 4.0); // 0.5 / 1
    one.has("eu_mean_gap", 100.0 / 12.0, 4.0); // women (10+12)/2 = 11, men (12+12)/2 = 12: 1 / 12 * 100
    let art_10 = "Art. 10: mean pay differs by 5 % or more in this category of workers";
    assert_eq!(one.note("eu_mean_gap").as_deref(), Some(art_10));
    let other = own.at(&["B"]);
    other.has("eu_mean_gap", 100.0 / 21.0, 3.0); // women 20, men 21: 4.76 %
    assert_eq!(other.note("eu_mean_gap"), None);
    own.at(&["C"]).is_null("eu_mean_gap"); // a man alone
    own.has("eu_mean_basic_gap", 300.0 / 18.0, 8.0); // women (10+11+20+19)/4 = 15, men (12+10+20+30)/4 = 18
    assert_eq!(own.note("eu_mean_gap"), None, "a company is no category");
    own.is("eu_joint_assessment_categories", "mean", 1.0); // A
    own.is("eu_joint_assessment_categories", "numerator", 1.0);
    own.is("eu_joint_assessment_categories", "denominator", 2.0); // of A and B, which have a gap
    one.has_no_row("eu_joint_assessment_categories");
}

#[test]
fn a_category_is_flagged_from_five_percent_on_either_way() {
    let table = "
employee_id, gender, job_code, base_pay, weekly_hours, variable_pay
1, F, A, 19,   40, 0
2, M, A, 20,   40, 0
3, F, B, 21,   40, 0
4, M, B, 20,   40, 0
5, F, C, 19.01,40, 0
6, M, C, 20,   40, 0";
    let own = worked(EU, table);
    own.at(&["A"]).has("eu_mean_gap", 5.0, 2.0); // 1 / 20
    own.at(&["B"]).has("eu_mean_gap", -5.0, 2.0); // -1 / 20
    own.at(&["C"]).has("eu_mean_gap", 4.95, 2.0); // 0.99 / 20
    own.is("eu_joint_assessment_categories", "numerator", 2.0);
    own.is("eu_joint_assessment_categories", "denominator", 3.0);
    assert!(own.at(&["B"]).note("eu_mean_gap").is_some());
    assert_eq!(own.at(&["C"]).note("eu_mean_gap"), None);
}

#[test]
fn figures_that_need_explaining_are_noted() {
    // A: women earn twice what men do. B: women's median (10+14)/2 = 12 is below men's 13, yet women are 1 of 3 in the
    // lower half and 1 of 2 in the upper. C: both medians are 15, yet women are 3 of 4 in the lower half and 2 of 4 in
    // the upper: 25 points.
    let rows = "
1,  F, A, 40,   40, 0
2,  M, A, 20,   40, 0
3,  F, B, 10,   40, 0
4,  M, B, 11,   40, 0
5,  M, B, 13,   40, 0
6,  M, B, 13.5, 40, 0
7,  F, B, 14,   40, 0
8,  F, C, 10,   40, 0
9,  F, C, 11,   40, 0
10, F, C, 15,   40, 0
11, F, C, 15,   40, 0
12, F, C, 15,   40, 0
13, M, C, 15,   40, 0
14, M, C, 15,   40, 0
15, M, C, 20,   40, 0";
    let table = format!("employee_id, gender, job_code, base_pay, weekly_hours, variable_pay{rows}");
    let own = worked(&EU.replace("\"eu_*\"", "[\"uk_*\", \"eu_*\"]"), &table);
    let note = |category: &str, measure: &str| own.at(&[category]).note(measure).unwrap_or_default();
    own.at(&["A"]).has("uk_mean_hourly_gap", -100.0, 2.0); // -20 / 20
    assert_eq!(note("A", "uk_mean_hourly_gap"), "check: a gap of 100 % or more");
    assert!(note("A", "eu_mean_gap").starts_with("check: a gap of 100 % or more; Art. 10: "));
    own.at(&["B"]).has("uk_median_hourly_gap", 7.7, 5.0); // 1 / 13 = 7.69 %
    own.at(&["B"]).has("eu_median_gap", 100.0 / 13.0, 5.0);
    own.at(&["C"]).has("uk_median_hourly_gap", 0.0, 8.0);
    for measure in ["uk_median_hourly_gap", "eu_median_gap"] {
        assert_eq!(note("B", measure), "check: the sign of the median gap contradicts the quartiles");
        let zero = "check: a median gap of zero, but halves whose shares of women differ by more than 20 points";
        assert_eq!(note("C", measure), zero);
    }
    assert_eq!(note("C", "uk_mean_hourly_gap"), "");
}

// Workforce.

const WORKFORCE: &str = r#"
[defaults]
currency              = "EUR"
pay_basis             = "hour"
standard_weekly_hours = 40

[workforce]
level_order = ["1", "2", "3"]

[company_metrics]
by       = ["job_code"]
measures = [
    "headcount", "fte", "hires_rate*", "*separations_rate*", "retention", "internal_moves", "promotion", "pay_growth",
]
"#;

/// Eight employees at the end of June; the ninth left on the last day.
const OPENING: &str = "
employee_id, job_code, job_level, base_pay, currency, termination_date
1, A, 1, 10, EUR,
2, A, 2, 20, EUR,
3, A, 2, 20, EUR,
4, B, 1, 30, EUR,
5, B, 1, 30, EUR,
6, B, 2, 30, EUR,
7, A, 1, 10, EUR,
8, B, T, 40, EUR,
9, A, 1, 10, EUR, 2026-06-30";

/// Seven at the end of September: 1, 2, 3, 4 and 8 stayed, 10 and 11 came. 5, 6 and (without a record) 7 left; 12 came
/// and went.
const CLOSING: &str = "
employee_id, job_code, job_level, base_pay, currency, weekly_hours, fte, termination_date, termination_reason
1,  A, 1, 10.5, EUR, 40, 0.5,           ,
2,  A, 3, 22,   EUR, 40,    ,           ,
3,  B, 2, 0,    EUR, 20,    ,           ,
4,  B, 1, 33,   USD, 30,    ,           ,
5,  B, 1, 30,   EUR, 40,    , 2026-08-31, voluntary
6,  B, 2, 30,   EUR, 40,    , 2026-07-01, involuntary
8,  B, T, 38,   EUR, 40,    , 2026-10-01,
9,  A, 1, 10,   EUR, 40,    , 2026-06-30, voluntary
10, B, 1, 30,   EUR, 40,    ,           ,
11, A, 1, 10,   EUR, 40, 0  ,           ,
12, A, 1, 10,   EUR, 40,    , 2026-09-15, voluntary";

fn workforce(chapter: &str, periods: [(&str, &str); 2]) -> (Figures, Outcome) {
    let desk = desk(chapter);
    for (period, text) in periods {
        upload(&desk, period, "K1", text);
    }
    let outcome = run(&desk);
    (Figures::of_run(&desk), outcome)
}

#[test]
fn heads_and_full_time_equivalents() {
    let (own, outcome) = workforce(WORKFORCE, [(THEN, OPENING), (NOW, CLOSING)]);
    own.has("headcount", 7.0, 7.0); // 1, 2, 3, 4, 8, 10, 11; the eighth leaves tomorrow
    own.is("headcount", "numerator", 7.0);
    own.at(&["A"]).has("headcount", 3.0, 3.0); // 1, 2, 11
    own.has("fte", 4.75, 7.0); // 0.5 + 40/40 + 20/40 + 30/40 + 1 + 1 + 0
    own.at(&["A"]).has("fte", 1.5, 3.0); // 0.5 + 1 + 0
    outcome.tells("1 of them compared with 2026-Q2");
}

#[test]
fn hires_and_retention() {
    let (own, _) = workforce(WORKFORCE, [(THEN, OPENING), (NOW, CLOSING)]);
    own.divides("hires_rate", 3.0, 7.5); // 10, 11, 12 by (8 + 7) / 2
    own.is("hires_rate", "n_employees", 7.0); // 7.5 rounded down
    own.is("hires_rate", "n_numerator", 3.0);
    own.is("hires_rate", "n_denominator", 15.0); // 8 records then, 7 now
    own.divides("hires_rate_closing", 3.0, 7.0);
    own.divides("retention", 5.0, 8.0); // 1, 2, 3, 4, 8 of the eight
    // In A were 1, 2, 3, 7 and are 1, 2, 11; in B were 4, 5, 6, 8 and are 3, 4, 8, 10.
    own.at(&["A"]).divides("hires_rate", 2.0, 3.5); // 11, 12 by (4 + 3) / 2
    own.at(&["A"]).divides("retention", 3.0, 4.0); // 1, 2 and 3, who is in B now
    own.at(&["B"]).divides("hires_rate", 1.0, 4.0); // 10 by (4 + 4) / 2
    own.at(&["B"]).divides("retention", 2.0, 4.0); // 4, 8
}

#[test]
fn separations_by_reason() {
    let (own, _) = workforce(WORKFORCE, [(THEN, OPENING), (NOW, CLOSING)]);
    own.divides("separations_rate", 4.0, 7.5); // 5, 6, 7, 12
    own.divides("voluntary_separations_rate", 2.0, 7.5); // 5, 12
    own.divides("involuntary_separations_rate", 1.0, 7.5); // 6
    own.divides("other_separations_rate", 1.0, 7.5); // 7, for no reason stated
    own.divides("separations_rate_closing", 4.0, 7.0);
    own.divides("voluntary_separations_rate_closing", 2.0, 7.0);
    own.divides("involuntary_separations_rate_closing", 1.0, 7.0);
    own.divides("other_separations_rate_closing", 1.0, 7.0);
    own.at(&["A"]).divides("separations_rate", 2.0, 3.5); // 7, 12
    own.at(&["B"]).divides("separations_rate", 2.0, 4.0); // 5, 6
    own.at(&["B"]).divides("voluntary_separations_rate_closing", 1.0, 4.0); // 5
}

#[test]
fn a_reason_counts_whatever_day_the_later_record_gives() {
    // The record of the second now says that it ended in May, before the snapshot of June that still counts it: it is missing
    // from the end, and its reason is known.
    let now = "employee_id, termination_date, termination_reason\n1,,\n2, 2026-05-31, voluntary\n3,,\n4,,";
    let (own, _) = workforce(WORKFORCE, [(THEN, "employee_id\n1\n2\n3\n4"), (NOW, now)]);
    own.divides("separations_rate", 1.0, 3.5); // the second by (4 + 3) / 2
    own.divides("voluntary_separations_rate", 1.0, 3.5);
    own.divides("other_separations_rate", 0.0, 3.5);
}

#[test]
fn moves_promotions_and_growth() {
    let (own, _) = workforce(WORKFORCE, [(THEN, OPENING), (NOW, CLOSING)]);
    own.divides("internal_moves", 2.0, 5.0); // 2 rose, 3 went to B; 1, 4, 8 are where they were
    own.divides("promotion", 1.0, 4.0); // 2 of 1, 2, 3, 4: the order does not name the level T
    // 10.5/10 = +5 %, 22/20 = +10 %, 38/40 = -5 %; 3 is paid nothing, 4 in another currency.
    own.has("pay_growth", 0.1 / 3.0, 3.0);
    own.is("pay_growth", "p50", 0.05);
    own.at(&["A"]).divides("internal_moves", 1.0, 2.0); // 2 of 1, 2
    own.at(&["B"]).divides("internal_moves", 1.0, 3.0); // 3 of 3, 4, 8
    own.at(&["A"]).has("pay_growth", 0.075, 2.0); // (5 % + 10 %) / 2
}

#[test]
fn growth_is_by_the_hour_or_by_the_year() {
    let then = "employee_id, base_pay, weekly_hours\n1, 10, 40";
    let now = "employee_id, base_pay, weekly_hours\n1, 10.5, 20";
    let (own, _) = workforce(WORKFORCE, [(THEN, then), (NOW, now)]);
    own.has("pay_growth", 0.05, 1.0); // 10.5 / 10
    let chapter = WORKFORCE.replace("[workforce]", "[workforce]\npay_growth_of = \"base_annual\"");
    let (own, _) = workforce(&chapter, [(THEN, then), (NOW, now)]);
    own.has("pay_growth", -0.475, 1.0); // 10.5*20*52 = 10920 by 10*40*52 = 20800
}

#[test]
fn moves_are_told_by_the_column_that_both_uploads_have() {
    let then = "employee_id, job_code\n1, A\n2, A\n3,\n4, A";
    let now = "employee_id, job_code, job_level\n1, B, 1\n2, A, 1\n3, A, 1\n4, A,";
    let (own, _) = workforce(WORKFORCE, [(THEN, then), (NOW, now)]);
    own.divides("internal_moves", 1.0, 3.0); // 1 of 1, 2, 4; of the third the job then is not known
    own.has_no_row("promotion");
}

#[test]
fn the_earlier_snapshot_may_be_that_of_a_year_before() {
    let chapter = WORKFORCE.replace("[workforce]", "[workforce]\ncompare_with = \"year_before\"");
    let (own, _) = workforce(&chapter, [("2025-Q3", "employee_id\n1\n2\n3\n4"), (NOW, "employee_id\n1\n2\n3\n5\n6")]);
    own.divides("retention", 3.0, 4.0); // 1, 2, 3 of 1, 2, 3, 4
    own.divides("hires_rate", 2.0, 4.5); // 5, 6 by (4 + 5) / 2
}

/// What is compared between snapshots.
const COMPARED: [&str; 14] = [
    "hires_rate",
    "hires_rate_closing",
    "separations_rate",
    "voluntary_separations_rate",
    "involuntary_separations_rate",
    "other_separations_rate",
    "separations_rate_closing",
    "voluntary_separations_rate_closing",
    "involuntary_separations_rate_closing",
    "other_separations_rate_closing",
    "retention",
    "internal_moves",
    "promotion",
    "pay_growth",
];

/// Asserts that nothing is compared, and that every row says why.
#[track_caller]
fn says_why(own: &Figures, why: &str) {
    for measure in COMPARED {
        own.is_null(measure);
        assert_eq!(own.get(measure, "n_employees"), None, "{measure}");
        assert_eq!(own.note(measure).as_deref(), Some(why), "{measure}");
    }
    assert!(own.get("headcount", "mean").is_some_and(|heads| heads > 0.0), "what needs no comparing is there");
}

#[test]
fn without_an_earlier_snapshot_nothing_is_compared() {
    let desk = desk(WORKFORCE);
    upload(&desk, NOW, "K1", CLOSING);
    upload(&desk, NOW, "K2", "employee_id\n1\n2");
    upload(&desk, THEN, "K2", "employee_id\n1\n2");
    run(&desk).tells("1 of them compared with 2026-Q2");
    let own = Figures::of_run(&desk);
    says_why(&own, "no snapshot of 2026-Q2 is in the store");
    own.of("K2").divides("retention", 2.0, 2.0);
}

/// Two snapshots of employees by their numbers.
fn numbered(then: &[u32], now: &[u32], settings: &str) -> Figures {
    let text =
        |numbers: &[u32]| numbers.iter().fold("employee_id".to_owned(), |text, number| format!("{text}\n{number}"));
    let chapter = WORKFORCE.replace("[workforce]", &format!("[workforce]\n{settings}"));
    workforce(&chapter, [(THEN, &text(then)), (NOW, &text(now))]).0
}

#[test]
fn a_jump_of_headcount_is_not_compared() {
    let why = "headcount changed by more than 50 % since 2026-Q2: a matched sample would mislead";
    numbered(&[1, 2], &[1, 2, 3], "").divides("retention", 2.0, 2.0); // 3 is 1.5 * 2, and no more
    says_why(&numbered(&[1, 2], &[1, 2, 3, 4], ""), why); // 4 > 1.5 * 2
    says_why(&numbered(&[1, 2, 3, 4], &[1, 2], ""), why); // the same down
    let own = numbered(&[1, 2], &[1, 2, 3, 4], "max_headcount_change = 1.0");
    own.divides("hires_rate", 2.0, 3.0); // 3, 4 by (2 + 4) / 2
}

#[test]
fn snapshots_of_different_people_are_not_compared() {
    let why = "fewer than 50 % of employees are in the snapshot of 2026-Q2 too: a matched sample would mislead";
    numbered(&[1, 2, 3, 4], &[3, 4, 5, 6], "").divides("retention", 2.0, 4.0); // 2 is half of 4
    says_why(&numbered(&[1, 2, 3, 4], &[4, 5, 6, 7], ""), why); // 1 < 0.5 * 4
    numbered(&[1, 2, 3, 4], &[4, 5, 6, 7], "min_matched = 0.25").divides("retention", 1.0, 4.0);
}

#[test]
fn snapshots_under_different_keys_are_not_compared() {
    let desk = desk(WORKFORCE);
    upload(&desk, THEN, "K1", OPENING);
    upload(&desk, NOW, "K1", CLOSING);
    let other_key = KEY.replace("00", "ff");
    for (period, key) in [(THEN, other_key.as_str()), (NOW, KEY)] {
        let uploads = desk.path(&format!("uploads/{period}/*.csv"));
        let mut program = desk.program("run");
        program.env("PAYQUORUM_MASTER_KEY", key).arg(desk.path("metrics.toml")).arg("--uploads").arg(uploads);
        Outcome::of(&mut program).ends_with(0);
    }
    let why = "the snapshot of 2026-Q2 is under another key, so its employees cannot be compared with these";
    says_why(&Figures::of_run(&desk), why);
}

#[test]
fn without_an_order_of_levels_nobody_is_promoted() {
    let chapter = WORKFORCE.replace("level_order", "# level_order");
    let (own, _) = workforce(&chapter, [(THEN, OPENING), (NOW, CLOSING)]);
    own.has_no_row("promotion");
    own.at(&["A"]).has_no_row("promotion");
    own.divides("internal_moves", 2.0, 5.0);
    let own = worked(&chapter, CLOSING); // nor is there a row that says why nothing is compared
    own.has_no_row("promotion");
    assert!(own.note("internal_moves").is_some());
}

#[test]
fn tenure_on_its_boundary_days() {
    let chapter = "\n[company_metrics]\nmeasures = \"tenure_*\"\n";
    let table = "
employee_id, hire_date
1, 2026-09-30
2, 2025-09-30
3, 2025-09-29
4, 2022-09-30
5, 2021-09-30
6, 2021-09-29
7, 2016-09-30
8, 2016-09-29
9, 2026-10-01
10,";
    let own = worked(chapter, table);
    // Days: 0, 365, 366, 1461, 1826, 1827, 3652, 3653; a year has 365.25, five 1826.25, ten 3652.5. The ninth comes
    // tomorrow.
    own.divides("tenure_under_1_year", 2.0, 8.0); // 0, 365
    own.divides("tenure_1_to_5_years", 3.0, 8.0); // 366, 1461, 1826
    own.divides("tenure_5_to_10_years", 2.0, 8.0); // 1827, 3652
    own.divides("tenure_10_years_or_more", 1.0, 8.0); // 3653
    // By 365.25: 0, 0.9993, 1.0021, 4, 4.9993, 5.0021, 9.9986, 10.0014: 36.0028 / 8.
    own.has("tenure_years", 4.50035, 8.0);
    own.is("tenure_years", "p50", 4.49965); // (4 + 4.9993) / 2
}

#[test]
fn genders_and_ethnicities_by_level() {
    let chapter = "\n[company_metrics]\nby = [\"job_level\"]\nmeasures = \"*_representation\"\n";
    let table = "
employee_id, gender, ethnicity, job_level
1, F, White / other, 1
2, M, White / other, 1
3, X, Black,         1
4,  ,      ,         1
5, F, Black,         2
6, f,      ,         2
7, M, white / Other, 2";
    let own = worked(chapter, table);
    own.divides("women_representation", 3.0, 6.0); // 1, 5, 6 of those with a gender
    own.divides("men_representation", 2.0, 6.0); // 2, 7
    own.divides("other_gender_representation", 1.0, 6.0); // 3
    own.divides("ethnicity_white___other_representation", 3.0, 5.0); // 1, 2, 7 of those with an ethnicity
    own.divides("ethnicity_black_representation", 2.0, 5.0); // 3, 5
    own.at(&["1"]).divides("women_representation", 1.0, 3.0);
    own.at(&["1"]).divides("ethnicity_white___other_representation", 2.0, 3.0);
    own.at(&["2"]).divides("women_representation", 2.0, 3.0);
    own.at(&["2"]).divides("other_gender_representation", 0.0, 3.0);
    own.at(&["2"]).divides("ethnicity_black_representation", 1.0, 2.0);
}

// Learning and skills.

#[test]
fn learning_and_skills() {
    let desk = desk("\n[company_metrics]\nmeasures = [\"training_hours\", \"course_completion\", \"skill_*\"]\n");
    let table = "
employee_id, training_hours, courses_completed, courses_enrolled, skill_rust
1, 10, 2, 4, 80
2,  0, 0, 2, 61
3,   ,  , 5,
4, 20, 0, 0, 0
5,   , 3, 3,";
    upload(&desk, NOW, "K1", table);
    upload(&desk, NOW, "K2", "employee_id, training_hours\n1, 8");
    run(&desk);
    let own = Figures::of_run(&desk);
    own.has("training_hours", 10.0, 3.0); // (10 + 0 + 20) / 3
    own.divides("course_completion", 5.0, 9.0); // 2 + 0 + 0 + 3 by 4 + 2 + 0 + 3; the third has no number completed
    own.has("skill_rust", 47.0, 3.0); // (80 + 61 + 0) / 3
    own.divides("skill_rust_assessed", 3.0, 5.0);
    let other = own.of("K2");
    other.has("training_hours", 8.0, 1.0);
    other.has_no_row("skill_rust_assessed"); // an upload without the column tells nothing of it
}

// Which metrics there are.

/// `payquorum metrics` with these arguments.
fn catalogue(desk: &Desk, arguments: &[&str]) -> Outcome {
    Outcome::of(desk.program("metrics").args(arguments))
}

#[test]
fn all_means_every_metric_that_the_records_can_give() {
    let own = worked("\n[company_metrics]\nmeasures = \"all\"\n", "employee_id\n1\n2");
    // Nothing but records: heads, and what two snapshots would tell; promotion needs an order of levels.
    let expected: Vec<&str> = COMPARED.into_iter().filter(|name| *name != "promotion").chain(["headcount"]).collect();
    are(&own.names(), &expected);
}

#[test]
fn patterns_mean_the_plans_and_skills_of_the_uploads() {
    let chapter = "\n[company_metrics]\nmeasures = [\"*_participation\", \"skill_*_assessed\", \"headcount\"]\n";
    let table = "employee_id, benefit_health_enrolled, benefit_gym_enrolled, skill_rust, skill_law\n1, yes, no, 50,";
    let expected = [
        "health_participation",
        "gym_participation",
        "benefits_participation",
        "skill_rust_assessed",
        "skill_law_assessed",
        "headcount",
    ];
    are(&worked(chapter, table).names(), &expected);
}

#[test]
fn without_company_metrics_companies_get_those_of_the_tables() {
    are(&worked("", "employee_id, training_hours\n1, 10").names(), &["headcount"]);
}

#[test]
fn a_table_cannot_have_a_figure_of_a_single_company() {
    let desk = desk_with(&[&HEADS.replace("\"headcount\"", "\"headcount\", \"market_ratio\"")]);
    let outcome = desk.does("run", &desk.path("metrics.toml"), &[]).ends_with(3);
    outcome.tells("\"market_ratio\" is a figure of a single company").tells("[company_metrics]");
}

#[test]
fn a_dimension_whose_level_column_is_another_dimension_is_refused() {
    let sections = HEADS
        .replace("[[tables]]", "job = { from = \"job_code\" }\njob_level = { from = \"job_level\" }\n\n[[tables]]");
    let desk = desk_with(&[&sections]);
    let outcome = desk.does("run", &desk.path("metrics.toml"), &[]).ends_with(3);
    outcome.tells("`job_level` is also the column of the level of the dimension `job`");
    outcome.tells("give one of the two another name");
    assert!(!desk.workspace().exists(), "nothing was begun");
}

#[test]
fn the_catalogue_is_listed_and_each_metric_explained() {
    let desk = Desk::new();
    let all = catalogue(&desk, &[]).ends_with(0);
    for title in ["Pay", "Benefits", "Pay equity", "Workforce", "Learning and skills"] {
        assert!(all.stdout.lines().any(|line| line == title), "{title}");
    }
    all.tells("<plan>_take_up").tells("skill_<name>_assessed").tells("eu_joint_assessment_categories");
    let one = catalogue(&desk, &["gini"]).ends_with(0);
    assert!(one.stdout.starts_with("gini\n"), "{}", one.stdout);
    for fact in
        ["kind: dispersion", "formula: sum of (2i - n - 1)", "source: Gini (1912)", "direction: lower is better"]
    {
        one.tells(fact);
    }
    catalogue(&desk, &["dental_take_up"]).ends_with(0).tells("benefit_dental_eligible");
}

#[test]
fn a_metric_that_does_not_exist_is_refused_with_a_mend() {
    let desk = Desk::new();
    catalogue(&desk, &["nonsense"]).ends_with(3).tells("is no metric").tells("`payquorum metrics` lists them all");
    catalogue(&desk, &["genie"]).ends_with(3).tells("did you mean \"gini\"?");
    assert!(catalogue(&desk, &["nonsense"]).stdout.is_empty());
}

#[test]
fn what_the_uploads_can_give_is_told() {
    let desk = desk("");
    let columns = "pay_basis, base_pay, weekly_hours, benefit_dental_eligible";
    upload(&desk, NOW, "K1", &format!("employee_id, currency, {columns}\n1, EUR, hour, 10, 40, yes"));
    upload(&desk, NOW, "K2", "employee_id, gender\n1, F");
    let available = |name: &str| {
        let outcome = catalogue(&desk, &[name, "--pipeline", "metrics.toml"]).ends_with(0);
        let line = outcome.stdout.lines().find_map(|line| line.trim().strip_prefix("available: "));
        line.expect("a line that tells").to_owned()
    };
    assert_eq!(available("gini"), "in 1 of 2 uploads");
    assert_eq!(available("headcount"), "in 2 of 2 uploads");
    assert_eq!(available("dental_take_up"), "no; no upload has benefit_dental_enrolled");
    assert_eq!(available("eu_mean_basic_gap"), "no; no upload has all of base_pay, pay_basis, weekly_hours, gender");
    assert_eq!(available("pay_growth"), "in 1 of 2 uploads, for companies with an earlier snapshot in the store");
    assert_eq!(available("base_annual_fte"), "no; it needs `standard_weekly_hours` in `[defaults]`");
    let all = catalogue(&desk, &["--pipeline", "metrics.toml"]).ends_with(0);
    all.tells("dental_access").hides("<plan>_access").tells("available: in 1 of 2 uploads");
    assert!(!desk.workspace().exists(), "nothing was written");
}

#[test]
fn what_the_pipeline_declares_no_upload_needs_to_have() {
    let chapter = r#"
[defaults]
currency              = "EUR"
pay_basis             = "year"
standard_weekly_hours = 40

[company_metrics]
measures = ["base_hourly"]
"#;
    let desk = desk(chapter);
    upload(&desk, NOW, "K1", "employee_id, base_pay\n1, 41600");
    run(&desk);
    Figures::of_run(&desk).has("base_hourly", 20.0, 1.0); // 41600 / (52 * 40)
    catalogue(&desk, &["base_hourly", "--pipeline", "metrics.toml"]).ends_with(0).tells("available: in 1 of 1 uploads");
}

#[test]
fn the_catalogue_in_the_documentation_is_the_programs() {
    let printed = catalogue(&Desk::new(), &["--markdown"]).ends_with(0).stdout;
    let committed = fs::read_to_string(project("docs/metrics.md")).expect("the catalogue");
    assert!(printed == committed, "renew it: cargo run --release -- metrics --markdown > docs/metrics.md");
}

#[test]
fn every_metric_of_the_catalogue_is_worked_here() {
    let committed = fs::read_to_string(project("docs/metrics.md")).expect("the catalogue");
    let names = committed.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    let missing: Vec<String> = names
        .map(|name| name.replace("<plan>", "health").replace("<name>", "rust").replace("<code>", "black"))
        .filter(|name| !include_str!("metrics.rs").contains(&format!("(\"{name}\", ")))
        .collect();
    assert!(missing.is_empty(), "no example of {missing:?}");
}

//! Proves that exports as people have them are read to the right figures, or refused with the mend, and never read wrong.
//!
//! In: small files of the kinds that went wrong: quotes, line ends, totals, marks, several pay columns, what base pay means, bonuses, headers,
//! encodings. Out: what a run publishes or says. Every right value is worked out on paper beside its file.

#![expect(clippy::format_collect, reason = "small files, made to be read")]

use std::fmt::Write as _;
use std::path::Path;

use arrow::array::{Array, Decimal64Array, Float64Array, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use crate::desk::{Desk, Outcome, entries, parquet};

/// Six companies of one sector, so that a mean can be published.
const COMPANIES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];

/// A pipeline over `uploads/`, with sections of its own.
fn pipeline(measures: &str, sections: &str) -> String {
    format!(
        "name = \"t\"\nperiod = \"quarter\"\n{sections}\n[dimensions]\nsector = {{ from = \"company.sector\" }}\n[[tables]]\nname = \"t\"\n\
         by = [\"sector\"]\ntotals = false\nmeasures = [{measures}]\n[company_metrics]\nby = []\nmeasures = [{measures}]\n[protection]\n\
         preset = \"survey\"\n"
    )
}

const INPUT: &str = "[input]\nuploads = \"uploads/*\"\ncompanies = \"companies.csv\"\n";
const DOLLARS: &str = "[defaults]\ncurrency = \"USD\"\npay_basis = \"year\"\nstandard_weekly_hours = 40\n";

/// A desk with the six companies and a pipeline.
fn desk(pipeline: &str) -> Desk {
    let desk = Desk::keyed();
    let lines: String = COMPANIES.iter().map(|company| format!("{company},S1\n")).collect();
    desk.write("companies.csv", format!("company_id,sector\n{lines}"));
    desk.write("t.toml", pipeline);
    desk
}

fn run(desk: &Desk) -> Outcome {
    desk.does("run", &desk.path("t.toml"), &[])
}

fn check(desk: &Desk) -> Outcome {
    desk.does("check", &desk.path("t.toml"), &[])
}

/// A company's own figures of a measure: employees with a value, and their mean. Own figures are not rounded.
fn own(desk: &Desk, company: &str, measure: &str) -> Option<(i64, f64)> {
    let file = entries(&desk.workspace().join("companies/t")).next().expect("own figures");
    let table = parquet(&file);
    let text = |name: &str| {
        let column = cast(table.column_by_name(name).expect("a column"), &DataType::Utf8).expect("texts");
        column.as_any().downcast_ref::<StringArray>().expect("texts").clone()
    };
    let (companies, measures) = (text("company_id"), text("measure"));
    let of = |name: &str, kind: &DataType| cast(table.column_by_name(name).expect("a column"), kind).expect("numbers");
    let employees = of("n_employees", &DataType::Int64);
    let means = of("mean", &DataType::Float64);
    let row = (0..table.num_rows()).find(|&row| companies.value(row) == company && measures.value(row) == measure)?;
    let employees = employees.as_any().downcast_ref::<Int64Array>()?.value(row);
    let means = means.as_any().downcast_ref::<Float64Array>()?;
    means.is_valid(row).then(|| (employees, means.value(row)))
}

/// The published mean of a measure in the only cell.
fn published(release: &Path, measure: &str) -> f64 {
    let table = parquet(&release.join("benchmarks.parquet"));
    let measures = cast(table.column_by_name("measure").expect("a column"), &DataType::Utf8).expect("texts");
    let measures = measures.as_any().downcast_ref::<StringArray>().expect("texts").clone();
    let means = cast(table.column_by_name("mean").expect("a column"), &DataType::Float64).expect("numbers");
    let means = means.as_any().downcast_ref::<Float64Array>().expect("numbers").clone();
    let row = (0..table.num_rows()).find(|&row| measures.value(row) == measure).expect("the measure");
    means.value(row)
}

#[track_caller]
fn close(value: Option<(i64, f64)>, employees: i64, mean: f64) {
    let (found, value) = value.expect("a figure");
    assert_eq!(found, employees);
    assert!((value - mean).abs() < 0.0001, "{value} where {mean} is right");
}

/// Twenty employees of a company, 100 apart from 50,000 on: their mean is 50,950.
fn welders(line_end: &str, title: impl Fn(usize) -> String) -> String {
    let rows: String =
        (0..20).map(|row| format!("E{row:02},2026-09,{},{}{line_end}", title(row), 50_000 + 100 * row)).collect();
    format!("employee_id,period,job_title,base_pay{line_end}{rows}")
}

fn welder(_: usize) -> String {
    "Welder".to_owned()
}

#[test]
fn a_quote_inside_a_field_swallows_no_rows() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    let inch = |row: usize| if row == 5 || row == 9 { "Welder 5\" Pipe".to_owned() } else { welder(row) };
    desk.write("uploads/A.csv", welders("\n", inch));
    desk.write(
        "uploads/B.csv",
        welders("\n", |row| if row == 5 { "\"Welder \"Senior\" II\"".to_owned() } else { welder(row) }),
    );
    desk.write("uploads/C.csv", welders("\n", |row| if row == 5 { "Welder 5\" Pipe".to_owned() } else { welder(row) }));
    for company in ["D", "E", "F"] {
        desk.write(&format!("uploads/{company}.csv"), welders("\n", welder));
    }
    run(&desk).ends_with(0);
    for company in COMPANIES {
        close(own(&desk, company, "base_annual"), 20, 50_950.0);
    }
}

#[test]
fn a_quote_that_opens_a_field_and_swallows_rows_refuses_the_file() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    for (swallowing, line) in [
        // E05 would get the pay of E09, and E06 to E09 would be gone.
        (
            welders("\n", |row| match row {
                5 => "\"Welder".to_owned(),
                9 => "Welder\"".to_owned(),
                _ => welder(row),
            }),
            7,
        ),
        (
            welders("\n", |row| match row {
                5 => "\"Welder".to_owned(),
                6 => "Welder\"".to_owned(),
                _ => welder(row),
            }),
            7,
        ),
        (
            welders("\n", |row| match row {
                5 => "\"Welder".to_owned(),
                9 => "Welder 5\" pipe".to_owned(),
                _ => welder(row),
            }),
            7,
        ),
        (welders("\r", |row| if row == 5 { "\"Welder".to_owned() } else { welder(row) }), 7),
    ] {
        desk.write("uploads/A.csv", swallowing);
        let outcome = check(&desk).ends_with(3);
        outcome.tells(&format!("line {line}")).tells("quoted field").hides("50500");
    }
}

#[test]
fn lines_end_with_a_line_feed_a_carriage_return_or_both() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    for (company, end) in COMPANIES.iter().zip(["\n", "\r\n", "\r", "\r", "\n", "\r\n"]) {
        desk.write(&format!("uploads/{company}.csv"), welders(end, welder));
    }
    let wide = |text: &str| -> Vec<u8> {
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    };
    desk.write("uploads/D.csv", wide(&welders("\r", welder)));
    run(&desk).ends_with(0);
    for company in COMPANIES {
        close(own(&desk, company, "base_annual"), 20, 50_950.0);
    }
}

#[test]
fn a_header_without_rows_is_refused() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    for end in ["\n", "\r", ""] {
        desk.write("uploads/A.csv", format!("employee_id,period,base_pay{end}"));
        check(&desk).ends_with(3).tells("line 1").tells("no row below it");
        run(&desk).ends_with(3);
    }
    assert!(!desk.workspace().join("releases").exists());
}

#[test]
fn nothing_of_a_record_and_no_escape_is_shown_as_a_header() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    desk.write(
        "uploads/A.csv",
        "employee_id,period,base_pay,remark\rE1001,2026-09,51234,Jane Example\rE1002,2026-09,62345,John Sample",
    );
    check(&desk).ends_with(0).tells("2 accepted").tells("dropped unread: remark").hides("Jane").hides("51234");
    let long = "x".repeat(65);
    desk.write(
        "uploads/A.csv",
        format!("employee_id,period,base_pay,\"a\nb\",{long},\u{1b}[31mred,jane@example.com\nE1,2026-09,5,,,,\n"),
    );
    for command in ["check", "plan"] {
        let outcome = desk.does(command, &desk.path("t.toml"), &[]).ends_with(0);
        outcome.hides(&long).hides("\u{1b}").hides("jane@").hides("a\nb").tells("column 5 (a header of 65 characters)");
    }
}

#[test]
fn a_row_of_totals_is_named_and_not_counted() {
    let sections =
        format!("{INPUT}[defaults]\ncurrency = \"USD\"\npay_basis = \"month\"\nstandard_weekly_hours = 40\n");
    let desk = desk(&pipeline("\"base_annual\", \"headcount\"", &sections));
    // 3,000 to 3,190 a month: 40,140 a year if each is 50 more from company to company; here all are alike, 12 * 3,095 = 37,140.
    for (company, total) in
        COMPANIES.iter().zip(["Total", "Grand Total", "Summe", "TOTAL: 20 employees", "Gesamtergebnis", ""])
    {
        let rows: String = (0..20).map(|row| format!("HR-EMP-{row:05},2026-09,{}.00\n", 3_000 + 10 * row)).collect();
        let last = if total.is_empty() { String::new() } else { format!("{total},2026-09,61900.00\n") };
        desk.write(&format!("uploads/{company}.csv"), format!("employee_id,period,base_pay\n{rows}{last}"));
    }
    let outcome = run(&desk).ends_with(0);
    outcome.tells("total_row").hides("61900");
    for company in COMPANIES {
        close(own(&desk, company, "base_annual"), 20, 37_140.0);
    }
    assert!((published(&outcome.release(), "base_annual") - 37_100.0).abs() < 0.01, "rounded to 100");
}

#[test]
fn marks_that_could_be_decimals_or_thousands_are_declared() {
    let rows = |company: usize| -> String {
        (0..20).map(|row| format!("E{row},2026-09,{}.000\n", 48 + row + company)).collect()
    };
    let files = |desk: &Desk| {
        for (place, company) in COMPANIES.iter().enumerate() {
            desk.write(&format!("uploads/{company}.csv"), format!("employee_id,period,base_pay\n{}", rows(place)));
        }
    };
    let undeclared = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    files(&undeclared);
    let outcome = check(&undeclared).ends_with(3);
    outcome.tells("line 2, column base_pay").tells("declare `thousands = \".\"` or `decimal = \".\"`").hides("48.000,");
    let thousands = desk(&pipeline("\"base_annual\"", &format!("{INPUT}thousands = \".\"\n{DOLLARS}")));
    files(&thousands);
    run(&thousands).ends_with(0);
    close(own(&thousands, "A", "base_annual"), 20, 57_500.0);
    let decimal = desk(&pipeline("\"base_annual\"", &format!("{INPUT}decimal = \".\"\n{DOLLARS}")));
    files(&decimal);
    run(&decimal).ends_with(0);
    close(own(&decimal, "A", "base_annual"), 20, 57.5);
}

#[test]
fn two_pay_columns_are_taken_row_by_row() {
    let columns = "[columns]\nemployee_id = \"Employee No\"\nbase_pay = [\"Annual Salary\", \"Hourly Rate\"]\nweekly_hours = \"Typical Hours\"\n";
    let declared = "[columns]\nemployee_id = \"Employee No\"\nbase_pay = [\"Annual Salary\", { header = \"Hourly Rate\", pay_basis = \"hour\" }]\n\
                    weekly_hours = \"Typical Hours\"\n";
    let words = "[columns]\nemployee_id = \"Employee No\"\nbase_pay = [\"Annual Salary\", \"Hourly Rate\"]\nweekly_hours = \"Typical Hours\"\n\
                 pay_basis = \"Salary or Hourly\"\n[words]\npay_basis = { \"Salary\" = \"year\" }\n";
    for columns in [columns, declared, words] {
        let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{columns}{DOLLARS}")));
        for (place, company) in COMPANIES.iter().enumerate() {
            let mut text =
                "Employee No,period,Full or Part-Time,Salary or Hourly,Typical Hours,Annual Salary,Hourly Rate\n"
                    .to_owned();
            for row in 0..20 {
                writeln!(text, "{row},2026-09,F,Salary,,{}.00,", 80_000 + 1_000 * row + 100 * place).expect("written");
            }
            for row in 20..30 {
                writeln!(text, "{row},2026-09,P,Hourly,20,,{}.{}0", 20 + row / 10, row % 10).expect("written");
            }
            desk.write(&format!("uploads/{company}.csv"), text);
        }
        run(&desk).ends_with(0);
        // On paper: 20 salaries with the mean 89,500; 10 hourly rates with the mean 22.45, for 20 * 52 hours 23,348.
        close(own(&desk, "A", "base_annual"), 30, (20.0 * 89_500.0 + 10.0 * 23_348.0) / 30.0);
    }
}

#[test]
fn fourteen_salaries_are_a_year() {
    let sections = format!(
        "{INPUT}[formats.austria]\nfiles = [\"**/A.csv\"]\npays_per_year = 14\n[defaults]\ncurrency = \"EUR\"\nstandard_weekly_hours = 38.5\n"
    );
    let desk = desk(&pipeline("\"base_annual\", \"base_hourly\"", &sections));
    let rows = |pay: &str| -> String { (0..10).map(|row| format!("E{row},2026-09,{pay},38.5\n")).collect() };
    let head = "employee_id,period,base_pay,pay_basis,weekly_hours\n";
    desk.write("uploads/A.csv", format!("{head}{}", rows("3000.00,month")));
    desk.write("uploads/B.csv", format!("{head}{}", rows("42000.00,year")));
    run(&desk).ends_with(0);
    for company in ["A", "B"] {
        close(own(&desk, company, "base_annual"), 10, 42_000.0);
        close(own(&desk, company, "base_hourly"), 10, 20.979);
    }
}

#[test]
fn a_full_time_rate_is_paid_in_part() {
    for (where_declared, columns) in [
        (
            "base_pay_is = \"full_time\"\n[defaults]\n",
            "ANNUAL SALARY RATE,APPT PERCENT,weekly_hours\nE1,2026-09,52000,1,40\nE2,2026-09,52000,0.5,20\n",
        ),
        (
            "[defaults]\nbase_pay_is = \"full_time\"\n",
            "ANNUAL SALARY RATE,APPT PERCENT\nE1,2026-09,52000,100%\nE2,2026-09,52000,50 %\n",
        ),
        (
            "[defaults]\nbase_pay_is = \"full_time\"\n",
            "ANNUAL SALARY RATE,weekly_hours\nE1,2026-09,52000,40\nE2,2026-09,52000,20\n",
        ),
    ] {
        let sections = format!(
            "{INPUT}{where_declared}currency = \"USD\"\npay_basis = \"year\"\nstandard_weekly_hours = 40\n[columns]\nbase_pay = \"ANNUAL SALARY \
             RATE\"\nfte = \"APPT PERCENT\"\n"
        );
        let desk = desk(&pipeline("\"base_annual\", \"base_hourly\", \"base_annual_fte\"", &sections));
        desk.write("uploads/A.csv", format!("employee_id,period,{columns}"));
        run(&desk).ends_with(0);
        // 52,000 and 26,000 a year; 25 an hour and 52,000 for a full-time year for both.
        close(own(&desk, "A", "base_annual"), 2, 39_000.0);
        close(own(&desk, "A", "base_hourly"), 2, 25.0);
        close(own(&desk, "A", "base_annual_fte"), 2, 52_000.0);
    }
}

#[test]
fn a_full_time_rate_without_a_part_is_told() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}base_pay_is = \"full_time\"\n{DOLLARS}")));
    desk.write("uploads/A.csv", "employee_id,period,base_pay,fte\nE1,2026-09,52000,1\nE2,2026-09,52000,\n");
    check(&desk).ends_with(3).tells("full_time_rate").tells("beside a full-time rate");
}

#[test]
fn the_yearly_bonus_is_no_pay_of_a_month_without_it() {
    let sections = format!(
        "{INPUT}[defaults]\ncurrency = \"GBP\"\npay_basis = \"month\"\nstandard_weekly_hours = 37.5\n[gender]\nwomen = [\"F\"]\nmen = [\"M\"]\n\
         [pay_equity]\nempty_variable_pay = \"zero\"\n"
    );
    let upload = |bonus: &str, men: &str, women: &str| -> String {
        let row = |row: usize| {
            if row.is_multiple_of(2) {
                format!("E{row},2026-06,3000,37.5,M,12000{men}\n")
            } else {
                format!("E{row},2026-06,3000,37.5,F,2400{women}\n")
            }
        };
        format!(
            "employee_id,period,base_pay,weekly_hours,gender,variable_pay{bonus}\n{}",
            (0..40).map(row).collect::<String>()
        )
    };
    let figure = |desk: &Desk, measure: &str| own(desk, "A", measure).map_or(f64::NAN, |(_, value)| value);
    let summer = desk(&pipeline("\"uk_*\"", &sections));
    summer.write("uploads/A.csv", upload("", "", ""));
    run(&summer).ends_with(0);
    assert!(figure(&summer, "uk_mean_hourly_gap").abs() < 1e-9 && figure(&summer, "uk_median_hourly_gap").abs() < 1e-9);
    assert!((figure(&summer, "uk_mean_bonus_gap") - 80.0).abs() < 1e-9, "(12,000 - 2,400) / 12,000");
    // Paid in the month: 3,000 + 1,000 beside 3,000 + 200, a gap of 800 / 4,000.
    let winter = desk(&pipeline("\"uk_*\"", &sections));
    winter.write("uploads/A.csv", upload(",bonus_in_pay_period", ",1000", ",200"));
    run(&winter).ends_with(0);
    assert!((figure(&winter, "uk_mean_hourly_gap") - 20.0).abs() < 0.05);
}

#[test]
fn headers_match_without_case_blanks_dashes_breaks_and_units() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    for (company, header) in COMPANIES.iter().zip([
        "Base Pay",
        "base_pay (USD)",
        "\"Base\nPay\"",
        "BASE-PAY",
        "\"Base Pay\r\n(annual)\"",
        "base pay [gross]",
    ]) {
        desk.write(
            &format!("uploads/{company}.csv"),
            welders("\n", welder).replace("base_pay", header).replace("employee_id", "Employee ID"),
        );
    }
    run(&desk).ends_with(0);
    for company in COMPANIES {
        close(own(&desk, company, "base_annual"), 20, 50_950.0);
    }
}

#[test]
fn near_misses_are_told_also_by_run() {
    let desk = desk(&pipeline("\"headcount\"", &format!("{INPUT}{DOLLARS}")));
    for company in COMPANIES {
        desk.write(&format!("uploads/{company}.csv"), welders("\n", welder).replace("base_pay", "Base Pya"));
    }
    for outcome in [check(&desk), run(&desk)] {
        outcome.ends_with(0).tells("\"Base Pya\"").tells("did you mean base_pay?");
    }
}

#[test]
fn a_header_with_another_unit_is_refused() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    for (header, told) in [
        ("base_pay (EUR)", "another currency"),
        ("base_pay (TUSD)", "in thousands"),
        ("base_pay (in thousands)", "in thousands"),
    ] {
        desk.write("uploads/A.csv", welders("\n", welder).replace("base_pay", header));
        check(&desk).ends_with(3).tells("line 1, column 4").tells(told);
    }
}

#[test]
fn title_rows_stand_above_a_declared_header_line() {
    let text = format!("Employee Census Report,,,\nRun: 2026-09-30 08:12,,,\n,,,\n{}", welders("\n", welder));
    let undeclared = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    undeclared.write("uploads/A.csv", &text);
    check(&undeclared).ends_with(3).tells("declare `header_line = 4`");
    let declared = desk(&pipeline("\"base_annual\"", &format!("{INPUT}header_line = 4\n{DOLLARS}")));
    declared.write("uploads/A.csv", &text);
    run(&declared).ends_with(0);
    close(own(&declared, "A", "base_annual"), 20, 50_950.0);
}

#[test]
fn dates_of_two_digits_need_a_pivot_and_open_ends_are_none() {
    let with = |dates: &str| desk(&pipeline("\"tenure_years\", \"headcount\"", &format!("{INPUT}{dates}{DOLLARS}")));
    let upload =
        "employee_id,period,hire_date,termination_date\nE0,2026-09,09/30/16,12/31/9999\nE1,2026-09,09/30/96,\n";
    let bare = with("dates = \"MM/DD/YY\"\n");
    bare.write("uploads/A.csv", upload);
    check(&bare).ends_with(3).tells("year_pivot");
    let declared = with("dates = [\"MM/DD/YY\", \"MM/DD/YYYY\"]\nyear_pivot = 30\n");
    declared.write("uploads/A.csv", upload);
    run(&declared).ends_with(0);
    let (employees, years) = own(&declared, "A", "tenure_years").expect("a figure");
    assert_eq!(employees, 2, "9999 is no end");
    assert!((years - 20.0).abs() < 0.01, "ten and thirty years");
    let clash = with("dates = [\"MM/DD/YYYY\", \"DD/MM/YYYY\"]\n");
    clash.write("uploads/A.csv", upload);
    check(&clash).ends_with(3).tells("could read one text as two dates");
}

#[test]
fn currency_marks_and_lakh_are_read_and_contradictions_are_not() {
    for (format, currency, amount, value) in [
        ("thousands = \",\"\ngrouping = \"lakh\"\n", "INR", "\"₹ 1,04,437\"", 104_437.0),
        ("thousands = \" \"\ndecimal = \",\"\n", "SEK", "\"52 000,50 kr\"", 52_000.5),
        ("thousands = \".\"\ndecimal = \",\"\n", "PLN", "\"4.500,00 zł\"", 4_500.0),
        ("thousands = \".\"\ndecimal = \",\"\n", "BRL", "\"R$ 4.500,00\"", 4_500.0),
        ("thousands = \"'\"\n", "CHF", "CHF 85'000.-", 85_000.0),
        ("", "EUR", "\u{2212}12.50", -12.5),
    ] {
        let defaults = format!("[defaults]\ncurrency = \"{currency}\"\npay_basis = \"year\"\n");
        let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{format}{defaults}")));
        desk.write("uploads/A.csv", format!("employee_id,period,base_pay\nE1,2026-09,{amount}\n"));
        run(&desk).ends_with(0);
        close(own(&desk, "A", "base_annual"), 1, value);
    }
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    for amount in ["12 kr", "R$ 12", "12 zł", "₹12"] {
        desk.write("uploads/A.csv", format!("employee_id,period,base_pay\nE1,2026-09,{amount}\n"));
        check(&desk).ends_with(3).tells("other_currency");
    }
}

#[test]
fn encodings_are_declared_and_never_guessed() {
    let sections = |encoding: &str| format!("{INPUT}{encoding}[columns]\njob_family = \"Abteilung\"\n{DOLLARS}");
    let upload = "employee_id,period,base_pay,Abteilung\nE1,2026-09,5,Łódź\nE2,2026-09,6,Żywiec\n";
    let (bytes, _, lossy) = encoding_rs::WINDOWS_1250.encode(upload);
    assert!(!lossy);
    let bare = desk(&pipeline("\"base_annual\"", &sections("")));
    bare.write("uploads/A.csv", &bytes);
    check(&bare).ends_with(3).tells("line 2, column job_family").tells("declare `encoding`");
    for (label, encoding) in [
        ("windows-1250", encoding_rs::WINDOWS_1250),
        ("iso-8859-2", encoding_rs::ISO_8859_2),
        ("utf-8", encoding_rs::UTF_8),
    ] {
        let declared = desk(&pipeline("\"base_annual\"", &sections(&format!("encoding = \"{label}\"\n"))));
        declared.write("uploads/A.csv", encoding.encode(upload).0);
        run(&declared).ends_with(0);
        let stored = declared.stored("A", "2026-Q3");
        let families = cast(stored.column_by_name("job_family").expect("a column"), &DataType::Utf8).expect("texts");
        assert_eq!(families.as_any().downcast_ref::<StringArray>().expect("texts").value(0), "Łódź", "{label}");
    }
    let wrong = desk(&pipeline("\"base_annual\"", &sections("encoding = \"shift_jis\"\n")));
    wrong.write("uploads/A.csv", &bytes);
    check(&wrong).ends_with(3).tells("text");
}

#[test]
fn identifiers_are_told_all_at_once_or_dropped() {
    let upload = "employee_id,period,base_pay,Geburtsname,Work Email,note\nE1,2026-09,5,x,y,jane@example.com\nE2,2026-09,6,x,y,910-45-6780\n";
    let refused = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    refused.write("uploads/A.csv", upload);
    check(&refused).ends_with(3).tells("column 4").tells("\"Geburtsname\"").tells("column 5").tells("\"Work Email\"");
    let dropped = desk(&pipeline("\"base_annual\"", &format!("{INPUT}identifiers = \"drop\"\n{DOLLARS}")));
    dropped.write("uploads/A.csv", upload);
    check(&dropped).ends_with(0).tells("2 accepted").tells("Geburtsname, Work Email").hides("jane");
    let kept = desk(&pipeline(
        "\"base_annual\"",
        &format!("{INPUT}identifiers = \"drop\"\n[columns]\njob_family = \"note\"\nworker_type = \"kind\"\n{DOLLARS}"),
    ));
    kept.write("uploads/A.csv", upload.replace("Work Email", "kind").replace(",y,", ",x@example.com,"));
    let outcome = check(&kept).ends_with(3);
    outcome.tells("column job_family").tells("column worker_type").tells("in 1 further row").hides("jane").hides("910");
    let allowed =
        desk(&pipeline("\"base_annual\"", &format!("{INPUT}allow = [\"Geburtsname\", \"Work Email\"]\n{DOLLARS}")));
    allowed.write("uploads/A.csv", upload);
    check(&allowed).ends_with(0);
}

#[test]
fn a_file_without_employee_ids_has_an_employee_on_each_row() {
    let sections = format!("{INPUT}[columns]\nemployee_id = \"none\"\n{DOLLARS}");
    let desk = desk(&pipeline("\"base_annual\", \"headcount\", \"retention\"", &sections));
    for company in COMPANIES {
        let rows = "2026-06,49000\n".repeat(10) + &"2026-09,50000\n".repeat(10);
        desk.write(&format!("uploads/{company}.csv"), format!("period,base_pay\n{rows}"));
    }
    run(&desk).ends_with(0);
    close(own(&desk, "A", "base_annual"), 10, 50_000.0);
    assert_eq!(own(&desk, "A", "retention"), None);
    let file = entries(&desk.workspace().join("companies/t")).next().expect("own figures");
    let table = parquet(&file);
    let notes = cast(table.column_by_name("note").expect("a column"), &DataType::Utf8).expect("texts");
    let notes = notes.as_any().downcast_ref::<StringArray>().expect("texts").clone();
    assert!((0..notes.len()).any(|row| notes.is_valid(row) && notes.value(row).contains("no employee IDs")));
}

/// A city's list as a clerk downloads it: names, titles, salaried and hourly columns, dollar signs, departments, no numbers of employees.
#[test]
fn a_clerks_list_runs_with_a_pipeline_file_alone() {
    let desk = Desk::keyed();
    desk.write(
        "t.toml",
        "name = \"t\"\nperiod = \"year\"\n[input]\nuploads = \"uploads/*\"\nthousands = \",\"\nidentifiers = \"drop\"\n[columns]\nemployee_id = \
         \"none\"\ncompany_id = \"Department\"\njob_family = \"Job Titles\"\npay_basis = \"Salary or Hourly\"\nweekly_hours = \"Typical Hours\"\n\
         worker_type = \"Full or Part-Time\"\nbase_pay = [\"Annual Salary\", \"Hourly Rate\"]\n[words]\npay_basis = { \"SALARY\" = \"year\" }\n\
         [defaults]\ncurrency = \"USD\"\nstandard_weekly_hours = 40\n[dimensions]\njob = { from = \"job_family\" }\n[[tables]]\nname = \
         \"jobs\"\nby = [\"job\"]\ntotals = true\nmeasures = [\"base_annual\", \"base_hourly\"]\n[company_metrics]\nmeasures = \
         [\"base_annual\"]\n[protection]\npreset = \"survey\"\n",
    );
    let departments = ["POLICE", "FIRE", "STREETS & SAN", "R & D / Ops", "LAW", "AVIATION", "WATER MGMNT", "LIBRARY"];
    let mut text =
        "Name,Job Titles,Department,Full or Part-Time,Salary or Hourly,Typical Hours,Annual Salary,Hourly Rate\n"
            .to_owned();
    for (place, department) in departments.iter().enumerate() {
        for row in 0..12 {
            let (thousands, rest) = (90 + row, 100 + 10 * place);
            writeln!(text, "\"DOE, P{row}\",CLERK,{department},F,SALARY,,\"${thousands},{rest}.00\",")
                .expect("written");
            writeln!(text, "\"ROE, P{row}\",CROSSING GUARD,{department},P,HOURLY,20,,${}.50", 20 + row % 3)
                .expect("written");
        }
    }
    desk.write("uploads/city.csv", text);
    let outcome = desk.does("run", &desk.path("t.toml"), &["--period", "2026"]).ends_with(0);
    outcome.hides("DOE").tells("192 accepted");
    // Hourly: 20.50, 21.50, 22.50 for 20 hours a week; salaries from 90,1x0 on.
    let hourly = 21.5 * 20.0 * 52.0;
    close(own(&desk, "R & D / Ops", "base_annual"), 24, f64::midpoint(95_630.0, hourly));
    assert!(desk.workspace().join("store/company=R%20%26%20D%20%2F%20Ops").exists());
}

#[test]
fn the_register_may_name_its_columns_otherwise() {
    let register = "[register]\ncompany_id = \"Firma\"\nholding_id = \"Konzern\"\nsector = [\"Branche\", \"Sector\"]\n";
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{register}{DOLLARS}")));
    let lines: String = COMPANIES.iter().map(|company| format!("{company} & Co;;S1\r")).collect();
    desk.write("companies.csv", format!("Firma;KONZERN;Branche\r{lines}"));
    for company in COMPANIES {
        desk.write(&format!("uploads/{company} & Co.csv"), welders("\n", welder));
    }
    run(&desk).ends_with(0);
    close(own(&desk, "F & Co", "base_annual"), 20, 50_950.0);
}

#[test]
fn words_of_a_company_are_mapped() {
    let sections = format!(
        "{INPUT}[columns]\ntermination_reason = \"Grund\"\nfull_pay = \"Voll\"\n[words]\ngender = {{ \"Weiblich\" = \"F\", \"Männlich\" = \"M\" }}\n\
         flags = {{ \"X\" = \"yes\", \"-\" = \"no\" }}\ntermination_reason = {{ \"Gekündigt\" = \"involuntary\" }}\n{DOLLARS}"
    );
    let desk = desk(&pipeline("\"headcount\", \"women_representation\"", &sections));
    let upload = "employee_id,period,gender,pay_basis,base_pay,Grund,Voll\nE1,2026-09,weiblich,per Annum,5,Voluntarily Terminated,X\n\
                  E2,2026-09,Männlich,Monthly,5,gekündigt,-\nE3,2026-09,WEIBLICH,hourly,5,,\n";
    for company in COMPANIES {
        desk.write(&format!("uploads/{company}.csv"), upload);
    }
    run(&desk).ends_with(0);
    let (_, women) = own(&desk, "A", "women_representation").expect("a figure");
    assert!((women - 2.0 / 3.0).abs() < 1e-9);
}

#[test]
fn a_dimension_may_not_have_a_name_of_the_ledger() {
    let desk = desk(
        &pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}"))
            .replace("sector = {", "family = {")
            .replace("\"sector\"]", "\"family\"]"),
    );
    desk.does("plan", &desk.path("t.toml"), &[]).ends_with(3).tells("`family` cannot be the name of a dimension");
}

#[test]
fn ratings_of_two_jobs_do_not_add_up() {
    let sections = format!(
        "{INPUT}multiple_jobs = \"sum\"\n[columns.custom]\nrating = {{ header = \"Rating\", unit = \"points\" }}\nshifts = {{ header = \"Shifts\", unit = \
         \"shifts\" }}\nbest = {{ header = \"Best\", unit = \"points\", jobs = \"largest\" }}\n{DOLLARS}"
    );
    let desk = desk(&pipeline("\"base_annual\", \"rating\", \"shifts\", \"best\"", &sections));
    let upload = "employee_id,period,base_pay,Rating,Shifts,Best\nE1,2026-09,30000,4.0,2,1\nE2,2026-09,50000,3.0,1,1\nE1,2026-09,20000,4.5,3,2\n";
    desk.write("uploads/A.csv", upload);
    run(&desk).ends_with(0);
    close(own(&desk, "A", "base_annual"), 2, 50_000.0);
    close(own(&desk, "A", "rating"), 2, 3.5);
    close(own(&desk, "A", "shifts"), 2, 3.0);
    close(own(&desk, "A", "best"), 2, 1.5);
}

/// An upload that mixes companies row by row, and one that has everybody twice: the same figures as tidy ones.
#[test]
fn mixed_companies_and_repeated_employees_change_no_figure() {
    let row = |company: &str, row: usize| format!("E{row},{company},2026-09,{}\n", 40_000 + 10 * row);
    let companies: Vec<String> = (0..40).map(|company| format!("K{company}")).collect();
    let register = companies.iter().map(|company| format!("{company},S1\n")).collect::<String>();
    let mut figures = Vec::new();
    for mixed in [false, true] {
        let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
        desk.write("companies.csv", format!("company_id,sector\n{register}"));
        let mut text = "employee_id,company_id,period,base_pay\n".to_owned();
        if mixed {
            for number in 0..50 {
                for company in &companies {
                    text += &row(company, number);
                    text += &row(company, number);
                }
            }
        } else {
            for company in &companies {
                text.extend((0..50).map(|number| row(company, number)));
            }
        }
        desk.write("uploads/all.csv", text);
        let outcome = run(&desk).ends_with(0);
        if mixed {
            outcome.tells("2 000 of the accepted said the same as another row");
        }
        figures.push(companies.iter().map(|company| own(&desk, company, "base_annual")).collect::<Vec<_>>());
    }
    assert_eq!(figures[0], figures[1]);
    close(figures[0][7], 50, 40_245.0);
}

#[test]
fn words_of_a_pay_header_count_before_the_default_and_after_the_row() {
    let sections = format!(
        "{INPUT}[columns]\nbase_pay = [\"base_pay\", \"Annual Salary\", \"Rate per hour\"]\n[defaults]\ncurrency = \"USD\"\npay_basis = \"month\"\n\
         standard_weekly_hours = 40\n"
    );
    let desk = desk(&pipeline("\"base_annual\"", &sections));
    desk.write("uploads/A.csv", "employee_id,period,Annual Salary\nE1,2026-09,48000\n");
    desk.write("uploads/B.csv", "employee_id,period,Rate per hour\nE1,2026-09,20\n");
    desk.write("uploads/C.csv", "employee_id,period,base_pay\nE1,2026-09,4000\n");
    desk.write(
        "uploads/D.csv",
        "employee_id,period,Annual Salary,pay_basis\nE1,2026-09,4000,month\nE2,2026-09,48000,\n",
    );
    run(&desk).ends_with(0);
    close(own(&desk, "A", "base_annual"), 1, 48_000.0);
    close(own(&desk, "B", "base_annual"), 1, 41_600.0);
    close(own(&desk, "C", "base_annual"), 1, 48_000.0);
    close(own(&desk, "D", "base_annual"), 2, 48_000.0);
}

#[test]
fn people_are_no_totals() {
    let sections = format!("{INPUT}identifiers = \"drop\"\n[columns]\nemployee_id = \"none\"\n{DOLLARS}");
    let desk = desk(&pipeline("\"headcount\"", &sections));
    let list = "Name,period,base_pay,Department\n\"SUM, WING\",2026-09,5,X\n\"COUNT, JAMES\",2026-09,6,X\n\"TOTAL, ANN\",2026-09,6,X\nTotal,,17,\n";
    desk.write("uploads/A.csv", list);
    check(&desk).ends_with(0).tells("4 read = 3 accepted + 1 rejected").tells("total_row");
}

#[test]
fn rows_that_a_quote_has_swallowed_are_found_in_narrow_files_too() {
    let desk = desk(&pipeline("\"headcount\"", &format!("{INPUT}[columns]\njob_family = \"job\"\n{DOLLARS}")));
    for upload in [
        "employee_id,job\nE1,\"Werk\nE2,Werk\nE3,Werk\"\nE4,Werk\n",
        "employee_id,job\nE1,\"Werk\nE2,Werk\"\nE4,Werk\n",
        "employee_id,job,base_pay\nE1,\"Werk,5\nE2,Werk,6,7\nE3,Werk\",8\nE4,Werk,9\n",
    ] {
        desk.write("uploads/A.csv", upload);
        desk.does("check", &desk.path("t.toml"), &["--period", "2026-Q3"])
            .ends_with(3)
            .tells("line 2")
            .tells("whole rows");
    }
    let notes = "employee_id,job\nE1,\"Werk\nor yard, by season\"\nE4,Werk\n";
    desk.write("uploads/A.csv", notes);
    desk.does("check", &desk.path("t.toml"), &["--period", "2026-Q3"]).ends_with(0).tells("2 accepted");
    desk.write("uploads/A.csv", "employee_id,job\n\"E1\nX\",Werk\nE2,Werk\n");
    desk.does("check", &desk.path("t.toml"), &["--period", "2026-Q3"]).ends_with(3).tells("2,employee_id,employee_id");
}

#[test]
fn headers_and_values_of_people_are_told_together() {
    let desk = desk(&pipeline("\"headcount\"", &format!("{INPUT}[columns]\njob_family = \"job\"\n{DOLLARS}")));
    desk.write("uploads/A.csv", "employee_id,period,job,Nachname\nE1,2026-09,jane@example.com,x\n");
    let outcome = check(&desk).ends_with(3);
    outcome.tells("line 1, column 4").tells("line 2, column job_family").hides("jane");
}

#[test]
fn utf_16_without_a_mark_is_named() {
    let wide: Vec<u8> = welders("\r\n", welder).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bare = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    bare.write("uploads/A.csv", &wide);
    check(&bare).ends_with(3).tells("declare `encoding` for this file");
    let declared = desk(&pipeline("\"base_annual\"", &format!("{INPUT}encoding = \"utf-16le\"\n{DOLLARS}")));
    declared.write("uploads/A.csv", &wide);
    run(&declared).ends_with(0);
    close(own(&declared, "A", "base_annual"), 20, 50_950.0);
}

#[test]
fn parts_of_a_job_may_be_in_percent() {
    let desk = desk(&pipeline(
        "\"fte\"",
        &format!("{INPUT}decimal = \",\"\nfte_is = \"percent\"\n[columns]\nfte = \"BsGrd\"\n{DOLLARS}"),
    ));
    desk.write("uploads/A.csv", "employee_id;period;BsGrd\nE1;2026-09;50,00\nE2;2026-09;100\n");
    run(&desk).ends_with(0);
    let stored = desk.stored("A", "2026-Q3");
    let parts: &Decimal64Array =
        stored.column_by_name("fte").expect("a column").as_any().downcast_ref().expect("numbers");
    assert_eq!(parts.values().to_vec(), [5_000, 10_000]);
}

/// Names of files, headers and companies come from others.
#[test]
fn no_escape_reaches_the_terminal() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    desk.write("uploads/\u{1b}[31mA.csv", welders("\n", welder).replace("job_title", "\u{1b}]0;x\u{7}"));
    for outcome in [check(&desk), run(&desk)] {
        outcome.hides("\u{1b}").hides("\u{7}");
    }
}

/// Totals that no word tells: the sum of a department, of everybody, and a count beside the number of somebody.
#[test]
fn the_sum_of_rows_is_no_employee_whatever_it_is_called() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    let rows: Vec<String> = welders("\n", welder).lines().skip(1).map(|row| format!("{row}\n")).collect();
    let sum = |range: std::ops::Range<usize>| -> usize { range.map(|row| 50_000 + 100 * row).sum() };
    let head = "employee_id,period,job_title,base_pay\n";
    desk.write("uploads/A.csv", format!("{head}{}20,2026-09,,{}\n", rows.concat(), sum(0..20)));
    let (first, second) = (rows[..10].concat(), rows[10..].concat());
    let departments =
        format!("D1,2026-09,,{}\n{second}D2,2026-09,,{}\nAll,2026-09,,{}\n", sum(0..10), sum(10..20), sum(0..20));
    desk.write("uploads/B.csv", format!("{head}{first}{departments}"));
    desk.write("uploads/C.csv", format!("{head}{}Dept 12 Total,2026-09,,{}\n", rows.concat(), sum(0..20)));
    let outcome = run(&desk).ends_with(0);
    outcome.tells("total_row");
    for company in ["A", "B", "C"] {
        close(own(&desk, company, "base_annual"), 20, 50_950.0);
    }
    desk.write("uploads/A.csv", format!("{head}Total,2026-09,,5\nSumme,2026-09,,6\nE1,2026-09,,7\n"));
    check(&desk).ends_with(3).tells("2 of 3 rows look like totals");
}

#[test]
fn what_a_spreadsheet_left_of_an_id_is_no_employee() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    for id in ["1.23457E+11", "#N/A", "NULL", "n/a", "-"] {
        desk.write("uploads/A.csv", format!("employee_id,period,base_pay\n{id},2026-09,5\n{id},2026-09,5\n"));
        check(&desk).ends_with(3).tells("1,2,employee_id,employee_id");
    }
}

#[test]
fn the_unused_pay_column_may_hold_zero() {
    let columns = "[columns]\nbase_pay = [\"Annual Salary\", \"Hourly Rate\"]\n";
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{columns}{DOLLARS}")));
    desk.write(
        "uploads/A.csv",
        "employee_id,period,Annual Salary,Hourly Rate\nE1,2026-09,0.00,20\nE2,2026-09,41600,$0.00\nE3,2026-09,0,0\n",
    );
    run(&desk).ends_with(0);
    close(own(&desk, "A", "base_annual"), 3, (41_600.0 + 41_600.0) / 3.0);
}

#[test]
fn one_header_in_two_spellings_is_told() {
    let desk = desk(&pipeline("\"base_annual\"", &format!("{INPUT}{DOLLARS}")));
    desk.write("uploads/A.csv", "employee_id,period,base_pay,Base Pay\nE1,2026-09,,50000\n");
    check(&desk).ends_with(3).tells("columns 3 and 4").tells("base_pay");
    desk.write("uploads/A.csv", "employee_id,period,base_pay,base_pay (previous year)\nE1,2026-09,50000,40000\n");
    run(&desk).ends_with(0);
    close(own(&desk, "A", "base_annual"), 1, 50_000.0);
    desk.write("uploads/A.csv", "employee_id,period,base_pay,variable_pay (monthly)\nE1,2026-09,50000,400\n");
    check(&desk).ends_with(3).tells("column 4").tells("another time for variable_pay");
}

#[test]
fn periods_and_hours_are_read_as_exports_write_them() {
    let desk = desk(&pipeline("\"headcount\"", &format!("{INPUT}dates = \"MM/DD/YYYY\"\n{DOLLARS}")));
    for period in ["Q3 2026", "2026Q3", "09/2026", "09.2026", "Sep 2026", "September 2026", "202609", "2026-9"] {
        desk.write(
            "uploads/A.csv",
            format!("employee_id,period,weekly_hours,hire_date\nE1,{period},38:30,12/31/2015 12:00:00 AM\n"),
        );
        check(&desk).ends_with(0).tells("A in 2026-Q3: 1 employees");
    }
    for period in ["2026", "13/2026", "Q5 2026", "2026-", "Sept"] {
        desk.write("uploads/A.csv", format!("employee_id,period,weekly_hours\nE1,{period},38:60\n"));
        check(&desk).ends_with(3);
    }
}

/// Without a register uploads are read for their companies first: both readings must take a name for the same text.
#[test]
fn a_company_is_listed_as_it_is_looked_up_whatever_encoding_was_declared() {
    let desk = Desk::keyed();
    desk.write(
        "t.toml",
        "name = \"t\"\nperiod = \"quarter\"\n[input]\nuploads = \"uploads/*\"\nencoding = \"windows-1252\"\n[defaults]\ncurrency = \
         \"EUR\"\npay_basis = \"month\"\n[dimensions]\nlevel = { from = \"job_level\" }\n[[tables]]\nname = \"t\"\nby = \
         [\"level\"]\nmeasures = [\"base_annual\"]\n[protection]\npreset = \"survey\"\n",
    );
    let rows: String = (0..5).map(|row| format!("M\u{fc}ller GmbH,E{row},2026-09-30,E9,{}\n", 3_000 + row)).collect();
    let text = format!("company_id,employee_id,period,job_level,base_pay\n{rows}");
    let western: Vec<u8> =
        text.chars().map(|letter| u8::try_from(u32::from(letter)).expect("a western letter")).collect();
    for bytes in [text.into_bytes(), western] {
        let upload = desk.write("uploads/a.csv", bytes);
        desk.does("check", &desk.path("t.toml"), &[upload.to_str().expect("a path")])
            .ends_with(0)
            .tells("Müller GmbH in 2026-Q3: 5 employees");
    }
}

//! Proves that `payquorum pseudonymize` writes every row under a pseudonym and only what was asked for, or nothing at all.
//!
//! In: exports of the kinds that slipped through: quotes, line ends, compound headers, identifiers in values, workbooks. Out: the file that is
//! written, or a refusal without one. No raw ID, no identifier and no column that nobody asked for is ever in it.

#![expect(clippy::format_collect, reason = "small files, made to be read")]

use std::fs;

use crate::desk::{Desk, Outcome};
use crate::workbooks::workbook;

/// A desk with a key.
fn desk() -> Desk {
    let desk = Desk::keyed();
    desk.write(
        "t.toml",
        "name = \"t\"\nperiod = \"quarter\"\n[input]\nuploads = \"uploads/*\"\ndecimal = \",\"\nthousands = \".\"\nencoding = \
         \"windows-1252\"\n[columns]\nemployee_id = \"Personalnummer\"\nbase_pay = \"Bruttolohn\"\njob_level = \"Stufe\"\n[defaults]\ncurrency \
         = \"EUR\"\npay_basis = \"month\"\n[dimensions]\nlevel = { from = \"job_level\" }\n[[tables]]\nname = \"t\"\nby = [\"level\"]\nmeasures \
         = [\"base_annual\"]\n[protection]\npreset = \"survey\"\n",
    );
    desk
}

fn pseudonymize(desk: &Desk, input: &str, content: impl AsRef<[u8]>, more: &[&str]) -> (Outcome, Option<String>) {
    let input = desk.write(input, content);
    let output = desk.path("out.csv");
    let _ = fs::remove_file(&output);
    let mut program = desk.program("pseudonymize");
    program.arg(input).arg(&output).args(["--company", "C001"]).args(more);
    let outcome = Outcome::of(&mut program);
    (outcome, fs::read(output).ok().map(|bytes| String::from_utf8(bytes).expect("UTF-8")))
}

/// A hundred rows, of which some have a quote in the middle of a text.
fn welders(end: &str) -> String {
    let title = |row: usize| if row.is_multiple_of(10) { "Pipe fitter 5\"" } else { "Welder" };
    let rows: String =
        (0..100).map(|row| format!("EMP{row:04},2026-09,{},{}{end}", title(row), 50_000 + row)).collect();
    format!("employee_id,period,job_title,base_pay{end}{rows}")
}

#[test]
fn every_row_is_there_under_a_pseudonym_whatever_its_quotes_and_line_ends() {
    let desk = desk();
    let mut written = Vec::new();
    for end in ["\n", "\r\n", "\r"] {
        let (outcome, output) = pseudonymize(&desk, "in.csv", welders(end), &[]);
        outcome.ends_with(0).tells("100 rows").hides("EMP00");
        let output = output.expect("a file");
        assert_eq!(output.lines().count(), 101);
        assert!(!output.contains("EMP") && !output.contains("Welder"), "only what was asked for");
        assert!(output.starts_with("employee_id,period,base_pay\n"));
        written.push(output);
    }
    assert!(written.windows(2).all(|pair| pair[0] == pair[1]));
    let (_, kept) = pseudonymize(&desk, "in.csv", welders("\r"), &["--keep", "Job Title"]);
    assert!(kept.expect("a file").contains("\"Pipe fitter 5\"\"\""), "written as any reader reads it");
}

#[test]
fn headers_and_values_of_people_are_refused_or_left_out() {
    let desk = desk();
    let datev = "Personalnummer;Mitarbeitername;Steueridentifikationsnummer;Rentenversicherungsnummer;Telefonnummer;Bruttolohn;Stufe\r\n\
                 00123;Muster, Erika;12345678901;12 010190 M 123;030 555 0100;3.250,50;E9\r\n\
                 00124;Muster, Max;12345678902;13 010191 M 124;030 555 0101;3.350,50;E9\r\n";
    let (outcome, output) = pseudonymize(&desk, "datev.csv", datev, &["--pipeline", "t.toml"]);
    let outcome = outcome.ends_with(3);
    for column in ["column 2", "column 3", "column 4", "column 5"] {
        outcome.tells(column);
    }
    outcome.hides("Erika").hides("00123").hides("010190");
    assert_eq!(output, None);
    let (outcome, output) = pseudonymize(&desk, "datev.csv", datev, &["--pipeline", "t.toml", "--drop-identifiers"]);
    outcome.ends_with(0);
    let output = output.expect("a file");
    assert!(output.contains(";3.250,50;E9"), "{output}");
    for hidden in ["00123", "Erika", "12345678901", "010190", "0100"] {
        assert!(!output.contains(hidden), "{hidden}");
    }
    let (outcome, output) = pseudonymize(
        &desk,
        "in.csv",
        "Personalnummer;Vorname;Bruttolohn\r\n00123;Erika;3.250,50\r\n",
        &["--id-header", "Personalnummer"],
    );
    outcome.ends_with(3).tells("\"Vorname\"");
    assert_eq!(output, None);
    let notes = "employee_id,base_pay,note\nE1,5,erika.muster@example.com\nE2,6,DE89370400440532013000\n";
    let (outcome, output) = pseudonymize(&desk, "in.csv", notes, &["--keep", "note"]);
    outcome.ends_with(3).tells("line 2, column note").hides("erika").hides("DE89");
    assert_eq!(output, None);
    let (outcome, output) = pseudonymize(&desk, "in.csv", notes, &[]);
    outcome.ends_with(0).tells("columns left out: note");
    assert!(!output.expect("a file").contains("example.com"));
}

#[test]
fn nothing_is_written_where_a_row_cannot_be() {
    let desk = desk();
    for (content, told) in [
        ("employee_id,base_pay\nE1,5\n,6\n", "line 3: the employee ID is empty"),
        ("employee_id,base_pay\nE1,5\nTotal,5\n", "line 3: the row is a total"),
        ("employee_id,base_pay\nE1,5\nE2\n", "line 3: 1 fields"),
        ("employee_id,base_pay\nE1,5\nE2,6,7\n", "line 3: 3 fields"),
        ("employee_id,base_pay\n", "no row below it"),
        ("employee_id,base_pay\nE1,\"5\n", "line 2: a quoted field"),
        ("employee_id,base_pay\na@example.com,5\n", "line 2, column employee_id"),
        ("staff,base_pay\nE1,5\n", "--id-header"),
    ] {
        let (outcome, output) = pseudonymize(&desk, "in.csv", content, &[]);
        outcome.ends_with(3).tells(told);
        assert_eq!(output, None, "{told}");
    }
    assert!(fs::read_dir(desk.path(".")).expect("a folder").all(|entry| {
        let name = entry.expect("an entry").file_name();
        !name.to_string_lossy().contains("partial")
    }));
}

/// What is written for a pipeline is read by that pipeline as the file itself would be.
#[test]
fn a_workbook_is_written_as_its_pipeline_reads_it() {
    let desk = desk();
    let sheet = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>Personalnummer</t></is></c><c r="B1" t="inlineStr"><is><t>Bruttolohn</t></is></c><c r="C1" t="inlineStr"><is><t>Stufe</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>00123</t></is></c><c r="B2"><v>3250.5</v></c><c r="C2" t="inlineStr"><is><t>Ä9</t></is></c></row>"#;
    let (outcome, output) = pseudonymize(&desk, "staff.xlsx", workbook(sheet), &["--pipeline", "t.toml"]);
    outcome.ends_with(0);
    let output = output.expect("a file");
    assert!(output.contains(",\"3250,5\",Ä9\n"), "{output}");
    assert!(!output.contains("00123"));
    let (_, same) = pseudonymize(
        &desk,
        "in.csv",
        "\u{feff}Personalnummer;Bruttolohn;Stufe\n00123;3250,5;Ä9\n",
        &["--pipeline", "t.toml"],
    );
    let id = |text: &str| text.lines().nth(1).expect("a row")[..32].to_owned();
    assert_eq!(id(&output), id(&same.expect("a file")), "one person, one pseudonym");
}

#[test]
fn no_other_column_of_ids_is_written() {
    let desk = desk();
    for content in
        ["employee_id,Employee ID,period\nE1,E9,2026-09\n", "employee_id,period,Personalnummer\nE1,2026-09,00123\n"]
    {
        let (outcome, output) = pseudonymize(&desk, "in.csv", content, &[]);
        outcome.ends_with(0);
        let output = output.expect("a file");
        assert!(!output.contains("E9") && !output.contains("00123"), "{output}");
    }
    let other = "employee_id,period,base_pay,Personalnummer\nE1,2026-09,5,00123\n";
    let (outcome, output) = pseudonymize(&desk, "in.csv", other, &["--id-header", "Personalnummer"]);
    outcome.ends_with(0);
    assert!(!output.expect("a file").contains("E1"));
    let managers: String = (0..9).map(|row| format!("E10{row},2026-09,E10{}\n", row % 3)).collect();
    let managers = format!("employee_id,period,manager_id\n{managers}");
    let (outcome, output) = pseudonymize(&desk, "in.csv", managers, &["--keep", "manager_id"]);
    outcome.ends_with(3).tells("employee IDs of this file");
    assert_eq!(output, None);
    let (outcome, output) = pseudonymize(&desk, "in.csv", "employee_id,base_pay\nE1,Mustermann 50000\n", &[]);
    outcome.ends_with(3).tells("line 2, column base_pay").hides("Mustermann");
    assert_eq!(output, None);
}

#[test]
fn only_a_file_of_its_own_is_written() {
    let desk = desk();
    let input = desk.write("in.csv", "employee_id,base_pay\nE1,5\n");
    fs::create_dir_all(desk.path("out/keys")).expect("a folder");
    fs::create_dir_all(desk.path("folder")).expect("a folder");
    for (output, told) in
        [("in.csv", "is the input"), ("folder", "no regular file"), ("out/keys/master.key", "beside the keys")]
    {
        let mut program = desk.program("pseudonymize");
        program.arg(&input).arg(desk.path(output)).args(["--company", "C001"]);
        Outcome::of(&mut program).ends_with(3).tells(told);
    }
    assert_eq!(fs::read_to_string(&input).expect("a file"), "employee_id,base_pay\nE1,5\n");
}

/// Whoever prepares a file at home and whoever takes it judge a column alike: by its header and by what the pipeline takes it for.
#[test]
fn a_kept_column_is_judged_as_intake_judges_it() {
    let desk = desk();
    desk.write(
        "codes.toml",
        "name = \"codes\"\nperiod = \"quarter\"\n[input]\nuploads = \"uploads/*\"\n[columns]\njob_code = \"Job Title\"\ntraining_hours = \
         \"Phone hours\"\n[defaults]\ncurrency = \"EUR\"\npay_basis = \"month\"\n[dimensions]\njob = { from = \"job_code\" \
         }\n[[tables]]\nname = \"t\"\nby = [\"job\"]\nmeasures = [\"base_annual\", \"training_hours\"]\n[protection]\npreset = \
         \"survey\"\n",
    );
    let codes = "employee_id,base_pay,Job Title,Phone hours\nE1,5,100-20-3000,4045.1205\nE2,6,100-20-3001,12.5\n";
    let (outcome, output) = pseudonymize(&desk, "in.csv", codes, &["--pipeline", "codes.toml"]);
    outcome.ends_with(0).tells("2 rows");
    assert!(output.expect("a file").contains("5,100-20-3000,4045.1205"));
}

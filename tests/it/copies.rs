//! Proves that copies of a release say what its Parquet file says, hold nothing that a spreadsheet would run, are the same in every
//! run, and that `verify` finds what somebody changed in them; and that `schema.json` describes the Parquet file.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use serde_json::Value;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::desk::{Desk, Outcome, copy_folder, entries, parquet, pipeline, quarterly, same_trees, tree};
use crate::tamper::edit_manifest;

/// A desk on which the samples were released with both copies.
struct Bench {
    desk: Desk,
    release: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let desk = Desk::keyed();
        let release = desk.does("run", &quarterly(), &["--also", "csv,xlsx"]).ends_with(0).release();
        Self { desk, release }
    }

    /// Verifies a copy of the release in which one file was changed, with a manifest that agrees with the change.
    fn after(&self, name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Outcome {
        let folder = self.desk.path("changed");
        let _ = fs::remove_dir_all(&folder);
        copy_folder(&self.release, &folder);
        let content = change(fs::read(folder.join(name)).expect("the file"));
        fs::write(folder.join(name), &content).expect("written");
        edit_manifest(&folder, |manifest| {
            let files = manifest["files"].as_array_mut().expect("files");
            let entry = files.iter_mut().find(|entry| entry["name"] == name).expect("the file is listed");
            entry["bytes"] = content.len().into();
            let digest = Sha256::digest(&content);
            entry["sha256"] = digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")).into();
        });
        Outcome::of(self.desk.program("verify").arg(&folder))
    }
}

fn names(folder: &Path) -> Vec<String> {
    entries(folder).map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect()
}

/// What a cell of the Parquet file says, in letters and exactly; nothing for null.
fn value(table: &RecordBatch, column: usize, row: usize) -> String {
    let array = table.column(column);
    if array.is_null(row) {
        return String::new();
    }
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        _ => array.as_primitive::<Float64Type>().value(row).to_string(),
    }
}

/// The fields of a plain CSV file: a small reader that knows quotes and nothing else.
fn fields(text: &str) -> Vec<Vec<String>> {
    let mut lines = vec![vec![String::new()]];
    let mut quoted = false;
    for character in text.chars() {
        let line = lines.last_mut().expect("a line");
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(String::new()),
            '\r' if !quoted => {}
            '\n' if !quoted => lines.push(vec![String::new()]),
            _ => line.last_mut().expect("a field").push(character),
        }
    }
    assert_eq!(lines.pop(), Some(vec![String::new()]), "the last line ends");
    lines
}

/// The files in a workbook.
fn parts(workbook: &[u8]) -> Vec<(String, String)> {
    let mut archive = ZipArchive::new(Cursor::new(workbook)).expect("a workbook");
    let names: Vec<String> = archive.file_names().map(|name| name.expect("a plain name").into_owned()).collect();
    let mut part = |name: String| {
        let mut text = String::new();
        archive.by_name(&name).expect("the part").read_to_string(&mut text).expect("text");
        (name, text)
    };
    names.into_iter().map(&mut part).collect()
}

/// The workbook with one part rewritten.
fn rewritten(workbook: &[u8], name: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (part, text) in parts(workbook) {
        writer.start_file(part.as_str(), SimpleFileOptions::default()).expect("a part");
        let text = if part == name { change(&text) } else { text };
        writer.write_all(text.as_bytes()).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

/// What stands between `start` and `end` behind each `start`.
fn between<'t>(text: &'t str, start: &str, end: &str) -> Vec<&'t str> {
    text.split(start).skip(1).map(|rest| rest.split(end).next().expect("an end")).collect()
}

/// The sheet of benchmarks, each cell with its place, whether it is a text, and what it says.
fn cells(workbook: &[u8]) -> Vec<(String, bool, String)> {
    let parts = parts(workbook);
    let part = |name: &str| &parts.iter().find(|(part, _)| part == name).expect("the part").1;
    let texts = between(part("xl/sharedStrings.xml"), "<t xml:space=\"preserve\">", "</t>");
    let cells = between(part("xl/worksheets/sheet1.xml"), "<c ", "</c>");
    let cell = |cell: &str| {
        let value = between(cell, "<v>", "</v>")[0];
        let text = cell.contains("t=\"s\"");
        let said = if text { texts[value.parse::<usize>().expect("a place")] } else { value };
        let said = said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        (between(cell, "r=\"", "\"")[0].to_owned(), text, said)
    };
    cells.into_iter().map(cell).collect()
}

#[test]
fn copies_say_cell_by_cell_what_the_parquet_file_says() {
    let Bench { desk, release } = Bench::new();
    let files = [
        "benchmarks.csv",
        "benchmarks.parquet",
        "benchmarks.xlsx",
        "dictionary.md",
        "manifest.json",
        "report.html",
        "schema.json",
    ];
    assert_eq!(names(&release), files);
    Outcome::of(desk.program("verify").arg(&release)).ends_with(0).tells(": 6 files");
    let table = parquet(&release.join("benchmarks.parquet"));
    let (rows, columns) = (table.num_rows(), table.num_columns());
    let names: Vec<String> = table.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert!(rows > 100 && table["p50"].null_count() < rows && table["p50"].null_count() > 0);

    let csv = fs::read_to_string(release.join("benchmarks.csv")).expect("UTF-8");
    let lines = fields(&csv);
    assert_eq!(lines[0], names);
    assert_eq!(lines.len(), rows + 1);
    for (row, line) in lines[1..].iter().enumerate() {
        let expected: Vec<String> = (0..columns).map(|column| value(&table, column, row)).collect();
        assert_eq!(*line, expected, "row {row}");
    }

    let found = cells(&fs::read(release.join("benchmarks.xlsx")).expect("a workbook"));
    let letter = |column: usize| char::from(b'A' + u8::try_from(column).expect("fewer than 26 columns"));
    let header = names.iter().enumerate().map(|(column, name)| (format!("{}1", letter(column)), true, name.clone()));
    let mut expected: Vec<(String, bool, String)> = header.collect();
    for row in 0..rows {
        let there = (0..columns).filter(|&column| table.column(column).is_valid(row));
        expected.extend(there.map(|column| {
            let text = *table.column(column).data_type() == DataType::Utf8;
            (format!("{}{}", letter(column), row + 2), text, value(&table, column, row))
        }));
    }
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}

#[test]
fn copies_are_the_same_bytes_in_every_run() {
    let release = |threads: &str| {
        let desk = Desk::keyed();
        let also = ["--also", "xlsx,csv", "--threads", threads];
        tree(&desk.does("run", &quarterly(), &also).ends_with(0).release())
    };
    let one = release("1");
    same_trees(&one, &release("2"));
    assert!(one.contains_key("benchmarks.xlsx"));
    let parts = parts(&one["benchmarks.xlsx"]);
    assert!(parts.iter().all(|(_, text)| !text.contains("created") && !text.contains("modified")), "no time is in it");
}

#[test]
fn with_copies_a_release_is_another_version_and_the_figures_stay() {
    let desk = Desk::keyed();
    let release = |also: &[&str]| desk.does("run", &quarterly(), also).ends_with(0).release();
    let plain = release(&[]);
    let with_csv = release(&["--also", "csv"]);
    assert!(plain.ends_with("v1") && with_csv.ends_with("v2"));
    assert_eq!(names(&with_csv).iter().filter(|name| name.starts_with("benchmarks")).count(), 2);
    assert!(release(&["--also", "csv"]).ends_with("v2"), "the same content is no new version");
    let bytes = |folder: &Path| fs::read(folder.join("benchmarks.parquet")).expect("the file");
    assert_eq!(bytes(&plain), bytes(&with_csv));
    let outcome = desk.does("release", &quarterly(), &["--also", "csv,xls"]);
    assert_eq!(outcome.code, 2);
    outcome.tells("possible values: csv, xlsx");
}

/// Six companies of one sector whose code a spreadsheet would take for a formula.
fn formulas(also: &str) -> Desk {
    let desk = Desk::keyed();
    let sections = format!(
        "[dimensions]\nsector = {{ from = \"company.sector\" }}\n\n[[tables]]\nname = \"by_sector\"\nby = [\"sector\"]\n\
         totals = false\nmeasures = [\"base_annual\"]\n\n[output]\nworkspace = \"workspace\"\n{also}"
    );
    desk.write("small.toml", pipeline("small", &sections));
    let mut register = "company_id,holding_id,sector\n".to_owned();
    for company in 1..=6 {
        register.extend(["K", &company.to_string(), ",,=1+1_K\n"]);
        let rows = (1..=4).map(|number| format!("{number},2026-Q3,{}\n", 20_000 + 5_000 * number + 100 * company));
        desk.write(
            &format!("uploads/K{company}.csv"),
            format!("employee_id,period,base_pay\n{}", rows.collect::<String>()),
        );
    }
    desk.write("companies.csv", register);
    desk
}

#[test]
fn a_code_that_looks_like_a_formula_cannot_run() {
    let desk = formulas("also = [\"xlsx\", \"csv\"]\n");
    let release = desk.run().ends_with(0).release();
    let table = parquet(&release.join("benchmarks.parquet"));
    assert_eq!(table["sector"].as_string::<i32>().value(0), "=1+1_K");
    assert_eq!(table["status"].as_string::<i32>().value(0), "published");
    let csv = fs::read_to_string(release.join("benchmarks.csv")).expect("UTF-8");
    assert!(csv.contains(",'=1+1_K,") && !csv.contains(",=1+1"), "{csv}");
    let workbook = fs::read(release.join("benchmarks.xlsx")).expect("a workbook");
    assert!(parts(&workbook).iter().all(|(_, text)| !text.contains("<f") || !text.contains("</f>")), "no formula");
    assert!(cells(&workbook).contains(&("C2".to_owned(), true, "=1+1_K".to_owned())));
    let dictionary = fs::read_to_string(release.join("dictionary.md")).expect("a dictionary");
    assert!(dictionary.contains("one more apostrophe in front"));
    Outcome::of(desk.program("verify").arg(&release)).ends_with(0);
}

#[test]
fn a_flag_takes_the_place_of_what_the_pipeline_asks_for() {
    let desk = formulas("also = \"xlsx\"\n");
    let release = desk.does("run", &desk.pipeline(), &["--also", "csv"]).ends_with(0).release();
    assert!(release.join("benchmarks.csv").exists() && !release.join("benchmarks.xlsx").exists());
    let wrong = formulas("also = [\"csv\", \"ods\"]\n");
    wrong.run().ends_with(3).tells("\"ods\" is no form of a copy").tells("write `\"csv\"` or `\"xlsx\"`");
}

#[test]
fn verify_finds_a_changed_csv() {
    let bench = Bench::new();
    let lines = |content: Vec<u8>, change: &dyn Fn(&mut Vec<String>)| {
        let text = String::from_utf8(content).expect("UTF-8");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        change(&mut lines);
        (lines.join("\r\n") + "\r\n").into_bytes()
    };
    let name = "benchmarks.csv";
    bench.after(name, |content| lines(content, &|_| {})).ends_with(0);
    let table = parquet(&bench.release.join("benchmarks.parquet"));
    let shown = (0..table.num_rows()).find(|&row| table["p50"].is_valid(row)).expect("a median");
    let median = table.schema().index_of("p50").expect("the column");
    let row = shown + 1;
    let changed = bench.after(name, |content| {
        lines(content, &|lines| {
            let mut cells: Vec<&str> = lines[row].split(',').collect();
            cells[median] = "17.5";
            lines[row] = cells.join(",");
        })
    });
    let told = format!("benchmarks.csv, row {row}: p50 says something else than benchmarks.parquet\n");
    changed.ends_with(3).tells(&told).hides("17.5");
    let shorter = bench.after(name, |content| lines(content, &|lines| drop(lines.pop())));
    shorter.ends_with(3).tells("benchmarks.csv: has another number of rows");
    let renamed = bench.after(name, |content| lines(content, &|lines| lines[0] = lines[0].replace("p50", "p51")));
    renamed.ends_with(3).tells("benchmarks.csv: has other columns");
    let folder = bench.desk.path("plain");
    copy_folder(&bench.release, &folder);
    fs::write(folder.join(name), "table\r\n").expect("written");
    let outcome = Outcome::of(bench.desk.program("verify").arg(&folder)).ends_with(3);
    outcome.tells("benchmarks.csv: has another digest than the manifest says");
}

#[test]
fn verify_finds_a_changed_workbook() {
    let bench = Bench::new();
    let name = "benchmarks.xlsx";
    let sheet = "xl/worksheets/sheet1.xml";
    let after = |part: &str, change: &dyn Fn(&str) -> String| bench.after(name, |book| rewritten(&book, part, change));
    after(sheet, &str::to_owned).ends_with(0);
    let number = |text: &str, other: &str| {
        let (before, rest) = text.split_once("<c r=\"F2\">").expect("the level of the second dimension");
        let (_, rest) = rest.split_once("</c>").expect("the end of the cell");
        format!("{before}<c r=\"F2\">{other}</c>{rest}")
    };
    let changed = after(sheet, &|text| number(text, "<v>77</v>"));
    changed.ends_with(3).tells("benchmarks.xlsx, row 1:").tells("says something else").hides("77");
    after(sheet, &|text| number(text, "<f>1+1</f><v>2</v>")).ends_with(3).tells("benchmarks.xlsx: holds a formula");
    let renamed = after("xl/workbook.xml", &|text| text.replace("\"columns\"", "\"more\""));
    renamed.ends_with(3).tells("has other sheets than benchmarks, columns, about");
    // The first sheet is what the relations say, not what lies under its usual name.
    let swapped = after("xl/_rels/workbook.xml.rels", &|text| {
        text.replace("sheet1.xml", "x.xml").replace("sheet2.xml", "sheet1.xml").replace("x.xml", "sheet2.xml")
    });
    swapped.ends_with(3).tells("benchmarks.xlsx: has other columns");
    bench.after(name, |_| b"PK".to_vec()).ends_with(3).tells("benchmarks.xlsx: is no workbook");
}

#[test]
fn the_schema_describes_each_column_of_the_parquet_file() {
    let bench = Bench::new();
    let schema: Value =
        serde_json::from_slice(&fs::read(bench.release.join("schema.json")).expect("a schema")).expect("JSON");
    assert_eq!((&schema["profile"], &schema["path"]), (&"tabular-data-resource".into(), &"benchmarks.parquet".into()));
    let fields = schema["schema"]["fields"].as_array().expect("fields");
    let table = parquet(&bench.release.join("benchmarks.parquet"));
    assert_eq!(fields.len(), table.num_columns());
    for (place, (field, column)) in fields.iter().zip(table.schema().fields()).enumerate() {
        assert_eq!(field["name"], column.name().as_str());
        let kind = match column.data_type() {
            DataType::Utf8 => "string",
            DataType::Int64 => "integer",
            _ => "number",
        };
        assert_eq!(field["type"], kind);
        for key in ["description", "unit", "source"] {
            assert_eq!(field[key], column.metadata()[key].as_str(), "{} of {}", key, column.name());
        }
        let required = field["constraints"]["required"].as_bool().expect("said");
        assert_eq!(required, field.get("null").is_none(), "what null means is told where it may be");
        assert!(!required || table.column(place).null_count() == 0, "{}", column.name());
        if let Some(allowed) = field["constraints"]["enum"].as_array() {
            for row in 0..table.num_rows() {
                let found = value(&table, place, row);
                let known = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned) == found;
                assert!(allowed.iter().any(known), "{found} of {}", column.name());
            }
        }
    }
    let key = [
        "table",
        "period",
        "job",
        "job_level",
        "region",
        "region_level",
        "sector",
        "sector_level",
        "measure",
        "currency",
    ];
    assert_eq!(schema["schema"]["primaryKey"], Value::from(key.to_vec()));
    let place = |name: &str| table.schema().index_of(name).expect("the column");
    let keys: std::collections::BTreeSet<Vec<String>> =
        (0..table.num_rows()).map(|row| key.iter().map(|name| value(&table, place(name), row)).collect()).collect();
    assert_eq!(keys.len(), table.num_rows(), "the primary key tells rows apart");
    let region = fields.iter().find(|field| field["name"] == "region").expect("the field");
    let codes = region["codes"].as_array().expect("codes");
    assert!(codes.iter().any(|code| code["level"] == 2 && code["label"].is_string()), "labels of the classification");
    assert!(codes.iter().any(|code| code["code"] == "_T" && code["label"] == "total"));
    let other = |content: Vec<u8>| String::from_utf8(content).expect("JSON").replace("\"p50\"", "\"p51\"").into_bytes();
    bench.after("schema.json", other).ends_with(3).tells("schema.json: has other fields than benchmarks.parquet");
}

#[test]
fn the_dictionary_tells_of_columns_measures_codes_and_statuses() {
    let bench = Bench::new();
    let dictionary = fs::read_to_string(bench.release.join("dictionary.md")).expect("a dictionary");
    for text in [
        "| `p50` | number | unit | Median over employees. | `status` is suppressed,",
        "| `table` | text | name | The benchmark table that the row belongs to. | never null |",
        "- `suppressed`: ",
        "- `_T`: ",
        "- `_U`: ",
        "- `CODE_U`: ",
        "NAICS 2022: level 2 is the sector",
        "| `base_hourly` | distribution | currency per hour | higher is better | base_pay / hours",
        "| `base_hourly` | all values | without hours",
        "- `benchmarks.csv`: comma-separated",
        "- `benchmarks.xlsx`: an Excel workbook",
    ] {
        assert!(dictionary.contains(text), "{text:?} is not in\n{dictionary}");
    }
}

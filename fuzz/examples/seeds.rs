//! Writes the first inputs of each target, so that fuzzing does not begin with nothing.
//!
//! In: nothing. Out: files under `corpus/<target>/`. Invariant: seeds are what the tests of the parsers hold: their makers of workbooks, and
//! texts as exports have them.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use payquorum_fuzz::intake::workbook_maker::{Xlsx, ods, record, wide, xlsb};

const PART: &[u8] = b"\xff\xfePART\xff";

fn main() {
    let texts: [&[u8]; 8] = [
        b"employee_id,base_pay\nE1,100\nE2,\"1,200\"\n",
        b"a;b\r\n\"x \"\"y\"\"\";2\r\n\r\n3;4",
        b"a\tb\r1\t\"2\r3\"\r\"\"\t\r",
        b"1,5\" pipe,x\n\"open,2\n3,4\n",
        b"a,b\n1,\"pipe\n2,5\" pipe\n",
        b"\xef\xbb\xbfa,b\n\xef\xbb\xbf1,2\n",
        b"\"\"\"\",\"a\nb\" \n ,\" \"\n",
        b",,\n\n , \n\"\",\"\"\"\"\n",
    ];
    for (place, text) in texts.iter().enumerate() {
        for head in [[0, 0, 0, 0], [1, 3, 0, 0], [2, 1, 0, 2], [0, 17, 15, 5]] {
            seed("records", &format!("{place}-{}", head[1]), &[&head, *text].concat());
        }
    }
    let numbers = [
        "1234.5678",
        "-12.5",
        "+3",
        ".5",
        "7.",
        "12.00005",
        "15-",
        "3.250,50",
        "1,234,567.89",
        "\u{2212}1,234",
        "12,34,56,789.50",
        "1'200.-",
        "€ 1.234,50",
        "1 234,5 EUR",
        "(1,234.50)",
        "-$12",
        "kr. 12.500",
        "1.2E+05",
        "100000000000",
        "99999999999.99995",
        "1\u{202f}234,5\u{a0}€",
        "R$ 12",
        "12 zł",
        "0.00005000000000000000000000000001",
    ];
    for (place, text) in numbers.iter().enumerate() {
        let head = [place as u8, 1, 2, 3, place as u8 * 7, 0, 0, 0, 0];
        seed("numbers", &place.to_string(), &[&head, text.as_bytes()].concat());
    }
    let dates = [
        "2026-09-30",
        "30.09.2026",
        "9/30/2026",
        "20260930",
        "30-OCT-26",
        "30 Sep 2026",
        "2026-09-30 00:00:00",
        "30.9.26 0:00",
        "2026-09-30T00:00:00Z",
        "00.00.0000",
        "31.12.9999",
        "30-août-2026",
        "1 OKT 2026 00:00",
    ];
    for (place, text) in dates.iter().enumerate() {
        for form in 0..12_u8 {
            let head = [form * 5 + place as u8 % 5, 200, 255, 50, place as u8, form, 7, place as u8, 1];
            seed("dates", &format!("{place}-{form}"), &[&head, text.as_bytes()].concat());
        }
    }
    // The cases of the gate's own tests, a few of each list.
    let cases = Path::new("../src/intake/gate/cases");
    for list in ["codes.txt", "identifiers.txt"] {
        let text = fs::read_to_string(cases.join(list)).unwrap_or_default();
        let values = text.lines().filter_map(|line| line.split_once(": ")).flat_map(|(_, values)| values.split(" | "));
        for (place, value) in values.enumerate() {
            let (value, header) = value.split_once(" @ ").unwrap_or((value, "Position Code"));
            seed("gate", &format!("{list}-{place}"), format!("{header}\n{value}").as_bytes());
        }
    }
    for list in ["headers_refused.txt", "headers_harmless.txt"] {
        let text = fs::read_to_string(cases.join(list)).unwrap_or_default();
        for (place, line) in text.lines().filter(|line| !line.starts_with('#')).enumerate().step_by(5) {
            seed("gate", &format!("{list}-{place}"), format!("{line}\n{place}-45-6789").as_bytes());
        }
    }
    workbooks();
}

fn workbooks() {
    let cells = [
        r#"t="s"><v>0</v>"#,
        r#"t="inlineStr"><is><t>a&#10;b_x000D_c</t></is>"#,
        r#"s="5"><v>123</v>"#,
        r#"s="1"><v>45000.75</v>"#,
        r#"t="d"><v>2023-03-15T00:00:00Z</v>"#,
        r#"s="3"><v>0.35416</v>"#,
        r#"t="e"><v>#N/A</v>"#,
        r#"t="str"><f>"E"&amp;7</f><v>E7</v>"#,
        r#"t="b"><v>1</v>"#,
        r#"><f t="shared" si="0"/>"#,
        r#"s="6"><v>-1.5e300</v>"#,
    ];
    let row: String = cells.iter().zip('A'..).map(|(cell, column)| format!(r#"<c r="{column}2" {cell}</c>"#)).collect();
    let rows = format!(r#"<row r="2">{row}</row><row><c t="b"><v>0</v></c><c r="XFD7"/></row>"#);
    let texts =
        r#"<si><r><t xml:space="preserve">Ann  </t></r><r><t>Lee</t></r><rPh sb="0" eb="1"><t>x</t></rPh></si>"#;
    let after = r#"<calcPr calcId="124519" fullCalcOnLoad="1"/>"#;
    let book =
        Xlsx { after, properties: r#"date1904="1""#, ..Xlsx::sheet(rows).and("Notes", "hidden", "").texts(texts) };
    whole(0, &book.bytes());
    let cells = [
        r#"office:value-type="string"><text:p>Ann <text:s text:c="3"/><text:span>Lee</text:span></text:p>"#,
        r#"office:value-type="float" office:value="7.5"><text:p>007</text:p>"#,
        r#"office:value-type="date" office:date-value="2023-03-15T18:00:00">"#,
        r#"office:value-type="time" office:time-value="PT37H30M00S"><text:p>37:30</text:p>"#,
        r#"table:formula="of:=X()" office:value-type="string"><text:p>Err:508</text:p>"#,
        r#"office:value-type="boolean" office:boolean-value="true"><text:p>WAHR</text:p>"#,
        r#"table:number-columns-repeated="3" office:value-type="string" office:string-value="&#1;7"><office:annotation/>"#,
    ];
    let row: String = cells.iter().map(|cell| format!("<table:table-cell {cell}</table:table-cell>")).collect();
    let rows = format!(
        r#"<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row><table:table-row-group><table:table-row table:number-rows-repeated="2">{row}</table:table-row></table:table-row-group>"#
    );
    whole(2, &ods(&[("s", "shown", &rows), ("h", "hidden", "")]));
    let at = |column: u32, style: u32| [column.to_le_bytes(), style.to_le_bytes()].concat();
    let records: [(u16, Vec<u8>); 8] = [
        (2, [at(0, 5), (123_u32 << 2 | 2).to_le_bytes().to_vec()].concat()),
        (5, [at(1, 1), 45000.75_f64.to_le_bytes().to_vec()].concat()),
        (7, [at(2, 0), 0_u32.to_le_bytes().to_vec()].concat()),
        (6, [at(3, 0), wide("a,\"b\"")].concat()),
        (4, [at(4, 0), vec![1]].concat()),
        (9, [at(5, 3), 0.5_f64.to_le_bytes().to_vec(), vec![0; 4]].concat()),
        (11, [at(6, 0), vec![0x2a]].concat()),
        (13, [vec![0; 4], (7_u32 << 2 | 3).to_le_bytes().to_vec()].concat()),
    ];
    let cells: Vec<u8> = [record(0, &[0; 21])]
        .into_iter()
        .chain(records.iter().map(|(kind, bytes)| record(*kind, bytes)))
        .flatten()
        .collect();
    whole(1, &xlsb(&["id", "x"], &cells));
}

/// One seed with every part of a workbook, one for each part alone, and one with the package itself damaged.
fn whole(kind: u8, package: &[u8]) {
    let mut archive = zip::ZipArchive::new(Cursor::new(package)).expect("a package");
    let mut all = vec![kind, 0];
    for place in 0..archive.len() {
        let mut bytes = Vec::new();
        archive.by_index(place).expect("a part").read_to_end(&mut bytes).expect("read");
        let piece = [PART, &[place as u8], &bytes].concat();
        seed("workbook", &format!("{kind}-{place}"), &[&[kind, 0], piece.as_slice()].concat());
        all.extend(piece);
    }
    seed("workbook", &format!("{kind}-all"), &all);
    all[0] |= 0x80;
    all[1] = 0x14;
    seed("workbook", &format!("{kind}-damaged"), &[all.as_slice(), PART, &[255, 40, 0, 7]].concat());
}

fn seed(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new("corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("written");
}

//! The table of cell kinds by file kind, and the rules for rows and sheets.

use super::make::{Xlsx, ods, record, wide, xlsb};
use super::*;

const LONG: usize = 32_767;

/// A kind of cell: its name; what comes out; how the cell is written in `.xlsx`, in `.xlsb` (style, type of record,
/// value) and in `.ods`. A dash is a kind that the format does not have.
type Kind = (&'static str, &'static str, &'static str, (u8, u16, Vec<u8>), &'static str);

const NONE: &str = "-";

#[expect(clippy::too_many_lines, reason = "a table")]
fn kinds() -> Vec<Kind> {
    let real = |value: f64| value.to_le_bytes().to_vec();
    let rk = |value: i32| (value << 2 | 2).to_le_bytes().to_vec();
    let shared = |at: u32| at.to_le_bytes().to_vec();
    // A formula: its value, flags, and the tokens of `1`.
    let formula = |value: Vec<u8>| [value, vec![0, 0], vec![3, 0, 0, 0, 0x1E, 1, 0], vec![0; 4]].concat();
    let no = || (0, u16::MAX, Vec::new());
    vec![
        (
            "text with zeros",
            "00123",
            r#"t="s"><v>0</v>"#,
            (0, 7, shared(0)),
            r#"office:value-type="string"><text:p>00123</text:p>"#,
        ),
        (
            "text with zeros, in place",
            "00123",
            r#"t="inlineStr"><is><t>00123</t></is>"#,
            (0, 6, wide("00123")),
            r#"office:value-type="string" office:string-value="00123">"#,
        ),
        (
            "integer",
            "\u{1}7",
            "><v>7</v>",
            (0, 2, rk(7)),
            r#"office:value-type="float" office:value="7"><text:p>7</text:p>"#,
        ),
        (
            "integer as a float",
            "\u{1}7",
            "><v>7.0</v>",
            (0, 5, real(7.0)),
            r#"office:value-type="float" office:value="7.0"><text:p>7</text:p>"#,
        ),
        (
            "fraction",
            "\u{1}7.5",
            r#"t="n"><v>7.5</v>"#,
            (0, 5, real(7.5)),
            r#"office:value-type="float" office:value="7.5"><text:p>8</text:p>"#,
        ),
        (
            "shortest digits",
            "\u{1}0.1",
            "><v>0.10000000000000001</v>",
            (0, 5, real(0.1)),
            r#"office:value-type="float" office:value="0.1"><text:p>0.1</text:p>"#,
        ),
        (
            "never scientific",
            "\u{1}1250000000000000000000",
            "><v>1.25E+21</v>",
            (0, 5, real(1.25e21)),
            r#"office:value-type="float" office:value="1.25E+021"><text:p>1.25E+021</text:p>"#,
        ),
        (
            "digits beyond 15",
            "\u{1}12345678901234568",
            "><v>1.2345678901234568E16</v>",
            (0, 5, real(12_345_678_901_234_568.0)),
            r#"office:value-type="float" office:value="1.2345678901234568E16"><text:p>1.23E+16</text:p>"#,
        ),
        (
            "number shown with zeros",
            "00123",
            r#"s="5"><v>123</v>"#,
            (5, 2, rk(123)),
            r#"office:value-type="float" office:value="123"><text:p>00123</text:p>"#,
        ),
        (
            "negative zero",
            "\u{1}0",
            "><v>-0</v>",
            (0, 5, real(-0.0)),
            r#"office:value-type="float" office:value="-0"><text:p>0</text:p>"#,
        ),
        (
            "date",
            "\u{2}2023-03-15",
            r#"s="1"><v>45000</v>"#,
            (1, 2, rk(45_000)),
            r#"office:value-type="date" office:date-value="2023-03-15"><text:p>15.03.23</text:p>"#,
        ),
        (
            "date with a time",
            "\u{2}2023-03-15",
            r#"s="2"><v>45000.75</v>"#,
            (2, 5, real(45_000.75)),
            r#"office:value-type="date" office:date-value="2023-03-15T18:00:00"><text:p>15.03.23 18:00</text:p>"#,
        ),
        (
            "date, a millisecond's error before midnight",
            "\u{2}2023-03-16",
            r#"s="2"><v>45000.9999999999</v>"#,
            (2, 5, real(45_000.999_999_999_9)),
            NONE,
        ),
        (
            "date in ISO 8601",
            "\u{2}2023-03-15",
            r#"t="d"><v>2023-03-15T00:00:00Z</v>"#,
            no(),
            r#"office:value-type="date" office:date-value="2023-03-15T00:00:00"><text:p/>"#,
        ),
        ("date in a locale's format", "\u{2}2023-03-15", r#"s="7"><v>45000</v>"#, (7, 2, rk(45_000)), NONE),
        (
            "0 as a date",
            "",
            r#"s="1"><v>0</v>"#,
            (1, 2, rk(0)),
            r#"office:value-type="date" office:date-value="1899-12-30"><text:p>30.12.1899</text:p>"#,
        ),
        ("29 February 1900", "\u{3}", r#"s="1"><v>60</v>"#, (1, 2, rk(60)), NONE),
        ("a date before dates", "\u{3}", r#"s="1"><v>-5</v>"#, (1, 2, rk(-5)), NONE),
        (
            "time of day",
            "\u{5}8.5",
            r#"s="3"><v>0.354166666666667</v>"#,
            (3, 5, real(8.5 / 24.0)),
            r#"office:value-type="time" office:time-value="PT08H30M00S"><text:p>08:30</text:p>"#,
        ),
        (
            "no time",
            "\u{5}0",
            r#"s="3"><v>0</v>"#,
            (3, 2, rk(0)),
            r#"office:value-type="time" office:time-value="PT00H00M00S">"#,
        ),
        (
            "duration",
            "\u{5}37.5",
            r#"s="4"><v>1.5625</v>"#,
            (4, 5, real(1.5625)),
            r#"office:value-type="time" office:time-value="PT37H30M00S"><text:p>37:30</text:p>"#,
        ),
        (
            "duration in thirds of an hour",
            "\u{5}37.333333333333336",
            r#"s="4"><v>1.55555555555556</v>"#,
            (4, 5, real(1.555_555_555_555_56)),
            r#"office:value-type="time" office:time-value="PT37H20M00S"><text:p>37:20</text:p>"#,
        ),
        (
            "error",
            "\u{3}",
            r#"t="e"><v>#N/A</v>"#,
            (0, 3, vec![0x2A]),
            r#"table:formula="of:=NA()" office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>#N/A</text:p>"#,
        ),
        ("error without a name", "\u{3}", r#"t="e"><v/>"#, no(), NONE),
        ("value on a line of its own", "\u{1}7", "><v>\n7\n</v>", no(), NONE),
        (
            "error of a formula",
            "\u{3}",
            r#"t="e"><f>1/0</f><v>#DIV/0!</v>"#,
            (0, 11, formula(vec![7])),
            r#"table:formula="of:=1/0" office:value-type="float" office:value="0"><text:p>#DIV/0!</text:p>"#,
        ),
        (
            "error of a new kind",
            "\u{3}",
            r#"t="e"><v>#SPILL!</v>"#,
            (0, 3, vec![0x99]),
            r#"table:formula="of:=X()" office:value-type="string"><text:p>Err:508</text:p>"#,
        ),
        (
            "formula",
            "\u{1}7",
            "><f>1+6</f><v>7</v>",
            (0, 9, formula(real(7.0))),
            r#"table:formula="of:=1+6" office:value-type="float" office:value="7"><text:p>7</text:p>"#,
        ),
        (
            "formula with a text",
            "E7",
            r#"t="str"><f>"E"&amp;7</f><v>E7</v>"#,
            (0, 8, formula(wide("E7"))),
            r#"table:formula="of:=&quot;E&quot;&amp;7" office:value-type="string" office:string-value="E7"><text:p>E7</text:p>"#,
        ),
        (
            "formula with an empty text",
            "",
            r#"t="str"><f>""</f><v></v>"#,
            (0, 8, formula(wide(""))),
            r#"table:formula="of:=&quot;&quot;" office:value-type="string" office:string-value=""><text:p/>"#,
        ),
        ("formula never calculated", "\u{3}", "><f>1+6</f>", no(), r#"table:formula="of:=1+6">"#),
        (
            "formula never calculated, with an empty value",
            "\u{3}",
            "><f>1+6</f><v/>",
            no(),
            r#"table:formula="of:=1+6" office:value-type="float"><text:p/>"#,
        ),
        ("shared formula never calculated", "\u{3}", r#"><f t="shared" si="0"/>"#, no(), NONE),
        (
            "boolean",
            "\u{4}1",
            r#"t="b"><v>1</v>"#,
            (0, 4, vec![1]),
            r#"office:value-type="boolean" office:boolean-value="true"><text:p>WAHR</text:p>"#,
        ),
        ("boolean of a formula", "\u{4}0", r#"t="b"><f>A1=2</f><v>0</v>"#, (0, 10, formula(vec![0])), NONE),
        ("empty text", "", r#"t="s"><v>1</v>"#, (0, 7, shared(1)), r#"office:value-type="string"><text:p/>"#),
        ("blank", "", r#"s="1">"#, (1, 1, Vec::new()), r#"table:style-name="x">"#),
        (
            "percent",
            "\u{1}0.5",
            r#"s="6"><v>0.5</v>"#,
            (6, 5, real(0.5)),
            r#"office:value-type="percentage" office:value="0.5"><text:p>50.00%</text:p>"#,
        ),
        (
            "amount of money",
            "\u{1}48000",
            NONE,
            no(),
            r#"office:value-type="currency" office:currency="EUR" office:value="48000"><text:p>48.000 €</text:p>"#,
        ),
        (
            "rich text",
            "Ann  Lee",
            r#"t="s"><v>2</v>"#,
            (0, 62, [vec![1], wide("Ann  Lee")].concat()),
            r#"office:value-type="string"><text:p>Ann <text:s/><text:span text:style-name="b">Lee</text:span></text:p>"#,
        ),
        (
            "text with a comment",
            "E7",
            NONE,
            no(),
            r#"office:value-type="string"><office:annotation><text:p>from SAP</text:p></office:annotation><text:p>E7</text:p>"#,
        ),
        (
            "number stored as text",
            "1,234.50",
            r#"t="s"><v>3</v>"#,
            (0, 7, shared(3)),
            r#"office:value-type="string"><text:p>1,234.50</text:p>"#,
        ),
        (
            "line breaks and control characters",
            "a b\tc d",
            r#"t="inlineStr"><is><t>a&#10;b&#9;_x0001_c_x000D__x000A_d</t></is>"#,
            (0, 6, wide("a\nb\t\u{1}c\r\nd")),
            r#"office:value-type="string"><text:p>a</text:p><text:p>b<text:tab/>c<text:line-break/>d</text:p>"#,
        ),
        (
            "quotes",
            "5\" Pipe, \"A\"",
            r#"t="inlineStr"><is><t>5" Pipe, &quot;A&quot;</t></is>"#,
            (0, 6, wide("5\" Pipe, \"A\"")),
            r#"office:value-type="string"><text:p>5" Pipe, &quot;A&quot;</text:p>"#,
        ),
        (
            "value in a CDATA section",
            "\u{1}7",
            "><v><![CDATA[7]]></v>",
            no(),
            r#"office:value-type="string" office:string-value="&#1;7"><text:p>&#1;7</text:p>"#,
        ),
    ]
}

/// Row by row: the name of the kind, the cell, and a full stop.
fn check(kind: BookKind, bytes: &[u8], kinds: &[(&str, &str)]) {
    let text = text_of(kind, bytes, None, None).expect("read");
    let records = records(&text);
    assert_eq!(records.len(), kinds.len());
    for (record, (name, out)) in records.iter().zip(kinds) {
        assert_eq!(record.as_slice(), &[*name, *out, "."], "{kind:?}");
    }
}

#[test]
fn every_kind_of_cell_in_xlsx() {
    let kinds: Vec<_> = kinds().into_iter().filter(|kind| kind.2 != NONE).collect();
    let text = |text: &str| format!(r#"t="inlineStr"><is><t>{text}</t></is>"#);
    let rows: String = kinds
        .iter()
        .map(|(name, _, cell, ..)| format!("<row><c {}</c><c {cell}</c><c {}</c></row>", text(name), text(".")))
        .collect();
    let texts = r#"<si><t>00123</t></si><si><t/></si><si><r><t xml:space="preserve">Ann  </t></r><r><rPr><b/></rPr><t>Lee</t></r><rPh sb="0" eb="1"><t>x</t></rPh></si><si><t>1,234.50</t></si>"#;
    let out: Vec<_> = kinds.iter().map(|kind| (kind.0, kind.1)).collect();
    check(BookKind::Xlsx, &Xlsx::sheet(rows).texts(texts).bytes(), &out);
}

#[test]
fn every_kind_of_cell_in_xlsb() {
    let kinds: Vec<_> = kinds().into_iter().filter(|kind| kind.3.1 != u16::MAX).collect();
    let cell = |column: u32, style: u8, kind: u16, value: &[u8]| {
        record(kind, &[&column.to_le_bytes()[..], &[style, 0, 0, 0], value].concat())
    };
    let mut rows = Vec::new();
    for (row, (name, _, _, (style, kind, value), _)) in kinds.iter().enumerate() {
        let row = u32::try_from(row).expect("few").to_le_bytes();
        rows.extend(record(0, &[&row[..], &[0; 17]].concat()));
        rows.extend([cell(0, 0, 6, &wide(name)), cell(1, *style, *kind, value), cell(2, 0, 6, &wide("."))].concat());
    }
    let out: Vec<_> = kinds.iter().map(|kind| (kind.0, kind.1)).collect();
    check(BookKind::Xlsb, &xlsb(&["00123", "", "", "1,234.50"], &rows), &out);
}

#[test]
fn every_kind_of_cell_in_ods() {
    let kinds: Vec<_> =
        kinds().into_iter().filter(|kind| kind.4 != NONE && kind.0 != "value in a CDATA section").collect();
    let text = |text: &str| {
        format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#)
    };
    let rows: String = kinds
        .iter()
        .map(|(name, .., cell)| {
            let cell = format!("<table:table-cell {cell}</table:table-cell>");
            format!("<table:table-row>{}{cell}{}</table:table-row>", text(name), text("."))
        })
        .collect();
    let out: Vec<_> = kinds.iter().map(|kind| (kind.0, kind.1)).collect();
    check(BookKind::Ods, &ods(&[("Sheet1", "shown", &rows)]), &out);
}

/// Cells that follow each other without a column, as some programs write them to save space.
#[test]
fn short_records_of_xlsb_stand_right_of_the_cell_before() {
    let style = [0; 4];
    let cells = [
        record(0, &[0; 21]),
        record(17, &[&style[..], &wide("id")].concat()),
        record(12, &style),
        record(18, &[&style[..], &1_u32.to_le_bytes()].concat()),
        record(7, &[&5_u32.to_le_bytes()[..], &style, &0_u32.to_le_bytes()].concat()),
        record(13, &[&style[..], &(700_i32 << 2 | 3).to_le_bytes()].concat()),
        record(14, &[&style[..], &[7]].concat()),
        record(15, &[&style[..], &[1]].concat()),
        record(16, &[&style[..], &7.5_f64.to_le_bytes()].concat()),
    ];
    let text = text_of(BookKind::Xlsb, &xlsb(&["a", "b"], &cells.concat()), None, None);
    assert_eq!(text.as_deref(), Ok("id,,b,,,a,\u{1}7,\u{3},\u{4}1,\u{1}7.5\n"));
}

#[test]
fn a_long_text_is_whole_and_a_longer_one_refused() {
    let sheet = |length: usize| {
        let text = "ä".repeat(length);
        Xlsx::sheet(format!(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row>"#)).bytes()
    };
    assert_eq!(text_of(BookKind::Xlsx, &sheet(LONG), None, None), Ok("ä".repeat(LONG) + "\n"));
    let error = text_of(BookKind::Xlsx, &sheet(1 << 20), None, None).expect_err("refused");
    assert!(error.contains("a single value takes more than 1 MiB"), "{error}");
    let error = text_of(BookKind::Xlsx, &sheet(1 << 22), None, None).expect_err("refused");
    assert!(error.contains("too large"), "{error}");
}

#[test]
fn dates_are_counted_from_1904_where_the_workbook_says_so() {
    let rows =
        r#"<row r="1"><c r="A1" s="1"><v>43538</v></c><c r="B1" s="1"><v>0</v></c><c r="C1" s="1"><v>1</v></c></row>"#;
    for (properties, out) in
        [("date1904=\"1\"", "\u{2}2023-03-15,,\u{2}1904-01-02\n"), ("", "\u{2}2019-03-14,,\u{2}1900-01-01\n")]
    {
        let book = Xlsx { properties, ..Xlsx::sheet(rows) };
        assert_eq!(text_of(BookKind::Xlsx, &book.bytes(), None, None).as_deref(), Ok(out));
    }
}

/// Programs that cannot calculate write 0 as the value of each formula and ask for a calculation on opening.
#[test]
fn a_zero_that_waits_for_calculation_is_a_fault() {
    let rows =
        r#"<row r="1"><c r="A1"><f>1+6</f><v>0</v></c><c r="B1"><f>1+6</f><v>7</v></c><c r="C1"><v>0</v></c></row>"#;
    let book = Xlsx { after: r#"<calcPr calcId="124519" fullCalcOnLoad="1"/>"#, ..Xlsx::sheet(rows) };
    assert_eq!(text_of(BookKind::Xlsx, &book.bytes(), None, None).as_deref(), Ok("\u{3},\u{1}7,\u{1}0\n"));
    let book = Xlsx::sheet(rows).bytes();
    assert_eq!(text_of(BookKind::Xlsx, &book, None, None).as_deref(), Ok("\u{1}0,\u{1}7,\u{1}0\n"));
}

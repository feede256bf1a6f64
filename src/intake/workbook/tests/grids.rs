//! Grids of any texts and numbers, written as each kind of workbook and read back; and damaged ones.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::make::{Xlsx, ods, package, record, wide, xlsb};
use super::*;

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Number(f64),
}

type Grid = BTreeMap<(u8, u8), Value>;

fn grids() -> impl Strategy<Value = Grid> {
    let text = prop_oneof![
        "[ -~]{1,12}",
        "[a-zäß€😀\"',;\t\n]{1,8}",
        Just("00123".to_owned()),
        Just("_x0041_".to_owned()),
        Just("\u{1}7".to_owned())
    ];
    let number = prop_oneof![
        any::<i32>().prop_map(f64::from),
        (0_i64..10_000_000_000)
            .prop_map(|cents| f64::from(i32::try_from(cents % 2_000_000_000).expect("fits")) / 100.0),
        proptest::num::f64::NORMAL
    ];
    let value = prop_oneof![text.prop_map(Value::Text), number.prop_map(Value::Number)];
    proptest::collection::btree_map((0_u8..40, 0_u8..12), value, 1..60)
}

fn escaped(text: &str) -> String {
    text.chars().filter(|&character| character >= ' ' || character == '\t' || character == '\n').fold(
        String::new(),
        |mut all, character| {
            match character {
                '&' => all.push_str("&amp;"),
                '<' => all.push_str("&lt;"),
                '"' => all.push_str("&quot;"),
                other => all.push(other),
            }
            all
        },
    )
}

fn rows_of<T>(grid: &Grid, mut cell: impl FnMut(u8, u8, &Value) -> T) -> Vec<(u8, Vec<T>)> {
    let mut rows: Vec<(u8, Vec<T>)> = Vec::new();
    for (&(row, column), value) in grid {
        if rows.last().is_none_or(|(last, _)| *last != row) {
            rows.push((row, Vec::new()));
        }
        rows.last_mut().expect("a row").1.push(cell(row, column, value));
    }
    rows
}

fn as_xlsx(grid: &Grid) -> Vec<u8> {
    let mut texts = String::new();
    let mut count = 0;
    let rows = rows_of(grid, |row, column, value| {
        let at = format!("{}{}", char::from(b'A' + column), row + 1);
        match value {
            Value::Number(number) => format!(r#"<c r="{at}"><v>{number:e}</v></c>"#),
            Value::Text(text) => {
                let text = escaped(&text.replace("_x", "_x005F_x"));
                texts += &format!(r#"<si><t xml:space="preserve">{text}</t></si>"#);
                count += 1;
                format!(r#"<c r="{at}" t="s"><v>{}</v></c>"#, count - 1)
            }
        }
    });
    let rows: String =
        rows.iter().map(|(row, cells)| format!(r#"<row r="{}">{}</row>"#, row + 1, cells.concat())).collect();
    Xlsx::sheet(rows).texts(&texts).bytes()
}

fn as_xlsb(grid: &Grid) -> Vec<u8> {
    let mut texts = Vec::new();
    let rows = rows_of(grid, |_, column, value| {
        let head = [u32::from(column).to_le_bytes(), [0; 4]].concat();
        match value {
            Value::Number(number) => record(5, &[&head[..], &number.to_le_bytes()].concat()),
            Value::Text(text) if column % 2 == 0 => record(6, &[head, wide(text)].concat()),
            Value::Text(text) => {
                texts.push(text.clone());
                let place = u32::try_from(texts.len() - 1).expect("few");
                record(7, &[&head[..], &place.to_le_bytes()].concat())
            }
        }
    });
    let head = |row: u8| record(0, &[&u32::from(row).to_le_bytes()[..], &[0; 17]].concat());
    let cells: Vec<u8> = rows.iter().flat_map(|(row, cells)| [head(*row), cells.concat()].concat()).collect();
    xlsb(&texts.iter().map(String::as_str).collect::<Vec<_>>(), &cells)
}

fn as_ods(grid: &Grid) -> Vec<u8> {
    let mut next = 0;
    let blanks = |count: u8| match count {
        0 => String::new(),
        count => format!(r#"<table:table-cell table:number-columns-repeated="{count}"/>"#),
    };
    let mut last = 0;
    let rows = rows_of(grid, |row, column, value| {
        if row != last {
            (last, next) = (row, 0);
        }
        let before = blanks(column - next);
        next = column + 1;
        match value {
            Value::Number(number) => format!(
                r#"{before}<table:table-cell office:value-type="float" office:value="{number:e}"><text:p>x</text:p></table:table-cell>"#
            ),
            Value::Text(text) => {
                let text = escaped(text).replace(' ', "<text:s/>").replace('\t', "<text:tab/>");
                let text = text.replace('\n', "</text:p><text:p>");
                format!(
                    r#"{before}<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#
                )
            }
        }
    });
    let mut all = String::new();
    let mut next = 0;
    for (row, cells) in rows {
        if row > next {
            all += &format!(
                r#"<table:table-row table:number-rows-repeated="{}"><table:table-cell/></table:table-row>"#,
                row - next
            );
        }
        all += &format!("<table:table-row>{}</table:table-row>", cells.concat());
        next = row + 1;
    }
    ods(&[("s", "shown", &all)])
}

/// What must come out: texts without control characters, numbers that mean the same.
fn same(field: &str, value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            let digits = field.strip_prefix(NUMBER);
            digits.is_some_and(|digits| !digits.contains(['e', 'E']) && digits.parse() == Ok(*number))
        }
        Value::Text(text) => field == text.replace('\n', " ").replace('\u{1}', ""),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_grid_is_read_back_from_every_kind_of_file(grid in grids()) {
        let files =
            [(BookKind::Xlsx, as_xlsx(&grid)), (BookKind::Xlsb, as_xlsb(&grid)), (BookKind::Ods, as_ods(&grid))];
        for (kind, bytes) in files {
            let text = text_of(kind, &bytes, None, None).map_err(TestCaseError::fail)?;
            let records = records(&text);
            let last = grid.keys().next_back().expect("a cell").0;
            prop_assert_eq!(records.len(), usize::from(last) + 1, "{:?}", kind);
            let width = records[usize::from(grid.keys().next().expect("a cell").0)].len();
            for (row, record) in records.iter().enumerate() {
                let blank = record.len() == 1 && record[0].is_empty();
                prop_assert!(blank || record.len() >= width || row < usize::from(grid.keys().next().expect("a cell").0));
                for (column, field) in record.iter().enumerate() {
                    let place = (u8::try_from(row).expect("few"), u8::try_from(column).expect("few"));
                    let same = grid.get(&place).map_or(field.is_empty(), |value| same(field, value));
                    prop_assert!(same, "{kind:?} {place:?} {field:?}");
                }
            }
        }
    }

    /// Bytes changed at random are read, or refused; nothing panics, and nothing takes long.
    #[test]
    fn damage_ends_in_an_error_or_a_stream(grid in grids(), changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6), which in 0..3) {
        let (kind, mut parts) = match which {
            0 => (BookKind::Xlsx, parts_of(&as_xlsx(&grid))),
            1 => (BookKind::Xlsb, parts_of(&as_xlsb(&grid))),
            _ => (BookKind::Ods, parts_of(&as_ods(&grid))),
        };
        let total: usize = parts.iter().map(|(_, bytes)| bytes.len()).sum();
        for (place, byte) in changes {
            let mut place = place % total;
            for (_, bytes) in &mut parts {
                if let Some(target) = bytes.get_mut(place) {
                    *target = byte;
                    break;
                }
                place -= bytes.len();
            }
        }
        let parts: Vec<_> = parts.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
        let _ = text_of(kind, &package(&parts), None, None);
    }
}

fn parts_of(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("opened");
    let count = archive.len();
    let part = |place| {
        let mut part = archive.by_index(place).expect("part");
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).expect("read");
        (part.name().expect("name").into_owned(), bytes)
    };
    (0..count).map(part).collect()
}

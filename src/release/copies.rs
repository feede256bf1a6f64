//! Copies of `benchmarks.parquet` for programs that do not read Parquet.
//!
//! In: the rows of a release; later its finished files. Out: the bytes of the copies; later each [`Fault`] of a copy.
//! Invariant: a copy says what the Parquet file says, cell by cell, and holds nothing that a spreadsheet would compute. Copies are
//! read back with other code than wrote them, and compared with what Polars reads in the Parquet file.

use std::borrow::Cow;

use arrow::array::{Array, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use polars::prelude::{AnyValue, DataFrame};

use super::benchmarks::columns;
use super::dictionary::about;
use super::publish::ReleaseError;
use super::verify::Fault;
use super::{csv, workbook, xlsx};
use crate::disclose::SafeTable;
use crate::pipeline::{CopyFormat, Pipeline};

/// The names of copies.
pub(super) const CSV: &str = "benchmarks.csv";
pub(super) const XLSX: &str = "benchmarks.xlsx";

/// A cell of a copy.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'c> {
    /// Nothing: null.
    Nothing,
    /// A text.
    Text(Cow<'c, str>),
    /// A number.
    Number(f64),
    /// What CSV has between two commas: its reader must know what it should be.
    Untyped(Cow<'c, str>),
}

/// A column of the rows.
pub(super) enum Values<'b> {
    Texts(&'b StringArray),
    Counts(&'b Int64Array),
    Figures(&'b Float64Array),
}

impl<'b> Values<'b> {
    /// The columns of the rows, in order.
    pub(super) fn of(batch: &'b RecordBatch) -> Vec<Self> {
        let values = |array: &'b dyn Array| match array.data_type() {
            DataType::Utf8 => Self::Texts(array.as_string()),
            DataType::Int64 => Self::Counts(array.as_primitive::<Int64Type>()),
            _ => Self::Figures(array.as_primitive::<Float64Type>()),
        };
        batch.columns().iter().map(|array| values(array.as_ref())).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of people and companies are far below 2^53")]
    pub(super) fn cell(&self, row: usize) -> Cell<'b> {
        match self {
            Self::Texts(texts) if texts.is_valid(row) => Cell::Text(Cow::Borrowed(texts.value(row))),
            Self::Counts(counts) if counts.is_valid(row) => Cell::Number(counts.value(row) as f64),
            Self::Figures(figures) if figures.is_valid(row) => Cell::Number(figures.value(row)),
            _ => Cell::Nothing,
        }
    }
}

/// The copies that a pipeline asks for, each with its name.
pub(super) fn encode(
    batch: &RecordBatch,
    table: &SafeTable,
    pipeline: &Pipeline,
) -> Result<Vec<(&'static str, Vec<u8>)>, ReleaseError> {
    let copy = |format: &CopyFormat| {
        Ok(match format {
            CopyFormat::Csv => (CSV, csv::write(batch)),
            CopyFormat::Xlsx => (XLSX, xlsx::write(batch, &columns(pipeline), &about(table, pipeline))?),
        })
    };
    pipeline.also.iter().map(copy).collect()
}

/// What is wrong with a file, where it is a copy, beside the Parquet file as Polars reads it.
pub(super) fn faults(name: &str, content: &[u8], frame: &DataFrame) -> Vec<Fault> {
    let mut comparison = Comparison { frame, lines: 0, differing: 0, first: None };
    let mut take = |cells: &[Cell<'_>]| comparison.take(cells);
    let read = match name {
        CSV => csv::read(content, &mut take),
        XLSX => workbook::read(content, &mut take),
        _ => return Vec::new(),
    };
    let fault = |row: Option<usize>, what: String| Fault { file: name.to_owned(), row, what };
    match read {
        Err(what) => vec![fault(None, what)],
        Ok(()) => comparison.outcome().into_iter().map(|(row, what)| fault(row, what)).collect(),
    }
}

/// A comparison that takes a copy row by row, its header first.
struct Comparison<'f> {
    frame: &'f DataFrame,
    lines: usize,
    differing: usize,
    first: Option<(Option<usize>, String)>,
}

impl Comparison<'_> {
    fn take(&mut self, cells: &[Cell<'_>]) {
        let line = self.lines;
        self.lines += 1;
        let Some(what) = (if line == 0 { self.header_fault(cells) } else { self.row_fault(line - 1, cells) }) else {
            return;
        };
        self.differing += 1;
        self.first.get_or_insert(((line > 0).then_some(line), what));
    }

    fn header_fault(&self, cells: &[Cell<'_>]) -> Option<String> {
        let names = self.frame.columns().iter().map(|column| column.name().as_str());
        let same = names.eq(cells.iter().map(|cell| match cell {
            Cell::Text(text) | Cell::Untyped(text) => text.as_ref(),
            _ => "",
        }));
        (!same).then(|| "has other columns than benchmarks.parquet".to_owned())
    }

    fn row_fault(&self, row: usize, cells: &[Cell<'_>]) -> Option<String> {
        if row >= self.frame.height() {
            return Some("is not in benchmarks.parquet".to_owned());
        }
        if cells.len() > self.frame.width() {
            return Some("has more cells than there are columns".to_owned());
        }
        let differs = |(place, column): &(usize, &polars::prelude::Column)| {
            let cell = cells.get(*place).unwrap_or(&Cell::Nothing);
            !column.get(row).is_ok_and(|value| agrees(&value, cell))
        };
        let (_, column) = self.frame.columns().iter().enumerate().find(differs)?;
        Some(format!("{} says something else than benchmarks.parquet", column.name()))
    }

    /// The first row that differs, and how many there are.
    fn outcome(self) -> Vec<(Option<usize>, String)> {
        let mut faults = Vec::new();
        if let Some((row, what)) = self.first {
            let more = match self.differing - 1 {
                0 => String::new(),
                more => format!(" (and {more} further lines differ)"),
            };
            faults.push((row, what + &more));
        }
        if self.lines != self.frame.height() + 1 {
            faults.push((None, "has another number of rows than benchmarks.parquet".to_owned()));
        }
        faults
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of people and companies are far below 2^53")]
fn agrees(value: &AnyValue<'_>, cell: &Cell<'_>) -> bool {
    // Polars owns the text where a column says the same in all of its rows.
    if let Some(text) = value.get_str() {
        return match cell {
            Cell::Text(found) => text == found.as_ref(),
            Cell::Untyped(found) => csv::unguarded(found) == Some(text),
            _ => false,
        };
    }
    match (value, cell) {
        (AnyValue::Null, Cell::Nothing) => true,
        (AnyValue::Int64(count), Cell::Number(found)) => (*count as f64).total_cmp(found).is_eq(),
        (AnyValue::Int64(count), Cell::Untyped(found)) => found.parse() == Ok(*count),
        (AnyValue::Float64(figure), Cell::Number(found)) => figure.total_cmp(found).is_eq(),
        (AnyValue::Float64(figure), Cell::Untyped(found)) => {
            found.parse().is_ok_and(|found: f64| figure.total_cmp(&found).is_eq())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn untyped(text: &str) -> Cell<'_> {
        Cell::Untyped(Cow::Borrowed(text))
    }

    #[test]
    fn a_cell_agrees_with_its_own_value_only() {
        let text = |text: &'static str| AnyValue::String(text);
        for (value, cell, expected) in [
            (AnyValue::Null, Cell::Nothing, true),
            (AnyValue::Null, Cell::Number(0.0), false),
            (AnyValue::Float64(0.1), Cell::Number(0.1), true),
            (AnyValue::Float64(0.1), untyped("0.1"), true),
            (AnyValue::Float64(0.1), untyped("0.10000000000000002"), false),
            (AnyValue::Float64(0.1), Cell::Text(Cow::Borrowed("0.1")), false),
            (AnyValue::Float64(0.1), Cell::Nothing, false),
            (AnyValue::Int64(12), untyped("12"), true),
            (AnyValue::Int64(12), untyped("12.5"), false),
            (text("31"), untyped("31"), true),
            (text("31"), Cell::Number(31.0), false),
            (text("=1"), untyped("'=1"), true),
            (text("=1"), untyped("=1"), false),
        ] {
            assert_eq!(agrees(&value, &cell), expected, "{value:?} and {cell:?}");
        }
    }
}

//! Rows that are the sum of rows before them, whatever they are called.
//!
//! In: parsed chunks in their order. Out: the same chunks, with such rows set aside as totals. Invariant: a row is a total only where its base
//! pay is, to the last digit, the sum of at least [`FEWEST`] rows before it and more than twice the largest of them: no employee is paid that
//! by chance.

use arrow::array::{Array, Decimal64Array};

use super::chunk::{Chunk, Lines};
use super::header::Mapping;
use super::parse::Parsed;
use super::rule::{Reject, Rule};

/// Rows that a total is of, at least.
const FEWEST: u64 = 5;

/// Sums of base pay on the way through an upload.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Since the last total, and of all employees.
    since: Sum,
    all: Sum,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    rows: u64,
    total: i128,
    largest: i64,
}

impl Sum {
    fn add(&mut self, pay: i64) {
        self.rows += 1;
        self.total += i128::from(pay);
        self.largest = self.largest.max(pay);
    }

    fn is(self, pay: i64) -> bool {
        self.rows >= FEWEST && self.total == i128::from(pay) && i128::from(pay) > 2 * i128::from(self.largest)
    }
}

impl Sums {
    /// Sets the totals of a chunk aside.
    pub(super) fn set_aside(&mut self, parsed: &mut Parsed, mapping: &Mapping, chunk: &Chunk) {
        let Some(place) = mapping.columns.iter().position(|mapped| mapped.column.name == "base_pay") else { return };
        let pay = parsed.columns.iter().find(|(column, _)| column.name == "base_pay");
        let Some(pay) = pay.and_then(|(_, array)| array.as_any().downcast_ref::<Decimal64Array>()) else { return };
        let mut totals: Vec<usize> = Vec::new();
        for (row, keep) in parsed.keep.iter_mut().enumerate() {
            if !*keep || pay.is_null(row) {
                continue;
            }
            let amount = pay.value(row);
            if self.since.is(amount) || self.all.is(amount) {
                *keep = false;
                totals.push(row);
                self.since = Sum::default();
            } else {
                self.since.add(amount);
                self.all.add(amount);
            }
        }
        if totals.is_empty() {
            return;
        }
        let column = u16::try_from(place).ok();
        let mut lines = Lines::new(chunk);
        let rejects = totals.into_iter().map(|row| {
            let line = lines.at(parsed.places[row]);
            Reject { row: row as u64, line, column, rule: Rule::TotalRow }
        });
        parsed.rejects.extend(rejects);
        parsed.rejects.sort_by_key(|reject| (reject.row, reject.column));
    }
}

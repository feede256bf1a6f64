//! [`CellTable`]: benchmark cells before any protection.
//!
//! In: evaluated cells. Out: the same, in a fixed order. Invariant: every cell keeps what each holding contributes, since
//! the disclosure rules speak of holdings; this table is private and is never written.

use std::sync::Arc;

use super::statistics::Statistics;
use crate::period::Period;

/// The percentiles that need employees on each side, as places in [`super::PERCENTILES`].
pub const SIDED: [usize; 5] = [0, 1, 2, 3, 4];

/// Which cell of which table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    /// Place of the table in the pipeline.
    pub table: usize,
    /// Level of each dimension of the table; 0 for a total.
    pub levels: Vec<u8>,
    /// Code of each dimension of the table.
    pub codes: Vec<String>,
    /// Currency of the amounts, where they have one.
    pub currency: Option<String>,
}

/// What one holding contributes to a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contribution {
    /// Place of the holding in [`CellTable::holdings`].
    pub holding: u32,
    /// Its employees with a value.
    pub employees: u64,
    /// The sum of their values, in 1/10,000.
    pub total: i128,
}

/// Who stands at or beyond a percentile, on one side of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Side {
    /// Employees.
    pub employees: u64,
    /// Their holdings.
    pub holdings: u64,
}

/// One cell and measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Which cell.
    pub key: Arc<CellKey>,
    /// Place of the measure in the pipeline.
    pub measure: usize,
    /// What each holding contributes, in the order of holdings.
    pub contributions: Vec<Contribution>,
    /// Every employee counts alike.
    pub incumbent: Statistics,
    /// Every holding counts alike: statistics of the holdings' means.
    pub organization: Statistics,
    /// Below and above each percentile of [`SIDED`].
    pub sides: [[Side; 2]; 5],
}

/// All cells of a period.
#[derive(Debug, Clone)]
pub struct CellTable {
    /// The period.
    pub period: Period,
    /// The holdings, by ID.
    pub holdings: Vec<String>,
    /// The cells, by key and measure.
    pub cells: Vec<Cell>,
    /// Companies with records in the period.
    pub companies: usize,
    /// Records of the period.
    pub records: u64,
}

impl Cell {
    /// Employees with a value.
    #[must_use]
    pub fn employees(&self) -> u64 {
        self.incumbent.count
    }
}

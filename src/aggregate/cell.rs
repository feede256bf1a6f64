//! [`CellTable`]: benchmark cells before any protection.
//!
//! In: evaluated cells. Out: the same, in a fixed order. Invariant: every cell keeps what each holding contributes, since
//! the disclosure rules speak of holdings; this table is private, and written to the private cache alone.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::contributions::Contributions;
use super::statistics::Statistics;
use super::summary::Summary;
use crate::measure::{MeasureKind, Missing};
use crate::period::Period;

/// Which cell of which table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// Who stands at or beyond a percentile, on one side of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Side {
    /// Employees.
    pub employees: u64,
    /// Their holdings.
    pub holdings: u64,
}

/// What the values of a cell tell beside its figures.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Spread {
    /// Below and above each of [`super::PERCENTILES`] but the median; nobody where there are no percentiles.
    pub sides: [[Side; 2]; 5],
    /// Who subtracts their own employees from the figures knows where the values of all others lie: how far from the middle, as a
    /// part of it, for the coalition that knows it best; none where nobody comes near.
    pub others: Option<f64>,
}

/// One cell and measure. What is large and rare stands apart: there are hundreds of thousands of cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Which cell.
    pub key: Arc<CellKey>,
    /// Place of the measure in the pipeline.
    pub measure: usize,
    /// What each holding contributes, in the order of holdings.
    pub contributions: Contributions,
    /// Every employee counts alike.
    pub incumbent: Summary,
    /// Every holding counts alike: statistics of the holdings' figures; none where no holding has one.
    pub organization: Option<Box<Statistics>>,
    /// What else its values tell.
    pub spread: Arc<Spread>,
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
    /// How many of them were computed anew, since nothing of them was kept or something changed.
    pub computed: usize,
    /// Companies whose two snapshots were compared; none where no measure asks for that.
    pub compared: Option<usize>,
    /// Records of the period.
    pub records: u64,
    /// Entries of reference tables that records asked for and that are not there.
    pub missing: Missing,
}

impl Cell {
    /// Holdings with a value; of a pay band those with somebody in it.
    #[must_use]
    pub fn holdings(&self) -> u64 {
        self.contributions.iter().filter(|own| own.employees > 0 || own.amounts != [0; 2]).count() as u64
    }

    /// Employees with a value; of a rate of heads those of the holdings' headcounts, each rounded down.
    #[must_use]
    pub fn employees(&self, kind: MeasureKind) -> u64 {
        match kind {
            MeasureKind::Ratio { .. } => self.contributions.iter().map(|contribution| contribution.employees).sum(),
            _ => self.incumbent.employees,
        }
    }
}

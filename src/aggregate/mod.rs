//! Aggregate: from the store to cells.
//!
//! In: the parts of one period in the store, and the register. Out: a [`CellTable`] (benchmark cells, with the holdings
//! inside each cell) and a [`CompanyTable`] (each company's own metrics: private).
//! Invariant: sums and percentiles are exact, and the same bytes come out for any order of uploads, size of batches and
//! number of threads. Nothing here knows a disclosure rule.

mod amounts;
mod cell;
mod company;
mod company_columns;
mod contributions;
mod evaluate;
mod gather;
mod grouping;
mod holding;
mod kept;
mod partial;
mod pass;
mod run;
mod sides;
mod statistics;
mod summary;

pub use cell::{Cell, CellKey, CellTable, Side};
pub use company::{CompanyRow, CompanyTable, Group};
pub use contributions::{Contribution, Contributions};
pub use kept::{Keeps, Kept};
pub use run::{AggregateError, Snapshots, aggregate, aggregate_again};
pub use statistics::{PARTS, PERCENTILES, Statistics, reach};
pub use summary::{Parts, Summary};

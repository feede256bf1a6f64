//! Sharing: a company's score goes to whom the company designates, and to nobody else.
//!
//! In: grants and revocations as companies instruct them, and scorecards. Out: the grants in force, and a recipient's folder. Invariant: the
//! log is only ever added to, and says who may see what since when; a recipient's folder holds summary scores of companies with a grant
//! in force, and no figure of any employee or cell.

mod export;
mod log;

pub use export::{SharedScore, export};
pub use log::{Entry, Event, Grant, Log, Part, SharingError};

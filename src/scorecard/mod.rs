//! Score: a company beside what is published.
//!
//! In: a company's own metrics, and a release. Out: market ratios among the former, and [`Scorecard`]s. Invariant: a company is compared
//! with published figures only, so that nothing here leaks more than the release.

mod card;
mod market_ratio;
mod own;
mod page;
mod peers;
mod position;
mod score;

pub use card::{Metric, Scorecard, scorecards};
pub use market_ratio::add_market_ratios;
pub use page::page;
pub use peers::{Peers, Place, Weighting};
pub use position::Position;
pub use score::{Part, Score, Term};

//! Score: a company beside what is published.
//!
//! In: a [`CompanyTable`](crate::aggregate::CompanyTable) and a [`SafeTable`](crate::disclose::SafeTable). Out: further rows of the
//! former. Invariant: a company is compared with published figures only, so that nothing here leaks more than the release.

mod market_ratio;

pub use market_ratio::add_market_ratios;

//! payquorum: pay and benefit benchmarks in which no employee and no company can be recognized.
#![forbid(unsafe_code)]

pub mod aggregate;
pub mod cli;
pub mod disclose;
pub mod exact;
pub mod ingest;
pub mod intake;
pub mod measure;
pub mod period;
pub mod pipeline;
pub mod problem;
pub mod pseudonym;
pub mod record;
pub mod release;
pub mod store;

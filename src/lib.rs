//! payquorum: pay and benefit benchmarks in which no employee and no company can be recognized.
//!
//! In: HR records that companies upload as CSV. Out: published sector benchmarks, and each company's own metrics.
//! A benchmark is published only where a *quorum* of companies and employees stands behind it.
//!
//! The modules are stages, in the order in which a record passes. Each boundary has one type, which only its stage can
//! make:
//!
//! | stage | module | takes | gives |
//! | --- | --- | --- | --- |
//! | plan | [`pipeline`] | a pipeline file | [`Pipeline`](pipeline::Pipeline) |
//! | intake | [`intake`] | uploads, register | [`ValidBatch`](intake::ValidBatch), [`IntakeReport`](intake::IntakeReport) |
//! | pseudonymize | [`pseudonym`] | `ValidBatch`, key | [`PseudonymBatch`](pseudonym::PseudonymBatch) |
//! | store | [`store`] | `PseudonymBatch` | Parquet, [`Records`](store::Records) |
//! | measure | [`measure`] | `Records` | [`Values`](measure::Values) |
//! | aggregate | [`aggregate`](mod@aggregate) | the store | [`CellTable`](aggregate::CellTable), [`CompanyTable`](aggregate::CompanyTable) |
//! | disclose | [`disclose`](mod@disclose) | `CellTable` | [`SafeTable`](disclose::SafeTable), [`Ledger`](disclose::Ledger) |
//! | audit | [`audit`] | what is withheld, and its proofs | what an attacker learns |
//! | release | [`release`] | `SafeTable` | a release folder |
//! | score | [`scorecard`] | `CompanyTable`, `SafeTable` | market ratios of each company |
//!
//! [`ingest`](mod@ingest) joins the three stages from an upload to the store; [`cli`] is the command line over all of them;
//! [`exact`], [`digest`], [`period`], [`schedule`], [`record`] and [`problem`] are the vocabulary that the stages share.

pub mod aggregate;
pub mod audit;
pub mod cli;
pub mod digest;
pub mod disclose;
pub mod edits;
pub mod exact;
pub mod in_turn;
pub mod ingest;
pub mod intake;
pub mod measure;
pub mod page;
pub mod period;
pub mod pipeline;
pub mod problem;
pub mod pseudonym;
pub mod record;
pub mod release;
pub mod schedule;
pub mod scorecard;
pub mod sharing;
pub mod store;
pub mod timings;

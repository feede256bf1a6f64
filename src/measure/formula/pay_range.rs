//! The pay range of an employee's job: of the record, else of the table that the user gives.
//!
//! In: `range_min` and `range_max` (in the record's `pay_basis`), or `job_code`, `job_level` and the table `pay_ranges`.
//! Out: pay, bottom and top of the range, all for the same time. Invariant: never a range of another currency; a job without
//! an entry has none, and is reported.
//! Source: WorldatWork, salary range: minimum, midpoint, maximum.

use super::super::batch::value;
use super::super::pay_basis::brought;
use super::super::{Batch, PayBasis, Values};
use crate::exact::Amount;

/// Columns that are read where they are there.
pub(in crate::measure) const READS: [&str; 7] =
    ["pay_basis", "weekly_hours", "range_min", "range_max", "job_code", "job_level", "currency"];

/// For each record `position(pay, minimum, maximum)`.
pub(in crate::measure) fn positions(
    batch: &Batch<'_>,
    position: impl Fn(Amount, Amount, Amount) -> Option<Amount>,
) -> Values {
    let records = batch.records();
    let Some(pay) = records.numbers("base_pay") else { return Values::absent(batch.len()) };
    let own = records.numbers("range_min").zip(records.numbers("range_max"));
    let table = batch.settings().reference.pay_ranges.as_ref();
    let hourly = match table {
        Some(_) => brought(batch, pay, PayBasis::hourly),
        None => Values::absent(batch.len()),
    };
    let (jobs, levels) = (records.texts("job_code"), records.texts("job_level"));
    let words = |texts: Option<crate::store::Texts<'_>>, record: usize| -> Option<String> {
        let texts = texts?;
        texts.words().nth(texts.code(record)?).map(str::to_owned)
    };
    let currency = batch.currency();
    let of = |record: usize| {
        let own = own.and_then(|(minimum, maximum)| value(minimum, record).zip(value(maximum, record)));
        if let Some((minimum, maximum)) = own {
            return position(value(pay, record)?, minimum, maximum);
        }
        let (table, pay) = (table?, hourly.get(record)?);
        let (minimum, maximum) =
            table.hourly(&words(jobs, record)?, words(levels, record).as_deref(), currency(record)?)?;
        position(pay, minimum, maximum)
    };
    Values::from_options((0..batch.len()).map(of))
}

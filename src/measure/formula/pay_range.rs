//! The pay range of an employee's job: of the record, else of the table that the user gives.
//!
//! In: `range_min` and `range_max` (in the record's `pay_basis`), or `job_code`, `job_level` and the table `pay_ranges`.
//! Out: pay, bottom and top of the range, all for the same time. Invariant: never a range of another currency; a job without
//! an entry has none, and is reported.
//! Source: WorldatWork, salary range: minimum, midpoint, maximum.

use hashbrown::HashMap;

use super::super::batch::value;
use super::super::pay_basis::brought;
use super::super::{Batch, PayBasis, Values};
use crate::exact::Amount;
use crate::store::Texts;

/// Columns that are read where they are there.
pub(in crate::measure) const READS: [&str; 7] =
    ["pay_basis", "weekly_hours", "range_min", "range_max", "job_code", "job_level", "currency"];

/// For each record `position(pay, minimum, maximum)`.
pub(in crate::measure) fn positions<'a>(
    batch: &Batch<'a>,
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
    let words = |texts: &Option<Texts<'a>>| -> Vec<&'a str> { texts.iter().flat_map(Texts::words).collect() };
    let (job_words, level_words) = (words(&jobs), words(&levels));
    let currency = batch.currency();
    // Each job, level and currency is looked up once.
    type Range = Option<(Amount, Amount)>;
    let mut known: HashMap<(usize, Option<usize>, &str), Range> = HashMap::new();
    let mut of = |record: usize| {
        let own = own.and_then(|(minimum, maximum)| value(minimum, record).zip(value(maximum, record)));
        if let Some((minimum, maximum)) = own {
            return position(value(pay, record)?, minimum, maximum);
        }
        let (table, pay) = (table?, hourly.get(record).filter(|_| batch.counts(record))?);
        let job = jobs.as_ref()?.code(record)?;
        let (level, currency) = (levels.as_ref().and_then(|levels| levels.code(record)), currency(record)?);
        let range = known.entry((job, level, currency)).or_insert_with(|| {
            let (job, level) = (job_words[job], level.map(|level| level_words[level]));
            let range = table.hourly(job, level, currency);
            if range.is_none() {
                batch
                    .lacks("pay_ranges", format!("job {job}, level {} in {currency}", level.unwrap_or("not reported")));
            }
            range
        });
        let (minimum, maximum) = (*range)?;
        position(pay, minimum, maximum)
    };
    Values::from_options((0..batch.len()).map(&mut of))
}

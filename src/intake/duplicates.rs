//! Two rows for one employee in one period.
//!
//! In: rows whose employee ID may occur twice in the upload. Out: the rows that count, and which rows were merged into
//! others or rejected. Invariant: rows in = rows that count + rows merged + rows rejected; identical rows count once, and
//! differing ones are all rejected, unless the pipeline sums several jobs.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Decimal64Array, DictionaryArray, RecordBatch, StringArray, UInt64Array,
};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;

use super::batch::ValidBatch;
use super::builder::PRECISION;
use crate::exact::{DECIMALS, divide_half_even};
use crate::period::Period;
use crate::pipeline::MultipleJobs;

/// Rows held back, with the places from which they came.
#[derive(Default)]
pub(super) struct Held {
    batches: Vec<HeldBatch>,
}

/// Rows held back, with the row and line of each.
type HeldBatch = (ValidBatch, Vec<(u64, u64)>);

/// What became of held rows.
pub(super) struct Settled {
    pub(super) batches: Vec<ValidBatch>,
    /// Rows that say the same as another, or were summed into another.
    pub(super) merged: u64,
    /// Row and line of the rejected ones.
    pub(super) rejected: Vec<(u64, u64)>,
}

impl Held {
    pub(super) fn push(&mut self, batch: ValidBatch, places: Vec<(u64, u64)>) {
        self.batches.push((batch, places));
    }

    /// Decides about all rows held back.
    pub(super) fn settle(self, multiple_jobs: MultipleJobs) -> Result<Settled, ArrowError> {
        let mut settled = Settled { batches: Vec::new(), merged: 0, rejected: Vec::new() };
        let mut groups: BTreeMap<(usize, Period), Vec<HeldBatch>> = BTreeMap::new();
        for (batch, places) in self.batches {
            groups.entry((batch.company, batch.period)).or_default().push((batch, places));
        }
        for ((company, period), parts) in groups {
            let schema = parts[0].0.columns.schema();
            let columns = concat_batches(&schema, parts.iter().map(|(batch, _)| &batch.columns))?;
            let ids: StringArray = parts.iter().flat_map(|(batch, _)| batch.ids.iter()).collect();
            let places: Vec<(u64, u64)> = parts.iter().flat_map(|(_, places)| places.iter().copied()).collect();
            let mut by_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for row in 0..ids.len() {
                by_id.entry(ids.value(row)).or_default().push(row);
            }
            let mut kept = Vec::new();
            let mut sums = Vec::new();
            for rows in by_id.values() {
                let identical = rows.windows(2).all(|pair| same_row(&columns, pair[0], pair[1]));
                if identical {
                    kept.push(rows[0]);
                    settled.merged += rows.len() as u64 - 1;
                } else if let (MultipleJobs::Sum, Some(sum)) = (multiple_jobs, sum_of_jobs(&columns, rows)?) {
                    sums.push((rows[0], sum));
                    settled.merged += rows.len() as u64 - 1;
                } else {
                    settled.rejected.extend(rows.iter().map(|&row| places[row]));
                }
            }
            kept.sort_unstable();
            let indices = UInt64Array::from_iter_values(kept.iter().map(|&row| row as u64));
            let mut kept_ids: Vec<&str> = kept.iter().map(|&row| ids.value(row)).collect();
            let taken: Result<Vec<ArrayRef>, ArrowError> =
                columns.columns().iter().map(|column| take(column, &indices, None)).collect();
            let mut kept_columns = vec![RecordBatch::try_new(schema.clone(), taken?)?];
            for (row, sum) in sums {
                kept_ids.push(ids.value(row));
                kept_columns.push(sum);
            }
            let columns = concat_batches(&schema, &kept_columns)?;
            settled.batches.push(ValidBatch { company, period, ids: StringArray::from(kept_ids), columns });
        }
        settled.rejected.sort_unstable();
        Ok(settled)
    }
}

fn same_row(columns: &RecordBatch, one: usize, other: usize) -> bool {
    columns.columns().iter().all(|column| column.slice(one, 1) == column.slice(other, 1))
}

/// Several jobs of one employee as one row: amounts, hours and full-time equivalents are summed, hourly pay is averaged by
/// hours, and everything else is as in the job with the highest base pay (the first such row). None where the jobs differ
/// in currency or pay basis, so that their amounts cannot be added.
fn sum_of_jobs(columns: &RecordBatch, rows: &[usize]) -> Result<Option<RecordBatch>, ArrowError> {
    for name in ["currency", "pay_basis", "region"] {
        if let Some(column) = columns.column_by_name(name)
            && rows.iter().any(|&row| column.slice(row, 1) != column.slice(rows[0], 1))
        {
            return Ok(None);
        }
    }
    let numbers =
        |name: &str| columns.column_by_name(name).and_then(|column| column.as_any().downcast_ref::<Decimal64Array>());
    let value = |array: &Decimal64Array, row: usize| array.is_valid(row).then(|| i128::from(array.value(row)));
    let base = numbers("base_pay");
    let main = rows.iter().copied().rev().max_by_key(|&row| base.and_then(|base| value(base, row))).unwrap_or(rows[0]);
    let hourly = columns
        .column_by_name("pay_basis")
        .and_then(|column| column.as_any().downcast_ref::<DictionaryArray<Int32Type>>())
        .and_then(|basis| {
            let words = basis.values().as_any().downcast_ref::<StringArray>()?;
            basis.key(main).map(|key| words.value(key) == "hour")
        })
        .unwrap_or(false);
    let mut summed = Vec::new();
    for (field, column) in columns.schema().fields().iter().zip(columns.columns()) {
        let Some(array) = column.as_any().downcast_ref::<Decimal64Array>() else {
            let yes = column.as_any().downcast_ref::<BooleanArray>();
            let place = rows.iter().copied().find(|&row| yes.is_some_and(|yes| yes.is_valid(row) && yes.value(row)));
            summed.push(column.slice(place.unwrap_or(main), 1));
            continue;
        };
        let name = field.name().as_str();
        let adds_up = !name.starts_with("skill_") && !name.starts_with("range_");
        let total = if name == "base_pay" && hourly {
            let hours = numbers("weekly_hours");
            let weighted =
                rows.iter().map(|&row| Some((value(array, row)?, hours.and_then(|hours| value(hours, row))?)));
            let Some(pairs) = weighted.collect::<Option<Vec<_>>>() else { return Ok(None) };
            let hours: i128 = pairs.iter().map(|(_, hours)| hours).sum();
            if hours <= 0 {
                return Ok(None);
            }
            Some(divide_half_even(pairs.iter().map(|(pay, hours)| pay * hours).sum(), hours))
        } else if adds_up {
            rows.iter().filter_map(|&row| value(array, row)).reduce(|sum, more| sum + more)
        } else {
            value(array, main)
        };
        let total = total.map(i64::try_from).transpose().map_err(|_| ArrowError::ComputeError("sum of jobs".into()))?;
        let scale = i8::try_from(DECIMALS).unwrap_or(4);
        summed.push(Arc::new(Decimal64Array::from_iter([total]).with_precision_and_scale(PRECISION, scale)?));
    }
    RecordBatch::try_new(columns.schema(), summed).map(Some)
}

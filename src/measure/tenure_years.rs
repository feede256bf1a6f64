//! **tenure_years**: years since hire, on the last day of the period.
//!
//! In: `hire_date`. Out: `(last day - hire_date) / 365.25`.
//! Invariant: a hire date after the last day gives no value.
//! Source: OECD, job tenure; BLS, *Employee Tenure*: the median.

use arrow::array::Array;

use super::pay_basis::narrow;
use super::{Basis, Batch, Measure, MeasureKind, Shape, Unit, Values, columns};
use crate::exact::{SCALE, divide_half_even};

/// Days since hire of each record; none where unknown or in the future.
pub(super) fn days(batch: &Batch<'_>) -> impl Iterator<Item = Option<i32>> {
    let (dates, last_day) = (batch.records().dates("hire_date"), batch.last_day());
    (0..batch.len()).map(move |record| {
        let hired = dates.filter(|dates| dates.is_valid(record))?.value(record);
        last_day.checked_sub(hired).filter(|&days| days >= 0)
    })
}

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::Other("years".to_owned()),
        formula: "(last day of the period - hire_date) / 365.25 days".to_owned(),
        source: "OECD, job tenure; BLS, Employee Tenure",
        treatment: "without a hire date, or with one after the period, there is no value",
        needs: columns(&["hire_date"]),
        ..Measure::of(
            "tenure_years",
            MeasureKind::Distribution,
            Basis::new("tenure_years", Shape::List, |batch| {
                let years = |days: i32| narrow(divide_half_even(i128::from(days) * 100 * i128::from(SCALE), 36_525));
                Values::from_options(days(batch).map(|days| days.and_then(years)))
            }),
        )
    }
}

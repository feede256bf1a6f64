//! **low_pay**: the share of employees whose hourly pay is below two thirds of the median.
//!
//! In: `base_hourly` above zero. Out: the part of the values x of a group with `3x < 2 * median of the group`.
//! Invariant: the median is that of the group itself (of a company in the company's figure, of the cell in a benchmark);
//! exactly two thirds is not low.
//! Source: OECD, *incidence of low pay*.

use super::{Direction, Measure, MeasureKind, Population, base_hourly, columns};

pub(super) fn measure() -> Measure {
    Measure {
        direction: Direction::LowerIsBetter,
        formula: "employees with base_hourly below 2/3 of its median / employees with base_hourly".to_owned(),
        source: "OECD, incidence of low pay",
        treatment: "pay that is zero or negative is no wage, and is left out",
        needs: columns(&base_hourly::NEEDS),
        population: Population::Positive,
        by_currency: true,
        ..Measure::of("low_pay", MeasureKind::LowPay, base_hourly::basis())
    }
}

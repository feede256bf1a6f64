//! **tenure_under_1_year**, **tenure_1_to_5_years**, **tenure_5_to_10_years**, **tenure_10_years_or_more**: shares by tenure.
//!
//! In: `hire_date`. Out: one or zero per employee; the lower bound is included, years have 365.25 days.
//! Invariant: the four add up to one.
//! Source: OECD, employment by job tenure intervals.

use super::tenure_years::days;
use super::{Basis, Family, Measure, MeasureKind, Shape, Values, columns};

const FAMILY: Family = Family::new("the four shares by tenure add up to one");

/// The names, with the years from which and below which.
pub(super) const BANDS: [(&str, i64, i64); 4] = [
    ("tenure_under_1_year", 0, 1),
    ("tenure_1_to_5_years", 1, 5),
    ("tenure_5_to_10_years", 5, 10),
    ("tenure_10_years_or_more", 10, 1_000),
];

pub(super) fn measure(band: usize) -> Measure {
    let (name, from, below) = BANDS[band];
    // A year is 1461/4 days.
    let within = move |days: i32| (from * 1_461..below * 1_461).contains(&(i64::from(days) * 4));
    Measure {
        formula: match band {
            3 => "employees with a tenure of 10 years or more / employees with a hire date".to_owned(),
            _ => format!("employees with a tenure from {from} to below {below} years / employees with a hire date"),
        },
        source: "OECD, employment by job tenure intervals",
        treatment: "without a hire date, or with one after the period, there is no value",
        needs: columns(&["hire_date"]),
        family: Some(FAMILY),
        ..Measure::of(
            name,
            MeasureKind::Share,
            Basis::new(name, Shape::Sums, move |batch| Values::from_flags(days(batch).map(|days| days.map(within)))),
        )
    }
}

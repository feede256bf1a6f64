//! **fte**: full-time equivalents at the end of the period.
//!
//! In: `fte`; where it is missing `weekly_hours / standard_weekly_hours`, if the pipeline declares a standard.
//! Out: the part of a full-time job of each employee; a group has their sum.
//! Invariant: without either there is no value.
//! Source: ISO 30414, full-time equivalent; Eurostat, full-time equivalent units.

use super::batch::value;
use super::pay_basis::narrow;
use super::{Basis, Batch, Measure, MeasureKind, Shape, Unit, Values, columns};
use crate::exact::{SCALE, divide_half_even};

fn full_time_equivalents(batch: &Batch<'_>) -> Values {
    let (fte, hours) = (batch.records().numbers("fte"), batch.records().numbers("weekly_hours"));
    let standard = batch.settings().standard_weekly_hours;
    let of = |record: usize| {
        fte.and_then(|fte| value(fte, record)).or_else(|| {
            let (hours, standard) = (value(hours?, record)?, standard?);
            narrow(divide_half_even(i128::from(hours) * i128::from(SCALE), i128::from(standard)))
        })
    };
    Values::from_options((0..batch.len()).map(of))
}

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::People("full-time equivalents"),
        formula: "sum of fte, or of weekly_hours / standard_weekly_hours".to_owned(),
        source: "ISO 30414, full-time equivalents",
        treatment: "without fte, hours or a declared standard there is no value; zero is a value",
        reads: columns(&["fte", "weekly_hours"]),
        ..Measure::of("fte", MeasureKind::Total, Basis::new("fte", Shape::Sums, full_time_equivalents))
    }
}

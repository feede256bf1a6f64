//! A further numeric column that the pipeline declares, as a measure of its own.
//!
//! In: the column. Out: the column as it stands; zero and negative numbers are values.
//! Invariant: an amount whose unit is a currency counts in that currency only.
//! Source: the pipeline.

use super::{Basis, Measure, MeasureKind, Shape, Unit};
use crate::record::is_currency_code;

pub(super) fn measure(name: &str, unit: &str) -> Measure {
    let column = name.to_owned();
    Measure {
        unit: if is_currency_code(unit) { Unit::Money(unit.to_owned()) } else { Unit::Other(unit.to_owned()) },
        formula: name.to_owned(),
        source: "declared by the pipeline",
        treatment: "zero and negative numbers are values; an empty field is not",
        needs: vec![name.to_owned()],
        ..Measure::of(
            name,
            MeasureKind::Distribution,
            Basis::new(format!("custom {name}"), Shape::List, move |batch| batch.number_values(&column)),
        )
    }
}

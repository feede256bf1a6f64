//! A further numeric column that the pipeline declares, as a measure of its own.
//!
//! In: the column. Out: the column as it stands; zero and negative numbers are values.
//! Invariant: an amount whose unit is a currency counts in that currency only.
//! Source: the pipeline.

use super::{Measure, MeasureKind, Population, Unit, plain_column};
use crate::record::is_currency_code;

pub(super) fn measure(name: &str, unit: &str) -> Measure {
    let column = name.to_owned();
    let unit = if is_currency_code(unit) { Unit::Money(unit.to_owned()) } else { Unit::Other(unit.to_owned()) };
    Measure {
        name: name.to_owned(),
        unit,
        kind: MeasureKind::Distribution,
        formula: name.to_owned(),
        source: "declared by the pipeline",
        needs: vec![name.to_owned()],
        family: None,
        population: Population::All,
        compute: Box::new(move |records| plain_column(records, &column)),
    }
}

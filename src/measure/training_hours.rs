//! **training_hours**: hours of training of twelve months.
//!
//! In: `training_hours`. Out: the column as it stands. Zero is a value; an empty field is not.
//! Invariant: a company that does not report the column has no value for anybody.
//! Source: GRI 404-1, average hours of training per employee.

use super::{Measure, MeasureKind, Population, Unit, plain_column};

pub(super) fn measure() -> Measure {
    Measure {
        name: "training_hours".to_owned(),
        unit: Unit::Other("hours per year".to_owned()),
        kind: MeasureKind::Distribution,
        formula: "training_hours of the 12 months to the snapshot".to_owned(),
        source: "GRI 404-1, average hours of training per employee",
        needs: vec!["training_hours".to_owned()],
        family: None,
        population: Population::All,
        compute: Box::new(|records| plain_column(records, "training_hours")),
    }
}

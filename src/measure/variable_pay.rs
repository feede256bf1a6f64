//! **variable_pay**: bonus, commission and other variable pay of twelve months.
//!
//! In: `variable_pay`. Out: the column as it stands. Zero is a value; an empty field is not.
//! Invariant: a company that does not report the column has no value for anybody.
//! Source: WorldatWork, variable pay.

use super::{Measure, MeasureKind, Population, Unit, plain_column};

pub(super) fn measure() -> Measure {
    Measure {
        name: "variable_pay".to_owned(),
        unit: Unit::MoneyPerYear,
        kind: MeasureKind::Distribution,
        formula: "variable_pay of the 12 months to the snapshot".to_owned(),
        source: "WorldatWork, variable pay",
        needs: vec!["variable_pay".to_owned()],
        family: Some(super::base_annual::CASH),
        population: Population::All,
        compute: Box::new(|records| plain_column(records, "variable_pay")),
    }
}

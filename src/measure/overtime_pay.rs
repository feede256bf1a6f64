//! **overtime_pay**: overtime pay of twelve months.
//!
//! In: `overtime_pay`. Out: the column as it stands. Zero is a value; an empty field is not.
//! Invariant: a company that does not report the column has no value for anybody.
//! Source: ILO resolution on wages statistics (1973), overtime payments.

use super::{Measure, MeasureKind, Population, Unit, plain_column};

pub(super) fn measure() -> Measure {
    Measure {
        name: "overtime_pay".to_owned(),
        unit: Unit::MoneyPerYear,
        kind: MeasureKind::Distribution,
        formula: "overtime_pay of the 12 months to the snapshot".to_owned(),
        source: "ILO resolution on wages statistics (1973), overtime payments",
        needs: vec!["overtime_pay".to_owned()],
        family: None,
        population: Population::All,
        compute: Box::new(|records| plain_column(records, "overtime_pay")),
    }
}

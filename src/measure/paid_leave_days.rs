//! **paid_leave_days**: paid leave days a year.
//!
//! In: `paid_leave_days`. Out: the column as it stands. Zero is a value; an empty field is not.
//! Invariant: a company that does not report the column has no value for anybody.
//! Source: US National Compensation Survey, paid leave.

use super::{Measure, MeasureKind, Population, Unit, plain_column};

pub(super) fn measure() -> Measure {
    Measure {
        name: "paid_leave_days".to_owned(),
        unit: Unit::Other("days per year".to_owned()),
        kind: MeasureKind::Distribution,
        formula: "paid_leave_days".to_owned(),
        source: "US National Compensation Survey, paid leave",
        needs: vec!["paid_leave_days".to_owned()],
        family: None,
        population: Population::All,
        compute: Box::new(|records| plain_column(records, "paid_leave_days")),
    }
}

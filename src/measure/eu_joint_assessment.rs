//! **eu_joint_assessment_categories**: how many categories of workers have a mean pay gap of 5 % or more, either way.
//!
//! In: pay by the hour in the cells of the company's breakdown. Out: their number; the denominator is the categories that
//! have a gap at all. A company figure, for no benchmark.
//! Invariant: a flag asks for a joint pay assessment unless the difference is justified; it is no verdict.
//! Source: Directive (EU) 2023/970, Art. 10(1)(a).

use super::formula::eu_pay::{NEEDS, total};
use super::{Direction, Measure, MeasureKind, Requirement, Unit, columns};
use crate::exact::{Quotient, SCALE};

/// Percent from which a category is flagged.
const FLAGGED_FROM: i128 = 5;

/// Whether a gap in percent is flagged.
#[must_use]
pub fn is_flagged(gap: Quotient) -> bool {
    gap.numerator().abs() >= FLAGGED_FROM * i128::from(SCALE) * gap.denominator()
}

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::Other("categories".to_owned()),
        direction: Direction::LowerIsBetter,
        formula: "number of categories of workers (cells of the company's breakdown) with |eu_mean_gap| of 5 % or more"
            .to_owned(),
        source: "Directive (EU) 2023/970, Art. 10(1)(a)",
        treatment: "categories without women or men have no gap, and are not counted",
        needs: columns(&NEEDS),
        requires: vec![Requirement::Breakdown],
        by_currency: true,
        ..Measure::of("eu_joint_assessment_categories", MeasureKind::Categories, total())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_percent_either_way_is_flagged() {
        let percent = |hundredths: i128| Quotient::new(hundredths * i128::from(SCALE), 100);
        assert!(is_flagged(percent(500)));
        assert!(is_flagged(percent(-500)));
        assert!(!is_flagged(percent(499)));
    }
}

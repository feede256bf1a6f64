//! **p90_p10**: how many times the hourly pay at the 90th percentile is that at the 10th.
//!
//! In: `base_hourly` above zero. Out: `P90 / P10`, percentiles of Hyndman-Fan type 7.
//! Invariant: exact; it gives P90 and P10 away together, so it is published only where both could be.
//! Source: OECD, *decile ratios of gross earnings* (D9/D1).

use super::{Direction, Measure, MeasureKind, Population, Unit, base_hourly, columns};
use crate::exact::{Amount, Quotient, percentile};

/// P90 / P10 of values in ascending order.
pub(super) fn figure(ascending: &[Amount]) -> Option<Quotient> {
    let deciles = (!ascending.is_empty()).then(|| (percentile(ascending, 90), percentile(ascending, 10)));
    deciles.and_then(|(high, low)| high.divided_by(low))
}

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::Ratio("P90 / P10"),
        direction: Direction::LowerIsBetter,
        formula: "P90 of base_hourly / P10 of base_hourly".to_owned(),
        source: "OECD, decile ratios of gross earnings",
        treatment: "pay that is zero or negative is no wage, and is left out",
        needs: columns(&base_hourly::NEEDS),
        population: Population::Positive,
        by_currency: true,
        ..Measure::of("p90_p10", MeasureKind::Dispersion { figure, deciles: true }, base_hourly::basis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On paper: of 10, 20, ..., 110 (11 values) P10 is the second, 20, and P90 the tenth, 100: 5. Of 10, 20 they are 11 and
    /// 19: 1.7272...
    #[test]
    fn worked_by_hand() {
        let values: Vec<Amount> = (1..=11).map(|ten| ten * 100_000).collect();
        assert_eq!(figure(&values).map(Quotient::to_f64), Some(5.0));
        let two = figure(&[100_000, 200_000]).expect("two values").to_f64();
        assert!((two - 19.0 / 11.0).abs() < 1e-12);
        assert_eq!(figure(&[]), None);
    }
}

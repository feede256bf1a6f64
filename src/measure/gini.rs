//! **gini**: the Gini coefficient of hourly pay, from 0 (all alike) towards 1.
//!
//! In: `base_hourly` above zero. Out: `sum of (2i - n - 1) * x_i / (n * sum of x)`, x ascending, i from 1 to n.
//! Invariant: exact; of one value, or of equal ones, it is 0.
//! Source: Gini (1912); the form for ranked values is that of Sen, *On Economic Inequality* (1973).

use super::{Direction, Measure, MeasureKind, Population, Unit, base_hourly, columns};
use crate::exact::{Amount, Quotient, SCALE};

/// The coefficient of values in ascending order, none of them negative.
pub(super) fn figure(ascending: &[Amount]) -> Option<Quotient> {
    let n = ascending.len() as i128;
    let total: i128 = ascending.iter().map(|&value| i128::from(value)).sum();
    let weighted: i128 = (1..).zip(ascending).map(|(i, &value)| (2 * i - n - 1) * i128::from(value)).sum();
    (total > 0).then(|| Quotient::new(weighted * i128::from(SCALE), n * total))
}

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::Ratio("Gini coefficient"),
        direction: Direction::LowerIsBetter,
        formula: "sum of (2i - n - 1) * x_i / (n * sum of x), x = base_hourly ascending".to_owned(),
        source: "Gini (1912), as in Sen, On Economic Inequality (1973)",
        treatment: "pay that is zero or negative is no wage, and is left out",
        needs: columns(&base_hourly::NEEDS),
        population: Population::Positive,
        by_currency: true,
        ..Measure::of("gini", MeasureKind::Dispersion { figure, deciles: false }, base_hourly::basis())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// On paper: 1, 2, 3, 4: (-3)*1 + (-1)*2 + 1*3 + 3*4 = 10; 4 * 10 = 40; 0.25. One of two has all: (-1)*0 + 1*x over 2x: 0.5.
    #[test]
    fn worked_by_hand() {
        let of = |values: &[Amount]| figure(values).map(Quotient::to_f64);
        assert_eq!(of(&[10_000, 20_000, 30_000, 40_000]), Some(0.25));
        assert_eq!(of(&[0, 70_000]), Some(0.5));
        assert_eq!(of(&[5, 5, 5]), Some(0.0));
        assert_eq!(of(&[]), None);
    }

    proptest! {
        /// The slow twin is the definition: half the mean absolute difference, by the mean.
        #[test]
        fn is_half_the_relative_mean_difference(mut values in proptest::collection::vec(1_i64..1_000_000, 1..50)) {
            values.sort_unstable();
            let n = values.len() as i128;
            let total: i128 = values.iter().map(|&value| i128::from(value)).sum();
            let differences: i128 =
                values.iter().flat_map(|&a| values.iter().map(move |&b| i128::from((a - b).abs()))).sum();
            // (differences / n^2) / (2 * total / n) = differences / (2 n total).
            let slow = Quotient::new(differences * i128::from(SCALE), 2 * n * total);
            let found = figure(&values).expect("positive values");
            prop_assert_eq!(found.in_parts(1_000_000), slow.in_parts(1_000_000));
        }
    }
}

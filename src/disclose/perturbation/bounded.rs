//! What one holding contributes, within bounds.
//!
//! In: a holding's employees and sum of values in the cells where it stands. Out: [`Bounded`] contributions. Invariant: over
//! all cells of a table, one holding counts with at most `max_cells * max_employees` employees, and deviates from the middle
//! of the bounds by at most that many times half their width, whatever its records say. It depends on no other holding.

use std::cmp::Reverse;

use crate::exact::Amount;
use crate::pipeline::{Bounds, DifferentialPrivacy};

/// What a holding has in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Own {
    /// Place of the cell.
    pub(super) cell: usize,
    /// Employees with a value; of a share all of them.
    pub(super) employees: u64,
    /// The sum of their values; of a share how many have it. In 1/10,000.
    pub(super) total: i128,
}

/// What of it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounded {
    /// Place of the cell.
    pub(super) cell: usize,
    /// Employees that count.
    pub(super) employees: i64,
    /// The sum of what they deviate from the middle of the bounds, in 1/10,000.
    pub(super) deviation: i64,
}

/// The bounded contributions of one holding to a table: of its cells the largest, and of equal ones the first.
pub(super) fn of_holding(mut own: Vec<Own>, bounds: Bounds, settings: &DifferentialPrivacy) -> Vec<Bounded> {
    own.retain(|own| own.employees > 0);
    own.sort_by_key(|own| (Reverse(own.employees), own.cell));
    own.truncate(usize::try_from(settings.max_cells).unwrap_or(usize::MAX));
    own.into_iter().map(|own| of_cell(own, bounds, settings.max_employees)).collect()
}

/// Clamps the mean, then scales employees and deviation down alike.
fn of_cell(own: Own, bounds: Bounds, max_employees: u64) -> Bounded {
    let counted = own.employees.min(max_employees);
    let all = i128::from(own.employees);
    let of_all = |amount: Amount| i128::from(amount).saturating_mul(all);
    let total = own.total.clamp(of_all(bounds.low), of_all(bounds.high));
    let deviation = (total - of_all(bounds.middle())).saturating_mul(i128::from(counted));
    Bounded {
        cell: own.cell,
        employees: i64::try_from(counted).unwrap_or(i64::MAX),
        deviation: i64::try_from(deviation / all).unwrap_or(if deviation < 0 { i64::MIN } else { i64::MAX }),
    }
}

/// The most by which one holding can change the counts of all cells together, and their deviations.
pub(super) fn sensitivity(bounds: Bounds, settings: &DifferentialPrivacy) -> [i64; 2] {
    let employees = settings.max_employees.saturating_mul(settings.max_cells);
    let employees = i64::try_from(employees).unwrap_or(i64::MAX);
    [employees, employees.saturating_mul(bounds.half_width())]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::exact::SCALE;

    fn settings(max_employees: u64, max_cells: u64) -> DifferentialPrivacy {
        let (epsilon, epsilon_per_release) = (SCALE, SCALE / 2);
        let bounds = std::collections::BTreeMap::new();
        DifferentialPrivacy { epsilon, epsilon_per_release, max_employees, max_cells, currency: None, bounds }
    }

    /// 5 to 150 an hour: the middle is 77.50.
    const HOURLY: Bounds = Bounds { low: 5 * SCALE, high: 150 * SCALE };

    #[test]
    fn a_holding_is_clamped_and_scaled_as_on_paper() {
        let of = |employees, each: i128| {
            let own = Own { cell: 3, employees, total: each * i128::from(SCALE) * i128::from(employees) };
            of_cell(own, HOURLY, 200)
        };
        // 10 employees at 30.00 deviate by 10 * -47.50.
        assert_eq!(of(10, 30), Bounded { cell: 3, employees: 10, deviation: -4_750_000 });
        // 1000 employees at 30.00 count as 200.
        assert_eq!(of(1_000, 30), Bounded { cell: 3, employees: 200, deviation: -95_000_000 });
        // A mean of 900.00 counts as 150.00: 200 * 72.50.
        assert_eq!(of(1_000, 900), Bounded { cell: 3, employees: 200, deviation: 145_000_000 });
        assert_eq!(sensitivity(HOURLY, &settings(200, 1)), [200, 145_000_000]);
        assert_eq!(sensitivity(HOURLY, &settings(200, 3)), [600, 435_000_000]);
        // Of a share: 30 of 40 employees are a quarter above the half.
        let own = Own { cell: 0, employees: 40, total: 30 * i128::from(SCALE) };
        assert_eq!(of_cell(own, Bounds::SHARE, 200), Bounded { cell: 0, employees: 40, deviation: 10 * SCALE });
        assert_eq!(sensitivity(Bounds::SHARE, &settings(200, 1)), [200, 200 * SCALE / 2]);
    }

    #[test]
    fn a_holding_counts_in_its_largest_cells() {
        let own = |cell, employees| Own { cell, employees, total: 0 };
        let all = vec![own(4, 7), own(1, 9), own(2, 7), own(0, 0)];
        let cells = |max_cells| -> Vec<usize> {
            let kept = of_holding(all.clone(), HOURLY, &settings(200, max_cells));
            kept.iter().map(|own| own.cell).collect()
        };
        assert_eq!([cells(1), cells(2), cells(9)], [vec![1], vec![1, 2], vec![1, 2, 4]]);
    }

    proptest! {
        /// Whatever a holding reports, also sums beyond all sense, it changes no more than the noise is made for.
        #[test]
        fn no_holding_exceeds_its_bound(
            own in proptest::collection::vec((0_u64..1_u64 << 40, any::<i64>(), any::<bool>()), 0..20),
            low in -1_000_000_i64..1_000_000,
            width in 1_i64..10_000_000,
            max_employees in 1_u64..100_000,
            max_cells in 1_u64..8,
        ) {
            let own = own.into_iter().enumerate().map(|(cell, (employees, total, wide))| {
                let total = i128::from(total) * if wide { i128::from(i64::MAX) } else { 1 };
                Own { cell, employees, total }
            });
            let (bounds, settings) = (Bounds { low, high: low + width }, settings(max_employees, max_cells));
            let kept = of_holding(own.collect(), bounds, &settings);
            let most = sensitivity(bounds, &settings);
            prop_assert!(kept.len() as u64 <= max_cells);
            prop_assert!(kept.iter().all(|own| own.employees > 0));
            prop_assert!(kept.iter().map(|own| own.employees).sum::<i64>() <= most[0]);
            prop_assert!(kept.iter().map(|own| own.deviation.abs()).sum::<i64>() <= most[1]);
        }
    }
}

//! From noisy numbers to the figures of a row.
//!
//! In: the noisy count and the noisy deviation of a cell, and the standard errors of their noise. Out: a row of the release, and
//! decisions for the ledger. Invariant: a figure of the row is made of noisy numbers and of the pipeline alone; what the data
//! say goes into the private decisions only.

use std::sync::Arc;

use super::super::evidence::{Evidence, Findings};
use super::super::ledger::{Action, Decision, Family, Verdict};
use super::super::rounding;
use super::super::rules::Rule;
use super::super::safe_table::{Figures, SafeRow, StandardErrors};
use super::question::Question;
use crate::aggregate::CellKey;
use crate::exact::{Quotient, SCALE};
use crate::pipeline::{Bounds, Policy};

/// The row of a cell. Numbers and standard errors are of employees first, then of deviations.
pub(super) fn row(
    question: &Question<'_>,
    key: Arc<CellKey>,
    [employees, deviation]: [i64; 2],
    scatter: [f64; 2],
    policy: &Policy,
) -> SafeRow {
    let step = rounding::step(&question.measure.unit, &policy.rounding);
    let mean = mean(employees, deviation, question.bounds);
    let figures = Figures { mean: Some(rounding::figure(mean, step)), ..Figures::default() };
    SafeRow {
        key,
        measure: question.measure_place,
        companies: None,
        employees: Some(rounding::employees(u64::try_from(employees).unwrap_or(0), policy.rounding.employees)),
        incumbent: Some(figures),
        organization: None,
        standard_errors: Some(standard_errors(employees, deviation, question.bounds, scatter)),
    }
}

/// The mean, within its bounds: of less than one employee as if there were one.
fn mean(employees: i64, deviation: i64, bounds: Bounds) -> Quotient {
    let employees = i128::from(employees.max(1));
    let of_all = |amount: i64| i128::from(amount) * employees;
    let total = of_all(bounds.middle()) + i128::from(deviation);
    Quotient::new(total.clamp(of_all(bounds.low), of_all(bounds.high)), employees)
}

/// Of the count exactly; of the mean by linear approximation, and at most the width of its bounds.
#[expect(clippy::cast_precision_loss, reason = "standard errors are of three digits")]
fn standard_errors(employees: i64, deviation: i64, bounds: Bounds, [count, sum]: [f64; 2]) -> StandardErrors {
    let counted = employees.max(1) as f64;
    let from_middle = deviation as f64 / counted;
    let mean = (sum.powi(2) + (from_middle * count).powi(2)).sqrt() / counted;
    let up = |amount: f64| (amount * SCALE as f64).ceil() / SCALE as f64;
    StandardErrors { employees: up(count), mean: up(mean.min((bounds.high - bounds.low) as f64) / SCALE as f64) }
}

/// The two decisions on a cell.
pub(super) fn decisions(question: &Question<'_>, key: &Arc<CellKey>) -> [Decision; 2] {
    let kind = question.measure.kind;
    let nobody = Findings {
        holdings: 0,
        employees: 0,
        largest_employee_part: None,
        largest_value_part: None,
        rest_to_largest: None,
    };
    let cell = question.cell(key);
    let findings = |evidence: Option<Evidence>| evidence.map_or(nobody, |evidence| evidence.findings());
    let decision = |family, verdict, findings, withheld_statistics| Decision {
        key: key.clone(),
        measure: question.measure_place,
        family,
        action: Action::Perturbed,
        verdict,
        findings,
        withheld_statistics,
    };
    let spread = if kind.is_distribution() { vec!["sd", "p10", "p25", "p50", "p75", "p90"] } else { Vec::new() };
    let incumbent = findings(cell.map(|cell| Evidence::incumbent(cell, kind)));
    let organization = findings(cell.map(|cell| Evidence::organization(cell, kind)));
    [
        decision(Family::Incumbent, Verdict::Published, incumbent, spread),
        decision(Family::Organization, Verdict::Withheld(Rule::NotPerturbed), organization, Vec::new()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5 to 150 an hour: the middle is 77.50.
    const HOURLY: Bounds = Bounds { low: 5 * SCALE, high: 150 * SCALE };

    #[test]
    fn a_mean_is_the_middle_and_the_deviation_by_the_count() {
        // 400 employees who deviate by -19,000.00 together: 77.50 - 47.50.
        assert_eq!(mean(400, -190_000_000, HOURLY).round_to(1), 300_000);
        // Noise can leave less than one employee, and a mean outside the bounds.
        assert_eq!(mean(-35, 0, HOURLY).round_to(1), 775_000);
        assert_eq!(mean(0, 1_000_000_000, HOURLY).round_to(1), 1_500_000);
    }

    #[test]
    fn the_standard_error_of_a_mean_has_two_sources() {
        // 10,000 employees, scatter 100 of the count and 30,000.00 of the sum; a mean at the middle has the second alone.
        let at_middle = standard_errors(10_000, 0, HOURLY, [100.0, 3e8]);
        assert!((at_middle.mean - 3.0).abs() < 1e-9 && (at_middle.employees - 100.0).abs() < 1e-9);
        // 40.00 from the middle, the count adds 40 * 100 / 10,000 = 0.40: the root of 9.16.
        let off_middle = standard_errors(10_000, 4_000_000_000, HOURLY, [100.0, 3e8]);
        assert!((off_middle.mean - 9.16_f64.sqrt()).abs() < 1e-3, "{}", off_middle.mean);
        // No mean within bounds is off by more than their width.
        assert!((standard_errors(-9, 5, HOURLY, [100.0, 3e8]).mean - 145.0).abs() < 1e-9);
    }
}

//! **living_wage**: the share of employees whose hourly pay is at least the living wage of their region.
//!
//! In: what `base_hourly` reads, `region`, and the table `living_wage` (region, currency, hourly). Out: one or zero.
//! Invariant: a region without an entry in the record's currency gives no value, and is reported.
//! Source: Anker and Anker, *Living Wages Around the World* (2017); the table says whose figures are used.

use super::pay_basis::{PayBasis, brought};
use super::{Basis, Batch, Direction, Measure, MeasureKind, Requirement, Shape, Values, base_hourly, columns};

fn at_least_living_wage(batch: &Batch<'_>) -> Values {
    let records = batch.records();
    let table = batch.settings().reference.living_wages.as_ref();
    let (Some(table), Some(pay), Some(regions)) = (table, records.numbers("base_pay"), records.texts("region")) else {
        return Values::absent(batch.len());
    };
    // In the record's own currency, in which the table is asked.
    let hourly = brought(batch, pay, PayBasis::hourly);
    let words: Vec<&str> = regions.words().collect();
    let currency = batch.currency();
    Values::from_flags((0..batch.len()).map(|record| {
        let pay = hourly.get(record).filter(|_| batch.counts(record))?;
        let (region, currency) = (words[regions.code(record)?], currency(record)?);
        let wage = table.hourly(region, currency);
        if wage.is_none() {
            batch.lacks("living_wage", format!("region {region} in {currency}"));
        }
        Some(pay >= wage?)
    }))
}

pub(super) fn measure() -> Measure {
    Measure {
        direction: Direction::HigherIsBetter,
        formula: "employees with base_hourly of at least the living wage of their region / employees with both"
            .to_owned(),
        source: "Anker and Anker, Living Wages Around the World (2017), with the user's table",
        treatment: "a region without an entry gives no value, and is reported; zero and negative pay is below",
        needs: [&base_hourly::NEEDS[..], &["region"]].concat().into_iter().map(str::to_owned).collect(),
        reads: columns(&["currency"]),
        requires: vec![Requirement::LivingWage],
        ..Measure::of("living_wage", MeasureKind::Share, Basis::new("living_wage", Shape::Sums, at_least_living_wage))
    }
}

//! **pay_growth**: by how much the pay of those who stayed has grown; its median is the figure that is quoted.
//!
//! In: pay in two snapshots joined on pseudonyms (`pay_growth_of`: by the hour, or contracted for a year).
//! Out: `pay now / pay then - 1` over the matched (constant) sample.
//! Invariant: pay above zero and of one currency in both; exchange rates and aging do not touch it.
//! Source: BLS, Employment Cost Index: constant composition; Atlanta Fed, Wage Growth Tracker: median growth of the same people.

use super::panel::{of_stayers, pay};
use super::pay_basis::narrow;
use super::{
    Basis, Batch, Direction, Measure, MeasureKind, Over, Requirement, Shape, Unit, Values, base_hourly, columns, panel,
};
use crate::exact::{Amount, SCALE, divide_half_even};

fn growth(now: Amount, then: Amount) -> Option<Amount> {
    let ratio = || divide_half_even(i128::from(now) * i128::from(SCALE), i128::from(then)) - i128::from(SCALE);
    (now > 0 && then > 0).then(ratio).and_then(narrow)
}

fn of_batch(batch: &Batch<'_>) -> Values {
    let (now, currency) = (pay(batch), batch.currency());
    let default = batch.settings().currency.as_deref();
    of_stayers(batch, |record, panel, then| {
        let one_currency = currency(record) == panel.currency(then).or(default);
        growth(now.get(record)?, then.pay?).filter(|_| one_currency)
    })
}

pub(super) fn measure() -> Measure {
    Measure {
        unit: Unit::Ratio("pay now / pay then - 1"),
        direction: Direction::HigherIsBetter,
        formula: "pay in this snapshot / pay in the earlier one - 1, of employees in both".to_owned(),
        source: "Atlanta Fed Wage Growth Tracker; BLS Employment Cost Index (constant composition)",
        treatment: "pay that is missing, zero or negative, or in two currencies, gives no value",
        needs: columns(&base_hourly::NEEDS[..2]),
        reads: panel::columns(),
        requires: vec![Requirement::EarlierSnapshot],
        over: Over::Stayers,
        ..Measure::of("pay_growth", MeasureKind::Distribution, Basis::new("pay_growth", Shape::List, of_batch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On paper: from 40,000 to 41,000 is 2.5 %; from 3 to 2 a loss of a third.
    #[test]
    fn worked_by_hand() {
        assert_eq!(growth(41_000 * SCALE, 40_000 * SCALE), Some(250));
        assert_eq!(growth(2, 3), Some(-3_333));
        assert_eq!(growth(1, 0), None);
        assert_eq!(growth(-5, 5), None);
    }
}

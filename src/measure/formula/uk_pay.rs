//! Hourly pay as the UK's regulations count it.
//!
//! In: `base_pay`, `pay_basis`, `weekly_hours`, `bonus_in_pay_period`, `full_pay`, `gender`. Out: for each employee on full pay
//! `(ordinary pay + bonus of the pay period) * 7/days / weekly hours`, and the gender.
//! Invariant: days are 7, 14, 30.44 and 365.25 (and their parts: half a month 15.22, a quarter 91.32); a day is a fifth of a
//! week; pay that is not above zero is no full pay. Of bonuses only what was paid in the pay period of the snapshot counts, by the time that
//! it is for (`bonus_period`): the `variable_pay` of 12 months never stands in for it.
//! Source: SI 2017/172, regulations 6 and 7; gov.uk, *making your gender pay gap calculations*.

use arrow::array::Array;

use super::super::batch::value;
use super::super::pay_basis::{bases, narrow};
use super::super::{Basis, Batch, EmptyVariablePay, PayBasis, Shape, Values};
use crate::exact::{Amount, SCALE, divide_half_even};

/// Days of a year, in 1/100.
const YEAR: i128 = 36_525;

/// The columns that it cannot do without.
pub(crate) const NEEDS: [&str; 4] = ["base_pay", "pay_basis", "weekly_hours", "gender"];

/// What it reads where it is there.
pub(crate) const READS: [&str; 2] = ["bonus_in_pay_period", "full_pay"];

/// Ordinary pay of a week, as a fraction of `base_pay`; none for an hour.
fn weekly(basis: PayBasis) -> Option<(i128, i128)> {
    let days = match basis {
        PayBasis::Hour => return None,
        PayBasis::Day => return Some((5, 1)),
        PayBasis::Week => 700,
        PayBasis::TwoWeeks => 1_400,
        PayBasis::HalfMonth => 1_522,
        PayBasis::Month => 3_044,
        PayBasis::Quarter => 9_132,
        PayBasis::Year => YEAR,
    };
    Some((700, days))
}

/// Hourly pay of one employee, in 1/10,000.
fn hourly(basis: PayBasis, pay: Amount, (bonus, bonus_days): (Amount, i128), hours: Option<Amount>) -> Option<Amount> {
    let (pay, bonus) = (i128::from(pay), i128::from(bonus));
    let hours = hours.filter(|&hours| hours > 0).map(i128::from);
    // Everything over the common denominator of the two parts, rounded once.
    let bonus = bonus * 700 * i128::from(SCALE);
    let amount = match weekly(basis) {
        None if bonus == 0 => pay,
        None => divide_half_even(pay * bonus_days * hours? + bonus, bonus_days * hours?),
        Some((weeks, days)) => {
            let pay = pay * weeks * i128::from(SCALE);
            divide_half_even(pay * bonus_days + bonus * days, bonus_days * days * hours?)
        }
    };
    narrow(amount)
}

/// `variable_pay` of each record, with what the pipeline says that an empty one means.
pub(in crate::measure) fn variable_pay(batch: &Batch<'_>) -> Values {
    let values = batch.money_values("variable_pay");
    match batch.settings().empty_variable_pay {
        EmptyVariablePay::Unknown => values,
        EmptyVariablePay::Zero => {
            Values::from_options((0..batch.len()).map(|record| Some(values.get(record).unwrap_or(0))))
        }
    }
}

/// Hourly pay by gender.
pub(in crate::measure) fn hourly_pay() -> Basis {
    Basis::new("uk_hourly_pay", Shape::ByGender, |batch| {
        let Some(pay) = batch.money("base_pay") else { return Values::absent(batch.len()) };
        let full = batch.records().flags("full_pay");
        let (basis, hours) = (bases(batch), batch.weekly_hours());
        let bonuses = batch.money("bonus_in_pay_period");
        let empty = (batch.settings().empty_variable_pay == EmptyVariablePay::Zero).then_some(0);
        let bonus = |record: usize| bonuses.as_ref().map_or(Some(0), |bonuses| value(bonuses, record).or(empty));
        let days = weekly(batch.settings().bonus_period).map_or(YEAR, |(_, days)| days);
        let of = |record: usize| {
            let reduced = full.is_some_and(|full| !full.is_null(record) && !full.value(record));
            if reduced {
                return None;
            }
            hourly(basis(record)?, value(&pay, record)?, (bonus(record)?, days), hours(record)).filter(|&pay| pay > 0)
        };
        Values::from_options((0..batch.len()).map(of)).by_gender(batch.genders())
    })
}

/// Bonus pay by gender, of those who received any.
pub(in crate::measure) fn bonus_pay() -> Basis {
    Basis::new("uk_bonus_pay", Shape::ByGender, |batch| {
        variable_pay(batch).map(|_, bonus| (bonus > 0).then_some(bonus)).by_gender(batch.genders())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POUND: Amount = SCALE;

    /// On paper, 40 hours a week and no bonus: 600 a week is 15; 1,200 in two weeks 15; 2,609.14 a month: 2609.14 * 7/30.44 = 600.0000
    /// and 600/40 = 15.0000; 31,307.14 a year: * 7/365.25 = 599.9997, /40 = 14.99999; 120 a day: 600 a week.
    #[test]
    fn pay_periods_come_to_an_hour() {
        let hours = Some(40 * SCALE);
        for (basis, pay, expected) in [
            (PayBasis::Hour, 15 * POUND, 150_000),
            (PayBasis::Day, 120 * POUND, 150_000),
            (PayBasis::Week, 600 * POUND, 150_000),
            (PayBasis::TwoWeeks, 1_200 * POUND, 150_000),
            (PayBasis::Month, 26_091_400, 150_000),
            (PayBasis::Year, 313_071_400, 150_000),
        ] {
            assert_eq!(hourly(basis, pay, (0, YEAR), hours), Some(expected), "{basis:?}");
        }
    }

    /// On paper: 304.40 for a month is 304.4 * 7 / 30.44 = 70 a week; with 600 a week, 670/40 = 16.75.
    #[test]
    fn the_bonus_counts_by_the_time_that_it_is_for() {
        assert_eq!(hourly(PayBasis::Week, 600 * POUND, (3_044_000, 3_044), Some(40 * SCALE)), Some(167_500));
    }

    /// On paper: 3,652.50 a year is 3652.5 * 7 / 365.25 = 70 a week; with 600 a week, 670/40 = 16.75.
    #[test]
    fn the_bonus_of_the_pay_period_counts() {
        assert_eq!(hourly(PayBasis::Week, 600 * POUND, (36_525_000, YEAR), Some(40 * SCALE)), Some(167_500));
        assert_eq!(hourly(PayBasis::Hour, 15 * POUND, (36_525_000, YEAR), Some(40 * SCALE)), Some(167_500));
        assert_eq!(hourly(PayBasis::Hour, 15 * POUND, (36_525_000, YEAR), None), None, "a bonus needs hours");
        assert_eq!(hourly(PayBasis::Week, 600 * POUND, (0, YEAR), None), None);
    }
}

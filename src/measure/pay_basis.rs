//! The time that `base_pay` pays for, and the contracted hours in it.
//!
//! In: `pay_basis`, `weekly_hours` and `base_pay` of a record. Out: pay by the hour or by the year.
//! Invariant: contract hours count, never 2,080 for everybody; missing hours give the declared standard, or no value.
//! Source: METRICS "base_hourly"; weeks a year are 52, as in the US National Compensation Survey.

use arrow::array::Decimal64Array;

use super::batch::value;
use super::{Batch, Values};
use crate::exact::{Amount, SCALE, divide_half_even};
use crate::record::PAY_BASES;

/// The time that one `base_pay` pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayBasis {
    /// An hour.
    Hour,
    /// A day: a fifth of the weekly hours.
    Day,
    /// A week.
    Week,
    /// Two weeks.
    TwoWeeks,
    /// Half a month: 52/24 weeks.
    HalfMonth,
    /// A month: 52/12 weeks.
    Month,
    /// A quarter: 13 weeks.
    Quarter,
    /// A year: 52 weeks.
    Year,
}

const BASES: [PayBasis; 8] = [
    PayBasis::Hour,
    PayBasis::Day,
    PayBasis::Week,
    PayBasis::TwoWeeks,
    PayBasis::HalfMonth,
    PayBasis::Month,
    PayBasis::Quarter,
    PayBasis::Year,
];

impl PayBasis {
    /// The basis that a word of the upload names.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        PAY_BASES.iter().position(|known| *known == word).map(|place| BASES[place])
    }

    /// The word of the upload that names it.
    #[must_use]
    pub fn word(self) -> &'static str {
        BASES.iter().position(|known| *known == self).map_or("", |place| PAY_BASES[place])
    }

    /// The weeks in it, as a fraction; none for an hour, which needs no weeks.
    fn weeks(self) -> Option<(i128, i128)> {
        Some(match self {
            Self::Hour => return None,
            Self::Day => (1, 5),
            Self::Week => (1, 1),
            Self::TwoWeeks => (2, 1),
            Self::HalfMonth => (52, 24),
            Self::Month => (52, 12),
            Self::Quarter => (13, 1),
            Self::Year => (52, 1),
        })
    }

    /// Pay for an hour: pay / (weeks * weekly hours), to the nearest 1/10,000. None without hours where they matter.
    #[must_use]
    pub fn hourly(self, pay: Amount, weekly_hours: Option<Amount>) -> Option<Amount> {
        let Some((weeks, parts)) = self.weeks() else { return Some(pay) };
        let hours = weekly_hours.filter(|&hours| hours > 0)?;
        narrow(divide_half_even(i128::from(pay) * parts * i128::from(SCALE), weeks * i128::from(hours)))
    }

    /// Pay for 52 weeks. Hours matter to the hourly paid only: for others they cancel.
    #[must_use]
    pub fn annual(self, pay: Amount, weekly_hours: Option<Amount>) -> Option<Amount> {
        match self.weeks() {
            Some((weeks, parts)) => narrow(divide_half_even(i128::from(pay) * parts * 52, weeks)),
            None => yearly(pay, weekly_hours.filter(|&hours| hours > 0)?),
        }
    }

    /// Pay for 52 weeks of `standard` hours: base_hourly * standard * 52, rounded once.
    #[must_use]
    pub fn annual_full_time(self, pay: Amount, weekly_hours: Option<Amount>, standard: Amount) -> Option<Amount> {
        let Some((weeks, parts)) = self.weeks() else { return yearly(pay, standard) };
        let hours = weekly_hours.filter(|&hours| hours > 0)?;
        let numerator = i128::from(pay) * parts * i128::from(standard) * 52;
        narrow(divide_half_even(numerator, weeks * i128::from(hours)))
    }
}

fn yearly(hourly: Amount, weekly_hours: Amount) -> Option<Amount> {
    narrow(divide_half_even(i128::from(hourly) * i128::from(weekly_hours) * 52, i128::from(SCALE)))
}

pub(super) fn narrow(amount: i128) -> Option<Amount> {
    Amount::try_from(amount).ok()
}

/// Base pay of each record, brought to another time by `convert(basis, pay, weekly hours)`.
pub(super) fn base_pay(
    batch: &Batch<'_>,
    convert: impl Fn(PayBasis, Amount, Option<Amount>) -> Option<Amount>,
) -> Values {
    match batch.money("base_pay") {
        Some(pay) => brought(batch, &pay, convert),
        None => Values::absent(batch.len()),
    }
}

/// Any amount for one `pay_basis`, brought to another time.
pub(super) fn brought(
    batch: &Batch<'_>,
    pay: &Decimal64Array,
    convert: impl Fn(PayBasis, Amount, Option<Amount>) -> Option<Amount>,
) -> Values {
    let (basis, hours) = (bases(batch), batch.weekly_hours());
    let value = |record: usize| convert(basis(record)?, value(pay, record)?, hours(record));
    Values::from_options((0..batch.len()).map(value))
}

/// The pay basis of each record, or the declared one.
pub(super) fn bases<'a>(batch: &Batch<'a>) -> impl Fn(usize) -> Option<PayBasis> + use<'a> {
    let texts = batch.records().texts("pay_basis");
    let known: Vec<Option<PayBasis>> = texts.iter().flat_map(|texts| texts.words().map(PayBasis::of_word)).collect();
    let default = batch.settings().pay_basis;
    move |record| match &texts {
        Some(texts) => texts.code(record).map_or(default, |code| known[code]),
        None => default,
    }
}

/// Pay for an hour.
pub(super) fn hourly(batch: &Batch<'_>) -> Values {
    batch.shared("pay for an hour".to_owned(), || {
        if all_hourly(batch) { batch.money_values("base_pay") } else { base_pay(batch, PayBasis::hourly) }
    })
}

/// Pay for 52 weeks.
pub(super) fn annual(batch: &Batch<'_>) -> Values {
    batch.shared("pay for a year".to_owned(), || base_pay(batch, PayBasis::annual))
}

/// Whether every record of the batch is paid by the hour, so that base pay needs no conversion.
fn all_hourly(batch: &Batch<'_>) -> bool {
    let default = batch.settings().pay_basis;
    match batch.records().texts("pay_basis") {
        Some(texts) => {
            (texts.complete() || default == Some(PayBasis::Hour)) && texts.words().all(|word| word == "hour")
        }
        None => default == Some(PayBasis::Hour),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EURO: Amount = SCALE;

    /// Worked by hand: 37.5 hours a week.
    #[test]
    fn each_basis_comes_to_its_hour_and_year() {
        let hours = Some(375_000);
        for (basis, pay, hourly, annual) in [
            (PayBasis::Hour, 20 * EURO, 200_000, 39_000 * EURO), // 20 * 37.5 * 52
            (PayBasis::Day, 150 * EURO, 200_000, 39_000 * EURO), // 150 / 7.5
            (PayBasis::Week, 750 * EURO, 200_000, 39_000 * EURO),
            (PayBasis::TwoWeeks, 1_500 * EURO, 200_000, 39_000 * EURO),
            (PayBasis::HalfMonth, 1_625 * EURO, 200_000, 39_000 * EURO), // 1625 * 24 / (52 * 37.5)
            (PayBasis::Month, 3_250 * EURO, 200_000, 39_000 * EURO),     // 3250 * 12 / (52 * 37.5)
            (PayBasis::Quarter, 9_750 * EURO, 200_000, 39_000 * EURO),
            (PayBasis::Year, 39_000 * EURO, 200_000, 39_000 * EURO),
        ] {
            assert_eq!(basis.hourly(pay, hours), Some(hourly), "{basis:?}");
            assert_eq!(basis.annual(pay, hours), Some(annual), "{basis:?}");
            assert_eq!(basis.annual_full_time(pay, hours, 40 * SCALE), Some(41_600 * EURO), "{basis:?}");
        }
    }

    #[test]
    fn missing_hours_give_no_hourly_value_but_a_yearly_one() {
        assert_eq!(PayBasis::Month.hourly(EURO, None), None);
        assert_eq!(PayBasis::Month.annual(EURO, None), Some(12 * EURO));
        assert_eq!(PayBasis::Hour.annual(EURO, None), None);
        assert_eq!(PayBasis::Hour.annual(EURO, Some(0)), None, "no hours are no contract of zero pay");
        assert_eq!(PayBasis::Year.hourly(EURO, Some(0)), None);
    }
}

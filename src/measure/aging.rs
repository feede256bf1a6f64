//! Aging: bringing pay to a date, so that figures of different months can be compared.
//!
//! In: values, yearly rates, a date. Out: `value * (1 + r)^(months/12)`, or `value * (1 + r * months/12)`.
//! Invariant: months are whole calendar months from the period's last month to the month of the date; the factor is found
//! in whole numbers, so that it is the same on every machine; a code without a rate gives no value.
//! Source: WorldatWork, *market pricing*: aging data to a common date.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::reference::table;
use super::{Basis, Measure, MeasureSettings};
use crate::exact::{Amount, SCALE, divide_half_even};
use crate::period::Period;
use crate::problem::FileProblems;

/// How values are brought to a date.
#[derive(Debug, Clone)]
pub struct Aging {
    /// Year and month of the date.
    pub to: (i16, u8),
    /// The date as it was written.
    pub date: String,
    /// Compound or linear.
    pub method: AgingMethod,
    /// The yearly rates.
    pub rate: AgingRate,
    /// The measures that are aged.
    pub measures: Vec<String>,
}

/// How a yearly rate is spread over months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgingMethod {
    /// `(1 + r)^(months/12)`.
    Compound,
    /// `1 + r * months/12`.
    Linear,
}

/// Yearly rates, in 1/10,000.
#[derive(Debug, Clone)]
pub enum AgingRate {
    /// One for all.
    One(Amount),
    /// By a code column of the record.
    By {
        /// The column.
        column: String,
        /// Rates by code.
        rates: Arc<BTreeMap<String, Amount>>,
    },
}

/// Parts of one in which factors are told.
const PARTS: i128 = 1_000_000_000_000_000;

impl AgingRate {
    /// Reads `code,rate`.
    ///
    /// # Errors
    /// Everything that is wrong in it.
    pub fn read(file: &Path, column: &str) -> Result<Self, FileProblems> {
        let mut rates = BTreeMap::new();
        table(file, &["code", "rate"], |row| {
            row.once(rates.insert(row.text("code")?, row.rate("rate")?).is_none());
            Some(())
        })?;
        Ok(Self::By { column: column.to_owned(), rates: Arc::new(rates) })
    }
}

impl Aging {
    /// Whole months from the end of a period to the date; negative for an earlier date.
    #[must_use]
    pub fn months(&self, period: Period) -> i32 {
        let (year, month) = period.last_month();
        (i32::from(self.to.0) - i32::from(year)) * 12 + i32::from(self.to.1) - i32::from(month)
    }

    /// What values are multiplied with, in parts of 10^15.
    fn factor(&self, rate: Amount, months: i32) -> i128 {
        let one_and_rate = i128::from(SCALE + rate);
        match self.method {
            AgingMethod::Linear => {
                PARTS + divide_half_even(PARTS * i128::from(rate) * i128::from(months), 12 * i128::from(SCALE))
            }
            AgingMethod::Compound => {
                let yearly = PARTS / i128::from(SCALE) * one_and_rate;
                let monthly = twelfth_root(yearly);
                let power = |base: i128, times: u32| (0..times).fold(PARTS, |product, _| multiply(product, base));
                let (years, rest) = (months.unsigned_abs() / 12, months.unsigned_abs() % 12);
                let factor = multiply(power(yearly, years), power(monthly, rest));
                if months < 0 { divide_half_even(PARTS * PARTS, factor) } else { factor }
            }
        }
    }

    /// The aging in words, for the release.
    #[must_use]
    pub fn sentence(&self, period: Period) -> String {
        let method = match self.method {
            AgingMethod::Compound => "value * (1 + r)^(months/12)",
            AgingMethod::Linear => "value * (1 + r * months/12)",
        };
        let part = |rate: Amount| format!("{}.{:02} %", rate / 100, (rate % 100).abs());
        let rate = match &self.rate {
            AgingRate::One(rate) => format!("r = {}", part(*rate)),
            AgingRate::By { column, rates } => {
                let rates: Vec<String> = rates.iter().map(|(code, rate)| format!("{code} {}", part(*rate))).collect();
                format!("r by {column}: {}", rates.join(", "))
            }
        };
        let months = self.months(period);
        format!("{} aged to {} by {method}, {months} months, {rate} a year", self.measures.join(", "), self.date)
    }
}

fn multiply(a: i128, b: i128) -> i128 {
    divide_half_even(a * b, PARTS)
}

/// The twelfth root, by bisection: the largest number whose twelfth power is not above `of`.
fn twelfth_root(of: i128) -> i128 {
    let (mut low, mut high) = (PARTS / 2, PARTS * 2);
    while high - low > 1 {
        let middle = low.midpoint(high);
        let power = (1..12).fold(middle, |product, _| multiply(product, middle));
        if power <= of {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The measure, with its values brought to the date where the pipeline asks for that.
pub(super) fn aged(mut measure: Measure, settings: &MeasureSettings) -> Measure {
    let Some(aging) = settings.aging.clone().filter(|aging| aging.measures.contains(&measure.name)) else {
        return measure;
    };
    let inner = measure.basis;
    measure.formula = format!("{}, aged to {}", measure.formula, aging.date);
    if let AgingRate::By { column, .. } = &aging.rate {
        measure.reads.push(column.clone());
    }
    measure.basis = Basis::new(format!("{} aged", inner.key), inner.shape, move |batch| {
        let months = aging.months(batch.period());
        let values = (inner.compute)(batch);
        let grow =
            |factor: i128, value: Amount| Amount::try_from(divide_half_even(i128::from(value) * factor, PARTS)).ok();
        match &aging.rate {
            AgingRate::One(rate) => {
                let factor = aging.factor(*rate, months);
                values.map(|_, value| grow(factor, value))
            }
            AgingRate::By { column, rates } => {
                let texts = batch.records().texts(column);
                let of_word = |word: &str| {
                    let rate = rates.get(word);
                    if rate.is_none() {
                        batch.lacks("aging rates", word.to_owned());
                    }
                    rate.map(|rate| aging.factor(*rate, months))
                };
                let known: Vec<Option<i128>> = texts.iter().flat_map(|texts| texts.words().map(of_word)).collect();
                values.map(|record, value| {
                    let code = texts.as_ref().and_then(|texts| texts.code(record))?;
                    grow(known[code]?, value)
                })
            }
        }
    });
    measure
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aging(method: AgingMethod, year: i16, month: u8) -> Aging {
        let date = format!("{year}-{month:02}-01");
        Aging { to: (year, month), date, method, rate: AgingRate::One(300), measures: vec!["base_hourly".to_owned()] }
    }

    /// On paper, r = 3 %: six months compound 1.03^0.5 = 1.014889156509..., linear 1.015; eighteen months 1.03^1.5 =
    /// 1.045335831204...; six months back 1 / 1.0148891565.
    #[test]
    fn factors_are_those_of_the_formula() {
        let close =
            |factor: i128, expected: i128| assert!((factor - expected).abs() < 200, "{factor} is not {expected}");
        close(aging(AgingMethod::Compound, 2027, 3).factor(300, 6), 1_014_889_156_509_222);
        close(aging(AgingMethod::Compound, 2027, 3).factor(300, 18), 1_045_335_831_204_498);
        close(aging(AgingMethod::Compound, 2027, 3).factor(300, 12), 1_030_000_000_000_000);
        close(aging(AgingMethod::Compound, 2027, 3).factor(300, -6), 985_329_278_164_293);
        assert_eq!(aging(AgingMethod::Linear, 2027, 3).factor(300, 6), 1_015_000_000_000_000);
    }

    #[test]
    fn months_are_counted_from_the_end_of_the_period() {
        assert_eq!(aging(AgingMethod::Linear, 2027, 3).months(Period::Quarter(2026, 3)), 6);
        assert_eq!(aging(AgingMethod::Linear, 2026, 12).months(Period::Year(2026)), 0);
        assert_eq!(aging(AgingMethod::Linear, 2026, 7).months(Period::Month(2026, 9)), -2);
    }
}

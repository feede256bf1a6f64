//! Pay levels as the EU's Pay Transparency Directive counts them: gross hourly pay, basic and variable apart.
//!
//! In: what `base_hourly` reads, `variable_pay` and `gender`. Out: basic pay, variable pay by the hour, and their sum.
//! Invariant: variable pay of 12 months is spread over 52 weeks of contracted hours; an empty `variable_pay` means what the
//! pipeline says; zero variable pay is a value, basic pay and the sum must be above zero.
//! Source: Directive (EU) 2023/970, Art. 3(1)(a) to (e).

use super::super::pay_basis::{hourly, narrow};
use super::super::{Basis, Batch, Shape, Values};
use super::uk_pay::variable_pay;
use crate::exact::{SCALE, divide_half_even};

/// The columns that the sum cannot do without.
pub(crate) const NEEDS: [&str; 5] = ["base_pay", "pay_basis", "weekly_hours", "variable_pay", "gender"];

fn variable_hourly(batch: &Batch<'_>) -> Values {
    batch.shared("variable pay by the hour".to_owned(), || {
        let hours = batch.weekly_hours();
        variable_pay(batch).map(|record, amount| {
            let hours = hours(record).filter(|&hours| hours > 0)?;
            narrow(divide_half_even(i128::from(amount) * i128::from(SCALE), i128::from(hours) * 52))
        })
    })
}

fn by_gender(values: Values, batch: &Batch<'_>) -> Values {
    values.by_gender(batch.genders())
}

/// Basic pay by the hour.
pub(in crate::measure) fn basic() -> Basis {
    Basis::new("eu_basic_pay", Shape::ByGender, |batch| {
        by_gender(hourly(batch).map(|_, pay| (pay > 0).then_some(pay)), batch)
    })
}

/// Variable pay by the hour.
pub(in crate::measure) fn variable() -> Basis {
    Basis::new("eu_variable_pay", Shape::ByGender, |batch| by_gender(variable_hourly(batch), batch))
}

/// Basic and variable pay by the hour.
pub(in crate::measure) fn total() -> Basis {
    Basis::new("eu_total_pay", Shape::ByGender, |batch| {
        let variable = variable_hourly(batch);
        let sum = |record: usize, basic: i64| basic.checked_add(variable.get(record)?).filter(|&sum| sum > 0);
        by_gender(hourly(batch).map(sum), batch)
    })
}

//! What base pay means, brought to one meaning before anything is stored.
//!
//! In: the amounts of a row, the pay basis that its headers or fields tell, and the pay terms of its file. Out: base pay and pay range for
//! the row's pay basis and the employee's own hours. Invariant: what is stored is actual pay for one pay basis, so that no later stage asks
//! how many salaries a year has, or of which job a rate is.
//!
//! Order of what tells the pay basis: the pipeline for a header, the row, the words of a header, the default.

use super::builder::Builder;
use super::header::Field;
use super::parse::Context;
use super::rule::Rule;
use crate::exact::{Amount, SCALE, divide_half_even};
use crate::pipeline::PayTerms;
use crate::record::PAY_BASES;

/// How the pay of rows is settled.
pub(super) struct Terms {
    /// Places among the columns of base pay, the pay range and what tells what they mean.
    base_pay: Option<usize>,
    range: Vec<usize>,
    pay_basis: Option<usize>,
    fte: Option<usize>,
    hours: Option<usize>,
    of_file: PayTerms,
    standard_hours: Option<Amount>,
    default_basis: Option<&'static str>,
}

/// A word of `pay_basis`.
pub(super) fn basis_of(word: &str) -> Option<&'static str> {
    PAY_BASES.into_iter().find(|known| *known == word)
}

impl Terms {
    /// The terms of an upload; none where its base pay is what it says.
    pub(super) fn of(context: &Context<'_>) -> Option<Self> {
        let columns = &context.mapping.columns;
        let place = |name: &str| columns.iter().position(|mapped| mapped.column.name == name);
        let base_pay = place("base_pay");
        let fields = base_pay.map(|base| columns[base].fields.as_slice()).unwrap_or_default();
        let told = fields.iter().any(|field| field.pay_basis.is_some() || field.tells_basis.is_some());
        let terms = context.format.pay;
        if !told && !terms.is_full_time && terms.pays_per_year.is_none_or(|pays| pays == 12) {
            return None;
        }
        Some(Self {
            base_pay,
            range: ["range_min", "range_max"].into_iter().filter_map(place).collect(),
            pay_basis: place("pay_basis"),
            fte: place("fte"),
            hours: place("weekly_hours"),
            of_file: terms,
            standard_hours: context.pipeline.settings.standard_weekly_hours,
            default_basis: context.pipeline.settings.pay_basis.map(crate::measure::PayBasis::word),
        })
    }

    /// The place of base pay, for rejects.
    pub(super) fn base_pay(&self) -> Option<u16> {
        self.base_pay.and_then(|base| u16::try_from(base).ok())
    }

    /// Brings a row of the columns to one meaning; the rule that it breaks, if any. `field` is the one that its base pay comes from.
    pub(super) fn settle(&self, builders: &mut [Builder], row: usize, field: Option<&Field>) -> Option<Rule> {
        let base = self.base_pay?;
        builders[base].number(row)?;
        let of_row = self.pay_basis.and_then(|place| builders[place].word(row)).and_then(basis_of);
        let declared = field.and_then(|field| field.pay_basis);
        let told = field.and_then(|field| field.tells_basis);
        let mut basis = declared.or(of_row).or(told).or(self.default_basis)?;
        let mut factor = (1_i128, 1_i128);
        if basis == "month"
            && let Some(pays) = self.of_file.pays_per_year.filter(|pays| *pays != 12)
        {
            basis = "year";
            factor.0 *= i128::from(pays);
        }
        if self.of_file.is_full_time && basis != "hour" {
            let Some((part, whole)) = self.part_of_full_time(builders, row) else { return Some(Rule::FullTimeRate) };
            factor = (factor.0 * part, factor.1 * whole);
        }
        for &place in std::iter::once(&base).chain(&self.range) {
            if let Some(amount) = builders[place].number(row) {
                let settled = divide_half_even(i128::from(amount) * factor.0, factor.1);
                let Ok(settled) = Amount::try_from(settled) else { return Some(Rule::Range) };
                builders[place].replace_number(row, settled);
            }
        }
        if let Some(place) = self.pay_basis {
            builders[place].replace_word(row, basis);
        }
        None
    }

    /// The part of the full-time job that an employee has.
    fn part_of_full_time(&self, builders: &[Builder], row: usize) -> Option<(i128, i128)> {
        let number =
            |place: Option<usize>| place.and_then(|place| builders[place].number(row)).filter(|part| *part > 0);
        let by_hours = || Some((i128::from(number(self.hours)?), i128::from(self.standard_hours?)));
        number(self.fte).map(|fte| (i128::from(fte), i128::from(SCALE))).or_else(by_hours)
    }
}

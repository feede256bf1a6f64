//! **uk_bonus_share_women**, **uk_bonus_share_men**: the share of women, and of men, who received bonus pay.
//!
//! In: `variable_pay` of 12 months, `gender`. Out: one or zero per woman (or man).
//! Invariant: the denominator is women (men) alone; leave on reduced pay does not matter here.
//! Source: SI 2017/172, regulation 13 (proportion receiving a bonus).

use super::formula::uk_pay::variable_pay;
use super::{Basis, Direction, Gender, Measure, MeasureKind, Shape, Values, columns};

/// The share of a gender with variable pay, under a name.
pub(super) fn share(name: &str, of: Gender) -> Measure {
    let compute = move |batch: &super::Batch<'_>| {
        let (pay, genders) = (variable_pay(batch), batch.genders());
        let flag = |record: usize| pay.get(record).filter(|_| genders[record] == of).map(|pay| pay > 0);
        Values::from_flags((0..batch.len()).map(flag))
    };
    let people = if of == Gender::Woman { "women" } else { "men" };
    Measure {
        direction: Direction::Describes,
        formula: format!("{people} with variable_pay above zero / {people}"),
        treatment: "zero and negative pay is none; what an empty field means is settled by `empty_variable_pay`",
        needs: columns(&["variable_pay", "gender"]),
        ..Measure::of(name, MeasureKind::Share, Basis::new(format!("variable share {people}"), Shape::Sums, compute))
    }
}

pub(super) fn measure(of: Gender) -> Measure {
    let name = if of == Gender::Woman { "uk_bonus_share_women" } else { "uk_bonus_share_men" };
    Measure {
        source: "SI 2017/172 (UK), regulation 12: proportions receiving bonus pay",
        reported_to: crate::exact::SCALE / 1_000,
        ..share(name, of)
    }
}

//! **eu_variable_share_women**, **eu_variable_share_men**: the share of female and of male workers who receive complementary or
//! variable components of pay.
//!
//! In: `variable_pay` of 12 months, `gender`. Out: one or zero per woman (or man).
//! Invariant: the denominator is women (men) alone. It is the UK's share of bonus recipients under another law.
//! Source: Directive (EU) 2023/970, Art. 9(1)(e).

use super::{Gender, Measure, uk_bonus_share};

pub(super) fn measure(of: Gender) -> Measure {
    let name = if of == Gender::Woman { "eu_variable_share_women" } else { "eu_variable_share_men" };
    Measure { source: "Directive (EU) 2023/970, Art. 9(1)(e)", ..uk_bonus_share::share(name, of) }
}

//! **eu_quartile_lower_women** and three more: the share of women in each quartile pay band.
//!
//! In: pay by the hour, basic and variable, as in `formula/eu_pay.rs`. Out: women / women and men of the band.
//! Invariant: bands and ties are those of `formula/quartiles.rs`; the share of men is what is left of one.
//! Source: Directive (EU) 2023/970, Art. 9(1)(f); Art. 3(1)(f): four equal groups of workers.

use super::formula::eu_pay::{NEEDS, total};
use super::{Band, Direction, Family, Measure, MeasureKind, MeasureSettings, columns};

const FAMILY: Family = Family::new("the four EU pay quartiles together hold all women and men");

pub(super) fn measure(band: Band, settings: &MeasureSettings) -> Measure {
    Measure {
        direction: Direction::Describes,
        formula: format!("women / women and men, in the {} quartile pay band by pay level", band.words()),
        source: "Directive (EU) 2023/970, Art. 9(1)(f)",
        treatment: "employees without pay above zero are left out; so are other genders and blanks",
        needs: columns(&NEEDS),
        family: Some(FAMILY),
        by_currency: true,
        ..Measure::of(
            format!("eu_quartile_{}_women", band.name()),
            MeasureKind::QuartileBand(band, settings.quartile_remainders),
            total(),
        )
    }
}

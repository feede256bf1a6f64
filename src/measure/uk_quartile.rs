//! **uk_quartile_lower_women** and three more: the share of women in each of four pay quartiles.
//!
//! In: hourly pay of employees on full pay, as in `formula/uk_pay.rs`. Out: women / women and men of the group.
//! Invariant: groups and ties are those of `formula/quartiles.rs`; reported to 0.1 %.
//! Source: SI 2017/172, regulation 13, and the guidance of gov.uk on quartiles.

use super::formula::uk_pay::{NEEDS, READS, hourly_pay};
use super::{Band, Direction, Family, Measure, MeasureKind, MeasureSettings, columns};

const FAMILY: Family = Family::new("the four UK pay quartiles together hold all women and men");

pub(super) fn measure(band: Band, settings: &MeasureSettings) -> Measure {
    Measure {
        direction: Direction::Describes,
        formula: format!("women / women and men, in the {} pay quartile by hourly pay", band.words()),
        source: "SI 2017/172 (UK), regulation 13: quartile pay bands",
        treatment: "employees with full_pay = no, or without pay above zero, are left out; so are other genders and blanks",
        needs: columns(&NEEDS),
        reads: columns(&READS),
        family: Some(FAMILY),
        by_currency: true,
        reported_to: crate::exact::SCALE / 1_000,
        ..Measure::of(
            format!("uk_quartile_{}_women", band.name()),
            MeasureKind::QuartileBand(band, settings.quartile_remainders),
            hourly_pay(),
        )
    }
}

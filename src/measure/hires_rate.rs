//! **hires_rate**, **hires_rate_closing**: who came between two snapshots, by average or by closing headcount.
//!
//! In: two snapshots joined on pseudonyms. Out: hires / headcount; the unit says which headcount.
//! Invariant: who came and left in between is a hire and a separation.
//! Source: GRI 401-1, rate of new employee hires (over the headcount at the end); ISO 30414.

use super::formula::heads::{Event, Headcount, rate};
use super::{Measure, MeasureKind, Over, Requirement, Unit, panel};

pub(super) fn measure(over: Headcount) -> Measure {
    Measure {
        unit: Unit::Ratio(over.unit()),
        formula: format!("employees who came between the snapshots / {}", over.words()),
        source: "GRI 401-1; ISO 30414",
        treatment: "no figure where the two snapshots cannot be compared",
        reads: panel::columns(),
        requires: vec![Requirement::EarlierSnapshot],
        over: Over::Both,
        ..Measure::of(
            format!("hires_rate{}", over.suffix()),
            MeasureKind::Ratio { counts: true, heads: true },
            rate(Event::Hire, over),
        )
    }
}

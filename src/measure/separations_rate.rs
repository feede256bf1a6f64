//! **separations_rate** and, by reason, **voluntary_**, **involuntary_** and **other_separations_rate**; each by average headcount
//! and, with the suffix **_closing**, by closing headcount.
//!
//! In: two snapshots joined on pseudonyms, `termination_date` and `termination_reason` of leavers in the later one.
//! Out: separations / headcount; the unit says which headcount.
//! Invariant: the three reasons add up to all: *other* is any other reason, or none stated.
//! Source: GRI 401-1, rate of employee turnover (over the headcount at the end); ISO 30414; BLS JOLTS, quits, layoffs, other.

use super::formula::heads::{Event, Headcount, rate};
use super::panel::Reason;
use super::{Direction, Family, Measure, MeasureKind, Over, Requirement, Unit, panel};

/// Separations for all reasons are the sum of those for each.
const AVERAGE: Family = Family::new("separations_rate = voluntary + involuntary + other");
const CLOSING: Family = Family::new("separations_rate_closing = voluntary + involuntary + other");

pub(super) fn measure(reason: Option<Reason>, over: Headcount) -> Measure {
    let (prefix, word) = match reason {
        None => ("", "left"),
        Some(Reason::Voluntary) => ("voluntary_", "left of their own will"),
        Some(Reason::Involuntary) => ("involuntary_", "were made to leave"),
        Some(Reason::Other) => ("other_", "left for another reason, or for none stated,"),
    };
    Measure {
        unit: Unit::Ratio(over.unit()),
        direction: Direction::LowerIsBetter,
        formula: format!("employees who {word} between the snapshots / {}", over.words()),
        source: "GRI 401-1; ISO 30414; BLS JOLTS",
        treatment: "who is missing from the later snapshot has left, for a reason that is not stated; no figure where the two snapshots cannot be compared",
        reads: panel::columns(),
        requires: vec![Requirement::EarlierSnapshot],
        family: Some(if over == Headcount::Average { AVERAGE } else { CLOSING }),
        over: Over::Both,
        ..Measure::of(
            format!("{prefix}separations_rate{}", over.suffix()),
            MeasureKind::Ratio { counts: true, heads: true },
            rate(Event::Separation(reason), over),
        )
    }
}

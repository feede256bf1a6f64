//! Rates of heads: people who came or went, by the people who were there.
//!
//! In: two snapshots of a company, joined. Out: a numerator and a denominator for each record of both.
//! Invariant: somebody who left is counted in the cell where they were at the start, somebody who came in the cell where they
//! are at the end; average headcount is half of the start and half of the end.
//! Source: GRI 401-1 (rates over the headcount at the end of the period); ISO 30414, turnover (over the average).

use super::super::panel::{Closing, Opening, Reason};
use super::super::{Basis, Batch, Shape, Snapshot, Values};
use crate::exact::{Amount, SCALE};

/// What the rate is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::measure) enum Headcount {
    /// The mean of the headcounts at the start and at the end.
    Average,
    /// The headcount at the end.
    Closing,
}

impl Headcount {
    pub(in crate::measure) fn suffix(self) -> &'static str {
        match self {
            Self::Average => "",
            Self::Closing => "_closing",
        }
    }

    pub(in crate::measure) fn words(self) -> &'static str {
        match self {
            Self::Average => "average headcount: (at the start + at the end) / 2",
            Self::Closing => "headcount at the end",
        }
    }

    pub(in crate::measure) fn unit(self) -> &'static str {
        match self {
            Self::Average => "per average headcount",
            Self::Closing => "per closing headcount",
        }
    }

    /// What somebody who was there at the start, and somebody who is there at the end, adds.
    fn weights(self) -> (Amount, Amount) {
        match self {
            Self::Average => (SCALE / 2, SCALE / 2),
            Self::Closing => (0, SCALE),
        }
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::measure) enum Event {
    Hire,
    /// For any reason, or for one.
    Separation(Option<Reason>),
}

pub(in crate::measure) fn rate(event: Event, over: Headcount) -> Basis {
    let key = format!("{event:?} {over:?}");
    let (start_weight, end_weight) = over.weights();
    let counts = |yes: bool| if yes { SCALE } else { 0 };
    let for_reason = move |reason: Reason| match event {
        Event::Hire => false,
        Event::Separation(wanted) => wanted.is_none_or(|wanted| wanted == reason),
    };
    Basis::new(key, Shape::Sums, move |batch: &Batch<'_>| {
        let Some((panel, start)) = batch.panel() else { return Values::absent(batch.len()) };
        let ratio = |record: usize| match batch.snapshot() {
            Snapshot::Opening => match panel.opening[start + record] {
                Opening::Stayed => Some((0, start_weight)),
                Opening::Left(reason) => Some((counts(for_reason(reason)), start_weight)),
                Opening::Gone => None,
            },
            Snapshot::Closing => match panel.closing[start + record] {
                Closing::Stayed(_) => Some((0, end_weight)),
                Closing::Hired => Some((counts(event == Event::Hire), end_weight)),
                Closing::CameAndWent(reason) => Some((counts(event == Event::Hire || for_reason(reason)), 0)),
                Closing::Gone => None,
            },
        };
        // Records that add nothing have no value, so that they are nobody's evidence.
        Values::from_ratios((0..batch.len()).map(|record| ratio(record).filter(|pair| *pair != (0, 0))))
    })
}

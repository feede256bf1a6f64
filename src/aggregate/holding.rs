//! What one holding contributes to a cell.
//!
//! In: the pieces of the holding, and what the cell as a whole says of a measure. Out: a [`Contribution`]; none where the
//! holding has no value. Invariant: contributions of a cell add up to it.

use super::amounts::Slice;
use super::contributions::Contribution;
use super::partial::{Piece, Sums};
use super::statistics::PARTS;
use super::summary::{self, Pool, low_paid, low_pay_bound};
use crate::exact::{Amount, Quotient, SCALE};
use crate::measure::{Band, Bands, Measure, MeasureKind, Population, Remainders, gap};

/// The pieces of one holding.
pub(super) type OfHolding<'p> = &'p [(u32, Piece<'p>)];

/// A measure, and what the whole cell says of it.
pub(super) enum Asked<'m> {
    /// Sums of the holding's values say everything.
    Values(&'m Measure),
    /// Who is below a bound that the cell sets.
    LowPay(&'m Measure, Option<Quotient>),
    /// Who is in a pay band of the cell: a place among the cell's ways to make bands.
    Band(&'m Measure, usize, Band),
    /// The holding's own figure.
    Pool(&'m Measure),
}

/// Ways to make pay bands of a cell.
pub(super) type CellBands = Vec<(Remainders, Bands)>;

/// A holding's women and men in each band, in [`SCALE`] parts, for each way to make bands; computed when first asked for.
pub(super) struct OwnParts<'b> {
    bands: &'b CellBands,
    parts: Vec<Option<[[u64; 2]; 4]>>,
}

impl<'b> OwnParts<'b> {
    pub(super) fn new(bands: &'b CellBands) -> Self {
        Self { bands, parts: vec![None; bands.len()] }
    }

    fn of(&mut self, way: usize, pieces: OfHolding<'_>) -> [[u64; 2]; 4] {
        let bands = &self.bands[way].1;
        *self.parts[way].get_or_insert_with(|| {
            let mut all = [[0; 2]; 4];
            for (_, piece) in pieces {
                let Piece::ByGender([women, men, _]) = piece else { continue };
                let own = bands.parts_of([women, men], SCALE.unsigned_abs());
                all.iter_mut().flatten().zip(own.into_iter().flatten()).for_each(|(all, own)| *all += own);
            }
            all
        })
    }
}

impl<'m> Asked<'m> {
    /// `pool` is that of the whole cell.
    pub(super) fn of(measure: &'m Measure, pool: &mut Pool, bands: &mut CellBands) -> Self {
        match measure.kind {
            MeasureKind::Distribution => Self::Values(measure),
            MeasureKind::LowPay => Self::LowPay(measure, low_pay_bound(pool.ascending(measure.population))),
            MeasureKind::QuartileBand(band, remainders) => {
                let known = bands.iter().position(|(known, _)| *known == remainders);
                let way = known.unwrap_or(bands.len());
                if known.is_none() {
                    bands.push((remainders, pool.bands(&remainders).unwrap_or_default()));
                }
                Self::Band(measure, way, band)
            }
            _ => Self::Pool(measure),
        }
    }

    /// Whether the holding's own pool is needed.
    pub(super) fn needs_pool(&self) -> bool {
        matches!(self, Self::Band(..) | Self::Pool(_))
    }

    /// What a holding contributes. `pool` is its own.
    pub(super) fn contribution(
        &self,
        pieces: OfHolding<'_>,
        pool: Option<&mut Pool>,
        parts: &mut OwnParts<'_>,
    ) -> Option<Contribution> {
        let holding = pieces.first()?.0;
        match self {
            Self::Values(measure) => of_values(holding, pieces, measure.population),
            Self::LowPay(measure, bound) => {
                let all = of_values(holding, pieces, measure.population)?;
                let low = low_paid(counted(pieces, measure.population), (*bound)?);
                Some(of_part(holding, low, all.employees))
            }
            Self::Band(measure, way, band) => {
                let figure = pool?.summarize(measure).and_then(|summary| summary.figure);
                of_band(holding, figure, parts.of(*way, pieces)[*band as usize])
            }
            Self::Pool(measure) => of_pool(holding, measure, pieces, pool?),
        }
    }
}

/// The lists of the pieces.
pub(super) fn lists(pieces: OfHolding<'_>) -> impl Iterator<Item = Slice<'_>> {
    pieces.iter().filter_map(|(_, piece)| match piece {
        Piece::List(values) => Some(*values),
        Piece::ByGender(_) => None,
    })
}

/// The values of the pieces that a measure counts.
pub(super) fn counted(pieces: OfHolding<'_>, population: Population) -> impl Iterator<Item = Amount> + '_ {
    lists(pieces).flat_map(Slice::iter).filter(move |&value| population == Population::All || value > 0)
}

fn of_values(holding: u32, pieces: OfHolding<'_>, population: Population) -> Option<Contribution> {
    let (employees, total) = match population {
        Population::All => {
            lists(pieces).fold((0, 0), |(count, total), values| (count + values.len() as u64, total + values.sum()))
        }
        Population::Positive => {
            counted(pieces, population).fold((0, 0), |(count, total), value| (count + 1, total + i128::from(value)))
        }
    };
    let mean = || Quotient::new(total, employees.into()).in_parts(PARTS);
    (employees > 0).then(|| Contribution {
        holding,
        employees,
        amounts: [total, 0],
        people: [0; 2],
        figure: Some(mean()),
    })
}

fn of_part(holding: u32, with: u64, all: u64) -> Contribution {
    let people = [with, all - with.min(all)];
    let scaled = |count: u64| i128::from(count) * i128::from(SCALE);
    let figure = (all > 0).then(|| Quotient::new(scaled(with), all.into()).in_parts(PARTS));
    Contribution { holding, employees: all, amounts: people.map(scaled), people, figure }
}

/// A holding's women and men in a pay band of the cell. Of those with a pay that several bands share it has its part, as many as
/// of all others. Its own figure is that of its own bands.
fn of_band(holding: u32, figure: Option<Quotient>, parts: [u64; 2]) -> Option<Contribution> {
    let scale = SCALE.unsigned_abs();
    let figure = figure.map(|figure| figure.in_parts(PARTS));
    (parts != [0; 2] || figure.is_some()).then(|| Contribution {
        holding,
        employees: (parts[0] + parts[1]) / scale,
        amounts: parts.map(i128::from),
        people: parts.map(|part| part / scale),
        figure,
    })
}

fn of_pool(holding: u32, measure: &Measure, pieces: OfHolding<'_>, pool: &mut Pool) -> Option<Contribution> {
    let in_parts = |figure: Option<Quotient>| figure.map(|figure| figure.in_parts(PARTS));
    match (measure.kind, pool) {
        (MeasureKind::Gap(center), Pool::ByGender { women, men, .. }) => {
            let people = [women.len() as u64, men.len() as u64];
            let figure = center.of(women).zip(center.of(men)).and_then(|(women, men)| gap(women, men));
            let (employees, amounts) = (people[0] + people[1], [women, men].map(|values| Slice::Wide(values).sum()));
            (employees > 0).then(|| Contribution { holding, employees, amounts, people, figure: in_parts(figure) })
        }
        // The figure alone: its percentiles interest nobody.
        (MeasureKind::Dispersion { figure, .. }, pool @ Pool::List { .. }) => {
            let figure = figure(pool.ascending(measure.population));
            Some(Contribution { figure: in_parts(figure), ..of_values(holding, pieces, measure.population)? })
        }
        _ => None,
    }
}

/// What a holding contributes to a measure that is made of its sums; none where it has none.
pub(super) fn of_sums(holding: u32, kind: MeasureKind, sums: &Sums) -> Option<Contribution> {
    let summary = summary::of_sums(kind, sums)?;
    if let MeasureKind::Share = kind {
        return Some(of_part(holding, summary.parts?.n_numerator?, summary.employees));
    }
    Some(Contribution {
        holding,
        employees: summary.employees,
        amounts: [sums.first, sums.second],
        people: [0; 2],
        figure: summary.figure.map(|figure| figure.in_parts(PARTS)),
    })
}

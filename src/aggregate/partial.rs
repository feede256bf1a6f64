//! [`PartialCells`]: what one company contributes.
//!
//! In: the records of one part of the store. Out: for each of its cells and each basis, the values or their sums.
//! Invariant: merging is putting partials side by side, so it does not matter how the records were split; an empty partial
//! changes nothing.

use super::amounts::{Amounts, Slice, are_narrow};
use super::grouping::{Assigning, Axis, LocalCells};
use crate::exact::Amount;
use crate::measure::{Beside, Gender, Shape, Values};
use crate::store::Records;

/// The values of one basis, by cell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Runs {
    /// Nobody has a value, or nobody asks.
    Nothing,
    /// All values; `ends[cell]` is the end of the cell's run.
    Lists { ends: Vec<u32>, values: Amounts },
    /// All values, apart by gender; `ends[3 * cell + gender]` is the end of a run.
    ByGender { ends: Vec<u32>, values: Vec<Amount> },
    /// Their sums, by cell, in half the room.
    Sums(Vec<Narrow>),
    /// Their sums, by cell, where a number of one cell does not fit.
    WideSums(Vec<Sums>),
}

/// Sums of numerators and denominators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sums {
    pub(super) count: u64,
    pub(super) first: i128,
    pub(super) second: i128,
    /// How many of the numerators are above zero.
    pub(super) with_first: u64,
    /// How many of the denominators are above zero.
    pub(super) with_second: u64,
}

/// The same sums in half the room: there are millions of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Narrow {
    first: i64,
    second: i64,
    count: u32,
    with_first: u32,
    with_second: u32,
}

/// The values of one cell of one company, where they are not sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    List(Slice<'a>),
    /// Women, men, and who is left out.
    ByGender([&'a [Amount]; 3]),
}

/// The values of one company under one grouping, for the bases of a pass.
pub(super) struct PartialCells {
    pub(super) cells: LocalCells,
    pub(super) runs: Vec<Runs>,
}

/// The same while its records are read.
pub(super) struct Accumulator {
    cells: Assigning,
    /// The cell of each record so far.
    of_record: Vec<u32>,
    /// Where those of the last batch begin.
    start: usize,
    /// The sums of each basis so far; of cells that came later there are none.
    sums: Vec<Vec<Sums>>,
}

impl Accumulator {
    pub(super) fn new(axes: usize) -> Self {
        Self { cells: Assigning::new(axes), of_record: Vec::new(), start: 0, sums: Vec::new() }
    }

    /// The cells of further records.
    pub(super) fn update_batch(&mut self, axes: &[Axis<'_>], records: &Records) {
        self.start = self.of_record.len();
        self.cells.assign(axes, records, &mut self.of_record);
    }

    /// Adds the values that the records of the last batch have in a basis of sums: these are not kept.
    pub(super) fn add_sums(&mut self, basis: usize, values: &Values) {
        if values.is_absent() {
            return;
        }
        self.sums.resize_with(self.sums.len().max(basis + 1), Vec::new);
        let sums = &mut self.sums[basis];
        sums.resize(self.cells.len(), Sums::default());
        add_sums(sums, &self.of_record[self.start..], values);
    }

    /// Brings the values of each basis together by cell. `values` are those of all records, basis by basis and batch by
    /// batch, but for bases of sums; several groupings of the same records share them. `wanted` tells the shape of each basis
    /// that is asked for.
    pub(super) fn finalize(self, values: &[Vec<Values>], wanted: &[Option<Shape>]) -> PartialCells {
        let Self { cells, of_record, mut sums, .. } = self;
        let count = cells.len();
        sums.resize_with(values.len(), Vec::new);
        let gather = |((batches, shape), sums): ((&Vec<Values>, &Option<Shape>), Vec<Sums>)| match shape {
            Some(Shape::Sums) if !sums.is_empty() => Runs::of_sums(sums),
            Some(Shape::List) if has_any(batches) => Runs::lists(count, &of_record, batches),
            Some(Shape::ByGender) if has_any(batches) => Runs::by_gender(count, &of_record, batches),
            _ => Runs::Nothing,
        };
        let runs = values.iter().zip(wanted).zip(sums).map(gather).collect();
        PartialCells { cells: cells.finish(), runs }
    }
}

impl Sums {
    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.first += other.first;
        self.second += other.second;
        self.with_first += other.with_first;
        self.with_second += other.with_second;
    }
}

impl Narrow {
    fn of(sums: &Sums) -> Option<Self> {
        Some(Self {
            first: sums.first.try_into().ok()?,
            second: sums.second.try_into().ok()?,
            count: sums.count.try_into().ok()?,
            with_first: sums.with_first.try_into().ok()?,
            with_second: sums.with_second.try_into().ok()?,
        })
    }
}

impl From<Narrow> for Sums {
    fn from(narrow: Narrow) -> Self {
        Self {
            count: narrow.count.into(),
            first: narrow.first.into(),
            second: narrow.second.into(),
            with_first: narrow.with_first.into(),
            with_second: narrow.with_second.into(),
        }
    }
}

impl Runs {
    fn of_sums(sums: Vec<Sums>) -> Self {
        let mut narrow = Vec::with_capacity(sums.len());
        narrow.extend(sums.iter().map_while(Narrow::of));
        if narrow.len() == sums.len() { Self::Sums(narrow) } else { Self::WideSums(sums) }
    }

    fn lists(cells: usize, of_record: &[u32], batches: &[Values]) -> Self {
        let place = |cell, _: usize, _: &Values| cell;
        let (ends, values) = if are_narrow(batches.iter().flat_map(|batch| batch.parts().0.iter().copied())) {
            let (ends, values) = lists(cells, of_record, batches, place, |amount| i32::try_from(amount).unwrap_or(0));
            (ends, Amounts::Narrow(values))
        } else {
            let (ends, values) = lists(cells, of_record, batches, place, |amount| amount);
            (ends, Amounts::Wide(values))
        };
        Self::Lists { ends, values }
    }

    fn by_gender(cells: usize, of_record: &[u32], batches: &[Values]) -> Self {
        let place = |cell: usize, record: usize, values: &Values| {
            let gender = match values.beside() {
                Beside::Gender(genders) => genders[record],
                _ => Gender::LeftOut,
            };
            cell * 3 + gender as usize
        };
        let (ends, values) = lists(cells * 3, of_record, batches, place, |amount| amount);
        Self::ByGender { ends, values }
    }

    /// The sums of one cell; none of other shapes, or where nobody has a value.
    pub(super) fn sums(&self, cell: usize) -> Option<Sums> {
        let sums = match self {
            Self::Sums(sums) => sums.get(cell).copied().map(Sums::from),
            Self::WideSums(sums) => sums.get(cell).copied(),
            _ => None,
        };
        sums.filter(|sums| sums.count > 0)
    }

    /// The values of one cell; none of sums, or where there are none.
    pub(super) fn of(&self, cell: usize) -> Option<Piece<'_>> {
        match self {
            Self::Nothing | Self::Sums(_) | Self::WideSums(_) => None,
            Self::Lists { ends, values } => {
                let [start, end] = run(ends, cell);
                Some(values.slice(start, end)).filter(|values| !values.is_empty()).map(Piece::List)
            }
            Self::ByGender { ends, values } => {
                let runs = [0, 1, 2].map(|gender| {
                    let [start, end] = run(ends, cell * 3 + gender);
                    &values[start..end]
                });
                runs.iter().any(|values| !values.is_empty()).then_some(Piece::ByGender(runs))
            }
        }
    }
}

fn has_any(batches: &[Values]) -> bool {
    !batches.iter().all(Values::is_absent)
}

/// Where the run of a place starts and ends.
fn run(ends: &[u32], place: usize) -> [usize; 2] {
    let start = if place == 0 { 0 } else { ends[place - 1] };
    [start, ends[place]].map(|end| end as usize)
}

/// A counting sort of all values by the place that `place(cell, record of the batch, batch)` tells, kept as `keep` says.
fn lists<T: Copy + Default>(
    places: usize,
    of_record: &[u32],
    batches: &[Values],
    place: impl Fn(usize, usize, &Values) -> usize,
    keep: impl Fn(Amount) -> T,
) -> (Vec<u32>, Vec<T>) {
    let mut next = vec![0_u32; places + 1];
    for_each(of_record, batches, |cell, record, _, batch| next[place(cell, record, batch) + 1] += 1);
    for place in 0..places {
        next[place + 1] += next[place];
    }
    let mut gathered = vec![T::default(); next[places] as usize];
    for_each(of_record, batches, |cell, record, value, batch| {
        let place = place(cell, record, batch);
        gathered[next[place] as usize] = keep(value);
        next[place] += 1;
    });
    next.truncate(places);
    (next, gathered)
}

/// Adds the values of a batch to the sums of their cells.
fn add_sums(sums: &mut [Sums], cells: &[u32], values: &Values) {
    let (numbers, present) = values.parts();
    let denominators = match values.beside() {
        Beside::Denominator(denominators) => Some(denominators),
        _ => None,
    };
    // Loops of their own, in which nothing is asked that is the same for all records.
    match (present, denominators) {
        (None, None) => add_each(sums, cells, |record| (true, numbers[record], 0)),
        (None, Some(second)) => add_each(sums, cells, |record| (true, numbers[record], second[record])),
        (Some(present), None) => add_each(sums, cells, |record| (present.is_valid(record), numbers[record], 0)),
        (Some(present), Some(second)) => {
            add_each(sums, cells, |record| (present.is_valid(record), numbers[record], second[record]));
        }
    }
}

/// `value` tells of a record whether it counts, and its numerator and denominator.
fn add_each(sums: &mut [Sums], cells: &[u32], value: impl Fn(usize) -> (bool, Amount, Amount)) {
    for (record, &cell) in cells.iter().enumerate() {
        let (counts, first, second) = value(record);
        if counts {
            let sum = &mut sums[cell as usize];
            sum.count += 1;
            sum.first += i128::from(first);
            sum.second += i128::from(second);
            sum.with_first += u64::from(first > 0);
            sum.with_second += u64::from(second > 0);
        }
    }
}

/// Hands every value to `take`, with its cell and its place in its batch.
fn for_each(of_record: &[u32], batches: &[Values], mut take: impl FnMut(usize, usize, Amount, &Values)) {
    let mut rest = of_record;
    for batch in batches {
        let (cells, later) = rest.split_at(batch.len());
        rest = later;
        let (values, present) = batch.parts();
        let counted = cells.iter().zip(values).enumerate();
        match present {
            None => counted.for_each(|(record, (&cell, &value))| take(cell as usize, record, value, batch)),
            Some(present) => counted
                .filter(|(record, _)| present.is_valid(*record))
                .for_each(|(record, (&cell, &value))| take(cell as usize, record, value, batch)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const GENDERS: [Gender; 3] = [Gender::Woman, Gender::Man, Gender::LeftOut];

    proptest! {
        #[test]
        fn runs_agree_with_a_map_of_lists(records in proptest::collection::vec((0_u32..6, any::<i32>(), any::<bool>(), 0_usize..3), 0..200), factor in 1_i64..3) {
            let mut expected: BTreeMap<(u32, usize), Vec<i64>> = BTreeMap::new();
            for &(cell, value, present, gender) in &records {
                if present {
                    expected.entry((cell, gender)).or_default().push(i64::from(value) * factor);
                }
            }
            let of_record: Vec<u32> = records.iter().map(|&(cell, ..)| cell).collect();
            let batches: Vec<Values> = records
                .chunks(7)
                .map(|records| {
                    let values = records.iter().map(|&(_, value, present, _)| present.then_some(i64::from(value) * factor));
                    Values::from_options(values).by_gender(records.iter().map(|&(.., gender)| GENDERS[gender]).collect())
                })
                .collect();
            let (lists, genders) = (Runs::lists(6, &of_record, &batches), Runs::by_gender(6, &of_record, &batches));
            let mut sums = vec![Sums::default(); 6];
            of_record.chunks(7).zip(&batches).for_each(|(cells, batch)| add_sums(&mut sums, cells, batch));
            let sums = Runs::of_sums(sums);
            for cell in 0..6 {
                let of = |gender| expected.get(&(cell, gender)).cloned().unwrap_or_default();
                let own = [of(0), of(1), of(2)];
                let mut all = own.concat();
                all.sort_unstable();
                let cell = cell as usize;
                if all.is_empty() {
                    prop_assert_eq!((lists.of(cell), genders.of(cell), sums.sums(cell)), (None, None, None));
                    continue;
                }
                let Some(Piece::List(list)) = lists.of(cell) else { panic!("a list") };
                let mut list: Vec<Amount> = list.iter().collect();
                list.sort_unstable();
                prop_assert_eq!(&list, &all);
                prop_assert_eq!(genders.of(cell), Some(Piece::ByGender([&own[0], &own[1], &own[2]])));
                let sums = sums.sums(cell).expect("sums");
                prop_assert_eq!(sums.first, all.iter().map(|&value| i128::from(value)).sum::<i128>());
                prop_assert_eq!(sums.count, all.len() as u64);
            }
        }

        /// The slow twin keeps the wide form.
        #[test]
        fn narrow_sums_agree_with_wide_ones(sums in proptest::collection::vec((0_u64..3, any::<i64>(), any::<i64>(), 0_u32..70), 0..5)) {
            let of = |(count, first, second, bits): (u64, i64, i64, u32)| {
                let first = i128::from(first) << bits.saturating_sub(60);
                Sums { count, first, second: second.into(), with_first: count / 2, with_second: count }
            };
            let sums: Vec<Sums> = sums.into_iter().map(of).collect();
            let (either, wide) = (Runs::of_sums(sums.clone()), Runs::WideSums(sums.clone()));
            for cell in 0..=sums.len() {
                prop_assert_eq!(either.sums(cell), wide.sums(cell));
            }
        }
    }
}

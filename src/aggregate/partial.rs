//! [`PartialCells`]: what one company contributes.
//!
//! In: the records of one part of the store. Out: for each of its cells and each measure, the values.
//! Invariant: merging is putting partials side by side, so it does not matter how the records were split; an empty partial
//! changes nothing.

use super::grouping::{LocalCells, NO_CELL};
use crate::exact::Amount;
use crate::measure::Values;

/// The values of one measure, by cell.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Runs {
    /// `ends[cell]` is the end of the cell's run in `values`.
    ends: Vec<u32>,
    values: Vec<Amount>,
}

/// The values of one company under one grouping, for the measures of a pass.
pub(super) struct PartialCells {
    pub(super) cells: LocalCells,
    pub(super) runs: Vec<Runs>,
    /// The cell of each record so far.
    of_record: Vec<u32>,
}

impl PartialCells {
    pub(super) fn new(axes: usize) -> Self {
        Self { cells: LocalCells::new(axes), runs: Vec::new(), of_record: Vec::new() }
    }

    /// The cells of further records.
    pub(super) fn update_batch(&mut self, assign: impl FnOnce(&mut LocalCells, &mut Vec<u32>)) {
        assign(&mut self.cells, &mut self.of_record);
    }

    /// Brings the values of each measure together by cell. `values` are those of all records, measure by measure and batch
    /// by batch; several groupings of the same records share them.
    pub(super) fn finalize(mut self, values: &[Vec<Values>]) -> Self {
        let of_record = std::mem::take(&mut self.of_record);
        self.runs = values.iter().map(|batches| Runs::gather(self.cells.len(), &of_record, batches)).collect();
        self
    }
}

impl Runs {
    fn gather(cells: usize, of_record: &[u32], batches: &[Values]) -> Self {
        let mut next = vec![0_u32; cells + 1];
        for_each(of_record, batches, |cell, _| next[cell + 1] += 1);
        for cell in 0..cells {
            next[cell + 1] += next[cell];
        }
        let mut gathered = vec![0; next[cells] as usize];
        for_each(of_record, batches, |cell, value| {
            gathered[next[cell] as usize] = value;
            next[cell] += 1;
        });
        next.truncate(cells);
        Self { ends: next, values: gathered }
    }

    /// The values of one cell.
    pub(super) fn of(&self, cell: usize) -> &[Amount] {
        let start = if cell == 0 { 0 } else { self.ends[cell - 1] };
        &self.values[start as usize..self.ends[cell] as usize]
    }
}

/// Hands every value that counts to `take`, with its cell.
fn for_each(of_record: &[u32], batches: &[Values], mut take: impl FnMut(usize, Amount)) {
    let mut rest = of_record;
    for batch in batches {
        let (values, present) = batch.parts();
        let (cells, later) = rest.split_at(values.len());
        rest = later;
        let counted = cells.iter().zip(values).enumerate().filter(|(_, (cell, _))| **cell != NO_CELL);
        match present {
            None => counted.for_each(|(_, (&cell, &value))| take(cell as usize, value)),
            Some(present) => counted
                .filter(|(record, _)| present.is_valid(*record))
                .for_each(|(_, (&cell, &value))| take(cell as usize, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_agree_with_a_map_of_lists(records in proptest::collection::vec((0_u32..6, any::<i32>(), any::<bool>(), any::<bool>()), 0..200)) {
            let mut expected: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
            for &(cell, value, present, in_cell) in &records {
                if present && in_cell {
                    expected.entry(cell).or_default().push(i64::from(value));
                }
            }
            let of_record: Vec<u32> = records.iter().map(|&(cell, .., in_cell)| if in_cell { cell } else { NO_CELL }).collect();
            let batches: Vec<Values> = records
                .chunks(7)
                .map(|records| Values::from_options(records.iter().map(|&(_, value, present, _)| present.then_some(i64::from(value)))))
                .collect();
            let runs = Runs::gather(6, &of_record, &batches);
            for cell in 0..6 {
                prop_assert_eq!(runs.of(cell as usize), expected.get(&cell).map_or(&[][..], Vec::as_slice));
            }
        }
    }
}

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
    /// The values of each measure so far, record by record.
    waiting: Vec<(Vec<Amount>, Vec<bool>)>,
}

impl PartialCells {
    pub(super) fn new(axes: usize, measures: usize) -> Self {
        Self {
            cells: LocalCells::new(axes),
            runs: Vec::new(),
            of_record: Vec::new(),
            waiting: vec![(Vec::new(), Vec::new()); measures],
        }
    }

    /// The cells of further records; the values follow with [`update_batch`](Self::update_batch).
    pub(super) fn assign(&mut self, assign: impl FnOnce(&mut LocalCells, &mut Vec<u32>)) {
        assign(&mut self.cells, &mut self.of_record);
    }

    /// The values of the same records.
    pub(super) fn update_batch(&mut self, measure: usize, values: &Values) {
        let (numbers, present) = values.parts();
        let (all, there) = &mut self.waiting[measure];
        all.extend_from_slice(numbers);
        match present {
            // The mask is kept from the first record without a value on.
            Some(present) => {
                there.resize(all.len() - numbers.len(), true);
                there.extend(present.iter());
            }
            None if !there.is_empty() => there.resize(all.len(), true),
            None => {}
        }
    }

    /// Brings the values of each measure together by cell, and drops what is not needed any more.
    pub(super) fn finalize(mut self) -> Self {
        let cells = self.cells.len();
        let of_record = std::mem::take(&mut self.of_record);
        for (values, present) in std::mem::take(&mut self.waiting) {
            self.runs.push(Runs::gather(cells, &of_record, &values, &present));
        }
        self
    }
}

impl Runs {
    fn gather(cells: usize, of_record: &[u32], values: &[Amount], present: &[bool]) -> Self {
        let counts = |record: usize| of_record[record] != NO_CELL && (present.is_empty() || present[record]);
        let mut next = vec![0_u32; cells + 1];
        for record in (0..values.len()).filter(|&record| counts(record)) {
            next[of_record[record] as usize + 1] += 1;
        }
        for cell in 0..cells {
            next[cell + 1] += next[cell];
        }
        let mut gathered = vec![0; next[cells] as usize];
        for record in (0..values.len()).filter(|&record| counts(record)) {
            let place = &mut next[of_record[record] as usize];
            gathered[*place as usize] = values[record];
            *place += 1;
        }
        next.truncate(cells);
        Self { ends: next, values: gathered }
    }

    /// The values of one cell.
    pub(super) fn of(&self, cell: usize) -> &[Amount] {
        let start = if cell == 0 { 0 } else { self.ends[cell - 1] };
        &self.values[start as usize..self.ends[cell] as usize]
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
            let values: Vec<i64> = records.iter().map(|&(_, value, ..)| i64::from(value)).collect();
            let present: Vec<bool> = records.iter().map(|&(_, _, present, _)| present).collect();
            let runs = Runs::gather(6, &of_record, &values, &present);
            for cell in 0..6 {
                prop_assert_eq!(runs.of(cell as usize), expected.get(&cell).map_or(&[][..], Vec::as_slice));
            }
        }
    }
}

//! Which cell a record falls into.
//!
//! In: records of one company, and the dimensions of a table (or the columns of a breakdown). Out: the place of a cell for
//! each record. Invariant: a company's cells are told by their codes, so that it does not matter which record came first.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::intake::Company;
use crate::pipeline::{Dimension, DimensionSource, Hierarchy, UNKNOWN};
use crate::store::Records;

/// One axis of a grouping.
pub(super) enum Axis<'a> {
    /// The same code for all records of a company.
    Constant(String),
    /// A code of each record, taken to a level of a hierarchy.
    Record {
        column: &'a str,
        hierarchy: &'a Hierarchy,
        level: u8,
        /// The code of records that do not say.
        absent: &'a str,
    },
}

impl<'a> Axis<'a> {
    /// The axis of a dimension at its finest level, for one company.
    pub(super) fn of_dimension(dimension: &'a Dimension, place: usize, level: u8, company: &Company) -> Self {
        match &dimension.source {
            DimensionSource::Company(_) => Self::Constant(dimension.hierarchy.at_level(&company.codes[place], level)),
            DimensionSource::Record(column) => {
                Self::Record { column, hierarchy: &dimension.hierarchy, level, absent: UNKNOWN }
            }
        }
    }

    /// The codes of a record column as they are.
    pub(super) fn of_column(column: &'a str, absent: &'a str) -> Self {
        Self::Record { column, hierarchy: &Hierarchy::Flat, level: 1, absent }
    }
}

/// The cells of one company under one grouping: which they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LocalCells {
    /// The codes of each axis that occur.
    codes: Vec<Vec<String>>,
    /// A place among the codes of every axis, cell after cell.
    cells: Vec<u32>,
}

/// The same while it is found out.
pub(super) struct Assigning {
    local: LocalCells,
    places: Vec<HashMap<String, u32>>,
    found: HashMap<Vec<u32>, u32>,
}

/// A place in a small table that has not been met yet.
const NOT_MET: u32 = u32::MAX;

impl LocalCells {
    pub(super) fn len(&self) -> usize {
        self.cells.len() / self.codes.len().max(1)
    }

    /// The codes of a cell.
    pub(super) fn codes(&self, cell: usize) -> impl Iterator<Item = &str> {
        let axes = self.codes.len();
        self.cells[cell * axes..][..axes].iter().zip(&self.codes).map(|(&code, codes)| codes[code as usize].as_str())
    }

    /// The cells, each as a code of every axis.
    pub(super) fn cells(&self) -> impl Iterator<Item = &[u32]> {
        self.cells.chunks_exact(self.codes.len().max(1))
    }

    /// What the codes of an axis mean.
    pub(super) fn codes_of_axis(&self, axis: usize) -> &[String] {
        &self.codes[axis]
    }
}

impl Assigning {
    pub(super) fn new(axes: usize) -> Self {
        let local = LocalCells { codes: vec![Vec::new(); axes], cells: Vec::new() };
        Self { local, places: vec![HashMap::new(); axes], found: HashMap::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.local.len()
    }

    /// What was found.
    pub(super) fn finish(self) -> LocalCells {
        self.local
    }

    fn code(&mut self, axis: usize, code: &str) -> u32 {
        if let Some(&place) = self.places[axis].get(code) {
            return place;
        }
        let codes = &mut self.local.codes[axis];
        let place = u32::try_from(codes.len()).unwrap_or(NOT_MET);
        codes.push(code.to_owned());
        self.places[axis].insert(code.to_owned(), place);
        place
    }

    fn cell(&mut self, codes: &[u32]) -> u32 {
        if let Some(&cell) = self.found.get(codes) {
            return cell;
        }
        let cell = u32::try_from(self.local.len()).unwrap_or(NOT_MET);
        self.local.cells.extend_from_slice(codes);
        self.found.insert(codes.to_vec(), cell);
        cell
    }

    /// Appends the cell of each record to `out`.
    pub(super) fn assign(&mut self, axes: &[Axis<'_>], records: &Records, out: &mut Vec<u32>) {
        let mut base = vec![0_u32; axes.len()];
        let mut varying: Vec<Varying<'_>> = Vec::new();
        for (place, axis) in axes.iter().enumerate() {
            match axis {
                Axis::Constant(code) => base[place] = self.code(place, code),
                Axis::Record { column, hierarchy, level, absent } => {
                    let absent = self.code(place, absent);
                    match records.texts(column) {
                        None => base[place] = absent,
                        Some(texts) => {
                            let map = texts.words().map(|word| self.code(place, &hierarchy.at_level(word, *level)));
                            let codes: Vec<u32> = map.collect();
                            varying.push(Varying { place, raw: texts.raw_codes(), texts, codes, absent });
                        }
                    }
                }
            }
        }
        // Codes of varying axes are numbered together, so that a record's cell is one look-up in a small table.
        let sizes: Vec<usize> = varying.iter().map(|axis| self.local.codes[axis.place].len()).collect();
        let size: usize =
            sizes.iter().try_fold(1_usize, |product, size| product.checked_mul(*size)).unwrap_or(usize::MAX);
        let direct = size <= (records.len() * 4).max(1 << 12);
        let mut table = if direct { vec![NOT_MET; size] } else { Vec::new() };
        let mut codes = base;
        for record in 0..records.len() {
            let mut place = 0;
            for (axis, size) in varying.iter().zip(&sizes) {
                let code = axis.code(record);
                codes[axis.place] = code;
                place = place * size + code as usize;
            }
            if !direct {
                out.push(self.cell(&codes));
                continue;
            }
            if table[place] == NOT_MET {
                table[place] = self.cell(&codes);
            }
            out.push(table[place]);
        }
    }
}

/// An axis whose code differs from record to record.
struct Varying<'a> {
    place: usize,
    raw: &'a [i32],
    texts: crate::store::Texts<'a>,
    codes: Vec<u32>,
    absent: u32,
}

impl Varying<'_> {
    #[inline]
    fn code(&self, record: usize) -> u32 {
        if self.texts.complete() {
            return usize::try_from(self.raw[record])
                .ok()
                .and_then(|raw| self.codes.get(raw))
                .copied()
                .unwrap_or(self.absent);
        }
        self.texts.code(record).map_or(self.absent, |code| self.codes[code])
    }
}

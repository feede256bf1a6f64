//! What the private files of a release say: what was protected, and the proofs.
//!
//! In: `protection.parquet` and `proofs.parquet` of the private folder. Out: a [`Group`] for each quantity of linked tables.
//! Invariant: the files are read here anew, by names of columns; what does not fit together is damage, and damage is told.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, BooleanArray, Int64Array, RecordBatch, StringArray, UInt32Array};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};

use crate::disclose::secondary::{Alternative, ProblemCell, Proof, Role, Share, Side};
use crate::disclose::{PROOFS, PROTECTION, Place};
use crate::store::StoreError;

/// What a group of cells is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// `incumbent`, `organization` or `employees`: which published figures tell of it.
    pub quantity: String,
    /// Names of the measures.
    pub measures: Vec<String>,
    /// Currency of the amounts, where they have one.
    pub currency: Option<String>,
    /// Names of the dimensions.
    pub dimensions: Vec<String>,
    /// For each layer its measure and what of it is added up.
    pub facts: Vec<(String, String)>,
    /// For each layer what everybody knows its values to be whole numbers of.
    pub units: Vec<i64>,
    /// Companies that may share what they know.
    pub coalition: usize,
}

/// The code above another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Parent {
    /// Name of the dimension.
    pub dimension: String,
    /// Level of the code.
    pub level: u8,
    /// The code.
    pub code: String,
    /// A coarser level.
    pub coarser: u8,
    /// The code there.
    pub parent: String,
}

/// What was protected of linked tables, and how that is proven.
#[derive(Debug, Clone)]
pub struct Group {
    /// What it is.
    pub header: Header,
    /// What each cell is.
    pub places: Vec<Place>,
    /// Whether each is withheld.
    pub withheld: Vec<bool>,
    /// The cells of each layer; who contributes is told of withheld ones.
    pub layers: Vec<Vec<ProblemCell>>,
    /// Why each unsafe cell cannot be known.
    pub proofs: Vec<Proof>,
}

/// All groups of a release, and the classifications.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The groups.
    pub groups: Vec<Group>,
    /// The codes above each code.
    pub parents: Vec<Parent>,
}

impl Evidence {
    /// Reads the private folder of a release.
    ///
    /// # Errors
    /// [`StoreError`]: a file is missing or damaged.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let file = folder.join(PROTECTION);
        let damaged = |error: &str| StoreError::Damaged { path: file.clone(), error: error.to_owned() };
        let (notes, batches) = read(&file)?;
        let note = |key: &str| notes.get(key).ok_or_else(|| damaged("lacks its notes"));
        let headers: Vec<Header> =
            serde_json::from_str(note("payquorum.groups")?).map_err(|error| damaged(&error.to_string()))?;
        let parents = serde_json::from_str(note("payquorum.parents")?).map_err(|error| damaged(&error.to_string()))?;
        let group = |header: Header| Group {
            layers: vec![Vec::new(); header.facts.len()],
            header,
            places: Vec::new(),
            withheld: Vec::new(),
            proofs: Vec::new(),
        };
        let mut evidence = Self { groups: headers.into_iter().map(group).collect(), parents };
        for batch in &batches {
            evidence.add_cells(batch).ok_or_else(|| damaged("has other columns or rows than it should"))?;
        }
        let file = folder.join(PROOFS);
        let (_, batches) = read(&file)?;
        let mut tables = Tables::new();
        for batch in &batches {
            add_moves(batch, &mut tables).ok_or_else(|| StoreError::Damaged {
                path: file.clone(),
                error: "has other columns than it should".to_owned(),
            })?;
        }
        for ((group, layer, cell, above, _), moves) in tables {
            let Some(group) = evidence.groups.get_mut(group as usize) else { continue };
            let (layer, side) = (layer as usize, if above { Side::Above } else { Side::Below });
            let table = Alternative::of_moves(moves);
            match group.proofs.last_mut() {
                Some(last) if (last.layer, last.cell, last.side) == (layer, cell, side) => last.tables.push(table),
                _ => group.proofs.push(Proof { layer, cell, side, tables: vec![table] }),
            }
        }
        Ok(evidence)
    }

    fn add_cells(&mut self, batch: &RecordBatch) -> Option<()> {
        let (group, layer, cell) = (numbers(batch, "group")?, numbers(batch, "layer")?, numbers(batch, "cell")?);
        let (place, role) = (texts(batch, "place")?, texts(batch, "role")?);
        let [value, below, above, least, most, amount] =
            ["value", "below", "above", "least", "most", "amount"].map(|name| amounts(batch, name));
        let (value, below, above, least, most, amount) = (value?, below?, above?, least?, most?, amount?);
        let holding = numbers(batch, "holding")?;
        let withheld = batch.column_by_name("withheld")?.as_any().downcast_ref::<BooleanArray>()?;
        for row in 0..batch.num_rows() {
            let group = self.groups.get_mut(group.value(row) as usize)?;
            let cells = group.layers.get_mut(layer.value(row) as usize)?;
            let number = cell.value(row) as usize;
            if number == cells.len() {
                if number == group.places.len() {
                    group.places.push(serde_json::from_str(place.value(row)).ok()?);
                    group.withheld.push(withheld.value(row));
                }
                cells.push(ProblemCell {
                    value: value.value(row),
                    loss: value.value(row).saturating_abs(),
                    role: match role.value(row) {
                        "unsafe" => Role::Unsafe,
                        "open" => Role::Open,
                        "known" => Role::Known,
                        _ => return None,
                    },
                    believed: [least.value(row), most.value(row)],
                    protection: [below.value(row), above.value(row)],
                    shares: Vec::new(),
                });
            }
            // Rows of one cell follow each other.
            if number + 1 != cells.len() {
                return None;
            }
            let own = cells.last_mut()?;
            if holding.is_valid(row) {
                own.shares.push(Share { company: holding.value(row), amount: amount.value(row) });
            }
        }
        Some(())
    }
}

type Notes = BTreeMap<String, String>;

/// The moves of each table: group, layer, cell, whether it moves up, and the number of the table.
type Tables = BTreeMap<(u32, u32, u32, bool, u32), Vec<(u32, i64)>>;

fn read(file: &Path) -> Result<(Notes, Vec<RecordBatch>), StoreError> {
    let damaged = |error: String| StoreError::Damaged { path: file.to_owned(), error };
    let open = File::open(file).map_err(|error| StoreError::Io { path: file.to_owned(), error })?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(open).map_err(|error| damaged(error.to_string()))?;
    let notes = builder.metadata().file_metadata().key_value_metadata().into_iter().flatten();
    let notes = notes.filter_map(|note| Some((note.key.clone(), note.value.clone()?))).collect();
    let reader = builder.build().map_err(|error| damaged(error.to_string()))?;
    let batches = reader.collect::<Result<_, _>>().map_err(|error| damaged(error.to_string()))?;
    Ok((notes, batches))
}

fn add_moves(batch: &RecordBatch, tables: &mut Tables) -> Option<()> {
    let [group, layer, cell, table, moved] =
        ["group", "layer", "cell", "table", "moved"].map(|name| numbers(batch, name));
    let (group, layer, cell, table, moved) = (group?, layer?, cell?, table?, moved?);
    let above = batch.column_by_name("above")?.as_any().downcast_ref::<BooleanArray>()?;
    let by = amounts(batch, "by")?;
    for row in 0..batch.num_rows() {
        let key = (group.value(row), layer.value(row), cell.value(row), above.value(row), table.value(row));
        tables.entry(key).or_default().push((moved.value(row), by.value(row)));
    }
    Some(())
}

fn numbers<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a UInt32Array> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

fn amounts<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a Int64Array> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a StringArray> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

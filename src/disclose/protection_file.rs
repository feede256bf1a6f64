//! The private files of table protection: what was protected and how that is proven, for the [audit](crate::audit) and for `explain`.
//!
//! In: what was done for linked tables. Out: `protection.parquet` (a row for each contribution to a withheld cell, or for the cell
//! where it has none) and `proofs.parquet` (a row for each move of an alternative table). Invariant: holdings have numbers, and no
//! names; whoever reads the files needs nothing else to check every proof.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::linked::{Place, Protected};
use super::secondary::{ProblemCell, Role, Share, Side};
use crate::audit::{Header, Parent};
use crate::pipeline::Pipeline;
use crate::store::{StoreError, TableFile};

/// Rows that are written at a time.
const ROWS: usize = 1 << 16;

/// The name of the file of cells and contributions.
pub const PROTECTION: &str = "protection.parquet";
/// The name of the file of proofs.
pub const PROOFS: &str = "proofs.parquet";

/// Writes both files into a folder.
///
/// # Errors
/// [`StoreError`]: a file cannot be written.
pub fn write_protection(all: &[Protected], pipeline: &Pipeline, folder: &Path) -> Result<(), StoreError> {
    write_cells(all, pipeline, &folder.join(PROTECTION))?;
    write_proofs(all, &folder.join(PROOFS))
}

/// A contribution to a cell, or the cell alone.
struct Row<'a> {
    group: u32,
    layer: u32,
    cell: u32,
    place: &'a str,
    is_withheld: bool,
    of: &'a ProblemCell,
    share: Option<Share>,
}

fn write_cells(all: &[Protected], pipeline: &Pipeline, file: &Path) -> Result<(), StoreError> {
    let headers: Vec<Header> = all.iter().map(header).collect();
    let json = |text: serde_json::Result<String>| {
        text.map_err(|error| StoreError::Damaged { path: file.to_owned(), error: error.to_string() })
    };
    let notes = [
        ("payquorum.confidentiality", "private: for the privacy officer only".to_owned()),
        ("payquorum.groups", json(serde_json::to_string(&headers))?),
        ("payquorum.parents", json(serde_json::to_string(&parents(all, pipeline)))?),
    ];
    let schema = schema_of_cells();
    let mut table = TableFile::create(file, &schema, &notes)?;
    for (group, protected) in (0..).zip(all) {
        let places: Vec<String> =
            protected.places.iter().map(|place| json(serde_json::to_string(place))).collect::<Result<_, _>>()?;
        let mut rows: Vec<Row<'_>> = Vec::new();
        for (layer, problem) in (0..).zip(&protected.layers) {
            for ((cell, of), place) in (0..).zip(problem.cells()).zip(&places) {
                let is_withheld = protected.pattern.withheld[cell as usize];
                let row = |share| Row { group, layer, cell, place, is_withheld, of, share };
                // Nobody needs to know who stands behind what is published.
                if is_withheld && !of.shares.is_empty() {
                    rows.extend(of.shares.iter().map(|&share| row(Some(share))));
                } else {
                    rows.push(row(None));
                }
                if rows.len() >= ROWS {
                    table.write(&batch_of_cells(&schema, &rows).map_err(damaged(file))?)?;
                    rows.clear();
                }
            }
        }
        table.write(&batch_of_cells(&schema, &rows).map_err(damaged(file))?)?;
    }
    table.finish()
}

fn header(protected: &Protected) -> Header {
    Header {
        quantity: protected.quantity.name().to_owned(),
        measures: protected.measures.clone(),
        currency: protected.currency.clone(),
        dimensions: protected.dimensions.clone(),
        facts: protected.facts.iter().map(|(measure, fact)| (measure.clone(), (*fact).to_owned())).collect(),
        units: protected.layers.iter().map(super::secondary::Problem::unit).collect(),
        coalition: protected.layers.first().map_or(1, super::secondary::Problem::coalition),
    }
}

/// For each code that occurs the codes above it on the coarser levels that occur.
fn parents(all: &[Protected], pipeline: &Pipeline) -> Vec<Parent> {
    let mut parents: BTreeSet<Parent> = BTreeSet::new();
    for dimension in &pipeline.dimensions {
        let mut codes: BTreeSet<(u8, &str)> = BTreeSet::new();
        for protected in all {
            let Some(axis) = protected.dimensions.iter().position(|name| *name == dimension.name) else { continue };
            codes.extend(protected.places.iter().filter_map(|place| match place {
                Place::Cell(codes) => Some((codes[axis].0, codes[axis].1.as_str())),
                _ => None,
            }));
        }
        let levels: BTreeSet<u8> = codes.iter().map(|(level, _)| *level).filter(|level| *level > 0).collect();
        for (level, code) in codes {
            parents.extend(levels.iter().filter(|coarser| **coarser < level).map(|&coarser| Parent {
                dimension: dimension.name.clone(),
                level,
                code: code.to_owned(),
                coarser,
                parent: dimension.hierarchy.ancestor(code, coarser),
            }));
        }
    }
    parents.into_iter().collect()
}

fn schema_of_cells() -> SchemaRef {
    let number = |name: &str, kind: DataType| Field::new(name, kind, false);
    let fields = [
        number("group", DataType::UInt32),
        number("layer", DataType::UInt32),
        number("cell", DataType::UInt32),
        number("place", DataType::Utf8),
        number("role", DataType::Utf8),
        number("withheld", DataType::Boolean),
    ];
    let amounts = ["value", "below", "above", "least", "most"].map(|name| number(name, DataType::Int64));
    let share = [Field::new("holding", DataType::UInt32, true), Field::new("amount", DataType::Int64, true)];
    Arc::new(Schema::new(fields.into_iter().chain(amounts).chain(share).collect::<Vec<_>>()))
}

fn batch_of_cells(schema: &SchemaRef, rows: &[Row<'_>]) -> Result<RecordBatch, ArrowError> {
    let numbers =
        |number: fn(&Row<'_>) -> u32| -> ArrayRef { Arc::new(UInt32Array::from_iter_values(rows.iter().map(number))) };
    let amounts = |amount: fn(&ProblemCell) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| amount(row.of))))
    };
    let role = |row: &Row<'_>| match row.of.role {
        Role::Unsafe => "unsafe",
        Role::Open => "open",
        Role::Known => "known",
    };
    let columns: Vec<ArrayRef> = vec![
        numbers(|row| row.group),
        numbers(|row| row.layer),
        numbers(|row| row.cell),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.place))),
        Arc::new(StringArray::from_iter_values(rows.iter().map(role))),
        Arc::new(rows.iter().map(|row| Some(row.is_withheld)).collect::<BooleanArray>()),
        amounts(|cell| cell.value),
        amounts(|cell| cell.protection[0]),
        amounts(|cell| cell.protection[1]),
        amounts(|cell| cell.believed[0]),
        amounts(|cell| cell.believed[1]),
        Arc::new(rows.iter().map(|row| row.share.map(|share| share.company)).collect::<UInt32Array>()),
        Arc::new(rows.iter().map(|row| row.share.map(|share| share.amount)).collect::<Int64Array>()),
    ];
    RecordBatch::try_new(schema.clone(), columns)
}

fn write_proofs(all: &[Protected], file: &Path) -> Result<(), StoreError> {
    let number = |name: &str| Field::new(name, DataType::UInt32, false);
    let fields = ["group", "layer", "cell", "table", "moved"]
        .map(number)
        .into_iter()
        .chain([Field::new("above", DataType::Boolean, false), Field::new("by", DataType::Int64, false)]);
    let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let secret = ("payquorum.confidentiality", "private: for the privacy officer only".to_owned());
    let mut file_of_proofs = TableFile::create(file, &schema, &[secret])?;
    for (group, protected) in (0_u32..).zip(all) {
        for proofs in protected.pattern.proofs.chunks(ROWS) {
            let mut rows: Vec<([u32; 5], bool, i64)> = Vec::new();
            for proof in proofs {
                let layer = u32::try_from(proof.layer).unwrap_or(u32::MAX);
                for (table, alternative) in (0..).zip(&proof.tables) {
                    let row = |&(moved, by): &(u32, i64)| {
                        ([group, layer, proof.cell, table, moved], proof.side == Side::Above, by)
                    };
                    rows.extend(alternative.moves().iter().map(row));
                }
            }
            let numbers = |place: usize| -> ArrayRef {
                Arc::new(UInt32Array::from_iter_values(rows.iter().map(|(numbers, ..)| numbers[place])))
            };
            let mut columns: Vec<ArrayRef> = (0..5).map(numbers).collect();
            columns.push(Arc::new(rows.iter().map(|(_, above, _)| Some(*above)).collect::<BooleanArray>()));
            columns.push(Arc::new(Int64Array::from_iter_values(rows.iter().map(|(.., by)| *by))));
            file_of_proofs.write(&RecordBatch::try_new(schema.clone(), columns).map_err(damaged(file))?)?;
        }
    }
    file_of_proofs.finish()
}

fn damaged(file: &Path) -> impl FnOnce(ArrowError) -> StoreError + '_ {
    move |error| StoreError::Damaged { path: file.to_owned(), error: error.to_string() }
}

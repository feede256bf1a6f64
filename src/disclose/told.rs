//! What releases have told, so that a later one does not tell by difference who joined, left or was corrected.
//!
//! In: published cells with what each holding contributes, without names. Out: whether a cell may be published beside what was told
//! before. Invariant: figures of one cell in two releases differ in nothing, or in enough holdings that the difference keeps the
//! primary rules itself.
//!
//! A holding is known again by nothing but what it contributes: whoever contributes the same to a cell as before does not stand in
//! the difference.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray, UInt64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use hashbrown::{HashMap, HashSet};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::prelude::*;

use super::ledger::{Action, Family, Ledger, Verdict};
use crate::aggregate::{Cell, CellKey, CellTable};
use crate::exact::SCALE;
use crate::pipeline::{Pipeline, Policy};
use crate::store::{StoreError, TableFile};

/// Rows that are written at a time, more or less.
const ROWS: usize = 1 << 16;

/// Which figures of which cell, whatever table it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Place {
    cell: String,
    measure: String,
    currency: Option<String>,
    family: Family,
}

/// What one holding contributes: employees, and amounts or its own figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Behind {
    employees: u64,
    amounts: [i128; 2],
}

/// What one release has told.
#[derive(Debug, Clone, Default)]
struct Told {
    places: HashMap<Place, Vec<Behind>>,
}

/// What all releases have told that a new one can be compared with.
#[derive(Debug, Clone, Default)]
pub struct History {
    releases: Vec<Told>,
}

impl Place {
    fn of(key: &CellKey, measure: usize, family: Family, pipeline: &Pipeline) -> Self {
        let table = &pipeline.tables[key.table];
        let mut parts: Vec<String> = table
            .by
            .iter()
            .zip(key.levels.iter().zip(&key.codes))
            .filter(|(_, (level, _))| **level > 0)
            .map(|(&dimension, (level, code))| format!("{}@{level}={code}", pipeline.dimensions[dimension].name))
            .collect();
        parts.sort();
        let measure = pipeline.measures[measure].name.clone();
        Self { cell: parts.join(";"), measure, currency: key.currency.clone(), family }
    }
}

/// What holdings contribute to the figures of a family.
fn behind(cell: &Cell, family: Family) -> Vec<Behind> {
    let mut all: Vec<Behind> = match family {
        Family::Incumbent => {
            cell.contributions.iter().map(|own| Behind { employees: own.employees, amounts: own.amounts }).collect()
        }
        Family::Organization => {
            let figures = cell.contributions.iter().filter_map(|own| own.figure);
            figures.map(|figure| Behind { employees: 0, amounts: [figure, 0] }).collect()
        }
    };
    all.sort_unstable();
    all
}

impl History {
    /// Reads what releases have told from their private files.
    ///
    /// # Errors
    /// [`StoreError`]: a file is missing or damaged.
    pub fn read(files: &[PathBuf]) -> Result<Self, StoreError> {
        Ok(Self { releases: files.iter().map(|file| Told::read(file)).collect::<Result<_, _>>()? })
    }

    /// Whether the figures of a cell, beside those of an earlier release, would tell of too few holdings.
    pub(super) fn betrays(&self, cell: &Cell, family: Family, pipeline: &Pipeline) -> bool {
        if self.releases.is_empty() {
            return false;
        }
        let place = Place::of(&cell.key, cell.measure, family, pipeline);
        let mut now: Option<Vec<Behind>> = None;
        self.releases.iter().filter_map(|told| told.places.get(&place)).any(|before| {
            let now = now.get_or_insert_with(|| behind(cell, family));
            tells_of_few(&difference(now, before), family, &pipeline.policy)
        })
    }
}

/// What stands in one sorted list and not in the other: what came, and what went.
fn difference(now: &[Behind], before: &[Behind]) -> [Vec<Behind>; 2] {
    let [mut came, mut went] = [Vec::new(), Vec::new()];
    let (mut now, mut before) = (now.iter().peekable(), before.iter().peekable());
    loop {
        match (now.peek(), before.peek()) {
            (Some(one), Some(other)) if one == other => {
                now.next();
                before.next();
            }
            (Some(one), Some(other)) if one < other => came.extend(now.next()),
            (_, Some(_)) => went.extend(before.next()),
            (Some(_), None) => came.extend(now.next()),
            (None, None) => return [came, went],
        }
    }
}

/// Whether a difference is there, and breaks the primary rules. A holding that was corrected came and went.
fn tells_of_few(difference: &[Vec<Behind>; 2], family: Family, policy: &Policy) -> bool {
    if difference.iter().all(Vec::is_empty) {
        return false;
    }
    let most = |count: fn(&[Behind]) -> u64| difference.iter().map(|list| count(list)).max().unwrap_or(0);
    let is_close = |side: usize| {
        let mut sizes: Vec<i128> = difference.iter().flatten().map(|own| own.amounts[side].abs()).collect();
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        let known = usize::try_from(policy.coalition).unwrap_or(usize::MAX).saturating_add(1);
        let rest: i128 = sizes.iter().skip(known).sum();
        let largest = sizes.first().copied().unwrap_or(0);
        policy
            .p_percent
            .is_some_and(|p| rest.saturating_mul(100 * i128::from(SCALE)) < largest.saturating_mul(p.into()))
    };
    most(|list| list.len() as u64) < policy.min_companies
        || family == Family::Incumbent && most(|list| list.iter().map(|own| own.employees).sum()) < policy.min_employees
        || is_close(0)
        || is_close(1)
}

impl Told {
    fn read(file: &Path) -> Result<Self, StoreError> {
        let damaged = |error: String| StoreError::Damaged { path: file.to_owned(), error };
        let open = File::open(file).map_err(|error| StoreError::Io { path: file.to_owned(), error })?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(open)
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .map_err(|error| damaged(error.to_string()))?;
        let mut told = Self::default();
        for batch in reader {
            let batch = batch.map_err(|error| damaged(error.to_string()))?;
            told.add(&batch).ok_or_else(|| damaged("has other columns than it should".to_owned()))?;
        }
        told.places.values_mut().for_each(|list| list.sort_unstable());
        Ok(told)
    }

    fn add(&mut self, batch: &RecordBatch) -> Option<()> {
        let text = |name: &str| -> Option<StringArray> {
            let words = cast(batch.column_by_name(name)?, &DataType::Utf8).ok()?;
            words.as_any().downcast_ref().cloned()
        };
        let amount = |name: &str| -> Option<Amounts<'_>> {
            let column = |name: &str| batch.column_by_name(name)?.as_any().downcast_ref::<Int64Array>();
            Some(Amounts { low: column(name)?, high: column(&format!("{name}_high"))? })
        };
        let (cells, measures, currencies, families) =
            (text("cell")?, text("measure")?, text("currency")?, text("family")?);
        let (first, second) = (amount("first")?, amount("second")?);
        let employees = batch.column_by_name("employees")?.as_any().downcast_ref::<UInt64Array>()?;
        for row in 0..batch.num_rows() {
            let place = Place {
                cell: cells.value(row).to_owned(),
                measure: measures.value(row).to_owned(),
                currency: currencies.is_valid(row).then(|| currencies.value(row).to_owned()),
                family: Family::of_name(families.value(row))?,
            };
            let behind = Behind { employees: employees.value(row), amounts: [first.get(row), second.get(row)] };
            self.places.entry(place).or_default().push(behind);
        }
        Some(())
    }
}

/// The last 64 bits of an amount.
#[expect(clippy::cast_possible_truncation, reason = "the other bits are in the high part")]
fn low(amount: i128) -> i64 {
    amount as i64
}

/// The first 64 bits of an amount that does not fit into 64; hardly any does.
fn high(amount: i128) -> Option<i64> {
    i64::try_from(amount).is_err().then_some((amount >> 64) as i64)
}

/// Amounts in their two parts.
struct Amounts<'a> {
    low: &'a Int64Array,
    high: &'a Int64Array,
}

impl Amounts<'_> {
    fn get(&self, row: usize) -> i128 {
        together(self.low.value(row), self.high.is_valid(row).then(|| self.high.value(row)))
    }
}

fn together(low: i64, high: Option<i64>) -> i128 {
    match high {
        None => i128::from(low),
        Some(high) => i128::from(high) << 64 | i128::from(low.cast_unsigned()),
    }
}

/// Writes what a release tells: a row for each holding behind each published family of figures, without its name.
///
/// # Errors
/// [`StoreError`]: the file cannot be written.
pub fn write_told(cells: &CellTable, ledger: &Ledger, pipeline: &Pipeline, file: &Path) -> Result<(), StoreError> {
    let is_told =
        |decision: &&super::Decision| decision.verdict == Verdict::Published && decision.action == Action::Listed;
    let told: HashSet<(&CellKey, usize, Family)> = ledger
        .decisions
        .iter()
        .filter(is_told)
        .map(|decision| (decision.key.as_ref(), decision.measure, decision.family))
        .collect();
    let schema = schema();
    let secret = ("payquorum.confidentiality", "private: to compare later releases with".to_owned());
    let mut table = TableFile::create(file, &schema, &[secret])?;
    fn of_cell<'c>(
        cell: &'c Cell,
        told: &HashSet<(&CellKey, usize, Family)>,
        pipeline: &Pipeline,
    ) -> Vec<(Place, &'c Cell)> {
        let is_told = |family: &Family| told.contains(&(cell.key.as_ref(), cell.measure, *family));
        let families = [Family::Incumbent, Family::Organization].into_iter().filter(is_told);
        families.map(|family| (Place::of(&cell.key, cell.measure, family, pipeline), cell)).collect()
    }
    let figures: Vec<(Place, &Cell)> =
        cells.cells.par_iter().flat_map_iter(|cell| of_cell(cell, &told, pipeline)).collect();
    let mut written: HashSet<&Place> = HashSet::with_capacity(figures.len());
    let figures: Vec<&(Place, &Cell)> = figures.iter().filter(|(place, _)| written.insert(place)).collect();
    let mut rest = figures.as_slice();
    while !rest.is_empty() {
        let mut rows = 0;
        let fits = |(_, cell): &&&(Place, &Cell)| {
            let before = rows;
            rows += cell.contributions.len();
            before < ROWS
        };
        let (figures, later) = rest.split_at(rest.iter().take_while(fits).count());
        rest = later;
        let behind: Vec<Vec<Behind>> = figures.par_iter().map(|(place, cell)| behind(cell, place.family)).collect();
        let places: Vec<&Place> = figures.iter().map(|(place, _)| place).collect();
        table.write(&batch(&schema, &places, &behind, file)?)?;
    }
    table.finish()
}

fn schema() -> SchemaRef {
    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let text = |name: &str| Field::new(name, words.clone(), true);
    let amount = |name: &str, is_rare: bool| Field::new(name, DataType::Int64, is_rare);
    let fields = [text("cell"), text("measure"), text("currency"), text("family")].into_iter().chain([
        Field::new("employees", DataType::UInt64, false),
        amount("first", false),
        amount("first_high", true),
        amount("second", false),
        amount("second_high", true),
    ]);
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The rows of some figures, each with what is behind it.
fn batch(
    schema: &SchemaRef,
    places: &[&Place],
    behind: &[Vec<Behind>],
    file: &Path,
) -> Result<RecordBatch, StoreError> {
    let damaged =
        |error: arrow::error::ArrowError| StoreError::Damaged { path: file.to_owned(), error: error.to_string() };
    let keys: Int32Array =
        (0..).zip(behind).flat_map(|(place, rows)| std::iter::repeat_n(place, rows.len())).collect::<Vec<i32>>().into();
    let texts = |text: fn(&Place) -> Option<&str>| -> Result<ArrayRef, StoreError> {
        let words: StringArray = places.iter().map(|place| text(place)).collect();
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys.clone(), Arc::new(words)).map_err(damaged)?))
    };
    let rows = || behind.iter().flatten();
    let amounts = |side: usize| -> [ArrayRef; 2] {
        let low: Vec<i64> = rows().map(|behind| low(behind.amounts[side])).collect();
        let high: Int64Array = rows().map(|behind| high(behind.amounts[side])).collect();
        [Arc::new(Int64Array::from(low)), Arc::new(high)]
    };
    let mut columns = vec![
        texts(|place| Some(&place.cell))?,
        texts(|place| Some(&place.measure))?,
        texts(|place| place.currency.as_deref())?,
        texts(|place| Some(place.family.name()))?,
        Arc::new(UInt64Array::from(rows().map(|behind| behind.employees).collect::<Vec<u64>>())),
    ];
    columns.extend(amounts(0).into_iter().chain(amounts(1)));
    RecordBatch::try_new(schema.clone(), columns).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slow twin is the amount itself.
    #[test]
    fn an_amount_is_the_same_in_two_parts() {
        let edges = [0, 1, -1, i128::from(i64::MAX), i128::from(i64::MIN), i128::MAX, i128::MIN];
        for amount in edges.into_iter().flat_map(|edge| (-2..=2).map(move |by| edge.wrapping_add(by))) {
            assert_eq!(together(low(amount), high(amount)), amount);
            assert_eq!(high(amount).is_none(), i64::try_from(amount).is_ok());
        }
    }

    fn list(amounts: &[i128]) -> Vec<Behind> {
        let mut list: Vec<Behind> =
            amounts.iter().map(|&amount| Behind { employees: 10, amounts: [amount, 0] }).collect();
        list.sort_unstable();
        list
    }

    fn betrays(before: &[i128], now: &[i128]) -> bool {
        tells_of_few(&difference(&list(now), &list(before)), Family::Incumbent, &Policy::survey())
    }

    /// One that joined, left or was corrected stands alone in the difference; the same figures again tell nothing.
    #[test]
    fn few_changes_are_told() {
        let before = [100, 110, 120, 130, 140, 150];
        assert!(!betrays(&before, &before));
        assert!(betrays(&before, &[100, 110, 120, 130, 140, 150, 160]), "one joined");
        assert!(betrays(&before, &[100, 110, 120, 130, 140]), "one left");
        assert!(betrays(&before, &[100, 110, 120, 130, 140, 151]), "one was corrected");
        assert!(betrays(&before, &[101, 111, 121, 131, 140, 150]), "four were corrected");
    }

    #[test]
    fn many_changes_hide_each_other() {
        let before = [100, 110, 120, 130, 140, 150];
        assert!(!betrays(&before, &[101, 111, 121, 131, 141, 150]), "five were corrected");
        assert!(betrays(&before, &[101, 111, 121, 131, 141, 150_000]), "one of them stands out");
    }

    /// The difference is that of two multisets.
    #[test]
    fn what_is_there_twice_counts_twice() {
        let [came, went] = difference(&list(&[5, 5, 7]), &list(&[5, 6]));
        assert_eq!((came, went), (list(&[5, 7]), list(&[6])));
    }
}

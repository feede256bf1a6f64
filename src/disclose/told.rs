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

use arrow::array::{
    Array, ArrayRef, DictionaryArray, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, UInt64Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Int32Type, Schema, SchemaRef};
use hashbrown::{HashMap, HashSet};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::prelude::*;

use super::ledger::{Action, Family, Ledger, Verdict};
use crate::aggregate::{Cell, CellKey, CellTable};
use crate::exact::SCALE;
use crate::pipeline::{Pipeline, Policy};
use crate::store::{StoreError, TableFile};

/// Contributions that are written at a time, more or less.
const ROWS: usize = 1 << 18;

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
        let lists = |name: &str| batch.column_by_name(name)?.as_any().downcast_ref::<ListArray>();
        let (cells, measures, currencies, families) =
            (text("cell")?, text("measure")?, text("currency")?, text("family")?);
        let employees = lists("employees")?;
        let [first, first_high, second, second_high] = AMOUNTS.map(lists);
        let (first, first_high, second, second_high) = (first?, first_high?, second?, second_high?);
        for row in 0..batch.num_rows() {
            let place = Place {
                cell: cells.value(row).to_owned(),
                measure: measures.value(row).to_owned(),
                currency: currencies.is_valid(row).then(|| currencies.value(row).to_owned()),
                family: Family::of_name(families.value(row))?,
            };
            let of_row = employees.value(row);
            let of_row: &UInt64Array = of_row.as_any().downcast_ref()?;
            let [first, second] = [amounts(first, first_high, row)?, amounts(second, second_high, row)?];
            let behind = of_row.values().iter().zip(first.into_iter().zip(second));
            let behind = behind.map(|(&employees, (first, second))| Behind { employees, amounts: [first, second] });
            self.places.entry(place).or_default().extend(behind);
        }
        Some(())
    }
}

/// The columns of amounts: the last 64 bits of each, and the first 64 bits where one of them does not fit.
const AMOUNTS: [&str; 4] = ["first", "first_high", "second", "second_high"];

/// The amounts of a row, from both their parts.
fn amounts(low: &ListArray, high: &ListArray, row: usize) -> Option<Vec<i128>> {
    let (low, high) = (low.value(row), high.value(row));
    let (low, high): (&Int64Array, &Int64Array) = (low.as_any().downcast_ref()?, high.as_any().downcast_ref()?);
    if high.is_empty() {
        return Some(low.values().iter().map(|&low| i128::from(low)).collect());
    }
    Some(low.values().iter().zip(high.values()).map(|(&low, &high)| together(low, high)).collect())
}

/// The last 64 bits of an amount.
#[expect(clippy::cast_possible_truncation, reason = "the other bits are in the high part")]
fn low(amount: i128) -> i64 {
    amount as i64
}

/// The first 64 bits of an amount.
fn high(amount: i128) -> i64 {
    (amount >> 64) as i64
}

fn together(low: i64, high: i64) -> i128 {
    i128::from(high) << 64 | i128::from(low.cast_unsigned())
}

/// Writes what a release tells: a row for each published family of figures, with lists of what holdings contribute, without names.
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
    let list = |name: &str, kind: DataType| Field::new(name, DataType::List(item(kind)), false);
    let texts = ["cell", "measure", "currency", "family"].map(text);
    let amounts = AMOUNTS.map(|name| list(name, DataType::Int64));
    let fields = texts.into_iter().chain([list("employees", DataType::UInt64)]).chain(amounts);
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// What lists are of.
fn item(kind: DataType) -> FieldRef {
    Arc::new(Field::new_list_field(kind, false))
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
    let keys: Int32Array = (0..).take(places.len()).collect::<Vec<i32>>().into();
    let texts = |text: fn(&Place) -> Option<&str>| -> Result<ArrayRef, StoreError> {
        let words: StringArray = places.iter().map(|place| text(place)).collect();
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys.clone(), Arc::new(words)).map_err(damaged)?))
    };
    let list = |kind: DataType, lengths: &[usize], values: ArrayRef| -> Result<ArrayRef, StoreError> {
        let offsets = OffsetBuffer::from_lengths(lengths.iter().copied());
        Ok(Arc::new(ListArray::try_new(item(kind), offsets, values, None).map_err(damaged)?))
    };
    let lengths: Vec<usize> = behind.iter().map(Vec::len).collect();
    let mut columns = vec![
        texts(|place| Some(&place.cell))?,
        texts(|place| Some(&place.measure))?,
        texts(|place| place.currency.as_deref())?,
        texts(|place| Some(place.family.name()))?,
    ];
    let employees: Vec<u64> = behind.iter().flatten().map(|behind| behind.employees).collect();
    columns.push(list(DataType::UInt64, &lengths, Arc::new(UInt64Array::from(employees)))?);
    for side in 0..2 {
        let all: Vec<i64> = behind.iter().flatten().map(|behind| low(behind.amounts[side])).collect();
        columns.push(list(DataType::Int64, &lengths, Arc::new(Int64Array::from(all)))?);
        let is_wide = |rows: &&Vec<Behind>| rows.iter().any(|behind| i64::try_from(behind.amounts[side]).is_err());
        let wide: Vec<usize> = behind.iter().map(|rows| if is_wide(&rows) { rows.len() } else { 0 }).collect();
        let all: Vec<i64> = behind.iter().filter(is_wide).flatten().map(|behind| high(behind.amounts[side])).collect();
        columns.push(list(DataType::Int64, &wide, Arc::new(Int64Array::from(all)))?);
    }
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

    /// Wide amounts and narrow ones come back as they were written.
    #[test]
    fn what_is_written_is_read() {
        let places = ["narrow", "wide"].map(|cell| Place {
            cell: cell.to_owned(),
            measure: "m".to_owned(),
            currency: (cell == "wide").then(|| "EUR".to_owned()),
            family: Family::Incumbent,
        });
        let behind = [list(&[5, -7]), list(&[1, i128::MAX, i128::MIN])];
        let file = Path::new("told.parquet");
        let batch = batch(&schema(), &places.each_ref(), &behind, file).expect("a batch");
        let mut told = Told::default();
        told.add(&batch).expect("the same columns");
        for (place, behind) in places.iter().zip(behind) {
            assert_eq!(told.places[place], behind);
        }
    }

    /// The difference is that of two multisets.
    #[test]
    fn what_is_there_twice_counts_twice() {
        let [came, went] = difference(&list(&[5, 5, 7]), &list(&[5, 6]));
        assert_eq!((came, went), (list(&[5, 7]), list(&[6])));
    }
}

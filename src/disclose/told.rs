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

use arrow::array::{Array, ArrayRef, BinaryArray, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use hashbrown::{HashMap, HashSet};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::ledger::{Action, Family, Ledger, Verdict};
use crate::aggregate::{Cell, CellKey, CellTable};
use crate::digest;
use crate::exact::SCALE;
use crate::pipeline::{Hierarchy, Pipeline, Policy};
use crate::store::{StoreError, TableFile};

/// Figures that are written at a time.
const ROWS: usize = 1 << 14;

/// Bytes of a digest that stand in front of what is packed.
const CHECKED: usize = 8;

/// What holdings contribute to a figure, without their names: in order, so that whoever contributes the same is found again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Behind {
    /// Their own figures.
    Figures(Vec<i64>),
    /// Employees, and two amounts.
    Amounts(Vec<[i64; 3]>),
    /// Either, where a number does not fit.
    Wide(Vec<[i128; 3]>),
}

impl Behind {
    fn of(cell: &Cell, family: Family) -> Self {
        let all = cell.contributions.iter();
        match family {
            Family::Incumbent => {
                Self::amounts(all.map(|own| [own.employees.into(), own.amounts[0], own.amounts[1]]).collect())
            }
            Family::Organization => {
                let figures: Vec<i128> = all.filter_map(|own| own.figure).collect();
                let narrow: Result<Vec<i64>, _> = figures.iter().map(|&figure| figure.try_into()).collect();
                match narrow {
                    Ok(mut narrow) => {
                        narrow.sort_unstable();
                        Self::Figures(narrow)
                    }
                    Err(_) => Self::wide(figures.into_iter().map(|figure| [0, figure, 0]).collect()),
                }
            }
        }
    }

    fn amounts(all: Vec<[i128; 3]>) -> Self {
        let narrow = |own: &[i128; 3]| -> Option<[i64; 3]> {
            let [employees, first, second] = own.map(|number| i64::try_from(number).ok());
            Some([employees?, first?, second?])
        };
        match all.iter().map(narrow).collect::<Option<Vec<_>>>() {
            Some(mut narrow) => {
                narrow.sort_unstable();
                Self::Amounts(narrow)
            }
            None => Self::wide(all),
        }
    }

    fn wide(mut all: Vec<[i128; 3]>) -> Self {
        all.sort_unstable();
        Self::Wide(all)
    }

    /// As bytes, in front of which stand some of their digest.
    fn packed(&self) -> Vec<u8> {
        let bytes = postcard::to_stdvec(self).unwrap_or_default();
        [&digest::of(&bytes)[..CHECKED], &bytes].concat()
    }

    /// What was packed; none where it is damaged.
    fn unpacked(bytes: &[u8]) -> Option<Self> {
        is_whole(bytes).then(|| postcard::from_bytes(&bytes[CHECKED..]).ok())?
    }

    /// Employees and amounts of each; own figures stand in the place of the first amount.
    fn rows(self) -> Vec<[i128; 3]> {
        match self {
            Self::Figures(all) => all.into_iter().map(|figure| [0, figure.into(), 0]).collect(),
            Self::Amounts(all) => all.into_iter().map(|own| own.map(i128::from)).collect(),
            Self::Wide(all) => all,
        }
    }
}

/// Whether packed bytes are as they were written.
fn is_whole(bytes: &[u8]) -> bool {
    bytes.len() > CHECKED && digest::of(&bytes[CHECKED..])[..CHECKED] == bytes[..CHECKED]
}

/// One figure that was told: a measure by its name, the currency, the family, and who stands behind it, packed.
#[derive(Debug, Clone)]
struct Figure {
    measure: Arc<str>,
    currency: Option<Arc<str>>,
    family: Family,
    behind: Vec<u8>,
}

/// What one release has told, by cell, whatever table it stands in.
#[derive(Debug, Clone, Default)]
struct Told(HashMap<String, Vec<Figure>>);

/// What all releases have told that a new one can be compared with.
#[derive(Debug, Clone, Default)]
pub struct History {
    releases: Vec<Told>,
}

/// What releases have told of one cell.
pub(super) struct Before<'h>(Vec<&'h [Figure]>);

/// A cell in words, whatever table it stands in.
fn name_of(key: &CellKey, pipeline: &Pipeline) -> String {
    name_by(key, pipeline, |_, _, code| code)
}

/// The same in the words of releases whose codes were not in their official form yet.
fn earlier_name_of(key: &CellKey, pipeline: &Pipeline) -> String {
    name_by(key, pipeline, |hierarchy, level, code| hierarchy.earlier_form(code, level).unwrap_or(code))
}

fn name_by<'k>(key: &'k CellKey, pipeline: &Pipeline, form: impl Fn(&Hierarchy, u8, &'k str) -> &'k str) -> String {
    let table = &pipeline.tables[key.table];
    let mut parts: Vec<String> = table
        .by
        .iter()
        .zip(key.levels.iter().zip(&key.codes))
        .filter(|(_, (level, _))| **level > 0)
        .map(|(&dimension, (&level, code))| {
            let dimension = &pipeline.dimensions[dimension];
            format!("{}@{level}={}", dimension.name, form(&dimension.hierarchy, level, code))
        })
        .collect();
    parts.sort();
    parts.join(";")
}

impl History {
    /// Reads what releases have told from their private files.
    ///
    /// # Errors
    /// [`StoreError`]: a file is missing or damaged.
    pub fn read(files: &[PathBuf]) -> Result<Self, StoreError> {
        Ok(Self { releases: files.par_iter().map(|file| Told::read(file)).collect::<Result<_, _>>()? })
    }

    /// What was told of a cell.
    pub(super) fn of(&self, key: &CellKey, pipeline: &Pipeline) -> Before<'_> {
        if self.releases.is_empty() {
            return Before(Vec::new());
        }
        let mut names = vec![name_of(key, pipeline), earlier_name_of(key, pipeline)];
        names.dedup();
        let told = self.releases.iter().flat_map(|told| names.iter().filter_map(|name| told.0.get(name)));
        Before(told.map(Vec::as_slice).collect())
    }
}

impl Before<'_> {
    /// Whether the figures of a cell, beside those of an earlier release, would tell of too few holdings.
    pub(super) fn betrays(&self, cell: &Cell, family: Family, pipeline: &Pipeline) -> bool {
        let measure = pipeline.measures[cell.measure].name.as_str();
        let is_same = |figure: &&Figure| {
            figure.family == family
                && *figure.measure == *measure
                && figure.currency.as_deref() == cell.key.currency.as_deref()
        };
        let mut now: Option<(Behind, Vec<u8>)> = None;
        self.0.iter().flat_map(|figures| figures.iter().filter(is_same)).any(|before| {
            let (now, packed) = now.get_or_insert_with(|| {
                let now = Behind::of(cell, family);
                let packed = now.packed();
                (now, packed)
            });
            if *packed == before.behind {
                return false;
            }
            // What cannot be read is no proof that nothing is told.
            Behind::unpacked(&before.behind).is_none_or(|before| {
                tells_of_few(&difference(&now.clone().rows(), &before.rows()), family, &pipeline.policy)
            })
        })
    }
}

/// What stands in one sorted list and not in the other: what came, and what went.
fn difference(now: &[[i128; 3]], before: &[[i128; 3]]) -> [Vec<[i128; 3]>; 2] {
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
fn tells_of_few(difference: &[Vec<[i128; 3]>; 2], family: Family, policy: &Policy) -> bool {
    if difference.iter().all(Vec::is_empty) {
        return false;
    }
    let most = |count: fn(&[[i128; 3]]) -> i128| difference.iter().map(|list| count(list)).max().unwrap_or(0);
    let is_close = |side: usize| {
        let mut sizes: Vec<i128> = difference.iter().flatten().map(|own| own[1 + side].abs()).collect();
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        let known = usize::try_from(policy.coalition).unwrap_or(usize::MAX).saturating_add(1);
        let rest: i128 = sizes.iter().skip(known).sum();
        let largest = sizes.first().copied().unwrap_or(0);
        policy
            .p_percent
            .is_some_and(|p| rest.saturating_mul(100 * i128::from(SCALE)) < largest.saturating_mul(p.into()))
    };
    most(|list| list.len() as i128) < i128::from(policy.min_companies)
        || family == Family::Incumbent
            && most(|list| list.iter().map(|own| own[0]).sum()) < i128::from(policy.min_employees)
        || is_close(0)
        || is_close(1)
}

impl Told {
    fn read(file: &Path) -> Result<Self, StoreError> {
        let damaged = |error: String| StoreError::DamagedLedger { path: file.to_owned(), error };
        let open = File::open(file).map_err(|error| StoreError::Io { path: file.to_owned(), error })?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(open)
            .and_then(|builder| builder.with_batch_size(ROWS).build())
            .map_err(|error| damaged(error.to_string()))?;
        let mut told = Self::default();
        for batch in reader {
            let batch = batch.map_err(|error| damaged(error.to_string()))?;
            told.add(&batch).ok_or_else(|| damaged("is damaged, or of another version of the program".to_owned()))?;
        }
        Ok(told)
    }

    fn add(&mut self, batch: &RecordBatch) -> Option<()> {
        let text = |name: &str| -> Option<StringArray> {
            let words = cast(batch.column_by_name(name)?, &DataType::Utf8).ok()?;
            words.as_any().downcast_ref().cloned()
        };
        let (cells, measures, currencies, families) =
            (text("cell")?, text("measure")?, text("currency")?, text("family")?);
        let behind: &BinaryArray = batch.column_by_name("behind")?.as_any().downcast_ref()?;
        let mut words: HashMap<&str, Arc<str>> = HashMap::new();
        let mut word = |text| words.entry(text).or_insert_with(|| Arc::from(text)).clone();
        for row in 0..batch.num_rows() {
            let figure = Figure {
                measure: word(measures.value(row)),
                currency: currencies.is_valid(row).then(|| word(currencies.value(row))),
                family: Family::of_name(families.value(row))?,
                behind: Some(behind.value(row)).filter(|bytes| is_whole(bytes))?.to_owned(),
            };
            self.0.entry_ref(cells.value(row)).or_default().push(figure);
        }
        Some(())
    }
}

/// A figure that a release tells.
struct Telling<'c> {
    name: Arc<str>,
    cell: &'c Cell,
    family: Family,
}

/// Writes what a release tells: a row for each published family of figures, with what holdings contribute, without names.
///
/// # Errors
/// [`StoreError`]: the file cannot be written.
pub fn write_told(cells: &CellTable, ledger: &Ledger, pipeline: &Pipeline, file: &Path) -> Result<(), StoreError> {
    let is_told =
        |decision: &&super::Decision| decision.verdict == Verdict::Published && decision.action == Action::Listed;
    // A decision shares its key with the cell.
    let told: HashSet<(*const CellKey, usize, Family)> = ledger
        .decisions
        .iter()
        .filter(is_told)
        .map(|decision| (Arc::as_ptr(&decision.key), decision.measure, decision.family))
        .collect();
    let mut written: HashSet<(Arc<str>, usize, Option<&str>, Family)> = HashSet::new();
    let mut figures: Vec<Telling<'_>> = Vec::with_capacity(told.len());
    for of_key in cells.cells.chunk_by(|one, other| Arc::ptr_eq(&one.key, &other.key)) {
        let mut name: Option<Arc<str>> = None;
        for cell in of_key {
            for family in [Family::Incumbent, Family::Organization] {
                if !told.contains(&(Arc::as_ptr(&cell.key), cell.measure, family)) {
                    continue;
                }
                let name = name.get_or_insert_with(|| name_of(&cell.key, pipeline).into());
                if written.insert((name.clone(), cell.measure, cell.key.currency.as_deref(), family)) {
                    figures.push(Telling { name: name.clone(), cell, family });
                }
            }
        }
    }
    let schema = schema();
    let secret = ("payquorum.confidentiality", "private: to compare later releases with".to_owned());
    let mut table = TableFile::create(file, &schema, &[secret])?;
    for figures in figures.chunks(ROWS) {
        let packed = |figure: &Telling<'_>| Behind::of(figure.cell, figure.family).packed();
        let behind: Vec<Vec<u8>> = figures.par_iter().map(packed).collect();
        table.write(&batch(&schema, figures, &behind, pipeline, file)?)?;
    }
    table.finish()
}

fn schema() -> SchemaRef {
    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let texts = ["cell", "measure", "currency", "family"].map(|name| Field::new(name, words.clone(), true));
    let behind = Field::new("behind", DataType::Binary, false);
    Arc::new(Schema::new(texts.into_iter().chain([behind]).collect::<Vec<_>>()))
}

fn batch(
    schema: &SchemaRef,
    figures: &[Telling<'_>],
    behind: &[Vec<u8>],
    pipeline: &Pipeline,
    file: &Path,
) -> Result<RecordBatch, StoreError> {
    let damaged =
        |error: arrow::error::ArrowError| StoreError::Damaged { path: file.to_owned(), error: error.to_string() };
    let texts = |text: &dyn Fn(&Telling<'_>) -> Option<String>| -> Result<ArrayRef, StoreError> {
        let keys: Int32Array = (0_i32..).take(figures.len()).collect();
        let words: StringArray = figures.iter().map(text).collect();
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::new(words)).map_err(damaged)?))
    };
    let columns = vec![
        texts(&|figure| Some(figure.name.to_string()))?,
        texts(&|figure| Some(pipeline.measures[figure.cell.measure].name.clone()))?,
        texts(&|figure| figure.cell.key.currency.clone())?,
        texts(&|figure| Some(figure.family.name().to_owned()))?,
        Arc::new(BinaryArray::from_iter_values(behind)),
    ];
    RecordBatch::try_new(schema.clone(), columns).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(amounts: &[i128]) -> Vec<[i128; 3]> {
        Behind::amounts(amounts.iter().map(|&amount| [10, amount, 0]).collect()).rows()
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

    fn number() -> impl Strategy<Value = i128> {
        let edges = [i64::MAX.into(), i64::MIN.into(), i128::from(i64::MAX) + 1, i128::MIN];
        prop_oneof![8 => any::<i32>().prop_map(i128::from), 1 => proptest::sample::select(edges.to_vec())]
    }

    proptest! {
        /// Two lists are packed to the same bytes where they hold the same, in whatever order, and in no other case; the slow twin
        /// is the sorted list.
        #[test]
        fn packing_tells_lists_apart(
            one in proptest::collection::vec([number(), number(), number()], 0..6),
            turn in 0_usize..6,
            change in proptest::option::of((0_usize..6, 0_usize..3, number())),
        ) {
            let mut other = one.clone();
            other.rotate_left(turn.min(one.len()));
            if let Some((place, side, number)) = change.filter(|(place, ..)| *place < one.len()) {
                other[place][side] = number;
            }
            let sorted = |list: &[[i128; 3]]| {
                let mut list = list.to_vec();
                list.sort_unstable();
                list
            };
            let (first, second) = (Behind::amounts(one.clone()), Behind::amounts(other.clone()));
            prop_assert_eq!(first.packed() == second.packed(), sorted(&one) == sorted(&other));
            let mut packed = first.packed();
            prop_assert_eq!(Behind::unpacked(&packed).expect("packed").rows(), sorted(&one));
            let at = turn * 37 % packed.len();
            packed[at] ^= 1;
            prop_assert_eq!(Behind::unpacked(&packed), None);
        }
    }
}

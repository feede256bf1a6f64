//! [`CompanyTable`]: each company's own metrics. Private: it never goes into a release.
//!
//! In: the partial of one company. Out: rows for the company as a whole and for each cell of its breakdown, and a Parquet
//! file of them. Invariant: a row is about one company only; the file says in its metadata that it is private; a figure that
//! cannot be computed is null, and a note says why.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::company_columns::{Columns, GroupKeys};
use super::evaluate::Shared;
use super::partial::{PartialCells, Runs, Sums};
use super::summary::{Parts, Pool, Summary, of_sums};
use crate::digest::{self, Digest};
use crate::exact::{Quotient, SCALE};
use crate::measure::{Measure, MeasureKind, Remark, Shape, halves, is_flagged, plausibility};
use crate::pipeline::{Pipeline, TOTAL};
use crate::store::{StoreError, TableFile, WrittenFile, write_beside};

/// The percentile columns.
const PERCENTILE_COLUMNS: [&str; 5] = ["p10", "p25", "p50", "p75", "p90"];

/// All companies' own metrics of a period, while they are made: rows in memory, or a file that is written on the way.
#[derive(Debug)]
pub struct CompanyTable {
    schema: SchemaRef,
    rows: Rows,
    market: Vec<(String, CompanyRow)>,
}

#[derive(Debug)]
enum Rows {
    Memory(Vec<RecordBatch>),
    File(Box<RowsFile>),
}

/// A file of rows, and the one in whose place it comes. Row groups end where blocks of companies do, so that those of companies that
/// did not change can be copied.
#[derive(Debug)]
struct RowsFile {
    file: TableFile,
    earlier: Option<WrittenFile>,
    /// Of each block of the earlier file, its row groups.
    known: HashMap<Digest, Range<usize>>,
    /// Where the blocks are listed.
    list: PathBuf,
    /// The blocks so far: what each is made of, and how many row groups it has.
    blocks: Vec<(Digest, usize)>,
}

/// What the row groups of a file are made of. The file does not tell it itself: its bytes are the same for any order of rows in uploads.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Blocks {
    /// The digest of the file.
    file: Digest,
    blocks: Vec<(Digest, usize)>,
}

impl Blocks {
    /// Reads a list, in front of which stands its digest; none where it is missing or damaged.
    fn read(list: &Path) -> Option<Self> {
        let bytes = fs::read(list).ok()?;
        let (expected, bytes) = bytes.split_first_chunk()?;
        (digest::of(bytes) == *expected).then(|| postcard::from_bytes(bytes).ok())?
    }

    fn write(&self, list: &Path) -> Option<()> {
        let bytes = postcard::to_stdvec(self).ok()?;
        fs::create_dir_all(list.parent()?).ok()?;
        write_beside(list, &[digest::of(&bytes).as_slice(), &bytes].concat()).ok()
    }
}

impl RowsFile {
    fn create(schema: &SchemaRef, path: &Path, list: &Path) -> Result<Self, StoreError> {
        let listed = Blocks::read(list).unwrap_or_default();
        let earlier = WrittenFile::open(path, &listed.file);
        let mut known = HashMap::new();
        let mut end = 0;
        for (digest, groups) in listed.blocks {
            known.insert(digest, end..end + groups);
            end += groups;
        }
        if earlier.as_ref().is_none_or(|earlier| earlier.row_groups() < end) {
            known.clear();
        }
        let secret = "private: each company's own figures; for that company only".to_owned();
        let file = TableFile::create_long(path, schema, &[("payquorum.confidentiality", secret)], "company_id")?;
        Ok(Self { file, earlier, known, list: list.to_owned(), blocks: Vec::new() })
    }

    fn end_block(&mut self, digest: Digest) -> Result<(), StoreError> {
        let before: usize = self.blocks.iter().map(|(_, groups)| groups).sum();
        self.blocks.push((digest, self.file.end_row_group()? - before));
        Ok(())
    }

    fn finish(self) -> Result<(), StoreError> {
        let Self { file, list, blocks, .. } = self;
        let file = file.finish_with_digest()?;
        // Without a list nothing can be copied, and all is computed anew.
        let _ = Blocks { file, blocks }.write(&list);
        Ok(())
    }
}

impl CompanyTable {
    /// A table that is kept in memory.
    #[must_use]
    pub fn in_memory(pipeline: &Pipeline) -> Self {
        Self { schema: schema(pipeline), rows: Rows::Memory(Vec::new()), market: Vec::new() }
    }

    /// A table that is written to a file as it is made; the file is there when [`finish`](Self::finish) says so. `list` tells what
    /// the parts of the file in its place are made of, so that they can be copied; it may be lost.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn create(pipeline: &Pipeline, file: &Path, list: &Path) -> Result<Self, StoreError> {
        let schema = schema(pipeline);
        let rows = Rows::File(Box::new(RowsFile::create(&schema, file, list)?));
        Ok(Self { schema, rows, market: Vec::new() })
    }

    pub(super) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    pub(super) fn write(&mut self, batch: RecordBatch) -> Result<(), StoreError> {
        match &mut self.rows {
            Rows::Memory(batches) => batches.push(batch),
            Rows::File(rows) => rows.file.write(&batch)?,
        }
        Ok(())
    }

    /// Whether the file in whose place this one comes has a block that is made of the same.
    pub(super) fn has_block(&self, digest: &Digest) -> bool {
        match &self.rows {
            Rows::Memory(_) => false,
            Rows::File(rows) => rows.known.contains_key(digest),
        }
    }

    /// Copies a block from there.
    pub(super) fn copy_block(&mut self, digest: &Digest) -> Result<(), StoreError> {
        let Rows::File(rows) = &mut self.rows else { return Ok(()) };
        if let Some((groups, earlier)) = rows.known.get(digest).zip(rows.earlier.as_ref()) {
            rows.file.copy(earlier, groups.clone())?;
        }
        rows.end_block(*digest)
    }

    /// Ends a block.
    pub(super) fn end_block(&mut self, digest: &Digest) -> Result<(), StoreError> {
        match &mut self.rows {
            Rows::Memory(_) => Ok(()),
            Rows::File(rows) => rows.end_block(*digest),
        }
    }

    /// Keeps mean pay that is to be compared with a release.
    pub(super) fn keep_market(&mut self, company: &str, rows: Vec<CompanyRow>) {
        self.market.extend(rows.into_iter().map(|row| (company.to_owned(), row)));
    }

    /// Takes out the mean pay of companies' groups that is to be compared with a release, by company.
    pub fn take_market(&mut self) -> Vec<(String, CompanyRow)> {
        std::mem::take(&mut self.market)
    }

    /// Adds rows of one company.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn add(
        &mut self,
        company: &str,
        period: &str,
        rows: &[CompanyRow],
        pipeline: &Pipeline,
    ) -> Result<(), StoreError> {
        let mut columns = Columns::new(pipeline);
        for row in rows {
            let keys = columns.group(row.group.codes.iter().map(String::as_str), row.group.currency.as_deref());
            columns.push(&keys, row.measure, row.summary.as_ref(), None, row.note.as_deref());
        }
        self.write(columns.finish(company, period, &self.schema))
    }

    /// Puts the file in its place, and gives the rows that were kept in memory.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn finish(self) -> Result<Vec<RecordBatch>, StoreError> {
        match self.rows {
            Rows::Memory(batches) => Ok(batches),
            Rows::File(file) => file.finish().map(|()| Vec::new()),
        }
    }
}

/// A group of a company's employees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Group {
    /// Codes of the breakdown; [`TOTAL`] for the whole company.
    pub codes: Vec<String>,
    /// Currency, where amounts have one.
    pub currency: Option<String>,
}

/// One row: a group of a company's employees, and a measure.
#[derive(Debug, Clone)]
pub struct CompanyRow {
    /// The group.
    pub group: Arc<Group>,
    /// Place of the measure in the pipeline.
    pub measure: usize,
    /// The figures; none where only the note has something to say.
    pub summary: Option<Summary>,
    /// What a reader should know.
    pub note: Option<String>,
}

fn schema(pipeline: &Pipeline) -> SchemaRef {
    let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let field = |name: &str, kind: &DataType, description: &str, unit: &str| {
        let metadata = [("description".to_owned(), description.to_owned()), ("unit".to_owned(), unit.to_owned())];
        Field::new(name, kind.clone(), true).with_metadata(metadata.into())
    };
    let mut fields = vec![
        field("company_id", &text, "The company.", "code"),
        field("period", &text, "The period of the snapshot.", "period"),
    ];
    for column in &pipeline.company_breakdown {
        fields.push(field(column, &text, "Breakdown; _T for the whole company.", "code"));
    }
    let (count, figure) = (DataType::Int64, DataType::Float64);
    fields.extend([
        field("measure", &text, "The measure; `payquorum metrics NAME` explains it.", "name"),
        field("unit", &text, "Unit of the figures.", "unit"),
        field("currency", &text, "Currency of amounts.", "ISO 4217"),
        field("n_employees", &count, "Employees with a value.", "employees"),
        field(
            "n_left_out",
            &count,
            "Of gaps and quartile bands: employees who are neither women nor men.",
            "employees",
        ),
        field("numerator", &figure, "What is divided (of a gap: men's figure minus women's), or the total.", "unit"),
        field("denominator", &figure, "What it is divided by (of a gap: men's figure).", "unit"),
        field("n_numerator", &count, "Employees behind the numerator (of a gap: women).", "employees"),
        field("n_denominator", &count, "Employees behind the denominator (of a gap: men).", "employees"),
        field("mean", &figure, "Mean; of a share, ratio, total, gap or dispersion that figure.", "unit"),
        field("sd", &figure, "Sample standard deviation (n - 1).", "unit"),
    ]);
    for name in PERCENTILE_COLUMNS {
        fields.push(field(name, &figure, "Percentile (Hyndman-Fan type 7).", "unit"));
    }
    fields.push(field("note", &text, "What a reader should know: why there is no figure, or what to check.", "text"));
    Arc::new(Schema::new(fields))
}

/// A group, what its texts are in the columns, and the local cells that it is made of.
struct Members<'c> {
    codes: Vec<&'c str>,
    currency: Option<&'c str>,
    keys: GroupKeys,
    cells: Vec<usize>,
}

impl Members<'_> {
    fn is_whole(&self) -> bool {
        self.codes.iter().all(|&code| code == TOTAL)
    }

    fn group(&self) -> Group {
        let codes = self.codes.iter().map(|&code| code.to_owned()).collect();
        Group { codes, currency: self.currency.map(str::to_owned) }
    }
}

/// The company as a whole, and each cell of its breakdown. The partial's last axis is the currency.
fn groups<'c>(partial: &'c PartialCells, money: bool, breakdown: usize, columns: &mut Columns<'_>) -> Vec<Members<'c>> {
    let mut wholes: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    let mut groups: BTreeMap<(Vec<&str>, Option<&str>), Vec<usize>> = BTreeMap::new();
    for cell in 0..partial.cells.len() {
        let mut codes: Vec<&str> = partial.cells.codes(cell).collect();
        let currency = codes.pop().filter(|_| money);
        wholes.entry(currency).or_default().push(cell);
        if breakdown > 0 {
            groups.entry((codes, currency)).or_default().push(cell);
        }
    }
    for (currency, cells) in wholes {
        groups.entry((vec![TOTAL; breakdown], currency)).or_default().extend(cells);
    }
    let members = |((codes, currency), cells): ((Vec<&'c str>, Option<&'c str>), Vec<usize>)| {
        let keys = columns.group(codes.iter().copied(), currency);
        Members { codes, currency, keys, cells }
    };
    groups.into_iter().map(members).collect()
}

/// Adds the rows of one company for the bases of a pass: measures that share values one after the other, each by group. What is
/// to be compared with a release is not added, but given back.
pub(super) fn add_rows(
    partial: &PartialCells,
    bases: &[Shared],
    pipeline: &Pipeline,
    columns: &mut Columns<'_>,
) -> Vec<CompanyRow> {
    let breakdown = pipeline.company_breakdown.len();
    let of_money = [false, true].map(|money| groups(partial, money, breakdown, columns));
    let asked: usize = bases.iter().map(|shared| shared.measures.len()).sum();
    columns.reserve(asked * of_money[0].len().max(of_money[1].len()));
    let mut market = Vec::new();
    // For each shape and group the pool of the basis before, whose room is used again.
    let mut rooms: HashMap<Shape, Vec<Option<Pool>>> = HashMap::new();
    for shared in bases {
        let Some(first) = shared.measures.first().map(|&first| &pipeline.measures[first]) else { continue };
        let groups = &of_money[usize::from(first.by_currency)];
        if first.shape() == Shape::Sums {
            add_sums(&partial.runs[shared.run], groups, &shared.measures, pipeline, columns);
            continue;
        }
        let room = rooms.entry(first.shape()).or_default();
        room.resize_with(room.len().max(groups.len()), || None);
        let mut pools: Vec<(&Members<'_>, &mut Pool)> = Vec::with_capacity(groups.len());
        for (members, room) in groups.iter().zip(room) {
            let pieces = members.cells.iter().filter_map(|&cell| partial.runs[shared.run].of(cell));
            pools.extend(Pool::refill(room, pieces).map(|pool| (members, pool)));
        }
        for &place in &shared.measures {
            let measure = &pipeline.measures[place];
            if let MeasureKind::Categories = measure.kind {
                if let Some(summary) = categories(&pools) {
                    let keys = columns.whole_company();
                    columns.push(&keys, place, Some(&summary), None, None);
                }
                continue;
            }
            for (members, pool) in &mut pools {
                let Some(mut summary) = pool.figures(measure) else { continue };
                let note = note(measure, &summary, pool, pipeline, members.is_whole());
                round_as_reported(measure, &mut summary);
                if let MeasureKind::Market = measure.kind {
                    let group = Arc::new(members.group());
                    market.push(CompanyRow { group, measure: place, summary: Some(summary), note });
                } else {
                    let distribution = measure.kind.is_distribution();
                    let statistics = if distribution { pool.statistics(measure.population) } else { None };
                    columns.push(&members.keys, place, Some(&summary), statistics, note.as_deref());
                }
            }
        }
    }
    market
}

/// Adds the rows of measures that are made of the same sums, each by group.
fn add_sums(runs: &Runs, groups: &[Members<'_>], measures: &[usize], pipeline: &Pipeline, columns: &mut Columns<'_>) {
    let mut of_groups: Vec<(&Members<'_>, Sums)> = Vec::with_capacity(groups.len());
    for members in groups {
        let mut all = Sums::default();
        members.cells.iter().filter_map(|&cell| runs.sums(cell)).for_each(|sums| all.add(&sums));
        if all.count > 0 {
            of_groups.push((members, all));
        }
    }
    for &place in measures {
        let measure = &pipeline.measures[place];
        for (members, sums) in &of_groups {
            let Some(mut summary) = of_sums(measure.kind, sums) else { continue };
            round_as_reported(measure, &mut summary);
            columns.push(&members.keys, place, Some(&summary), None, None);
        }
    }
}

/// How many categories of workers have a mean gap that asks for a joint pay assessment, whatever their currencies.
fn categories(pools: &[(&Members<'_>, &mut Pool)]) -> Option<Summary> {
    let (mut flagged, mut with_gap, mut employees) = (0, 0, 0);
    for (_, pool) in pools.iter().filter(|(members, _)| !members.is_whole()) {
        employees += pool.employees();
        let Some(gap) = pool.mean_gap() else { continue };
        with_gap += 1;
        flagged += i128::from(is_flagged(gap));
    }
    let whole = |count: i128| Quotient::new(count * i128::from(SCALE), 1);
    (with_gap > 0).then(|| Summary {
        employees,
        left_out: None,
        figure: Some(whole(flagged)),
        parts: Some(Parts {
            numerator: Some(whole(flagged)),
            denominator: Some(whole(with_gap)),
            n_numerator: None,
            n_denominator: None,
        }),
        statistics: None,
        all_zero: false,
    })
}

/// What a reader of the row should know.
fn note(measure: &Measure, summary: &Summary, pool: &mut Pool, pipeline: &Pipeline, is_whole: bool) -> Option<String> {
    let MeasureKind::Gap(_) = measure.kind else { return None };
    let gap = summary.figure?;
    let remark = |remark: &Remark| match remark {
        Remark::AgainstQuartiles => {
            let people = pool.quartiles(&pipeline.settings.quartile_remainders)?;
            plausibility::against_quartiles(gap, halves(&people))
        }
        Remark::JointAssessment => (!is_whole && is_flagged(gap))
            .then_some("Art. 10: mean pay differs by 5 % or more in this category of workers"),
    };
    let notes: Vec<&str> =
        plausibility::too_large(gap).into_iter().chain(measure.remarks.iter().filter_map(remark)).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// Rounds a figure to the step to which its law asks that it is reported.
fn round_as_reported(measure: &Measure, summary: &mut Summary) {
    if measure.reported_to > 0 {
        summary.figure = summary.figure.map(|figure| Quotient::new(figure.round_to(measure.reported_to), 1));
    }
}

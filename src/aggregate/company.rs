//! [`CompanyTable`]: each company's own metrics. Private: it never goes into a release.
//!
//! In: the partial of one company. Out: rows for the company as a whole and for each cell of its breakdown, and a Parquet
//! file of them. Invariant: a row is about one company only; the file says in its metadata that it is private; a figure that
//! cannot be computed is null, and a note says why.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use hashbrown::HashMap;

use super::evaluate::Shared;
use super::partial::PartialCells;
use super::summary::{Parts, Pool, Summary};
use crate::exact::{Quotient, SCALE};
use crate::measure::{Measure, MeasureKind, Remark, Unit, halves, is_flagged, plausibility};
use crate::pipeline::{Pipeline, TOTAL};
use crate::store::{StoreError, TableFile};

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
    File(Box<TableFile>),
}

impl CompanyTable {
    /// A table that is kept in memory.
    #[must_use]
    pub fn in_memory(pipeline: &Pipeline) -> Self {
        Self { schema: schema(pipeline), rows: Rows::Memory(Vec::new()), market: Vec::new() }
    }

    /// A table that is written to a file as it is made; the file is there when [`finish`](Self::finish) says so.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn create(pipeline: &Pipeline, file: &Path) -> Result<Self, StoreError> {
        let schema = schema(pipeline);
        let secret = "private: each company's own figures; for that company only".to_owned();
        let file = TableFile::create(file, &schema, &[("payquorum.confidentiality", secret)])?;
        Ok(Self { schema, rows: Rows::File(Box::new(file)), market: Vec::new() })
    }

    pub(super) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    pub(super) fn write(&mut self, batch: RecordBatch) -> Result<(), StoreError> {
        match &mut self.rows {
            Rows::Memory(batches) => batches.push(batch),
            Rows::File(file) => file.write(&batch)?,
        }
        Ok(())
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
        self.write(batch(company, period, rows, pipeline, &self.schema))
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// Codes of the breakdown; [`TOTAL`] for the whole company.
    pub codes: Vec<String>,
    /// Currency, where amounts have one.
    pub currency: Option<String>,
}

impl Group {
    pub(super) fn whole(breakdown: usize) -> Self {
        Self { codes: vec![TOTAL.to_owned(); breakdown], currency: None }
    }

    fn is_whole(&self) -> bool {
        self.codes.iter().all(|code| code == TOTAL)
    }
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

/// Each group, with the local cells that it is made of.
type Groups = Vec<(Arc<Group>, Vec<usize>)>;

/// The company as a whole, and each cell of its breakdown. The partial's last axis is the currency.
fn groups(partial: &PartialCells, money: bool, breakdown: usize) -> Groups {
    let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    for cell in 0..partial.cells.len() {
        let mut codes: Vec<String> = partial.cells.codes(cell).map(str::to_owned).collect();
        let currency = codes.pop().filter(|_| money);
        let whole = Group { currency: currency.clone(), ..Group::whole(breakdown) };
        if breakdown > 0 {
            groups.entry(Group { codes, currency }).or_default().push(cell);
        }
        groups.entry(whole).or_default().push(cell);
    }
    groups.into_iter().map(|(group, cells)| (Arc::new(group), cells)).collect()
}

/// The rows of one company for the bases of a pass: measures that share values one after the other, each by group.
pub(super) fn rows_of(partial: &PartialCells, bases: &[Shared], pipeline: &Pipeline) -> Vec<CompanyRow> {
    let breakdown = pipeline.company_breakdown.len();
    let of_money = [groups(partial, false, breakdown), groups(partial, true, breakdown)];
    let asked: usize = bases.iter().map(|shared| shared.measures.len()).sum();
    let mut rows = Vec::with_capacity(asked * of_money[0].len());
    for shared in bases {
        let Some(&first) = shared.measures.first() else { continue };
        let groups = &of_money[usize::from(pipeline.measures[first].by_currency)];
        let pool = |(group, cells): &(Arc<Group>, Vec<usize>)| {
            let pool = Pool::of(cells.iter().filter_map(|&cell| partial.runs[shared.run].of(cell)))?;
            Some((group.clone(), pool))
        };
        let mut pools: Vec<(Arc<Group>, Pool)> = groups.iter().filter_map(pool).collect();
        for &place in &shared.measures {
            let measure = &pipeline.measures[place];
            if let MeasureKind::Categories = measure.kind {
                let group = Arc::new(Group::whole(breakdown));
                let row = |summary| CompanyRow { group, measure: place, summary: Some(summary), note: None };
                rows.extend(categories(&pools).map(row));
                continue;
            }
            for (group, pool) in &mut pools {
                let Some(mut summary) = pool.summarize(measure) else { continue };
                let note = note(measure, &summary, pool, pipeline, group.is_whole());
                round_as_reported(measure, &mut summary);
                rows.push(CompanyRow { group: group.clone(), measure: place, summary: Some(summary), note });
            }
        }
    }
    rows
}

/// How many categories of workers have a mean gap that asks for a joint pay assessment, whatever their currencies.
fn categories(pools: &[(Arc<Group>, Pool)]) -> Option<Summary> {
    let (mut flagged, mut with_gap, mut employees) = (0, 0, 0);
    for (_, pool) in pools.iter().filter(|(group, _)| !group.is_whole()) {
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

/// A column of texts that repeat.
#[derive(Default)]
struct Texts {
    places: HashMap<String, i32>,
    words: Vec<String>,
    keys: Vec<Option<i32>>,
}

impl Texts {
    fn key(&mut self, word: &str) -> i32 {
        if let Some(&key) = self.places.get(word) {
            return key;
        }
        let key = i32::try_from(self.words.len()).unwrap_or(i32::MAX);
        self.words.push(word.to_owned());
        self.places.insert(word.to_owned(), key);
        key
    }

    fn constant(word: &str, rows: usize) -> ArrayRef {
        Self { places: HashMap::new(), words: vec![word.to_owned()], keys: vec![Some(0); rows] }.finish()
    }

    fn finish(self) -> ArrayRef {
        let words = StringArray::from_iter_values(self.words);
        Arc::new(DictionaryArray::<Int32Type>::new(self.keys.into(), Arc::new(words)))
    }
}

/// The rows as columns. Texts are looked up once for each group and measure that follow each other, not once for each row.
pub(super) fn batch(
    company: &str,
    period: &str,
    rows: &[CompanyRow],
    pipeline: &Pipeline,
    schema: &SchemaRef,
) -> RecordBatch {
    let mut codes: Vec<Texts> = pipeline.company_breakdown.iter().map(|_| Texts::default()).collect();
    let [mut measures, mut units, mut currencies, mut notes]: [Texts; 4] = Default::default();
    let mut counts: [Vec<Option<i64>>; 4] = std::array::from_fn(|_| Vec::with_capacity(rows.len()));
    let mut figures: [Vec<Option<f64>>; 9] = std::array::from_fn(|_| Vec::with_capacity(rows.len()));
    let mut of_group: HashMap<*const Group, (Vec<i32>, Option<i32>)> = HashMap::new();
    let mut last: Option<(usize, i32, i32, Option<i32>)> = None;
    for row in rows {
        let measure = &pipeline.measures[row.measure];
        let (code_keys, currency) = of_group.entry(Arc::as_ptr(&row.group)).or_insert_with(|| {
            let keys = codes.iter_mut().zip(&row.group.codes).map(|(texts, code)| texts.key(code)).collect();
            (keys, row.group.currency.as_ref().map(|code| currencies.key(code)))
        });
        for (texts, key) in codes.iter_mut().zip(code_keys.iter()) {
            texts.keys.push(Some(*key));
        }
        let (_, name, unit, own_currency) = match last {
            Some(last) if last.0 == row.measure => last,
            _ => {
                let own_currency = match &measure.unit {
                    Unit::Money(code) => Some(currencies.key(code)),
                    _ => None,
                };
                (row.measure, measures.key(&measure.name), units.key(measure.unit.label()), own_currency)
            }
        };
        last = Some((row.measure, name, unit, own_currency));
        measures.keys.push(Some(name));
        units.keys.push(Some(unit));
        currencies.keys.push(own_currency.or(*currency));
        let note = row.note.as_ref().map(|note| notes.key(note));
        notes.keys.push(note);
        let summary = row.summary.as_ref();
        let parts = summary.and_then(|summary| summary.parts);
        let own_counts = [
            summary.map(|summary| summary.employees),
            summary.and_then(|summary| summary.left_out),
            parts.and_then(|parts| parts.n_numerator),
            parts.and_then(|parts| parts.n_denominator),
        ];
        for (column, count) in counts.iter_mut().zip(own_counts) {
            column.push(count.and_then(|count| i64::try_from(count).ok()));
        }
        let statistics =
            summary.filter(|_| measure.kind.is_distribution()).and_then(|summary| summary.statistics.as_ref());
        let percentile = |place: usize| statistics.map(|statistics| statistics.percentiles[place].to_f64());
        let own_figures = [
            parts.and_then(|parts| parts.numerator).map(Quotient::to_f64),
            parts.and_then(|parts| parts.denominator).map(Quotient::to_f64),
            summary.and_then(|summary| summary.figure).map(Quotient::to_f64),
            statistics.and_then(|statistics| statistics.deviation),
            percentile(0),
            percentile(1),
            percentile(2),
            percentile(3),
            percentile(4),
        ];
        for (column, figure) in figures.iter_mut().zip(own_figures) {
            column.push(figure);
        }
    }
    let mut columns: Vec<ArrayRef> = vec![Texts::constant(company, rows.len()), Texts::constant(period, rows.len())];
    columns.extend(codes.into_iter().chain([measures, units, currencies]).map(Texts::finish));
    let mut counts = counts.map(|column| Arc::new(Int64Array::from(column)) as ArrayRef).into_iter();
    let mut figures = figures.map(|column| Arc::new(Float64Array::from(column)) as ArrayRef).into_iter();
    columns.extend(counts.by_ref().take(2));
    columns.extend(figures.by_ref().take(2));
    columns.extend(counts);
    columns.extend(figures);
    columns.push(notes.finish());
    RecordBatch::try_new(schema.clone(), columns).expect("one length, and the types of the schema")
}

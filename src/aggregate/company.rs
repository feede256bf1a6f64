//! [`CompanyTable`]: each company's own metrics. Private: it never goes into a release.
//!
//! In: the partial of one company. Out: rows for the company as a whole and for each cell of its breakdown, and a Parquet
//! file of them. Invariant: a row is about one company only; the file says in its metadata that it is private; a figure that
//! cannot be computed is null, and a note says why.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringDictionaryBuilder};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::evaluate::Shared;
use super::partial::PartialCells;
use super::summary::{Parts, Pool, Summary};
use crate::exact::{Quotient, SCALE};
use crate::measure::{Measure, MeasureKind, Remark, Unit, is_flagged, plausibility};
use crate::pipeline::{Pipeline, TOTAL};
use crate::store::{StoreError, write_table};

/// The percentile columns.
const PERCENTILE_COLUMNS: [&str; 5] = ["p10", "p25", "p50", "p75", "p90"];

/// All companies' own metrics of a period, a batch for each company and pass.
#[derive(Debug, Clone)]
pub struct CompanyTable {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    market: Vec<(String, CompanyRow)>,
}

impl CompanyTable {
    pub(super) fn new(pipeline: &Pipeline) -> Self {
        Self { schema: schema(pipeline), batches: Vec::new(), market: Vec::new() }
    }

    /// Adds what one company gives in a pass: rows, and mean pay that is to be compared with a release.
    pub(super) fn push(&mut self, batch: RecordBatch, company: &str, market: Vec<CompanyRow>) {
        self.batches.push(batch);
        self.market.extend(market.into_iter().map(|row| (company.to_owned(), row)));
    }

    /// Takes out the mean pay of companies' groups that is to be compared with a release, by company.
    pub fn take_market(&mut self) -> Vec<(String, CompanyRow)> {
        std::mem::take(&mut self.market)
    }

    /// The rows.
    #[must_use]
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// Adds rows of one company.
    ///
    /// # Errors
    /// [`ArrowError`]: the rows do not fit the columns.
    pub fn add(
        &mut self,
        company: &str,
        period: &str,
        rows: Vec<CompanyRow>,
        pipeline: &Pipeline,
    ) -> Result<(), ArrowError> {
        self.batches.push(batch(company, period, rows, pipeline)?);
        Ok(())
    }
}

/// One row: a group of a company's employees, and a measure.
#[derive(Debug, Clone)]
pub struct CompanyRow {
    /// Codes of the breakdown; [`TOTAL`] for the whole company.
    pub codes: Arc<Vec<String>>,
    /// Place of the measure in the pipeline.
    pub measure: usize,
    /// Currency, where amounts have one.
    pub currency: Option<String>,
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

/// Codes of the breakdown and currency, to the local cells that they are made of.
type Groups = BTreeMap<(Arc<Vec<String>>, Option<String>), Vec<usize>>;

/// The company as a whole, and each cell of its breakdown. The partial's last axis is the currency.
fn groups(partial: &PartialCells, money: bool, breakdown: usize) -> Groups {
    let mut groups = Groups::new();
    let whole = Arc::new(vec![TOTAL.to_owned(); breakdown]);
    for cell in 0..partial.cells.len() {
        let mut codes: Vec<String> = partial.cells.codes(cell).map(str::to_owned).collect();
        let currency = codes.pop().filter(|_| money);
        if breakdown > 0 {
            groups.entry((Arc::new(codes), currency.clone())).or_default().push(cell);
        }
        groups.entry((whole.clone(), currency)).or_default().push(cell);
    }
    groups
}

/// The rows of one company for the bases of a pass, by measure and group.
pub(super) fn rows_of(partial: &PartialCells, bases: &[Shared], pipeline: &Pipeline) -> Vec<CompanyRow> {
    let breakdown = pipeline.company_breakdown.len();
    let of_money = [groups(partial, false, breakdown), groups(partial, true, breakdown)];
    let mut rows = Vec::new();
    for shared in bases {
        let Some(&first) = shared.measures.first() else { continue };
        let groups = &of_money[usize::from(pipeline.measures[first].by_currency)];
        for ((codes, currency), cells) in groups {
            let Some(mut pool) = Pool::of(cells.iter().filter_map(|&cell| partial.runs[shared.run].of(cell))) else {
                continue;
            };
            let is_whole = codes.iter().all(|code| code == TOTAL);
            for &place in &shared.measures {
                let measure = &pipeline.measures[place];
                let summary = match measure.kind {
                    // One row for the company, whatever its currencies: see below.
                    MeasureKind::Categories => None,
                    _ => pool.summarize(measure),
                };
                let Some(mut summary) = summary else { continue };
                let note = note(measure, &summary, &mut pool, pipeline, is_whole);
                round_as_reported(measure, &mut summary);
                let (codes, currency) = (codes.clone(), currency.clone());
                rows.push(CompanyRow { codes, measure: place, currency, summary: Some(summary), note });
            }
        }
    }
    for shared in bases {
        for &place in &shared.measures {
            if matches!(pipeline.measures[place].kind, MeasureKind::Categories) {
                let codes = Arc::new(vec![TOTAL.to_owned(); breakdown]);
                let summary = categories(partial, shared.run, &of_money[1]);
                rows.extend(summary.map(|summary| CompanyRow {
                    codes,
                    measure: place,
                    currency: None,
                    summary: Some(summary),
                    note: None,
                }));
            }
        }
    }
    rows.sort_by_key(|row| row.measure);
    rows
}

/// How many categories of workers have a mean gap that asks for a joint pay assessment.
fn categories(partial: &PartialCells, run: usize, groups: &Groups) -> Option<Summary> {
    let (mut flagged, mut with_gap, mut employees) = (0, 0, 0);
    for ((codes, _), cells) in groups {
        if codes.iter().all(|code| code == TOTAL) {
            continue;
        }
        let Some(pool) = Pool::of(cells.iter().filter_map(|&cell| partial.runs[run].of(cell))) else { continue };
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
            let bands = pool.bands(&pipeline.settings.quartile_remainders)?;
            plausibility::against_quartiles(gap, bands.halves())
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

pub(super) fn batch(
    company: &str,
    period: &str,
    rows: Vec<CompanyRow>,
    pipeline: &Pipeline,
) -> Result<RecordBatch, ArrowError> {
    let breakdown = pipeline.company_breakdown.len();
    let mut codes: Vec<StringDictionaryBuilder<Int32Type>> =
        (0..breakdown).map(|_| StringDictionaryBuilder::new()).collect();
    let mut texts: [StringDictionaryBuilder<Int32Type>; 4] = std::array::from_fn(|_| StringDictionaryBuilder::new());
    let mut counts: [Vec<Option<i64>>; 4] = Default::default();
    let mut figures: [Vec<Option<f64>>; 9] = Default::default();
    let length = rows.len();
    for row in rows {
        for (builder, code) in codes.iter_mut().zip(row.codes.iter()) {
            builder.append_value(code);
        }
        let measure = &pipeline.measures[row.measure];
        texts[0].append_value(&measure.name);
        texts[1].append_value(measure.unit.label());
        texts[2].append_option(match &measure.unit {
            Unit::Money(code) => Some(code),
            _ => row.currency.as_ref(),
        });
        texts[3].append_option(row.note);
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
    let constant = |text: &str| -> ArrayRef {
        let array: DictionaryArray<Int32Type> = std::iter::repeat_n(text, length).collect();
        Arc::new(array)
    };
    let [mut measures, mut units, mut currencies, mut notes] = texts;
    let count = |column: &Vec<Option<i64>>| Arc::new(Int64Array::from(column.clone())) as ArrayRef;
    let mut columns: Vec<ArrayRef> = vec![constant(company), constant(period)];
    columns.extend(codes.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef));
    columns.extend([&mut measures, &mut units, &mut currencies].map(|builder| Arc::new(builder.finish()) as ArrayRef));
    let mut figures = figures.map(|column| Arc::new(Float64Array::from(column)) as ArrayRef).into_iter();
    columns.extend([count(&counts[0]), count(&counts[1])]);
    columns.extend(figures.by_ref().take(2));
    columns.extend([count(&counts[2]), count(&counts[3])]);
    columns.extend(figures);
    columns.push(Arc::new(notes.finish()));
    RecordBatch::try_new(schema(pipeline), columns)
}

/// Writes the table, whole or not at all.
///
/// # Errors
/// [`StoreError`]: the file cannot be written.
pub fn write_company_table(table: &CompanyTable, file: &Path) -> Result<(), StoreError> {
    let secret = "private: each company's own figures; for that company only".to_owned();
    write_table(file, &table.schema, &table.batches, &[("payquorum.confidentiality", secret)])
}

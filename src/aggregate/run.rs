//! The aggregation of a period: companies in parallel, in as many passes as memory asks for.
//!
//! In: the parts of the store. Out: [`CellTable`] and [`CompanyTable`]. Invariant: the values that are held at once stay
//! below [`HELD`] bytes, or those of one measure; what a pass yields does not depend on how measures are spread over passes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use rayon::prelude::*;

use super::cell::{Cell, CellTable};
use super::company::{CompanyRow, CompanyTable, add_rows};
use super::company_columns::Columns;
use super::evaluate::{OfKey, Share, Shared, evaluate};
use super::grouping::Axis;
use super::partial::PartialCells;
use crate::in_turn::in_turn;
use crate::intake::{Company, Register};
use crate::measure::{Batch, Found, Measure, NoPanel, Over, Panel, Requirement, Shape, Snapshot, Values};
use crate::period::Period;
use crate::pipeline::{DimensionSource, Pipeline, Table, UNKNOWN};
use crate::store::{Catalogue, Part, Records, StoreError};
use crate::timings;

/// Bytes of values that a pass may hold, were none of them narrow.
const HELD: u64 = 512 << 20;

/// Companies that are computed before their own rows are written.
const AT_ONCE: usize = 256;

/// Why a period was not aggregated.
#[derive(Debug, thiserror::Error)]
pub enum AggregateError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A company of the store is not in the register.
    #[error("company {0} has records in the store but is not in the register; add it, or remove its records")]
    UnknownCompany(String),
    /// Records of one period are under several keys.
    #[error(
        "the records of {period} are under {count} different keys; upload the companies of the older key again \
         under the present one"
    )]
    SeveralKeys {
        /// The period.
        period: String,
        /// How many keys.
        count: usize,
    },
}

/// What is aggregated: the parts of a period, and those of the earlier one that workforce measures compare with.
#[derive(Debug, Clone)]
pub struct Snapshots<'a> {
    /// The period.
    pub period: Period,
    /// Its parts.
    pub parts: Vec<&'a Part>,
    /// The earlier period.
    pub earlier: Period,
    /// Its parts.
    pub earlier_parts: Vec<&'a Part>,
}

impl<'a> Snapshots<'a> {
    /// The parts of the store that a period of a pipeline needs.
    #[must_use]
    pub fn of(catalogue: &'a Catalogue, pipeline: &Pipeline, period: Period) -> Self {
        let earlier = pipeline.settings.earlier(period);
        let of = |period: Period| catalogue.of_period(&period.to_string());
        Self { period, parts: of(period), earlier, earlier_parts: of(earlier) }
    }

    /// The plans, skills and, where the pipeline asks for them, ethnicities that the records tell of.
    ///
    /// # Errors
    /// [`StoreError`]: a part cannot be read.
    pub fn found(&self, pipeline: &Pipeline) -> Result<Found, StoreError> {
        let parts = || self.parts.iter().chain(&self.earlier_parts);
        let columns = parts().flat_map(|part| part.columns.iter().map(String::as_str));
        let mut ethnicities = BTreeSet::new();
        for part in parts().filter(|_| pipeline.asks_for_ethnicities()) {
            let take = |records: &Records| {
                if let Some(texts) = records.texts("ethnicity") {
                    ethnicities.extend(texts.words().map(str::to_owned));
                }
            };
            part.for_each_batch(|column| column == "ethnicity", take)?;
        }
        Ok(Found::of(columns, ethnicities))
    }

    /// Records of the period.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }
}

/// Aggregates a period; each company's own metrics go into `own` on the way. `progress` hears of each company and pass that is done.
///
/// # Errors
/// [`AggregateError`].
pub fn aggregate(
    pipeline: &Pipeline,
    register: &Register,
    snapshots: &Snapshots<'_>,
    own: &mut CompanyTable,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<CellTable, AggregateError> {
    let (period, parts) = (snapshots.period, &snapshots.parts);
    let keys: BTreeSet<&str> = parts.iter().map(|part| part.key_id.as_str()).collect();
    if keys.len() > 1 {
        return Err(AggregateError::SeveralKeys { period: period.to_string(), count: keys.len() });
    }
    let mut holdings: Vec<String> = register.companies().iter().map(|company| company.holding.clone()).collect();
    holdings.sort();
    holdings.dedup();
    let holding_of: BTreeMap<&str, u32> = holdings
        .iter()
        .enumerate()
        .map(|(place, id)| (id.as_str(), u32::try_from(place).unwrap_or(u32::MAX)))
        .collect();
    let earlier: BTreeMap<&str, &Part> =
        snapshots.earlier_parts.iter().map(|part| (part.company.as_str(), *part)).collect();
    let mut members = Vec::with_capacity(parts.len());
    for part in parts {
        let place =
            register.place(&part.company).ok_or_else(|| AggregateError::UnknownCompany(part.company.clone()))?;
        let company = &register.companies()[place];
        let opening = earlier.get(part.company.as_str()).copied();
        members.push(Member { part, opening, company, holding: holding_of[company.holding.as_str()] });
    }
    let records = snapshots.rows();
    let mut cells: Vec<OfKey> = Vec::new();
    let schema = own.schema();
    let mut compared = None;
    for bases in passes(pipeline, records) {
        let pass = Pass { pipeline, bases: &bases, schema: &schema, period, earlier: snapshots.earlier };
        let mut shares: Vec<Vec<Share>> = pipeline.tables.iter().map(|_| Vec::with_capacity(members.len())).collect();
        let mut with_panel = 0;
        let mut waiting: Vec<RecordBatch> = Vec::new();
        for members in members.chunks(AT_ONCE) {
            let company = |&place: &usize| {
                let done = pass.company(&members[place])?;
                progress(members[place].part.rows);
                Ok::<_, StoreError>((place, done))
            };
            // While some companies are computed, the rows of those before them are written.
            let ready = std::mem::take(&mut waiting);
            let (done, written) = rayon::join(
                || in_turn(&largest_first(members), company),
                || {
                    let _part = timings::part("writing companies' own metrics");
                    ready.into_iter().try_for_each(|rows| own.write(rows))
                },
            );
            written?;
            let mut done: Vec<(usize, Done)> = done?;
            done.sort_unstable_by_key(|(place, _)| *place);
            for ((_, done), member) in done.into_iter().zip(members) {
                with_panel += usize::from(done.compared);
                waiting.push(done.rows);
                own.keep_market(&member.company.id, done.market);
                for (table, share) in shares.iter_mut().zip(done.shares) {
                    table.push(share);
                }
            }
        }
        let evaluated = || {
            let _part = timings::part("cells");
            let mut found: Vec<OfKey> = Vec::new();
            for (table, shares) in shares.into_iter().enumerate() {
                for money in [true, false] {
                    let chosen = pass.shared(|measure| {
                        pipeline.tables[table].measures.contains(&measure)
                            && pipeline.measures[measure].by_currency == money
                    });
                    if !chosen.is_empty() {
                        found.extend(evaluate(pipeline, table, &shares, &chosen, money));
                    }
                }
            }
            found
        };
        // The last rows are written while cells are evaluated.
        let (written, found) = rayon::join(|| waiting.into_iter().try_for_each(|rows| own.write(rows)), evaluated);
        written?;
        cells.extend(found);
        if pass.needs_panel() {
            compared = Some(with_panel);
        }
    }
    Ok(CellTable { period, holdings, cells: in_order(cells), companies: parts.len(), compared, records })
}

/// The places of the largest companies before those of smaller ones: whoever has the largest is done while others compute the
/// rest.
fn largest_first(members: &[Member<'_>]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..members.len()).collect();
    places.sort_by_key(|&place| Reverse(members[place].part.rows));
    places
}

/// The cells by key and measure. Keys are put in order first, and the cells of each key after that: there are hundreds
/// of thousands of cells, and each is moved as seldom as can be.
fn in_order(mut found: Vec<OfKey>) -> Vec<Cell> {
    found.par_sort_by(|a, b| a.0.cmp(&b.0));
    let mut cells = Vec::with_capacity(found.iter().map(|(_, of_key)| of_key.len()).sum());
    for of_key in found.chunk_by_mut(|a, b| a.0 == b.0) {
        let start = cells.len();
        cells.extend(of_key.iter_mut().flat_map(|(_, of_pass)| std::mem::take(of_pass)));
        cells[start..].sort_by_key(|cell: &Cell| cell.measure);
    }
    cells
}

/// Measures that ask the same of each employee, by their places in the pipeline.
type Basis = Vec<usize>;

/// The bases of each pass. Lists of values are held until all companies are read; what is held as sums or not at all is made in
/// the first pass, so that later ones read few columns.
fn passes(pipeline: &Pipeline, records: u64) -> Vec<Vec<Basis>> {
    let mut by_key: BTreeMap<&str, Basis> = BTreeMap::new();
    for (place, measure) in pipeline.measures.iter().enumerate() {
        by_key.entry(measure.basis_key()).or_default().push(place);
    }
    let mut bases: Vec<Basis> = by_key.into_values().collect();
    bases.sort();
    let lists = |basis: &Basis| -> u64 {
        let asked = pipeline.tables.iter().filter(|table| table.measures.iter().any(|place| basis.contains(place)));
        if pipeline.measures[basis[0]].shape() == Shape::Sums { 0 } else { asked.count() as u64 }
    };
    let (mut first, mut later): (Vec<Basis>, Vec<Vec<Basis>>) = Default::default();
    let mut held = 0;
    for basis in bases {
        let bytes = lists(&basis) * records * 8;
        if bytes > 0 && held > 0 && held + bytes > HELD {
            later.push(Vec::new());
            held = 0;
        }
        held += bytes;
        match later.last_mut() {
            Some(pass) if bytes > 0 => pass.push(basis),
            _ => first.push(basis),
        }
    }
    [first].into_iter().chain(later).filter(|pass| !pass.is_empty()).collect()
}

/// One company in a period.
struct Member<'a> {
    part: &'a Part,
    /// Its part of the earlier period.
    opening: Option<&'a Part>,
    company: &'a Company,
    holding: u32,
}

struct Pass<'a> {
    pipeline: &'a Pipeline,
    bases: &'a [Basis],
    /// Columns of companies' own rows.
    schema: &'a SchemaRef,
    period: Period,
    earlier: Period,
}

/// What one company gives in a pass.
struct Done {
    shares: Vec<Share>,
    rows: RecordBatch,
    /// Mean pay of its groups, to be compared with a release.
    market: Vec<CompanyRow>,
    /// Whether its two snapshots were compared.
    compared: bool,
}

impl Pass<'_> {
    /// The measures of the pass.
    fn measures(&self) -> impl Iterator<Item = (usize, &Measure)> {
        self.bases.iter().flatten().map(|&place| (place, &self.pipeline.measures[place]))
    }

    fn needs_panel(&self) -> bool {
        self.measures().any(|(_, measure)| measure.over != Over::Closing)
    }

    /// The bases with those of their measures that are `wanted`.
    fn shared(&self, wanted: impl Fn(usize) -> bool) -> Vec<Shared> {
        let of = |(run, basis): (usize, &Basis)| {
            let measures: Vec<usize> = basis.iter().copied().filter(|&measure| wanted(measure)).collect();
            (!measures.is_empty()).then_some(Shared { run, measures })
        };
        self.bases.iter().enumerate().filter_map(of).collect()
    }

    /// The shape of each basis of which a measure is `wanted`.
    fn shapes(&self, wanted: impl Fn(usize) -> bool) -> Vec<Option<Shape>> {
        let of = |basis: &Basis| {
            let any = basis.iter().any(|&measure| wanted(measure));
            any.then(|| self.pipeline.measures[basis[0]].shape())
        };
        self.bases.iter().map(of).collect()
    }

    fn company(&self, member: &Member<'_>) -> Result<Done, StoreError> {
        let Member { part, opening, company, holding } = *member;
        let reading = timings::part("reading the store, values");
        let pipeline = self.pipeline;
        let panel = if self.needs_panel() {
            Some(Panel::join(opening, part, (self.earlier, self.period), &pipeline.settings)?)
        } else {
            None
        };
        let groupings = groupings(pipeline, company);
        let mut partials: Vec<PartialCells> = groupings.iter().map(|axes| PartialCells::new(axes.len())).collect();
        let mut values: Vec<Vec<Values>> = vec![Vec::new(); self.bases.len()];
        // What each grouping asks for: the tables, and last the company itself.
        let of_table = |table: &Table| self.shapes(|measure| table.measures.contains(&measure));
        let of_company = self.shapes(|measure| pipeline.company_measures.contains(&measure));
        let wanted: Vec<Vec<Option<Shape>>> = pipeline.tables.iter().map(of_table).chain([of_company]).collect();
        let joined = panel.as_ref().and_then(|panel| panel.as_ref().ok());
        let mut sources = vec![(part, Snapshot::Closing, self.period)];
        sources.extend(opening.filter(|_| joined.is_some()).map(|part| (part, Snapshot::Opening, self.earlier)));
        for (part, snapshot, period) in sources {
            let mut start = 0;
            part.for_each_batch(
                |column| self.needs(column),
                |records| {
                    for (partial, axes) in partials.iter_mut().zip(&groupings) {
                        partial.update_batch(|cells, out| cells.assign(axes, records, out));
                    }
                    let batch =
                        Batch::new(records, &pipeline.settings, snapshot, period, joined.map(|panel| (panel, start)));
                    for (place, (basis, values)) in self.bases.iter().zip(&mut values).enumerate() {
                        let measure = &pipeline.measures[basis[0]];
                        let found = measure.values(&batch);
                        match measure.shape() {
                            Shape::Sums => partials.iter_mut().zip(&wanted).for_each(|(partial, wanted)| {
                                if wanted[place].is_some() {
                                    partial.add_sums(place, &found);
                                }
                            }),
                            Shape::List | Shape::ByGender => values.push(found),
                        }
                    }
                    start += records.len();
                },
            )?;
        }
        let mut finished = partials
            .into_iter()
            .zip(&wanted)
            .map(|(partial, wanted)| partial.finalize(&values, wanted))
            .collect::<Vec<_>>();
        let own = finished.pop().unwrap_or_else(|| PartialCells::new(0));
        let shares = finished.into_iter().map(|partial| Share { holding, partial }).collect();
        drop((values, reading));
        let _part = timings::part("companies' own metrics");
        let own_bases = self.shared(|measure| pipeline.company_measures.contains(&measure));
        let mut columns = Columns::new(pipeline);
        let market = add_rows(&own, &own_bases, pipeline, &mut columns);
        if let Some(Err(why)) = &panel {
            self.add_without_panel(why, &mut columns);
        }
        let rows = columns.finish(&company.id, &part.period, self.schema);
        Ok(Done { shares, rows, market, compared: joined.is_some() })
    }

    /// Adds rows that say why there are no figures.
    fn add_without_panel(&self, why: &NoPanel, columns: &mut Columns<'_>) {
        let whole = columns.whole_company();
        let note = why.to_string();
        let no_order = self.pipeline.settings.level_order.is_none();
        let unsettled = |measure: &Measure| no_order && measure.requires.contains(&Requirement::LevelOrder);
        for (place, measure) in self.measures() {
            let of_company = self.pipeline.company_measures.contains(&place);
            if of_company && measure.over != Over::Closing && !unsettled(measure) {
                columns.push(&whole, place, None, None, Some(&note));
            }
        }
    }

    /// Whether a stored column is read in this pass.
    fn needs(&self, column: &str) -> bool {
        let of_dimension = self.pipeline.dimensions.iter().any(|dimension| match &dimension.source {
            DimensionSource::Record(name) => name == column,
            DimensionSource::Company(_) => false,
        });
        of_dimension
            || matches!(column, "currency" | "termination_date")
            || self.pipeline.company_breakdown.iter().any(|name| name == column)
            || self.measures().any(|(_, measure)| measure.reads_column(column))
    }
}

/// The groupings of a company's records: one for each table, and last the company's own breakdown; the last axis of each is
/// the currency.
fn groupings<'a>(pipeline: &'a Pipeline, company: &Company) -> Vec<Vec<Axis<'a>>> {
    let absent_currency = pipeline.settings.currency.as_deref().unwrap_or(UNKNOWN);
    let currency = || match &pipeline.settings.reference.exchange_rates {
        Some(rates) => Axis::Constant(rates.to().to_owned()),
        None => Axis::of_column("currency", absent_currency),
    };
    let of_table = |table: &'a Table| {
        let of = |(&place, level): (&usize, u8)| Axis::of_dimension(&pipeline.dimensions[place], place, level, company);
        table.by.iter().zip(table.finest()).map(of).chain([currency()]).collect()
    };
    let breakdown = pipeline.company_breakdown.iter().map(|column| Axis::of_column(column, UNKNOWN));
    pipeline.tables.iter().map(of_table).chain([breakdown.chain([currency()]).collect()]).collect()
}

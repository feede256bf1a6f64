//! One pass over companies: what each of them gives.
//!
//! In: the records of one company. Out: its partials under each table, and its own rows. Invariant: a company's part does not
//! depend on other companies.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::company::{CompanyRow, add_rows};
use super::company_columns::Columns;
use super::evaluate::{Share, Shared};
use super::grouping::Axis;
use super::kept::Gave;
use super::partial::Accumulator;
use crate::digest::Digest;
use crate::intake::Company;
use crate::measure::{Batch, Measure, NoPanel, Over, Panel, Requirement, Shape, Snapshot, Values, add_missing};
use crate::period::Period;
use crate::pipeline::{DimensionSource, Pipeline, Table, UNKNOWN};
use crate::store::{Part, StoreError};
use crate::timings;

/// Bytes of values that a pass may hold, were none of them narrow.
const HELD: u64 = 512 << 20;

/// Measures that ask the same of each employee, by their places in the pipeline.
pub(super) type Basis = Vec<usize>;

/// The bases of each pass. Lists of values are held until all companies are read; what is held as sums or not at all is made in
/// the first pass, so that later ones read few columns.
pub(super) fn passes(pipeline: &Pipeline, records: u64) -> Vec<Vec<Basis>> {
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
pub(super) struct Member<'a> {
    pub(super) part: &'a Part,
    /// Its part of the earlier period.
    pub(super) opening: Option<&'a Part>,
    pub(super) company: &'a Company,
    pub(super) holding: u32,
    /// The digest of all that it is computed from.
    pub(super) inputs: Digest,
}

/// Which bases are computed.
pub(super) struct Pass<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) bases: &'a [Basis],
    /// Columns of companies' own rows.
    pub(super) schema: &'a SchemaRef,
    pub(super) period: Period,
    pub(super) earlier: Period,
}

/// What one company gives in a pass.
pub(super) struct Done {
    /// Under each table.
    pub(super) shares: Vec<Share>,
    /// Its own rows, where they were asked for.
    pub(super) rows: Option<RecordBatch>,
    /// Mean pay of its groups, to be compared with a release.
    pub(super) market: Vec<CompanyRow>,
    /// What is kept of it.
    pub(super) gave: Gave,
}

impl Pass<'_> {
    /// The measures of the pass.
    fn measures(&self) -> impl Iterator<Item = (usize, &Measure)> {
        self.bases.iter().flatten().map(|&place| (place, &self.pipeline.measures[place]))
    }

    pub(super) fn needs_panel(&self) -> bool {
        self.measures().any(|(_, measure)| measure.over != Over::Closing)
    }

    /// The bases with those of their measures that are `wanted`.
    pub(super) fn shared(&self, wanted: impl Fn(usize) -> bool) -> Vec<Shared> {
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

    /// What a company gives; its own rows where they are asked for.
    pub(super) fn company(&self, member: &Member<'_>, with_rows: bool) -> Result<Done, StoreError> {
        let Member { part, opening, company, holding, .. } = *member;
        let reading = timings::part("reading the store, values");
        let pipeline = self.pipeline;
        let panel = if self.needs_panel() {
            Some(Panel::join(opening, part, (self.earlier, self.period), &pipeline.settings)?)
        } else {
            None
        };
        let mut groupings = groupings(pipeline, company);
        let mut values: Vec<Vec<Values>> = vec![Vec::new(); self.bases.len()];
        // What each grouping asks for: the tables, and last the company itself.
        let of_table = |table: &Table| self.shapes(|measure| table.measures.contains(&measure));
        let of_company = self.shapes(|measure| pipeline.company_measures.contains(&measure));
        let mut wanted: Vec<Vec<Option<Shape>>> = pipeline.tables.iter().map(of_table).chain([of_company]).collect();
        if !with_rows {
            groupings.pop();
            wanted.pop();
        }
        let mut partials: Vec<Accumulator> = groupings.iter().map(|axes| Accumulator::new(axes.len())).collect();
        let joined = panel.as_ref().and_then(|panel| panel.as_ref().ok());
        let mut missing = joined.map(|panel| panel.missing().clone()).unwrap_or_default();
        let mut sources = vec![(part, Snapshot::Closing, self.period)];
        sources.extend(opening.filter(|_| joined.is_some()).map(|part| (part, Snapshot::Opening, self.earlier)));
        for (part, snapshot, period) in sources {
            let mut start = 0;
            part.for_each_batch(
                |column| self.needs(column),
                |records| {
                    for (partial, axes) in partials.iter_mut().zip(&groupings) {
                        partial.update_batch(axes, records);
                    }
                    let batch =
                        Batch::new(records, &pipeline.settings, snapshot, period, joined.map(|panel| (panel, start)));
                    for (place, (basis, values)) in self.bases.iter().zip(&mut values).enumerate() {
                        if wanted.iter().all(|wanted| wanted[place].is_none()) {
                            continue;
                        }
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
                    add_missing(&mut missing, batch.into_missing());
                },
            )?;
        }
        let mut finished = partials
            .into_iter()
            .zip(&wanted)
            .map(|(partial, wanted)| partial.finalize(&values, wanted))
            .collect::<Vec<_>>();
        let own = if with_rows { finished.pop() } else { None };
        let shares: Vec<Share> = finished.into_iter().map(|partial| Share { holding, partial }).collect();
        drop((values, reading));
        let cells = shares.iter().map(|share| share.partial.cells.clone()).collect();
        let mut gave = Gave { cells, market: Vec::new(), compared: joined.is_some(), missing };
        let Some(own) = own else {
            return Ok(Done { shares, rows: None, market: Vec::new(), gave });
        };
        let _part = timings::part("companies' own metrics");
        let own_bases = self.shared(|measure| pipeline.company_measures.contains(&measure));
        let mut columns = Columns::new(pipeline);
        let market = add_rows(&own, &own_bases, pipeline, &mut columns);
        gave.keep_market(&market);
        if let Some(Err(why)) = &panel {
            self.add_without_panel(why, &mut columns);
        }
        let rows = columns.finish(&company.id, &part.period, self.schema);
        Ok(Done { shares, rows: Some(rows), market, gave })
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

//! The aggregation of a period: companies in parallel, in as many passes as memory asks for.
//!
//! In: the parts of the store, and what an earlier aggregation left. Out: [`CellTable`] and [`CompanyTable`]. Invariant: what comes out
//! does not depend on what was left: cells that no changed company has a part in, and rows of companies among which none changed,
//! are those that would be computed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use arrow::array::RecordBatch;
use hashbrown::HashSet;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::cell::{Cell, CellKey, CellTable};
use super::company::CompanyTable;
use super::evaluate::{OfKey, Share, evaluate};
use super::gather::{Keys, level_choices};
use super::grouping::LocalCells;
use super::kept::{Gave, Keeps, Kept};
use super::pass::{Basis, Done, Member, Pass, passes};
use crate::digest::Digest;
use crate::in_turn::in_turn;
use crate::intake::Register;
use crate::measure::{Found, Missing, add_missing};
use crate::period::Period;
use crate::pipeline::{DimensionSource, Pipeline, UnknownCodes};
use crate::store::{Catalogue, Part, Records, StoreError};
use crate::timings;

/// Companies whose own rows are written, or copied, together.
const OF_BLOCK: usize = 128;

/// Why a period was not aggregated.
#[derive(Debug, thiserror::Error)]
pub enum AggregateError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A company of the store is not in the register.
    #[error("company {0} has records in the store but is not in the register; add it, or remove its records")]
    UnknownCompany(String),
    /// A company has two files for one period.
    #[error("{company} has two files for {period} in the store; move one of them away: {}, {}", .files[0].display(), .files[1].display())]
    TwoFiles {
        /// The company.
        company: String,
        /// The period.
        period: String,
        /// The files.
        files: [PathBuf; 2],
    },
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

    /// Of dimensions that count records whose code their classification does not know: how many records of the period there are.
    ///
    /// # Errors
    /// [`StoreError`]: a part cannot be read.
    pub fn unknown_codes(&self, pipeline: &Pipeline) -> Result<Vec<(String, u64)>, StoreError> {
        let mut found = Vec::new();
        for dimension in pipeline.dimensions.iter().filter(|dimension| dimension.unknown == UnknownCodes::Count) {
            let DimensionSource::Record(column) = &dimension.source else { continue };
            let mut unknown = 0;
            for part in &self.parts {
                let take = |records: &Records| {
                    let Some(texts) = records.texts(column) else { return };
                    let is_unknown: Vec<bool> = texts.words().map(|word| !dimension.hierarchy.accepts(word)).collect();
                    unknown += texts.codes().flatten().filter(|&code| is_unknown[code]).count() as u64;
                };
                part.for_each_batch(|name| name == column, take)?;
            }
            if unknown > 0 {
                found.push((dimension.name.clone(), unknown));
            }
        }
        Ok(found)
    }

    /// Records of the period.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }
}

/// Aggregates a period from scratch; each company's own metrics go into `own` on the way. `progress` hears of the records of each
/// company that is done, in each pass.
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
    aggregate_again(pipeline, register, snapshots, own, &Kept::nothing(), progress).map(|(cells, _)| cells)
}

/// The same, with the help of what an earlier aggregation left; gives what this one leaves.
///
/// # Errors
/// [`AggregateError`].
pub fn aggregate_again(
    pipeline: &Pipeline,
    register: &Register,
    snapshots: &Snapshots<'_>,
    own: &mut CompanyTable,
    kept: &Kept,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(CellTable, Keeps), AggregateError> {
    let period = snapshots.period;
    let keys: BTreeSet<&str> = snapshots.parts.iter().map(|part| part.key_id.as_str()).collect();
    if keys.len() > 1 {
        return Err(AggregateError::SeveralKeys { period: period.to_string(), count: keys.len() });
    }
    let mut holdings: Vec<String> = register.companies().iter().map(|company| company.holding.clone()).collect();
    holdings.sort();
    holdings.dedup();
    let members = members(register, snapshots, &holdings)?;
    let records = snapshots.rows();
    let passes = passes(pipeline, records);
    let origin = origin(pipeline, snapshots, &holdings, &passes);
    let schema = own.schema();
    let mut keeps = Keeps::new(origin, &passes);
    let mut cells: Vec<OfKey> = Vec::new();
    let (mut computed, mut compared, mut missing) = (0, None, Missing::new());
    for (number, bases) in passes.iter().enumerate() {
        let pass = Pass { pipeline, bases, schema: &schema, period, earlier: snapshots.earlier };
        let run = Run {
            pass,
            number,
            members: &members,
            kept: kept.is_of(&origin).then_some(kept),
            origin: &origin,
            progress,
        };
        let (found, gave) = run.pass(own)?;
        cells.extend(found);
        if run.pass.needs_panel() {
            compared = Some(gave.iter().filter(|given| given.compared).count());
        }
        computed = gave.iter().filter(|given| given.is_new).count().max(computed);
        for (member, given) in members.iter().zip(gave) {
            keeps.add(&member.company.id, member.inputs, given.packed);
            add_missing(&mut missing, given.missing);
        }
    }
    let companies = members.len();
    Ok((CellTable { period, holdings, cells: in_order(cells), companies, computed, compared, records, missing }, keeps))
}

/// The companies with records in the period.
fn members<'a>(
    register: &'a Register,
    snapshots: &Snapshots<'a>,
    holdings: &[String],
) -> Result<Vec<Member<'a>>, AggregateError> {
    for parts in [&snapshots.parts, &snapshots.earlier_parts] {
        if let Some(pair) = parts.windows(2).find(|pair| pair[0].company == pair[1].company) {
            let files = [pair[0].path.clone(), pair[1].path.clone()];
            let (company, period) = (pair[0].company.clone(), pair[0].period.clone());
            return Err(AggregateError::TwoFiles { company, period, files });
        }
    }
    let earlier: BTreeMap<&str, &Part> =
        snapshots.earlier_parts.iter().map(|part| (part.company.as_str(), *part)).collect();
    let member = |part: &&'a Part| {
        let unknown = || AggregateError::UnknownCompany(part.company.clone());
        let company = &register.companies()[register.place(&part.company).ok_or_else(unknown)?];
        let holding = holdings.binary_search(&company.holding).ok().and_then(|place| u32::try_from(place).ok());
        let opening = earlier.get(part.company.as_str()).copied();
        let mut inputs = Sha256::new();
        for part in [*part].into_iter().chain(opening) {
            for text in [&part.period, &part.upload, &part.intake, &part.key_id] {
                add(&mut inputs, text);
            }
            // Two files of one upload can differ: its company has another owner now, or the program is another one.
            add(&mut inputs, &format!("{:?}", part.stamp));
        }
        [&company.id, &company.holding].into_iter().chain(&company.codes).for_each(|text| add(&mut inputs, text));
        let holding = holding.unwrap_or(u32::MAX);
        Ok(Member { part, opening, company, holding, inputs: inputs.finalize().into() })
    };
    snapshots.parts.iter().map(member).collect()
}

/// Adds a text to a digest so that no two lists of texts give the same one.
fn add(digest: &mut Sha256, text: &str) {
    digest.update((text.len() as u64).to_le_bytes());
    digest.update(text);
}

/// The digest of all that all companies have in common.
fn origin(pipeline: &Pipeline, snapshots: &Snapshots<'_>, holdings: &[String], passes: &[Vec<Basis>]) -> Digest {
    let mut digest = Sha256::new();
    add(&mut digest, concat!(env!("CARGO_PKG_VERSION"), " ", env!("PAYQUORUM_SOURCE")));
    digest.update(pipeline.digest);
    add(&mut digest, &format!("{} {}", snapshots.period, snapshots.earlier));
    // What patterns mean depends on what the store holds.
    let names: Vec<&str> = pipeline.measures.iter().map(|measure| measure.name.as_str()).collect();
    let tables: Vec<_> =
        pipeline.tables.iter().map(|table| (&table.name, &table.by, &table.levels, &table.measures)).collect();
    add(&mut digest, &format!("{names:?} {tables:?} {:?} {passes:?}", pipeline.company_measures));
    for holding in holdings {
        add(&mut digest, holding);
    }
    digest.finalize().into()
}

/// One pass over all companies.
struct Run<'a> {
    pass: Pass<'a>,
    number: usize,
    members: &'a [Member<'a>],
    kept: Option<&'a Kept>,
    origin: &'a Digest,
    progress: &'a (dyn Fn(u64) + Sync),
}

/// What a company gave, packed; whether its snapshots were compared, and what it lacked.
struct Given {
    packed: Vec<u8>,
    is_new: bool,
    compared: bool,
    missing: Missing,
}

impl Run<'_> {
    /// The cells of the pass, and what each company gave.
    fn pass(&self, own: &mut CompanyTable) -> Result<(Vec<OfKey>, Vec<Given>), AggregateError> {
        // Where nothing is kept of a company, it is computed anew.
        let known: Vec<Option<(&[u8], Gave)>> = self.members.par_iter().map(|member| self.known(member)).collect();
        let mut shares: Vec<Option<Vec<Share>>> = self.members.iter().map(|_| None).collect();
        let mut gave: Vec<Given> = Vec::with_capacity(self.members.len());
        let mut waiting = Waiting::default();
        for start in (0..self.members.len()).step_by(OF_BLOCK) {
            let block = start..(start + OF_BLOCK).min(self.members.len());
            let digest = self.block_digest(&self.members[block.clone()]);
            let before: Option<Vec<&(&[u8], Gave)>> = known[block.clone()].iter().map(Option::as_ref).collect();
            if let Some(before) = before.filter(|_| own.has_block(&digest)) {
                waiting.write(own)?;
                own.copy_block(&digest)?;
                for (member, before) in self.members[block].iter().zip(before) {
                    (self.progress)(member.part.rows);
                    gave.push(given_before(member, before, own));
                }
                continue;
            }
            // While some companies are computed, the rows of those before them are written.
            let mut ready = std::mem::replace(&mut waiting, Waiting { digest: Some(digest), rows: Vec::new() });
            let (done, written) = rayon::join(|| self.compute(block.clone().collect(), true), || ready.write(own));
            written?;
            for (place, done) in block.zip(done?) {
                waiting.rows.extend(done.rows);
                own.keep_market(&self.members[place].company.id, done.market);
                let packed = done.gave.packed();
                gave.push(Given {
                    packed,
                    is_new: known[place].is_none(),
                    compared: done.gave.compared,
                    missing: done.gave.missing,
                });
                shares[place] = Some(done.shares);
            }
        }
        // The last rows are written while cells are evaluated.
        let (written, cells) = rayon::join(|| waiting.write(own), || self.cells(&known, shares));
        written?;
        Ok((cells?, gave))
    }

    /// What is kept of a company.
    fn known(&self, member: &Member<'_>) -> Option<(&[u8], Gave)> {
        self.kept?.of_company(&member.company.id, &member.inputs, self.number)
    }

    /// The digest of all that the own rows of some companies are made of.
    fn block_digest(&self, members: &[Member<'_>]) -> Digest {
        let mut digest = Sha256::new();
        digest.update(self.origin);
        digest.update((self.number as u64).to_le_bytes());
        for member in members {
            digest.update(member.inputs);
        }
        digest.finalize().into()
    }

    /// What some companies give, in their order.
    fn compute(&self, mut places: Vec<usize>, with_rows: bool) -> Result<Vec<Done>, StoreError> {
        // Whoever has the largest is done while others compute the rest.
        places.sort_by_key(|&place| Reverse(self.members[place].part.rows));
        let company = |&place: &usize| {
            let done = self.pass.company(&self.members[place], with_rows)?;
            if with_rows {
                (self.progress)(self.members[place].part.rows);
            }
            Ok::<_, StoreError>((place, done))
        };
        let mut done = in_turn(&places, company)?;
        done.sort_unstable_by_key(|(place, _)| *place);
        Ok(done.into_iter().map(|(_, done)| done).collect())
    }

    /// The cells of the pass: those of companies that changed are evaluated, and others are as they were.
    fn cells(
        &self,
        known: &[Option<(&[u8], Gave)>],
        mut shares: Vec<Option<Vec<Share>>>,
    ) -> Result<Vec<OfKey>, AggregateError> {
        let inputs: HashSet<(&str, &Digest)> =
            self.members.iter().map(|member| (member.company.id.as_str(), &member.inputs)).collect();
        let before = self.kept.and_then(|kept| {
            let gone = kept.others(self.number, |company, it| inputs.contains(&(company, it)))?;
            Some((kept.cells(self.number)?, gone))
        });
        let Some((before, gone)) = before else {
            let missing: Vec<usize> = (0..shares.len()).filter(|&place| shares[place].is_none()).collect();
            self.add_shares(&missing, &mut shares)?;
            return Ok(self.evaluate(shares, None));
        };
        let tables = self.pass.pipeline.tables.len();
        // Of each table, the cells in which a company is now or was before that changed.
        let mut seeds: Vec<Vec<LocalCells>> = (0..tables).map(|_| Vec::new()).collect();
        for gave in gone {
            seeds.iter_mut().zip(gave.cells).for_each(|(seeds, cells)| seeds.push(cells));
        }
        for (shares, _) in shares.iter().zip(known).filter(|(_, known)| known.is_none()) {
            let cells = shares.iter().flatten().map(|share| share.partial.cells.clone());
            seeds.iter_mut().zip(cells).for_each(|(seeds, cells)| seeds.push(cells));
        }
        let changed: Vec<Vec<Keys<'_>>> = (0..tables).map(|table| self.changed(table, &seeds[table])).collect();
        let is_beside = |gave: &Gave| {
            gave.cells.iter().zip(&changed).any(|(cells, keys)| keys.iter().any(|keys| keys.knows_any(cells)))
        };
        let beside = (0..shares.len())
            .into_par_iter()
            .filter(|&place| shares[place].is_none() && known[place].as_ref().is_none_or(|(_, gave)| is_beside(gave)));
        let beside: Vec<usize> = beside.collect();
        drop(changed);
        self.add_shares(&beside, &mut shares)?;
        let evaluated = self.evaluate(shares, Some(&seeds));
        let keys: HashSet<&CellKey> = evaluated.iter().map(|(key, _)| key.as_ref()).collect();
        let mut cells: Vec<OfKey> = before.into_iter().filter(|(key, _)| !keys.contains(key.as_ref())).collect();
        drop(keys);
        cells.extend(evaluated);
        Ok(cells)
    }

    /// Computes the partials of companies whose own rows are there.
    fn add_shares(&self, places: &[usize], shares: &mut [Option<Vec<Share>>]) -> Result<(), AggregateError> {
        for (place, done) in places.iter().zip(self.compute(places.to_vec(), false)?) {
            shares[*place] = Some(done.shares);
        }
        Ok(())
    }

    /// The keys of cells on every choice of levels.
    fn changed(&self, table: usize, seeds: &[LocalCells]) -> Vec<Keys<'_>> {
        let pipeline = self.pass.pipeline;
        let of = |levels| {
            let mut keys = Keys::new(pipeline, table, levels, false);
            for cells in seeds {
                keys.seed(cells);
            }
            keys
        };
        level_choices(&pipeline.tables[table]).into_iter().map(of).collect()
    }

    /// The cells of all tables: all of them, or those that `seeds` of each table tell.
    fn evaluate(&self, shares: Vec<Option<Vec<Share>>>, seeds: Option<&[Vec<LocalCells>]>) -> Vec<OfKey> {
        let _part = timings::part("cells");
        let pipeline = self.pass.pipeline;
        let mut of_tables: Vec<Vec<Share>> = pipeline.tables.iter().map(|_| Vec::new()).collect();
        for shares in shares.into_iter().flatten() {
            of_tables.iter_mut().zip(shares).for_each(|(table, share)| table.push(share));
        }
        let mut found: Vec<OfKey> = Vec::new();
        for (table, shares) in of_tables.into_iter().enumerate() {
            for money in [true, false] {
                let chosen = self.pass.shared(|measure| {
                    pipeline.tables[table].measures.contains(&measure)
                        && pipeline.measures[measure].by_currency == money
                });
                if !chosen.is_empty() {
                    let seeds = seeds.map(|seeds| seeds[table].as_slice());
                    found.extend(evaluate(pipeline, table, &shares, &chosen, money, seeds));
                }
            }
        }
        found
    }
}

/// What a company gave before.
fn given_before(member: &Member<'_>, (packed, gave): &(&[u8], Gave), own: &mut CompanyTable) -> Given {
    own.keep_market(&member.company.id, gave.market_rows());
    Given { packed: packed.to_vec(), is_new: false, compared: gave.compared, missing: gave.missing.clone() }
}

/// Own rows that are not written yet, and the digest of what they are made of.
#[derive(Default)]
struct Waiting {
    digest: Option<Digest>,
    rows: Vec<RecordBatch>,
}

impl Waiting {
    fn write(&mut self, own: &mut CompanyTable) -> Result<(), StoreError> {
        let Self { digest, rows } = std::mem::take(self);
        let _part = timings::part("writing companies' own metrics");
        rows.into_iter().try_for_each(|rows| own.write(rows))?;
        digest.map_or(Ok(()), |digest| own.end_block(&digest))
    }
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

//! [`Kept`] and [`Keeps`]: what an aggregation leaves for the next one, so that only what changed is computed anew.
//!
//! In: which cells each company has, and all cells. Out: a file, and the same again from it. Invariant: the file belongs to one
//! source of the program, one pipeline, one register of holdings and one way to read in passes; a file of anything else, or a
//! damaged one, is as none. It may be lost at any time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::cell::{Cell, CellKey, CellTable, Spread};
use super::company::{CompanyRow, Group};
use super::contributions::Contributions;
use super::evaluate::OfKey;
use super::grouping::LocalCells;
use super::pass::Basis;
use super::statistics::Statistics;
use super::summary::Summary;
use crate::measure::Missing;
use crate::store::StoreError;

/// SHA-256.
pub(super) type Digest = [u8; 32];

/// Keys, or companies, of one piece of the file.
const OF_PIECE: usize = 256;

/// Pieces that are made before they are written.
const AT_ONCE: usize = 32;

/// What a company gave in a pass, but for its values.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Gave {
    /// Its cells under each table.
    pub(super) cells: Vec<LocalCells>,
    /// Mean pay of its groups, to be compared with a release.
    pub(super) market: Vec<(Group, usize, Option<Summary>, Option<String>)>,
    /// Whether its two snapshots were compared.
    pub(super) compared: bool,
    /// Entries of reference tables that its records asked for and that are not there.
    pub(super) missing: Missing,
}

/// A company: the digest of all that it is computed from, and what it gave in each pass, packed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct OfCompany {
    inputs: Digest,
    passes: Vec<Vec<u8>>,
}

/// The end of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Footer {
    origin: Digest,
    /// Of each pass, how many bytes the pieces of its cells have, and their digests.
    passes: Vec<Vec<(usize, Digest)>>,
    companies: BTreeMap<String, OfCompany>,
}

/// A cell without its key.
#[derive(Serialize)]
struct Packed<'a>(usize, &'a Contributions, &'a Summary, &'a Option<Box<Statistics>>, Option<&'a Spread>);

type Unpacked = (usize, Contributions, Summary, Option<Box<Statistics>>, Option<Spread>);

impl Gave {
    pub(super) fn packed(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }

    pub(super) fn keep_market(&mut self, rows: &[CompanyRow]) {
        let row = |row: &CompanyRow| ((*row.group).clone(), row.measure, row.summary.clone(), row.note.clone());
        self.market = rows.iter().map(row).collect();
    }

    pub(super) fn market_rows(&self) -> Vec<CompanyRow> {
        let row = |(group, measure, summary, note)| CompanyRow { group: Arc::new(group), measure, summary, note };
        self.market.iter().cloned().map(row).collect()
    }
}

/// What an earlier aggregation left; perhaps nothing.
#[derive(Debug, Default)]
pub struct Kept {
    bytes: Vec<u8>,
    footer: Option<Footer>,
}

impl Kept {
    /// Reads what is in a file; nothing where it is missing or damaged.
    #[must_use]
    pub fn read(file: &Path) -> Self {
        let bytes = fs::read(file).unwrap_or_default();
        let footer = footer(&bytes);
        Self { bytes, footer }
    }

    /// Nothing: all is computed anew.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Whether it is of this origin.
    pub(super) fn is_of(&self, origin: &Digest) -> bool {
        self.footer.as_ref().is_some_and(|footer| footer.origin == *origin)
    }

    /// What a company gave in a pass, packed, where it is computed from the same.
    pub(super) fn of_company(&self, company: &str, inputs: &Digest, pass: usize) -> Option<&[u8]> {
        let known = self.footer.as_ref()?.companies.get(company).filter(|known| known.inputs == *inputs)?;
        known.passes.get(pass).map(Vec::as_slice)
    }

    /// What those companies gave in a pass that are not computed from the same any more. `is_same` tells by company and inputs.
    pub(super) fn others(&self, pass: usize, is_same: impl Fn(&str, &Digest) -> bool) -> Vec<Gave> {
        let companies = self.footer.iter().flat_map(|footer| &footer.companies);
        let other = companies.filter(|(company, known)| !is_same(company, &known.inputs));
        other.filter_map(|(_, known)| unpack(known.passes.get(pass)?)).collect()
    }

    /// The cells of a pass; none where a piece of them is damaged.
    pub(super) fn cells(&self, pass: usize) -> Option<Vec<OfKey>> {
        let footer = self.footer.as_ref()?;
        let mut start: usize = footer.passes[..pass].iter().flatten().map(|(length, _)| length).sum();
        let mut pieces = Vec::new();
        for (length, digest) in footer.passes.get(pass)? {
            pieces.push((self.bytes.get(start..start.checked_add(*length)?)?, digest));
            start += length;
        }
        let nobody: Arc<Spread> = Arc::default();
        let piece = |(bytes, digest): (&[u8], &Digest)| {
            if Digest::from(Sha256::digest(bytes)) != *digest {
                return None;
            }
            let keys: Vec<(CellKey, Vec<Unpacked>)> = unpack(bytes)?;
            Some(keys.into_iter().map(|(key, cells)| of_key(key, cells, &nobody)).collect::<Vec<OfKey>>())
        };
        let pieces: Option<Vec<Vec<OfKey>>> = pieces.into_par_iter().map(piece).collect();
        Some(pieces?.into_iter().flatten().collect())
    }
}

pub(super) fn unpack<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

fn of_key(key: CellKey, cells: Vec<Unpacked>, nobody: &Arc<Spread>) -> OfKey {
    let key = Arc::new(key);
    let cell = |(measure, contributions, incumbent, organization, spread): Unpacked| {
        let spread = spread.map_or_else(|| nobody.clone(), Arc::new);
        Cell { key: key.clone(), measure, contributions, incumbent, organization, spread }
    };
    let cells = cells.into_iter().map(cell).collect();
    (key, cells)
}

/// The footer, behind which stand its digest and how many bytes it has.
fn footer(bytes: &[u8]) -> Option<Footer> {
    let (rest, length) = bytes.split_last_chunk::<8>()?;
    let (rest, digest) = rest.split_last_chunk::<32>()?;
    let start = rest.len().checked_sub(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let footer = &rest[start..];
    (Digest::from(Sha256::digest(footer)) == *digest).then(|| unpack(footer))?
}

/// What an aggregation leaves beside its cells.
#[derive(Debug)]
pub struct Keeps {
    origin: Digest,
    passes: Vec<Vec<Basis>>,
    companies: BTreeMap<String, OfCompany>,
}

impl Keeps {
    pub(super) fn new(origin: Digest, passes: &[Vec<Basis>]) -> Self {
        Self { origin, passes: passes.to_vec(), companies: BTreeMap::new() }
    }

    /// Keeps what a company gave in the next pass, packed.
    pub(super) fn add(&mut self, company: &str, inputs: Digest, gave: Vec<u8>) {
        let known = self.companies.entry(company.to_owned()).or_default();
        known.inputs = inputs;
        known.passes.push(gave);
    }

    /// Writes all that the next aggregation can use. The file is not made durable: what is lost is computed again.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn write(self, cells: &CellTable, file: &Path) -> Result<(), StoreError> {
        let folder = file.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        let beside = file.with_extension("new");
        let mut out = BufWriter::new(File::create(&beside).map_err(StoreError::io(&beside))?);
        let keys: Vec<&[Cell]> = cells.cells.chunk_by(|one, other| one.key == other.key).collect();
        let mut passes = Vec::with_capacity(self.passes.len());
        for bases in &self.passes {
            let mut pieces = Vec::new();
            for keys in keys.chunks(OF_PIECE * AT_ONCE) {
                let packed: Vec<Vec<u8>> = keys.par_chunks(OF_PIECE).map(|keys| packed(keys, bases)).collect();
                for bytes in packed {
                    out.write_all(&bytes).map_err(StoreError::io(&beside))?;
                    pieces.push((bytes.len(), Sha256::digest(&bytes).into()));
                }
            }
            passes.push(pieces);
        }
        let footer = Footer { origin: self.origin, passes, companies: self.companies };
        let footer = postcard::to_stdvec(&footer).unwrap_or_default();
        let length = (footer.len() as u64).to_le_bytes();
        let end = [footer.as_slice(), &Sha256::digest(&footer), &length].concat();
        out.write_all(&end).and_then(|()| out.flush()).map_err(StoreError::io(&beside))?;
        fs::rename(&beside, file).map_err(StoreError::io(file))
    }
}

/// The cells of some keys that were made in one pass.
fn packed(keys: &[&[Cell]], bases: &[Basis]) -> Vec<u8> {
    fn cell(cell: &Cell) -> Packed<'_> {
        let Cell { measure, contributions, incumbent, organization, spread, .. } = cell;
        let spread = (**spread != Spread::default()).then_some(&**spread);
        Packed(*measure, contributions, incumbent, organization, spread)
    }
    let of_pass = |cell: &&Cell| bases.iter().any(|basis| basis.contains(&cell.measure));
    let keys = keys.iter().map(|cells| (&*cells[0].key, cells.iter().filter(of_pass).map(cell).collect::<Vec<_>>()));
    let keys: Vec<(&CellKey, Vec<Packed<'_>>)> = keys.filter(|(_, cells)| !cells.is_empty()).collect();
    postcard::to_stdvec(&keys).unwrap_or_default()
}

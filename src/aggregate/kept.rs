//! [`Kept`] and [`Keeps`]: what an aggregation leaves for the next one, so that only what changed is computed anew.
//!
//! In: which cells each company has, and all cells. Out: a file, and the same again from it. Invariant: the file belongs to one
//! source of the program, one pipeline, one register of holdings and one way to read in passes; a file of anything else, or a
//! damaged one, is as none. It may be lost at any time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cell::{Cell, CellKey, CellTable, Spread};
use super::company::{CompanyRow, Group};
use super::contributions::Contributions;
use super::evaluate::OfKey;
use super::grouping::LocalCells;
use super::pass::Basis;
use super::statistics::Statistics;
use super::summary::Summary;
use crate::digest::{self, Digest};
use crate::measure::Missing;
use crate::store::StoreError;

/// Keys of one piece of the file.
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

/// Bytes of the file, and their digest.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Piece {
    start: u64,
    length: u64,
    digest: Digest,
}

/// A company: the digest of all that it is computed from, and what it gave in each pass.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OfCompany {
    inputs: Digest,
    passes: Vec<Piece>,
}

/// The end of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Footer {
    origin: Digest,
    /// The cells of each pass.
    passes: Vec<Vec<Piece>>,
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

    /// What a company gave in a pass, packed and not, where it is computed from the same.
    pub(super) fn of_company(&self, company: &str, inputs: &Digest, pass: usize) -> Option<(&[u8], Gave)> {
        let known = self.footer.as_ref()?.companies.get(company).filter(|known| known.inputs == *inputs)?;
        let packed = self.piece(known.passes.get(pass)?)?;
        Some((packed, unpack(packed)?))
    }

    /// What those companies gave in a pass that are not computed from the same any more; none where that is damaged. `is_same` tells by
    /// company and inputs.
    pub(super) fn others(&self, pass: usize, is_same: impl Fn(&str, &Digest) -> bool) -> Option<Vec<Gave>> {
        let companies = self.footer.iter().flat_map(|footer| &footer.companies);
        let other = companies.filter(|(company, known)| !is_same(company, &known.inputs));
        other.map(|(_, known)| unpack(self.piece(known.passes.get(pass)?)?)).collect()
    }

    /// The cells of a pass; none where a piece of them is damaged.
    pub(super) fn cells(&self, pass: usize) -> Option<Vec<OfKey>> {
        let nobody: Arc<Spread> = Arc::default();
        let piece = |piece: &Piece| {
            let keys: Vec<(CellKey, Vec<Unpacked>)> = unpack(self.piece(piece)?)?;
            Some(keys.into_iter().map(|(key, cells)| of_key(key, cells, &nobody)).collect::<Vec<OfKey>>())
        };
        let pieces: Option<Vec<Vec<OfKey>>> = self.footer.as_ref()?.passes.get(pass)?.par_iter().map(piece).collect();
        Some(pieces?.into_iter().flatten().collect())
    }

    /// The bytes of a piece; none where they are damaged.
    fn piece(&self, piece: &Piece) -> Option<&[u8]> {
        let start = usize::try_from(piece.start).ok()?;
        let bytes = self.bytes.get(start..start.checked_add(usize::try_from(piece.length).ok()?)?)?;
        (digest::of(bytes) == piece.digest).then_some(bytes)
    }
}

fn unpack<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
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
    let (rest, expected) = rest.split_last_chunk::<32>()?;
    let start = rest.len().checked_sub(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let footer = &rest[start..];
    (digest::of(footer) == *expected).then(|| unpack(footer))?
}

/// What an aggregation leaves beside its cells.
#[derive(Debug)]
pub struct Keeps {
    origin: Digest,
    passes: Vec<Vec<Basis>>,
    /// Of each company what it is computed from, and what it gave in each pass, packed.
    companies: BTreeMap<String, (Digest, Vec<Vec<u8>>)>,
}

impl Keeps {
    pub(super) fn new(origin: Digest, passes: &[Vec<Basis>]) -> Self {
        Self { origin, passes: passes.to_vec(), companies: BTreeMap::new() }
    }

    /// Keeps what a company gave in the next pass, packed.
    pub(super) fn add(&mut self, company: &str, inputs: Digest, gave: Vec<u8>) {
        self.companies.entry(company.to_owned()).or_insert_with(|| (inputs, Vec::new())).1.push(gave);
    }

    /// Writes all that the next aggregation can use. The file is not made durable: what is lost is computed again.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written; the next aggregation computes everything then.
    pub fn write(self, cells: &CellTable, file: &Path) -> Result<(), StoreError> {
        let folder = file.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        let beside = file.with_extension("cells.new");
        let written = File::create(&beside).and_then(|out| self.write_to(cells, BufWriter::new(out)));
        written.map_err(StoreError::io(&beside))?;
        fs::rename(&beside, file).map_err(StoreError::io(file))
    }

    fn write_to(self, cells: &CellTable, out: impl Write) -> io::Result<()> {
        let mut out = Pieces { out, end: 0 };
        let keys: Vec<&[Cell]> = cells.cells.chunk_by(|one, other| one.key == other.key).collect();
        let mut passes = Vec::with_capacity(self.passes.len());
        for bases in &self.passes {
            let mut pieces = Vec::new();
            for keys in keys.chunks(OF_PIECE * AT_ONCE) {
                let packed: Vec<Vec<u8>> = keys.par_chunks(OF_PIECE).map(|keys| packed(keys, bases)).collect();
                for bytes in packed {
                    pieces.push(out.write(&bytes)?);
                }
            }
            passes.push(pieces);
        }
        let mut companies = BTreeMap::new();
        for (company, (inputs, gave)) in self.companies {
            let passes = gave.iter().map(|bytes| out.write(bytes)).collect::<io::Result<_>>()?;
            companies.insert(company, OfCompany { inputs, passes });
        }
        let footer = postcard::to_stdvec(&Footer { origin: self.origin, passes, companies }).unwrap_or_default();
        let footer = out.write(&footer)?;
        out.out.write_all(&footer.digest)?;
        out.out.write_all(&footer.length.to_le_bytes())?;
        out.out.flush()
    }
}

/// A file of pieces.
struct Pieces<W> {
    out: W,
    end: u64,
}

impl<W: Write> Pieces<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<Piece> {
        self.out.write_all(bytes)?;
        let piece = Piece { start: self.end, length: bytes.len() as u64, digest: digest::of(bytes) };
        self.end += piece.length;
        Ok(piece)
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

//! Reading the store.
//!
//! In: the files under `store/`. Out: a [`Catalogue`] of its [`Part`]s, and their [`Records`].
//! Invariant: parts come in the order of company and period, whatever the order of folders on disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::ChunkReader;
use rayon::prelude::*;

use super::stamp::Stamp;
use super::{Records, StoreError};

/// Keys of the footer.
pub(super) mod keys {
    pub(in crate::store) const UPLOAD: &str = "payquorum.upload_sha256";
    pub(in crate::store) const INTAKE: &str = "payquorum.intake_sha256";
    pub(in crate::store) const KEY_ID: &str = "payquorum.key_id";
    pub(in crate::store) const COMPANY: &str = "payquorum.company";
    pub(in crate::store) const PERIOD: &str = "payquorum.period";
    pub(in crate::store) const PARTS: &str = "payquorum.parts_of_upload";
    pub(in crate::store) const PROFILE: &str = "payquorum.profile";
}

/// Files up to this size are read whole where columns are wanted: one of a small file is not worth a way to it of its own.
const SMALL: u64 = 2 << 20;

/// Files up to this size are read whole for their footer.
const TINY: u64 = 1 << 16;

/// A file that is read bit by bit, or all that is in it.
enum Opened {
    File(File),
    Bytes(Bytes),
}

/// Opens a file, and reads it whole up to a size.
fn open(path: &Path, whole: u64) -> io::Result<(Opened, Stamp)> {
    let mut file = File::open(path)?;
    let stamp = Stamp::of(&file.metadata()?);
    if stamp.size > whole {
        return Ok((Opened::File(file), stamp));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(stamp.size).unwrap_or(0) + 1);
    file.read_to_end(&mut bytes)?;
    Ok((Opened::Bytes(bytes.into()), stamp))
}

/// Records that are read at once.
const BATCH: usize = 1 << 14;

/// One stored file: a company in a period.
#[derive(Debug, Clone)]
pub struct Part {
    /// The file.
    pub path: PathBuf,
    /// Company ID.
    pub company: String,
    /// Period.
    pub period: String,
    /// SHA-256 of the bytes and name of the upload that it came from.
    pub upload: String,
    /// SHA-256 of the rules by which that was read.
    pub intake: String,
    /// ID of the key of its pseudonyms.
    pub key_id: String,
    /// How many parts that upload was split into.
    pub parts: usize,
    /// What the file system says of the file.
    pub stamp: Stamp,
    /// Records.
    pub rows: u64,
    /// Names of its columns.
    pub columns: Vec<String>,
    metadata: ArrowReaderMetadata,
}

/// Everything that the store holds.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    parts: Vec<Part>,
}

impl Catalogue {
    pub(super) fn read(store: &Path) -> Result<Self, StoreError> {
        let of_company = |company: PathBuf| -> Result<Vec<Part>, StoreError> {
            let mut parts = Vec::new();
            for period in folders(&company, "period=")? {
                let entries = fs::read_dir(&period).map_err(StoreError::io(&period))?;
                for entry in entries {
                    let path = entry.map_err(StoreError::io(&period))?.path();
                    if path.extension().is_some_and(|extension| extension == "parquet") {
                        parts.push(Part::read(path)?);
                    }
                }
            }
            Ok(parts)
        };
        let parts: Vec<Vec<Part>> =
            folders(store, "company=")?.into_par_iter().map(of_company).collect::<Result<_, _>>()?;
        let mut parts = parts.concat();
        parts.sort_by(|a, b| (&a.company, &a.period, &a.path).cmp(&(&b.company, &b.period, &b.path)));
        Ok(Self { parts })
    }

    /// All parts, by company and period.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The parts of one period.
    #[must_use]
    pub fn of_period(&self, period: &str) -> Vec<&Part> {
        self.parts.iter().filter(|part| part.period == period).collect()
    }

    /// The latest period in the store, in the order of the text.
    #[must_use]
    pub fn latest_period(&self) -> Option<&str> {
        self.parts.iter().map(|part| part.period.as_str()).max()
    }

    /// Uploads that are here whole, read by these rules and under this key.
    #[must_use]
    pub fn whole_uploads(&self, intake: &str, key_id: &str) -> BTreeMap<&str, u64> {
        let mut found: BTreeMap<&str, (usize, usize, u64)> = BTreeMap::new();
        for part in self.parts.iter().filter(|part| part.intake == intake && part.key_id == key_id) {
            let entry = found.entry(&part.upload).or_insert((0, part.parts, 0));
            entry.0 += 1;
            entry.2 += part.rows;
        }
        let whole = found.into_iter().filter(|(_, (here, of, _))| here == of);
        whole.map(|(upload, (_, _, rows))| (upload, rows)).collect()
    }
}

impl Part {
    /// What its records look like from afar, for edits; none in files of builds without them.
    #[must_use]
    pub fn profile(&self) -> Option<&str> {
        let pairs = self.metadata.metadata().file_metadata().key_value_metadata()?;
        pairs.iter().find(|pair| pair.key == keys::PROFILE)?.value.as_deref()
    }

    pub(super) fn read(path: PathBuf) -> Result<Self, StoreError> {
        let damaged = |error: String| StoreError::Damaged { path: path.clone(), error };
        let options = ArrowReaderOptions::new();
        let (opened, stamp) = open(&path, TINY).map_err(StoreError::io(&path))?;
        let metadata = match opened {
            Opened::File(file) => ArrowReaderMetadata::load(&file, options),
            Opened::Bytes(bytes) => ArrowReaderMetadata::load(&bytes, options),
        };
        let metadata = metadata.map_err(|error| damaged(error.to_string()))?;
        let footer = metadata.metadata().file_metadata();
        let value = |key: &str| {
            let pairs = footer.key_value_metadata()?;
            pairs.iter().find(|pair| pair.key == key)?.value.clone()
        };
        let wanted = |key: &str| value(key).ok_or_else(|| damaged(format!("the footer lacks {key}")));
        let rows = u64::try_from(footer.num_rows()).unwrap_or(0);
        let columns = metadata.schema().fields().iter().map(|field| field.name().clone()).collect();
        Ok(Self {
            company: wanted(keys::COMPANY)?,
            period: wanted(keys::PERIOD)?,
            upload: wanted(keys::UPLOAD)?,
            intake: wanted(keys::INTAKE)?,
            key_id: wanted(keys::KEY_ID)?,
            parts: wanted(keys::PARTS)?.parse().map_err(|_| damaged("the number of parts is no number".to_owned()))?,
            stamp,
            rows,
            columns,
            path,
            metadata,
        })
    }

    /// Hands the records to `take`, batch by batch, with the columns that `wanted` chooses.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be read.
    pub fn for_each_batch(&self, wanted: impl Fn(&str) -> bool, take: impl FnMut(&Records)) -> Result<(), StoreError> {
        match open(&self.path, SMALL).map_err(StoreError::io(&self.path))?.0 {
            Opened::File(file) => self.read_batches(file, wanted, take),
            Opened::Bytes(bytes) => self.read_batches(bytes, wanted, take),
        }
    }

    fn read_batches(
        &self,
        file: impl ChunkReader + 'static,
        wanted: impl Fn(&str) -> bool,
        mut take: impl FnMut(&Records),
    ) -> Result<(), StoreError> {
        let damaged = |error: String| StoreError::Damaged { path: self.path.clone(), error };
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let roots = self.columns.iter().enumerate().filter(|(_, name)| wanted(name)).map(|(place, _)| place);
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let reader = builder.with_projection(mask).with_batch_size(BATCH).build();
        for batch in reader.map_err(|error| damaged(error.to_string()))? {
            take(&Records::new(batch.map_err(|error| damaged(error.to_string()))?));
        }
        Ok(())
    }
}

pub(super) fn folders(parent: &Path, prefix: &str) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io(parent)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StoreError::io(parent))?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

//! Writing one upload into staged Parquet files.
//!
//! In: [`PseudonymBatch`]es of one upload. Out: a [`Staged`] file for each company and period in it.
//! Invariant: nothing is in its place before the commit; a file tells its upload, key ID and reading rules in its footer;
//! what is held in memory stays below [`HELD`] bytes however many companies an upload mixes.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::basic::{Compression, Encoding};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use super::StoreError;
use super::commit::Staged;
use super::read::keys;
use super::row_groups::RowGroups;
use crate::period::Period;
use crate::pseudonym::{PSEUDONYM, PseudonymBatch};
use crate::record::Column;

/// Bytes of unfinished row groups that one upload may hold.
const HELD: usize = 192 << 20;

/// Bytes that are gathered before a file is opened for them.
const GATHERED: usize = 1 << 18;

/// What a stored file tells of where it came from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// SHA-256 of the upload's bytes and name, in hexadecimal digits.
    pub upload: String,
    /// SHA-256 of the reading rules.
    pub intake: String,
    /// The key ID.
    pub key_id: String,
    /// What the columns of the pipeline mean; plans and skills are told by their names.
    pub columns: Vec<Column>,
}

/// Writes the records of one upload.
pub struct UploadWriter {
    staging: PathBuf,
    number: usize,
    origin: Origin,
    parts: BTreeMap<(usize, Period), PartWriter>,
    /// Bytes of unfinished row groups in all parts.
    held: usize,
}

struct PartWriter {
    path: PathBuf,
    writer: RowGroups<Appender>,
    schema: SchemaRef,
    rows: u64,
    /// Bytes of the row group that is being filled.
    held: usize,
}

impl UploadWriter {
    pub(super) fn new(staging: PathBuf, number: usize, origin: Origin) -> Self {
        Self { staging, number, origin, parts: BTreeMap::new(), held: 0 }
    }

    /// Forgets everything written so far.
    pub fn restart(&mut self) {
        self.held = 0;
        for part in std::mem::take(&mut self.parts).into_values() {
            // A file that cannot be removed is swept with the staging folder.
            let _ = fs::remove_file(part.path);
        }
    }

    /// Adds a batch.
    ///
    /// # Errors
    /// [`StoreError`]: a file cannot be written.
    pub fn write(&mut self, batch: &PseudonymBatch) -> Result<(), StoreError> {
        let key = (batch.company(), batch.period());
        if !self.parts.contains_key(&key) {
            fs::create_dir_all(&self.staging).map_err(StoreError::io(&self.staging))?;
            let path = self.staging.join(format!("{}-{}-{}.parquet", self.number, key.0, key.1));
            let part = PartWriter::new(path, batch.records(), &self.origin)?;
            self.parts.insert(key, part);
        }
        if let Some(part) = self.parts.get_mut(&key) {
            // Only this part has changed: to ask all of them would take time that grows with their number squared.
            self.held -= part.held;
            part.write(batch.records())?;
            self.held += part.held;
        }
        if self.held > HELD {
            for part in self.parts.values_mut() {
                part.writer.flush().map_err(|error| damaged(&part.path, &error))?;
                part.held = 0;
            }
            self.held = 0;
        }
        Ok(())
    }

    /// Finishes the files. `company` gives the ID of a register place, `profile` what its records look like from afar.
    ///
    /// # Errors
    /// [`StoreError`]: a file cannot be written.
    pub fn finish(
        self,
        company: impl Fn(usize) -> String,
        profile: impl Fn(usize, Period) -> Option<String>,
    ) -> Result<Vec<Staged>, StoreError> {
        let parts = self.parts.len();
        let mut staged = Vec::with_capacity(parts);
        for ((place, period), mut part) in self.parts {
            let profile = profile(place, period);
            let (company, period) = (company(place), period.to_string());
            let path = part.path.clone();
            if let Some(profile) = profile {
                part.writer.note(keys::PROFILE, profile);
            }
            part.finish(&self.origin, &company, &period, parts)?;
            staged.push(Staged { path, company, period, name: format!("{}.parquet", &self.origin.upload[..16]) });
        }
        Ok(staged)
    }
}

impl PartWriter {
    fn new(path: PathBuf, records: &RecordBatch, origin: &Origin) -> Result<Self, StoreError> {
        let described = |field: &Arc<Field>| {
            let known = origin.columns.iter().find(|column| column.name == *field.name()).cloned();
            let (meaning, unit) = match known.or_else(|| Column::canonical(field.name())) {
                Some(column) => (column.meaning, column.unit),
                None => ("Keyed pseudonym of the employee ID.".to_owned(), "16 bytes".to_owned()),
            };
            let metadata = [("description".to_owned(), meaning), ("unit".to_owned(), unit)].into();
            field.as_ref().clone().with_metadata(metadata)
        };
        let schema = Arc::new(Schema::new(records.schema().fields().iter().map(described).collect::<Vec<_>>()));
        let out = Appender::new(&path);
        let writer =
            RowGroups::new(out, schema.clone(), properties(&schema)).map_err(|error| damaged(&path, &error))?;
        Ok(Self { path, writer, schema, rows: 0, held: 0 })
    }

    fn write(&mut self, records: &RecordBatch) -> Result<(), StoreError> {
        self.rows += records.num_rows() as u64;
        let described = RecordBatch::try_new(self.schema.clone(), records.columns().to_vec())
            .map_err(|error| damaged(&self.path, &ParquetError::from(error)))?;
        self.writer.write(&described).map_err(|error| damaged(&self.path, &error))?;
        self.held = self.writer.held();
        Ok(())
    }

    fn finish(mut self, origin: &Origin, company: &str, period: &str, parts: usize) -> Result<(), StoreError> {
        for (key, value) in [
            (keys::UPLOAD, origin.upload.clone()),
            (keys::INTAKE, origin.intake.clone()),
            (keys::KEY_ID, origin.key_id.clone()),
            (keys::COMPANY, company.to_owned()),
            (keys::PERIOD, period.to_owned()),
            (keys::PARTS, parts.to_string()),
        ] {
            self.writer.note(key, value);
        }
        let mut out = self.writer.finish().map_err(|error| damaged(&self.path, &error))?;
        out.append().map_err(StoreError::io(&self.path))
    }
}

fn damaged(path: &Path, error: &ParquetError) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), error: error.to_string() }
}

/// Codes repeat and go into dictionaries; amounts and pseudonyms hardly do. Both are packed in as many bits as they need, so that a
/// general compression would save a tenth of the room, and take as long as everything else of the writing and reading.
fn properties(schema: &Schema) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_created_by(concat!("payquorum ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::UNCOMPRESSED)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for field in schema.fields() {
        let path = ColumnPath::from(field.name().as_str());
        properties = match field.data_type() {
            DataType::FixedSizeBinary(_) if field.name() == PSEUDONYM => properties
                .set_column_dictionary_enabled(path.clone(), false)
                // Not every reader knows the newer encodings of fixed-length bytes, and random bytes gain nothing.
                .set_column_encoding(path.clone(), Encoding::PLAIN)
                .set_column_statistics_enabled(path, EnabledStatistics::None),
            DataType::Decimal64(..) | DataType::Date32 => properties.set_column_dictionary_enabled(path, false),
            // What a dictionary falls back to where it grows too large. Others have 2 MiB of room made for them in every file.
            DataType::Dictionary(..) => properties.set_column_encoding(path, Encoding::PLAIN),
            _ => properties,
        };
    }
    properties.build()
}

/// A file that is open only while something is written to it, so that an upload may mix thousands of companies.
struct Appender {
    path: PathBuf,
    gathered: Vec<u8>,
    /// Whether the file is there yet.
    is_begun: bool,
}

impl Appender {
    fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), gathered: Vec::new(), is_begun: false }
    }

    /// Writes what was gathered. The commit makes it durable, together with all other files of the run.
    fn append(&mut self) -> io::Result<()> {
        let mut file =
            if self.is_begun { OpenOptions::new().append(true).open(&self.path) } else { File::create(&self.path) }?;
        self.is_begun = true;
        file.write_all(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }
}

impl Write for Appender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= GATHERED {
            self.append()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

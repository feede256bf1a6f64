//! A table as one Parquet file that is there whole or not at all.
//!
//! In: record batches. Out: a file. Invariant: it is written beside, made durable, and renamed into place.

use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    KeyValue, PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use super::StoreError;
use super::row_groups::RowGroups;
use crate::digest::{self, Digest, Digesting};

/// Rows of a page where a table is long.
const ROWS_OF_LARGE_PAGE: usize = 1 << 17;

/// A file that was written before, to copy from.
#[derive(Debug)]
pub struct WrittenFile {
    file: File,
    metadata: ParquetMetaData,
}

impl WrittenFile {
    /// Opens a file with this digest; none where there is no such file.
    #[must_use]
    pub fn open(path: &Path, digest: &Digest) -> Option<Self> {
        let file = File::open(path).ok()?;
        if digest::of_all(&file).ok()? != *digest {
            return None;
        }
        // All that the footer says, so that a copy says the same.
        let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
        let reader = ParquetMetaDataReader::new()
            .with_metadata_options(Some(options))
            .with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = reader.parse_and_finish(&file).ok()?;
        Some(Self { file, metadata })
    }

    /// Row groups in it.
    #[must_use]
    pub fn row_groups(&self) -> usize {
        self.metadata.num_row_groups()
    }
}

/// A file while it is written.
pub struct TableFile {
    file: PathBuf,
    beside: PathBuf,
    writer: RowGroups<Digesting<File>>,
}

impl fmt::Debug for TableFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TableFile").field("file", &self.file).finish_non_exhaustive()
    }
}

impl TableFile {
    /// Begins a file; `notes` go into its metadata.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn create(file: &Path, schema: &SchemaRef, notes: &[(&str, String)]) -> Result<Self, StoreError> {
        Self::with(file, schema, properties(schema, notes))
    }

    /// Begins the file of a long table, in which readers look for rows by the column `by`: of other columns it does not tell
    /// where which values lie, and pages are large.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn create_long(
        file: &Path,
        schema: &SchemaRef,
        notes: &[(&str, String)],
        by: &str,
    ) -> Result<Self, StoreError> {
        let properties = properties(schema, notes)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_column_statistics_enabled(ColumnPath::from(by), EnabledStatistics::Page)
            .set_data_page_row_count_limit(ROWS_OF_LARGE_PAGE);
        Self::with(file, schema, properties)
    }

    fn with(file: &Path, schema: &SchemaRef, properties: WriterPropertiesBuilder) -> Result<Self, StoreError> {
        let folder = file.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        let beside = file.with_extension("new");
        let out = File::create(&beside).map_err(StoreError::io(&beside))?;
        let writer =
            RowGroups::new(Digesting::new(out), schema.clone(), properties.build()).map_err(damaged(&beside))?;
        Ok(Self { file: file.to_owned(), beside, writer })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        self.writer.write(batch).map_err(damaged(&self.beside))
    }

    /// Ends the row group that is being filled; gives how many there are.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written.
    pub fn end_row_group(&mut self) -> Result<usize, StoreError> {
        self.writer.flush().map_err(damaged(&self.beside))?;
        Ok(self.writer.len())
    }

    /// Copies row groups of a file with the same columns as they are, without reading what is in them.
    ///
    /// # Errors
    /// [`StoreError`]: a file cannot be read or written.
    pub fn copy(&mut self, from: &WrittenFile, row_groups: Range<usize>) -> Result<(), StoreError> {
        self.writer.copy(&from.file, &from.metadata, row_groups).map_err(damaged(&self.beside))
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`StoreError`]: the file cannot be written; then an earlier one stays.
    pub fn finish(self) -> Result<(), StoreError> {
        self.finish_with_digest().map(|_| ())
    }

    /// The same, and gives the file's digest.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn finish_with_digest(self) -> Result<Digest, StoreError> {
        let (out, digest) = self.writer.finish().map_err(damaged(&self.beside))?.finish();
        out.sync_all().map_err(StoreError::io(&self.beside))?;
        std::fs::rename(&self.beside, &self.file).map_err(StoreError::io(&self.file))?;
        Ok(digest)
    }
}

fn properties(schema: &SchemaRef, notes: &[(&str, String)]) -> WriterPropertiesBuilder {
    let notes = notes.iter().map(|(key, value)| KeyValue::new((*key).to_owned(), value.clone())).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
        .set_created_by(concat!("payquorum ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(notes));
    // Figures and amounts hardly repeat, and what is packed cannot be made smaller.
    schema.fields().iter().fold(properties, |properties, field| {
        let path = ColumnPath::from(field.name().as_str());
        match field.data_type() {
            DataType::Float64 | DataType::Int64 => properties.set_column_dictionary_enabled(path, false),
            DataType::Binary => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_statistics_enabled(path.clone(), EnabledStatistics::None)
                .set_column_compression(path, Compression::UNCOMPRESSED),
            _ => properties,
        }
    })
}

fn damaged(path: &Path) -> impl FnOnce(ParquetError) -> StoreError + '_ {
    move |error| StoreError::Damaged { path: path.to_owned(), error: error.to_string() }
}

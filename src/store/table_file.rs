//! A table as one Parquet file that is there whole or not at all.
//!
//! In: record batches. Out: a file. Invariant: it is written beside, made durable, and renamed into place.

use std::fs::File;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::StoreError;

/// Writes a table; `notes` go into the file's metadata.
///
/// # Errors
/// [`StoreError`]: the file cannot be written.
pub fn write_table(
    file: &Path,
    schema: &SchemaRef,
    batches: &[RecordBatch],
    notes: &[(&str, String)],
) -> Result<(), StoreError> {
    let damaged = |error: String| StoreError::Damaged { path: file.to_owned(), error };
    let folder = file.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
    let beside = file.with_extension("new");
    let notes = notes.iter().map(|(key, value)| KeyValue::new((*key).to_owned(), value.clone())).collect();
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
        .set_created_by(concat!("payquorum ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(notes));
    // Figures hardly repeat.
    for field in schema.fields().iter().filter(|field| *field.data_type() == DataType::Float64) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), false);
    }
    let out = File::create(&beside).map_err(StoreError::io(&beside))?;
    let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties.build()))
        .map_err(|error| damaged(error.to_string()))?;
    for batch in batches {
        writer.write(batch).map_err(|error| damaged(error.to_string()))?;
    }
    let out = writer.into_inner().map_err(|error| damaged(error.to_string()))?;
    out.sync_all().map_err(StoreError::io(&beside))?;
    std::fs::rename(&beside, file).map_err(StoreError::io(file))
}

//! [`RowGroups`]: a Parquet file whose columns are encoded side by side.
//!
//! In: record batches. Out: the bytes of a file. Invariant: they do not depend on the sizes of the batches, or on the number of
//! threads.

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;

/// Rows of a row group.
const ROWS_OF_GROUP: usize = 1 << 18;

/// Fewer rows are not worth the way to another thread.
const ROWS_FOR_THREADS: usize = 1 << 12;

/// A file while it is written.
pub(super) struct RowGroups<W: Write + Send> {
    schema: SchemaRef,
    writer: SerializedFileWriter<W>,
    factory: ArrowRowGroupWriterFactory,
    /// The columns of the row group that is being filled, or none.
    columns: Vec<ArrowColumnWriter>,
    /// Rows in it.
    rows: usize,
}

impl<W: Write + Send> RowGroups<W> {
    pub(super) fn new(out: W, schema: SchemaRef, properties: WriterProperties) -> Result<Self, ParquetError> {
        let (writer, factory) = ArrowWriter::try_new(out, schema.clone(), Some(properties))
            .and_then(ArrowWriter::into_serialized_writer)?;
        Ok(Self { schema, writer, factory, columns: Vec::new(), rows: 0 })
    }

    /// Adds rows.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        let mut written = 0;
        while written < batch.num_rows() {
            let rows = (batch.num_rows() - written).min(ROWS_OF_GROUP - self.rows);
            self.encode(&batch.slice(written, rows))?;
            written += rows;
            if self.rows == ROWS_OF_GROUP {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Encodes rows, many of them on several threads.
    fn encode(&mut self, rows: &RecordBatch) -> Result<(), ParquetError> {
        if self.columns.is_empty() {
            self.columns = self.factory.create_column_writers(self.len())?;
        }
        let encode = |((column, field), array): ((&mut ArrowColumnWriter, &Arc<Field>), &ArrayRef)| {
            compute_leaves(field, array)?.iter().try_for_each(|leaf| column.write(leaf))
        };
        let fields: &[Arc<Field>] = self.schema.fields();
        if rows.num_rows() < ROWS_FOR_THREADS {
            self.columns.iter_mut().zip(fields).zip(rows.columns()).try_for_each(encode)?;
        } else {
            self.columns.par_iter_mut().zip(fields).zip(rows.columns()).try_for_each(encode)?;
        }
        self.rows += rows.num_rows();
        Ok(())
    }

    /// Ends the row group that is being filled.
    pub(super) fn flush(&mut self) -> Result<(), ParquetError> {
        let columns = std::mem::take(&mut self.columns);
        let rows = std::mem::take(&mut self.rows);
        if columns.is_empty() {
            return Ok(());
        }
        let chunks: Vec<_> = if rows < ROWS_FOR_THREADS {
            columns.into_iter().map(ArrowColumnWriter::close).collect::<Result<_, _>>()?
        } else {
            columns.into_par_iter().map(ArrowColumnWriter::close).collect::<Result<_, _>>()?
        };
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close().map(|_| ())
    }

    /// Row groups so far.
    pub(super) fn len(&self) -> usize {
        self.writer.flushed_row_groups().len()
    }

    /// Copies row groups of a file with the same columns, as the bytes that they are.
    pub(super) fn copy(
        &mut self,
        file: &File,
        metadata: &ParquetMetaData,
        row_groups: Range<usize>,
    ) -> Result<(), ParquetError> {
        self.flush()?;
        for number in row_groups {
            let row_group = metadata.row_group(number);
            let mut out = self.writer.next_row_group()?;
            for (column, chunk) in row_group.columns().iter().enumerate() {
                let close = ColumnCloseResult {
                    bytes_written: u64::try_from(chunk.compressed_size()).unwrap_or(0),
                    rows_written: u64::try_from(row_group.num_rows()).unwrap_or(0),
                    metadata: chunk.clone(),
                    bloom_filter: None,
                    column_index: metadata.column_index().map(|index| index[number][column].clone()),
                    offset_index: metadata.offset_index().map(|index| index[number][column].clone()),
                };
                out.append_column(file, close)?;
            }
            out.close()?;
        }
        Ok(())
    }

    /// Bytes that the row group takes that is being filled.
    pub(super) fn held(&self) -> usize {
        self.columns.iter().map(ArrowColumnWriter::get_estimated_total_bytes).sum()
    }

    /// Adds a note to the metadata of the file.
    pub(super) fn note(&mut self, key: &str, value: String) {
        self.writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<W, ParquetError> {
        self.flush()?;
        self.writer.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, DictionaryArray, Int64Array};
    use arrow::compute::{cast, concat_batches};
    use arrow::datatypes::{DataType, Int32Type, Schema};
    use bytes::Bytes;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use proptest::prelude::*;

    use super::*;

    fn table(numbers: &[Option<i64>]) -> RecordBatch {
        let words: DictionaryArray<Int32Type> =
            numbers.iter().map(|number| number.map(|number| if number % 2 == 0 { "even" } else { "odd" })).collect();
        let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let schema = Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("w", kind, true)]);
        let columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(numbers.to_vec())), Arc::new(words)];
        RecordBatch::try_new(Arc::new(schema), columns).expect("a table")
    }

    fn written(batches: &[RecordBatch]) -> Vec<u8> {
        let properties = WriterProperties::builder().build();
        let mut file = RowGroups::new(Vec::new(), batches[0].schema(), properties).expect("a file");
        for batch in batches {
            file.write(batch).expect("written");
        }
        file.finish().expect("finished")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// The slow twin is the table itself; its pieces, and the threads that encode them, change no byte.
        #[test]
        fn a_file_reads_as_it_was_written(numbers in proptest::collection::vec(proptest::option::of(any::<i64>()), 1..12_000), piece in 1_usize..12_000) {
            let whole = table(&numbers);
            let pieces: Vec<RecordBatch> =
                (0..numbers.len()).step_by(piece).map(|start| whole.slice(start, piece.min(numbers.len() - start))).collect();
            let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
            let bytes = one.install(|| written(std::slice::from_ref(&whole)));
            prop_assert_eq!(&bytes, &written(&pieces));
            let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).and_then(ParquetRecordBatchReaderBuilder::build);
            let batches: Vec<RecordBatch> = reader.expect("a file").collect::<Result<_, _>>().expect("batches");
            let read = concat_batches(&batches[0].schema(), &batches).expect("one schema");
            prop_assert_eq!(read.column(0), whole.column(0));
            let words = |table: &RecordBatch| cast(table.column(1), &DataType::Utf8).expect("words");
            prop_assert_eq!(words(&read).to_data(), words(&whole).to_data());
        }
    }
}

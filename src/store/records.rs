//! A batch of stored records, as the stages after the store see it.
//!
//! In: a record batch of one company and period. Out: its columns by canonical name.
//! Invariant: holds pseudonyms at most; a column that the upload did not have is absent, not zero.

use arrow::array::{
    Array, BooleanArray, Date32Array, Decimal64Array, DictionaryArray, FixedSizeBinaryArray, RecordBatch, StringArray,
};
use arrow::datatypes::Int32Type;

/// Records of one company and period.
#[derive(Debug, Clone)]
pub struct Records(RecordBatch);

/// A column of texts: a code for each record, and the texts that the codes mean.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    codes: &'a DictionaryArray<Int32Type>,
    words: &'a StringArray,
}

impl Records {
    /// Records read from the store.
    #[must_use]
    pub fn new(batch: RecordBatch) -> Self {
        Self(batch)
    }

    /// How many records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.num_rows()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The batch itself.
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        &self.0
    }

    fn column<T: Array + 'static>(&self, name: &str) -> Option<&T> {
        self.0.column_by_name(name)?.as_any().downcast_ref()
    }

    /// Amounts and numbers, in 1/10,000.
    #[must_use]
    pub fn numbers(&self, name: &str) -> Option<&Decimal64Array> {
        self.column(name)
    }

    /// Yes or no.
    #[must_use]
    pub fn flags(&self, name: &str) -> Option<&BooleanArray> {
        self.column(name)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn dates(&self, name: &str) -> Option<&Date32Array> {
        self.column(name)
    }

    /// Codes and words.
    #[must_use]
    pub fn texts(&self, name: &str) -> Option<Texts<'_>> {
        let codes: &DictionaryArray<Int32Type> = self.column(name)?;
        let words = codes.values().as_any().downcast_ref()?;
        Some(Texts { codes, words })
    }

    /// The pseudonyms.
    #[must_use]
    pub fn pseudonyms(&self) -> Option<&FixedSizeBinaryArray> {
        self.column("pseudonym")
    }

    /// The columns whose names begin and end so.
    pub fn matching<'a>(&'a self, prefix: &'a str, suffix: &'a str) -> impl Iterator<Item = &'a str> {
        let schema = self.0.schema_ref();
        let fits = move |name: &&str| name.starts_with(prefix) && name.ends_with(suffix);
        schema.fields().iter().map(|field| field.name().as_str()).filter(fits)
    }
}

impl<'a> Texts<'a> {
    /// The texts that occur; a record's code is a place in this list.
    pub fn words(&self) -> impl Iterator<Item = &'a str> {
        let words = self.words;
        (0..words.len()).map(|place| if words.is_null(place) { "" } else { words.value(place) })
    }

    /// The code of each record; none where the record does not say.
    pub fn codes(&self) -> impl Iterator<Item = Option<usize>> + 'a {
        let codes = self.codes;
        codes.keys().iter().map(|code| code.and_then(|code| usize::try_from(code).ok()))
    }

    /// The code of one record.
    #[must_use]
    pub fn code(&self, record: usize) -> Option<usize> {
        self.codes.key(record)
    }

    /// Whether no record lacks a code.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.codes.null_count() == 0
    }

    /// The raw codes, valid where the record says something.
    #[must_use]
    pub fn raw_codes(&self) -> &'a [i32] {
        self.codes.keys().values()
    }
}

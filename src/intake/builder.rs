//! Columns while they are read: texts are judged once, numbers and dates go straight into buffers.
//!
//! In: what fields mean, one after the other. Out: Arrow arrays. Invariant: every push adds exactly one row, so that columns
//! stay of one length whatever a field holds.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal64Array, DictionaryArray, Int32Array, StringArray};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use hashbrown::HashMap;

use super::rule::Rule;
use crate::exact::DECIMALS;
use crate::period::Period;
use crate::record::ColumnKind;

/// Decimal digits of an amount in the store: `i64` in 1/10,000.
pub(super) const PRECISION: u8 = 18;

/// What a distinct text of a column means.
#[derive(Clone, Copy)]
pub(super) enum Meaning {
    Absent,
    /// A place in the column's list of words, a register place, a period, or 0 and 1.
    Code(u32),
    Broken(Rule),
}

/// A text column while it is read: each distinct text is judged once.
pub(super) struct Words {
    known: HashMap<Box<[u8]>, Meaning>,
    last_text: Vec<u8>,
    last: Option<Meaning>,
    texts: Vec<String>,
    codes: Vec<u32>,
    nulls: Vec<bool>,
}

pub(super) enum Builder {
    Ids { bytes: String, ends: Vec<i32> },
    Words(Words),
    Companies(Words),
    Periods(Words, Vec<Period>),
    Flags(Words),
    Dates(Vec<i32>, Vec<bool>),
    Numbers(Vec<i64>, Vec<bool>),
}

impl Words {
    fn new() -> Self {
        Self {
            known: HashMap::new(),
            last_text: Vec::new(),
            last: None,
            texts: Vec::new(),
            codes: Vec::new(),
            nulls: Vec::new(),
        }
    }

    pub(super) fn meaning<E>(
        &mut self,
        text: &[u8],
        judge: impl FnOnce(&mut Vec<String>) -> Result<Meaning, E>,
    ) -> Result<Meaning, E> {
        if let Some(meaning) = self.last
            && self.last_text == text
        {
            return Ok(meaning);
        }
        let meaning = if let Some(meaning) = self.known.get(text) {
            *meaning
        } else {
            let meaning = judge(&mut self.texts)?;
            self.known.insert(text.into(), meaning);
            meaning
        };
        self.last_text.clear();
        self.last_text.extend_from_slice(text);
        self.last = Some(meaning);
        Ok(meaning)
    }

    /// Adds the meaning as the next row's; the rule where it broke one.
    pub(super) fn push(&mut self, meaning: Meaning) -> Option<Rule> {
        let (code, there, rule) = match meaning {
            Meaning::Absent => (0, false, None),
            Meaning::Code(code) => (code, true, None),
            Meaning::Broken(rule) => (0, false, Some(rule)),
        };
        self.codes.push(code);
        self.nulls.push(there);
        rule
    }

    pub(super) fn last_word(&self) -> Option<&str> {
        let there = *self.nulls.last()?;
        there.then(|| self.texts[*self.codes.last().unwrap_or(&0) as usize].as_str())
    }

    fn dictionary(self) -> ArrayRef {
        let nulls = nulls_of(&self.nulls);
        let keys: ScalarBuffer<i32> = self.codes.into_iter().map(|code| i32::try_from(code).unwrap_or(0)).collect();
        let words = StringArray::from_iter_values(self.texts);
        Arc::new(DictionaryArray::new(Int32Array::new(keys, nulls), Arc::new(words)))
    }
}

fn nulls_of(there: &[bool]) -> Option<NullBuffer> {
    there.contains(&false).then(|| NullBuffer::from(there))
}

impl Builder {
    pub(super) fn new(kind: &ColumnKind, rows: usize) -> Self {
        match kind {
            ColumnKind::EmployeeId => {
                Self::Ids { bytes: String::with_capacity(rows * 10), ends: Vec::with_capacity(rows) }
            }
            ColumnKind::CompanyId => Self::Companies(Words::new()),
            ColumnKind::Period => Self::Periods(Words::new(), Vec::new()),
            ColumnKind::Code | ColumnKind::Word(_) | ColumnKind::Currency => Self::Words(Words::new()),
            ColumnKind::Flag => Self::Flags(Words::new()),
            ColumnKind::Date => Self::Dates(Vec::with_capacity(rows), Vec::with_capacity(rows)),
            ColumnKind::Number { .. } | ColumnKind::Money => {
                Self::Numbers(Vec::with_capacity(rows), Vec::with_capacity(rows))
            }
        }
    }
}

/// A finished column.
pub(super) enum Built {
    Ids(StringArray),
    /// Register places.
    Companies(Vec<u32>),
    /// Places in the list of periods.
    Periods(Vec<u32>, Vec<Period>),
    Column(ArrayRef),
}

impl Builder {
    pub(super) fn finish(self) -> Built {
        Built::Column(match self {
            Self::Ids { bytes, ends } => {
                let offsets: ScalarBuffer<i32> = std::iter::once(0).chain(ends).collect();
                return Built::Ids(StringArray::new(OffsetBuffer::new(offsets), bytes.into_bytes().into(), None));
            }
            Self::Companies(words) => return Built::Companies(words.codes),
            Self::Periods(words, periods) => return Built::Periods(words.codes, periods),
            Self::Words(words) => words.dictionary(),
            Self::Flags(words) => {
                let flags = words.codes.iter().zip(&words.nulls);
                Arc::new(flags.map(|(&code, &there)| there.then_some(code == 1)).collect::<BooleanArray>())
            }
            Self::Dates(days, there) => Arc::new(Date32Array::new(days.into(), nulls_of(&there))),
            Self::Numbers(numbers, there) => {
                let array = Decimal64Array::new(numbers.into(), nulls_of(&there));
                let scale = i8::try_from(DECIMALS).unwrap_or(4);
                Arc::new(array.with_precision_and_scale(PRECISION, scale).expect("18 digits hold every amount"))
            }
        })
    }
}

/// What a text of a yes-or-no column means.
pub(super) fn flag_of(text: &[u8]) -> Meaning {
    match text.to_ascii_lowercase().as_slice() {
        b"" => Meaning::Absent,
        b"1" | b"y" | b"yes" | b"true" | b"t" | b"1.0" => Meaning::Code(1),
        b"0" | b"n" | b"no" | b"false" | b"f" | b"0.0" => Meaning::Code(0),
        _ => Meaning::Broken(Rule::Flag),
    }
}

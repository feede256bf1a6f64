//! Columns while they are read: texts are judged once, numbers and dates go straight into buffers.
//!
//! In: what fields mean, one after the other. Out: Arrow arrays. Invariant: every push adds exactly one row, so that columns
//! stay of one length whatever a field holds.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal64Array, DictionaryArray, Int32Array, StringArray};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use hashbrown::HashMap;

use super::block::Text;
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
    /// Short texts that were met of late, each where its bits put it; none before the first.
    recent: Vec<Recent>,
    /// The last of the longer texts.
    last_text: Vec<u8>,
    last: Option<Meaning>,
    texts: Vec<String>,
    codes: Vec<u32>,
    nulls: Vec<bool>,
}

/// A text of up to sixteen bytes as one number, its length and what it means.
#[derive(Clone, Copy)]
struct Recent {
    packed: u128,
    length: usize,
    meaning: Meaning,
}

/// Places for recent texts: columns of codes rarely change between more.
const RECENT: usize = 64;

pub(super) enum Builder {
    Ids { bytes: Vec<u8>, ends: Vec<i32> },
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
            recent: Vec::new(),
            last_text: Vec::new(),
            last: None,
            texts: Vec::new(),
            codes: Vec::new(),
            nulls: Vec::new(),
        }
    }

    /// The meaning of a text, which `judge` tells the first time; `content` is the text without a mark of its type.
    #[inline(always)]
    pub(super) fn meaning<E>(
        &mut self,
        text: Text<'_>,
        content: &[u8],
        judge: impl FnOnce(&mut Vec<String>) -> Result<Meaning, E>,
    ) -> Result<Meaning, E> {
        let packed = text.packed();
        let place = packed.map_or(0, |packed| place_of(packed, text.len()));
        if let Some(packed) = packed {
            if let Some(recent) = self.recent.get(place)
                && recent.packed == packed
                && recent.length == text.len()
            {
                return Ok(recent.meaning);
            }
        } else if let Some(meaning) = self.last
            && self.last_text == content
        {
            return Ok(meaning);
        }
        let meaning = if let Some(meaning) = self.known.get(content) {
            *meaning
        } else {
            let meaning = judge(&mut self.texts)?;
            self.known.insert(content.into(), meaning);
            meaning
        };
        if let Some(packed) = packed {
            // No text is that long.
            self.recent.resize(RECENT, Recent { packed: 0, length: usize::MAX, meaning: Meaning::Absent });
            self.recent[place] = Recent { packed, length: text.len(), meaning };
        } else {
            self.last_text.clear();
            self.last_text.extend_from_slice(content);
            self.last = Some(meaning);
        }
        Ok(meaning)
    }

    /// Adds the meaning as the next row's; the rule where it broke one.
    #[inline(always)]
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

    fn word(&self, row: usize) -> Option<&str> {
        self.nulls.get(row)?.then(|| self.texts[self.codes[row] as usize].as_str())
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
                Self::Ids { bytes: Vec::with_capacity(rows * 10), ends: Vec::with_capacity(rows) }
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
                return Built::Ids(StringArray::new(OffsetBuffer::new(offsets), bytes.into(), None));
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

impl Builder {
    /// The number of a row.
    pub(super) fn number(&self, row: usize) -> Option<i64> {
        match self {
            Self::Numbers(numbers, there) if there.get(row) == Some(&true) => numbers.get(row).copied(),
            _ => None,
        }
    }

    /// The word of a row.
    pub(super) fn word(&self, row: usize) -> Option<&str> {
        match self {
            Self::Words(words) => words.word(row),
            _ => None,
        }
    }

    /// Whether all rows from one on have a word.
    pub(super) fn has_all_words(&self, from: usize) -> bool {
        matches!(self, Self::Words(words) if !words.nulls[from..].contains(&false))
    }

    /// Puts another number in the place of a row's.
    pub(super) fn replace_number(&mut self, row: usize, number: i64) {
        if let Self::Numbers(numbers, _) = self {
            numbers[row] = number;
        }
    }

    /// Puts a word in the place of a row's.
    pub(super) fn replace_word(&mut self, row: usize, word: &str) {
        if let Self::Words(words) = self {
            let known = words.texts.iter().position(|known| known == word);
            let place = known.unwrap_or_else(|| {
                words.texts.push(word.to_owned());
                words.texts.len() - 1
            });
            words.codes[row] = u32::try_from(place).unwrap_or(0);
            words.nulls[row] = true;
        }
    }
}

/// Where a short text stands among the recent ones.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "both halves are taken, and the place is below RECENT")]
fn place_of(packed: u128, length: usize) -> usize {
    // The golden ratio spreads texts that differ in few bits (D. Knuth, The Art of Computer Programming, volume 3, 6.4).
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (low, high) = (packed as u64, (packed >> 64) as u64);
    let bits = (low ^ high.rotate_left(32) ^ length as u64).wrapping_mul(SPREAD);
    (bits >> (u64::BITS - RECENT.ilog2())) as usize
}

/// What a text of a yes-or-no column means.
pub(super) fn flag_of(text: &str) -> Meaning {
    match text.to_lowercase().as_str() {
        "" => Meaning::Absent,
        "1" | "y" | "yes" | "true" | "t" | "1.0" | "ja" | "j" | "wahr" | "oui" | "o" | "vrai" | "sí" | "si" | "s"
        | "sì" | "verdadero" | "vero" | "waar" | "tak" | "prawda" | "sim" | "verdadeiro" | "kyllä" => {
            Meaning::Code(1)
        }
        "0" | "n" | "no" | "false" | "f" | "0.0" | "nein" | "falsch" | "non" | "faux" | "falso" | "nee" | "onwaar"
        | "nej" | "nie" | "fałsz" | "não" | "nao" | "ei" => Meaning::Code(0),
        _ => Meaning::Broken(Rule::Flag),
    }
}

/// The word that another word of the trade means, in columns that hold words.
pub(super) fn synonym(column: &str, text: &str) -> Option<&'static str> {
    let key: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let key =
        key.strip_prefix("per").or_else(|| key.strip_prefix("pro")).filter(|rest| !rest.is_empty()).unwrap_or(&key);
    let found =
        |table: &[(&'static str, &[&str])]| table.iter().find(|(_, words)| words.contains(&key)).map(|(word, _)| *word);
    match column {
        "pay_basis" => found(&BASES),
        "termination_reason" => found(&REASONS),
        _ => None,
    }
}

/// What is said for a pay basis.
const BASES: [(&str, &[&str]); 8] = [
    (
        "hour",
        &[
            "hourly",
            "hour",
            "hr",
            "hrs",
            "h",
            "stündlich",
            "stunde",
            "stundenlohn",
            "horaire",
            "heure",
            "hora",
            "orario",
            "ora",
            "uur",
            "timme",
            "godzina",
        ],
    ),
    (
        "day",
        &["daily", "day", "täglich", "tag", "journalier", "jour", "día", "dia", "diario", "giorno", "dag", "dzień"],
    ),
    (
        "week",
        &[
            "weekly",
            "week",
            "wk",
            "wöchentlich",
            "woche",
            "hebdomadaire",
            "semaine",
            "semanal",
            "semana",
            "settimana",
            "vecka",
            "tydzień",
        ],
    ),
    ("two_weeks", &["biweekly", "fortnightly", "fortnight", "everytwoweeks", "2weeks"]),
    ("half_month", &["semimonthly", "twiceamonth"]),
    (
        "month",
        &[
            "monthly",
            "month",
            "mth",
            "pcm",
            "monatlich",
            "monat",
            "monatslohn",
            "mensuel",
            "mois",
            "mensual",
            "mes",
            "mensile",
            "mese",
            "maand",
            "månad",
            "manad",
            "miesiąc",
            "mensal",
            "mês",
        ],
    ),
    ("quarter", &["quarterly", "quarter", "vierteljährlich", "quartal", "trimestre"]),
    (
        "year",
        &[
            "annual",
            "annually",
            "annum",
            "pa",
            "yearly",
            "year",
            "yr",
            "jährlich",
            "jahr",
            "annuel",
            "an",
            "anual",
            "año",
            "annuale",
            "anno",
            "jaar",
            "år",
            "rok",
            "ano",
        ],
    ),
];

/// What is said for a reason of termination.
const REASONS: [(&str, &[&str]); 3] = [
    (
        "voluntary",
        &[
            "voluntarilyterminated",
            "voluntarytermination",
            "terminationvoluntary",
            "resignation",
            "resigned",
            "quit",
            "employeeresignation",
            "eigenkündigung",
            "démission",
            "dimissioni",
            "dimisión",
            "renuncia",
        ],
    ),
    (
        "involuntary",
        &[
            "involuntarilyterminated",
            "involuntarytermination",
            "terminationinvoluntary",
            "terminatedforcause",
            "dismissal",
            "dismissed",
            "layoff",
            "laidoff",
            "redundancy",
            "redundant",
            "discharge",
            "discharged",
            "reductioninforce",
            "rif",
            "fired",
            "arbeitgeberkündigung",
            "betriebsbedingtekündigung",
            "licenciement",
            "licenziamento",
            "despido",
        ],
    ),
    (
        "other",
        &[
            "retirement",
            "retired",
            "death",
            "deceased",
            "endofcontract",
            "contractend",
            "contractended",
            "transfer",
            "rente",
            "ruhestand",
            "befristungsende",
        ],
    ),
];

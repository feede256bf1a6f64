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

impl Builder {
    /// The number of the last row.
    pub(super) fn last_number(&self) -> Option<i64> {
        match self {
            Self::Numbers(numbers, there) if there.last() == Some(&true) => numbers.last().copied(),
            _ => None,
        }
    }

    /// Puts another number in the place of the last row's.
    pub(super) fn replace_last_number(&mut self, number: i64) {
        if let Self::Numbers(numbers, _) = self
            && let Some(last) = numbers.last_mut()
        {
            *last = number;
        }
    }

    /// Puts a word in the place of the last row's.
    pub(super) fn replace_last_word(&mut self, word: &str) {
        if let Self::Words(words) = self {
            let known = words.texts.iter().position(|known| known == word);
            let place = known.unwrap_or_else(|| {
                words.texts.push(word.to_owned());
                words.texts.len() - 1
            });
            if let (Some(code), Some(there)) = (words.codes.last_mut(), words.nulls.last_mut()) {
                *code = u32::try_from(place).unwrap_or(0);
                *there = true;
            }
        }
    }
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

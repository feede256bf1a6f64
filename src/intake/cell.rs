//! What a field is before its column judges it: text, or a typed cell of a workbook.
//!
//! In: the bytes of a field. Out: a [`Cell`]. Invariant: marks of types are known only in text that was made from a workbook, so that no
//! text of an upload can pass for a typed cell.

use std::borrow::Cow;

use super::workbook;

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// Text, written as the format of the file says.
    Text(&'a [u8]),
    /// A number with a decimal point.
    Number(&'a [u8]),
    /// A date as `YYYY-MM-DD`.
    Date(&'a [u8]),
    /// An error, or a formula that was never calculated.
    Error,
    /// Yes or no, as 1 and 0.
    Flag(&'a [u8]),
    /// A time in hours, with a decimal point.
    Hours(&'a [u8]),
}

/// Marks of types, at the beginning of a field.
mod marks {
    use super::workbook;

    pub(super) const NUMBER: u8 = workbook::NUMBER as u8;
    pub(super) const DATE: u8 = workbook::DATE as u8;
    pub(super) const ERROR: u8 = workbook::FAULT as u8;
    pub(super) const FLAG: u8 = workbook::FLAG as u8;
    pub(super) const HOURS: u8 = workbook::HOURS as u8;
}

impl<'a> Cell<'a> {
    /// The cell that a field of an upload is.
    #[inline]
    pub(super) fn of(text: &'a [u8], is_typed: bool) -> Self {
        let text = text.trim_ascii();
        if !is_typed {
            return Self::Text(text);
        }
        match text {
            [marks::NUMBER, rest @ ..] => Self::Number(rest),
            [marks::DATE, rest @ ..] => Self::Date(rest),
            [marks::ERROR, ..] => Self::Error,
            [marks::FLAG, rest @ ..] => Self::Flag(rest),
            [marks::HOURS, rest @ ..] => Self::Hours(rest),
            text => Self::Text(text),
        }
    }

    /// Its text, whatever its type.
    #[inline]
    pub(super) fn text(self) -> &'a [u8] {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Date(text) | Self::Flag(text) | Self::Hours(text) => text,
            Self::Error => b"",
        }
    }
}

/// Words for totals of others, in the languages of exports.
const TOTALS: [&str; 51] = [
    "total",
    "totals",
    "subtotal",
    "subtotals",
    "headcount",
    "gesamt",
    "gesamtsumme",
    "gesamtergebnis",
    "ergebnis",
    "endsumme",
    "summe",
    "summen",
    "zwischensumme",
    "insgesamt",
    "durchschnitt",
    "mittelwert",
    "anzahl",
    "totaux",
    "totale",
    "totali",
    "moyenne",
    "résultat",
    "promedio",
    "somma",
    "totaal",
    "subtotaal",
    "eindtotaal",
    "gemiddelde",
    "totalt",
    "razem",
    "ogółem",
    "średnia",
    "celkem",
    "spolu",
    "yhteensä",
    "összesen",
    "toplam",
    "итого",
    "всего",
    "разом",
    "σύνολο",
    "合計",
    "総計",
    "小計",
    "合计",
    "总计",
    "小计",
    "합계",
    "totalsumma",
    "totalsum",
    "hovedtotal",
];

/// Words that mean a total of others only at the beginning of a row that is mostly blank: they are names and initials as well.
const PERHAPS_TOTALS: [&str; 21] = [
    "sum",
    "sums",
    "average",
    "count",
    "effectif",
    "suma",
    "recuento",
    "media",
    "conteggio",
    "aantal",
    "summa",
    "antal",
    "soma",
    "média",
    "tot",
    "max",
    "min",
    "mean",
    "median",
    "som",
    "сумма",
];

/// Words that stand before one for a total.
const BEFORE_TOTALS: [&str; 10] =
    ["grand", "sub", "sous", "overall", "company", "department", "report", "page", "gran", "i"];

/// Whether a text speaks of a total of others instead of an employee: its first or its last word does. A word with digits behind it, as in
/// `Total-12`, is a number of an employee.
#[must_use]
#[inline]
pub fn is_total(text: &str) -> bool {
    // Employee numbers have digits, and a space in them is rare.
    let is_word = |text: &str| !text.bytes().any(|byte| byte.is_ascii_digit()) || text.contains([' ', ':', '：']);
    text.starts_with(|c: char| !c.is_ascii_digit()) && is_word(text) && speaks_of_total(text, false)
}

/// The same in a row that is mostly blank, where words that are names elsewhere mean a total.
pub(super) fn is_perhaps_total(text: &str) -> bool {
    speaks_of_total(text, true)
}

fn speaks_of_total(text: &str, perhaps: bool) -> bool {
    if text.starts_with(['\u{2211}', '\u{3a3}']) {
        return true;
    }
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(8).collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    if first.len() > 40 || last.len() > 40 {
        return false;
    }
    let is_known = |word: &str| {
        let word = word.to_lowercase();
        TOTALS.contains(&word.as_str()) || (perhaps && PERHAPS_TOTALS.contains(&word.as_str()))
    };
    let before = || {
        BEFORE_TOTALS.contains(&first.to_lowercase().as_str())
            && words.get(1).is_some_and(|word| is_known(word) || *word == "alt")
    };
    is_known(first) || before() || (words.len() > 1 && is_known(last))
}

/// An employee number without what keeps a spreadsheet from taking it for a number (`="00123"`, `'00123`), and without invisible characters.
#[must_use]
#[inline]
pub fn bare_id(id: &str) -> Cow<'_, str> {
    if let [b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z', .., b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'] = id.as_bytes()
        && id.is_ascii()
    {
        return Cow::Borrowed(id);
    }
    let id = id.trim();
    let id = match id.as_bytes() {
        [b'=', b'"', .., b'"'] if id.len() > 3 => &id[2..id.len() - 1],
        [b'\'', _, ..] => &id[1..],
        _ => id,
    };
    let is_invisible = |letter: char| matches!(letter, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}');
    if id.is_ascii() || !id.contains(is_invisible) {
        return Cow::Borrowed(id.trim());
    }
    Cow::Owned(id.replace(is_invisible, "").trim().to_owned())
}

/// What stands for an employee number where there is none, or what a spreadsheet has made of one.
#[inline]
pub(super) fn is_no_id(id: &str) -> bool {
    const NONE: [&str; 12] =
        ["-", "--", "n/a", "null", "nil", "none", "nan", "vacant", "vakant", "tbd", "tbc", "unknown"];
    let bytes = id.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(b'#'), _) => true,
        (Some(b'0'..=b'9'), _) => memchr::memchr2(b'E', b'e', bytes).is_some() && is_scientific(id),
        (_, Some(b'0'..=b'9')) => false,
        _ => bytes.len() <= 7 && NONE.iter().any(|none| id.eq_ignore_ascii_case(none)),
    }
}

/// A long number that a spreadsheet has written with an exponent: digits are lost.
fn is_scientific(id: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((number, exponent)) = id.split_once(['E', 'e']) else { return false };
    let (units, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    let signed = exponent.strip_prefix(['+', '-']);
    units.len() == 1
        && digits(units)
        && digits(fraction)
        && (signed.is_some_and(digits) || (number.len() > 1 && digits(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_count_in_text_of_workbooks_only() {
        assert_eq!(Cell::of(b"\x017.5", true), Cell::Number(b"7.5"));
        assert_eq!(Cell::of(b"\x03", true), Cell::Error);
        assert_eq!(Cell::of(b"\x017.5", false), Cell::Text(b"\x017.5"));
        assert_eq!(Cell::of(b" 00123 ", true), Cell::Text(b"00123"));
    }

    #[test]
    fn totals_are_known_in_many_languages() {
        for text in [
            "Total",
            "TOTAL",
            "Totals:",
            "Grand Total",
            "Sub-total",
            "Subtotal 20",
            "Total: 20 employees",
            "Gesamt",
            "Summe",
            "Zwischensumme",
            "Gesamtergebnis",
            "Total général",
            "Totale",
            "Razem",
            "Ogółem",
            "Totaal",
            "*** Total ***",
            "∑",
            "Anzahl 20",
            "Celkem",
            "Yhteensä",
            "合計",
            "Итого",
            "Sous-total",
            "Dept 12 Total",
            "Abteilung 12 Summe",
            "I alt",
            "Σ",
            "Department total",
            "Totalsumma",
            "Eindtotaal",
            "合計",
            "総計：20",
        ] {
            assert!(is_total(text), "{text}");
        }
        for text in [
            "E00",
            "HR-EMP-00018",
            "123",
            "TOTAL001",
            "Total-12",
            "MEDIA-001",
            "SUM-01",
            "T1",
            "Company A",
            "SUMM",
            "Grand",
            "",
            "MAX",
            "Media",
            "SUM, WING",
            "Totalis-7",
            "a1b2c3",
        ] {
            assert!(!is_total(text), "{text}");
        }
    }

    #[test]
    fn marks_that_keep_zeros_are_no_part_of_an_id() {
        for id in ["00123", "=\"00123\"", "'00123", " 00123 ", "\u{feff}00123", "00\u{200b}123"] {
            assert_eq!(bare_id(id), "00123", "{id:?}");
        }
        for id in ["'", "=\"\"", "O'Neil", "=1"] {
            assert_eq!(bare_id(id), id);
        }
    }

    #[test]
    fn what_a_spreadsheet_left_of_a_number_is_no_id() {
        for id in ["1.23457E+11", "1E+05", "1,2E+07", "#N/A", "#REF!", "NULL", "-", "n/a", "VACANT"] {
            assert!(is_no_id(id), "{id}");
        }
        for id in ["E11", "1E5", "12E", "AB-001", "1234567", "E-11", "12E+3", "NA"] {
            assert!(!is_no_id(id), "{id}");
        }
    }

    #[test]
    fn names_mean_totals_in_rows_that_are_mostly_blank() {
        for text in ["Sum", "Average pay", "Count: 20", "Summa", "Total"] {
            assert!(is_perhaps_total(text), "{text}");
        }
        assert!(!is_perhaps_total("E00") && !is_perhaps_total("SUMMERS, A"));
    }
}

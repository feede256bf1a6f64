//! What a field is before its column judges it: text, or a typed cell of a workbook.
//!
//! In: the bytes of a field. Out: a [`Cell`]. Invariant: marks of types are known only in text that was made from a workbook, so that no
//! text of an upload can pass for a typed cell.

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
const TOTALS: [&str; 53] = [
    "total",
    "totals",
    "subtotal",
    "subtotals",
    "sum",
    "sums",
    "average",
    "count",
    "headcount",
    "gesamt",
    "gesamtsumme",
    "gesamtergebnis",
    "summe",
    "summen",
    "zwischensumme",
    "insgesamt",
    "durchschnitt",
    "anzahl",
    "totaux",
    "totale",
    "totali",
    "moyenne",
    "effectif",
    "suma",
    "promedio",
    "recuento",
    "somma",
    "media",
    "conteggio",
    "totaal",
    "subtotaal",
    "gemiddelde",
    "aantal",
    "summa",
    "totalt",
    "genomsnitt",
    "antal",
    "razem",
    "ogółem",
    "średnia",
    "soma",
    "média",
    "totalsumma",
    "eindtotaal",
    "totalsum",
    "hovedtotal",
    "合計",
    "総計",
    "小計",
    "合计",
    "总计",
    "小计",
    "합계",
];

/// Words that stand before one for a total.
const BEFORE_TOTALS: [&str; 8] = ["grand", "sub", "overall", "company", "department", "report", "page", "gran"];

/// Whether a text speaks of a total of others instead of an employee: its first word does, and no digit is part of that word.
#[must_use]
#[inline]
pub fn is_total(text: &str) -> bool {
    // Employee numbers begin with a digit, or with a few letters before one.
    if !text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '*' | '-' | '=' | '<' | '(' | '\u{2211}')) {
        return false;
    }
    speaks_of_total(text)
}

fn speaks_of_total(text: &str) -> bool {
    if text.starts_with('\u{2211}') {
        return true;
    }
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return false };
    if first.len() > 24 || first.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let first = first.to_lowercase();
    if TOTALS.contains(&first.as_str()) {
        return true;
    }
    BEFORE_TOTALS.contains(&first.as_str())
        && words.next().is_some_and(|word| TOTALS.contains(&word.to_lowercase().as_str()))
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
            "Suma",
            "Razem",
            "Ogółem",
            "Totaal",
            "Summa",
            "Average",
            "Count: 20",
            "*** Total ***",
            "∑",
            "Anzahl 20",
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
            "T1",
            "Company A",
            "SUMM",
            "Grand",
            "",
            "MAX",
            "Totalis-7",
            "a1b2c3",
        ] {
            assert!(!is_total(text), "{text}");
        }
    }
}

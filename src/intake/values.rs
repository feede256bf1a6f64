//! What a text means in a column of each kind.
//!
//! In: a field, its column and the format of its file. Out: a number, a day, a word of the column or the rule that it breaks. Invariant: what the
//! format does not declare is a broken rule, never a guess; every distinct text of a kept column passes the identifier gate.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

use super::builder::{Meaning, flag_of, synonym};
use super::cell::{Cell, bare_id, is_no_id};
use super::column::{Findings, Role, Slot};
use super::header::is_unprintable;
use super::parse::Context;
use super::rule::Rule;
use super::source::Script;
use crate::exact::{NumberFault, NumberFormat, SCALE};
use crate::period::{Period, PeriodKind};
use crate::pipeline::{Dated, Dates, DimensionSource, UnknownCodes};
use crate::record::{Column, ColumnKind, is_currency_code};

/// The longest text that is kept, in bytes.
const LONGEST_TEXT: usize = 256;

impl Context<'_> {
    /// An employee ID without what spreadsheets put around it; a broken rule where it is none.
    pub(super) fn employee_id<'t>(&self, text: &'t [u8]) -> (Cow<'t, str>, Option<Rule>) {
        match self.script.decode(text) {
            None => (Cow::Borrowed(""), Some(Rule::Text)),
            Some(id) => {
                let id = match id {
                    Cow::Borrowed(id) => bare_id(id),
                    Cow::Owned(id) => Cow::Owned(bare_id(&id).into_owned()),
                };
                let is_text = !id.is_empty()
                    && id.len() <= LONGEST_TEXT
                    && !id.bytes().any(|byte| byte.is_ascii_control())
                    && !is_no_id(&id);
                let rule = (!is_text).then_some(Rule::EmployeeId);
                (if rule.is_some() { Cow::Borrowed("") } else { id }, rule)
            }
        }
    }

    /// What `[words]` says that a text means, or the text itself.
    fn mapped_word<'t>(&'t self, slot: &Slot<'_>, text: &'t str, findings: &mut Findings) -> &'t str {
        if !slot.has_words {
            return text;
        }
        let column = &slot.mapped.column;
        let words = &self.pipeline.words;
        if let Some((name, word)) = words.entry(column, text) {
            findings.words.insert((name.to_owned(), word.to_owned()));
        }
        words.meaning(column, text).unwrap_or(text)
    }

    /// What a distinct text of a code, word or currency column means.
    pub(super) fn word(
        &self,
        slot: &Slot<'_>,
        row: usize,
        text: &[u8],
        words: &mut Vec<String>,
        findings: &mut Findings,
    ) -> Meaning {
        let column = &slot.mapped.column;
        let Some(text) = self.script.decode(text) else { return Meaning::Broken(Rule::Text) };
        let text = text.trim();
        if text.is_empty() {
            return Meaning::Absent;
        }
        if let Some(suspicion) = slot.mapped.gate.judge(text) {
            findings.suspicions.push((row, slot.place, suspicion));
            return Meaning::Absent;
        }
        if text.len() > LONGEST_TEXT || text.chars().any(|letter| is_unprintable(letter) && !letter.is_whitespace()) {
            return Meaning::Broken(Rule::Text);
        }
        // A line break inside a code is a blank: exports break long titles.
        let on_one_line =
            text.contains(char::is_control).then(|| text.split_whitespace().collect::<Vec<_>>().join(" "));
        let text = self.mapped_word(slot, on_one_line.as_deref().unwrap_or(text), findings).trim();
        if text.is_empty() {
            return Meaning::Absent;
        }
        let word = match &column.kind {
            ColumnKind::Currency => {
                let code = text.to_ascii_uppercase();
                if !is_currency_code(&code) {
                    return Meaning::Broken(Rule::Currency);
                }
                code
            }
            ColumnKind::Word(known) => {
                let word = text.to_lowercase().replace([' ', '-'], "_");
                match known.iter().find(|known| **known == word).copied().or_else(|| synonym(&column.name, text)) {
                    Some(word) => word.to_owned(),
                    None => return Meaning::Broken(Rule::Word),
                }
            }
            _ if !self.is_known_code(column, text) => return Meaning::Broken(Rule::Code),
            _ => text.to_owned(),
        };
        words.push(word);
        u32::try_from(words.len() - 1).map_or(Meaning::Broken(Rule::Text), Meaning::Code)
    }

    pub(super) fn flag(&self, slot: &Slot<'_>, text: &[u8], findings: &mut Findings) -> Meaning {
        let Some(text) = self.script.decode(text) else { return Meaning::Broken(Rule::Text) };
        flag_of(self.mapped_word(slot, text.trim(), findings))
    }

    fn is_known_code(&self, column: &Column, text: &str) -> bool {
        let of_column = |source: &DimensionSource| *source == DimensionSource::Record(column.name.clone());
        // Codes that begin with `_` are SDMX's own: a total, not reported.
        !text.starts_with('_')
            && self
                .pipeline
                .dimensions
                .iter()
                .filter(|dimension| of_column(&dimension.source))
                .all(|dimension| dimension.unknown == UnknownCodes::Count || dimension.hierarchy.accepts(text))
    }

    pub(super) fn company_place(&self, text: &[u8]) -> Meaning {
        let place = self.script.decode(text).and_then(|id| self.register.place(id.trim()));
        match place.and_then(|place| u32::try_from(place).ok()) {
            Some(place) => Meaning::Code(place),
            None => Meaning::Broken(Rule::Company),
        }
    }

    /// The day in a field; none where it is empty or an open end.
    pub(super) fn date(&self, column: &Column, cell: Cell<'_>) -> (Option<i32>, Option<Rule>) {
        let dated = match cell {
            Cell::Error => return (None, Some(Rule::Cell)),
            Cell::Text(b"") => return (None, None),
            Cell::Text(text) => match self.format.dates.parse(text) {
                // A name of a month, or a no-break space, in an encoding of its own.
                Dated::Broken if !text.is_ascii() => self
                    .script
                    .decode(text)
                    .map_or(Dated::Broken, |text| self.format.dates.parse(text.trim().as_bytes())),
                dated => dated,
            },
            Cell::Date(text) => Dates::default().parse(text),
            Cell::Number(text) if self.format.dates.forms.iter().any(|form| form.name().len() == 8) => {
                self.format.dates.parse(text)
            }
            Cell::Number(_) | Cell::Flag(_) | Cell::Hours(_) => Dated::Broken,
        };
        match dated {
            Dated::Day(day) => (Some(day), None),
            // Nobody is hired on an open end.
            Dated::Open if column.name != "hire_date" => (None, None),
            Dated::Open | Dated::Broken => (None, Some(Rule::Date)),
        }
    }

    /// The number in a field; none where it is empty.
    #[inline(never)]
    pub(super) fn number(&self, slot: &Slot<'_>, cell: Cell<'_>, currency: Option<&[u8]>) -> Result<Option<i64>, Rule> {
        let column = &slot.mapped.column;
        let (text, format) = match cell {
            Cell::Text(text) => (text, self.format.number),
            Cell::Number(text) => (text, NumberFormat::default()),
            Cell::Hours(text) if column.unit.starts_with("hours") => (text, NumberFormat::default()),
            Cell::Error => return Err(Rule::Cell),
            Cell::Date(_) | Cell::Flag(_) | Cell::Hours(_) => return Err(Rule::Number),
        };
        if text.is_empty() {
            return Ok(None);
        }
        let is_time = column.unit.starts_with("hours");
        let parse = |text: &[u8]| match (&column.kind, slot.role) {
            _ if is_time && memchr::memchr(b':', text).is_some() => hours_of(text),
            (ColumnKind::Money, _) => format.parse_money(text, currency),
            (_, Role::Fte) => parse_part(format, text, slot.is_percent || self.format.pay.fte_is_percent),
            _ => format.parse(text),
        };
        let number = match parse(text) {
            // Only a text that is no number as it stands can need decoding: a currency sign, a no-break space.
            Err(_) if !text.is_ascii() => parse(self.decode_loosely(text).trim().as_bytes()),
            number => number,
        };
        match number {
            Ok(number) => slot.within_bounds(number),
            Err(NumberFault::NotANumber) => Err(Rule::Number),
            Err(NumberFault::Grouping) => Err(Rule::Grouping),
            Err(NumberFault::Scientific) => Err(Rule::Scientific),
            Err(NumberFault::TooLarge) => Err(Rule::Range),
            Err(NumberFault::OtherCurrency) => Err(Rule::OtherCurrency),
        }
    }

    /// The letters of a number, in which only a currency mark or a space can be no ASCII: those are the same in the western encodings.
    fn decode_loosely<'t>(&self, text: &'t [u8]) -> Cow<'t, str> {
        match std::str::from_utf8(text) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) if self.script == Script::Utf8 => Cow::Borrowed(""),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(text).0,
        }
    }
}

/// Hours and minutes, as in `38:30`.
fn hours_of(text: &[u8]) -> Result<i64, NumberFault> {
    let number = |text: &[u8]| NumberFormat::default().parse(text).ok().filter(|_| text.iter().all(u8::is_ascii_digit));
    let at = memchr::memchr(b':', text).ok_or(NumberFault::NotANumber)?;
    match (number(&text[..at]), number(&text[at + 1..])) {
        (Some(hours), Some(minutes)) if text.len() == at + 3 && minutes < 60 * SCALE => {
            let minutes = crate::exact::divide_half_even(i128::from(minutes), 60);
            Ok(hours + i64::try_from(minutes).map_err(|_| NumberFault::TooLarge)?)
        }
        _ => Err(NumberFault::NotANumber),
    }
}

/// A part of one, which may be written in percent.
fn parse_part(format: NumberFormat, text: &[u8], is_percent: bool) -> Result<i64, NumberFault> {
    let (text, is_percent) = match text {
        [percent @ .., b'%'] => {
            (std::str::from_utf8(percent).map_or(percent, |percent| percent.trim().as_bytes()), true)
        }
        text => (text, is_percent),
    };
    let number = format.parse(text)?;
    if !is_percent {
        return Ok(number);
    }
    i64::try_from(crate::exact::divide_half_even(i128::from(number), 100)).map_err(|_| NumberFault::TooLarge)
}

/// Whether an employee number is one letter or digit with digits alone behind it, as most are: there is nothing to ask of such a number.
#[inline(always)]
pub(super) fn is_numbered(text: &[u8]) -> bool {
    let [first, behind @ ..] = text else { return false };
    first.is_ascii_alphanumeric()
        && !behind.is_empty()
        && behind.len() < LONGEST_TEXT
        && behind.iter().all(u8::is_ascii_digit)
}

/// An employee number as nearly all others are: ASCII letters, digits, `-`, `_` and `.`, a digit at the end, and no exponent.
#[inline]
pub(super) fn plain_id(text: &[u8]) -> Option<&str> {
    let [first, .., b'0'..=b'9'] = text else { return None };
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_number = first.is_ascii_digit() && memchr::memchr2(b'e', b'E', text).is_some();
    if text.len() > LONGEST_TEXT || is_number || !text.iter().all(is_plain) {
        return None;
    }
    std::str::from_utf8(text).ok()
}

/// A period as exports write it (`Q3 2026`, `2026Q3`, `09/2026`, `Sep 2026`, `202609`, `2026-9`), in the program's own form.
fn usual_period(text: &str) -> Option<String> {
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() == 6 && is_number(&text) && text.starts_with("20") {
        return Some(format!("{}-{}", &text[..4], &text[4..]));
    }
    let upper = text.to_uppercase();
    if let Some((year, quarter)) = upper.split_once('Q').filter(|(year, quarter)| year.len() == 4 && quarter.len() == 1)
    {
        return Some(format!("{year}-Q{quarter}"));
    }
    let parts: Vec<&str> = text.split([' ', '/', '.', '-']).filter(|part| !part.is_empty()).collect();
    let &[one, other] = parts.as_slice() else { return None };
    let (year, part) = if one.len() == 4 && is_number(&one) { (one, other) } else { (other, one) };
    if year.len() != 4 || !is_number(&year) {
        return None;
    }
    if let Some(quarter) = part.strip_prefix(['Q', 'q']).filter(|quarter| quarter.len() == 1) {
        return Some(format!("{year}-Q{quarter}"));
    }
    let month =
        if is_number(&part) && part.len() <= 2 { part.parse().ok()? } else { crate::pipeline::named_month(part)? };
    Some(format!("{year}-{month:02}"))
}

pub(super) fn period_of(text: &[u8], kind: PeriodKind, dates: &Dates, periods: &mut Vec<Period>) -> Meaning {
    let named =
        std::str::from_utf8(text).ok().and_then(|text| kind.parse(text).or_else(|| kind.parse(&usual_period(text)?)));
    let by_date = || {
        let Dated::Day(days) = dates.parse(text) else { return None };
        let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).ok()?;
        Some(kind.holding(date.year(), date.month().unsigned_abs()))
    };
    let Some(period) = named.or_else(by_date) else { return Meaning::Broken(Rule::Period) };
    let place = periods.iter().position(|known| *known == period).unwrap_or_else(|| {
        periods.push(period);
        periods.len() - 1
    });
    u32::try_from(place).map_or(Meaning::Broken(Rule::Period), Meaning::Code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cell::is_total;
    use super::super::gate::employee_id_looks_like;
    use super::*;

    proptest! {
        #[test]
        fn of_numbered_ids_there_is_nothing_to_ask(text in "[A-Za-z0-9é-][0-9]{0,36}|[A-Z0-9]{1,3}[0-9]{1,14}") {
            if is_numbered(text.as_bytes()) {
                prop_assert_eq!(bare_id(&text), text.as_str());
                prop_assert!(!is_no_id(&text) && !is_total(&text) && employee_id_looks_like(&text).is_none());
            }
        }

        /// The fast way tells of an ID what the slow one tells, or nothing.
        #[test]
        fn plain_ids_are_what_the_slow_way_makes_of_them(text in "[A-Ea-e0-9._ '=\"#-]{1,8}|[0-9][.,]?[0-9]{0,3}[eE][+-]?[0-9]{1,2}") {
            if let Some(id) = plain_id(text.as_bytes()) {
                let bare = bare_id(&text);
                prop_assert_eq!(bare.as_ref(), id);
                prop_assert!(!is_no_id(id) && !is_total(id));
            }
        }
    }
}

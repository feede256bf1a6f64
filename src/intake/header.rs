//! The header of an upload: which fields are which canonical column.
//!
//! In: the header record, the pipeline's columns and the format of the file. Out: a [`Mapping`]. Invariant: a field is mapped once; what is
//! not mapped is dropped unread, and told; a header that means a direct identifier refuses the upload, mapped or not, unless the format
//! drops or allows it; a header that may be part of a record is told by its place only.

use std::collections::BTreeSet;

use super::gate::{self, ColumnGate};
use super::rule::{FoundIdentifier, HeaderFault};
use crate::pipeline::{FileFormat, Header, Pipeline};
use crate::problem::nearest;
use crate::record::{Column, ColumnKind, PAY_BASES, benefit, is_currency_code};

/// Which fields of an upload are kept, as which columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The columns in the order in which a row is read: the currency before the amounts.
    pub columns: Vec<Mapped>,
    /// Headers of the fields that are dropped unread.
    pub dropped: Vec<String>,
    /// Of these, the ones that mean a direct identifier.
    pub identifiers: Vec<String>,
    /// Dropped headers that are nearly one that the pipeline knows, with that column.
    pub near: Vec<(String, String)>,
    /// How many fields a row has.
    pub fields: usize,
}

/// A column of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The column.
    pub column: Column,
    /// The fields that hold it, first choice first; none where intake makes it.
    pub fields: Vec<Field>,
    /// What its values may not look like.
    pub(super) gate: ColumnGate,
}

/// A field of a row that holds a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its place in a row.
    pub place: usize,
    /// Its header, as it may be shown.
    pub header: String,
    /// Whether that is the header's own text.
    pub is_shown: bool,
    /// What the header is called, for the identifier gate.
    pub(super) text: String,
    /// The pay basis of the amounts in it, where the pipeline says so, and a pay basis beside them does not count.
    pub pay_basis: Option<&'static str>,
    /// The pay basis that its header tells, for rows without one.
    pub tells_basis: Option<&'static str>,
}

impl Mapped {
    fn of(column: Column, fields: Vec<Field>, allowed: &BTreeSet<String>) -> Self {
        let header = fields.first().map_or("", |field| field.text.as_str());
        let gate = gate_of(header, Some(&column), allowed.contains(&key_of(header)));
        Self { column, fields, gate }
    }

    /// Its headers, as they may be shown.
    #[must_use]
    pub fn headers(&self) -> String {
        let headers: Vec<&str> = self.fields.iter().map(|field| field.header.as_str()).collect();
        headers.join(", ")
    }
}

/// What values under a header may not look like, in the column that it is of, if any. What an allowed header seems to hint at does not count.
#[must_use]
pub fn gate_of(header: &str, column: Option<&Column>, is_allowed: bool) -> ColumnGate {
    let is_text =
        |column: &Column| matches!(column.kind, ColumnKind::Code | ColumnKind::Word(_) | ColumnKind::Currency);
    match column {
        // Numbers and dates are judged by their form alone.
        Some(column) if !is_text(column) => ColumnGate::default(),
        Some(column) if is_allowed => ColumnGate::of(&column.name),
        Some(column) => ColumnGate::of_both(header, &column.name),
        None if is_allowed => ColumnGate::default(),
        None => ColumnGate::of(header),
    }
}

/// Headers up to which the ones that nobody knows are compared with those that are missing.
const MOST_COMPARED: usize = 1_000;

/// The longest header that is shown, in characters: longer ones are texts, and may be of a record.
const LONGEST_SHOWN: usize = 64;

/// A header as it may be shown: what is long, holds control characters or looks like a direct identifier is told by its place.
fn shown(header: &str, place: usize) -> (String, bool) {
    let header = header.trim();
    let length = header.chars().count();
    // What has many digits, or nothing but them, is rather a value of a file without a header.
    let digits = header.chars().filter(char::is_ascii_digit).count();
    if digits < 5
        && (digits == 0 || header.chars().any(char::is_alphabetic))
        && length <= LONGEST_SHOWN
        && !header.chars().any(is_unprintable)
        && gate::value_looks_like(header).is_none()
    {
        return (header.to_owned(), true);
    }
    (format!("column {} (a header of {length} characters)", place + 1), false)
}

/// A header where it may be shown.
#[must_use]
pub fn shown_header(header: &str) -> Option<String> {
    let (text, is_shown) = shown(header, 0);
    is_shown.then_some(text)
}

/// Whether a character could change what a terminal shows elsewhere.
#[must_use]
pub fn is_unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// The delimiter that a header line uses: of `,` `;` tab and `|` the one that stands in it most often outside quotes.
#[must_use]
pub fn delimiter_of(line: &[u8]) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &byte in line {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            _ => {
                if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| *delimiter == byte) {
                    *count += 1;
                }
            }
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

/// What tells headers apart: letters and digits, without case, marks of footnotes and a unit at the end.
#[must_use]
pub fn key_of(header: &str) -> String {
    let (text, _) = unit_of(header);
    let passed_over =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '_' | '-' | '\u{feff}' | '\u{2010}'..='\u{2014}');
    text.chars().filter(|&c| !passed_over(c)).flat_map(char::to_lowercase).collect()
}

/// Marks that point at a footnote, or end a label.
const FOOTNOTES: [char; 11] = ['*', '†', '‡', '§', '¹', '²', '³', ':', '.', '#', ';'];

/// A header without its unit and the marks at its end, and that unit: in brackets, behind a comma, or a currency behind `in`.
fn unit_of(header: &str) -> (&str, Option<&str>) {
    let marks = |c: char| c.is_whitespace() || FOOTNOTES.contains(&c);
    let bare = header.trim_end_matches(marks);
    let header = if bare.is_empty() { header.trim() } else { bare.trim_start() };
    let open = match header.chars().next_back() {
        Some(')') => '(',
        Some(']') => '[',
        Some('）') => '（',
        _ => {
            for between in [", ", " in "] {
                if let Some((text, unit)) = header.rsplit_once(between).filter(|(_, unit)| currency_in(unit).is_some())
                {
                    return (text.trim_end(), Some(unit.trim()));
                }
            }
            return (header, None);
        }
    };
    let width = open.len_utf8();
    let parts = |at: usize| (header[..at].trim_end_matches(marks), header[at + width..header.len() - width].trim());
    match header.rfind(open).map(parts) {
        Some((text, unit)) if !text.is_empty() && is_unit(unit) => (text, Some(unit)),
        _ => (header, None),
    }
}

/// Words that brackets behind a header hold when they hold a unit. `(previous year)` is none.
const UNIT_WORDS: [&str; 58] = [
    "in", "per", "pro", "par", "por", "a", "p", "gross", "net", "brutto", "netto", "brut", "bruto", "lordo", "local",
    "currency", "amount", "hour", "hours", "hrs", "h", "std", "stunden", "heures", "horas", "ore", "uren", "timmar",
    "day", "days", "tage", "jours", "week", "weeks", "month", "monat", "mois", "mes", "mese", "maand", "year", "jahr",
    "an", "annum", "année", "año", "anno", "jaar", "år", "fte", "percent", "prozent", "pct", "date", "text", "number",
    "code", "required",
];

/// Whether a text in brackets is a unit.
fn is_unit(text: &str) -> bool {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let known = |word: &String| {
        UNIT_WORDS.contains(&word.as_str())
            || is_currency_code(&word.to_uppercase())
            || TIMES.iter().any(|(_, told, nouns)| told.contains(&word.as_str()) || nouns.contains(&word.as_str()))
            || ["yyyy", "mm", "dd", "yy", "optional"].contains(&word.as_str())
            || word.chars().all(|letter| letter.is_ascii_digit())
    };
    is_scaled(text) || words.iter().all(known)
}

/// The currency code in a unit.
fn currency_in(unit: &str) -> Option<&str> {
    unit.split(|c: char| !c.is_alphabetic()).find(|word| is_currency_code(word))
}

/// Words of headers that tell the time that an amount pays for, and nouns that do so behind `per`.
const TIMES: [(&str, &[&str], &[&str]); 8] = [
    (
        "hour",
        &[
            "hourly",
            "stundenlohn",
            "stundensatz",
            "stündlich",
            "horaire",
            "oraria",
            "uurloon",
            "timlön",
            "timlon",
            "godzinowa",
        ],
        &["hour", "hr", "stunde", "heure", "hora", "ora", "uur", "timme", "godzinę"],
    ),
    (
        "day",
        &["daily", "tageslohn", "tagessatz", "täglich", "journalier", "diario", "dagloon"],
        &["day", "tag", "jour", "día", "dag"],
    ),
    (
        "week",
        &["weekly", "wochenlohn", "wöchentlich", "hebdomadaire", "semanal", "settimanale", "weekloon", "veckolön"],
        &["week", "woche", "semaine", "semana", "settimana", "vecka"],
    ),
    ("two_weeks", &["biweekly", "fortnightly"], &["fortnight"]),
    ("half_month", &["semimonthly"], &[]),
    (
        "month",
        &[
            "monthly",
            "monatsgehalt",
            "monatslohn",
            "monatsentgelt",
            "monatsbrutto",
            "monatlich",
            "mensuel",
            "mensual",
            "mensile",
            "mensal",
            "maandloon",
            "maandsalaris",
            "månadslön",
            "manadslon",
            "miesięczne",
            "miesieczne",
        ],
        &["month", "monat", "mois", "mes", "mese", "maand", "månad", "miesiąc"],
    ),
    ("quarter", &["quarterly"], &["quarter"]),
    (
        "year",
        &[
            "annual",
            "annualized",
            "annualised",
            "yearly",
            "jahresgehalt",
            "jahreslohn",
            "jahresbrutto",
            "jahresentgelt",
            "jährlich",
            "annuel",
            "anual",
            "annuale",
            "annuo",
            "jaarloon",
            "jaarsalaris",
            "årslön",
            "arslon",
            "roczne",
        ],
        &["annum", "year", "jahr", "an", "año", "anno", "ano", "jaar", "år", "rok"],
    ),
];

/// Words behind which a noun tells the time that an amount pays for.
const PER: [&str; 7] = ["per", "pro", "par", "por", "al", "à", "a"];

/// The pay basis that a header tells, where it tells one and only one. A bare noun tells none: `Salary year 2026` is no yearly salary.
fn basis_told_by(header: &str) -> Option<&'static str> {
    let lower = header.to_lowercase();
    let lower =
        lower.replace("bi-weekly", "biweekly").replace("bi weekly", "biweekly").replace("semi-monthly", "semimonthly");
    let lower = lower.replace('/', " per ");
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let tells = |known: &[&str], nouns: &[&str]| {
        words.iter().enumerate().any(|(place, word)| {
            let is_behind_per = place > 0 && PER.contains(&words[place - 1]);
            known.contains(word) || (is_behind_per && nouns.contains(word))
        })
    };
    let mut told = TIMES.iter().filter(|(_, known, nouns)| tells(known, nouns));
    let (basis, ..) = told.next()?;
    if told.next().is_some() { None } else { PAY_BASES.into_iter().find(|known| known == basis) }
}

impl Mapping {
    /// Maps the headers of an upload.
    ///
    /// # Errors
    /// A [`HeaderFault`]: direct identifiers, two headers for one column, amounts in a unit that is not the pipeline's, or no employee ID.
    pub fn of(headers: &[String], pipeline: &Pipeline, format: &FileFormat) -> Result<Self, HeaderFault> {
        let keys: Vec<String> = headers.iter().map(|header| key_of(header)).collect();
        let allowed: BTreeSet<String> = format.allow.iter().map(|header| key_of(header)).collect();
        let means =
            |place: usize| if allowed.contains(&keys[place]) { None } else { gate::header_means(&headers[place]) };
        let found: Vec<FoundIdentifier> = (0..headers.len())
            .filter_map(|place| {
                let suspicion = means(place)?;
                let header = shown(&headers[place], place);
                Some(FoundIdentifier { place: place + 1, header: header.1.then_some(header.0), suspicion })
            })
            .collect();
        if !found.is_empty() && !format.drops_identifiers {
            return Err(HeaderFault::Identifiers(found));
        }
        let identifiers: BTreeSet<usize> = found.iter().map(|found| found.place - 1).collect();
        let is_identifier = |place: usize| identifiers.contains(&place);
        let mut taken = vec![false; headers.len()];
        let mut columns: Vec<Mapped> = Vec::new();
        for mapped in &pipeline.columns {
            let mut fields: Vec<Field> = Vec::new();
            for wanted in &mapped.headers {
                let Some(place) = find(headers, &keys, &wanted.text, &mapped.column, &mapped.headers)? else {
                    continue;
                };
                if is_identifier(place) {
                    return Err(HeaderFault::Identifiers(
                        found.into_iter().filter(|found| found.place == place + 1).collect(),
                    ));
                }
                if !std::mem::replace(&mut taken[place], true) {
                    fields.push(Field::of(&headers[place], place, wanted.pay_basis));
                }
            }
            if !fields.is_empty() {
                columns.push(Mapped::of(mapped.column.clone(), fields, &allowed));
            }
        }
        let mut known: BTreeSet<String> = columns.iter().map(|mapped| mapped.column.name.clone()).collect();
        for (place, header) in headers.iter().enumerate() {
            let name = unit_of(header).0.to_lowercase().replace([' ', '-'], "_");
            let pattern = benefit(&name).is_some() || name.starts_with("skill_");
            if !taken[place]
                && !is_identifier(place)
                && pattern
                && let Some(column) = Column::canonical(&name)
            {
                if !known.insert(name.clone()) {
                    let first = columns
                        .iter()
                        .find(|mapped| mapped.column.name == name)
                        .map_or(0, |mapped| mapped.fields[0].place);
                    return Err(HeaderFault::DoubleHeader(first + 1, place + 1, name));
                }
                taken[place] = true;
                columns.push(Mapped::of(column, vec![Field::of(header, place, None)], &allowed));
            }
        }
        let has_ids = columns.iter().any(|mapped| mapped.column.kind == ColumnKind::EmployeeId);
        if pipeline.has_employee_ids && !has_ids {
            let headers = pipeline.columns.iter().find(|mapped| mapped.column.kind == ColumnKind::EmployeeId);
            let headers = headers.map(|mapped| mapped.texts().map(str::to_owned).collect()).unwrap_or_default();
            return Err(HeaderFault::MissingColumn { column: "employee_id".to_owned(), headers, header_line: None });
        }
        if columns.is_empty() {
            return Err(HeaderFault::NoColumns { header_line: None });
        }
        let mut mapping =
            Self { columns, dropped: Vec::new(), identifiers: Vec::new(), near: Vec::new(), fields: headers.len() };
        mapping.judge_units(headers, pipeline)?;
        for place in (0..headers.len()).filter(|&place| !taken[place]) {
            let (text, is_shown) = shown(&headers[place], place);
            if is_identifier(place) {
                mapping.identifiers.push(text.clone());
            } else if is_shown
                && headers.len() <= MOST_COMPARED
                && let Some(column) = mapping.nearly(&keys[place], pipeline)
            {
                mapping.near.push((text.clone(), column));
            }
            mapping.dropped.push(text);
        }
        mapping.add_pay_basis(format);
        mapping.judge_pay_columns(pipeline)?;
        // What decides what an amount means is read before it.
        let order = |column: &Column| match (&column.kind, column.name.as_str()) {
            (ColumnKind::Currency, _) => 0,
            (_, "pay_basis" | "fte" | "weekly_hours") => 1,
            _ => 2,
        };
        mapping.columns.sort_by_key(|mapped| (order(&mapped.column), mapped.fields.first().map(|field| field.place)));
        Ok(mapping)
    }

    /// Whether a canonical column is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|mapped| mapped.column.name == name)
    }

    /// The same with the columns alone that tell whose a row is.
    #[must_use]
    pub(super) fn of_whom(&self) -> Self {
        let tells = |mapped: &&Mapped| {
            matches!(mapped.column.kind, ColumnKind::EmployeeId | ColumnKind::CompanyId | ColumnKind::Period)
        };
        Self { columns: self.columns.iter().filter(tells).cloned().collect(), ..self.clone() }
    }

    /// The column whose header a dropped one nearly is.
    fn nearly(&self, key: &str, pipeline: &Pipeline) -> Option<String> {
        if key.chars().count() < 4 {
            return None;
        }
        let absent = || pipeline.columns.iter().filter(|mapped| !self.has(&mapped.column.name));
        let keys: Vec<(String, &str)> = absent()
            .flat_map(|mapped| mapped.texts().map(|text| (key_of(text), mapped.column.name.as_str())))
            .collect();
        let near = nearest(key, keys.iter().map(|(key, _)| key.as_str()))?;
        // A near miss is a slip of the pen: another word is no near miss.
        let distance = strsim::damerau_levenshtein(key, near);
        let longest = key.chars().count().max(near.chars().count());
        if distance * 4 > longest {
            return None;
        }
        keys.iter().find(|(key, _)| key == near).map(|(_, column)| (*column).to_owned())
    }

    /// Refuses amounts whose headers say another unit than the pipeline.
    fn judge_units(&self, headers: &[String], pipeline: &Pipeline) -> Result<(), HeaderFault> {
        for mapped in self.columns.iter().filter(|mapped| mapped.column.kind == ColumnKind::Money) {
            for field in &mapped.fields {
                let (text, unit) = unit_of(&headers[field.place]);
                let of_twelve_months = !matches!(
                    mapped.column.name.as_str(),
                    "base_pay" | "range_min" | "range_max" | "bonus_in_pay_period"
                ) && mapped.column.unit == "currency";
                let told = unit.and_then(|unit| basis_told_by(&format!("per {unit}"))).or_else(|| basis_told_by(text));
                if of_twelve_months && told.is_some_and(|told| told != "year") {
                    return Err(HeaderFault::OtherTime(field.place + 1, mapped.column.name.clone()));
                }
                let Some(unit) = unit else { continue };
                if is_scaled(unit) {
                    return Err(HeaderFault::Scaled(field.place + 1, mapped.column.name.clone()));
                }
                let code = currency_in(unit);
                let own = if is_currency_code(&mapped.column.unit) {
                    Some(&mapped.column.unit)
                } else {
                    pipeline.settings.currency.as_ref()
                };
                if let (Some(code), Some(own)) = (code, own)
                    && code != own
                    && !self.has("currency")
                {
                    return Err(HeaderFault::OtherCurrency(field.place + 1, mapped.column.name.clone()));
                }
            }
        }
        Ok(())
    }

    /// Refuses a pay column that only the default gives a pay basis where another one beside it has that basis: of salaries and hourly rates
    /// side by side both would pay for the same time.
    fn judge_pay_columns(&self, pipeline: &Pipeline) -> Result<(), HeaderFault> {
        let Some(default) = pipeline.settings.pay_basis.map(crate::measure::PayBasis::word) else { return Ok(()) };
        let Some(base) = self.columns.iter().find(|mapped| mapped.column.name == "base_pay") else { return Ok(()) };
        let is_told = self.columns.iter().any(|mapped| mapped.column.name == "pay_basis" && !mapped.fields.is_empty());
        let basis = |field: &Field| field.pay_basis.or(field.tells_basis);
        let of_default = base.fields.iter().filter(|field| basis(field).is_none_or(|basis| basis == default)).count();
        match base.fields.iter().rev().find(|field| basis(field).is_none()) {
            Some(field) if of_default > 1 && !is_told => Err(HeaderFault::PayColumn(field.place + 1, default)),
            _ => Ok(()),
        }
    }

    /// Lets rows have a pay basis where headers or the format tell one.
    fn add_pay_basis(&mut self, format: &FileFormat) {
        let has_basis = self.has("pay_basis");
        let Some(base) = self.columns.iter_mut().find(|mapped| mapped.column.name == "base_pay") else { return };
        for field in &mut base.fields {
            let unit = unit_of(&field.text).1.and_then(|unit| basis_told_by(&format!("per {unit}")));
            field.tells_basis = basis_told_by(&field.text).or(unit);
        }
        let told = base.fields.iter().any(|field| field.pay_basis.is_some() || field.tells_basis.is_some());
        if (told || format.pay.pays_per_year.is_some_and(|pays| pays != 12))
            && !has_basis
            && let Some(column) = Column::canonical("pay_basis")
        {
            self.columns.push(Mapped::of(column, Vec::new(), &BTreeSet::new()));
        }
    }
}

impl Field {
    fn of(header: &str, place: usize, pay_basis: Option<&'static str>) -> Self {
        let (shown, is_shown) = shown(header, place);
        Self { place, header: shown, is_shown, text: header.to_owned(), pay_basis, tells_basis: None }
    }
}

/// Whether a unit says that amounts are in thousands or millions.
fn is_scaled(unit: &str) -> bool {
    let unit = unit.to_lowercase();
    let words: Vec<&str> = unit.split(|c: char| !c.is_alphanumeric()).collect();
    let known = [
        "k",
        "tsd",
        "teur",
        "tusd",
        "keur",
        "kusd",
        "kgbp",
        "kchf",
        "tchf",
        "thousand",
        "thousands",
        "000",
        "000s",
        "1000",
        "mio",
        "mn",
        "million",
        "millions",
        "lakh",
        "lakhs",
        "crore",
        "crores",
        "lpa",
        "tausend",
        "mln",
        "milliers",
        "millier",
        "miles",
        "millones",
        "mil",
        "milhares",
        "migliaia",
        "milioni",
        "duizend",
        "duizenden",
        "miljoen",
        "tusen",
        "tusental",
        "tkr",
        "mkr",
        "ksek",
        "tsek",
        "knok",
        "tnok",
        "kdkk",
        "tdkk",
        "tys",
        "tysiące",
        "tysiącach",
    ];
    unit.contains("k€")
        || unit.contains("t€")
        || unit.contains("k$")
        || unit.contains("k£")
        || unit.contains(['千', '万', '萬', '億', '천', '만'])
        || words.iter().any(|word| known.contains(word))
}

/// The one field that has a wanted header: to the letter, else by what tells headers apart.
fn find(
    headers: &[String],
    keys: &[String],
    wanted: &str,
    column: &Column,
    known: &[Header],
) -> Result<Option<usize>, HeaderFault> {
    let twice = |first: usize, second: usize| HeaderFault::DoubleHeader(first + 1, second + 1, column.name.clone());
    let only = |mut places: Box<dyn Iterator<Item = usize> + '_>| match (places.next(), places.next()) {
        (Some(first), Some(second)) => Err(twice(first, second)),
        (first, _) => Ok(first),
    };
    let exact = only(Box::new((0..headers.len()).filter(|&place| headers[place].trim() == wanted.trim())))?;
    let key = key_of(wanted);
    if let Some(exact) = exact {
        // Another spelling of the same header would be dropped, filled or not; the pipeline can name both.
        let is_named = |place: usize| known.iter().any(|header| header.text.trim() == headers[place].trim());
        let other = (0..headers.len()).find(|&place| place != exact && keys[place] == key && !is_named(place));
        return other.map_or(Ok(Some(exact)), |other| Err(twice(exact, other)));
    }
    only(Box::new((0..headers.len()).filter(|&place| !key.is_empty() && keys[place] == key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found_outside_quotes() {
        assert_eq!(delimiter_of(b"a,b,c"), b',');
        assert_eq!(delimiter_of(b"\"a,b,c,d\";e;f"), b';');
        assert_eq!(delimiter_of(b"a\tb"), b'\t');
        assert_eq!(delimiter_of(b"a|b|c"), b'|');
        assert_eq!(delimiter_of(b"employee_id"), b',');
    }

    #[test]
    fn headers_are_told_apart_by_letters_and_digits() {
        for header in [
            "base_pay",
            "Base Pay",
            "BASE-PAY",
            "base_pay (EUR)",
            "Base\nPay",
            "Base\r\nPay [monthly]",
            "\u{feff}base_pay",
            "base  pay ",
        ] {
            assert_eq!(key_of(header), "basepay", "{header:?}");
        }
        for header in [
            "Base Pay, EUR",
            "base_pay in EUR",
            "base_pay*",
            "Base Pay ¹",
            "base_pay:",
            "Base Pay (per month)*",
            "base_pay (EUR/Monat)",
        ] {
            assert_eq!(key_of(header), "basepay", "{header:?}");
        }
        assert_ne!(key_of("base_pay (previous year)"), key_of("base_pay"));
        assert_ne!(key_of("base_pay_2"), key_of("base_pay"));
        assert_eq!(unit_of("年収（千円）"), ("年収", Some("千円")));
        assert_eq!(key_of("(EUR)"), "(eur)");
    }

    #[test]
    fn headers_tell_what_an_amount_pays_for() {
        for (header, basis) in [
            ("Annual Salary", Some("year")),
            ("Hourly Rate", Some("hour")),
            ("Base pay (monthly)", Some("month")),
            ("Bi-Weekly Pay", Some("two_weeks")),
            ("Semi-monthly amount", Some("half_month")),
            ("Stundenlohn", Some("hour")),
            ("Jahresgehalt", Some("year")),
            ("Salary", None),
            ("Annual or hourly rate", None),
            ("Rate per hour", Some("hour")),
            ("Pay/month", Some("month")),
            ("Salary year 2026", None),
            ("Hour bank", None),
        ] {
            assert_eq!(basis_told_by(header), basis, "{header}");
        }
    }

    #[test]
    fn what_may_be_a_value_is_told_by_its_place() {
        assert_eq!(shown("Base Pay", 0), ("Base Pay".to_owned(), true));
        for header in [
            "EMP00099",
            "987654.5",
            "2026-09-30",
            "a\nb",
            "\u{1b}[31mred",
            "jane@example.com",
            &"x".repeat(65),
            "a\u{202e}b",
        ] {
            let (text, is_shown) = shown(header, 4);
            assert!(!is_shown && text.starts_with("column 5 ("), "{text}");
        }
    }

    #[test]
    fn amounts_in_thousands_are_known_by_their_unit() {
        for unit in [
            "TEUR",
            "k€",
            "in thousands",
            "'000",
            "1000 EUR",
            "Mio",
            "in Tausend",
            "tkr",
            "tys. zł",
            "miles de €",
            "R$ mil",
            "千円",
            "万円",
        ] {
            assert!(is_scaled(unit), "{unit}");
        }
        for unit in ["EUR", "kr", "monthly", "€", "per year"] {
            assert!(!is_scaled(unit), "{unit}");
        }
    }
}

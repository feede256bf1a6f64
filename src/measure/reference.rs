//! Reference tables that the user gives: living wages, pay ranges, exchange rates.
//!
//! In: CSV files. Out: look-ups. Invariant: a missing entry is never guessed; it gives no value, and whoever asked notes it so that
//! it can be reported.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::PayBasis;
use crate::exact::{Amount, NumberFormat, SCALE, divide_half_even};
use crate::period::{Period, PeriodKind};
use crate::problem::{FileProblems, Problems};
use crate::record::is_currency_code;

/// All reference tables of a pipeline.
#[derive(Debug, Default)]
pub struct Reference {
    /// Living wage by region.
    pub living_wages: Option<LivingWages>,
    /// Pay ranges by job and level.
    pub pay_ranges: Option<PayRanges>,
    /// Exchange rates by period, to one currency.
    pub exchange_rates: Option<ExchangeRates>,
}

/// Entries that were asked for and are not there, in words, by table.
pub type Missing = BTreeMap<String, BTreeSet<String>>;

/// Adds missing entries to others.
pub fn add_missing(all: &mut Missing, more: Missing) {
    for (table, entries) in more {
        all.entry(table).or_default().extend(entries);
    }
}

/// Living wage for an hour, by region.
#[derive(Debug, Default)]
pub struct LivingWages {
    entries: BTreeMap<(String, String), Amount>,
}

/// Bottom and top of pay for an hour, by job, level and currency.
#[derive(Debug, Default)]
pub struct PayRanges {
    entries: BTreeMap<(String, String, String), (Amount, Amount)>,
}

/// Exchange rates to one currency.
#[derive(Debug, Default)]
pub struct ExchangeRates {
    to: String,
    entries: BTreeMap<(Period, String), Rate>,
}

/// An exact rate: so many units of the target for one of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    numerator: i128,
    denominator: i128,
}

impl LivingWages {
    /// Reads `region,currency,hourly`.
    ///
    /// # Errors
    /// Everything that is wrong in it.
    pub fn read(file: &Path) -> Result<Self, FileProblems> {
        let mut entries = BTreeMap::new();
        table(file, &["region", "currency", "hourly"], |row| {
            let key = (row.text("region")?, row.currency("currency")?);
            row.once(entries.insert(key, row.positive("hourly")?).is_none());
            Some(())
        })?;
        Ok(Self { entries })
    }

    /// The living wage of a region, in a currency.
    #[must_use]
    pub fn hourly(&self, region: &str, currency: &str) -> Option<Amount> {
        self.entries.get(&(region.to_owned(), currency.to_owned())).copied()
    }
}

impl PayRanges {
    /// Reads `job_code,job_level,currency,pay_basis,minimum,maximum`; ranges are of full-time jobs of `standard` hours.
    ///
    /// # Errors
    /// Everything that is wrong in it.
    pub fn read(file: &Path, standard: Option<Amount>) -> Result<Self, FileProblems> {
        let mut entries = BTreeMap::new();
        let columns = ["job_code", "job_level", "currency", "pay_basis", "minimum", "maximum"];
        table(file, &columns, |row| {
            let key = (row.text("job_code")?, row.any("job_level"), row.currency("currency")?);
            let basis = row.pay_basis("pay_basis")?;
            let (minimum, maximum) = (row.positive("minimum")?, row.positive("maximum")?);
            let hourly = basis.hourly(minimum, standard).zip(basis.hourly(maximum, standard));
            let Some(hourly) = hourly else {
                row.problem(
                    "is not for an hour",
                    "declare `standard_weekly_hours` in `[defaults]`, or give hourly ranges",
                );
                return None;
            };
            row.once(entries.insert(key, hourly).is_none());
            Some(())
        })?;
        Ok(Self { entries })
    }

    /// Bottom and top of a job's pay for an hour: of its level, else of any level.
    #[must_use]
    pub fn hourly(&self, job: &str, level: Option<&str>, currency: &str) -> Option<(Amount, Amount)> {
        let of = |level: &str| self.entries.get(&(job.to_owned(), level.to_owned(), currency.to_owned())).copied();
        level.and_then(of).or_else(|| of(""))
    }
}

impl ExchangeRates {
    /// Reads `period,currency,rate`: units of `to` for one unit of the currency.
    ///
    /// # Errors
    /// Everything that is wrong in it.
    pub fn read(file: &Path, to: &str, kind: PeriodKind) -> Result<Self, FileProblems> {
        let mut entries = BTreeMap::new();
        table(file, &["period", "currency", "rate"], |row| {
            let text = row.text("period")?;
            let Some(period) = kind.parse(&text) else {
                row.problem("has a period of another kind", &format!("write it like {}", kind.example()));
                return None;
            };
            let key = (period, row.currency("currency")?);
            let Some(rate) = Rate::parse(&row.text("rate")?) else {
                row.problem(
                    "has a rate that is no number above zero",
                    "write it like 0.9134, with at most 12 decimals",
                );
                return None;
            };
            row.once(entries.insert(key, rate).is_none());
            Some(())
        })?;
        Ok(Self { to: to.to_owned(), entries })
    }

    /// The currency that amounts are converted to.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }

    /// The rate of a currency in a period.
    #[must_use]
    pub fn rate(&self, period: Period, currency: &str) -> Option<Rate> {
        if currency == self.to {
            return Some(Rate { numerator: 1, denominator: 1 });
        }
        self.entries.get(&(period, currency.to_owned())).copied()
    }
}

impl Rate {
    fn parse(text: &str) -> Option<Self> {
        let (units, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{units}{decimals}");
        if digits.is_empty() || digits.len() > 18 || decimals.len() > 12 || !digits.bytes().all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let numerator: i128 = digits.parse().ok().filter(|&number| number > 0)?;
        Some(Self { numerator, denominator: 10_i128.pow(u32::try_from(decimals.len()).ok()?) })
    }

    /// An amount in the target currency, to the nearest 1/10,000.
    #[must_use]
    pub fn convert(self, amount: Amount) -> Option<Amount> {
        Amount::try_from(divide_half_even(i128::from(amount) * self.numerator, self.denominator)).ok()
    }
}

/// One line of a reference table.
pub(super) struct Row<'a> {
    columns: &'a [&'a str],
    fields: Vec<String>,
    at: usize,
    problems: &'a Problems<'a>,
}

impl Row<'_> {
    pub(super) fn any(&self, column: &str) -> String {
        let place = self.columns.iter().position(|known| *known == column);
        place.and_then(|place| self.fields.get(place)).cloned().unwrap_or_default()
    }

    pub(super) fn problem(&self, what: &str, mend: &str) {
        self.problems.add(&(self.at..self.at), format!("the entry {what}"), mend.to_owned());
    }

    pub(super) fn text(&self, column: &str) -> Option<String> {
        let text = self.any(column);
        if text.is_empty() {
            self.problem(&format!("has no {column}"), "fill it in, or remove the line");
            return None;
        }
        Some(text)
    }

    fn currency(&self, column: &str) -> Option<String> {
        let code = self.text(column)?;
        if !is_currency_code(&code) {
            self.problem("has no currency of ISO 4217", "write three letters, as in EUR");
            return None;
        }
        Some(code)
    }

    /// A number from -1 up, in 1/10,000.
    pub(super) fn rate(&self, column: &str) -> Option<Amount> {
        let text = self.text(column)?;
        let rate =
            NumberFormat::default().parse(text.as_bytes()).ok().filter(|rate| (-SCALE / 2..=SCALE).contains(rate));
        if rate.is_none() {
            self.problem(&format!("has a {column} that is no yearly rate"), "write a part of one, as in 0.03");
        }
        rate
    }

    fn positive(&self, column: &str) -> Option<Amount> {
        let text = self.text(column)?;
        let amount = NumberFormat::default().parse(text.as_bytes()).ok().filter(|&amount| amount > 0);
        if amount.is_none() {
            self.problem(&format!("has a {column} that is no amount above zero"), "write it like 1234.50");
        }
        amount
    }

    fn pay_basis(&self, column: &str) -> Option<PayBasis> {
        let basis = PayBasis::of_word(&self.text(column)?);
        if basis.is_none() {
            self.problem(
                &format!("has an unknown {column}"),
                &format!("write one of {}", crate::record::PAY_BASES.join(", ")),
            );
        }
        basis
    }

    /// Reports an entry that is there twice.
    pub(super) fn once(&self, first: bool) {
        if !first {
            self.problem("is there twice", "keep one of the two");
        }
    }
}

/// Reads a table with a header, and hands each line to `take`; what is wrong is reported at once.
pub(super) fn table(
    file: &Path,
    columns: &[&str],
    mut take: impl FnMut(&Row<'_>) -> Option<()>,
) -> Result<(), FileProblems> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            let problems = Problems::new("");
            problems.add(&(0..0), format!("cannot be read: {error}"), "check the path, and that the file is UTF-8");
            return Err(problems.of(file));
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let problems = Problems::new(text);
    let mut reader = simd_csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header: Vec<String> = reader
        .byte_headers()
        .map(|header| header.iter().map(|field| String::from_utf8_lossy(field).trim().to_ascii_lowercase()).collect())
        .unwrap_or_default();
    let places: Vec<Option<usize>> =
        columns.iter().map(|column| header.iter().position(|found| found == column)).collect();
    for (column, place) in columns.iter().zip(&places) {
        if place.is_none() {
            problems.add(
                &(0..0),
                format!("has no column `{column}`"),
                format!("write a header `{}`", columns.join(",")),
            );
        }
    }
    let mut record = simd_csv::ByteRecord::new();
    while problems.is_empty() || places.iter().all(Option::is_some) {
        let at = usize::try_from(reader.position()).unwrap_or(0);
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => {
                problems.add(&(at..at), "is not CSV from here on", "check the quotes");
                break;
            }
        }
        let field = |place: &Option<usize>| {
            let bytes = place.and_then(|place| record.get(place)).unwrap_or_default();
            String::from_utf8_lossy(bytes).trim().to_owned()
        };
        let row = Row { columns, fields: places.iter().map(field).collect(), at, problems: &problems };
        if row.fields.iter().any(|field| !field.is_empty()) {
            take(&row);
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.of(file)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        file
    }

    #[test]
    fn a_missing_entry_is_not_guessed() {
        let table = LivingWages::read(file("region,currency,hourly\nR1,EUR,14.25\n").path()).expect("a table");
        assert_eq!(table.hourly("R1", "EUR"), Some(142_500));
        assert_eq!(table.hourly("R2", "EUR"), None);
        assert_eq!(table.hourly("R1", "USD"), None);
    }

    /// On paper: 41,600 a year of 52 weeks of 40 hours is 20 an hour.
    #[test]
    fn a_range_is_brought_to_an_hour() {
        let text =
            "job_code,job_level,currency,pay_basis,minimum,maximum\nA,1,EUR,year,41600,62400\nA,,EUR,hour,10,15\n";
        let table = PayRanges::read(file(text).path(), Some(40 * SCALE)).expect("a table");
        assert_eq!(table.hourly("A", Some("1"), "EUR"), Some((200_000, 300_000)));
        assert_eq!(table.hourly("A", Some("2"), "EUR"), Some((100_000, 150_000)), "any level");
        assert_eq!(table.hourly("B", None, "EUR"), None);
        let error = PayRanges::read(file(text).path(), None).expect_err("a year needs standard hours");
        assert_eq!(error.problems.len(), 1);
    }

    /// On paper: 100 at 0.0061 is 0.61; half of the last step goes to the even neighbour.
    #[test]
    fn amounts_are_converted_exactly() {
        let text = "period,currency,rate\n2026-Q3,JPY,0.0061\n2026-Q3,USD,0.5\n";
        let rates = ExchangeRates::read(file(text).path(), "EUR", PeriodKind::Quarter).expect("a table");
        let period = Period::Quarter(2026, 3);
        let convert = |currency: &str, amount| rates.rate(period, currency).and_then(|rate| rate.convert(amount));
        assert_eq!(convert("JPY", 1_000_000), Some(6_100));
        assert_eq!(convert("USD", 5), Some(2));
        assert_eq!(convert("EUR", 7), Some(7));
        assert_eq!(convert("CHF", 7), None);
        assert_eq!(rates.rate(Period::Quarter(2026, 2), "USD"), None, "a rate holds for its period");
    }

    #[test]
    fn mistakes_are_told_with_their_lines() {
        let error = LivingWages::read(file("region,currency,hourly\nR1,EUR,0\nR2,euro,3\nR3,EUR,3\nR3,EUR,4\n").path());
        let lines: Vec<usize> = error.expect_err("mistakes").problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 3, 5]);
        assert!(LivingWages::read(file("region,wage\nR1,3\n").path()).is_err());
    }
}

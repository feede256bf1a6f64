//! How upload files are written: encoding, delimiter, numbers, dates.
//!
//! In: `[input]` and `[formats.NAME]`. Out: a [`FileFormat`]. Invariant: numbers and dates are declared, never guessed;
//! only the encoding and the delimiter may be found from a file's own first bytes and header.

use serde::Serialize;

use super::section::Section;
use crate::exact::{DecimalMark, NumberFormat, ThousandsMark};

/// How one group of upload files is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFormat {
    /// The declared encoding.
    pub encoding: Encoding,
    /// The declared delimiter; found from the header where it is not.
    pub delimiter: Option<u8>,
    /// How numbers are written.
    pub number: NumberFormat,
    /// How dates are written.
    pub date: DateFormat,
}

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// By its byte order mark, else UTF-8 where every kept field is, else Windows-1252.
    Auto,
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// Windows-1252, of which ISO 8859-1 is a part.
    Windows1252,
    /// UTF-16, little endian unless a byte order mark says otherwise.
    Utf16,
}

/// The order of day, month and year in a date, and what stands between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateFormat {
    order: Order,
    separator: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    YearMonthDay,
    DayMonthYear,
    MonthDayYear,
}

impl Default for DateFormat {
    fn default() -> Self {
        Self { order: Order::YearMonthDay, separator: b'-' }
    }
}

impl Default for FileFormat {
    fn default() -> Self {
        Self { encoding: Encoding::Auto, delimiter: None, number: NumberFormat::default(), date: DateFormat::default() }
    }
}

/// The date formats that can be declared.
const DATE_FORMATS: [(&str, DateFormat); 9] = [
    ("YYYY-MM-DD", DateFormat { order: Order::YearMonthDay, separator: b'-' }),
    ("YYYY/MM/DD", DateFormat { order: Order::YearMonthDay, separator: b'/' }),
    ("YYYY.MM.DD", DateFormat { order: Order::YearMonthDay, separator: b'.' }),
    ("DD.MM.YYYY", DateFormat { order: Order::DayMonthYear, separator: b'.' }),
    ("DD/MM/YYYY", DateFormat { order: Order::DayMonthYear, separator: b'/' }),
    ("DD-MM-YYYY", DateFormat { order: Order::DayMonthYear, separator: b'-' }),
    ("MM/DD/YYYY", DateFormat { order: Order::MonthDayYear, separator: b'/' }),
    ("MM-DD-YYYY", DateFormat { order: Order::MonthDayYear, separator: b'-' }),
    ("MM.DD.YYYY", DateFormat { order: Order::MonthDayYear, separator: b'.' }),
];

impl DateFormat {
    /// The declaration of this format, as in `DD.MM.YYYY`.
    #[must_use]
    pub fn name(self) -> &'static str {
        DATE_FORMATS.iter().find(|(_, format)| *format == self).map_or("YYYY-MM-DD", |(name, _)| name)
    }

    /// Days from 1970-01-01 to the date that `text` writes; none where it is no date of this format from 1900 to 2199.
    /// A time of day after the date (`2026-09-30 00:00:00`, `2026-09-30T00:00`) is allowed and dropped.
    #[must_use]
    pub fn parse(self, text: &[u8]) -> Option<i32> {
        let end = text.iter().position(|&b| b == b' ' || b == b'T').unwrap_or(text.len());
        let (date, time) = text.split_at(end);
        if !time.is_empty() && !time[1..].iter().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'Z' | b'+')) {
            return None;
        }
        let mut parts = date.split(|&b| b == self.separator).map(small_number);
        let (a, b, c) = (parts.next()??, parts.next()??, parts.next()??);
        if parts.next().is_some() {
            return None;
        }
        let (year, month, day) = match self.order {
            Order::YearMonthDay => (a, b, c),
            Order::DayMonthYear => (c, b, a),
            Order::MonthDayYear => (c, a, b),
        };
        if !(1900..=2199).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
            return None;
        }
        Some(days_since_epoch(year, month, day))
    }
}

fn small_number(text: &[u8]) -> Option<i32> {
    if text.is_empty() || text.len() > 4 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0, |value, byte| value * 10 + i32::from(byte - b'0')))
}

fn days_in(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_since_epoch(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl FileFormat {
    /// Reads the format keys of a section; what it does not say is as in `base`.
    pub(super) fn read(section: &Section<'_>, base: &Self) -> Self {
        let encodings = [
            ("auto", Encoding::Auto),
            ("utf-8", Encoding::Utf8),
            ("windows-1252", Encoding::Windows1252),
            ("utf-16", Encoding::Utf16),
        ];
        let delimiters = [(",", b','), (";", b';'), ("\t", b'\t'), ("tab", b'\t'), ("|", b'|')];
        let decimals = [(".", DecimalMark::Point), (",", DecimalMark::Comma)];
        let thousands = [
            ("", None),
            (",", Some(ThousandsMark::Comma)),
            (".", Some(ThousandsMark::Point)),
            (" ", Some(ThousandsMark::Space)),
            ("'", Some(ThousandsMark::Apostrophe)),
        ];
        let number = NumberFormat {
            decimal: section.choice("decimal", &decimals).unwrap_or(base.number.decimal),
            thousands: section.choice("thousands", &thousands).unwrap_or(base.number.thousands),
        };
        let same = matches!(
            (number.decimal, number.thousands),
            (DecimalMark::Point, Some(ThousandsMark::Point)) | (DecimalMark::Comma, Some(ThousandsMark::Comma))
        );
        if same {
            section.problems.add(
                section.at(),
                format!("`{}` is also the decimal mark", section.name("thousands")),
                "declare two different marks, or `thousands = \"\"`",
            );
        }
        Self {
            encoding: section.choice("encoding", &encodings).unwrap_or(base.encoding),
            delimiter: section.choice("delimiter", &delimiters).or(base.delimiter),
            number,
            date: section.choice("dates", &DATE_FORMATS).unwrap_or(base.date),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use proptest::prelude::*;

    use super::*;

    fn format(name: &str) -> DateFormat {
        DATE_FORMATS.iter().find(|(known, _)| *known == name).expect("a known format").1
    }

    #[test]
    fn dates_are_read_as_declared() {
        assert_eq!(format("DD.MM.YYYY").parse(b"01.02.1970"), Some(31));
        assert_eq!(format("MM/DD/YYYY").parse(b"01/02/1970"), Some(1));
        assert_eq!(format("YYYY-MM-DD").parse(b"1970-01-01 00:00:00"), Some(0));
        assert_eq!(format("MM/DD/YYYY").parse(b"31/12/2020"), None);
        assert_eq!(format("YYYY-MM-DD").parse(b"2023-02-29"), None);
        assert_eq!(format("YYYY-MM-DD").parse(b"20230228"), None);
    }

    proptest! {
        #[test]
        fn days_agree_with_a_calendar_library(year in 1900_i16..2200, month in 1_i8..=12, day in 1_i8..=31) {
            let text = format!("{year:04}-{month:02}-{day:02}");
            let expected = Date::new(year, month, day).ok().map(|date| {
                let epoch = Date::new(1970, 1, 1).expect("the epoch");
                date.since(epoch).expect("a span in days").get_days()
            });
            prop_assert_eq!(DateFormat::default().parse(text.as_bytes()), expected);
        }

        #[test]
        fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..30)) {
            let _ = DateFormat::default().parse(&text);
        }
    }
}

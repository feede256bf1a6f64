//! One cell as a field: what a cell holds, with a mark that tells its type.
//!
//! In: texts, numbers with their formats, dates, durations, errors. Out: the text of a CSV field, not yet quoted.
//! Invariant: a field begins with one of [`NUMBER`], [`DATE`], [`FAULT`], [`FLAG`], [`HOURS`] exactly where the cell is
//! of that type; a text can forge none of them, since it loses its control characters.

use std::fmt::Write as _;

/// Begins a number: plain decimal digits, the shortest that mean the same.
pub const NUMBER: char = '\u{1}';
/// Begins a date: `YYYY-MM-DD`.
pub const DATE: char = '\u{2}';
/// Is the whole field of a cell without a value that can be trusted: an error, or a formula never calculated.
pub const FAULT: char = '\u{3}';
/// Begins a boolean: `1` or `0`.
pub const FLAG: char = '\u{4}';
/// Begins a duration, in hours as a decimal number.
pub const HOURS: char = '\u{5}';

/// What a number format makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Format {
    #[default]
    Number,
    /// A date, with or without a time of day.
    Date,
    /// Hours and minutes, as a time of day (`h:mm`) or counted on (`[h]:mm`).
    Time,
    /// Zeros alone (`00000`): so many digits are shown.
    Zeros(u8),
}

impl Format {
    /// What one of the formats that have a number and no code makes of a number (ECMA-376, 18.8.30).
    pub(super) fn built_in(id: u32) -> Self {
        match id {
            14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58 => Self::Date,
            18..=21 | 32..=35 | 45..=47 | 55 | 56 => Self::Time,
            _ => Self::Number,
        }
    }

    /// What a format code makes of a number that is not negative.
    pub(super) fn of_code(code: &str) -> Self {
        if code.len() >= 2 && code.bytes().all(|byte| byte == b'0') {
            return u8::try_from(code.len()).map_or(Self::Number, Self::Zeros);
        }
        let (mut day, mut month, mut clock, mut seconds) = (false, false, false, false);
        let mut rest = code;
        while let Some(first) = rest.chars().next() {
            let mut length = first.len_utf8();
            match first {
                ';' => break,
                '"' => length = rest[1..].find('"').map_or(rest.len(), |at| at + 2),
                // What follows is shown as it is, fills the cell, or is as wide as a blank.
                '\\' | '_' | '*' => length += rest[length..].chars().next().map_or(0, char::len_utf8),
                '[' => {
                    let inside = rest[1..].split(']').next().unwrap_or_default();
                    clock |= !inside.is_empty() && inside.bytes().all(|byte| b"hmsHMS".contains(&byte));
                    seconds |= clock && inside.contains(['s', 'S']);
                    length = (inside.len() + 2).min(rest.len());
                }
                _ => match word(rest) {
                    Some((long, is_clock)) => (length, clock) = (long, clock | is_clock),
                    None => match first.to_ascii_lowercase() {
                        // A place for a digit makes a number, but for fractions of a second; letters beside it are a
                        // unit, as in `#,##0 USD`.
                        '#' | '?' => return Self::Number,
                        '0' if !seconds => return Self::Number,
                        'd' | 'y' => day = true,
                        'b' | 'e' | 'g' => day |= !(first == 'E' && rest[1..].starts_with(['+', '-'])),
                        'm' => month = true,
                        's' => (clock, seconds) = (true, true),
                        'h' => clock = true,
                        _ => {}
                    },
                },
            }
            rest = &rest[length..];
        }
        match (day, month, clock) {
            (true, ..) | (false, true, false) => Self::Date,
            (false, _, true) => Self::Time,
            (false, false, false) => Self::Number,
        }
    }
}

/// Words of format codes whose letters mean nothing alone: their length, and whether they belong to a time.
fn word(rest: &str) -> Option<(usize, bool)> {
    const WORDS: [(&str, bool); 4] = [("general", false), ("am/pm", true), ("a/p", true), ("standard", false)];
    let begins = |word: &str| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    WORDS.iter().find(|(word, _)| begins(word)).map(|&(word, clock)| (word.len(), clock))
}

/// Adds a text: line breaks become one blank, other control characters but tabs go.
pub(super) fn push_text(field: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ') {
        return field.push_str(text);
    }
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\n' => field.push(' '),
            '\t' => field.push('\t'),
            '\0'..='\u{1f}' => {}
            other => field.push(other),
        }
    }
}

/// Adds a number under its format.
pub(super) fn push_number(field: &mut String, value: f64, format: Format, from_1904: bool) {
    if !value.is_finite() {
        return field.push(FAULT);
    }
    match format {
        Format::Zeros(digits) if value >= 0.0 && value.fract() == 0.0 && value < 1e15 => {
            let _ = write!(field, "{value:0width$}", width = usize::from(digits));
        }
        Format::Number | Format::Zeros(_) => plain(field, NUMBER, value),
        Format::Time => push_hours(field, value * 86_400.0),
        Format::Date => push_serial(field, value, from_1904),
    }
}

/// Adds a boolean.
pub(super) fn push_flag(field: &mut String, value: bool) {
    field.push(FLAG);
    field.push(if value { '1' } else { '0' });
}

/// Adds a duration, which is rounded to milliseconds: 8:20 is the same number of hours in every kind of file.
pub(super) fn push_hours(field: &mut String, seconds: f64) {
    if seconds.is_finite() {
        plain(field, HOURS, (seconds * 1000.0).round() / 3_600_000.0);
    } else {
        field.push(FAULT);
    }
}

fn plain(field: &mut String, mark: char, value: f64) {
    field.push(mark);
    // A sum with -0.0 turns it into 0.
    let _ = write!(field, "{}", value + 0.0);
}

/// Adds a date that is stored as a number of days. The fraction is a time of day; without a day before it, it is a
/// duration, and nothing at all means that no date was entered.
fn push_serial(field: &mut String, serial: f64, from_1904: bool) {
    let milliseconds = (serial * 86_400_000.0).round();
    if milliseconds == 0.0 {
        return;
    }
    let days = (milliseconds / 86_400_000.0).floor();
    if days == 0.0 {
        return push_hours(field, milliseconds / 1000.0);
    }
    if !(1.0..3_000_000.0).contains(&days) {
        return field.push(FAULT);
    }
    #[expect(clippy::cast_possible_truncation, reason = "within three million")]
    let days = days as i64;
    let since_1970 = match (from_1904, days) {
        (true, _) => days - 24_107,
        // Day 60 is 29 February 1900 there, which was not a day.
        (false, 60) => return field.push(FAULT),
        (false, ..60) => days - 25_568,
        (false, _) => days - 25_569,
    };
    match civil(since_1970) {
        (year @ 1900..=9999, month, day) => push_date(field, year, month, day),
        _ => field.push(FAULT),
    }
}

fn push_date(field: &mut String, year: i64, month: i64, day: i64) {
    field.push(DATE);
    let _ = write!(field, "{year:04}-{month:02}-{day:02}");
}

/// Year, month and day of a day counted from 1970-01-01.
fn civil(day: i64) -> (i64, i64, i64) {
    // Years begin in March here, so that a leap day is the last of its year.
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Adds a date written as ISO 8601 has it, with or without a time of day.
pub(super) fn push_iso_date(field: &mut String, text: &str) {
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let number = |from, to| date.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let parsed = |from, to| number(from, to).and_then(|part| part.parse::<i64>().ok());
    let whole = date.len() == 10 && date.as_bytes()[4] == b'-' && date.as_bytes()[7] == b'-';
    let (Some(year), Some(month), Some(day), true) = (parsed(0, 4), parsed(5, 7), parsed(8, 10), whole) else {
        return push_iso_time(field, text);
    };
    // The day that programs count from, where no date was entered.
    if (year, month, day) == (1899, 12, 30) {
        return match clock_seconds(time.trim_end_matches('Z')) {
            Some(seconds) if seconds > 0.0 => push_hours(field, seconds),
            _ => {}
        };
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if (1..=last).contains(&day) && year > 0 { push_date(field, year, month, day) } else { field.push(FAULT) }
}

/// Adds a duration written as ISO 8601 has it (`PT37H30M00S`), or a time of day (`08:30:00`).
pub(super) fn push_iso_time(field: &mut String, text: &str) {
    match iso_seconds(text).or_else(|| clock_seconds(text)) {
        Some(seconds) => push_hours(field, seconds),
        None => field.push(FAULT),
    }
}

fn clock_seconds(text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    let mut parts = text.split(':');
    for unit in [3600.0, 60.0] {
        seconds += number(parts.next()?)? * unit;
    }
    seconds += parts.next().map_or(Some(0.0), number)?;
    parts.next().is_none().then_some(seconds)
}

fn iso_seconds(text: &str) -> Option<f64> {
    let (sign, text) = text.strip_prefix('-').map_or((1.0, text), |text| (-1.0, text));
    let mut rest = text.strip_prefix('P')?;
    let mut in_time = false;
    let mut seconds = 0.0;
    let mut any = false;
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T').filter(|_| !in_time) {
            (in_time, rest) = (true, time);
            continue;
        }
        let end = rest.find(|character: char| character.is_ascii_alphabetic())?;
        let unit = match (&rest[end..=end], in_time) {
            ("D", false) => 86_400.0,
            ("H", true) => 3_600.0,
            ("M", true) => 60.0,
            ("S", true) => 1.0,
            // Months and years have no fixed length.
            _ => return None,
        };
        seconds += number(&rest[..end].replace(',', "."))? * unit;
        (any, rest) = (true, &rest[end + 1..]);
    }
    any.then_some(sign * seconds)
}

fn number(text: &str) -> Option<f64> {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_codes_tell_dates_times_and_numbers_apart() {
        let cases = [
            ("General", Format::Number),
            ("0", Format::Number),
            ("000", Format::Zeros(3)),
            ("000-00-0000", Format::Number),
            ("#,##0.00\\ _M\"H\"_);[Red]#,##0.00\\ _M\"S\"_)", Format::Number),
            ("#,##0 USD", Format::Number),
            ("[$-409]#,##0.00 \"days\"", Format::Number),
            ("0.00E+00", Format::Number),
            ("\"Y: \"0.00\"m\"", Format::Number),
            ("@", Format::Number),
            ("dd/mm/yy", Format::Date),
            ("[$-407]d. mmmm yyyy;@", Format::Date),
            ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", Format::Date),
            ("yyyy\"年\"m\"月\"d\"日\"", Format::Date),
            ("[$-411]ggge\"年\"m\"月\"", Format::Date),
            ("mmm", Format::Date),
            ("m/d/yy h:mm", Format::Date),
            ("h:mm AM/PM", Format::Time),
            ("mm:ss", Format::Time),
            ("mmss.0", Format::Time),
            ("[h]:mm:ss", Format::Time),
            ("[hh]:mm;@", Format::Time),
            ("[ss].000", Format::Time),
            ("[Blue]\\+[h]:mm;[Red]\\-[h]:mm", Format::Time),
            ("[>=100][Magenta].00", Format::Number),
            ("[", Format::Number),
            ("\"", Format::Number),
            ("\\", Format::Number),
            ("", Format::Number),
        ];
        for (code, format) in cases {
            assert_eq!(Format::of_code(code), format, "{code}");
        }
    }

    #[test]
    fn dates_and_durations_in_iso_8601_are_read_or_are_faults() {
        let cases = [
            ("2024-02-29", "\u{2}2024-02-29"),
            ("2023-02-29", "\u{3}"),
            ("2024-02-29T12:00:00.5", "\u{2}2024-02-29"),
            ("1899-12-30T08:30:00", "\u{5}8.5"),
            ("1899-12-30T00:00:00", ""),
            ("08:30:00", "\u{5}8.5"),
            ("PT37H30M00S", "\u{5}37.5"),
            ("PT37H30M00.000000000S", "\u{5}37.5"),
            ("P1DT13H30M", "\u{5}37.5"),
            ("-PT30M", "\u{5}-0.5"),
            ("P1M", "\u{3}"),
            ("PT", "\u{3}"),
            ("20240229", "\u{3}"),
            ("ä", "\u{3}"),
            ("", "\u{3}"),
        ];
        for (text, out) in cases {
            let mut field = String::new();
            push_iso_date(&mut field, text);
            assert_eq!(field, out, "{text}");
        }
    }

    /// Every day of the calendar, counted one by one.
    #[test]
    fn serial_numbers_are_the_days_of_the_calendar() {
        let (mut year, mut month, mut day) = (1900, 3, 1);
        for serial in 61..=2_958_465_u32 {
            let mut field = String::new();
            push_serial(&mut field, f64::from(serial), false);
            let mut expected = String::new();
            push_date(&mut expected, year, month, day);
            assert_eq!(field, expected);
            let mut again = String::new();
            push_iso_date(&mut again, &expected[1..]);
            assert_eq!(again, expected, "the day is none for the other reader");
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            day += 1;
            if day > last[usize::try_from(month).expect("small") - 1] {
                (month, day) = (month % 12 + 1, 1);
                year += i64::from(month == 1);
            }
        }
    }
}

//! Dates in every form, against a slow twin.
//!
//! In: a byte each for up to three forms, the pivot, open ends and the time of day, four for a day, then a text. Out: nothing.
//! Invariant: a text means what the twin says, which counts the days of years and months one by one; a date that a form writes, with a
//! time of day or without, is read as itself; a form is declared by the name it has.

#![no_main]

use libfuzzer_sys::fuzz_target;
use payquorum_fuzz::dates::{DateForm, Dated, Dates};

const TIMES: [&str; 8] =
    ["", " 00:00:00", "T00:00", " 23:59:59.999", "T12:30:00Z", "T12:30:00+02:00", " 0:00", " 12:00:00 AM"];
const MONTHS: [[&str; 4]; 12] = [
    ["JAN", "jan.", "Januar", "janvier"],
    ["FEB", "feb", "Februar", "février"],
    ["MAR", "mär", "März", "mars"],
    ["APR", "apr.", "April", "avril"],
    ["MAY", "mai", "Mai", "mayo"],
    ["JUN", "juin", "Juni", "giugno"],
    ["JUL", "juil", "Juli", "luglio"],
    ["AUG", "AUGUST", "août", "agosto"],
    ["SEP", "SEPT", "Sept.", "septembre"],
    ["OCT", "OKT", "Oktober", "octobre"],
    ["NOV", "nov", "November", "novembre"],
    ["DEC", "dez.", "Dezember", "décembre"],
];

fuzz_target!(|data: &[u8]| {
    let [one, two, three, pivot, options, time, a, b, c, text @ ..] = data else { return };
    let mut names: Vec<Name> = [one, two, three].into_iter().filter_map(|byte| Name::of(*byte)).collect();
    if names.is_empty() {
        names.push(Name { order: 0, month: "MM", year: "YYYY", separator: "-" });
    }
    let declared = |name: &Name| DateForm::of(&name.declaration()).expect("a form");
    let forms: Vec<DateForm> = names.iter().map(declared).collect();
    for (form, name) in forms.iter().zip(&names) {
        assert_eq!(form.name(), name.declaration());
        assert_eq!(form.has_short_year(), name.year == "YY");
        assert!(!form.clashes_with(form));
        assert!(forms.iter().all(|other| form.clashes_with(other) == other.clashes_with(form)));
    }
    let clash = forms.iter().any(|one| forms.iter().any(|other| one.clashes_with(other)));
    let pivot = (pivot % 128 < 100).then_some(pivot % 128);
    let open_ends = if options % 4 == 3 { vec!["00.00.0000".to_owned(), "open".to_owned()] } else { Vec::new() };
    let dates = Dates { forms, pivot, open_ends };
    let text = text.trim_ascii();
    let read = dates.parse(text);
    assert_eq!(read, twin(&names, &dates, text), "{names:?} {}", String::from_utf8_lossy(text));
    let _ = DateForm::of(&String::from_utf8_lossy(text)).map(|form| DateForm::of(form.name()).expect("its own name"));

    // A day between 1900 and 2199, written.
    let day = u32::from_le_bytes([*a, *b, *c, 0]) % 109_573;
    let (year, month, of_month) = civil(i32::try_from(day).expect("small"));
    let name = &names[usize::from(*options >> 2) % names.len()];
    let spelling = MONTHS[usize::try_from(month - 1).expect("a month")][usize::from(*options >> 6)];
    let fits = match (name.year, pivot) {
        ("YYYY", _) => true,
        (_, Some(pivot)) => {
            (1901 + i32::from(pivot)..=2000 + i32::from(pivot)).contains(&year)
                && (1900..2100).contains(&year)
                && ((year >= 2000) == (year % 100 <= i32::from(pivot)))
        }
        _ => false,
    };
    let written = name.write(year, month, of_month, spelling);
    // A point behind a short name is no separator.
    let splits = name.month == "MON" && !name.separator.is_empty() && spelling.contains(name.separator);
    if fits && !clash && !splits {
        let expected = Dated::Day(i32::try_from(day).expect("small") - 25_567);
        let timed = format!("{written}{}", TIMES[usize::from(time % 8)]);
        assert_eq!(dates.parse(written.as_bytes()), expected, "{written:?} as {}", name.declaration());
        assert_eq!(dates.parse(timed.as_bytes()), expected, "{timed:?} as {}", name.declaration());
    }
});

/// A form, as it is declared.
#[derive(Debug)]
struct Name {
    order: u8,
    month: &'static str,
    year: &'static str,
    separator: &'static str,
}

impl Name {
    fn of(byte: u8) -> Option<Self> {
        let separator = ["-", "/", ".", " ", ""][usize::from(byte % 5)];
        let rest = byte / 5;
        let (order, rest) = (rest % 3, rest / 3);
        let (mut month, mut year) =
            (if rest % 2 == 0 { "MM" } else { "MON" }, if rest / 2 % 2 == 0 { "YYYY" } else { "YY" });
        if separator.is_empty() {
            (month, year) = ("MM", "YYYY");
        }
        // Years between month and day are written in one piece nowhere.
        (rest < 12).then_some(Self { order, month, year, separator })
    }

    fn parts(&self) -> [&'static str; 3] {
        match self.order {
            0 => [self.year, self.month, "DD"],
            1 => ["DD", self.month, self.year],
            _ => [self.month, "DD", self.year],
        }
    }

    fn declaration(&self) -> String {
        self.parts().join(self.separator)
    }

    fn write(&self, year: i32, month: i32, day: i32, spelling: &str) -> String {
        let part = |part: &str| match part {
            "YYYY" => format!("{year:04}"),
            "YY" => format!("{:02}", year % 100),
            "MON" => spelling.to_owned(),
            "MM" => format!("{month:02}"),
            _ => format!("{day:02}"),
        };
        self.parts().map(part).join(self.separator)
    }
}

fn length(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + i32::from(year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Year, month and day of a day since 1900-01-01, counted through.
fn civil(mut day: i32) -> (i32, i32, i32) {
    let (mut year, mut month) = (1900, 1);
    while day >= 365 + length(year, 2) - 28 {
        day -= 365 + length(year, 2) - 28;
        year += 1;
    }
    while day >= length(year, month) {
        day -= length(year, month);
        month += 1;
    }
    (year, month, day + 1)
}

/// Days since 1970-01-01, counted through.
fn days(year: i32, month: i32, day: i32) -> i32 {
    let years: i32 = (1900..year).map(|year| 337 + length(year, 2)).sum();
    let months: i32 = (1..month).map(|month| length(year, month)).sum();
    years + months + day - 1 - 25_567
}

/// The slow twin: each form, with each beginning of the text that a time of day could follow.
fn twin(names: &[Name], dates: &Dates, text: &[u8]) -> Dated {
    if dates.open_ends.iter().any(|open| open.as_bytes().eq_ignore_ascii_case(text)) {
        return Dated::Open;
    }
    let is_time = |time: &[u8]| {
        time.first().is_some_and(u8::is_ascii_digit)
            && time.iter().all(|byte| byte.is_ascii_digit() || b":.Z+- APMapm".contains(byte))
    };
    let starts = (0..text.len()).filter(|&at| matches!(text[at], b' ' | b'T') && is_time(&text[at + 1..]));
    let starts: Vec<&[u8]> = std::iter::once(text).chain(starts.map(|at| &text[..at])).collect();
    for name in names {
        for start in &starts {
            let Some((year, month, day)) =
                std::str::from_utf8(start).ok().and_then(|text| take(name, dates.pivot, text))
            else {
                continue;
            };
            if (1..=12).contains(&month) && (1..=length(year, month)).contains(&day) {
                if year == 9999 {
                    return Dated::Open;
                }
                if (1900..2200).contains(&year) {
                    return Dated::Day(days(year, month, day));
                }
            }
        }
    }
    Dated::Broken
}

fn take(name: &Name, pivot: Option<u8>, text: &str) -> Option<(i32, i32, i32)> {
    let parts = name.parts();
    let texts: Vec<String> = if name.separator.is_empty() {
        let mut rest = text.to_owned();
        if rest.len() != 8 || !rest.is_ascii() {
            return None;
        }
        parts.iter().map(|part| rest.drain(..part.len()).collect()).collect()
    } else {
        text.splitn(3, name.separator).map(str::to_owned).collect()
    };
    let (mut year, mut month, mut day) = (None, None, None);
    for (part, text) in parts.iter().zip(&texts) {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let short = digits && matches!(text.len(), 1 | 2);
        match *part {
            "YYYY" if digits && text.len() == 4 => year = text.parse().ok(),
            "YY" if digits && text.len() == 2 => {
                let two: i32 = text.parse().ok()?;
                year = pivot.map(|pivot| if two > i32::from(pivot) { 1900 + two } else { 2000 + two });
            }
            "MM" if short => month = text.parse().ok(),
            "DD" if short => day = text.parse().ok(),
            "MON" => {
                // The names that this target writes, without the marks of abbreviations; others are the parser's own.
                let bare = text.trim_end_matches(['.', ',']).to_lowercase();
                let place = MONTHS
                    .iter()
                    .position(|names| names.iter().any(|name| name.trim_end_matches('.').to_lowercase() == bare));
                month =
                    place.map(|place| i32::try_from(place + 1).expect("a month")).or_else(|| named_otherwise(&bare));
            }
            _ => return None,
        }
    }
    Some((year?, month?, day?))
}

/// Other names of months: the parser is asked, with a date that is right beside them.
fn named_otherwise(bare: &str) -> Option<i32> {
    let form = DateForm::of("DD/MON/YYYY").expect("a form");
    let dates = Dates { forms: vec![form], ..Dates::default() };
    if bare.contains(['/', ' ']) {
        return None;
    }
    let Dated::Day(day) = dates.parse(format!("01/{bare}/2026").as_bytes()) else { return None };
    Some(civil(day + 25_567).1)
}

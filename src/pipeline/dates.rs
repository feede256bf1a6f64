//! Forms of dates: `DD.MM.YYYY`, `YYYYMMDD`, `DD-MON-YY` and their like.
//!
//! In: the forms that a pipeline declares, and texts. Out: days since 1970-01-01. Invariant: a text is a date only in a declared form;
//! two forms that could read one text as two dates are not declared together; a two-digit year needs a declared pivot.

/// One declared form of dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateForm {
    /// As it is declared.
    name: String,
    parts: [Part; 3],
    /// What stands between the parts; nothing in `YYYYMMDD`.
    separator: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    ShortYear,
    Month,
    NamedMonth,
    Day,
}

/// How dates of one group of files are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dates {
    /// The forms, tried in their order.
    pub forms: Vec<DateForm>,
    /// The last two-digit year of this century; earlier ones are of the last. None where no year has two digits.
    pub pivot: Option<u8>,
    /// Texts that mean that there is no date, as `00.00.0000`.
    pub open_ends: Vec<String>,
}

impl Default for Dates {
    fn default() -> Self {
        let iso = DateForm {
            name: "YYYY-MM-DD".to_owned(),
            parts: [Part::Year, Part::Month, Part::Day],
            separator: Some(b'-'),
        };
        Self { forms: vec![iso], pivot: None, open_ends: Vec::new() }
    }
}

/// What a text of a date column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dated {
    /// Days since 1970-01-01.
    Day(i32),
    /// No date: an open end.
    Open,
    /// No date in a declared form.
    Broken,
}

/// The year that HR systems write for an employment without an end.
const NO_END: i32 = 9999;

impl DateForm {
    /// The form that a declaration names; none where it names none.
    #[must_use]
    pub fn of(declared: &str) -> Option<Self> {
        let name = declared.trim().to_ascii_uppercase();
        let letters = |c: char| c.is_ascii_alphabetic();
        let separator = name.bytes().find(|byte| !byte.is_ascii_alphabetic());
        if separator.is_some_and(|separator| !matches!(separator, b'-' | b'/' | b'.' | b' ')) {
            return None;
        }
        let texts: Vec<&str> = match separator {
            Some(separator) => name.split(char::from(separator)).collect(),
            None if name.len() == 8 && name.chars().all(letters) => {
                let year_first = name.starts_with("YYYY");
                let (a, b, c) = if year_first { (4, 6, 8) } else { (2, 4, 8) };
                vec![&name[..a], &name[a..b], &name[b..c]]
            }
            None => return None,
        };
        let part = |text: &&str| {
            Some(match *text {
                "YYYY" => Part::Year,
                "YY" => Part::ShortYear,
                "MM" | "M" => Part::Month,
                "MON" | "MMM" => Part::NamedMonth,
                "DD" | "D" => Part::Day,
                _ => return None,
            })
        };
        let parts: Vec<Part> = texts.iter().map(part).collect::<Option<_>>()?;
        let parts: [Part; 3] = parts.try_into().ok()?;
        let of_kind = |kind: fn(&Part) -> bool| parts.iter().filter(|part| kind(part)).count() == 1;
        let complete = of_kind(|part| matches!(part, Part::Year | Part::ShortYear))
            && of_kind(|part| matches!(part, Part::Month | Part::NamedMonth))
            && of_kind(|part| *part == Part::Day);
        complete.then_some(Self { name, parts, separator })
    }

    /// Its declaration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a year has two digits.
    #[must_use]
    pub fn has_short_year(&self) -> bool {
        self.parts.contains(&Part::ShortYear)
    }

    /// Whether some text could be one date in this form and another in that one.
    #[must_use]
    pub fn clashes_with(&self, other: &Self) -> bool {
        let alike = |one: Part, other: Part| {
            one == other
                || matches!(
                    (one, other),
                    (Part::Month | Part::Day | Part::ShortYear, Part::Month | Part::Day | Part::ShortYear)
                )
        };
        self.separator == other.separator
            && self.parts != other.parts
            && self.parts.iter().zip(&other.parts).all(|(one, other)| alike(*one, *other))
    }

    /// Year, month and day of a text without a time of day.
    fn read(&self, text: &[u8], pivot: Option<u8>) -> Option<(i32, i32, i32)> {
        let mut found = [0; 3];
        let mut put = |place: usize, text: &[u8]| {
            let (number, place) = match self.parts[place] {
                Part::Year => (number(text, 4..=4)?, 0),
                Part::ShortYear => {
                    let year = number(text, 2..=2)?;
                    (if year <= i32::from(pivot?) { 2000 + year } else { 1900 + year }, 0)
                }
                Part::Month => (number(text, 1..=2)?, 1),
                Part::NamedMonth => (named_month(std::str::from_utf8(text).ok()?)?, 1),
                Part::Day => (number(text, 1..=2)?, 2),
            };
            found[place] = number;
            Some(())
        };
        if let Some(separator) = self.separator {
            let mut texts = text.splitn(3, |&byte| byte == separator);
            for place in 0..3 {
                let text = texts.next()?;
                // Between words a day may have a mark behind it: `Jan 15, 2025`, `15. Jan 2025`.
                let marked = separator == b' ' && self.parts[place] == Part::Day;
                let bare = text.strip_suffix(b",").or_else(|| text.strip_suffix(b".")).filter(|_| marked);
                put(place, bare.unwrap_or(text))?;
            }
        } else {
            if text.len() != 8 {
                return None;
            }
            let mut rest = text;
            for place in 0..3 {
                let (part, behind) = rest.split_at(if self.parts[place] == Part::Year { 4 } else { 2 });
                put(place, part)?;
                rest = behind;
            }
        }
        let [year, month, day] = found;
        Some((year, month, day))
    }
}

impl Dates {
    /// The declared forms, for messages.
    #[must_use]
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.forms.iter().map(DateForm::name).collect();
        names.join(" or ")
    }

    /// A date that is written `YYYY-MM-DD`, in the first declared form; as it stands where that has a named month.
    #[must_use]
    pub fn written(&self, iso: &str) -> String {
        let parts: Vec<&str> = iso.split('-').collect();
        let (Some(form), &[year, month, day]) = (self.forms.first(), parts.as_slice()) else { return iso.to_owned() };
        if form.parts.contains(&Part::NamedMonth) {
            return iso.to_owned();
        }
        let texts = form.parts.map(|part| match part {
            Part::Year => year,
            Part::ShortYear => year.get(2..).unwrap_or(year),
            Part::Month | Part::NamedMonth => month,
            Part::Day => day,
        });
        texts.join(&form.separator.map_or(String::new(), |separator| char::from(separator).to_string()))
    }

    /// What `text` (trimmed) means, from 1900 to 2199. A time of day after the date (`2026-09-30 00:00:00`, `2026-09-30T00:00`) is
    /// allowed and dropped. The year 9999 means that there is no end.
    #[must_use]
    pub fn parse(&self, text: &[u8]) -> Dated {
        if !self.open_ends.is_empty() && self.open_ends.iter().any(|open| open.as_bytes().eq_ignore_ascii_case(text)) {
            return Dated::Open;
        }
        if let (&[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1], Some(form)) = (text, self.forms.first())
            && form.parts == [Part::Year, Part::Month, Part::Day]
            && form.separator == Some(b'-')
            && [y0, y1, y2, y3, m0, m1, d0, d1].iter().all(u8::is_ascii_digit)
        {
            let digit = |byte: u8| i32::from(byte - b'0');
            let year = 1000 * digit(y0) + 100 * digit(y1) + 10 * digit(y2) + digit(y3);
            let (month, day) = (10 * digit(m0) + digit(m1), 10 * digit(d0) + digit(d1));
            if (1900..=2199).contains(&year) && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day) {
                return Dated::Day(days_since_epoch(year, month, day));
            }
        }
        for form in &self.forms {
            let read = form.read(without_time(text, form.separator), self.pivot);
            if let Some((year, month, day)) = read
                && (1..=12).contains(&month)
                && (1..=days_in(year, month)).contains(&day)
            {
                if year == NO_END {
                    return Dated::Open;
                }
                if (1900..=2199).contains(&year) {
                    return Dated::Day(days_since_epoch(year, month, day));
                }
            }
        }
        Dated::Broken
    }
}

/// The date in front of a time of day.
fn without_time(text: &[u8], separator: Option<u8>) -> &[u8] {
    let inside = if separator == Some(b' ') { 2 } else { 0 };
    let is_time = |time: &[u8]| {
        // `1/15/2025 12:00:00 AM`
        let time = match time {
            [clock @ .., b'A' | b'P' | b'a' | b'p', b'M' | b'm'] => clock.trim_ascii_end(),
            time => time,
        };
        time.first().is_some_and(u8::is_ascii_digit)
            && time.iter().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'Z' | b'+' | b'-'))
    };
    // `T` also stands in names of months. A date holds two of each at most: `1 OTTOBRE 2026`.
    let mut spaces = 0;
    for (end, mark) in text.iter().enumerate().filter(|(_, byte)| matches!(byte, b' ' | b'T')).take(5) {
        if spaces >= inside && is_time(&text[end + 1..]) {
            return &text[..end];
        }
        spaces += usize::from(*mark == b' ');
    }
    text
}

fn number(text: &[u8], digits: std::ops::RangeInclusive<usize>) -> Option<i32> {
    if !digits.contains(&text.len()) || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0, |value, byte| value * 10 + i32::from(byte - b'0')))
}

/// The first letters of months in the languages of exports; each means one month in all of them.
const MONTHS: [&str; 12] = [
    "jan janv january januar jän jänner jaenner janvier ene enero gen gennaio januari styczen styczeń stycznia sty",
    "feb febr february februar fev févr fevr février fevrier febrero febbraio februari feber lut luty lutego",
    "mar march mär maer mrz märz mars marzo março marco mrt maart marzec marca",
    "apr april avr avril abr abril aprile kwi kwiecien kwiecień kwietnia",
    "may mai mayo mag maggio mei maj maja",
    "jun june juni juin junio giu giugno junho cze czerwiec czerwca",
    "jul july juli juil juillet julio lug luglio julho lip lipiec lipca",
    "aug august août aout ago agosto augustus augusti sie sierpien sierpień sierpnia",
    "sep sept september septembre septiembre set settembre setembro wrz wrzesien wrzesień września",
    "oct october okt oktober octobre octubre ott ottobre out outubro paz paź październik października",
    "nov november novembre noviembre novembro lis listopad listopada",
    "dec december dez dezember déc decembre décembre dic diciembre dicembre dezembro gru grudzien grudzień grudnia",
];

/// The number of a month by its name, in the languages of exports.
#[must_use]
pub fn named_month(name: &str) -> Option<i32> {
    let name = name.trim_end_matches(['.', ',']).to_lowercase();
    let place = MONTHS.iter().position(|names| names.split(' ').any(|known| known == name))?;
    i32::try_from(place + 1).ok()
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

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use proptest::prelude::*;

    use super::*;

    fn dates(forms: &[&str], pivot: Option<u8>) -> Dates {
        let forms = forms.iter().map(|form| DateForm::of(form).expect("a form")).collect();
        Dates { forms, pivot, open_ends: vec!["00.00.0000".to_owned()] }
    }

    fn day(year: i16, month: i8, day: i8) -> Dated {
        let epoch = Date::new(1970, 1, 1).expect("the epoch");
        let date = Date::new(year, month, day).expect("a date");
        Dated::Day(date.since(epoch).expect("a span in days").get_days())
    }

    #[test]
    fn dates_are_read_as_declared() {
        for (form, text, expected) in [
            ("DD.MM.YYYY", "01.02.1970", Dated::Day(31)),
            ("MM/DD/YYYY", "01/02/1970", Dated::Day(1)),
            ("YYYY-MM-DD", "1970-01-01 00:00:00", Dated::Day(0)),
            ("YYYY-MM-DD", "1970-01-01T00:00:00.000Z", Dated::Day(0)),
            ("MM/DD/YYYY", "12/31/2015 12:00:00 AM", day(2015, 12, 31)),
            ("MM/DD/YYYY", "31/12/2020", Dated::Broken),
            ("YYYY-MM-DD", "2023-02-29", Dated::Broken),
            ("YYYY-MM-DD", "20230228", Dated::Broken),
            ("YYYYMMDD", "20230228", day(2023, 2, 28)),
            ("DDMMYYYY", "28022023", day(2023, 2, 28)),
            ("DD MON YYYY", "30 OCT 2026", day(2026, 10, 30)),
            ("DD MON YYYY", "1 OTTOBRE 2026 12:00:00 AM", day(2026, 10, 1)),
            ("DD-MON-YYYY", "30-OCT-2026 00:00:00", day(2026, 10, 30)),
            ("DD-MON-YY", "01-SEPT-25T07:30", day(2025, 9, 1)),
            ("DD-MON-YYYY", "31-DEC-2025", day(2025, 12, 31)),
            ("DD-MON-YYYY", "31-Oct-2025", day(2025, 10, 31)),
            ("DD.MON.YYYY", "1.März.2025", day(2025, 3, 1)),
            ("DD MON YYYY", "1 août 2025", day(2025, 8, 1)),
            ("DD MON YYYY", "7 Jänner 2025", day(2025, 1, 7)),
            ("DD MON YYYY", "7 października 2025", day(2025, 10, 7)),
            ("DD MON YYYY", "1 Sept 2025 07:30", day(2025, 9, 1)),
            ("DD-MON-YY", "31-DEC-25", day(2025, 12, 31)),
            ("MON DD YYYY", "Jan 15, 2025", day(2025, 1, 15)),
            ("DD MON YYYY", "15. Jan 2025", day(2025, 1, 15)),
            ("MM/DD/YYYY", "1/15/2025 12:00:00 AM", day(2025, 1, 15)),
            ("MM/DD/YYYY", "1/15/2025 AM", Dated::Broken),
            ("MM/DD/YY", "07/05/31", day(1931, 7, 5)),
            ("MM/DD/YY", "7/5/11", day(2011, 7, 5)),
            ("MM/DD/YY", "07/05/2011", Dated::Broken),
            ("MM/DD/YYYY", "07/05/11", Dated::Broken),
            ("DD.MM.YYYY", "31.12.9999", Dated::Open),
            ("DD.MM.YYYY", "00.00.0000", Dated::Open),
            ("DD.MM.YYYY", "", Dated::Broken),
        ] {
            assert_eq!(dates(&[form], Some(30)).parse(text.as_bytes()), expected, "{form} {text}");
        }
        assert_eq!(dates(&["MM/DD/YY"], None).parse(b"07/05/11"), Dated::Broken, "no pivot is declared");
    }

    #[test]
    fn several_forms_stand_beside_each_other_where_none_reads_what_another_reads() {
        for (form, text) in [
            ("DD.MM.YYYY", "31.12.2025"),
            ("YYYYMMDD", "20251231"),
            ("MM/DD/YY", "12/31/25"),
            ("DD-MON-YY", "2025-12-31"),
        ] {
            assert_eq!(dates(&[form], Some(30)).written("2025-12-31"), text);
        }
        let both = dates(&["YYYY-MM-DD", "DD.MM.YYYY"], None);
        assert_eq!(both.parse(b"2025-12-31"), both.parse(b"31.12.2025"));
        let form = |name: &str| DateForm::of(name).expect("a form");
        assert!(form("DD/MM/YYYY").clashes_with(&form("MM/DD/YYYY")));
        assert!(form("DD/MM/YY").clashes_with(&form("YY/MM/DD")));
        assert!(!form("DD/MM/YYYY").clashes_with(&form("YYYY/MM/DD")));
        assert!(!form("DD/MM/YYYY").clashes_with(&form("DD/MM/YYYY")));
        for nonsense in ["", "DD.MM", "MM.MM.YYYY", "YYYY_MM_DD", "DD-MM-YYYY-", "ddmmyy", "DD-MM/YYYY"] {
            assert_eq!(DateForm::of(nonsense), None, "{nonsense}");
        }
    }

    proptest! {
        #[test]
        fn days_agree_with_a_calendar_library(year in 1900_i16..2200, month in 1_i8..=12, day in 1_i8..=31) {
            let expected = Date::new(year, month, day).ok().map_or(Dated::Broken, |date| {
                let epoch = Date::new(1970, 1, 1).expect("the epoch");
                Dated::Day(date.since(epoch).expect("a span in days").get_days())
            });
            for (form, text) in [
                ("YYYY-MM-DD", format!("{year:04}-{month:02}-{day:02}")),
                ("YYYYMMDD", format!("{year:04}{month:02}{day:02}")),
                ("DD.MM.YYYY", format!("{day}.{month}.{year:04}")),
            ] {
                prop_assert_eq!(dates(&[form], None).parse(text.as_bytes()), expected);
            }
        }

        /// What two forms that are allowed together read, they read alike.
        #[test]
        fn forms_that_do_not_clash_never_disagree(text in "[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}", one in 0_usize..10, other in 0_usize..10) {
            const NAMES: [&str; 10] = ["YYYY-MM-DD", "YYYY/MM/DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "MM/DD/YY", "DD.MM.YY", "YY/MM/DD", "YYYYMMDD"];
            let (one, other) = (DateForm::of(NAMES[one]).expect("a form"), DateForm::of(NAMES[other]).expect("a form"));
            if !one.clashes_with(&other) {
                let read = |form: DateForm| Dates { forms: vec![form], pivot: Some(30), open_ends: Vec::new() }.parse(text.as_bytes());
                if let (Dated::Day(one), Dated::Day(other)) = (read(one), read(other)) {
                    prop_assert_eq!(one, other);
                }
            }
        }

        #[test]
        fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..30)) {
            let _ = Dates::default().parse(&text);
            let _ = dates(&["DD MON YY", "YYYYMMDD"], Some(30)).parse(&text);
        }
    }
}

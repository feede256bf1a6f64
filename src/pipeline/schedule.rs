//! `[schedule]` of a pipeline file.
//!
//! In: the section. Out: a [`Schedule`]. Invariant: a schedule that could be read in two ways is refused: a time of day needs a time
//! zone, and a number of days says whether they are working days.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::read::Reader;
use super::section::{Placed, Section};
use crate::period::{Period, PeriodKind};
use crate::problem::nearest;
use crate::schedule::{Delay, Schedule, WorkingDays, read_holidays};

/// Most days after the end of a period.
const CEILING_DAYS: u16 = 999;

const RELEASE: &str = "`release = \"10 working days after period end\"`";

impl Reader<'_> {
    /// What `[schedule]` says; none without it, or where the collected problems say why.
    pub(super) fn schedule(&self, kind: Option<PeriodKind>) -> Option<Schedule> {
        let section = self.root.section("schedule")?;
        let delay = section.required_text("release", RELEASE).and_then(|text| delay(&section, &text));
        let holidays = section.text("holidays").map(|text| self.holidays(&section, &text));
        let embargo = section.text("embargo").map(|text| embargo(&section, &text));
        let zone = "the time zone of the due date, as in `time_zone = \"Europe/Berlin\"`";
        let time_zone = section.required_text("time_zone", zone).and_then(|text| time_zone(&section, &text));
        let min_companies_uploaded = section.count("min_companies_uploaded", 1).unwrap_or(1);
        let first = section.text("first").and_then(|text| first(&section, &text, kind));
        section.finish();
        let working_days = holidays.unwrap_or_else(|| Some(WorkingDays::default()))?;
        let embargo = embargo.unwrap_or_else(|| Some(Time::midnight()))?;
        let schedule = Schedule::new(delay?, working_days, embargo, time_zone?);
        Some(Schedule { min_companies_uploaded, first, ..schedule })
    }

    fn holidays(&self, section: &Section<'_>, text: &Placed<String>) -> Option<WorkingDays> {
        match read_holidays(&self.path(&text.value)) {
            Ok(holidays) => Some(WorkingDays::new(&holidays)),
            Err(error) => {
                section.problems.add(
                    &text.at,
                    format!("the holidays are not usable: {error}"),
                    "name a CSV file with one column `date` of dates like 2026-12-25",
                );
                None
            }
        }
    }
}

/// `10 working days after period end`, or `10 days after period end`.
fn delay(section: &Section<'_>, text: &Placed<String>) -> Option<Delay> {
    let words: Vec<&str> = text.value.split_whitespace().collect();
    let (number, working) = match words[..] {
        [number, "working", "day" | "days", "after", "period", "end"] => (number, true),
        [number, "day" | "days", "after", "period", "end"] => (number, false),
        _ => ("", false),
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let days = number.parse::<u16>().ok().filter(|days| digits && (1..=CEILING_DAYS).contains(days));
    if days.is_none() {
        section.problems.add(
            &text.at,
            format!("`{}` is no number of days after the end of a period", section.name("release")),
            format!("write {RELEASE} or `\"30 days after period end\"`, with 1 to {CEILING_DAYS} days"),
        );
    }
    days.map(if working { Delay::WorkingDays } else { Delay::Days })
}

/// `09:30`.
fn embargo(section: &Section<'_>, text: &Placed<String>) -> Option<Time> {
    let two_digits = |part: &str| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<i8>().ok()).flatten()
    };
    let time = text.value.split_once(':').and_then(|(hour, minute)| {
        let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
        Time::new(hour, minute, 0, 0).ok()
    });
    if time.is_none() {
        section.problems.add(
            &text.at,
            format!("`{}` is no time of day", section.name("embargo")),
            "write hours and minutes, from 00:00 to 23:59, as in `embargo = \"09:30\"`",
        );
    }
    time
}

fn time_zone(section: &Section<'_>, text: &Placed<String>) -> Option<TimeZone> {
    if let Ok(zone) = TimeZone::get(&text.value) {
        return Some(zone);
    }
    let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let mend = match nearest(&text.value, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "write its name in the IANA time zone database, as in \"Europe/Berlin\" or \"UTC\"".to_owned(),
    };
    section.problems.add(&text.at, format!("`{}` is no time zone", section.name("time_zone")), mend);
    None
}

fn first(section: &Section<'_>, text: &Placed<String>, kind: Option<PeriodKind>) -> Option<Period> {
    let kind = kind?;
    let period = kind.parse(&text.value);
    if period.is_none() {
        section.problems.add(
            &text.at,
            format!("`{}` is not a period of this pipeline", section.name("first")),
            format!("write it like {}", kind.example()),
        );
    }
    period
}

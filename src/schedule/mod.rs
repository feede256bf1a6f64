//! When the release of a period is due.
//!
//! In: what `[schedule]` of a pipeline file says. Out: for each period a day and a moment. Invariant: the same schedule gives the
//! same moments on any machine, whatever its own time zone is; no clock is read here. Where a time of day comes twice, as
//! on the last night of summer time, the later one counts; where it is left out in spring, the clock is an hour further: an embargo never
//! ends early.

mod holidays;
mod working_days;

use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

pub(crate) use holidays::read_holidays;
pub use working_days::WorkingDays;

use crate::period::Period;

/// How long after the last day of a period its release is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// So many days, Sundays and holidays included.
    Days(u16),
    /// So many working days.
    WorkingDays(u16),
}

/// When releases of a pipeline are due, and what they wait for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Schedule {
    /// From the period's last day to the due date.
    pub delay: Delay,
    /// Which days are working days.
    pub working_days: WorkingDays,
    /// The time of day before which nothing is published on the due date.
    pub embargo: Time,
    /// Where that time of day is read from the clock.
    pub time_zone: TimeZone,
    /// Fewest companies of the register that must have records of the period in the store.
    pub min_companies_uploaded: u64,
    /// The first period that is released on schedule, where the file says so.
    pub first: Option<Period>,
}

impl Schedule {
    /// A schedule that begins with the first period there is, and waits for one company.
    #[must_use]
    pub fn new(delay: Delay, working_days: WorkingDays, embargo: Time, time_zone: TimeZone) -> Self {
        Self { delay, working_days, embargo, time_zone, min_companies_uploaded: 1, first: None }
    }

    /// The day on which a period is due; none beyond the end of the calendar.
    #[must_use]
    pub fn due_date(&self, period: Period) -> Option<Date> {
        let last = period.last_day();
        let day = match self.delay {
            Delay::Days(days) => last.checked_add(i32::from(days))?,
            Delay::WorkingDays(days) => self.working_days.after(last, days),
        };
        calendar_day(day)
    }

    /// The moment from which a period is due.
    #[must_use]
    pub fn due(&self, period: Period) -> Option<Zoned> {
        let local = self.due_date(period)?.to_datetime(self.embargo);
        self.time_zone.to_ambiguous_zoned(local).later().ok()
    }

    /// Whether the due moment of a period has come.
    #[must_use]
    pub fn is_due(&self, period: Period, now: Timestamp) -> bool {
        self.due(period).is_some_and(|due| due.timestamp() <= now)
    }

    /// The due moment of a period, for people.
    #[must_use]
    pub fn moment(&self, period: Period) -> String {
        let shown = self.due(period).map(|due| format!("{} {}", due.strftime("%Y-%m-%d %H:%M"), self.place()));
        shown.unwrap_or_else(|| "never: it is beyond the end of the calendar".to_owned())
    }

    /// The last holiday that is known.
    #[must_use]
    pub fn last_holiday(&self) -> Option<Date> {
        self.working_days.last_holiday().and_then(calendar_day)
    }

    /// The schedule in words.
    #[must_use]
    pub fn sentence(&self) -> String {
        let delay = match self.delay {
            Delay::Days(days) => format!("{days} days"),
            Delay::WorkingDays(days) => format!("{days} working days"),
        };
        let embargo = self.embargo.strftime("%H:%M");
        format!("{delay} after the end of the period, from {embargo} {} on", self.place())
    }

    /// The name of the time zone.
    fn place(&self) -> &str {
        self.time_zone.iana_name().unwrap_or("UTC")
    }
}

/// The date of a day since 1970-01-01.
fn calendar_day(day: i32) -> Option<Date> {
    date(1970, 1, 1).checked_add(Span::new().try_days(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(delay: Delay, embargo: Time, zone: &str) -> Schedule {
        Schedule::new(delay, WorkingDays::default(), embargo, TimeZone::get(zone).expect("a time zone"))
    }

    #[test]
    fn a_quarter_is_due_on_its_tenth_working_day_at_the_embargo() {
        let schedule = schedule(Delay::WorkingDays(10), Time::constant(9, 30, 0, 0), "Europe/Berlin");
        let period = Period::Quarter(2026, 3);
        assert_eq!(schedule.due_date(period), Some(date(2026, 10, 14)));
        assert_eq!(schedule.moment(period), "2026-10-14 09:30 Europe/Berlin");
        let moment = |text: &str| text.parse::<Timestamp>().expect("a moment");
        assert!(!schedule.is_due(period, moment("2026-10-14T09:29:59.999999999+02:00")));
        assert!(schedule.is_due(period, moment("2026-10-14T09:30:00+02:00")));
        assert_eq!(schedule.moment(Period::Quarter(2026, 4)), "2027-01-14 09:30 Europe/Berlin");
    }

    #[test]
    fn each_kind_of_period_has_its_end() {
        let schedule = schedule(Delay::Days(30), Time::midnight(), "UTC");
        assert_eq!(schedule.due_date(Period::Year(2026)), Some(date(2027, 1, 30)));
        assert_eq!(schedule.due_date(Period::Quarter(2026, 2)), Some(date(2026, 7, 30)));
        assert_eq!(schedule.due_date(Period::Month(2028, 1)), Some(date(2028, 3, 1)), "a leap year");
    }

    #[test]
    fn an_embargo_in_the_hour_of_a_clock_change_never_ends_early() {
        let at_half_past_two = |days| schedule(Delay::Days(days), Time::constant(2, 30, 0, 0), "Europe/Berlin");
        // 2026-10-25, 02:30 comes in summer time and again an hour later.
        let twice = at_half_past_two(25).due(Period::Quarter(2026, 3)).expect("a moment");
        assert_eq!(twice.timestamp().to_string(), "2026-10-25T01:30:00Z");
        // 2026-03-29, the clock goes from 02:00 to 03:00.
        let never = at_half_past_two(29).due(Period::Month(2026, 2)).expect("a moment");
        assert_eq!(never.strftime("%H:%M").to_string(), "03:30");
    }
}

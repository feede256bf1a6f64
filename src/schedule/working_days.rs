//! Working days: Mondays to Fridays that are no holidays.
//!
//! In: a day and a number of working days. Out: the last of that many working days after it. Invariant: the day that comes out is a
//! working day, and exactly so many are after the first day and not after it. Days are numbers since 1970-01-01.

use std::collections::BTreeSet;
use std::ops::Bound;

/// Days of a week on which people work.
const WORKED: i32 = 5;

/// Which days are working days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkingDays {
    /// Holidays on Mondays to Fridays; others change nothing.
    holidays: BTreeSet<i32>,
    /// The last holiday that is known, on whatever day of the week.
    last: Option<i32>,
}

impl WorkingDays {
    /// With these holidays.
    #[must_use]
    pub fn new(holidays: &BTreeSet<i32>) -> Self {
        let weekdays = holidays.iter().copied().filter(|&day| weekday(day) < WORKED);
        Self { holidays: weekdays.collect(), last: holidays.last().copied() }
    }

    /// The last holiday that is known; after it there may be others of which nobody has said anything.
    #[must_use]
    pub fn last_holiday(&self) -> Option<i32> {
        self.last
    }

    /// The day on which so many working days have come after `day`.
    #[must_use]
    pub fn after(&self, day: i32, working_days: u16) -> i32 {
        let (mut counted, mut at) = (day, weekdays_after(day, i32::from(working_days)));
        // Each holiday on the way takes a day, and the days in its place may be holidays as well.
        loop {
            let passed = self.holidays.range((Bound::Excluded(counted), Bound::Included(at))).count();
            if passed == 0 {
                return at;
            }
            counted = at;
            at = weekdays_after(at, i32::try_from(passed).unwrap_or(i32::MAX));
        }
    }
}

/// The day of the week, 0 for Monday.
fn weekday(day: i32) -> i32 {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7)
}

/// The day on which so many Mondays to Fridays have come after `day`.
fn weekdays_after(day: i32, weekdays: i32) -> i32 {
    if weekdays == 0 {
        return day;
    }
    let beyond_friday = (weekday(day) - (WORKED - 1)).max(0);
    let (weeks, rest) = (weekdays / WORKED, weekdays % WORKED);
    let weekend = if weekday(day) - beyond_friday + rest >= WORKED { 7 - WORKED } else { 0 };
    day - beyond_friday + weeks * 7 + rest + weekend
}

#[cfg(test)]
mod tests {
    use jiff::Span;
    use jiff::civil::{Date, Weekday, date};
    use proptest::prelude::*;

    use super::*;

    fn calendar_day(day: i32) -> Date {
        date(1970, 1, 1).checked_add(Span::new().days(day)).expect("a day")
    }

    /// The slow twin: walks from day to day, and asks a calendar for the day of the week.
    fn walked(holidays: &BTreeSet<i32>, mut day: i32, working_days: u16) -> i32 {
        let mut left = working_days;
        while left > 0 {
            day += 1;
            let weekend = matches!(calendar_day(day).weekday(), Weekday::Saturday | Weekday::Sunday);
            if !weekend && !holidays.contains(&day) {
                left -= 1;
            }
        }
        day
    }

    #[test]
    fn no_working_day_after_a_day_is_that_day() {
        let holidays = WorkingDays::new(&(-3..3).collect());
        for day in -10..10 {
            assert_eq!(WorkingDays::default().after(day, 0), day);
            assert_eq!(holidays.after(day, 0), day);
        }
    }

    #[test]
    fn christmas_and_new_year_are_passed_over() {
        let number = |day: Date| date(1970, 1, 1).until(day).expect("a span").get_days();
        let holidays = [date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)].map(number).into();
        let working_days = WorkingDays::new(&holidays);
        // Friday is a holiday, then comes a weekend.
        assert_eq!(calendar_day(working_days.after(number(date(2026, 12, 24)), 1)), date(2026, 12, 28));
        assert_eq!(calendar_day(working_days.after(number(date(2026, 12, 31)), 10)), date(2027, 1, 15));
        assert_eq!(working_days.last_holiday().map(calendar_day), Some(date(2027, 1, 1)));
    }

    proptest! {
        #[test]
        fn as_if_walked_day_by_day(
            day in -20_000..40_000_i32,
            working_days in 0..400_u16,
            offsets in proptest::collection::btree_set(-5..700_i32, 0..60),
            run in 0..40_i32,
        ) {
            // Some far apart, and a run of them right after the first day.
            let holidays: BTreeSet<i32> = offsets.iter().copied().chain(0..run).map(|offset| day + offset).collect();
            let fast = WorkingDays::new(&holidays).after(day, working_days);
            prop_assert_eq!(fast, walked(&holidays, day, working_days));
        }
    }
}

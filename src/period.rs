//! Calendar periods: years, quarters and months.
//!
//! In: the text of an upload's `period` column or of `--period`. Out: a [`Period`] of the pipeline's kind.
//! Invariant: a text that is coarser than the kind is refused, never filled in.

use std::fmt;

use serde::Serialize;

/// How long the periods of a pipeline are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PeriodKind {
    /// Calendar years, written `2026`.
    Year,
    /// Calendar quarters, written `2026-Q3`.
    Quarter,
    /// Calendar months, written `2026-09`.
    Month,
}

/// One calendar period; ordered by time among periods of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// A year.
    Year(i16),
    /// A year and a quarter, 1 to 4.
    Quarter(i16, u8),
    /// A year and a month, 1 to 12.
    Month(i16, u8),
}

impl PeriodKind {
    /// What a text of this kind looks like, for messages.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Self::Year => "2026",
            Self::Quarter => "2026-Q3, 2026-09 or 2026-09-30",
            Self::Month => "2026-09 or 2026-09-30",
        }
    }

    /// The period of this kind that holds the given month.
    #[must_use]
    pub fn holding(self, year: i16, month: u8) -> Period {
        match self {
            Self::Year => Period::Year(year),
            Self::Quarter => Period::Quarter(year, (month - 1) / 3 + 1),
            Self::Month => Period::Month(year, month),
        }
    }

    /// The period that `text` names: `2026`, `2026-Q3`, `2026-09` or `2026-09-30`. None where it is none of these or
    /// is coarser than this kind.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<Period> {
        let year_text = text.get(..4)?;
        if !year_text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let year: i16 = year_text.parse().ok()?;
        if !(1900..=2999).contains(&year) {
            return None;
        }
        let rest = &text[4..];
        if rest.is_empty() {
            return (self == Self::Year).then_some(Period::Year(year));
        }
        let rest = rest.strip_prefix('-')?;
        if let Some(quarter) = rest.strip_prefix(['Q', 'q']) {
            let quarter = match quarter {
                "1" => 1,
                "2" => 2,
                "3" => 3,
                "4" => 4,
                _ => return None,
            };
            return match self {
                Self::Year => Some(Period::Year(year)),
                Self::Quarter => Some(Period::Quarter(year, quarter)),
                Self::Month => None,
            };
        }
        let two_digits = |text: &str| {
            (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u8>().ok()).flatten()
        };
        let (month, day) = match rest.split_once('-') {
            Some((month, day)) => (two_digits(month)?, Some(two_digits(day)?)),
            None => (two_digits(rest)?, None),
        };
        if !(1..=12).contains(&month) || day.is_some_and(|day| !(1..=31).contains(&day)) {
            return None;
        }
        Some(self.holding(year, month))
    }
}

impl Period {
    /// The period before.
    #[must_use]
    pub fn previous(self) -> Self {
        match self {
            Self::Year(year) => Self::Year(year - 1),
            Self::Quarter(year, 1) => Self::Quarter(year - 1, 4),
            Self::Quarter(year, quarter) => Self::Quarter(year, quarter - 1),
            Self::Month(year, 1) => Self::Month(year - 1, 12),
            Self::Month(year, month) => Self::Month(year, month - 1),
        }
    }

    /// The period after.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Year(year) => Self::Year(year + 1),
            Self::Quarter(year, 4) => Self::Quarter(year + 1, 1),
            Self::Quarter(year, quarter) => Self::Quarter(year, quarter + 1),
            Self::Month(year, 12) => Self::Month(year + 1, 1),
            Self::Month(year, month) => Self::Month(year, month + 1),
        }
    }

    /// The same period a year before.
    #[must_use]
    pub fn year_before(self) -> Self {
        match self {
            Self::Year(year) => Self::Year(year - 1),
            Self::Quarter(year, quarter) => Self::Quarter(year - 1, quarter),
            Self::Month(year, month) => Self::Month(year - 1, month),
        }
    }

    /// Year and month of its last day.
    #[must_use]
    pub fn last_month(self) -> (i16, u8) {
        match self {
            Self::Year(year) => (year, 12),
            Self::Quarter(year, quarter) => (year, quarter * 3),
            Self::Month(year, month) => (year, month),
        }
    }

    /// The last day, in days since 1970-01-01: the day on which a snapshot of the period is taken.
    #[must_use]
    pub fn last_day(self) -> i32 {
        let (year, month) = self.last_month();
        let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let next = jiff::civil::Date::new(year, i8::try_from(month).unwrap_or(1), 1);
        let epoch = jiff::civil::date(1970, 1, 1);
        next.ok().and_then(|next| epoch.until(next).ok()).map_or(i32::MAX, |span| span.get_days() - 1)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(out, "{year}"),
            Self::Quarter(year, quarter) => write!(out, "{year}-Q{quarter}"),
            Self::Month(year, month) => write!(out, "{year}-{month:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finer_text_falls_into_its_period() {
        assert_eq!(PeriodKind::Quarter.parse("2026-09"), Some(Period::Quarter(2026, 3)));
        assert_eq!(PeriodKind::Quarter.parse("2026-Q3"), Some(Period::Quarter(2026, 3)));
        assert_eq!(PeriodKind::Year.parse("2026-12-31"), Some(Period::Year(2026)));
        assert_eq!(PeriodKind::Month.parse("2026-09-30"), Some(Period::Month(2026, 9)));
    }

    #[test]
    fn a_coarser_or_broken_text_is_refused() {
        for (kind, text) in [
            (PeriodKind::Quarter, "2026"),
            (PeriodKind::Month, "2026-Q3"),
            (PeriodKind::Quarter, "2026-Q5"),
            (PeriodKind::Month, "2026-13"),
            (PeriodKind::Month, "2026-9"),
            (PeriodKind::Year, "26"),
            (PeriodKind::Year, "२०२६"),
            (PeriodKind::Year, "+026"),
        ] {
            assert_eq!(kind.parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_period_ends_on_its_last_day() {
        assert_eq!(Period::Year(1970).last_day(), 364);
        assert_eq!(Period::Quarter(1970, 1).last_day(), 89);
        assert_eq!(Period::Month(1972, 2).last_day(), 789); // a leap year
    }

    #[test]
    fn earlier_periods_cross_years() {
        assert_eq!(Period::Quarter(2026, 1).previous(), Period::Quarter(2025, 4));
        assert_eq!(Period::Month(2026, 1).previous(), Period::Month(2025, 12));
        assert_eq!(Period::Quarter(2026, 3).year_before(), Period::Quarter(2025, 3));
    }

    #[test]
    fn the_next_period_has_this_one_before_it() {
        let mut period = Period::Month(2026, 11);
        for expected in [Period::Month(2026, 12), Period::Month(2027, 1), Period::Month(2027, 2)] {
            assert_eq!((period.next(), period.next().previous()), (expected, period));
            period = period.next();
        }
        assert_eq!(Period::Quarter(2026, 4).next(), Period::Quarter(2027, 1));
        assert_eq!(Period::Year(2026).next(), Period::Year(2027));
    }

    #[test]
    fn a_period_is_written_as_it_is_read() {
        for (kind, text) in
            [(PeriodKind::Year, "2026"), (PeriodKind::Quarter, "2026-Q3"), (PeriodKind::Month, "2026-09")]
        {
            assert_eq!(kind.parse(text).map(|period| period.to_string()).as_deref(), Some(text));
        }
    }
}

//! The edits, one per file.
//!
//! In: the [`Evidence`] of one company and period. Out: what they have to say of it. Invariant: an edit is a function of the evidence
//! alone; what one edit explains no other repeats, so that a fault is told once.

mod all_zero;
mod column_mean;
mod column_vanished;
mod gender_unknown;
mod gender_vanished;
mod headcount;
mod id_form;
mod pay_bases;
mod pay_basis;
mod pay_moved;
mod pay_outside_sector;
mod period_to_come;
mod same_as_last;
mod shrinks;
mod stray_period;
mod weekly_hours;
mod zero_padding;

pub(super) use stray_period::is_stray;

use super::Severity;
use super::evidence::Evidence;

/// An edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The period has not begun.
    PeriodToCome,
    /// A period is a small part of an upload, and would take the place of a larger snapshot or come after all others.
    StrayPeriod,
    /// The rows are those of the period before.
    SameAsLast,
    /// A stored snapshot would lose more than half of its records.
    Shrinks,
    /// Many more or fewer records than in the period before.
    Headcount,
    /// Hours that are no week's.
    WeeklyHours,
    /// Base pay is higher or lower as if it were given for another time.
    PayBasis,
    /// Base pay moved.
    PayMoved,
    /// Base pay is far from that of the sector.
    PayOutsideSector,
    /// Two pay bases of one upload contradict each other.
    PayBases,
    /// Another column of money moved.
    ColumnMean,
    /// A column is empty that was filled.
    ColumnVanished,
    /// A column of numbers is zero throughout.
    AllZero,
    /// No code of gender is one that the pipeline knows.
    GenderUnknown,
    /// A gender is gone.
    GenderVanished,
    /// Zeros in front of employee IDs came or went.
    ZeroPadding,
    /// Employee IDs are written in another way.
    IdForm,
}

/// Something that an edit has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) rule: Rule,
    pub(super) severity: Severity,
    pub(super) column: Option<String>,
    pub(super) message: String,
}

impl Rule {
    /// All edits.
    pub const ALL: [Self; 17] = [
        Self::PeriodToCome,
        Self::StrayPeriod,
        Self::SameAsLast,
        Self::Shrinks,
        Self::Headcount,
        Self::WeeklyHours,
        Self::PayBasis,
        Self::PayMoved,
        Self::PayOutsideSector,
        Self::PayBases,
        Self::ColumnMean,
        Self::ColumnVanished,
        Self::AllZero,
        Self::GenderUnknown,
        Self::GenderVanished,
        Self::ZeroPadding,
        Self::IdForm,
    ];

    /// Its name in lists, in `payquorum accept` and in `[edits] off`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PeriodToCome => "period_to_come",
            Self::StrayPeriod => "stray_period",
            Self::SameAsLast => "same_as_last",
            Self::Shrinks => "shrinks_snapshot",
            Self::Headcount => "headcount",
            Self::WeeklyHours => "weekly_hours",
            Self::PayBasis => "pay_basis",
            Self::PayMoved => "pay_moved",
            Self::PayOutsideSector => "pay_outside_sector",
            Self::PayBases => "pay_bases",
            Self::ColumnMean => "column_mean",
            Self::ColumnVanished => "column_vanished",
            Self::AllZero => "all_zero",
            Self::GenderUnknown => "gender_unknown",
            Self::GenderVanished => "gender_vanished",
            Self::ZeroPadding => "zero_padding",
            Self::IdForm => "id_form",
        }
    }

    /// The edit of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// What a company does about it, if it is a mistake.
    #[must_use]
    pub fn mend(self) -> &'static str {
        match self {
            Self::PeriodToCome => "correct the period of these rows",
            Self::StrayPeriod => "correct the period of these rows, or upload that period whole in a file of its own",
            Self::SameAsLast => "export the rows of this period; only the period seems to have been changed",
            Self::Shrinks => "upload the snapshot whole: an upload replaces all of the earlier one",
            Self::Headcount => "look whether a part of the company is missing, or in the file twice",
            Self::WeeklyHours => "write hours as numbers, as in 37.5, and those of a week",
            Self::PayBasis => {
                "declare what time base pay is for: `pay_basis` as a column, or under `[defaults]` of the pipeline"
            }
            Self::PayMoved => {
                "look whether pay is for the same time, in the same currency and with the same decimal mark as before"
            }
            Self::PayOutsideSector => {
                "look whether pay is for the time that `pay_basis` says, in the currency of the row, and read with the right decimal and thousands marks"
            }
            Self::PayBases => "look whether each row's `pay_basis` is that of its `base_pay`",
            Self::ColumnMean => {
                "look whether the column holds what it held before, for the same time and in the same currency"
            }
            Self::ColumnVanished => "put the column back, or its header under `[columns]` of the pipeline",
            Self::AllZero => "leave the column out where it is not reported: a zero is a zero",
            Self::GenderUnknown => "name the codes under `[gender]` of the pipeline",
            Self::GenderVanished => {
                "look whether this gender is written in another way now, and name its codes under `[gender]`"
            }
            Self::ZeroPadding => "format the IDs as text before saving: a spreadsheet drops zeros in front of numbers",
            Self::IdForm => "write the IDs as in the period before; else everybody counts as left and as hired",
        }
    }
}

impl Said {
    fn query(rule: Rule, column: Option<&str>, message: String) -> Self {
        Self { rule, severity: Severity::Query, column: column.map(str::to_owned), message }
    }

    fn note(rule: Rule, column: Option<&str>, message: String) -> Self {
        Self { severity: Severity::Note, ..Self::query(rule, column, message) }
    }
}

/// What all edits have to say of one company and period.
pub(super) fn all(evidence: &Evidence<'_>) -> Vec<Said> {
    let is_on = |rule: Rule| !evidence.thresholds.off.contains(&rule);
    // Of edits that would tell one fault twice, the first that asks is heard; notes are heard beside it.
    let first = |edits: &[(Rule, Edit)]| {
        let mut heard = Vec::new();
        for (_, edit) in edits.iter().filter(|(rule, _)| is_on(*rule)) {
            heard.extend(edit(evidence));
            if heard.iter().any(|said: &Said| said.severity > Severity::Note) {
                break;
            }
        }
        heard
    };
    let whole = first(&[
        (Rule::PeriodToCome, period_to_come::judge),
        (Rule::StrayPeriod, stray_period::judge),
        (Rule::SameAsLast, same_as_last::judge),
    ]);
    if whole.iter().any(|said| said.severity > Severity::Note) {
        return whole;
    }
    let mut found = whole;
    found.extend(first(&[(Rule::Shrinks, shrinks::judge), (Rule::Headcount, headcount::judge)]));
    found.extend(first(&[
        (Rule::WeeklyHours, weekly_hours::judge),
        (Rule::AllZero, all_zero::judge_base_pay),
        (Rule::PayBasis, pay_basis::judge_earlier),
        (Rule::PayMoved, pay_moved::judge),
        (Rule::PayBasis, pay_basis::judge_sector),
        (Rule::PayOutsideSector, pay_outside_sector::judge),
    ]));
    found
        .extend(first(&[(Rule::GenderUnknown, gender_unknown::judge), (Rule::GenderVanished, gender_vanished::judge)]));
    found.extend(first(&[(Rule::ZeroPadding, zero_padding::judge), (Rule::IdForm, id_form::judge)]));
    for edit in [
        (Rule::PayBases, pay_bases::judge as Edit),
        (Rule::ColumnVanished, column_vanished::judge),
        (Rule::AllZero, all_zero::judge_others),
        (Rule::ColumnMean, column_mean::judge),
    ] {
        found.extend(first(&[edit]));
    }
    found
}

type Edit = fn(&Evidence<'_>) -> Vec<Said>;

#[cfg(test)]
pub(super) mod made_up {
    //! Evidence for tests.

    use super::super::evidence::{Before, Evidence};
    use super::super::profile::{ColumnProfile, Profile};
    use super::super::thresholds::Thresholds;
    use super::Said;
    use crate::exact::SCALE;
    use crate::measure::MeasureSettings;
    use crate::period::Period;

    /// So many records, each with this pay a year in units.
    pub(in crate::edits) fn paid(records: u64, pay: i64) -> Profile {
        let mut profile = Profile { records, genders: Some([("F".to_owned(), records)].into()), ..Profile::default() };
        profile.ids.digits = records;
        (profile.ids.shortest, profile.ids.longest) = (3, 5);
        profile.currencies.insert("EUR".to_owned(), records);
        let yearly = profile.pay.entry("year".to_owned()).or_default();
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        (0..records).for_each(|_| yearly.add((pay * SCALE) as f64));
        profile.columns.insert("base_pay".to_owned(), column(records, pay * i64::try_from(records).expect("small")));
        profile
    }

    /// A column of numbers with this sum in units.
    pub(in crate::edits) fn column(filled: u64, sum: i64) -> ColumnProfile {
        let zeros = if sum == 0 { filled } else { 0 };
        ColumnProfile {
            filled,
            zeros,
            sum: i128::from(sum) * i128::from(SCALE),
            is_number: true,
            ..ColumnProfile::default()
        }
    }

    /// What an edit says of a snapshot after another one.
    pub(in crate::edits) fn said(
        edit: fn(&Evidence<'_>) -> Vec<Said>,
        earlier: Option<&Profile>,
        now: &Profile,
        change: impl FnOnce(&mut Evidence<'_>),
    ) -> Vec<Said> {
        let (thresholds, settings) = (Thresholds::default(), MeasureSettings::default());
        let period = Period::Quarter(2026, 3);
        let earlier = earlier.map(|profile| Before {
            period: period.previous(),
            records: profile.records,
            profile: Some(profile),
        });
        let mut evidence = Evidence {
            period,
            now,
            earlier,
            replaced: None,
            beside: &[],
            sector: None,
            others_pay: false,
            is_to_come: false,
            thresholds: &thresholds,
            settings: &settings,
            is_used: &|_| true,
        };
        change(&mut evidence);
        edit(&evidence)
    }

    /// Whether an edit asks about a snapshot after another one.
    pub(in crate::edits) fn asks(edit: fn(&Evidence<'_>) -> Vec<Said>, earlier: &Profile, now: &Profile) -> bool {
        said(edit, Some(earlier), now, |_| {}).iter().any(|said| said.severity == super::Severity::Query)
    }
}

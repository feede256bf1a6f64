//! [`Panel`]: two snapshots of one company, joined on pseudonyms.
//!
//! In: the stored parts of two periods under one key. Out: for each record what became of the employee, and what those who
//! stayed were paid and did before. Invariant: never a figure from snapshots that cannot be compared: then a [`NoPanel`]
//! says why.

use std::fmt;

use hashbrown::HashMap;

use super::batch::{Batch, employed};
use super::pay_basis::{PayBasis, brought};
use super::{MeasureSettings, Missing, PayGrowthOf, Values, add_missing};
use crate::exact::{Amount, SCALE};
use crate::period::Period;
use crate::store::{Part, Records, StoreError};

/// Which of two snapshots a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapshot {
    /// The one of the period itself.
    Closing,
    /// The earlier one.
    Opening,
}

/// Why somebody left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Voluntary,
    Involuntary,
    /// Any other reason, or none stated.
    Other,
}

/// What a record of the closing snapshot tells of an employee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    /// There at both ends; a place among those of the opening snapshot.
    Stayed(u32),
    /// There at the end only.
    Hired,
    /// Came and left between the snapshots.
    CameAndWent(Reason),
    /// Left, and counted where they were at the start; or long gone.
    Gone,
}

/// What became of an employee of the opening snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// There at both ends.
    Stayed,
    /// There at the start only.
    Left(Reason),
    /// Had left by the day of the opening snapshot.
    Gone,
}

/// What an employee was paid and did at the start.
#[derive(Debug, Clone, Default)]
pub(super) struct Then {
    pub(super) pay: Option<Amount>,
    currency: Option<u32>,
    job: Option<u32>,
    level: Option<u32>,
}

/// Two snapshots of one company.
#[derive(Debug, Default)]
pub struct Panel {
    pub(super) closing: Vec<Closing>,
    pub(super) opening: Vec<Opening>,
    then: Vec<Then>,
    /// Whether the opening snapshot has the column at all.
    pub(super) has_job: bool,
    pub(super) has_level: bool,
    texts: Vec<String>,
    /// Entries of reference tables that the opening snapshot asked for and that are not there.
    missing: Missing,
}

/// Why two snapshots cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPanel {
    /// The company has no earlier snapshot in the store.
    Missing(Period),
    /// The two are under different keys.
    OtherKey(Period),
    /// Uploads have no employee IDs.
    NoIds,
    /// Headcount changed too much.
    HeadcountChange(Period, Amount),
    /// Too few of the smaller snapshot are in both.
    FewMatched(Period, Amount),
}

impl fmt::Display for NoPanel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |part: &Amount| part / (SCALE / 100);
        match self {
            Self::Missing(period) => write!(out, "no snapshot of {period} is in the store"),
            Self::NoIds => out.write_str("the uploads have no employee IDs, so nobody can be found in two snapshots"),
            Self::OtherKey(period) => write!(
                out,
                "the snapshot of {period} is under another key, so its employees cannot be compared with these"
            ),
            Self::HeadcountChange(period, part) => write!(
                out,
                "headcount changed by more than {} % since {period}: a matched sample would mislead",
                percent(part)
            ),
            Self::FewMatched(period, part) => write!(
                out,
                "fewer than {} % of employees are in the snapshot of {period} too: a matched sample would mislead",
                percent(part)
            ),
        }
    }
}

/// The columns that joining reads.
pub(super) const JOIN_COLUMNS: [&str; 10] = [
    "pseudonym",
    "termination_date",
    "termination_reason",
    "base_pay",
    "pay_basis",
    "weekly_hours",
    "fte",
    "currency",
    "job_code",
    "job_level",
];

/// The same, as names that a measure reads.
pub(super) fn columns() -> Vec<String> {
    super::columns(&JOIN_COLUMNS)
}

/// One employee while two snapshots are joined.
struct Person {
    place: u32,
    stayed: bool,
    reason: Reason,
}

impl Panel {
    /// Joins the parts of a company. `opening` is the part of the earlier period, if there is one.
    ///
    /// # Errors
    /// [`StoreError`]: a part cannot be read.
    pub fn join(
        opening: Option<&Part>,
        closing: &Part,
        periods: (Period, Period),
        settings: &MeasureSettings,
    ) -> Result<Result<Self, NoPanel>, StoreError> {
        let (earlier, period) = periods;
        if !settings.has_employee_ids {
            return Ok(Err(NoPanel::NoIds));
        }
        let Some(opening) = opening else { return Ok(Err(NoPanel::Missing(earlier))) };
        if opening.key_id != closing.key_id {
            return Ok(Err(NoPanel::OtherKey(earlier)));
        }
        let mut panel = Self::default();
        let mut people: HashMap<[u8; 16], Person> = HashMap::new();
        let mut codes: HashMap<String, u32> = HashMap::new();
        let wanted = |column: &str| JOIN_COLUMNS.contains(&column);
        opening.for_each_batch(wanted, |records| panel.open(records, earlier, settings, &mut people, &mut codes))?;
        let started = people.len();
        let mut ended = 0;
        let since = earlier.last_day();
        closing.for_each_batch(wanted, |records| {
            ended += panel.close(records, since, period.last_day(), &mut people);
        })?;
        let matched = people.values().filter(|person| person.stayed).count();
        let (small, large) = (started.min(ended), started.max(ended));
        let scaled = |count: usize| count as i128 * i128::from(SCALE);
        if scaled(large) > small as i128 * i128::from(SCALE + settings.max_headcount_change) {
            return Ok(Err(NoPanel::HeadcountChange(earlier, settings.max_headcount_change)));
        }
        if scaled(matched) < small as i128 * i128::from(settings.min_matched) {
            return Ok(Err(NoPanel::FewMatched(earlier, settings.min_matched)));
        }
        for person in people.values() {
            if !person.stayed {
                panel.opening[person.place as usize] = Opening::Left(person.reason);
            }
        }
        Ok(Ok(panel))
    }

    /// Entries of reference tables that the opening snapshot asked for and that are not there.
    #[must_use]
    pub fn missing(&self) -> &Missing {
        &self.missing
    }

    fn open(
        &mut self,
        records: &Records,
        period: Period,
        settings: &MeasureSettings,
        people: &mut HashMap<[u8; 16], Person>,
        codes: &mut HashMap<String, u32>,
    ) {
        let batch = Batch::new(records, settings, Snapshot::Opening, period, None);
        let pay = pay(&batch);
        let mut column = |name: &str| -> Vec<Option<u32>> {
            let Some(texts) = records.texts(name) else { return vec![None; records.len()] };
            let mut intern = |word: &str| {
                *codes.entry_ref(word).or_insert_with(|| {
                    self.texts.push(word.to_owned());
                    u32::try_from(self.texts.len() - 1).unwrap_or(u32::MAX)
                })
            };
            let known: Vec<u32> = texts.words().map(&mut intern).collect();
            texts.codes().map(|code| code.map(|code| known[code])).collect()
        };
        let (jobs, levels, currencies) = (column("job_code"), column("job_level"), column("currency"));
        self.has_job |= records.texts("job_code").is_some();
        self.has_level |= records.texts("job_level").is_some();
        let pseudonyms = records.pseudonyms();
        for record in 0..records.len() {
            let place = u32::try_from(self.opening.len()).unwrap_or(u32::MAX);
            let there = batch.employed().is_none_or(|employed| employed[record]);
            self.opening.push(if there { Opening::Stayed } else { Opening::Gone });
            self.then.push(Then {
                pay: pay.get(record),
                currency: currencies[record],
                job: jobs[record],
                level: levels[record],
            });
            if let Some(pseudonym) = pseudonyms.filter(|_| there).map(|pseudonyms| key(pseudonyms.value(record))) {
                people.insert(pseudonym, Person { place, stayed: false, reason: Reason::Other });
            }
        }
        add_missing(&mut self.missing, batch.into_missing());
    }

    /// Adds closing records, and tells how many of them are employed.
    fn close(&mut self, records: &Records, since: i32, last_day: i32, people: &mut HashMap<[u8; 16], Person>) -> usize {
        let employed = employed(records, last_day);
        let (dates, reasons, pseudonyms) =
            (records.dates("termination_date"), records.texts("termination_reason"), records.pseudonyms());
        let known: Vec<Reason> = reasons.iter().flat_map(|reasons| reasons.words().map(reason)).collect();
        let mut there = 0;
        for record in 0..records.len() {
            let person = pseudonyms.and_then(|pseudonyms| people.get_mut(&key(pseudonyms.value(record))));
            if employed.as_ref().is_none_or(|employed| employed[record]) {
                there += 1;
                self.closing.push(match person {
                    Some(person) => {
                        person.stayed = true;
                        Closing::Stayed(person.place)
                    }
                    None => Closing::Hired,
                });
                continue;
            }
            let code = reasons.as_ref().and_then(|reasons| reasons.code(record));
            let reason = code.map_or(Reason::Other, |code| known[code]);
            let left = dates.map_or(i32::MIN, |dates| dates.value(record));
            self.closing.push(match person {
                Some(person) => {
                    person.reason = reason;
                    Closing::Gone
                }
                None if left > since => Closing::CameAndWent(reason),
                None => Closing::Gone,
            });
        }
        there
    }

    /// What an employee who stayed was paid and did, and in which currency.
    pub(super) fn then(&self, place: u32) -> &Then {
        &self.then[place as usize]
    }

    fn text(&self, code: Option<u32>) -> Option<&str> {
        code.map(|code| self.texts[code as usize].as_str())
    }

    pub(super) fn job(&self, then: &Then) -> Option<&str> {
        self.text(then.job)
    }

    pub(super) fn level(&self, then: &Then) -> Option<&str> {
        self.text(then.level)
    }

    pub(super) fn currency(&self, then: &Then) -> Option<&str> {
        self.text(then.currency)
    }
}

/// The pay whose growth is told, in the record's own currency: exchange rates are no growth.
pub(super) fn pay(batch: &Batch<'_>) -> Values {
    let Some(pay) = batch.records().numbers("base_pay") else { return Values::absent(batch.len()) };
    match batch.settings().pay_growth_of {
        PayGrowthOf::BaseHourly => brought(batch, pay, PayBasis::hourly),
        PayGrowthOf::BaseAnnual => brought(batch, pay, PayBasis::annual),
    }
}

/// A value for each record of the closing snapshot whose employee was there before.
pub(super) fn of_stayers(batch: &Batch<'_>, value: impl Fn(usize, &Panel, &Then) -> Option<Amount>) -> Values {
    let Some((panel, start)) = batch.panel() else { return Values::absent(batch.len()) };
    Values::from_options((0..batch.len()).map(|record| match panel.closing[start + record] {
        Closing::Stayed(place) => value(record, panel, panel.then(place)),
        _ => None,
    }))
}

fn key(pseudonym: &[u8]) -> [u8; 16] {
    pseudonym.try_into().unwrap_or([0; 16])
}

fn reason(word: &str) -> Reason {
    match word {
        "voluntary" => Reason::Voluntary,
        "involuntary" => Reason::Involuntary,
        _ => Reason::Other,
    }
}

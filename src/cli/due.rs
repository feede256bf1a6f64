//! `payquorum run --due`: the releases that are due, each once.
//!
//! In: a pipeline with `[schedule]`, and a moment. Out: the releases of all periods that are due by then, in their order.
//! Invariant: what is released is known from the releases alone, and is looked up while the workspace is locked, so that two calls,
//! or a killed one and its successor, never publish a period twice; before anything is due no upload is read; no period is published
//! before the one ahead of it, since each release is compared with the one before.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;

use super::json::Report;
use super::progress::Stage;
use super::run::Run;
use super::{Refused, log, release};
use crate::ingest::uploads_so_far;
use crate::intake::Register;
use crate::period::Period;
use crate::pipeline::{Overrides, Pipeline};
use crate::release::{LedgerFolder, ReleaseError, released_periods};
use crate::schedule::Schedule;
use crate::store::{Catalogue, Store, sync_folder, write_durably};

#[derive(Debug, Args)]
pub(super) struct DueArguments {
    /// Publish what the pipeline's [schedule] says is due and is not released yet, and nothing else
    #[arg(long, conflicts_with = "period")]
    pub(super) due: bool,
    /// With --due: the moment until which releases are due, instead of now
    #[arg(long, value_name = "MOMENT", value_parser = moment, requires = "due")]
    now: Option<Timestamp>,
}

impl DueArguments {
    /// The moment that the command line names.
    pub(super) fn now(&self) -> Option<Timestamp> {
        self.now
    }
}

pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "write a moment with its offset from UTC, like 2026-10-15T09:30:00+02:00".to_owned())
}

/// A release that is due, and too few companies have uploaded.
#[derive(Debug, thiserror::Error)]
#[error(
    "waiting: {period} is due since {since}, and has records of {uploaded} of the {needed} companies that it needs; {missing} of the \
     register are missing, and are listed in {} (private)", .list.display()
)]
pub(super) struct Waiting {
    period: Period,
    since: String,
    uploaded: usize,
    needed: u64,
    missing: usize,
    list: PathBuf,
}

/// What is to be done, and what is not.
pub(super) struct Agenda {
    /// Due and not released, in order.
    pub(super) due: Vec<Period>,
    /// The first that is not due yet.
    pub(super) next: Period,
    /// Not released, although one after them is.
    pub(super) left_out: Vec<Period>,
}

impl Agenda {
    /// From `first` on.
    pub(super) fn of(schedule: &Schedule, released: &BTreeSet<Period>, first: Period, now: Timestamp) -> Self {
        let begin = released.last().map_or(first, |latest| latest.next().max(first));
        let periods = |from: Period| std::iter::successors(Some(from), |period| Some(period.next()));
        let left_out =
            periods(first).take_while(|period| *period < begin).filter(|period| !released.contains(period)).collect();
        let due: Vec<Period> = periods(begin).take_while(|period| schedule.is_due(*period, now)).collect();
        let next = due.last().map_or(begin, |last| last.next());
        Self { due, next, left_out }
    }
}

/// The first period on schedule, as far as it is known without the store: the one that the file names, else the first one released.
pub(super) fn first_known(schedule: &Schedule, released: &BTreeSet<Period>) -> Option<Period> {
    schedule.first.or_else(|| released.first().copied())
}

/// Publishes what is due.
pub(super) fn execute(run: &Run, pipeline: &Pipeline, told: &mut Report) -> anyhow::Result<()> {
    let Some(schedule) = &pipeline.schedule else {
        let text = "has no table `[schedule]`, and so nothing is ever due; add one with `release` and `time_zone`, or run without `--due`";
        return Err(Refused(format!("{}: {text}", pipeline.file.display())).into());
    };
    let now = run.due.now.unwrap_or_else(Timestamp::now);
    let released = released_periods(pipeline)?;
    if let Some(first) = first_known(schedule, &released)
        && !is_unfinished(pipeline, &released)?
    {
        let agenda = Agenda::of(schedule, &released, first, now);
        if agenda.due.is_empty() {
            tell(&agenda, schedule);
            return Ok(());
        }
    }
    let store = Store::open(&pipeline.workspace, run.release.wait)?;
    // Another call may have been at work until now.
    let released = released_periods(pipeline)?;
    finish(pipeline, &released)?;
    let first_of =
        |catalogue: &Catalogue| first_known(schedule, &released).or_else(|| first_stored(catalogue, pipeline));
    let before = first_of(&store.catalogue()?).map(|first| Agenda::of(schedule, &released, first, now));
    if let Some(agenda) = before.filter(|agenda| agenda.due.is_empty()) {
        tell(&agenda, schedule);
        return Ok(());
    }
    let stage = Stage::begin("uploads");
    let register = Register::of(pipeline)?;
    refuse_impossible(schedule, &register, pipeline)?;
    let files = uploads_so_far(&pipeline.uploads)?;
    run.take(stage, &files, pipeline, &register, &store, told)?;
    let catalogue = store.catalogue()?;
    let Some(first) = first_of(&catalogue) else {
        log::info(
            "nothing is due: neither the store nor an upload has a period yet, and `first` in [schedule] names none\n",
        );
        return Ok(());
    };
    let agenda = Agenda::of(schedule, &released, first, now);
    for &period in &agenda.due {
        wait_for_uploads(period, schedule, &catalogue, &register, pipeline)?;
        let overrides = Overrides { period: Some(period.to_string()), ..run.pipeline.overrides() };
        let of_period = Pipeline::read(&pipeline.file, &overrides)?;
        let date = schedule.due_date(period).map(|date| date.to_string());
        release::release(of_period, &register, &store, &run.release.dated(date), told)?;
    }
    tell(&agenda, schedule);
    Ok(())
}

/// The first period in the store.
fn first_stored(catalogue: &Catalogue, pipeline: &Pipeline) -> Option<Period> {
    let own = |text: &str| pipeline.period_kind.parse(text).filter(|period| period.to_string() == text);
    catalogue.parts().iter().filter_map(|part| own(&part.period)).min()
}

fn is_unfinished(pipeline: &Pipeline, released: &BTreeSet<Period>) -> Result<bool, ReleaseError> {
    released.last().map_or(Ok(false), |latest| LedgerFolder::of(pipeline, *latest).is_unfinished())
}

/// Finishes a run that was stopped right after its release had appeared.
fn finish(pipeline: &Pipeline, released: &BTreeSet<Period>) -> Result<(), ReleaseError> {
    if let Some(latest) = released.last()
        && is_unfinished(pipeline, released)?
    {
        // Looking for the private folders of a period gives each its name.
        LedgerFolder::of(pipeline, *latest).earlier()?;
    }
    Ok(())
}

/// Refuses a schedule that waits for more companies than there are.
fn refuse_impossible(schedule: &Schedule, register: &Register, pipeline: &Pipeline) -> Result<(), Refused> {
    let (needed, there) = (schedule.min_companies_uploaded, register.companies().len());
    if needed <= there as u64 {
        return Ok(());
    }
    Err(Refused(format!(
        "{}: `schedule.min_companies_uploaded` is {needed}, and {} has {there} companies, so that no release would ever come; write a \
         number that can be reached",
        pipeline.file.display(),
        pipeline.register_name()
    )))
}

/// Goes on where enough companies have records of a period; otherwise lists who is missing, privately.
fn wait_for_uploads(
    period: Period,
    schedule: &Schedule,
    catalogue: &Catalogue,
    register: &Register,
    pipeline: &Pipeline,
) -> anyhow::Result<()> {
    let parts = catalogue.of_period(&period.to_string());
    let uploaded: BTreeSet<&str> =
        parts.into_iter().filter(|part| part.rows > 0).map(|part| part.company.as_str()).collect();
    let ids = || register.companies().iter().map(|company| company.id.as_str());
    let missing: Vec<&str> = ids().filter(|id| !uploaded.contains(id)).collect();
    let there = register.companies().len() - missing.len();
    let list = pipeline.workspace.join("missing").join(&pipeline.name).join(format!("{period}.csv"));
    let failed = || format!("{}", list.display());
    if there as u64 >= schedule.min_companies_uploaded {
        // What an earlier call listed is no longer so.
        return match std::fs::remove_file(&list) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).with_context(failed),
            _ => Ok(()),
        };
    }
    let mut lines = simd_csv::Writer::from_writer(Vec::new());
    for id in ["company_id"].into_iter().chain(missing.iter().copied()) {
        lines.write_record([id.as_bytes()])?;
    }
    let text = String::from_utf8(lines.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)?;
    write_list(&list, &text, &pipeline.workspace).with_context(failed)?;
    let (since, needed) = (schedule.moment(period), schedule.min_companies_uploaded);
    Err(Waiting { period, since, uploaded: there, needed, missing: missing.len(), list }.into())
}

/// Writes a file and the folders above it so that they survive a power failure.
fn write_list(list: &Path, text: &str, workspace: &Path) -> std::io::Result<()> {
    let folder = list.parent().unwrap_or(workspace);
    std::fs::create_dir_all(folder)?;
    write_durably(list, text.as_bytes())?;
    let above = folder.ancestors().skip(1).take_while(|above| above.starts_with(workspace));
    above.into_iter().try_for_each(sync_folder)
}

/// The line that each call ends with.
fn tell(agenda: &Agenda, schedule: &Schedule) {
    let list = |periods: &[Period]| periods.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let done =
        if agenda.due.is_empty() { "nothing is due".to_owned() } else { format!("released {}", list(&agenda.due)) };
    let left_out = if agenda.left_out.is_empty() {
        String::new()
    } else {
        format!(
            "; left out, because a later period is released already: {} (to end this, set `first` in [schedule] to a later period)",
            list(&agenda.left_out)
        )
    };
    log::info(&format!("{done}; next is {}, due at {}{left_out}\n", agenda.next, schedule.moment(agenda.next)));
}

#[cfg(test)]
mod tests {
    use jiff::civil::Time;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::period::Period::Quarter;
    use crate::schedule::{Delay, WorkingDays};

    fn agenda(released: &[Period], first: Period, now: &str) -> Agenda {
        let schedule = Schedule::new(Delay::Days(10), WorkingDays::default(), Time::midnight(), TimeZone::UTC);
        Agenda::of(&schedule, &released.iter().copied().collect(), first, moment(now).expect("a moment"))
    }

    #[test]
    fn what_is_due_and_not_released_comes_in_order() {
        let all = agenda(&[], Quarter(2026, 1), "2026-10-09T23:59:59Z");
        assert_eq!((all.due, all.next), (vec![Quarter(2026, 1), Quarter(2026, 2)], Quarter(2026, 3)));
        let rest = agenda(&[Quarter(2026, 1)], Quarter(2026, 1), "2026-10-10T00:00:00Z");
        assert_eq!((rest.due, rest.next), (vec![Quarter(2026, 2), Quarter(2026, 3)], Quarter(2026, 4)));
        let none = agenda(&[], Quarter(2026, 4), "2026-10-10T00:00:00Z");
        assert_eq!((none.due, none.next), (vec![], Quarter(2026, 4)));
    }

    #[test]
    fn nothing_is_published_before_what_is_released_already() {
        let found = agenda(&[Quarter(2025, 4), Quarter(2026, 2)], Quarter(2025, 3), "2026-10-10T00:00:00Z");
        assert_eq!(found.due, [Quarter(2026, 3)]);
        assert_eq!(found.left_out, [Quarter(2025, 3), Quarter(2026, 1)]);
        let later = agenda(&[Quarter(2025, 4)], Quarter(2026, 3), "2026-10-10T00:00:00Z");
        assert_eq!((later.due, later.left_out), (vec![Quarter(2026, 3)], vec![]));
    }
}

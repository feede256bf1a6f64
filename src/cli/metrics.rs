//! `payquorum metrics`: the catalogue.
//!
//! In: a name, or nothing; perhaps a pipeline. Out: what each measure is, and whether the pipeline's uploads have what it needs.
//! Invariant: made from the catalogue that the program computes with; reads headers only, and writes nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::Refused;
use crate::cli::output::{self, say};
use crate::ingest::uploads;
use crate::intake::mapping_of;
use crate::measure::{Entry, Found, Measure, MeasureSettings, Requirement, Section, catalogue, fits, markdown};
use crate::pipeline::{DimensionSource, Overrides, Pipeline};
use crate::problem::nearest;

#[derive(Debug, Args)]
pub(super) struct Metrics {
    /// Explain this metric, as in health_take_up
    name: Option<String>,
    /// Tell which metrics this pipeline's uploads can give
    #[arg(long, value_name = "FILE")]
    pipeline: Option<PathBuf>,
    /// Print the whole catalogue as Markdown: docs/metrics.md
    #[arg(long, conflicts_with_all = ["name", "pipeline"])]
    markdown: bool,
}

/// The columns of each upload of a pipeline.
struct Uploads {
    pipeline: Pipeline,
    columns: Vec<BTreeSet<String>>,
}

impl Metrics {
    pub(super) fn execute(self) -> anyhow::Result<()> {
        if self.markdown {
            output::text(&markdown());
            return Ok(());
        }
        let uploads = self.pipeline.map(|file| Uploads::read(&file)).transpose()?;
        if let Some(name) = self.name {
            return explain(&name, uploads.as_ref());
        }
        list(uploads.as_ref());
        Ok(())
    }
}

fn explain(name: &str, uploads: Option<&Uploads>) -> anyhow::Result<()> {
    let default = MeasureSettings::default();
    let settings = uploads.map_or(&default, |uploads| &uploads.pipeline.settings);
    let family = || catalogue().find(|entry| entry.name == name).map(|entry| entry.as_family(settings));
    let Some(measure) = Measure::find(name, settings, None).or_else(family) else {
        let names: Vec<&str> = catalogue().map(|entry| entry.name).collect();
        let mend = match nearest(name, names) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "`payquorum metrics` lists them all".to_owned(),
        };
        return Err(Refused(format!("{name:?} is no metric; {mend}")).into());
    };
    say!("{}", measure.name);
    for (what, fact) in measure.facts() {
        say!("  {what}: {fact}");
    }
    if let Some(uploads) = uploads {
        say!("  available: {}", uploads.availability(&measure));
    }
    Ok(())
}

fn list(uploads: Option<&Uploads>) {
    let default = MeasureSettings::default();
    let settings = uploads.map_or(&default, |uploads| &uploads.pipeline.settings);
    for section in Section::ALL {
        say!("{}", section.title());
        for entry in catalogue().filter(|entry| entry.section == section) {
            for measure in measures(&entry, settings, uploads) {
                say!("  {:<44} {}", measure.name, measure.unit.label());
                say!("      {}", measure.formula);
                let needs = if measure.needs.is_empty() { "records".to_owned() } else { measure.needs.join(", ") };
                say!("      needs {needs}; source: {}", measure.source);
                if let Some(uploads) = uploads {
                    say!("      available: {}", uploads.availability(&measure));
                }
            }
        }
    }
    if uploads.is_none() {
        say!(
            "\n`payquorum metrics NAME` explains one; with `--pipeline FILE` you see which of them your uploads can give."
        );
    }
}

/// The measures of a line: those that uploads tell of, or the family under its own name.
fn measures(entry: &Entry, settings: &MeasureSettings, uploads: Option<&Uploads>) -> Vec<Measure> {
    let names = uploads.filter(|_| entry.placeholder().is_some()).map(|uploads| entry.names(&uploads.found()));
    match names {
        Some(names) if !names.is_empty() => {
            names.iter().filter_map(|name| Measure::find(name, settings, None)).collect()
        }
        _ => vec![entry.as_family(settings)],
    }
}

impl Uploads {
    fn read(file: &std::path::Path) -> anyhow::Result<Self> {
        let pipeline = Pipeline::read(file, &Overrides::default())?;
        let files = uploads(&pipeline.uploads)?;
        let columns = files
            .iter()
            .filter_map(|file| mapping_of(file, &pipeline).ok())
            .map(|mapping| mapping.columns.into_iter().map(|mapped| mapped.column.name).collect())
            .collect();
        Ok(Self { pipeline, columns })
    }

    fn found(&self) -> Found {
        Found::of(self.columns.iter().flatten().map(String::as_str), [])
    }

    /// How many uploads have what a measure needs, or what is missing.
    fn availability(&self, measure: &Measure) -> String {
        let lacking: Vec<&str> =
            measure.requires.iter().filter(|needed| !self.meets(**needed)).map(|needed| needed.label()).collect();
        if !lacking.is_empty() {
            return format!("no; it needs {}", lacking.join("; and "));
        }
        let has = |columns: &BTreeSet<String>, need: &String| {
            self.is_declared(need) || columns.iter().any(|column| fits(need, column))
        };
        let ranges = |columns: &BTreeSet<String>| {
            !measure.requires.contains(&Requirement::PayRanges)
                || self.pipeline.settings.reference.pay_ranges.is_some()
                || columns.contains("range_min") && columns.contains("range_max")
        };
        let has_all =
            |columns: &&BTreeSet<String>| measure.needs.iter().all(|need| has(columns, need)) && ranges(columns);
        let able = self.columns.iter().filter(has_all).count();
        if able == 0 {
            let nowhere = |need: &&String| !self.columns.iter().any(|columns| has(columns, need));
            let missing: Vec<&str> = measure.needs.iter().filter(nowhere).map(String::as_str).collect();
            return match missing.as_slice() {
                [] => format!("no; no upload has all of {}", measure.needs.join(", ")),
                missing => format!("no; no upload has {}", missing.join(", ")),
            };
        }
        let later = if measure.requires.contains(&Requirement::EarlierSnapshot) {
            ", for companies with an earlier snapshot in the store"
        } else {
            ""
        };
        format!("in {able} of {} uploads{later}", self.columns.len())
    }

    /// Whether the pipeline says what uploads without a column mean.
    fn is_declared(&self, column: &str) -> bool {
        let settings = &self.pipeline.settings;
        match column {
            "pay_basis" => settings.pay_basis.is_some(),
            "weekly_hours" => settings.standard_weekly_hours.is_some(),
            _ => false,
        }
    }

    fn meets(&self, requirement: Requirement) -> bool {
        let (pipeline, settings) = (&self.pipeline, &self.pipeline.settings);
        match requirement {
            Requirement::StandardWeeklyHours => settings.standard_weekly_hours.is_some(),
            Requirement::LivingWage => settings.reference.living_wages.is_some(),
            Requirement::PayRanges => {
                let ranges =
                    |columns: &BTreeSet<String>| columns.contains("range_min") && columns.contains("range_max");
                settings.reference.pay_ranges.is_some() || self.columns.iter().any(ranges)
            }
            Requirement::LevelOrder => settings.level_order.is_some(),
            Requirement::EarlierSnapshot => true,
            Requirement::Breakdown => !pipeline.company_breakdown.is_empty(),
            Requirement::JobTable => pipeline.tables.iter().any(|table| {
                let job = DimensionSource::Record("job_code".to_owned());
                let hourly = |place: &usize| pipeline.measures[*place].name == "base_hourly";
                table.by.iter().any(|&place| pipeline.dimensions[place].source == job)
                    && table.measures.iter().any(hourly)
            }),
        }
    }
}

//! Choosing measures by their names.
//!
//! In: names and patterns of a pipeline file. Out: places in its list of measures. Invariant: each measure is made once, with
//! the values that the pipeline says count.

use super::MappedColumn;
use super::section::{Placed, Section};
use crate::measure::{Measure, MeasureSettings, Population, catalogue};
use crate::problem::nearest;
use crate::record::Column;

/// The measures that have been chosen so far.
pub(super) struct Chosen<'a> {
    pub(super) columns: &'a [MappedColumn],
    pub(super) settings: &'a MeasureSettings,
    pub(super) positive: &'a [String],
    pub(super) measures: Vec<Measure>,
}

impl Chosen<'_> {
    /// Places of the named measures, and the patterns among the names.
    pub(super) fn choose(
        &mut self,
        section: &Section<'_>,
        named: Vec<Placed<String>>,
        table: bool,
    ) -> (Vec<usize>, Vec<String>) {
        let (mut places, mut patterns) = (Vec::new(), Vec::new());
        for text in named {
            if text.value == "all" {
                patterns.push("*".to_owned());
                continue;
            }
            if text.value.contains('*') {
                patterns.push(text.value);
                continue;
            }
            let place = place_of(&text.value, &mut self.measures, self.columns, self.settings, self.positive);
            match place {
                Some(place) if table && !self.measures[place].fits_tables() => section.problems.add(
                    &text.at,
                    format!("{:?} is a figure of a single company", text.value),
                    "name it under `[company_metrics]`",
                ),
                Some(place) if !places.contains(&place) => places.push(place),
                Some(_) => {}
                None => {
                    let known: Vec<String> = catalogue().map(|entry| entry.example(self.settings).name).collect();
                    section.problems.add(
                        &text.at,
                        format!("{:?} is no measure", text.value),
                        match nearest(&text.value, known.iter().map(String::as_str)) {
                            Some(near) => format!("did you mean {near:?}?"),
                            None => "`payquorum metrics` lists them all".to_owned(),
                        },
                    );
                }
            }
        }
        (places, patterns)
    }
}

/// The place of a measure among `measures`, where it is made if it is not there yet; none if there is no such measure.
pub(super) fn place_of(
    name: &str,
    measures: &mut Vec<Measure>,
    columns: &[MappedColumn],
    settings: &MeasureSettings,
    positive: &[String],
) -> Option<usize> {
    if let Some(place) = measures.iter().position(|measure| measure.name == name) {
        return Some(place);
    }
    let custom = columns.iter().find(|mapped| mapped.column.name == name && Column::canonical(name).is_none());
    let mut measure = Measure::find(name, settings, custom.map(|mapped| mapped.column.unit.as_str()))?;
    if positive.contains(&measure.name) {
        measure.population = Population::Positive;
    }
    measures.push(measure);
    Some(measures.len() - 1)
}

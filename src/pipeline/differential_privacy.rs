//! Differential privacy as the protection of a table, in place of suppression.
//!
//! In: `[protection.differential_privacy]` and the tables that ask for it. Out: [`DifferentialPrivacy`]. Invariant: whatever
//! bounds a holding's influence is in the file, and the cells of such a table are known before any record is read; a measure
//! is never protected in both ways.

use std::collections::BTreeMap;
use std::ops::Range;

use super::section::{Placed, Section};
use super::{Dimension, DimensionSource, Pipeline, Table, UNKNOWN};
use crate::exact::{Amount, SCALE};
use crate::measure::{Measure, MeasureKind, MeasureSettings, Over, fits};
use crate::problem::{Problems, nearest};

/// Highest budget that may be asked for, in 1/10,000: beyond it, the noise protects nobody.
const CEILING_EPSILON: Amount = 100 * SCALE;

/// Highest sensitivity, so that scales of noise are exact as floats.
const CEILING_SENSITIVITY: i64 = 1 << 53;

/// Most cells that a perturbed table may have: each of them is published, whether anybody is in it or not.
const CEILING_CELLS: usize = 1_000_000;

/// How the figures of a table are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protect {
    /// Unsafe cells are withheld.
    #[default]
    Suppression,
    /// Every cell is published, with noise.
    DifferentialPrivacy,
}

impl Protect {
    /// Its words in a pipeline file.
    pub(super) const WORDS: [(&'static str, Self); 2] =
        [("suppression", Self::Suppression), ("differential-privacy", Self::DifferentialPrivacy)];
}

/// The lowest and the highest value that a holding's mean may count with, in 1/10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The lowest.
    pub low: Amount,
    /// The highest.
    pub high: Amount,
}

impl Bounds {
    /// Of a share.
    pub const SHARE: Self = Self { low: 0, high: SCALE };

    /// The value from which deviations are counted.
    #[must_use]
    pub fn middle(self) -> Amount {
        self.low + (self.high - self.low) / 2
    }

    /// The largest deviation from the middle.
    #[must_use]
    pub fn half_width(self) -> Amount {
        self.high - self.middle()
    }
}

/// How tables are perturbed. Budgets are in 1/10,000.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferentialPrivacy {
    /// The budget of a period of the pipeline, over all of its releases.
    pub epsilon: Amount,
    /// What one release spends of it.
    pub epsilon_per_release: Amount,
    /// Employees of one holding that count in one cell.
    pub max_employees: u64,
    /// Cells of a table in which one holding counts.
    pub max_cells: u64,
    /// The currency of amounts that count, where a measure has amounts.
    pub currency: Option<String>,
    /// Bounds of the means of distributions, by measure.
    pub bounds: BTreeMap<String, Bounds>,
}

impl DifferentialPrivacy {
    /// The bounds of a measure of a perturbed table.
    #[must_use]
    pub fn bounds_of(&self, measure: &Measure) -> Option<Bounds> {
        match measure.kind {
            MeasureKind::Share => Some(Bounds::SHARE),
            _ => self.bounds.get(&measure.name).copied(),
        }
    }
}

impl Pipeline {
    /// The tables that are perturbed, with their places.
    pub fn perturbed(&self) -> impl Iterator<Item = (usize, &Table)> {
        let perturbed = |(_, table): &(usize, &Table)| table.protect == Protect::DifferentialPrivacy;
        self.tables.iter().enumerate().filter(perturbed)
    }

    /// The codes of all cells of a perturbed table, in order: those of its classifications, and not reported.
    #[must_use]
    pub fn known_cells(&self, table: &Table) -> Vec<Vec<String>> {
        let mut cells = vec![Vec::new()];
        for (&place, level) in table.by.iter().zip(table.finest()) {
            let codes = self.dimensions[place].hierarchy.codes(level).unwrap_or_default();
            let codes: Vec<String> = codes.into_iter().chain([UNKNOWN.to_owned()]).collect();
            let longer = |cell: &Vec<String>, code: &String| cell.iter().chain([code]).cloned().collect();
            cells = cells.iter().flat_map(|cell| codes.iter().map(move |code| longer(cell, code))).collect();
        }
        cells.sort();
        cells
    }

    /// Measures that a perturbed and a suppressed table share, or that a sum ties across the two: both tables, and the measure.
    #[must_use]
    pub fn protected_twice(&self) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        for (_, noisy) in self.perturbed() {
            for exact in self.tables.iter().filter(|table| table.protect == Protect::Suppression) {
                let measures = noisy.measures.iter().map(|&place| &self.measures[place]);
                let twice = measures.filter(|measure| is_in(measure, exact, &self.measures));
                found.extend(twice.map(|measure| (noisy.name.clone(), exact.name.clone(), measure.name.clone())));
            }
        }
        found
    }
}

/// Whether a table publishes a measure, or one that a sum ties to it.
fn is_in(measure: &Measure, table: &Table, measures: &[Measure]) -> bool {
    let mut others = table.measures.iter().map(|&place| &measures[place]);
    others.any(|other| other.name == measure.name || other.family.is_some() && other.family == measure.family)
        || table.patterns.iter().any(|pattern| fits(pattern, &measure.name))
}

/// Where a table stands in the file, and the names of its measures.
pub(super) struct TablePlace {
    pub(super) at: Range<usize>,
    pub(super) named: Vec<Placed<String>>,
}

/// What the rest of the file says.
pub(super) struct Asked<'a> {
    pub(super) tables: &'a [Table],
    pub(super) places: &'a [TablePlace],
    pub(super) dimensions: &'a [Dimension],
    pub(super) measures: &'a [Measure],
    pub(super) settings: &'a MeasureSettings,
}

impl<'a> Asked<'a> {
    fn perturbed(&self) -> impl Iterator<Item = (&'a Table, &'a TablePlace)> {
        let both = self.tables.iter().zip(self.places);
        both.filter(|(table, _)| table.protect == Protect::DifferentialPrivacy)
    }

    /// Reads `[protection.differential_privacy]`, and checks it against the tables.
    pub(super) fn read(
        &self,
        protection: Option<&Section<'_>>,
        problems: &Problems<'_>,
    ) -> Option<DifferentialPrivacy> {
        self.perturbed().for_each(|(table, place)| self.check_table(table, place, problems));
        let Some(section) = protection.and_then(|protection| protection.section("differential_privacy")) else {
            if let Some((_, place)) = self.perturbed().next() {
                problems.add(
                    &place.at,
                    "a table is protected by differential privacy, and `[protection.differential_privacy]` is missing",
                    "add it, with `epsilon`, `epsilon_per_release`, `max_employees` and `bounds`",
                );
            }
            return None;
        };
        let epsilon = |key, example| {
            let number = section.decimal(key, 1, CEILING_EPSILON);
            required(&section, key, number, example)
        };
        let (whole, part) =
            (epsilon("epsilon", "epsilon = 1.0"), epsilon("epsilon_per_release", "epsilon_per_release = 0.5"));
        if let (Some(whole), Some(part)) = (whole, part)
            && part > whole
        {
            section.problems.add(
                section.at(),
                "`epsilon_per_release` is more than the whole `epsilon`",
                "lower it, or raise `epsilon`",
            );
        }
        let employees = section.count("max_employees", 1);
        let max_employees = required(&section, "max_employees", employees, "max_employees = 200");
        let max_cells = self.max_cells(&section);
        let currency = section.text("currency").map(|text| text.value);
        let bounds = self.bounds(&section);
        let at = section.at().clone();
        section.finish();
        let rates = self.settings.reference.exchange_rates.as_ref().map(|rates| rates.to().to_owned());
        let currency = rates.or(currency).or_else(|| self.settings.currency.clone());
        let by_currency = |table: &Table| table.measures.iter().any(|&place| self.measures[place].by_currency);
        if currency.is_none() && self.perturbed().any(|(table, _)| by_currency(table)) {
            problems.add(
                &at,
                "a perturbed table has amounts, and it is not said in which currency",
                "add `currency = \"EUR\"` here, or `defaults.currency`, or exchange rates",
            );
        }
        let read = DifferentialPrivacy {
            epsilon: whole?,
            epsilon_per_release: part?,
            max_employees: max_employees?,
            max_cells: max_cells?,
            currency,
            bounds,
        };
        let widest = read.bounds.values().map(|bounds| bounds.half_width()).max().unwrap_or(0).max(SCALE);
        let sensitivity = i64::try_from(read.max_employees)
            .ok()
            .and_then(|employees| employees.checked_mul(i64::try_from(read.max_cells).ok()?)?.checked_mul(widest));
        if sensitivity.is_none_or(|sensitivity| sensitivity > CEILING_SENSITIVITY) {
            problems.add(
                &at,
                "one holding may change a sum by more than noise can be made for",
                "lower `max_employees` or `max_cells`, or narrow `bounds`",
            );
        }
        // Without such a table there is nothing to do.
        self.perturbed().next().map(|_| read)
    }

    /// In how many cells a holding counts: in one, unless its employees can stand in several.
    fn max_cells(&self, section: &Section<'_>) -> Option<u64> {
        let by_company = |&place: &usize| matches!(self.dimensions[place].source, DimensionSource::Company(_));
        if !section.names("max_cells") && self.perturbed().all(|(table, _)| table.by.iter().all(by_company)) {
            return Some(1);
        }
        let cells = section.count("max_cells", 1);
        required(section, "max_cells", cells, "max_cells = 3: in how many cells of a table one holding counts")
    }

    fn bounds(&self, section: &Section<'_>) -> BTreeMap<String, Bounds> {
        const FURTHEST: Amount = 1_000_000_000 * SCALE;
        let mut bounds = BTreeMap::new();
        let needed: Vec<&Measure> = self
            .perturbed()
            .flat_map(|(table, _)| &table.measures)
            .map(|&place| &self.measures[place])
            .filter(|measure| matches!(measure.kind, MeasureKind::Distribution))
            .collect();
        let names = || needed.iter().map(|measure| measure.name.as_str());
        if let Some(given) = section.section("bounds") {
            for entry in given.entries() {
                if !names().any(|name| name == entry.name.value) {
                    given.problems.add(
                        &entry.name.at,
                        format!("{:?} is no distribution of a perturbed table", entry.name.value),
                        match nearest(&entry.name.value, names()) {
                            Some(near) => format!("did you mean {near:?}?"),
                            None => "remove it; shares need no bounds".to_owned(),
                        },
                    );
                } else if let Some([low, high]) = given.range_of(&entry, -FURTHEST, FURTHEST) {
                    bounds.insert(entry.name.value, Bounds { low, high });
                } else {
                    // It has been reported; the measure is not missing.
                    bounds.insert(entry.name.value, Bounds::SHARE);
                }
            }
        }
        for name in names().filter(|name| !bounds.contains_key(*name)) {
            section.problems.add(
                section.at(),
                format!("`{}` does not say within which values the means of `{name}` count", section.name("bounds")),
                format!("add `bounds = {{ {name} = [5.0, 150.0] }}` with values that you know from elsewhere"),
            );
        }
        bounds
    }

    /// What of a table cannot be perturbed.
    fn check_table(&self, table: &Table, place: &TablePlace, problems: &Problems<'_>) {
        let refuse = |what: &str, mend: &str| {
            problems.add(&place.at, format!("the perturbed table `{}` {what}", table.name), mend);
        };
        if table.totals {
            refuse("has totals", "remove `totals`, or give the total a table of its own, with `by = []`");
        }
        if table.roll_up {
            refuse("is rolled up", "remove `roll_up`: its cells must not depend on the data");
        }
        if !table.patterns.is_empty() {
            refuse("names measures by patterns", "name each measure: which there are must not depend on the data");
        }
        let mut cells = Some(1_usize);
        for (&by, levels) in table.by.iter().zip(&table.levels) {
            let Dimension { name, hierarchy, .. } = &self.dimensions[by];
            if let &[level] = levels.as_slice() {
                let codes = hierarchy.codes(level);
                if codes.is_none() {
                    refuse(
                        &format!("is by `{name}`, whose codes on level {level} only the records tell"),
                        "give the dimension a classification, built in or from a file",
                    );
                }
                cells = cells.and_then(|cells| cells.checked_mul(codes.map_or(1, |codes| codes.len() + 1)));
            } else {
                let mend = format!("choose one, as in `levels = {{ {name} = [2] }}`");
                refuse(&format!("has several levels of `{name}`"), &mend);
            }
        }
        if cells.is_none_or(|cells| cells > CEILING_CELLS) {
            refuse("has more than a million cells", "choose coarser levels, or fewer dimensions");
        }
        for named in &place.named {
            let Some(measure) = self.measures.iter().find(|measure| measure.name == named.value) else { continue };
            let refuse = |what: String, mend: &str| problems.add(&named.at, what, mend);
            let name = &measure.name;
            let is_simple = matches!(measure.kind, MeasureKind::Distribution | MeasureKind::Share);
            if !is_simple || measure.over != Over::Closing {
                refuse(
                    format!("`{name}` cannot be perturbed"),
                    "name distributions and shares of one snapshot; publish others in a table with suppression",
                );
            }
            let exact = self.tables.iter().filter(|table| table.protect == Protect::Suppression);
            for exact in exact.filter(|exact| is_in(measure, exact, self.measures)) {
                refuse(
                    format!(
                        "`{name}` is perturbed in `{}` and stands, or a measure that a sum ties to it, without noise in \
                         `{}`, which undoes the noise",
                        table.name, exact.name
                    ),
                    "protect it in one of the two ways",
                );
            }
        }
    }
}

fn required<T>(section: &Section<'_>, key: &str, value: Option<T>, example: &str) -> Option<T> {
    if value.is_none() && !section.names(key) {
        section.missing(key, &format!("`{example}`"));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_as_far_from_both_ends_as_it_can_be() {
        let hourly = Bounds { low: 50_000, high: 1_500_000 };
        assert_eq!((hourly.middle(), hourly.half_width()), (775_000, 725_000));
        let odd = Bounds { low: -3, high: 2 };
        assert_eq!((odd.middle(), odd.half_width()), (-1, 3));
        assert!(odd.middle() - odd.low <= odd.half_width());
    }
}

//! What is asked of the data: one measure in all cells of one table.
//!
//! In: the cells of a period. Out: a [`Question`] for each measure of each perturbed table, its noisy answer, and the digest of
//! everything that the answers depend on. Invariant: which cells there are is told by classifications alone; a holding's
//! employees outside them count nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::PerturbationError;
use super::bounded::{self, Bounded, Own};
use super::budget::Answer;
use super::noise::Laplace;
use crate::aggregate::{Cell, CellKey, CellTable};
use crate::digest::hex;
use crate::exact::{Amount, SCALE};
use crate::measure::Measure;
use crate::pipeline::{Bounds, DifferentialPrivacy, Pipeline, Table};

/// One measure in all cells of one table.
pub(super) struct Question<'a> {
    place: usize,
    table: &'a Table,
    levels: Vec<u8>,
    /// Place of the measure in the pipeline.
    pub(super) measure_place: usize,
    /// The measure.
    pub(super) measure: &'a Measure,
    /// Within which its means count.
    pub(super) bounds: Bounds,
    currency: Option<String>,
    /// The codes of each cell, in order.
    codes: Vec<Vec<String>>,
    /// The cells that are among them.
    cells: BTreeMap<usize, &'a Cell>,
}

impl<'a> Question<'a> {
    /// The questions of a pipeline: by table, then by measure.
    pub(super) fn all(cells: &'a CellTable, pipeline: &'a Pipeline, settings: &DifferentialPrivacy) -> Vec<Self> {
        let mut questions = Vec::new();
        for (place, table) in pipeline.perturbed() {
            let codes = pipeline.known_cells(table);
            for &measure_place in &table.measures {
                let measure = &pipeline.measures[measure_place];
                let Some(bounds) = settings.bounds_of(measure) else { continue };
                let currency = settings.currency.clone().filter(|_| measure.by_currency);
                let of_question = cells.cells.iter().filter(|cell| {
                    cell.key.table == place && cell.measure == measure_place && cell.key.currency == currency
                });
                let known = |cell: &'a Cell| Some((codes.binary_search(&cell.key.codes).ok()?, cell));
                questions.push(Self {
                    place,
                    table,
                    levels: table.finest(),
                    measure_place,
                    measure,
                    bounds,
                    currency: currency.clone(),
                    cells: of_question.filter_map(known).collect(),
                    codes: codes.clone(),
                });
            }
        }
        questions
    }

    /// The keys of its cells, in order.
    pub(super) fn keys(&self) -> Vec<Arc<CellKey>> {
        let (table, levels, currency) = (self.place, &self.levels, &self.currency);
        let key = |codes: &Vec<String>| {
            Arc::new(CellKey { table, levels: levels.clone(), codes: codes.clone(), currency: currency.clone() })
        };
        self.codes.iter().map(key).collect()
    }

    /// The cell at a key, if anybody is in it.
    pub(super) fn cell(&self, key: &CellKey) -> Option<&'a Cell> {
        self.cells.get(&self.codes.binary_search(&key.codes).ok()?).copied()
    }

    /// Noise for its counts, and for its deviations: every question has an equal part of the release's epsilon, and spends one
    /// half of it on either.
    pub(super) fn noises(
        &self,
        questions: usize,
        settings: &DifferentialPrivacy,
    ) -> Result<[Laplace; 2], PerturbationError> {
        let epsilon = part_of(settings.epsilon_per_release, 2 * questions);
        let [employees, deviation] = bounded::sensitivity(self.bounds, settings);
        Ok([Laplace::new(employees, epsilon)?, Laplace::new(deviation, epsilon)?])
    }

    /// Employees and deviations of each cell, as far as they count.
    fn answer(&self, settings: &DifferentialPrivacy) -> [Vec<i64>; 2] {
        let mut of_holdings: BTreeMap<u32, Vec<Own>> = BTreeMap::new();
        for (&place, cell) in &self.cells {
            for own in cell.contributions.iter() {
                let (employees, total) = (own.employees, own.amounts[0]);
                of_holdings.entry(own.holding).or_default().push(Own { cell: place, employees, total });
            }
        }
        let (mut employees, mut deviations) = (vec![0_i64; self.codes.len()], vec![0_i64; self.codes.len()]);
        for own in of_holdings.into_values() {
            for Bounded { cell, employees: counted, deviation } in bounded::of_holding(own, self.bounds, settings) {
                // Stopping at the largest number changes no sum by more than the holding does.
                employees[cell] = employees[cell].saturating_add(counted);
                deviations[cell] = deviations[cell].saturating_add(deviation);
            }
        }
        [employees, deviations]
    }

    /// Whether an answer is to this question, and has a number for each of its cells.
    pub(super) fn is_answered_by(&self, answer: &Answer) -> bool {
        (&answer.table, &answer.measure) == (&self.table.name, &self.measure.name)
            && [&answer.employees, &answer.deviations].into_iter().all(|numbers| numbers.len() == self.codes.len())
    }

    /// The same with noise.
    pub(super) fn noisy_answer(
        &self,
        settings: &DifferentialPrivacy,
        noises: &[Laplace; 2],
    ) -> Result<Answer, PerturbationError> {
        let [employees, deviations] = self.answer(settings);
        Ok(Answer {
            table: self.table.name.clone(),
            measure: self.measure.name.clone(),
            employees: noises[0].add_to(&employees)?,
            deviations: noises[1].add_to(&deviations)?,
        })
    }
}

/// An equal part of a budget, rounded down.
#[expect(clippy::cast_precision_loss, reason = "a budget has few digits, and so have questions")]
fn part_of(epsilon: Amount, parts: usize) -> f64 {
    (epsilon as f64 / (SCALE as f64 * parts as f64)).next_down()
}

/// SHA-256 of all that the answers depend on: the questions, the bounds, and what each holding contributes.
pub(super) fn digest(questions: &[Question<'_>], cells: &CellTable, settings: &DifferentialPrivacy) -> String {
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    };
    let DifferentialPrivacy { epsilon: _, epsilon_per_release, max_employees, max_cells, currency: _, bounds: _ } =
        settings;
    add("payquorum perturbation 1");
    add(&cells.period.to_string());
    add(&format!("{epsilon_per_release} {max_employees} {max_cells}"));
    for question in questions {
        let Question { table, measure, bounds, levels, .. } = question;
        add(&format!("{} {levels:?} {} {:?}", table.name, measure.name, question.currency));
        add(&format!("{:?} {} {} {}", measure.population, measure.formula, bounds.low, bounds.high));
        question.codes.iter().flatten().for_each(|code| add(code));
        for (place, cell) in &question.cells {
            add(&format!("cell {place}"));
            for own in cell.contributions.iter() {
                add(cells.holdings.get(own.holding as usize).map_or("", String::as_str));
                add(&format!("{} {}", own.employees, own.amounts[0]));
            }
        }
    }
    hex(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn the_parts_of_a_budget_are_never_more_than_it() {
        assert!((part_of(SCALE / 2, 2) - 0.25).abs() < 1e-12);
        for parts in 1..200_usize {
            let epsilon = 0.7;
            assert!((0..parts).map(|_| part_of(7_000, parts)).sum::<f64>() <= epsilon + 1e-12 / parts as f64);
            assert!(part_of(7_000, parts) * parts as f64 <= epsilon);
        }
    }
}

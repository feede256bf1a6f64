//! The budget: what is spent of a period's epsilon, and what was drawn for it.
//!
//! In: the digest of an input. Out: its noisy answers, drawn once. Invariant: the private file
//! `budget/<pipeline>/<period>.json` is durable before an answer is used; what is spent in it never exceeds epsilon; the same
//! input gets the same answers and spends nothing more; a file that cannot be read stops the release.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::PerturbationError;
use crate::exact::Amount;
use crate::pipeline::{DifferentialPrivacy, Pipeline};
use crate::store::write_durably;

const FORM: &str = "payquorum-budget/1";

/// The noisy answer to one question: a number for each known cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) table: String,
    pub(super) measure: String,
    pub(super) employees: Vec<i64>,
    pub(super) deviations: Vec<i64>,
}

/// What was drawn for one input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Drawn {
    input_sha256: String,
    /// In 1/10,000.
    epsilon: Amount,
    answers: Vec<Answer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    form: String,
    pipeline: String,
    period: String,
    drawn: Vec<Drawn>,
}

/// The private file that records the budget of a period.
#[must_use]
pub fn budget_file(pipeline: &Pipeline, period: &str) -> PathBuf {
    pipeline.workspace.join("budget").join(&pipeline.name).join(format!("{period}.json"))
}

/// The budget of one period of a pipeline.
pub(super) struct Budget {
    path: PathBuf,
    book: Book,
}

impl Budget {
    /// Opens the budget of a period, which is whole where nothing has been spent.
    pub(super) fn open(pipeline: &Pipeline, period: &str) -> Result<Self, PerturbationError> {
        Self::at(budget_file(pipeline, period), &pipeline.name, period)
    }

    fn at(path: PathBuf, pipeline: &str, period: &str) -> Result<Self, PerturbationError> {
        let empty =
            Book { form: FORM.to_owned(), pipeline: pipeline.to_owned(), period: period.to_owned(), drawn: Vec::new() };
        let unread = |what: String| PerturbationError::Unrecorded { path: path.clone(), what };
        let book = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| unread(format!("is damaged: {error}")))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => empty.clone(),
            Err(error) => return Err(unread(error.to_string())),
        };
        if (&book.form, &book.pipeline, &book.period) != (&empty.form, &empty.pipeline, &empty.period) {
            return Err(unread("is of another program version, pipeline or period".to_owned()));
        }
        if book.drawn.iter().any(|drawn| drawn.epsilon <= 0) {
            return Err(unread("is damaged: something was drawn for nothing".to_owned()));
        }
        Ok(Self { path, book })
    }

    fn spent(&self) -> Amount {
        self.book.drawn.iter().map(|drawn| drawn.epsilon).fold(0, Amount::saturating_add)
    }

    /// The answers for an input: those that were drawn for it before, if they fit the questions, or new ones where the budget
    /// suffices.
    pub(super) fn answers(
        &mut self,
        digest: &str,
        settings: &DifferentialPrivacy,
        fits: impl Fn(&[Answer]) -> bool,
        draw: impl FnOnce() -> Result<Vec<Answer>, PerturbationError>,
    ) -> Result<Vec<Answer>, PerturbationError> {
        if let Some(drawn) = self.book.drawn.iter().find(|drawn| drawn.input_sha256 == digest) {
            if fits(&drawn.answers) {
                return Ok(drawn.answers.clone());
            }
            let what = "is damaged: what was drawn does not fit the tables".to_owned();
            return Err(PerturbationError::Unrecorded { path: self.path.clone(), what });
        }
        let (spent, asked) = (self.spent(), settings.epsilon_per_release);
        if spent.saturating_add(asked) > settings.epsilon {
            return Err(PerturbationError::Overspent {
                pipeline: self.book.pipeline.clone(),
                period: self.book.period.clone(),
                epsilon: settings.epsilon,
                spent,
                asked,
            });
        }
        let answers = draw()?;
        self.book.drawn.push(Drawn { input_sha256: digest.to_owned(), epsilon: asked, answers: answers.clone() });
        self.write().map_err(|error| {
            self.book.drawn.pop();
            PerturbationError::Unrecorded { path: self.path.clone(), what: error.to_string() }
        })?;
        Ok(answers)
    }

    fn write(&self) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut text = serde_json::to_string_pretty(&self.book)?;
        text.push('\n');
        write_durably(&self.path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::SCALE;

    fn settings(epsilon: Amount, epsilon_per_release: Amount) -> DifferentialPrivacy {
        let bounds = std::collections::BTreeMap::new();
        DifferentialPrivacy { epsilon, epsilon_per_release, max_employees: 1, max_cells: 1, currency: None, bounds }
    }

    fn answer(number: i64) -> Vec<Answer> {
        let (table, measure) = ("sector".to_owned(), "base_hourly".to_owned());
        vec![Answer { table, measure, employees: vec![number], deviations: vec![-number] }]
    }

    #[test]
    fn a_budget_is_spent_once_for_an_input_and_never_overspent() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || Budget::at(folder.path().join("budget/p/2026.json"), "p", "2026").expect("a budget");
        let settings = settings(SCALE, SCALE / 2);
        assert_eq!(open().answers("a", &settings, |_| true, || Ok(answer(1))), Ok(answer(1)));
        // The same again: not drawn, not spent, also after closing and opening.
        assert_eq!(open().answers("a", &settings, |_| true, || panic!("drawn twice")), Ok(answer(1)));
        assert_eq!(open().spent(), SCALE / 2);
        assert_eq!(open().answers("b", &settings, |_| true, || Ok(answer(2))), Ok(answer(2)));
        let error =
            open().answers("c", &settings, |_| true, || panic!("drawn without a budget")).expect_err("overspent");
        let told = error.to_string();
        assert!(told.contains("epsilon is 1, 1 is spent, 0 is left") && told.contains("would spend 0.5"), "{told}");
        // Numbers that somebody removed are not made up.
        let error = open().answers("a", &settings, |_| false, || panic!("drawn twice")).expect_err("damaged");
        assert!(error.to_string().contains("does not fit"), "{error}");
        // What was drawn stays at hand.
        assert_eq!(open().answers("a", &settings, |_| true, || panic!("drawn twice")), Ok(answer(1)));
        assert_eq!(open().spent(), SCALE);
    }

    #[test]
    fn nothing_is_spent_where_no_noise_was_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut budget = Budget::at(folder.path().join("2026.json"), "p", "2026").expect("a budget");
        let failed = || Err(PerturbationError::NoNoise("no randomness".to_owned()));
        assert!(budget.answers("a", &settings(SCALE, SCALE), |_| true, failed).is_err());
        assert_eq!(budget.spent(), 0);
    }

    #[test]
    fn a_damaged_budget_is_not_taken_for_a_whole_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("2026.json");
        for text in ["", "{", r#"{"form":"payquorum-budget/1","pipeline":"other","period":"2026","drawn":[]}"#] {
            fs::write(&path, text).expect("written");
            let error = Budget::at(path.clone(), "p", "2026").err().expect("no budget");
            assert!(error.to_string().contains("restore it from a backup"), "{error}");
        }
    }
}

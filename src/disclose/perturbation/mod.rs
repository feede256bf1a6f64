//! Perturbation: tables whose cells are all published, with noise, instead of some of them withheld.
//!
//! In: the cells of the perturbed tables, and what bounds a holding's influence. Out: rows for the release, and decisions for
//! the ledger. Invariant: what is published of these tables is differentially private for holdings: whether all records of
//! one holding are there or not changes the probability of any outcome by a factor of at most e^epsilon. Everything after the
//! noise is computed from noisy figures alone, and the same input is never asked twice.

mod bounded;
mod budget;
mod figures;
mod noise;
mod question;

use std::fmt;
use std::path::PathBuf;

pub use budget::budget_file;
use budget::{Answer, Budget};
use noise::Laplace;
use question::Question;

use super::ledger::Decision;
use super::safe_table::SafeRow;
use crate::aggregate::CellTable;
use crate::exact::{Amount, decimal};
use crate::pipeline::Pipeline;

/// Why perturbed tables cannot be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PerturbationError {
    /// The budget of the period does not suffice; budgets are in 1/10,000.
    Overspent {
        /// The pipeline.
        pipeline: String,
        /// The period.
        period: String,
        /// The whole budget.
        epsilon: Amount,
        /// What is spent of it.
        spent: Amount,
        /// What this release would spend.
        asked: Amount,
    },
    /// Measures that are published without noise as well: perturbed table, suppressed table, measure.
    ProtectedTwice(Vec<(String, String, String)>),
    /// What is spent cannot be read or written.
    Unrecorded {
        /// The file.
        path: PathBuf,
        /// What happened.
        what: String,
    },
    /// No noise could be made.
    NoNoise(String),
}

impl fmt::Display for PerturbationError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overspent { pipeline, period, epsilon, spent, asked } => write!(
                out,
                "nothing is published, since the privacy budget of {pipeline} for {period} does not suffice: epsilon is {}, \
                 {} is spent, {} is left, and this release would spend {}; release an earlier input again, which spends \
                 nothing, or lower `protection.differential_privacy.epsilon_per_release`, or raise `epsilon`, which \
                 protects every company less",
                decimal(*epsilon),
                decimal(*spent),
                decimal((epsilon - spent).max(0)),
                decimal(*asked)
            ),
            Self::ProtectedTwice(found) => {
                out.write_str("nothing is published, since figures without noise would undo the noise of others:")?;
                found.iter().try_for_each(|(noisy, exact, measure)| {
                    write!(
                        out,
                        "\n  `{measure}` of the perturbed table `{noisy}` stands, or a measure that a sum ties to it, in \
                         `{exact}`; protect it in one of the two ways"
                    )
                })
            }
            Self::Unrecorded { path, what } => write!(
                out,
                "nothing is published, since it cannot be recorded what is spent of the privacy budget: {}: {what}; mend \
                 the file or restore it from a backup, since without it nobody knows what is left",
                path.display()
            ),
            Self::NoNoise(what) => write!(out, "nothing is published, since no noise could be made: {what}"),
        }
    }
}

impl std::error::Error for PerturbationError {}

/// Rows and decisions of all perturbed tables. What is drawn is recorded, and the budget spent, before any row exists.
pub(super) fn perturb(
    cells: &CellTable,
    pipeline: &Pipeline,
) -> Result<(Vec<SafeRow>, Vec<Decision>), PerturbationError> {
    let Some(settings) = &pipeline.differential_privacy else { return Ok(Default::default()) };
    let twice = pipeline.protected_twice();
    if !twice.is_empty() {
        return Err(PerturbationError::ProtectedTwice(twice));
    }
    let questions = Question::all(cells, pipeline, settings);
    let noises: Vec<[Laplace; 2]> =
        questions.iter().map(|question| question.noises(questions.len(), settings)).collect::<Result<_, _>>()?;
    let mut budget = Budget::open(pipeline, &cells.period.to_string())?;
    let digest = question::digest(&questions, cells, settings);
    let fits = |answers: &[Answer]| {
        answers.len() == questions.len()
            && answers.iter().zip(&questions).all(|(answer, question)| question.is_answered_by(answer))
    };
    let answers = budget.answers(&digest, settings, fits, || {
        let noisy = |(question, noises): (&Question<'_>, &[Laplace; 2])| question.noisy_answer(settings, noises);
        questions.iter().zip(&noises).map(noisy).collect()
    })?;
    let (mut rows, mut decisions) = (Vec::new(), Vec::new());
    for ((question, noises), answer) in questions.iter().zip(&noises).zip(answers) {
        let scatter = noises.each_ref().map(Laplace::standard_error);
        for (place, key) in question.keys().into_iter().enumerate() {
            let noisy = [answer.employees[place], answer.deviations[place]];
            decisions.extend(figures::decisions(question, &key));
            rows.push(figures::row(question, key, noisy, scatter, &pipeline.policy));
        }
    }
    Ok((rows, decisions))
}

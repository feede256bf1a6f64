//! **`skill_<name>`**: scores of the latest assessment of a skill.
//!
//! In: `skill_<name>`, 0 to 100. Out: the column as it stands.
//! Invariant: who was not assessed has no value; zero is a score.
//! Source: ISO 30414, workforce competency rate (mean of scores).

use super::{Basis, Direction, Measure, MeasureKind, Shape, Unit};

pub(super) fn measure(skill: &str) -> Measure {
    let name = format!("skill_{skill}");
    let column = name.clone();
    Measure {
        unit: Unit::Other("points of 100".to_owned()),
        direction: Direction::HigherIsBetter,
        formula: format!("{name} of the latest assessment"),
        source: "ISO 30414, workforce competency",
        treatment: "who was not assessed has no value; zero is a score",
        needs: vec![name.clone()],
        ..Measure::of(
            name.clone(),
            MeasureKind::Distribution,
            Basis::new(name, Shape::List, move |batch| batch.number_values(&column)),
        )
    }
}

//! **women_representation**, **men_representation**, **other_gender_representation**, **`ethnicity_<code>_representation`**: the
//! share of a group among employees; per job level in a table or breakdown by `job_level`.
//!
//! In: `gender`, or `ethnicity`. Out: one or zero per employee. The code of an ethnicity is in lower case, with `_` for
//! everything but letters and digits.
//! Invariant: blanks are in neither the numerator nor the denominator; the shares add up to one.
//! Source: GRI 405-1, diversity of employees by gender and other indicators, per employee category.

use super::{Basis, Batch, Family, Gender, Measure, MeasureKind, Shape, Values, columns};

const GENDERS: Family = Family::new("the shares of women, men and other genders add up to one");
const ETHNICITIES: Family = Family::new("the shares of ethnicities add up to one");

const TREATMENT: &str = "an empty field is not counted";

/// Whether each word of a column is meant.
fn flags(batch: &Batch<'_>, column: &str, meant: impl Fn(&str) -> bool) -> Values {
    let Some(texts) = batch.records().texts(column) else { return Values::absent(batch.len()) };
    let known: Vec<bool> = texts.words().map(meant).collect();
    Values::from_flags(texts.codes().map(|code| code.map(|code| known[code])))
}

pub(super) fn of_gender(gender: Gender) -> Measure {
    let (name, people) = match gender {
        Gender::Woman => ("women_representation", "women"),
        Gender::Man => ("men_representation", "men"),
        Gender::LeftOut => ("other_gender_representation", "employees of another gender"),
    };
    Measure {
        formula: format!("{people} / employees with a gender"),
        source: "GRI 405-1, diversity of employees",
        treatment: TREATMENT,
        needs: columns(&["gender"]),
        family: Some(GENDERS),
        ..Measure::of(
            name,
            MeasureKind::Share,
            Basis::new(name, Shape::Sums, move |batch| {
                flags(batch, "gender", |word| batch.settings().gender(word) == gender)
            }),
        )
    }
}

pub(super) fn of_ethnicity(code: &str) -> Measure {
    let (name, wanted) = (format!("ethnicity_{code}_representation"), code.to_owned());
    Measure {
        formula: format!("employees with the ethnicity {code} / employees with an ethnicity"),
        source: "GRI 405-1, diversity of employees",
        treatment: TREATMENT,
        needs: columns(&["ethnicity"]),
        family: Some(ETHNICITIES),
        ..Measure::of(
            name.clone(),
            MeasureKind::Share,
            Basis::new(name, Shape::Sums, move |batch| flags(batch, "ethnicity", |word| plain(word) == wanted)),
        )
    }
}

/// A code in lower case, with `_` for everything but letters and digits.
pub(super) fn plain(code: &str) -> String {
    let kept = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' };
    code.trim().to_lowercase().chars().map(kept).collect()
}

//! The identifier gate: no direct identifier but the employee ID comes in.
//!
//! In: headers, and the values of text columns that are kept. Out: the [`Suspicion`] that one of them raises, with the
//! [`Identifier`] it looks like and the rule that spoke. Invariant: every header and every kept text value passes here; in
//! doubt a header that speaks of a name is refused, and digits alone are no national number unless a header says so and
//! their checksum is right.

mod checks;
mod compound;
mod headers;
mod iban;
#[cfg(test)]
mod measure;
mod national;
mod phone;
pub mod rules;
mod spelling;
#[cfg(test)]
mod tests;
mod values;
mod words;

use std::fmt;

use headers::Hints;
pub use headers::header_means;
pub use values::employee_id_looks_like;

/// A kind of direct identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier {
    /// A person's name.
    Name,
    /// An address, telephone number or e-mail address.
    Contact,
    /// A number that the state gives a person.
    NationalId,
    /// A bank account.
    BankAccount,
    /// A date of birth.
    Birth,
}

impl fmt::Display for Identifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Name => "a person's name",
            Self::Contact => "contact details",
            Self::NationalId => "a national identification number",
            Self::BankAccount => "a bank account",
            Self::Birth => "a date of birth",
        })
    }
}

/// An identifier, and the rule that took a header or a value for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Suspicion {
    /// What it looks like.
    pub identifier: Identifier,
    /// The name of the rule: `name_word`, `phone_international`, `national_id:de_tax`.
    pub rule: &'static str,
}

impl fmt::Display for Suspicion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} (rule {})", self.identifier, self.rule)
    }
}

/// The gate of one text column, made once from its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ColumnGate {
    hints: Hints,
}

impl ColumnGate {
    /// The gate of a column with this header.
    ///
    /// A header that speaks of telephones, or of national numbers, widens what its values may look like; one of codes
    /// (`Position Code`, `Kostenstelle`) lets bare groups of digits pass.
    #[must_use]
    pub fn of(header: &str) -> Self {
        Self { hints: headers::hints(header) }
    }

    /// The same for a column that has two names, the one in the file and the one that the pipeline gives it: either
    /// widens, and either may say that the values are codes.
    #[must_use]
    pub fn of_both(header: &str, column: &str) -> Self {
        let (a, b) = (headers::hints(header), headers::hints(column));
        let (phone, national) = (a.phone || b.phone, a.national || b.national);
        Self { hints: Hints { phone, national, code: (a.code || b.code) && !phone && !national } }
    }

    /// The identifier that a value of the column looks like, if any.
    #[must_use]
    pub fn judge(&self, value: &str) -> Option<Suspicion> {
        values::judged(value, self.hints)
    }
}

/// The identifier that a value looks like whatever its column, if any.
#[must_use]
pub fn value_looks_like(value: &str) -> Option<Suspicion> {
    ColumnGate::default().judge(value)
}

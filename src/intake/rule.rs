//! The rules of intake, what each expects, and how a broken one is told.
//!
//! In: which rule was broken, on which column, in which format. Out: sentences.
//! Invariant: no sentence holds anything of the record: a rule, a column and a format are all it is made from.

use std::fmt;

use super::gate::Identifier;
use crate::exact::{DecimalMark, SCALE, ThousandsMark};
use crate::pipeline::FileFormat;
use crate::record::{Column, ColumnKind};

/// A rule that a row can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// As many fields as the header.
    FieldCount,
    /// An employee ID on every row.
    EmployeeId,
    /// A company that the register knows.
    Company,
    /// A period of the pipeline's kind.
    Period,
    /// A number in the declared format.
    Number,
    /// Thousands marks as declared.
    Grouping,
    /// No scientific notation.
    Scientific,
    /// A number within its bounds.
    Range,
    /// One currency on a row.
    OtherCurrency,
    /// A currency where money is.
    Currency,
    /// A pay basis where base pay is.
    PayBasis,
    /// A date in the declared format.
    Date,
    /// One of the words.
    Word,
    /// Yes or no.
    Flag,
    /// A code of the classification.
    Code,
    /// Text in the declared encoding, not too long.
    Text,
    /// One row for an employee and period.
    OneRowPerEmployee,
}

impl Rule {
    /// Its name in reports and rejects files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FieldCount => "field_count",
            Self::EmployeeId => "employee_id",
            Self::Company => "company",
            Self::Period => "period",
            Self::Number => "number",
            Self::Grouping => "thousands_mark",
            Self::Scientific => "scientific_notation",
            Self::Range => "range",
            Self::OtherCurrency => "other_currency",
            Self::Currency => "currency",
            Self::PayBasis => "pay_basis",
            Self::Date => "date",
            Self::Word => "word",
            Self::Flag => "yes_or_no",
            Self::Code => "code",
            Self::Text => "text",
            Self::OneRowPerEmployee => "one_row_per_employee",
        }
    }

    /// What was expected on `column` in a file of this format.
    #[must_use]
    pub fn expected(self, column: Option<&Column>, format: &FileFormat, codes: &str) -> String {
        match self {
            Self::FieldCount => "as many fields as the header has".to_owned(),
            Self::EmployeeId => "an employee number of 1 to 256 characters".to_owned(),
            Self::Company => "a company_id of the register".to_owned(),
            Self::Period => "a period like 2026-Q3, 2026-09 or 2026-09-30, not coarser than the pipeline's".to_owned(),
            Self::Number | Self::Scientific => format!("a number like {}", number_example(format)),
            Self::Grouping => format!(
                "a number like {}; declare other marks with `decimal` and `thousands` in the pipeline",
                number_example(format)
            ),
            Self::Range => match column.map(|column| &column.kind) {
                Some(ColumnKind::Number { low, high }) => {
                    format!("a number from {} to {}", low / SCALE, high / SCALE)
                }
                _ => "an amount below 100,000,000,000".to_owned(),
            },
            Self::OtherCurrency => "amounts in the currency of the row".to_owned(),
            Self::Currency => "an ISO 4217 code such as EUR, here or under `[defaults]` of the pipeline".to_owned(),
            Self::PayBasis => "a pay_basis, here or under `[defaults]` of the pipeline".to_owned(),
            Self::Date => format!("a date written {}; declare another with `dates`", format.date.name()),
            Self::Word => match column.map(|column| &column.kind) {
                Some(ColumnKind::Word(words)) => format!("one of {}", words.join(", ")),
                _ => "one of the known words".to_owned(),
            },
            Self::Flag => "1 or 0, yes or no, true or false".to_owned(),
            Self::Code if codes.is_empty() => "a code that does not begin with `_`".to_owned(),
            Self::Code => codes.to_owned(),
            Self::Text => "text of at most 256 bytes in the declared encoding".to_owned(),
            Self::OneRowPerEmployee => {
                "one row for an employee and period; `multiple_jobs = \"sum\"` in the pipeline adds several up"
                    .to_owned()
            }
        }
    }
}

fn number_example(format: &FileFormat) -> &'static str {
    match (format.number.decimal, format.number.thousands) {
        (DecimalMark::Point, None) => "1234.56",
        (DecimalMark::Comma, None) => "1234,56",
        (DecimalMark::Point, Some(ThousandsMark::Comma)) => "1,234.56",
        (DecimalMark::Comma, Some(ThousandsMark::Point)) => "1.234,56",
        (DecimalMark::Point, Some(ThousandsMark::Space)) => "1 234.56",
        (DecimalMark::Comma, Some(ThousandsMark::Space)) => "1 234,56",
        (DecimalMark::Point, Some(_)) => "1'234.56",
        (DecimalMark::Comma, Some(_)) => "1'234,56",
    }
}

/// A field that broke a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reject {
    /// Data row, from 1.
    pub row: u64,
    /// Line of the file on which the row starts, from 1.
    pub line: u64,
    /// Place of the column among the mapped ones; none where the whole row is meant.
    pub column: Option<u16>,
    /// The rule.
    pub rule: Rule,
}

/// Why an upload is refused whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The file or its packing cannot be read.
    Unreadable(String),
    /// Nothing in it, or no header.
    Empty,
    /// A header means a direct identifier; the place is the header's, from 1.
    IdentifierHeader(usize, Identifier),
    /// A value looks like a direct identifier.
    IdentifierValue {
        /// Line of the value.
        line: u64,
        /// Canonical column.
        column: String,
        /// What it looks like.
        looks_like: Identifier,
    },
    /// A needed column is not there; the names are those of the pipeline.
    MissingColumn {
        /// Canonical column.
        column: String,
        /// Headers by which it is known.
        headers: Vec<String>,
    },
    /// Two headers are of one name that the pipeline uses; the places are from 1.
    DoubleHeader(usize, usize, String),
    /// A quote is not closed; the line is where it may begin.
    OpenQuote(u64),
    /// The file's name names no company of the register.
    UnknownCompany,
    /// No column and no `--period` says which period it is.
    NoPeriod,
    /// Money without a currency, or base pay without its basis.
    NoDefault {
        /// The canonical column that is missing.
        column: &'static str,
        /// An example for `[defaults]`.
        example: &'static str,
    },
    /// More rows rejected than the pipeline allows.
    TooManyRejects {
        /// Rows rejected.
        rejected: u64,
        /// Rows read.
        read: u64,
        /// The largest allowed part, in percent.
        allowed_percent: String,
    },
    /// An edit found an error; the text says which, and what to do.
    Edit(String),
    /// Two uploads of one run hold the same company and period.
    SameCompanyTwice {
        /// The company.
        company: String,
        /// The period.
        period: String,
        /// The other file.
        other: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(out, "cannot be read: {why}"),
            Self::Empty => out.write_str("line 1: holds no header; expected a line of column names"),
            Self::IdentifierHeader(place, identifier) => write!(
                out,
                "line 1, column {place}: the header means {identifier}, which must not be uploaded; \
                 remove the column and upload again"
            ),
            Self::IdentifierValue { line, column, looks_like } => write!(
                out,
                "line {line}, column {column}: a value looks like {looks_like}, which must not be uploaded; \
                 remove such values and upload again"
            ),
            Self::MissingColumn { column, headers } => write!(
                out,
                "line 1: no header for {column}; expected {}; add the column, or name its header under `[columns]`",
                headers.iter().map(|header| format!("{header:?}")).collect::<Vec<_>>().join(" or ")
            ),
            Self::DoubleHeader(one, other, column) => {
                write!(out, "line 1, columns {one} and {other}: both are the header for {column}; keep one of them")
            }
            Self::OpenQuote(line) => {
                write!(out, "line {line}: a quoted field is not closed; close it, or double the quotes inside a field")
            }
            Self::UnknownCompany => out.write_str(
                "the file has no company_id column and its name is no company_id of the register; \
                 name the file <company_id>.csv, or add the company to the register",
            ),
            Self::NoPeriod => {
                out.write_str("the file has no period column; add one, or say which period it is with `--period`")
            }
            Self::NoDefault { column, example } => write!(
                out,
                "line 1: there are amounts, but no {column} column and no default; \
                 add the column, or `{example}` under `[defaults]` of the pipeline"
            ),
            Self::TooManyRejects { rejected, read, allowed_percent } => write!(
                out,
                "{rejected} of {read} rows break a rule, more than {allowed_percent} %; \
                 mend the rows in the rejects file, or raise `max_reject_share`"
            ),
            Self::Edit(what) => out.write_str(what),
            Self::SameCompanyTwice { company, period, other } => {
                write!(out, "company {company} and period {period} are also in {other}; keep one of the two files")
            }
        }
    }
}

//! The rules of intake, what each expects, and how a broken one is told.
//!
//! In: which rule was broken, on which column, in which format. Out: sentences.
//! Invariant: no sentence holds anything of the record: a rule, a column and a format are all it is made from.

use std::fmt;

use super::gate::Suspicion;
use crate::exact::{DecimalMark, Grouping, SCALE, ThousandsMark};
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
    /// No cell with an error or a formula that was never calculated.
    Cell,
    /// Hours or a full-time equivalent beside a full-time rate.
    FullTimeRate,
    /// An employee, and not the total of others.
    TotalRow,
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
            Self::Cell => "cell",
            Self::FullTimeRate => "full_time_rate",
            Self::TotalRow => "total_row",
        }
    }

    /// Whether a row that breaks it is set aside as what it is, and no fault of the upload.
    #[must_use]
    pub fn is_set_aside(self) -> bool {
        self == Self::TotalRow
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
                "a number like {}; declare other marks with `decimal`, `thousands` and `grouping` in the pipeline",
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
            Self::Date if column.is_none_or(|column| column.name != "hire_date") => format!(
                "a date written {}; declare another with `dates`, and what means no date with `open_end`",
                format.dates.names()
            ),
            Self::Date => format!("a date written {}; declare another with `dates`", format.dates.names()),
            Self::Word => match column.map(|column| &column.kind) {
                Some(ColumnKind::Word(words)) => format!("one of {}; map other words under `[words]`", words.join(", ")),
                _ => "one of the known words".to_owned(),
            },
            Self::Flag => "1 or 0, yes or no, true or false; map other words under `[words]`".to_owned(),
            Self::Code if codes.is_empty() => "a code that does not begin with `_`".to_owned(),
            Self::Code => codes.to_owned(),
            Self::Text => "text of at most 256 bytes in the declared encoding, without control characters".to_owned(),
            Self::Cell => "a value; mend the cell's error, or open the workbook and save it so that its formulas are calculated".to_owned(),
            Self::FullTimeRate => {
                "fte, or weekly_hours and `standard_weekly_hours`, beside a full-time rate (`base_pay_is = \"full_time\"`)".to_owned()
            }
            Self::TotalRow => "an employee; the row is a total of others and is not counted".to_owned(),
            Self::OneRowPerEmployee => {
                "one row for an employee and period; `multiple_jobs = \"sum\"` in the pipeline adds several up"
                    .to_owned()
            }
        }
    }
}

fn number_example(format: &FileFormat) -> &'static str {
    if format.number.grouping == Grouping::Lakh {
        return "12,34,567.89";
    }
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

/// A header that means a direct identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundIdentifier {
    /// The place of the header, from 1.
    pub place: usize,
    /// The header, where it may be shown.
    pub header: Option<String>,
    /// What it means.
    pub suspicion: Suspicion,
}

/// Values of a column that look like direct identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundValues {
    /// Line of the first one.
    pub line: u64,
    /// How many rows have one, as far as the upload was read.
    pub rows: u64,
    /// Canonical column.
    pub column: String,
    /// Its header, where it is another and may be shown.
    pub header: Option<String>,
    /// What the first one looks like.
    pub suspicion: Suspicion,
}

/// What is wrong with the header of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderFault {
    /// Nothing in it, or no header.
    Empty,
    /// A header, and no row below it.
    NoRows,
    /// Headers mean direct identifiers.
    Identifiers(Vec<FoundIdentifier>),
    /// A needed column is not there; the names are those of the pipeline.
    MissingColumn {
        /// Canonical column.
        column: String,
        /// Headers by which it is known.
        headers: Vec<String>,
        /// A line further down that has one of them.
        header_line: Option<u64>,
    },
    /// No header is one of the pipeline, which asks for no employee ID.
    NoColumns {
        /// A line further down that has some.
        header_line: Option<u64>,
    },
    /// The headers are not UTF-8, nobody declared what they are, and a column of the pipeline is not among those that could be read.
    Encoding {
        /// Canonical column.
        column: String,
    },
    /// Two headers are of one name that the pipeline uses; the places are from 1.
    DoubleHeader(usize, usize, String),
    /// The header of a column says that its amounts are in thousands or millions; the place is from 1.
    Scaled(usize, String),
    /// The header of a column says another currency than the pipeline; the place is from 1.
    OtherCurrency(usize, String),
    /// The header of a column of twelve months says another time; the place is from 1.
    OtherTime(usize, String),
    /// Nothing but the default says what the amounts of one pay column pay for, and another has that basis too; the place is from 1.
    PayColumn(usize, &'static str),
    /// Money without a currency, or base pay without its basis.
    NoDefault {
        /// The canonical column that is missing.
        column: &'static str,
        /// An example for `[defaults]`.
        example: &'static str,
    },
}

/// Why an upload is refused whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The file or its packing cannot be read.
    Unreadable(String),
    /// The header is wrong; the line is where it stands.
    Header(u64, HeaderFault),
    /// Values look like direct identifiers.
    IdentifierValues(Vec<FoundValues>),
    /// Several of these at once.
    Several(Vec<Self>),
    /// A quote is not closed; the line is where it may begin.
    OpenQuote(u64),
    /// A quoted field that begins on this line goes over lines and closes inside a text.
    StrayQuote(u64),
    /// A quoted field of the row on this line holds what look like whole rows.
    SwallowedRows(u64),
    /// Text that is not UTF-8, and nobody declared what it is.
    Encoding {
        /// Line of the first such text.
        line: u64,
        /// Canonical column.
        column: String,
    },
    /// Every mark in a column of amounts has three digits behind it, and nobody declared what it is.
    AmbiguousMarks {
        /// Canonical column.
        column: String,
        /// Line of the first such amount.
        line: u64,
    },
    /// More than half of the rows look like totals of others.
    MostlyTotals {
        /// Such rows.
        rows: u64,
        /// Rows read.
        read: u64,
    },
    /// The file's name names no company of the register.
    UnknownCompany,
    /// No column and no `--period` says which period it is.
    NoPeriod,
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
            Self::Header(line, fault) => write!(out, "line {line}{fault}"),
            Self::IdentifierValues(found) => write_values(out, found),
            Self::Several(refusals) => {
                for (number, refusal) in refusals.iter().enumerate() {
                    write!(out, "{}{refusal}", if number > 0 { "; " } else { "" })?;
                }
                Ok(())
            }
            Self::OpenQuote(line) => write!(
                out,
                "line {line}: a quoted field that begins here is not closed; close it, or double quotes inside a field"
            ),
            Self::StrayQuote(line) => write!(
                out,
                "line {line}: a quoted field that begins here goes over lines and ends inside a text; double the quotes inside the field, \
                 or remove the one that opens it"
            ),
            Self::SwallowedRows(line) => write!(
                out,
                "line {line}: a quoted field of this row holds what look like whole rows; double the quotes inside the field, or remove the \
                 one that opens it"
            ),
            Self::Encoding { line, column } => write!(
                out,
                "line {line}, column {column}: the file is not UTF-8, and its letters could be read in several ways; save it as UTF-8, or \
                 declare `encoding` for it, as in \"windows-1252\" (Western Europe) or \"windows-1250\" (Central Europe)"
            ),
            Self::AmbiguousMarks { column, line } => write!(
                out,
                "line {line}, column {column}: marks with three digits behind them could be decimal marks or thousands marks: 48.000 could be 48 or 48,000; declare \
                 `thousands = \".\"` or `decimal = \".\"` for this file"
            ),
            Self::MostlyTotals { rows, read } => write!(
                out,
                "{rows} of {read} rows look like totals of others (rule total_row); if they are employees, give them numbers as IDs"
            ),
            Self::UnknownCompany => out.write_str(
                "the file has no company_id column and its name is no company_id of the register; \
                 name the file <company_id>.csv, or add the company to the register",
            ),
            Self::NoPeriod => {
                out.write_str("the file has no period column; add one, or say which period it is with `--period`")
            }
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

impl fmt::Display for HeaderFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => out.write_str(": holds no header; expected a line of column names"),
            Self::NoRows => out.write_str(
                ": there is a header and no row below it; check the export, and add the column names if the first line is a record",
            ),
            Self::Identifiers(found) => write_headers(out, found),
            Self::MissingColumn { column, headers, header_line } => {
                let known: Vec<String> = headers.iter().map(|header| format!("{header:?}")).collect();
                write!(out, ": no header for {column} (known as {}); ", known.join(", "))?;
                match header_line {
                    Some(line) => write!(out, "line {line} has it: declare `header_line = {line}` for this file"),
                    None => write!(out, "add the column, or name its header under `[columns]`"),
                }
            }
            Self::NoColumns { header_line } => {
                out.write_str(": no header is one of the pipeline; ")?;
                match header_line {
                    Some(line) => write!(out, "line {line} has some: declare `header_line = {line}` for this file"),
                    None => out.write_str("add column names, or name the headers under `[columns]`"),
                }
            }
            Self::Encoding { column } => write!(
                out,
                ": the headers are not UTF-8, and none that could be read means {column}; save the file as UTF-8, or declare `encoding` for \
                 it, as in \"windows-1250\" (Central Europe), \"shift_jis\" or \"utf-16le\""
            ),
            Self::DoubleHeader(first, second, column) => write!(
                out,
                ", columns {first} and {second}: two headers mean {column}; remove one, or name the right one to the letter under \
                 `[columns]`"
            ),
            Self::Scaled(place, column) => write!(
                out,
                ", column {place}: the header says that {column} is in thousands or more; export whole currency units, or mend the \
                 header"
            ),
            Self::OtherCurrency(place, column) => write!(
                out,
                ", column {place}: the header says another currency for {column} than `currency` under `[defaults]`; add a currency \
                 column, or mend one of the two"
            ),
            Self::OtherTime(place, column) => write!(
                out,
                ", column {place}: the header says another time for {column} than the twelve months to the snapshot; export that amount, or \
                 mend the header"
            ),
            Self::PayColumn(place, default) => write!(
                out,
                ", column {place}: nothing says what this pay column pays for, and of two columns side by side both would pay for one {default}; \
                 name its pay basis under `[columns]`, as in `{{ header = \"...\", pay_basis = \"hour\" }}`"
            ),
            Self::NoDefault { column, example } => write!(
                out,
                ": there are amounts, but no {column} column and no default; \
                 add the column, or `{example}` under `[defaults]` of the pipeline"
            ),
        }
    }
}

/// Headers that mean direct identifiers, as they are told: the sentence wants its mend behind it.
pub struct FoundHeaders<'a>(pub &'a [FoundIdentifier]);

impl fmt::Display for FoundHeaders<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, FoundIdentifier { place, header, suspicion }) in self.0.iter().enumerate() {
            let comma = if number > 0 { "; " } else { "" };
            let header = header.as_ref().map_or(String::new(), |header| format!(" {header:?}"));
            write!(out, "{comma}column {place}: the header{header} means {suspicion}")?;
        }
        out.write_str(", which must not be uploaded")
    }
}

fn write_headers(out: &mut fmt::Formatter<'_>, found: &[FoundIdentifier]) -> fmt::Result {
    let [columns, them] = if found.len() == 1 { ["the column", "it"] } else { ["these columns", "them"] };
    write!(
        out,
        ", {}; remove {columns} and upload again, or leave {them} unread with `identifiers = \"drop\"`, or name a harmless header under \
         `allow`",
        FoundHeaders(found)
    )
}

fn write_values(out: &mut fmt::Formatter<'_>, found: &[FoundValues]) -> fmt::Result {
    for (number, FoundValues { line, rows, column, header, suspicion }) in found.iter().enumerate() {
        let comma = if number > 0 { "; " } else { "" };
        let header = header.as_ref().map_or(String::new(), |header| format!(" ({header:?})"));
        let more = match rows - 1 {
            0 => String::new(),
            1 => ", and in 1 further row".to_owned(),
            more => format!(", and in {more} further rows"),
        };
        write!(out, "{comma}line {line}, column {column}{header}: a value looks like {suspicion}{more}")?;
    }
    out.write_str(", which must not be uploaded; remove such values and upload again")
}

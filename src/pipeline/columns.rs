//! How uploads and the register name things: headers, words and columns of our own.
//!
//! In: `[columns]`, `[words]`, `[register]`. Out: [`MappedColumn`]s, [`Words`] and the headers of the register.
//! Invariant: a canonical column has one list of headers; a word is mapped for a column that can hold it, to something that it may hold.

use std::collections::BTreeMap;

use super::read::Reader;
use super::section::{Entry, Placed, Section};
use crate::problem::nearest;
use crate::record::{Column, ColumnKind, Jobs, PAY_BASES, is_plain_name};

/// A column and its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedColumn {
    /// The column.
    pub column: Column,
    /// Headers, first choice first; of several in one upload the first that is filled counts, row by row.
    pub headers: Vec<Header>,
}

/// A header by which uploads name a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its text.
    pub text: String,
    /// The pay basis of the amounts below it, where the pipeline says it.
    pub pay_basis: Option<&'static str>,
}

impl MappedColumn {
    /// The texts of the headers.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|header| header.text.as_str())
    }
}

/// Words of uploads and what they mean, by canonical column; `flags` are the words of all columns of yes and no.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words(BTreeMap<String, BTreeMap<String, String>>);

/// The name under which `[words]` has the words of all columns of yes and no.
const FLAGS: &str = "flags";

impl Words {
    /// What a word of a column means, where the pipeline says it.
    #[must_use]
    pub fn meaning(&self, column: &Column, word: &str) -> Option<&str> {
        let word = key_of(word);
        let of = |name: &str| self.0.get(name).and_then(|words| words.get(&word));
        let flags = || if column.kind == ColumnKind::Flag { of(FLAGS) } else { None };
        of(&column.name).or_else(flags).map(String::as_str)
    }

    /// Whether any word of a column is mapped.
    #[must_use]
    pub fn speak_of(&self, column: &Column) -> bool {
        self.0.contains_key(&column.name) || (column.kind == ColumnKind::Flag && self.0.contains_key(FLAGS))
    }

    /// Every word, as `column: word`.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(column, words)| words.keys().map(|word| (column.as_str(), word.as_str())))
    }

    /// The section's name for a column's words, and the word as it stands there.
    #[must_use]
    pub fn entry(&self, column: &Column, word: &str) -> Option<(&str, &str)> {
        let word = key_of(word);
        let of = |name: &str| {
            let (name, words) = self.0.get_key_value(name)?;
            words.get_key_value(&word).map(|(word, _)| (name.as_str(), word.as_str()))
        };
        of(&column.name).or_else(|| if column.kind == ColumnKind::Flag { of(FLAGS) } else { None })
    }
}

/// A word without what does not tell words apart: case and spaces around it.
fn key_of(word: &str) -> String {
    word.trim().to_lowercase()
}

/// The headers of the register, by what they stand for: `company_id`, `holding_id`, or a column of a dimension.
pub type RegisterHeaders = BTreeMap<String, Vec<String>>;

/// What `[columns]` says.
pub(super) struct Columns {
    pub(super) mapped: Vec<MappedColumn>,
    /// Whether uploads have employee IDs at all.
    pub(super) has_employee_ids: bool,
}

impl<'a> Reader<'a> {
    /// Columns and their headers: what `[columns]` says, and every other canonical name under its own name.
    pub(super) fn columns(&self) -> Columns {
        let mut columns = Columns { mapped: Vec::new(), has_employee_ids: true };
        if let Some(section) = self.root.section("columns") {
            for entry in section.entries() {
                self.column(&section, &entry, &mut columns);
            }
        }
        for name in Column::names() {
            if !columns.mapped.iter().any(|mapped| mapped.column.name == name)
                && let Some(column) = Column::canonical(name)
            {
                columns
                    .mapped
                    .push(MappedColumn { column, headers: vec![Header { text: name.to_owned(), pay_basis: None }] });
            }
        }
        if !columns.has_employee_ids {
            columns.mapped.retain(|mapped| mapped.column.kind != ColumnKind::EmployeeId);
        }
        columns
    }

    fn column(&self, section: &Section<'a>, entry: &Entry<'a>, columns: &mut Columns) {
        let name = &entry.name;
        if name.value == "custom" && entry.is_table() {
            if let Some(custom) = section.section_of(entry) {
                columns.mapped.extend(custom_columns(&custom));
            }
            return;
        }
        let Some(column) = Column::canonical(&name.value) else {
            let mend = match nearest(&name.value, Column::names()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "declare a further numeric column under `[columns.custom]`".to_owned(),
            };
            section.problems.add(&name.at, format!("`columns.{}` is no canonical column", name.value), mend);
            return;
        };
        let Some(headers) = section.headers_of(entry) else { return };
        let is_id = column.kind == ColumnKind::EmployeeId;
        if is_id && headers.len() == 1 && headers[0].0.value.eq_ignore_ascii_case("none") {
            columns.has_employee_ids = false;
            return;
        }
        let headers = headers.into_iter().map(|(text, basis)| self.header(&column, &text, basis)).collect();
        columns.mapped.push(MappedColumn { column, headers });
    }

    fn header(&self, column: &Column, text: &Placed<String>, basis: Option<Placed<String>>) -> Header {
        let known = |word: &str| PAY_BASES.into_iter().find(|known| *known == word);
        if let Some(basis) = basis.as_ref() {
            if column.name != "base_pay" {
                self.root.problems.add(&basis.at, "only headers of `base_pay` have a `pay_basis`", "leave it out");
            } else if known(&basis.value).is_none() {
                let what = format!("{:?} is no pay basis", basis.value);
                self.root.problems.add(&basis.at, what, format!("write one of {}", PAY_BASES.join(", ")));
            }
        }
        Header { text: text.value.clone(), pay_basis: basis.and_then(|basis| known(&basis.value)) }
    }

    /// What `[words]` says.
    pub(super) fn words(&self, columns: &[MappedColumn]) -> Words {
        let mut words = Words::default();
        let Some(section) = self.root.section("words") else { return words };
        for entry in section.entries() {
            let name = &entry.name.value;
            let declared =
                columns.iter().find(|mapped| mapped.column.name == *name).map(|mapped| mapped.column.clone());
            let column = declared.or_else(|| Column::canonical(name));
            let kind = match &column {
                _ if name == FLAGS => Some(ColumnKind::Flag),
                Some(column) => Some(column.kind.clone()),
                None => None,
            };
            let holds_words = |kind: &ColumnKind| {
                matches!(kind, ColumnKind::Code | ColumnKind::Word(_) | ColumnKind::Flag | ColumnKind::Currency)
            };
            let Some(kind) = kind.filter(holds_words) else {
                let known = Column::names()
                    .into_iter()
                    .filter(|name| Column::canonical(name).is_some_and(|column| holds_words(&column.kind)));
                let mend = match nearest(name, known.chain([FLAGS])) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "name a column of codes, words or yes and no, or `flags` for all of the last".to_owned(),
                };
                section.problems.add(&entry.name.at, format!("`words.{name}` is no column of words"), mend);
                continue;
            };
            let Some(table) = section.section_of(&entry) else { continue };
            let mut meanings = BTreeMap::new();
            for word in table.entries() {
                let Some(meaning) = table.text_of(&word) else { continue };
                if let Some(expected) = misses(&kind, &meaning.value) {
                    let what = format!("{:?} is nothing that `{name}` can hold", meaning.value);
                    table.problems.add(&meaning.at, what, format!("write {expected}"));
                }
                if meanings.insert(key_of(&word.name.value), meaning.value).is_some() {
                    let what = format!("{:?} is there twice: case does not tell words apart", word.name.value);
                    table.problems.add(&word.name.at, what, "keep one of the two");
                }
            }
            words.0.insert(name.clone(), meanings);
        }
        words
    }

    /// What `[register]` says: the headers of the register's columns.
    pub(super) fn register_headers(&self) -> RegisterHeaders {
        let mut headers = RegisterHeaders::new();
        let Some(section) = self.root.section("register") else { return headers };
        for entry in section.entries() {
            if let Some(texts) = section.texts_of(&entry) {
                headers.insert(entry.name.value.clone(), texts.into_iter().map(|text| text.value).collect());
            }
        }
        headers
    }
}

/// What was expected of a meaning that a column cannot hold.
fn misses(kind: &ColumnKind, meaning: &str) -> Option<String> {
    match kind {
        ColumnKind::Word(known) if !known.contains(&meaning) => Some(format!("one of {}", known.join(", "))),
        ColumnKind::Flag if !matches!(meaning, "yes" | "no" | "1" | "0" | "true" | "false" | "") => {
            Some("\"yes\" or \"no\", or \"\" for not reported".to_owned())
        }
        ColumnKind::Currency if !crate::record::is_currency_code(meaning) => {
            Some("a code of ISO 4217, as in \"EUR\"".to_owned())
        }
        ColumnKind::Code if meaning.starts_with('_') => Some("a code that does not begin with `_`".to_owned()),
        _ => None,
    }
}

fn custom_columns(section: &Section<'_>) -> Vec<MappedColumn> {
    let mut columns = Vec::new();
    for entry in section.entries() {
        let name = &entry.name;
        if !is_plain_name(&name.value) || Column::canonical(&name.value).is_some() {
            section.problems.add(
                &name.at,
                format!("`{}` cannot be the name of a custom column", name.value),
                "use lower-case letters, digits and `_`, and no canonical name",
            );
        }
        let Some(table) = section.section_of(&entry) else { continue };
        let headers = table.texts("header");
        if headers.is_none() {
            table.missing("header", "the header in the uploads, as in `header = \"value\"`");
        }
        let unit = table.required_text("unit", "a unit, as in `unit = \"EUR\"` or `unit = \"points\"`");
        let jobs = table.choice("jobs", &[("sum", Jobs::Sum), ("main", Jobs::Main), ("largest", Jobs::Largest)]);
        if let (Some(headers), Some(unit)) = (headers, unit) {
            let headers = headers.into_iter().map(|text| Header { text: text.value, pay_basis: None }).collect();
            let mut column = Column::custom(&name.value, &unit.value);
            column.jobs = jobs.unwrap_or(column.jobs);
            columns.push(MappedColumn { column, headers });
        }
        table.finish();
    }
    columns
}

//! The company register: who the companies are, and what they belong to.
//!
//! In: a table with `company_id`, perhaps `holding_id`, and the columns that dimensions are taken from; or, without one, the uploads and what
//! the store holds. Out: a [`Register`]. Invariant: each company stands in it once, with a code that its classification knows, or none, in
//! each dimension. Names of companies are not read, unless they are their IDs.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::cell::Cell;
use super::header::key_of;
use super::records::{Loose, Records as _, Row as _};
use super::roster;
use super::source::{self, Opened, Script};
use crate::pipeline::{Dimension, DimensionSource, FileFormat, Pipeline, RegisterHeaders, UNKNOWN, UnknownCodes};
use crate::problem::{FileProblems, Problems};
use crate::record::is_company_id;

/// One company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Its ID.
    pub id: String,
    /// The owner that it is counted with: `holding_id`, else its own ID.
    pub holding: String,
    /// Its code in each dimension of the pipeline; of one from the record where the company is at home, or empty.
    pub codes: Vec<String>,
}

/// All companies, in the order of their IDs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    companies: Vec<Company>,
    places: HashMap<String, usize>,
    /// How many companies have a code that the classification does not know, of each dimension that counts them.
    unknown: Vec<(String, usize)>,
}

impl Register {
    /// The register of a pipeline: its file, or without one the companies that its uploads and its store name.
    ///
    /// # Errors
    /// Everything that is wrong in the file, with lines.
    pub fn of(pipeline: &Pipeline) -> Result<Self, FileProblems> {
        match &pipeline.companies {
            Some(file) => Self::read(file, &pipeline.dimensions, &pipeline.register_headers),
            None => Ok(Self::of_names(&roster::companies(pipeline), &pipeline.dimensions)),
        }
    }

    /// Reads a register.
    ///
    /// # Errors
    /// Everything that is wrong in it, with lines.
    pub fn read(file: &Path, dimensions: &[Dimension], headers: &RegisterHeaders) -> Result<Self, FileProblems> {
        let table = source::open(file, &FileFormat::default(), |opened| {
            let Opened { stream, is_typed, .. } = opened;
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).map(|_| (bytes, is_typed))
        });
        let (bytes, is_typed) = match table.and_then(|read| read) {
            Ok(table) => table,
            Err(error) => {
                let problems = Problems::new("");
                problems.add(&(0..0), format!("cannot be read: {error}"), "check the path of the company register");
                return Err(problems.of(file));
            }
        };
        let (text, script) = match String::from_utf8(bytes) {
            Ok(text) => (text, Script::Utf8),
            Err(error) => (encoding_rs::WINDOWS_1252.decode(error.as_bytes()).0.into_owned(), Script::Undeclared),
        };
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let problems = Problems::new(&text);
        let table = Table { text: &text, script, is_typed, dimensions, headers, problems: &problems };
        let mut unknown = vec![0; dimensions.len()];
        let companies = table.companies(&mut unknown);
        if !problems.is_empty() {
            return Err(problems.of(file));
        }
        Ok(Self::sorted(companies, dimensions, unknown))
    }

    /// A register of names alone.
    fn of_names(names: &BTreeSet<String>, dimensions: &[Dimension]) -> Self {
        let company = |id: &String| Company {
            id: id.clone(),
            holding: id.clone(),
            codes: dimensions.iter().map(|_| String::new()).collect(),
        };
        Self::sorted(names.iter().map(company).collect(), dimensions, vec![0; dimensions.len()])
    }

    fn sorted(mut companies: Vec<Company>, dimensions: &[Dimension], unknown: Vec<usize>) -> Self {
        companies.sort_by(|a, b| a.id.cmp(&b.id));
        let places = companies.iter().enumerate().map(|(place, company)| (company.id.clone(), place)).collect();
        let names = dimensions.iter().map(|dimension| dimension.name.clone());
        let unknown = names.zip(unknown).filter(|(_, companies)| *companies > 0).collect();
        Self { companies, places, unknown }
    }

    /// The companies.
    #[must_use]
    pub fn companies(&self) -> &[Company] {
        &self.companies
    }

    /// Dimensions with companies whose code the classification does not know, and how many: they count as companies without a code.
    #[must_use]
    pub fn unknown_codes(&self) -> &[(String, usize)] {
        &self.unknown
    }

    /// The place of a company among [`companies`](Self::companies).
    #[must_use]
    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }
}

/// The text of a register while it is read.
struct Table<'a> {
    text: &'a str,
    /// Whether its letters are sure.
    script: Script,
    is_typed: bool,
    dimensions: &'a [Dimension],
    headers: &'a RegisterHeaders,
    problems: &'a Problems<'a>,
}

/// Where the columns of a register stand.
struct Places {
    id: usize,
    holding: Option<usize>,
    /// Of each dimension.
    codes: Vec<Option<usize>>,
}

impl Table<'_> {
    fn companies(&self, unknown: &mut [usize]) -> Vec<Company> {
        let header_line = self.text.lines().next().unwrap_or_default();
        let delimiter = if self.is_typed { b',' } else { super::header::delimiter_of(header_line.as_bytes()) };
        let mut reader = Loose::new(self.text.as_bytes(), delimiter);
        let header: Vec<String> = reader
            .next()
            .map(|header| (0..header.len()).map(|place| self.text_of(&header, place)).collect())
            .unwrap_or_default();
        let Some(places) = self.places(&header) else { return Vec::new() };
        let mut companies: Vec<Company> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        loop {
            let at = reader.position();
            let Some(record) = reader.next() else { break };
            let at = at + self.text.as_bytes()[at..].iter().take_while(|byte| **byte == b'\n').count();
            if (0..record.len()).all(|place| record.is_blank(place)) {
                continue;
            }
            let id = self.text_of(&record, places.id);
            if !is_company_id(&id) {
                self.problems.add(
                    &(at..at),
                    "the company_id is empty, too long or holds control characters",
                    "use one line of text, of at most 70 bytes where it has other characters than letters, digits, `-`, `_` and `.`",
                );
                continue;
            }
            if let Some(line) = seen.insert(id.clone(), companies.len() + 1) {
                self.problems.add(
                    &(at..at),
                    format!("the company {id} is also entry {line}"),
                    "keep one entry for each company",
                );
                continue;
            }
            companies.push(self.company(id, &record, &places, at, unknown));
        }
        if companies.is_empty() && self.problems.is_empty() {
            self.problems.add(&(0..0), "holds no companies", "write a line for each company");
        }
        companies
    }

    fn company(
        &self,
        id: String,
        record: &impl super::records::Row,
        places: &Places,
        at: usize,
        unknown: &mut [usize],
    ) -> Company {
        let mut codes = Vec::new();
        for ((dimension, place), unknown) in self.dimensions.iter().zip(&places.codes).zip(unknown) {
            let mut code = place.map(|place| self.text_of(record, place)).unwrap_or_default();
            let is_unknown = place.is_some() && !code.is_empty() && !dimension.hierarchy.accepts(&code);
            if is_unknown && dimension.unknown == UnknownCodes::Count {
                *unknown += 1;
                code.clear();
            } else if is_unknown {
                self.problems.add(
                    &(at..at),
                    format!("company {id} has an unknown code for `{}`", dimension.name),
                    format!("expected {}", dimension.hierarchy.expected()),
                );
            }
            self.judge_letters(&code, at);
            codes.push(match place {
                Some(_) if code.is_empty() => UNKNOWN.to_owned(),
                _ => code,
            });
        }
        self.judge_letters(&id, at);
        let holding = places.holding.map(|place| self.text_of(record, place)).filter(|holding| !holding.is_empty());
        Company { holding: holding.unwrap_or_else(|| id.clone()), id, codes }
    }

    /// Letters that could be others are no part of an ID or a code.
    fn judge_letters(&self, text: &str, at: usize) {
        if self.script == Script::Undeclared && !text.is_ascii() {
            self.problems.add(
                &(at..at),
                "the register is not UTF-8, and its letters could be read in several ways",
                "save it as UTF-8",
            );
        }
    }

    fn text_of(&self, record: &impl super::records::Row, place: usize) -> String {
        let field = record.field(place).unwrap_or_default();
        let text = Cell::of(&field, self.is_typed).text();
        String::from_utf8_lossy(text).trim().trim_start_matches('\u{feff}').to_owned()
    }

    fn places(&self, header: &[String]) -> Option<Places> {
        let keys: Vec<String> = header.iter().map(|header| key_of(header)).collect();
        let known_as = |name: &str| self.headers.get(name).cloned().unwrap_or_else(|| vec![name.to_owned()]);
        let place = |name: &str| {
            known_as(name).iter().find_map(|wanted| {
                let exact = header.iter().position(|found| found == wanted);
                exact.or_else(|| keys.iter().position(|key| *key == key_of(wanted)))
            })
        };
        let shown: Vec<&str> = header.iter().map(String::as_str).filter(|text| text.len() <= 64).collect();
        for (name, wanted) in self.headers.iter().filter(|(name, _)| place(name).is_none()) {
            self.problems.add(
                &(0..0),
                format!(
                    "has no column {}, which `[register]` names for `{name}`",
                    wanted.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(" or ")
                ),
                format!("columns here: {}", shown.join(", ")),
            );
        }
        let Some(id) = place("company_id") else {
            if !self.headers.contains_key("company_id") {
                let mend = format!(
                    "name it under `[register]`, as in `company_id = \"Employer\"`; columns here: {}",
                    shown.join(", ")
                );
                self.problems.add(&(0..0), "has no column `company_id`", mend);
            }
            return None;
        };
        let mut codes = Vec::new();
        for dimension in self.dimensions {
            let column = match &dimension.source {
                DimensionSource::Company(column) => Some(column),
                DimensionSource::Record(_) => dimension.home.as_ref(),
            };
            let at = column.and_then(|column| place(column));
            if let (Some(column), None) = (column, at)
                && !self.headers.contains_key(column)
            {
                self.problems.add(
                    &(0..0),
                    format!("has no column `{column}`, from which the dimension `{}` is taken", dimension.name),
                    format!("name it under `[register]`; columns here: {}", shown.join(", ")),
                );
            }
            codes.push(at);
        }
        Some(Places { id, holding: place("holding_id"), codes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Hierarchy, Listed};

    fn register(text: &str) -> Result<Register, FileProblems> {
        read(text, UnknownCodes::Reject)
    }

    fn read(text: &str, unknown: UnknownCodes) -> Result<Register, FileProblems> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("companies.csv");
        std::fs::write(&file, text).expect("written");
        let sector = Dimension {
            name: "sector".to_owned(),
            source: DimensionSource::Company("naics".to_owned()),
            hierarchy: Hierarchy::Listed(Listed::Naics),
            unknown,
            levels: vec![2],
            home: None,
        };
        Register::read(&file, &[sector], &RegisterHeaders::new())
    }

    #[test]
    fn a_holding_falls_back_to_the_company() {
        let register = register("company_id;holding_id;naics\nB;;541511\nA;H;522110\n").expect("a register");
        let holdings: Vec<&str> = register.companies().iter().map(|company| company.holding.as_str()).collect();
        assert_eq!(holdings, ["H", "B"]);
        assert_eq!(register.place("B"), Some(1));
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let error = register("company_id,naics\nA,541511\nA,541511\n,541511\nB,software\n").expect_err("mistakes");
        let lines: Vec<usize> = error.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [3, 4, 5], "{error}");
    }

    #[test]
    fn sectors_are_taken_as_they_are_published_and_no_others() {
        let known = register("company_id,naics\nA,31-33\nB,3111\nC,44\n").expect("a register");
        let sector = Hierarchy::Listed(Listed::Naics);
        let sectors: Vec<String> =
            known.companies().iter().map(|company| sector.at_level(&company.codes[0], 2)).collect();
        assert_eq!(sectors, ["31-33", "31-33", "44-45"]);
        let text = "company_id,naics\nA,05\nB,771234\nC,54\n";
        let error = register(text).expect_err("two mistakes");
        assert_eq!(error.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2, 3], "{error}");
        let counted = read(text, UnknownCodes::Count).expect("a register");
        assert_eq!(
            counted.companies().iter().map(|company| company.codes[0].as_str()).collect::<Vec<_>>(),
            [UNKNOWN, UNKNOWN, "54"]
        );
        assert_eq!(counted.unknown_codes(), [("sector".to_owned(), 2)]);
        assert_eq!(known.unknown_codes(), []);
    }
}

//! The company register: who the companies are, and what they belong to.
//!
//! In: a CSV file with `company_id`, perhaps `holding_id`, and the columns that dimensions are taken from.
//! Out: a [`Register`]. Invariant: each company stands in it once, under an ID that can be a folder name, with a code that
//! its classification knows, or none, in each dimension. Names of companies are not read.

use std::collections::HashMap;
use std::path::Path;

use crate::pipeline::{Dimension, DimensionSource, UNKNOWN, UnknownCodes};
use crate::problem::{FileProblems, Problems};
use crate::record::is_folder_name;

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
    /// Reads a register.
    ///
    /// # Errors
    /// Everything that is wrong in it, with lines.
    pub fn read(file: &Path, dimensions: &[Dimension]) -> Result<Self, FileProblems> {
        let text = match std::fs::read(file) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => encoding_rs::WINDOWS_1252.decode(error.as_bytes()).0.into_owned(),
            },
            Err(error) => {
                let problems = Problems::new("");
                problems.add(&(0..0), format!("cannot be read: {error}"), "check the path of the company register");
                return Err(problems.of(file));
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let problems = Problems::new(text);
        let mut unknown = vec![0; dimensions.len()];
        let companies = read_companies(text, dimensions, &mut unknown, &problems);
        if !problems.is_empty() {
            return Err(problems.of(file));
        }
        let mut companies = companies;
        companies.sort_by(|a, b| a.id.cmp(&b.id));
        let places = companies.iter().enumerate().map(|(place, company)| (company.id.clone(), place)).collect();
        let names = dimensions.iter().map(|dimension| dimension.name.clone());
        let unknown = names.zip(unknown).filter(|(_, companies)| *companies > 0).collect();
        Ok(Self { companies, places, unknown })
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

fn read_companies(
    text: &str,
    dimensions: &[Dimension],
    unknown: &mut [usize],
    problems: &Problems<'_>,
) -> Vec<Company> {
    let header_line = text.lines().next().unwrap_or_default();
    let delimiter = super::header::delimiter_of(header_line.as_bytes());
    let mut reader = simd_csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let header: Vec<String> = reader
        .byte_headers()
        .map(|header| header.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect())
        .unwrap_or_default();
    let place = |name: &str| header.iter().position(|found| found.eq_ignore_ascii_case(name));
    let Some(id_at) = place("company_id") else {
        problems.add(&(0..0), "has no column `company_id`", "write a header `company_id,holding_id,...`");
        return Vec::new();
    };
    let holding_at = place("holding_id");
    let mut code_at = Vec::new();
    for dimension in dimensions {
        let column = match &dimension.source {
            DimensionSource::Company(column) => Some(column),
            DimensionSource::Record(_) => dimension.home.as_ref(),
        };
        let Some(column) = column else {
            code_at.push(None);
            continue;
        };
        let at = place(column);
        if at.is_none() {
            problems.add(
                &(0..0),
                format!("has no column `{column}`, from which the dimension `{}` is taken", dimension.name),
                format!("columns here: {}", header.join(", ")),
            );
        }
        code_at.push(at);
    }
    let mut companies: Vec<Company> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut record = simd_csv::ByteRecord::new();
    loop {
        let at = usize::try_from(reader.position()).unwrap_or(0);
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => {
                problems.add(&(at..at), "is not CSV from here on", "check the quotes");
                break;
            }
        }
        let field = |place: usize| {
            let bytes = record.get(place).unwrap_or_default();
            String::from_utf8_lossy(bytes).trim().to_owned()
        };
        let id = field(id_at);
        if id.is_empty() && record.iter().all(|field| field.trim_ascii().is_empty()) {
            continue;
        }
        if !is_folder_name(&id) {
            problems.add(
                &(at..at),
                "the company_id cannot be a folder name",
                "use 1 to 100 letters, digits, `-`, `_` and `.`, not beginning with `.`",
            );
            continue;
        }
        if let Some(line) = seen.insert(id.clone(), companies.len() + 1) {
            problems.add(
                &(at..at),
                format!("the company {id} is also entry {line}"),
                "keep one entry for each company",
            );
            continue;
        }
        let mut codes = Vec::new();
        for ((dimension, place), unknown) in dimensions.iter().zip(&code_at).zip(&mut *unknown) {
            let mut code = place.map(field).unwrap_or_default();
            let is_unknown = place.is_some() && !code.is_empty() && !dimension.hierarchy.accepts(&code);
            if is_unknown && dimension.unknown == UnknownCodes::Count {
                *unknown += 1;
                code.clear();
            } else if is_unknown {
                problems.add(
                    &(at..at),
                    format!("company {id} has an unknown code for `{}`", dimension.name),
                    format!("expected {}", dimension.hierarchy.expected()),
                );
            }
            codes.push(match place {
                Some(_) if code.is_empty() => UNKNOWN.to_owned(),
                _ => code,
            });
        }
        let holding = holding_at.map(field).filter(|holding| !holding.is_empty()).unwrap_or_else(|| id.clone());
        companies.push(Company { id, holding, codes });
    }
    if companies.is_empty() && problems.is_empty() {
        problems.add(&(0..0), "holds no companies", "write a line for each company");
    }
    companies
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
        Register::read(&file, &[sector])
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
        let error = register("company_id,naics\nA,541511\nA,541511\n../x,541511\nB,software\n").expect_err("mistakes");
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

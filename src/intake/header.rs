//! The header of an upload: which field is which canonical column.
//!
//! In: the header record and the pipeline's columns. Out: a [`Mapping`]. Invariant: a field is mapped once; what is not
//! mapped is dropped unread, and told; a header that means a direct identifier refuses the upload, mapped or not.

use std::collections::BTreeSet;

use super::gate;
use super::rule::Refusal;
use crate::pipeline::Pipeline;
use crate::record::{Column, ColumnKind, benefit};

/// Which fields of an upload are kept, as which columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Field place and column, in the order in which a row is read: the currency before the amounts.
    pub columns: Vec<(usize, Column)>,
    /// The header of each mapped column.
    pub headers: Vec<String>,
    /// Headers of the fields that are dropped unread.
    pub dropped: Vec<String>,
    /// How many fields a row has.
    pub fields: usize,
}

/// The delimiter that a header line uses: of `,` `;` tab and `|` the one that stands in it most often outside quotes.
#[must_use]
pub fn delimiter_of(line: &[u8]) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &byte in line {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            _ => {
                if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| *delimiter == byte) {
                    *count += 1;
                }
            }
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

impl Mapping {
    /// Maps the headers of an upload.
    ///
    /// # Errors
    /// A [`Refusal`]: a direct identifier, two headers for one column, or no employee ID.
    pub fn of(headers: &[String], pipeline: &Pipeline) -> Result<Self, Refusal> {
        for (place, header) in headers.iter().enumerate() {
            if let Some(identifier) = gate::header_means(header) {
                return Err(Refusal::IdentifierHeader(place + 1, identifier));
            }
        }
        let mut taken: Vec<Option<Column>> = vec![None; headers.len()];
        for mapped in &pipeline.columns {
            let Some(place) = mapped.headers.iter().find_map(|wanted| find(headers, wanted)) else { continue };
            let wanted = &headers[place];
            if let Some(twice) = (place + 1..headers.len()).find(|&other| same(&headers[other], wanted)) {
                return Err(Refusal::DoubleHeader(place + 1, twice + 1, mapped.column.name.clone()));
            }
            if taken[place].is_none() {
                taken[place] = Some(mapped.column.clone());
            }
        }
        let mut known: BTreeSet<String> = taken.iter().flatten().map(|column| column.name.clone()).collect();
        for (place, header) in headers.iter().enumerate() {
            let name = header.trim().to_ascii_lowercase();
            let pattern = benefit(&name).is_some() || name.starts_with("skill_");
            if taken[place].is_none() && pattern && known.insert(name.clone()) {
                taken[place] = Column::canonical(&name);
            }
        }
        let mut columns = Vec::new();
        let mut dropped = Vec::new();
        for (place, column) in taken.into_iter().enumerate() {
            match column {
                Some(column) => columns.push((place, column)),
                None => dropped.push(headers[place].trim().to_owned()),
            }
        }
        if !columns.iter().any(|(_, column)| column.kind == ColumnKind::EmployeeId) {
            let headers = pipeline.columns.iter().find(|mapped| mapped.column.kind == ColumnKind::EmployeeId);
            let headers = headers.map(|mapped| mapped.headers.clone()).unwrap_or_default();
            return Err(Refusal::MissingColumn { column: "employee_id".to_owned(), headers });
        }
        columns.sort_by_key(|(place, column)| (column.kind != ColumnKind::Currency, *place));
        let names = columns.iter().map(|(place, _)| headers[*place].trim().to_owned()).collect();
        Ok(Self { headers: names, columns, dropped, fields: headers.len() })
    }

    /// Whether a canonical column is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|(_, column)| column.name == name)
    }
}

fn find(headers: &[String], wanted: &str) -> Option<usize> {
    let exact = headers.iter().position(|header| header.trim() == wanted);
    exact.or_else(|| headers.iter().position(|header| same(header, wanted)))
}

fn same(header: &str, wanted: &str) -> bool {
    header.trim().eq_ignore_ascii_case(wanted.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found_outside_quotes() {
        assert_eq!(delimiter_of(b"a,b,c"), b',');
        assert_eq!(delimiter_of(b"\"a,b,c,d\";e;f"), b';');
        assert_eq!(delimiter_of(b"a\tb"), b'\t');
        assert_eq!(delimiter_of(b"a|b|c"), b'|');
        assert_eq!(delimiter_of(b"employee_id"), b',');
    }
}

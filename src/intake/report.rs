//! What intake did: for each upload and for a run.
//!
//! In: counts and rejects. Out: [`UploadReport`], [`IntakeReport`] and the text of a rejects file.
//! Invariant: rows read = rows accepted + rows rejected, and no part of any report holds a value of a record.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::header::{Mapped, Mapping};
use super::rule::{Refusal, Reject, Rule};
use crate::digest::hex;
use crate::period::Period;
use crate::pipeline::{DimensionSource, Pipeline};
use crate::record::Column;

/// Rejects that are listed one by one; further ones are only counted.
const LISTED: usize = 200_000;

/// What became of one upload.
#[derive(Debug, Clone)]
pub struct UploadReport {
    /// The file.
    pub file: PathBuf,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// The encoding that it was read in.
    pub encoding: &'static str,
    /// Its delimiter.
    pub delimiter: u8,
    /// Columns kept.
    pub columns: Vec<Column>,
    /// The headers of those columns.
    pub headers: Vec<String>,
    /// Headers of the columns dropped unread.
    pub dropped: Vec<String>,
    /// Of these, the ones that mean a direct identifier.
    pub identifiers: Vec<String>,
    /// Dropped headers that are nearly one that the pipeline knows, with that column.
    pub near: Vec<(String, String)>,
    /// The words of `[words]` that its rows have, with the name of their column there.
    pub words: BTreeSet<(String, String)>,
    /// Data rows read.
    pub read: u64,
    /// Rows accepted.
    pub accepted: u64,
    /// Of these, rows that say the same as another row, or were summed into one.
    pub merged: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Of these, rows that are no employees: totals of others.
    pub set_aside: u64,
    /// Broken rules and how often; a row can break several.
    pub by_rule: BTreeMap<Rule, u64>,
    /// The rejects, up to a bound.
    pub rejects: Vec<Reject>,
    /// Rows to store, by register place and period.
    pub stored: BTreeMap<(usize, Period), u64>,
}

impl UploadReport {
    pub(crate) fn new(file: &Path, digest: [u8; 32]) -> Self {
        Self {
            file: file.to_owned(),
            digest,
            encoding: "UTF-8",
            delimiter: b',',
            columns: Vec::new(),
            headers: Vec::new(),
            dropped: Vec::new(),
            identifiers: Vec::new(),
            near: Vec::new(),
            words: BTreeSet::new(),
            read: 0,
            accepted: 0,
            merged: 0,
            rejected: 0,
            set_aside: 0,
            by_rule: BTreeMap::new(),
            rejects: Vec::new(),
            stored: BTreeMap::new(),
        }
    }

    pub(super) fn learn(&mut self, mapping: &Mapping, encoding: &'static str, delimiter: u8) {
        self.columns = mapping.columns.iter().map(|mapped| mapped.column.clone()).collect();
        self.headers = mapping.columns.iter().map(Mapped::headers).collect();
        self.dropped.clone_from(&mapping.dropped);
        self.identifiers.clone_from(&mapping.identifiers);
        self.near.clone_from(&mapping.near);
        self.encoding = encoding;
        self.delimiter = delimiter;
    }

    pub(super) fn reject(&mut self, rejects: impl Iterator<Item = Reject>) {
        for reject in rejects {
            *self.by_rule.entry(reject.rule).or_default() += 1;
            if self.rejects.len() < LISTED {
                self.rejects.push(reject);
            }
        }
    }

    pub(super) fn stored(&mut self, company: usize, period: Period, rows: u64) {
        *self.stored.entry((company, period)).or_default() += rows;
    }

    pub(super) fn finish(&mut self) {
        self.accepted = self.stored.values().sum::<u64>() + self.merged;
        self.rejects.sort_unstable_by_key(|reject| (reject.row, reject.column));
        debug_assert_eq!(self.read, self.accepted + self.rejected, "every row is accepted or rejected");
    }

    /// The first 16 hexadecimal digits of the digest, as used in file names.
    #[must_use]
    pub fn short_digest(&self) -> String {
        hex(&self.digest[..8])
    }

    /// The rejects file: `row,line,column,rule,expected`, one line for each broken rule.
    #[must_use]
    pub fn rejects_csv(&self, pipeline: &Pipeline) -> String {
        let mut text = String::from("row,line,column,rule,expected\n");
        let format = pipeline.format_of(&self.file);
        for reject in &self.rejects {
            let column = reject.column.and_then(|place| self.columns.get(usize::from(place)));
            let name = column.map_or("", |column| column.name.as_str());
            let codes = || {
                let of = DimensionSource::Record(name.to_owned());
                pipeline.dimensions.iter().find(|dimension| dimension.source == of).map(|d| d.hierarchy.expected())
            };
            let expected = reject.rule.expected(column, format, &codes().unwrap_or_default());
            let line = if reject.line == 0 { String::new() } else { reject.line.to_string() };
            let rule = reject.rule.name();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{},{line},{name},{rule},\"{}\"", reject.row, expected.replace('"', "\"\""));
        }
        let told: u64 = self.rejects.len() as u64;
        let all: u64 = self.by_rule.values().sum();
        if all > told {
            let _ = writeln!(text, ",,,,\"{} further rejects are counted but not listed\"", all - told);
        }
        text
    }
}

/// What became of all uploads of a run.
#[derive(Debug, Clone, Default)]
pub struct IntakeReport {
    /// Uploads taken.
    pub taken: Vec<UploadReport>,
    /// Uploads that are in the store already, byte for byte.
    pub unchanged: Vec<PathBuf>,
    /// Uploads refused, with what was found until then.
    pub refused: Vec<(Refusal, UploadReport)>,
}

impl IntakeReport {
    /// Rows read, accepted and rejected, over the uploads taken.
    #[must_use]
    pub fn rows(&self) -> (u64, u64, u64) {
        let sum = |count: fn(&UploadReport) -> u64| self.taken.iter().map(count).sum();
        (sum(|report| report.read), sum(|report| report.accepted), sum(|report| report.rejected))
    }

    /// Broken rules over the uploads taken.
    #[must_use]
    pub fn by_rule(&self) -> BTreeMap<Rule, u64> {
        let mut sums = BTreeMap::new();
        for (rule, count) in self.taken.iter().flat_map(|report| &report.by_rule) {
            *sums.entry(*rule).or_default() += count;
        }
        sums
    }
}

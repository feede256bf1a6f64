//! Who the companies are where no register says it: those that the uploads and the store name.
//!
//! In: the uploads of a pipeline and its workspace. Out: company IDs, in order. Invariant: each company of an upload that can be read is
//! among them; what an upload holds besides is not looked at.

use std::collections::BTreeSet;
use std::path::Path;

use rayon::prelude::*;

use super::cell::Cell;
use super::chunk::Chunks;
use super::head::Head;
use super::header::Mapping;
use super::records::{Form, Loose, Records, Row as _, Tidy};
use super::source::{self, Opened, Script};
use crate::ingest;
use crate::pipeline::Pipeline;
use crate::record::is_company_id;
use crate::store::companies_of;

/// All companies that a pipeline's uploads and store name.
pub(super) fn companies(pipeline: &Pipeline) -> BTreeSet<String> {
    // Whatever keeps an upload from being read is told when it is taken.
    let files = ingest::uploads_so_far(&pipeline.uploads).unwrap_or_default();
    let named: Vec<BTreeSet<String>> =
        files.par_iter().map(|file| of_upload(file, pipeline).unwrap_or_default()).collect();
    named.into_iter().flatten().chain(companies_of(&pipeline.workspace)).filter(|id| is_company_id(id)).collect()
}

/// The companies of one upload; none where its header is refused.
fn of_upload(file: &Path, pipeline: &Pipeline) -> Option<BTreeSet<String>> {
    let format = pipeline.format_of(file);
    let read = |opened: Opened<'_>| {
        let Opened { stream, script, is_typed, .. } = opened;
        let mut chunks = Chunks::new(stream);
        let beginning = chunks.beginning().ok()?;
        let head = Head::read(beginning, format, script, is_typed).ok()?;
        let mapping = Mapping::of(&head.headers, pipeline, format).ok()?;
        let Some(mapped) = mapping.columns.iter().find(|mapped| mapped.column.name == "company_id") else {
            return Some(BTreeSet::from([source::stem(file)]));
        };
        let places: Vec<usize> = mapped.fields.iter().map(|field| field.place).collect();
        chunks.begin(head.length, head.delimiter);
        let mut found = Found { places, script, is_typed, companies: BTreeSet::new(), last: Vec::new() };
        while let Some(chunk) = chunks.next().ok()? {
            match chunk.form {
                Form::Tidy => found.look(Tidy::new(&chunk.bytes, head.delimiter)),
                Form::Loose => found.look(Loose::new(&chunk.bytes, head.delimiter)),
            }
        }
        Some(found.companies)
    };
    source::open(file, format, read).ok().flatten()
}

struct Found {
    places: Vec<usize>,
    script: Script,
    is_typed: bool,
    companies: BTreeSet<String>,
    /// The text of the row before.
    last: Vec<u8>,
}

impl Found {
    fn look(&mut self, mut records: impl Records) {
        while let Some(record) = records.next() {
            let Some(place) = self.places.iter().copied().find(|&place| !record.is_blank(place)) else { continue };
            let field = record.field(place).unwrap_or_default();
            if *field == *self.last {
                continue;
            }
            self.last.clear();
            self.last.extend_from_slice(&field);
            let text = Cell::of(&field, self.is_typed).text();
            // What is no text is no company either: intake rejects its rows.
            let Some(text) = self.script.decode(text) else { continue };
            self.companies.insert(text.trim().to_owned());
        }
    }
}

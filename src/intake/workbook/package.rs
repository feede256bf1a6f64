//! The package of a workbook: a ZIP archive of parts.
//!
//! In: a file. Out: its parts by name, counted, and the relations between them.
//! Invariant: names match without case, as the formats say; the parts read give no more than the limits, together.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{Read, Seek};
use std::rc::Rc;

use quick_xml::events::Event;
use zip::ZipArchive;
use zip::read::ZipFile;

use super::error::BookError;
use super::limits::{self, Meter};
use super::xml::{Xml, after_colon, attributes, local, meant};

/// An open package.
pub(super) struct Package<F> {
    archive: ZipArchive<F>,
    places: HashMap<String, usize>,
    spent: Rc<Cell<u64>>,
}

/// What a part refers to.
#[derive(Debug, Default)]
pub(super) struct Relations {
    /// Identifier, end of the type, path of the target.
    all: Vec<(String, String, String)>,
}

impl Relations {
    /// The target of an identifier, and its type.
    pub(super) fn by_id(&self, id: &str) -> Option<(&str, &str)> {
        self.all.iter().find(|(this, ..)| this == id).map(|(_, kind, target)| (kind.as_str(), target.as_str()))
    }

    /// The first target of a type.
    pub(super) fn by_kind(&self, kind: &str) -> Option<&str> {
        self.all.iter().find(|(_, this, _)| this == kind).map(|(.., target)| target.as_str())
    }
}

fn key(name: &str) -> String {
    name.trim_start_matches(['/', '\\']).replace('\\', "/").to_ascii_lowercase()
}

impl<F: Read + Seek> Package<F> {
    pub(super) fn open(file: F) -> Result<Self, BookError> {
        let archive = ZipArchive::new(file).map_err(BookError::of_zip)?;
        if archive.len() > limits::PARTS {
            return Err(BookError::TooLarge { what: "it holds more than 20,000 parts" });
        }
        let mut places = HashMap::new();
        for (place, name) in archive.file_names().enumerate() {
            let name = name.map_err(BookError::of_zip)?;
            places.entry(key(&name)).or_insert(place);
        }
        Ok(Self { archive, places, spent: Rc::new(Cell::new(0)) })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.places.contains_key(&key(name))
    }

    /// A part by its path.
    pub(super) fn part(&mut self, name: &str) -> Result<Meter<ZipFile<'_, F>>, BookError> {
        let place = *self.places.get(&key(name)).ok_or(BookError::Damaged { what: "a part is missing" })?;
        let file = self.archive.by_index(place).map_err(BookError::of_zip)?;
        let packed = file.compressed_size();
        Ok(Meter::new(file, packed, Rc::clone(&self.spent)))
    }

    pub(super) fn xml(&mut self, name: &str) -> Result<Xml<ZipFile<'_, F>>, BookError> {
        Ok(Xml::new(self.part(name)?))
    }

    /// What the part at `path` refers to; the package itself has the path "".
    pub(super) fn relations(&mut self, path: &str) -> Result<Relations, BookError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let list = format!("{folder}/_rels/{name}.rels");
        let mut relations = Relations::default();
        if !self.has(&list) {
            return Ok(relations);
        }
        let mut xml = self.xml(&list)?;
        let mut buffer = Vec::new();
        loop {
            match xml.next(&mut buffer)? {
                Event::Start(tag) if local(&tag) == "Relationship" => {
                    let (mut id, mut kind, mut target) = (String::new(), String::new(), String::new());
                    attributes(&tag, |name, value| match after_colon(name) {
                        "Id" => id = meant(&value),
                        "Type" => meant(&value).rsplit('/').next().unwrap_or_default().clone_into(&mut kind),
                        "Target" => target = meant(&value),
                        _ => {}
                    })?;
                    if relations.all.len() > limits::PARTS {
                        return Err(BookError::TooLarge { what: "it holds more than 20,000 parts" });
                    }
                    relations.all.push((id, kind, resolved(folder, &target)));
                }
                Event::Eof => return Ok(relations),
                _ => {}
            }
        }
    }
}

/// A target as a path from the top of the package.
fn resolved(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    if let Some(path) = target.strip_prefix('/') {
        return path.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.join("/")
}

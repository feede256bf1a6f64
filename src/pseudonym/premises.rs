//! Pseudonyms on a company's own premises: `payquorum pseudonymize in.csv out.csv`.
//!
//! In: a file with employee IDs, as intake reads it. Out: a CSV file in UTF-8 with pseudonyms (32 hexadecimal digits) in their place, and of
//! the other columns those that were asked for. Invariant: every row of the input stands in the output under a pseudonym, or nothing does;
//! no raw ID, no column that nobody asked for, and nothing that the identifier gate knows is written.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::key::CompanyKey;
use crate::digest::hex;
use crate::exact::DecimalMark;
use crate::intake::gate::{self, ColumnGate};
use crate::intake::{
    FoundHeaders, FoundIdentifier, FoundValues, HeaderFault, Mapping, Plain, PlainHead, Refusal, Rows, bare_id,
    gate_of, is_total, key_of, read_rows, shown_header,
};
use crate::pipeline::{FileFormat, MappedColumn, Pipeline};
use crate::record::{Column, ColumnKind};

/// Why a file was not pseudonymized. Holds no value of it.
#[derive(Debug, thiserror::Error)]
pub enum PremisesError {
    /// A file cannot be read or written.
    #[error("{file}: {error}")]
    Io {
        /// The file.
        file: String,
        /// What happened.
        error: std::io::Error,
    },
    /// The file is refused.
    #[error("{file}: {what}")]
    Refused {
        /// The file.
        file: String,
        /// What is wrong, where, and the mend.
        what: String,
    },
}

/// What is asked of a file.
pub struct Premises<'a> {
    /// The pipeline that it is for: its formats and columns.
    pub pipeline: Option<&'a Pipeline>,
    /// The header of the employee IDs; where it is not named, as the pipeline knows it, or `employee_id`.
    pub id_header: Option<&'a str>,
    /// Headers of further columns to keep.
    pub keep: &'a [String],
    /// Whether columns that mean a direct identifier are left out, instead of refusing the file.
    pub drops_identifiers: bool,
    /// The key of the company.
    pub key: &'a CompanyKey,
    /// The workspace in which it lies.
    pub workspace: &'a Path,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Rows.
    pub rows: u64,
    /// Headers of the columns that were written.
    pub kept: Vec<String>,
    /// Headers of the columns that were not.
    pub left_out: Vec<String>,
}

impl Premises<'_> {
    /// Writes `output` with the IDs of `input` replaced.
    ///
    /// # Errors
    /// [`PremisesError`]; `output` is untouched then.
    pub fn pseudonymize(&self, input: &Path, output: &Path) -> Result<Written, PremisesError> {
        let told = |what: &str| PremisesError::Refused { file: output.display().to_string(), what: what.to_owned() };
        // What is there is somebody's: only a file that is neither the input nor anything of payquorum's own is replaced.
        if let Ok(metadata) = std::fs::symlink_metadata(output) {
            let same = |one: &Path, other: &Path| {
                one.canonicalize().ok().zip(other.canonicalize().ok()).is_some_and(|(a, b)| a == b)
            };
            if !metadata.is_file() {
                return Err(told("is no regular file; name a file to write"));
            }
            if same(input, output) {
                return Err(told("is the input; name another file to write"));
            }
        }
        let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let (Ok(folder), Ok(workspace)) = (folder.canonicalize(), self.workspace.canonicalize())
            && folder.starts_with(workspace.join("keys"))
        {
            return Err(told("would lie beside the keys; name another folder"));
        }
        let beside = output.with_extension(format!("partial-{}", std::process::id()));
        let io_error = |file: &Path, error| PremisesError::Io { file: file.display().to_string(), error };
        let result = self.write(input, &beside).map_err(|fault| match fault {
            Fault::Refused(what) => PremisesError::Refused { file: input.display().to_string(), what },
            Fault::Io(error) => io_error(output, error),
        });
        let result = result.and_then(|written| {
            std::fs::rename(&beside, output).map_err(|error| io_error(output, error))?;
            Ok(written)
        });
        if result.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        result
    }

    fn write(&self, input: &Path, output: &Path) -> Result<Written, Fault> {
        let default = FileFormat::default();
        let mut format = self.pipeline.map_or(&default, |pipeline| pipeline.format_of(input)).clone();
        format.drops_identifiers |= self.drops_identifiers;
        let mut known = Known { premises: self, ids: HashSet::new(), id: 0 };
        read_rows(input, &format, &mut known)?;
        let ids = known.ids;
        let mut writing = Writing {
            premises: self,
            ids: &ids,
            format: &format,
            file: Some(File::create(output)?),
            out: None,
            columns: Vec::new(),
            id: 0,
            fields: 0,
            found: Vec::new(),
            written: Written::default(),
        };
        read_rows(input, &format, &mut writing)?;
        if !writing.found.is_empty() {
            return Err(Refusal::IdentifierValues(writing.found).into());
        }
        if let Some(column) = writing.columns.iter().find(|column| column.holds_ids()) {
            let name = shown_header(&column.header).unwrap_or_else(|| format!("{}", column.place + 1));
            return Err(Fault::Refused(format!(
                "column {name}: nearly all of its values are employee IDs of this file; leave it out"
            )));
        }
        if writing.written.rows == 0 {
            return Err(Refusal::Header(1, HeaderFault::NoRows).into());
        }
        if let Some(out) = writing.out.take() {
            let mut out = out.into_inner().map_err(|error| Fault::Io(std::io::Error::other(error.to_string())))?;
            out.flush()?;
        }
        Ok(writing.written)
    }
}

/// Why nothing is written.
enum Fault {
    Refused(String),
    Io(std::io::Error),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<simd_csv::Error> for Fault {
    fn from(error: simd_csv::Error) -> Self {
        Self::Io(std::io::Error::other(error.to_string()))
    }
}

/// A column that is kept.
struct Kept {
    place: usize,
    header: String,
    gate: ColumnGate,
    /// Whether only numbers, dates and yes or no belong in it.
    is_figures: bool,
    /// Fields that are filled, and those of them that are employee IDs of the file.
    filled: u64,
    ids: u64,
}

impl Kept {
    /// Whether nearly all values are employee IDs: a manager's number, or the ID once more.
    fn holds_ids(&self) -> bool {
        self.filled >= 3 && 10 * self.ids >= 9 * self.filled
    }
}

/// A file while it is written.
struct Writing<'a> {
    premises: &'a Premises<'a>,
    /// Hashes of all employee IDs of the file.
    ids: &'a HashSet<u64>,
    format: &'a FileFormat,
    file: Option<File>,
    out: Option<simd_csv::Writer<BufWriter<File>>>,
    columns: Vec<Kept>,
    /// The place of the employee ID among the columns.
    id: usize,
    fields: usize,
    found: Vec<FoundValues>,
    written: Written,
}

impl Premises<'_> {
    /// Headers that the pipeline has for the employee ID.
    fn id_headers_of_pipeline(&self) -> impl Iterator<Item = &str> {
        let columns = self.pipeline.into_iter().flat_map(|pipeline| &pipeline.columns);
        columns.filter(|mapped| mapped.column.name == "employee_id").flat_map(MappedColumn::texts)
    }

    /// Every header that means the employee ID, without what does not tell headers apart.
    fn id_headers(&self) -> BTreeSet<String> {
        self.id_headers_of_pipeline().chain(self.id_header).chain(["employee_id"]).map(key_of).collect()
    }

    /// The field of the employee ID.
    fn id_place(&self, head: &PlainHead<'_>) -> Result<usize, Fault> {
        let wanted: Vec<&str> = match (self.id_header, self.pipeline) {
            (Some(header), _) => vec![header],
            (None, Some(_)) => self.id_headers_of_pipeline().collect(),
            (None, None) => vec!["employee_id"],
        };
        let find = |wanted: &&str| {
            let exact = head.headers.iter().position(|header| header.trim() == wanted.trim());
            exact.or_else(|| head.headers.iter().position(|header| key_of(header) == key_of(wanted)))
        };
        wanted.iter().find_map(find).ok_or_else(|| {
            let known = wanted.iter().map(|header| format!("{header:?}")).collect::<Vec<_>>().join(" or ");
            Fault::Refused(format!("line {}: no header {known}; name it with `--id-header`", head.line))
        })
    }
}

/// The employee IDs of a file, found in a first reading.
struct Known<'a> {
    premises: &'a Premises<'a>,
    ids: HashSet<u64>,
    id: usize,
}

/// A hash of an ID or a value.
fn hash(text: &str) -> u64 {
    foldhash::fast::FixedState::default().hash_one(bare_id(text).as_ref())
}

impl Rows for Known<'_> {
    type Error = Fault;

    fn begin(&mut self, head: &PlainHead<'_>) -> Result<(), Fault> {
        self.id = self.premises.id_place(head)?;
        Ok(())
    }

    fn row(&mut self, _: u64, fields: &[Plain<'_>]) -> Result<(), Fault> {
        if let Some(Plain::Text(id) | Plain::Number(id)) = fields.get(self.id) {
            self.ids.insert(hash(id));
        }
        Ok(())
    }
}

impl Writing<'_> {
    /// Headers that the format calls harmless.
    fn allowed(&self) -> BTreeSet<String> {
        self.format.allow.iter().map(|header| key_of(header)).collect()
    }

    /// The fields that were asked for.
    fn asked_for(&self, head: &PlainHead<'_>, id: usize) -> Result<BTreeSet<usize>, Fault> {
        let mut places = BTreeSet::from([id]);
        match self.premises.pipeline {
            Some(pipeline) => {
                let mapping = Mapping::of(head.headers, pipeline, self.format);
                match mapping {
                    Ok(mapping) => {
                        places
                            .extend(mapping.columns.iter().flat_map(|mapped| &mapped.fields).map(|field| field.place));
                    }
                    // The ID may have a name that the pipeline does not know.
                    Err(HeaderFault::MissingColumn { .. }) => places.extend(canonical(head.headers)),
                    Err(fault) => return Err(Refusal::Header(head.line, fault).into()),
                }
            }
            None => places.extend(canonical(head.headers)),
        }
        for wanted in self.premises.keep {
            let place = head.headers.iter().position(|header| key_of(header) == key_of(wanted));
            let place = place.ok_or_else(|| {
                Fault::Refused(format!(
                    "line {}: no header {wanted:?}, which `--keep` names; write it as the file has it",
                    head.line
                ))
            })?;
            places.insert(place);
        }
        Ok(places)
    }

    /// Refuses headers that mean a direct identifier, or leaves their columns out.
    fn judge_headers(&self, head: &PlainHead<'_>, asked_for: &mut BTreeSet<usize>, id: usize) -> Result<(), Fault> {
        let allowed = self.allowed();
        let mut found = Vec::new();
        for (place, header) in head.headers.iter().enumerate() {
            if allowed.contains(&key_of(header)) {
                continue;
            }
            let Some(suspicion) = gate::header_means(header) else { continue };
            if self.format.drops_identifiers && place != id {
                asked_for.remove(&place);
            } else {
                found.push(FoundIdentifier { place: place + 1, header: shown_header(header), suspicion });
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        Err(Fault::Refused(format!(
            "line {}, {}; remove such columns, or leave them out with `--drop-identifiers`",
            head.line,
            FoundHeaders(&found)
        )))
    }

    /// The column that a header is of, as the pipeline or its canonical name says.
    fn column(&self, header: &str) -> Option<Column> {
        let key = key_of(header);
        let of_pipeline = self.premises.pipeline.into_iter().flat_map(|pipeline| &pipeline.columns);
        let mut mapped = of_pipeline
            .filter(|mapped| mapped.texts().any(|text| key_of(text) == key))
            .map(|mapped| mapped.column.clone());
        mapped.next_back().or_else(|| Column::canonical(&header.trim().to_lowercase().replace([' ', '-'], "_")))
    }

    /// A column that is kept.
    fn kept(&self, place: usize, header: &str, allowed: &BTreeSet<String>) -> Kept {
        let column = self.column(header);
        let is_figures = column.as_ref().is_some_and(|column| {
            matches!(column.kind, ColumnKind::Money | ColumnKind::Number { .. } | ColumnKind::Date | ColumnKind::Flag)
        });
        let gate = gate_of(header, column.as_ref(), allowed.contains(&key_of(header)));
        Kept { place, header: header.to_owned(), gate, is_figures, filled: 0, ids: 0 }
    }

    /// A field as it is written: as it stands, or as the pipeline's format writes what a workbook has typed.
    fn text(&self, field: &Plain<'_>, header: &str, line: u64) -> Result<String, Fault> {
        Ok(match field {
            Plain::Text(text) => text.clone().into_owned(),
            Plain::Number(number) if self.format.number.decimal == DecimalMark::Comma => number.replace('.', ","),
            Plain::Number(number) => number.clone().into_owned(),
            Plain::Date(date) => self.format.dates.written(date),
            Plain::Error => {
                let header = shown_header(header).unwrap_or_default();
                return Err(Fault::Refused(format!(
                    "line {line}, column {header}: the cell has an error; mend it and save the workbook"
                )));
            }
            Plain::NoText => {
                return Err(Refusal::Encoding { line, column: shown_header(header).unwrap_or_default() }.into());
            }
        })
    }
}

/// The fields whose headers are canonical names.
fn canonical(headers: &[String]) -> Vec<usize> {
    let names: BTreeSet<String> = Column::names().into_iter().map(key_of).collect();
    let is_canonical = |header: &String| {
        names.contains(&key_of(header))
            || Column::canonical(&header.trim().to_lowercase().replace([' ', '-'], "_")).is_some()
    };
    headers.iter().enumerate().filter(|(_, header)| is_canonical(header)).map(|(place, _)| place).collect()
}

impl Rows for Writing<'_> {
    type Error = Fault;

    fn begin(&mut self, head: &PlainHead<'_>) -> Result<(), Fault> {
        let id = self.premises.id_place(head)?;
        let mut places = self.asked_for(head, id)?;
        // Whatever else is called an employee ID is none of the others.
        let ids = self.premises.id_headers();
        places.retain(|place| *place == id || !ids.contains(&key_of(&head.headers[*place])));
        self.judge_headers(head, &mut places, id)?;
        self.fields = head.headers.len();
        self.id = places.iter().position(|place| *place == id).unwrap_or(0);
        let allowed = self.allowed();
        self.columns = places.iter().map(|&place| self.kept(place, &head.headers[place], &allowed)).collect();
        let shown =
            |place: usize| shown_header(&head.headers[place]).unwrap_or_else(|| format!("column {}", place + 1));
        self.written.kept = places.iter().map(|place| shown(*place)).collect();
        self.written.left_out = (0..head.headers.len()).filter(|place| !places.contains(place)).map(shown).collect();
        let Some(file) = self.file.take() else { return Ok(()) };
        let mut file = BufWriter::new(file);
        // Whoever reads the file by the format of the first one must not take it for another encoding, nor look for its header elsewhere.
        if head.encoding != "UTF-8" {
            file.write_all("\u{feff}".as_bytes())?;
        }
        for _ in 1..self.format.header_line.unwrap_or(1) {
            file.write_all(b"\n")?;
        }
        let mut out = simd_csv::WriterBuilder::new().delimiter(head.delimiter).from_writer(file);
        out.write_record(self.columns.iter().map(|column| column.header.as_str()))?;
        self.out = Some(out);
        Ok(())
    }

    fn row(&mut self, line: u64, fields: &[Plain<'_>]) -> Result<(), Fault> {
        let surplus =
            fields.iter().skip(self.fields).any(|field| !matches!(field, Plain::Text(text) if text.trim().is_empty()));
        if fields.len() < self.fields || surplus {
            let what = format!(
                "line {line}: {} fields, and the header has {}; mend the row: nothing was written",
                fields.len(),
                self.fields
            );
            return Err(Fault::Refused(what));
        }
        let mut written = Vec::with_capacity(self.columns.len());
        let mut columns = std::mem::take(&mut self.columns);
        for (number, column) in columns.iter_mut().enumerate() {
            let text = self.text(&fields[column.place], &column.header, line)?;
            let suspicion = if number == self.id {
                gate::employee_id_looks_like(text.trim())
            } else {
                column.gate.judge(text.trim())
            };
            if let Some(suspicion) = suspicion {
                let name = shown_header(&column.header).unwrap_or_else(|| format!("{}", column.place + 1));
                match self.found.iter_mut().find(|found| found.column == name) {
                    Some(found) => found.rows += 1,
                    None => self.found.push(FoundValues { line, rows: 1, column: name, header: None, suspicion }),
                }
                continue;
            }
            if number != self.id {
                if column.is_figures && text.split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 5) {
                    let name = shown_header(&column.header).unwrap_or_else(|| format!("{}", column.place + 1));
                    return Err(Fault::Refused(format!(
                        "line {line}, column {name}: a text where a number or a date belongs; mend the row"
                    )));
                }
                if !text.trim().is_empty() && !column.is_figures {
                    column.filled += 1;
                    column.ids += u64::from(text.trim().len() > 2 && self.ids.contains(&hash(&text)));
                }
                written.push(text);
                continue;
            }
            let id = bare_id(&text);
            let id = id.as_ref();
            if id.is_empty() {
                return Err(Fault::Refused(format!(
                    "line {line}: the employee ID is empty; fill it in or remove the row"
                )));
            }
            if is_total(id) {
                return Err(Fault::Refused(format!(
                    "line {line}: the row is a total of others, and no employee; remove it"
                )));
            }
            written.push(hex(&self.premises.key.pseudonym(id)));
        }
        self.columns = columns;
        self.written.rows += 1;
        if self.found.is_empty()
            && let Some(out) = self.out.as_mut()
        {
            out.write_record(&written)?;
        }
        Ok(())
    }
}

//! Pseudonyms on a company's own premises: `payquorum pseudonymize in.csv out.csv`.
//!
//! In: a CSV file with employee IDs. Out: the same file with pseudonyms (32 hexadecimal digits) in their place.
//! Invariant: every other byte of a field stays; the output appears whole or not at all; headers that mean a direct
//! identifier are refused as at intake. Values are judged at intake only.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::key::CompanyKey;
use crate::digest::hex;
use crate::intake::{delimiter_of, gate};

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

/// Writes `output` with the IDs under the header `id_header` replaced. Gives the number of rows.
///
/// # Errors
/// [`PremisesError`]; `output` is untouched then.
pub fn pseudonymize_file(input: &Path, output: &Path, id_header: &str, key: &CompanyKey) -> Result<u64, PremisesError> {
    let beside = output.with_extension(format!("partial-{}", std::process::id()));
    let result = write(input, &beside, id_header, key).and_then(|rows| {
        std::fs::rename(&beside, output).map_err(|error| io_error(output, error))?;
        Ok(rows)
    });
    if result.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    result
}

fn io_error(file: &Path, error: std::io::Error) -> PremisesError {
    PremisesError::Io { file: file.display().to_string(), error }
}

fn write(input: &Path, output: &Path, id_header: &str, key: &CompanyKey) -> Result<u64, PremisesError> {
    let refused = |what: String| PremisesError::Refused { file: input.display().to_string(), what };
    let broken = |error: simd_csv::Error| refused(format!("is not CSV: {error}"));
    let mut start = vec![0; 1 << 16];
    let length = File::open(input)
        .and_then(|mut file| std::io::Read::read(&mut file, &mut start))
        .map_err(|error| io_error(input, error))?;
    let first_line = start[..length].split(|&byte| byte == b'\n').next().unwrap_or_default();
    let delimiter = delimiter_of(first_line);
    let file = File::open(input).map_err(|error| io_error(input, error))?;
    let mut reader = simd_csv::ReaderBuilder::new().delimiter(delimiter).from_reader(file);
    let headers = reader.byte_headers().map_err(broken)?.clone();
    let text = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
    for (place, header) in headers.iter().enumerate() {
        if let Some(identifier) = gate::header_means(&text(header)) {
            let place = place + 1;
            return Err(refused(format!("line 1, column {place}: the header means {identifier}; remove the column")));
        }
    }
    let id_at = headers.iter().position(|header| text(header).eq_ignore_ascii_case(id_header));
    let id_at = id_at.ok_or_else(|| refused(format!("line 1: no header {id_header:?}; name it with `--id-header`")))?;
    let out = File::create(output).map_err(|error| io_error(output, error))?;
    let mut writer = simd_csv::WriterBuilder::new().delimiter(delimiter).from_writer(BufWriter::new(out));
    writer.write_byte_record(&headers).map_err(broken)?;
    let mut record = simd_csv::ByteRecord::new();
    let mut rows = 0;
    while reader.read_byte_record(&mut record).map_err(broken)? {
        rows += 1;
        let id = match std::str::from_utf8(&record[id_at]) {
            Ok(id) => id.trim().to_owned(),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(&record[id_at]).0.trim().to_owned(),
        };
        if id.is_empty() {
            return Err(refused(format!("data row {rows}: the employee ID is empty; fill it in or remove the row")));
        }
        let code = hex(&key.pseudonym(&id));
        let fields = record.iter().enumerate();
        let replaced = fields.map(|(place, field)| if place == id_at { code.as_bytes() } else { field });
        writer.write_record(replaced).map_err(broken)?;
    }
    let mut out = writer.into_inner().map_err(|error| refused(error.to_string()))?;
    out.flush().map_err(|error| io_error(output, error))?;
    Ok(rows)
}

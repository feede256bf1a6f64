//! Prints the records of CSV files as intake reads them, for a comparison with another reader.
//!
//! In: names of files on standard input, one a line. Out: for each a line of JSON: `{"header": [...], "rows": [[...], ...]}`, or
//! `{"refused": "..."}`. Used by `compare.py`.

use std::io::{self, BufRead, Write};
use std::path::Path;

use payquorum::intake::{Plain, PlainHead, Refusal, Rows, read_rows};
use payquorum::pipeline::FileFormat;

#[derive(Default)]
struct Read {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Rows for Read {
    type Error = Refusal;

    fn begin(&mut self, head: &PlainHead<'_>) -> Result<(), Refusal> {
        self.header = head.headers.to_vec();
        Ok(())
    }

    fn row(&mut self, _: u64, fields: &[Plain<'_>]) -> Result<(), Refusal> {
        let text = |field: &Plain<'_>| match field {
            Plain::Text(text) | Plain::Number(text) | Plain::Date(text) => text.clone().into_owned(),
            Plain::Error | Plain::NoText => "\u{fffd}".to_owned(),
        };
        self.rows.push(fields.iter().map(text).collect());
        Ok(())
    }
}

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for name in io::stdin().lock().lines() {
        let name = name?;
        let mut read = Read::default();
        // The last part of a name is its delimiter: `17.comma.csv`.
        let delimiter = match name.split('.').rev().nth(1) {
            Some("semicolon") => b';',
            Some("tab") => b'\t',
            Some("pipe") => b'|',
            _ => b',',
        };
        let format = FileFormat { delimiter: Some(delimiter), ..FileFormat::default() };
        let told = match read_rows(Path::new(&name), &format, &mut read) {
            Ok(()) => serde_json::json!({ "header": read.header, "rows": read.rows }),
            Err(refusal) => serde_json::json!({ "refused": refusal.to_string() }),
        };
        writeln!(out, "{told}")?;
    }
    out.flush()
}

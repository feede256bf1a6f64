//! How exports are written: takes a table of values, gives a CSV file in the dialect of one payroll
//! system (delimiter, notation of amounts and dates, encoding, habits).

use std::{fs, io, iter, path::Path};

use crate::workforce::Date;

#[derive(Clone, Copy, PartialEq)]
enum Notation {
    /// `3250.50` (or `3250` when there are no cents), `2026-09-30`
    Plain,
    /// `3.250,50`, `30.09.2026`
    German,
    /// `€ 3,250.50`, `09/30/2026`
    American,
}

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf8WithMark,
    Utf16WithMark,
    Windows1252,
}

/// How a company's payroll system writes its export.
#[derive(Clone, Copy)]
pub struct Dialect {
    delimiter: &'static str,
    newline: &'static str,
    notation: Notation,
    encoding: Encoding,
    quote_all: bool,
    /// Spaces around values, and blank lines at the end.
    untidy: bool,
}

pub const TIDY: Dialect = Dialect {
    delimiter: ",",
    newline: "\n",
    notation: Notation::Plain,
    encoding: Encoding::Utf8,
    quote_all: false,
    untidy: false,
};

impl Dialect {
    pub fn of_company(number: usize) -> Self {
        match number {
            11 | 12 => Self {
                delimiter: ";",
                newline: "\r\n",
                notation: Notation::German,
                encoding: Encoding::Windows1252,
                ..TIDY
            },
            13 => Self { encoding: Encoding::Utf8WithMark, ..TIDY },
            14 => Self { delimiter: "\t", ..TIDY },
            15 => Self { delimiter: "|", ..TIDY },
            16 => Self { newline: "\r\n", encoding: Encoding::Utf16WithMark, ..TIDY },
            17 => Self { quote_all: true, ..TIDY },
            18 => Self { notation: Notation::American, ..TIDY },
            19 => Self { untidy: true, ..TIDY },
            _ => TIDY,
        }
    }

    pub fn amount(self, cents: i64) -> String {
        let (thousands, euros, cents) = (cents / 100_000, cents / 100 % 1000, cents % 100);
        match self.notation {
            Notation::Plain if cents == 0 => format!("{}", thousands * 1000 + euros),
            Notation::Plain => format!("{}.{cents:02}", thousands * 1000 + euros),
            Notation::German if thousands == 0 => format!("{euros},{cents:02}"),
            Notation::German => format!("{thousands}.{euros:03},{cents:02}"),
            Notation::American if thousands == 0 => format!("€ {euros}.{cents:02}"),
            Notation::American => format!("€ {thousands},{euros:03}.{cents:02}"),
        }
    }

    pub fn date(self, Date(year, month, day): Date) -> String {
        match self.notation {
            Notation::Plain => format!("{year}-{month:02}-{day:02}"),
            Notation::German => format!("{day:02}.{month:02}.{year}"),
            Notation::American => format!("{month:02}/{day:02}/{year}"),
        }
    }

    /// Hours, shares and scores: `38.5`, or `38` when there are no tenths.
    pub fn tenths(self, tenths: i64) -> String {
        match (self.notation, tenths % 10) {
            (_, 0) => format!("{}", tenths / 10),
            (Notation::German, tenth) => format!("{},{tenth}", tenths / 10),
            (_, tenth) => format!("{}.{tenth}", tenths / 10),
        }
    }

    fn field(self, value: &str, is_header: bool) -> String {
        if self.quote_all || value.contains(['"', '\n', '€']) || value.contains(self.delimiter) {
            format!("\"{}\"", value.replace('"', "\"\""))
        } else if self.untidy && !is_header {
            format!(" {value} ")
        } else {
            value.to_owned()
        }
    }

    fn encode(self, text: &str) -> Vec<u8> {
        let marked = iter::once('\u{FEFF}').chain(text.chars());
        match self.encoding {
            Encoding::Utf8 => text.into(),
            Encoding::Utf8WithMark => marked.collect::<String>().into(),
            Encoding::Utf16WithMark => {
                let units = marked.collect::<String>();
                units.encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
            // The umlauts have the same code in Windows-1252 as in Unicode.
            Encoding::Windows1252 => {
                let byte = |letter| u8::try_from(letter).expect("only Latin-1 letters are here");
                text.chars().map(byte).collect()
            }
        }
    }
}

#[derive(Clone)]
pub struct Table {
    pub header: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of rows that give a value for each of the same columns.
    pub fn of(rows: impl Iterator<Item = Vec<(&'static str, String)>>) -> Self {
        let (headers, rows): (Vec<_>, Vec<_>) = rows.map(|row| row.into_iter().unzip()).unzip();
        Self { header: headers.into_iter().next().unwrap_or_default(), rows }
    }

    fn position(&self, column: &str) -> usize {
        self.header.iter().position(|name| *name == column).expect("the table has the column")
    }

    pub fn set(&mut self, row: usize, column: &str, value: &str) {
        let position = self.position(column);
        value.clone_into(&mut self.rows[row][position]);
    }

    pub fn rename(&mut self, column: &str, name: &'static str) {
        let position = self.position(column);
        self.header[position] = name;
    }

    pub fn add(&mut self, column: &'static str, value: impl Fn(usize) -> String) {
        self.header.push(column);
        self.rows.iter_mut().enumerate().for_each(|(row, cells)| cells.push(value(row)));
    }

    pub fn drop_column(&mut self, column: &str) {
        let position = self.position(column);
        self.header.remove(position);
        self.rows.iter_mut().for_each(|row| drop(row.remove(position)));
    }

    pub fn write(&self, dialect: Dialect, path: &Path) -> io::Result<()> {
        let line = |fields: Vec<String>| fields.join(dialect.delimiter) + dialect.newline;
        let mut text = line(self.header.iter().map(|name| dialect.field(name, true)).collect());
        for row in &self.rows {
            text += &line(row.iter().map(|value| dialect.field(value, false)).collect());
        }
        if dialect.untidy {
            text += "\n\n\n";
        }
        fs::write(path, dialect.encode(&text))
    }
}

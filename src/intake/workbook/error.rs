//! Why a workbook cannot be read.
//!
//! In: what the readers met. Out: one error with what to do about it.
//! Invariant: no value of a cell is ever part of a message; sheet names are, where they are short and printable.

use std::fmt::Write as _;
use std::io;

use thiserror::Error;

/// Why a workbook cannot be read, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BookError {
    /// The file itself cannot be read.
    #[error("the workbook cannot be read")]
    Io(#[source] io::Error),
    /// The workbook has a password.
    #[error("the workbook is protected by a password; save it without a password")]
    Encrypted,
    /// The package lacks a part, or a part is not what its kind says.
    #[error("the workbook is damaged ({what}); open it in a spreadsheet program and save it again")]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// More than the limits allow.
    #[error("the workbook is refused as too large: {what}; save the sheet alone, or as CSV")]
    TooLarge {
        /// Which limit.
        what: &'static str,
    },
    /// No sheet has the declared name.
    #[error("the workbook has no sheet of the declared name{}", told(.there))]
    NoSuchSheet {
        /// The sheets that people see.
        there: Vec<String>,
    },
    /// Several sheets hold cells, and none is declared.
    #[error("several sheets hold cells; declare which one to read with `sheet = \"...\"`{}", told(.there))]
    SeveralSheets {
        /// The sheets that people see and that hold cells.
        there: Vec<String>,
    },
    /// Only hidden sheets hold cells.
    #[error("only hidden sheets hold cells; unhide the sheet, or declare it with `sheet = \"...\"`")]
    OnlyHidden,
    /// No sheet holds a cell.
    #[error("no sheet holds a cell; check that the right file was sent")]
    NoCells,
    /// This kind of file is not read.
    #[error("{what} is not read; {mend}")]
    NotRead {
        /// What the file is.
        what: &'static str,
        /// What to do.
        mend: &'static str,
    },
}

impl BookError {
    /// The error inside an I/O error, where a reader below put one.
    pub(super) fn of_io(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(inner) => inner,
            Err(error) if broken(error.kind()) => Self::Damaged { what: "its packing is broken" },
            Err(error) => Self::Io(error),
        }
    }

    pub(super) fn of_zip(error: zip::result::ZipError) -> Self {
        use zip::result::ZipError;
        match error {
            ZipError::Io(error) => Self::of_io(error),
            ZipError::InvalidPassword => Self::Encrypted,
            ZipError::UnsupportedArchive(what) if what == ZipError::PASSWORD_REQUIRED => Self::Encrypted,
            _ => Self::Damaged { what: "its packing is broken" },
        }
    }

    pub(super) fn of_xml(error: quick_xml::Error) -> Self {
        let quick_xml::Error::Io(error) = error else { return Self::Damaged { what: "its XML is broken" } };
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()) {
            Some(&Self::TooLarge { what }) => Self::TooLarge { what },
            Some(_) => Self::Damaged { what: "its XML is broken" },
            None if broken(error.kind()) => Self::Damaged { what: "its packing is broken" },
            None => Self::Io(io::Error::new(error.kind(), "reading a part failed")),
        }
    }
}

/// Whether an I/O error tells of what the file holds, and not of the disk.
fn broken(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof)
        || kind == io::ErrorKind::Other
}

/// Sheet names for a message: those that are short and printable, twelve at most.
fn told(names: &[String]) -> String {
    const MOST: usize = 12;
    let harmless = |name: &&String| name.chars().count() <= 31 && !name.chars().any(char::is_control);
    let mut text = String::new();
    for (place, name) in names.iter().filter(harmless).take(MOST).enumerate() {
        let _ = write!(text, "{} {name:?}", if place == 0 { "; there:" } else { "," });
    }
    if names.len() > MOST {
        text.push_str(", and more");
    }
    text
}

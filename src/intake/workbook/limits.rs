//! How much a workbook may take, whatever it says of itself.
//!
//! In: the packed parts of a workbook. Out: their bytes, as a stream that ends with an error where a limit is passed.
//! Invariant: what is counted are the bytes that really come out of a part, never a size, a count or a dimension that
//! the file declares.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use super::error::BookError;

/// Unpacked bytes of all parts that are read, together. A million rows of thirty columns take about 1.5 GiB of XML.
pub(super) const UNPACKED: u64 = 2 << 30;
/// Unpacked bytes per packed byte. Sheets as programs write them stay below 60; deflate itself ends near 1,030.
pub(super) const RATIO: u64 = 200;
/// Below this size the ratio of a part does not matter: it is no harm then, and small parts are often much alike.
pub(super) const RATIO_FREE: u64 = 64 << 20;
/// Files in the package. A workbook has one for each sheet, picture and drawing.
pub(super) const PARTS: usize = 20_000;
/// Bytes of one tag or one run of text. A cell of a spreadsheet program holds at most 32,767 characters.
pub(super) const PIECE: u64 = 4 << 20;
/// Elements inside each other. Spreadsheets need about twenty.
pub(super) const DEPTH: usize = 256;
/// Bytes of text in one cell: the most that spreadsheet programs allow (32,767 characters), several times over.
pub(super) const CELL: usize = 1 << 20;
/// Bytes of one row as text.
pub(super) const ROW: usize = 64 << 20;
/// Bytes of the texts that cells share; they are held in memory while a sheet is read.
pub(super) const TEXTS: usize = 512 << 20;
/// How many texts cells may share: sixteen for each of a million rows.
pub(super) const TEXT_COUNT: usize = 16 << 20;
/// Cell formats of a workbook; spreadsheet programs allow 65,490.
pub(super) const FORMATS: usize = 1 << 17;
/// Number formats that a workbook declares; programs allow a few hundred.
pub(super) const OWN_FORMATS: usize = 4_096;
/// Sheets of a workbook.
pub(super) const SHEETS: usize = 4_096;
/// Rows and columns of a sheet, which are those of the file formats.
pub(super) const ROWS: u32 = 1 << 20;
pub(super) const COLUMNS: u32 = 1 << 14;
/// Bytes of the sheet as text: twice what may come out of the package. One short cell may stand for a long text, and
/// one row of an OpenDocument sheet for a million.
pub(super) const TEXT: u64 = 4 << 30;

/// The bytes of one part, counted.
#[derive(Debug)]
pub(super) struct Meter<R> {
    inner: BufReader<R>,
    /// What this part may still give.
    left: u64,
    /// What the piece being read may still take.
    piece: u64,
    /// What all parts gave so far.
    spent: Rc<Cell<u64>>,
}

impl<R: Read> Meter<R> {
    /// A part that takes `packed` bytes in its package.
    pub(super) fn new(inner: R, packed: u64, spent: Rc<Cell<u64>>) -> Self {
        let left = packed.saturating_mul(RATIO).max(RATIO_FREE);
        Self { inner: BufReader::with_capacity(1 << 16, inner), left, piece: PIECE, spent }
    }

    /// The next piece begins.
    pub(super) fn next_piece(&mut self) {
        self.piece = PIECE;
    }

    /// Counts bytes that were taken; what is left of a limit that they pass is nothing.
    fn count(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        self.spent.set(self.spent.get().saturating_add(bytes));
        self.left = self.left.saturating_sub(bytes);
        self.piece = self.piece.saturating_sub(bytes);
    }

    fn check(&self) -> io::Result<()> {
        let what = if self.spent.get() >= UNPACKED {
            "the workbook unpacks to more than 2 GiB"
        } else if self.left == 0 {
            "a part of the workbook unpacks to more than 200 times its size"
        } else if self.piece == 0 {
            "a single value takes more than 4 MiB"
        } else {
            return Ok(());
        };
        Err(io::Error::other(BookError::TooLarge { what }))
    }
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        let length = self.inner.read(out)?;
        self.count(length);
        Ok(length)
    }
}

impl<R: Read> BufRead for Meter<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        // Asked before each step, so a limit is passed by one buffer at most.
        self.check()?;
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.inner.consume(bytes);
        self.count(bytes);
    }
}

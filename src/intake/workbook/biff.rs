//! The records of a binary workbook (`.xlsb`).
//!
//! In: the bytes of a part. Out: records, each a type and its bytes, and the numbers and texts in them.
//! Invariant: nothing is read beyond a record; a record is within the limits.

use std::io::Read;

use super::error::BookError;
use super::limits::{self, Meter};

pub(super) const BROKEN: BookError = BookError::Damaged { what: "a record is too short" };

/// The records of a part, one at a time.
pub(super) struct Records<R: Read> {
    part: Meter<R>,
    bytes: Vec<u8>,
}

impl<R: Read> Records<R> {
    pub(super) fn new(part: Meter<R>) -> Self {
        Self { part, bytes: Vec::new() }
    }

    /// Type and bytes of the next record; `None` at the end of the part.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Record<'_>)>, BookError> {
        self.part.next_piece();
        let Some(kind) = self.number(2)? else { return Ok(None) };
        let length = self.number(4)?.ok_or(BROKEN)? as usize;
        if length as u64 >= limits::PIECE {
            return Err(BookError::TooLarge { what: "a single value takes more than 4 MiB" });
        }
        self.bytes.clear();
        let read = self.part.by_ref().take(length as u64).read_to_end(&mut self.bytes).map_err(BookError::of_io)?;
        if read < length {
            return Err(BROKEN);
        }
        Ok(Some((kind, Record(&self.bytes))))
    }

    /// A number in groups of seven bits, the lowest first; those of a type keep the bit that tells of more.
    fn number(&mut self, most: u32) -> Result<Option<u32>, BookError> {
        let mut number = 0;
        for group in 0..most {
            let mut byte = [0];
            let read = self.part.read(&mut byte).map_err(BookError::of_io)?;
            if read == 0 {
                return if group == 0 { Ok(None) } else { Err(BROKEN) };
            }
            number |= u32::from(byte[0] & 0x7F) << (7 * group);
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        Ok(Some(number))
    }
}

/// The bytes of a record.
#[derive(Clone, Copy)]
pub(super) struct Record<'a>(&'a [u8]);

impl<'a> Record<'a> {
    /// What begins at `start`.
    pub(super) fn after(self, start: usize) -> Result<Record<'a>, BookError> {
        self.0.get(start..).map(Record).ok_or(BROKEN)
    }

    fn array<const N: usize>(self, start: usize) -> Result<[u8; N], BookError> {
        let bytes = start.checked_add(N).and_then(|end| self.0.get(start..end));
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(BROKEN)
    }

    pub(super) fn byte(self, start: usize) -> Result<u8, BookError> {
        self.array::<1>(start).map(|[byte]| byte)
    }

    pub(super) fn u16(self, start: usize) -> Result<u16, BookError> {
        self.array(start).map(u16::from_le_bytes)
    }

    pub(super) fn u32(self, start: usize) -> Result<u32, BookError> {
        self.array(start).map(u32::from_le_bytes)
    }

    pub(super) fn f64(self, start: usize) -> Result<f64, BookError> {
        self.array(start).map(f64::from_le_bytes)
    }

    /// A number in 32 bits: the upper bits of a float, or 30 bits of an integer, either in hundredths.
    pub(super) fn rk(self, start: usize) -> Result<f64, BookError> {
        let bits = self.u32(start)?;
        let value =
            if bits & 2 == 0 { f64::from_bits(u64::from(bits & !3) << 32) } else { f64::from(bits.cast_signed() >> 2) };
        Ok(if bits & 1 == 0 { value } else { value / 100.0 })
    }

    /// A text: its length in units of UTF-16, then the units. Also where it ends.
    pub(super) fn text(self, start: usize) -> Result<(String, usize), BookError> {
        let length = self.u32(start)?;
        if length == u32::MAX {
            return Ok((String::new(), start + 4));
        }
        let end = (length as usize).checked_mul(2).and_then(|bytes| bytes.checked_add(start + 4)).ok_or(BROKEN)?;
        let bytes = self.0.get(start + 4..end).ok_or(BROKEN)?;
        let units = bytes.as_chunks::<2>().0.iter().map(|&unit| u16::from_le_bytes(unit));
        Ok((char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect(), end))
    }
}

//! Exact numbers: what every stage counts and pays with.
//!
//! In: the text of a number, or sums of such numbers. Out: [`Amount`] (an integer count of 1/10,000 units) and
//! [`Quotient`] (an exact fraction of amounts). Invariant: no value passes through a binary float before the one
//! conversion that writes a published figure, so sums never depend on the order of rows.

mod currency_mark;
mod number_format;
mod percentile;
mod quotient;

pub use number_format::{DecimalMark, Grouping, NumberFault, NumberFormat, ThousandsMark};
pub use percentile::percentile;
pub use quotient::{Quotient, divide_half_even};

/// A fixed-point number in 1/10,000 of its unit (euro, hour, day ...).
pub type Amount = i64;

/// How many [`Amount`] steps make one unit.
pub const SCALE: i64 = 10_000;

/// The largest absolute value an upload may hold, in units: larger ones are mistakes, and sums stay far from overflow.
pub const LARGEST_UNITS: i64 = 100_000_000_000;

/// An amount as a decimal number, without needless zeros.
#[must_use]
pub fn decimal(amount: Amount) -> String {
    let (size, scale) = (amount.unsigned_abs(), SCALE.unsigned_abs());
    let sign = if amount < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:04}", size / scale, size % scale);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Digits after the decimal point of an [`Amount`].
pub const DECIMALS: u32 = 4;

//! Percentiles by linear interpolation between closest ranks (Hyndman and Fan, 1996, type 7).
//!
//! In: values in ascending order (or with every rank that is needed in its place). Out: an exact fraction.
//! Invariant: the same as Excel's PERCENTILE.INC, NumPy's default and DuckDB's `quantile_cont`, without a float.

use super::{Amount, Quotient};

/// Percentile `percent` of values of which the ranks around it are in their places; `ordered` is not empty.
#[must_use]
pub fn percentile(ordered: &[Amount], percent: i128) -> Quotient {
    let rank = (ordered.len() as i128 - 1) * percent;
    let below = usize::try_from(rank / 100).unwrap_or(0);
    let rest = rank % 100;
    if rest == 0 {
        return Quotient::whole(ordered[below]);
    }
    let (low, high) = (i128::from(ordered[below]), i128::from(ordered[below + 1]));
    Quotient::new(low * 100 + (high - low) * rest, 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NumPy: `percentile([10, 20, 30, 40], [10, 50, 90])` = 13, 25, 37.
    #[test]
    fn ranks_are_interpolated() {
        let values = [100_000, 200_000, 300_000, 400_000];
        let figures = [10, 50, 90].map(|percent| percentile(&values, percent));
        assert_eq!(
            figures,
            [(13_000_000, 100), (25_000_000, 100), (37_000_000, 100)].map(|(n, d)| Quotient::new(n, d))
        );
        assert_eq!(percentile(&[70_000], 90), Quotient::whole(70_000));
    }
}

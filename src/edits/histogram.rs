//! [`Histogram`]: how amounts are spread, coarsely.
//!
//! In: positive amounts, one after the other. Out: quantiles to within one percent. Invariant: what it holds depends on which amounts
//! it got and on nothing else: neither on their order, nor on how they were split.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bits of an amount's mantissa that tell buckets apart: 64 buckets between an amount and its double, each 0.8 to 1.6 percent wide.
const BITS: u32 = 6;

/// The bucket of 1, the smallest amount that has a bucket of its own.
const FIRST: u64 = 1023 << BITS;

/// Counts of amounts in buckets of about one percent.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// The bucket of the first count.
    first: u16,
    counts: Vec<u64>,
}

/// The bucket of an amount.
fn bucket_of(amount: f64) -> u16 {
    let bucket = (amount.max(1.0).to_bits() >> (52 - BITS)) - FIRST;
    u16::try_from(bucket).unwrap_or(u16::MAX)
}

/// The middle of a bucket.
fn middle(bucket: u16) -> f64 {
    f64::from_bits(((u64::from(bucket) + FIRST) << (52 - BITS)) | (1 << (51 - BITS)))
}

impl Histogram {
    /// Counts an amount; amounts that are not above zero are none of its business.
    pub fn add(&mut self, amount: f64) {
        let bucket = bucket_of(amount);
        let place = usize::from(bucket).wrapping_sub(usize::from(self.first));
        match self.counts.get_mut(place) {
            Some(count) => *count += 1,
            None => self.add_many(bucket, 1),
        }
    }

    /// Counts amounts of one bucket, and makes room for it.
    fn add_many(&mut self, bucket: u16, count: u64) {
        if self.counts.is_empty() {
            self.first = bucket;
        }
        if bucket < self.first {
            let missing = usize::from(self.first - bucket);
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = bucket;
        }
        let place = usize::from(bucket - self.first);
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] = self.counts[place].saturating_add(count);
    }

    /// Buckets that hold anything, in ascending order, with their counts.
    fn filled(&self) -> impl Iterator<Item = (u16, u64)> {
        let counts = self.counts.iter().zip(self.first..=u16::MAX);
        counts.filter(|(count, _)| **count > 0).map(|(count, bucket)| (bucket, *count))
    }

    /// Adds what another one counted.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in other.filled() {
            self.add_many(bucket, count);
        }
    }

    /// How many amounts.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The smallest amount that at least `percent` of all do not exceed, to within one percent.
    #[must_use]
    pub fn quantile(&self, percent: u64) -> Option<f64> {
        let count = self.count();
        let rank = (u128::from(count) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0_u128;
        let found = self.filled().find(|(_, count)| {
            seen += u128::from(*count);
            seen >= rank
        });
        found.map(|(bucket, _)| middle(bucket))
    }
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.filled().eq(other.filled())
    }
}

/// Of each bucket how far it is from the one before, and its count.
impl Serialize for Histogram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut last = 0;
        serializer.collect_seq(self.filled().flat_map(|(bucket, count)| {
            let gap = u64::from(bucket - last);
            last = bucket;
            [gap, count]
        }))
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// No 64-bit number has a bucket above this, and a damaged footer must not ask for memory.
        const LAST: u64 = 64 << BITS;
        let mut histogram = Self::default();
        let mut bucket = 0_u64;
        for pair in Vec::<u64>::deserialize(deserializer)?.chunks(2) {
            let [gap, count] = *pair else { return Err(D::Error::custom("a bucket without a count")) };
            bucket = bucket.saturating_add(gap);
            if bucket > LAST {
                return Err(D::Error::custom("no amount has such a bucket"));
            }
            histogram.add_many(u16::try_from(bucket).unwrap_or(u16::MAX), count);
        }
        Ok(histogram)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(amounts: &[i64]) -> Histogram {
        let mut histogram = Histogram::default();
        for amount in amounts {
            #[expect(clippy::cast_precision_loss, reason = "to within a percent")]
            histogram.add(*amount as f64);
        }
        histogram
    }

    #[test]
    fn a_damaged_histogram_is_none() {
        for text in ["[1]", "[9999,1]", "[18446744073709551615,1,1,1]", "[-1,1]", "[1.5,1]", "{}"] {
            assert!(serde_json::from_str::<Histogram>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(50), None);
        assert_eq!(of(&[]).count(), 0);
    }

    proptest! {
        /// The twin sorts all amounts.
        #[test]
        fn a_quantile_is_within_one_percent(
            mut amounts in proptest::collection::vec(1_000_i64..1_000_000_000_000_000, 1..200), percent in 1_u64..=100,
        ) {
            let found = of(&amounts).quantile(percent).expect("there are amounts");
            amounts.sort_unstable();
            let rank = (amounts.len() * usize::try_from(percent).expect("small")).div_ceil(100).max(1);
            #[expect(clippy::cast_precision_loss, reason = "to within a percent")]
            let truth = amounts[rank - 1] as f64;
            prop_assert!((found / truth - 1.0).abs() < 0.01, "{found} for {truth}");
        }

        #[test]
        fn order_and_pieces_do_not_matter(amounts in proptest::collection::vec(1_i64..1_000_000_000_000, 0..100), cut in 0_usize..100) {
            let whole = of(&amounts);
            let (one, other) = amounts.split_at(cut.min(amounts.len()));
            let (mut forth, mut back) = (of(one), of(other));
            forth.merge(&of(other));
            back.merge(&of(one));
            prop_assert_eq!(&whole, &forth);
            prop_assert_eq!(&whole, &back);
            let text = serde_json::to_string(&whole).expect("text");
            prop_assert_eq!(&text, &serde_json::to_string(&back).expect("text"));
            prop_assert_eq!(&whole, &serde_json::from_str::<Histogram>(&text).expect("read back"));
        }
    }
}

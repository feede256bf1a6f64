//! [`Amounts`]: lists of amounts, in half the room where they fit.
//!
//! In: amounts. Out: the same ones. Invariant: nothing is rounded or cut; where one amount does not fit 32 bits, all of the list are kept
//! in 64. All lists of a pass are held at once: they are most of what aggregation holds.

use crate::exact::Amount;

/// A list that owns its amounts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Amounts {
    Narrow(Vec<i32>),
    Wide(Vec<Amount>),
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slice<'a> {
    Narrow(&'a [i32]),
    Wide(&'a [Amount]),
}

/// Whether all amounts fit into 32 bits.
pub(super) fn are_narrow(mut amounts: impl Iterator<Item = Amount>) -> bool {
    amounts.all(|amount| i32::try_from(amount).is_ok())
}

impl Amounts {
    pub(super) fn slice(&self, start: usize, end: usize) -> Slice<'_> {
        match self {
            Self::Narrow(amounts) => Slice::Narrow(&amounts[start..end]),
            Self::Wide(amounts) => Slice::Wide(&amounts[start..end]),
        }
    }
}

impl<'a> Slice<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Narrow(amounts) => amounts.len(),
            Self::Wide(amounts) => amounts.len(),
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.len() == 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Amount> + 'a {
        let (narrow, wide): (&[i32], &[Amount]) = match self {
            Self::Narrow(amounts) => (amounts, &[]),
            Self::Wide(amounts) => (&[], amounts),
        };
        narrow.iter().map(|&amount| Amount::from(amount)).chain(wide.iter().copied())
    }

    pub(super) fn sum(self) -> i128 {
        match self {
            // So many amounts of 32 bits that their sum does not fit 64 are no list.
            Self::Narrow(amounts) => i128::from(amounts.iter().map(|&amount| Amount::from(amount)).sum::<Amount>()),
            Self::Wide(amounts) => amounts.iter().map(|&amount| i128::from(amount)).sum(),
        }
    }

    /// Puts the amounts behind those of a list.
    pub(super) fn append_to(self, list: &mut Vec<Amount>) {
        match self {
            Self::Narrow(amounts) => list.extend(amounts.iter().map(|&amount| Amount::from(amount))),
            Self::Wide(amounts) => list.extend_from_slice(amounts),
        }
    }

    /// The least and the largest amount that `counts`; none where none does.
    pub(super) fn range(self, counts: impl Fn(Amount) -> bool) -> Option<(Amount, Amount)> {
        let start = (Amount::MAX, Amount::MIN);
        let wider = |(low, high): (Amount, Amount), amount: Amount| {
            if counts(amount) { (low.min(amount), high.max(amount)) } else { (low, high) }
        };
        let range = match self {
            Self::Narrow(amounts) => amounts.iter().map(|&amount| Amount::from(amount)).fold(start, wider),
            Self::Wide(amounts) => amounts.iter().copied().fold(start, wider),
        };
        (range.0 <= range.1).then_some(range)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The slow twin is the list itself.
        #[test]
        fn a_narrow_list_says_the_same(amounts in proptest::collection::vec(any::<i32>(), 0..50)) {
            let wide: Vec<Amount> = amounts.iter().map(|&amount| Amount::from(amount)).collect();
            prop_assert!(are_narrow(wide.iter().copied()));
            let (narrow, wide) = (Amounts::Narrow(amounts), Amounts::Wide(wide));
            let end = match &wide { Amounts::Wide(list) => list.len(), Amounts::Narrow(_) => 0 };
            for start in 0..=end {
                let (one, other) = (narrow.slice(start, end), wide.slice(start, end));
                prop_assert_eq!(one.iter().collect::<Vec<_>>(), other.iter().collect::<Vec<_>>());
                prop_assert_eq!((one.len(), one.is_empty(), one.sum()), (other.len(), other.is_empty(), other.sum()));
                for positive in [false, true] {
                    let counts = |amount: Amount| !positive || amount > 0;
                    prop_assert_eq!(one.range(counts), other.range(counts));
                }
                let [mut a, mut b] = [vec![7], vec![7]];
                one.append_to(&mut a);
                other.append_to(&mut b);
                prop_assert_eq!(a, b);
            }
        }
    }
}

//! Whether the marks in a column of numbers are decimal marks or thousands marks, where nobody declared it.
//!
//! In: the numbers of a column. Out: whether they can be read in two ways. Invariant: a column is ambiguous when some of its marks have exactly
//! three digits behind them and one to three before; one number with three decimals or more that is no group of thousands settles it.

use crate::exact::SCALE;
use crate::record::ColumnKind;

/// What the marks of a column have told so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// Numbers that could be read in two ways.
    pub(super) ambiguous: u64,
    /// Whether some number can be read in one way only.
    pub(super) is_settled: bool,
    /// The line of the first number that could be read in two ways.
    pub(super) line: u64,
}

impl Marks {
    /// Whether numbers of a column could be thousands at all: hours of a week and parts of one cannot.
    pub(super) fn matter_to(kind: &ColumnKind) -> bool {
        match kind {
            ColumnKind::Money => true,
            ColumnKind::Number { high, .. } => *high >= 1_000 * SCALE,
            _ => false,
        }
    }

    /// Looks at the text of a number with a decimal point.
    #[inline]
    pub(super) fn see(&mut self, text: &[u8]) {
        if self.is_settled {
            return;
        }
        // A number that ends with a digit can only tell something where its point stands three digits or more before the end.
        if let [.., b'0'..=b'9'] = text
            && (text.len() < 4 || memchr::memchr(b'.', &text[..text.len() - 3]).is_none())
        {
            return;
        }
        let Some(point) = memchr::memrchr(b'.', text) else { return };
        let digits_behind = text[point + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits_before = text[..point].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let leading_zero = digits_before > 0 && text[point - digits_before] == b'0';
        if digits_behind == 3 && (1..=3).contains(&digits_before) && !leading_zero {
            self.ambiguous += 1;
        } else if digits_behind >= 3 {
            // One or two decimals settle nothing of numbers with three: 50.000 beside 50100.00 is fifty thousand.
            self.is_settled = true;
        }
    }

    /// Takes what a later chunk has told.
    pub(super) fn merge(&mut self, later: Self) {
        if self.ambiguous == 0 {
            self.line = later.line;
        }
        self.ambiguous += later.ambiguous;
        self.is_settled |= later.is_settled;
    }

    /// Whether all marks could be read in two ways.
    pub(super) fn are_ambiguous(self) -> bool {
        self.ambiguous > 0 && !self.is_settled
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(texts: &[&str]) -> bool {
        let mut marks = Marks::default();
        for text in texts {
            marks.see(text.as_bytes());
        }
        marks.are_ambiguous()
    }

    #[test]
    fn only_groups_of_three_can_be_read_in_two_ways() {
        assert!(of(&["48.000", "67.000"]));
        assert!(of(&["2.939"]));
        assert!(of(&["48.000 €", "-3.250", "12"]));
        assert!(!of(&["48000", "67"]));
        assert!(of(&["48.000", "67.5"]), "fifty thousand beside sixty-seven and a half");
        assert!(of(&["50.000", "50100.00"]));
        assert!(!of(&["67.5", "67.25"]));
        assert!(!of(&["2.939", "12345.678"]));
        assert!(!of(&["0.500"]));
        assert!(!of(&["48.0000"]));
    }

    proptest! {
        /// How a column is cut into chunks tells nothing.
        #[test]
        fn chunks_change_nothing(texts in proptest::collection::vec("[0-9]{1,4}(\\.[0-9]{2,4})?", 0..8), at in 0_usize..8) {
            let see = |texts: &[String]| {
                let mut marks = Marks::default();
                for (line, text) in texts.iter().enumerate() {
                    marks.see(text.as_bytes());
                    if marks.ambiguous > 0 && marks.line == 0 {
                        marks.line = line as u64 + 1;
                    }
                }
                marks
            };
            let (first, second) = texts.split_at(at.min(texts.len()));
            let mut merged = see(first);
            merged.merge(see(second));
            prop_assert_eq!(merged.are_ambiguous(), see(&texts).are_ambiguous());
            let parts = || texts.iter().filter_map(|text| text.split_once('.'));
            let groups = |(units, fraction): (&str, &str)| fraction.len() == 3 && units.len() <= 3 && !units.starts_with('0');
            let settles = |(units, fraction): (&str, &str)| fraction.len() >= 3 && !groups((units, fraction));
            prop_assert_eq!(see(&texts).are_ambiguous(), parts().any(groups) && !parts().any(settles));
        }
    }
}

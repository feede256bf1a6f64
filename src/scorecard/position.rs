//! Where a figure lies among published percentiles.
//!
//! In: a figure, and the percentiles of its peers that are published. Out: a [`Position`]. Invariant: between two published percentiles
//! it is read off the straight line between them; beyond the outermost ones it is only said that it lies there.

use crate::measure::Direction;

/// Where a figure lies, in percent of the peers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Position {
    /// Below the lowest published percentile.
    Below(f64),
    /// Between published percentiles.
    At(f64),
    /// Above the highest published percentile.
    Above(f64),
}

impl Position {
    /// The position of a figure. `percentiles` are (percent, figure) pairs in ascending order; none where fewer than two are there.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "published figures are compared as they are")]
    pub fn of(figure: f64, percentiles: &[(f64, f64)]) -> Option<Self> {
        let [first, .., last] = percentiles else { return None };
        if figure < first.1 {
            return Some(Self::Below(first.0));
        }
        if figure > last.1 {
            return Some(Self::Above(last.0));
        }
        // Where several percentiles are the figure, it lies in the middle of them.
        let same: Vec<f64> =
            percentiles.iter().filter(|(_, value)| *value == figure).map(|(percent, _)| *percent).collect();
        if let [low, .., high] = same.as_slice() {
            return Some(Self::At(low.midpoint(*high)));
        }
        let pair = percentiles.windows(2).find(|pair| figure <= pair[1].1)?;
        let part = (figure - pair[0].1) / (pair[1].1 - pair[0].1);
        Some(Self::At(pair[0].0 + part * (pair[1].0 - pair[0].0)))
    }

    /// The position as a number: beyond the outermost percentile the middle of what lies there.
    #[must_use]
    pub fn number(self) -> f64 {
        match self {
            Self::Below(percent) => percent / 2.0,
            Self::At(percent) => percent,
            Self::Above(percent) => f64::midpoint(percent, 100.0),
        }
    }

    /// The position in words.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Below(percent) => format!("< {percent:.0}"),
            Self::At(percent) => format!("{percent:.0}"),
            Self::Above(percent) => format!("> {percent:.0}"),
        }
    }

    /// The points that it is worth, 0 to 100: none where no direction is better. `percentiles` are those that it was read off.
    #[must_use]
    pub fn points(self, direction: Direction, percentiles: &[(f64, f64)]) -> Option<f64> {
        match direction {
            Direction::HigherIsBetter => Some(self.number()),
            Direction::LowerIsBetter => Some(100.0 - self.number()),
            // How far from zero can be ranked only where all peers lie on one side of it.
            Direction::ZeroIsBest if percentiles.iter().all(|(_, value)| *value >= 0.0) => Some(100.0 - self.number()),
            Direction::ZeroIsBest if percentiles.iter().all(|(_, value)| *value <= 0.0) => Some(self.number()),
            Direction::ZeroIsBest | Direction::Describes => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BAND: [(f64, f64); 5] = [(10.0, 20.0), (25.0, 24.0), (50.0, 30.0), (75.0, 30.0), (90.0, 42.0)];

    /// On paper: 22 lies in the middle of P10 and P25; P50 and P75 are one figure; 36 is half the way from P75 to P90.
    #[test]
    fn positions_are_read_off_the_line() {
        let at = |figure| Position::of(figure, &BAND);
        assert_eq!(at(22.0), Some(Position::At(17.5)));
        assert_eq!(at(30.0), Some(Position::At(62.5)));
        assert_eq!(at(36.0), Some(Position::At(82.5)));
        assert_eq!(at(19.99), Some(Position::Below(10.0)));
        assert_eq!(at(42.0), Some(Position::At(90.0)));
        assert_eq!(at(43.0), Some(Position::Above(90.0)));
        assert_eq!(Position::of(1.0, &BAND[..1]), None);
        assert_eq!(Position::Above(90.0).text(), "> 90");
        assert_eq!(Position::Below(25.0).number().to_bits(), 12.5_f64.to_bits());
    }

    #[test]
    fn points_follow_the_direction() {
        let at = Position::At(30.0);
        assert_eq!(at.points(Direction::HigherIsBetter, &BAND), Some(30.0));
        assert_eq!(at.points(Direction::LowerIsBetter, &BAND), Some(70.0));
        assert_eq!(at.points(Direction::ZeroIsBest, &BAND), Some(70.0));
        assert_eq!(at.points(Direction::ZeroIsBest, &[(25.0, -3.0), (75.0, -1.0)]), Some(30.0));
        assert_eq!(at.points(Direction::ZeroIsBest, &[(25.0, -3.0), (75.0, 1.0)]), None);
        assert_eq!(at.points(Direction::Describes, &BAND), None);
    }

    proptest! {
        /// A higher figure never lies lower.
        #[test]
        fn positions_keep_the_order(mut values in proptest::collection::vec(0_u32..50, 2..6), one in 0_u32..60, more in 0_u32..10) {
            values.sort_unstable();
            let percents = [10.0, 25.0, 50.0, 75.0, 90.0];
            let band: Vec<(f64, f64)> = percents.into_iter().zip(values.into_iter().map(f64::from)).collect();
            let at = |figure: u32| Position::of(figure.into(), &band).expect("two percentiles or more").number();
            prop_assert!(at(one) <= at(one + more));
        }
    }
}

//! Pay quartiles: employees ranked from low to high pay, in four groups as equal as can be.
//!
//! In: pay of women and of men. Out: women and men in each group. Invariant: every employee is in one group; employees of
//! equal pay on both sides of a boundary are spread so that the shares of women on both sides are as even as can be.
//! Source: SI 2017/172, regulation 12, and the guidance of gov.uk on it: *making your gender pay gap calculations*.

use crate::exact::Amount;

/// One of the four groups, from low to high.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// The lowest paid quarter.
    Lower,
    /// The next.
    LowerMiddle,
    /// The next.
    UpperMiddle,
    /// The highest paid quarter.
    Upper,
}

impl Band {
    /// All four, from low to high.
    pub const ALL: [Self; 4] = [Self::Lower, Self::LowerMiddle, Self::UpperMiddle, Self::Upper];

    /// Its name in measures and pipelines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::LowerMiddle => "lower_middle",
            Self::UpperMiddle => "upper_middle",
            Self::Upper => "upper",
        }
    }

    /// Its name in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::LowerMiddle => "lower middle",
            Self::UpperMiddle => "upper middle",
            Self::Upper => "upper",
        }
    }
}

/// Which groups get one more where one, two or three employees are left over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remainders(pub [[bool; 4]; 3]);

impl Default for Remainders {
    fn default() -> Self {
        Self([[true, false, false, false], [true, false, true, false], [true, true, true, false]])
    }
}

/// Women and men of each of the four groups, from low to high.
pub type People = [(u64, u64); 4];

/// The four groups of a benchmark cell, of which each holding has a part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bands {
    /// Every pay, in ascending order, at which a group begins, with its group.
    starts: Vec<(Amount, usize)>,
    /// Pay that several groups share: women and men in each of them.
    split: Vec<(Amount, People)>,
}

impl Bands {
    /// The groups of these employees; the values are put in order.
    #[must_use]
    pub fn of(women: &mut [Amount], men: &mut [Amount], remainders: &Remainders) -> Self {
        let mut bands = Self::default();
        place(women, men, remainders, |pay, last, people| {
            if people.iter().filter(|own| **own != (0, 0)).count() > 1 {
                bands.split.push((pay, *people));
            }
            if bands.starts.last().is_none_or(|(_, band)| *band != last) {
                bands.starts.push((pay, last));
            }
        });
        bands
    }

    /// Women and men of these pays in each group, in parts of `scale`: of those with a pay that several groups share, as many
    /// as of all others. Each employee's part is rounded down.
    #[must_use]
    pub fn parts_of(&self, lists: [&[Amount]; 2], scale: u64) -> [[u64; 2]; 4] {
        let mut parts = [[0; 2]; 4];
        for (gender, pays) in lists.into_iter().enumerate() {
            for &pay in pays {
                if let Some((_, people)) = self.split.iter().find(|(shared, _)| *shared == pay) {
                    let own = people.map(|(women, men)| [women, men][gender]);
                    let all = own.iter().sum::<u64>().max(1);
                    for (group, own) in parts.iter_mut().zip(own) {
                        group[gender] += own * scale / all;
                    }
                    continue;
                }
                let place = self.starts.partition_point(|(start, _)| *start <= pay);
                if let Some((_, band)) = place.checked_sub(1).map(|place| self.starts[place]) {
                    parts[band][gender] += scale;
                }
            }
        }
        parts
    }
}

/// Women and men of the lower and of the upper half.
#[must_use]
pub fn halves(people: &People) -> [(u64, u64); 2] {
    let sum = |a: (u64, u64), b: (u64, u64)| (a.0 + b.0, a.1 + b.1);
    [sum(people[0], people[1]), sum(people[2], people[3])]
}

/// Puts employees into four groups; the values are put in order.
#[must_use]
pub fn quartiles(women: &mut [Amount], men: &mut [Amount], remainders: &Remainders) -> People {
    let mut people = People::default();
    place(women, men, remainders, |_, _, of_run| {
        for (all, own) in people.iter_mut().zip(of_run) {
            *all = (all.0 + own.0, all.1 + own.1);
        }
    });
    people
}

/// Hands every run of equal pay, in ascending order, to `take`: the pay, the highest group that it reaches, and its women and
/// men in each group.
fn place(
    women: &mut [Amount],
    men: &mut [Amount],
    remainders: &Remainders,
    mut take: impl FnMut(Amount, usize, &People),
) {
    women.sort_unstable();
    men.sort_unstable();
    let total = women.len() + men.len();
    let mut sizes = [total / 4; 4];
    if let Some(extra) = (total % 4).checked_sub(1) {
        for (size, more) in sizes.iter_mut().zip(remainders.0[extra]) {
            *size += usize::from(more);
        }
    }
    let (mut band, mut open) = (0, sizes[0]);
    let (mut past_women, mut past_men) = (0, 0);
    while past_women < women.len() || past_men < men.len() {
        let pay = match (women.get(past_women), men.get(past_men)) {
            (Some(&a), Some(&b)) => a.min(b),
            (Some(&only), None) | (None, Some(&only)) => only,
            (None, None) => break,
        };
        let run = |values: &[Amount]| values.iter().take_while(|&&value| value == pay).count();
        let (women_here, men_here) = (run(&women[past_women..]), run(&men[past_men..]));
        past_women += women_here;
        past_men += men_here;
        // Of the first so many of the run, this many are women: its share of women, on each side of every boundary.
        let run = women_here + men_here;
        while open == 0 && band < 3 {
            band += 1;
            open = sizes[band];
        }
        if run <= open {
            // All of the run are in one group: nothing is to be spread.
            let mut of_run = People::default();
            of_run[band] = (women_here as u64, men_here as u64);
            open -= run;
            take(pay, band, &of_run);
            continue;
        }
        let women_among = |first: usize| (2 * first * women_here + run) / (2 * run);
        let mut placed = 0;
        let mut of_run = People::default();
        while placed < run {
            while open == 0 && band < 3 {
                band += 1;
                open = sizes[band];
            }
            let here = (run - placed).min(open.max(1));
            let women_here = women_among(placed + here) - women_among(placed);
            of_run[band].0 += women_here as u64;
            of_run[band].1 += (here - women_here) as u64;
            placed += here;
            open -= here.min(open);
        }
        take(pay, band, &of_run);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sizes(people: &People) -> [u64; 4] {
        people.map(|(women, men)| women + men)
    }

    /// What part of the women and of the men with this pay are in a group: parts and whole, for both.
    fn part_at(bands: &Bands, pay: Amount, band: Band) -> [(u64, u64); 2] {
        if let Some((_, people)) = bands.split.iter().find(|(shared, _)| *shared == pay) {
            let all = people.iter().fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
            let own = people[band as usize];
            return [(own.0, all.0.max(1)), (own.1, all.1.max(1))];
        }
        let place = bands.starts.partition_point(|(start, _)| *start <= pay);
        let here = place.checked_sub(1).is_some_and(|place| bands.starts[place].1 == band as usize);
        [(u64::from(here), 1); 2]
    }

    /// The regulations' way with a remainder of 2: 70 people give groups of 18, 17, 18, 17 from low to high.
    ///
    /// On paper: 10 women and 7 men below the tie; then 20 people of one pay, 12 women and 8 men; then 20 men and 13 women above.
    /// The first group takes the 17 and 1 of the tie: of the first 1 of 20, (2*1*12 + 20) / 40 = 1 woman. The second takes the
    /// next 17 of the tie: of the first 18, (2*18*12 + 20) / 40 = 11 women, so 10 women and 7 men. The third takes the last 2
    /// (1 woman, 1 man) and the 16 lowest above, all men. The fourth has 4 men and 13 women.
    #[test]
    fn seventy_people_with_ties() {
        let mut women = [vec![10; 10], vec![20; 12], vec![40; 13]].concat();
        let mut men = [vec![10; 7], vec![20; 8], vec![30; 20]].concat();
        let bands = quartiles(&mut women, &mut men, &Remainders::default());
        assert_eq!(sizes(&bands), [18, 17, 18, 17]);
        assert_eq!(bands, [(11, 7), (10, 7), (1, 17), (13, 4)]);
    }

    /// The guidance's own case: a run of ties with as many women as men is split in halves.
    #[test]
    fn ties_are_balanced_by_gender() {
        let mut women = vec![10, 10, 10, 10];
        let mut men = vec![10, 10, 10, 10];
        let bands = quartiles(&mut women, &mut men, &Remainders::default());
        assert_eq!(bands, [(1, 1); 4], "all pay equal: every group mirrors the whole");
    }

    #[test]
    fn remainders_go_where_they_should() {
        for (people, expected) in [(8, [2, 2, 2, 2]), (9, [3, 2, 2, 2]), (10, [3, 2, 3, 2]), (11, [3, 3, 3, 2])] {
            let mut men: Vec<Amount> = (0..people).collect();
            assert_eq!(sizes(&quartiles(&mut [], &mut men, &Remainders::default())), expected);
        }
        let upper = Remainders([[false, false, false, true]; 3]);
        let mut men: Vec<Amount> = (0..9).collect();
        assert_eq!(sizes(&quartiles(&mut [], &mut men, &upper)), [2, 2, 2, 3]);
        assert_eq!(sizes(&quartiles(&mut [5], &mut [], &Remainders::default())), [1, 0, 0, 0]);
    }

    proptest! {
        /// The slow twin ranks everybody one by one, and counts women of a tie by their number so far.
        #[test]
        fn agrees_with_ranking_one_by_one(people in proptest::collection::vec((0_i64..6, any::<bool>()), 0..90)) {
            let of = |wanted: bool| people.iter().filter(|(_, woman)| *woman == wanted).map(|(pay, _)| *pay).collect::<Vec<_>>();
            let bands = quartiles(&mut of(true), &mut of(false), &Remainders::default());
            let n = people.len();
            let mut sizes = [n / 4; 4];
            for place in [&[][..], &[0], &[0, 2], &[0, 1, 2]][n % 4] {
                sizes[*place] += 1;
            }
            let band_of: Vec<usize> = (0..4).flat_map(|band| vec![band; sizes[band]]).collect();
            let mut expected = [(0_u64, 0_u64); 4];
            let mut rank = 0;
            for pay in 0..6 {
                let tied: Vec<bool> = people.iter().filter(|(own, _)| *own == pay).map(|(_, woman)| *woman).collect();
                let women = tied.iter().filter(|woman| **woman).count();
                let mut given = 0;
                for so_far in 1..=tied.len() {
                    // Rounded half up: how many of the first `so_far` are women if all places are alike.
                    let due = (2 * so_far * women + tied.len()) / (2 * tied.len());
                    let slot = &mut expected[band_of[rank]];
                    if due > given { slot.0 += 1 } else { slot.1 += 1 }
                    given = due;
                    rank += 1;
                }
            }
            prop_assert_eq!(bands, expected);
            let parts = Bands::of(&mut of(true), &mut of(false), &Remainders::default());
            // What part of each pay is in a group adds up to the group.
            for band in Band::ALL {
                let of = |woman: bool| people.iter().filter(|person| person.1 == woman).map(|(pay, _)| {
                    let (part, whole) = part_at(&parts, *pay, band)[usize::from(!woman)];
                    part * 2_520 / whole * 100 + (part * 2_520 % whole) * 100 / whole
                }).sum::<u64>();
                let close = |sum: u64, count: u64| sum.abs_diff(count * 252_000) <= 200;
                prop_assert!(close(of(true), bands[band as usize].0) && close(of(false), bands[band as usize].1));
            }
            // All groups at once are the same as one by one.
            let all = parts.parts_of([&of(true), &of(false)], 10_000);
            for band in Band::ALL {
                let sum = |pays: Vec<Amount>, gender: usize| pays.iter().map(|&pay| {
                    let (part, whole) = part_at(&parts, pay, band)[gender];
                    part * 10_000 / whole
                }).sum::<u64>();
                prop_assert_eq!(all[band as usize], [sum(of(true), 0), sum(of(false), 1)]);
            }
        }
    }
}

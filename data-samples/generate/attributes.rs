//! What the uploads tell of people beyond job and pay: takes random numbers of the company's own
//! second stream, gives the attributes of somebody new, and changes a few of them for a quarter.

use crate::workforce::Random;

#[derive(Clone, Default)]
pub struct Attributes {
    pub ethnicity: &'static str,
    /// On parental or sick leave with less than full pay.
    pub on_leave: bool,
    /// Eligible, and enrolled.
    pub life: (bool, bool),
    /// Enrolled, and completed.
    pub courses: (i64, i64),
    /// Scores in tenths of a point.
    pub safety: Option<i64>,
    pub digital: Option<i64>,
}

impl Attributes {
    pub fn draw(random: &mut Random) -> Self {
        let eligible = random.chance(850);
        Self {
            ethnicity: ["A", "B", "C", "D", ""][random.weighted(&[58, 18, 12, 7, 5])],
            on_leave: random.chance(30),
            life: (eligible, eligible && random.chance(600)),
            courses: courses(random),
            safety: random.chance(700).then(|| score(random)),
            digital: random.chance(500).then(|| score(random)),
        }
    }

    /// Some come back from leave or go on it, take other courses, or are assessed anew.
    pub fn a_quarter_later(&mut self, random: &mut Random) {
        if random.chance(500) {
            self.on_leave = random.chance(30);
        }
        if random.chance(150) {
            self.courses = courses(random);
        }
        for skill in [&mut self.safety, &mut self.digital] {
            if random.chance(60) {
                *skill = Some(score(random));
            }
        }
    }
}

fn courses(random: &mut Random) -> (i64, i64) {
    let enrolled = random.between(0, 6);
    let first = random.between(0, enrolled);
    (enrolled, first.max(random.between(0, enrolled)))
}

fn score(random: &mut Random) -> i64 {
    (random.near_1000(220) - 300).min(1000)
}

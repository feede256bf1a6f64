//! The invented companies and their people: takes the random numbers, gives each company's staff in
//! June and in September. Amounts are whole cents, shares are thousandths, so that no machine rounds
//! differently.

use crate::attributes::Attributes;
use crate::references::RANGE_PERMILLE;

const DOMINANT_COMPANY: usize = 40;
/// It takes over another company between June and September.
const MERGED_COMPANY: usize = 72;
/// Of those who leave it, one does so on the last day of the quarter.
const LAST_DAY_COMPANY: usize = 30;
/// The seed of every company's second stream of random numbers begins here.
const OWN_SEED: u64 = 2_026_000_000;
pub const LEVELS: usize = 6;
/// Pay of each region and of each job level, in thousandths of the job's middle pay.
const REGION_PAY: [i64; 6] = [1060, 1000, 980, 1020, 960, 940];
const LEVEL_PAY: [i64; LEVELS] = [780, 900, 1030, 1200, 1420, 1720];

/// A NAICS sector: its industries, how likely a company is to work in each region, and the shares
/// of the `JOBS` in its staff.
pub struct Sector {
    pub code: &'static str,
    pub industries: [&'static str; 3],
    pub regions: [u64; 6],
    pub jobs: [u64; 9],
}

#[rustfmt::skip]
const SECTORS: [Sector; 4] = [
    Sector { code: "23", industries: ["236220", "236220", "238210"], regions: [9, 8, 7, 6, 6, 2], jobs: [45, 35, 0, 0, 0, 8, 0, 0, 12] },
    Sector { code: "52", industries: ["522110", "524113", "522110"], regions: [9, 9, 7, 7, 3, 3], jobs: [0, 0, 32, 36, 18, 0, 0, 0, 14] },
    Sector { code: "54", industries: ["541511", "541611", "541511"], regions: [9, 8, 7, 7, 6, 2], jobs: [0, 0, 0, 0, 42, 43, 0, 0, 15] },
    Sector { code: "62", industries: ["621111", "622110", "623110"], regions: [8, 7, 8, 7, 7, 4], jobs: [0, 0, 0, 0, 0, 0, 45, 38, 17] },
];

pub struct Job {
    pub code: &'static str,
    /// In German, for the letters beyond ASCII.
    pub family: &'static str,
    pub yearly_euros: i64,
    pub women_permille: u64,
}

#[rustfmt::skip]
pub const JOBS: [Job; 9] = [
    Job { code: "47-2061", family: "Bau", yearly_euros: 34_000, women_permille: 80 },
    Job { code: "47-2031", family: "Bau", yearly_euros: 41_000, women_permille: 60 },
    Job { code: "43-3071", family: "Schalter", yearly_euros: 35_000, women_permille: 650 },
    Job { code: "13-2072", family: "Kreditgeschäft", yearly_euros: 56_000, women_permille: 480 },
    Job { code: "15-1252", family: "Entwicklung", yearly_euros: 66_000, women_permille: 260 },
    Job { code: "13-1111", family: "Beratung", yearly_euros: 68_000, women_permille: 450 },
    Job { code: "29-1141", family: "Pflegekräfte", yearly_euros: 47_000, women_permille: 820 },
    Job { code: "31-1131", family: "Pflegekräfte", yearly_euros: 31_000, women_permille: 780 },
    Job { code: "43-6014", family: "Büro", yearly_euros: 36_000, women_permille: 850 },
];

/// A full-time year's middle pay of a job and level, in cents.
pub fn middle_pay(job: usize, level: usize) -> i64 {
    JOBS[job].yearly_euros * LEVEL_PAY[level - 1] / 10
}

/// `SplitMix64`: small, and the same on every machine.
pub struct Random(pub u64);

impl Random {
    /// A company's second stream. What came to the samples later is drawn from it, so that the
    /// values of the first stream stay as they are.
    pub fn of_company(number: usize) -> Self {
        Self(OWN_SEED + number as u64)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high.abs_diff(low) + 1).cast_signed()
    }

    pub fn chance(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// Bell-shaped around 1000: the sum of four uniforms, never further off than twice `spread`.
    pub fn near_1000(&mut self, spread: i64) -> i64 {
        1000 + (0..4).map(|_| self.between(-spread, spread)).sum::<i64>() / 2
    }

    /// The position of a weight, drawn in proportion to it.
    pub fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut rest = self.below(weights.iter().sum());
        let falls_here = |weight: &u64| rest.checked_sub(*weight).map(|less| rest = less).is_none();
        weights.iter().position(falls_here).expect("the draw is below the sum of the weights")
    }
}

#[derive(Clone, Copy)]
pub struct Date(pub i64, pub i64, pub i64);

pub struct Company {
    pub number: usize,
    pub sector: &'static Sector,
    pub naics: &'static str,
    /// The regions it works in, with its staff in each.
    pub places: Vec<(usize, i64)>,
    pub pay_permille: i64,
    /// Contracted hours of a full week, in tenths.
    pub full_week: i64,
    pub health_cents: i64,
    pub retirement_permille: i64,
    pub life_cents: i64,
    /// The middle of its pay ranges for each job, in thousandths of the middle pay.
    pub range_permille: [i64; JOBS.len()],
}

#[derive(Clone)]
pub struct Employee {
    pub id: i64,
    pub region: usize,
    pub job: usize,
    pub level: usize,
    pub gender: &'static str,
    pub hired: Date,
    pub left: Option<(Date, &'static str)>,
    /// In tenths.
    pub weekly_hours: i64,
    /// A year's base pay for the contracted hours.
    pub yearly_cents: i64,
    pub bonus_permille: i64,
    pub overtime_cents: i64,
    /// Eligible, and enrolled.
    pub health: (bool, bool),
    pub retirement: (bool, bool),
    pub leave_days: i64,
    pub training_hours: i64,
    pub more: Attributes,
}

impl Company {
    pub fn found(number: usize, random: &mut Random, own: &mut Random) -> Self {
        let sector = &SECTORS[[1, 0, 2, 3][number % 4]];
        Self {
            number,
            sector,
            naics: sector.industries[random.weighted(&[1, 1, 1])],
            places: settle(number, sector.regions, random),
            pay_permille: random.near_1000(70),
            full_week: [400, 400, 385, 375][number / 4 % 4],
            health_cents: random.between(48, 96) * 5000,
            retirement_permille: random.between(20, 60),
            life_cents: own.between(12, 48) * 1000,
            range_permille: JOBS.map(|_| own.near_1000(90)),
        }
    }

    pub fn id(&self) -> String {
        format!("C{:03}", self.number)
    }

    pub fn holding(&self) -> &'static str {
        match self.number {
            5 | 9 | 13 => "H01",
            7 | 11 | 15 | 19 => "H02",
            16 | 20 => "H03",
            2 | 22 | 50 => "H04",
            31 | 33 => "H05",
            _ => "",
        }
    }

    pub fn size_band(&self) -> &'static str {
        match self.places.iter().map(|place| place.1).sum() {
            i64::MIN..50 => "1-49",
            50..100 => "50-99",
            100..250 => "100-249",
            250.. => "250+",
        }
    }

    pub fn pay_basis(&self) -> &'static str {
        match self.number % 12 {
            1 | 7 => "hour",
            0 | 3 | 6 | 9 => "year",
            _ => "month",
        }
    }

    pub fn base_pay_cents(&self, employee: &Employee) -> i64 {
        self.in_pay_basis(employee.yearly_cents, employee)
    }

    fn in_pay_basis(&self, yearly_cents: i64, employee: &Employee) -> i64 {
        match self.pay_basis() {
            "year" => yearly_cents / 1000 * 1000,
            "month" => yearly_cents / 12 / 50 * 50,
            _ => yearly_cents * 10 / (52 * employee.weekly_hours),
        }
    }

    /// Share of a full week, in tenths.
    pub fn fte(&self, employee: &Employee) -> i64 {
        (employee.weekly_hours * 10 + self.full_week / 2) / self.full_week
    }

    /// The range of the employee's job and level, at the contracted hours.
    pub fn range_cents(&self, employee: &Employee) -> (i64, i64) {
        let middle = middle_pay(employee.job, employee.level) * self.range_permille[employee.job] / 1000;
        let bound = |permille| middle * permille / 1000 * self.fte(employee) / 10;
        let (minimum, maximum) = (bound(RANGE_PERMILLE.0), bound(RANGE_PERMILLE.1));
        (self.in_pay_basis(minimum, employee), self.in_pay_basis(maximum, employee))
    }

    /// A column that a company does not report is absent, which is not the same as zero.
    pub fn reports(&self, column: &str) -> bool {
        match column {
            "company_id" => self.number % 5 != 3,
            "job_family" => matches!(self.number, 11..=13 | 16),
            "comment" => self.number == 17,
            "overtime_pay" => self.number % 7 != 2,
            "training_hours" => self.number % 6 != 5,
            "ethnicity" => self.number % 4 == 1,
            "full_pay" => self.number % 3 != 2,
            "range_min" | "range_max" => self.number.is_multiple_of(4),
            "courses_enrolled" | "courses_completed" => self.number % 5 != 4,
            "skill_safety" => self.number.is_multiple_of(3),
            "skill_digital" => self.number % 3 != 1,
            name if name.starts_with("benefit_life") => self.number % 8 == 3,
            name if name.starts_with("benefit_retirement") => self.number % 9 != 4,
            _ => true,
        }
    }

    fn hire(&self, id: i64, region: usize, hired: Date, random: &mut Random) -> Employee {
        let job = random.weighted(&self.sector.jobs);
        let level = random.weighted(&[20, 28, 24, 15, 9, 4]);
        let women = JOBS[job].women_permille * 97 / 100;
        let gender = ["F", "M", "X", ""][random.weighted(&[women, 970 - women, 10, 20])];
        let week = [1000, 800, 500][random.weighted(&[80, 12, 8])];
        let pay_gap = if gender == "F" { 970 } else { 1000 };
        let level_pay = LEVEL_PAY[level] * random.near_1000(60) / 1000;
        let factors = [self.pay_permille, REGION_PAY[region], level_pay, pay_gap, week];
        let full_pay = JOBS[job].yearly_euros * 100;
        let (health, retirement) = (random.chance(950), week > 500);
        let mut at_times = |permille, low, high| {
            if random.chance(permille) { random.between(low, high) } else { 0 }
        };
        Employee {
            id,
            region,
            job,
            level: level + 1,
            gender,
            hired,
            left: None,
            weekly_hours: self.full_week * week / 1000,
            yearly_cents: factors.iter().fold(full_pay, |pay, factor| pay * factor / 1000),
            bonus_permille: at_times(600, 10, 90),
            overtime_cents: at_times(300, 10, 240) * 1000,
            training_hours: at_times(650, 2, 40),
            leave_days: at_times(1000, 25, 32),
            health: (health, health && random.chance(820)),
            retirement: (retirement, retirement && random.chance(680)),
            more: Attributes::default(),
        }
    }

    pub fn staff_in_june(&self, random: &mut Random) -> Vec<Employee> {
        let mut staff = Vec::new();
        let mut id = random.between(1000, 8000);
        for &(region, count) in &self.places {
            for _ in 0..count {
                let hired = before_june(random);
                id += random.between(1, 3);
                staff.push(self.hire(id, region, hired, random));
            }
        }
        staff
    }

    /// The same staff a quarter later: about a tenth has left (half of them are still listed, once)
    /// and nearly all of those have been replaced; the others have a raise.
    pub fn staff_in_september(&self, june: &[Employee], random: &mut Random) -> Vec<Employee> {
        let (mut staff, mut joiners) = (june.to_vec(), Vec::new());
        let mut id = june.last().map_or(0, |last| last.id);
        for employee in &mut staff {
            if random.chance(900) {
                self.promote(employee, random);
                continue;
            }
            let reason = ["voluntary", "involuntary", "other"][random.weighted(&[60, 25, 15])];
            let date = Date(2026, random.between(7, 9), random.between(1, 28));
            employee.left = Some((date, reason));
            if random.chance(960) {
                let hired = Date(2026, random.between(7, 8), random.between(1, 28));
                id += random.between(1, 3);
                joiners.push(self.hire(id, employee.region, hired, random));
            }
        }
        staff.retain(|employee| employee.left.is_none() || random.chance(500));
        staff.extend(joiners);
        if self.number == LAST_DAY_COMPANY {
            let left = staff.iter_mut().find_map(|employee| employee.left.as_mut());
            left.expect("some are listed who left").0 = Date(2026, 9, 30);
        }
        staff
    }

    /// The people that come with a company it took over: four for every five of June, hired by
    /// that company. They work outside its first region, where the dominant company is.
    pub fn taken_over(&self, june: usize, september: &[Employee], own: &mut Random) -> Vec<Employee> {
        let count = if self.number == MERGED_COMPANY { june * 4 / 5 } else { 0 };
        let mut id = september.iter().map(|employee| employee.id).max().unwrap_or_default();
        let regions = self.places.iter().skip(1).cycle().take(count);
        let hire = |&(region, _): &(usize, i64)| {
            id += own.between(1, 3);
            let hired = before_june(own);
            self.hire(id, region, hired, own)
        };
        regions.map(hire).collect()
    }

    /// A raise of 1 to 3 %; for some also the next level, or another job.
    fn promote(&self, employee: &mut Employee, random: &mut Random) {
        let mut raise = random.between(1010, 1030);
        if employee.level < 6 && random.chance(50) {
            raise = raise * LEVEL_PAY[employee.level] / LEVEL_PAY[employee.level - 1];
            employee.level += 1;
        } else if random.chance(20) {
            let job = random.weighted(&self.sector.jobs);
            raise = raise * JOBS[job].yearly_euros / JOBS[employee.job].yearly_euros;
            employee.job = job;
        }
        employee.yearly_cents = employee.yearly_cents * raise / 1000;
    }
}

/// The attributes of all in June, drawn from the company's second stream.
pub fn describe_june(june: &mut [Employee], own: &mut Random) {
    for employee in june {
        employee.more = Attributes::draw(own);
    }
}

/// The same in September: those who stayed keep most of them, those with new numbers are new.
pub fn describe_september(september: &mut [Employee], june: &[Employee], own: &mut Random) {
    let last = june.last().map_or(0, |last| last.id);
    for employee in september {
        if employee.id > last {
            employee.more = Attributes::draw(own);
        } else if employee.left.is_none() {
            employee.more.a_quarter_later(own);
        }
    }
}

fn before_june(random: &mut Random) -> Date {
    let months_ago = random.between(1, 220).min(random.between(1, 220));
    let month = 2026 * 12 + 5 - months_ago;
    Date(month / 12, month % 12 + 1, random.between(1, 28))
}

/// Draws a company's regions. Two holdings have a home region, so that each dominates its own.
fn settle(number: usize, mut open: [u64; 6], random: &mut Random) -> Vec<(usize, i64)> {
    let home = match number {
        DOMINANT_COMPANY => return vec![(2, 330)],
        5 | 9 | 13 => Some(3),
        7 | 11 | 15 | 19 => Some(1),
        _ => None,
    };
    // Company 20 has bad rows, which must stay under 5 % of its upload.
    let count = if number == 20 { 3 } else { 1 + random.weighted(&[15, 30, 55]) };
    let mut places = Vec::new();
    for turn in 0..count {
        let region = home.filter(|_| turn == 0).unwrap_or_else(|| random.weighted(&open));
        open[region] = 0;
        places.push((region, random.between(23, 38)));
    }
    places
}

//! The reference tables of the samples: gives, for each file name, a small invented table that
//! uploads are compared with, with the gaps that a reader has to report.

use crate::workforce::{JOBS, LEVELS, middle_pay};

/// What the pay range of a job and level is of its middle pay, in thousandths.
pub const RANGE_PERMILLE: (i64, i64) = (850, 1200);
/// A job without an entry, and a job whose one entry holds for all its levels.
const UNKNOWN_JOB: &str = "31-1131";
const BROAD_JOB: &str = "43-6014";

/// R6 has no living wage.
const LIVING_WAGE: &str = "region,currency,hourly\n\
    R1,EUR,14.50\nR2,EUR,13.75\nR3,EUR,13.50\nR4,EUR,14.00\nR5,EUR,13.25\n";
const EXCHANGE_RATES: &str = "period,currency,rate\n\
    2026-Q2,EUR,1\n2026-Q2,USD,0.8742\n2026-Q2,CHF,1.0615\n\
    2026-Q3,EUR,1\n2026-Q3,USD,0.8618\n2026-Q3,CHF,1.0704\n";
const AGING: &str = "code,rate\nR1,0.025\nR2,0.03\nR3,0.0275\nR4,0.032\nR5,0.02\nR6,0.035\n";

pub fn tables() -> [(&'static str, String); 4] {
    [
        ("living-wage.csv", LIVING_WAGE.to_owned()),
        ("pay-ranges.csv", pay_ranges()),
        ("exchange-rates.csv", EXCHANGE_RATES.to_owned()),
        ("aging.csv", AGING.to_owned()),
    ]
}

/// For a full-time year, from the minimum of the first level named to the maximum of the last.
fn pay_ranges() -> String {
    let entry = |job: usize, level: &str, first: usize, last: usize| {
        let bound = |level, permille| middle_pay(job, level) * permille / 1000 / 100_000 * 1000;
        let (minimum, maximum) = (bound(first, RANGE_PERMILLE.0), bound(last, RANGE_PERMILLE.1));
        format!("{},{level},EUR,year,{minimum},{maximum}\n", JOBS[job].code)
    };
    let entries = |job: usize| match JOBS[job].code {
        UNKNOWN_JOB => String::new(),
        BROAD_JOB => entry(job, "", 1, LEVELS),
        _ => (1..=LEVELS).map(|level| entry(job, &level.to_string(), level, level)).collect(),
    };
    let header = "job_code,job_level,currency,pay_basis,minimum,maximum\n".to_owned();
    header + &(0..JOBS.len()).map(entries).collect::<String>()
}

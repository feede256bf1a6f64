//! The vocabulary of HR records: the canonical columns, what each may hold, and what it means.
//!
//! In: a column name. Out: its [`Column`]. Invariant: every stage speaks of columns by these names only; headers of
//! uploads end at intake.

use std::fmt::Write as _;

use crate::exact::{Amount, SCALE};

/// What a column may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnKind {
    /// The employee ID: becomes a pseudonym and goes no further.
    EmployeeId,
    /// The company of the row.
    CompanyId,
    /// The period of the row.
    Period,
    /// A code or category, kept as text.
    Code,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// An ISO 4217 code.
    Currency,
    /// A calendar date.
    Date,
    /// Yes or no.
    Flag,
    /// A number between two bounds.
    Number {
        /// Smallest allowed value, in 1/10,000.
        low: Amount,
        /// Largest allowed value, in 1/10,000.
        high: Amount,
    },
    /// An amount in the row's currency; zero and negative amounts are data.
    Money,
}

/// One canonical column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its canonical name, and its name in the store.
    pub name: String,
    /// What it may hold.
    pub kind: ColumnKind,
    /// Unit of its numbers, or how it is coded.
    pub unit: String,
    /// What it means, in a sentence.
    pub meaning: String,
    /// What several jobs of one employee make of it.
    pub jobs: Jobs,
}

/// What several jobs of one employee make of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// Their sum: of amounts, hours, days and counts.
    Sum,
    /// That of the main job: of scores, ratios, rates and everything else of which two do not add up.
    Main,
    /// The largest.
    Largest,
}

impl Jobs {
    /// What the unit of a number says: amounts, times and counts add up, and nothing else does.
    #[must_use]
    pub fn of_unit(unit: &str) -> Self {
        const COUNTED: [&str; 14] = [
            "currency",
            "hours",
            "hours per week",
            "hours per year",
            "days",
            "days per year",
            "full-time equivalents",
            "courses",
            "minutes",
            "shifts",
            "units",
            "pieces",
            "trips",
            "count",
        ];
        let unit = unit.trim().to_lowercase();
        let adds_up = COUNTED.contains(&unit.as_str()) || is_currency_code(&unit.to_uppercase());
        if adds_up { Self::Sum } else { Self::Main }
    }
}

/// The words of `pay_basis`.
pub const PAY_BASES: [&str; 8] = ["hour", "day", "week", "two_weeks", "half_month", "month", "quarter", "year"];

/// The words of `termination_reason`.
pub const TERMINATION_REASONS: [&str; 3] = ["voluntary", "involuntary", "other"];

const ANY_HOURS: ColumnKind = ColumnKind::Number { low: 0, high: 8_784 * SCALE };
const COUNT: ColumnKind = ColumnKind::Number { low: 0, high: 100_000 * SCALE };

/// Name, kind, unit and meaning of the columns that are always known.
fn fixed() -> [(&'static str, ColumnKind, &'static str, &'static str); 28] {
    let week = ColumnKind::Number { low: 0, high: 168 * SCALE };
    let days = ColumnKind::Number { low: 0, high: 366 * SCALE };
    let fte = ColumnKind::Number { low: 0, high: 2 * SCALE };
    [
        ("employee_id", ColumnKind::EmployeeId, "text", "Employee number; replaced by a keyed pseudonym."),
        ("company_id", ColumnKind::CompanyId, "code", "The company, as in the register."),
        ("period", ColumnKind::Period, "period", "The period of the snapshot."),
        ("region", ColumnKind::Code, "code", "Where the employee works."),
        ("job_code", ColumnKind::Code, "code", "Occupation, in the pipeline's classification."),
        ("job_family", ColumnKind::Code, "code", "Group of related jobs."),
        ("job_level", ColumnKind::Code, "code", "Level or grade of the job."),
        ("gender", ColumnKind::Code, "code", "Gender, as the company codes it."),
        ("ethnicity", ColumnKind::Code, "code", "Ethnicity, as the company codes it."),
        ("hire_date", ColumnKind::Date, "date", "Day of hire."),
        ("termination_date", ColumnKind::Date, "date", "Last day of employment."),
        ("termination_reason", ColumnKind::Word(&TERMINATION_REASONS), "word", "Why the employment ended."),
        ("worker_type", ColumnKind::Code, "code", "Kind of employment, as the company codes it."),
        ("weekly_hours", week, "hours per week", "Contracted hours a week."),
        ("fte", fte, "full-time equivalents", "Share of a full-time job."),
        (
            "full_pay",
            ColumnKind::Flag,
            "yes or no",
            "Whether the pay period was paid in full, without leave on reduced pay.",
        ),
        ("pay_basis", ColumnKind::Word(&PAY_BASES), "word", "The time that base_pay pays for."),
        ("base_pay", ColumnKind::Money, "currency per pay_basis", "Contracted pay for one pay_basis."),
        ("currency", ColumnKind::Currency, "ISO 4217", "Currency of every amount of the row."),
        ("variable_pay", ColumnKind::Money, "currency", "Variable pay of the 12 months to the snapshot."),
        (
            "bonus_in_pay_period",
            ColumnKind::Money,
            "currency",
            "Bonus paid in the pay period of the snapshot, as far as it is for that period.",
        ),
        ("overtime_pay", ColumnKind::Money, "currency", "Overtime pay of the 12 months to the snapshot."),
        ("range_min", ColumnKind::Money, "currency per pay_basis", "Bottom of the job's pay range."),
        ("range_max", ColumnKind::Money, "currency per pay_basis", "Top of the job's pay range."),
        ("paid_leave_days", days, "days per year", "Paid leave days a year."),
        ("training_hours", ANY_HOURS, "hours per year", "Hours of training in the 12 months to the snapshot."),
        ("courses_enrolled", COUNT, "courses", "Courses begun in the 12 months to the snapshot."),
        ("courses_completed", COUNT, "courses", "Courses completed in the 12 months to the snapshot."),
    ]
}

impl Column {
    /// The canonical column of this name, plans (`benefit_<plan>_...`) and skills (`skill_<name>`) included.
    #[must_use]
    pub fn canonical(name: &str) -> Option<Self> {
        let (kind, unit, meaning) = if let Some((plan, part)) = benefit(name) {
            match part {
                BenefitPart::Eligible => {
                    (ColumnKind::Flag, "yes or no", format!("Whether the {plan} plan is open to the employee."))
                }
                BenefitPart::Enrolled => {
                    (ColumnKind::Flag, "yes or no", format!("Whether the employee takes part in the {plan} plan."))
                }
                BenefitPart::EmployerCost => (
                    ColumnKind::Money,
                    "currency",
                    format!("What the employer paid for the {plan} plan in the 12 months to the snapshot."),
                ),
            }
        } else if let Some(skill) = name.strip_prefix("skill_").filter(|skill| is_plain_name(skill)) {
            let score = ColumnKind::Number { low: 0, high: 100 * SCALE };
            (score, "points of 100", format!("Score of the latest assessment of {skill}."))
        } else {
            let (_, kind, unit, meaning) = fixed().into_iter().find(|(fixed, ..)| *fixed == name)?;
            (kind, unit, meaning.to_owned())
        };
        let jobs = if name == "base_pay" { Jobs::Sum } else { Jobs::of_unit(unit) };
        Some(Self { name: name.to_owned(), kind, unit: unit.to_owned(), meaning, jobs })
    }

    /// A further numeric column that a pipeline declares under `[columns.custom]`.
    #[must_use]
    pub fn custom(name: &str, unit: &str) -> Self {
        let kind = if is_currency_code(unit) {
            ColumnKind::Money
        } else {
            let bound = crate::exact::LARGEST_UNITS * SCALE;
            ColumnKind::Number { low: -bound, high: bound }
        };
        let meaning = "A column that the pipeline declares.".to_owned();
        Self { name: name.to_owned(), kind, unit: unit.to_owned(), meaning, jobs: Jobs::of_unit(unit) }
    }

    /// The canonical names that are not patterns, for suggestions.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        fixed().into_iter().map(|(name, ..)| name).collect()
    }
}

/// Which part of a benefit plan a column tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BenefitPart {
    /// `benefit_<plan>_eligible`
    Eligible,
    /// `benefit_<plan>_enrolled`
    Enrolled,
    /// `benefit_<plan>_employer_cost`
    EmployerCost,
}

/// The plan and part that a column name tells, if it is a benefit column.
#[must_use]
pub fn benefit(name: &str) -> Option<(&str, BenefitPart)> {
    let rest = name.strip_prefix("benefit_")?;
    let (plan, part) = if let Some(plan) = rest.strip_suffix("_eligible") {
        (plan, BenefitPart::Eligible)
    } else if let Some(plan) = rest.strip_suffix("_enrolled") {
        (plan, BenefitPart::Enrolled)
    } else {
        (rest.strip_suffix("_employer_cost")?, BenefitPart::EmployerCost)
    };
    is_plain_name(plan).then_some((plan, part))
}

/// Lower-case letters, digits and `_`, starting with a letter: what names of plans, skills, tables and pipelines look like.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether `code` is a currency of ISO 4217 (funds and metals left out).
#[must_use]
pub fn is_currency_code(code: &str) -> bool {
    const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN \
        BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF \
        GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR \
        LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK \
        PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT \
        TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";
    code.len() == 3 && CODES.split_ascii_whitespace().any(|known| known == code)
}

/// The longest company ID, as the name of a folder: file systems take 255 bytes.
const LONGEST_FOLDER: usize = 230;

/// The name of the folder or file of a company: its ID, in which everything but ASCII letters, digits, `-`, `_` and `.` is written as `%` and
/// two hexadecimal digits, as in URLs. Two companies never have one name.
#[must_use]
pub fn folder_name(company: &str) -> String {
    let mut name = String::with_capacity(company.len());
    for (place, byte) in company.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && place > 0);
        if plain {
            name.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name
}

/// The company ID that a folder is named after; none where it is named otherwise.
#[must_use]
pub fn company_of_folder(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Whether a text can be a company ID: one line, not empty, and short enough for the name of a folder.
#[must_use]
pub fn is_company_id(id: &str) -> bool {
    !id.is_empty() && !id.chars().any(char::is_control) && folder_name(id).len() <= LONGEST_FOLDER
}

/// Whether a recipient can have this name: it becomes that of a folder.
#[must_use]
pub fn is_folder_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_times_and_counts_of_several_jobs_add_up() {
        for (unit, jobs) in [
            ("EUR", Jobs::Sum),
            ("hours", Jobs::Sum),
            ("points", Jobs::Main),
            ("rating", Jobs::Main),
            ("%", Jobs::Main),
        ] {
            assert_eq!(Column::custom("x", unit).jobs, jobs, "{unit}");
        }
        for (name, jobs) in [
            ("base_pay", Jobs::Sum),
            ("range_min", Jobs::Main),
            ("weekly_hours", Jobs::Sum),
            ("fte", Jobs::Sum),
            ("variable_pay", Jobs::Sum),
            ("skill_rust", Jobs::Main),
            ("benefit_health_employer_cost", Jobs::Sum),
        ] {
            assert_eq!(Column::canonical(name).map(|column| column.jobs), Some(jobs), "{name}");
        }
    }

    #[test]
    fn every_text_is_a_company_and_a_folder() {
        for (id, folder) in [
            ("C001", "C001"),
            ("R & D / Ops", "R%20%26%20D%20%2F%20Ops"),
            ("../x", "%2E.%2Fx"),
            ("a%20b", "a%2520b"),
            ("Zürich", "Z%C3%BCrich"),
            ("a.b", "a.b"),
        ] {
            assert_eq!(folder_name(id), folder);
            assert_eq!(company_of_folder(folder).as_deref(), Some(id));
            assert!(is_company_id(id));
        }
        assert!(!is_company_id("") && !is_company_id("a\nb") && !is_company_id(&"ü".repeat(60)));
        assert_eq!(company_of_folder("a%2"), None);
    }

    #[test]
    fn plans_and_skills_are_found_by_their_names() {
        assert_eq!(benefit("benefit_health_enrolled"), Some(("health", BenefitPart::Enrolled)));
        assert_eq!(
            benefit("benefit_long_term_care_employer_cost"),
            Some(("long_term_care", BenefitPart::EmployerCost))
        );
        assert_eq!(benefit("benefit__enrolled"), None);
        assert!(Column::canonical("skill_rust").is_some());
        assert!(Column::canonical("skill_").is_none());
        assert!(Column::canonical("salary").is_none());
    }
}

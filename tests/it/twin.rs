//! Proves every metric of the catalogue against a twin of the program: slow, obvious, written from the definitions alone.
//!
//! In: random small workforces in two periods, and random settings. Out: nothing, or the smallest case in which the two
//! differ, as the files that make it. Amounts of the twin are whole numbers of 1/10,000 and figures exact fractions, so
//! that a difference is one of definition and never of rounding. A second property: the order of rows, how they are
//! spread over files and the number of threads change nothing.
//! `PAYQUORUM_TWIN_CASES=2000` asks for more cases than the usual ones.
//!
//! Not here: `market_ratio`, which compares with a release.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

use arrow::array::{Array, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use payquorum::aggregate::{CellTable, CompanyTable, Snapshots, Summary, aggregate};
use payquorum::exact::Quotient;
use payquorum::ingest::{ingest, uploads_so_far};
use payquorum::intake::Register;
use payquorum::measure::catalogue;
use payquorum::pipeline::{Overrides, Pipeline};
use payquorum::pseudonym::MasterKey;
use payquorum::store::Store;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use crate::desk::Dice;

/// One, in the steps of amounts.
const SCALE: i128 = 10_000;
const UNKNOWN: &str = "_U";
const WHOLE: &str = "_T";
const PLANS: [&str; 2] = ["health", "life"];
const SKILLS: [&str; 2] = ["safety", "data"];
const BANDS: [&str; 4] = ["lower", "lower_middle", "upper_middle", "upper"];
const LEVELS: [&str; 3] = ["1", "2", "3"];

// Exact fractions

/// `top / bottom`; the bottom is above zero.
#[derive(Debug, Clone, Copy)]
struct Part {
    top: i128,
    bottom: i128,
}

impl Part {
    fn new(top: i128, bottom: i128) -> Self {
        assert!(bottom > 0, "{top} / {bottom}");
        Self { top, bottom }
    }

    fn plus(self, other: Self) -> Self {
        Self::new(self.top * other.bottom + other.top * self.bottom, self.bottom * other.bottom)
    }

    fn minus(self, other: Self) -> Self {
        self.plus(other.times(-1))
    }

    fn times(self, factor: i128) -> Self {
        Self::new(self.top * factor, self.bottom)
    }

    fn by(self, other: Self) -> Self {
        Self::new(self.top * other.bottom, self.bottom * other.top)
    }

    /// The nearest multiple of a step, halves to the even one.
    fn rounded(self, step: i128) -> i128 {
        let (whole, rest) = (self.top.div_euclid(self.bottom * step), self.top.rem_euclid(self.bottom * step));
        let up = match (2 * rest).cmp(&(self.bottom * step)) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => whole.rem_euclid(2),
            std::cmp::Ordering::Greater => 1,
        };
        (whole + up) * step
    }

    /// The amount in whole steps of 1/10,000.
    fn amount(self) -> i128 {
        self.rounded(1)
    }

    /// In units.
    fn float(self) -> f64 {
        float(self.top) / float(self.bottom) / float(SCALE)
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures are compared to 9 digits")]
fn float(number: i128) -> f64 {
    number as f64
}

fn count(items: usize) -> i128 {
    i128::try_from(items).expect("a small number")
}

// Records and settings

/// A field that is not empty. Numbers are in 1/10,000, days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Field {
    Text(&'static str),
    Number(i128),
    Flag(bool),
    Day(i32),
}

/// A record: its columns, with none for an empty field.
#[derive(Debug, Clone)]
struct Row {
    employee: usize,
    fields: BTreeMap<&'static str, Option<Field>>,
}

impl Row {
    fn has(&self, column: &str) -> bool {
        self.fields.contains_key(column)
    }

    fn field(&self, column: &str) -> Option<Field> {
        *self.fields.get(column)?
    }

    fn text(&self, column: &str) -> Option<&'static str> {
        if let Field::Text(text) = self.field(column)? { Some(text) } else { None }
    }

    fn number(&self, column: &str) -> Option<i128> {
        if let Field::Number(number) = self.field(column)? { Some(number) } else { None }
    }

    fn flag(&self, column: &str) -> Option<bool> {
        if let Field::Flag(flag) = self.field(column)? { Some(flag) } else { None }
    }

    fn day(&self, column: &str) -> Option<i32> {
        if let Field::Day(day) = self.field(column)? { Some(day) } else { None }
    }

    fn counted(&self, last_day: i32) -> bool {
        self.day("termination_date").is_none_or(|day| day > last_day)
    }
}

/// What the pipeline file declares.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the pipeline file")]
struct Settings {
    kind: &'static str,
    /// The periods: of long ago, the earlier one, and the one that is told of.
    periods: [&'static str; 3],
    before: i32,
    last_day: i32,
    year_before: bool,
    currency: Option<&'static str>,
    pay_basis: Option<&'static str>,
    standard_hours: Option<i128>,
    from_cost: bool,
    own_gender_codes: bool,
    empty_variable_pay: Option<&'static str>,
    /// Whether a bonus of the pay period is for a year, and not for the month.
    yearly_bonus: bool,
    other_remainders: bool,
    level_order: bool,
    pay_growth_of: Option<&'static str>,
    max_headcount_change: Option<i128>,
    min_matched: Option<i128>,
    /// Region, currency, hourly.
    living_wages: Vec<(&'static str, &'static str, i128)>,
    /// Job, level, currency, pay basis, minimum and maximum.
    pay_ranges: Vec<(&'static str, &'static str, &'static str, &'static str, i128, i128)>,
    /// Metrics of which only positive values count.
    positive: Vec<&'static str>,
    /// Codes of ethnicities that are in the records.
    ethnicities: BTreeSet<String>,
}

// What an employee adds to a metric

#[derive(Debug, Clone, Copy, PartialEq)]
enum Sex {
    Woman,
    Man,
    Neither,
}

/// What one record adds.
#[derive(Debug, Clone, Copy)]
enum Item {
    Value(i128),
    Has(bool),
    Ratio(i128, i128),
    Of(Sex, i128),
}

type Asked = Vec<(String, Option<Item>)>;

fn named<const N: usize>(items: [(&str, Option<Item>); N]) -> Asked {
    items.into_iter().map(|(name, item)| (name.to_owned(), item)).collect()
}

fn value(value: Option<i128>) -> Option<Item> {
    value.map(Item::Value)
}

fn has(flag: Option<bool>) -> Option<Item> {
    flag.map(Item::Has)
}

fn currency(row: &Row, settings: &Settings) -> &'static str {
    row.text("currency").or(settings.currency).unwrap_or(UNKNOWN)
}

/// Contracted hours a week.
fn hours(row: &Row, settings: &Settings) -> Option<i128> {
    let by_part = || Some(Part::new(row.number("fte")? * settings.standard_hours?, SCALE).amount());
    row.number("weekly_hours").or_else(by_part).or(settings.standard_hours).filter(|&hours| hours > 0)
}

fn pay_basis(row: &Row, settings: &Settings) -> Option<&'static str> {
    row.text("pay_basis").or(settings.pay_basis)
}

/// The weeks that a pay basis pays for.
fn weeks(basis: &str) -> Part {
    match basis {
        "day" => Part::new(1, 5),
        "week" => Part::new(1, 1),
        "two_weeks" => Part::new(2, 1),
        "half_month" => Part::new(52, 24),
        "month" => Part::new(52, 12),
        "quarter" => Part::new(52, 4),
        "year" => Part::new(52, 1),
        _ => panic!("{basis} is not counted in weeks"),
    }
}

/// An amount brought to an hour.
fn by_hour(amount: i128, basis: &str, weekly: Option<i128>) -> Option<Part> {
    if basis == "hour" {
        return Some(Part::new(amount, 1));
    }
    Some(Part::new(amount, 1).by(weeks(basis)).by(Part::new(weekly?, SCALE)))
}

fn exact_hourly(row: &Row, settings: &Settings) -> Option<Part> {
    by_hour(row.number("base_pay")?, pay_basis(row, settings)?, hours(row, settings))
}

fn base_hourly(row: &Row, settings: &Settings) -> Option<i128> {
    Some(exact_hourly(row, settings)?.amount())
}

fn base_annual(row: &Row, settings: &Settings) -> Option<i128> {
    let pay = row.number("base_pay")?;
    Some(match pay_basis(row, settings)? {
        "hour" => Part::new(pay * hours(row, settings)? * 52, SCALE).amount(),
        basis => Part::new(pay * 52, 1).by(weeks(basis)).amount(),
    })
}

fn base_annual_fte(row: &Row, settings: &Settings) -> Option<i128> {
    let standard = Part::new(settings.standard_hours?, SCALE);
    Some(exact_hourly(row, settings)?.times(52).by(Part::new(standard.bottom, standard.top)).amount())
}

fn total_cash(row: &Row, settings: &Settings) -> Option<i128> {
    Some(base_annual(row, settings)? + row.number("variable_pay")?)
}

fn living_wage(row: &Row, settings: &Settings) -> Option<bool> {
    let (region, money) = (row.text("region")?, currency(row, settings));
    let (.., hourly) = settings.living_wages.iter().find(|entry| (entry.0, entry.1) == (region, money))?;
    Some(base_hourly(row, settings)? >= *hourly)
}

/// Pay, minimum and maximum for the same time.
fn pay_range(row: &Row, settings: &Settings) -> Option<(i128, i128, i128)> {
    if let (Some(low), Some(high)) = (row.number("range_min"), row.number("range_max")) {
        return Some((row.number("base_pay")?, low, high));
    }
    let (job, level) = (row.text("job_code")?, row.text("job_level").unwrap_or(""));
    let of = |level: &str| {
        let key = (job, level, currency(row, settings));
        settings.pay_ranges.iter().find(|entry| (entry.0, entry.1, entry.2) == key)
    };
    let &(_, _, _, basis, low, high) = of(level).or_else(|| of(""))?;
    let bound = |bound: i128| Some(by_hour(bound, basis, settings.standard_hours)?.amount());
    Some((base_hourly(row, settings)?, bound(low)?, bound(high)?))
}

fn compa_ratio(row: &Row, settings: &Settings) -> Option<i128> {
    let (pay, low, high) = pay_range(row, settings)?;
    (low <= high && low + high > 0).then(|| Part::new(2 * pay * SCALE, low + high).amount())
}

fn range_penetration(row: &Row, settings: &Settings) -> Option<i128> {
    let (pay, low, high) = pay_range(row, settings)?;
    (low < high).then(|| Part::new((pay - low) * SCALE, high - low).amount())
}

fn pay(row: &Row, settings: &Settings) -> Asked {
    let hourly = base_hourly(row, settings);
    let positive = hourly.filter(|&pay| pay > 0);
    let variable = row.number("variable_pay");
    named([
        ("base_hourly", value(hourly)),
        ("base_annual", value(base_annual(row, settings))),
        ("base_annual_fte", value(base_annual_fte(row, settings))),
        ("variable_pay", value(variable)),
        ("variable_recipients", has(variable.map(|pay| pay > 0))),
        ("total_cash_annual", value(total_cash(row, settings))),
        ("overtime_pay", value(row.number("overtime_pay"))),
        ("p90_p10", value(positive)),
        ("gini", value(positive)),
        ("low_pay", value(positive)),
        ("living_wage", has(living_wage(row, settings))),
        ("compa_ratio", value(compa_ratio(row, settings))),
        ("range_penetration", value(range_penetration(row, settings))),
    ])
}

/// What a record tells of a plan.
struct Plan {
    eligible: Option<bool>,
    enrolled: Option<bool>,
    /// As reported.
    told: Option<i128>,
    /// Nothing for those who are said not to be enrolled.
    cost: Option<i128>,
}

fn plan(row: &Row, name: &str, settings: &Settings) -> Plan {
    let [eligible, enrolled, cost] =
        ["eligible", "enrolled", "employer_cost"].map(|part| format!("benefit_{name}_{part}"));
    let told = row.number(&cost);
    let out = row.flag(&enrolled) == Some(false) && row.has(&cost);
    let from_cost = settings.from_cost && !row.has(&enrolled);
    Plan {
        eligible: row.flag(&eligible),
        enrolled: if from_cost { told.map(|cost| cost > 0) } else { row.flag(&enrolled) },
        told,
        cost: told.or(out.then_some(0)),
    }
}

/// Whether any of them is yes; none where there is no answer.
fn at_least_one(flags: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let known: Vec<bool> = flags.flatten().collect();
    (!known.is_empty()).then(|| known.contains(&true))
}

fn benefits(row: &Row, settings: &Settings) -> Asked {
    let worked = hours(row, settings).map(|hours| hours * 52);
    let by_hour = |cost: Option<i128>| Some(Item::Ratio(cost?, worked?));
    let mut asked = Asked::new();
    let plans = PLANS.map(|name| plan(row, name, settings));
    for (name, plan) in PLANS.iter().zip(&plans) {
        let participant = plan.enrolled == Some(true);
        asked.extend([
            (format!("{name}_access"), has(plan.eligible)),
            (format!("{name}_participation"), has(plan.enrolled)),
            (format!("{name}_take_up"), has(plan.enrolled.filter(|_| plan.eligible == Some(true)))),
            (format!("{name}_employer_cost"), value(plan.cost)),
            (format!("{name}_employer_cost_per_participant"), value(plan.told.filter(|_| participant))),
            (format!("{name}_cost_per_hour_worked"), by_hour(plan.cost)),
        ]);
    }
    let eligible = at_least_one(plans.iter().map(|plan| plan.eligible));
    let enrolled = at_least_one(plans.iter().map(|plan| plan.enrolled));
    let known: Vec<i128> = plans.iter().filter_map(|plan| plan.cost).collect();
    // Somebody in a plan of unknown cost has no cost over all plans.
    let unknown = plans.iter().any(|plan| plan.enrolled == Some(true) && plan.told.is_none());
    let cost = (!known.is_empty() && !unknown).then(|| known.iter().sum());
    asked.extend(named([
        ("benefits_access", has(eligible)),
        ("benefits_participation", has(enrolled)),
        ("benefits_take_up", has(enrolled.filter(|_| eligible == Some(true)))),
        ("benefits_employer_cost", value(cost)),
        ("benefits_employer_cost_per_participant", value(cost.filter(|_| enrolled == Some(true)))),
        ("benefits_cost_per_hour_worked", by_hour(cost)),
        ("benefit_load", cost.zip(total_cash(row, settings)).map(|(cost, cash)| Item::Ratio(cost, cash))),
        ("paid_leave_days", value(row.number("paid_leave_days"))),
    ]));
    asked
}

fn sex(row: &Row, settings: &Settings) -> Sex {
    let code = row.text("gender").unwrap_or("").to_lowercase();
    let (women, men) =
        if settings.own_gender_codes { (vec!["x"], vec!["f"]) } else { (vec!["f", "woman"], vec!["m", "men"]) };
    if women.contains(&code.as_str()) {
        Sex::Woman
    } else if men.contains(&code.as_str()) {
        Sex::Man
    } else {
        Sex::Neither
    }
}

/// Variable pay as pay equity counts it.
fn variable(row: &Row, settings: &Settings) -> Option<i128> {
    row.number("variable_pay").or((settings.empty_variable_pay == Some("zero")).then_some(0))
}

/// SI 2017/172: pay of a week with its part of the bonus that was paid in the pay period, by the weekly hours.
fn uk_hourly(row: &Row, settings: &Settings) -> Option<i128> {
    if row.flag("full_pay") == Some(false) {
        return None;
    }
    let base = Part::new(row.number("base_pay")?, 1);
    let basis = pay_basis(row, settings)?;
    let told = row.number("bonus_in_pay_period").or((settings.empty_variable_pay == Some("zero")).then_some(0));
    let bonus = if row.has("bonus_in_pay_period") { told? } else { 0 };
    if basis == "hour" && bonus == 0 {
        // No bonus is none by the hour, whatever the hours.
        return Some(base.amount());
    }
    let weekly = Part::new(hours(row, settings)?, SCALE);
    let days = if settings.yearly_bonus { 36_525 } else { 3_044 };
    let bonus = Part::new(bonus * 7 * 100, days);
    let in_days = |hundredths: i128| base.times(7 * 100).by(Part::new(hundredths, 1));
    let week = match basis {
        "hour" => return Some(base.plus(bonus.by(weekly)).amount()),
        "day" => base.times(5),
        "week" => base,
        "two_weeks" => in_days(1_400),
        "half_month" => in_days(1_522),
        "month" => in_days(3_044),
        "quarter" => in_days(9_132),
        _ => in_days(36_525),
    };
    Some(week.plus(bonus).by(weekly).amount())
}

/// Variable pay of an hour.
fn eu_variable(row: &Row, settings: &Settings) -> Option<i128> {
    Some(Part::new(variable(row, settings)? * SCALE, 52 * hours(row, settings)?).amount())
}

fn equity(row: &Row, settings: &Settings) -> Asked {
    let sex = sex(row, settings);
    let of = |value: Option<i128>| value.map(|value| Item::Of(sex, value));
    let above_zero = |value: Option<i128>| of(value.filter(|&value| value > 0));
    let variable = variable(row, settings);
    let bonus_share = |asked: Sex| has(variable.filter(|_| sex == asked).map(|pay| pay > 0));
    let basic = base_hourly(row, settings);
    let uk = above_zero(uk_hourly(row, settings));
    let eu = above_zero(basic.zip(eu_variable(row, settings)).map(|(basic, variable)| basic + variable));
    let mut asked = named([
        ("uk_mean_hourly_gap", uk),
        ("uk_median_hourly_gap", uk),
        ("uk_mean_bonus_gap", above_zero(variable)),
        ("uk_median_bonus_gap", above_zero(variable)),
        ("uk_bonus_share_women", bonus_share(Sex::Woman)),
        ("uk_bonus_share_men", bonus_share(Sex::Man)),
        ("eu_mean_gap", eu),
        ("eu_median_gap", eu),
        ("eu_mean_variable_gap", of(eu_variable(row, settings))),
        ("eu_median_variable_gap", of(eu_variable(row, settings))),
        ("eu_mean_basic_gap", above_zero(basic)),
        ("eu_variable_share_women", bonus_share(Sex::Woman)),
        ("eu_variable_share_men", bonus_share(Sex::Man)),
    ]);
    for band in BANDS {
        asked.push((format!("uk_quartile_{band}_women"), uk));
        asked.push((format!("eu_quartile_{band}_women"), eu));
    }
    asked
}

fn fte(row: &Row, settings: &Settings) -> Option<i128> {
    let by_hours = || Some(Part::new(row.number("weekly_hours")? * SCALE, settings.standard_hours?).amount());
    row.number("fte").or_else(by_hours)
}

fn ethnicity_code(text: &str) -> String {
    text.to_lowercase().replace(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit(), "_")
}

fn workforce(row: &Row, settings: &Settings) -> Asked {
    // Quarters of a day, so that a year is 1,461 of them.
    let tenure = row.day("hire_date").map(|hired| i128::from(settings.last_day - hired) * 4).filter(|&days| days >= 0);
    let between = |from: i128, to: i128| has(tenure.map(|days| from * 1_461 <= days && days < to * 1_461));
    let is = |asked: Sex| has(row.text("gender").map(|_| sex(row, settings) == asked));
    let mut asked = named([
        ("headcount", value(Some(SCALE))),
        ("fte", value(fte(row, settings))),
        ("tenure_years", value(tenure.map(|days| Part::new(days * SCALE, 1_461).amount()))),
        ("tenure_under_1_year", between(0, 1)),
        ("tenure_1_to_5_years", between(1, 5)),
        ("tenure_5_to_10_years", between(5, 10)),
        ("tenure_10_years_or_more", between(10, 1_000)),
        ("women_representation", is(Sex::Woman)),
        ("men_representation", is(Sex::Man)),
        ("other_gender_representation", is(Sex::Neither)),
    ]);
    let own = row.text("ethnicity").map(ethnicity_code);
    for code in &settings.ethnicities {
        asked.push((format!("ethnicity_{code}_representation"), has(own.as_ref().map(|own| own == code))));
    }
    asked
}

fn learning(row: &Row, _: &Settings) -> Asked {
    let courses = row.number("courses_completed").zip(row.number("courses_enrolled"));
    let mut asked = named([
        ("training_hours", value(row.number("training_hours"))),
        ("course_completion", courses.map(|(completed, enrolled)| Item::Ratio(completed, enrolled))),
    ]);
    for skill in SKILLS {
        let column = format!("skill_{skill}");
        let score = row.number(&column);
        asked.push((format!("{column}_assessed"), row.has(&column).then_some(Item::Has(score.is_some()))));
        asked.push((column, value(score)));
    }
    asked
}

// Two snapshots

/// What one record adds to the rates of hires and separations, if it adds to either sum.
fn rates(hired: bool, left: bool, reason: Option<&str>, average: i128, closing: i128) -> Asked {
    let of = |wanted: &str| left && reason.filter(|reason| *reason != "other").unwrap_or("other") == wanted;
    let numerators = [
        ("hires_rate", hired),
        ("separations_rate", left),
        ("voluntary_separations_rate", of("voluntary")),
        ("involuntary_separations_rate", of("involuntary")),
        ("other_separations_rate", of("other")),
    ];
    let mut asked = Asked::new();
    for (name, numerator) in numerators {
        let item = |denominator: i128| {
            (numerator || denominator > 0).then_some(Item::Ratio(i128::from(numerator) * SCALE, denominator))
        };
        asked.push((name.to_owned(), item(average)));
        asked.push((format!("{name}_closing"), item(closing)));
    }
    asked
}

fn internal_move(now: &Row, then: &Row) -> Option<bool> {
    let both = ["job_code", "job_level"].into_iter().filter(|column| now.has(column) && then.has(column));
    at_least_one(both.clone().map(|column| Some(now.text(column)? != then.text(column)?)))
        .filter(|_| both.clone().all(|column| now.text(column).is_some() && then.text(column).is_some()))
}

fn promotion(now: &Row, then: &Row, settings: &Settings) -> Option<bool> {
    let place = |row: &Row| LEVELS.iter().position(|level| Some(*level) == row.text("job_level"));
    settings.level_order.then_some(place(now)? > place(then)?)
}

fn pay_growth(now: &Row, then: &Row, settings: &Settings) -> Option<i128> {
    let pay = if settings.pay_growth_of == Some("base_annual") { base_annual } else { base_hourly };
    let (is, was) = (pay(now, settings)?, pay(then, settings)?);
    let comparable = is > 0 && was > 0 && currency(now, settings) == currency(then, settings);
    comparable.then(|| Part::new((is - was) * SCALE, was).amount())
}

/// The records of one company in two periods.
#[derive(Debug, Clone, Default)]
struct Company {
    then: Vec<Row>,
    now: Vec<Row>,
}

impl Company {
    /// Counted in the earlier snapshot, and counted now.
    fn both(&self, settings: &Settings) -> [BTreeMap<usize, &Row>; 2] {
        let counted = |rows: &'_ [Row], day: i32| -> Vec<usize> {
            (0..rows.len()).filter(|&place| rows[place].counted(day)).collect()
        };
        let then = counted(&self.then, settings.before).into_iter().map(|place| &self.then[place]);
        let now = counted(&self.now, settings.last_day).into_iter().map(|place| &self.now[place]);
        [then.map(|row| (row.employee, row)).collect(), now.map(|row| (row.employee, row)).collect()]
    }

    fn comparable(&self, settings: &Settings) -> bool {
        let [then, now] = self.both(settings);
        let (small, large) = (count(then.len().min(now.len())), count(then.len().max(now.len())));
        let matched = count(then.keys().filter(|employee| now.contains_key(employee)).count());
        let change = settings.max_headcount_change.unwrap_or(SCALE / 2);
        let enough = settings.min_matched.unwrap_or(SCALE / 2);
        !self.then.is_empty() && large * SCALE <= small * (SCALE + change) && matched * SCALE >= small * enough
    }

    /// What every record adds to every metric.
    fn contributions(&self, settings: &Settings) -> Vec<(String, &Row, Item)> {
        let mut found = Vec::new();
        let mut add = |row, asked: Asked| {
            found.extend(asked.into_iter().filter_map(|(name, item)| Some((name, row, item?))));
        };
        let [then, now] = self.both(settings);
        for &row in now.values() {
            for chapter in [pay, benefits, equity, workforce, learning] {
                add(row, chapter(row, settings));
            }
        }
        if !self.now.is_empty() && self.comparable(settings) {
            let gone = |employee: usize| {
                self.now.iter().find(|row| row.employee == employee && !row.counted(settings.last_day))
            };
            for (employee, row) in &then {
                let stayed = now.contains_key(employee);
                add(row, named([("retention", Some(Item::Has(stayed)))]));
                let reason = gone(*employee).and_then(|row| row.text("termination_reason"));
                add(row, rates(false, !stayed, reason, SCALE / 2, 0));
            }
            for (employee, row) in &now {
                let before = then.get(employee);
                add(row, rates(before.is_none(), false, None, SCALE / 2, SCALE));
                let Some(before) = before else { continue };
                add(
                    row,
                    named([
                        ("internal_moves", has(internal_move(row, before))),
                        ("promotion", has(promotion(row, before, settings))),
                        ("pay_growth", value(pay_growth(row, before, settings))),
                    ]),
                );
            }
            for row in &self.now {
                let left =
                    row.day("termination_date").is_some_and(|day| settings.before < day && day <= settings.last_day);
                if left && !then.contains_key(&row.employee) {
                    add(row, rates(true, true, row.text("termination_reason"), 0, 0));
                }
            }
        }
        let counts = |name: &str, item: &Item| match item {
            Item::Value(value) => *value > 0 || !settings.positive.contains(&name),
            _ => true,
        };
        found.retain(|(name, _, item)| counts(name, item));
        found
    }
}

// What a group makes of it

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Distribution,
    Share,
    Total,
    Ratio,
    RateOfHeads,
    MeanGap,
    MedianGap,
    Band(usize),
    Deciles,
    Gini,
    LowPay,
}

/// The kind of a metric, and whether it is apart by currency.
fn described(metric: &str) -> (Kind, bool) {
    let band = BANDS.iter().position(|band| metric[2..] == format!("_quartile_{band}_women"));
    match metric {
        _ if band.is_some() => (Kind::Band(band.expect("a band")), true),
        "base_hourly" | "base_annual" | "base_annual_fte" | "variable_pay" | "total_cash_annual" | "overtime_pay" => {
            (Kind::Distribution, true)
        }
        "p90_p10" => (Kind::Deciles, true),
        "gini" => (Kind::Gini, true),
        "low_pay" => (Kind::LowPay, true),
        "compa_ratio" | "range_penetration" | "paid_leave_days" | "tenure_years" | "pay_growth" | "training_hours"
        | "skill_safety" | "skill_data" => (Kind::Distribution, false),
        "headcount" | "fte" => (Kind::Total, false),
        "benefit_load" => (Kind::Ratio, true),
        "course_completion" => (Kind::Ratio, false),
        _ if metric.ends_with("_cost_per_hour_worked") => (Kind::Ratio, true),
        _ if metric.ends_with("_employer_cost") || metric.ends_with("_per_participant") => (Kind::Distribution, true),
        _ if metric.starts_with("hires_rate") || metric.contains("separations_rate") => (Kind::RateOfHeads, false),
        _ if metric.contains("_mean_") && metric.ends_with("gap") => (Kind::MeanGap, true),
        _ if metric.contains("_median_") && metric.ends_with("gap") => (Kind::MedianGap, true),
        _ => (Kind::Share, false),
    }
}

fn values(items: &[Item]) -> Vec<i128> {
    let of = |item: &Item| if let Item::Value(value) = item { *value } else { panic!("{item:?} is no value") };
    let mut values: Vec<i128> = items.iter().map(of).collect();
    values.sort_unstable();
    values
}

fn ratios(items: &[Item]) -> Vec<(i128, i128)> {
    let of = |item: &Item| if let Item::Ratio(a, b) = item { (*a, *b) } else { panic!("{item:?} is no ratio") };
    items.iter().map(of).collect()
}

/// The sorted values of women, of men, or of the others.
fn of_sex(items: &[Item], asked: Sex) -> Vec<i128> {
    let of = |item: &Item| match item {
        Item::Of(sex, value) => (*sex == asked).then_some(*value),
        _ => panic!("{item:?} has no gender"),
    };
    let mut values: Vec<i128> = items.iter().filter_map(of).collect();
    values.sort_unstable();
    values
}

fn mean(values: &[i128]) -> Part {
    Part::new(values.iter().sum(), count(values.len()))
}

/// Hyndman-Fan type 7 of sorted values.
fn percentile(sorted: &[i128], percent: usize) -> Part {
    let rank = (sorted.len() - 1) * percent;
    let (below, above) = (sorted[rank / 100], sorted[(rank / 100 + 1).min(sorted.len() - 1)]);
    Part::new(below * 100 + (above - below) * count(rank % 100), 100)
}

/// Of a sample, in units.
fn deviation(values: &[i128]) -> Option<f64> {
    let n = count(values.len());
    let squares: i128 = values.iter().map(|value| value * value).sum();
    let total: i128 = values.iter().sum();
    (n > 1).then(|| (float(n * squares - total * total) / float(n * (n - 1))).sqrt() / float(SCALE))
}

/// The mean difference of every two, by twice the mean.
fn gini(values: &[i128]) -> Part {
    let differences: i128 = values.iter().flat_map(|one| values.iter().map(move |other| (one - other).abs())).sum();
    Part::new(differences * SCALE, 2 * count(values.len()) * values.iter().sum::<i128>())
}

/// How many are below two thirds of the median.
fn below_line(sorted: &[i128]) -> usize {
    let median = percentile(sorted, 50);
    sorted.iter().filter(|&&value| value * 3 * median.bottom < median.top * 2).count()
}

/// Men's figure less women's, where there are both; and men's, where there are men.
fn gap_sides(kind: Kind, items: &[Item]) -> (Option<Part>, Option<Part>) {
    let figure = |sex: Sex| {
        let own = of_sex(items, sex);
        let figure = |own: &[i128]| if kind == Kind::MeanGap { mean(own) } else { percentile(own, 50) };
        (!own.is_empty()).then(|| figure(&own))
    };
    let (women, men) = (figure(Sex::Woman), figure(Sex::Man));
    (men.zip(women).map(|(men, women)| men.minus(women)), men)
}

/// In percent.
fn gap(kind: Kind, items: &[Item]) -> Option<Part> {
    let (difference, men) = gap_sides(kind, items);
    difference.zip(men).filter(|(_, men)| men.top > 0).map(|(difference, men)| difference.by(men).times(100 * SCALE))
}

/// Women and men by rank: whether each is a woman. Women among equals are spread as evenly as whole women can be.
fn ranked(items: &[Item]) -> Vec<bool> {
    let (women, men) = (of_sex(items, Sex::Woman), of_sex(items, Sex::Man));
    let levels: BTreeSet<i128> = women.iter().chain(&men).copied().collect();
    let mut places = Vec::new();
    for level in levels {
        let [of_women, of_men] = [&women, &men].map(|own| own.iter().filter(|&&value| value == level).count());
        let equals = of_women + of_men;
        let until = |place: usize| (2 * place * of_women + equals) / (2 * equals);
        places.extend((1..=equals).map(|place| until(place) > until(place - 1)));
    }
    places
}

/// Women, and women and men, of each of the four bands.
fn bands(items: &[Item], settings: &Settings) -> [(usize, usize); 4] {
    let places = ranked(items);
    let one_more: &[usize] = match (places.len() % 4, settings.other_remainders) {
        (0, _) => &[],
        (1, false) => &[0],
        (2, false) => &[0, 2],
        (_, false) => &[0, 1, 2],
        (1, true) => &[3],
        (2, true) => &[1, 3],
        (_, true) => &[0, 2, 3],
    };
    let mut rest = places.as_slice();
    [0, 1, 2, 3].map(|band| {
        let (own, above) = rest.split_at(places.len() / 4 + usize::from(one_more.contains(&band)));
        rest = above;
        (own.iter().filter(|woman| **woman).count(), own.len())
    })
}

const FIGURES: [&str; 13] = [
    "n_employees",
    "n_left_out",
    "numerator",
    "denominator",
    "n_numerator",
    "n_denominator",
    "mean",
    "sd",
    "p10",
    "p25",
    "p50",
    "p75",
    "p90",
];

/// A row: figures as in [`FIGURES`], and whether it has a note.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Figures {
    figures: [Option<f64>; 13],
    noted: bool,
}

/// Of a group, before what its law says on rounding; none where the group gives no row.
fn figures(metric: &str, items: &[Item], settings: &Settings) -> Option<(Figures, Option<Part>)> {
    let mut row = Figures::default();
    let mut set = |name: &str, figure: Option<f64>| {
        row.figures[FIGURES.iter().position(|known| *known == name).expect("a column")] = figure;
    };
    let (number, part) = (|n: usize| Some(float(count(n))), |part: Option<Part>| part.map(Part::float));
    let mut parts = |names: [&str; 2], [numerator, denominator]: [usize; 2]| {
        set(names[0], number(numerator));
        set(names[1], number(denominator));
    };
    let kind = described(metric).0;
    let heads = match kind {
        Kind::Share => Some((items.iter().filter(|item| matches!(item, Item::Has(true))).count(), items.len())),
        Kind::LowPay => Some((below_line(&values(items)), items.len())),
        Kind::Band(band) => Some(bands(items, settings)[band]),
        _ => None,
    };
    if let Some((having, all)) = heads {
        parts(["numerator", "denominator"], [having, all]);
        parts(["n_numerator", "n_denominator"], [having, all]);
    }
    if matches!(kind, Kind::MeanGap | Kind::MedianGap) {
        parts(["n_numerator", "n_denominator"], [Sex::Woman, Sex::Man].map(|sex| of_sex(items, sex).len()));
    }
    let mut employees = heads.map_or(items.len(), |(_, all)| all);
    if matches!(kind, Kind::MeanGap | Kind::MedianGap | Kind::Band(_)) {
        let left_out = of_sex(items, Sex::Neither).len();
        if left_out == items.len() {
            return None;
        }
        set("n_left_out", number(left_out));
        if !matches!(kind, Kind::Band(_)) {
            employees = items.len() - left_out;
        }
    }
    let figure = match kind {
        Kind::Share | Kind::LowPay | Kind::Band(_) => {
            heads.filter(|(_, all)| *all > 0).map(|(having, all)| Part::new(count(having) * SCALE, count(all)))
        }
        Kind::Distribution => {
            let values = values(items);
            set("sd", deviation(&values));
            for percent in [10, 25, 50, 75, 90] {
                set(&format!("p{percent}"), part(Some(percentile(&values, percent))));
            }
            Some(mean(&values))
        }
        Kind::Total => {
            let total = Some(Part::new(values(items).iter().sum(), 1));
            set("numerator", part(total));
            total
        }
        Kind::Ratio | Kind::RateOfHeads => {
            let ratios = ratios(items);
            let numerator: i128 = ratios.iter().map(|ratio| ratio.0).sum();
            let denominator: i128 = ratios.iter().map(|ratio| ratio.1).sum();
            set("numerator", part(Some(Part::new(numerator, 1))));
            set("denominator", part(Some(Part::new(denominator, 1))));
            set("n_numerator", number(ratios.iter().filter(|ratio| ratio.0 > 0).count()));
            set("n_denominator", number(ratios.iter().filter(|ratio| ratio.1 > 0).count()));
            if kind == Kind::RateOfHeads {
                employees = usize::try_from(denominator / SCALE).expect("heads");
            }
            (denominator > 0).then(|| Part::new(numerator * SCALE, denominator))
        }
        Kind::MeanGap | Kind::MedianGap => {
            let (difference, men) = gap_sides(kind, items);
            set("numerator", part(difference));
            set("denominator", part(men));
            gap(kind, items)
        }
        Kind::Deciles => {
            let values = values(items);
            Some(percentile(&values, 90).by(percentile(&values, 10)).times(SCALE))
        }
        Kind::Gini => Some(gini(&values(items))),
    };
    set("n_employees", number(employees));
    set("mean", part(figure));
    Some((row, figure))
}

/// As a company reads it: with the rounding of its law, and what is to be checked.
fn own_figures(metric: &str, items: &[Item], whole: bool, settings: &Settings) -> Option<Figures> {
    let (mut row, figure) = figures(metric, items, settings)?;
    let kind = described(metric).0;
    let step = if matches!(kind, Kind::MeanGap | Kind::MedianGap) { SCALE / 10 } else { SCALE / 1_000 };
    if metric.starts_with("uk_") {
        row.figures[6] = figure.map(|figure| Part::new(figure.rounded(step), 1).float());
    }
    row.noted = figure.is_some_and(|figure| is_noted(metric, figure, items, whole, settings));
    Some(row)
}

/// Whether a gap is implausible, or wide in a category of workers.
fn is_noted(metric: &str, figure: Part, items: &[Item], whole: bool, settings: &Settings) -> bool {
    let kind = described(metric).0;
    if !matches!(kind, Kind::MeanGap | Kind::MedianGap) {
        return false;
    }
    if is_wide(figure, 100) || (metric == "eu_mean_gap" && !whole && is_wide(figure, 5)) {
        return true;
    }
    if !["uk_median_hourly_gap", "eu_median_gap"].contains(&metric) {
        return false;
    }
    let bands = bands(items, settings);
    let [lower, upper] = [[0, 1], [2, 3]].map(|half| {
        let (women, all) = (bands[half[0]].0 + bands[half[1]].0, bands[half[0]].1 + bands[half[1]].1);
        (all > 0).then(|| Part::new(count(women), count(all)))
    });
    let Some((lower, upper)) = lower.zip(upper) else { return false };
    let more_below = lower.minus(upper);
    let reported = figure.rounded(SCALE / 10);
    if reported == 0 { more_below.top.abs() * 5 > more_below.bottom } else { reported.signum() * more_below.top < 0 }
}

fn is_wide(gap: Part, percent: i128) -> bool {
    gap.top.abs() >= percent * SCALE * gap.bottom
}

/// Codes, metric and currency.
type Key = (Vec<String>, String, Option<&'static str>);
/// The same, as it stands in a table.
type OwnKey = (Vec<String>, String, Option<String>);
type Rows = BTreeMap<OwnKey, Figures>;

/// The rows of a company's own table.
fn own_rows(company: &Company, settings: &Settings) -> Rows {
    let mut groups: BTreeMap<Key, Vec<Item>> = BTreeMap::new();
    for (metric, row, item) in company.contributions(settings) {
        let money = described(&metric).1.then(|| currency(row, settings));
        for job in [WHOLE, row.text("job_code").unwrap_or(UNKNOWN)] {
            groups.entry((vec![job.to_owned()], metric.clone(), money)).or_default().push(item);
        }
    }
    let mut rows = Rows::new();
    for ((codes, metric, money), items) in &groups {
        if let Some(row) = own_figures(metric, items, codes[0] == WHOLE, settings) {
            rows.insert((codes.clone(), metric.clone(), money.map(str::to_owned)), row);
        }
    }
    if !company.now.is_empty() && !company.comparable(settings) {
        let rates = rates(false, false, None, 1, 1).into_iter().map(|(name, _)| name);
        let others = ["retention", "internal_moves", "pay_growth"].into_iter().map(str::to_owned);
        let promotion = settings.level_order.then(|| "promotion".to_owned());
        for metric in rates.chain(others).chain(promotion) {
            let row = Figures { noted: true, ..Figures::default() };
            assert!(rows.insert((vec![WHOLE.to_owned()], metric, None), row).is_none());
        }
    }
    rows.extend(joint_assessment(&groups));
    rows
}

/// Art. 10: categories of workers whose mean gap is 5 % or more, either way.
fn joint_assessment(groups: &BTreeMap<Key, Vec<Item>>) -> Option<(OwnKey, Figures)> {
    let of_gap = groups.iter().filter(|((codes, metric, _), _)| metric == "eu_mean_gap" && codes[0] != WHOLE);
    let gaps: Vec<Part> = of_gap.clone().filter_map(|(_, items)| gap(Kind::MeanGap, items)).collect();
    let people: usize = of_gap.map(|(_, items)| items.len() - of_sex(items, Sex::Neither).len()).sum();
    let wide = Some(float(count(gaps.iter().filter(|gap| is_wide(**gap, 5)).count())));
    let mut row = Figures::default();
    row.figures[0] = Some(float(count(people)));
    row.figures[2] = wide;
    row.figures[3] = Some(float(count(gaps.len())));
    row.figures[6] = wide;
    let key = (vec![WHOLE.to_owned()], "eu_joint_assessment_categories".to_owned(), None);
    (!gaps.is_empty()).then_some((key, row))
}

/// The cells of a benchmark over several companies: the figures of each, by table, codes, metric and currency.
fn benchmark(companies: &[Company], settings: &Settings) -> BTreeMap<(usize, Key), [Option<f64>; 13]> {
    let mut groups: BTreeMap<(usize, Key), Vec<Item>> = BTreeMap::new();
    for (place, company) in companies.iter().enumerate() {
        for (metric, row, item) in company.contributions(settings) {
            let money = described(&metric).1.then(|| currency(row, settings));
            let code = |column: &str| row.text(column).unwrap_or(UNKNOWN).to_owned();
            for (table, codes) in [vec![sector(place), code("region")], vec![code("job_code")]].into_iter().enumerate()
            {
                groups.entry((table, (codes, metric.clone(), money))).or_default().push(item);
            }
        }
    }
    let cell = |(key, items): ((usize, Key), Vec<Item>)| {
        let (row, _) = figures(&key.1.1, &items, settings)?;
        Some((key, row.figures))
    };
    groups.into_iter().filter_map(cell).collect()
}

fn sector(company: usize) -> String {
    format!("S{}", company % 2)
}

// Random cases

/// Every column but the employee, the company and the period.
const COLUMNS: [&str; 31] = [
    "region",
    "job_code",
    "job_level",
    "gender",
    "ethnicity",
    "hire_date",
    "termination_date",
    "termination_reason",
    "weekly_hours",
    "fte",
    "full_pay",
    "pay_basis",
    "base_pay",
    "currency",
    "variable_pay",
    "bonus_in_pay_period",
    "overtime_pay",
    "range_min",
    "range_max",
    "paid_leave_days",
    "training_hours",
    "courses_enrolled",
    "courses_completed",
    "skill_safety",
    "skill_data",
    "benefit_health_eligible",
    "benefit_health_enrolled",
    "benefit_health_employer_cost",
    "benefit_life_eligible",
    "benefit_life_enrolled",
    "benefit_life_employer_cost",
];

fn is_money(column: &str) -> bool {
    ["base_pay", "variable_pay", "bonus_in_pay_period", "overtime_pay", "range_min", "range_max"].contains(&column)
        || column.ends_with("_employer_cost")
}

/// Fate, both records, and which fields of the earlier one still hold.
type Person = (u8, Vec<u8>, Vec<u8>, Vec<u8>);

/// Random bytes that a case is made of: zeros make the plainest one.
#[derive(Clone)]
struct Raw {
    settings: Vec<u8>,
    pool: Vec<i128>,
    columns: [Vec<u8>; 2],
    people: Vec<Person>,
}

impl fmt::Debug for Raw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", Case::of(self, 1))
    }
}

fn raws() -> impl Strategy<Value = Raw> {
    let bytes = |length: usize| vec(any::<u8>(), length);
    let amount = prop_oneof![
        2 => (1_i128..80).prop_map(|euros| euros * SCALE),
        2 => (2_000_i128..90_000).prop_map(|euros| euros * SCALE),
        2 => 1_i128..900_000_000,
        1 => -400_000_i128..1,
        1 => Just(0),
    ];
    let person = (any::<u8>(), bytes(COLUMNS.len()), bytes(COLUMNS.len()), bytes(COLUMNS.len()));
    let parts = (bytes(24), vec(amount, 1..6), [bytes(COLUMNS.len()), bytes(COLUMNS.len())], vec(person, 0..=40));
    parts.prop_map(|(settings, pool, columns, people)| Raw { settings, pool, columns, people })
}

fn day(year: i16, month: i8, day: i8) -> i32 {
    let since = jiff::civil::date(year, month, day) - jiff::civil::date(1970, 1, 1);
    since.get_days()
}

fn settings(bytes: &[u8], pool: &[i128]) -> Settings {
    let mut bytes = bytes.iter();
    let mut pick = |choices: usize| usize::from(*bytes.next().expect("enough bytes")) % choices;
    let (kind, now, last_day, previous, year_before) = [
        ("quarter", "2026-Q1", day(2026, 3, 31), ("2025-Q4", day(2025, 12, 31)), ("2025-Q1", day(2025, 3, 31))),
        ("month", "2026-01", day(2026, 1, 31), ("2025-12", day(2025, 12, 31)), ("2025-01", day(2025, 1, 31))),
        ("year", "2025", day(2025, 12, 31), ("2024", day(2024, 12, 31)), ("2024", day(2024, 12, 31))),
    ][pick(3)];
    let is_year_before = pick(3) == 2;
    let (earlier, before) = if is_year_before { year_before } else { previous };
    let long_ago = [("quarter", "2019-Q4"), ("month", "2019-12"), ("year", "2019")];
    let long_ago = long_ago.into_iter().find(|(known, _)| *known == kind).expect("a kind").1;
    let standard_hours = [None, Some(40 * SCALE), Some(385_000)][pick(3)];
    let positive = |amount: i128| amount.abs().max(1);
    let wages = [("R1", "EUR", positive(pool[0])), ("R2", "EUR", 15 * SCALE), ("R1", "USD", 1)];
    let basis = if standard_hours.is_some() { ["year", "month", "hour"][pick(3)] } else { "hour" };
    let low = positive(pool[pick(pool.len())]);
    let ranges = [
        ("A", "1", "EUR", basis, low, low + pool[0].abs() + 1),
        ("A", "", "EUR", "hour", 10 * SCALE, 10 * SCALE),
        ("B", "", "EUR", basis, 30 * SCALE, 20 * SCALE),
        ("C", "2", "USD", "hour", 1, 7),
    ];
    Settings {
        kind,
        periods: [long_ago, earlier, now],
        before,
        last_day,
        year_before: is_year_before,
        currency: [Some("EUR"), None][pick(2)],
        pay_basis: [Some("year"), Some("hour"), None][pick(3)],
        standard_hours,
        from_cost: pick(2) == 1,
        own_gender_codes: pick(6) == 5,
        empty_variable_pay: [None, Some("unknown"), Some("zero")][pick(3)],
        other_remainders: pick(3) == 2,
        yearly_bonus: pick(2) == 1,
        level_order: pick(4) != 3,
        pay_growth_of: [None, Some("base_hourly"), Some("base_annual")][pick(3)],
        max_headcount_change: [Some(100 * SCALE), None, Some(20_000), Some(100 * SCALE), Some(0), Some(1_000)][pick(6)],
        min_matched: [Some(0), None, Some(3_333), Some(0), Some(SCALE), Some(9_000)][pick(6)],
        living_wages: if pick(4) == 3 { Vec::new() } else { wages.to_vec() },
        pay_ranges: if pick(4) == 3 { Vec::new() } else { ranges.to_vec() },
        positive: if pick(4) == 3 { vec!["variable_pay", "training_hours", "base_hourly"] } else { Vec::new() },
        ethnicities: BTreeSet::new(),
    }
}

const INPUT: &str = r#"[input]
uploads = "uploads/*.csv"
companies = "companies.csv"
"#;

const TABLES: &str = r#"[dimensions]
sector = { from = "company.sector" }
region = { from = "region" }
job = { from = "job_code" }
[[tables]]
name = "first"
by = ["sector", "region"]
totals = false
measures = ["all"]
[[tables]]
name = "second"
by = ["job"]
totals = false
measures = ["all"]
[company_metrics]
by = ["job_code"]
measures = ["all"]
"#;

/// A section of a pipeline file, with what is there of it.
fn section(name: &str, entries: &[(&str, Option<String>)]) -> String {
    let line = |(key, value): &(&str, Option<String>)| Some(format!("{key} = {}\n", value.as_ref()?));
    let lines: Vec<String> = entries.iter().filter_map(line).collect();
    if lines.is_empty() { String::new() } else { format!("[{name}]\n{}", lines.concat()) }
}

/// A case: the settings, and each company's records.
#[derive(Clone)]
struct Case {
    settings: Settings,
    /// Of the earlier period, and of the one that is told of.
    columns: [BTreeSet<&'static str>; 2],
    companies: Vec<Company>,
}

impl Case {
    fn of(raw: &Raw, companies: usize) -> Self {
        let mut settings = settings(&raw.settings, &raw.pool);
        let columns = [0, 1].map(|period| {
            // Several companies have the columns of one file.
            let bytes = &raw.columns[if companies > 1 { 0 } else { period }];
            let mut columns: BTreeSet<&str> =
                COLUMNS.into_iter().zip(bytes).filter(|(_, byte)| **byte % 8 != 7).map(|(column, _)| column).collect();
            columns.extend(settings.currency.is_none().then_some("currency"));
            columns.extend(settings.pay_basis.is_none().then_some("pay_basis"));
            columns
        });
        let mut found = vec![Company::default(); companies];
        let some = |place: usize| usize::from(raw.settings[raw.settings.len() - 1 - place]);
        for (employee, (fate, then, now, holds)) in raw.people.iter().enumerate() {
            let field = |period: usize, place: usize| {
                let column = COLUMNS[place];
                let byte = [then, now][period][place];
                let choices = choices(column, period, &settings, &raw.pool, [some(0), some(1), some(2)]);
                choices[usize::from(byte) % choices.len()]
            };
            let row = |period: usize| {
                let of = |(place, column): (usize, &'static str)| {
                    let still = period == 1 && column != "termination_date" && holds[place] % 4 != 3;
                    (column, field(if still { 0 } else { period }, place))
                };
                let own = |(_, column): &(usize, &'static str)| columns[period].contains(column);
                let fields = COLUMNS.into_iter().enumerate().filter(own).map(of).collect();
                settled(Row { employee, fields }, &settings)
            };
            let company = &mut found[employee % companies];
            match fate % 10 {
                8 => company.then.push(row(0)),
                9 => company.now.push(row(1)),
                _ => {
                    company.then.push(row(0));
                    company.now.push(row(1));
                }
            }
        }
        let told = found.iter().filter(|company| !company.now.is_empty());
        // The earlier records of a company are read where it has present ones or not.
        let rows = found.iter().flat_map(|company| company.then.iter().chain(&company.now));
        settings.ethnicities = rows.filter_map(|row| row.text("ethnicity")).map(ethnicity_code).collect();
        if told.count() == 0 {
            settings.ethnicities.clear();
        }
        Self { settings, columns, companies: found }
    }

    fn toml(&self) -> String {
        let settings = &self.settings;
        let quoted = |text: Option<&str>| text.map(|text| format!("{text:?}"));
        let number = |number: Option<i128>| number.map(decimal);
        let remainder = |bands: &str| settings.other_remainders.then(|| bands.to_owned());
        let own_gender_code = |codes: &str| settings.own_gender_codes.then(|| codes.to_owned());
        let file = |entries: usize, name: &str| (entries > 0).then(|| format!("{name:?}"));
        let defaults = [
            ("currency", quoted(settings.currency)),
            ("pay_basis", quoted(settings.pay_basis)),
            ("standard_weekly_hours", number(settings.standard_hours)),
            ("participation_from_cost", settings.from_cost.then(|| "true".to_owned())),
        ];
        let gender = [("women", own_gender_code(r#"["X"]"#)), ("men", own_gender_code(r#"["F"]"#))];
        let pay_equity = [
            ("empty_variable_pay", quoted(settings.empty_variable_pay)),
            ("bonus_period", settings.yearly_bonus.then(|| r#""year""#.to_owned())),
            ("remainder_1", remainder(r#"["upper"]"#)),
            ("remainder_2", remainder(r#"["upper", "lower_middle"]"#)),
            ("remainder_3", remainder(r#"["lower", "upper_middle", "upper"]"#)),
        ];
        let workforce = [
            ("compare_with", settings.year_before.then(|| r#""year_before""#.to_owned())),
            ("level_order", settings.level_order.then(|| format!("{LEVELS:?}"))),
            ("pay_growth_of", quoted(settings.pay_growth_of)),
            ("max_headcount_change", number(settings.max_headcount_change)),
            ("min_matched", number(settings.min_matched)),
        ];
        let reference = [
            ("living_wage", file(settings.living_wages.len(), "living-wage.csv")),
            ("pay_ranges", file(settings.pay_ranges.len(), "pay-ranges.csv")),
        ];
        let positive = || Some(r#"{ values = "positive" }"#.to_owned());
        let measures: Vec<_> = settings.positive.iter().map(|name| (*name, positive())).collect();
        let sections = [
            section("defaults", &defaults),
            section("gender", &gender),
            section("pay_equity", &pay_equity),
            section("workforce", &workforce),
            section("reference", &reference),
            section("measures", &measures),
        ];
        format!("name = \"twin\"\nperiod = {:?}\n{INPUT}{}{TABLES}", settings.kind, sections.concat())
    }

    /// What the pipeline file names, but for the uploads.
    fn tables(&self) -> [(&'static str, String); 3] {
        let settings = &self.settings;
        let companies = (0..self.companies.len()).map(|place| format!("K{place},{}", sector(place)));
        let wages = settings.living_wages.iter();
        let wages = wages.map(|(region, currency, hourly)| format!("{region},{currency},{}", decimal(*hourly)));
        let ranges = settings.pay_ranges.iter().map(|(job, level, currency, basis, low, high)| {
            format!("{job},{level},{currency},{basis},{},{}", decimal(*low), decimal(*high))
        });
        let file = |header: &str, lines: Vec<String>| format!("{header}\n{}\n", lines.join("\n"));
        [
            ("companies.csv", file("company_id,sector", companies.collect())),
            ("living-wage.csv", file("region,currency,hourly", wages.collect())),
            ("pay-ranges.csv", file("job_code,job_level,currency,pay_basis,minimum,maximum", ranges.collect())),
        ]
    }

    /// The header of the uploads of a period.
    fn header(&self, period: usize) -> String {
        let columns: Vec<&str> = self.columns[period].iter().copied().collect();
        format!("employee_id,company_id,period,{}\n", columns.join(","))
    }

    /// The lines of a company's records of a period; the last ones with some of a period of long ago.
    fn lines(&self, company: usize, period: usize) -> Vec<String> {
        let own = &self.companies[company];
        let line = |row: &Row, period: usize| {
            let fields: Vec<String> = row.fields.values().map(|field| field.map_or_else(String::new, shown)).collect();
            let period = self.settings.periods[period];
            format!("E{:03},K{company},{period},{}\n", row.employee, fields.join(","))
        };
        let mut lines: Vec<String> = [&own.then, &own.now][period].iter().map(|row| line(row, period + 1)).collect();
        for row in own.now.iter().take(if period == 1 { 2 } else { 0 }) {
            let mut decoy = row.clone();
            for field in decoy.fields.iter_mut().filter(|(column, _)| **column == "ethnicity") {
                *field.1 = Some(Field::Text("Decoy"));
            }
            lines.push(line(&decoy, 0));
        }
        lines
    }
}

/// As the files that make it.
impl fmt::Debug for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\n{}", self.toml())?;
        for (name, text) in self.tables() {
            write!(out, "-- {name}\n{text}")?;
        }
        for company in 0..self.companies.len() {
            for period in [0, 1] {
                write!(out, "-- upload\n{}{}", self.header(period), self.lines(company, period).concat())?;
            }
        }
        Ok(())
    }
}

/// What may stand in a field of a period; the first is the plainest. `some` says how much variety the case has.
fn choices(column: &str, period: usize, settings: &Settings, pool: &[i128], some: [usize; 3]) -> Vec<Option<Field>> {
    let texts = |texts: &[&'static str]| -> Vec<Option<Field>> {
        texts.iter().map(|text| (!text.is_empty()).then_some(Field::Text(text))).collect()
    };
    let numbers = |numbers: &[i128]| -> Vec<Option<Field>> {
        numbers.iter().map(|number| Some(Field::Number(*number))).chain([None]).collect()
    };
    let flags = vec![Some(Field::Flag(true)), Some(Field::Flag(false)), Some(Field::Flag(true)), None];
    let days = |days: &[i32], blanks: usize| -> Vec<Option<Field>> {
        std::iter::repeat_n(None, blanks).chain(days.iter().map(|day| Some(Field::Day(*day)))).collect()
    };
    match column {
        "region" => texts(&["R1", "R2", "R1", "R3", ""]),
        "job_code" => texts([&["A"][..], &["A", "B", "A", "C", ""]][usize::from(some[0] % 3 != 2)]),
        "job_level" => texts(&["1", "2", "1", "3", "2", "9", ""]),
        "gender" => texts(&["F", "M", "F", "M", "f", "m", "Woman", "men", "X", "F", "M", ""]),
        "ethnicity" => texts(&["a", "B b", "b-b", "Ä1", "a", ""]),
        "termination_reason" => texts(&["voluntary", "involuntary", "other", "", "voluntary"]),
        "pay_basis" if some[1] % 3 == 2 => texts(&["year"]),
        "pay_basis" => {
            texts(&["hour", "day", "week", "two_weeks", "half_month", "month", "quarter", "year", "year", ""])
        }
        "currency" if some[2] % 3 != 2 => texts(&["EUR"]),
        "currency" => texts(&["EUR", "USD", "EUR", ""]),
        "hire_date" => {
            let before = [0, 1, 90, 364, 365, 366, 1_826, 1_827, 3_652, 3_653, 5_000, -1, -40];
            let mut found = days(&before.map(|days| settings.last_day - days), 0);
            found.extend(days(&[day(2025, 12, 31), day(2026, 1, 1), day(2024, 12, 31), day(2024, 2, 29)], 1));
            found
        }
        "termination_date" => {
            let (start, end) = (settings.before, settings.last_day);
            if period == 0 {
                days(&[start, start + 1, start - 1, start + 30], 28)
            } else {
                days(&[end, end - 1, end + 1, start, start + 1, start - 1, end - 10, end + 30], 24)
            }
        }
        "weekly_hours" => numbers(&[40 * SCALE, 375_000, 20 * SCALE, 40 * SCALE, 375_000, 0]),
        "fte" => numbers(&[SCALE, 5_000, 0]),
        "paid_leave_days" => numbers(&[20 * SCALE, 0, 305_000]),
        "training_hours" => numbers(&[8 * SCALE, 0, 165_000]),
        "courses_enrolled" => numbers(&[2 * SCALE, 0, SCALE, 5 * SCALE]),
        "courses_completed" => numbers(&[SCALE, 0, 3 * SCALE]),
        "full_pay" => [flags.clone(), flags, vec![Some(Field::Flag(true)); 6]].concat(),
        _ if column.starts_with("skill_") => numbers(&[50 * SCALE, 0, 722_500]),
        _ if column.ends_with("_eligible") || column.ends_with("_enrolled") => flags,
        "base_pay" => [numbers(pool), numbers(pool), numbers(pool)[..pool.len()].to_vec()].concat(),
        _ if is_money(column) => [numbers(pool), numbers(&[0])].concat(),
        _ => panic!("{column} is no column"),
    }
}

/// The record with what it must not lack: a currency of its amounts, and a pay basis of its base pay.
fn settled(mut row: Row, settings: &Settings) -> Row {
    let has_money = COLUMNS.iter().any(|column| is_money(column) && row.field(column).is_some());
    if settings.currency.is_none() && has_money && row.text("currency").is_none() {
        row.fields.insert("currency", Some(Field::Text("USD")));
    }
    if settings.pay_basis.is_none() && row.number("base_pay").is_some() && row.text("pay_basis").is_none() {
        row.fields.insert("pay_basis", Some(Field::Text("month")));
    }
    row
}

fn decimal(number: i128) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}.{:04}", number.abs() / SCALE, number.abs() % SCALE)
}

fn shown(field: Field) -> String {
    match field {
        Field::Text(text) => text.to_owned(),
        Field::Number(number) => decimal(number),
        Field::Flag(flag) => ["no", "yes"][usize::from(flag)].to_owned(),
        Field::Day(days) => {
            let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days));
            date.expect("a date").to_string()
        }
    }
}

// The program

/// What the program makes of a case whose uploads are these files, and the names of its measures.
fn program(case: &Case, files: &[String]) -> (CellTable, Vec<RecordBatch>, Vec<String>) {
    let desk = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(desk.path().join(name), text).expect("written");
    fs::create_dir(desk.path().join("uploads")).expect("a folder");
    // A file without rows is refused; the twin has files for companies of which nobody is there.
    let filled = files.iter().enumerate().filter(|(_, text)| text.lines().nth(1).is_some());
    for (place, text) in filled {
        write(&format!("uploads/{place}.csv"), text);
    }
    for (name, text) in case.tables() {
        write(name, &text);
    }
    write("twin.toml", &case.toml());
    run(desk.path(), case.settings.periods[2])
}

fn run(folder: &Path, period: &str) -> (CellTable, Vec<RecordBatch>, Vec<String>) {
    let workspace = folder.join("workspace");
    let overrides = Overrides { workspace: Some(workspace.clone()), ..Overrides::default() };
    let mut pipeline = Pipeline::read(&folder.join("twin.toml"), &overrides).expect("a pipeline");
    let register = Register::of(&pipeline).expect("a register");
    let store = Store::open(&workspace, false).expect("a store");
    let files = uploads_so_far(&pipeline.uploads).expect("uploads");
    let report = ingest(&files, &pipeline, &register, &store, &MasterKey::from_bytes([7; 32]), &|_| {}).expect("taken");
    assert!(report.refused.is_empty(), "{:?}", report.refused.iter().map(|refused| &refused.0).collect::<Vec<_>>());
    for upload in &report.taken {
        assert_eq!((upload.rejected, upload.merged), (0, 0), "{:?}", upload.by_rule);
    }
    let catalogue = store.catalogue().expect("a catalogue");
    let period = pipeline.period_kind.parse(period).expect("a period");
    let snapshots = Snapshots::of(&catalogue, &pipeline, period);
    pipeline.expand(&snapshots.found(&pipeline).expect("readable"));
    let mut companies = CompanyTable::in_memory(&pipeline);
    let cells = aggregate(&pipeline, &register, &snapshots, &mut companies, &|_| {}).expect("aggregated");
    let companies = companies.finish().expect("in memory");
    (cells, companies, pipeline.measures.iter().map(|measure| measure.name.clone()).collect())
}

/// A column of codes of a company table.
fn texts(batch: &RecordBatch, column: &str) -> Vec<Option<String>> {
    let codes = batch.column_by_name(column).expect("the column");
    let codes = codes.as_any().downcast_ref::<DictionaryArray<Int32Type>>().expect("codes");
    let words = codes.values().as_any().downcast_ref::<StringArray>().expect("words");
    let word = |row: usize| codes.key(row).map(|key| words.value(key).to_owned());
    (0..codes.len()).map(word).collect()
}

/// A column of figures or counts.
fn numbers(batch: &RecordBatch, column: &str) -> Vec<Option<f64>> {
    let column = batch.column_by_name(column).expect("the column");
    match column.as_any().downcast_ref::<Int64Array>() {
        Some(counts) => counts.iter().map(|count| count.map(|count| float(i128::from(count)))).collect(),
        None => column.as_any().downcast_ref::<Float64Array>().expect("figures").iter().collect(),
    }
}

/// The rows of all companies, in order: company, codes, metric, currency and figures.
type Listed = Vec<(String, OwnKey, Figures)>;

fn listed(batches: &[RecordBatch]) -> Listed {
    let mut rows = Listed::new();
    for batch in batches {
        let text = ["company_id", "job_code", "measure", "currency", "note"].map(|column| texts(batch, column));
        let figures = FIGURES.map(|column| numbers(batch, column));
        for row in 0..batch.num_rows() {
            let [company, job, measure, currency, note] = text.each_ref().map(|column| column[row].clone());
            let word = |word: Option<String>| word.expect("never empty");
            let key = (vec![word(job)], word(measure), currency);
            let figures = figures.each_ref().map(|column| column[row]);
            rows.push((word(company), key, Figures { figures, noted: note.is_some() }));
        }
    }
    rows
}

// The properties

fn same(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= 1e-12 + 1e-9 * one.abs().max(other.abs()),
        (None, None) => true,
        _ => false,
    }
}

/// A line for each difference of a company's rows.
fn differences(found: &Rows, expected: &Rows) -> String {
    let mut lines = String::new();
    for key in found.keys().chain(expected.keys()).collect::<BTreeSet<_>>() {
        let (Some(found), Some(expected)) = (found.get(key), expected.get(key)) else {
            let whose = if found.contains_key(key) { "the program's" } else { "the twin's" };
            let _ = writeln!(lines, "{key:?} is only {whose}");
            continue;
        };
        for ((name, found), expected) in FIGURES.iter().zip(found.figures).zip(expected.figures) {
            if !same(found, expected) {
                let _ = writeln!(lines, "{key:?} {name}: {found:?} of the program, {expected:?} of the twin");
            }
        }
        if found.noted != expected.noted {
            let _ = writeln!(lines, "{key:?}: noted by the program {}, by the twin {}", found.noted, expected.noted);
        }
    }
    lines
}

/// The figures of a cell in which every employee counts alike.
fn incumbent(summary: &Summary) -> [Option<f64>; 13] {
    let count = |count: Option<u64>| count.map(|count| float(i128::from(count)));
    let figure = |figure: Option<Quotient>| figure.map(Quotient::to_f64);
    let (parts, statistics) = (summary.parts.as_ref(), summary.statistics.as_ref());
    let percentile = |place: usize| figure(statistics.map(|statistics| statistics.percentiles[place]));
    [
        count(Some(summary.employees)),
        count(summary.left_out),
        figure(parts.and_then(|parts| parts.numerator)),
        figure(parts.and_then(|parts| parts.denominator)),
        count(parts.and_then(|parts| parts.n_numerator)),
        count(parts.and_then(|parts| parts.n_denominator)),
        figure(summary.figure),
        statistics.and_then(|statistics| statistics.deviation),
        percentile(0),
        percentile(1),
        percentile(2),
        percentile(3),
        percentile(4),
    ]
}

/// A line for each difference of a benchmark's cells.
fn cell_differences(case: &Case, cells: &CellTable, measures: &[String]) -> String {
    let mut expected = benchmark(&case.companies, &case.settings);
    let mut lines = String::new();
    for cell in &cells.cells {
        let metric = measures[cell.measure].clone();
        let key = (cell.key.codes.clone(), metric, cell.key.currency.clone());
        let whose = |(table, own): &(usize, Key)| {
            *table == cell.key.table && (&own.0, &own.1, own.2) == (&key.0, &key.1, key.2.as_deref())
        };
        let Some(own) = expected.keys().find(|own| whose(own)).cloned() else {
            let _ = writeln!(lines, "cell {key:?} is only the program's");
            continue;
        };
        let expected = expected.remove(&own).expect("it is there");
        for ((name, found), expected) in FIGURES.iter().zip(incumbent(&cell.incumbent)).zip(expected) {
            // A table keeps the statistics of more than distributions: not all of them are published.
            let is_kept = described(&key.1).0 != Kind::Distribution && (*name == "sd" || name.starts_with('p'));
            if !is_kept && !same(found, expected) {
                let _ = writeln!(lines, "cell {key:?} {name}: {found:?} of the program, {expected:?} of the twin");
            }
        }
    }
    for (table, key) in expected.keys() {
        let _ = writeln!(lines, "cell {key:?} of table {table} is only the twin's");
    }
    lines
}

/// Runs a property over random cases, of which `usual` are taken where nobody asks for more.
fn hold(usual: u32, property: impl Fn(&Raw) -> Result<(), TestCaseError>) {
    let asked = std::env::var("PAYQUORUM_TWIN_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = asked.unwrap_or(usual);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 1_500, ..Config::default() };
    match TestRunner::new(config).run(&raws(), |raw| property(&raw)) {
        Ok(()) => {}
        Err(TestError::Fail(why, raw)) => panic!("{why}\nthe smallest case:{raw:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

fn fails(lines: &str) -> Result<(), TestCaseError> {
    if lines.is_empty() { Ok(()) } else { Err(TestCaseError::fail(lines.to_owned())) }
}

#[test]
fn every_metric_agrees_with_its_twin() {
    // Rows and figures that were compared, by metric.
    let compared: RefCell<BTreeMap<String, (usize, usize)>> = RefCell::default();
    let cases = RefCell::new(0);
    hold(48, |raw| {
        *cases.borrow_mut() += 1;
        let case = Case::of(raw, 1);
        let files = [0, 1].map(|period| case.header(period) + &case.lines(0, period).concat());
        let (cells, companies, measures) = program(&case, &files);
        let rows = listed(&companies);
        let found: Rows = rows.iter().map(|(_, key, figures)| (key.clone(), *figures)).collect();
        prop_assert_eq!(rows.len(), found.len(), "no two rows with one key");
        let expected = own_rows(&case.companies[0], &case.settings);
        for ((_, metric, _), row) in &expected {
            let mut compared = compared.borrow_mut();
            let counts = compared.entry(metric.clone()).or_default();
            counts.0 += 1;
            counts.1 += usize::from(row.figures[6].is_some());
        }
        fails(&(differences(&found, &expected) + &cell_differences(&case, &cells, &measures)))
    });
    let compared = compared.into_inner();
    println!("rows and figures compared: {compared:#?}");
    if *cases.borrow() < 48 {
        return;
    }
    let families = [("<plan>", "life"), ("<name>", "data"), ("<code>", "b_b")];
    for entry in catalogue().filter(|entry| entry.name != "market_ratio") {
        let name = families.iter().fold(entry.name.to_owned(), |name, (family, member)| name.replace(family, member));
        assert!(compared.get(&name).is_some_and(|(_, figures)| *figures > 0), "{name} was never compared");
    }
}

#[test]
fn order_files_and_threads_change_nothing() {
    hold(24, |raw| {
        let case = Case::of(raw, 3);
        let parts: Vec<(usize, usize)> = (0..3).flat_map(|company| [(company, 0), (company, 1)]).collect();
        let one_by_one: Vec<String> = parts
            .iter()
            .map(|&(company, period)| case.header(period) + &case.lines(company, period).concat())
            .collect();
        let mut dice = Dice(u64::from(raw.settings[0]));
        let mut together = |parts: &[(usize, usize)]| {
            let mut lines: Vec<String> =
                parts.iter().flat_map(|&(company, period)| case.lines(company, period)).collect();
            dice.shuffle(&mut lines);
            case.header(0) + &lines.concat()
        };
        let by_company: Vec<String> = (0..3).rev().map(|company| together(&[(company, 1), (company, 0)])).collect();
        let all = [together(&parts)];
        let with = |threads: usize, files: &[String]| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| program(&case, files))
        };
        let (cells, companies, measures) = with(1, &one_by_one);
        let rows = listed(&companies);
        for (threads, files) in [(4, &one_by_one[..]), (2, &by_company), (3, &all)] {
            let (other_cells, other_companies, other_measures) = with(threads, files);
            prop_assert_eq!(&measures, &other_measures);
            prop_assert!(cells.cells == other_cells.cells, "cells with {threads} threads and {} files", files.len());
            prop_assert_eq!(format!("{cells:?}"), format!("{other_cells:?}"));
            let other_rows = listed(&other_companies);
            prop_assert!(rows == other_rows, "rows with {threads} threads and {} files", files.len());
            prop_assert_eq!(format!("{rows:?}"), format!("{other_rows:?}"), "to the last bit");
        }
        fails(&cell_differences(&case, &cells, &measures))
    });
}

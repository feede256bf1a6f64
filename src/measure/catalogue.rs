//! The catalogue: every measure, one line for each or for each family of them.
//!
//! In: a name, or nothing. Out: the [`Measure`], or all [`Entry`]s. Invariant: `payquorum metrics` and docs/metrics.md are made
//! from this list, so they cannot disagree with what is computed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::formula::heads::Headcount::{Average, Closing};
use super::panel::Reason;
use super::{
    Band, Center, Gender, Measure, MeasureSettings, access, base_annual, base_annual_fte, base_hourly, benefit_load,
    compa_ratio, cost_per_hour_worked, course_completion, employer_cost, employer_cost_per_participant, eu_basic_gap,
    eu_joint_assessment, eu_pay_gap, eu_quartile, eu_variable_gap, eu_variable_share, fits, fte, gini, headcount,
    hires_rate, internal_moves, living_wage, low_pay, market_ratio, overtime_pay, p90_p10, paid_leave_days,
    participation, pay_growth, promotion, range_penetration, representation, retention, separations_rate, skill,
    skill_assessed, take_up, tenure_share, tenure_years, total_cash_annual, training_hours, uk_bonus_gap,
    uk_bonus_share, uk_hourly_gap, uk_quartile, variable_pay, variable_recipients,
};
use crate::record::{benefit, is_plain_name};

/// A chapter of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Pay.
    Pay,
    /// Benefits.
    Benefits,
    /// Pay equity.
    PayEquity,
    /// Workforce.
    Workforce,
    /// Learning and skills.
    Learning,
}

impl Section {
    /// All chapters, in order.
    pub const ALL: [Self; 5] = [Self::Pay, Self::Benefits, Self::PayEquity, Self::Workforce, Self::Learning];

    /// Its title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Pay => "Pay",
            Self::Benefits => "Benefits",
            Self::PayEquity => "Pay equity",
            Self::Workforce => "Workforce",
            Self::Learning => "Learning and skills",
        }
    }
}

/// How a measure is made: from what `<...>` stands for in its name, and the settings.
type Make = fn(&str, &MeasureSettings) -> Measure;

/// One line of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The chapter.
    pub section: Section,
    /// The name, perhaps with one `<plan>`, `<name>` or `<code>` in it.
    pub name: &'static str,
    make: Make,
}

use Section::{Benefits, Learning, Pay, PayEquity, Workforce};

#[rustfmt::skip]
const CATALOGUE: [(Section, &str, Make); 79] = [
    (Pay, "base_hourly", |_, _| base_hourly::measure()),
    (Pay, "base_annual", |_, _| base_annual::measure()),
    (Pay, "base_annual_fte", |_, _| base_annual_fte::measure()),
    (Pay, "variable_pay", |_, _| variable_pay::measure()),
    (Pay, "variable_recipients", |_, _| variable_recipients::measure()),
    (Pay, "total_cash_annual", |_, _| total_cash_annual::measure()),
    (Pay, "overtime_pay", |_, _| overtime_pay::measure()),
    (Pay, "p90_p10", |_, _| p90_p10::measure()),
    (Pay, "gini", |_, _| gini::measure()),
    (Pay, "low_pay", |_, _| low_pay::measure()),
    (Pay, "living_wage", |_, _| living_wage::measure()),
    (Pay, "compa_ratio", |_, _| compa_ratio::measure()),
    (Pay, "range_penetration", |_, _| range_penetration::measure()),
    (Pay, "market_ratio", |_, _| market_ratio::measure()),
    (Benefits, "<plan>_access", |plan, _| access::measure(plan)),
    (Benefits, "<plan>_participation", participation::measure),
    (Benefits, "<plan>_take_up", take_up::measure),
    (Benefits, "<plan>_employer_cost", |plan, _| employer_cost::measure(plan)),
    (Benefits, "<plan>_employer_cost_per_participant", employer_cost_per_participant::measure),
    (Benefits, "<plan>_cost_per_hour_worked", |plan, _| cost_per_hour_worked::measure(plan)),
    (Benefits, "benefits_access", |_, _| access::measure("benefits")),
    (Benefits, "benefits_participation", |_, settings| participation::measure("benefits", settings)),
    (Benefits, "benefits_take_up", |_, settings| take_up::measure("benefits", settings)),
    (Benefits, "benefits_employer_cost", |_, _| employer_cost::measure("benefits")),
    (Benefits, "benefits_employer_cost_per_participant", |_, settings| employer_cost_per_participant::measure("benefits", settings)),
    (Benefits, "benefits_cost_per_hour_worked", |_, _| cost_per_hour_worked::measure("benefits")),
    (Benefits, "benefit_load", |_, _| benefit_load::measure()),
    (Benefits, "paid_leave_days", |_, _| paid_leave_days::measure()),
    (PayEquity, "uk_mean_hourly_gap", |_, _| uk_hourly_gap::measure(Center::Mean)),
    (PayEquity, "uk_median_hourly_gap", |_, _| uk_hourly_gap::measure(Center::Median)),
    (PayEquity, "uk_mean_bonus_gap", |_, _| uk_bonus_gap::measure(Center::Mean)),
    (PayEquity, "uk_median_bonus_gap", |_, _| uk_bonus_gap::measure(Center::Median)),
    (PayEquity, "uk_bonus_share_women", |_, _| uk_bonus_share::measure(Gender::Woman)),
    (PayEquity, "uk_bonus_share_men", |_, _| uk_bonus_share::measure(Gender::Man)),
    (PayEquity, "uk_quartile_lower_women", |_, settings| uk_quartile::measure(Band::Lower, settings)),
    (PayEquity, "uk_quartile_lower_middle_women", |_, settings| uk_quartile::measure(Band::LowerMiddle, settings)),
    (PayEquity, "uk_quartile_upper_middle_women", |_, settings| uk_quartile::measure(Band::UpperMiddle, settings)),
    (PayEquity, "uk_quartile_upper_women", |_, settings| uk_quartile::measure(Band::Upper, settings)),
    (PayEquity, "eu_mean_gap", |_, _| eu_pay_gap::measure(Center::Mean)),
    (PayEquity, "eu_mean_variable_gap", |_, _| eu_variable_gap::measure(Center::Mean)),
    (PayEquity, "eu_median_gap", |_, _| eu_pay_gap::measure(Center::Median)),
    (PayEquity, "eu_median_variable_gap", |_, _| eu_variable_gap::measure(Center::Median)),
    (PayEquity, "eu_variable_share_women", |_, _| eu_variable_share::measure(Gender::Woman)),
    (PayEquity, "eu_variable_share_men", |_, _| eu_variable_share::measure(Gender::Man)),
    (PayEquity, "eu_quartile_lower_women", |_, settings| eu_quartile::measure(Band::Lower, settings)),
    (PayEquity, "eu_quartile_lower_middle_women", |_, settings| eu_quartile::measure(Band::LowerMiddle, settings)),
    (PayEquity, "eu_quartile_upper_middle_women", |_, settings| eu_quartile::measure(Band::UpperMiddle, settings)),
    (PayEquity, "eu_quartile_upper_women", |_, settings| eu_quartile::measure(Band::Upper, settings)),
    (PayEquity, "eu_mean_basic_gap", |_, _| eu_basic_gap::measure()),
    (PayEquity, "eu_joint_assessment_categories", |_, _| eu_joint_assessment::measure()),
    (Workforce, "headcount", |_, _| headcount::measure()),
    (Workforce, "fte", |_, _| fte::measure()),
    (Workforce, "hires_rate", |_, _| hires_rate::measure(Average)),
    (Workforce, "hires_rate_closing", |_, _| hires_rate::measure(Closing)),
    (Workforce, "separations_rate", |_, _| separations_rate::measure(None, Average)),
    (Workforce, "voluntary_separations_rate", |_, _| separations_rate::measure(Some(Reason::Voluntary), Average)),
    (Workforce, "involuntary_separations_rate", |_, _| separations_rate::measure(Some(Reason::Involuntary), Average)),
    (Workforce, "other_separations_rate", |_, _| separations_rate::measure(Some(Reason::Other), Average)),
    (Workforce, "separations_rate_closing", |_, _| separations_rate::measure(None, Closing)),
    (Workforce, "voluntary_separations_rate_closing", |_, _| separations_rate::measure(Some(Reason::Voluntary), Closing)),
    (Workforce, "involuntary_separations_rate_closing", |_, _| separations_rate::measure(Some(Reason::Involuntary), Closing)),
    (Workforce, "other_separations_rate_closing", |_, _| separations_rate::measure(Some(Reason::Other), Closing)),
    (Workforce, "retention", |_, _| retention::measure()),
    (Workforce, "internal_moves", |_, _| internal_moves::measure()),
    (Workforce, "promotion", |_, _| promotion::measure()),
    (Workforce, "pay_growth", |_, _| pay_growth::measure()),
    (Workforce, "tenure_years", |_, _| tenure_years::measure()),
    (Workforce, "tenure_under_1_year", |_, _| tenure_share::measure(0)),
    (Workforce, "tenure_1_to_5_years", |_, _| tenure_share::measure(1)),
    (Workforce, "tenure_5_to_10_years", |_, _| tenure_share::measure(2)),
    (Workforce, "tenure_10_years_or_more", |_, _| tenure_share::measure(3)),
    (Workforce, "women_representation", |_, _| representation::of_gender(Gender::Woman)),
    (Workforce, "men_representation", |_, _| representation::of_gender(Gender::Man)),
    (Workforce, "other_gender_representation", |_, _| representation::of_gender(Gender::LeftOut)),
    (Workforce, "ethnicity_<code>_representation", |code, _| representation::of_ethnicity(code)),
    (Learning, "training_hours", |_, _| training_hours::measure()),
    (Learning, "course_completion", |_, _| course_completion::measure()),
    (Learning, "skill_<name>", |name, _| skill::measure(name)),
    (Learning, "skill_<name>_assessed", |name, _| skill_assessed::measure(name)),
];

/// The word that an example of a family stands with, where no upload tells one.
const EXAMPLES: [(&str, &str); 3] = [("<plan>", "health"), ("<name>", "safety"), ("<code>", "a")];

/// All lines of the catalogue.
pub fn catalogue() -> impl Iterator<Item = Entry> {
    CATALOGUE.iter().map(|&(section, name, make)| Entry { section, name, make })
}

/// The measure of this name.
pub(super) fn find(name: &str, settings: &MeasureSettings) -> Option<Measure> {
    let entry = catalogue().filter(|entry| entry.stem_of(name).is_some()).max_by_key(Entry::literal)?;
    Some((entry.make)(entry.stem_of(name)?, settings))
}

impl Entry {
    /// What stands for something in the name, if anything does.
    #[must_use]
    pub fn placeholder(&self) -> Option<&'static str> {
        EXAMPLES.iter().map(|(placeholder, _)| *placeholder).find(|placeholder| self.name.contains(placeholder))
    }

    /// Letters of the name that are always the same; a name without a placeholder comes before every other.
    fn literal(&self) -> usize {
        self.placeholder().map_or(usize::MAX, |placeholder| self.name.len() - placeholder.len())
    }

    /// What the placeholder is in `name`, if that is a name of this family; empty for a single measure.
    fn stem_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        let Some(placeholder) = self.placeholder() else { return (self.name == name).then_some("") };
        let (start, end) = self.name.split_once(placeholder)?;
        let stem = name.strip_prefix(start)?.strip_suffix(end)?;
        // A code may begin with a digit.
        (is_plain_name(stem) || placeholder == "<code>" && is_plain_name(&format!("c{stem}"))).then_some(stem)
    }

    /// The measure, or an example of the family.
    #[must_use]
    pub fn example(&self, settings: &MeasureSettings) -> Measure {
        let stem = self.placeholder().and_then(|own| EXAMPLES.iter().find(|(placeholder, _)| *placeholder == own));
        (self.make)(stem.map_or("", |(_, example)| example), settings)
    }

    /// The names of this line, given what plans, skills and codes there are.
    #[must_use]
    pub fn names(&self, found: &Found) -> Vec<String> {
        let stems: &BTreeSet<String> = match self.placeholder() {
            None => return vec![self.name.to_owned()],
            Some("<plan>") => &found.plans,
            Some("<name>") => &found.skills,
            Some(_) => &found.codes,
        };
        let placeholder = self.placeholder().unwrap_or_default();
        stems.iter().map(|stem| self.name.replace(placeholder, stem)).collect()
    }
}

/// What families of measures are about, as found in uploads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    plans: BTreeSet<String>,
    skills: BTreeSet<String>,
    codes: BTreeSet<String>,
}

impl Found {
    /// The plans and skills that these columns tell of, and these ethnicities.
    pub fn of<'c>(columns: impl IntoIterator<Item = &'c str>, ethnicities: impl IntoIterator<Item = String>) -> Self {
        let mut found = Self::default();
        for column in columns {
            if let Some((plan, _)) = benefit(column) {
                found.plans.insert(plan.to_owned());
            } else if let Some(skill) = column.strip_prefix("skill_") {
                found.skills.insert(skill.to_owned());
            }
        }
        found.codes = ethnicities.into_iter().map(|code| representation::plain(&code)).collect();
        found
    }

    /// The names of all measures that a pattern means, in the order of the catalogue.
    #[must_use]
    pub fn expand(&self, pattern: &str) -> Vec<String> {
        catalogue().flat_map(|entry| entry.names(self)).filter(|name| fits(pattern, name)).collect()
    }
}

/// docs/metrics.md: the whole catalogue.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "# The metrics\n\nMade by `payquorum metrics --markdown` from the catalogue that the program computes with. `<plan>`, `<name>` and `<code>` \
         stand for\nthe benefit plans, skills and ethnicities that the uploads tell of. Every distribution, share, ratio and gap comes weighted\n\
         by employees (every employee alike) and by companies (`org_*`: statistics of the companies' own figures).\n",
    );
    let settings = MeasureSettings::default();
    for section in Section::ALL {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n## {}\n", section.title());
        for entry in catalogue().filter(|entry| entry.section == section) {
            let _ = write!(text, "\n### `{}`\n\n{}", entry.name, list(&entry.as_family(&settings)));
        }
    }
    text
}

/// What there is to say of a measure, as a list.
fn list(measure: &Measure) -> String {
    measure.facts().iter().fold(String::new(), |mut text, (what, fact)| {
        let _ = writeln!(text, "- **{what}**: {fact}");
        text
    })
}

impl Entry {
    /// The family under its own name: with the placeholder in place of an example.
    #[must_use]
    pub fn as_family(&self, settings: &MeasureSettings) -> Measure {
        let Some(placeholder) = self.placeholder() else { return (self.make)("", settings) };
        (self.make)(placeholder, settings)
    }
}

impl Measure {
    /// What there is to say of it: each fact with what it is about.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let names = |names: &[String]| {
            let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            quoted.join(", ")
        };
        let mut facts = vec![
            ("kind", self.kind.label().to_owned()),
            ("unit", self.unit.label().to_owned()),
            ("direction", self.direction.label().to_owned()),
            ("formula", self.formula.clone()),
            ("source", self.source.to_owned()),
            ("needs", if self.needs.is_empty() { "nothing but records".to_owned() } else { names(&self.needs) }),
        ];
        if !self.reads.is_empty() {
            facts.push(("also reads", names(&self.reads)));
        }
        for requirement in &self.requires {
            facts.push(("requires", requirement.label().to_owned()));
        }
        facts.push(("missing, zero and negative values", self.treatment.to_owned()));
        if let Some(family) = &self.family {
            facts.push(("tied by a sum", family.name.to_string()));
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_finds_its_own_measure_and_says_everything() {
        let settings = MeasureSettings::default();
        for entry in catalogue() {
            let example = entry.example(&settings);
            let found = find(&example.name, &settings).expect("a measure of this name");
            assert_eq!(found.name, example.name);
            assert_eq!(found.basis_key(), example.basis_key(), "{} is found in its own line", example.name);
            for (what, fact) in example.facts() {
                assert!(!fact.is_empty(), "{}: {what} is empty", example.name);
            }
        }
    }

    #[test]
    fn names_are_found_in_the_right_family() {
        let settings = MeasureSettings::default();
        let name = |name: &str| find(name, &settings).map(|measure| measure.formula);
        assert_ne!(name("skill_rust"), name("skill_rust_assessed"));
        assert_ne!(name("benefits_access"), name("health_access"));
        assert_eq!(name("health_"), None);
        assert_eq!(name("Health_access"), None);
        assert!(name("ethnicity_2_representation").is_some());
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("uk_*", "uk_mean_hourly_gap", true),
            ("*separations_rate*", "voluntary_separations_rate_closing", true),
            ("a*a", "a", false),
            ("a*b*c", "abcbc", true),
            ("gini", "gini", true),
            ("gini", "ginis", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn patterns_are_expanded_by_what_is_found() {
        let columns = ["base_pay", "benefit_health_enrolled", "benefit_life_eligible", "skill_rust"];
        let found = Found::of(columns, ["White / other".to_owned()]);
        assert_eq!(found.expand("*_take_up"), ["health_take_up", "life_take_up", "benefits_take_up"]);
        assert_eq!(found.expand("skill_*"), ["skill_rust", "skill_rust_assessed"]);
        assert_eq!(found.expand("ethnicity_*"), ["ethnicity_white___other_representation"]);
        assert!(found.expand("*").len() > 70);
    }
}

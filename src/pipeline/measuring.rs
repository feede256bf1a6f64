//! What a pipeline settles for its measures.
//!
//! In: `[defaults]`, `[gender]`, `[pay_equity]`, `[workforce]`, `[reference]`, `[aging]`. Out: [`MeasureSettings`].
//! Invariant: a table that cannot be used is a mistake of the pipeline, with everything that is wrong in it.

use std::path::PathBuf;
use std::sync::Arc;

use sha2::Digest;

use super::PayTerms;
use super::read::Reader;
use super::section::{Placed, Section};
use crate::exact::SCALE;
use crate::measure::{
    Aging, AgingMethod, AgingRate, Band, CompareWith, EmptyVariablePay, ExchangeRates, LevelOrder, LivingWages,
    MeasureSettings, PayBasis, PayGrowthOf, PayRanges, Reference, Remainders,
};
use crate::period::PeriodKind;
use crate::problem::FileProblems;
use crate::record::{PAY_BASES, is_currency_code};

impl Reader<'_> {
    /// The settings of all measures.
    pub(super) fn settings(&mut self, kind: Option<PeriodKind>) -> MeasureSettings {
        let mut settings = MeasureSettings::default();
        self.defaults(&mut settings);
        self.gender(&mut settings);
        self.pay_equity(&mut settings);
        self.workforce(&mut settings);
        settings.reference = Arc::new(self.reference(&settings, kind));
        settings.aging = self.aging();
        settings
    }

    fn defaults(&self, settings: &mut MeasureSettings) {
        let Some(section) = self.root.section("defaults") else { return };
        let bases: Vec<(&'static str, PayBasis)> =
            PAY_BASES.iter().filter_map(|word| PayBasis::of_word(word).map(|basis| (*word, basis))).collect();
        settings.currency = section.text("currency").and_then(|text| currency(&section, &text));
        settings.pay_basis = section.choice("pay_basis", &bases);
        settings.standard_weekly_hours = section.decimal("standard_weekly_hours", SCALE, 168 * SCALE);
        // What base pay means is read with the formats of files, which it is the default of.
        let _ = PayTerms::read(&section, PayTerms::default());
        settings.participation_from_cost = section.flag("participation_from_cost").unwrap_or(false);
        section.finish();
    }

    fn gender(&self, settings: &mut MeasureSettings) {
        let Some(section) = self.root.section("gender") else { return };
        let codes = |texts: Vec<Placed<String>>| texts.iter().map(|text| text.value.trim().to_lowercase()).collect();
        if let Some(women) = section.texts("women") {
            settings.women = codes(women);
        }
        if let Some(men) = section.texts("men") {
            settings.men = codes(men);
        }
        if let Some(both) = settings.women.iter().find(|code| settings.men.contains(code)) {
            section.problems.add(
                section.at(),
                format!("the code {both:?} is among women and men"),
                "name each code once; other genders need no list",
            );
        }
        section.finish();
    }

    fn pay_equity(&self, settings: &mut MeasureSettings) {
        let Some(section) = self.root.section("pay_equity") else { return };
        let meanings = [("unknown", EmptyVariablePay::Unknown), ("zero", EmptyVariablePay::Zero)];
        if let Some(meaning) = section.choice("empty_variable_pay", &meanings) {
            settings.empty_variable_pay = meaning;
        }
        let periods: Vec<(&'static str, PayBasis)> = PAY_BASES
            .iter()
            .filter_map(|word| PayBasis::of_word(word).map(|basis| (*word, basis)))
            .filter(|(_, basis)| !matches!(basis, PayBasis::Hour | PayBasis::Day))
            .collect();
        if let Some(period) = section.choice("bonus_period", &periods) {
            settings.bonus_period = period;
        }
        for (place, key) in ["remainder_1", "remainder_2", "remainder_3"].into_iter().enumerate() {
            if let Some(bands) = section.texts(key)
                && let Some(chosen) = remainder(&section, &bands, place + 1)
            {
                let Remainders(all) = &mut settings.quartile_remainders;
                all[place] = chosen;
            }
        }
        section.finish();
    }

    fn workforce(&self, settings: &mut MeasureSettings) {
        let Some(section) = self.root.section("workforce") else { return };
        let with = [("previous", CompareWith::Previous), ("year_before", CompareWith::YearBefore)];
        if let Some(with) = section.choice("compare_with", &with) {
            settings.compare_with = with;
        }
        let pay = [("base_hourly", PayGrowthOf::BaseHourly), ("base_annual", PayGrowthOf::BaseAnnual)];
        if let Some(pay) = section.choice("pay_growth_of", &pay) {
            settings.pay_growth_of = pay;
        }
        settings.level_order = section
            .texts("level_order")
            .map(|levels| LevelOrder(levels.into_iter().map(|level| level.value).collect()));
        if let Some(change) = section.decimal("max_headcount_change", 0, 100 * SCALE) {
            settings.max_headcount_change = change;
        }
        if let Some(matched) = section.decimal("min_matched", 0, SCALE) {
            settings.min_matched = matched;
        }
        section.finish();
    }

    fn reference(&mut self, settings: &MeasureSettings, kind: Option<PeriodKind>) -> Reference {
        let mut reference = Reference::default();
        let Some(section) = self.root.section("reference") else { return reference };
        let problems = section.problems;
        let mut files: Vec<PathBuf> = Vec::new();
        let mut file = |text: &Placed<String>| {
            let path = self.path(&text.value);
            files.push(path.clone());
            path
        };
        let report = |text: &Placed<String>, error: FileProblems| {
            problems.add(&text.at, format!("the table is not usable: {error}"), "mend the table, or name another");
        };
        if let Some(text) = section.text("living_wage") {
            match LivingWages::read(&file(&text)) {
                Ok(table) => reference.living_wages = Some(table),
                Err(error) => report(&text, error),
            }
        }
        if let Some(text) = section.text("pay_ranges") {
            match PayRanges::read(&file(&text), settings.standard_weekly_hours) {
                Ok(table) => reference.pay_ranges = Some(table),
                Err(error) => report(&text, error),
            }
        }
        let to = section.text("convert_to");
        if let Some(text) = section.text("exchange_rates") {
            let target = to.as_ref().and_then(|to| currency(&section, to));
            if to.is_none() {
                section
                    .missing("convert_to", "the currency that amounts are converted to, as in `convert_to = \"EUR\"`");
            }
            if let (Some(target), Some(kind)) = (target, kind) {
                match ExchangeRates::read(&file(&text), &target, kind) {
                    Ok(table) => reference.exchange_rates = Some(table),
                    Err(error) => report(&text, error),
                }
            }
        } else if to.is_some() {
            section.missing("exchange_rates", "a table `period,currency,rate`");
        }
        section.finish();
        self.digest(&files);
        reference
    }

    fn aging(&mut self) -> Option<Aging> {
        let section = self.root.section("aging")?;
        let date = section.required_text("to", "a date, as in `to = \"2027-01-01\"`");
        let parsed = date.as_ref().and_then(|date| date.value.parse::<jiff::civil::Date>().ok());
        if let (Some(date), None) = (&date, parsed) {
            section.problems.add(&date.at, "is no date", "write it like 2027-01-01");
        }
        let methods = [("compound", AgingMethod::Compound), ("linear", AgingMethod::Linear)];
        let method = section.required_choice("method", &methods, "`method = \"compound\"` (compound or linear)");
        let measures = section.texts("measures");
        if measures.is_none() {
            section.missing("measures", "the measures that are aged, as in `measures = [\"base_hourly\"]`");
        }
        let one = section.decimal("rate", -SCALE / 2, SCALE);
        let (file, by) = (section.text("rates"), section.text("by"));
        let rate = match (one, file) {
            (Some(rate), None) => Some(AgingRate::One(rate)),
            (None, Some(text)) => {
                let path = self.path(&text.value);
                let column = by.map_or_else(|| "region".to_owned(), |by| by.value);
                self.digest(std::slice::from_ref(&path));
                AgingRate::read(&path, &column)
                    .map_err(|error| {
                        let what = format!("the table is not usable: {error}");
                        section.problems.add(&text.at, what, "mend the table, or name another");
                    })
                    .ok()
            }
            _ => {
                section.missing("rate", "either `rate = 0.03` or `rates = \"aging.csv\"` with `by = \"region\"`");
                None
            }
        };
        section.finish();
        let (date, parsed) = date.zip(parsed)?;
        let measures = measures?.into_iter().map(|text| text.value).collect();
        let to = (parsed.year(), u8::try_from(parsed.month()).ok()?);
        Some(Aging { to, date: date.value, method: method?, rate: rate?, measures })
    }

    /// Takes the content of reference tables into the digest of the pipeline.
    fn digest(&mut self, files: &[PathBuf]) {
        for file in files {
            self.references.update(std::fs::read(file).unwrap_or_default());
        }
    }
}

fn currency(section: &Section<'_>, text: &Placed<String>) -> Option<String> {
    if !is_currency_code(&text.value) {
        section.problems.add(&text.at, "is no currency of ISO 4217", "write three letters, as in \"EUR\"");
        return None;
    }
    Some(text.value.clone())
}

/// The pay quartiles that one more employee goes to; as many as there are left over.
fn remainder(section: &Section<'_>, bands: &[Placed<String>], left_over: usize) -> Option<[bool; 4]> {
    let mut chosen = [false; 4];
    for band in bands {
        let Some(place) = Band::ALL.iter().position(|known| known.name() == band.value) else {
            let names: Vec<&str> = Band::ALL.iter().map(|band| band.name()).collect();
            let mend = format!("write one of {}", names.join(", "));
            section.problems.add(&band.at, format!("{:?} is no pay quartile", band.value), mend);
            return None;
        };
        chosen[place] = true;
    }
    if chosen.iter().filter(|chosen| **chosen).count() != left_over {
        let mend = format!("name {left_over} different ones of lower, lower_middle, upper_middle, upper");
        section.problems.add(section.at(), format!("`remainder_{left_over}` needs {left_over} pay quartiles"), mend);
        return None;
    }
    Some(chosen)
}

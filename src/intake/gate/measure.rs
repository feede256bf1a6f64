//! How often the gate is wrong: over codes of the trade, over identifiers, and over plain numbers.
//!
//! In: the two lists under `cases`. Out: tests with exact counts, and tables that `cargo test -- --nocapture measured`
//! prints. Invariant: no code of the list is taken for an identifier, and every identifier that is missed is named here.

use super::*;

const CODES: &str = include_str!("cases/codes.txt");
const IDENTIFIERS: &str = include_str!("cases/identifiers.txt");

/// The values of a list: what stands before the colon, the value, and the header behind `@`.
fn values(list: &str) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
    list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": ")).flat_map(
        |(kind, values)| {
            values.split(" | ").map(move |value| match value.split_once(" @ ") {
                Some((value, header)) if kind != "Versions and formulas" && kind != "Currencies, genders, words" => {
                    (kind, value.trim(), Some(header.trim()))
                }
                _ => (kind, value.trim(), None),
            })
        },
    )
}

fn judged(value: &str, header: Option<&str>) -> Option<Suspicion> {
    header.map_or_else(|| value_looks_like(value), |header| ColumnGate::of(header).judge(value))
}

#[test]
fn measured_no_code_of_the_trade_is_an_identifier() {
    let all: Vec<_> = values(CODES).collect();
    let wrong: Vec<_> =
        all.iter().filter_map(|(kind, value, header)| Some((kind, value, judged(value, *header)?.rule))).collect();
    let only_by_header = all.iter().filter(|(_, value, header)| header.is_some() && value_looks_like(value).is_some());
    println!("{} codes, {} false alarms; {} pass by their header only", all.len(), wrong.len(), only_by_header.count());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(all.len(), 539);
}

#[test]
fn measured_identifiers_are_caught_by_the_rule_that_is_expected() {
    let (missed, caught): (Vec<_>, Vec<_>) = values(IDENTIFIERS).partition(|(rule, _, _)| rule.starts_with("missed"));
    let spoke = |value, header| judged(value, header).map(|found| found.rule);
    let of_another: Vec<_> =
        caught.iter().filter(|(rule, value, header)| spoke(value, *header) != Some(*rule)).collect();
    let not_missed: Vec<_> = missed.iter().filter(|(_, value, header)| spoke(value, *header).is_some()).collect();
    println!("{} identifiers caught, {} known misses", caught.len(), missed.len());
    assert!(of_another.is_empty(), "{of_another:#?}");
    assert!(not_missed.is_empty(), "caught by now: {not_missed:#?}");
    assert_eq!((caught.len(), missed.len()), (350, 43));
}

#[test]
fn every_rule_of_an_identifier_is_in_the_table_of_rules() {
    for (rule, _, _) in values(IDENTIFIERS).filter(|(rule, _, _)| !rule.starts_with("missed")) {
        assert!(rules::RULES.iter().any(|(known, _)| *known == rule), "{rule}");
    }
}

#[test]
fn a_number_with_another_last_digit_is_not_the_same_number() {
    let national = values(IDENTIFIERS).filter(|(rule, _, header)| rule.starts_with("national_id:") && header.is_some());
    for (rule, value, _) in national.filter(|(rule, ..)| *rule != "national_id:dk_person") {
        let compact: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
        let number = |text: &str| {
            national::NUMBERS.iter().any(|number| number.rule == rule && number.fits_plain(text.as_bytes()))
        };
        assert!(number(&compact), "{rule} {value}");
        let (start, last) = compact.split_at(compact.len() - 1);
        let others =
            ('0'..='9').filter(|digit| !last.starts_with(*digit) && last.starts_with(|c: char| c.is_ascii_digit()));
        let right: Vec<char> = others.filter(|digit| number(&format!("{start}{digit}"))).collect();
        assert!(right.is_empty(), "{rule} {value}: {right:?}");
    }
}

/// A source of digits that is the same in every run.
struct Digits(u64);

impl Digits {
    fn next(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        b'0' + u8::try_from((self.0 >> 33) % 10).unwrap_or(0)
    }

    /// A value of a form in which each `9` is any digit.
    fn value(&mut self, form: &str) -> String {
        form.chars().map(|c| if c == '9' { char::from(self.next()) } else { c }).collect()
    }
}

/// Of 10,000 codes with random digits in each form how many are suspected: without a header, and where it says code.
#[test]
fn measured_random_codes_are_seldom_suspected() {
    let forms = [
        ("99-9999", 0, 0),
        ("99-9999.99", 0, 0),
        ("99-9999-9999", 0, 0),
        ("9999-99-9999", 0, 0),
        ("9999.999.999", 0, 0),
        ("99-99-9999", 0, 0),
        ("999-9999-999", 0, 0),
        ("9999-9999", 0, 0),
        ("99 999 - 99 999", 0, 0),
        ("999 999 - 999 999", 0, 0),
        ("99.99.99 - 99.99.99", 0, 0),
        ("0099-99-999", 0, 0),
        ("00-9999-99", 0, 0),
        ("99.99.99.99", 0, 0),
        ("9999999", 0, 0),
        ("999999999", 0, 0),
        ("99999999999", 0, 0),
        ("A9999999", 0, 0),
        ("AB-9999-999", 0, 0),
        ("999-99-9999", 10_000, 0),
        ("999-999-9999", 5618, 0),
        ("999.999.9999", 5674, 0),
        ("999-999-999", 0, 0),
        ("999 999 999", 0, 0),
        ("999-9999-9999", 86, 0),
        ("99-99-99-99-99", 921, 0),
        ("99 99 99 99 99", 916, 0),
        ("9999/999999", 838, 0),
        ("9999-999999", 980, 0),
        ("999999-9999", 99, 0),
        ("999999/9999", 182, 0),
        ("9999 9999 9999", 795, 0),
        ("99999999A", 425, 0),
        ("99.999.999-9", 903, 0),
    ];
    let code = ColumnGate::of("Position Code");
    let mut digits = Digits(17);
    println!("| form | suspected of 10,000 | in a column of codes |\n| --- | --: | --: |");
    for (form, plain_expected, coded_expected) in forms {
        let values: Vec<String> = (0..10_000).map(|_| digits.value(form)).collect();
        let plain = values.iter().filter(|value| value_looks_like(value).is_some()).count();
        let coded = values.iter().filter(|value| code.judge(value).is_some()).count();
        println!("| `{form}` | {plain} | {coded} |");
        assert_eq!((plain, coded), (plain_expected, coded_expected), "{form}");
    }
}

/// Of 10,000 numbers in sequence how many pass each national checksum.
#[test]
fn measured_plain_numbers_pass_national_checksums() {
    let sequences: [(&str, usize, u64); 9] = [
        ("6 digits", 6, 100_000),
        ("8 digits", 8, 10_000_000),
        ("9 digits", 9, 100_000_000),
        ("10 digits", 10, 1_000_000_000),
        ("11 digits", 11, 10_000_000_000),
        ("hire date YYMMDD and 4", 10, 1_903_010_000),
        ("hire date DDMMYY and 4", 10, 103_190_000),
        ("hire date YYMMDD and 5", 11, 19_030_100_000),
        ("hire date DDMMYY and 5", 11, 1_031_900_000),
    ];
    let rules: Vec<&national::Number> = national::NUMBERS.iter().filter(|number| !number.plain.is_empty()).collect();
    let head: Vec<&str> = sequences.iter().map(|(name, _, _)| *name).collect();
    println!("| checksum | {} |\n| --- |{}", head.join(" | "), " --: |".repeat(head.len()));
    let texts: Vec<Vec<String>> = sequences
        .iter()
        .map(|(_, length, start)| (0..10_000).map(|at| format!("{:0length$}", start + at)).collect())
        .collect();
    for number in &rules {
        let counts: Vec<usize> =
            texts.iter().map(|texts| texts.iter().filter(|text| number.fits_plain(text.as_bytes())).count()).collect();
        if counts.iter().any(|count| *count > 0) {
            let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
            println!("| {} | {} |", number.rule, counts.join(" | "));
        }
    }
    let any: Vec<usize> = texts
        .iter()
        .map(|texts| texts.iter().filter(|text| national::rule_with_header(text).is_some()).count())
        .collect();
    assert_eq!(any, [0, 909, 3917, 1818, 2215, 10_000, 10_000, 3031, 2224]);
    println!("| any | {} |", any.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "));
    let by_value = texts.iter().flatten().filter(|text| value_looks_like(text).is_some()).count();
    assert_eq!(by_value, 0, "digits alone are no identifier by value");
}

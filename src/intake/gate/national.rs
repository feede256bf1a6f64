//! National identification numbers.
//!
//! In: a value. Out: the rule `national_id:<country>_<number>` of the number that stands in it.
//! Invariant: digits alone are none by value; letters or fixed separators make the form, and the checksum must be right
//! where there is one. Digits alone are judged only in a column whose header speaks of such numbers, and then by checksum.

use std::sync::LazyLock;

use super::checks;

/// Where a number is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Also in columns of codes: no code of the trade looks like it.
    Codes,
    /// In employee IDs and texts: codes of jobs may look like it by chance.
    Ids,
    /// Only in texts: one in twenty employee numbers of that form would pass.
    Texts,
    /// Only where the header says so.
    Header,
}

/// A national number: how it is written and how it is checked.
#[derive(Debug)]
pub(super) struct Number {
    /// The rule that speaks.
    pub rule: &'static str,
    /// Where its written forms are looked for.
    reach: Reach,
    /// How it is written: `9` a digit, `A` a letter, `X` either, `_` a space, hyphen, dot or nothing, else itself.
    forms: &'static [&'static str],
    /// How it looks without separators; only with a header.
    pub plain: &'static [&'static str],
    /// Its checksum.
    pub check: fn(&[u8]) -> bool,
}

impl Number {
    /// A text without separators has the length and the checksum of this number.
    pub(super) fn fits_plain(&self, compact: &[u8]) -> bool {
        let shaped = self.plain.iter().any(|form| matched(compact, form).is_some_and(|(_, end)| end == compact.len()));
        shaped && (self.check)(compact)
    }
}

macro_rules! numbers {
    ($($rule:literal $reach:ident $forms:expr, $plain:expr, $check:ident;)*) => {
        &[$(Number { rule: concat!("national_id:", $rule), reach: Reach::$reach, forms: &$forms, plain: &$plain, check: checks::$check },)*]
    };
}

/// All numbers that the gate knows, but for the US one in `values.rs`.
#[rustfmt::skip]
pub(super) const NUMBERS: &[Number] = numbers![
    "de_tax"         Header [], ["99999999999"], de_tax;
    "de_pension"     Ids    ["99999999A999"], ["99999999A999"], de_pension;
    "de_pension"     Codes  ["99 999999 A 999", "99 999999 A 99 9", "99-999999-A-999"], [], de_pension_birth;
    "at_social"      Ids    ["9999 999999", "9999-999999"], ["9999999999"], at_social;
    "ch_social"      Codes  ["999.9999.9999.99"], ["9999999999999"], ch_social;
    "fr_social"      Codes  ["9 99 99 9X 999 999 99", "9-99-99-9X-999-999-99", "9.99.99.9X.999.999.99", "9 99 99 9X 999 999 / 99", "999999X999999 99"], ["999999X99999999"], fr_social;
    "fr_social"      Codes  ["9 99 99 9X 999 999"], [], fr_social_birth;
    "es_identity"    Texts  ["99999999_A", "99.999.999_A", "A_9999999_A"], [], es_identity;
    "it_fiscal"      Codes  ["AAA_AAA_XXAXX_AXXXA"], [], it_fiscal;
    "nl_citizen"     Header [], ["999999999"], nl_citizen;
    "be_national"    Codes  ["99.99.99-999.99", "99.99.99 999.99", "999999-999.99", "999999-999-99"], ["99999999999"], be_national;
    "pl_person"      Header [], ["99999999999"], pl_person;
    "pt_tax"         Header [], ["999999999"], pt_tax;
    "pt_social"      Header [], ["99999999999"], pt_social;
    "se_personal"    Ids    ["999999-9999", "999999+9999", "99999999-9999"], ["9999999999", "999999999999"], se_personal;
    "dk_person"      Ids    ["999999-9999"], [], dk_person;
    "dk_person"      Header [], ["9999999999"], dk_birth;
    "no_birth"       Ids    ["999999 99999", "999999-99999"], ["99999999999"], no_birth;
    "fi_personal"    Codes  ["999999A999X"], [], fi_personal;
    "fi_personal"    Ids    ["999999-999X", "999999+999X"], [], fi_personal;
    "cz_birth"       Ids    ["999999/9999"], ["9999999999"], cz_birth;
    "ro_personal"    Header [], ["9999999999999"], ro_personal;
    "bg_citizen"     Header [], ["9999999999"], bg_citizen;
    "hr_personal"    Header [], ["99999999999"], hr_personal;
    "baltic_personal" Header [], ["99999999999"], baltic_personal;
    "uk_insurance"   Codes  ["AA 99 99 99 A", "AA 999999 A"], [], uk_insurance;
    "uk_insurance"   Ids    ["AA999999A", "AA-99-99-99-A", "AA 99 99 99A"], [], uk_insurance;
    "uk_tax"         Header [], ["9999999999"], uk_tax;
    "ie_public"      Header [], ["9999999A", "9999999AA"], ie_public;
    "ca_social"      Header [], ["999999999"], ca_social;
    "mx_population"  Codes  ["AAAA999999AAAAAAX9"], [], mx_population;
    "br_person"      Codes  ["999.999.999-99"], ["99999999999"], br_person;
    "cl_role"        Ids    ["99.999.999-X", "9.999.999-X"], ["99999999X", "9999999X"], cl_role;
    "in_aadhaar"     Ids    ["9999 9999 9999"], ["999999999999"], in_aadhaar;
    "in_account"     Ids    ["AAAAA9999A"], [], in_account;
    "cn_resident"    Codes  ["99999999999999999X"], ["999999999999999999"], cn_resident;
    "jp_individual"  Header [], ["999999999999"], jp_individual;
    "kr_resident"    Ids    ["999999-9999999"], ["9999999999999"], kr_resident;
    "tr_identity"    Header [], ["99999999999"], tr_identity;
    "za_identity"    Header [], ["9999999999999"], za_identity;
    "au_tax"         Header [], ["999999999"], au_tax;
];

/// The longest number, without separators.
const MOST: usize = 20;
/// The longest written form.
const LONGEST: usize = 24;

/// A written form, and what a text must have for it.
#[derive(Debug, Clone, Copy)]
struct Form {
    number: &'static Number,
    written: &'static str,
    /// Digits that it has at least.
    digits: usize,
    /// Letters that it has at least.
    letters: usize,
}

/// Every written form: most texts have too few digits or letters for nearly all of them.
static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let forms = NUMBERS.iter().flat_map(|number| number.forms.iter().map(move |written| (number, *written)));
    let count = |written: &str, wanted| written.matches(wanted).count();
    forms
        .map(|(number, written)| Form { number, written, digits: count(written, '9'), letters: count(written, 'A') })
        .collect()
});

/// The rule of a number that stands in a text; `within` says what kind of text it is.
#[must_use]
pub fn rule_that_speaks(text: &str, within: Reach) -> Option<&'static str> {
    let bytes = text.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let fits = |form: &&Form| form.digits <= digits && form.letters <= letters && form.number.reach <= within;
    let forms: Vec<&Form> = FORMS.iter().filter(fits).collect();
    (0..bytes.len())
        .filter(|&at| {
            !forms.is_empty()
                && bytes[at].is_ascii_alphanumeric()
                && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric())
        })
        .find_map(|at| {
            let found = forms.iter().find(|form| {
                matched(&bytes[at..], form.written).is_some_and(|(compact, end)| {
                    stands_alone(bytes, at, at + end, within == Reach::Codes) && (form.number.check)(&compact)
                })
            })?;
            Some(found.number.rule)
        })
}

/// The forms that an employee ID may have, by its length: most lengths have few, and most IDs meet none.
static FORMS_OF_IDS: LazyLock<Vec<Vec<(&Number, &str)>>> = LazyLock::new(|| {
    let mut by_length = vec![Vec::new(); LONGEST + 1];
    for number in NUMBERS.iter().filter(|number| number.reach <= Reach::Ids) {
        for &form in number.forms {
            let least = form.len() - form.matches('_').count();
            (least..=form.len()).for_each(|length| by_length[length].push((number, form)));
        }
    }
    by_length
});

/// The rule of a number that a whole employee ID is.
#[must_use]
pub fn rule_of_id(id: &str) -> Option<&'static str> {
    let text = id.as_bytes();
    let (number, _) = FORMS_OF_IDS.get(text.len())?.iter().find(|(number, form)| {
        matched(text, form).is_some_and(|(compact, end)| end == text.len() && (number.check)(&compact))
    })?;
    Some(number.rule)
}

/// The rule of a number that the value of a column for such numbers is, written with separators or without.
#[must_use]
pub fn rule_with_header(value: &str) -> Option<&'static str> {
    let compact: Vec<u8> =
        value.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect();
    let only =
        value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'.' | b'/' | b'+'));
    NUMBERS.iter().find(|number| only && compact.len() <= MOST && number.fits_plain(&compact)).map(|number| number.rule)
}

/// What stands directly before or behind a number belongs to it: `1001-100-20-3000` is one code, and so is
/// `AB-100-20-3000` where codes are expected; in a text `SSN-123-45-6789` is a word and a number.
fn belongs(next: Option<&u8>, one_further: Option<&u8>, codes: bool) -> bool {
    let counts = |byte: &u8| byte.is_ascii_digit() || (codes && (byte.is_ascii_alphabetic() || *byte == b'_'));
    next.is_some_and(|byte| {
        byte.is_ascii_alphanumeric()
            || (codes && *byte == b'_')
            || (matches!(byte, b'-' | b'.' | b'/' | b'+') && one_further.is_some_and(counts))
    })
}

/// A number that lies between two places of a text is no part of a longer one.
pub(super) fn stands_alone(text: &[u8], from: usize, to: usize, codes: bool) -> bool {
    let before = |count| from.checked_sub(count).and_then(|at| text.get(at));
    !belongs(before(1), before(2), codes) && !belongs(text.get(to), text.get(to + 1), codes)
}

/// The characters of the number that the text begins with, without separators and in capitals, and where it ends.
fn matched(text: &[u8], form: &str) -> Option<(Vec<u8>, usize)> {
    let mut end = 0;
    let mut fits = |wanted: u8| {
        let next = text.get(end);
        let taken = match wanted {
            b'9' => next.is_some_and(u8::is_ascii_digit),
            b'A' => next.is_some_and(u8::is_ascii_alphabetic),
            b'X' => next.is_some_and(u8::is_ascii_alphanumeric),
            b'_' => {
                end += usize::from(next.is_some_and(|byte| matches!(byte, b' ' | b'-' | b'.')));
                return true;
            }
            other => next == Some(&other),
        };
        end += usize::from(taken);
        taken
    };
    if !form.bytes().all(&mut fits) {
        return None;
    }
    let compact = text[..end].iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_uppercase).collect();
    Some((compact, end))
}

//! What a value looks like.
//!
//! In: a value of a text column that is kept. Out: the identifier that stands in it, and the rule that speaks.
//! Invariant: an e-mail address, an SSN with its separators and an IBAN are found wherever they stand in a text; spaces
//! and dashes of any kind count as the plain ones.

use std::borrow::Cow;

use super::headers::Hints;
use super::national::{self, Reach};
use super::spelling::{ascii_of, is_invisible};
use super::{Identifier, Suspicion, iban, phone};

/// The rule of the US number, which has no checksum: numbers that were never given out count as well.
const US_SOCIAL: Suspicion = Suspicion { identifier: Identifier::NationalId, rule: "national_id:us_social" };
const EMAIL: Suspicion = Suspicion { identifier: Identifier::Contact, rule: "email_form" };

/// No number that is known by its form is shorter: a DNI and an NINO have nine characters.
const SHORTEST: usize = 9;
/// No identifier but an e-mail address has fewer digits: an Indian account number has four.
const FEWEST_DIGITS: usize = 4;

/// The identifier that stands in a value, as far as the header of its column lets it be judged.
pub(super) fn judged(value: &str, hints: Hints) -> Option<Suspicion> {
    let plain = plain(value);
    let value = plain.trim();
    if holds_email(value) {
        return Some(EMAIL);
    }
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let too_short = value.len() < SHORTEST && !hints.phone && !hints.national;
    if too_short || digits < FEWEST_DIGITS {
        return None;
    }
    let whole_code = hints.code && value.len() == 11;
    if holds_ssn(value, hints.code) && !whole_code {
        return Some(US_SOCIAL);
    }
    if iban::holds_iban(value) {
        return Some(Suspicion { identifier: Identifier::BankAccount, rule: "iban_checksum" });
    }
    let reach = if hints.code { Reach::Codes } else { Reach::Texts };
    let with_header = || hints.national.then(|| national::rule_with_header(value)).flatten();
    if let Some(rule) = national::rule_that_speaks(value, reach).or_else(with_header) {
        return Some(Suspicion { identifier: Identifier::NationalId, rule });
    }
    let in_phone_column = || hints.phone.then(|| phone::rule_in_phone_column(value)).flatten();
    let rule = phone::rule_that_speaks(value, hints.code).or_else(in_phone_column)?;
    Some(Suspicion { identifier: Identifier::Contact, rule })
}

/// The identifier that an employee ID looks like: a national number in its written form, an IBAN or an e-mail address.
///
/// Telephone numbers are left alone: employee numbers are written in groups as well.
#[must_use]
#[inline]
pub fn employee_id_looks_like(id: &str) -> Option<Suspicion> {
    let bytes = id.as_bytes();
    if bytes.len() < 6 || bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    unusual_id(id)
}

/// An employee ID that is not only digits.
fn unusual_id(id: &str) -> Option<Suspicion> {
    let bytes = id.as_bytes();
    if bytes.iter().all(u8::is_ascii_alphanumeric) {
        // Letters and digits: only numbers of these lengths are written so, and `E00123456` is none.
        let digits_behind = bytes[1..].iter().all(u8::is_ascii_digit);
        let length = matches!(bytes.len(), 9..=12 | 15..=34);
        return if digits_behind || !length { None } else { whole_id(id) };
    }
    if !bytes.iter().copied().all(is_plain) || memchr::memchr(b'@', bytes).is_some() {
        let plain = plain(id);
        return if holds_email(&plain) { Some(EMAIL) } else { whole_id(plain.trim()) };
    }
    whole_id(id)
}

fn whole_id(id: &str) -> Option<Suspicion> {
    let bytes = id.as_bytes();
    if bytes.len() == 11 && holds_ssn(id, false) {
        return Some(US_SOCIAL);
    }
    if let Some(rule) = national::rule_of_id(id) {
        return Some(Suspicion { identifier: Identifier::NationalId, rule });
    }
    let bank = bytes.len() >= 15 && bytes[..2].iter().all(u8::is_ascii_alphabetic) && iban::holds_iban(id);
    bank.then_some(Suspicion { identifier: Identifier::BankAccount, rule: "iban_checksum" })
}

/// A value with plain dashes, spaces, digits and letters: exports from desks and telephones have many kinds.
fn plain(value: &str) -> Cow<'_, str> {
    if value.bytes().all(is_plain) {
        return Cow::Borrowed(value);
    }
    let letters = value.chars().filter(|&letter| !is_invisible(letter) || ('\u{300}'..='\u{36f}').contains(&letter));
    Cow::Owned(
        letters
            .map(|letter| match letter {
                '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
                letter if letter.is_whitespace() => ' ',
                letter => ascii_of(letter),
            })
            .collect(),
    )
}

/// ASCII, and no space but the plain one: tabs and line breaks stand in fields as well.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii() && !matches!(byte, b'\t'..=b'\r')
}

/// Some word of it is `local@domain.tld`, or `local(at)domain.tld`.
fn holds_email(value: &str) -> bool {
    let at_sign = memchr::memchr_iter(b'@', value.as_bytes()).map(|at| (at, at + 1));
    let words = memchr::memchr2_iter(b'(', b'[', value.as_bytes()).filter_map(|at| {
        let inside = value.get(at + 1..at + 4)?;
        let closes = inside.ends_with([')', ']']) && inside.get(..2)?.eq_ignore_ascii_case("at");
        closes.then_some((at, at + 4))
    });
    at_sign
        .chain(words)
        .any(|(before, after)| is_local(value[..before].trim_end_matches('"')) && is_domain(&value[after..]))
}

/// The text ends with a character that a local part can end with.
fn is_local(before: &str) -> bool {
    before
        .chars()
        .next_back()
        .is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%' | '\'' | '~'))
}

/// The text begins with labels and a top-level domain of letters: not `3@4.50`.
fn is_domain(after: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.');
    let end = after.find(|c: char| !part(c)).unwrap_or(after.len());
    let domain = after[..end].trim_end_matches('.');
    domain.rsplit_once('.').is_some_and(|(host, top)| {
        !host.is_empty() && top.chars().count() >= 2 && top.chars().next().is_some_and(char::is_alphabetic)
    })
}

/// Some run of digits and separators in it is `ddd-dd-dddd`, with `-` or a space, and no part of a longer code.
fn holds_ssn(value: &str, codes: bool) -> bool {
    let bytes = value.as_bytes();
    bytes.windows(11).enumerate().any(|(at, window)| {
        let digits = |range: std::ops::Range<usize>| window[range].iter().all(u8::is_ascii_digit);
        let separator = window[3];
        (separator == b'-' || separator == b' ')
            && window[6] == separator
            && digits(0..3)
            && digits(4..6)
            && digits(7..11)
            && national::stands_alone(bytes, at, at + 11, codes)
    })
}

//! Numbers in every format, against a slow twin.
//!
//! In: a byte each for the format and the currency, eight for an amount, then a text. Out: nothing.
//! Invariant: a text is a number exactly where the twin, which takes it apart character by character and counts in decimal digits, says so,
//! and then the same; an amount that a format writes is read as itself; money is read as a number where it is one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use payquorum_fuzz::exact::{
    DecimalMark, Grouping, LARGEST_UNITS, NumberFormat, SCALE, ThousandsMark, decimal, divide_half_even,
};

const CURRENCIES: [Option<&[u8]>; 8] =
    [None, Some(b"EUR"), Some(b"USD"), Some(b"CHF"), Some(b"SEK"), Some(b"INR"), Some(b"XOF"), Some(b"ZAR")];

fuzz_target!(|data: &[u8]| {
    let [choice, a @ ..] = data else { return };
    let Some((amount, text)) = a.split_first_chunk::<8>() else { return };
    let amount = i64::from_le_bytes(*amount) % (LARGEST_UNITS * SCALE + 1);
    let currency = CURRENCIES[usize::from(choice % 8)];
    // Fields come trimmed.
    let text = text.trim_ascii();
    let chosen = usize::from(choice >> 3) % 16;
    for (place, format) in formats().enumerate() {
        let read = format.parse(text);
        if place % 4 == chosen % 4 {
            assert_eq!(read.ok(), twin(format, text), "{format:?}");
        }
        let money = format.parse_money(text, currency);
        if let Ok(read) = read {
            assert_eq!(money, Ok(read), "{format:?}");
        }
        if let Ok(money) = money {
            assert!(money.abs() <= LARGEST_UNITS * SCALE);
        }
    }
    let format = formats().nth(chosen).unwrap_or_default();
    let written = write(format, amount);
    assert_eq!(format.parse(written.as_bytes()), Ok(amount), "{format:?} {written:?}");
    assert_eq!(twin(format, written.as_bytes()), Some(amount), "{format:?} {written:?}");
    for (money, own) in [
        (format!("{written} EUR"), b"EUR"),
        (format!("EUR {written}"), b"EUR"),
        (format!("{written}\u{a0}€"), b"EUR"),
        (format!("({written})"), b"EUR"),
        (format!("CHF {}", written.trim_start_matches('-')), b"CHF"),
    ] {
        let expected = match money.as_bytes() {
            [b'(', b'-', ..] => None,
            [b'(', ..] => Some(-amount),
            [b'C', ..] => Some(amount.abs()),
            _ => Some(amount),
        };
        assert_eq!(format.parse_money(money.as_bytes(), Some(own)).ok(), expected, "{format:?} {money:?}");
    }
    assert_eq!(NumberFormat::default().parse(decimal(amount).as_bytes()), Ok(amount));
    let divisor = i128::from(amount.unsigned_abs() % 10_007 + 1);
    let quotient = divide_half_even(i128::from(amount), divisor);
    assert!((quotient * divisor - i128::from(amount)).abs() * 2 <= divisor);
});

/// All formats that a pipeline can declare.
fn formats() -> impl Iterator<Item = NumberFormat> {
    use ThousandsMark::{Apostrophe, Comma, Point, Space};
    let marks = [None, Some(Comma), Some(Point), Some(Space), Some(Apostrophe)];
    let both = [DecimalMark::Point, DecimalMark::Comma].into_iter();
    both.flat_map(move |decimal| {
        let clash = if decimal == DecimalMark::Point { Point } else { Comma };
        marks.into_iter().filter(move |mark| *mark != Some(clash)).flat_map(move |thousands| {
            [Grouping::Thousands, Grouping::Lakh].map(|grouping| NumberFormat { decimal, thousands, grouping })
        })
    })
}

fn is_group_mark(mark: ThousandsMark, character: char) -> bool {
    match mark {
        ThousandsMark::Comma => character == ',',
        ThousandsMark::Point => character == '.',
        ThousandsMark::Space => matches!(character, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'),
        ThousandsMark::Apostrophe => matches!(character, '\'' | '\u{2019}'),
    }
}

/// The slow twin: characters first, digits in their places then, and the value from its digits at the end.
fn twin(format: NumberFormat, text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.replacen('\u{2212}', "-", 1);
    let mut characters: Vec<char> = text.chars().collect();
    let negative = match (characters.first(), characters.last()) {
        (Some('-'), _) => {
            characters.remove(0);
            true
        }
        (Some('+'), _) => {
            characters.remove(0);
            false
        }
        (_, Some('-')) if characters.len() >= 2 && characters[characters.len() - 2].is_ascii_digit() => {
            characters.pop();
            true
        }
        _ => false,
    };
    let mark = if format.decimal == DecimalMark::Point { '.' } else { ',' };
    let at = characters.iter().position(|&character| character == mark).unwrap_or(characters.len());
    let (units, fraction) = characters.split_at(at);
    let fraction = fraction.get(1..).unwrap_or_default();
    if units.is_empty() && fraction.is_empty() || !fraction.iter().all(char::is_ascii_digit) {
        return None;
    }
    let groups: Vec<&[char]> =
        units.split(|&character| format.thousands.is_some_and(|mark| is_group_mark(mark, character))).collect();
    if !groups.iter().all(|group| group.iter().all(char::is_ascii_digit)) {
        return None;
    }
    let inner = if format.grouping == Grouping::Lakh { 2 } else { 3 };
    if let [first, between @ .., last] = groups.as_slice() {
        let fits = (1..=inner).contains(&first.len()) && between.iter().all(|group| group.len() == inner);
        if !fits || last.len() != 3 {
            return None;
        }
    }
    let units: String = groups.concat().iter().collect();
    let units = units.trim_start_matches('0');
    if units.len() > 13 {
        return None;
    }
    // Four decimals, then the fifth and all further ones decide, half to even.
    let kept: String = units.chars().chain((0..4).map(|at| fraction.get(at).copied().unwrap_or('0'))).collect();
    let mut steps: i64 = kept.parse().ok()?;
    let further: String = fraction.iter().skip(4).collect();
    let rest = further.trim_end_matches('0');
    let up = match rest.chars().next() {
        None | Some('0'..='4') => false,
        Some('5') if rest.len() == 1 => steps % 2 == 1,
        Some(_) => true,
    };
    steps += i64::from(up);
    (steps <= LARGEST_UNITS * SCALE).then_some(if negative { -steps } else { steps })
}

/// An amount as a format writes it.
fn write(format: NumberFormat, amount: i64) -> String {
    let (size, scale) = (amount.unsigned_abs(), SCALE.unsigned_abs());
    let units = (size / scale).to_string();
    let mut text = String::new();
    let inner = if format.grouping == Grouping::Lakh { 2 } else { 3 };
    for (place, digit) in units.chars().enumerate() {
        let left = units.len() - place;
        let begins = place > 0 && (left == 3 || (left > 3 && (left - 3) % inner == 0));
        if begins {
            text.push_str(match format.thousands {
                None => "",
                Some(ThousandsMark::Comma) => ",",
                Some(ThousandsMark::Point) => ".",
                Some(ThousandsMark::Space) => {
                    ["\u{a0}", " ", "\u{202f}"][usize::from(digit == '1') + usize::from(digit > '5')]
                }
                Some(ThousandsMark::Apostrophe) => ["'", "\u{2019}"][usize::from(digit > '5')],
            });
        }
        text.push(digit);
    }
    let mark = if format.decimal == DecimalMark::Point { '.' } else { ',' };
    let sign = if amount < 0 { "-" } else { "" };
    if size % scale == 0 && amount % 3 == 0 {
        format!("{sign}{text}")
    } else {
        format!("{sign}{text}{mark}{:04}", size % scale)
    }
}

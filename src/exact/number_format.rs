//! Reading a number from the text of a CSV field.
//!
//! In: the bytes of one field and the declared format of its file. Out: an [`Amount`], or the reason why not.
//! Invariant: what the format does not declare is refused, never guessed; no float is involved.

use super::{Amount, DECIMALS, LARGEST_UNITS, SCALE, divide_half_even};

/// The character between units and their fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DecimalMark {
    /// `1234.50`
    Point,
    /// `1234,50`
    Comma,
}

/// The character between groups of three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThousandsMark {
    /// `1,234`
    Comma,
    /// `1.234`
    Point,
    /// `1 234`, with a plain, no-break or narrow no-break space
    Space,
    /// `1'234`
    Apostrophe,
}

/// How one file writes its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NumberFormat {
    /// Between units and fraction.
    pub decimal: DecimalMark,
    /// Between groups of three digits, where the file uses any.
    pub thousands: Option<ThousandsMark>,
}

/// Why a field is not a number in the declared format. Carries no part of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFault {
    /// Characters that the format does not allow.
    NotANumber,
    /// Groups that are not of three digits, or a mark that the format does not declare.
    Grouping,
    /// `1.2E+05`: a spreadsheet has thrown digits away.
    Scientific,
    /// More than [`LARGEST_UNITS`].
    TooLarge,
    /// A currency sign or code other than the row's own.
    OtherCurrency,
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self { decimal: DecimalMark::Point, thousands: None }
    }
}

/// Currency signs that name one currency, and the code that they name.
const SIGNS: [(&[u8], &[&str]); 4] = [
    ("€".as_bytes(), &["EUR"]),
    ("£".as_bytes(), &["GBP"]),
    ("¥".as_bytes(), &["JPY", "CNY"]),
    (b"$", &["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"]),
];

impl NumberFormat {
    /// The amount that `text` (trimmed, UTF-8) writes. A fifth and further decimals are rounded half to even.
    ///
    /// # Errors
    /// The [`NumberFault`] that kept the text from being a number in this format.
    #[inline]
    pub fn parse(self, text: &[u8]) -> Result<Amount, NumberFault> {
        if self.decimal == DecimalMark::Point
            && let Some(amount) = parse_plain(text)
        {
            return Ok(amount);
        }
        self.parse_any(text)
    }

    /// Like [`parse`](Self::parse), and takes a currency sign or code before or after the number, and accounting
    /// brackets for negatives: `€ 1,234.50`, `1.234,50 EUR`, `(1,234.50)`.
    ///
    /// # Errors
    /// The [`NumberFault`]; [`NumberFault::OtherCurrency`] where the sign contradicts `currency`.
    #[inline]
    pub fn parse_money(self, text: &[u8], currency: Option<&[u8]>) -> Result<Amount, NumberFault> {
        if self.decimal == DecimalMark::Point
            && let Some(amount) = parse_plain(text)
        {
            return Ok(amount);
        }
        let (text, bracketed) = match text {
            [b'(', inner @ .., b')'] => (inner.trim_ascii(), true),
            _ => (text, false),
        };
        let (text, leading_minus) = match text {
            [b'-', inner @ ..] if inner.first().is_some_and(|b| !b.is_ascii_digit()) => (inner.trim_ascii(), true),
            _ => (text, false),
        };
        let bare = strip_currency(text, currency)?;
        let negative = bracketed ^ leading_minus;
        if negative && bare.first().is_some_and(|b| matches!(b, b'-' | b'+')) {
            return Err(NumberFault::NotANumber);
        }
        let amount = self.parse_any(bare)?;
        Ok(if negative { -amount } else { amount })
    }

    /// The general reading, one character at a time: also the slow twin of the fast path in tests.
    fn parse_any(self, text: &[u8]) -> Result<Amount, NumberFault> {
        let (negative, body) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            [rest @ .., b'-'] if rest.last().is_some_and(u8::is_ascii_digit) => (true, rest),
            _ => (false, text),
        };
        let mark = match self.decimal {
            DecimalMark::Point => b'.',
            DecimalMark::Comma => b',',
        };
        let mut parts = body.splitn(2, |&byte| byte == mark);
        let units = parts.next().unwrap_or_default();
        let fraction = parts.next();
        if units.is_empty() && fraction.is_none_or(<[u8]>::is_empty) {
            return Err(NumberFault::NotANumber);
        }
        let units = self.units(units)?;
        let fraction = fraction.map_or(Ok(0), fraction_steps)?;
        let amount = units * i128::from(SCALE) + fraction;
        if amount > i128::from(LARGEST_UNITS) * i128::from(SCALE) {
            return Err(NumberFault::TooLarge);
        }
        let amount = Amount::try_from(amount).map_err(|_| NumberFault::TooLarge)?;
        Ok(if negative { -amount } else { amount })
    }

    fn units(self, text: &[u8]) -> Result<i128, NumberFault> {
        let mut value: i128 = 0;
        let mut since_mark: Option<u32> = None;
        let mut digits = 0_u32;
        let mut rest = text;
        while let [byte, tail @ ..] = rest {
            if byte.is_ascii_digit() {
                value = (value * 10 + i128::from(byte - b'0')).min(i128::from(i64::MAX));
                digits += 1;
                since_mark = since_mark.map(|n| n + 1);
                rest = tail;
                continue;
            }
            let Some(width) = self.thousands.and_then(|mark| mark.width_at(rest)) else {
                return Err(match byte {
                    b'e' | b'E' if digits > 0 => NumberFault::Scientific,
                    b',' | b'.' | b'\'' | b' ' if digits > 0 => NumberFault::Grouping,
                    _ => NumberFault::NotANumber,
                });
            };
            let group_ok = since_mark.map_or((1..=3).contains(&digits), |n| n == 3);
            if !group_ok {
                return Err(NumberFault::Grouping);
            }
            since_mark = Some(0);
            rest = &rest[width..];
        }
        match since_mark {
            Some(n) if n != 3 => Err(NumberFault::Grouping),
            _ => Ok(value),
        }
    }
}

impl ThousandsMark {
    /// The length of this mark at the start of `text`, if it stands there.
    fn width_at(self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Comma => text.starts_with(b",").then_some(1),
            Self::Point => text.starts_with(b".").then_some(1),
            Self::Apostrophe if text.starts_with("\u{2019}".as_bytes()) => Some(3),
            Self::Apostrophe => text.starts_with(b"'").then_some(1),
            Self::Space => [" ", "\u{a0}", "\u{202f}"]
                .iter()
                .find(|space| text.starts_with(space.as_bytes()))
                .map(|space| space.len()),
        }
    }
}

/// Digits after the decimal mark, as steps of 1/10,000, rounded half to even past the fourth.
fn fraction_steps(text: &[u8]) -> Result<i128, NumberFault> {
    let mut value: i128 = 0;
    let mut places = 0_u32;
    for &byte in text {
        if !byte.is_ascii_digit() {
            return Err(match byte {
                b'e' | b'E' => NumberFault::Scientific,
                b',' | b'.' => NumberFault::Grouping,
                _ => NumberFault::NotANumber,
            });
        }
        if places < 24 {
            value = value * 10 + i128::from(byte - b'0');
            places += 1;
        } else if byte != b'0' {
            value |= 1; // beyond 24 places only "exactly half or not" can matter
        }
    }
    if places <= DECIMALS {
        return Ok(value * 10_i128.pow(DECIMALS - places));
    }
    Ok(divide_half_even(value, 10_i128.pow(places - DECIMALS)))
}

/// `-?digits(.digits{0,4})?` with at most 11 digits of units: nearly every number of nearly every file.
#[inline]
fn parse_plain(text: &[u8]) -> Option<Amount> {
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut value: i64 = 0;
    let mut at = 0;
    while at < body.len() && body[at].is_ascii_digit() {
        value = value * 10 + i64::from(body[at] - b'0');
        at += 1;
        if at > 10 {
            return None;
        }
    }
    if at == 0 {
        return None;
    }
    let mut amount = value * SCALE;
    if at < body.len() {
        let fraction = &body[at + 1..];
        if body[at] != b'.' || fraction.is_empty() || fraction.len() > DECIMALS as usize {
            return None;
        }
        let mut step = SCALE / 10;
        for &byte in fraction {
            if !byte.is_ascii_digit() {
                return None;
            }
            amount += i64::from(byte - b'0') * step;
            step /= 10;
        }
    }
    Some(if negative { -amount } else { amount })
}

/// The text without one leading or trailing currency sign or ISO code; refuses one that names another currency.
fn strip_currency<'a>(text: &'a [u8], currency: Option<&[u8]>) -> Result<&'a [u8], NumberFault> {
    for (sign, codes) in SIGNS {
        let bare = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign));
        if let Some(bare) = bare {
            if currency.is_some_and(|own| codes.iter().all(|code| code.as_bytes() != own)) {
                return Err(NumberFault::OtherCurrency);
            }
            return Ok(trim_spaces(bare));
        }
    }
    let is_code = |code: &[u8]| code.iter().all(u8::is_ascii_uppercase);
    let split = match text {
        [a, b, c, rest @ ..] if is_code(&[*a, *b, *c]) => Some(([*a, *b, *c], rest)),
        [rest @ .., a, b, c] if is_code(&[*a, *b, *c]) => Some(([*a, *b, *c], rest)),
        _ => None,
    };
    match split {
        Some((code, rest)) if currency.is_none_or(|own| own == code) => Ok(trim_spaces(rest)),
        Some(_) => Err(NumberFault::OtherCurrency),
        None => Ok(text),
    }
}

fn trim_spaces(mut text: &[u8]) -> &[u8] {
    loop {
        let trimmed = text.trim_ascii();
        let trimmed = ["\u{a0}", "\u{202f}"].iter().fold(trimmed, |text, space| {
            let text = text.strip_prefix(space.as_bytes()).unwrap_or(text);
            text.strip_suffix(space.as_bytes()).unwrap_or(text)
        });
        if trimmed.len() == text.len() {
            return text;
        }
        text = trimmed;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EURO: NumberFormat = NumberFormat { decimal: DecimalMark::Comma, thousands: Some(ThousandsMark::Point) };
    const US: NumberFormat = NumberFormat { decimal: DecimalMark::Point, thousands: Some(ThousandsMark::Comma) };

    #[test]
    fn reads_what_the_format_declares() {
        let plain = NumberFormat::default();
        for (format, text, expected) in [
            (plain, "0", 0),
            (plain, "-12.5", -125_000),
            (plain, "+3", 30_000),
            (plain, "1234.5678", 12_345_678),
            (plain, ".5", 5_000),
            (plain, "7.", 70_000),
            (plain, "12.00005", 120_000),
            (plain, "12.00015", 120_002),
            (plain, "15-", -150_000),
            (EURO, "3.250,50", 32_505_000),
            (EURO, "1.234.567", 12_345_670_000),
            (US, "1,234,567.89", 12_345_678_900),
        ] {
            assert_eq!(format.parse(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn reads_money_with_signs_codes_and_brackets() {
        for (text, currency, expected) in [
            ("$1,234.50", "USD", 12_345_000),
            ("€ 1,234.50", "EUR", 12_345_000),
            ("1,234.50 €", "EUR", 12_345_000),
            ("EUR 12", "EUR", 120_000),
            ("12 CHF", "CHF", 120_000),
            ("(12.5)", "USD", -125_000),
            ("-$12.5", "USD", -125_000),
        ] {
            assert_eq!(US.parse_money(text.as_bytes(), Some(currency.as_bytes())), Ok(expected), "{text}");
        }
        assert_eq!(US.parse_money("€12".as_bytes(), Some(b"USD")), Err(NumberFault::OtherCurrency));
        assert_eq!(US.parse_money(b"EUR 12", Some(b"USD")), Err(NumberFault::OtherCurrency));
        assert_eq!(US.parse_money(b"(-12)", Some(b"USD")), Err(NumberFault::NotANumber));
    }

    #[test]
    fn guesses_nothing() {
        let plain = NumberFormat::default();
        for (format, text, fault) in [
            (plain, "1,234", NumberFault::Grouping),
            (plain, "1.2E+05", NumberFault::Scientific),
            (plain, "12E3", NumberFault::Scientific),
            (plain, "n/a", NumberFault::NotANumber),
            (plain, "", NumberFault::NotANumber),
            (plain, "-", NumberFault::NotANumber),
            (plain, ".", NumberFault::NotANumber),
            (plain, "99999999999999999999999", NumberFault::TooLarge),
            (US, "12,34.5", NumberFault::Grouping),
            (US, "1234,567", NumberFault::Grouping),
            (EURO, "1.23", NumberFault::Grouping),
        ] {
            assert_eq!(format.parse(text.as_bytes()), Err(fault), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_slow_one(text in "-?[0-9]{0,12}(\\.[0-9]{0,6})?") {
            if let Some(fast) = parse_plain(text.as_bytes()) {
                prop_assert_eq!(NumberFormat::default().parse_any(text.as_bytes()), Ok(fast));
            }
        }

        #[test]
        fn any_amount_survives_writing_and_reading(amount in -LARGEST_UNITS * SCALE..=LARGEST_UNITS * SCALE) {
            let sign = if amount < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{:04}", amount.abs() / SCALE, amount.abs() % SCALE);
            prop_assert_eq!(NumberFormat::default().parse(text.as_bytes()), Ok(amount));
            prop_assert_eq!(NumberFormat::default().parse(crate::exact::decimal(amount).as_bytes()), Ok(amount));
            let euro = text.replace('.', ",");
            prop_assert_eq!(EURO.parse(euro.as_bytes()), Ok(amount));
        }

        #[test]
        fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = US.parse_money(&text, Some(b"USD"));
            let _ = EURO.parse(&text);
        }
    }
}

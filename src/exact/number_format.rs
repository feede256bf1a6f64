//! Reading a number from the text of a CSV field.
//!
//! In: the bytes of one field and the declared format of its file. Out: an [`Amount`], or the reason why not.
//! Invariant: what the format does not declare is refused, never guessed; no float is involved.

use super::currency_mark;
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

/// How many digits stand between two marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Grouping {
    /// Three: `1,234,567`
    #[default]
    Thousands,
    /// Three at the end and two before: `12,34,567`, as lakh and crore are written
    Lakh,
}

/// How one file writes its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NumberFormat {
    /// Between units and fraction.
    pub decimal: DecimalMark,
    /// Between groups of digits, where the file uses any.
    pub thousands: Option<ThousandsMark>,
    /// How long the groups are.
    pub grouping: Grouping,
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
        Self { decimal: DecimalMark::Point, thousands: None, grouping: Grouping::Thousands }
    }
}

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
        match ascii_minus(text) {
            Some(text) => self.parse_any(&text),
            None => self.parse_any(text),
        }
    }

    /// The amount that a text of at most eight bytes writes in the plainest way (`digits`, or `digits.digits` with at most four decimals),
    /// and how many decimals it has; none where it takes a closer look. `last` ends with the text; what stands before it does not count.
    ///
    /// Eight digits are read as one number, as D. Lemire, "Number Parsing at a Gigabyte per Second" (2021), section 5, does.
    #[must_use]
    #[inline(always)]
    pub fn short(self, last: [u8; 8], length: usize) -> Option<(Amount, u32)> {
        const EACH: u64 = u64::from_le_bytes([1; 8]);
        const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
        const MARKS: [u64; 2] = [u64::from_le_bytes([b'.'; 8]), u64::from_le_bytes([b','; 8])];
        if length == 0 || length > 8 {
            return None;
        }
        // The bits below the text: zeros stand there.
        let below = 64 - 8 * u32::try_from(length).ok()?;
        let before = (1_u64 << below.min(63)) - 1;
        let mut digits = (u64::from_le_bytes(last) & !before) | (ZEROS & before);
        let marked = digits ^ MARKS[usize::from(self.decimal == DecimalMark::Comma)];
        let marked = marked.wrapping_sub(EACH) & !marked & (EACH << 7);
        let mut decimals = 0;
        if marked != 0 {
            // The lowest bit of the first mark; digits before it move up by one into its place.
            let mark = marked.trailing_zeros() & !7;
            decimals = 7 - mark / 8;
            if mark <= below || decimals == 0 || decimals > DECIMALS {
                return None;
            }
            let units = (1_u64 << mark) - 1;
            digits = (digits & !units & !(0xff << mark)) | ((digits & units) << 8) | u64::from(b'0');
        }
        let values = digits ^ ZEROS;
        if (values.wrapping_add(EACH * 0x76) | values) & (EACH << 7) != 0 {
            return None;
        }
        let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
        let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
        let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
        let number = i64::try_from(low.wrapping_add(high) >> 32).ok()?;
        const STEPS: [i64; DECIMALS as usize + 1] = [10_000, 1_000, 100, 10, 1];
        Some((number * STEPS[decimals as usize], decimals))
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
        let unsigned = ascii_minus(text);
        let text = unsigned.as_deref().unwrap_or(text);
        let (text, bracketed) = match text {
            [b'(', inner @ .., b')'] => (inner.trim_ascii(), true),
            _ => (text, false),
        };
        let (text, leading_minus) = match text {
            [b'-', inner @ ..] if inner.first().is_some_and(|b| !b.is_ascii_digit()) => (inner.trim_ascii(), true),
            _ => (text, false),
        };
        let bare = without_dash(currency_mark::strip(text, currency)?);
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

    /// The digits before the decimal mark; groups are judged from their end, as the last one always has three digits.
    fn units(self, text: &[u8]) -> Result<i128, NumberFault> {
        let mut value: i128 = 0;
        let mut digits = 0_u32;
        // The length of each group that a mark ends.
        let mut groups: Vec<u32> = Vec::new();
        let mut rest = text;
        while let [byte, tail @ ..] = rest {
            if byte.is_ascii_digit() {
                value = (value * 10 + i128::from(byte - b'0')).min(i128::from(i64::MAX));
                digits += 1;
                rest = tail;
                continue;
            }
            let Some(width) = self.thousands.and_then(|mark| mark.width_at(rest)) else {
                let any = digits > 0 || !groups.is_empty();
                return Err(match byte {
                    b'e' | b'E' if any => NumberFault::Scientific,
                    b',' | b'.' | b'\'' | b' ' if any => NumberFault::Grouping,
                    _ if any
                        && [ThousandsMark::Space, ThousandsMark::Apostrophe]
                            .iter()
                            .any(|mark| mark.width_at(rest).is_some()) =>
                    {
                        NumberFault::Grouping
                    }
                    _ => NumberFault::NotANumber,
                });
            };
            groups.push(std::mem::take(&mut digits));
            rest = &rest[width..];
        }
        let Some((first, inner)) = groups.split_first() else { return Ok(value) };
        let inner_length = match self.grouping {
            Grouping::Thousands => 3,
            Grouping::Lakh => 2,
        };
        let fits =
            (1..=inner_length).contains(first) && inner.iter().all(|length| *length == inner_length) && digits == 3;
        if fits { Ok(value) } else { Err(NumberFault::Grouping) }
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
            Self::Space => [" ", "\u{a0}", "\u{202f}", "\u{2009}"]
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

/// The text with a plain minus in the place of the typographic one, where it has that.
fn ascii_minus(text: &[u8]) -> Option<Vec<u8>> {
    const MINUS: &[u8] = "\u{2212}".as_bytes();
    let at = memchr::memmem::find(text, MINUS)?;
    Some([&text[..at], b"-", &text[at + MINUS.len()..]].concat())
}

/// The text without the dash that stands for no cents: `1'200.-`, `1 200,-`, `1.200,--`.
fn without_dash(text: &[u8]) -> &[u8] {
    ["-", "--", "\u{2013}", "\u{2014}"]
        .iter()
        .filter_map(|dash| text.strip_suffix(dash.as_bytes()))
        .find_map(|text| match text {
            [units @ .., b'.' | b','] if units.last().is_some_and(u8::is_ascii_digit) => Some(units),
            _ => None,
        })
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EURO: NumberFormat = NumberFormat {
        decimal: DecimalMark::Comma,
        thousands: Some(ThousandsMark::Point),
        grouping: Grouping::Thousands,
    };
    const US: NumberFormat = NumberFormat {
        decimal: DecimalMark::Point,
        thousands: Some(ThousandsMark::Comma),
        grouping: Grouping::Thousands,
    };
    const INDIA: NumberFormat = NumberFormat { grouping: Grouping::Lakh, ..US };

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
            (US, "\u{2212}1,234", -12_340_000),
            (INDIA, "1,04,437", 1_044_370_000),
            (INDIA, "62,506", 625_060_000),
            (INDIA, "12,34,56,789.50", 1_234_567_895_000),
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
            ("\u{2212}$12.5", "USD", -125_000),
            ("12 kr", "SEK", 120_000),
            ("kr. 12,500", "DKK", 125_000_000),
            ("1,200 zł", "PLN", 12_000_000),
            ("R$ 12", "BRL", 120_000),
            ("Fr. 1,200.-", "CHF", 12_000_000),
            ("1,200.--", "CHF", 12_000_000),
            ("₹ 62,506", "INR", 625_060_000),
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
            (plain, "1\u{a0}234", NumberFault::Grouping),
            (plain, "1\u{202f}234", NumberFault::Grouping),
            (plain, "1\u{2019}234.50", NumberFault::Grouping),
            (plain, "12\u{e9}", NumberFault::NotANumber),
            (plain, "1.2E+05", NumberFault::Scientific),
            (plain, "12E3", NumberFault::Scientific),
            (plain, "n/a", NumberFault::NotANumber),
            (plain, "", NumberFault::NotANumber),
            (plain, "-", NumberFault::NotANumber),
            (plain, ".", NumberFault::NotANumber),
            (plain, "99999999999999999999999", NumberFault::TooLarge),
            (US, "12,34.5", NumberFault::Grouping),
            (US, "1,04,437", NumberFault::Grouping),
            (US, ",123", NumberFault::Grouping),
            (US, "1,,234", NumberFault::Grouping),
            (INDIA, "104,437", NumberFault::Grouping),
            (INDIA, "1,044,37", NumberFault::Grouping),
            (US, "1234,567", NumberFault::Grouping),
            (EURO, "1.23", NumberFault::Grouping),
        ] {
            assert_eq!(format.parse(text.as_bytes()), Err(fault), "{text}");
        }
    }

    proptest! {
        /// The short way tells what the general one tells, or nothing; of plain numbers it tells all.
        #[test]
        fn short_numbers_are_what_the_general_way_reads(
            text in "[0-9]{1,8}|[0-9]{1,6}[.,][0-9]{1,6}|[0-9]{0,3}[.,][0-9]{0,4}|[0-9.,/:;-]{1,8}|\\PC{1,4}",
            before in "[0-9.,]{8}",
        ) {
            for format in [NumberFormat::default(), EURO, US] {
                let all = format!("{before}{text}");
                let last: [u8; 8] = *all.as_bytes().last_chunk().expect("eight bytes");
                let short = format.short(last, text.len());
                let mark = if format.decimal == DecimalMark::Point { '.' } else { ',' };
                if let Some((amount, decimals)) = short {
                    prop_assert_eq!(format.parse_any(text.as_bytes()), Ok(amount));
                    prop_assert_eq!(decimals as usize, text.split_once(mark).map_or(0, |(_, fraction)| fraction.len()));
                }
                let (units, fraction) = text.split_once(mark).unwrap_or((text.as_str(), "0"));
                let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let is_plain = digits(units) && digits(fraction) && fraction.len() <= 4 && text.len() <= 8;
                prop_assert_eq!(short.is_some(), is_plain);
            }
        }

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

//! Marks of currencies at amounts: signs, national abbreviations and ISO codes.
//!
//! In: the text of an amount. Out: the text without its mark. Invariant: a mark that names other currencies than the row's is an error,
//! never passed over; text that is no known mark stays where it is, and is no number.
//!
//! Signs and abbreviations: Unicode Common Locale Data Repository, narrow and standard symbols, and what the countries' own style
//! guides use (`Fr.`, `kr.`, `TL`, `Rs.`).

use super::number_format::NumberFault;

/// A mark and the currencies that it can mean; a mark that begins with another stands before it.
const MARKS: [(&str, &[&str]); 67] = [
    ("US$", &["USD"]),
    ("AU$", &["AUD"]),
    ("CA$", &["CAD"]),
    ("NZ$", &["NZD"]),
    ("HK$", &["HKD"]),
    ("SG$", &["SGD"]),
    ("NT$", &["TWD"]),
    ("MX$", &["MXN"]),
    ("CLP$", &["CLP"]),
    ("COL$", &["COP"]),
    ("AR$", &["ARS"]),
    ("RD$", &["DOP"]),
    ("A$", &["AUD"]),
    ("C$", &["CAD", "NIO"]),
    ("S$", &["SGD"]),
    ("R$", &["BRL"]),
    (
        "$",
        &[
            "USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD", "UYU", "DOP", "BBD", "BSD",
            "JMD", "TTD",
        ],
    ),
    ("€", &["EUR"]),
    ("£", &["GBP", "EGP", "FKP", "GIP", "SHP", "LBP", "SYP", "SDG", "SSP"]),
    ("¥", &["JPY", "CNY"]),
    ("￥", &["JPY", "CNY"]),
    // The sign of yen and won in Shift_JIS, EUC-JP and EUC-KR has the code of the backslash, and is read as that.
    ("\\", &["JPY", "KRW"]),
    ("円", &["JPY"]),
    ("元", &["CNY", "TWD"]),
    ("₹", &["INR"]),
    ("₺", &["TRY"]),
    ("₽", &["RUB"]),
    ("₩", &["KRW"]),
    ("￦", &["KRW"]),
    ("₪", &["ILS"]),
    ("₫", &["VND"]),
    ("฿", &["THB"]),
    ("₱", &["PHP"]),
    ("₦", &["NGN"]),
    ("₴", &["UAH"]),
    ("₸", &["KZT"]),
    ("₡", &["CRC"]),
    ("₲", &["PYG"]),
    ("₵", &["GHS"]),
    ("₾", &["GEL"]),
    ("₼", &["AZN"]),
    ("৳", &["BDT"]),
    ("zł", &["PLN"]),
    ("zl", &["PLN"]),
    ("Kč", &["CZK"]),
    ("Kc", &["CZK"]),
    ("Ft", &["HUF"]),
    ("lei", &["RON", "MDL"]),
    ("kr.", &["DKK", "NOK", "SEK", "ISK"]),
    ("kr", &["SEK", "NOK", "DKK", "ISK"]),
    ("SFr.", &["CHF"]),
    ("Fr.", &["CHF"]),
    ("Fr", &["CHF"]),
    ("Rs.", &["INR", "PKR", "LKR", "NPR", "MUR"]),
    ("Rs", &["INR", "PKR", "LKR", "NPR", "MUR"]),
    ("RM", &["MYR"]),
    ("Rp.", &["IDR"]),
    ("Rp", &["IDR"]),
    ("TL", &["TRY"]),
    ("S/.", &["PEN"]),
    ("S/", &["PEN"]),
    ("руб.", &["RUB"]),
    ("руб", &["RUB"]),
    ("лв.", &["BGN"]),
    ("лв", &["BGN"]),
    ("дин.", &["RSD"]),
    ("R", &["ZAR"]),
];

/// The text without one leading or trailing mark or ISO code; refuses one that names another currency.
pub(super) fn strip<'a>(text: &'a [u8], currency: Option<&[u8]>) -> Result<&'a [u8], NumberFault> {
    // Digits at both ends: no mark, as in nearly every file.
    if text.first().is_some_and(u8::is_ascii_digit) && text.last().is_some_and(u8::is_ascii_digit) {
        return Ok(text);
    }
    if let Some((code, rest)) = iso_code(text) {
        return if currency.is_none_or(|own| own == code) {
            Ok(trim_spaces(rest))
        } else {
            Err(NumberFault::OtherCurrency)
        };
    }
    for (mark, codes) in MARKS {
        let Some(bare) = strip_prefix(text, mark).or_else(|| strip_suffix(text, mark)) else { continue };
        if currency.is_some_and(|own| codes.iter().all(|code| code.as_bytes() != own)) {
            return Err(NumberFault::OtherCurrency);
        }
        return Ok(trim_spaces(bare));
    }
    Ok(text)
}

/// An ISO code before or behind a number.
fn iso_code(text: &[u8]) -> Option<([u8; 3], &[u8])> {
    let is_code = |code: &[u8; 3]| code.iter().all(u8::is_ascii_uppercase);
    if let Some((code, rest)) = text.split_first_chunk::<3>()
        && is_code(code)
        && rest.first().is_none_or(|next| !next.is_ascii_alphabetic() && *next != b'$')
    {
        return Some((*code, rest));
    }
    let (rest, code) = text.split_last_chunk::<3>()?;
    (is_code(code) && rest.last().is_none_or(|next| !next.is_ascii_alphabetic())).then_some((*code, rest))
}

/// The text behind a mark, in which letters have no case; a mark of letters is not the beginning of a word.
fn strip_prefix<'a>(text: &'a [u8], mark: &str) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(mark.len())?;
    (same(start, mark) && rest.first().is_none_or(|next| !next.is_ascii_alphabetic())).then_some(rest)
}

fn strip_suffix<'a>(text: &'a [u8], mark: &str) -> Option<&'a [u8]> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(mark.len())?)?;
    (same(end, mark) && rest.last().is_none_or(|next| !next.is_ascii_alphabetic())).then_some(rest)
}

fn same(text: &[u8], mark: &str) -> bool {
    text.eq_ignore_ascii_case(mark.as_bytes())
        || std::str::from_utf8(text).is_ok_and(|text| !text.is_ascii() && text.to_lowercase() == mark.to_lowercase())
}

fn trim_spaces(mut text: &[u8]) -> &[u8] {
    loop {
        let trimmed = text.trim_ascii();
        let trimmed = ["\u{a0}", "\u{202f}", "\u{2009}"].iter().fold(trimmed, |text, space| {
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
    use super::*;
    use crate::record::is_currency_code;

    #[test]
    fn every_mark_goes_before_and_behind_and_contradicts_another_currency() {
        for (mark, codes) in MARKS {
            assert!(codes.iter().all(|code| is_currency_code(code)), "{mark}");
            for text in [format!("{mark} 12"), format!("{mark}12"), format!("12 {mark}"), format!("12{mark}")] {
                let own = codes[0].as_bytes();
                assert_eq!(strip(text.as_bytes(), Some(own)), Ok(b"12".as_slice()), "{text} {}", codes[0]);
                assert_eq!(strip(text.as_bytes(), Some(b"XOF")), Err(NumberFault::OtherCurrency), "{text}");
            }
        }
    }

    #[test]
    fn no_mark_hides_a_longer_one() {
        for (place, (mark, _)) in MARKS.iter().enumerate() {
            let hidden = MARKS[..place].iter().find(|(earlier, _)| {
                let (mark, earlier) = (mark.to_lowercase(), earlier.to_lowercase());
                mark.starts_with(&earlier) || mark.ends_with(&earlier)
            });
            assert_eq!(hidden, None, "{mark}");
        }
    }

    #[test]
    fn other_letters_are_no_mark() {
        for text in ["12 km", "Krone 12", "12 per R&D", "kroner12", "n/a"] {
            assert_eq!(strip(text.as_bytes(), Some(b"SEK")), Ok(text.as_bytes()), "{text}");
        }
    }
}

//! International bank account numbers (ISO 13616).
//!
//! In: a value. Out: whether an IBAN stands in it. Invariant: an IBAN of a known country is found wherever it stands, with
//! or without groups; of another country, where it is a word or the whole value.

/// Countries of the registry, and how long an IBAN of theirs is.
const LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 \
    DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 \
    KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 \
    PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";

/// Norway's have 15 characters.
const SHORTEST: usize = 15;
/// No IBAN has more.
const LONGEST: usize = 34;

/// An IBAN with a right checksum stands in the value.
#[must_use]
pub fn holds_iban(value: &str) -> bool {
    let bytes = value.as_bytes();
    if bytes.len() < SHORTEST {
        return false;
    }
    let compact: Vec<u8> = bytes.iter().filter(|b| !b.is_ascii_whitespace()).map(u8::to_ascii_uppercase).collect();
    is_iban(&compact) || (0..bytes.len()).any(|at| starts_here(bytes, at) && iban_at(&bytes[at..]))
}

/// Two letters and two digits at the beginning of a word, or straight behind the word IBAN.
fn starts_here(bytes: &[u8], at: usize) -> bool {
    let Some(start) = bytes.get(at..at + 4) else { return false };
    let shaped = start[..2].iter().all(u8::is_ascii_alphabetic) && start[2..].iter().all(u8::is_ascii_digit);
    let word = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
    let named = at >= 4 && bytes[at - 4..at].eq_ignore_ascii_case(b"iban");
    shaped && (word || named)
}

/// The text begins with an IBAN; groups may stand apart by one space, hyphen or dot.
fn iban_at(text: &[u8]) -> bool {
    let country = [text[0].to_ascii_uppercase(), text[1].to_ascii_uppercase()];
    let Some(length) = length_in(country) else {
        // One more is enough to tell that a word is too long: a text may be made of many beginnings.
        let word = &text[..text.len().min(LONGEST + 1)];
        let end = word.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(word.len());
        return is_iban(&word[..end].to_ascii_uppercase());
    };
    let mut compact = Vec::with_capacity(length);
    let mut at = 0;
    while compact.len() < length {
        match text.get(at) {
            Some(byte) if byte.is_ascii_alphanumeric() => compact.push(byte.to_ascii_uppercase()),
            Some(b' ' | b'-' | b'.') if text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric) => {}
            _ => return false,
        }
        at += 1;
    }
    text.get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric()) && is_iban(&compact)
}

fn length_in(country: [u8; 2]) -> Option<usize> {
    let row = LENGTHS.split(' ').find(|row| row.as_bytes().starts_with(&country))?;
    row.get(2..)?.parse().ok()
}

/// A whole IBAN in capitals without separators.
pub(super) fn is_iban(text: &[u8]) -> bool {
    let shaped = (SHORTEST..=LONGEST).contains(&text.len())
        && text[..2].iter().all(u8::is_ascii_uppercase)
        && text[2..4].iter().all(u8::is_ascii_digit)
        && text.iter().all(u8::is_ascii_alphanumeric);
    if !shaped || length_in([text[0], text[1]]).is_some_and(|length| length != text.len()) {
        return false;
    }
    let remainder = text[4..].iter().chain(&text[..4]).fold(0_u32, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        _ => (remainder * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    remainder == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ibans_of_examples_are_known_in_every_spelling() {
        for value in [
            "DE89 3704 0044 0532 0130 00",
            "de89370400440532013000",
            "Konto DE89 3704 0044 0532 0130 00, bitte",
            "IBAN:DE89370400440532013000",
            "IBANDE89370400440532013000",
            "DE89-3704-0044-0532-0130-00",
            "GB82WEST12345698765432",
            "GB82 WEST 1234 5698 7654 32",
            "FR14 2004 1010 0505 0001 3M02 606",
            "NO93 8601 1117 947",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            assert!(holds_iban(value), "{value}");
        }
    }

    #[test]
    fn what_has_a_wrong_checksum_is_none() {
        for value in ["DE89370400440532013001", "DE89", "DE89 3704", "AB12-CD34", "", "DE8937040044053201300"] {
            assert!(!holds_iban(value), "{value}");
        }
    }

    #[test]
    fn a_text_of_many_beginnings_is_looked_at_in_one_pass() {
        assert!(!holds_iban(&"ibanzz00".repeat(1 << 17)));
    }

    proptest! {
        #[test]
        fn an_iban_is_found_wherever_it_stands(before in "([a-z:,]{0,9} )?", after in "([ ,;.][a-z ]{0,9})?", number in 0_u64..10_000_000_000) {
            let bank = format!("37040044{number:010}");
            let check = (0..97).map(|check| format!("DE{check:02}{bank}")).find(|iban| is_iban(iban.as_bytes()));
            if let Some(iban) = check {
                let grouped: Vec<&str> = (0..22).step_by(4).map(|at| &iban[at..22.min(at + 4)]).collect();
                let (plain, spaced) = (format!("{before}{iban}{after}"), format!("{before}{}{after}", grouped.join(" ")));
                prop_assert!(holds_iban(&plain));
                prop_assert!(holds_iban(&spaced));
            }
        }
    }
}

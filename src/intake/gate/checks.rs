//! The checksums of national identification numbers.
//!
//! In: a number in capitals without separators, of the length and kind that its form in `national.rs` says. Out: whether
//! its checksum, and the date in it, are right. Invariant: none of them panics, whatever the characters are.

/// The value of a digit; of anything else a number that no checksum comes right with.
fn digit(byte: u8) -> u32 {
    if byte.is_ascii_digit() { u32::from(byte - b'0') } else { 1000 }
}

fn at(text: &[u8], place: usize) -> u32 {
    text.get(place).copied().map_or(1000, digit)
}

/// Digits as a number.
fn number(text: &[u8]) -> u64 {
    text.iter().fold(0, |sum, byte| (sum * 10 + u64::from(digit(*byte))) % 1_000_000_000_000_000_000)
}

/// Two digits as a number.
fn two(text: &[u8], place: usize) -> u32 {
    at(text, place) * 10 + at(text, place + 1)
}

/// The sum of digits by weights.
fn weighted(text: &[u8], weights: &[u32]) -> u32 {
    text.iter().zip(weights).map(|(byte, weight)| digit(*byte) * weight).sum()
}

/// A day and a month, whatever the year.
fn is_day(day: u32, month: u32) -> bool {
    (1..=31).contains(&day) && (1..=12).contains(&month)
}

/// Every second digit from the right doubled (ISO/IEC 7812).
fn luhn(text: &[u8]) -> bool {
    let sum: u32 = text
        .iter()
        .rev()
        .enumerate()
        .map(|(place, byte)| match digit(*byte) * (1 + u32::try_from(place % 2).unwrap_or(0)) {
            doubled @ 10..=18 => doubled - 9,
            other => other,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// ISO/IEC 7064 MOD 11,10.
fn mod_11_10(text: &[u8]) -> bool {
    let Some((check, body)) = text.split_last() else { return false };
    let product = body.iter().fold(10, |product, byte| {
        let sum = (digit(*byte) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == digit(*check)
}

/// Germany, tax: one of the first ten digits stands there twice or three times, the others at most once.
pub fn de_tax(text: &[u8]) -> bool {
    let mut counts = [0_usize; 10];
    for byte in text[..10].iter().filter(|byte| byte.is_ascii_digit()) {
        counts[usize::from(byte - b'0')] += 1;
    }
    let different = counts.iter().filter(|count| **count > 0).count();
    let repeated = (different == 9 && counts.contains(&2)) || (different == 8 && counts.contains(&3));
    text[0] != b'0' && repeated && mod_11_10(text)
}

/// Germany, pension insurance: area, birth, first letter, serial number, check digit.
pub fn de_pension(text: &[u8]) -> bool {
    let letter = u32::from(text[8].saturating_sub(b'A')) + 1;
    let digits = text[..8].iter().map(|byte| digit(*byte)).chain([letter / 10, letter % 10, at(text, 9), at(text, 10)]);
    let weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
    let sum: u32 = digits.zip(weights).map(|(digit, weight)| digit * weight / 10 + digit * weight % 10).sum();
    de_pension_birth(text) && sum % 10 == at(text, 11)
}

/// The date in it alone; the day may be 50 higher.
pub fn de_pension_birth(text: &[u8]) -> bool {
    is_day(two(text, 2) % 50, two(text, 4))
}

/// Austria: the fourth digit checks the others.
pub fn at_social(text: &[u8]) -> bool {
    let sum = weighted(text, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]);
    text[0] != b'0' && sum % 11 == at(text, 3) && (1..=31).contains(&two(text, 4)) && (1..=15).contains(&two(text, 6))
}

/// Switzerland: an EAN-13 that begins with 756.
pub fn ch_social(text: &[u8]) -> bool {
    text.starts_with(b"756") && weighted(text, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}

/// France: sex, year, month, place, order and a key modulo 97; Corsica's 2A and 2B count as 19 and 18.
pub fn fr_social(text: &[u8]) -> bool {
    let mut plain = text.to_vec();
    if plain[5] == b'2' && matches!(plain[6], b'A' | b'B') {
        (plain[5], plain[6]) = (b'1', if plain[6] == b'A' { b'9' } else { b'8' });
    }
    fr_social_birth(text)
        && plain.iter().all(u8::is_ascii_digit)
        && 97 - number(&plain[..13]) % 97 == number(&plain[13..])
}

/// Sex and month in it alone.
pub fn fr_social_birth(text: &[u8]) -> bool {
    let month = two(text, 3);
    let fits = (1..=12).contains(&month) || (20..=42).contains(&month) || (50..100).contains(&month);
    matches!(text[0], b'1'..=b'4' | b'7' | b'8') && fits
}

/// Spain: the letter of a number modulo 23; X, Y, Z in front stand for 0, 1, 2.
pub fn es_identity(text: &[u8]) -> bool {
    let mut plain = text.to_vec();
    if let b'X'..=b'Z' = plain[0] {
        plain[0] = plain[0] - b'X' + b'0';
    }
    let Some((letter, digits)) = plain.split_last() else { return false };
    let place = usize::try_from(number(digits) % 23).unwrap_or(0);
    digits.iter().all(u8::is_ascii_digit) && b"TRWAGMYFPDXBNJZSQVHLCKE"[place] == *letter
}

/// Italy: the last letter checks the fifteen before; letters may stand for digits where two people would be one.
pub fn it_fiscal(text: &[u8]) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let digits = [6, 7, 9, 10, 12, 13, 14];
    let shaped = text[..15].iter().enumerate().all(|(place, byte)| match byte {
        b'0'..=b'9' => digits.contains(&place),
        b'L'..=b'N' | b'P'..=b'V' => place != 8 || b"ABCDEHLMPRST".contains(byte),
        _ => !digits.contains(&place) && (place != 8 || b"ABCDEHLMPRST".contains(byte)),
    });
    let value = |byte: u8| u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte.saturating_sub(b'A') });
    let sum: u32 = text[..15]
        .iter()
        .enumerate()
        .map(|(place, byte)| {
            let value = value(*byte);
            if place % 2 == 0 {
                usize::try_from(value).ok().and_then(|at| ODD.get(at).copied()).unwrap_or(0)
            } else {
                value
            }
        })
        .sum();
    shaped && u32::from(text[15].saturating_sub(b'A')) == sum % 26
}

/// The Netherlands: the test of eleven.
pub fn nl_citizen(text: &[u8]) -> bool {
    let sum = weighted(text, &[9, 8, 7, 6, 5, 4, 3, 2]) + 11_000 - at(text, 8);
    sum.is_multiple_of(11) && number(text) > 0
}

/// Belgium: 97 minus the rest modulo 97, with a 2 in front for those born since 2000.
pub fn be_national(text: &[u8]) -> bool {
    let (body, check) = (number(&text[..9]), number(&text[9..]));
    let month = two(text, 2) % 20;
    let fits = |body: u64| 97 - body % 97 == check;
    month <= 12 && two(text, 4) <= 31 && (fits(body) || fits(2_000_000_000 + body))
}

/// Poland: weights 1, 3, 7, 9; the century is in the month.
pub fn pl_person(text: &[u8]) -> bool {
    is_day(two(text, 4), two(text, 2) % 20) && weighted(text, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
}

/// Portugal, tax: weights 9 to 2 modulo 11, of persons (they begin with 1, 2, 3 or 45).
pub fn pt_tax(text: &[u8]) -> bool {
    let rest = weighted(text, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    (matches!(text[0], b'1'..=b'3') || text.starts_with(b"45")) && check == at(text, 8)
}

/// Portugal, social security: prime weights.
pub fn pt_social(text: &[u8]) -> bool {
    let sum = weighted(text, &[29, 23, 19, 17, 13, 11, 7, 5, 3, 2]);
    matches!(text[0], b'1' | b'2') && 9 - sum % 10 == at(text, 10)
}

/// Sweden: year, month, day (60 higher for coordination numbers) and a Luhn digit; a century may stand in front.
pub fn se_personal(text: &[u8]) -> bool {
    let text = match text.len() {
        12 if matches!(&text[..2], b"18" | b"19" | b"20") => &text[2..],
        _ => text,
    };
    text.len() == 10 && is_day(two(text, 4) % 60, two(text, 2)) && luhn(text)
}

/// Denmark: day, month, year, and weights modulo 11, which numbers since 2007 need not keep.
pub fn dk_person(text: &[u8]) -> bool {
    dk_birth(text) && weighted(text, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// The date in it alone.
pub fn dk_birth(text: &[u8]) -> bool {
    is_day(two(text, 0), two(text, 2))
}

/// Norway: day (40 higher for D-numbers), month, year, and two check digits modulo 11.
pub fn no_birth(text: &[u8]) -> bool {
    is_day(two(text, 0) % 40, two(text, 2) % 40)
        && weighted(text, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11)
        && weighted(text, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// Finland: day, month, year, a mark of the century, and a character modulo 31.
pub fn fi_personal(text: &[u8]) -> bool {
    let digits: Vec<u8> = text[..6].iter().chain(&text[text.len() - 4..text.len() - 1]).copied().collect();
    let place = usize::try_from(number(&digits) % 31).unwrap_or(0);
    is_day(two(text, 0), two(text, 2)) && text.last() == Some(&b"0123456789ABCDEFHJKLMNPRSTUVWXY"[place])
}

/// Czechia and Slovakia: the month is 50 higher for women (20 more when numbers ran out), all of it divides by 11.
pub fn cz_birth(text: &[u8]) -> bool {
    let month = two(text, 2) % 50 % 20;
    let divides = number(text).is_multiple_of(11) || (number(&text[..9]) % 11 == 10 && at(text, 9) == 0);
    is_day(two(text, 4), month) && divides
}

/// Romania: sex and century, date, county, and weights modulo 11.
pub fn ro_personal(text: &[u8]) -> bool {
    let rest = weighted(text, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    text[0] != b'0' && is_day(two(text, 5), two(text, 3)) && (if rest == 10 { 1 } else { rest }) == at(text, 12)
}

/// Bulgaria: the century is in the month.
pub fn bg_citizen(text: &[u8]) -> bool {
    let sum = weighted(text, &[2, 4, 8, 5, 10, 9, 7, 3, 6]);
    is_day(two(text, 4), two(text, 2) % 20) && sum % 11 % 10 == at(text, 9)
}

/// Croatia.
pub fn hr_personal(text: &[u8]) -> bool {
    mod_11_10(text)
}

/// Estonia and Lithuania: a second row of weights when the first leaves 10.
pub fn baltic_personal(text: &[u8]) -> bool {
    let first = weighted(text, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = weighted(text, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
    let check = if first == 10 { second % 10 } else { first };
    matches!(text[0], b'1'..=b'8') && is_day(two(text, 5), two(text, 3)) && check == at(text, 10)
}

/// United Kingdom, National Insurance: no checksum, but letters that are never given out.
pub fn uk_insurance(text: &[u8]) -> bool {
    !b"DFIQUV".contains(&text[0])
        && !b"DFIOQUV".contains(&text[1])
        && ![*b"BG", *b"GB", *b"NK", *b"KN", *b"TN", *b"NT", *b"ZZ"].contains(&[text[0], text[1]])
        && (b'A'..=b'D').contains(&text[8])
}

/// United Kingdom, tax reference: the first digit checks the others.
pub fn uk_tax(text: &[u8]) -> bool {
    let rest = weighted(&text[1..], &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
    usize::try_from(rest).ok().and_then(|rest| b"21987654321".get(rest)) == Some(&text[0])
}

/// Ireland: a letter modulo 23; a second letter counts nine times.
pub fn ie_public(text: &[u8]) -> bool {
    let second = text.get(8).map_or(0, |byte| u32::from(byte.saturating_sub(b'A')) + 1) % 23;
    let rest = (weighted(text, &[8, 7, 6, 5, 4, 3, 2]) + second * 9) % 23;
    usize::try_from(rest).ok().and_then(|rest| b"WABCDEFGHIJKLMNOPQRSTUV".get(rest)) == Some(&text[7])
}

/// Canada, social insurance: Luhn.
pub fn ca_social(text: &[u8]) -> bool {
    !matches!(text[0], b'0' | b'8') && luhn(text)
}

/// Mexico, population registry: a date and a digit over letters and digits.
pub fn mx_population(text: &[u8]) -> bool {
    // Ñ stands between N and O and takes a place.
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'N' => u32::from(byte - b'A') + 10,
        _ => u32::from(byte.saturating_sub(b'A')) + 11,
    };
    let sum: u32 = text[..17].iter().zip((2..=18).rev()).map(|(byte, weight)| value(*byte) * weight).sum();
    is_day(two(text, 8), two(text, 6)) && b"HMX".contains(&text[10]) && (10 - sum % 10) % 10 == at(text, 17)
}

/// Brazil: two digits modulo 11.
pub fn br_person(text: &[u8]) -> bool {
    let check = |count: usize| {
        let weights = (2_u32..).take(count);
        let sum: u32 = text[..count].iter().rev().zip(weights).map(|(byte, weight)| digit(*byte) * weight).sum();
        if sum % 11 < 2 { 0 } else { 11 - sum % 11 }
    };
    text.iter().any(|byte| *byte != text[0]) && check(9) == at(text, 9) && check(10) == at(text, 10)
}

/// Chile: weights 2 to 7 in turn modulo 11, with K for 10.
pub fn cl_role(text: &[u8]) -> bool {
    let Some((check, body)) = text.split_last() else { return false };
    let sum: u32 = body.iter().rev().zip((2..=7).cycle()).map(|(byte, weight)| digit(*byte) * weight).sum();
    let expected = match 11 - sum % 11 {
        11 => b'0',
        10 => b'K',
        rest => b'0' + u8::try_from(rest).unwrap_or(0),
    };
    *check == expected
}

/// India, Aadhaar: Verhoeff's check over the dihedral group of ten.
pub fn in_aadhaar(text: &[u8]) -> bool {
    const PERMUTATION: [usize; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let product = |a: usize, b: usize| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let sum = text.iter().rev().enumerate().fold(0, |sum, (place, byte)| {
        let value = usize::from(byte.saturating_sub(b'0')) % 10;
        product(sum, (0..place % 8).fold(value, |value, _| PERMUTATION[value]))
    });
    text[0] >= b'2' && sum == 0
}

/// India, permanent account: no checksum; the fourth letter of a person's is P.
pub fn in_account(text: &[u8]) -> bool {
    text[3] == b'P'
}

/// China: a date and ISO/IEC 7064 MOD 11-2.
pub fn cn_resident(text: &[u8]) -> bool {
    let sum: u32 = text[..17].iter().fold(0, |sum, byte| (sum + digit(*byte)) * 2 % 11);
    let expected = b"10X98765432"[usize::try_from(sum % 11).unwrap_or(0)];
    let expected = if sum == 0 { b'1' } else { expected };
    is_day(two(text, 12), two(text, 10)) && matches!(&text[6..8], b"19" | b"20") && text[17] == expected
}

/// Japan: weights 2 to 7 twice, modulo 11.
pub fn jp_individual(text: &[u8]) -> bool {
    let rest = weighted(text, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    (if rest < 2 { 0 } else { 11 - rest }) == at(text, 11)
}

/// South Korea: a date and weights modulo 11; numbers since October 2020 need not keep it.
pub fn kr_resident(text: &[u8]) -> bool {
    let sum = weighted(text, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    is_day(two(text, 4), two(text, 2)) && matches!(text[6], b'1'..=b'8') && (11 - sum % 11) % 10 == at(text, 12)
}

/// Turkey: two digits modulo 10.
pub fn tr_identity(text: &[u8]) -> bool {
    let odd: u32 = (0..9).step_by(2).map(|place| at(text, place)).sum();
    let even: u32 = (1..8).step_by(2).map(|place| at(text, place)).sum();
    text[0] != b'0' && (odd * 7 + 10_000 - even) % 10 == at(text, 9) && (odd + even + at(text, 9)) % 10 == at(text, 10)
}

/// South Africa: a date, citizenship and Luhn.
pub fn za_identity(text: &[u8]) -> bool {
    is_day(two(text, 4), two(text, 2)) && matches!(text[10], b'0'..=b'2') && luhn(text)
}

/// Australia, tax file: weights modulo 11.
pub fn au_tax(text: &[u8]) -> bool {
    weighted(text, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11) && number(text) > 0
}

//! How headers are spelled: case, accents, separators and CamelCase are taken away.
//!
//! In: a header as a spreadsheet has it. Out: its [`words`], in lower case and without accents.
//! Invariant: spellings of one header that differ in case, accents or separators have the same words, joined.

/// The words of a header: `EmployerName`, `employer_name` and `EMPLOYER NAME` are all `employer`, `name`.
///
/// Digits are no part of a word (`Address1` is `address`), and `#` or `№` is the word `no`.
#[must_use]
pub fn words(header: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let letters: Vec<char> = header.chars().filter(|&letter| !is_invisible(letter)).collect();
    let mut inside = false;
    for (at, &letter) in letters.iter().enumerate() {
        if matches!(letter, '#' | '№') {
            words.push("no".to_owned());
            inside = false;
            continue;
        }
        if is_degree(letter) && at > 0 && matches!(letters[at - 1], 'n' | 'N') {
            if let Some(word) = words.last_mut().filter(|word| *word == "n") {
                word.push('o');
            }
            inside = false;
            continue;
        }
        if !letter.is_alphabetic() || is_degree(letter) {
            inside = false;
            continue;
        }
        if !inside || starts_in_camel_case(&letters, at) {
            words.push(String::new());
        }
        inside = true;
        if let Some(word) = words.last_mut() {
            fold_into(word, letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `nameOf`: before the `O`; `EMail`: before the `M`, the last capital in front of a small letter.
fn starts_in_camel_case(letters: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| letters.get(at));
    let after = letters.get(at + 1);
    letters[at].is_uppercase()
        && before.is_some_and(|before| {
            before.is_lowercase() || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
        })
}

/// The signs of `n°` and `nº`.
fn is_degree(letter: char) -> bool {
    matches!(letter, '°' | 'º' | '˚')
}

/// Combining accents, soft hyphens, zero-width spaces and marks of writing direction.
pub fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A text in lower case and without accents; what is no letter goes.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().filter(|&letter| letter.is_alphabetic() && !is_invisible(letter)).for_each(|c| fold_into(&mut out, c));
    out
}

/// The same with German and Nordic letters written out: `ä` is `ae`, `å` is `aa`.
#[must_use]
pub fn written_out(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 4);
    for letter in text.chars() {
        match letter {
            'ä' | 'æ' | 'Ä' | 'Æ' => plain.push_str("ae"),
            'ö' | 'ø' | 'Ö' | 'Ø' => plain.push_str("oe"),
            'ü' | 'Ü' => plain.push_str("ue"),
            'å' | 'Å' => plain.push_str("aa"),
            _ => plain.push(letter),
        }
    }
    folded(&plain)
}

/// Adds a letter in lower case without its accent.
fn fold_into(out: &mut String, letter: char) {
    for small in letter.to_lowercase() {
        let plain = match small {
            'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
            'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
            'ď' | 'đ' | 'ð' => 'd',
            'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
            'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
            'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
            'ĺ' | 'ļ' | 'ľ' | 'ł' => 'l',
            'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
            'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
            'ŕ' | 'ř' => 'r',
            'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
            'ţ' | 'ť' | 'ț' => 't',
            'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
            'ý' | 'ÿ' => 'y',
            'ź' | 'ż' | 'ž' => 'z',
            'ά' => 'α',
            'έ' => 'ε',
            'ή' => 'η',
            'ί' => 'ι',
            'ό' => 'ο',
            'ύ' => 'υ',
            'ώ' => 'ω',
            'ς' => 'σ',
            'ё' => 'е',
            'й' => 'и',
            'Ａ'..='ｚ' => ascii_of(small),
            'ß' => {
                out.push_str("ss");
                continue;
            }
            'æ' => {
                out.push_str("ae");
                continue;
            }
            'œ' => {
                out.push_str("oe");
                continue;
            }
            '\u{300}'..='\u{36f}' => continue,
            other => other,
        };
        out.push(plain);
    }
}

/// The ASCII character of a full-width one (`Ａ`, `１`, `＠`), as Japanese exports have them; any other stays.
#[must_use]
pub fn ascii_of(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xff01 + 0x21).unwrap_or(letter),
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_header_have_the_same_words() {
        for (header, expected) in [
            ("EmployerName", "employer name"),
            ("employer_name", "employer name"),
            ("EMPLOYER-NAME", "employer name"),
            ("EMailAdresse", "e mail adresse"),
            ("DOBDate", "dob date"),
            ("Straße / Hausnr.", "strasse hausnr"),
            ("pre\u{301}nom", "prenom"),
            ("N° de sécurité", "no de securite"),
            ("nº conta", "no conta"),
            ("Address1", "address"),
            ("Phone #2", "phone no"),
            ("IMIĘ", "imie"),
            ("Ｎａｍｅ", "name"),
            ("d'heures", "d heures"),
            ("", ""),
        ] {
            assert_eq!(words(header).join(" "), expected, "{header}");
        }
    }

    #[test]
    fn german_and_nordic_letters_can_be_written_out() {
        assert_eq!(written_out("födelsedatum"), "foedelsedatum");
        assert_eq!(written_out("Straße"), "strasse");
    }
}

//! Tests of the whole gate: headers of many languages and trades, values, and property tests.

use proptest::prelude::*;

use super::words::{TABLE, Unless, meaning_of, rows};
use super::*;

/// Headers that must be refused, a line each: the identifier, then headers between `|`.
const REFUSED: &str = include_str!("cases/headers_refused.txt");
/// Headers that must pass, between `|`.
const HARMLESS: &str = include_str!("cases/headers_harmless.txt");

fn meaning(header: &str) -> Option<Identifier> {
    header_means(header).map(|suspicion| suspicion.identifier)
}

fn look(value: &str) -> Option<Identifier> {
    value_looks_like(value).map(|suspicion| suspicion.identifier)
}

fn named(identifier: &str) -> Option<Identifier> {
    meaning_of(&format!("{identifier} always")).and_then(|meaning| meaning.stem).map(|(identifier, _)| identifier)
}

fn refused() -> impl Iterator<Item = (Identifier, &'static str)> {
    REFUSED.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':')).flat_map(
        |(identifier, headers)| {
            let identifier = named(identifier).expect("an identifier of the table");
            headers.split('|').map(move |header| (identifier, header.trim()))
        },
    )
}

fn harmless() -> impl Iterator<Item = &'static str> {
    HARMLESS.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split('|')).map(str::trim)
}

#[test]
fn headers_that_mean_a_person_are_refused() {
    let wrong: Vec<_> = refused().filter(|(identifier, header)| meaning(header) != Some(*identifier)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(refused().count() >= 250, "{}", refused().count());
}

/// Fields hold tabs and line breaks as well, and spaces that are no ASCII.
#[test]
fn spaces_of_any_kind_count_as_the_plain_one() {
    for value in ["078 05 1120", "+49 30 5550100", "DE89 3704 0044 0532 0130 00"] {
        let plain = value_looks_like(value);
        assert!(plain.is_some(), "{value}");
        for space in ["\t", "\n", "\r", "\u{b}", "\u{a0}"] {
            assert_eq!(value_looks_like(&value.replace(' ', space)), plain, "{value} with {space:?}");
        }
    }
}

/// A header may be as long as the beginning of an upload.
#[test]
fn a_header_of_many_words_of_identifiers_is_looked_at_in_one_pass() {
    assert_eq!(meaning(&format!("{}xyz", "pan ".repeat(1 << 18))), None);
}

#[test]
fn headers_of_the_trade_pass() {
    let wrong: Vec<_> = harmless().filter_map(|header| Some((header, meaning(header)?))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(harmless().count() >= 250, "{}", harmless().count());
}

/// The words of the table that mean an identifier, as people write them: `date of birth`.
fn stems() -> Vec<(Identifier, String)> {
    rows(TABLE)
        .filter_map(|row| Some((meaning_of(row.class)?.stem?, row.words)))
        .flat_map(|((identifier, _), words)| {
            words.split_ascii_whitespace().map(move |word| (identifier, word.trim_matches('-').replace('_', " ")))
        })
        .collect()
}

/// Spellings of one header.
fn spellings(header: &str) -> Vec<String> {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    let title: Vec<String> = header.split(' ').map(capital).collect();
    vec![
        header.to_owned(),
        header.to_uppercase(),
        header.replace(' ', "_"),
        header.replace(' ', "-"),
        header.replace(' ', "."),
        title.join(" "),
        title.concat(),
        header.replace(' ', "").to_uppercase(),
        spelling::words(header).join("_"),
        format!("  {header} 1 "),
    ]
}

#[test]
fn every_word_of_the_table_is_known_in_every_spelling() {
    let mut wrong = Vec::new();
    for (identifier, word) in stems() {
        for spelling in spellings(&word) {
            if meaning(&spelling) != Some(identifier) {
                wrong.push((spelling, identifier));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_message_says_the_rule() {
    let said = header_means("Vorname").map(|suspicion| suspicion.to_string());
    assert_eq!(said.as_deref(), Some("a person's name (rule name_word)"));
}

#[test]
fn values_that_point_at_a_person_are_known() {
    for (value, meaning) in [
        ("jane.doe@example.com", Identifier::Contact),
        ("see Jane <jane@example.com>", Identifier::Contact),
        ("+1 555 0100 123", Identifier::Contact),
        ("(555) 010-0123", Identifier::Contact),
        ("555.010.0123", Identifier::Contact),
        ("tel. 030/555 010 01", Identifier::Contact),
        ("910-45-6780", Identifier::NationalId),
        ("SSN 910 45 6780", Identifier::NationalId),
        ("DE89 3704 0044 0532 0130 00", Identifier::BankAccount),
        ("GB82WEST12345698765432", Identifier::BankAccount),
    ] {
        assert_eq!(look(value), Some(meaning), "{value}");
    }
}

#[test]
fn codes_of_the_trade_pass() {
    for value in [
        "15-1252",
        "15-1252.00",
        "541511",
        "US-CA",
        "2026-09",
        "L4",
        "R&D @ Berlin",
        "100200300",
        "1.2.3",
        "DE89370400440532013001",
        "11-1011-0001",
        "4045.120.500",
        "52 000 - 61 000",
        "01.10.25 - 30.09.26",
        "0010-20-300",
        "00-1234-56",
    ] {
        assert_eq!(look(value), None, "{value}");
    }
}

#[test]
fn a_code_written_like_an_ssn_passes_only_where_the_header_says_code() {
    assert_eq!(look("100-20-3000"), Some(Identifier::NationalId));
    for gate in
        [ColumnGate::of("Position Code"), ColumnGate::of_both("Stelle", "job_code"), ColumnGate::of("Kostenstelle")]
    {
        assert_eq!(gate.judge("100-20-3000"), None);
        assert_eq!(gate.judge("401-200-3000"), None);
        assert!(gate.judge("SSN 100-20-3000").is_some(), "in a text it is one");
        assert!(gate.judge("jane@example.com").is_some());
        assert!(gate.judge("+1 201 555 0100").is_some());
    }
    assert!(ColumnGate::of("Notes").judge("100-20-3000").is_some());
    assert!(ColumnGate::of_both("SSN", "job_code").judge("100-20-3000").is_some(), "the stricter of two headers wins");
}

#[test]
fn a_header_and_a_checksum_decide_together_over_plain_digits() {
    let pesel = "90010100009";
    assert_eq!(value_looks_like(pesel), None);
    for header in [
        "Identifikationsnummer",
        "ID number",
        "Steuernr",
        "Tax ID",
        "Número de identificación",
        "matricule sécu",
        "PESEL",
        "BSN",
        "NIF",
    ] {
        assert_eq!(
            ColumnGate::of(header).judge(pesel).map(|found| found.rule),
            Some("national_id:pl_person"),
            "{header}"
        );
        assert_eq!(ColumnGate::of(header).judge("90010100008").map(|found| found.rule), None, "{header}");
    }
    for header in [
        "Employee ID",
        "Personalnummer",
        "Personnel No",
        "Matricule",
        "Matrícula",
        "Numero dipendente",
        "Anställningsnummer",
        "Employee ID Number",
        "Worker ID",
        "Job Code",
        "Level",
    ] {
        assert_eq!(ColumnGate::of(header).judge(pesel), None, "{header}");
    }
}

#[test]
fn a_header_of_telephones_widens_the_rule() {
    for header in ["Durchwahl", "Contact", "Extension", "Tel."] {
        assert_eq!(ColumnGate::of(header).judge("5550100").map(|found| found.rule), Some("phone_column"), "{header}");
        assert_eq!(ColumnGate::of(header).judge("2026-09"), None, "{header}");
    }
    assert_eq!(ColumnGate::of("Phone Allowance").judge("5550100"), None);
}

#[test]
fn employee_ids_may_be_any_code_but_a_persons_number() {
    for id in [
        "123456789",
        "E00123",
        "EMP-00123",
        "00123",
        "4045.120.500",
        "550e8400-e29b-41d4-a716-446655440000",
        "A1B2C3D4E5F6",
        "030-555-0100",
        "12345678Z",
        "EMP_2026_001",
        "C001/000123",
        "x",
        "",
        "müller-7",
        "W1234567890123456",
    ] {
        assert_eq!(employee_id_looks_like(id), None, "{id}");
    }
    for (id, rule) in [
        ("910-45-6780", "national_id:us_social"),
        ("a@b.example", "email_form"),
        ("910\u{2011}45\u{2011}6780", "national_id:us_social"),
        ("AB123456C", "national_id:uk_insurance"),
        ("900101-0108", "national_id:se_personal"),
        ("XXXYYY90A03H501M", "national_id:it_fiscal"),
        ("DE89370400440532013000", "iban_checksum"),
        ("123.456.789-09", "national_id:br_person"),
    ] {
        assert_eq!(employee_id_looks_like(id).map(|found| found.rule), Some(rule), "{id}");
    }
}

proptest! {
    #[test]
    fn an_ssn_is_found_wherever_it_stands(before in "[a-z ]{0,9}", after in "( [a-z]{0,9})?", a in 0..1000, b in 0..100, c in 0..10_000) {
        let before = if before.is_empty() { before } else { format!("{before} ") };
        let value = format!("{before}{a:03}-{b:02}-{c:04}{after}");
        prop_assert!(value_looks_like(&value).is_some());
    }

    #[test]
    fn an_email_is_found_wherever_it_stands(before in "(.{0,9}[ <(,;:])?", local in "[a-z0-9.]{0,9}[a-z0-9]", host in "[a-z0-9]{1,9}", after in "([ >),;:].{0,9})?") {
        let value = format!("{before}{local}@{host}.example{after}");
        prop_assert!(value_looks_like(&value).is_some());
    }

    #[test]
    fn no_text_makes_it_panic(value in "\\PC{0,60}", header in "\\PC{0,40}") {
        let _ = header_means(&value);
        let _ = value_looks_like(&value);
        let _ = employee_id_looks_like(&value);
        let _ = ColumnGate::of_both(&header, &value).judge(&value);
        for header in ["Position Code", "Tax ID", "Phone"] {
            let _ = ColumnGate::of(header).judge(&value);
        }
    }

    #[test]
    fn no_number_makes_it_panic(value in "[0-9A-Za-z+./() @é\u{2013}-]{0,40}") {
        let _ = employee_id_looks_like(&value);
        for header in ["Position Code", "Tax ID", "Phone", "Notes"] {
            let _ = ColumnGate::of(header).judge(&value);
        }
    }

    #[test]
    fn spellings_of_headers_of_the_trade_mean_the_same(place in 0_usize..4096) {
        let all: Vec<&str> = harmless().chain(refused().map(|(_, header)| header)).collect();
        let header = spelling::words(all[place % all.len()]).join(" ");
        let expected = header_means(&header);
        for spelling in [header.to_uppercase(), header.replace(' ', "_"), header.replace(' ', "-"), header.replace(' ', " / ")] {
            prop_assert_eq!(header_means(&spelling), expected, "{}", spelling);
        }
    }
}

#[test]
fn long_texts_are_judged_in_good_time() {
    for part in ["+", " - ", "+1 - ", "0171 / ", "phone ", "long name ", "a@", "123-45-", "DE89 ", "\"", "(at)", "9"] {
        let text = part.repeat(200_000 / part.len());
        let _ = (header_means(&text), value_looks_like(&text), employee_id_looks_like(&text));
        let _ = header_means(&format!("{text} allowance"));
        let _ = ColumnGate::of("Tax ID").judge(&text);
    }
}

#[test]
fn what_gives_way_gives_way_to_its_own_kind_only() {
    for (header, expected) in [
        ("Phone", Some(Identifier::Contact)),
        ("Phone Allowance", None),
        ("Phone Number Allowance", Some(Identifier::Contact)),
        ("Site Address", None),
        ("Employee Site Address", Some(Identifier::Contact)),
        ("PAN", Some(Identifier::NationalId)),
        ("Pan European Level", None),
    ] {
        assert_eq!(meaning(header), expected, "{header}");
    }
    assert_ne!(Unless::Never, Unless::Amount);
}

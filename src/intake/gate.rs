//! The identifier gate: no direct identifier but the employee ID comes in.
//!
//! In: headers, and the values of text columns that are kept. Out: the [`Identifier`] that one of them looks like.
//! Invariant: every header and every kept text value passes here; in doubt a header that speaks of a name is refused.

use std::fmt;

/// A kind of direct identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier {
    /// A person's name.
    Name,
    /// An address, telephone number or e-mail address.
    Contact,
    /// A number that the state gives a person.
    NationalId,
    /// A bank account.
    BankAccount,
    /// A date of birth.
    Birth,
}

impl fmt::Display for Identifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Name => "a person's name",
            Self::Contact => "contact details",
            Self::NationalId => "a national identification number",
            Self::BankAccount => "a bank account",
            Self::Birth => "a date of birth",
        })
    }
}

/// What may have a name without being a person.
const NAMED_THINGS: [&str; 46] = [
    "employer",
    "company",
    "organisation",
    "organization",
    "department",
    "division",
    "subdivision",
    "unit",
    "job",
    "position",
    "title",
    "role",
    "plan",
    "course",
    "program",
    "programme",
    "school",
    "agency",
    "district",
    "county",
    "city",
    "region",
    "country",
    "state",
    "site",
    "location",
    "office",
    "sector",
    "industry",
    "skill",
    "benefit",
    "grade",
    "level",
    "file",
    "table",
    "column",
    "currency",
    "project",
    "cost",
    "center",
    "centre",
    "holding",
    "group",
    "union",
    "firm",
    "category",
];

/// Words that mean an identifier wherever they stand in a header.
const WORDS: [(Identifier, &[&str]); 5] = [
    (
        Identifier::Name,
        &[
            "surname",
            "forename",
            "firstname",
            "lastname",
            "fullname",
            "givenname",
            "familyname",
            "middlename",
            "maidenname",
            "nickname",
            "initials",
            "vorname",
            "nachname",
            "familienname",
            "prenom",
            "prénom",
            "nom",
            "nombre",
            "apellido",
            "apellidos",
            "cognome",
            "nome",
            "achternaam",
            "voornaam",
            "fornavn",
            "efternavn",
        ],
    ),
    (
        Identifier::Contact,
        &[
            "email",
            "mail",
            "emailaddress",
            "phone",
            "telephone",
            "telefon",
            "téléphone",
            "telefono",
            "teléfono",
            "mobile",
            "cellphone",
            "fax",
            "handy",
            "handynummer",
            "address",
            "addr",
            "adresse",
            "dirección",
            "direccion",
            "street",
            "strasse",
            "straße",
            "zip",
            "zipcode",
            "postcode",
            "postalcode",
            "postal",
            "plz",
        ],
    ),
    (
        Identifier::NationalId,
        &[
            "ssn",
            "itin",
            "nino",
            "tin",
            "taxid",
            "bsn",
            "cpf",
            "curp",
            "nir",
            "insee",
            "dni",
            "nif",
            "pesel",
            "aadhaar",
            "personnummer",
            "steuerid",
            "steuernummer",
            "passport",
            "idcard",
        ],
    ),
    (Identifier::BankAccount, &["iban", "bic", "swift", "bank", "bankaccount", "kontonummer", "bankverbindung"]),
    (
        Identifier::Birth,
        &[
            "dob",
            "birth",
            "birthdate",
            "birthday",
            "born",
            "geburtsdatum",
            "geburtstag",
            "geburtsjahr",
            "naissance",
            "nacimiento",
        ],
    ),
];

/// Runs of words that mean an identifier, written without spaces.
const PHRASES: [(Identifier, &[&str]); 4] = [
    (
        Identifier::NationalId,
        &[
            "socialsecurity",
            "nationalid",
            "nationalinsurance",
            "taxid",
            "taxnumber",
            "taxpayer",
            "driverslicen",
            "driverlicen",
            "drivinglicen",
            "identitycard",
            "identitynumber",
            "sozialversicherung",
            "securitysociale",
        ],
    ),
    (Identifier::BankAccount, &["accountnumber", "accountno", "routingnumber", "sortcode"]),
    (Identifier::Birth, &["dateofbirth", "birthdate", "yearofbirth", "geburtsdatum"]),
    (Identifier::Contact, &["emailaddress", "homeaddress", "phonenumber", "postalcode", "zipcode"]),
];

/// The identifier that a header means, if any.
#[must_use]
pub fn header_means(header: &str) -> Option<Identifier> {
    let words = words_of(header);
    let joined = words.concat();
    let of_a_thing = |things: &[&str]| words.iter().any(|word| things.contains(&word.as_str()));
    for (identifier, phrases) in PHRASES {
        if phrases.iter().any(|phrase| joined.contains(phrase)) {
            return Some(identifier);
        }
    }
    for (identifier, known) in WORDS {
        if words.iter().any(|word| known.contains(&word.as_str())) || known.contains(&joined.as_str()) {
            let employers_own = identifier == Identifier::Contact && of_a_thing(&NAMED_THINGS[..4]);
            if !employers_own {
                return Some(identifier);
            }
        }
    }
    let speaks_of_names = words.iter().any(|word| matches!(word.as_str(), "name" | "names" | "naam" | "navn"));
    (speaks_of_names && !of_a_thing(&NAMED_THINGS)).then_some(Identifier::Name)
}

/// The words of a header in lower case: `EmployerName` and `employer_name` are both `employer`, `name`.
fn words_of(header: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    for letter in header.chars() {
        if letter.is_alphanumeric() {
            let starts = !previous.is_alphanumeric() || (letter.is_uppercase() && previous.is_lowercase());
            if starts {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(letter.to_lowercase());
            }
        }
        previous = letter;
    }
    words
}

/// The identifier that a value of a kept text column looks like, if any.
#[must_use]
pub fn value_looks_like(value: &str) -> Option<Identifier> {
    if looks_like_email(value) || looks_like_phone(value) {
        return Some(Identifier::Contact);
    }
    if looks_like_ssn(value) {
        return Some(Identifier::NationalId);
    }
    looks_like_iban(value).then_some(Identifier::BankAccount)
}

/// The identifier that an employee ID looks like: an SSN with its separators, or an e-mail address.
#[must_use]
#[inline]
pub fn employee_id_looks_like(id: &str) -> Option<Identifier> {
    if id.len() == 11 && looks_like_ssn(id) {
        return Some(Identifier::NationalId);
    }
    looks_like_email(id).then_some(Identifier::Contact)
}

/// Some word of it is `local@domain.tld`.
fn looks_like_email(value: &str) -> bool {
    memchr::memchr(b'@', value.as_bytes()).is_some()
        && value.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '(' | ')')).any(|word| {
            word.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty()
                    && domain.split_once('.').is_some_and(|(host, rest)| !host.is_empty() && !rest.is_empty())
            })
        })
}

/// Some run of digits and separators in it is `ddd-dd-dddd`, with `-` or a space.
fn looks_like_ssn(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.windows(11).enumerate().any(|(at, window)| {
        let digits = |range: std::ops::Range<usize>| window[range].iter().all(u8::is_ascii_digit);
        let separator = window[3];
        let alone = |place: Option<&u8>| place.is_none_or(|byte| !byte.is_ascii_alphanumeric());
        (separator == b'-' || separator == b' ')
            && window[6] == separator
            && digits(0..3)
            && digits(4..6)
            && digits(7..11)
            && alone(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && alone(bytes.get(at + 11))
    })
}

/// The whole value is written with what telephone numbers are written with, has 10 to 15 digits (8 or more after a `+`),
/// and is neither plain digits nor a date or period.
fn looks_like_phone(value: &str) -> bool {
    let value = value.trim();
    let value = ["tel.", "tel:", "tel", "phone:", "phone"].iter().fold(value, |value, word| {
        value.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word)).map_or(value, |_| &value[word.len()..])
    });
    let value = value.trim();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let separators = value.bytes().filter(|b| matches!(b, b'-' | b'.' | b'/' | b' ' | b'(' | b')')).count();
    let only = value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'/' | b' ' | b'(' | b')'));
    let international = value.starts_with('+') || value.starts_with("00");
    only && digits <= 15
        && ((international && digits >= 8 && (separators > 0 || value.starts_with('+')))
            || (separators >= 2 && digits >= 10))
}

/// Some word of it is an IBAN with a right checksum (ISO 13616), written with or without groups of four.
fn looks_like_iban(value: &str) -> bool {
    let compact: Vec<u8> = value.bytes().filter(|b| !b.is_ascii_whitespace()).map(|b| b.to_ascii_uppercase()).collect();
    let whole = is_iban(&compact);
    whole || value.split_ascii_whitespace().any(|word| is_iban(word.to_ascii_uppercase().as_bytes()))
}

fn is_iban(text: &[u8]) -> bool {
    let shaped = (15..=34).contains(&text.len())
        && text[..2].iter().all(u8::is_ascii_uppercase)
        && text[2..4].iter().all(u8::is_ascii_digit)
        && text.iter().all(u8::is_ascii_alphanumeric);
    if !shaped {
        return false;
    }
    let remainder = text[4..].iter().chain(&text[..4]).fold(0_u32, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        _ => (remainder * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    remainder == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_that_mean_a_person_are_known() {
        for (header, meaning) in [
            ("Name", Identifier::Name),
            ("First Name", Identifier::Name),
            ("lastName", Identifier::Name),
            ("EMPLOYEE_NAME", Identifier::Name),
            ("Vorname", Identifier::Name),
            ("Manager Name", Identifier::Name),
            ("E-Mail", Identifier::Contact),
            ("work_email", Identifier::Contact),
            ("Phone No.", Identifier::Contact),
            ("Home Address", Identifier::Contact),
            ("SSN", Identifier::NationalId),
            ("Social Security #", Identifier::NationalId),
            ("National Insurance Number", Identifier::NationalId),
            ("IBAN", Identifier::BankAccount),
            ("Bank Account Number", Identifier::BankAccount),
            ("DOB", Identifier::Birth),
            ("date_of_birth", Identifier::Birth),
            ("BirthDate", Identifier::Birth),
            ("Geburtsdatum", Identifier::Birth),
        ] {
            assert_eq!(header_means(header), Some(meaning), "{header}");
        }
    }

    #[test]
    fn headers_of_the_trade_pass() {
        for header in [
            "employee_id",
            "EmployeeNumber",
            "EmployerName",
            "Job Title",
            "Position",
            "company name",
            "Plan Name",
            "EmployerURL",
            "DefinedBenefitPlanContribution",
            "HealthDentalVision",
            "LastUpdatedDate",
            "region",
            "benefit_health_employer_cost",
            "hire_date",
            "gender",
            "Year",
            "ElectedOfficial",
            "IncludesUnfundedLiability",
        ] {
            assert_eq!(header_means(header), None, "{header}");
        }
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
            assert_eq!(value_looks_like(value), Some(meaning), "{value}");
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
        ] {
            assert_eq!(value_looks_like(value), None, "{value}");
        }
        assert_eq!(employee_id_looks_like("123456789"), None, "digits alone are an employee number");
        assert_eq!(employee_id_looks_like("910-45-6780"), Some(Identifier::NationalId));
        assert_eq!(employee_id_looks_like("a@b.example"), Some(Identifier::Contact));
    }

    proptest! {
        #[test]
        fn an_ssn_is_found_wherever_it_stands(before in "[a-z ]{0,9}", after in "( [a-z]{0,9})?", a in 0..1000, b in 0..100, c in 0..10_000) {
            let before = if before.is_empty() { before } else { format!("{before} ") };
            let value = format!("{before}{a:03}-{b:02}-{c:04}{after}");
            prop_assert!(value_looks_like(&value).is_some());
        }

        #[test]
        fn no_text_makes_it_panic(value in "\\PC{0,60}") {
            let _ = header_means(&value);
            let _ = value_looks_like(&value);
        }
    }
}

//! The rules of the gate by name, as messages and the guide have them.
//!
//! Out: [`RULES`]. Invariant: every rule that can speak is in the table once, with a line that says what it means.

/// Each rule and what makes it speak.
pub const RULES: &[(&str, &str)] = &[
    ("name_word", "the header has a word for a person's name, and no thing that it would be the name of"),
    ("contact_word", "the header has a word for an address, a telephone or e-mail"),
    ("national_id_word", "the header has a word for a number that a state gives a person"),
    ("bank_account_word", "the header has a word for a bank account"),
    ("birth_word", "the header has a word for a date or place of birth"),
    ("email_form", "the value holds local@domain.tld, or the same with (at)"),
    ("iban_checksum", "the value holds an IBAN of its country's length whose checksum is right"),
    ("phone_international", "a + and a country's calling code, 8 to 15 digits"),
    ("phone_double_zero", "00 and a country's calling code that stands apart, 12 to 15 digits in uneven groups"),
    ("phone_label", "a word such as tel, phone or mobile in front of 7 to 15 digits"),
    ("phone_brackets", "an area code in brackets and 6 to 9 digits"),
    ("phone_north_american", "ddd-ddd-dddd with an area and an exchange that are given out, or area 555"),
    ("phone_trunk_zero", "a leading 0, 9 to 12 digits, and groups as national telephone numbers have them"),
    ("phone_column", "the header says telephone, and the value is 6 to 15 digits with separators and no date"),
    ("national_id:us_social", "United States, SSN or ITIN: ddd-dd-dddd with hyphens or spaces, whatever the ranges"),
    ("national_id:de_tax", "Germany, tax identification number: by header and checksum"),
    ("national_id:de_pension", "Germany, pension insurance number: in groups with a date, or with its check digit"),
    ("national_id:at_social", "Austria, social insurance number: dddd ddmmyy with its check digit"),
    ("national_id:ch_social", "Switzerland, AHV number: 756.dddd.dddd.dd with its check digit"),
    ("national_id:fr_social", "France, NIR in groups, with or without its key; in one piece by header and key"),
    ("national_id:es_identity", "Spain, DNI or NIE with the letter that checks it"),
    ("national_id:it_fiscal", "Italy, codice fiscale with its check letter"),
    ("national_id:nl_citizen", "Netherlands, BSN: by header and test of eleven"),
    ("national_id:be_national", "Belgium, national register number in its groups with its check number"),
    ("national_id:pl_person", "Poland, PESEL: by header, date and checksum"),
    ("national_id:pt_tax", "Portugal, NIF of a person: by header and checksum"),
    ("national_id:pt_social", "Portugal, NISS: by header and checksum"),
    ("national_id:se_personal", "Sweden, personnummer: date, - or + and four digits, Luhn"),
    ("national_id:dk_person", "Denmark, CPR number: date, -, four digits and checksum; by header the date is enough"),
    ("national_id:no_birth", "Norway, fødselsnummer: date and five digits, both check digits"),
    ("national_id:fi_personal", "Finland, henkilötunnus: date, mark of the century and check character"),
    ("national_id:cz_birth", "Czechia and Slovakia, rodné číslo: dddddd/dddd with a date, divisible by 11"),
    ("national_id:ro_personal", "Romania, CNP: by header, date and checksum"),
    ("national_id:bg_citizen", "Bulgaria, EGN: by header, date and checksum"),
    ("national_id:hr_personal", "Croatia, OIB: by header and checksum"),
    ("national_id:baltic_personal", "Estonia and Lithuania, personal code: by header, date and checksum"),
    ("national_id:uk_insurance", "United Kingdom, National Insurance number: letters that are given out"),
    ("national_id:uk_tax", "United Kingdom, UTR: by header and checksum"),
    ("national_id:ie_public", "Ireland, PPS number: by header and check letter"),
    ("national_id:ca_social", "Canada, SIN: by header and Luhn"),
    ("national_id:mx_population", "Mexico, CURP: form, date and check digit"),
    ("national_id:br_person", "Brazil, CPF: ddd.ddd.ddd-dd with both check digits"),
    ("national_id:cl_role", "Chile, RUT: dd.ddd.ddd-d with its check digit"),
    ("national_id:in_aadhaar", "India, Aadhaar: dddd dddd dddd with its check digit"),
    ("national_id:in_account", "India, PAN of a person: AAAPA9999A"),
    ("national_id:cn_resident", "China, resident identity number that ends in X; else by header and checksum"),
    ("national_id:jp_individual", "Japan, My Number: by header and checksum"),
    ("national_id:kr_resident", "South Korea, resident registration number: date, - and seven digits, checksum"),
    ("national_id:tr_identity", "Turkey, T.C. kimlik no: by header and both check digits"),
    ("national_id:za_identity", "South Africa, identity number: by header, date and Luhn"),
    ("national_id:au_tax", "Australia, tax file number: by header and checksum"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::national::NUMBERS;
    use super::*;

    #[test]
    fn every_national_number_is_in_the_table_once() {
        let named: BTreeSet<&str> = RULES.iter().map(|(rule, _)| *rule).collect();
        assert_eq!(named.len(), RULES.len());
        assert!(NUMBERS.iter().all(|number| named.contains(number.rule)));
        let national = named.iter().filter(|rule| rule.starts_with("national_id:")).count();
        let known: BTreeSet<&str> = NUMBERS.iter().map(|number| number.rule).collect();
        assert_eq!(national, known.len() + 1, "all but the US number are in one table");
    }
}

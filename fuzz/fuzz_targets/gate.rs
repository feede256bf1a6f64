//! The identifier gate over headers, values and employee IDs.
//!
//! In: a header, a line feed, a value. Out: nothing. Invariant: no text makes it panic; a rule that speaks is in the table of rules;
//! dashes and spaces of any kind count as the plain ones; an e-mail address and an IBAN are found wherever they stand as words.

#![no_main]

use libfuzzer_sys::fuzz_target;
use payquorum_fuzz::intake::gate::{
    ColumnGate, Suspicion, employee_id_looks_like, header_means, rules::RULES, value_looks_like,
};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (header, value) = text.split_once('\n').unwrap_or((&text, &text));
    let known = |found: Option<Suspicion>| {
        if let Some(found) = found {
            assert!(RULES.iter().any(|(rule, _)| *rule == found.rule), "{}", found.rule);
        }
        found
    };
    let meant = known(header_means(header));
    assert_eq!(header_means(header), meant);
    let gates = [
        ColumnGate::default(),
        ColumnGate::of(header),
        ColumnGate::of_both(header, "phone"),
        ColumnGate::of_both("SSN", header),
        ColumnGate::of("Position Code"),
    ];
    assert_eq!(ColumnGate::of_both(header, header), gates[1]);
    let typographic: String = value
        .chars()
        .map(|letter| match letter {
            '-' => '\u{2011}',
            ' ' => '\u{a0}',
            other => other,
        })
        .collect();
    for gate in gates {
        let found = known(gate.judge(value));
        assert_eq!(gate.judge(&typographic), found, "{typographic:?}");
        // A value is looked at without the blanks around it.
        assert_eq!(gate.judge(&format!("  {value} ")), found);
    }
    let identifiers = ["ann.lee@example.org", "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"];
    let identifier = identifiers[value.len() % 3];
    for text in
        [format!("{value} {identifier}"), format!("{identifier} {value}"), format!("{value} {identifier} {value}")]
    {
        assert!(value_looks_like(&text).is_some(), "{text:?}");
    }
    known(employee_id_looks_like(value));
    known(employee_id_looks_like(header));
});

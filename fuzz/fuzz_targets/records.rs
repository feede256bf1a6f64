//! CSV, cut into chunks and read, against the slow twin.
//!
//! In: a byte each for the delimiter, the size of a chunk, the longest record and the header; then a text. Out: nothing.
//! Invariant: the records are those of Python's reader, state by state, each with its line; or the text is refused for a quote that is
//! open or stray, and only then.

#![no_main]

use libfuzzer_sys::fuzz_target;
use payquorum_fuzz::intake::csv::{Refused, beginning, read, twin_of};
use payquorum_fuzz::sizes;

fuzz_target!(|data: &[u8]| {
    let [delimiter, chunk, longest, skip, text @ ..] = data else { return };
    // The four that are found or declared, and any other that a line `sep=` names, but quotes and line breaks.
    let delimiter = match delimiter {
        0..=31 => [b',', b';', b'\t', b'|'][usize::from(delimiter % 4)],
        b'"' => b',',
        other => *other,
    };
    let chunk = match chunk {
        0 => 1 << 20,
        1..=200 => usize::from(*chunk),
        _ => 16 * usize::from(*chunk - 200),
    };
    // A few chunks are enough, and each takes its time.
    let chunk = chunk.max(text.len() / 12);
    let longest = if longest % 8 == 7 { usize::from(*longest) * 4 } else { 1 << 24 };
    sizes::set(chunk, longest);
    // A header ends behind a whole line break.
    let skip = usize::from(*skip).min(beginning(text));
    let skip = if skip > 0 && text[skip - 1] == b'\r' && text.get(skip) == Some(&b'\n') { skip - 1 } else { skip };
    let rest = &text[skip..];
    let expected = twin_of(rest, delimiter);
    match read(text, skip, delimiter) {
        Ok((records, _)) => {
            let fields: Vec<_> = records.iter().map(|record| record.fields.clone()).collect();
            assert_eq!(Some(fields), expected, "delimiter {delimiter}, chunks of {chunk}");
            check(&records, text, skip, delimiter);
        }
        Err(Refused::OpenQuote(_)) => assert!(expected.is_none() || rest.len() > longest.min(chunk)),
        Err(Refused::StrayQuote(line)) => {
            assert!((1..=lines(text) + 1).contains(&line));
            assert!(memchr::memchr(b'"', rest).is_some());
        }
    }
});

/// What the reader says of its records beside their fields.
fn check(records: &[payquorum_fuzz::intake::csv::Read], text: &[u8], skip: usize, delimiter: u8) {
    let starts = starts_of(&text[skip..], delimiter);
    assert_eq!(starts.len(), records.len());
    let (mut line, mut counted) = (1, 0);
    for (record, start) in records.iter().zip(starts) {
        let blank: Vec<bool> = record.fields.iter().map(|field| field.trim_ascii().is_empty()).collect();
        assert_eq!(record.blank, blank, "{:?}", record.fields);
        let breaks = record.fields.iter().any(|field| field.iter().any(|byte| matches!(byte, b'\n' | b'\r')));
        // Blanks at the end are not looked at by the faster reader, and only records of quoted chunks are asked.
        if record.quoted {
            assert_eq!(record.breaks, breaks, "{:?}", record.fields);
        } else {
            assert!(!breaks);
        }
        let more = &text[counted..skip + start];
        line += lines(more) - u64::from(counted > 0 && text[counted - 1] == b'\r' && more.first() == Some(&b'\n'));
        counted = skip + start;
        assert_eq!(record.line, line, "{:?}", record.fields);
    }
}

/// How many lines end in a text: the slow way.
fn lines(text: &[u8]) -> u64 {
    let mut count = 0;
    let mut before = b' ';
    for &byte in text {
        count += u64::from(byte == b'\r' || (byte == b'\n' && before != b'\r'));
        before = byte;
    }
    count
}

/// Where records begin: the slow way, by the states of the twin.
fn starts_of(text: &[u8], delimiter: u8) -> Vec<usize> {
    let mut starts = Vec::new();
    // 0 at the start of a record, 1 of a field, 2 in a field, 3 in quotes, 4 behind a quote in quotes.
    let mut state = 0;
    for (at, &byte) in text.iter().enumerate() {
        let ends = matches!(byte, b'\n' | b'\r');
        if state == 0 && !ends {
            starts.push(at);
        }
        state = match state {
            0 if ends => 0,
            3 => {
                if byte == b'"' {
                    4
                } else {
                    3
                }
            }
            4 if byte == b'"' => 3,
            0 | 1 if byte == b'"' => 3,
            _ if ends => 0,
            _ if byte == delimiter => 1,
            _ => 2,
        };
    }
    starts
}

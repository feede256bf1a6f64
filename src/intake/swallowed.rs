//! Quoted fields that hold whole rows.
//!
//! In: a record. Out: whether a stray quote has swallowed rows into one of its fields. Invariant: a text over several lines that has neither
//! delimiters as rows have nor lines that begin as rows do passes.

use super::records::Row;

/// Whether a quoted field holds rows that a stray quote has swallowed. Such a field has the rest of its own row, whole rows and the beginning of
/// another, with as many delimiters; or one of its lines begins with a text of the form of the row's own first field, as an employee number.
pub(super) fn holds_rows(record: &impl Row, delimiter: u8, fields: usize) -> bool {
    if fields < 2 || !record.holds_breaks() {
        return false;
    }
    let own = record.field(0).map(|first| form_of(&first)).filter(|form| form.contains(&b'9'));
    (0..record.len().min(fields)).any(|place| {
        let field = record.field(place).unwrap_or_default();
        if memchr::memchr2(b'\n', b'\r', &field).is_none() {
            return false;
        }
        let lines: Vec<&[u8]> =
            field.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty()).collect();
        let is_row = |line: &&[u8]| {
            memchr::memchr(delimiter, line)
                .is_some_and(|end| own.as_ref().is_some_and(|own| *own == form_of(&line[..end])))
        };
        if place > 0 && lines.iter().skip(1).any(is_row) {
            return true;
        }
        let counts: Vec<usize> = lines.iter().map(|line| memchr::memchr_iter(delimiter, line).count()).collect();
        match counts.as_slice() {
            [first, inner @ .., last] if fields > 2 || !inner.is_empty() => {
                *first == fields - 1 - place && *last == place && inner.iter().all(|count| *count == fields - 1)
            }
            _ => false,
        }
    })
}

/// The form of a text: letters as `a`, digits as `9`, each once in a row of them.
fn form_of(text: &[u8]) -> Vec<u8> {
    let mut form: Vec<u8> = text
        .trim_ascii()
        .iter()
        .map(|byte| match byte {
            b'0'..=b'9' => b'9',
            b'a'..=b'z' | b'A'..=b'Z' | 128.. => b'a',
            other => *other,
        })
        .collect();
    form.dedup();
    form
}

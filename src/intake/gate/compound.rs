//! Compound words taken apart: `Mitarbeitername` is `mitarbeiter`, `name`.
//!
//! In: the words of a header. Out: its [`Piece`]s, known or not. Invariant: all letters of the header are in its pieces,
//! and words that a header writes apart are the same pieces as if it wrote them in one, as far as the table knows them.

use super::spelling;
use super::words::{CONNECTOR, Meaning, Unless, Vocabulary};

/// A word of the table in a header, or letters that the table does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// A word of the table.
    Known(Meaning),
    /// None.
    Unknown,
}

/// Words that are read as one word of the table, at most: `numero de la seguridad social` has five.
const MOST_WORDS: usize = 6;
/// Longer words are not taken apart.
const LONGEST_WORD: usize = 80;
/// The shortest beginning that a compound has beside a known end: `padres` is no `adres`.
const SHORTEST_UNKNOWN: usize = 3;
/// Words of three letters have no plural and no link behind them: `describes` is no `rib`.
const SHORT: usize = 3;
/// Letters between the parts of a compound, and endings of the plural.
const LINKS: [&str; 5] = ["", "s", "n", "en", "es"];

/// The pieces of a header.
#[must_use]
pub fn pieces(header: &str) -> Vec<Piece> {
    let words = spelling::words(header);
    let vocabulary = Vocabulary::shipped();
    let mut pieces = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let most = MOST_WORDS.min(words.len() - at);
        let longest = (1..=most).rev().find_map(|count| {
            let joined = words[at..at + count].concat();
            let plural = joined
                .strip_suffix('s')
                .filter(|one| one.len() > SHORT)
                .and_then(|one| vocabulary.meaning(one))
                .filter(|one| !only_alone(*one));
            let meaning = vocabulary.meaning(&joined).or(plural.filter(|one| one.stem.is_some()))?;
            Some((count, meaning))
        });
        if let Some((count, meaning)) = longest {
            pieces.push(Piece::Known(meaning));
            at += count;
        } else {
            pieces.extend(taken_apart(&words[at], vocabulary));
            at += 1;
        }
    }
    pieces
}

/// A word that only means an identifier when nothing stands beside it.
fn only_alone(meaning: Meaning) -> bool {
    matches!(meaning.stem, Some((_, Unless::Accompanied)))
}

/// The cheapest way to read the first letters of a word.
#[derive(Debug, Clone, Copy)]
struct Reading {
    cost: usize,
    /// Where its last piece starts.
    from: usize,
    last: Meaning,
    /// The letters before that piece are unknown.
    unknown_before: bool,
}

/// Takes a word apart into known pieces with at most one unknown beginning or end; whole it is unknown otherwise.
fn taken_apart(word: &str, vocabulary: &Vocabulary) -> Vec<Piece> {
    let length = word.len();
    if length > LONGEST_WORD {
        return vec![Piece::Unknown];
    }
    let mut readings: Vec<Option<Reading>> = vec![None; length + 1];
    for from in (0..length).filter(|&from| word.is_char_boundary(from)) {
        let after_known = readings[from].map(|reading| reading.cost);
        let after_unknown = (from >= SHORTEST_UNKNOWN).then_some(20 + from);
        if from > 0 && after_known.or(after_unknown).is_none() {
            continue;
        }
        for (size, meaning) in vocabulary.beginnings(&word[from..]) {
            let to = from + size;
            let connects = meaning.roles & CONNECTOR != 0 && from > 0 && to < length;
            if size < if connects { 2 } else { 3 } {
                continue;
            }
            // `abandon` is no `aba`, `pandas` no `pan`: what only speaks alone is no part of a compound. Nor does a
            // connecting word end one: `dobles` is no `dob`, `telles` no `tel`.
            if only_alone(meaning) || (meaning.roles & CONNECTOR != 0 && !connects) {
                continue;
            }
            let links = if connects || (meaning.stem.is_some() && size <= SHORT) { &LINKS[..1] } else { &LINKS[..] };
            let may_end = size > SHORT && (meaning.ends || meaning.stem.is_none());
            let known = if from == 0 { Some(0) } else { after_known };
            let unknown = after_unknown.filter(|_| may_end);
            let ways = [known.map(|cost| (cost, false)), unknown.map(|cost| (cost, true))];
            let Some((cost, unknown_before)) = ways.into_iter().flatten().min() else { continue };
            for link in links.iter().filter(|link| word[to..].starts_with(**link)) {
                let end = to + link.len();
                let cost = cost + 2 + usize::from(!link.is_empty());
                if readings[end].is_none_or(|known| cost <= known.cost) {
                    readings[end] = Some(Reading { cost, from, last: meaning, unknown_before });
                }
            }
        }
    }
    let begun = (0..length).filter_map(|end| {
        let reading = readings[end].filter(|reading| reading.last.begins)?;
        Some((reading.cost + 20 + length - end, end))
    });
    let whole = readings[length].map(|reading| (reading.cost, length));
    let Some((_, mut end)) = begun.chain(whole).min() else { return vec![Piece::Unknown] };
    let mut pieces = Vec::new();
    if end < length {
        pieces.push(Piece::Unknown);
    }
    while let Some(reading) = readings[end] {
        pieces.push(Piece::Known(reading.last));
        end = reading.from;
        if reading.unknown_before {
            pieces.push(Piece::Unknown);
            break;
        }
        if end == 0 {
            break;
        }
    }
    pieces.reverse();
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(header: &str) -> String {
        pieces(header)
            .iter()
            .map(|piece| match piece {
                Piece::Known(Meaning { stem: Some(_), .. }) => 'S',
                Piece::Known(_) => 'k',
                Piece::Unknown => '?',
            })
            .collect()
    }

    #[test]
    fn compounds_are_taken_apart() {
        for (header, expected) in [
            ("Mitarbeitername", "kS"),
            ("Kostenstellenname", "kS"),
            ("Hundename", "?S"),
            ("costcentername", "kS"),
            ("Telefonzulage", "Sk"),
            ("Telefonliste", "S?"),
            ("Handicap", "?"),
            ("Padres", "?"),
            ("Vertriebsabteilungsname", "?kS"),
            ("E-Mail", "S"),
            ("Date of Birth", "S"),
            ("Geb.-Datum", "S"),
            ("nomduposte", "k"),
            ("tournament", "?"),
            ("abandon", "?"),
            ("pandas", "?"),
            ("EMPSSN", "kS"),
        ] {
            assert_eq!(shape(header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in "\\PC{0,60}") {
            let _ = pieces(&header);
        }

        #[test]
        fn no_german_or_greek_word_makes_it_panic(header in "[a-zäöüßéσλı]{0,90}") {
            let _ = pieces(&header);
        }
    }
}

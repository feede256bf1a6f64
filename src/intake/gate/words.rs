//! The words that headers are made of, read from `words.txt`.
//!
//! In: the table, written by language as people write the words. Out: a [`Vocabulary`] that knows what each word means
//! however it is spelled. Invariant: every word of the table is found with and without accents and connecting words.

use std::sync::LazyLock;

use super::Identifier;
use super::spelling::{folded, written_out};

/// The table: class, language, words.
pub(super) const TABLE: &str = include_str!("words.txt");

/// When the word of an identifier means none after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unless {
    /// It always means one.
    Never,
    /// Unless an amount, an entitlement or a skill is what the header is about.
    Amount,
    /// Unless one of these is, or the employer.
    Employer,
    /// Unless an amount is, a site of work or a country.
    Site,
    /// Unless a thing has that name.
    Thing,
    /// The same, and the thing may follow without a connecting word, as in French.
    ThingAfter,
    /// Unless the header says more than that word.
    Accompanied,
}

/// What a word does beside the words of identifiers; a word may do several.
pub type Role = u16;

/// It has a name without being a person.
pub const THING: Role = 1;
/// A place where people work.
pub const SITE: Role = 1 << 1;
/// The employer.
pub const EMPLOYER: Role = 1 << 2;
/// An amount, an entitlement, a rate, a skill.
pub const AMOUNT: Role = 1 << 3;
/// A country or state.
pub const COUNTRY: Role = 1 << 4;
/// A person.
pub const PERSON: Role = 1 << 5;
/// Says what form of a name is meant, not whose.
pub const ADJECTIVE: Role = 1 << 6;
/// `of`, `de`, `der`.
pub const CONNECTOR: Role = 1 << 7;
/// `number`, `no`, `code`, `id`.
pub const NUMBER: Role = 1 << 8;
/// Its values may be national identification numbers.
pub const HINT_NATIONAL: Role = 1 << 9;
/// Its values may be telephone numbers.
pub const HINT_PHONE: Role = 1 << 10;

/// A thing that goes by codes: a cost centre, a general ledger account.
pub const CODED: Role = 1 << 11;

/// What a word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meaning {
    /// The identifier that it means, and when it does not.
    pub stem: Option<(Identifier, Unless)>,
    /// What else it does.
    pub roles: Role,
    /// It may end a compound whose beginning is unknown.
    pub ends: bool,
    /// It may begin a compound whose end is unknown.
    pub begins: bool,
}

/// All words, folded and joined, as a tree of their bytes: a compound is taken apart letter by letter.
#[derive(Debug)]
pub struct Vocabulary {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    meaning: Option<Meaning>,
    /// The next byte and its node, sorted by byte.
    next: Vec<(u8, usize)>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::read(TABLE));

impl Vocabulary {
    /// The one that is shipped.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &VOCABULARY
    }

    /// What a folded word means, if it is known as it stands.
    #[must_use]
    pub fn meaning(&self, word: &str) -> Option<Meaning> {
        let node = word.bytes().try_fold(0, |node, byte| self.step(node, byte))?;
        self.nodes[node].meaning
    }

    /// The known words that a text begins with, and where each ends.
    pub fn beginnings(&self, text: &str) -> impl Iterator<Item = (usize, Meaning)> {
        let ends = text.bytes().scan(0, |node, byte| {
            *node = self.step(*node, byte)?;
            Some(*node)
        });
        ends.enumerate().filter_map(|(at, node)| Some((at + 1, self.nodes[node].meaning?)))
    }

    fn step(&self, node: usize, byte: u8) -> Option<usize> {
        let next = &self.nodes[node].next;
        next.binary_search_by_key(&byte, |(byte, _)| *byte).ok().map(|at| next[at].1)
    }

    fn read(table: &str) -> Self {
        let mut read = Self { nodes: vec![Node::default()] };
        for row in rows(table) {
            let Some(meaning) = meaning_of(row.class) else { continue };
            for word in row.words.split_ascii_whitespace() {
                let (begins, ends) = (word.ends_with('-'), word.starts_with('-'));
                for spelling in spellings(word) {
                    let known = read.meaning_at(&spelling).get_or_insert_default();
                    known.roles |= meaning.roles;
                    known.begins |= begins;
                    known.ends |= ends;
                    known.stem = stricter(known.stem, meaning.stem);
                }
            }
        }
        read
    }

    fn meaning_at(&mut self, word: &str) -> &mut Option<Meaning> {
        let mut node = 0;
        for byte in word.bytes() {
            node = match self.nodes[node].next.binary_search_by_key(&byte, |(byte, _)| *byte) {
                Ok(at) => self.nodes[node].next[at].1,
                Err(at) => {
                    self.nodes.push(Node::default());
                    let new = self.nodes.len() - 1;
                    self.nodes[node].next.insert(at, (byte, new));
                    new
                }
            };
        }
        &mut self.nodes[node].meaning
    }
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'t> {
    /// Its class: an identifier and when it gives way, or a role.
    pub class: &'t str,
    /// Its words, separated by spaces.
    pub words: &'t str,
}

/// The lines of a table that hold words.
pub(super) fn rows(table: &str) -> impl Iterator<Item = Row<'_>> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut parts = line.splitn(3, '|').map(str::trim);
        let (class, _language, words) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Row { class, words })
    })
}

/// What the words of a class mean; nothing for a class that is not known (a test keeps the table free of such).
pub(super) fn meaning_of(class: &str) -> Option<Meaning> {
    let role = |roles| Some(Meaning { roles, ..Meaning::default() });
    match class {
        "thing" | "harmless" => return role(THING),
        "coded" => return role(THING | CODED),
        "site" => return role(THING | SITE),
        "employer" => return role(THING | SITE | EMPLOYER),
        "amount" => return role(THING | AMOUNT),
        "country" => return role(THING | COUNTRY),
        "person" => return role(PERSON),
        "adjective" => return role(ADJECTIVE),
        "connector" => return role(CONNECTOR),
        "number" => return role(NUMBER),
        "hint national" => return role(HINT_NATIONAL),
        "hint phone" => return role(HINT_PHONE),
        _ => {}
    }
    let (identifier, unless) = class.split_once(' ')?;
    let identifier = match identifier {
        "name" => Identifier::Name,
        "contact" => Identifier::Contact,
        "national" => Identifier::NationalId,
        "bank" => Identifier::BankAccount,
        "birth" => Identifier::Birth,
        _ => return None,
    };
    let unless = match unless {
        "always" => Unless::Never,
        "unless amount" => Unless::Amount,
        "unless employer" => Unless::Employer,
        "unless site" => Unless::Site,
        "unless thing" => Unless::Thing,
        "unless thing after" => Unless::ThingAfter,
        "alone" => Unless::Accompanied,
        _ => return None,
    };
    Some(Meaning { stem: Some((identifier, unless)), ..Meaning::default() })
}

/// Of two readings of one word (it may stand in two languages) the one that refuses more.
fn stricter(a: Option<(Identifier, Unless)>, b: Option<(Identifier, Unless)>) -> Option<(Identifier, Unless)> {
    let rank = |unless| match unless {
        Unless::Never => 0,
        Unless::Amount => 1,
        Unless::Employer => 2,
        Unless::Site => 3,
        Unless::Thing => 4,
        Unless::ThingAfter => 5,
        Unless::Accompanied => 6,
    };
    [a, b].into_iter().flatten().min_by_key(|(_, unless)| rank(*unless))
}

/// Short connecting words that many headers leave out: `Date Naissance`, `Codice Fiscale del Dipendente`.
const LEFT_OUT: [&str; 16] =
    ["de", "d", "di", "da", "do", "du", "of", "van", "della", "del", "la", "der", "e", "et", "y", "i"];

/// Long words for a number and what they are cut down to.
const NUMBERS: [(&str, &[&str]); 6] = [
    ("nummer", &["nr", "no", "num"]),
    ("number", &["nr", "no", "num"]),
    ("numéro", &["n", "no", "nr", "num", "nro"]),
    ("número", &["n", "no", "nr", "num", "nro"]),
    ("numero", &["n", "no", "nr", "num", "nro"]),
    ("numer", &["nr", "no", "num"]),
];

/// How a word of the table may be spelled, folded and joined.
///
/// A word of two letters keeps its long form: of `ni_number` the short one would be `nino`, a child in Spanish.
fn spellings(word: &str) -> Vec<String> {
    let word = word.trim_matches('-');
    let parts: Vec<&str> = word.split('_').collect();
    let mut shapes = vec![word.replace('_', "")];
    let few: Vec<&str> = parts.iter().copied().filter(|part| !LEFT_OUT.contains(part)).collect();
    if few.len() > 1 && few.len() < parts.len() {
        shapes.push(few.concat());
    }
    for (long, short) in NUMBERS {
        for shape in shapes.clone() {
            let start = shape.strip_suffix(long).filter(|start| start.chars().count() > 2);
            shapes.extend(start.into_iter().flat_map(|start| short.iter().map(move |short| format!("{start}{short}"))));
            let end = shape.strip_prefix(long).filter(|end| end.chars().count() > 2 && parts.len() > 1);
            shapes.extend(end.into_iter().flat_map(|end| short.iter().map(move |short| format!("{short}{end}"))));
        }
    }
    let mut all: Vec<String> = shapes.iter().flat_map(|shape| [folded(shape), written_out(shape)]).collect();
    all.sort_unstable();
    all.dedup();
    all.retain(|spelling| !spelling.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_has_a_known_class() {
        let rows: Vec<Row<'_>> = rows(TABLE).collect();
        let written = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).count();
        assert_eq!(rows.len(), written, "a line without class, language and words");
        for row in rows {
            assert!(meaning_of(row.class).is_some(), "{}", row.class);
        }
    }

    #[test]
    fn a_word_is_known_with_and_without_accents_and_small_words() {
        for spelling in ["datedenaissance", "datenaissance", "nodesecuritesociale", "nsecuritesociale", "accountno"] {
            assert!(Vocabulary::shipped().meaning(spelling).is_some(), "{spelling}");
        }
        assert_eq!(Vocabulary::shipped().meaning("maedchenname"), Vocabulary::shipped().meaning("madchenname"));
    }
}

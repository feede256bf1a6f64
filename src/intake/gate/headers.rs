//! What a header means.
//!
//! In: a header. Out: the identifier that it means, or what its values should be looked at for.
//! Invariant: a header with the word of an identifier is refused unless what stands beside it makes it another thing; in
//! doubt a header that speaks of a name is refused.

use std::cell::RefCell;
use std::collections::HashMap;

use super::compound::{Piece, pieces};
use super::words::{
    ADJECTIVE, AMOUNT, CODED, CONNECTOR, COUNTRY, EMPLOYER, HINT_NATIONAL, HINT_PHONE, Meaning, NUMBER, PERSON, Role,
    SITE, THING, Unless,
};
use super::{Identifier, Suspicion};

/// Headers that are kept with what they mean: those of the uploads of a run are nearly all alike.
const KEPT: usize = 4_096;

/// What a header means, and what it says of its values.
type Known = (Option<Suspicion>, Hints);

thread_local! {
    static KNOWN: RefCell<HashMap<String, Known>> = RefCell::default();
}

/// What is known of a header, found out once in a thread.
fn known(header: &str) -> Known {
    KNOWN.with_borrow_mut(|kept| {
        if let Some(known) = kept.get(header) {
            return *known;
        }
        let known = (meaning(header), hinted(header));
        if kept.len() < KEPT && header.len() <= 256 {
            kept.insert(header.to_owned(), known);
        }
        known
    })
}

/// The identifier that a header means, if any.
#[must_use]
pub fn header_means(header: &str) -> Option<Suspicion> {
    known(header).0
}

/// What a header says of its values, whether or not it is refused.
pub(super) fn hints(header: &str) -> Hints {
    known(header).1
}

fn meaning(header: &str) -> Option<Suspicion> {
    let pieces = pieces(header);
    let all = roles(&pieces);
    let says = |roles: Role| all & roles != 0;
    // Asked once: a header may be made of many words of identifiers.
    let accompanied = pieces.iter().any(|piece| {
        let silent = has(*piece, NUMBER | PERSON | ADJECTIVE | CONNECTOR | HINT_NATIONAL);
        !silent && !matches!(piece, Piece::Known(Meaning { stem: Some(_), .. }))
    });
    (0..pieces.len()).find_map(|at| {
        let Piece::Known(Meaning { stem: Some((identifier, unless)), .. }) = pieces[at] else { return None };
        let harmless = match unless {
            Unless::Never => false,
            Unless::Amount => says(AMOUNT),
            Unless::Employer => says(AMOUNT) || (says(EMPLOYER) && !says(PERSON)),
            Unless::Site => says(AMOUNT | COUNTRY) || (says(SITE) && !says(PERSON)),
            Unless::Thing => names_a_thing(&pieces, at, false),
            Unless::ThingAfter => names_a_thing(&pieces, at, true),
            Unless::Accompanied => accompanied,
        };
        (!harmless).then_some(Suspicion { identifier, rule: rule_of(identifier) })
    })
}

/// What the values of a column may be, as its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Hints {
    /// Telephone numbers.
    pub phone: bool,
    /// National identification numbers.
    pub national: bool,
    /// Codes of jobs, positions, cost centres and the like.
    pub code: bool,
}

fn hinted(header: &str) -> Hints {
    let pieces = pieces(header);
    let all = roles(&pieces);
    let says = |roles: Role| all & roles != 0;
    let stems = || {
        pieces.iter().filter_map(|piece| match piece {
            Piece::Known(meaning) => meaning.stem,
            Piece::Unknown => None,
        })
    };
    // What gives way to the employer's own is a telephone: an address is no number.
    let telephone = stems().any(|stem| stem == (Identifier::Contact, Unless::Employer));
    let national = stems().any(|(identifier, _)| identifier == Identifier::NationalId);
    let phone = !says(AMOUNT) && (says(HINT_PHONE) || telephone);
    let national = !says(AMOUNT) && (national || (says(HINT_NATIONAL) && !says(PERSON)));
    let thing = pieces.iter().any(|piece| has(*piece, THING) && !has(*piece, NUMBER));
    let coded = says(CODED) || (thing && says(NUMBER));
    let code = coded && !phone && !national && !says(PERSON) && stems().next().is_none();
    Hints { phone, national, code }
}

/// How many words around a name say whose it is, at most.
const NEAR: usize = 8;

/// The name at this place is that of a thing: the nearest word before it that says whose, or what comes after it.
fn names_a_thing(pieces: &[Piece], at: usize, follows_directly: bool) -> bool {
    let plain = |piece: &Piece| !has(*piece, ADJECTIVE);
    let is_thing = |piece: Piece| has(piece, THING) && !has(piece, PERSON);
    if let Some(before) = (at.saturating_sub(NEAR)..at).rev().find(|&before| plain(&pieces[before])) {
        // `Head of Department Name` is a person's: the department is only what the person heads.
        let heads = roles(&pieces[before.saturating_sub(NEAR)..before]) & PERSON != 0;
        let belongs = before > 0 && has(pieces[before - 1], CONNECTOR) && heads;
        return is_thing(pieces[before]) && !belongs;
    }
    let mut after = pieces[at + 1..].iter().copied().take(NEAR).filter(plain).peekable();
    let mut connected = follows_directly;
    while after.next_if(|piece| has(*piece, CONNECTOR)).is_some() {
        connected = true;
    }
    connected && after.next().is_some_and(is_thing) && !after.any(|piece| has(piece, PERSON))
}

/// What the words of a header do, together.
fn roles(pieces: &[Piece]) -> Role {
    pieces.iter().fold(0, |all, piece| match piece {
        Piece::Known(meaning) => all | meaning.roles,
        Piece::Unknown => all,
    })
}

fn has(piece: Piece, roles: Role) -> bool {
    matches!(piece, Piece::Known(meaning) if meaning.roles & roles != 0)
}

fn rule_of(identifier: Identifier) -> &'static str {
    match identifier {
        Identifier::Name => "name_word",
        Identifier::Contact => "contact_word",
        Identifier::NationalId => "national_id_word",
        Identifier::BankAccount => "bank_account_word",
        Identifier::Birth => "birth_word",
    }
}

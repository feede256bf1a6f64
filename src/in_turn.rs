//! Work that is done in turn: whoever is free takes the next piece.
//!
//! In: pieces, the largest first. Out: what each gives, in their order. Invariant: no more pieces are in work than there are threads,
//! so that what each of them holds adds up to something bounded; a thread that finds none left helps with what others split.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Does each piece, and gives what came of them. The first error ends it early.
///
/// # Errors
/// Those of `work`.
pub fn in_turn<T: Sync, R: Send, E: Send>(pieces: &[T], work: impl Fn(&T) -> Result<R, E> + Sync) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<R, E>)>> = Mutex::new(Vec::with_capacity(pieces.len()));
    let worker = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(place) else { return };
            let result = work(piece);
            if result.is_err() {
                next.store(pieces.len(), Ordering::Relaxed);
            }
            done.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
        }
    };
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads() {
            scope.spawn(|_| worker());
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_pieces_is_in_their_order() {
        let pieces: Vec<u32> = (0..1_000).rev().collect();
        let twice = in_turn(&pieces, |piece| Ok::<_, ()>(piece * 2)).expect("no error");
        assert_eq!(twice, pieces.iter().map(|piece| piece * 2).collect::<Vec<_>>());
        let refused = in_turn(&pieces, |&piece| if piece == 10 { Err(piece) } else { Ok(()) });
        assert_eq!(refused, Err(10));
        assert_eq!(in_turn(&[], |_: &u32| Err::<(), _>(1)), Ok(Vec::new()));
    }
}

//! Which sheet of a workbook is read.
//!
//! In: the sheets in their order, and the name that a pipeline declares. Out: one of them.
//! Invariant: a sheet that people do not see is read only where it is declared by name, and no choice is made between
//! two sheets that hold cells.

use super::error::BookError;

/// A sheet as its workbook lists it.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) visible: bool,
    /// Where its cells lie.
    pub(super) path: String,
}

/// The place of the sheet to read. `filled` tells whether a sheet holds cells.
pub(super) fn choose(
    sheets: &[Sheet],
    declared: Option<&str>,
    mut filled: impl FnMut(usize) -> Result<bool, BookError>,
) -> Result<usize, BookError> {
    let seen = |wanted: &dyn Fn(usize) -> bool| {
        (0..sheets.len()).filter(|&place| sheets[place].visible && wanted(place)).collect::<Vec<_>>()
    };
    let names = |places: &[usize]| places.iter().map(|&place| sheets[place].name.clone()).collect();
    if let Some(declared) = declared {
        if let Some(place) = sheets.iter().position(|sheet| sheet.name == declared) {
            return Ok(place);
        }
        let same = |sheet: &&Sheet| sheet.name.trim().to_lowercase() == declared.trim().to_lowercase();
        let mut alike = (0..sheets.len()).filter(|&place| same(&&sheets[place]));
        return match (alike.next(), alike.next()) {
            (Some(place), None) => Ok(place),
            _ => Err(BookError::NoSuchSheet { there: names(&seen(&|_| true)) }),
        };
    }
    let mut holding = Vec::new();
    for place in seen(&|_| true) {
        if filled(place)? {
            holding.push(place);
        }
    }
    match holding.as_slice() {
        &[place] => Ok(place),
        [_, ..] => Err(BookError::SeveralSheets { there: names(&holding) }),
        [] => {
            for place in (0..sheets.len()).filter(|&place| !sheets[place].visible) {
                if filled(place)? {
                    return Err(BookError::OnlyHidden);
                }
            }
            Err(BookError::NoCells)
        }
    }
}

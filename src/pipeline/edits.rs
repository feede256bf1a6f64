//! `[edits]`: from where on edits ask.
//!
//! In: the section. Out: [`Thresholds`]. Invariant: it says nothing of how uploads are read, and stands in no digest of that.

use super::read::Reader;
use crate::edits::{Rule, Thresholds};
use crate::exact::SCALE;
use crate::problem::nearest;

impl Reader<'_> {
    /// The thresholds of all edits.
    pub(super) fn edits(&self) -> Thresholds {
        let mut edits = Thresholds::default();
        let Some(section) = self.root.section("edits") else { return edits };
        for text in section.texts("off").unwrap_or_default() {
            if let Some(rule) = Rule::named(&text.value) {
                edits.off.insert(rule);
                continue;
            }
            let names = || Rule::ALL.into_iter().map(Rule::name);
            let mend = match nearest(&text.value, names()) {
                Some(name) => format!("did you mean {name:?}?"),
                None => format!("edits: {}", names().collect::<Vec<_>>().join(", ")),
            };
            section.problems.add(&text.at, format!("{:?} is no edit", text.value), mend);
        }
        for (key, threshold) in [
            ("min_records", &mut edits.min_records),
            ("column_min_records", &mut edits.column_min_records),
            ("headcount_difference", &mut edits.headcount_difference),
        ] {
            if let Some(count) = section.count(key, 1) {
                *threshold = count;
            }
        }
        if let Some(count) = section.count("sector_min_companies", 5) {
            edits.sector_min_companies = usize::try_from(count).unwrap_or(usize::MAX);
        }
        for (key, threshold, low, high) in [
            ("pay_factor", &mut edits.pay_factor, SCALE, 1_000 * SCALE),
            ("pay_part_factor", &mut edits.pay_part_factor, SCALE, 1_000 * SCALE),
            ("column_factor", &mut edits.column_factor, SCALE, 1_000 * SCALE),
            ("sector_factor", &mut edits.sector_factor, SCALE, 1_000 * SCALE),
            ("basis_factor", &mut edits.basis_factor, SCALE, 1_000 * SCALE),
            ("headcount_factor", &mut edits.headcount_factor, SCALE, 1_000 * SCALE),
            ("shrink_share", &mut edits.shrink_share, 0, SCALE),
            ("stray_share", &mut edits.stray_share, 0, SCALE),
        ] {
            if let Some(amount) = section.decimal(key, low, high) {
                *threshold = amount;
            }
        }
        section.finish();
        edits
    }
}

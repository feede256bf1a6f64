//! The parsers of the intake.
//!
//! In: modules of the program. Out: the same, and doors to what is private there. Invariant: a door does what the intake does, and no more.

mod chunk {
    include!(concat!(env!("OUT_DIR"), "/chunk.rs"));
}
pub mod csv;
#[path = "../../../src/intake/gate/mod.rs"]
pub mod gate;
mod records {
    include!(concat!(env!("OUT_DIR"), "/records.rs"));
}
#[path = "../../../src/intake/workbook/mod.rs"]
pub mod workbook;
#[path = "../../../src/intake/workbook/tests/make.rs"]
pub mod workbook_maker;

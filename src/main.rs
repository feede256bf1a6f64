//! The `payquorum` program.
//!
//! In: arguments. Out: an exit code: see `payquorum --help`. Everything it does is in the library.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    payquorum::cli::Arguments::parse().execute()
}

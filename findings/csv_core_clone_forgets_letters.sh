#!/usr/bin/env bash
# Package:   csv-core 0.1.13 (Rust)
# Behaviour: a clone of a Reader that was just built reads other records than
#            the Reader: of "a,b\nc,d\n" the Reader takes the record (a, b), its
#            clone takes one byte and calls it a record of one empty field, and
#            so on for every byte. Nothing says so: Clone is derived and public.
# Why it hurts pay data: building a Reader costs some 14 microseconds, so a
#            service with thousands of small uploads is tempted to build it once
#            and clone it; each upload then has as many blank rows as bytes.
# Source:    csv-core 0.1.13, src/reader.rs: Clone of the transition table copies
#            the transitions, and leaves the classes of bytes as they are when new.
# Input:     two lines of two letters.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat > "$work/Cargo.toml" <<'TOML'
[package]
name = "finding"
version = "0.1.0"
edition = "2021"

[dependencies]
csv-core = "=0.1.13"
TOML
cat > "$work/src/main.rs" <<'RUST'
use csv_core::{Reader, ReaderBuilder};

fn first_record(mut reader: Reader) -> String {
    let (mut out, mut ends) = ([0; 64], [0; 16]);
    let (result, read, written, fields) = reader.read_record(b"a,b\nc,d\n", &mut out, &mut ends);
    format!("{result:?} of {fields} fields, {written} bytes of text, {read} bytes read")
}

fn main() {
    let reader = ReaderBuilder::new().build();
    let of_clone = first_record(reader.clone());
    let of_itself = first_record(reader);
    println!("the reader: {of_itself}");
    println!("its clone:  {of_clone}");
    assert_eq!(of_itself, "Record of 2 fields, 2 bytes of text, 4 bytes read");
    assert_eq!(of_clone, "Record of 1 fields, 0 bytes of text, 1 bytes read");
    println!("unchanged");
}
RUST
CARGO_TARGET_DIR="$work/target" cargo run --quiet --manifest-path "$work/Cargo.toml"

# The commands that people and CI use. `just` lists them.

default:
    @just --list

# The main job on the synthetic samples
demo:
    cargo run --release -- run pipelines/quarterly.toml

# All tests
test:
    cargo test --release

# What CI runs
ci:
    .ci/run

# Benches of each stage
bench:
    cargo bench --bench stages

# How many cells protection withholds, how long it takes, and how it grows
bench-protection:
    cargo bench --bench protection

# Mutated pipelines, registers and uploads, for as long as it says
fuzz seconds="600":
    PAYQUORUM_FUZZ_SECONDS={{seconds}} cargo test --release --test it hostile -- --nocapture

# DuckDB, Polars and pandas read the files; every figure of the samples is counted again in Python
analysts:
    tests/analysts/check.sh

# Make data-samples anew
samples:
    cargo run --release --example generate_samples -- data-samples

# Licences and advisories of all dependencies
deny:
    cargo deny check

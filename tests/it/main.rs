//! Integration tests: the real program, and the library as the program uses it.

mod again;
mod analysts;
mod attack;
mod attacker;
mod copies;
mod desk;
mod determinism;
mod hostile;
mod kill;
mod linked;
mod metrics;
mod perturbed;
mod protect;
mod real;
mod recount;
mod refused;
mod report;
mod revision;
mod samples;
mod schedule;
mod scorecards;
mod shares;
mod store;
mod tamper;
mod twin;

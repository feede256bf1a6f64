//! Integration tests: the real program, and the library as the program uses it.

mod again;
mod attack;
mod attacker;
mod desk;
mod determinism;
mod doctor;
mod hostile;
mod kill;
mod linked;
mod metrics;
mod operator;
mod perturbed;
mod protect;
mod real;
mod recount;
mod refused;
mod revision;
mod samples;
mod shares;
mod store;
mod tamper;
mod twin;

//! The command line: arguments in, exit code out.
//!
//! In: arguments. Out: files, a summary on standard error, data on standard output, and an exit code. Invariant: one file
//! for each command; nothing below this folder sees the argument parser; errors are printed here and nowhere else.

mod accept;
mod attack;
mod check;
mod check_profile;
mod disclose;
mod doctor;
mod due;
mod edits;
mod explain;
mod json;
mod keys;
mod log;
mod man;
mod metrics;
mod output;
mod plan;
mod progress;
mod pseudonymize;
mod release;
mod run;
mod scorecard;
mod share;
mod summary;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::audit::UnreadableRelease;
use crate::disclose::DiscloseError;
use crate::ingest::IngestError;
use crate::pipeline::Overrides;
use crate::problem::FileProblems;
use crate::pseudonym::PremisesError;
use crate::release::ReleaseError;
use crate::store::StoreError;

/// Pay and benefit benchmarks in which no employee and no company can be recognized.
#[derive(Debug, Parser)]
#[command(name = "payquorum", version, about, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(flatten)]
    log: log::LogArguments,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Examples:
  payquorum plan pipelines/quarterly.toml          what would be done
  payquorum check pipelines/quarterly.toml A.csv   is this upload all right?
  payquorum run pipelines/quarterly.toml           uploads in, a safe release out
  payquorum verify out/releases/quarterly/2026-Q3/v1
  payquorum doctor pipelines/quarterly.toml        is all well with the workspace?

Exit codes:
  0  done
  1  something failed that is no fault of the input (disk, memory, a bug)
  2  usage: the command line is wrong
  3  data refused: a pipeline, register or upload breaks a rule
  4  disclosure refused: nothing may be published
  5  the workspace is in use by another run
  6  a release is due and waits for uploads (`run --due`)
  7  doctor found a problem
  8  held: queries about uploads are open (`payquorum accept`)";

#[derive(Debug, Subcommand)]
enum Command {
    /// Take uploads and publish a release: the whole way
    #[command(after_help = "Examples:
  payquorum run pipelines/quarterly.toml
  payquorum run pipelines/quarterly.toml --period 2026-Q2 --workspace /srv/pay
  payquorum run pipelines/quarterly.toml --uploads 'inbox/*.csv' --release-date 2026-11-15
  payquorum run pipelines/quarterly.toml --due      what [schedule] says is due, from a timer: docs/scheduling.md
  payquorum run pipelines/quarterly.toml --quiet --json --wait    as a scheduler would

Exit codes: 0 done, 1 failed, 2 usage, 3 data refused, 4 disclosure refused, 5 the workspace is in use,
6 a release that is due waits for uploads, 8 queries about uploads are open")]
    Run(run::Run),
    /// Publish a release from what is in the store already
    #[command(after_help = "Examples:
  payquorum release pipelines/quarterly.toml --period 2026-Q2
  payquorum release pipelines/quarterly.toml --anew --timings

Exit codes: 0 done, 1 failed, 2 usage, 3 data refused, 4 disclosure refused, 5 the workspace is in use")]
    Release(release::Release),
    /// Show what a pipeline would do, and do nothing
    #[command(after_help = "Example:
  payquorum plan pipelines/quarterly.toml --period 2026-Q2

Exit codes: 0 done, 1 failed, 2 usage, 3 the pipeline or the register breaks a rule")]
    Plan(plan::Plan),
    /// Check uploads, and write nothing
    #[command(after_help = "Example:
  payquorum check pipelines/quarterly.toml inbox/C001.csv inbox/C002.csv.gz

Exit codes: 0 all would be accepted, 1 failed, 2 usage, 3 an upload, the pipeline or the register breaks a rule,
8 queries about uploads would be open")]
    Check(check::Check),
    /// Say why an upload is right about which a query is open
    #[command(after_help = "Example:
  payquorum accept pipelines/quarterly.toml inbox/C072.csv --edit headcount --why 'merged with C073 in August'

The next run takes the upload as it is. A word counts for this content of the file alone, and is kept in edits/accepted.jsonl.

Exit codes: 0 accepted, 1 failed, 2 usage, 3 no such query is open, or the pipeline breaks a rule")]
    Accept(accept::Accept),
    /// Check a release against its own manifest and policy
    #[command(after_help = "Example:
  payquorum verify out/releases/quarterly/2026-Q3/v1

Exit codes: 0 the release is sound, 1 it cannot be read, 2 usage, 3 it has faults")]
    Verify(verify::Verify),
    /// Protect a table in the JJ format of tau-Argus and sdcTable
    #[command(after_help = "Example:
  payquorum disclose problem.jj --output protected.jj --intervals intervals.csv

Exit codes: 0 done, 1 failed, 2 usage, 3 the problem is not written as it should be, 4 the table cannot be protected")]
    Disclose(disclose::Disclose),
    /// Attack a release: what does it tell to outsiders, and to a company that knows its own records?
    #[command(after_help = "Examples:
  payquorum attack out/releases/quarterly/2026-Q3/v1
  payquorum attack out/releases/quarterly/2026-Q3/v1 --as C001 \\
    --uploads data-samples/uploads/2026-Q3/C001.csv --pipeline pipelines/quarterly.toml

Exit codes: 0 nobody learns too much, 1 failed, 2 usage, 3 the release or the uploads are refused, 4 somebody learns too much")]
    Attack(attack::AttackCommand),
    /// Tell why a cell is published or withheld, from the private ledger
    #[command(after_help = "Example:
  payquorum explain out/releases/quarterly/2026-Q3/v1 --cell sector=52,region=R3 --measure base_hourly

Exit codes: 0 done, 1 failed, 2 usage, 3 there is no such cell or no private ledger")]
    Explain(explain::Explain),
    /// Write companies' scorecards: where each stands among its peers
    #[command(after_help = "Examples:
  payquorum scorecard pipelines/quarterly.toml --company C002
  payquorum scorecard pipelines/quarterly.toml --period 2026-Q2      all companies

Exit codes: 0 done, 1 failed, 2 usage, 3 there is no release or no such company, 5 the workspace is in use")]
    Scorecard(scorecard::ScorecardCommand),
    /// Let those see a company's score whom it designates, and nobody else
    #[command(after_help = "Examples:
  payquorum share grant pipelines/quarterly.toml --company C002 --recipient FUND --until 2027-03-31
  payquorum share revoke pipelines/quarterly.toml --company C002 --recipient FUND
  payquorum share list pipelines/quarterly.toml
  payquorum share export pipelines/quarterly.toml --recipient FUND

Exit codes: 0 done, 1 failed, 2 usage, 3 there is no such company, grant or release")]
    Share(share::Share),
    /// List the metrics, or explain one
    #[command(after_help = "Examples:
  payquorum metrics                                    all of them
  payquorum metrics health_take_up                     one
  payquorum metrics --pipeline pipelines/quarterly.toml   which of them my uploads can give

Exit codes: 0 done, 1 failed, 2 usage, 3 there is no such metric, or the pipeline breaks a rule")]
    Metrics(metrics::Metrics),
    /// Make a master key, or name the present one
    #[command(after_help = "Examples:
  payquorum keys new --workspace /srv/pay
  payquorum keys id --workspace /srv/pay

Exit codes: 0 done, 1 the key cannot be made or read, 2 usage, 3 there is no key")]
    Keys(keys::Keys),
    /// Replace employee IDs in a file, on a company's own premises; only columns that were asked for are written
    #[command(after_help = "Examples:
  payquorum pseudonymize staff.xlsx C001.csv --company C001 --pipeline pipelines/quarterly.toml
  payquorum pseudonymize staff.csv C001.csv --company C001 --id-header \"Employee Number\" --keep \"Annual Salary\"

Exit codes: 0 done, 1 failed, 2 usage, 3 there is no key, or the file is refused")]
    Pseudonymize(pseudonymize::Pseudonymize),
    /// Look whether all is well with a workspace, its key, its store and its releases; change nothing
    #[command(after_help = "Examples:
  payquorum doctor pipelines/quarterly.toml
  payquorum doctor --workspace /srv/pay --json

Each check ends as `ok`, as a `note` (nothing to do now) or as a `problem`, with what mends it.

Exit codes: 0 no problem, 1 failed, 2 usage, 7 a problem")]
    Doctor(doctor::Doctor),
    /// Print the manual page of the program, or write those of all commands
    #[command(after_help = "Examples:
  payquorum man > payquorum.1
  payquorum man --folder /usr/local/share/man/man1

Exit codes: 0 done, 1 failed, 2 usage")]
    Man(man::Manual),
    /// Print completions for a shell
    #[command(after_help = "Examples:
  payquorum completions bash > /etc/bash_completion.d/payquorum
  payquorum completions fish > ~/.config/fish/completions/payquorum.fish

Exit codes: 0 done, 2 usage")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// A pipeline file, and what flags override.
#[derive(Debug, Args)]
struct PipelineArguments {
    /// The pipeline file
    pipeline: PathBuf,
    /// Read these uploads instead of the pipeline's (a glob pattern)
    #[arg(long, value_name = "PATTERN")]
    uploads: Option<String>,
    /// Read this company register instead of the pipeline's
    #[arg(long, value_name = "FILE")]
    companies: Option<PathBuf>,
    /// Keep everything in this folder instead of the pipeline's
    #[arg(long, value_name = "FOLDER")]
    workspace: Option<PathBuf>,
    /// The period, as in 2026-Q3; otherwise the latest one that is there
    #[arg(long)]
    period: Option<String>,
    /// How many threads to use; otherwise all
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl PipelineArguments {
    fn overrides(&self) -> Overrides {
        Overrides {
            uploads: self.uploads.clone(),
            companies: self.companies.clone(),
            workspace: self.workspace.clone(),
            period: self.period.clone(),
            also: None,
        }
    }

    /// Sets the number of threads for the whole program.
    fn use_threads(&self) {
        if let Some(threads) = self.threads {
            // It can be set once only, and is: a second call would mean a second command.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global();
        }
    }
}

/// Data that was refused; everything to say has been collected in the text.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

impl Arguments {
    /// Does what the arguments say.
    #[must_use]
    pub fn execute(self) -> ExitCode {
        self.log.apply();
        let outcome = match self.command {
            Command::Run(run) => run.execute(),
            Command::Release(release) => release.execute(),
            Command::Plan(plan) => plan.execute(),
            Command::Check(check) => check.execute(),
            Command::Accept(accept) => accept.execute(),
            Command::Verify(verify) => verify.execute(),
            Command::Disclose(disclose) => disclose.execute(),
            Command::Attack(attack) => attack.execute(),
            Command::Explain(explain) => explain.execute(),
            Command::Scorecard(scorecard) => scorecard.execute(),
            Command::Share(share) => share.execute(),
            Command::Metrics(metrics) => metrics.execute(),
            Command::Keys(keys) => keys.execute(),
            Command::Pseudonymize(pseudonymize) => pseudonymize.execute(),
            Command::Doctor(doctor) => doctor.execute(),
            Command::Man(manual) => manual.execute(),
            Command::Completions { shell } => {
                clap_complete::generate(shell, &mut Self::command(), "payquorum", &mut std::io::stdout());
                Ok(())
            }
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                if error.is::<due::Waiting>() || exit_code(&error) == 8 {
                    log::warning(format!("{error:#}"));
                } else {
                    log::error(&error);
                }
                ExitCode::from(exit_code(&error))
            }
        }
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<FileProblems>() || error.is::<Refused>() || is_refused(error) {
        return 3;
    }
    if matches!(error.downcast_ref(), Some(ReleaseError::NoLedger { .. } | ReleaseError::NoManifest { .. }))
        || error.is::<UnreadableRelease>()
    {
        return 3;
    }
    if error.is::<DiscloseError>()
        || error.is::<attack::Learned>()
        || matches!(error.downcast_ref(), Some(ReleaseError::Unsafe(_) | ReleaseError::Broken(_)))
    {
        return 4;
    }
    if matches!(error.downcast_ref(), Some(StoreError::InUse { .. })) {
        return 5;
    }
    if error.is::<due::Waiting>() {
        return 6;
    }
    if matches!(error.downcast_ref(), Some(PremisesError::Refused { .. })) {
        return 3;
    }
    if matches!(error.downcast_ref(), Some(IngestError::NoUploads(_))) {
        return 3;
    }
    if error.is::<edits::OpenQueries>() || error.is::<edits::WouldBeHeld>() {
        return 8;
    }
    if error.is::<doctor::Unwell>() {
        return 7;
    }
    1
}

/// Whether an instruction about sharing makes no sense.
fn is_refused(error: &anyhow::Error) -> bool {
    use crate::sharing::SharingError::{NoGrant, Passed, Recipient};
    matches!(error.downcast_ref(), Some(NoGrant { .. } | Passed { .. } | Recipient))
}

/// What an exit code means, in a word for programs.
fn kind_of(code: u8) -> &'static str {
    match code {
        0 => "done",
        2 => "usage",
        3 => "data-refused",
        4 => "disclosure-refused",
        5 => "in-use",
        6 => "waiting",
        7 => "unwell",
        8 => "held",
        _ => "failed",
    }
}

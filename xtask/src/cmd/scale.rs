//! `scale`: estimates the AWS bill for a number of users, and how close it comes to AWS quotas.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum, value_parser};
use driftless_cli::cmd::generated::{Ended, Generated};
use paypulse_runtime::freshness::CachePolicy;

use crate::output::{self, Streams};
use crate::scale::{self, Assumptions, Estimate, Traffic};
use crate::{Context, Exit};

const EXAMPLES: &str = "\
Examples:
  cargo xtask scale                                       the bill and the use of the quotas for 10^3 to 10^7 users
  cargo xtask scale --users 250000 --functions 5          for a product of one's own
  cargo xtask scale --users 1000,2000 --format csv        for a spreadsheet
  cargo xtask scale --format svg > scale.svg              as a picture
  cargo xtask scale --write                               write SCALE.md and scale.svg
  cargo xtask scale --check                               change nothing; exit with 4 if they are stale

What is assumed of users and functions is in SCALE.md and in `--format json`.

Exit codes: 0 done or fresh, 1 internal, 2 usage, 4 stale, 100 something is in the way";

const DEFAULT_USERS: [u64; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
/// More than the world's population.
const MAX_USERS: u64 = 10_000_000_000;

/// Simulate what a number of users costs, and how near it is to AWS's quotas
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, group = ArgGroup::new("files").args(["write", "check"]))]
pub struct Scale {
    /// Numbers of users, with commas between them; 10^3 to 10^7 without this
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = value_parser!(u64).range(1..=MAX_USERS))]
    users: Vec<u64>,
    /// How many functions read the users' tokens
    #[arg(long, value_name = "M", default_value_t = Assumptions::default().functions, value_parser = value_parser!(u32).range(1..=1_000))]
    functions: u32,
    /// How often a user opens the app in a day
    #[arg(long, value_name = "V", default_value_t = Assumptions::default().visits_a_day, value_parser = value_parser!(u32).range(1..=1_000))]
    visits: u32,
    /// The seed of the random numbers: the same seed gives the same figures
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How to show the figures
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write SCALE.md and scale.svg, for the default figures
    #[arg(long, conflicts_with_all = ["users", "functions", "visits", "seed", "format", "check"])]
    write: bool,
    /// Change nothing: show what of SCALE.md and scale.svg is stale as a diff, and exit with 4
    #[arg(long, conflicts_with_all = ["users", "functions", "visits", "seed", "format"])]
    check: bool,
    /// The directory of these two files, instead of the workspace's root
    #[arg(long, value_name = "DIR", requires = "files")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
    Svg,
}

/// Runs the command.
///
/// # Errors
///
/// If a stream cannot be written.
pub fn run(command: &Scale, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let assumed = Assumptions { functions: command.functions, visits_a_day: command.visits, ..Assumptions::default() };
    let numbers = if command.users.is_empty() { &DEFAULT_USERS[..] } else { &command.users };
    let Some(estimates) = command.estimates(numbers, assumed, context) else {
        output::interrupted(streams.err, "nothing was written")?;
        return Ok(Exit::Interrupted);
    };
    if command.write || command.check {
        let svg = scale::plot(&estimates);
        let wanted = [("SCALE.md", scale::page(&assumed, &estimates, command.seed)), ("scale.svg", svg)];
        let wanted: BTreeMap<String, String> = wanted.map(|(name, text)| (name.to_owned(), text)).into_iter().collect();
        return command.settle(&wanted, context, streams);
    }
    let text = match command.format {
        Format::Table => scale::table(&estimates),
        Format::Json => scale::json(&assumed, command.seed, &estimates),
        Format::Csv => scale::csv(&estimates),
        Format::Svg => scale::plot(&estimates),
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

impl Scale {
    /// Whether the command works on files of the workspace.
    pub(crate) const fn needs_root(&self) -> bool {
        (self.write || self.check) && self.out.is_none()
    }

    /// `None` if the user interrupted.
    fn estimates(&self, numbers: &[u64], assumed: Assumptions, context: &Context<'_>) -> Option<Vec<Estimate>> {
        let mut estimates = Vec::new();
        for users in numbers {
            if (context.interrupted)() {
                return None;
            }
            let _step = context.steps.begin(format!("simulating {users} users"));
            let traffic = Traffic { users: *users, assumed };
            estimates.push(scale::estimate(&traffic, CachePolicy::new(), self.seed));
        }
        Some(estimates)
    }

    fn settle(
        &self,
        wanted: &BTreeMap<String, String>,
        context: &Context<'_>,
        streams: &mut Streams<'_>,
    ) -> io::Result<Exit> {
        let dir = self.out.as_deref().unwrap_or(context.root);
        let files = Generated { dir, set: scale::OWN, check: self.check, is_json: false };
        let (actions, ended) = match files.settle(wanted, context, streams)? {
            Ok(settled) => settled,
            Err(exit) => return Ok(exit),
        };
        match ended {
            Ended::Fresh | Ended::Stale => {
                output::check_summary(streams.err, &actions, "simulation", "cargo xtask scale --write")?;
            }
            Ended::Written => output::write_summary(streams.err, dir, &actions)?,
            Ended::Refused | Ended::Interrupted => {}
        }
        Ok(ended.exit())
    }
}

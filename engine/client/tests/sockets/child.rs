//! A process of its own, with an environment of its own: what a client does that is configured as in a Lambda function. The suite's
//! `acts::acts` is what it runs.

use std::env;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What the process is to do, and for how many milliseconds at most.
const ACTION: &str = "CHILD_ACTION";
const WITHIN: &str = "CHILD_WITHIN";
/// Before the one line that tells what came of it.
const TOLD: &str = "told: ";

/// What a process told of itself.
#[derive(Debug)]
pub struct Told {
    /// `ok`, the kind of the error, or `config` where there was no client.
    pub outcome: String,
    /// What the client said.
    pub message: String,
    /// How long it took.
    pub time: Duration,
    /// Everything that was printed.
    pub printed: String,
}

/// A process with nothing in its environment but this, which does `action` within the time.
pub fn command(action: &str, within: Duration, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test knows its program"));
    command.args(["--exact", "acts::acts", "--ignored", "--nocapture", "--test-threads", "1"]).env_clear();
    command.env(ACTION, action).env(WITHIN, within.as_millis().to_string());
    command.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b").env("AWS_REGION", "eu-west-1");
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent");
    for (name, value) in environment {
        // `-` before a variable leaves it out.
        match name.strip_prefix('-') {
            Some(name) => command.env_remove(name),
            None => command.env(name, value),
        };
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end.
#[track_caller]
pub fn run(action: &str, within: Duration, environment: &[(&str, &str)]) -> Told {
    let output = command(action, within, environment).output().expect("it starts");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    read(&printed)
}

/// What it told.
#[track_caller]
pub fn read(printed: &str) -> Told {
    let line = printed.lines().find_map(|line| line.split_once(TOLD).map(|(_, told)| told));
    let line = line.unwrap_or_else(|| panic!("it told nothing: {printed}"));
    let mut parts = line.splitn(3, '|').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    let (outcome, time, message) = (next(), next(), next());
    Told { outcome, message, time: Duration::from_millis(time.parse().expect("a time")), printed: printed.to_owned() }
}

/// Does the action that the environment names, and tells its outcome and message. Nothing where no test has started this process.
pub async fn act(action: impl AsyncFnOnce(&str, Duration) -> (String, String)) {
    let (Ok(name), Ok(within)) = (env::var(ACTION), env::var(WITHIN)) else { return };
    let within = Duration::from_millis(within.parse().expect("a time"));
    let begun = Instant::now();
    let (outcome, message) = action(&name, within).await;
    println!("\n{TOLD}{outcome}|{}|{}", begun.elapsed().as_millis(), message.replace('\n', " "));
}

//! A process of its own, with an environment of its own: what a client does that is configured as in a Lambda function.

use std::env;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use paypulse_runtime::client::Secrets;
use paypulse_runtime::google::{Endpoints, Google};

use super::{Copied, Mark, Marker, Remote};

/// What the process is to do, and for how many milliseconds at most.
const ACTION: &str = "CHILD_ACTION";
const WITHIN: &str = "CHILD_WITHIN";
const GOOGLE: &str = "CHILD_GOOGLE";
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
    command.args(["--exact", "child::acts", "--ignored", "--nocapture", "--test-threads", "1"]).env_clear();
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

#[tokio::test]
#[ignore = "it is a part of other tests, which start it"]
async fn acts() {
    let (Ok(action), Ok(within)) = (env::var(ACTION), env::var(WITHIN)) else { return };
    let within = Duration::from_millis(within.parse().expect("a time"));
    let begun = Instant::now();
    let (outcome, message) = if action == "google" { google(within).await } else { aws(&action, within).await };
    println!("\n{TOLD}{outcome}|{}|{}", begun.elapsed().as_millis(), message.replace('\n', " "));
}

async fn aws(action: &str, within: Duration) -> (String, String) {
    let secrets = match Secrets::<Marker>::from_env().await {
        Ok(secrets) => secrets.within(within),
        Err(error) => return ("config".into(), error.to_string()),
    };
    let result = match action {
        "start" => Ok(()),
        "read" => secrets.read(&Mark).await.map(drop),
        "remote" => secrets.read(&Remote).await.map(drop),
        "copied" => secrets.read(&Copied).await.map(drop),
        "update" => secrets.update(&Mark, |_| Some("hush-new".into())).await.map(drop),
        "delete" => secrets.delete(&Mark).await.map(drop),
        other => panic!("no action: {other}"),
    };
    match result {
        Ok(()) => ("ok".into(), String::new()),
        Err(error) => (error.kind().to_string(), error.to_string()),
    }
}

async fn google(within: Duration) -> (String, String) {
    let google = match Google::new() {
        Ok(google) => google.with_time_limits(within, within),
        Err(error) => return ("config".into(), error.to_string()),
    };
    let google = match env::var(GOOGLE) {
        Ok(url) => google.with_endpoints(&Endpoints { token: url.clone(), user_info: url }).expect("it is loopback"),
        Err(_) => google,
    };
    match google.user_info(&"hush-token".into()).await {
        Ok(_) => ("ok".into(), String::new()),
        Err(error) => (error.kind().to_string(), error.to_string()),
    }
}

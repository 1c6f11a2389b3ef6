//! Sixty-four processes and one server, configured by the environment as in a Lambda function. First each changes one secret
//! several times: no change is lost. Then each refreshes, reconnects, switches the account and deletes the same user at
//! random: their common history is held to the rules. Each searches what it logs, the SDK's HTTP client at TRACE included.

use std::env;
use std::fmt::Display;
use std::io;
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use paypulse_runtime::client::{ErrorKind, Found, Secrets};
use paypulse_runtime::model::Text;
use paypulse_runtime::testing::EmbeddedSecretsManager;

use histories::{Event, Handlers, What, check};
use shared::log;
use shared::mark::hush;

#[path = "histories/mod.rs"]
mod histories;
#[path = "../../engine/testing/tests/shared/mod.rs"]
mod shared;

paypulse_runtime::declare! {
    source: "runtime/tests/processes.rs";

    keys {}

    secrets {
        /// Marks, a line each.
        Marks: Text = "marks", owner: runtime;
    }

    handlers {
        /// Adds marks.
        Marker = "marker" {
            Marks: update;
        }
    }
}

const PROCESSES: usize = 64;
const CHANGES: usize = 5;
const STEPS: usize = 6;
/// A process that is started with one of these adds its marks, or takes its steps, and ends.
const MARKS_OF: &str = "MARKS_OF";
const STEPS_OF: &str = "STEPS_OF";

#[tokio::main]
async fn main() -> ExitCode {
    if let Ok(name) = env::var(MARKS_OF) {
        add_marks(&name).await;
    } else if let Ok(name) = env::var(STEPS_OF) {
        take_steps(&name).await;
    } else {
        let lost = no_change_is_lost().await.expect("processes can be started");
        if !lost.is_empty() {
            println!("lost: {lost:?}");
            return ExitCode::FAILURE;
        }
        println!("{PROCESSES} processes made {CHANGES} changes each, and none is lost");
        let counts = no_rule_is_broken().await.expect("processes can be started");
        println!("{PROCESSES} processes took {STEPS} steps each, and broke no rule: {counts}");
    }
    ExitCode::SUCCESS
}

async fn add_marks(name: &str) {
    log::capture();
    let secrets = Secrets::<Marker>::from_env().await.expect("the environment names a region");
    for number in 0..CHANGES {
        let mark = hush(&format!("{name}.{number}\n"));
        let add = |found: Found<'_, Text>| match found {
            Found::Value(marks) => Some(format!("{}{mark}", marks.expose()).into()),
            _ => None,
        };
        // With so many at once the client may give up: it says so, and nothing was written.
        while let Err(error) = secrets.update(&Marks, add).await {
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        }
    }
    assert_searched();
}

/// Prints its history, an event a line.
async fn take_steps(name: &str) {
    log::capture();
    let handlers = Handlers {
        storing: Secrets::from_env().await.expect("the environment names a region"),
        fetching: Secrets::from_env().await.expect("the environment names a region"),
        deleting: Secrets::from_env().await.expect("the environment names a region"),
        now: || SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970"),
        google: 50,
    };
    let mut random = fastrand::Rng::with_seed(name.parse().expect("a number"));
    for number in 0..STEPS {
        // First everybody writes at once; then there are gaps in which a refresh finds what it read.
        let pause = if number < STEPS / 2 { 200 } else { 3000 };
        tokio::time::sleep(Duration::from_millis(random.u64(0..pause))).await;
        for event in handlers.step(&format!("{name}.{number}"), &mut random).await {
            println!("{event}");
        }
    }
    assert_searched();
}

fn assert_searched() {
    for crate_name in ["aws_smithy_runtime", "hyper_util"] {
        assert!(log::has_logged(crate_name), "`{crate_name}` logs nothing");
    }
}

/// Starts all processes in one role, and waits for what they print.
async fn all(role: &'static str, server: &EmbeddedSecretsManager) -> io::Result<Vec<Output>> {
    let open = server.serve().await?;
    let url = open.url();
    let start = |number: usize| {
        let mut command = Command::new(env::current_exe()?);
        command.env(role, number.to_string()).env("AWS_ENDPOINT_URL", &url).env("AWS_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", EmbeddedSecretsManager::ADMINISTRATOR).env("AWS_SECRET_ACCESS_KEY", "none");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()
    };
    let processes = (0..PROCESSES).map(start).collect::<io::Result<Vec<_>>>()?;
    let wait = move || processes.into_iter().map(std::process::Child::wait_with_output).collect::<io::Result<Vec<_>>>();
    let outputs = tokio::task::spawn_blocking(wait).await.expect("waiting does not panic")?;
    assert!(outputs.iter().all(|output| output.status.success()), "a process failed");
    Ok(outputs)
}

/// The marks that are missing or doubled in the end.
async fn no_change_is_lost() -> io::Result<Vec<String>> {
    let server = EmbeddedSecretsManager::new();
    server.put("marks", "\n");
    all(MARKS_OF, &server).await?;
    let marks = server.value("marks").expect("nobody deletes it");
    let wanted =
        (0..PROCESSES).flat_map(|process| (0..CHANGES).map(move |number| hush(&format!("{process}.{number}"))));
    Ok(wanted.filter(|mark| marks.lines().filter(|line| line == mark).count() != 1).collect())
}

/// What all processes did, held to the rules; how often each thing was done.
async fn no_rule_is_broken() -> io::Result<impl Display> {
    let server = EmbeddedSecretsManager::new();
    let outputs = all(STEPS_OF, &server).await?;
    let lines = outputs.iter().flat_map(|output| str::from_utf8(&output.stdout).expect("events are text").lines());
    let history: Vec<Event> = lines.map(|line| line.parse().expect("a line is an event")).collect();
    check(&history, &"of 64 processes");
    let count = |is_it: fn(&What) -> bool| history.iter().filter(|event| is_it(&event.what)).count();
    let counts = [
        ("stored", count(|what| matches!(what, What::Stored { .. }))),
        ("refreshed", count(|what| matches!(what, What::Refreshed { .. }))),
        ("read", count(|what| matches!(what, What::Read { consent: Some(_) }))),
        ("absent", count(|what| matches!(what, What::Read { consent: None }))),
        ("deleted", count(|what| matches!(what, What::Deleted))),
    ];
    assert!(counts.iter().all(|(_, often)| *often > 0), "they do not go down every way: {counts:?}");
    Ok(counts.map(|(what, often)| format!("{often} {what}")).join(", "))
}

//! Sixty-four processes, one half in Rust and one half in Python, change one user's tokens at once: no change is lost.
//!
//! `cargo xtask test` names the Python with boto3 in `PYTHON_CLIENT`; without that nothing is run.

use std::env;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use paypulse_runtime::client::{ErrorKind, Found, Secrets};
use paypulse_runtime::model::{Handler, Payload};
use paypulse_runtime::oauth::OauthTokens;
use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens, spec};
use paypulse_runtime::testing::EmbeddedSecretsManager;
use tempfile::tempdir;

#[path = "../python_client/packages.rs"]
mod packages;

/// Of each language.
const PROCESSES: usize = 32;
const CHANGES: usize = 2;
/// How long all of it may take on a busy machine. On two free cores it is a few seconds.
const LIMIT: Duration = Duration::from_mins(1);
/// A process that is started with this adds its marks, and ends.
const MARKS_OF: &str = "MARKS_OF";
const NAME: &str = "gmail/user/writers";
const BUNDLE: &str = r#"{"access_token":"a","expires_at":"2024-11-01T11:00:00.000000","expires_in":3600,"scope":"openid",
    "token_type":"Bearer","created_at":"2024-11-01T10:00:00.000000"}"#;

#[tokio::main]
async fn main() -> ExitCode {
    if let Ok(number) = env::var(MARKS_OF) {
        add_marks(&number).await;
        return ExitCode::SUCCESS;
    }
    let Some(python) = env::var_os("PYTHON_CLIENT") else {
        println!("skipped: `PYTHON_CLIENT` does not name a Python with boto3");
        return ExitCode::SUCCESS;
    };
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(python);
    let problems = no_change_is_lost(&python).await.expect("processes can be started");
    if !problems.is_empty() {
        println!("{problems}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// One of the processes in Rust.
async fn add_marks(number: &str) {
    let secrets = Secrets::<FetchInvoices>::from_env().await.expect("the environment names a region");
    let user = GmailUserTokens { user_id: "writers".parse().expect("it is a key") };
    for change in 0..CHANGES {
        let add = |found: Found<'_, OauthTokens>| {
            let Found::Value(tokens) = found else { return None };
            let mut tokens = tokens.clone();
            write!(tokens.scope, " rust.{number}.{change}").expect("a string takes any text");
            Some(tokens)
        };
        // With this many writers at once, the client may give up: it says so, and nothing was written.
        while let Err(error) = secrets.update(&user, add).await {
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        }
    }
}

/// What went wrong, in words; nothing where every mark is there once.
async fn no_change_is_lost(python: &Path) -> io::Result<String> {
    let packages = tempdir()?;
    packages::write(packages.path(), &[("paypulse_secrets", spec())])?;
    let server = EmbeddedSecretsManager::enforcing(&spec());
    server.put(NAME, BUNDLE);
    let open = server.serve().await?;
    let (url, path) = (open.url(), packages.path().to_owned());
    let python = python.to_owned();
    let work = move || run(&python, &path, &url);
    let (time, failed) = tokio::task::spawn_blocking(work).await.expect("waiting does not panic")?;
    let stored = server.value(NAME).expect("nobody deletes it");
    let tokens = OauthTokens::parse(&stored).expect("what is written is a bundle");
    let marks: Vec<&str> = tokens.scope.split(' ').skip(1).collect();
    let mut problems = String::new();
    let mut say = |what: String| writeln!(problems, "{what}").expect("a string takes any text");
    if failed > 0 {
        say(format!("{failed} processes failed"));
    }
    if time >= LIMIT {
        say(format!("it did not end within {LIMIT:?}"));
    }
    for language in ["rust", "python"] {
        for (process, change) in (0..PROCESSES).flat_map(|process| (0..CHANGES).map(move |change| (process, change))) {
            let mark = format!("{language}.{process}.{change}");
            let count = marks.iter().filter(|it| **it == mark).count();
            if count != 1 {
                say(format!("the change {mark} is there {count} times"));
            }
        }
    }
    let turns = marks.windows(2).filter(|pair| pair[0].split('.').next() != pair[1].split('.').next()).count();
    // Otherwise one language had ended before the other began.
    if turns < 10 {
        say(format!("the languages took turns {turns} times"));
    }
    println!(
        "{PROCESSES} processes of each language made {CHANGES} changes each in {:.1} s, taking turns {turns} times",
        time.as_secs_f64()
    );
    Ok(problems)
}

/// Starts all processes, and ends those that are too slow. How long they took, and how many of them failed.
fn run(python: &Path, packages: &Path, url: &str) -> io::Result<(Duration, usize)> {
    let as_handler = |command: &mut Command| {
        command.env("AWS_ENDPOINT_URL", url).env("AWS_REGION", "eu-west-1").env("AWS_DEFAULT_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", FetchInvoices::NAME).env("AWS_SECRET_ACCESS_KEY", "none");
    };
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python/writers.py"));
    command.args(["0", &PROCESSES.to_string(), &CHANGES.to_string()]).env("PYTHONPATH", packages);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    as_handler(&mut command);
    let mut writers = command.spawn()?;
    let (mut input, ready) = writers.stdin.take().zip(writers.stdout.take()).expect("both are pipes");
    BufReader::new(ready).read_line(&mut String::new())?;
    let began = Instant::now();
    input.write_all(b"begin\n")?;
    let start = |number: usize| {
        let mut command = Command::new(env::current_exe()?);
        as_handler(command.env(MARKS_OF, number.to_string()).stdin(Stdio::null()));
        command.spawn()
    };
    let mut processes = (0..PROCESSES).map(start).collect::<io::Result<Vec<Child>>>()?;
    processes.push(writers);
    let is_running = |process: &mut Child| matches!(process.try_wait(), Ok(None));
    while began.elapsed() < LIMIT && processes.iter_mut().any(is_running) {
        thread::sleep(Duration::from_millis(10));
    }
    let time = began.elapsed();
    let mut failed = 0;
    for mut process in processes {
        // One that has ended is not there to be killed.
        let _ = process.kill();
        failed += usize::from(!process.wait()?.success());
    }
    Ok((time, failed))
}

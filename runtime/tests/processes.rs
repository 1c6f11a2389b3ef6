//! Sixty-four processes that change one secret of one server, each several times: no change is lost.

use std::env;
use std::io;
use std::process::{Child, Command, ExitCode, Stdio};

use paypulse_runtime::client::{ErrorKind, Found, Secrets};
use paypulse_runtime::model::Text;
use paypulse_runtime::testing::EmbeddedSecretsManager;

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
/// A process that is started with this adds its marks and ends.
const ROLE: &str = "MARKS_OF";

#[tokio::main]
async fn main() -> ExitCode {
    if let Ok(name) = env::var(ROLE) {
        add_marks(&name).await;
        return ExitCode::SUCCESS;
    }
    let lost = no_change_is_lost().await.expect("processes can be started");
    if lost.is_empty() {
        println!("{PROCESSES} processes made {CHANGES} changes each, and none is lost");
        return ExitCode::SUCCESS;
    }
    println!("lost: {lost:?}");
    ExitCode::FAILURE
}

async fn add_marks(name: &str) {
    let secrets = Secrets::<Marker>::from_env().await.expect("the environment names a region");
    for number in 0..CHANGES {
        let mark = format!("{name}.{number}\n");
        let add = |found: Found<'_, Text>| match found {
            Found::Value(marks) => Some(format!("{}{mark}", marks.expose()).into()),
            _ => None,
        };
        // With so many at once the client may give up: it says so, and nothing was written.
        while let Err(error) = secrets.update(&Marks, add).await {
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        }
    }
}

/// The marks that are missing or doubled in the end.
async fn no_change_is_lost() -> io::Result<Vec<String>> {
    let server = EmbeddedSecretsManager::new();
    server.put("marks", "\n");
    let open = server.serve().await?;
    let start = |number: usize| -> io::Result<Child> {
        let mut command = Command::new(env::current_exe()?);
        command.env(ROLE, number.to_string()).env("AWS_ENDPOINT_URL", open.url()).env("AWS_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", EmbeddedSecretsManager::ADMINISTRATOR).env("AWS_SECRET_ACCESS_KEY", "none");
        command.stdin(Stdio::null()).spawn()
    };
    let processes = (0..PROCESSES).map(start).collect::<io::Result<Vec<_>>>()?;
    let all_succeed = tokio::task::spawn_blocking(move || {
        processes.into_iter().map(|mut process| process.wait()).collect::<io::Result<Vec<_>>>()
    });
    let statuses = all_succeed.await.expect("waiting does not panic")?;
    assert!(statuses.iter().all(std::process::ExitStatus::success), "a process failed");
    let marks = server.value("marks").expect("nobody deletes it");
    let wanted = (0..PROCESSES).flat_map(|process| (0..CHANGES).map(move |number| format!("{process}.{number}")));
    Ok(wanted.filter(|mark| marks.lines().filter(|line| line == mark).count() != 1).collect())
}

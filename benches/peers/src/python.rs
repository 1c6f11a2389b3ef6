//! Powertools for AWS Lambda as a peer: a Python process that does what it is told, a line each.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use paypulse_runtime::testing::EmbeddedSecretsManager;

use crate::peer::{Peer, Read, bundle};

/// The Python that has it. Set before the first one is opened.
pub static PYTHON: OnceLock<OsString> = OnceLock::new();

#[derive(Clone)]
pub struct Powertools(Arc<Mutex<Process>>);

struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn ask(&mut self, command: &str) -> Result<String, String> {
        writeln!(self.input, "{command}").map_err(|error| error.to_string())?;
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|error| error.to_string())?;
        match line.trim_end().split_once(' ') {
            Some(("ok", answer)) => Ok(answer.to_owned()),
            _ => Err(line),
        }
    }
}

impl Powertools {
    /// The answer to a command of `powertools.py`.
    pub async fn ask(&self, command: String) -> Result<String, String> {
        let process = Arc::clone(&self.0);
        let ask = move || process.lock().expect("no panic").ask(&command);
        tokio::task::spawn_blocking(ask).await.expect("no panic")
    }
}

impl Peer for Powertools {
    const NAME: &'static str = "Powertools for Python";

    fn open(url: &str, ttl: Duration) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/powertools.py");
        let python = PYTHON.get().expect("it is set");
        let mut command = Command::new(python);
        command.args([script, url, &ttl.as_secs_f64().to_string(), EmbeddedSecretsManager::ADMINISTRATOR]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        Self(Arc::new(Mutex::new(Process { child, input, output })))
    }

    async fn read(&self) -> Read {
        self.ask("read".to_owned()).await?.parse().map_err(|_| "no number".to_owned())
    }

    async fn write(&self, access_token: String) {
        self.ask(format!("write {}", bundle(&access_token))).await.expect("it is written");
    }

    async fn shown(&self, told: &str) -> [bool; 2] {
        let answer = self.ask(format!("shown {told}")).await.expect("it is there");
        let mut shows = answer.split(' ').map(|shows| shows == "True");
        [shows.next().expect("of the cache"), shows.next().expect("of a value")]
    }
}

//! Starts the program, and the programs of others.

use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// A test with its name.
pub type Test = (&'static str, fn());

pub const IS_PROGRAM: &str = "LOCAL_PROGRAM";

/// A value that nothing may print.
pub const CANARY: &str = "canary-7f3a-canary";

/// What a program did.
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}\n---- stdout\n{}---- stderr\n{}", self.code, self.out, self.err)
    }
}

impl Run {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the output is text");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// The program, with these arguments.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("it has a path"));
    command.env(IS_PROGRAM, "1").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn run(arguments: &[&str]) -> Run {
    Run::of(command(arguments).output().expect("it runs"))
}

/// A file in a directory of its own.
pub fn file(text: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("seed.json");
    fs::write(&path, text).expect("it can be written");
    (dir, path)
}

pub fn arg(path: &Path) -> &str {
    path.to_str().expect("temporary paths are text")
}

/// The values of two secrets and of a member.
pub fn seed() -> (TempDir, PathBuf) {
    file(&format!(
        r#"{{ "JwtSigningKey": "{CANARY}", "gmail/user/7": {{ "access_token": "{CANARY}" }}, "Google-OAuth-Client-ID": "id" }}"#
    ))
}

/// A running `serve`, which ends with this.
pub struct Serving {
    child: Child,
    pub url: String,
    pub report: Value,
}

impl Serving {
    /// Starts `serve` and waits until it has printed the variables.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = command(&[&["serve", "--format", "json"], arguments].concat()).spawn().expect("it runs");
        let mut text = String::new();
        // It prints one document, and then serves.
        for line in BufReader::new(child.stdout.as_mut().expect("it is piped")).lines() {
            let line = line.expect("it is text");
            text += &line;
            if line == "}" {
                break;
            }
        }
        let report: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let url = report["endpoint"].as_str().expect("it has an endpoint").to_owned();
        Self { child, url, report }
    }

    /// The variables of a handler.
    pub fn variables(&self, handler: &str) -> Vec<(String, String)> {
        let variables = self.report["handlers"][handler].as_object().expect("the handler is there");
        variables.iter().map(|(name, value)| (name.clone(), value.as_str().expect("it is text").to_owned())).collect()
    }

    /// Ends it by Ctrl-C, and returns what it said.
    pub fn end(mut self) -> Run {
        interrupt(&self.child);
        let mut err = String::new();
        self.child.stderr.take().expect("it is piped").read_to_string(&mut err).expect("it is text");
        let status = self.child.wait().expect("it ends");
        Run { code: status.code(), out: String::new(), err }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn interrupt(child: &Child) {
    let id = Pid::from_raw(i32::try_from(child.id()).expect("it is a process id"));
    kill(id, Signal::SIGINT).expect("it runs");
}

/// Sends a request without an SDK, and returns the status line with the body.
pub fn post(url: &str, caller: &str, call: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).expect("it listens");
    let date = "20260102";
    let credential = format!("{caller}/{date}/eu-west-1/secretsmanager/aws4_request");
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Amz-Target: secretsmanager.{call}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00\r\n\
         Content-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("it can be sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is text");
    let status = answer.lines().next().unwrap_or_default().to_owned();
    format!("{status} {}", answer.split("\r\n\r\n").nth(1).unwrap_or_default())
}

/// A Python that has boto3, if one is named.
pub fn python() -> Option<PathBuf> {
    let python = std::env::var_os("PYTHON_CLIENT")?;
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(python))
}

/// Whether the AWS CLI is installed.
pub fn has_aws() -> bool {
    Command::new("aws").arg("--version").output().is_ok_and(|output| output.status.success())
}

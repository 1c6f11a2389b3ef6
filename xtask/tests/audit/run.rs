//! Runs `cargo xtask audit` as a process of its own, whose whole world is a server on loopback.

use std::fmt;
use std::process::{Command, ExitStatus, Output, Stdio};

use serde_json::Value;

use crate::program::program;
use crate::server::Server;

/// What the command did.
pub struct Run {
    pub code: Option<i32>,
    status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the output is text");
        Self { code: output.status.code(), status: output.status, out: text(output.stdout), err: text(output.stderr) }
    }

    /// The report, where that is JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The findings, each with its rule and place.
    pub fn found(&self) -> Vec<(String, String)> {
        let report = self.json();
        let text = |value: &Value| value.as_str().expect("it is text").to_owned();
        let findings = report["findings"].as_array().expect("it is a list").iter();
        findings.map(|finding| (text(&finding["rule"]), text(&finding["place"]))).collect()
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n---- stdout\n{}---- stderr\n{}", self.status, self.out, self.err)
    }
}

/// The command, with nobody's settings.
pub fn bare(arguments: &[&str]) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_xtask-live"));
    command.arg("audit").args(arguments).env_clear().env("HOME", env!("CARGO_TARGET_TMPDIR"));
    // It would ask the machine that it runs on for credentials.
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The command on a server.
pub fn on(server: &Server, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    if !arguments.contains(&"--rate") {
        command.args(["--rate", "10000"]);
    }
    command.env("AWS_ENDPOINT_URL", server.url()).env("AWS_REGION", "eu-west-1");
    command.env("AWS_ACCESS_KEY_ID", "auditor").env("AWS_SECRET_ACCESS_KEY", "not-secret");
    command
}

pub fn run(command: &mut Command) -> Run {
    Run::of(command.output().expect("the command runs"))
}

/// Runs it on a server, and reports as JSON.
pub fn audit(server: &Server, arguments: &[&str]) -> Run {
    run(on(server, arguments).args(["--format", "json"]))
}

//! The Python functions' module for secrets, `gmail_tokens.py`, as a running program.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Stdio};

use paypulse_runtime::model::Text;
use paypulse_runtime::oauth::NewTokens;
use serde::Deserialize;
use serde_json::{Value, json};

use super::marks;
use super::server::Server;
use crate::Result;
use crate::process::{Running, Scratch};
use crate::tools::{self, Tools};

/// A Python function that lasts as long as this value.
pub struct PythonFunction {
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    log: PathBuf,
    _running: Running,
    _home: Scratch,
}

/// How a command ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// What `get` found; nothing for every other command.
    pub result: Option<Value>,
    /// AWS's code for the failure, or the name of Python's exception.
    pub error: Option<String>,
    /// The version that was read last.
    pub read: Option<String>,
    /// The version that was written.
    pub wrote: Option<String>,
    /// It has read, and waits for [`PythonFunction::release`].
    pub held: bool,
}

/// AWS's code for a secret that is not there.
const MISSING: &str = "ResourceNotFoundException";

impl Answer {
    /// Whether the command failed because the user is not connected.
    pub fn is_missing(&self) -> bool {
        self.error.as_deref() == Some(MISSING)
    }
}

impl PythonFunction {
    /// Starts a function that uses a server.
    pub fn start(tools: &Tools, server: &Server) -> Result<Self> {
        let home = Scratch::new()?;
        let log = home.path().join("python.log");
        let mut command = tools.python(home.path());
        command.arg(tools::here().join("gmail_tokens.py")).envs(server.environment());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let mut running = Running::start(&mut command)?;
        let (commands, answers) = running.take_pipes()?;
        Ok(Self { commands, answers: BufReader::new(answers), log, _running: running, _home: home })
    }

    /// Has a command carried out, one of [`store`], [`get`], [`update`], [`delete`].
    pub fn ask(&mut self, command: &Value) -> Result<Answer> {
        self.say(&command.to_string())
    }

    /// Lets a command go on that was held after its read.
    pub fn release(&mut self) -> Result<Answer> {
        self.say("")
    }

    fn say(&mut self, line: &str) -> Result<Answer> {
        // Where the program has ended, the missing answer says so.
        let _ = writeln!(self.commands, "{line}");
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        serde_json::from_str(&answer).map_err(|_| format!("the Python function broke off:\n{}", self.log()).into())
    }

    /// What it has logged so far must not hold a token.
    pub fn check_log(&self) -> Result {
        let log = self.log();
        if marks::is_in(&log) { Err(format!("the Python function has logged a token:\n{log}").into()) } else { Ok(()) }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

pub fn store(user: &str, new: &NewTokens) -> Value {
    let account = &new.account;
    let known = [
        ("sub", account.user_id.as_deref().map(Value::from)),
        ("email", account.email.as_deref().map(Value::from)),
        ("name", account.name.as_deref().map(Value::from)),
        ("email_verified", account.verified_email.map(Value::from)),
    ];
    let user_info: serde_json::Map<_, _> =
        known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    json!({
        "command": "store",
        "user_id": user,
        "access_token": new.access_token.expose(),
        "refresh_token": new.refresh_token.as_ref().map(Text::expose),
        "expires_in": new.expires_in,
        "scope": new.scope,
        "user_info": user_info,
    })
}

pub fn get(user: &str) -> Value {
    json!({"command": "get", "user_id": user})
}

/// As after a refresh with this refresh token, which the caller has read before.
pub fn update(user: &str, access_token: &str, refresh_token: Option<&str>) -> Value {
    json!({
        "command": "update",
        "user_id": user,
        "access_token": access_token,
        "refresh_token": refresh_token,
        "expires_in": super::LIFETIME,
    })
}

pub fn delete(user: &str) -> Value {
    json!({"command": "delete", "user_id": user})
}

/// The same command with one argument more.
pub fn with(mut command: Value, argument: &str, value: impl Into<Value>) -> Value {
    command[argument] = value.into();
    command
}

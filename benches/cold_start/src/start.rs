//! One start of a program: what it finds in its environment, and how long it takes.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::Result;

/// Milliseconds of one start.
pub struct Start {
    /// From the program's start of `main` to its first secret, as it says itself.
    pub to_secret: f64,
    /// From before the process is made until it has ended.
    pub whole: f64,
}

/// All that a program finds in its environment.
pub struct Environment(Vec<(&'static str, OsString)>);

impl Environment {
    /// Region, credentials, the server's URL, and the file of root certificates for rustls and for boto3.
    pub fn new(url: &str, roots: &Path) -> Self {
        Self(vec![
            ("AWS_REGION", "eu-west-1".into()),
            ("AWS_DEFAULT_REGION", "eu-west-1".into()),
            ("AWS_ACCESS_KEY_ID", "login_user".into()),
            ("AWS_SECRET_ACCESS_KEY", "any".into()),
            ("AWS_ENDPOINT_URL", url.into()),
            ("SSL_CERT_FILE", roots.into()),
            ("AWS_CA_BUNDLE", roots.into()),
        ])
    }
}

/// Starts a program and waits for its end.
pub fn run(program: &Path, arguments: &[impl AsRef<OsStr>], environment: &Environment) -> Result<Start> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(environment.0.iter().map(|(name, value)| (name, value)));
    let started = Instant::now();
    let output = command.output()?;
    let whole = started.elapsed().as_secs_f64() * 1e3;
    let said = String::from_utf8_lossy(&output.stdout);
    match said.split("after ").nth(1).and_then(|rest| rest.split(' ').next()).map(str::parse) {
        Some(Ok(to_secret)) if output.status.success() => Ok(Start { to_secret, whole }),
        _ => Err(format!("{}: {said}{}", program.display(), String::from_utf8_lossy(&output.stderr)).into()),
    }
}

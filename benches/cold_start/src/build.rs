//! The programs: how each is built, how large it is, and what it is made of.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// As a handler is built by default, and the small one of the README.
pub const PROFILES: [&str; 2] = ["release", "small"];

/// Packages, and what they are called in the table. Built one by one, so that none turns on a feature for another.
pub const PROGRAMS: [(&str, &str); 3] = [
    ("first_secret", "this client, example `first_secret`"),
    ("sdk_ring", "the bare SDK, rustls with ring"),
    ("sdk_default", "the bare SDK, default features"),
];

/// What counts as a TLS stack or a part of one.
const TLS: [&str; 6] = ["aws-lc-rs", "native-tls", "openssl", "ring", "rustls", "s2n-tls"];

/// A program that can be started, and the cells of its row that do not depend on a start.
pub struct Program {
    pub what: String,
    pub profile: String,
    pub path: PathBuf,
    pub arguments: Vec<OsString>,
    pub size: String,
    pub crates: String,
    pub tls: String,
}

/// Builds one of the packages beside this one, and puts a copy of its program into `directory`.
///
/// The copy is what is started: how a linker's own writing lies in the system's page cache can cost half a millisecond.
pub fn program(package: &str, profile: &str, what: &str, directory: &Path) -> Result<Program> {
    let status = cargo().args(["build", "--locked", "--profile", profile, "--package", package]).status()?;
    if !status.success() {
        return Err(format!("`{package}` cannot be built").into());
    }
    let built = target()?.join(profile).join(package).with_extension(std::env::consts::EXE_EXTENSION);
    let path = directory.join(format!("{package}-{profile}"));
    let size = std::fs::copy(built, &path)?;
    let crates = crates(package)?;
    let tls = crates.iter().filter(|(name, _)| TLS.contains(&name.as_str()));
    Ok(Program {
        what: what.to_owned(),
        profile: profile.to_owned(),
        path,
        arguments: Vec::new(),
        size: format!("{:.2} MB", megabytes(size)),
        crates: crates.len().to_string(),
        tls: tls.map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", "),
    })
}

/// Python with boto3: one file, and nothing to build.
pub fn boto3(python: OsString) -> Program {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/boto3_reader.py");
    let [profile, size, crates, tls] = ["", "", "", "OpenSSL"].map(str::to_owned);
    Program {
        what: "Python, boto3".to_owned(),
        profile,
        path: python.into(),
        arguments: vec![script.into()],
        size,
        crates,
        tls,
    }
}

/// Name and version of each crate that goes into a package, build scripts' own left out.
fn crates(package: &str) -> Result<BTreeSet<(String, String)>> {
    let arguments = ["tree", "--locked", "--edges", "normal", "--prefix", "none", "--package", package];
    let tree = cargo().args(arguments).stdout(Stdio::piped()).output()?;
    let tree = String::from_utf8(tree.stdout)?;
    let names = tree.lines().filter_map(|line| line.split_once(' '));
    Ok(names.map(|(name, rest)| (name.to_owned(), version(rest).to_owned())).collect())
}

/// `1.2.3` of `v1.2.3 (*)`.
fn version(text: &str) -> &str {
    text.trim_start_matches('v').split(' ').next().unwrap_or_default()
}

/// Cargo as if it were called by hand, in this workspace. What it sets for this program makes a build script run again.
fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|own| name.to_string_lossy().starts_with(own)) {
            command.env_remove(name);
        }
    }
    command
}

/// The directory of all profiles: this program lies in one of them.
fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.ancestors().nth(2).ok_or("this program lies in no target directory")?.to_owned())
}

#[expect(clippy::cast_precision_loss, reason = "no program has 2^53 bytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

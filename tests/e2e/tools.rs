//! What the machine has, as `cargo xtask e2e` found it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which provider Terraform is to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The registry's where it can be had soon, else the stand-in.
    Auto,
    /// One that is installed.
    Installed(Package),
    Registry,
    StandIn,
}

/// A provider that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub version: String,
    /// The directory with its program.
    pub path: PathBuf,
}

/// The programs that the rig runs.
#[derive(Clone)]
pub struct Tools {
    /// The interpreter of the virtual environment that holds the servers.
    pub python: PathBuf,
    /// Terraform or OpenTofu.
    pub terraform: OsString,
    pub provider: Choice,
}

impl Tools {
    /// The tools that `cargo xtask e2e` names in the environment; none where something else runs this.
    pub fn from_env() -> Option<Self> {
        let package = || Some((env::var("E2E_PROVIDER_VERSION").ok()?, env::var_os("E2E_PROVIDER_PACKAGE")?.into()));
        let provider = match env::var("E2E_PROVIDER").ok()?.as_str() {
            "auto" | "mirror" if let Some((version, path)) = package() => Choice::Installed(Package { version, path }),
            "registry" => Choice::Registry,
            "stand-in" => Choice::StandIn,
            _ => Choice::Auto,
        };
        let python = workspace().join(env::var_os("E2E_PYTHON")?);
        Some(Self { python, terraform: env::var_os("E2E_TERRAFORM")?, provider })
    }

    /// Where what Python compiles is kept from run to run, beside the interpreter that compiled it.
    pub fn compiled(&self) -> PathBuf {
        self.python.parent().and_then(Path::parent).unwrap_or(Path::new("/")).join("compiled")
    }

    /// A Python program, with none of the user's variables in its environment.
    pub fn python(&self, home: &Path) -> Command {
        let mut command = bare(&self.python, home);
        command.env("PYTHONPYCACHEPREFIX", self.compiled());
        command
    }

    /// A module as a server that ends when the rig does.
    pub fn server(&self, home: &Path, module: &str) -> Command {
        let mut command = self.python(home);
        command.arg(here().join("tied.py")).arg(module);
        command
    }
}

/// A program that finds others, its home and a place for temporary files, and none of the user's accounts and settings.
pub fn bare(program: impl AsRef<std::ffi::OsStr>, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
    command.env("HOME", home).env("TMPDIR", home).current_dir(home);
    command
}

/// The workspace's root.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace").to_owned()
}

/// The rig's own directory.
pub fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e")
}

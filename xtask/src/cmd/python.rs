//! Python virtual environments under `target/` for tools that the tests use and that exist only for Python.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::child::Said;
use crate::Context;
use crate::output::{self, Streams};

/// A virtual environment and its packages.
pub struct Environment {
    /// The directory, relative to the workspace root.
    pub dir: &'static str,
    /// The file that pins the packages by version and hash, relative to the workspace root.
    pub requirements: &'static str,
    /// A statement that succeeds if the packages are installed.
    pub probe: &'static str,
}

/// A missing program, and how to install it.
pub struct Missing {
    /// What is missing.
    pub what: &'static str,
    /// How to install it.
    pub how: &'static str,
}

impl Environment {
    /// The interpreter, relative to the workspace root.
    pub fn python(&self) -> PathBuf {
        Path::new(self.dir).join("bin/python")
    }

    /// Installs the packages if they are missing or outdated.
    pub fn prepare(&self, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Result<(), Missing>> {
        let root = context.root;
        let wanted = fs::read_to_string(root.join(self.requirements))?;
        // Written last, so that an interrupted installation is repeated.
        let record = root.join(self.dir).join("installed.txt");
        let python = root.join(self.python());
        let is_installed = fs::read_to_string(&record).is_ok_and(|installed| installed == wanted);
        // A virtual environment stops working when the Python that created it is removed.
        if is_installed && succeeds(root, &python, &["-W", "ignore", "-c", self.probe])? {
            return Ok(Ok(()));
        }
        let system = Path::new("python3");
        if !succeeds(root, system, &["--version"])? {
            return Ok(Err(Missing { what: "Python 3 is not installed", how: "install Python 3.11 or later" }));
        }
        output::installs(streams.err, self.requirements, self.dir)?;
        let mut install = |program: &mut Command| {
            let said = Said::by(program, &context.steps)?;
            let is_done = run(program.current_dir(root))?;
            said.pass_on(streams.err).map(|()| is_done)
        };
        match fs::remove_file(&record) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if !install(Command::new(system).args(["-m", "venv", "--clear", self.dir]))? {
            let how = "install Python's `venv` and `ensurepip`, such as by the package `python3-venv`";
            return Ok(Err(Missing { what: "Python cannot make a virtual environment", how }));
        }
        let pip = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--require-hashes"];
        if !install(Command::new(&python).args(pip).args(["--requirement", self.requirements]))? {
            let how = "see what pip says above; it needs a package index within reach, and Python 3.11 or later";
            return Ok(Err(Missing { what: "the packages cannot be installed", how }));
        }
        fs::write(record, wanted)?;
        Ok(Ok(()))
    }
}

/// Whether a program exists and succeeds; its output is discarded.
pub fn succeeds(root: &Path, program: &Path, arguments: &[&str]) -> io::Result<bool> {
    run(Command::new(program).args(arguments).current_dir(root).stdout(Stdio::null()).stderr(Stdio::null()))
}

/// Whether a program exists and succeeds.
pub fn run(command: &mut Command) -> io::Result<bool> {
    match command.stdin(Stdio::null()).status() {
        Ok(status) => Ok(status.success()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

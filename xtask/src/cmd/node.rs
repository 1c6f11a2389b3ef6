//! npm packages under `target/` for tools that the tests use and that exist only for Node.js.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::child::Said;
use super::python::{self, Missing};
use crate::Context;
use crate::output::{self, Streams};

/// Files that pin the packages.
const PINS: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// A directory with npm packages.
pub struct Packages {
    /// The directory with the files that pin the packages, relative to the workspace root.
    pub from: &'static str,
    /// The directory in which they are installed, relative to the workspace root.
    pub to: &'static str,
}

impl Packages {
    /// Installs the packages if they are missing or outdated.
    pub fn prepare(&self, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<Result<(), Missing>> {
        for program in ["node", "npm"] {
            if !python::succeeds(context.root, Path::new(program), &["--version"])? {
                let (what, how) = ("Node.js is not installed", "install Node.js 20 or later, with npm");
                return Ok(Err(Missing { what, how }));
            }
        }
        if self.install(context, streams)? {
            return Ok(Ok(()));
        }
        let how = "see what npm says above; it needs a package registry within reach";
        Ok(Err(Missing { what: "the packages cannot be installed", how }))
    }

    /// Returns whether the packages are installed.
    fn install(&self, context: &Context<'_>, streams: &mut Streams<'_>) -> io::Result<bool> {
        let (from, to) = (context.root.join(self.from), context.root.join(self.to));
        let wanted = fs::read_to_string(from.join("package-lock.json"))?;
        // Written last, so that an interrupted installation is repeated.
        let record = to.join("installed.json");
        if fs::read_to_string(&record).is_ok_and(|installed| installed == wanted) {
            return Ok(true);
        }
        output::installs(streams.err, &format!("{}/package-lock.json", self.from), self.to)?;
        fs::create_dir_all(&to)?;
        for name in PINS {
            fs::copy(from.join(name), to.join(name))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&to);
        let said = Said::by(&mut npm, &context.steps)?;
        let is_done = python::run(&mut npm)?;
        said.pass_on(streams.err)?;
        if is_done {
            fs::write(record, wanted)?;
        }
        Ok(is_done)
    }
}

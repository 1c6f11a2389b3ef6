//! What the programs say that a command runs: at once and where this command says it, or, under `--quiet`, as a part of what
//! is held back until it is known how the command ends.

use std::fs::File;
use std::io::{self, Seek as _, Write};
use std::process::Command;

use crate::steps::Steps;

/// What one program says.
pub struct Said(Option<File>);

impl Said {
    /// By this program, which has not started yet.
    pub fn by(program: &mut Command, steps: &Steps) -> io::Result<Self> {
        if !steps.is_quiet() {
            return Ok(Self(None));
        }
        let file = tempfile::tempfile()?;
        program.stdout(file.try_clone()?).stderr(file.try_clone()?);
        Ok(Self(Some(file)))
    }

    /// The program has ended.
    pub fn pass_on(self, err: &mut dyn Write) -> io::Result<()> {
        if let Some(mut file) = self.0 {
            file.rewind()?;
            io::copy(&mut file, err)?;
        }
        Ok(())
    }
}

//! Output of child processes: passed through at once, or, with `--quiet`, held back until the result of the command is
//! known.

use std::fs::File;
use std::io::{self, Seek as _, Write};
use std::process::Command;

use crate::steps::Steps;

/// The captured output of one program; `None` if it is passed through.
pub struct Said(Option<File>);

impl Said {
    /// Captures the output of this program, which must not have started yet.
    pub fn by(program: &mut Command, steps: &Steps) -> io::Result<Self> {
        if !steps.is_quiet() {
            return Ok(Self(None));
        }
        let file = tempfile::tempfile()?;
        program.stdout(file.try_clone()?).stderr(file.try_clone()?);
        Ok(Self(Some(file)))
    }

    /// Writes the captured output to `err`. Call it after the program has ended.
    pub fn pass_on(self, err: &mut dyn Write) -> io::Result<()> {
        if let Some(mut file) = self.0 {
            file.rewind()?;
            io::copy(&mut file, err)?;
        }
        Ok(())
    }
}

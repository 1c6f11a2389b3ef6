//! The generated Python packages as files, for programs that import them.

use std::fs;
use std::io;
use std::path::Path;

use paypulse_runtime::model::Spec;
use xtask::python::package;

/// Writes the package of each spec, under its name, into a directory.
pub fn write(dir: &Path, specs: &[(&str, Spec)]) -> io::Result<()> {
    for (name, spec) in specs {
        fs::create_dir(dir.join(name))?;
        for (file, text) in package(spec, name).files {
            fs::write(dir.join(name).join(file), text)?;
        }
    }
    Ok(())
}

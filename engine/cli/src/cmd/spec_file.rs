//! Reads the spec that a command works on: an exported one that the command line names, or the compiled one. A program without
//! a compiled spec reads `spec.json`.

use std::io::Read;
use std::path::Path;

use driftless_model::{Problem, Spec, lint};

use crate::Context;
use crate::input::{self, Unreadable};
use crate::output;
use crate::program;

/// A larger file is not a spec: 40,000 grants need 3 MB.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// The hint if the file cannot be read.
pub fn hint() -> String {
    format!("pass a file that `{} spec > spec.json` wrote", program::name())
}

/// The spec of a program that was compiled without one, if the command line names none.
pub const DEFAULT: &str = "spec.json";

/// The readable parts of the spec, and its problems.
pub fn read(path: Option<&Path>, context: &Context<'_>) -> Result<(Spec, Vec<Problem>), Unreadable> {
    match (path, context.spec) {
        (None, Some(spec)) => {
            let mut step = context.steps.begin("checking the spec");
            step.found(output::size(spec));
            Ok((spec.clone(), lint::check(spec)))
        }
        (path, _) => exported(path.unwrap_or(Path::new(DEFAULT)), context),
    }
}

/// The readable parts of an exported spec, and its problems.
pub fn exported(path: &Path, context: &Context<'_>) -> Result<(Spec, Vec<Problem>), Unreadable> {
    const WHAT: &str = "spec";
    let mut text = String::new();
    let read = input::open(WHAT, path, MAX_BYTES, &context.steps)?.read_to_string(&mut text);
    read.map_err(|source| Unreadable { what: WHAT, path: path.to_owned(), source })?;
    let mut step = context.steps.begin("checking the spec");
    let (spec, problems) = Spec::read_part(&text);
    step.found(output::size(&spec));
    Ok((spec, problems))
}

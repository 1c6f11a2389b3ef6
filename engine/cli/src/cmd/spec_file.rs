//! Reads the spec that a command works on: the compiled one, or an exported one that the command line names.

use std::io::Read;
use std::path::Path;

use paypulse_runtime::model::{Problem, Spec, lint};

use crate::Context;
use crate::input::{self, Unreadable};
use crate::output;

/// A larger file is not a spec: 40,000 grants need 3 MB.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// The hint if the file cannot be read.
pub const HINT: &str = "pass a file that `cargo xtask spec > spec.json` wrote";

/// The readable parts of the spec, and its problems.
pub fn read(path: Option<&Path>, context: &Context<'_>) -> Result<(Spec, Vec<Problem>), Unreadable> {
    match path {
        None => {
            let mut step = context.steps.begin("checking the spec");
            step.found(output::size(context.spec));
            Ok((context.spec.clone(), lint::check(context.spec)))
        }
        Some(path) => exported(path, context),
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

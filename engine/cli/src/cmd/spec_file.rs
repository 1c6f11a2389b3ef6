//! Reads the spec that a command works on: an exported one that the command line names, or the compiled one. A program without
//! a compiled spec reads `secrets.toml` or `spec.json`.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use driftless_model::{Problem, Spec, SpecFormat, lint, locate_in_toml};

use crate::Context;
use crate::input::{self, Content, Unreadable};
use crate::output;
use crate::program;

/// A larger file is not a spec: 40,000 grants need 3 MB.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// The hint if the file cannot be read.
pub fn hint() -> String {
    format!("pass a file that `{} spec > spec.json` wrote", program::name())
}

/// What an input with a spec is called in messages.
const WHAT: &str = "spec";

/// The spec of a program that was compiled without one, if the command line names none: JSON, and TOML.
pub const DEFAULT: &str = "spec.json";

pub use crate::root::DEFAULT_TOML;

/// The readable parts of the spec, and its problems.
pub fn read(path: Option<&Path>, context: &Context<'_>) -> Result<(Spec, Vec<Problem>), Unreadable> {
    match (path, context.spec) {
        (None, Some(spec)) => {
            let mut step = context.steps.begin("checking the spec");
            step.found(output::size(spec));
            Ok((spec.clone(), lint::check(spec)))
        }
        (Some(path), _) => exported(path, context),
        (None, None) => exported(default()?, context),
    }
}

/// The spec in the current directory.
fn default() -> Result<&'static Path, Unreadable> {
    let [json, toml] = [DEFAULT, DEFAULT_TOML].map(Path::new);
    match (json.exists(), toml.exists()) {
        (true, true) => {
            let source = format!("`{DEFAULT_TOML}` is here too; name one of the two with `--spec`");
            Err(Unreadable { what: WHAT, path: json.to_owned(), source: io::Error::other(source) })
        }
        (false, true) => Ok(toml),
        _ => Ok(json),
    }
}

/// The readable parts of an exported spec, and its problems.
pub fn exported(path: &Path, context: &Context<'_>) -> Result<(Spec, Vec<Problem>), Unreadable> {
    let kind = if is_toml(path) { Content::Toml } else { Content::Json };
    // A pipe has no size, and its text grows.
    let size = fs::metadata(path).map_or(0, |file| file.len().min(MAX_BYTES));
    let mut text = String::with_capacity(usize::try_from(size).unwrap_or_default());
    let read = input::open_as(kind, WHAT, path, MAX_BYTES, &context.steps)?.read_to_string(&mut text);
    read.map_err(|source| Unreadable { what: WHAT, path: path.to_owned(), source })?;
    let mut step = context.steps.begin("checking the spec");
    let is_toml = is_toml(path) || (path == Path::new("-") && input::is_like_toml(&text));
    let format = if is_toml { SpecFormat::Toml } else { SpecFormat::Json };
    let (spec, problems) = Spec::read_part_as(&text, format);
    step.found(output::size(&spec));
    Ok((spec, problems))
}

/// Adds the lines and columns to problems that were found after the spec was read, if it is a file of TOML.
pub fn locate(path: Option<&Path>, context: &Context<'_>, problems: &mut [Problem]) {
    let default = || if context.spec.is_none() { default().ok() } else { None };
    if let Some(path) = path.or_else(default).filter(|path| is_toml(path)) {
        let text = fs::read(path).unwrap_or_default();
        locate_in_toml(&String::from_utf8_lossy(&text), problems);
    }
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

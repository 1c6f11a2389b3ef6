//! `cargo xtask …` on a module of the rig, as a user calls it.

use std::ffi::OsString;
use std::path::PathBuf;

use paypulse_runtime::model::Spec;
use xtask::output::Streams;
use xtask::steps::Steps;
use xtask::{Context, Exit};

use crate::{Result, tools};

/// How a command ended, and what it said.
pub struct Said {
    pub exit: Exit,
    pub out: String,
    pub err: String,
}

/// Runs a command on a spec, where the generated files are in `terraform_dir`.
pub fn xtask(spec: &Spec, terraform_dir: PathBuf, arguments: &[&str]) -> Result<Said> {
    let root = tools::workspace();
    let context = Context {
        program: xtask::PROGRAM,
        spec: Some(spec),
        root: &root,
        terraform_dir,
        interrupted: &|| false,
        steps: Steps::default(),
    };
    let (mut out, mut err) = (anstream::StripStream::new(Vec::new()), anstream::StripStream::new(Vec::new()));
    let line = std::iter::once("cargo xtask").chain(arguments.iter().copied()).map(OsString::from);
    let exit = xtask::run(&context, line, &mut Streams { out: &mut out, err: &mut err });
    Ok(Said { exit, out: String::from_utf8(out.into_inner())?, err: String::from_utf8(err.into_inner())? })
}

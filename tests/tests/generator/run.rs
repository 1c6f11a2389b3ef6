//! Runs one command line in process and keeps what it printed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anstream::StripStream;
use paypulse_runtime::model::Spec;
use xtask::output::Streams;
use xtask::steps::Steps;
use xtask::{Context, Exit};

/// What a command did, as its caller sees it.
pub struct Run {
    pub exit: Exit,
    pub out: String,
    pub err: String,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit: {}\n---- stdout\n{}---- stderr\n{}", self.exit as u8, self.out, self.err)
    }
}

impl Run {
    /// The same with a directory's own name replaced.
    pub fn without(&self, dir: &Path) -> String {
        self.to_string().replace(&dir.display().to_string(), "DIR")
    }
}

pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace").to_owned()
}

/// Runs `cargo xtask …` on PayPulse's spec.
pub fn xtask(arguments: &[&str]) -> Run {
    on(&paypulse_runtime::spec::spec(), arguments, false)
}

/// Runs `cargo xtask …` on a spec, as if Ctrl-C had been pressed or not.
pub fn on(spec: &Spec, arguments: &[&str], interrupted: bool) -> Run {
    let root = workspace();
    let context = Context {
        spec: Some(spec),
        program: xtask::PROGRAM,
        root: &root,
        terraform_dir: root.join("terraform"),
        interrupted: &|| interrupted,
        steps: Steps::default(),
    };
    let (mut out, mut err) = (StripStream::new(Vec::new()), StripStream::new(Vec::new()));
    let line = std::iter::once("cargo xtask").chain(arguments.iter().copied()).map(Into::into);
    let exit = xtask::run(&context, line, &mut Streams { out: &mut out, err: &mut err });
    let text = |stream: StripStream<Vec<u8>>| String::from_utf8(stream.into_inner()).expect("the output is text");
    Run { exit, out: text(out), err: text(err) }
}

/// Every file of a directory, by name.
pub fn files(dir: &Path) -> BTreeMap<String, String> {
    fs::read_dir(dir)
        .expect("the directory exists")
        .map(|entry| {
            let path = entry.expect("the directory can be read").path();
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("each file is text"))
        })
        .collect()
}

/// A path as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().expect("temporary paths are text")
}

/// The specs of `data/specs` whose names begin so, in their order. Each is looked at without `insta::glob!`, which counts a failure
/// of any snapshot in this process to the `glob!` that runs just then, whichever test it is of.
pub fn specs(beginning: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(workspace().join("tests/data/specs")).expect("the specs are there");
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning));
    let mut all: Vec<PathBuf> = all.map(|entry| entry.expect("it can be read").path()).filter(named).collect();
    all.sort();
    assert!(!all.is_empty(), "no spec begins with {beginning}");
    all
}

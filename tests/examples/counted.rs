//! The work whose instructions `cargo xtask instructions` counts: `counted WORK` prepares it, and does it once in the function
//! [`counted`], which is all that Callgrind collects.

use std::env;
use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;

use paypulse_runtime::model::Spec;
use paypulse_tests::large;
use xtask::output::Streams;
use xtask::steps::Steps;
use xtask::{Context, Exit};

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "rendering" => rendering(),
        "plan" => plan(),
        other => Err(format!("`{other}` is neither `rendering` nor `plan`").into()),
    }
}

/// Callgrind collects what happens between the call of this function and its return. Not generic, so that one function has its name.
#[inline(never)]
fn counted(work: &mut dyn FnMut() -> Outcome) -> Outcome {
    work()
}

/// `gen-infra` on 8,000 grants, from the spec's JSON to files.
fn rendering() -> Outcome {
    let dir = tempfile::tempdir()?;
    let (spec, out) = (dir.path().join("spec.json"), dir.path().join("out"));
    fs::write(&spec, large::spec().to_json())?;
    counted(&mut || -> Outcome { command(&["gen-infra", "--spec", text(&spec), "--out", text(&out)]) })
}

/// `check-plan` of a plan that the real provider wrote.
fn plan() -> Outcome {
    let plans = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/plans/real");
    let (plan, spec) = (plans.join("unchanged.json"), plans.join("spec.json"));
    counted(&mut || -> Outcome { command(&["check-plan", text(&plan), "--spec", text(&spec)]) })
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the paths of this workspace are text")
}

fn command(arguments: &[&str]) -> Outcome {
    let (root, nothing) = (env::temp_dir(), Spec::empty(String::new()));
    let context = Context {
        spec: Some(&nothing),
        program: xtask::PROGRAM,
        root: &root,
        terraform_dir: root.clone(),
        interrupted: &|| false,
        steps: Steps::default(),
    };
    let line = ["xtask"].iter().chain(arguments).map(Into::into);
    match xtask::run(&context, line, &mut Streams { out: &mut io::sink(), err: &mut io::stderr() }) {
        Exit::Done => Ok(()),
        exit => Err(format!("{arguments:?} ended with {exit:?}").into()),
    }
}

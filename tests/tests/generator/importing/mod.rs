//! `import`: what it writes and says for states and listings that Terraform and the AWS CLI wrote, for spoilt ones, and for
//! hostile ones. What Terraform makes of it is tried end to end.

mod beside;
mod changes;
mod decisions;
mod environments;
mod hostile;
mod inputs;
mod listings;
mod others;
mod renamed;
mod roles;
mod seen;
mod written;

use std::path::{Path, PathBuf};

use paypulse_runtime::model::Spec;
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::run::{Run, arg, on};

/// Stands in every value of a secret in the fixtures.
const MARK: &str = "MARK";

/// A file of `data/states`.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/states").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).expect("the fixture is there")
}

fn json(name: &str) -> Value {
    serde_json::from_str(&text(name)).expect("the fixture is one JSON document")
}

/// The documents of a listing.
fn documents(name: &str) -> Vec<Value> {
    let text = text(name);
    let documents = serde_json::Deserializer::from_str(&text).into_iter();
    documents.collect::<Result<_, _>>().expect("the fixture is JSON documents")
}

fn paypulse() -> Spec {
    paypulse_runtime::spec::spec()
}

/// One run of `import` into a directory of its own.
struct Adopted {
    run: Run,
    dir: TempDir,
}

impl Adopted {
    /// What was written, if anything was.
    fn file(&self) -> Option<String> {
        std::fs::read_to_string(self.dir.path().join("import.tf")).ok()
    }

    /// The whole answer, in which nothing shows of where it was.
    fn shown(&self) -> String {
        assert!(!self.run.to_string().contains(MARK), "a secret's value is shown: {}", self.run);
        self.run.without(self.dir.path())
    }
}

/// `import` for a spec with these arguments.
#[track_caller]
fn import(spec: &Spec, arguments: &[&str]) -> Adopted {
    let dir = tempdir().expect("a temporary directory");
    let line: Vec<&str> = ["import", "--out", arg(dir.path())].into_iter().chain(arguments.iter().copied()).collect();
    let run = on(spec, &line, false);
    let adopted = Adopted { run, dir };
    assert!(!adopted.file().unwrap_or_default().contains(MARK), "a secret's value was written");
    adopted
}

/// `import` for PayPulse on a state that is not a file yet.
#[track_caller]
fn import_state(state: &Value) -> Adopted {
    import_text(&paypulse(), "--state", &state.to_string())
}

#[track_caller]
fn import_text(spec: &Spec, flag: &str, text: &str) -> Adopted {
    let dir = tempdir().expect("a temporary directory");
    let path = dir.path().join("input.json");
    std::fs::write(&path, text).expect("it can be written");
    import(spec, &[flag, arg(&path)])
}

/// The rules of all notes and problems, in their order.
fn lints(adopted: &Adopted) -> Vec<String> {
    let starts = ["note:", "undecided:", "error:"];
    let lines = adopted.run.err.lines().filter(|line| starts.iter().any(|start| line.starts_with(start)));
    lines.filter_map(|line| Some(line.rsplit_once('[')?.1.trim_end_matches(']').to_owned())).collect()
}

/// The managed resources of a state with this type.
fn resources<'a>(state: &'a mut Value, kind: &str) -> Vec<&'a mut Value> {
    let all = state["resources"].as_array_mut().expect("a state has resources");
    all.iter_mut().filter(|resource| resource["type"] == kind && resource["mode"] == "managed").collect()
}

//! The comparison held against answers that are made up: it must be able to fail.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Answer;
use super::call::get;
use super::compare::{Problem, compare};
use super::known::{Known, Right, Row};
use super::script::{Step, script};
use crate::Result;

const fn rows(rows: &'static [Row]) -> Known {
    Known { what: "it is made up", aws: "nothing", source: "nowhere", right: Right::Unsettled, rows }
}

const fn row(steps: &'static [&'static str], emulator: &'static str) -> Row {
    Row { steps, field: "text", embedded: "a", emulator }
}

// The answers to `same` are the same, and those to `other` are `a` and `b`.
static NOTHING: Known = rows(&[]);
static RIGHT: Known = rows(&[row(&["other"], "b")]);
static WRONG: Known = rows(&[row(&["other"], "c")]);
static TOO_MUCH: Known = rows(&[row(&["other"], "b"), row(&["same"], "b")]);
static TWICE: Known = rows(&[row(&["other", "other"], "b")]);

/// That each kind of problem is found, and nothing where there is none.
pub fn check() -> Result {
    let names: BTreeSet<_> = script().iter().map(|step| step.name).collect();
    if names.len() != script().len() {
        return Err("two steps of the script have the same name".into());
    }
    let steps = ["same", "other"].map(|name| Step { name, call: get("k") });
    let answer = |text: &str| Answer::Done(BTreeMap::from([("text", text.to_owned())]));
    let (embedded, emulator) = ([answer("a"), answer("a")], [answer("a"), answer("b")]);
    for (known, expected) in
        [(&NOTHING, "unknown"), (&RIGHT, ""), (&WRONG, "other"), (&TOO_MUCH, "gone"), (&TWICE, "twice")]
    {
        let problems = compare(&steps, &embedded, &emulator, &[known]);
        let found: Vec<_> = problems.iter().map(kind).collect();
        if found.join(", ") != expected {
            return Err(format!("`{expected}` is to be found, and it is `{}`", found.join(", ")).into());
        }
    }
    Ok(())
}

fn kind(problem: &Problem) -> &'static str {
    match problem {
        Problem::Unknown { .. } => "unknown",
        Problem::Other { .. } => "other",
        Problem::Gone { .. } => "gone",
        Problem::Twice { .. } => "twice",
    }
}

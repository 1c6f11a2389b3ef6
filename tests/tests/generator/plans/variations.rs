//! Variations of plans, as data: what each adds or changes, how the check must end, and every finding that it must have.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;
use serde_json::{Map, Value};
use xtask::Exit;

use super::{check_text_of, fixture, json_of};
use crate::run::workspace;

/// A plan with something else in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variation {
    what: String,
    exit: u8,
    #[serde(default = "control")]
    plan: String,
    #[serde(default = "control_spec")]
    spec: String,
    #[serde(default)]
    arguments: Vec<String>,
    /// Resources with other changes, by their addresses.
    #[serde(default)]
    changed: Vec<Value>,
    /// Resources besides.
    #[serde(default)]
    added: Vec<Value>,
    /// The rest of the plan: objects are merged, and a name that ends in `+` adds to a list.
    #[serde(default)]
    rest: Map<String, Value>,
    /// The kind and the place of every finding, without those that are known after the apply.
    finds: BTreeSet<String>,
}

fn control() -> String {
    "field/00-control.json".to_owned()
}

fn control_spec() -> String {
    "field/spec.json".to_owned()
}

fn merge(whole: &mut Map<String, Value>, other: &Map<String, Value>) {
    for (name, value) in other {
        match (name.strip_suffix('+'), value) {
            (Some(name), Value::Array(more)) => {
                let list = whole.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut().expect("a list").extend(more.iter().cloned());
            }
            (_, Value::Object(fields)) if whole.get(name).is_some_and(Value::is_object) => {
                merge(whole[name].as_object_mut().expect("an object"), fields);
            }
            _ => {
                whole.insert(name.clone(), value.clone());
            }
        }
    }
}

impl Variation {
    fn text(&self) -> String {
        let mut plan = json_of(&self.plan);
        let resources = plan["resource_changes"].as_array_mut().expect("a list");
        for change in &self.changed {
            let place = resources.iter_mut().find(|it| it["address"] == change["address"]).expect("it is there");
            *place = change.clone();
        }
        resources.extend(self.added.iter().cloned());
        merge(plan.as_object_mut().expect("an object"), &self.rest);
        plan.to_string()
    }

    /// What is wrong with the answer, if anything is.
    fn wrong(&self) -> Option<String> {
        let spec = workspace().join("tests/data/plans").join(&self.spec);
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let run = check_text_of(&self.text(), Some(&spec), &arguments);
        assert!(!run.to_string().contains("hush"), "{}: {run}", self.what);
        let findings = run.out.lines().filter_map(|line| {
            let (kind, rest) = line.split_once(": `")?;
            let is_word = kind.bytes().all(|byte| byte.is_ascii_lowercase() || b"- ()".contains(&byte));
            let (place, _) = rest.split_once('`')?;
            (is_word && kind != "known-after-apply" && kind.trim_start() == kind).then(|| format!("{kind}: `{place}`"))
        });
        let findings: BTreeSet<String> = findings.collect();
        let is_right = run.exit as u8 == self.exit && findings == self.finds;
        (!is_right).then(|| format!("{}: {} and {:?} expected: {run}", self.what, self.exit, self.finds))
    }
}

#[test]
fn every_variation_has_its_right_answer() {
    let text = fs::read_to_string(fixture("variations.json")).expect("the variations are there");
    let all: Vec<Variation> = serde_json::from_str(&text).expect("they are JSON");
    assert!(all.len() > 100);
    let wrong: Vec<String> = all.iter().filter_map(Variation::wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Without the variation, nothing is found: the controls of the corpus.
    let run = check_text_of(&json_of(&control()).to_string(), Some(&fixture(&control_spec())), &[]);
    assert_eq!((run.exit, run.out.as_str()), (Exit::Done, ""), "{run}");
}

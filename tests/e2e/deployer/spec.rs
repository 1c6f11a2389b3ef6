//! The spec of the check, before and after a change that updates every resource.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use paypulse_runtime::model::{Spec, SpecFormat};
use xtask::render;

use crate::Result;

/// The prefix of the environment that is applied.
pub const PREFIX: &str = "dev/";

/// What a change of the spec replaces. All of it must be there.
const CHANGES: [(&str, &str); 9] = [
    ("tags = { app = \"rig\" }", "tags = { service = \"rig\" }"),
    ("Key of the maps service.", "Key of the new maps service."),
    ("tags = { team = \"shipping\" }", "tags = { squad = \"shipping\" }"),
    ("{ region = \"us-east-1\" }", "{ region = \"eu-north-1\" }"),
    (
        "account = \"123456789012\" }, verbs = [\"read\"]",
        "account = \"123456789012\" }, verbs = [\"read\", \"describe\"]",
    ),
    ("write_only = { version = 1 }", "write_only = { version = 2 }"),
    ("\"digits\"], version = 1 }", "\"digits\"], version = 2 }"),
    ("after_days = 30", "after_days = 60"),
    ("verbs = [\"read\", \"store\"]", "verbs = [\"read\"]"),
];

/// The policy on this number of long names does not fit into an inline policy.
const MANY: u8 = 44;

/// The spec as it is applied first.
pub fn first() -> Result<Spec> {
    read(include_str!("secrets.toml"), "read")
}

/// The spec after the change.
pub fn changed() -> Result<Spec> {
    let mut text = include_str!("secrets.toml").to_owned();
    for (from, to) in CHANGES {
        if !text.contains(from) {
            return Err(format!("`secrets.toml` does not hold `{from}`").into());
        }
        text = text.replace(from, to);
    }
    read(&text.replace("verbs = [\"read\"] },", "verbs = [\"read\", \"describe\"] },"), "describe")
}

fn read(text: &str, verb: &str) -> Result<Spec> {
    let mut text = text.to_owned();
    let mut grants = String::new();
    for number in 0..MANY {
        let name = "many".repeat(55);
        write!(
            text,
            "\n[[secrets]]\nid = \"Many{number}\"\nname = \"rig/{name}/{number}\"\ndescription = \"One of many.\"\n\
             payload = {{ kind = \"text\" }}\nowner = {{ kind = \"runtime\" }}\n"
        )?;
        write!(grants, "{{ secret = \"Many{number}\", verbs = [\"{verb}\"] }}, ")?;
    }
    let sweep = "grants = [{ secret = \"CookieKey\", ";
    let text = text.replace(sweep, &format!("grants = [{grants}{{ secret = \"CookieKey\", "));
    Spec::read_as(&text, SpecFormat::Toml).map_err(|problems| format!("the spec has problems: {problems:?}").into())
}

/// The rendered files of a spec, with a provider. `is_changed` also changes who can assume the roles, which no spec does.
pub fn files(spec: &Spec, is_changed: bool) -> Result<BTreeMap<String, String>> {
    let mut files = render::files(spec).map_err(|problems| format!("the spec has problems: {problems:?}"))?;
    files.insert("main.tf".to_owned(), "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n".to_owned());
    if is_changed {
        let iam = files.get_mut("iam.tf").ok_or("there is no iam.tf")?;
        let (from, to) = ("\"lambda.amazonaws.com\"", "[\"lambda.amazonaws.com\", \"edgelambda.amazonaws.com\"]");
        if !iam.contains(from) {
            return Err(format!("`iam.tf` does not hold `{from}`").into());
        }
        *iam = iam.replace(from, to);
    }
    Ok(files)
}

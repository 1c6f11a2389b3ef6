//! Every random spec that we accept is one whose files `terraform validate` accepts, with the provider that the rig has: names
//! from small pools, so that many clash, words that Terraform keeps for itself, and texts in every Unicode form.
//!
//! `VALID_SPECS` says how many are to be accepted; 40 by default.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use libtest_mimic::Trial;
use paypulse_runtime::model::{Spec, SpecFormat};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use xtask::{Exit, render};

use crate::chain::Rig;
use crate::process::{self, Scratch};
use crate::{Result, check, command, terraform, tools};

/// One run of Terraform takes seconds, nearly all of them for the provider's schema, so that several specs share one.
const AT_ONCE: usize = 20;

const LIMIT: Duration = Duration::from_mins(5);

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    let of_documents = rig.clone();
    vec![
        check("valid_specs", move || run(&rig)),
        check("valid_project_of_init_and_documented_specs", move || documented(&of_documents)),
    ]
}

/// The spec that `init --toml` writes, and the commented one with every option.
fn documented(rig: &Rig) -> Result {
    let project = Scratch::new()?;
    let dir = project.path().join("shop");
    let said = command::xtask(
        &Spec::empty("none".into()),
        project.path().join("none"),
        &["init", "--toml", &dir.to_string_lossy()],
    )?;
    if said.exit != Exit::Done {
        return Err(format!("`init --toml` failed:\n{}", said.err).into());
    }
    let directory = Directory::new(rig)?;
    for path in [dir.join("secrets.toml"), tools::workspace().join("docs/secrets.toml")] {
        let text = fs::read_to_string(&path)?;
        let spec = Spec::read_as(&text, SpecFormat::Toml).map_err(|problems| format!("{problems:?}"))?;
        let mut files = render::files(&spec).map_err(|problems| format!("{problems:?}"))?;
        if files["versions.tf"].contains(">= 6.0") && !rig.provider()?.has_region() {
            // The requirement of a newer provider is left out, and what needs it.
            files.remove("versions.tf");
            for text in files.values_mut() {
                *text = without_regions(text);
            }
        }
        if let Some(said) = directory.validate(&[files])? {
            return Err(format!("Terraform refuses the files of `{}`:\n{said}", path.display()).into());
        }
    }
    Ok(())
}

/// Without the `region` arguments of resources and data sources, which are new in version 6; a replica keeps its own.
fn without_regions(text: &str) -> String {
    let is_argument = |line: &&str| line.starts_with("  region ") && line.contains('=') && !line.contains("split(");
    text.lines().filter(|line| !is_argument(line)).collect::<Vec<_>>().join("\n") + "\n"
}

fn run(rig: &Rig) -> Result {
    let wanted = env::var("VALID_SPECS").ok().and_then(|text| text.parse().ok()).unwrap_or(40);
    let directory = Directory::new(rig)?;
    // What must be refused, or this would check nothing.
    let control = BTreeMap::from([("bad.tf".to_owned(), "variable \"provider\" {}\n".to_owned())]);
    if directory.validate(&[control])?.is_none() {
        return Err("`terraform validate` accepts a variable with a reserved name".into());
    }
    let mut specs = Specs::default();
    while specs.accepted < wanted {
        let batch: Vec<(Value, Files)> = (0..AT_ONCE).map(|_| specs.next()).collect();
        let files: Vec<Files> = batch.iter().map(|(_, files)| files.clone()).collect();
        if let Some(said) = directory.validate(&files)? {
            let all: Vec<String> =
                batch.iter().enumerate().map(|(number, (spec, _))| format!("m{number}: {spec}")).collect();
            return Err(
                format!("Terraform refuses the files of a spec that is accepted:\n{said}\n{}", all.join("\n")).into()
            );
        }
    }
    eprintln!("valid_specs: {} specs accepted, and {} refused", specs.accepted, specs.refused);
    // Clashes are refused, and most specs have none.
    let is_telling = specs.refused > 0 && specs.refused < 20 * specs.accepted;
    if is_telling { Ok(()) } else { Err("the random specs say too little".into()) }
}

type Files = BTreeMap<String, String>;

/// Random specs, those apart that we refuse.
#[derive(Default)]
struct Specs {
    runner: TestRunner,
    accepted: usize,
    refused: usize,
}

impl Specs {
    /// The next that we accept, with its files.
    fn next(&mut self) -> (Value, Files) {
        loop {
            let value = spec().new_tree(&mut self.runner).expect("no spec is filtered out").current();
            let (spec, problems) = Spec::read_part(&value.to_string());
            match render::files(&spec) {
                Ok(files) if problems.is_empty() => {
                    self.accepted += 1;
                    return (value, files);
                }
                _ => self.refused += 1,
            }
        }
    }
}

/// One directory with the provider, in which each spec is a module.
struct Directory<'a> {
    rig: &'a Rig,
    scratch: Scratch,
}

impl<'a> Directory<'a> {
    fn new(rig: &'a Rig) -> Result<Self> {
        let directory = Self { rig, scratch: Scratch::new()? };
        fs::create_dir(directory.scratch.path().join("home"))?;
        for number in 0..AT_ONCE {
            fs::create_dir(directory.scratch.path().join(format!("m{number}")))?;
        }
        let needs =
            "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n    }\n  }\n}\n";
        fs::write(directory.scratch.path().join("versions.tf"), needs)?;
        directory.call(&vec![Files::new(); AT_ONCE])?;
        let (is_ready, said) = directory.terraform(&["init"])?;
        if is_ready { Ok(directory) } else { Err(format!("`terraform init` fails:\n{said}").into()) }
    }

    /// What Terraform says of these files; nothing where they are valid.
    fn validate(&self, modules: &[Files]) -> Result<Option<String>> {
        self.call(modules)?;
        let (is_valid, said) = self.terraform(&["validate"])?;
        Ok((!is_valid).then_some(said))
    }

    /// Writes each module, empty ones behind the last, and the root that calls all.
    fn call(&self, modules: &[Files]) -> Result {
        let mut root = "variable \"given\" {}\n\nvariable \"given_once\" {\n  ephemeral = true\n}\n".to_owned();
        for number in 0..AT_ONCE {
            let dir = self.scratch.path().join(format!("m{number}"));
            for entry in fs::read_dir(&dir)? {
                fs::remove_file(entry?.path())?;
            }
            let files = modules.get(number).cloned().unwrap_or_default();
            for (name, text) in files.iter().filter(|(name, _)| is_terraform(name)) {
                fs::write(dir.join(name), text)?;
            }
            write!(root, "\nmodule \"m{number}\" {{\n  source = \"./m{number}\"\n{}}}\n", arguments(&files))?;
        }
        Ok(fs::write(self.scratch.path().join("main.tf"), root)?)
    }

    fn terraform(&self, arguments: &[&str]) -> Result<(bool, String)> {
        let mut command = terraform::command(&self.rig.tools, &self.scratch.path().join("home"));
        self.rig.provider()?.configure(&mut command);
        command.current_dir(self.scratch.path()).args(arguments).arg("-no-color");
        let output = process::run(&mut command, LIMIT)?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
    }
}

fn is_terraform(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "tf")
}

/// A value that is not known yet, for each variable without a default.
fn arguments(files: &Files) -> String {
    let variables = files.get("variables.tf").map(String::as_str).unwrap_or_default();
    let blocks = variables.split("\nvariable \"").skip(1).filter(|block| !block.contains("\n  default"));
    let argument = |block: &str| {
        let name = block.split('"').next().unwrap_or_default();
        let is_once = block.lines().any(|line| line.trim().starts_with("ephemeral") && line.ends_with("true"));
        format!("  {name} = var.{}\n", if is_once { "given_once" } else { "given" })
    };
    blocks.map(argument).collect()
}

/// One of some words.
fn word(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

fn variable() -> impl Strategy<Value = String> {
    let kept = &["_", "count", "provider", "source", "version", "locals", "aws_region"];
    let of_hcl = &["for", "if", "null", "true", "each", "self", "var", "local", "path", "module", "data", "terraform"];
    prop_oneof![1 => word(kept), 3 => word(of_hcl), 12 => "[a-zA-Z_][a-z0-9_-]{0,3}", 1 => "[0-9é.]{1,2}"]
}

/// Plain words, letters in several Unicode forms, and what would end a literal.
fn text() -> impl Strategy<Value = String> {
    let forms = &["é", "e\u{301}", "\u{212b}", "\u{c5}", "A\u{30a}", "中", "가", "\u{1112}\u{1161}"];
    prop_oneof![4 => "[a-zA-Z0-9 ]{1,6}", 2 => word(forms), 1 => "[ -~]{0,12}", 1 => "\\PC{0,6}", 1 => word(&["${x}", "%{if}", "\"\n}"])]
}

fn tags() -> impl Strategy<Value = BTreeMap<String, String>> {
    let forms = &["é", "e\u{301}", "\u{212b}", "\u{c5}", "a", "A", "team name"];
    prop::collection::btree_map(prop_oneof![word(forms), "[a-z]{1,4}"], prop_oneof!["[a-z0-9]{0,6}", word(forms)], 0..3)
}

fn payload() -> impl Strategy<Value = Value> {
    let choice = prop::collection::vec(text(), 1..3).prop_map(|words| json!({ "enum": words }));
    let field = prop_oneof![
        Just(json!({ "type": "string" })),
        choice,
        (0..9_u32).prop_map(|least| json!({ "type": "string", "minLength": least, "pattern": "^[a-z]*$" })),
        Just(json!({ "type": "integer", "minimum": -1, "exclusiveMaximum": 9 })),
        Just(json!({ "type": "array", "items": { "type": "boolean" }, "uniqueItems": true })),
        Just(json!({ "type": "object", "additionalProperties": { "type": "number" } })),
    ];
    let fields = prop::collection::btree_map(prop_oneof!["[a-z_][a-z0-9_-]{0,4}", variable()], field, 1..4);
    let object = (fields, any::<bool>()).prop_map(|(fields, is_required)| {
        let required: Vec<&String> = fields.keys().filter(|_| is_required).collect();
        json!({ "kind": "json", "schema": { "type": "object", "properties": fields, "required": required } })
    });
    prop_oneof![3 => Just(json!({ "kind": "text" })), 1 => object]
}

fn owner() -> impl Strategy<Value = Value> {
    let delivered = (variable(), 0..3_u8).prop_map(|(variable, how)| match how {
        0 => json!({ "kind": "terraform", "variable": variable }),
        1 => json!({ "kind": "terraform", "variable": variable, "write_only": {} }),
        _ => json!({ "kind": "terraform", "variable": variable, "write_only": { "version": 3 } }),
    });
    prop_oneof![
        4 => delivered,
        2 => Just(json!({ "kind": "external" })),
        2 => Just(json!({ "kind": "rotation" })),
        2 => Just(json!({ "kind": "rotation", "function": "H0" })),
        1 => Just(json!({ "kind": "runtime" })),
    ]
}

fn key() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => Just(Value::Null),
        1 => "alias/[a-c/_-]{1,3}".prop_map(|alias| json!({ "kind": "alias", "alias": alias })),
        1 => variable().prop_map(|variable| json!({ "kind": "variable", "variable": variable })),
    ]
}

fn secret() -> impl Strategy<Value = Value> {
    let id = prop_oneof![4 => "[A-Ba-b][A-Ba-b0-9_]{0,3}", 1 => "([A-B][a-b]){28,32}"];
    let name = "[a-z]{3}/[a-zA-Z0-9_+=.@]{1,6}";
    let window = prop_oneof![Just(Value::Null), (6..31_u8).prop_map(Value::from)];
    // An alias is looked up in the copy's Region, which takes another version of the provider.
    let of_copy = variable().prop_map(|variable| json!({ "kind": "variable", "variable": variable }));
    let copy = prop_oneof![
        3 => Just(Value::Null),
        1 => Just(json!({ "region": "eu-central-1" })),
        1 => of_copy.prop_map(|key| json!({ "region": "eu-central-1", "kms_key": key })),
    ];
    let options = (tags(), window, copy);
    (id, name, text(), payload(), owner(), key(), options).prop_map(
        |(id, name, description, payload, owner, key, (tags, window, copy))| {
            let mut secret =
                json!({ "id": id, "name": name, "description": description, "payload": payload, "owner": owner });
            let mut options = json!({});
            let kind = owner["kind"].as_str();
            if kind == Some("terraform") || kind == Some("rotation") {
                options = json!({ "tags": tags });
                if !window.is_null() {
                    options["recovery_window_days"] = window;
                }
                // What only its own function is granted, nobody reads.
                if !copy.is_null() && !owner["function"].is_string() {
                    options["read_from"] = json!([copy["region"]]);
                    options["replicas"] = json!([copy]);
                }
            }
            if owner["function"].is_string() {
                options["rotation"] = json!({ "after_days": 30 });
            }
            secret["options"] = options;
            if !key.is_null() {
                secret["kms_key"] = key;
            }
            secret
        },
    )
}

fn role() -> impl Strategy<Value = Value> {
    let existing = variable().prop_map(|variable| json!({ "kind": "existing", "variable": variable }));
    prop_oneof![3 => Just(json!({ "kind": "created" })), 1 => existing]
}

/// The first handler rotates what names it, the last reads everything else.
fn spec() -> impl Strategy<Value = Value> {
    let secrets = prop::collection::vec(secret(), 1..4);
    let roles = prop::collection::vec((role(), "[a-zA-Z0-9_][a-zA-Z0-9_-]{0,3}"), 2);
    let prefixes = prop_oneof![5 => Just(Value::Null), 1 => variable().prop_map(|it| json!({ "variable": it, "values": ["dev/", "prod/"] }))];
    (secrets, roles, tags(), prefixes).prop_map(|(secrets, roles, tags, prefixes)| {
        let granted = |rotated: bool, verb: &str| -> Vec<Value> {
            let is_it = |secret: &&Value| secret["owner"]["function"].is_string() == rotated;
            secrets.iter().filter(is_it).map(|secret| json!({ "secret": secret["id"], "verbs": [verb] })).collect()
        };
        let grants = [granted(true, "rotate"), granted(false, "read")];
        let handlers: Vec<Value> = roles.iter().zip(grants).enumerate().map(|(number, ((role, name), grants))| {
            json!({ "id": format!("H{number}"), "name": name, "role": role, "grants": grants })
        }).collect();
        let mut spec = json!({ "version": 1, "source": "tests/valid.json", "tags": tags, "secrets": secrets, "handlers": handlers });
        if !prefixes.is_null() {
            spec["prefixes"] = prefixes;
        }
        spec
    })
}

//! What Terraform lets through for a payload, the client reads: real Terraform, with the variable and the expression that are
//! rendered, on good values and on all that could go wrong with each part. And both read a pattern in the same way.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use hcl_edit::structure::{Block, Body};
use libtest_mimic::Trial;
use paypulse_runtime::model::{Pattern, Payload};
use paypulse_tests::payloads::Mail;
use paypulse_tests::warehouse;
use serde_json::{Value, json};
use xtask::render;

use crate::process::{self, Scratch};
use crate::tools::Tools;
use crate::{Result, check, terraform};

const LIMIT: Duration = Duration::from_mins(1);

pub fn checks(tools: &Tools) -> Vec<Trial> {
    let (first, second) = (tools.clone(), tools.clone());
    vec![
        check("payloads_are_assembled_as_the_client_reads_them", move || assemble(first)),
        check("patterns_match_alike", move || match_alike(second)),
    ]
}

/// Each part of a [`Mail`] with another value, as JSON, and whether Terraform lets it through. Nothing is where a part is
/// left out.
#[rustfmt::skip]
const PARTS: &[(&str, &str, bool)] = &[
    ("/account", r#""a.b""#, true),
    ("/account", r#""aaaaaaaaaaaaaaaaaaaa""#, true),
    ("/account", r#""aaaaaaaaaaaaaaaaaaaaa""#, false),
    ("/account", r#""""#, false),
    ("/account", r#""A""#, false),
    ("/account", r#""a\nb""#, false),
    ("/account", "5", false),
    ("/account", "null", false),
    ("/account", "", false),
    ("/account", r#"["a"]"#, false),
    ("/password", r#""""#, true),
    ("/password", r#""\"\\ ${x} %{y} <&> \n\t\u0001 é 🏳️‍🌈""#, true),
    ("/password", "5", true),
    ("/password", "null", false),
    ("/password", "", false),
    ("/security", r#""start-tls""#, true),
    ("/security", r#""ssl""#, false),
    ("/security", r#""Tls""#, false),
    ("/security", "null", false),
    ("/servers", "[]", false),
    ("/servers", "null", false),
    ("/servers", "[null]", false),
    ("/servers", "[{}]", false),
    ("/servers", r#"[{"host": "a"}, {"host": "b"}, {"host": "c"}]"#, true),
    ("/servers", r#"[{"host": "a"}, {"host": "b"}, {"host": "c"}, {"host": "d"}]"#, false),
    ("/servers/0/host", "null", false),
    ("/servers/0/port", "0", true),
    ("/servers/0/port", "65535", true),
    ("/servers/0/port", r#""25""#, true),
    ("/servers/0/port", "2.5e1", true),
    ("/servers/0/port", "null", true),
    ("/servers/0/port", "65536", false),
    ("/servers/0/port", "-1", false),
    ("/servers/0/port", "1.5", false),
    ("/servers/0/port", r#""smtp""#, false),
    ("/servers/0/share", "0.1", true),
    ("/servers/0/share", "-1e-400", true),
    ("/servers/0/share", "1.7976931348623157e308", true),
    ("/servers/0/share", "1e309", false),
    ("/servers/0/share", "-1e309", false),
    ("/servers/0/limit", "18446744073709551615", true),
    ("/servers/0/limit", "18446744073709551616", false),
    ("/servers/0/limit", "1e19", true),
    ("/servers/0/limit", "1e20", false),
    ("/servers/0/limit", "0.1", false),
    ("/paused", "true", true),
    ("/paused", r#""true""#, true),
    ("/paused", "null", true),
    ("/paused", r#""maybe""#, false),
    ("/headers", "{}", true),
    ("/headers", r#"{"a b": "c", "": "d", "null": "e"}"#, true),
    ("/headers", r#"{"a": null}"#, false),
    ("/headers", r#"{"a": ["b"]}"#, false),
    ("/copies", "[]", true),
    ("/copies", r#"["a", "a", "b"]"#, true),
    ("/copies", "[null]", false),
    ("/certificate", "null", true),
    ("/certificate", r#"{"chain": []}"#, true),
    ("/certificate", r#"{"chain": ["a"], "key": null}"#, true),
    ("/certificate", r#"{"chain": ["a"], "key": "b", "separator": "é"}"#, true),
    ("/certificate", r#"{"chain": [null]}"#, false),
    ("/certificate", r#"{"chain": null}"#, false),
    ("/certificate", "{}", false),
    ("/certificate", r#"{"chain": [], "separator": ""}"#, false),
    ("/certificate", r#"{"chain": [], "separator": "ab"}"#, false),
    // One character to the eye, several to a program.
    ("/certificate", r#"{"chain": [], "separator": "🏳️‍🌈"}"#, false),
    // Terraform drops what its type does not name.
    ("/colour", r#""blue""#, true),
    ("", "null", false),
    ("", "[]", false),
    ("", r#""{}""#, false),
];

fn assemble(tools: Tools) -> Result {
    let terraform = Evaluator::new(tools, &module()?)?;
    let full = json!({
        "account": "mailer", "password": "x", "security": "tls",
        "servers": [{ "host": "a", "port": 25, "share": 0.5, "limit": 7 }, { "host": "b" }],
        "paused": true, "headers": { "x": "y" }, "copies": ["c"],
        "certificate": { "chain": ["d"], "key": "e", "separator": ";" },
    });
    let mut wrong = Vec::new();
    for (part, value, expected) in [("/account", r#""mailer""#, true)].iter().chain(PARTS) {
        let given = with(&full, part, value)?;
        match (terraform.evaluate("mail_access", &given)?, expected) {
            (Ok(stored), true) => {
                if let Err(error) = Mail::parse(&stored) {
                    wrong.push(format!("{part} = {value}: the client cannot read what Terraform makes of it: {error}"));
                }
            }
            (Err(_), false) => {}
            (Ok(_), false) => wrong.push(format!("{part} = {value}: Terraform lets it through")),
            (Err(said), true) => wrong.push(format!("{part} = {value}: Terraform refuses it:\n{said}")),
        }
    }
    // What the client writes comes back as it was.
    let (given, parsed) = (full.to_string(), Mail::parse(&full.to_string())?);
    let stored = terraform.evaluate("mail_access", &given)??;
    if Mail::parse(&stored)? != parsed {
        wrong.push(format!("what is stored is another value: {stored}"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The value with one part replaced or left out, as text: not every number of JSON is one of Rust's.
fn with(value: &Value, part: &str, new: &str) -> Result<String> {
    const MARK: &str = "\"the part\"";
    if part.is_empty() {
        return Ok(new.to_owned());
    }
    let mut value = value.clone();
    let (parent, field) = part.rsplit_once('/').ok_or("a part begins with a slash")?;
    let fields = value.pointer_mut(parent).and_then(Value::as_object_mut).ok_or("the part is in an object")?;
    fields.remove(field);
    if !new.is_empty() {
        fields.insert(field.to_owned(), Value::from(MARK.trim_matches('"')));
    }
    Ok(value.to_string().replace(MARK, new))
}

/// The rendered variable, and the rendered expression as an output, which an ephemeral value cannot be.
fn module() -> Result<String> {
    let files = render::files(&warehouse::spec()).map_err(|problems| format!("there are problems: {problems:?}"))?;
    let [variables, secrets] = ["variables.tf", "secrets.tf"].map(|name| files[name].parse::<Body>());
    let labelled = |block: &Block, label: &str| block.labels.iter().any(|it| it.as_str() == label);
    let mut variable = variables?.into_blocks().find(|block| labelled(block, "mail_access")).ok_or("no variable")?;
    variable.body.remove_attribute("ephemeral").ok_or("the variable is not ephemeral")?;
    let version = secrets?.into_blocks().find(|block| labelled(block, "mail_access_value")).ok_or("no version")?;
    let stored = version.body.get_attribute("secret_string_wo").ok_or("no value")?.value.clone();
    let variable = Body::builder().block(variable).build();
    Ok(format!("{variable}\noutput \"found\" {{\n  value = {stored}\n  sensitive = true\n}}\n"))
}

/// Terraform on a module of one variable and one output, which needs no provider.
struct Evaluator {
    tools: Tools,
    scratch: Scratch,
}

impl Evaluator {
    fn new(tools: Tools, module: &str) -> Result<Self> {
        let scratch = Scratch::new()?;
        let evaluator = Self { tools, scratch };
        fs::create_dir(evaluator.dir())?;
        fs::write(evaluator.dir().join("main.tf"), module)?;
        evaluator.run(&["init"])??;
        Ok(evaluator)
    }

    fn dir(&self) -> PathBuf {
        self.scratch.path().join("module")
    }

    /// The output for a value of the variable, or what Terraform says where it refuses it.
    fn evaluate(&self, variable: &str, value: &str) -> Result<std::result::Result<String, String>> {
        fs::write(self.dir().join("terraform.tfvars.json"), format!("{{\"{variable}\": {value}}}"))?;
        if let Err(said) = self.run(&["apply", "-auto-approve"])? {
            return Ok(Err(said));
        }
        let state: Value = serde_json::from_slice(&fs::read(self.dir().join("terraform.tfstate"))?)?;
        Ok(Ok(state["outputs"]["found"]["value"].as_str().ok_or("the output is no text")?.to_owned()))
    }

    fn run(&self, arguments: &[&str]) -> Result<std::result::Result<String, String>> {
        let mut command = terraform::command(&self.tools, self.scratch.path());
        let output = process::run(command.current_dir(self.dir()).args(arguments).arg("-no-color"), LIMIT)?;
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        Ok(if output.status.success() { Ok(said) } else { Err(said) })
    }
}

/// Every construct that a pattern can have.
const PATTERNS: [&str; 24] = [
    "a",
    "",
    "^a$",
    "^.$",
    "^.*$",
    "^(?:ab|cd)+$",
    "(a|b)?c",
    r"^\d+$",
    r"^\D+$",
    r"^\w+$",
    r"^\W+$",
    r"\t|\n|\r",
    r"^[^a-c\]]+$",
    r"^[-a]+$",
    r"^[a-]+$",
    r"^[\d.\-\\]+$",
    r"^[\D]+$",
    r"^[!-/:-@`{-~]+$",
    r#"^[&~#'"\^]+$"#,
    "^a{2}$",
    "^a{2,}$",
    "^(a{2,3}b?){2}$",
    r"\{|\}|\[|\]|\(|\)|\||\\|\^|\$|\.|\*|\+|\?|\/",
    "a|^$|b$",
];

const TEXTS: [&str; 36] = [
    "",
    "a",
    "b",
    "c",
    "ab",
    "cd",
    "abcd",
    "aa",
    "aaa",
    "aaaa",
    "aabaab",
    "aab",
    "A",
    "0",
    "42",
    "4 2",
    "_",
    "-",
    "a-a",
    ".",
    "1.2-3\\",
    "\\",
    "\t",
    "a\n",
    "\na",
    "\r\n",
    " ",
    "é",
    "٣",
    "ſ",
    "🏳️‍🌈",
    "]",
    "{}[]()|^$.*+?/",
    "!\"#$%&'()*+,-./",
    "&~",
    "a\u{0}b",
];

fn match_alike(tools: Tools) -> Result {
    let module = "variable \"cases\" {\n  type = list(object({ pattern = string, text = string }))\n}\n\
        output \"found\" {\n  value = jsonencode([for case in var.cases : can(regex(case.pattern, case.text))])\n}\n";
    let terraform = Evaluator::new(tools, module)?;
    let pairs: Vec<(&str, &str)> = PATTERNS.iter().flat_map(|pattern| TEXTS.map(|text| (*pattern, text))).collect();
    let cases: Vec<Value> = pairs.iter().map(|(pattern, text)| json!({ "pattern": pattern, "text": text })).collect();
    let found: Vec<bool> = serde_json::from_str(&terraform.evaluate("cases", &Value::from(cases).to_string())??)?;
    let mut wrong = Vec::new();
    for ((pattern, text), found) in pairs.iter().zip(&found) {
        let client = Pattern::parse(pattern)?.matches(text);
        if client != *found {
            wrong.push(format!("`{pattern}` on {text:?}: {client} to the client, {found} to Terraform"));
        }
    }
    // A pattern that Terraform cannot read matches nothing.
    for (pattern, answers) in PATTERNS.iter().zip(found.chunks(TEXTS.len())) {
        if !answers.contains(&true) {
            wrong.push(format!("`{pattern}` matches nothing"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

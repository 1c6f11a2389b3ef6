//! How a value gets into a secret: applied, looked for in everything that Terraform keeps, changed, and left alone.

use std::collections::BTreeMap;
use std::fs;

use aws_sdk_secretsmanager::Client;
use libtest_mimic::Trial;
use paypulse_runtime::model::{Checked, Pattern, Payload, Spec, Text, TextForm};
use paypulse_tests::payloads::Mail;
use serde_json::Value;
use tokio::runtime::Runtime;
use xtask::{Exit, render};

use crate::account::Account;
use crate::chain::Rig;
use crate::terraform::Module;
use crate::{Result, check, command, tools};

/// The form of what is counted and of what is generated.
pub struct Form;

impl TextForm for Form {
    const PATTERN: Option<Pattern> = Some(Pattern::new("^[a-z0-9-]+$"));
    const MAX_LENGTH: Option<u32> = Some(64);
}

paypulse_runtime::declare! {
    source: "tests/e2e/values.rs";

    keys {}

    secrets {
        /// Enters the state.
        InState: Text = "rig/in-state", owner: terraform(in_state);
        /// Written when it changes.
        Counted: Checked<Form> = "rig/counted", owner: terraform(write_only(counted));
        /// Written when the spec says so.
        ByHand: Text = "rig/by-hand", owner: terraform(write_only(by_hand, version: 1));
        /// A structure.
        Structure: Mail = "rig/mail", owner: terraform(write_only(mail));
        /// Made once.
        Generated: Checked<Form> = "rig/generated", owner: terraform(generated {
            length: 40, alphabet: [lowercase, digits], exclude: "0o1l"
        });
    }

    handlers {
        /// Reads all of them.
        Reader = "rig-reader" {
            InState: read;
            Counted: read;
            ByHand: read;
            Structure: read;
            Generated: read;
        }
    }
}

const NAMES: [&str; 5] = ["rig/in-state", "rig/counted", "rig/by-hand", "rig/mail", "rig/generated"];

const IN_STATE: &str = "value-in-state-4f1d";
const IN_MAIL: &str = "value-in-mail-e65a";
const COUNTED: [&str; 2] = ["value-counted-8c2e", "value-counted-77ab"];
const BY_HAND: [&str; 2] = ["value-by-hand-d0e9", "value-by-hand-3b6c"];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    let second = rig.clone();
    vec![
        check("values_go_where_the_spec_says_and_nowhere_else", move || run(&rig)),
        check("values_of_every_form_are_applied", move || apply_every_form(&second)),
    ]
}

/// Of `ok_payloads.json`, the value that each secret is given and what is stored then.
const FORMS: [(&str, &str, &str); 10] = [
    ("text", "\"a\"", "\"a\""),
    ("flag", "true", "true"),
    ("list", "[1, 2.5]", "[1,2.5]"),
    ("set", "[3, 1, 3]", "[1,3]"),
    ("map", "{ a = true, \"b c\" = false }", "{\"a\":true,\"b c\":false}"),
    ("empty", "{}", "{}"),
    ("choice", "\"b$${c}\"", "\"b${c}\""),
    ("nullable", "{ kept = null, left = { x = null } }", "{\"kept\":null,\"left\":{\"x\":null}}"),
    ("nested", "{ a = [{ list = [{}, { x = \"y\" }] }, {}] }", "{\"a\":[{\"list\":[{},{\"x\":\"y\"}]},{}]}"),
    ("worded", "\"on\"", "on"),
];

fn apply_every_form(rig: &Rig) -> Result {
    let spec = Spec::read(include_str!("../data/specs/ok_payloads.json")).map_err(|it| format!("{it:?}"))?;
    let account = Account::open(&rig.tools)?;
    let mut files = rendered(&spec)?;
    files.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    let values: String = FORMS.iter().map(|(variable, value, _)| [variable, " = ", value, "\n"].concat()).collect();
    let module = Module::of(&rig.tools, rig.provider()?, &account, &files, &values)?;
    module.prepare()?;
    // What is to be filled in is a file of values as it stands, but for its rules.
    module.put("terraform.tfvars", &files["terraform.tfvars.example"])?;
    let said = module.refused(&["plan"])?;
    require(!said.contains("Invalid value for input variable") && !said.contains("Argument"), &said)?;
    module.put("terraform.tfvars", &values)?;
    module.apply()?;
    let (client, runtime) =
        (account.administrator(), tokio::runtime::Builder::new_current_thread().enable_all().build()?);
    for (variable, _, expected) in FORMS {
        let found = runtime.block_on(client.get_secret_value().secret_id(format!("app/{variable}")).send())?;
        same(&(variable, found.secret_string()), &(variable, Some(expected)))?;
    }
    require(module.drift()?.is_none(), "a second plan would change something")
}

/// The module of a spec as it changes, in one account.
struct Life<'a> {
    module: Module<'a>,
    client: Client,
    runtime: Runtime,
}

/// By secret, the id of its current version, and its value.
type Stored = BTreeMap<&'static str, (String, String)>;

fn run(rig: &Rig) -> Result {
    let account = Account::open(&rig.tools)?;
    let mut files = rendered(&spec())?;
    files.insert("main.tf".to_owned(), fs::read_to_string(tools::workspace().join("terraform/main.tf"))?);
    let module = Module::of(&rig.tools, rig.provider()?, &account, &files, &variables(0, 0))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let life = Life { module, client: account.administrator(), runtime };

    let first = life.is_first_applied()?;
    life.keeps_no_value(rig, &first)?;
    life.refuses_values_that_break_a_rule()?;
    life.changes_where_it_is_counted(&first)?;
    life.changes_where_the_spec_says_so()?;
    life.leaves_what_was_generated_alone()?;
    life.generates_again_when_the_spec_says_so()
}

fn rendered(spec: &Spec) -> Result<BTreeMap<String, String>> {
    render::files(spec).map_err(|problems| format!("the spec has problems: {problems:?}").into())
}

/// The file of values, with the first or the second of each that changes.
fn variables(counted: usize, by_hand: usize) -> String {
    let (counted, by_hand) = (COUNTED[counted], BY_HAND[by_hand]);
    format!(
        "in_state = \"{IN_STATE}\"\ncounted = \"{counted}\"\nby_hand = \"{by_hand}\"\nmail = {{\n  account = \"mailer\"\n  \
         password = \"{IN_MAIL}\"\n  security = \"start-tls\"\n  servers = [{{ host = \"mx\", port = 25 }}]\n}}\n"
    )
}

impl Life<'_> {
    /// By a plan that is kept, as a pipeline does.
    fn is_first_applied(&self) -> Result<Stored> {
        expect(self.versions(&["--check"])?, Exit::Stale)?;
        expect(self.versions(&[])?, Exit::Done)?;
        self.module.prepare()?;
        self.module.said(&["plan", "-out=first.plan"])?;
        let said = self.module.said(&["apply", "first.plan"])?;
        let stored = self.stored()?;
        let values: Vec<&str> =
            ["rig/in-state", "rig/counted", "rig/by-hand"].map(|name| stored[name].1.as_str()).into();
        same(&values, &[IN_STATE, COUNTED[0], BY_HAND[0]].to_vec())?;
        let generated = &stored["rig/generated"].1;
        let is_good = |char: char| (char.is_ascii_lowercase() || char.is_ascii_digit()) && !"0o1l".contains(char);
        require(generated.len() == 40 && generated.chars().all(is_good), "the generated value is not as it should be")?;
        require(!said.contains(generated), "Terraform prints the generated value")?;
        let mail = Mail::parse(&stored["rig/mail"].1)?;
        same(&(mail.password.expose(), mail.servers[0].port, mail.copies), &(IN_MAIL, Some(25), None))?;
        self.changes_nothing()?;
        Ok(stored)
    }

    /// Neither in the state nor in a plan, as they are kept and as they are shown; but the control is found in each.
    fn keeps_no_value(&self, rig: &Rig, stored: &Stored) -> Result {
        let dir = self.module.dir();
        self.module.said(&["plan", "-refresh-only", "-out=second.plan"])?;
        let mut kept = vec![
            ("the state".to_owned(), fs::read_to_string(dir.join("terraform.tfstate"))?),
            ("the state as JSON".to_owned(), self.module.said(&["show", "-json"])?),
        ];
        for plan in ["first.plan", "second.plan"] {
            kept.push((format!("{plan} as JSON"), self.module.said(&["show", "-json", plan])?));
            kept.push((plan.to_owned(), unpacked(rig, &dir.join(plan))?));
        }
        for (place, text) in &kept {
            for name in ["rig/counted", "rig/by-hand", "rig/generated"] {
                require(!text.contains(&stored[name].1), &format!("{place} holds the value of `{name}`"))?;
            }
            require(!text.contains(IN_MAIL), &format!("{place} holds a part of the value of `rig/mail`"))?;
            require(text.contains(IN_STATE), &format!("{place} does not hold the control"))?;
        }
        Ok(())
    }

    /// With a message that does not show it. Terraform itself shows the line of a file in which a refused value stands.
    fn refuses_values_that_break_a_rule(&self) -> Result {
        let long = format!("counted={}", "5d1f-".repeat(13));
        let mail =
            "mail={ account = \"a\", password = \"5d1f\", security = \"5d1f\", servers = [{ host = \"5d1f\" }] }";
        for (given, message) in [
            ("by_hand=", "The secret rig/by-hand cannot have an empty value."),
            ("counted=Bad 5d1f", "The value of the secret rig/counted must match the pattern ^[a-z0-9-]+$."),
            (&long, "The value of the secret rig/counted must have at most 64 characters."),
            (mail, "must be one of \"tls\", \"start-tls\"."),
        ] {
            let said = self.module.refused(&["plan", "-var", given])?.replace('│', "");
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            require(
                said.contains(message) && !said.contains("5d1f"),
                &format!("`{message}` is not what is said:\n{said}"),
            )?;
        }
        let pattern = "^[a-z0-9-]+$";
        self.module.edit("secrets.tf", "precondition", pattern, "^$")?;
        let said = self.module.refused(&["plan"])?;
        require(said.contains("Resource precondition failed"), &said)?;
        self.module.edit("secrets.tf", "precondition", "^$", pattern)?;
        self.changes_nothing()
    }

    fn changes_where_it_is_counted(&self, first: &Stored) -> Result {
        self.module.put("terraform.tfvars", &variables(1, 0))?;
        // Terraform cannot see it.
        self.changes_nothing()?;
        expect(self.versions(&["--check"])?, Exit::Stale)?;
        expect(self.versions(&[])?, Exit::Done)?;
        self.changes(&["aws_secretsmanager_secret_version.counted_value"])?;
        self.module.apply()?;
        let second = self.stored()?;
        same(&changed(first, &second), &vec!["rig/counted"])?;
        same(&second["rig/counted"].1.as_str(), &COUNTED[1])?;
        self.changes_nothing()
    }

    fn changes_where_the_spec_says_so(&self) -> Result {
        let before = self.stored()?;
        self.module.put("terraform.tfvars", &variables(1, 1))?;
        self.changes_nothing()?;
        self.module.edit("secrets.tf", "\"by_hand_value\"", "_wo_version = 1", "_wo_version = 2")?;
        self.changes(&["aws_secretsmanager_secret_version.by_hand_value"])?;
        self.module.apply()?;
        let after = self.stored()?;
        same(&changed(&before, &after), &vec!["rig/by-hand"])?;
        same(&after["rig/by-hand"].1.as_str(), &BY_HAND[1])?;
        self.changes_nothing()
    }

    /// Also after other changes of the secret, and after another program has written a value.
    fn leaves_what_was_generated_alone(&self) -> Result {
        let before = self.stored()?;
        self.module.edit("secrets.tf", "\"rig/generated\"", "Made once.", "Described again.")?;
        self.module.edit("secrets.tf", "\"aws_secretsmanager_random_password\"", "= 40", "= 64")?;
        self.changes(&["aws_secretsmanager_secret.generated"])?;
        self.module.apply()?;
        same(&self.stored()?["rig/generated"], &before["rig/generated"])?;
        for value in ["by another program", "by another program again", "and again"] {
            let written = self.client.put_secret_value().secret_id("rig/generated").secret_string(value).send();
            self.runtime.block_on(written)?;
            self.changes_nothing()?;
        }
        same(&self.stored()?["rig/generated"].1.as_str(), &"and again")?;
        // AWS would have deleted the version that Terraform knows by now, had it no label.
        let described = self.client.describe_secret().secret_id("rig/generated").send();
        let versions = self.runtime.block_on(described)?.version_ids_to_stages.unwrap_or_default();
        let labels = versions.get(&before["rig/generated"].0).cloned().unwrap_or_default();
        same(&labels, &vec!["generated".to_owned()])
    }

    fn generates_again_when_the_spec_says_so(&self) -> Result {
        let before = self.stored()?;
        self.module.edit("secrets.tf", "\"generated_value\"", "_wo_version = 1", "_wo_version = 2")?;
        self.changes(&["aws_secretsmanager_secret_version.generated_value"])?;
        self.module.apply()?;
        let after = self.stored()?;
        same(&changed(&before, &after), &vec!["rig/generated"])?;
        same(&after["rig/generated"].1.len(), &64)?;
        self.changes_nothing()
    }

    /// `cargo xtask value-versions`, as a command line.
    fn versions(&self, flags: &[&str]) -> Result<(Exit, String)> {
        let said = command::xtask(&spec(), self.module.dir(), &[&["value-versions"], flags].concat())?;
        Ok((said.exit, said.err))
    }

    fn stored(&self) -> Result<Stored> {
        let stored = NAMES.map(|name| {
            let answer = self.runtime.block_on(self.client.get_secret_value().secret_id(name).send())?;
            let (version, value) = (answer.version_id.unwrap_or_default(), answer.secret_string.unwrap_or_default());
            Ok((name, (version, value)))
        });
        stored.into_iter().collect()
    }

    fn changes_nothing(&self) -> Result {
        self.module.drift()?.map_or(Ok(()), |changes| Err(format!("a plan would change something:\n{changes}").into()))
    }

    /// That a plan changes just these resources.
    fn changes(&self, addresses: &[&str]) -> Result {
        self.module.said(&["plan", "-out=changes.plan"])?;
        let plan: Value = serde_json::from_str(&self.module.said(&["show", "-json", "changes.plan"])?)?;
        let changes = plan["resource_changes"].as_array().into_iter().flatten();
        let changes = changes.filter(|change| change["change"]["actions"] != serde_json::json!(["no-op"]));
        let found: Vec<&str> = changes.filter_map(|change| change["address"].as_str()).collect();
        same(&found, &addresses.to_vec())
    }
}

/// The secrets whose current version is another one.
fn changed(before: &Stored, after: &Stored) -> Vec<&'static str> {
    before.keys().copied().filter(|name| before[name] != after[name]).collect()
}

/// A plan is an archive. What is packed in it is not found by looking at its bytes.
fn unpacked(rig: &Rig, plan: &std::path::Path) -> Result<String> {
    const UNPACK: &str = "import sys, zipfile\nfor name in (plan := zipfile.ZipFile(sys.argv[1])).namelist():\n    \
        sys.stdout.buffer.write(plan.read(name))";
    let home = crate::process::Scratch::new()?;
    let mut command = rig.tools.python(home.path());
    command.args(["-c", UNPACK]).arg(plan);
    let output = crate::process::run(&mut command, std::time::Duration::from_secs(30))?;
    require(output.status.success(), "the plan cannot be unpacked")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn expect((exit, said): (Exit, String), expected: Exit) -> Result {
    require(exit == expected, &format!("`value-versions` ended with {exit:?}:\n{said}"))?;
    let values = COUNTED.iter().chain(&BY_HAND).chain([&IN_STATE]);
    require(values.into_iter().all(|value| !said.contains(value)), "`value-versions` prints a value")
}

fn same<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result {
    require(found == expected, &format!("found {found:?}\nexpected {expected:?}"))
}

fn require(holds: bool, otherwise: &str) -> Result {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
